//! One offer in a list: what it is, whose, where, what it promises, what it costs.

use broker::{market::OfferCard, providers::ProviderCard};
use leptos::prelude::*;

use super::text;
use crate::{
    PageContext,
    ui::{State, Views, badge, chip},
    words::Words,
};

/// Certificates shown on a card; the offer's page has the rest.
const CERTIFICATES_SHOWN: usize = 4;

/// What a list wants of its cards.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// A box to compare the offer.
    pub compared: bool,
    /// Countries that were asked for; named first.
    pub countries: &'a [String],
}

/// An offer in a list.
pub fn card(ctx: &PageContext, offer: &OfferCard, wanted: Wanted<'_>) -> AnyView {
    let words = ctx.words();
    let title = text::title(ctx.locale, offer);
    let id = offer.id.to_string();
    let compare = wanted.compared.then(|| {
        let label = words.market_compare_pick(&title);
        view! {
            <label class="pick">
                <input type="checkbox" name="offer" value=id.clone() aria-label=label/>
                <span aria-hidden="true">{words.market_compare_short()}</span>
            </label>
        }
    });
    view! {
        <li class="offer">
            <div class="what">
                <h3><a href=text::offer_href(offer)>{title}</a></h3>
                <p class="whose">
                    <a href=format!("/providers/{}", offer.provider.slug)>{text::provider_name(ctx.locale, &offer.provider)}</a>
                    " · "{text::countries(words, offer, wanted.countries)}
                </p>
            </div>
            <div class="terms">{text::price(words, offer.price)}{offer_backing(words, offer)}</div>
            {highlights(ctx, offer)}
            <div class="tags">{tags(words, offer)}{compare}</div>
        </li>
    }
    .into_any()
}

/// Whether a contract can really be carried out here.
pub fn backing(words: Words, backed: bool) -> AnyView {
    if backed {
        badge(State::Good, words.market_backed())
    } else {
        badge(State::Quiet, words.market_catalogue_only())
    }
}

/// The same of a provider, whose cloud has to have passed its examination.
pub fn provider_backing(words: Words, provider: &ProviderCard) -> AnyView {
    if provider.backed && !provider.passed {
        return badge(State::Quiet, words.contracts_offer_not_passed());
    }
    backing(words, provider.backed)
}

/// The same of an offer, whose regions its provider's cloud may not have.
pub fn offer_backing(words: Words, offer: &OfferCard) -> AnyView {
    match stall(words, offer) {
        Some((badge_text, _)) => badge(State::Quiet, badge_text),
        None => backing(words, offer.backed),
    }
}

/// Why an offer of a provider with a cloud cannot be contracted, for a badge and as a sentence; nothing
/// where it can, or where there is no cloud.
pub fn stall(words: Words, offer: &OfferCard) -> Option<(&'static str, &'static str)> {
    Some(match offer.stalled? {
        "not_valid_yet" | "no_longer_valid" => {
            (words.contracts_offer_not_valid(), words.contracts_obstacle_not_valid())
        }
        "withdrawn" => (words.portal_state_withdrawn(), words.contracts_obstacle_withdrawn()),
        "cloud_not_passed" => {
            (words.contracts_offer_not_passed(), words.contracts_obstacle_not_passed())
        }
        _ => (words.contracts_offer_elsewhere(), words.contracts_obstacle_region()),
    })
}

/// Where a provider's cloud can run services, as it said itself.
pub fn cloud_regions(words: Words, provider: &ProviderCard) -> AnyView {
    match &provider.regions {
        None if provider.backed => words.portal_connection_not_asked().into_any(),
        None => "–".into_any(),
        Some(regions) => {
            let chips: Views = regions
                .iter()
                .map(|region| chip(text::region(words, &region.id, &region.country)))
                .collect();
            view! { <span class="chips">{chips}</span> }.into_any()
        }
    }
}

/// The first promises, each with its name.
pub fn highlights(ctx: &PageContext, offer: &OfferCard) -> AnyView {
    if offer.highlights.is_empty() {
        return ().into_any();
    }
    let pairs: Views = offer
        .highlights
        .iter()
        .map(|(key, value)| {
            let shown = text::short_value(ctx.words(), key, value);
            view! { <div><dt>{text::item_label(ctx.locale, key)}</dt><dd>{shown}</dd></div> }
                .into_any()
        })
        .collect();
    view! { <dl class="highlights">{pairs}</dl> }.into_any()
}

fn tags(words: Words, offer: &OfferCard) -> AnyView {
    let mut chips: Views = vec![
        chip(text::model(words, &offer.model)),
        chip(text::deployment(words, &offer.deployment)),
    ];
    let shown = offer.certifications.iter().take(CERTIFICATES_SHOWN);
    chips.extend(shown.map(|word| chip(text::certificate(words.0, word))));
    if let Some(end) = offer.ends_at {
        chips.push(chip(words.life_ends_chip(crate::format::day(words.0, end.0))));
    }
    if let Some(rest) = offer.certifications.len().checked_sub(CERTIFICATES_SHOWN)
        && rest > 0
    {
        chips.push(chip(format!("+{rest}")));
    }
    view! { <div class="chips">{chips}</div> }.into_any()
}
