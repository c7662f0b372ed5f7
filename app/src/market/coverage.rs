//! How an offer stands to the others: which it covers, and which cover it.

use broker::market::{Coverage, Covered};
use leptos::prelude::*;

use super::text;
use crate::{
    PageContext, format,
    ui::{Views, section},
};

/// The section of an offer's page; nothing where the market holds no other offer.
pub(super) fn coverage(ctx: &PageContext, coverage: &Coverage) -> Option<AnyView> {
    if coverage.others == 0 {
        return None;
    }
    let words = ctx.words();
    let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let looked = words
        .coverage_looked_at(whole(coverage.looked_at), format::integer(whole(coverage.others)));
    let body = view! {
        <div class="stack">
            <p>{words.coverage_lead()}</p>
            <div class="columns">
                <div>
                    <h3>{words.coverage_covers(whole(coverage.covers.count))}</h3>
                    {offers(ctx, &coverage.covers)}
                </div>
                <div>
                    <h3>{words.coverage_covered_by(whole(coverage.covered_by.count))}</h3>
                    {offers(ctx, &coverage.covered_by)}
                </div>
            </div>
            <p class="hint">{looked}</p>
        </div>
    };
    Some(section("coverage", words.coverage_title(), body.into_any()))
}

fn offers(ctx: &PageContext, covered: &Covered) -> AnyView {
    let words = ctx.words();
    if covered.count == 0 {
        return view! { <p class="hint">{words.coverage_none()}</p> }.into_any();
    }
    let items: Views = covered
        .cards
        .iter()
        .map(|card| {
            view! {
                <li>
                    <a href=text::offer_href(card)>{text::title(ctx.locale, card)}</a>
                    " · "{text::provider_name(ctx.locale, &card.provider)}
                    " · "{text::price(words, card.price)}
                </li>
            }
            .into_any()
        })
        .collect();
    let rest = covered.count.saturating_sub(covered.cards.len() as u64);
    let more = (rest > 0).then(|| {
        let rest = i64::try_from(rest).unwrap_or(i64::MAX);
        view! { <p class="hint">{words.coverage_more(rest)}</p> }
    });
    view! { <ul>{items}</ul>{more} }.into_any()
}
