//! One handler per route: parse, call one operation, answer.

use std::future::Future;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use provider_api::{
    AdoptRequest, AttachRequest, BlockRequest, ConfirmRequest, ConvertRequest, DiscoverRequest,
    DrainRequest, ExtendRequest, FieldFault, HoldRequest, ImageRequest, LinkOffer, LinkRequest,
    LinkShare, MonitoringRequest, ProblemCode, ReserveRequest, ResizeRequest, StartRequest,
};
use serde::{Deserialize, Serialize};
use tokio_util::task::TaskTracker;

use super::answer::{accepted, answer, begun_before, created};
use super::headers::{Caller, intent, parse};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::operations::invalid;

pub(super) type Shared = State<Arc<Cloud>>;
pub(super) type Body = Result<Bytes, BytesRejection>;

/// Entries of a page at most; the OpenAPI document names the same bound.
const ENTRIES_MAX: i64 = 100;

/// Runs to the end even when the caller goes away: half an operation helps nobody.
pub(super) async fn whole<T: Send + 'static>(
    work: &TaskTracker,
    operation: impl Future<Output = Result<T, OpError>> + Send + 'static,
) -> Result<T, OpError> {
    work.spawn(operation).await.map_err(|_| OpError::CutOff)?
}

pub(super) fn bytes(body: Body) -> Result<Bytes, OpError> {
    body.map_err(|rejection| OpError::refuse(ProblemCode::InvalidRequest, rejection.to_string()))
}

pub(super) async fn capabilities(State(cloud): Shared) -> Response {
    answer(Ok(cloud.capabilities()))
}

pub(super) async fn quota(State(cloud): Shared, caller: Caller) -> Response {
    answer(cloud.quota(&caller.tenant).await)
}

pub(super) async fn discover(State(cloud): Shared, caller: Caller, body: Body) -> Response {
    let outcome = async {
        let request: DiscoverRequest = parse(&bytes(body)?)?;
        cloud.discover(&caller.tenant, &request).await
    };
    answer(outcome.await)
}

pub(super) async fn attach(
    State(cloud): Shared,
    Path(id): Path<String>,
    caller: Caller,
    body: Body,
) -> Response {
    let outcome = async {
        let request: AttachRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "attach", &id, &request)?;
        whole(&cloud.work.clone(), async move { cloud.attach(&intent, &id, &request.volume).await })
            .await
    };
    answer(outcome.await)
}

pub(super) async fn check_recipe(
    State(cloud): Shared,
    Path(id): Path<String>,
    body: Body,
) -> Response {
    let outcome = async {
        let request: StartRequest = parse(&bytes(body)?)?;
        cloud.check_recipe(&id, &request).await
    };
    answer(outcome.await)
}

pub(super) async fn hold(State(cloud): Shared, caller: Caller, body: Body) -> Response {
    let outcome = async {
        let request: HoldRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "hold", "", &request)?;
        whole(&cloud.work.clone(), async move { cloud.hold(&intent, &request).await }).await
    };
    created(outcome.await)
}

pub(super) async fn reserve(State(cloud): Shared, caller: Caller, body: Body) -> Response {
    let outcome = async {
        let request: ReserveRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "reserve", "", &request)?;
        whole(&cloud.work.clone(), async move { cloud.reserve(&intent, &request).await }).await
    };
    created(outcome.await)
}

pub(super) async fn extend(
    State(cloud): Shared,
    Path(id): Path<String>,
    caller: Caller,
    body: Body,
) -> Response {
    let outcome = async {
        let request: ExtendRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "extend", &id, &request)?;
        whole(
            &cloud.work.clone(),
            async move { cloud.extend(&intent, &id, request.ttl_seconds).await },
        )
        .await
    };
    answer(outcome.await)
}

/// A changing call with a body.
macro_rules! with_body {
    ($answer:ident: $($handler:ident as $operation:literal takes $request:ty),* $(,)?) => {$(
        pub(super) async fn $handler(
            State(cloud): Shared,
            Path(id): Path<String>,
            caller: Caller,
            body: Body,
        ) -> Response {
            let outcome = async {
                let request: $request = parse(&bytes(body)?)?;
                let intent = intent(&caller, $operation, &id, &request)?;
                let work = cloud.work.clone();
                whole(&work, async move { cloud.$handler(&intent, &id, &request).await }).await
            };
            $answer(outcome.await)
        }
    )*};
}

with_body! {
    answer:
    confirm as "confirm" takes ConfirmRequest,
    start as "start" takes StartRequest,
    resize as "resize" takes ResizeRequest,
    adopt as "adopt" takes AdoptRequest,
    set_monitoring as "setMonitoring" takes MonitoringRequest,
    share_data as "shareData" takes LinkShare,
}

with_body! {
    accepted:
    convert_image as "convertImage" takes ConvertRequest,
    pull_image as "pullImage" takes ImageRequest,
}

with_body! {
    created:
    block as "block" takes BlockRequest,
    open_link as "openLink" takes LinkRequest,
    accept_link as "acceptLink" takes LinkOffer,
}

