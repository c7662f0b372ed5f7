//! Offers that one's organisation keeps at hand: the mark in lists, and the list of what is marked.

use std::collections::BTreeSet;

use axum::{extract::State, response::Response};
use broker::{BrokerError, favourites::Favourite};
use domain::{OfferId, OfferState};
use leptos::prelude::*;

use super::card;
use crate::{
    AppState, PageContext,
    account::guard::refuse_strangers,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{Button, Look, State as Badge, Views, badge, empty, link_button, page_head, time},
    words::Words,
};

/// The address of the list.
const AT: &str = "/market/favourites";
/// The one form that all marks of a page belong to: they stand in other forms, too.
const FORM: &str = "favourite-form";

/// What is marked, for the marks of a page; `None` for whoever is not signed in.
pub(super) async fn marked(ctx: &PageContext, state: &AppState) -> Option<BTreeSet<OfferId>> {
    ctx.viewer.as_ref()?;
    match state.broker.favourite_ids(&ctx.op()).await {
        Ok(marked) => Some(marked),
        Err(error) => {
            tracing::error!(request.id = %ctx.request_id, %error, "a page is shown without its marks");
            None
        }
    }
}

/// The form of a page with marks; once on a page, and outside of every other form.
pub(super) fn form(ctx: &PageContext) -> AnyView {
    view! {
        <form id=FORM method="post" action=AT>
            <input type="hidden" name="back" value=ctx.back.clone()/>
        </form>
    }
    .into_any()
}

/// Marks an offer, or takes the mark away: one press.
pub(super) fn mark(words: Words, (id, title): (OfferId, &str), marked: bool) -> AnyView {
    let (step, label, name) = if marked {
        ("drop", words.favourites_drop(), words.favourites_drop_named(title))
    } else {
        ("keep", words.favourites_keep(), words.favourites_keep_named(title))
    };
    let sign = if marked { "★ " } else { "☆ " };
    view! {
        <button type="submit" class="button quiet" form=FORM name=step value=id.to_string() aria-label=name><span aria-hidden="true">{sign}</span>{label}</button>
    }
    .into_any()
}

pub(super) async fn save(
    ctx: PageContext,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let op = ctx.op();
    let offer = |name: &str| {
        let id = form.value(name).parse::<OfferId>();
        id.map_err(|_| BrokerError::NotFound { what: "offer" })
    };
    let done = async {
        if form.names("drop") {
            return state.broker.drop_favourite(&op, offer("drop")?).await;
        }
        state.broker.keep_favourite(&op, offer("keep")?).await
    };
    match done.await {
        Ok(()) => redirect(form.filled("back").unwrap_or(AT), None),
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn show(ctx: PageContext, State(state): State<AppState>) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let found = match state.broker.favourites(&ctx.op()).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.favourites_title()).private(), || {
        view! {
            {page_head(words.favourites_title(), Some(words.favourites_lead().to_owned()), vec![])}
            {form(&ctx)}
            {list(&ctx, &found)}
        }
        .into_any()
    })
}

fn list(ctx: &PageContext, found: &[Favourite]) -> AnyView {
    let words = ctx.words();
    if found.is_empty() {
        let market = link_button(Look::Secondary, words.common_way_market(), "/market");
        return empty(words.favourites_none(), words.favourites_none_text(), Some(market));
    }
    let count = words.market_count(i64::try_from(found.len()).unwrap_or(i64::MAX));
    let kept: BTreeSet<OfferId> = found.iter().map(|one| one.offer).collect();
    let wanted = card::Wanted { compared: true, marked: Some(&kept), ..card::Wanted::default() };
    let rows: Views = found
        .iter()
        .map(|one| match &one.card {
            Some(offer) => card::card(ctx, offer, wanted),
            None => gone(ctx, one),
        })
        .collect();
    view! {
        <h2>{count}</h2>
        <form method="get" action="/market/compare">
            <ul class="offers">{rows}</ul>
            <div class="compare-bar">
                {Button::secondary(words.market_compare_action()).view()}
                <p class="hint">{words.market_compare_hint()}</p>
            </div>
        </form>
    }
    .into_any()
}

/// An offer that is not on the market.
fn gone(ctx: &PageContext, one: &Favourite) -> AnyView {
    let words = ctx.words();
    let title = ctx.locale.pick(&one.title_en, &one.title_ja).to_owned();
    let provider = ctx.locale.pick(&one.provider_name_en, &one.provider_name_ja).to_owned();
    let word = match one.state {
        OfferState::Paused => words.favourites_paused(),
        _ => words.portal_state_withdrawn(),
    };
    view! {
        <li class="offer">
            <div class="what">
                <h3>{title.clone()}</h3>
                <p class="whose"><a href=format!("/providers/{}", one.provider_slug)>{provider}</a></p>
            </div>
            <div class="terms">{badge(Badge::Quiet, word)}</div>
            <div class="tags"><span>{words.favourites_kept()}" "{time(ctx, one.kept_at.0)}</span>{mark(words, (one.offer, &title), true)}</div>
        </li>
    }
    .into_any()
}
