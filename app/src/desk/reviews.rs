//! Versions that providers submitted: who waits longest first, what changed, approve or refuse (`/desk/reviews`).

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    offers::{ReviewCard, ReviewPage},
};
use domain::{ReviewId, ReviewState, RuleAnswer};
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, PageContext,
    account::OfBroker,
    address::Address,
    form::FormState,
    layout::fail,
    market::{changes::changes, text},
    providers::{
        life::{self, Talk},
        read_comment,
    },
    render::{Page, Width, page},
    ui::{
        Button, Column, Field, Kind, Table, Views, breadcrumbs, definitions, disclosure, empty,
        error_summary, notice, page_head, pagination, section, time,
    },
    words::Words,
};

const LIST: &str = "/desk/reviews";
/// Reviews of one page.
const ROWS: u32 = 50;

pub(super) async fn list(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let waiting = query.value("list") != "decided";
    let cursor = query.filled("cursor");
    let found = match state.broker.reviews(&ctx.op(), waiting, cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let about = Page::new(words.life_reviews_title()).width(Width::Wide).private();
    page(&ctx, about, || {
        let here = || Address::new(LIST).and_some("list", if waiting { "" } else { "decided" });
        let first = cursor.map(|_| here().to_string());
        let next = found.next.as_ref().map(|next| here().and("cursor", next).to_string());
        let body = match (found.items.is_empty(), waiting) {
            (true, true) => empty(words.life_reviews_none(), words.life_reviews_none_text(), None),
            (true, false) => empty(words.life_decided_none(), words.life_reviews_none_text(), None),
            (false, _) => table(&ctx, words.life_reviews_title(), &found.items),
        };
        let (href, label) = match waiting {
            true => (format!("{LIST}?list=decided"), words.life_reviews_decided()),
            false => (LIST.to_owned(), words.life_reviews_waiting()),
        };
        let other = view! { <a href=href>{label}</a> };
        view! {
            {page_head(words.life_reviews_title(), Some(words.life_reviews_lead().to_owned()), vec![])}
            {parts(words, Part::Reviews)}
            <p>{other}" · "<a href="/desk/rules">{words.life_rules_open()}</a></p>
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

/// Reviews in the order given.
pub(super) fn table(ctx: &PageContext, title: &str, cards: &[ReviewCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.portal_list_offer()),
        Column::text(words.desk_providers_name()),
        Column::text(words.life_reviews_what()),
        Column::text(words.portal_list_state()),
        Column::text(words.life_submitted()),
        Column::text(words.life_reviews_why()),
    ];
    let rows = cards.iter().map(|card| {
        let href = format!("{LIST}/{}", card.view.id);
        let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
        let provider = ctx.locale.pick(&card.provider_en, &card.provider_ja).to_owned();
        vec![
            view! { <a href=href>{title}</a> }.into_any(),
            provider.into_any(),
            kind(words, card).into_any(),
            life::review_badge(words, card.view.state),
            time(ctx, card.view.submitted_at.0),
            asks(words, card).into_any(),
        ]
    });
    view! { <div class="dense">{Table::new(title, columns).rows(rows).view()}</div> }.into_any()
}

/// Something new, or a change of what is published.
fn kind(words: Words, card: &ReviewCard) -> String {
    match card.published_version {
        Some(before) if before != card.view.version => {
            words.life_reviews_change(card.view.version, before)
        }
        _ => words.life_reviews_new(card.view.version),
    }
}

/// The rules that asked for a person; where none did, that they decided.
fn asks(words: Words, card: &ReviewCard) -> String {
    let found = &card.view.evaluation;
    if found.approved {
        return words.life_decided_by_rules().to_owned();
    }
    let failed = found.checks.iter().filter(|check| check.answer == RuleAnswer::Fails);
    let failed: Vec<_> = failed.map(|check| life::rule_word(words, check.rule)).collect();
    failed.join(words.market_list_comma())
}

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    sheet(&ctx, &state, &id, &FormState::empty(), StatusCode::OK).await
}

fn review_id(id: &str) -> Result<ReviewId, BrokerError> {
    id.parse().map_err(|_| BrokerError::NotFound { what: "review" })
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let found = async { state.broker.review(&ctx.op(), review_id(id)?).await };
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let title = ctx.locale.pick(&found.card.title_en, &found.card.title_ja).to_owned();
    let about = Page::new(title.clone()).status(status).width(Width::Wide).private();
    page(ctx, about, || {
        let at = format!("{LIST}/{}/comments", found.card.view.id);
        let talk = Talk { at: &at, document: &found.document, form };
        let said = view! {
            {life::comments(ctx, talk, &found.comments)}
            {life::new_comment(ctx, talk, &found.card.view.id.to_string())}
        };
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_desk().to_owned(), "/desk".to_owned()),
                (words.life_reviews_title().to_owned(), LIST.to_owned()),
            ])}
            {page_head(title, Some(kind(words, &found.card)), vec![])}
            {error_summary(form, words)}
            {facts(ctx, &found)}
            {decision(words, &found, form)}
            {section("changes", words.exchange_diff_title(), changed(ctx, &found))}
            {section("document", words.portal_form_promises(), promises(ctx, &found))}
            {section("comments", words.life_comments_title(), said.into_any())}
            {section("rules", words.life_rules_title(), life::evaluation(ctx, &found.card.view))}
            {section("history", words.life_history_title(), life::history(ctx, &found.history))}
            {disclosure(words.portal_preview_document(), view! {
                <pre tabindex="0" role="region" aria-label=words.portal_preview_document()>{found.yaml.clone()}</pre>
            }.into_any())}
        }
        .into_any()
    })
}

