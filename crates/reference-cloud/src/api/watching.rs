//! Handlers of monitoring and of the subscription: one per route, as in `routes`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use provider_api::{ProblemCode, WebhookRequest, openmetrics, otlp};
use serde::Deserialize;

use super::answer::{answer, problem};
use super::headers::{Caller, intent, parse};
use super::routes::{Body, Shared, bytes, whole};
use crate::error::OpError;
use crate::operations::ReadingForm;

pub(super) async fn monitoring(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.monitoring(&id).await)
}

/// From when on readings are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingsQuery {
    since: Option<i64>,
}

pub(super) async fn readings(
    State(cloud): Shared,
    Path(id): Path<String>,
    query: Result<Query<ReadingsQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let outcome = async {
        let Query(query) = query.map_err(|rejection| {
            OpError::refuse(ProblemCode::InvalidRequest, rejection.to_string())
        })?;
        let (form, kind) = form_of(&headers);
        Ok::<_, OpError>((cloud.readings(&id, query.since, form).await?, kind))
    };
    match outcome.await {
        Ok((text, kind)) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
        }
        Err(error) => problem(&error),
    }
}

/// JSON is OTLP; whoever does not ask for it is told the text.
fn form_of(headers: &HeaderMap) -> (ReadingForm, &'static str) {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let mut kinds = accept
        .unwrap_or_default()
        .split(',')
        .map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match kinds
        .find(|kind| [otlp::MEDIA_TYPE, "application/openmetrics-text"].contains(&kind.as_str()))
    {
        Some(kind) if kind == otlp::MEDIA_TYPE => (ReadingForm::Otlp, otlp::MEDIA_TYPE),
        _ => (ReadingForm::OpenMetrics, openmetrics::MEDIA_TYPE),
    }
}

pub(super) async fn set_webhook(State(cloud): Shared, caller: Caller, body: Body) -> Response {
    let outcome = async {
        let request: WebhookRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "setWebhook", "", &request)?;
        let work = cloud.work.clone();
        whole(&work, async move { cloud.set_webhook(&intent, &request).await }).await
    };
    answer(outcome.await)
}

pub(super) async fn webhook(State(cloud): Shared, caller: Caller) -> Response {
    answer(cloud.webhook(&caller.tenant).await)
}

pub(super) async fn delete_webhook(State(cloud): Shared, caller: Caller) -> Response {
    let outcome = async {
        let intent = intent(&caller, "deleteWebhook", "", &())?;
        let work = cloud.work.clone();
        whole(&work, async move { cloud.delete_webhook(&intent).await }).await
    };
    answer(outcome.await)
}
