//! Words for requirements and verdicts: what is asked, by how much it is missed, why it does not count.

use matching::{
    Difference, Explanation, Mode, Note, RowExplanation, RttOrigin, Tolerance, Value, Verdict,
};
use sla::{Decimal, Direction, ItemDef, Operator, ProfileName, RequirementItem, Unit};

use crate::{
    market::text,
    studio::summary::{Naming, bound_text, difference_words, summary, time},
    ui::State,
    words::{Locale, Words},
};

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// A compared value as text; levels of a scheme with its name.
pub(crate) fn value_text(locale: Locale, key: &str, value: &Value) -> String {
    let value = match value {
        Value::Number(number) => sla::Value::Number(*number),
        Value::Level(level) => match level.split_once(':') {
            Some((scheme, level)) => return sla::format_scheme_level(scheme, level, locale.sla()),
            None => sla::Value::Level(level.clone()),
        },
        Value::Set(members) => sla::Value::Set(members.clone()),
    };
    text::value(locale, key, &value)
}

/// What one item of a requirement asks: "at least 99.9 %".
pub(crate) fn item_text(words: Words, asked: &RequirementItem) -> String {
    let shown = match &asked.value {
        Some(set @ sla::Value::Set(_)) => text::value(words.0, &asked.item, set),
        _ => sla::format_requirement_item(asked, words.0.sla()),
    };
    if shown.is_empty() {
        return words.needs_ask_anything().to_owned();
    }
    operator_text(words, asked.op, shown)
}

/// What an item asks besides its value: how binding the promise is, how young its evidence.
pub(crate) fn terms_text(words: Words, asked: &RequirementItem) -> Option<String> {
    let binding = asked
        .min_commitment
        .map(|needed| words.needs_ask_binding(text::commitment(words, needed.as_str())));
    let young = asked.max_age_days.map(|days| words.needs_ask_young(i64::from(days)));
    let terms: Vec<String> = binding.into_iter().chain(young).collect();
    (!terms.is_empty()).then(|| terms.join(words.needs_summary_space()))
}

pub(super) fn operator_text(words: Words, op: Option<Operator>, shown: String) -> String {
    match op {
        Some(Operator::Gte) => words.needs_ask_gte(shown),
        Some(Operator::Lte) => words.needs_ask_lte(shown),
        Some(Operator::AllOf) => words.needs_ask_all_of(shown),
        Some(Operator::AnyOf) => words.needs_ask_any_of(shown),
        Some(Operator::NoneOf) => words.needs_ask_none_of(shown),
        Some(Operator::SubsetOf) => words.needs_ask_subset_of(shown),
        Some(Operator::OneOf) => words.needs_ask_one_of(shown),
        _ => shown,
    }
}

/// The name of an item, with the time for which it is asked unless that is every day.
pub(crate) fn label_then(words: Words, key: &str, profile: ProfileName) -> String {
    let label = text::item_label(words.0, key);
    match profile {
        ProfileName::Normal => label,
        // Some names say the time already, as that of the recovery from a disaster does.
        other if label.contains(time(words, other)) => label,
        other => words.needs_time_item(label, time(words, other)),
    }
}

/// The rows of an explanation, each with its name and as firm as the time it belongs to asks it.
pub(crate) fn rows_told(
    words: Words,
    explanation: &Explanation,
) -> impl Iterator<Item = (String, RowExplanation)> {
    explanation.rows.iter().enumerate().map(move |(index, row)| {
        let other = explanation.other_time(index);
        let label = label_then(words, &row.item, other.map_or(ProfileName::Normal, |(p, _)| p));
        let mode = other.map_or(row.mode, |(_, mode)| mode);
        (label, RowExplanation { mode, ..row.clone() })
    })
}

/// How firmly a row asks.
pub(super) fn mode_text(words: Words, mode: Mode) -> &'static str {
    match mode {
        Mode::Must => words.needs_level_must(),
        Mode::Prefer => words.needs_level_prefer(),
        Mode::BestEffort => words.needs_level_best_effort(),
    }
}

