//! What the customer of a contract says, and the provider's answer, on the provider's page of it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, ratings::RatingView};
use domain::ContractId;
use leptos::prelude::*;

use super::delivered;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    form::FormState,
    layout::fail,
    providers::ratings::said,
    render::redirect,
    ui::{Button, Field, section},
};

/// The field with the answer.
const ANSWER: &str = "answer";

pub(super) async fn answer(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let id: Result<ContractId, _> = id.parse();
    let Ok(id) = id else { return fail(&ctx, BrokerError::NotFound { what: "contract" }) };
    let (words, op) = (ctx.words(), ctx.op());
    let (done, text) = if form.value("step") == "withdraw" {
        (state.broker.withdraw_answer(&op, id).await, words.ratings_received_withdrawn())
    } else {
        let typed = form.value(ANSWER).to_owned();
        (state.broker.answer_rating(&op, id, &typed).await, words.ratings_received_answered())
    };
    let back = format!("/provider/contracts/{id}");
    match done {
        Ok(()) => redirect(&back, Some((FlashKind::Done, text.to_owned()))),
        Err(BrokerError::Invalid(_)) => {
            form.fail(ANSWER, words.ratings_received_answer_wrong());
            delivered::again(&ctx, &state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(BrokerError::NotFound { what: "rating" }) => {
            let gone = words.ratings_received_gone().to_owned();
            redirect(&back, Some((FlashKind::Note, gone)))
        }
        Err(error) => fail(&ctx, error),
    }
}

/// The part of the contract's page.
pub(super) fn part(
    ctx: &PageContext,
    id: ContractId,
    rating: Option<&RatingView>,
    form: &FormState,
) -> AnyView {
    let words = ctx.words();
    let body = match rating {
        None => view! { <p>{words.ratings_received_none()}</p> }.into_any(),
        Some(rating) => {
            let typed = form.filled(ANSWER).is_some() || form.error(ANSWER).is_some();
            let form = match (&rating.answer, typed) {
                (Some(answer), false) => form.clone().with(ANSWER, answer.clone()),
                _ => form.clone(),
            };
            let (publish, withdraw) = match rating.answer {
                None => (words.ratings_received_publish(), None),
                Some(_) => {
                    let text = words.ratings_received_withdraw();
                    let button = Button::secondary(text).sends("step", "withdraw").view();
                    (words.ratings_received_change(), Some(button))
                }
            };
            view! {
                {said(ctx, rating)}
                <form class="form" method="post" action=format!("/provider/contracts/{id}/answer")>
                    {Field::area(ANSWER, words.ratings_received_answer(), 4).hint(words.ratings_received_answer_hint()).of(&form).view()}
                    <p class="actions">
                        {Button::secondary(publish).sends("step", "publish").view()}
                        {withdraw}
                    </p>
                </form>
            }
            .into_any()
        }
    };
    section("rating", words.ratings_received_title(), body)
}
