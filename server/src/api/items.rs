//! The registry of items and the JSON Schemas of documents. The schemas have addresses that stay as
//! well, `/schemas/v1alpha1/*.json`; here programs find them beside the operations that take documents.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::Broker;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Name, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, TwoLanguages};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list_items))
        .routes(routes!(read_item))
        .routes(routes!(read_schema))
}

/// One item of quality.
#[derive(Debug, Serialize, ToSchema)]
struct ItemBody {
    /// `<group>.<name>`
    key: String,
    /// First part of the key.
    group: String,
    /// Title.
    label: TwoLanguages,
    /// One or two sentences.
    help: TwoLanguages,
    /// ratio, duration, number, enum-ordered, enum-ordered-in-scheme or enum-set.
    kind: &'static str,
    /// Unit of its numbers.
    unit: String,
    /// higher, lower, must-include, subset-of or one-of.
    direction: String,
    /// Words it takes, weakest first for levels; null for numbers and countries.
    words: Option<Vec<WordBody>>,
    /// Whether it is one of the core items.
    core: bool,
    /// Whether the broker computes it, so that providers need not declare it.
    derived: bool,
    /// The fixed scale of a number; null for levels and lists.
    scale: Option<ScaleBody>,
    /// How a value is found.
    measured: Option<TwoLanguages>,
    /// How the promises of several services become one.
    compose: ComposeBody,
    /// Where the item stands in other standards.
    maps: Vec<MappingBody>,
    /// How it stands, where this market added it; null for items that every market knows.
    registered: Option<RegisteredBody>,
}

/// How an item that the market added stands.
#[derive(Debug, Serialize, ToSchema)]
struct RegisteredBody {
    /// Counts the accepted proposals from 1.
    version: i64,
    /// New documents cannot name it; those that do keep it.
    retired: bool,
}

/// A word in documents and for people.
#[derive(Debug, Serialize, ToSchema)]
struct WordBody {
    /// As written in documents.
    key: String,
    /// As shown to people.
    label: TwoLanguages,
}

/// A fixed scale.
#[derive(Debug, Serialize, ToSchema)]
struct ScaleBody {
    /// linear, log or nines.
    #[schema(value_type = String)]
    curve: sla::Curve,
    /// Drawn at the centre, in the unit; a decimal.
    worst: String,
    /// Drawn at the rim, in the unit; a decimal.
    best: String,
}

/// Rules by which promises are put together.
#[derive(Debug, Serialize, ToSchema)]
struct ComposeBody {
    /// Every service is needed.
    chain: &'static str,
    /// A primary and a standby.
    pair: &'static str,
    /// every, hosting or network: who has to promise it in a chain.
    parts: &'static str,
}

/// A place in a standard.
#[derive(Debug, Serialize, ToSchema)]
struct MappingBody {
    /// The standard.
    standard: TwoLanguages,
    /// Section, metric or field of it.
    place: TwoLanguages,
}

fn two(text: &sla::Text) -> TwoLanguages {
    TwoLanguages::new(text.get(sla::Locale::En), text.get(sla::Locale::Ja))
}

impl From<&sla::ItemDef> for ItemBody {
    fn from(item: &sla::ItemDef) -> Self {
        let word = |word: &sla::Word| WordBody { key: word.key.clone(), label: two(&word.label) };
        let words = (!item.words().is_empty()).then(|| item.words().iter().map(word).collect());
        let scale = item.scale.bounds().map(|bounds| ScaleBody {
            curve: bounds.curve,
            worst: bounds.worst.normalize().to_string(),
            best: bounds.best.normalize().to_string(),
        });
        let maps = item.notes().into_iter().flat_map(|notes| &notes.maps).filter_map(|mapping| {
            let standard = sla::notes().standard(&mapping.to)?;
            Some(MappingBody { standard: two(&standard.label), place: two(&mapping.at) })
        });
        Self {
            key: item.key.clone(),
            group: item.group.clone(),
            label: two(&item.label),
            help: two(&item.help),
            kind: item.kind.name(),
            unit: item.unit.as_str().to_owned(),
            direction: item.direction.as_str().to_owned(),
            words,
            core: item.core,
            derived: item.derived,
            scale,
            measured: item.notes().map(|notes| two(&notes.measured)),
            compose: ComposeBody {
                chain: item.compose.chain.as_str(),
                pair: item.compose.pair.as_str(),
                parts: item.compose.parts.as_str(),
            },
            maps: maps.collect(),
            registered: item.registered.map(|registered| RegisteredBody {
                version: registered.version,
                retired: registered.retired,
            }),
        }
    }
}

/// The registry of items.
#[derive(Debug, Serialize, ToSchema)]
struct ItemListBody {
    /// Version of the registry.
    version: u32,
    /// In registry order.
    items: Vec<ItemBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// List the items of quality
#[utoipa::path(get, path = "/items", tag = "market", responses((status = 200, body = ItemListBody)))]
async fn list_items(_: Query<Nothing>) -> Answer<ItemListBody> {
    let registry = sla::registry();
    let items = registry.items().iter().map(ItemBody::from).collect();
    Answer(ItemListBody { version: registry.version(), items, next: None })
}

/// Read an item of quality
#[utoipa::path(get, path = "/items/{item}", tag = "market",
    params(("item" = String, Path, description = "Key, such as availability.service_uptime")),
    responses((status = 200, body = ItemBody)))]
async fn read_item(
    Named(Name(key)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Answer<ItemBody>, Problem> {
    let item = sla::registry().item(&key);
    item.map(|item| Answer(ItemBody::from(item)))
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found", "item was not found"))
}

/// Read the JSON Schema of documents
///
/// JSON Schema 2020-12, generated from what reads documents. Rules that no schema can state are
/// listed in it under `x-rules-beyond-this-schema`.
#[utoipa::path(get, path = "/schemas/{schema}", tag = "market",
    params(("schema" = String, Path, description = "document, offer or requirement")),
    responses((status = 200, body = Object, content_type = "application/schema+json")))]
async fn read_schema(
    Named(Name(name)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Response, Problem> {
    let schema = sla::schema::named(&name)
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found", "schema was not found"))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(sla::schema::CONTENT_TYPE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    Ok((headers, schema.to_string()).into_response())
}
