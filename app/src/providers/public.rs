//! Providers as everybody sees them: the list, and each with its offers.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::BrokerError;
use broker::announcements::AnnouncementView;
use broker::conformance::Conformance;
use broker::providers::{ProviderCard, ProviderView};
use broker::ratings::{ProviderRatings, ProviderRecord};
use domain::{AdmissionState, ProviderId, RatingCounts, Timestamp};
use leptos::prelude::*;
use std::collections::HashMap;

use super::{conformance, ratings, record};
use crate::{
    AppState, PageContext,
    address::Address,
    admissions, announcements,
    fault::fault_page,
    market::{card, map, text},
    render::{Page, page},
    ui::{
        Column, Look, Table, Views, breadcrumbs, definitions, empty, link_button, page_head,
        section,
    },
    words::Words,
};

/// Announcements read: one more than shown says that there are more.
const ANNOUNCED: u32 = 6;

pub(super) async fn list(ctx: PageContext, State(state): State<AppState>) -> Response {
    let cards = match state.broker.providers(&ctx.op()).await {
        Ok(cards) => cards,
        Err(error) => return fault_page(&ctx, &error),
    };
    match state.broker.ratings_by_provider(&ctx.op()).await {
        Ok(ratings) => list_view(&ctx, &cards, &ratings),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn list_view(
    ctx: &PageContext,
    cards: &[ProviderCard],
    ratings: &HashMap<ProviderId, RatingCounts>,
) -> Response {
    let words = ctx.words();
    let about =
        Page::new(words.market_providers_title()).description(words.market_providers_lead());
    page(ctx, about, || {
        let columns = vec![
            Column::text(words.market_facet_provider()),
            Column::text(words.market_facet_country()),
            Column::text(words.market_facet_backed()),
            Column::text(words.ratings_column()),
        ];
        let rows = cards.iter().map(|provider| {
            let name = text::provider_name(ctx.locale, provider);
            vec![
                view! { <a href=format!("/providers/{}", provider.slug)>{name}</a> }.into_any(),
                text::country(words, &provider.country).into_any(),
                card::provider_backing(words, provider),
                match ratings.get(&provider.id) {
                    Some(counts) => ratings::mean_text(words, counts).into_any(),
                    None => words.ratings_not_rated().into_any(),
                },
            ]
        });
        let table = Table::new(words.market_providers_title(), columns).rows(rows).view();
        let lead = Some(words.market_providers_lead().to_owned());
        view! { {page_head(words.market_providers_title(), lead, vec![])}{table} }.into_any()
    })
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(slug): Path<String>,
) -> Response {
    let provider = match state.broker.provider(&ctx.op(), &slug).await {
        Ok(provider) => provider,
        Err(error) => return fault_page(&ctx, &error),
    };
    match known(&ctx, &state, &provider).await {
        Ok(known) => view(&ctx, &provider, &known),
        Err(error) => fault_page(&ctx, &error),
    }
}

/// What stands on the page beside what the provider says of itself.
struct Known {
    conformance: Option<Conformance>,
    record: ProviderRecord,
    ratings: ProviderRatings,
    announced: Vec<AnnouncementView>,
    standing: (AdmissionState, Option<Timestamp>),
}

async fn known(
    ctx: &PageContext,
    state: &AppState,
    provider: &ProviderView,
) -> Result<Known, BrokerError> {
    let (op, slug) = (ctx.op(), provider.card.slug.as_str());
    Ok(Known {
        standing: state.broker.standing(provider.card.id).await?,
        conformance: state.broker.conformance(&op, provider.card.id).await?,
        record: state.broker.provider_record(&op, slug).await?,
        ratings: state.broker.provider_ratings(&op, slug, None, ratings::SHOWN).await?,
        announced: state.broker.announcements(&op, Some(slug), None, ANNOUNCED).await?.items,
    })
}

fn view(ctx: &PageContext, provider: &ProviderView, known: &Known) -> Response {
    let words = ctx.words();
    let conformance = known.conformance.as_ref();
    let name = text::provider_name(ctx.locale, &provider.card);
    let lead = ctx.locale.pick(&provider.description_en, &provider.description_ja).to_owned();
    let about = Page::new(words.market_providers_of(&name)).description(lead.clone());
    page(ctx, about, || {
        let trail = vec![(words.market_providers_title().to_owned(), "/providers".to_owned())];
        let count = i64::try_from(provider.offers.len()).unwrap_or(i64::MAX);
        view! {
            {breadcrumbs(words, trail)}
            {page_head(name.clone(), Some(lead).filter(|lead| !lead.is_empty()), vec![])}
            {admissions::standing(ctx, known.standing)}
            {facts(ctx, provider, conformance)}
            {places(words, provider)}
            {section("offers", words.market_count(count), offers(ctx, provider))}
            {record::part(ctx, &known.record)}
            {announcements::of_provider(ctx, &provider.card.slug, &known.announced)}
            {ratings::part(ctx, &provider.card.slug, &name, &known.ratings)}
            {report(ctx, provider, conformance)}
        }
        .into_any()
    })
}

/// Where its offers run.
fn places(words: Words, provider: &ProviderView) -> Option<AnyView> {
    let mut regions: Vec<&(String, String)> =
        provider.offers.iter().flat_map(|offer| &offer.regions).collect();
    regions.sort();
    regions.dedup();
    let points: Vec<map::Point> = regions
        .into_iter()
        .map(|(id, country)| {
            let href = Address::new("/market")
                .and("region", id.clone())
                .and("provider", provider.card.slug.clone());
            let known = map::Known { id, country, ..map::Known::default() };
            map::Point {
                href: Some(href.to_string()),
                ..map::Point::new(known, text::region(words, id, country))
            }
        })
        .collect();
    let map = (!points.is_empty()).then(|| map::map(words, &points))?;
    Some(section("places", words.catalog_map_title(), map))
}

/// The report, where there is a cloud that somebody has examined.
fn report(
    ctx: &PageContext,
    provider: &ProviderView,
    conformance: Option<&Conformance>,
) -> AnyView {
    if !provider.card.backed || conformance.is_none() {
        return ().into_any();
    }
    section("conformance", ctx.words().conform_title(), conformance::details(ctx, conformance))
}

fn facts(ctx: &PageContext, provider: &ProviderView, conformance: Option<&Conformance>) -> AnyView {
    let words = ctx.words();
    let did = provider.did.clone();
    let mut pairs = vec![
        (
            words.market_facet_country().to_owned(),
            text::country(words, &provider.card.country).into_any(),
        ),
        (words.market_facet_backed().to_owned(), card::provider_backing(words, &provider.card)),
        (words.market_providers_did().to_owned(), view! { <code>{did}</code> }.into_any()),
    ];
    if let Some(origin) = provider.mirrored_from.clone() {
        let href = format!("{origin}/providers/{}", provider.card.slug);
        let link = view! { <a href=href rel="nofollow noopener external">{origin}</a> };
        pairs.push((words.feed_mirrored().to_owned(), link.into_any()));
    }
    if provider.card.backed {
        let known = conformance::summary(ctx, conformance, provider.card.passed);
        pairs.insert(2, (words.conform_title().to_owned(), known));
    }
    let homepage = provider
        .homepage
        .clone()
        .filter(|address| address.starts_with("https://") || address.starts_with("http://"));
    if let Some(address) = homepage {
        let href = address.clone();
        let link = view! { <a href=href rel="nofollow noopener external">{address}</a> };
        pairs.insert(1, (words.market_providers_homepage().to_owned(), link.into_any()));
    }
    definitions(pairs)
}

fn offers(ctx: &PageContext, provider: &ProviderView) -> AnyView {
    let words = ctx.words();
    if provider.offers.is_empty() {
        let out = link_button(Look::Secondary, words.common_way_market(), "/market");
        return empty(words.market_providers_none(), words.market_providers_none_text(), Some(out));
    }
    let cards: Views = provider
        .offers
        .iter()
        .map(|offer| card::card(ctx, offer, card::Wanted::default()))
        .collect();
    let search = Address::new("/market").and("provider", provider.card.slug.clone()).to_string();
    view! {
        <ul class="offers">{cards}</ul>
        <p class="actions">{link_button(Look::Quiet, words.market_providers_search(), search)}</p>
    }
    .into_any()
}