fn facts(ctx: &PageContext, found: &ReviewPage) -> AnyView {
    let words = ctx.words();
    let provider = ctx.locale.pick(&found.card.provider_en, &found.card.provider_ja).to_owned();
    view! {
        {definitions(vec![
            (words.desk_providers_name().to_owned(), provider.into_any()),
            (words.portal_form_name().to_owned(), view! { <code>{found.slug.clone()}</code> }.into_any()),
        ])}
        {life::review(ctx, &found.card.view)}
    }
    .into_any()
}

/// What can be decided, or why not by this reader.
fn decision(words: Words, found: &ReviewPage, form: &FormState) -> Option<AnyView> {
    let view = &found.card.view;
    if !matches!(view.state, ReviewState::Submitted | ReviewState::InReview) {
        return None;
    }
    if found.own {
        let body = view! { <p>{words.life_fault_own()}</p> }.into_any();
        return Some(notice(Kind::Note, words.life_decide_title(), body));
    }
    let at = format!("{LIST}/{}", view.id);
    let begin = (view.state == ReviewState::Submitted).then(|| {
        view! {
            <form method="post" action=format!("{at}/begin")>
                {Button::secondary(words.life_begin()).view()}
            </form>
        }
    });
    let label = match view.publish_at {
        Some(_) => words.life_approve_later(),
        None => words.life_approve(),
    };
    let refuse = view! {
        <form class="form" method="post" action=format!("{at}/refuse")>
            {Field::area("reason", words.life_refuse_reason(), 3).hint(words.life_refuse_hint()).of(form).required().max_length(500).view()}
            <p class="actions">{Button::danger(words.life_refuse()).view()}</p>
        </form>
    };
    let body = view! {
        <div class="actions">
            <form method="post" action=format!("{at}/approve")>{Button::primary(label).view()}</form>
            {begin}
        </div>
        {refuse}
    };
    Some(section("decision", words.life_decide_title(), body.into_any()))
}

/// What changed against the published version, item by item.
fn changed(ctx: &PageContext, found: &ReviewPage) -> AnyView {
    let words = ctx.words();
    match (&found.changes, found.against) {
        (Some(diff), Some(version)) => view! {
            <p>{words.life_changes_against(version)}</p>
            {changes(ctx, words.exchange_diff_title(), diff)}
        }
        .into_any(),
        _ => view! { <p>{words.life_changes_none()}</p> }.into_any(),
    }
}

/// What the version promises, with what was said at each item.
fn promises(ctx: &PageContext, found: &ReviewPage) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.common_shape_promise()),
        Column::text(words.portal_form_commitment()),
    ];
    let rows = found.document.spec.items.iter().enumerate().map(|(index, item)| {
        let open =
            life::at_item(&found.comments, index).filter(|comment| comment.settled_at.is_none());
        let said: Views = open.map(|comment| life::line(ctx, comment)).collect();
        let label = text::item_label(ctx.locale, &item.item);
        vec![
            view! { {label}{said} }.into_any(),
            text::promise(ctx.locale, item).into_any(),
            text::commitment(words, item.commitment.as_str()).into_any(),
        ]
    });
    view! { <div class="dense">{Table::new(words.portal_form_promises(), columns).rows(rows).view()}</div> }
        .into_any()
}

/// Answers with the review's page: that it is done, what is wrong at its field, or why not.
async fn answered(
    ctx: &PageContext,
    state: &AppState,
    (id, form): (&str, FormState),
    done: Result<&str, BrokerError>,
) -> Response {
    match life::follow(ctx, &format!("{LIST}/{id}"), form, done) {
        Ok(response) => response,
        Err(form) => sheet(ctx, state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

pub(super) async fn begin(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.begin_review(&ctx.op(), review_id(&id)?).await };
    let done = done.await.map(|_| ctx.words().life_begun());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}

pub(super) async fn approve(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.approve_offer(&ctx.op(), review_id(&id)?).await };
    let done = done.await.map(|_| ctx.words().life_approved());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}

pub(super) async fn refuse(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let reason = form.value("reason");
    let done = async { state.broker.refuse_offer(&ctx.op(), review_id(&id)?, reason).await };
    let done = done.await.map(|_| ctx.words().life_refused_done());
    answered(&ctx, &state, (&id, form), done).await
}

pub(super) async fn comment(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let said = async {
        let (review, new) = read_comment(&form)?;
        state.broker.comment_on_offer(&ctx.op(), review, &new).await
    };
    let done = said.await.map(|_| ctx.words().life_said());
    answered(&ctx, &state, (&id, form), done).await
}

pub(super) async fn settle(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let settled = async {
        let comment = form.value("comment").parse();
        let comment = comment.map_err(|_| BrokerError::NotFound { what: "comment" })?;
        state.broker.settle_comment(&ctx.op(), comment).await
    };
    let done = settled.await.map(|()| ctx.words().life_settled_done());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}
