//! An offer as an alternative: name, provider, price, and the way to its quote.

use broker::market::OfferCard;
use leptos::prelude::*;

use super::need::quote_address;
use crate::{
    PageContext,
    ui::{Look, chip, link_button, money},
};

/// Cards side by side; each leads to the quote of that offer for the same need.
pub(super) fn cards(ctx: &PageContext, offers: &[OfferCard], need: Option<&str>) -> AnyView {
    let words = ctx.words();
    let cards: Vec<_> = offers
        .iter()
        .map(|offer| {
            let title = ctx.locale.pick(&offer.title_en, &offer.title_ja).to_owned();
            let provider = ctx.locale.pick(&offer.provider.name_en, &offer.provider.name_ja);
            let href = match need {
                Some(need) => quote_address(&offer.id.to_string(), need),
                None => format!("/market/offers/{}", offer.id),
            };
            let price = match offer.price {
                Some(price) => view! { {money(price.minor, price.currency.code())}" "{words.contracts_price_month()} }.into_any(),
                None => words.contracts_price_none().into_any(),
            };
            let regions: Vec<_> = offer.regions.iter().map(|(id, _)| chip(id.clone())).collect();
            view! {
                <li class="alternative">
                    <h3><a href=format!("/market/offers/{}", offer.id)>{title}</a></h3>
                    <p class="by">{provider.to_owned()}</p>
                    <p class="chips">{regions}</p>
                    <p class="price">{price}</p>
                    <p class="actions">{link_button(Look::Secondary, words.contracts_alternatives_choose(), href)}</p>
                </li>
            }
        })
        .collect();
    view! { <ul class="alternatives">{cards}</ul> }.into_any()
}