/// What a row asked, with the tolerance the customer allows.
pub(crate) fn asked_text(words: Words, row: &RowExplanation) -> String {
    let Some(required) = &row.required else { return words.needs_ask_anything().to_owned() };
    let shown = value_text(words.0, &row.item, required);
    let item = sla::registry().item(&row.item);
    let asked = match (required, item.map(|item| item.direction)) {
        (Value::Number(_), _) if row.bound.is_some() => bound_text(words, row.bound, shown),
        (Value::Number(_) | Value::Level(_), Some(Direction::Lower)) => words.needs_ask_lte(shown),
        (Value::Number(_) | Value::Level(_), Some(_)) => words.needs_ask_gte(shown),
        (Value::Set(_), Some(Direction::SubsetOf)) => words.needs_ask_subset_of(shown),
        (Value::Set(_), Some(Direction::OneOf)) => words.needs_ask_one_of(shown),
        _ => shown,
    };
    match row.tolerance.map(|tolerance| tolerance_text(words, item, tolerance)) {
        Some(tolerance) => words.needs_ask_tolerance(asked, tolerance),
        None => asked,
    }
}

fn tolerance_text(words: Words, item: Option<&ItemDef>, tolerance: Tolerance) -> String {
    let locale = words.0.sla();
    match tolerance {
        Tolerance::Abs(size) => {
            sla::format_number(item.map_or(Unit::None, |item| item.unit), size, locale)
        }
        Tolerance::Rel(part) => sla::format_number(Unit::Fraction, part, locale),
        Tolerance::Steps(steps) => words.needs_difference_levels(i64::from(steps)),
    }
}

/// State and word of a row's verdict; never colour alone.
pub(crate) fn verdict(words: Words, row: &RowExplanation) -> (State, &'static str) {
    if row.mode == Mode::BestEffort {
        return (State::Quiet, words.needs_verdict_any());
    }
    let firm = row.mode == Mode::Must;
    match row.verdict {
        Verdict::Met => (State::Good, words.needs_verdict_met()),
        Verdict::Beyond => (State::Good, words.needs_verdict_beyond()),
        Verdict::MetWithinTolerance => (State::Good, words.needs_verdict_tolerated()),
        Verdict::Missed if firm => (State::Bad, words.needs_verdict_missed()),
        Verdict::Missed => (State::Attention, words.needs_verdict_missed()),
        Verdict::NotPromised if firm => (State::Bad, words.needs_verdict_not_promised()),
        Verdict::NotPromised => (State::Unknown, words.needs_verdict_not_promised()),
    }
}

/// By how much a promise differs from what is asked, in the unit; empty where there is nothing to say.
pub(crate) fn difference_text(words: Words, row: &RowExplanation) -> String {
    let short = matches!(row.verdict, Verdict::Missed | Verdict::MetWithinTolerance);
    match &row.difference {
        None => String::new(),
        Some(Difference::Number(size)) => number_difference(words, row, *size, short),
        Some(Difference::Steps(0)) => words.needs_difference_exact().to_owned(),
        Some(Difference::Steps(steps)) => {
            let levels = words.needs_difference_levels(steps.abs());
            if *steps < 0 {
                words.needs_difference_short(levels)
            } else {
                words.needs_difference_more(levels)
            }
        }
        Some(Difference::Members { missing, extra }) => {
            let list = |members: &std::collections::BTreeSet<String>| {
                value_text(words.0, &row.item, &Value::Set(members.clone()))
            };
            let direction = sla::registry().item(&row.item).map(|item| item.direction);
            match direction {
                Some(Direction::SubsetOf) if short => words.needs_difference_outside(list(extra)),
                _ if short => words.needs_difference_lacks(list(missing)),
                Some(Direction::MustInclude) if !extra.is_empty() => {
                    words.needs_difference_also(list(extra))
                }
                _ => String::new(),
            }
        }
    }
}

fn number_difference(words: Words, row: &RowExplanation, size: Decimal, short: bool) -> String {
    if size.is_zero() {
        return words.needs_difference_exact().to_owned();
    }
    let item = sla::registry().item(&row.item);
    let shown =
        sla::format_number(item.map_or(Unit::None, |item| item.unit), size.abs(), words.0.sla());
    difference_words(words, shown, short, item.is_some_and(|item| row.is_far_end(item.direction)))
}

