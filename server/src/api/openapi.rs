//! The OpenAPI 3.1 document: collected from the handlers, completed with what holds for all of them.

use utoipa::openapi::path::{Operation as PathOperation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder,
    SecurityRequirement, ServerBuilder, Type,
};
use utoipa::{Modify, OpenApi as _};

use super::problem::{FieldProblem, ProblemDocument};

/// Where the API begins.
pub const PREFIX: &str = "/api/v1";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Kumoichi",
        description = "A broker marketplace for clouds: find offers, say what a service needs, rank, contract, \
            follow, measure, release. Errors are problem documents (RFC 9457) with stable codes. Every POST \
            carries an Idempotency-Key; repeating a request gets the first answer again. Lists have `items` and \
            `next`, the cursor of the next page. Numbers that must stay exact are text.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "market", description = "Published offers, providers, the registry of items; for everybody"),
        (name = "needs", description = "Requirements, rankings, quotes"),
        (name = "inbox", description = "Notices about watched needs"),
        (name = "contracts", description = "Sign, follow, measure, release"),
        (name = "provider", description = "A provider's own offers"),
        (name = "desk", description = "For brokers: workflows, audit, connections"),
        (name = "account", description = "Oneself and personal tokens")
    ),
    components(schemas(ProblemDocument, FieldProblem)),
    modifiers(&Security)
)]
struct Head;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        let bearer =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("kmi_…").build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("kumoichi")));
        components.add_security_scheme("session", cookie);
    }
}

/// The document without operations.
pub(super) fn head() -> OpenApi {
    Head::openapi()
}

/// The whole document.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = super::routes().split_for_parts().1;
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.servers = Some(vec![ServerBuilder::new().url(PREFIX).build()]);
    document.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("token", Vec::<String>::new()),
        SecurityRequirement::new("session", Vec::<String>::new()),
    ]);
    for (path, item) in &mut document.paths.paths {
        let post = item.post.as_mut().map(|operation| (operation, true));
        let others = [item.get.as_mut(), item.put.as_mut(), item.delete.as_mut()];
        let others = others.into_iter().flatten().map(|operation| (operation, false));
        for (operation, is_post) in others.chain(post) {
            complete(path, operation, is_post);
        }
    }
    document
}

/// What every operation says: its id, the key of a POST, and how errors look.
fn complete(path: &str, operation: &mut PathOperation, is_post: bool) {
    let place: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_matches(['{', '}']))
        .collect();
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{name}_{}", place.join("_")));
    if is_post {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some("1 to 200 visible ASCII characters, such as a UUID"))
            .schema(Some(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(200)),
            ))
            .build();
        operation.parameters.get_or_insert_default().push(RefOr::T(key));
    }
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("A problem document")
        .content("application/problem+json", problem)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}

/// One operation of the API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// GET, POST, PUT or DELETE.
    pub method: &'static str,
    /// Path with `{names}`, without the prefix.
    pub path: String,
}

/// Every operation of the document.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let document = document();
    let mut all: Vec<Operation> =
        document.paths.paths.iter().flat_map(|(path, item)| of_path(path, item)).collect();
    all.sort();
    all
}

fn of_path(path: &str, item: &PathItem) -> Vec<Operation> {
    let methods = [
        ("GET", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    let there = methods.into_iter().filter(|(_, there)| *there);
    there.map(|(method, _)| Operation { method, path: path.to_owned() }).collect()
}
