//! The JSON Schemas of the documents at addresses that stay: `/schemas/v1alpha1/document.json`.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{PageContext, etag, layout::error_page::error_page};

/// A schema as it is sent, and the tag of this text.
struct Served {
    text: String,
    tag: String,
}

/// The schemas of one registry, by file.
type Schemas = Arc<BTreeMap<String, Served>>;

/// Those of the last registry that was asked for; they are the same until an item of the market changes.
static SERVED: RwLock<Option<(&'static sla::Registry, Schemas)>> = RwLock::new(None);

fn schemas() -> Schemas {
    let registry = sla::registry();
    let last = SERVED.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, schemas)) = last.filter(|(of, _)| std::ptr::eq(*of, registry)) {
        return schemas;
    }
    let named = ["document", "offer", "requirement"];
    let made = named.iter().filter_map(|name| Some((name, sla::schema::named(name)?)));
    let made = made.map(|(name, schema)| (format!("{name}.json"), served(&schema.to_string())));
    let schemas: Schemas = Arc::new(made.collect());
    *SERVED.write().unwrap_or_else(PoisonError::into_inner) =
        Some((registry, Arc::clone(&schemas)));
    schemas
}

fn served(text: &str) -> Served {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    // Weak, because the answer may travel compressed.
    Served { text: text.to_owned(), tag: format!("W/\"{:016x}\"", hasher.finish()) }
}

/// One schema; 304 where the caller has it already.
pub(super) async fn show(
    ctx: PageContext,
    headers: HeaderMap,
    Path((version, file)): Path<(String, String)>,
) -> Response {
    let current = sla::API_VERSION.rsplit('/').next() == Some(version.as_str());
    let schemas = schemas();
    let Some(served) = schemas.get(&file).filter(|_| current) else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let mut answer = etag::tagged(&headers, &served.tag, || served.text.clone().into_response());
    let into = answer.headers_mut();
    into.insert(header::CONTENT_TYPE, HeaderValue::from_static(sla::schema::CONTENT_TYPE));
    into.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    answer
}
