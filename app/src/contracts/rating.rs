//! What a customer says of the provider of its service: given, changed and taken back.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    ratings::{OwnRating, RateService},
};
use domain::Stars;
use leptos::prelude::*;

use super::own::own_id;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    form::FormState,
    layout::fail,
    providers::ratings::stars_word,
    render::{Page, Width, page, redirect},
    ui::{Button, Field, Kind, RadioGroup, breadcrumbs, error_summary, notice, page_head},
    words::Words,
};

const SERVICE: &str = "service";
const ORDERING: &str = "ordering";
const COMMENT: &str = "comment";

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    match state.broker.own_rating(&ctx.op(), id).await {
        Ok(own) => sheet(&ctx, &own, &filled(&own), StatusCode::OK),
        Err(error) => fail(&ctx, error),
    }
}

/// The form as the rating stands.
fn filled(own: &OwnRating) -> FormState {
    match &own.rating {
        None => FormState::empty(),
        Some(rating) => FormState::empty()
            .with(SERVICE, rating.service.to_string())
            .with(ORDERING, rating.ordering.to_string())
            .with(COMMENT, rating.comment.clone()),
    }
}

pub(super) async fn answer(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let (words, op) = (ctx.words(), ctx.op());
    let back = format!("/contracts/{id}/rating");
    let done = |text: &str| redirect(&back, Some((FlashKind::Done, text.to_owned())));
    if form.value("step") == "withdraw" {
        return match state.broker.withdraw_rating(&op, id).await {
            Ok(()) => done(words.ratings_withdrawn()),
            Err(error) => fail(&ctx, error),
        };
    }
    let number = |name: &str| form.value(name).parse().unwrap_or(0);
    let wish = RateService {
        service: number(SERVICE),
        ordering: number(ORDERING),
        comment: form.value(COMMENT).to_owned(),
    };
    let status = match state.broker.rate_service(&op, id, &wish).await {
        Ok(()) => return done(words.ratings_given()),
        Err(BrokerError::Invalid(faults)) => {
            for fault in faults {
                match fault.pointer.as_str() {
                    "/service" => form.fail(SERVICE, words.ratings_stars_missing()),
                    "/ordering" => form.fail(ORDERING, words.ratings_stars_missing()),
                    _ => form.fail(COMMENT, words.ratings_comment_wrong()),
                }
            }
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(BrokerError::Conflict { .. }) => {
            form.fail("", words.ratings_too_early());
            StatusCode::CONFLICT
        }
        Err(error) => return fail(&ctx, error),
    };
    match state.broker.own_rating(&op, id).await {
        Ok(own) => sheet(&ctx, &own, &form, status),
        Err(error) => fail(&ctx, error),
    }
}

fn sheet(ctx: &PageContext, own: &OwnRating, form: &FormState, status: StatusCode) -> Response {
    let words = ctx.words();
    let provider = ctx.locale.pick(&own.provider_en, &own.provider_ja);
    let title = words.ratings_title(provider);
    let trail = vec![
        (words.common_way_services().to_owned(), "/services".to_owned()),
        (own.service_name.clone(), format!("/contracts/{}", own.contract)),
    ];
    page(ctx, Page::new(title.clone()).status(status).width(Width::Reading).private(), || {
        let body = if own.delivered {
            fields(words, own, form)
        } else {
            notice(Kind::Note, words.ratings_too_early(), ().into_any())
        };
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title, Some(words.ratings_lead(&own.service_name)), vec![])}
            {error_summary(form, words)}
            {body}
        }
        .into_any()
    })
}

fn fields(words: Words, own: &OwnRating, form: &FormState) -> AnyView {
    let stars = |name: &'static str, label: &str, hint: &str| {
        let group = RadioGroup::new(name, label).hint(hint);
        let group = Stars::ALL
            .into_iter()
            .fold(group, |group, stars| group.option(stars.to_string(), stars_word(words, stars)));
        group.of(form).view()
    };
    let (give, withdraw) = match own.rating {
        None => (words.ratings_give(), None),
        Some(_) => {
            let button =
                Button::secondary(words.ratings_withdraw()).sends("step", "withdraw").view();
            (words.ratings_change(), Some(button))
        }
    };
    view! {
        <form class="form" method="post" action=format!("/contracts/{}/rating", own.contract)>
            {stars(SERVICE, words.ratings_service(), words.ratings_service_hint())}
            {stars(ORDERING, words.ratings_ordering(), words.ratings_ordering_hint())}
            {Field::area(COMMENT, words.ratings_comment(), 5).hint(words.ratings_comment_hint()).of(form).view()}
            <p class="actions">
                {Button::primary(give).sends("step", "give").view()}
                {withdraw}
            </p>
        </form>
    }
    .into_any()
}
