//! The invitations of one's organisation to offers that are not public: accept, decline, leave, enter a code.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, audience::Invitation};
use domain::InvitationState;
use leptos::prelude::*;

use super::guard::refuse_strangers;
use crate::{
    AppState, FlashKind, PageContext,
    fault::{note_faults, status_of},
    form::FormState,
    layout::fail,
    providers::invitation_badge,
    render::{Page, page, redirect},
    ui::{Button, Column, Field, Table, empty, error_summary, page_head, section, time},
    words::Words,
};

/// The address of the page.
const AT: &str = "/invitations";

pub(super) async fn show(ctx: PageContext, State(state): State<AppState>) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    sheet(&ctx, &state, &FormState::empty(), StatusCode::OK).await
}

pub(super) async fn accept(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let accepted = match id.parse() {
        Ok(id) => state.broker.accept_invitation(&ctx.op(), id).await,
        Err(_) => Err(BrokerError::NotFound { what: "invitation" }),
    };
    answered(&ctx, accepted)
}

pub(super) async fn decline(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let declined = match id.parse() {
        Ok(id) => state.broker.decline_invitation(&ctx.op(), id).await,
        Err(_) => Err(BrokerError::NotFound { what: "invitation" }),
    };
    answered(&ctx, declined)
}

pub(super) async fn accept_code(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    match state.broker.accept_code(&ctx.op(), form.value("code")).await {
        Err(error) if note_faults(&mut form, ctx.words(), &error) => {
            sheet(&ctx, &state, &form, status_of(&error)).await
        }
        accepted => answered(&ctx, accepted),
    }
}

fn answered(ctx: &PageContext, answer: Result<Invitation, BrokerError>) -> Response {
    let words = ctx.words();
    match answer {
        Ok(invitation) => {
            let text = match invitation.state {
                InvitationState::Accepted => words.audience_accepted(),
                InvitationState::Left => words.audience_left(),
                _ => words.audience_declined(),
            };
            redirect(AT, Some((FlashKind::Done, text.to_owned())))
        }
        Err(error) => fail(ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let found = match state.broker.my_invitations(&ctx.op()).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    page(ctx, Page::new(words.audience_mine_title()).status(status).private(), || {
        view! {
            {page_head(words.audience_mine_title(), Some(words.audience_mine_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {list(ctx, &found)}
            {section("code", words.audience_enter(), view! {
                <form class="form" method="post" action=format!("{AT}/code")>
                    {Field::text("code", words.audience_enter_code()).hint(words.audience_enter_code_hint()).of(form).autocomplete("off").required().view()}
                    <p class="actions">{Button::primary(words.audience_enter_send()).view()}</p>
                </form>
            }.into_any())}
        }
        .into_any()
    })
}

fn list(ctx: &PageContext, invitations: &[Invitation]) -> AnyView {
    let words = ctx.words();
    if invitations.is_empty() {
        return empty(words.audience_mine_none(), words.audience_mine_none_text(), None);
    }
    let columns = vec![
        Column::text(words.audience_mine_provider()),
        Column::text(words.audience_mine_audience()),
        Column::text(words.audience_state()),
        Column::text(words.audience_until()),
        Column::text(words.audience_action()),
    ];
    let rows = invitations.iter().map(|one| {
        let provider = ctx.locale.pick(&one.provider_name_en, &one.provider_name_ja).to_owned();
        let actions = actions(words, one, &provider);
        vec![
            view! { <a href=format!("/providers/{}", one.provider_slug)>{provider}</a> }.into_any(),
            one.audience_name.clone().into_any(),
            invitation_badge(words, one),
            time(ctx, one.expires_at.0),
            actions,
        ]
    });
    Table::new(words.audience_mine_title(), columns).rows(rows).view()
}

/// What can be answered now.
fn actions(words: Words, one: &Invitation, provider: &str) -> AnyView {
    let send = |verb: &str, button: Button| {
        view! { <form method="post" action=format!("{AT}/{}/{verb}", one.id)>{button.view()}</form> }
    };
    let accept = (one.state == InvitationState::Open && !one.expired).then(|| {
        let named = words.audience_accept_named(provider);
        send("accept", Button::primary(words.audience_accept()).named(named))
    });
    let decline = match one.state {
        InvitationState::Open => {
            let named = words.audience_decline_named(provider);
            Some(send("decline", Button::secondary(words.audience_decline()).named(named)))
        }
        InvitationState::Accepted => {
            let named = words.audience_leave_named(provider);
            Some(send("decline", Button::secondary(words.audience_leave()).named(named)))
        }
        _ => None,
    };
    if decline.is_none() {
        return "–".into_any();
    }
    view! { <div class="actions">{accept}{decline}</div> }.into_any()
}
