//! Personal API tokens: list, make, revoke. A secret is shown once, in the answer that made it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, accounts::TokenView};
use domain::TokenId;
use leptos::prelude::*;

use super::guard::refuse_strangers;
use crate::{
    AppState, FlashKind, PageContext,
    fault::note_faults,
    form::FormState,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, State as Badge, Table, badge, breadcrumbs, definitions,
        empty, error_summary, link_button, notice, page_head, section, time, whole,
    },
    words::Words,
};

pub(super) async fn show(ctx: PageContext, State(state): State<AppState>) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    sheet(&ctx, &state, fresh_form(&ctx), None, StatusCode::OK).await
}

pub(super) async fn create(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let (name, key) = (form.value("name"), form.value("key"));
    match state.broker.create_token_once(&ctx.op(), name, key).await {
        Ok((token, secret)) => {
            let (told, status) = match secret {
                Some(secret) => (Told::Secret(secret), StatusCode::CREATED),
                None => (Told::MadeBefore(token.name), StatusCode::OK),
            };
            sheet(&ctx, &state, fresh_form(&ctx), Some(told), status).await
        }
        Err(error) if note_faults(&mut form, ctx.words(), &error) => {
            sheet(&ctx, &state, form, None, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn ask(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    match find(&ctx, &state, &id).await {
        Ok(token) => question(&ctx, &token),
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn revoke(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let revoked = match parse(&id) {
        Ok(id) => state.broker.revoke_token(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    match revoked {
        Ok(()) => {
            let text = ctx.words().account_tokens_revoked_now().to_owned();
            redirect("/account/tokens", Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}

fn parse(id: &str) -> Result<TokenId, BrokerError> {
    id.parse().map_err(|_| BrokerError::NotFound { what: "token" })
}

async fn find(ctx: &PageContext, state: &AppState, id: &str) -> Result<TokenView, BrokerError> {
    let id = parse(id)?;
    let tokens = state.broker.tokens(&ctx.op()).await?;
    tokens.into_iter().find(|token| token.id == id).ok_or(BrokerError::NotFound { what: "token" })
}

/// What became of the form that was sent.
enum Told {
    /// The secret of the new token.
    Secret(String),
    /// The page was sent before, and made the token of this name.
    MadeBefore(String),
}

/// The empty form; its key makes that the same page sent twice creates one token.
fn fresh_form(ctx: &PageContext) -> FormState {
    FormState::empty().with("key", ctx.new_key())
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    form: FormState,
    told: Option<Told>,
    status: StatusCode,
) -> Response {
    let tokens = match state.broker.tokens(&ctx.op()).await {
        Ok(tokens) => tokens,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    page(ctx, Page::new(words.account_tokens_title()).status(status).private(), || {
        view! {
            {breadcrumbs(words, vec![(words.common_account_open().to_owned(), "/account".to_owned())])}
            {page_head(words.account_tokens_title(), Some(words.account_tokens_lead().to_owned()), vec![])}
            {told.map(|told| match told {
                Told::Secret(secret) => fresh(words, &secret),
                Told::MadeBefore(name) => made_before(words, &name),
            })}
            {section("list", words.account_tokens_list(), list(ctx, &tokens))}
            {section("new", words.account_tokens_new(), view! {
                {error_summary(&form, words)}
                <form class="form" method="post" action="/account/tokens">
                    <input type="hidden" name="key" value=form.value("key").to_owned()/>
                    {Field::text("name", words.account_tokens_name()).hint(words.account_tokens_name_hint()).of(&form).required().max_length(80).view()}
                    <p class="actions">{Button::primary(words.account_tokens_create()).view()}</p>
                </form>
            }.into_any())}
        }
        .into_any()
    })
}

/// The new secret; it is nowhere to be read afterwards.
fn fresh(words: Words, secret: &str) -> AnyView {
    let body = view! {
        <p>{words.account_tokens_secret_text()}</p>
        <p>{whole(words, secret)}</p>
    };
    let inside = notice(Kind::Done, words.account_tokens_secret(), body.into_any());
    view! { <div class="fresh" role="status">{inside}</div> }.into_any()
}

/// The page was sent before; the secret cannot be shown again.
fn made_before(words: Words, name: &str) -> AnyView {
    let body = view! { <p>{words.account_tokens_before_text()}</p> }.into_any();
    let inside = notice(Kind::Attention, words.account_tokens_before(name), body);
    view! { <div role="status">{inside}</div> }.into_any()
}

fn list(ctx: &PageContext, tokens: &[TokenView]) -> AnyView {
    let words = ctx.words();
    if tokens.is_empty() {
        return empty(words.account_tokens_none(), words.account_tokens_none_text(), None);
    }
    let columns = vec![
        Column::text(words.account_tokens_name()),
        Column::text(words.account_tokens_state()),
        Column::text(words.account_tokens_made()),
        Column::text(words.account_tokens_used()),
        Column::text(words.account_tokens_action()),
    ];
    let rows = tokens.iter().map(|token| {
        let used = match token.last_used_at {
            Some(at) => time(ctx, at.0),
            None => words.account_tokens_never().into_any(),
        };
        let (state, action) = if token.revoked_at.is_some() {
            (badge(Badge::Quiet, words.account_tokens_revoked()), "–".into_any())
        } else {
            let href = format!("/account/tokens/{}/revoke", token.id);
            let label = words.account_tokens_revoke_named(&token.name);
            let link = view! { <a href=href aria-label=label>{words.account_tokens_revoke()}</a> };
            (badge(Badge::Good, words.account_tokens_works()), link.into_any())
        };
        vec![token.name.clone().into_any(), state, time(ctx, token.created_at.0), used, action]
    });
    Table::new(words.account_tokens_title(), columns).rows(rows).view()
}

fn question(ctx: &PageContext, token: &TokenView) -> Response {
    let words = ctx.words();
    let title = words.account_tokens_ask(&token.name);
    let about = Page::new(title.clone()).width(Width::Reading).private();
    let used = match token.last_used_at {
        Some(at) => time(ctx, at.0),
        None => words.account_tokens_never().into_any(),
    };
    page(ctx, about, || {
        view! {
            {breadcrumbs(words, vec![(words.account_tokens_title().to_owned(), "/account/tokens".to_owned())])}
            {page_head(title, Some(words.account_tokens_ask_text().to_owned()), vec![])}
            {definitions(vec![
                (words.account_tokens_made().to_owned(), time(ctx, token.created_at.0)),
                (words.account_tokens_used().to_owned(), used),
            ])}
            <form class="actions" method="post" action=format!("/account/tokens/{}/revoke", token.id)>
                {Button::danger(words.account_tokens_revoke()).view()}
                {link_button(Look::Quiet, words.common_cancel(), "/account/tokens")}
            </form>
        }
        .into_any()
    })
}