/// Why a declared value does not count, or how the promise came about.
pub(super) fn note_text(words: Words, key: &str, note: &Note) -> String {
    let locale = words.0;
    let members = |set: &std::collections::BTreeSet<String>| {
        value_text(locale, key, &Value::Set(set.clone()))
    };
    match note {
        Note::CommitmentTooWeak { declared, needed } => words.needs_note_commitment(
            text::commitment(words, declared),
            text::commitment(words, needed),
        ),
        Note::PercentileTooLax { declared: Some(declared), needed } => {
            words.needs_note_percentile(declared.normalize(), needed.normalize())
        }
        Note::PercentileTooLax { declared: None, needed } => {
            words.needs_note_no_percentile(needed.normalize())
        }
        Note::OtherScheme { scheme: Some(scheme) } => {
            words.needs_note_scheme(scheme_name(locale, scheme))
        }
        Note::OtherScheme { scheme: None } => words.needs_note_no_scheme().to_owned(),
        Note::BelowAccepted { scheme, accepted } => {
            words.needs_note_below(sla::format_scheme_level(scheme, accepted, locale.sla()))
        }
        Note::AcceptedEquivalent { scheme, level } => {
            words.needs_note_equivalent(sla::format_scheme_level(scheme, level, locale.sla()))
        }
        Note::EvidenceTooOld { members: set, max_age_days } if set.is_empty() => {
            words.needs_note_old(i64::from(*max_age_days))
        }
        Note::EvidenceTooOld { members: set, max_age_days } => {
            words.needs_note_old_members(i64::from(*max_age_days), members(set))
        }
        Note::EvidenceExpired { members: set } if set.is_empty() => {
            words.needs_note_expired_whole().to_owned()
        }
        Note::EvidenceExpired { members: set } => words.needs_note_expired(members(set)),
        Note::NoPathFrom { user_region } => {
            words.needs_note_no_path(text::country(words, user_region))
        }
        Note::DerivedResponse { own, round_trips, rtt_ms, user_region, origin } => {
            let sum = words.needs_note_derived(
                sla::format_number(Unit::Second, *own, locale.sla()),
                round_trips,
                sla::format_number(Unit::Millisecond, *rtt_ms, locale.sla()),
                text::country(words, user_region),
            );
            let from = path_text(words, user_region, origin);
            [sum, from].join(words.needs_summary_space())
        }
        Note::NoRate { currency } => words.needs_note_no_rate(currency),
        Note::Converted { currency, amount, rate } => {
            words.needs_note_converted(amount.normalize(), currency, rate.normalize())
        }
        Note::SubListOutside { list, members: set } => {
            words.needs_note_list(list_name(words, list), members(set))
        }
        Note::AboutSubList { list } => words.needs_note_about_list(list_name(words, list)),
        Note::NotComparable => words.needs_note_not_comparable().to_owned(),
    }
}

/// From where the round-trip time of a derived response is known, and how old it is.
fn path_text(words: Words, user_region: &str, origin: &RttOrigin) -> String {
    let RttOrigin::Measured { country, dataset, measured_on, age_days } = origin else {
        return match origin {
            RttOrigin::Offer { measured_ms: Some(measured) } => {
                let measured = sla::format_number(Unit::Millisecond, *measured, words.0.sla());
                words.needs_note_path_offer_faster(measured)
            }
            RttOrigin::Parts => words.needs_note_path_parts().to_owned(),
            _ => words.needs_note_path_offer().to_owned(),
        };
    };
    let (from, to) = (text::country(words, user_region), text::country(words, country));
    let dataset = match dataset.as_str() {
        "aws" => words.needs_path_aws().to_owned(),
        "gcp" => words.needs_path_gcp().to_owned(),
        other => other.to_owned(),
    };
    match (measured_on, age_days) {
        (Some(day), Some(age)) => {
            let day = crate::format::day(words.0, day * DAY_US);
            words.needs_note_path_measured(*age, from, to, day, dataset)
        }
        _ => words.needs_note_path_undated(from, to, dataset),
    }
}

fn scheme_name(locale: Locale, key: &str) -> String {
    let scheme = sla::registry().scheme(key);
    scheme.map_or_else(|| key.to_owned(), |scheme| scheme.label.get(locale.sla()).to_owned())
}

fn list_name(words: Words, list: &str) -> String {
    match list {
        "backup" => words.needs_list_backup().to_owned(),
        "support" => words.needs_list_support().to_owned(),
        "telemetry" => words.needs_list_telemetry().to_owned(),
        other => other.to_owned(),
    }
}

/// One or two sentences: what is short, or what is promised beyond the need.
pub(crate) fn summary_text(words: Words, explanation: &Explanation) -> String {
    summary(words, explanation, &Registry { words, explanation })
}

/// Names of the registry.
struct Registry<'a> {
    words: Words,
    explanation: &'a Explanation,
}

