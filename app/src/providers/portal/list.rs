//! All offers of the provider, drafts and withdrawn ones included.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::offers::OwnOfferCard;
use domain::OfferStage;
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    address::Address,
    form::FormState,
    layout::fail,
    providers::life::stage_badge,
    render::{Page, page},
    ui::{Column, Look, Table, empty, link_button, page_head, pagination, time},
    words::Words,
};

/// Offers on one page of the list.
const PAGE: u32 = 50;

pub(super) async fn show(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let list = match state.broker.my_offers(&ctx.op(), query.filled("cursor"), PAGE).await {
        Ok(list) => list,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let offers = list.items;
    let first = query.filled("cursor").map(|_| "/provider/offers".to_owned());
    let next =
        list.next.map(|cursor| Address::new("/provider/offers").and("cursor", cursor).to_string());
    page(&ctx, Page::new(words.common_way_offers()).private(), || {
        let create =
            || link_button(Look::Primary, words.portal_offer_new(), "/provider/offers/new");
        let (body, actions) = if offers.is_empty() {
            (empty(words.portal_list_none(), words.portal_list_none_text(), Some(create())), vec![])
        } else {
            let import = link_button(
                Look::Secondary,
                words.exchange_import_open(),
                "/provider/offers/import",
            );
            let uploads = link_button(Look::Secondary, words.uploads_open(), "/provider/uploads");
            (table(&ctx, &offers), vec![create(), import, uploads])
        };
        view! {
            {page_head(words.common_way_offers(), Some(words.portal_list_lead().to_owned()), actions)}
            {parts(words, Part::Offers)}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, offers: &[OwnOfferCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.portal_list_offer()),
        Column::text(words.portal_list_state()),
        Column::number(words.portal_list_version()),
        Column::text(words.portal_list_changed()),
        Column::text(words.portal_list_next()),
    ];
    let rows = offers.iter().map(|offer| {
        let href = format!("/provider/offers/{}", offer.id);
        let title = ctx.locale.pick(&offer.title_en, &offer.title_ja).to_owned();
        vec![
            view! { <a href=href>{title}</a> }.into_any(),
            stage_badge(words, offer.stage),
            offer.current_version.to_string().into_any(),
            time(ctx, offer.updated_at.0),
            next(words, offer),
        ]
    });
    Table::new(words.common_way_offers(), columns).rows(rows).view()
}

/// What is to be done with it, if anything.
fn next(words: Words, offer: &OwnOfferCard) -> AnyView {
    // What is under review, ends or was withdrawn is not published with one press.
    let open =
        matches!(offer.stage, OfferStage::Draft | OfferStage::Published | OfferStage::Paused)
            && offer.published_version != Some(offer.current_version)
            && !offer.under_review;
    if !open {
        return view! { <a href=format!("/provider/offers/{}/edit", offer.id)>{words.portal_offer_change()}</a> }
            .into_any();
    }
    view! {
        <form method="post" action=format!("/provider/offers/{}/publish", offer.id)>
            <button class="button small">{words.portal_offer_publish(offer.current_version)}</button>
        </form>
    }
    .into_any()
}