pub(super) async fn drain(
    State(cloud): Shared,
    Path(id): Path<String>,
    caller: Caller,
    body: Body,
) -> Response {
    let outcome = async {
        let request: DrainRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "drain", &id, &request)?;
        whole(&cloud.work.clone(), async move { cloud.drain(&intent, &id, &request).await }).await
    };
    match outcome.await {
        Ok((work, true)) => accepted(Ok(work)),
        Ok((work, false)) => begun_before(work),
        Err(error) => accepted(Err(error)),
    }
}

/// A changing call without a body.
macro_rules! plain {
    ($answer:ident: $($handler:ident as $operation:literal),* $(,)?) => {$(
        pub(super) async fn $handler(State(cloud): Shared, Path(id): Path<String>, caller: Caller) -> Response {
            let outcome = async {
                let intent = intent(&caller, $operation, &id, &())?;
                whole(&cloud.work.clone(), async move { cloud.$handler(&intent, &id).await }).await
            };
            $answer(outcome.await)
        }
    )*};
}

plain! {
    answer:
    drop_hold as "drop",
    stop as "stop",
    detach as "detach",
    allow as "allow",
    deny as "deny",
    erase as "erase",
    release as "release",
    delete_backup as "deleteBackup",
    lift as "lift",
    complete_image as "completeImage",
    delete_image as "deleteImage",
    close_link as "closeLink",
}

plain! {
    accepted:
    backup as "backup",
    verify as "verify",
    restore as "restore",
    pull_data as "pullData",
}

pub(super) async fn one_link(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.one_link(&id).await)
}

pub(super) async fn probe_link(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.probe_link(&id).await)
}

pub(super) async fn one_block(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.one_block(&id).await)
}

/// A page of what belongs to one thing.
macro_rules! pages {
    ($($handler:ident),* $(,)?) => {$(
        pub(super) async fn $handler(
            State(cloud): Shared,
            Path(id): Path<String>,
            query: Result<Query<ListQuery>, QueryRejection>,
        ) -> Response {
            let outcome = async {
                let (query, after) = place(query)?;
                if query.label.is_some() {
                    let detail = "found a label, allowed are after and limit".to_owned();
                    return Err(invalid(vec![FieldFault { pointer: "/label".to_owned(), detail }]));
                }
                cloud.$handler(&id, after, entries(query.limit)?).await
            };
            answer(outcome.await)
        }
    )*};
}

pages!(backups, backup_files, long_operations, security_events, blocks, links);

pub(super) async fn one_backup(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.one_backup(&id).await)
}

pub(super) async fn long_operation(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.long_operation(&id).await)
}

/// Which allocations to list.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    label: Option<String>,
    after: Option<String>,
    limit: Option<i64>,
}

pub(super) async fn list(
    State(cloud): Shared,
    caller: Caller,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Response {
    let outcome = async {
        let (query, after) = place(query)?;
        let part = (after, entries(query.limit)?);
        cloud.list(&caller.tenant, query.label.as_deref(), part).await
    };
    answer(outcome.await)
}

pub(super) async fn events(
    State(cloud): Shared,
    caller: Caller,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Response {
    let outcome = async {
        let (query, after) = place(query)?;
        let part = (after, entries(query.limit)?);
        cloud.events(&caller.tenant, query.label.as_deref(), part).await
    };
    answer(outcome.await)
}

/// What is asked of a list, and the place to go on from.
fn place(query: Result<Query<ListQuery>, QueryRejection>) -> Result<(ListQuery, i64), OpError> {
    let Query(query) = query
        .map_err(|rejection| OpError::refuse(ProblemCode::InvalidRequest, rejection.to_string()))?;
    let after = query.after.as_deref().map_or(Ok(0), str::parse).map_err(|_| {
        invalid(vec![FieldFault {
            pointer: "/after".to_owned(),
            detail: "pass what `next` said".to_owned(),
        }])
    })?;
    Ok((query, after))
}

/// How many entries a page may have, as the document says; all it may have where nothing is asked.
pub(super) fn entries(limit: Option<i64>) -> Result<i64, OpError> {
    let limit = limit.unwrap_or(ENTRIES_MAX);
    if (1..=ENTRIES_MAX).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("found {limit}, allowed is 1 to {ENTRIES_MAX}");
    Err(invalid(vec![FieldFault { pointer: "/limit".to_owned(), detail }]))
}

pub(super) async fn allocation(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.allocation(&id).await)
}

pub(super) async fn resources(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.resources(&id).await)
}

pub(super) async fn operation(
    State(cloud): Shared,
    caller: Caller,
    Path(key): Path<String>,
) -> Response {
    answer(cloud.operation(&caller.tenant, &key).await)
}

pub(super) async fn liveness(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.liveness(&id).await)
}

pub(super) async fn metrics(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.metrics(&id).await)
}

pub(super) async fn meter(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.meter(&id).await)
}
