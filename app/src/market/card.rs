//! One offer in a list: what it is, whose, where, what it promises, what it costs.

use std::collections::BTreeSet;

use broker::{
    market::{Excerpt, Marker, OfferCard},
    providers::ProviderCard,
};
use domain::{AudienceKind, OfferId, Role};
use leptos::prelude::*;

use super::{favourites, text};
use crate::{
    PageContext,
    ui::{State, Views, badge, chip},
    words::{Locale, Words},
};

/// Length of an excerpt of a description.
const EXCERPT_CHARACTERS: usize = 140;
/// Certificates shown on a card; the offer's page has the rest.
const CERTIFICATES_SHOWN: usize = 4;

/// What a list wants of its cards.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// A box to compare the offer.
    pub compared: bool,
    /// Countries that were asked for; named first.
    pub countries: &'a [String],
    /// Offers that were picked for a comparison.
    pub picked: &'a [OfferId],
    /// Marks what was searched for.
    pub marker: Option<&'a Marker>,
    /// Favourites, for a button on each card; the page has their form.
    pub marked: Option<&'a BTreeSet<OfferId>>,
}

/// An offer in a list.
pub fn card(ctx: &PageContext, offer: &OfferCard, wanted: Wanted<'_>) -> AnyView {
    let words = ctx.words();
    let title = text::title(ctx.locale, offer);
    let id = offer.id.to_string();
    let mark = wanted
        .marked
        .map(|marked| favourites::mark(words, (offer.id, &title), marked.contains(&offer.id)));
    let compare = wanted.compared.then(|| {
        let label = words.market_compare_pick(&title);
        let picked = wanted.picked.contains(&offer.id);
        view! {
            <label class="pick">
                <input type="checkbox" name="offer" value=id.clone() checked=picked aria-label=label/>
                <span aria-hidden="true">{words.market_compare_short()}</span>
            </label>
        }
    });
    view! {
        <li class="offer">
            <div class="what">
                <h3><a href=text::offer_href(offer)>{marked_title(&title, wanted.marker)}</a></h3>
                <p class="whose">
                    <a href=format!("/providers/{}", offer.provider.slug)>{text::provider_name(ctx.locale, &offer.provider)}</a>
                    " · "{text::countries(words, offer, wanted.countries)}
                </p>
            </div>
            <div class="terms">{text::price(words, offer.price)}{offer_backing(words, offer)}{invited(ctx, offer)}</div>
            {found_in(ctx, offer, wanted.marker)}
            {highlights(ctx, offer)}
            <div class="tags">{tags(words, offer)}{mark}{compare}</div>
        </li>
    }
    .into_any()
}

fn marked_title(title: &str, marker: Option<&Marker>) -> AnyView {
    match marker {
        Some(marker) => marked(&marker.whole(title)),
        None => title.to_owned().into_any(),
    }
}

/// A text with what was found in it marked; whatever it holds is written as text.
fn marked(excerpt: &Excerpt) -> AnyView {
    let part = |(text, hit): &(String, bool)| match hit {
        true => view! { <mark>{text.clone()}</mark> }.into_any(),
        false => text.clone().into_any(),
    };
    let parts: Views = excerpt.parts.iter().map(part).collect();
    let before = excerpt.cut_before.then_some("… ");
    let behind = excerpt.cut_behind.then_some(" …");
    view! { {before}{parts}{behind} }.into_any()
}

/// Where the search found the offer beside its title: in the description, or in what is installed.
fn found_in(ctx: &PageContext, offer: &OfferCard, marker: Option<&Marker>) -> Option<AnyView> {
    let marker = marker.filter(|marker| !marker.is_empty())?;
    let words = ctx.words();
    let mut lines: Views = Vec::new();
    // In the reader's language where it stands there, else in the other one.
    let texts = match ctx.locale {
        Locale::Ja => [&offer.description_ja, &offer.description_en],
        Locale::En => [&offer.description_en, &offer.description_ja],
    };
    let excerpts = texts.map(|text| marker.excerpt(text, EXCERPT_CHARACTERS));
    if let Some(excerpt) = excerpts.iter().find(|excerpt| excerpt.has_hits()) {
        lines.push(view! { <p class="excerpt">{marked(excerpt)}</p> }.into_any());
    }
    let installed: Vec<String> = offer
        .middleware
        .iter()
        .map(|(name, version)| format!("{name} {}", version.as_deref().unwrap_or_default()))
        .map(|name| name.trim_end().to_owned())
        .collect();
    let installed = marker.whole(&installed.join(words.market_list_comma()));
    if installed.has_hits() {
        lines.push(
            view! { <p class="excerpt">{words.market_offer_middleware()}": "{marked(&installed)}</p> }.into_any(),
        );
    }
    (!lines.is_empty()).then(|| view! { <div class="found-in">{lines}</div> }.into_any())
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

/// That an offer is not for everybody: for whoever was invited, and for its provider.
pub fn invited(ctx: &PageContext, offer: &OfferCard) -> Option<AnyView> {
    let kind = offer.audience?;
    let words = ctx.words();
    let customer = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    let word = match kind {
        _ if !customer => words.audience_badge_own(),
        AudienceKind::Private => words.audience_badge_private(),
        AudienceKind::Community => words.audience_badge_community(),
    };
    Some(badge(State::Attention, word))
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
