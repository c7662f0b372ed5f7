//! Signing in and out.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use broker::{
    BrokerError,
    seed::{DEMO_PASSWORD, DEMO_PEOPLE},
};
use domain::Viewer;
use leptos::prelude::*;
use tower_sessions::Session;

use super::{
    SESSION_USER,
    guard::{home_of, role_word},
};
use crate::{
    AppState, FlashKind, PageContext,
    fault::note_faults,
    form::FormState,
    layout::fail,
    render::{Page, Width, local_path, page, redirect},
    ui::{Button, Column, Field, Kind, Look, Table, error_summary, link_button, notice, page_head},
    words::Words,
};

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = FormState::from_urlencoded(&query.unwrap_or_default());
    // Only where to go next comes with the address; nobody's name or password does.
    let form = FormState::empty().with("next", form.value("next"));
    sheet(&ctx, &state, &form, StatusCode::OK)
}

pub(super) async fn enter(
    ctx: PageContext,
    State(state): State<AppState>,
    session: Session,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    for field in ["email", "password"] {
        if form.value(field).trim().is_empty() {
            form.fail(field, words.common_form_missing());
        }
    }
    if !form.is_sound() {
        return sheet(&ctx, &state, &form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match try_password(&ctx, &state, &form).await {
        Ok(viewer) => match remember(&session, &viewer).await {
            Ok(()) => redirect(
                &next_page(form.value("next"), &viewer),
                Some((FlashKind::Done, words.account_sign_in_done(&viewer.name))),
            ),
            Err(error) => fail(&ctx, error),
        },
        Err(BrokerError::TooManyAttempts { retry_after_seconds }) => {
            note_faults(&mut form, words, &BrokerError::TooManyAttempts { retry_after_seconds });
            let mut response = sheet(&ctx, &state, &form, StatusCode::TOO_MANY_REQUESTS);
            let seconds = HeaderValue::from(retry_after_seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
        Err(error) if note_faults(&mut form, words, &error) => {
            sheet(&ctx, &state, &form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => fail(&ctx, error),
    }
}

/// Looks at the password unless too many wrong ones came from there.
async fn try_password(
    ctx: &PageContext,
    state: &AppState,
    form: &FormState,
) -> Result<Viewer, BrokerError> {
    let (email, from) = (form.value("email"), &ctx.address);
    if let Some(retry_after_seconds) = state.attempts.wait(email, from, ctx.now) {
        return Err(BrokerError::TooManyAttempts { retry_after_seconds });
    }
    let answer = state.broker.sign_in(&ctx.op(), email, form.value("password")).await;
    match &answer {
        Ok(_) => state.attempts.succeeded(email, from),
        Err(BrokerError::WrongCredentials) => state.attempts.failed(email, from, ctx.now),
        Err(_) => {}
    }
    answer
}

pub(super) async fn leave(ctx: PageContext, session: Session) -> Response {
    match session.flush().await {
        Ok(()) => {
            redirect("/", Some((FlashKind::Done, ctx.words().account_sign_out_done().to_owned())))
        }
        Err(error) => fail(&ctx, BrokerError::Internal(format!("session: {error}"))),
    }
}

/// Puts the person into a session with a fresh id, so that one known before sign-in is worthless.
pub(super) async fn remember(session: &Session, viewer: &Viewer) -> Result<(), BrokerError> {
    let kept = async {
        session.cycle_id().await?;
        session.insert(SESSION_USER, viewer.user.to_string()).await
    };
    kept.await.map_err(|error| BrokerError::Internal(format!("session: {error}")))
}

/// Where somebody goes after sign-in: where they came from, if that is a page of ours.
pub(super) fn next_page(asked: &str, viewer: &Viewer) -> String {
    let ours = local_path(asked);
    if asked != ours || asked.starts_with("/account/sign-") {
        return home_of(viewer.role).to_owned();
    }
    ours.to_owned()
}

fn sheet(ctx: &PageContext, state: &AppState, form: &FormState, status: StatusCode) -> Response {
    let words = ctx.words();
    let about = Page::new(words.account_sign_in_title()).status(status).width(Width::Reading);
    let already = ctx.viewer.as_ref().map(|viewer| {
        let role = role_word(words, viewer.role);
        notice(Kind::Note, words.account_sign_in_already(&viewer.name, role), ().into_any())
    });
    let next = form.value("next").to_owned();
    let other = match next.as_str() {
        "" => "/account/sign-up".to_owned(),
        next => format!("/account/sign-up?next={}", crate::format::percent_encode(next)),
    };
    page(ctx, about.private(), || {
        view! {
            {page_head(words.account_sign_in_title(), Some(words.account_sign_in_lead().to_owned()), vec![])}
            {already}
            {error_summary(form, words)}
            <form class="form" method="post" action="/account/sign-in">
                <input type="hidden" name="next" value=next/>
                {Field::email("email", words.account_field_email()).of(form).required().max_length(254).view()}
                {Field::password("password", words.account_field_password()).of(form).required().autocomplete("current-password").view()}
                <div class="actions">
                    {Button::primary(words.common_account_sign_in()).view()}
                    {link_button(Look::Quiet, words.account_sign_in_new(), other)}
                </div>
            </form>
            {state.demo.then(|| demo_people(words))}
        }
        .into_any()
    })
}

/// The logins of the demo market; the password stands there because there is nothing to protect.
fn demo_people(words: Words) -> AnyView {
    let columns = vec![
        Column::text(words.account_demo_role()),
        Column::text(words.account_field_email()),
        Column::text(words.account_field_password()),
    ];
    let rows = DEMO_PEOPLE.iter().map(|person| {
        vec![
            role_word(words, person.role).into_any(),
            view! { <code>{person.email}</code> }.into_any(),
            view! { <code>{DEMO_PASSWORD}</code> }.into_any(),
        ]
    });
    view! {
        <section class="section demo" aria-labelledby="demo-title">
            <h2 id="demo-title">{words.account_demo_title()}</h2>
            <p>{words.account_demo_text()}</p>
            {Table::new(words.account_demo_title(), columns).rows(rows).view()}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{OrganisationId, Role, SequentialIds, UserId};

    #[test]
    fn after_sign_in_only_pages_of_ours_follow() {
        let ids = SequentialIds::new(1);
        let viewer = Viewer {
            user: UserId::new(&ids),
            organisation: OrganisationId::new(&ids),
            role: Role::Broker,
            name: "Ichi".to_owned(),
            organisation_name: "Kumoichi".to_owned(),
        };
        assert_eq!(next_page("/desk/audit?subject=a", &viewer), "/desk/audit?subject=a");
        for elsewhere in
            ["", "//evil.example", "https://evil.example", "/\\evil", "/account/sign-in"]
        {
            assert_eq!(next_page(elsewhere, &viewer), "/desk", "{elsewhere}");
        }
    }
}
