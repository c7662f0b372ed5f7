//! Handlers of monitoring and of the subscription: one per route, as in `routes`.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use provider_api::{WebhookRequest, openmetrics};

use super::answer::{answer, problem};
use super::headers::{Caller, intent, parse};
use super::routes::{Body, Shared, bytes, whole};

pub(super) async fn monitoring(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.monitoring(&id).await)
}

pub(super) async fn readings(State(cloud): Shared, Path(id): Path<String>) -> Response {
    match cloud.readings(&id).await {
        Ok(text) => {
            let kind = HeaderValue::from_static(openmetrics::MEDIA_TYPE);
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => problem(&error),
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
