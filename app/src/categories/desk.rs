//! The desk's pages: the tree with proposals that wait, one category with its history, one proposal.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    categories::{Proposal, ProposalState, ProposalView},
};
use domain::ProposalId;
use leptos::prelude::*;

use super::{form, public, say};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    desk::category_parts,
    fault::status_of,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, Table, breadcrumbs, definitions, empty, error_summary,
        link_button, notice, page_head, section, time,
    },
    words::Words,
};

const AT: &str = "/desk/categories";

pub(super) async fn list(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    let op = ctx.op();
    let read = async {
        Ok((state.broker.proposals(&op, true).await?, state.broker.proposals(&op, false).await?))
    };
    let (waiting, decided) = match read.await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let catalogue = state.broker.known_categories();
    page(&ctx, Page::new(words.catalog_title()).private(), || {
        let tree = catalogue.tree();
        let tree = if tree.is_empty() {
            empty(words.catalog_none(), words.catalog_none_text(), None)
        } else {
            public::branches(words, &tree, AT)
        };
        let waits = if waiting.is_empty() {
            view! { <p>{words.catalog_desk_waiting_none()}</p> }.into_any()
        } else {
            table(&ctx, words.catalog_desk_waiting(), &waiting)
        };
        let decided = (!decided.is_empty()).then(|| {
            let rows = table(&ctx, words.catalog_desk_decided(), &decided);
            section("decided", words.catalog_desk_decided(), rows)
        });
        view! {
            {page_head(words.catalog_title(), Some(words.catalog_desk_lead().to_owned()), vec![])}
            {category_parts(words)}
            {section("waiting", words.catalog_desk_waiting(), waits)}
            {section("categories", words.catalog_title(), tree)}
            <p class="actions">{link_button(Look::Secondary, words.catalog_desk_define(), "/desk/categories/new")}</p>
            {decided}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, title: &str, proposals: &[ProposalView]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.catalog_category()),
        Column::text(words.catalog_desk_what()),
        Column::text(words.catalog_desk_who()),
        Column::text(words.catalog_desk_when()),
        Column::text(words.catalog_desk_state()),
    ];
    let rows = proposals.iter().map(|one| {
        let name = one.category.title.get(ctx.locale.sla()).to_owned();
        let href = format!("/desk/category-proposals/{}", one.id);
        vec![
            view! { <a href=href>{name}</a> }.into_any(),
            say::kind(words, one.kind).into_any(),
            one.proposed_by.clone().into_any(),
            time(ctx, one.proposed_at.0),
            say::state(words, one.state),
        ]
    });
    Table::new(title, columns).rows(rows).view()
}

pub(super) async fn add(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    sheet(&ctx, &state, &FormState::empty(), StatusCode::OK)
}

pub(super) async fn change(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    match state.broker.known_categories().get(&key) {
        Some(entry) => {
            sheet(&ctx, &state, &form::filled(&entry.category, entry.version), StatusCode::OK)
        }
        None => fail(&ctx, BrokerError::NotFound { what: "category" }),
    }
}

fn sheet(ctx: &PageContext, state: &AppState, typed: &FormState, status: StatusCode) -> Response {
    let words = ctx.words();
    let catalogue = state.broker.known_categories();
    let title = match catalogue.get(typed.value("key")) {
        Some(entry) => entry.category.title.get(ctx.locale.sla()).to_owned(),
        None => words.catalog_desk_define().to_owned(),
    };
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let trail = vec![(words.catalog_title().to_owned(), AT.to_owned())];
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title.clone(), Some(words.catalog_desk_lead().to_owned()), vec![])}
            {error_summary(typed, words)}
            {form::view(words, typed, &catalogue)}
        }
        .into_any()
    })
}

pub(super) async fn propose(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let Some((category, made_of)) = form::read(&mut typed, words) else {
        return sheet(&ctx, &state, &typed, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let note = typed.value("note").to_owned();
    let proposal = Proposal::Define { category, made_of };
    match state.broker.propose_category(&ctx.op(), &proposal, &note).await {
        Ok(made) => {
            let told = words.catalog_desk_proposed().to_owned();
            redirect(
                &format!("/desk/category-proposals/{}", made.id),
                Some((FlashKind::Done, told)),
            )
        }
        Err(error) if form::note(&mut typed, words, &error) => {
            sheet(&ctx, &state, &typed, status_of(&error))
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    one(&ctx, &state, &key, FormState::empty(), StatusCode::OK).await
}

async fn one(
    ctx: &PageContext,
    state: &AppState,
    key: &str,
    typed: FormState,
    status: StatusCode,
) -> Response {
    let found = match state.broker.category_page(&ctx.op(), key).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let category = found
        .entry
        .as_ref()
        .map(|entry| &entry.category)
        .or(found.proposals.first().map(|proposal| &proposal.category));
    let Some(category) = category else {
        return fail(ctx, BrokerError::NotFound { what: "category" });
    };
    let title = category.title.get(ctx.locale.sla()).to_owned();
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let trail = vec![(words.catalog_title().to_owned(), AT.to_owned())];
        let stands = found.entry.as_ref().map_or_else(
            || words.catalog_desk_version_none().to_owned(),
            |entry| words.catalog_desk_version(entry.version),
        );
        let offers = words.catalog_offers(i64::try_from(found.offers).unwrap_or(i64::MAX));
        let steps = found.entry.as_ref().map(|entry| {
            let at = format!("{AT}/{key}");
            let change =
                link_button(Look::Secondary, words.catalog_desk_change(), format!("{at}/change"));
            let step = match entry.retired {
                true => Button::secondary(words.catalog_desk_restore()).sends("step", "restore"),
                false => Button::danger(words.catalog_desk_retire()).sends("step", "retire"),
            };
            view! {
                <form class="actions" method="post" action=at>{change}{step.view()}</form>
                <p class="hint">{words.catalog_desk_retire_note()}</p>
            }
        });
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title.clone(), Some(format!("{stands} · {offers}")), vec![])}
            {error_summary(&typed, words)}
            {say::attributes(words, category)}
            {steps}
            {section("history", words.catalog_desk_history(), table(ctx, words.catalog_desk_history(), &found.proposals))}
        }
        .into_any()
    })
}