impl Naming for Registry<'_> {
    fn label(&self, row: usize) -> Option<String> {
        self.explanation.rows.get(row).map(|row| text::item_label(self.words.0, &row.item))
    }

    fn value(&self, row: usize, value: &Value) -> String {
        let item = self.explanation.rows.get(row).map_or("", |row| row.item.as_str());
        value_text(self.words.0, item, value)
    }

    fn difference(&self, row: usize) -> String {
        let row = self.explanation.rows.get(row);
        row.map(|row| difference_text(self.words, row)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::Nano;

    fn row(item: &str, verdict: Verdict, difference: Difference) -> RowExplanation {
        RowExplanation {
            item: item.to_owned(),
            mode: Mode::Must,
            weight: Decimal::ONE,
            verdict,
            bound: None,
            required: None,
            tolerance: None,
            promised: None,
            declared: None,
            notes: Vec::new(),
            difference: Some(difference),
            shortfall_share: Nano::ZERO,
            surplus_share: Nano::ZERO,
        }
    }

    #[test]
    fn a_name_that_says_its_time_is_not_given_it_twice() {
        let then = |key| label_then(Locale::Ja.words(), key, ProfileName::Disaster);
        assert_eq!(then("availability.rto"), "目標復旧時間（災害時）");
        assert_eq!(then("availability.service_uptime"), "サービス稼働率（災害時）");
    }

    #[test]
    fn the_far_end_of_a_range_is_asked_the_other_way_round() {
        let words = Locale::En.words();
        let end = |verdict, bound, difference| RowExplanation {
            bound: Some(bound),
            required: Some(Value::Number("0.985".parse().unwrap())),
            ..row("availability.service_uptime", verdict, number(difference))
        };
        let over = end(Verdict::Missed, matching::Bound::AtMost, "0.005");
        assert_eq!(asked_text(words, &over), "at most 98.5 %");
        assert_eq!(difference_text(words, &over), "0.5 % outside the range");
        let inside = end(Verdict::Met, matching::Bound::AtMost, "-0.005");
        assert_eq!(difference_text(words, &inside), "0.5 % inside the range");
        let near = end(Verdict::Missed, matching::Bound::AtLeast, "-0.005");
        assert_eq!(asked_text(words, &near), "at least 98.5 %");
        assert_eq!(difference_text(words, &near), "short by 0.5 %");
    }

    fn number(text: &str) -> Difference {
        Difference::Number(text.parse().unwrap())
    }

    #[test]
    fn a_miss_says_by_how_much_in_the_unit() {
        let slow = row("performance.online_response_time", Verdict::Missed, number("0.4"));
        assert_eq!(difference_text(Locale::En.words(), &slow), "short by 0.4 s");
        assert_eq!(difference_text(Locale::Ja.words(), &slow), "0.4 秒 不足");
        let down = row("availability.service_uptime", Verdict::Missed, number("-0.0005"));
        assert_eq!(difference_text(Locale::En.words(), &down), "short by 0.05 %");
    }

    #[test]
    fn more_than_asked_and_exactly_are_told_apart() {
        let words = Locale::En.words();
        let beyond = row("availability.rto", Verdict::Beyond, number("-7200"));
        assert_eq!(difference_text(words, &beyond), "2 h better");
        let exact = row("availability.rto", Verdict::Met, number("0"));
        assert_eq!(difference_text(words, &exact), "exactly");
    }

    #[test]
    fn sets_name_their_members() {
        let members = |missing: &[&str], extra: &[&str]| Difference::Members {
            missing: missing.iter().map(|word| (*word).to_owned()).collect(),
            extra: extra.iter().map(|word| (*word).to_owned()).collect(),
        };
        let words = Locale::En.words();
        let lacks =
            row("security.certifications", Verdict::Missed, members(&["ismap"], &["iso27001"]));
        assert_eq!(difference_text(words, &lacks), "lacks ISMAP");
        let abroad = row("security.data_location", Verdict::Missed, members(&["JP"], &["US"]));
        assert_eq!(difference_text(words, &abroad), "also in United States");
    }

    #[test]
    fn a_promise_that_is_absent_is_not_called_too_low() {
        let mut absent = row("network.bandwidth", Verdict::NotPromised, number("0"));
        absent.difference = None;
        assert_eq!(difference_text(Locale::En.words(), &absent), "");
        assert_eq!(verdict(Locale::En.words(), &absent).1, "not promised");
    }
}
