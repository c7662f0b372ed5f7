//! Item by item, how a promise stands to what is asked.

use leptos::prelude::*;
use matching::{Bound, Explanation, Mode, RowExplanation, Verdict};

use crate::{
    PageContext,
    market::text,
    needs::rows_told,
    ui::{Column, State, Table, badge},
    words::{Locale, Words},
};

/// What is asked, what is promised and the verdict, in the order of the need.
pub(super) fn fit_table(ctx: &PageContext, explanation: &Explanation) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.common_shape_need()),
        Column::text(words.common_shape_promise()),
        Column::text(words.contracts_fit_verdict()),
    ];
    let rows = rows_told(words, explanation).map(|(label, row)| {
        let asked =
            row.required.as_ref().map(|value| asked_text(&row.item, row.bound, value, ctx.locale));
        let promised = row.promised.as_ref().map(|value| value_text(&row.item, value, ctx.locale));
        vec![
            label.into_any(),
            asked.unwrap_or_else(|| words.contracts_fit_anything().to_owned()).into_any(),
            promised.unwrap_or_else(|| words.common_not_declared().to_owned()).into_any(),
            verdict(words, &row),
        ]
    });
    let rows: Vec<_> = rows.collect();
    Table::new(words.contracts_fit_title(), columns).rows(rows).view()
}

fn verdict(words: Words, row: &RowExplanation) -> AnyView {
    if row.mode == Mode::BestEffort {
        return badge(State::Quiet, words.contracts_fit_any());
    }
    let firm = row.mode == Mode::Must;
    match row.verdict {
        Verdict::Met => badge(State::Good, words.contracts_fit_met()),
        Verdict::Beyond => badge(State::Good, words.contracts_fit_beyond()),
        Verdict::MetWithinTolerance => badge(State::Good, words.contracts_fit_tolerated()),
        Verdict::Missed if firm => badge(State::Bad, words.contracts_fit_missed()),
        Verdict::Missed => badge(State::Attention, words.contracts_fit_missed()),
        Verdict::NotPromised if firm => badge(State::Bad, words.contracts_fit_not_promised()),
        Verdict::NotPromised => badge(State::Unknown, words.contracts_fit_not_promised()),
    }
}

/// The key without the part that tells two orders of one item apart.
fn key(item: &str) -> &str {
    item.split('#').next().unwrap_or(item)
}

fn asked_text(item: &str, bound: Option<Bound>, value: &matching::Value, locale: Locale) -> String {
    let shown = value_text(item, value, locale);
    match bound {
        Some(Bound::AtLeast) => format!("≥ {shown}"),
        Some(Bound::AtMost) => format!("≤ {shown}"),
        None => shown,
    }
}

fn value_text(item: &str, value: &matching::Value, locale: Locale) -> String {
    let value = match value {
        matching::Value::Number(number) => sla::Value::Number(*number),
        matching::Value::Level(level) => match level.split_once(':') {
            Some((scheme, level)) => return sla::format_scheme_level(scheme, level, locale.sla()),
            None => sla::Value::Level(level.clone()),
        },
        matching::Value::Set(members) => sla::Value::Set(members.clone()),
    };
    text::value(locale, key(item), &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_numbers_say_which_way_is_better() {
        let uptime = matching::Value::Number(sla::parse_decimal("0.999").unwrap());
        let asked =
            |bound| asked_text("availability.service_uptime", Some(bound), &uptime, Locale::En);
        assert_eq!(asked(Bound::AtLeast), "≥ 99.9 %");
        // The far end of a range.
        assert_eq!(asked(Bound::AtMost), "≤ 99.9 %");
        let response = matching::Value::Number(sla::parse_decimal("5").unwrap());
        let item = "performance.online_response_time";
        assert_eq!(asked_text(item, Some(Bound::AtMost), &response, Locale::Ja), "≤ 5 秒");
    }

    #[test]
    fn countries_are_named_as_everywhere() {
        let place = matching::Value::Set(["JP".to_owned()].into());
        for item in ["legal.governing_law", "security.data_location#within"] {
            assert_eq!(value_text(item, &place, Locale::En), "Japan");
        }
    }
}
