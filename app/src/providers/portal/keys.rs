//! The keys that the provider signs its documents with: registered, replaced, revoked.

use axum::{extract::State, http::StatusCode, response::Response};
use broker::{BrokerError, keys::KeyCard};
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    fault::{fault_page, note_faults},
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        self, Button, Column, Field, State as Badge, Table, badge, empty, error_summary, page_head,
        section, time,
    },
};

const AT: &str = "/provider/keys";

pub(super) async fn show(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    sheet(&ctx, &state, FormState::empty(), StatusCode::OK).await
}

pub(super) async fn register(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    match state.broker.register_key(&ctx.op(), form.value("key"), None).await {
        Ok(_) => {
            let text = ctx.words().exchange_keys_registered().to_owned();
            redirect(AT, Some((FlashKind::Done, text)))
        }
        Err(error) => {
            // What was pasted may be a private key: it is not sent back.
            form = form.with("key", "");
            if note_faults(&mut form, ctx.words(), &error) {
                return sheet(&ctx, &state, form, StatusCode::UNPROCESSABLE_ENTITY).await;
            }
            fault_page(&ctx, &error)
        }
    }
}

pub(super) async fn revoke(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    match state.broker.revoke_key(&ctx.op(), form.value("kid")).await {
        Ok(_) => {
            let text = ctx.words().exchange_keys_revoked_done().to_owned();
            redirect(AT, Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    form: FormState,
    status: StatusCode,
) -> Response {
    let keys: Result<Vec<KeyCard>, BrokerError> = state.broker.my_keys(&ctx.op()).await;
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let now = state.broker.now();
    page(ctx, Page::new(words.exchange_keys_title()).status(status).private(), || {
        let list = if keys.is_empty() {
            empty(words.exchange_keys_none(), words.exchange_keys_none_text(), None)
        } else {
            table(ctx, &keys, now)
        };
        let add = view! {
            <p>{words.exchange_keys_rotate()}</p>
            <form class="document-form" method="post" action=AT>
                {Field::area("key", words.exchange_keys_jwk(), 4).hint(words.exchange_keys_jwk_hint()).of(&form).view()}
                <div class="actions">{Button::primary(words.exchange_keys_register()).view()}</div>
            </form>
        };
        view! {
            {page_head(words.exchange_keys_title(), Some(words.exchange_keys_lead().to_owned()), vec![])}
            {parts(words, Part::Keys)}
            {error_summary(&form, words)}
            {list}
            {section("register", words.exchange_keys_add(), add.into_any())}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, keys: &[KeyCard], now: domain::Timestamp) -> AnyView {
    let words = ctx.words();
    let heads = vec![
        Column::text(words.exchange_keys_kid()),
        Column::text(words.exchange_keys_valid_from()),
        Column::text(words.exchange_keys_state()),
        Column::text(words.exchange_keys_act()),
    ];
    let rows = keys.iter().map(|key| {
        let state = if key.revoked_at.is_some() {
            badge(Badge::Quiet, words.exchange_keys_revoked())
        } else if key.valid_from > now {
            badge(Badge::Attention, words.exchange_keys_later())
        } else {
            badge(Badge::Good, words.exchange_keys_in_use())
        };
        let act = match key.revoked_at {
            Some(at) => time(ctx, at.0),
            None => view! {
                <form method="post" action=format!("{AT}/revoke")>
                    <input type="hidden" name="kid" value=key.kid.clone()/>
                    <button class="button small danger">{words.exchange_keys_revoke()}</button>
                </form>
            }
            .into_any(),
        };
        vec![ui::id(ctx, &key.kid), time(ctx, key.valid_from.0), state, act]
    });
    Table::new(words.exchange_keys_table(), heads).rows(rows).view()
}
