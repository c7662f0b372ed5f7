//! The switch that begins and ends the watch of a saved need: a form with one button.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::{BrokerError, requirements::RequirementCard};
use domain::RequirementId;
use leptos::prelude::*;

use crate::{
    AppState, FlashKind, PageContext,
    account::guard::refuse_strangers,
    form::FormState,
    layout::fail,
    render::redirect,
    ui::{Button, Look, State as Badge, badge},
};

/// What is watched and the button that changes it, for the page of a need.
pub(crate) fn switch(ctx: &PageContext, card: &RequirementCard) -> AnyView {
    let words = ctx.words();
    let text = if card.watched { words.inbox_watched() } else { words.inbox_not_watched() };
    view! { <div class="watch"><p>{text}</p>{form(ctx, card)}</div> }.into_any()
}

/// The same in a row of the list of needs.
pub(crate) fn cell(ctx: &PageContext, card: &RequirementCard) -> AnyView {
    let words = ctx.words();
    let state = if card.watched {
        badge(Badge::Good, words.inbox_on())
    } else {
        badge(Badge::Quiet, words.inbox_off())
    };
    view! { <div class="watch">{state}{form(ctx, card)}</div> }.into_any()
}

fn form(ctx: &PageContext, card: &RequirementCard) -> AnyView {
    let words = ctx.words();
    let title = ctx.locale.pick(&card.title_en, &card.title_ja);
    let (label, name, to) = if card.watched {
        (words.inbox_unwatch(), words.inbox_unwatch_named(title), "off")
    } else {
        (words.inbox_watch(), words.inbox_watch_named(title), "on")
    };
    view! {
        <form method="post" action=format!("/needs/{}/watch", card.id)>
            {Button::new(Look::Quiet, label).named(name).sends("watch", to).view()}
        </form>
    }
    .into_any()
}

pub(super) async fn send(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let watch = form.value("watch") == "on";
    let id: Result<RequirementId, _> = id.parse();
    let done = match id {
        Ok(id) => state.broker.watch_requirement(&ctx.op(), id, watch).await,
        Err(_) => Err(BrokerError::NotFound { what: "requirement" }),
    };
    let words = ctx.words();
    match (done, id) {
        (Err(error), _) => fail(&ctx, error),
        (Ok(()), id) => {
            let text = if watch { words.inbox_watch_done() } else { words.inbox_unwatch_done() };
            let page = id.map(|id| format!("/needs/{id}")).unwrap_or_default();
            let back = if ctx.back.starts_with("/needs") { &ctx.back } else { &page };
            redirect(back, Some((FlashKind::Done, text.to_owned())))
        }
    }
}
