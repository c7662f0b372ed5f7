//! Why an offer stands where it stands: item by item, and the two shapes over each other.

use broker::requirements::RankedOffer;
use leptos::prelude::*;
use matching::{Nano, RowExplanation};

use super::say;
use crate::{
    PageContext,
    market::text,
    ui::{
        Column, Table, Views, badge,
        chart::{ShapeAxis, ShapeChart, shape_chart},
    },
    words::Words,
};

/// Fewer corners make no shape.
const AXES_MIN: usize = 3;

/// The table and the shapes; `id` is unique on the page.
pub(crate) fn why(ctx: &PageContext, ranked: &RankedOffer, id: &str) -> AnyView {
    view! { <div class="reasons"><div>{table(ctx, ranked)}</div>{shapes(ctx, ranked, id)}</div> }
        .into_any()
}

fn table(ctx: &PageContext, ranked: &RankedOffer) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.common_shape_need()),
        Column::text(words.common_shape_promise()),
        Column::text(words.needs_why_result()),
        Column::number(words.needs_why_share()),
    ];
    let rows = say::rows_told(words, &ranked.explanation);
    let rows = rows.map(|(label, row)| cells(ctx, label, &row)).collect::<Vec<_>>();
    let caption = words.needs_why_caption(text::title(ctx.locale, &ranked.card));
    Table::new(caption, columns).rows(rows).view()
}

fn cells(ctx: &PageContext, label: String, row: &RowExplanation) -> Views {
    let words = ctx.words();
    let asked = say::asked_text(words, row);
    let firm = say::mode_text(words, row.mode);
    let (state, word) = say::verdict(words, row);
    let difference = say::difference_text(words, row);
    vec![
        match sla::registry().item(&row.item) {
            Some(item) => view! { <a href=format!("/items/{}", item.key)>{label}</a> }.into_any(),
            None => label.into_any(),
        },
        view! { <span>{asked}<span class="hint line">{firm}</span></span> }.into_any(),
        promised(words, row),
        view! { <span class="result">{badge(state, word)}<span class="hint">{difference}</span></span> }.into_any(),
        share_text(row).into_any(),
    ]
}

/// The promise, what is declared where that is something else, and why.
fn promised(words: Words, row: &RowExplanation) -> AnyView {
    let shown = match (&row.promised, &row.declared) {
        (Some(promised), _) => say::value_text(words.0, &row.item, promised),
        (None, Some(declared)) => {
            words.needs_why_declared(say::value_text(words.0, &row.item, declared))
        }
        (None, None) => words.common_not_declared().to_owned(),
    };
    let notes: Views = row
        .notes
        .iter()
        .map(|note| {
            view! { <span class="hint line">{say::note_text(words, &row.item, note)}</span> }
                .into_any()
        })
        .collect();
    let class = if row.promised.is_none() { "undeclared" } else { "" };
    view! { <span class=class>{shown}{notes}</span> }.into_any()
}

/// This row's part of the distance in percent: minus for what is short, plus for surplus.
fn share_text(row: &RowExplanation) -> String {
    match (row.shortfall_share, row.surplus_share) {
        (Nano(0), Nano(0)) => "0".to_owned(),
        (Nano(0), surplus) => format!("+{}", percent(surplus)),
        (shortfall, _) => format!("−{}", percent(shortfall)),
    }
}

/// A share of 1 as percent with one decimal, from billionths.
pub(super) fn percent(share: Nano) -> String {
    let tenths = (share.0.unsigned_abs() + 500_000) / 1_000_000;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn shapes(ctx: &PageContext, ranked: &RankedOffer, id: &str) -> Option<AnyView> {
    let words = ctx.words();
    if ranked.axes.len() < AXES_MIN {
        return None;
    }
    let axes = ranked.axes.iter().map(|axis| shape_axis(words, ranked, axis)).collect();
    let title = text::title(ctx.locale, &ranked.card);
    let description = if ranked.explanation.totals.matched {
        words.needs_shape_inside()
    } else {
        words.needs_shape_outside()
    };
    let chart = ShapeChart {
        id: format!("shape-{id}"),
        title: words.needs_shape_title(title),
        description: description.to_owned(),
        axes,
        show_need: true,
        show_promise: true,
    };
    Some(shape_chart(words, &chart))
}

fn shape_axis(words: Words, ranked: &RankedOffer, axis: &matching::shape::Axis) -> ShapeAxis {
    let row = ranked.explanation.rows.iter().find(|row| row.item == axis.item);
    let promise = row
        .and_then(|row| row.promised.as_ref())
        .map(|value| say::value_text(words.0, &axis.item, value));
    ShapeAxis {
        label: text::item_label(words.0, &axis.item),
        need: axis.asked,
        promise: axis.promised,
        need_text: row.map(|row| say::asked_text(words, row)).unwrap_or_default(),
        promise_text: promise.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percents_with_one_decimal() {
        assert_eq!(percent(Nano(198_942_308)), "19.9 %");
        assert_eq!(percent(Nano::ONE), "100.0 %");
        assert_eq!(percent(Nano(1)), "0.0 %");
    }
}
