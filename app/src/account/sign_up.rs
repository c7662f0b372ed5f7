//! Creating an account: a person and their organisation, as customer or provider.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::accounts::SignUp;
use leptos::prelude::*;
use tower_sessions::Session;

use super::sign_in::{next_page, remember};
use crate::{
    AppState, FlashKind, PageContext,
    fault::note_faults,
    form::FormState,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{Button, Field, Look, RadioGroup, error_summary, link_button, page_head},
};

pub(super) async fn show(ctx: PageContext, RawQuery(query): RawQuery) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let role = if query.value("role") == "provider" { "provider" } else { "customer" };
    let form = FormState::empty().with("next", query.value("next")).with("role", role);
    sheet(&ctx, &form, StatusCode::OK)
}

pub(super) async fn create(
    ctx: PageContext,
    State(state): State<AppState>,
    session: Session,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let wanted = SignUp {
        email: form.value("email").to_owned(),
        password: form.value("password").to_owned(),
        name: form.value("name").to_owned(),
        organisation: form.value("organisation").to_owned(),
        role: form.value("role").to_owned(),
    };
    match state.broker.sign_up(&ctx.op(), wanted).await {
        Ok(viewer) => match remember(&session, &viewer).await {
            Ok(()) => redirect(
                &next_page(form.value("next"), &viewer),
                Some((FlashKind::Done, words.account_sign_up_done(&viewer.name))),
            ),
            Err(error) => fail(&ctx, error),
        },
        Err(error) if note_faults(&mut form, words, &error) => {
            sheet(&ctx, &form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => fail(&ctx, error),
    }
}

fn sheet(ctx: &PageContext, form: &FormState, status: StatusCode) -> Response {
    let words = ctx.words();
    let about = Page::new(words.account_sign_up_title()).status(status).width(Width::Reading);
    let next = form.value("next").to_owned();
    page(ctx, about.private(), || {
        view! {
            {page_head(words.account_sign_up_title(), Some(words.account_sign_up_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            <form class="form" method="post" action="/account/sign-up">
                <input type="hidden" name="next" value=next/>
                {RadioGroup::new("role", words.account_field_role())
                    .option_about("customer", words.account_role_customer(), words.account_sign_up_customer())
                    .option_about("provider", words.account_role_provider(), words.account_sign_up_provider())
                    .of(form).view()}
                {Field::text("name", words.account_field_name()).of(form).required().max_length(80).autocomplete("name").view()}
                {Field::text("organisation", words.account_field_organisation()).hint(words.account_field_organisation_hint()).of(form).required().max_length(80).autocomplete("organization").view()}
                {Field::email("email", words.account_field_email()).of(form).required().max_length(254).view()}
                {Field::password("password", words.account_field_password()).hint(words.account_field_password_hint()).of(form).required().autocomplete("new-password").view()}
                <div class="actions">
                    {Button::primary(words.common_account_sign_up()).view()}
                    {link_button(Look::Quiet, words.account_sign_up_known(), "/account/sign-in")}
                </div>
            </form>
        }
        .into_any()
    })
}
