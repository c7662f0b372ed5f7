//! One offer of the provider: where it stands, its reviews, its versions, its history.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::offers::{OfferVersionCard, OwnOffer};
use leptos::prelude::*;

use super::{audience, edit, life, market::Market, offer_id, preview};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    form::FormState,
    islands::CopyButton,
    layout::fail,
    market::changes::changes as changed,
    providers::life::stage_badge,
    render::{Page, page, redirect},
    ui::{
        self, Column, Look, State as Badge, Table, badge, definitions, disclosure, error_summary,
        link_button, page_head, section, time,
    },
    words::Words,
};

pub(super) async fn show(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    sheet(&ctx, &state, &id, &FormState::empty(), StatusCode::OK).await
}

/// The page, with what was typed into one of its forms.
pub(super) async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let op = ctx.op();
    let read = async {
        let offer = state.broker.my_offer(&op, offer_id(id)?).await?;
        let audiences = state.broker.my_audiences(&op).await?;
        Ok((offer, state.broker.my_provider(&op).await?, audiences))
    };
    let (offer, provider, audiences) = match read.await {
        Ok(read) => read,
        Err(error) => return fail(ctx, error),
    };
    let market = Market::of_offer(ctx, state, &offer).await;
    let words = ctx.words();
    let title = ctx.locale.pick(&offer.card.title_en, &offer.card.title_ja).to_owned();
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let change = format!("/provider/offers/{}/edit", offer.card.id);
        let said = preview::Said { document: &offer.document, comments: &offer.comments };
        view! {
            {edit::trail(words)}
            {page_head(title, None, vec![link_button(Look::Secondary, words.portal_offer_change(), change)])}
            {error_summary(form, words)}
            {preview::not_served(words, &offer.not_served)}
            {crate::extensions::unknown_keys(words, &offer.document, true)}
            {facts(ctx, &offer)}
            {life::publication(ctx, &offer, form)}
            {audience::chooser(ctx, &offer, &audiences)}
            {life::reviews(ctx, &offer, form)}
            {market.view(ctx)}
            {section("versions", words.portal_versions_title(), versions(ctx, &offer))}
            {life::history(ctx, &offer)}
            {disclosure(words.portal_offer_seen(), preview::promised(ctx, &provider.card, said))}
            {disclosure(words.portal_preview_document(), document(words, &offer))}
        }
        .into_any()
    })
}

fn facts(ctx: &PageContext, offer: &OwnOffer) -> AnyView {
    let words = ctx.words();
    let card = &offer.card;
    let mut facts = vec![
        (words.portal_list_state().to_owned(), stage_badge(words, card.stage)),
        (
            words.portal_form_name().to_owned(),
            view! { <code>{card.slug.clone()}</code> }.into_any(),
        ),
        (words.portal_list_changed().to_owned(), time(ctx, card.updated_at.0)),
        (words.portal_offer_number().to_owned(), ui::id(ctx, &card.id.to_string())),
    ];
    if card.state.is_on_market() {
        let href = format!("/market/offers/{}", card.id);
        facts.push((
            words.portal_offer_public().to_owned(),
            view! { <a href=href>{words.portal_offer_public_open()}</a> }.into_any(),
        ));
    }
    definitions(facts)
}

fn versions(ctx: &PageContext, offer: &OwnOffer) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::number(words.portal_list_version()),
        Column::text(words.portal_list_state()),
        Column::text("SHA-256"),
        Column::text(words.portal_versions_made()),
        Column::text(words.portal_versions_by()),
        Column::text(words.exchange_signature_label()),
    ];
    let rows = offer.versions.iter().map(|version| {
        let shown = offer.card.state.is_on_market()
            && offer.card.published_version == Some(version.version);
        let state = if shown {
            badge(Badge::Good, words.portal_state_published())
        } else if version.version == offer.card.current_version {
            badge(Badge::Attention, words.portal_versions_newest())
        } else {
            badge(Badge::Quiet, words.portal_versions_older())
        };
        vec![
            version.version.to_string().into_any(),
            state,
            ui::id(ctx, &version.hash),
            time(ctx, version.created_at.0),
            ui::id(ctx, &version.created_by),
            match &version.signed_by {
                Some(kid) => ui::id(ctx, kid),
                None => words.exchange_signature_none().into_any(),
            },
        ]
    });
    view! {
        <p>{words.portal_versions_lead()}</p>
        {Table::new(words.portal_versions_title(), columns).rows(rows).view()}
        {offer.versions.iter().map(|version| changes(ctx, version)).collect_view()}
    }
    .into_any()
}

/// What changed since the version before, change by change, each with what it means to a customer.
fn changes(ctx: &PageContext, version: &OfferVersionCard) -> Option<AnyView> {
    let words = ctx.words();
    let found = version.changes.as_ref()?;
    let title = format!(
        "{} {}: {}",
        words.portal_list_version(),
        version.version,
        words.exchange_diff_title()
    );
    Some(disclosure(title.clone(), changed(ctx, &title, found)))
}

fn document(words: Words, offer: &OwnOffer) -> AnyView {
    view! {
        <p><CopyButton text=offer.yaml.clone() label=words.common_copy().to_owned() done=words.common_copied().to_owned()/></p>
        <pre tabindex="0" role="region" aria-label=words.portal_preview_document()>{offer.yaml.clone()}</pre>
    }
    .into_any()
}

pub(super) async fn publish(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let published = match offer_id(&id) {
        Ok(offer) => state.broker.publish_offer(&ctx.op(), offer).await,
        Err(error) => Err(error),
    };
    match published {
        Ok(offer) => {
            let told = life::became(&ctx, &offer);
            redirect(&format!("/provider/offers/{}", offer.card.id), Some(told))
        }
        Err(error) => life::answered(&ctx, &state, (&id, FormState::empty()), Err(error)).await,
    }
}
