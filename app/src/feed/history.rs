//! What happened to one offer: when it came on the market, each version with what changed, and when it went.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use broker::{BrokerError, feed::FeedEvent};
use domain::OfferId;
use leptos::prelude::*;

use crate::{
    AppState, PageContext,
    form::FormState,
    layout::fail,
    market::changes::{changes, verdict},
    render::{Page, page},
    ui::{breadcrumbs, page_head, pagination, time},
};

/// Events of one page.
const ROWS: u32 = 20;

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let before = query.filled("before").and_then(|text| text.parse().ok());
    let found = match id.parse::<OfferId>() {
        Ok(id) => state.broker.offer_events(&ctx.op(), id, before, ROWS).await,
        Err(_) => Err(BrokerError::NotFound { what: "offer" }),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let at = format!("/market/offers/{id}/history");
    let offer = found.events.first().and_then(|event| event.offer.as_ref());
    let name = offer.map(|offer| ctx.locale.pick(&offer.title_en, &offer.title_ja).to_owned());
    let name = name.unwrap_or_default();
    let there = offer.is_some_and(|offer| offer.version.is_some());
    let title = words.feed_history_title(&name);
    page(&ctx, Page::new(title.clone()), || {
        let trail = vec![(words.common_way_market().to_owned(), "/market".to_owned())];
        let back = there.then(|| {
            let href = format!("/market/offers/{id}");
            view! { <p><a href=href>{words.feed_history_offer()}</a></p> }
        });
        let full = found.events.len() == ROWS as usize;
        let last = found.events.last().filter(|_| full);
        let next = last.map(|event| format!("{at}?before={}", event.number));
        let events: Vec<_> = found.events.iter().map(|event| entry(&ctx, event)).collect();
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title, Some(words.feed_history_lead().to_owned()), vec![])}
            {back}
            {events}
            {pagination(words, before.map(|_| at.clone()), next)}
        }
        .into_any()
    })
}

fn entry(ctx: &PageContext, event: &FeedEvent) -> AnyView {
    let words = ctx.words();
    let provider = ctx.locale.pick(&event.provider.name_en, &event.provider.name_ja);
    let title = super::title(ctx.locale, event, provider);
    let heading = format!("event-{}", event.number);
    let labelled = heading.clone();
    let told = event.changes.as_ref().map(|found| {
        view! {
            <p>{verdict(words, found.verdict())}</p>
            {changes(ctx, &title, found)}
        }
    });
    view! {
        <section class="section" aria-labelledby=labelled>
            <h2 id=heading>{title.clone()}</h2>
            <p class="hint">{time(ctx, event.at.0)}</p>
            {told}
        </section>
    }
    .into_any()
}
