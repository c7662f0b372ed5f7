//! The way off the market: with a notice that everybody sees, or at once.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::offers::OwnOffer;
use domain::OfferEvent;
use leptos::prelude::*;

use super::{life, offer_id};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    form::FormState,
    format,
    layout::fail,
    render::{Page, Width, page},
    ui::{
        Button, Field, Kind, Look, breadcrumbs, error_summary, link_button, notice, page_head,
        section,
    },
};

pub(super) async fn ask(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    sheet(&ctx, &state, &id, &FormState::empty(), StatusCode::OK).await
}

/// The page with both ways, and what was typed.
pub(super) async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let found = match offer_id(id) {
        Ok(id) => state.broker.my_offer(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    let offer = match found {
        Ok(offer) => offer,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let name = ctx.locale.pick(&offer.card.title_en, &offer.card.title_ja).to_owned();
    let title = words.portal_withdraw_title(&name);
    let at = format!("/provider/offers/{}", offer.card.id);
    let about = Page::new(title.clone()).status(status).width(Width::Reading).private();
    page(ctx, about, || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_offers().to_owned(), "/provider/offers".to_owned()),
                (name, at.clone()),
            ])}
            {page_head(title, None, vec![])}
            {error_summary(form, words)}
            {with_notice(ctx, &offer, form)}
            {section("at-once", words.life_at_once(), view! {
                <div class="flash">{notice(Kind::Attention, words.portal_withdraw_what(), view! {
                    <ul>
                        <li>{words.portal_withdraw_gone()}</li>
                        <li>{words.portal_withdraw_contracts()}</li>
                        <li>{words.portal_withdraw_final()}</li>
                    </ul>
                }.into_any())}</div>
                <form class="actions" method="post" action=format!("{at}/withdraw")>
                    {Button::danger(words.portal_withdraw_button()).view()}
                    {link_button(Look::Quiet, words.common_cancel(), at.clone())}
                </form>
            }.into_any())}
        }
        .into_any()
    })
}

/// The form of an announcement, where one is possible.
fn with_notice(ctx: &PageContext, offer: &OwnOffer, form: &FormState) -> Option<AnyView> {
    let words = ctx.words();
    offer.card.state.apply(OfferEvent::Announce).ok()?;
    let span = format::duration(ctx.locale, offer.notice_us);
    let at = format!("/provider/offers/{}/end", offer.card.id);
    let body = view! {
        <p>{words.life_end_text(&span)}</p>
        <form class="form" method="post" action=at>
            {Field::area("reason", words.life_history_why(), 3).hint(words.life_end_reason_hint()).of(form).required().max_length(500).view()}
            {Field::moment("endsAt", words.life_end_at()).hint(words.life_end_at_hint(span)).of(form).view()}
            <p class="actions">{Button::secondary(words.life_end()).view()}</p>
        </form>
    };
    Some(section("notice", words.life_end_title(), body.into_any()))
}

pub(super) async fn withdraw(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.withdraw_offer(&ctx.op(), offer_id(&id)?).await };
    let done = done.await.map(|_| ctx.words().portal_withdrawn());
    life::answered(&ctx, &state, (&id, FormState::empty()), done).await
}
