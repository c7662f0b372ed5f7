//! Which items of quality an answer knows: those of one moment, from its beginning to its end.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Web;

/// Answers by the registry of this moment, also where an item of the market changes meanwhile.
pub(super) async fn pin(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    sla::following(web.broker().registry(), next.run(request)).await
}
