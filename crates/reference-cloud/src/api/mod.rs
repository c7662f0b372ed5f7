//! The API over HTTP: routes, tokens, headers, problems. Every rule is in `operations`.

mod answer;
mod door;
mod export;
mod faults;
mod headers;
mod images;
mod page;
mod routes;
mod watching;

use door::unauthorized;
pub(crate) use page::STYLE;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use axum::{Json, Router};
use provider_api::{OPERATIONS, Problem, ProblemCode, paths};

use crate::cloud::Cloud;
use crate::error::OpError;
use crate::keys;
use crate::operations::CHUNK_MAX;

/// Requests of this API are small forms.
const BODY_MAX: usize = 64 * 1024;

/// Every route of the cloud.
pub(crate) fn router(cloud: Arc<Cloud>) -> Router {
    let with_owner = middleware::from_fn_with_state(Arc::clone(&cloud), door::need_owner);
    let with_faults = middleware::from_fn_with_state(Arc::clone(&cloud), faults::suffer);
    let with_token = middleware::from_fn_with_state(Arc::clone(&cloud), door::need_token);
    // From the table of operations, so that none is served that the document does not know.
    let routed = OPERATIONS.iter().filter_map(|each| Some((each, handler(each.name)?)));
    let api = routed
        .fold(Router::new(), |api, (operation, handler)| api.route(operation.route, handler))
        .route_layer(with_owner)
        .route_layer(with_faults)
        .route_layer(with_token);
    let mut router = Router::new()
        .merge(api)
        .route("/", get(page::show))
        .route(paths::OPENAPI, get(|| async { Json(provider_api::openapi::document()) }))
        .route("/healthz", get(|| async { "ok" }))
        .fallback(|| async {
            answer::problem(&OpError::refuse(ProblemCode::NotFound, "there is no such route"))
        });
    if cloud.config.faults && cloud.config.admin_token.is_some() {
        let orders = get(faults::list).post(faults::order).delete(faults::clear);
        let with_admin = middleware::from_fn_with_state(Arc::clone(&cloud), door::need_admin);
        let switches = get(faults::switches).put(faults::switch);
        let admin = Router::new().route("/faults", orders).route("/switches", switches);
        router = router.merge(admin.route_layer(with_admin));
    }
    router
        .method_not_allowed_fallback(|| async {
            let detail = "the route does not take this method";
            let refusal = Problem { status: 405, ..Problem::new(ProblemCode::NotFound, detail) };
            answer::problem(&OpError::Refused(Box::new(refusal)))
        })
        .layer(middleware::from_fn(name_request))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(cloud)
}

/// What serves an operation, by its name in the table.
fn handler(name: &str) -> Option<MethodRouter<Arc<Cloud>>> {
    Some(match name {
        "capabilities" => get(routes::capabilities),
        "quota" => get(routes::quota),
        "discover" => post(routes::discover),
        "hold" => post(routes::hold),
        "drop" => delete(routes::drop_hold),
        "extend" => post(routes::extend),
        "confirm" => post(routes::confirm),
        "list" => get(routes::list),
        "get" => get(routes::allocation),
        "resources" => get(routes::resources),
        "start" => post(routes::start),
        "checkRecipe" => post(routes::check_recipe),
        "attach" => post(routes::attach),
        "detach" => post(routes::detach),
        "stop" => post(routes::stop),
        "drain" => post(routes::drain),
        "resize" => post(routes::resize),
        "adopt" => post(routes::adopt),
        "allow" => post(routes::allow),
        "deny" => post(routes::deny),
        "operation" => get(routes::operation),
        "events" => get(routes::events),
        "liveness" => get(routes::liveness),
        "metrics" => get(routes::metrics),
        "setMonitoring" => put(routes::set_monitoring),
        "monitoring" => get(watching::monitoring),
        "readings" => get(watching::readings),
        "setWebhook" => put(watching::set_webhook),
        "webhook" => get(watching::webhook),
        "deleteWebhook" => delete(watching::delete_webhook),
        "meter" => get(routes::meter),
        "securityEvents" => get(routes::security_events),
        "block" => post(routes::block),
        "blocks" => get(routes::blocks),
        "getBlock" => get(routes::one_block),
        "lift" => delete(routes::lift),
        "backup" => post(routes::backup),
        "backups" => get(routes::backups),
        "getBackup" => get(routes::one_backup),
        "backupFiles" => get(routes::backup_files),
        "verify" => post(routes::verify),
        "restore" => post(routes::restore),
        "deleteBackup" => delete(routes::delete_backup),
        "longOperations" => get(routes::long_operations),
        "longOperation" => get(routes::long_operation),
        "export" => get(export::export),
        "exportArchive" => get(export::export_archive),
        "images" => get(images::images),
        "beginImage" => post(images::begin_image),
        "getImage" => get(images::one_image),
        "uploadChunk" => patch(images::upload_chunk).layer(DefaultBodyLimit::max(CHUNK_MAX)),
        "completeImage" => post(routes::complete_image),
        "convertImage" => post(routes::convert_image),
        "deleteImage" => delete(routes::delete_image),
        "openLink" => post(routes::open_link),
        "acceptLink" => post(routes::accept_link),
        "links" => get(routes::links),
        "getLink" => get(routes::one_link),
        "closeLink" => delete(routes::close_link),
        "probeLink" => post(routes::probe_link),
        "shareData" => put(routes::share_data),
        "pullData" => post(routes::pull_data),
        "pullImage" => post(routes::pull_image),
        "erase" => post(routes::erase),
        "release" => post(routes::release),
        _ => return None,
    })
}

/// Gives every request an id, for the log and for the caller.
async fn name_request(request: Request, next: Next) -> Response {
    let id = keys::random::<8>().map(hex::encode).unwrap_or_default();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    tracing::debug!(request.id = %id, %method, %path, status = response.status().as_u16(), "a request was answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(paths::REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_table_is_served() {
        for operation in OPERATIONS {
            assert!(handler(operation.name).is_some(), "{}", operation.name);
        }
    }
}
