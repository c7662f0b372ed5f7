//! What can be signed instead of something that cannot be had: other regions of the same offer, offers
//! that contain the need, and those that fall short of it.

use broker::{contracts::Alternatives, requirements::RankedOffer};
use domain::OfferId;
use leptos::prelude::*;

use super::need::quote_address;
use crate::{
    PageContext,
    market::text,
    needs::rows_told,
    ui::{Look, chip, link_button, money},
};

/// All of them, each with the way to its quote for the same need.
pub(super) fn view(ctx: &PageContext, offer: OfferId, found: &Alternatives, need: &str) -> AnyView {
    let words = ctx.words();
    if found.offers.is_empty() && found.regions.is_empty() {
        return view! { <p>{words.contracts_alternatives_none()}</p> }.into_any();
    }
    let (whole, short): (Vec<_>, Vec<_>) =
        found.offers.iter().partition(|row| row.explanation.totals.matched);
    let of = |rows: Vec<&RankedOffer>, said: &'static str| {
        (!rows.is_empty()).then(|| {
            let cards: Vec<_> = rows.into_iter().map(|row| card(ctx, row, need)).collect();
            view! { <p>{said}</p><ul class="alternatives">{cards}</ul> }
        })
    };
    view! {
        {regions(ctx, offer, &found.regions, need)}
        {of(whole, words.contracts_alternatives_text())}
        {of(short, words.contracts_alternatives_short())}
    }
    .into_any()
}

/// The same promise elsewhere.
fn regions(
    ctx: &PageContext,
    offer: OfferId,
    regions: &[(String, String)],
    need: &str,
) -> Option<AnyView> {
    let words = ctx.words();
    let links: Vec<_> = regions
        .iter()
        .map(|(id, country)| {
            let region = crate::format::percent_encode(id);
            let href = format!("{}&region={region}", quote_address(&offer.to_string(), need));
            view! { <li><a href=href>{text::region(words, id, country)}</a></li> }
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! { <p>{words.contracts_alternatives_regions()}</p><ul class="other-regions">{links}</ul> }
            .into_any()
    })
}

fn card(ctx: &PageContext, row: &RankedOffer, need: &str) -> AnyView {
    let words = ctx.words();
    let offer = &row.card;
    let title = ctx.locale.pick(&offer.title_en, &offer.title_ja).to_owned();
    let provider = ctx.locale.pick(&offer.provider.name_en, &offer.provider.name_ja);
    let price = match offer.price {
        Some(price) => {
            view! { {money(price.minor, price.currency.code())}" "{words.contracts_price_month()} }
                .into_any()
        }
        None => words.contracts_price_none().into_any(),
    };
    let regions: Vec<_> = offer.regions.iter().map(|(id, _)| chip(id.clone())).collect();
    let missed = missed(ctx, row);
    let missed = (!missed.is_empty())
        .then(|| view! { <p class="missed">{words.contracts_alternatives_missed(missed)}</p> });
    let href = quote_address(&offer.id.to_string(), need);
    view! {
        <li class="alternative">
            <h3><a href=format!("/market/offers/{}", offer.id)>{title}</a></h3>
            <p class="by">{provider.to_owned()}</p>
            <p class="chips">{regions}</p>
            {missed}
            <p class="price">{price}</p>
            <p class="actions">{link_button(Look::Secondary, words.contracts_alternatives_choose(), href)}</p>
        </li>
    }
    .into_any()
}

/// What must be and is not, in the order of the need.
fn missed(ctx: &PageContext, row: &RankedOffer) -> String {
    let words = ctx.words();
    let told: Vec<String> = rows_told(words, &row.explanation).map(|(label, _)| label).collect();
    let mut labels: Vec<&str> = Vec::new();
    for label in row.explanation.missed().filter_map(|at| told.get(at)) {
        if !labels.contains(&label.as_str()) {
            labels.push(label);
        }
    }
    labels.join(words.market_list_comma())
}
