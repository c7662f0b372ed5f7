//! The list of checks at the desk, with the form of the one that was chosen or of a new one.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::admissions::{CheckForm, CheckView};
use leptos::prelude::*;

use super::say;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    desk::admission_parts,
    fault::status_of,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, CheckGroup, Column, Field, Table, breadcrumbs, error_summary, page_head, section,
    },
    words::Words,
};

const AT: &str = "/desk/admission-checks";

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let chosen = query.filled("check").unwrap_or_default();
    sheet(&ctx, &state, (chosen, None), StatusCode::OK).await
}

pub(super) async fn keep(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let form = CheckForm {
        key: typed.value("key").trim().to_owned(),
        made_of: typed.value("madeOf").parse().unwrap_or(-1),
        place: typed.value("place").trim().parse().unwrap_or(-1),
        required: typed.has("options", "required"),
        title_en: typed.value("titleEn").to_owned(),
        title_ja: typed.value("titleJa").to_owned(),
        help_en: typed.value("helpEn").to_owned(),
        help_ja: typed.value("helpJa").to_owned(),
        retired: typed.has("options", "retired"),
    };
    match state.broker.keep_admission_check(&ctx.op(), &form).await {
        Ok(_) => redirect(AT, Some((FlashKind::Done, words.admit_kept().to_owned()))),
        Err(error) if say::note(&mut typed, words, &error) => {
            let chosen = form.key.clone();
            sheet(&ctx, &state, (&chosen, Some(&typed)), status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    (chosen, typed): (&str, Option<&FormState>),
    status: StatusCode,
) -> Response {
    let found = match state.broker.admission_checks(&ctx.op()).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    page(ctx, Page::new(words.admit_checks_list()).status(status).private(), || {
        let trail = vec![(words.admit_title().to_owned(), "/desk/admissions".to_owned())];
        let chosen = found.iter().find(|check| check.key == chosen);
        let shown = match (typed, chosen) {
            (Some(typed), _) => typed.clone(),
            (None, Some(check)) => filled(check),
            (None, None) => FormState::empty(),
        };
        let title = chosen.map_or_else(
            || words.admit_check_new().to_owned(),
            |check| ctx.locale.pick(&check.title_en, &check.title_ja).to_owned(),
        );
        view! {
            {breadcrumbs(words, trail)}
            {page_head(words.admit_checks_list(), Some(words.admit_checks_lead().to_owned()), vec![])}
            {admission_parts(words)}
            {error_summary(&shown, words)}
            {table(ctx, &found)}
            {section("check", title, form(words, &shown, chosen))}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, checks: &[CheckView]) -> AnyView {
    let words = ctx.words();
    if checks.is_empty() {
        return view! { <p>{words.admit_checks_none()}</p> }.into_any();
    }
    let columns = vec![
        Column::text(words.admit_check()),
        Column::text(words.admit_check_options()),
        Column::number(words.admit_check_place()),
    ];
    let rows = checks.iter().map(|check| {
        let title = ctx.locale.pick(&check.title_en, &check.title_ja).to_owned();
        let asked = match (check.retired, check.required) {
            (true, _) => words.admit_retired(),
            (false, true) => words.admit_required(),
            (false, false) => words.admit_optional(),
        };
        let version = words.admit_check_version(check.version);
        // What the market tells by itself is not a broker's to change.
        let name = if check.computed {
            title.into_any()
        } else {
            let href = format!("{AT}?check={}", check.key);
            view! { <a href=href>{title}</a> }.into_any()
        };
        vec![name, format!("{asked} · {version}").into_any(), check.place.to_string().into_any()]
    });
    Table::new(words.admit_checks_list(), columns).rows(rows).view()
}

fn filled(check: &CheckView) -> FormState {
    let mut form = FormState::empty()
        .with("key", check.key.clone())
        .with("place", check.place.to_string())
        .with("titleEn", check.title_en.clone())
        .with("titleJa", check.title_ja.clone())
        .with("helpEn", check.help_en.clone())
        .with("helpJa", check.help_ja.clone());
    for (set, value) in [(check.required, "required"), (check.retired, "retired")] {
        if set {
            form = form.and("options", value);
        }
    }
    form
}

/// The form of a check; its key stands where it is new.
fn form(words: Words, typed: &FormState, of: Option<&CheckView>) -> AnyView {
    let key = match of {
        Some(check) => {
            view! { <input type="hidden" name="key" value=check.key.clone()/> }.into_any()
        }
        None => Field::text("key", words.admit_check_key())
            .hint(words.admit_check_key_hint())
            .of(typed)
            .required()
            .max_length(40)
            .view(),
    };
    let made_of = of.map_or(0, |check| check.version);
    view! {
        <form class="form" method="post" action=AT>
            <input type="hidden" name="madeOf" value=made_of.to_string()/>
            {key}
            {Field::number("place", words.admit_check_place()).of(typed).required().narrow().view()}
            {Field::text("titleEn", words.admit_check_title_en()).of(typed).required().max_length(120).view()}
            {Field::text("titleJa", words.admit_check_title_ja()).of(typed).required().max_length(120).view()}
            {Field::area("helpEn", words.admit_check_help_en(), 2).of(typed).max_length(1_000).view()}
            {Field::area("helpJa", words.admit_check_help_ja(), 2).of(typed).max_length(1_000).view()}
            {CheckGroup::new("options", words.admit_check_options())
                .option("required", words.admit_check_required())
                .option("retired", words.admit_check_retired())
                .of(typed)
                .view()}
            <p class="actions">{Button::secondary(words.admit_check_save()).view()}</p>
        </form>
    }
    .into_any()
}
