//! The rules by which versions of offers are approved without a person (`/desk/rules`).

use axum::{extract::State, http::StatusCode, response::Response};
use broker::offers::KeptRules;
use domain::ReviewRules;
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    form::FormState,
    layout::fail,
    providers::life,
    render::{Page, page, redirect},
    ui::{Button, CheckGroup, Column, Field, Table, error_summary, page_head, section, time},
    words::Words,
};

const AT: &str = "/desk/rules";
/// Both switches are boxes of one group.
const SWITCHES: &str = "switches";
const ALL: &str = "reviewAll";
const HARMLESS: &str = "harmlessChange";

pub(super) async fn show(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    sheet(&ctx, &state, None, StatusCode::OK).await
}

pub(super) async fn keep(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let numbers = ReviewRules::BOUNDS.map(|(name, most)| {
        let typed = sla::half_width(form.value(name).trim()).to_string();
        let number = typed.parse::<i64>().ok();
        if number.is_none() {
            form.fail(name, words.life_number_allowed(most));
        }
        number.unwrap_or_default()
    });
    let [published_least, refusal_days, price_percent] = numbers;
    let rules = ReviewRules {
        review_all: form.has(SWITCHES, ALL),
        harmless_change: form.has(SWITCHES, HARMLESS),
        published_least,
        refusal_days,
        price_percent,
    };
    if !form.is_sound() {
        return sheet(&ctx, &state, Some(form), StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let made_of = form.value("version").parse().unwrap_or(-1);
    match state.broker.keep_review_rules(&ctx.op(), rules, made_of).await {
        Ok(_) => redirect(AT, Some((FlashKind::Done, words.life_rules_kept().to_owned()))),
        Err(error) if life::note(&mut form, words, &error, None) => {
            sheet(&ctx, &state, Some(form), crate::fault::status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    typed: Option<FormState>,
    status: StatusCode,
) -> Response {
    let kept = match state.broker.review_rules(&ctx.op()).await {
        Ok(kept) => kept,
        Err(error) => return fail(ctx, error),
    };
    let Some(now) = kept.first() else {
        return fail(ctx, broker::BrokerError::NotFound { what: "rules" });
    };
    let words = ctx.words();
    let form = typed.unwrap_or_else(|| filled(now));
    page(ctx, Page::new(words.life_rules_title()).status(status).private(), || {
        view! {
            {page_head(words.life_rules_title(), Some(words.life_rules_lead().to_owned()), vec![])}
            {parts(words, Part::Reviews)}
            {error_summary(&form, words)}
            {fields(words, now, &form)}
            {section("before", words.life_rules_before(), table(ctx, &kept))}
        }
        .into_any()
    })
}

/// The form with the rules that hold.
fn filled(now: &KeptRules) -> FormState {
    let mut form = FormState::empty();
    for ((name, _), value) in ReviewRules::BOUNDS.into_iter().zip(now.rules.numbers()) {
        form = form.with(name, value.to_string());
    }
    for (name, on) in [(ALL, now.rules.review_all), (HARMLESS, now.rules.harmless_change)] {
        if on {
            form = form.and(SWITCHES, name);
        }
    }
    form
}

fn fields(words: Words, now: &KeptRules, form: &FormState) -> AnyView {
    let [published, days, percent] = ReviewRules::BOUNDS;
    let number = |(name, most): (&str, i64), label: &str, hint: &str| {
        Field::number(name, label)
            .hint(hint)
            .of(form)
            .required()
            .range(Some("0"), Some(&most.to_string()), Some("1"))
            .view()
    };
    let switches = CheckGroup::new(SWITCHES, words.life_rules_switches())
        .option(ALL, words.life_rule_review_all())
        .option(HARMLESS, words.life_rule_harmless())
        .of(form)
        .view();
    view! {
        <form class="form" method="post" action=AT>
            <input type="hidden" name="version" value=now.version.to_string()/>
            {switches}
            <p>{words.life_rules_rest()}</p>
            {number(published, words.life_rule_published(), words.life_rules_published_hint())}
            {number(days, words.life_rules_days(), words.life_rules_days_hint())}
            {number(percent, words.life_rules_percent(), words.life_rules_percent_hint())}
            <p class="actions">{Button::primary(words.life_rules_keep()).view()}</p>
        </form>
    }
    .into_any()
}

/// The rules that held, the newest first.
fn table(ctx: &PageContext, kept: &[KeptRules]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::number(words.portal_list_version()),
        Column::text(words.desk_audit_who()),
        Column::text(words.desk_audit_at()),
        Column::text(words.life_rule_review_all()),
        Column::text(words.life_rule_harmless()),
        Column::number(words.life_rule_published()),
        Column::number(words.life_rules_days()),
        Column::number(words.life_rules_percent()),
    ];
    let yes = |on: bool| if on { words.life_yes() } else { words.life_no() };
    let rows = kept.iter().map(|one| {
        let rules = &one.rules;
        let who = match one.made_by_name.as_str() {
            "" => words.life_rules_fresh_short().to_owned(),
            name => name.to_owned(),
        };
        vec![
            one.version.to_string().into_any(),
            who.into_any(),
            one.made_at.map_or_else(|| "–".into_any(), |at| time(ctx, at.0)),
            yes(rules.review_all).into_any(),
            yes(rules.harmless_change).into_any(),
            rules.published_least.to_string().into_any(),
            rules.refusal_days.to_string().into_any(),
            rules.price_percent.to_string().into_any(),
        ]
    });
    view! { <div class="dense">{Table::new(words.life_rules_before(), columns).rows(rows).view()}</div> }
        .into_any()
}
