//! The REST API: `/api/v1` with its OpenAPI 3.1 document.

pub mod problem;

use axum::Router;
use broker::Broker;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(info(title = "Kumoichi", description = "A broker marketplace for clouds."))]
struct Document;

fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::with_openapi(Document::openapi())
}

/// All operations, to be nested under `/api/v1`.
pub fn router(broker: Broker) -> Router {
    let (router, _) = routes().split_for_parts();
    router.fallback(problem::not_found).with_state(broker)
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}
