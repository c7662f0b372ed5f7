//! One proposal: what the item would be, which offers and needs it meets, and the decision.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    categories::ProposalState,
    extensions::{Affects, ExtensionProposalView},
};
use domain::ProposalId;
use leptos::prelude::*;

use super::{note, preview};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfBroker, OfPlace, Place},
    categories::say,
    fault::status_of,
    form::FormState,
    layout::fail,
    market::text,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Table, breadcrumbs, definitions, error_summary, notice,
        page_head, section, time,
    },
    words::Words,
};

/// A proposal with what accepting it would mean, which the desk alone is told.
struct Found {
    proposal: ExtensionProposalView,
    affects: Option<Affects>,
}

async fn read(
    ctx: &PageContext,
    state: &AppState,
    place: Place,
    id: &str,
) -> Result<Found, BrokerError> {
    let id: ProposalId = id.parse().map_err(|_| BrokerError::NotFound { what: "proposal" })?;
    let op = ctx.op();
    let proposal = state.broker.extension_proposal(&op, id).await?;
    let waits = proposal.state == ProposalState::Waiting && place == Place::Desk;
    let affects = match waits {
        true => Some(state.broker.extension_affects(&op, &proposal.extension).await?),
        false => None,
    };
    Ok(Found { proposal, affects })
}

pub(super) async fn show(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    sheet(&ctx, &state, place, &id, (FormState::empty(), StatusCode::OK)).await
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    place: Place,
    id: &str,
    (typed, status): (FormState, StatusCode),
) -> Response {
    let found = match read(ctx, state, place, id).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let (words, one) = (ctx.words(), &found.proposal);
    let name = one.extension.title.get(ctx.locale.sla()).to_owned();
    let title = words.catalog_desk_proposal(&name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let trail = vec![(words.extend_title().to_owned(), place.at("items"))];
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title.clone(), None, vec![])}
            {error_summary(&typed, words)}
            {definitions(facts(ctx, one))}
            {preview::view(words, &one.extension)}
            {found.affects.as_ref().map(|affects| affected(ctx, &one.extension.key, affects))}
            {decide_form(words, place, one, &typed)}
        }
        .into_any()
    })
}

fn facts(ctx: &PageContext, one: &ExtensionProposalView) -> Vec<(String, AnyView)> {
    let words = ctx.words();
    let key = one.extension.key.clone();
    let mut facts = vec![
        (words.catalog_key().to_owned(), view! { <code>{key}</code> }.into_any()),
        (words.catalog_desk_what().to_owned(), say::kind(words, one.kind).into_any()),
        (words.catalog_desk_who().to_owned(), one.proposed_by.clone().into_any()),
        (words.catalog_desk_when().to_owned(), time(ctx, one.proposed_at.0)),
        (words.catalog_desk_state().to_owned(), say::state(words, one.state)),
    ];
    if !one.note.is_empty() {
        facts.push((words.catalog_desk_note().to_owned(), one.note.clone().into_any()));
    }
    if let Some(reason) = &one.reason {
        facts.push((words.catalog_desk_reason().to_owned(), reason.clone().into_any()));
    }
    facts
}

/// Which offers say it otherwise, and how many needs ask it otherwise.
fn affected(ctx: &PageContext, key: &str, affects: &Affects) -> AnyView {
    let words = ctx.words();
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let offers = words.extend_affects_offers(count(affects.offers));
    let needs = words.extend_affects_needs(count(affects.needs));
    let other_needs = (affects.other_needs > 0)
        .then(|| view! { <p>{words.extend_affects_other_needs(count(affects.other_needs))}</p> });
    let other = (affects.other_offers > 0).then(|| {
        let title = words.extend_affects_other(count(affects.other_offers));
        let columns =
            vec![Column::text(words.items_offer()), Column::text(words.extend_affects_says())];
        let rows = affects.named.iter().map(|one| {
            let href = format!("/market/offers/{}", one.offer);
            let name = one.title.get(ctx.locale.sla()).to_owned();
            vec![
                view! { <a href=href>{name}</a> }.into_any(),
                text::value(ctx.locale, key, &one.value).into_any(),
            ]
        });
        let table = Table::new(title.clone(), columns).rows(rows).view();
        let text = view! { <p>{words.extend_affects_other_text()}</p> };
        view! { {notice(Kind::Attention, title, text.into_any())}{table} }
    });
    let body = view! { <div class="stack"><p>{offers}" "{needs}</p>{other_needs}{other}</div> };
    section("affects", words.extend_affects(), body.into_any())
}

/// Accept or refuse somebody else's; take back one's own.
fn decide_form(
    words: Words,
    place: Place,
    one: &ExtensionProposalView,
    typed: &FormState,
) -> Option<AnyView> {
    if one.state != ProposalState::Waiting {
        return None;
    }
    if one.own {
        let at = place.at(&format!("item-proposals/{}/take-back", one.id));
        let told = notice(Kind::Note, words.catalog_desk_own(), ().into_any());
        let back = Button::secondary(words.catalog_desk_take_back());
        return Some(
            view! { {told}<form class="actions" method="post" action=at>{back.view()}</form> }
                .into_any(),
        );
    }
    let at = format!("/desk/item-proposals/{}/decide", one.id);
    (place == Place::Desk).then(|| {
        view! {
            <form class="form" method="post" action=at>
                {Field::area("reason", words.catalog_desk_reason(), 3).of(typed).max_length(1000).view()}
                <p class="actions">
                    {Button::primary(words.catalog_desk_accept()).sends("step", "accept").view()}
                    {Button::danger(words.catalog_desk_refuse()).sends("step", "refuse").view()}
                </p>
            </form>
        }
        .into_any()
    })
}

pub(super) async fn decide(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let Ok(proposal) = id.parse::<ProposalId>() else {
        return fail(&ctx, BrokerError::NotFound { what: "proposal" });
    };
    let (op, broker) = (ctx.op(), &state.broker);
    let (done, told) = match typed.value("step") {
        "accept" => (broker.accept_extension(&op, proposal).await, words.catalog_desk_accepted()),
        _ => {
            let reason = typed.value("reason").to_owned();
            let refused = broker.refuse_extension(&op, proposal, &reason).await;
            (refused, words.catalog_desk_refused())
        }
    };
    match done {
        Ok(_) => redirect("/desk/items", Some((FlashKind::Done, told.to_owned()))),
        Err(error) if note(&mut typed, words, &error) => {
            sheet(&ctx, &state, Place::Desk, &id, (typed, status_of(&error))).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn take_back(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let Ok(proposal) = id.parse::<ProposalId>() else {
        return fail(&ctx, BrokerError::NotFound { what: "proposal" });
    };
    match state.broker.take_back_extension(&ctx.op(), proposal).await {
        Ok(_) => {
            let told = words.catalog_desk_taken_back().to_owned();
            redirect(&place.at("items"), Some((FlashKind::Done, told)))
        }
        Err(error) if note(&mut typed, words, &error) => {
            sheet(&ctx, &state, place, &id, (typed, status_of(&error))).await
        }
        Err(error) => fail(&ctx, error),
    }
}
