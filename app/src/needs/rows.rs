//! The rows of a ranked list: place, offer, what is short or beyond, and the reasons folded away.

use broker::requirements::RankedOffer;
use leptos::prelude::*;
use matching::{Explanation, Relaxation};
use sla::ProfileName;

use super::{
    ranked::Shown,
    say,
    why::{percent, why},
};
use crate::{
    PageContext,
    address::Address,
    market::{card, text},
    ui::{Icon, Views, icon},
    words::Words,
};

/// Changes of the need named in one row.
const CHANGES_MAX: usize = 4;

/// An ordered list of offers; `mark` tells the lists of a page apart.
pub(super) fn list(ctx: &PageContext, shown: &Shown, rows: &[RankedOffer], mark: &str) -> AnyView {
    let items: Views =
        rows.iter().map(|row| item(ctx, shown, row, mark, Some(row.position))).collect();
    view! { <ol class="ranking">{items}</ol> }.into_any()
}

/// One offer that stands in no list of the page; its place is not known.
pub(super) fn alone(ctx: &PageContext, shown: &Shown, row: &RankedOffer) -> AnyView {
    view! { <ul class="ranking">{item(ctx, shown, row, "f", None)}</ul> }.into_any()
}

fn item(
    ctx: &PageContext,
    shown: &Shown,
    row: &RankedOffer,
    mark: &str,
    place: Option<u32>,
) -> AnyView {
    let words = ctx.words();
    let offer = &row.card;
    let href = Address::new(text::offer_href(offer)).and("need", shown.need.clone()).to_string();
    let open = shown.open.as_deref() == Some(row.explanation.offer.as_str());
    let stronger = row.stronger_than_above.then(|| {
        view! { <p class="stronger">{icon(Icon::Info)}<span>{words.needs_stronger()}</span></p> }
    });
    let change =
        change_text(words, &row.explanation).map(|text| view! { <p class="change">{text}</p> });
    // Where a cloud stands behind the offer, the next step is one away.
    let contract = (offer.backed && offer.price.is_some()).then(|| {
        let href = Address::new("/contracts/new")
            .and("offer", offer.id.to_string())
            .and("need", shown.need.clone());
        view! { <p><a href=href.to_string()>{words.market_offer_contract()}</a></p> }
    });
    view! {
        <li class="rank" value=place>
            <span class="place" aria-hidden="true">{place}</span>
            <div class="what">
                <h3><a href=href>{text::title(ctx.locale, offer)}</a></h3>
                <p class="whose">{text::provider_name(ctx.locale, &offer.provider)}" · "{text::countries(words, offer, &[])}</p>
            </div>
            <div class="terms">{text::price(words, offer.price)}{card::offer_backing(words, offer)}</div>
            <div class="reason">
                {stronger}
                <p>{say::summary_text(words, &row.explanation)}</p>
                {change}
                {contract}
                <p class="hint distance">{distance_text(words, &row.explanation)}</p>
                <details class="disclosure" open=open>
                    <summary>{words.needs_why()}</summary>
                    <div class="inside">{why(ctx, row, &format!("{mark}{}", row.position))}</div>
                </details>
            </div>
        </li>
    }
    .into_any()
}

/// The distances that put the row where it is.
fn distance_text(words: Words, explanation: &Explanation) -> String {
    let totals = &explanation.totals;
    words.needs_distance(percent(totals.shortfall), percent(totals.surplus))
}

/// The smallest change of the need that would let this offer in.
fn change_text(words: Words, explanation: &Explanation) -> Option<String> {
    let all = &explanation.relaxation;
    if all.is_empty() || all.len() > CHANGES_MAX {
        return None;
    }
    let (changed, dropped): (Vec<_>, Vec<_>) = all.iter().partition(|change| change.to.is_some());
    let changed: Vec<String> =
        changed.into_iter().map(|change| one_change(words, explanation, change)).collect();
    let dropped: Vec<String> =
        dropped.into_iter().map(|change| one_change(words, explanation, change)).collect();
    let (with, without) =
        (changed.join(words.market_list_comma()), dropped.join(words.market_list_comma()));
    Some(match (with.is_empty(), without.is_empty()) {
        (false, true) => words.needs_change_with(with),
        (true, _) => words.needs_change_without(without),
        (false, false) => words.needs_change_both(with, without),
    })
}

/// The item, and what to ask of it instead where it is still asked.
fn one_change(words: Words, explanation: &Explanation, change: &Relaxation) -> String {
    let time = explanation.other_time(change.row).map_or(ProfileName::Normal, |(time, _)| time);
    let label = say::label_then(words, &change.item, time);
    match &change.to {
        Some(value) => words.needs_change_to(label, say::value_text(words.0, &change.item, value)),
        None => label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn a_change_names_the_item_and_the_value_to_ask() {
        let matcher = matching::SlaMatcher::for_all_times(
            &sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[0].yaml).unwrap(),
            &matching::Circumstances::default(),
        );
        let matcher = matcher.unwrap();
        let offer = sla::parse_offer(sla::EXAMPLE_OFFERS[1].yaml).unwrap();
        let explained = matcher.explain(&matcher.candidate("o", &offer));
        let words = Locale::En.words();
        let changes: Vec<String> = explained
            .relaxation
            .iter()
            .map(|change| one_change(words, &explained, change))
            .collect();
        assert!(
            changes.iter().any(|text| text.ends_with("(RTO), in a disaster 8 h")),
            "{changes:?}"
        );
        let dropped = Relaxation { to: None, ..explained.relaxation[0].clone() };
        let label = text::item_label(words.0, &dropped.item);
        assert_eq!(one_change(words, &explained, &dropped), label);
    }
}
