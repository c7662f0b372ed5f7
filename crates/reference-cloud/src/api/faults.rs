//! Puts ordered faults around operations, and takes the orders.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use provider_api::{FieldFault, IdempotencyKey, OPERATIONS, Operation, ProblemCode, paths};

use super::answer::{answer, problem};
use super::headers::parse;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::faults::{Fault, FaultKind};
use crate::http_server::LoseAnswer;
use crate::operations::invalid;
use crate::switches::{Reply, Suffering, Switches};
use crate::tenants::{OwnKey, Tenant};

/// Lets a call suffer what is switched on, and what was ordered for it.
pub(super) async fn suffer(
    State(cloud): State<Arc<Cloud>>,
    request: Request,
    next: Next,
) -> Response {
    let (time, reply) = match cloud.switches.next_call() {
        Suffering::Cut => return lost(),
        Suffering::Error => {
            let refusal = OpError::refuse(ProblemCode::Unavailable, "unavailable by a switch");
            return problem(&refusal);
        }
        Suffering::Act(time, reply) => (time, reply),
    };
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
    let answer = suffer_by_order(&cloud, request, next).await;
    match reply {
        Reply::Truth => answer,
        Reply::Failure => {
            problem(&OpError::refuse(ProblemCode::Internal, "failed after acting, by a switch"))
        }
        Reply::Nothing => lost(),
    }
}

/// Lets a call suffer what was ordered for it alone.
async fn suffer_by_order(cloud: &Cloud, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let operation = path.and_then(|path| Operation::at(request.method().as_str(), &path));
    let name = operation.map(|operation| operation.name);
    let hit = match name {
        Some(name) => {
            let key = own_key(&request).filter(|_| cloud.faults.refuses(name));
            let repeats = match key {
                Some(key) => matches!(cloud.store.key(key.as_str()).await, Ok(Some(_))),
                None => false,
            };
            cloud.faults.next(name, repeats)
        }
        None => None,
    };
    let Some((kind, delay)) = hit else {
        return next.run(request).await;
    };
    tracing::warn!(fault.kind = ?kind, fault.operation = name, "a fault is done on order");
    match kind {
        FaultKind::Refuse => problem(&OpError::refuse(ProblemCode::Refused, "refused on order")),
        FaultKind::FailBefore => {
            problem(&OpError::refuse(ProblemCode::Unavailable, "unavailable on order"))
        }
        FaultKind::CrashBefore => std::process::abort(),
        FaultKind::Delay => {
            // A caller who has gone takes the waiting away, not the call: it arrives late.
            let late = tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                next.run(request).await
            });
            late.await.unwrap_or_else(|_| lost())
        }
        FaultKind::FailAfter => {
            next.run(request).await;
            problem(&OpError::refuse(ProblemCode::Internal, "failed after acting, on order"))
        }
        FaultKind::LoseAnswer => {
            next.run(request).await;
            lost()
        }
        FaultKind::CrashAfter => {
            next.run(request).await;
            std::process::abort()
        }
    }
}

/// The key of a call, if it bears one.
fn own_key(request: &Request) -> Option<OwnKey> {
    let key = request.headers().get(paths::IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok());
    let key = key.and_then(|key| IdempotencyKey::parse(key).ok());
    let tenant = request.extensions().get::<Arc<Tenant>>()?;
    Some(OwnKey::new(&tenant.name, &key?))
}

/// No answer at all: the connection breaks.
fn lost() -> Response {
    let mut lost = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    lost.extensions_mut().insert(LoseAnswer);
    lost
}

pub(super) async fn order(State(cloud): State<Arc<Cloud>>, body: Bytes) -> Response {
    let order = parse::<Fault>(&body).and_then(|fault| {
        let known = fault.operation == "*" || Operation::named(&fault.operation).is_some();
        if known && fault.nth > 0 && fault.times > 0 && fault.every != Some(0) {
            return Ok(fault);
        }
        let names: Vec<&str> = OPERATIONS.iter().map(|each| each.name).collect();
        let detail =
            format!("nth, times and every begin at 1; operations are *, {}", names.join(", "));
        Err(invalid(vec![FieldFault { pointer: "/operation".to_owned(), detail }]))
    });
    answer(order.map(|fault| {
        cloud.faults.order(fault);
        cloud.faults.list()
    }))
}

pub(super) async fn list(State(cloud): State<Arc<Cloud>>) -> Response {
    answer(Ok(cloud.faults.list()))
}

pub(super) async fn clear(State(cloud): State<Arc<Cloud>>) -> Response {
    cloud.faults.clear();
    answer(Ok(cloud.faults.list()))
}

pub(super) async fn switches(State(cloud): State<Arc<Cloud>>) -> Response {
    answer(Ok(cloud.switches.get()))
}

pub(super) async fn switch(State(cloud): State<Arc<Cloud>>, body: Bytes) -> Response {
    let order = parse::<Switches>(&body).and_then(|switches| {
        let faults = switches.faults();
        if faults.is_empty() { Ok(switches) } else { Err(invalid(faults)) }
    });
    answer(match order {
        Ok(switches) => set(&cloud, switches).await,
        Err(refusal) => Err(refusal),
    })
}

/// Sets all switches or none. Losing a volume happens once, so the same order sent twice loses nothing again.
async fn set(cloud: &Cloud, switches: Switches) -> Result<Switches, OpError> {
    if switches.lost_volume != cloud.switches.get().lost_volume
        && let Some(id) = &switches.lost_volume
    {
        cloud.lose_volume(id).await?;
    }
    tracing::warn!(?switches, "the cloud's switches were set");
    cloud.switches.set(switches.clone());
    Ok(switches)
}