pub(super) async fn step(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(key): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let proposal = match typed.value("step") {
        "restore" => Proposal::Restore(key.clone()),
        _ => Proposal::Retire(key.clone()),
    };
    match state.broker.propose_category(&ctx.op(), &proposal, "").await {
        Ok(made) => {
            let told = words.catalog_desk_proposed().to_owned();
            redirect(
                &format!("/desk/category-proposals/{}", made.id),
                Some((FlashKind::Done, told)),
            )
        }
        Err(error) if form::note(&mut typed, words, &error) => {
            one(&ctx, &state, &key, typed, status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn proposal(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    decision(&ctx, &state, &id, FormState::empty(), StatusCode::OK).await
}

fn gone() -> BrokerError {
    BrokerError::NotFound { what: "proposal" }
}

async fn decision(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    typed: FormState,
    status: StatusCode,
) -> Response {
    let op = ctx.op();
    let read = async { state.broker.proposal(&op, id.parse().map_err(|_| gone())?).await };
    let found = match read.await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let name = found.category.title.get(ctx.locale.sla()).to_owned();
    let title = words.catalog_desk_proposal(&name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let key = &found.category.key;
        let trail = vec![
            (words.catalog_title().to_owned(), AT.to_owned()),
            (name.clone(), format!("{AT}/{key}")),
        ];
        let mut facts = vec![
            (words.catalog_key().to_owned(), view! { <code>{key.clone()}</code> }.into_any()),
            (words.catalog_desk_what().to_owned(), say::kind(words, found.kind).into_any()),
            (words.catalog_desk_who().to_owned(), found.proposed_by.clone().into_any()),
            (words.catalog_desk_when().to_owned(), time(ctx, found.proposed_at.0)),
            (words.catalog_desk_state().to_owned(), say::state(words, found.state)),
        ];
        if !found.note.is_empty() {
            facts.push((words.catalog_desk_note().to_owned(), found.note.clone().into_any()));
        }
        if let Some(reason) = &found.reason {
            facts.push((words.catalog_desk_reason().to_owned(), reason.clone().into_any()));
        }
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title.clone(), None, vec![])}
            {error_summary(&typed, words)}
            {definitions(facts)}
            {say::attributes(words, &found.category)}
            {decide_form(words, &found, &typed)}
        }
        .into_any()
    })
}

/// Accept or refuse somebody else's; take back one's own.
fn decide_form(words: Words, found: &ProposalView, typed: &FormState) -> Option<AnyView> {
    if found.state != ProposalState::Waiting {
        return None;
    }
    let at = format!("/desk/category-proposals/{}/decide", found.id);
    if found.own {
        let told = notice(Kind::Note, words.catalog_desk_own(), ().into_any());
        let back = Button::secondary(words.catalog_desk_take_back()).sends("step", "take_back");
        return Some(
            view! { {told}<form class="actions" method="post" action=at>{back.view()}</form> }
                .into_any(),
        );
    }
    Some(
        view! {
            <form class="form" method="post" action=at>
                {Field::area("reason", words.catalog_desk_reason(), 3).of(typed).view()}
                <p class="actions">
                    {Button::primary(words.catalog_desk_accept()).sends("step", "accept").view()}
                    {Button::danger(words.catalog_desk_refuse()).sends("step", "refuse").view()}
                </p>
            </form>
        }
        .into_any(),
    )
}

pub(super) async fn decide(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let Ok(proposal) = id.parse::<ProposalId>() else { return fail(&ctx, gone()) };
    let op = ctx.op();
    let broker = &state.broker;
    let (done, told) = match typed.value("step") {
        "accept" => (broker.accept_proposal(&op, proposal).await, words.catalog_desk_accepted()),
        "take_back" => {
            (broker.take_back_proposal(&op, proposal).await, words.catalog_desk_taken_back())
        }
        _ => {
            let reason = typed.value("reason").to_owned();
            let refused = broker.refuse_proposal(&op, proposal, &reason).await;
            (refused, words.catalog_desk_refused())
        }
    };
    match done {
        Ok(_) => redirect(AT, Some((FlashKind::Done, told.to_owned()))),
        Err(error) if form::note(&mut typed, words, &error) => {
            decision(&ctx, &state, &id, typed, status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}
