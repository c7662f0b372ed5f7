//! All offers of the provider, drafts and withdrawn ones included.

use axum::{extract::State, response::Response};
use broker::offers::OwnOfferCard;
use domain::Role;
use leptos::prelude::*;

use super::{Part, parts, state_badge};
use crate::{
    AppState, PageContext,
    account::guard,
    layout::fail,
    render::{Page, page},
    ui::{Column, Look, Table, empty, link_button, page_head, time},
    words::Words,
};

pub(super) async fn show(ctx: PageContext, State(state): State<AppState>) -> Response {
    if let Some(refusal) = guard::refuse(&ctx, Role::Provider) {
        return refusal;
    }
    let offers = match state.broker.my_offers(&ctx.op()).await {
        Ok(offers) => offers,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
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
            (table(&ctx, &offers), vec![create(), import])
        };
        view! {
            {page_head(words.common_way_offers(), Some(words.portal_list_lead().to_owned()), actions)}
            {parts(words, Part::Offers)}
            {body}
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
            state_badge(words, offer.state),
            offer.current_version.to_string().into_any(),
            time(ctx, offer.updated_at.0),
            next(words, offer),
        ]
    });
    Table::new(words.common_way_offers(), columns).rows(rows).view()
}

/// What is to be done with it, if anything.
fn next(words: Words, offer: &OwnOfferCard) -> AnyView {
    let open = offer.state != domain::OfferState::Withdrawn
        && offer.published_version != Some(offer.current_version);
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
