//! One offer of the provider: where it stands, its versions, publish, withdraw.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::offers::{OfferVersionCard, OwnOffer};
use domain::{OfferEvent, OfferState, Role};
use leptos::prelude::*;

use super::{edit, offer_id, preview, state_badge};
use crate::{
    AppState, FlashKind, PageContext,
    account::guard,
    islands::CopyButton,
    layout::fail,
    market::changes::changes as changed,
    render::{Page, Width, page, redirect},
    ui::{
        self, Button, Column, Kind, Look, State as Badge, Table, badge, breadcrumbs, definitions,
        disclosure, link_button, notice, page_head, section, time,
    },
    words::Words,
};

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse(&ctx, Role::Provider) {
        return refusal;
    }
    let op = ctx.op();
    let read = async {
        let offer = state.broker.my_offer(&op, offer_id(&id)?).await?;
        Ok((offer, state.broker.my_provider(&op).await?))
    };
    let (offer, provider) = match read.await {
        Ok(read) => read,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let title = ctx.locale.pick(&offer.card.title_en, &offer.card.title_ja).to_owned();
    page(&ctx, Page::new(title.clone()).private(), || {
        let change = format!("/provider/offers/{}/edit", offer.card.id);
        view! {
            {edit::trail(words)}
            {page_head(title, None, vec![link_button(Look::Secondary, words.portal_offer_change(), change)])}
            {preview::not_served(words, &offer.not_served)}
            {facts(&ctx, &offer)}
            {publication(words, &offer)}
            {section("versions", words.portal_versions_title(), versions(&ctx, &offer))}
            {disclosure(words.portal_offer_seen(), preview::promised(&ctx, &provider.card, &offer.document))}
            {disclosure(words.portal_preview_document(), document(words, &offer))}
        }
        .into_any()
    })
}

fn facts(ctx: &PageContext, offer: &OwnOffer) -> AnyView {
    let words = ctx.words();
    let card = &offer.card;
    let mut facts = vec![
        (words.portal_list_state().to_owned(), state_badge(words, card.state)),
        (
            words.portal_form_name().to_owned(),
            view! { <code>{card.slug.clone()}</code> }.into_any(),
        ),
        (words.portal_list_changed().to_owned(), time(ctx, card.updated_at.0)),
        (words.portal_offer_number().to_owned(), ui::id(ctx, &card.id.to_string())),
    ];
    if card.state == OfferState::Published {
        let href = format!("/market/offers/{}", card.id);
        facts.push((
            words.portal_offer_public().to_owned(),
            view! { <a href=href>{words.portal_offer_public_open()}</a> }.into_any(),
        ));
    }
    definitions(facts)
}

/// What is published, what could be, and the way off the market.
fn publication(words: Words, offer: &OwnOffer) -> AnyView {
    let card = &offer.card;
    let at = format!("/provider/offers/{}", card.id);
    let newer =
        card.published_version != Some(card.current_version) || card.state != OfferState::Published;
    let possible = newer && card.state.apply(OfferEvent::Publish).is_ok();
    let text = match (card.state, newer) {
        (OfferState::Draft, _) => words.portal_publish_draft(),
        (OfferState::Published, true) => words.portal_publish_newer(),
        (OfferState::Published, false) => words.portal_publish_current(),
        (OfferState::Withdrawn, _) => words.portal_publish_withdrawn(),
    };
    let publish = possible.then(|| {
        let label = words.portal_offer_publish(card.current_version);
        view! { <form method="post" action=format!("{at}/publish")>{Button::primary(label).view()}</form> }
    });
    let withdraw =
        card.state.apply(OfferEvent::Withdraw).is_ok() && card.state != OfferState::Withdrawn;
    let withdraw = withdraw
        .then(|| link_button(Look::Danger, words.portal_withdraw_open(), format!("{at}/withdraw")));
    section(
        "publication",
        words.portal_publish_title(),
        view! {
            <p>{text}</p>
            <p><a href=format!("{at}/affected")>{words.newer_affected_link()}</a></p>
            <div class="actions">{publish}{withdraw}</div>
        }
        .into_any(),
    )
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
        let shown = offer.card.state == OfferState::Published
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
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse(&ctx, Role::Provider) {
        return refusal;
    }
    let published = match offer_id(&id) {
        Ok(id) => state.broker.publish_offer(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    match published {
        Ok(offer) => {
            let text = ctx.words().portal_published(offer.card.current_version);
            redirect(&format!("/provider/offers/{}", offer.card.id), Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn ask(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse(&ctx, Role::Provider) {
        return refusal;
    }
    let found = match offer_id(&id) {
        Ok(id) => state.broker.my_offer(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    let offer = match found {
        Ok(offer) => offer,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let name = ctx.locale.pick(&offer.card.title_en, &offer.card.title_ja).to_owned();
    let title = words.portal_withdraw_title(&name);
    let at = format!("/provider/offers/{}", offer.card.id);
    let about = Page::new(title.clone()).width(Width::Reading).private();
    page(&ctx, about, || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_offers().to_owned(), "/provider/offers".to_owned()),
                (name, at.clone()),
            ])}
            {page_head(title, None, vec![])}
            {notice(Kind::Attention, words.portal_withdraw_what(), view! {
                <ul>
                    <li>{words.portal_withdraw_gone()}</li>
                    <li>{words.portal_withdraw_contracts()}</li>
                    <li>{words.portal_withdraw_final()}</li>
                </ul>
            }.into_any())}
            <form class="actions" method="post" action=format!("{at}/withdraw")>
                {Button::danger(words.portal_withdraw_button()).view()}
                {link_button(Look::Quiet, words.common_cancel(), at.clone())}
            </form>
        }
        .into_any()
    })
}

pub(super) async fn withdraw(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse(&ctx, Role::Provider) {
        return refusal;
    }
    let withdrawn = match offer_id(&id) {
        Ok(id) => state.broker.withdraw_offer(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    match withdrawn {
        Ok(offer) => {
            let text = ctx.words().portal_withdrawn().to_owned();
            redirect(&format!("/provider/offers/{}", offer.card.id), Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}
