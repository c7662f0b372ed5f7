//! The newest timeline of a contract as server-sent events; ends when the workflow has ended.

use std::convert::Infallible;

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use broker::{Broker, OpContext};
use domain::ContractId;
use futures::stream::{self, Stream};
use tokio::sync::mpsc;

use super::{contract_id, steps};
use crate::{AppState, PageContext, layout::fail, words::Locale};

/// What one open connection knows.
struct Follower {
    broker: Broker,
    op: OpContext,
    contract: ContractId,
    locale: Locale,
    changes: mpsc::Receiver<()>,
    /// The data sent last; empty before the first event.
    sent: String,
}

pub(super) async fn follow(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let contract = match contract_id(&id) {
        Ok(contract) => contract,
        Err(error) => return fail(&ctx, error),
    };
    let changes = match state.broker.watch_contract(&ctx.op(), contract).await {
        Ok(changes) => changes,
        Err(error) => return fail(&ctx, error),
    };
    let follower = Follower {
        broker: state.broker.clone(),
        op: ctx.op(),
        contract,
        locale: ctx.locale,
        changes,
        sent: String::new(),
    };
    Sse::new(events(follower)).keep_alive(KeepAlive::default()).into_response()
}

/// One event now and one after each change; none twice.
fn events(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        let (data, finished) = follower.next_change().await?;
        let event = Event::default().event("timeline").data(data);
        Some((Ok(event), (!finished).then_some(follower)))
    })
}

impl Follower {
    /// Waits until the timeline differs from what was sent; `None` when it can be read no more.
    async fn next_change(&mut self) -> Option<(String, bool)> {
        loop {
            if !self.sent.is_empty() {
                self.changes.recv().await?;
            }
            let timelines = self.broker.timelines(&self.op, self.contract).await.ok()?;
            let view = steps::view(self.locale, timelines.last()?);
            let data = serde_json::to_string(&view).ok()?;
            if data != self.sent {
                self.sent.clone_from(&data);
                return Some((data, view.finished));
            }
        }
    }
}
