//! The public feed of changes as CloudEvents: page by page from a cursor, the same to everybody.

use app::etag;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::feed::{FeedEvent, FeedPage};
use broker::mirror::{CATALOGUE_MAX, CatalogueEntry};
use broker::{Broker, BrokerError};
use domain::OfferId;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Named, Params, Query, fault};
use super::problem::Problem;
use super::wire::{self, Answer, TwoLanguages, moment};

/// Where the events come from, relative to the address of the market.
const SOURCE: &str = "/api/v1/events";
/// Events of a page when nothing is said.
const LIMIT: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(follow)).routes(routes!(catalogue)).routes(routes!(history))
}

/// A provider as an event names it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventProvider)]
struct ProviderBody {
    /// `prv_…`
    id: String,
    /// Name in addresses.
    slug: String,
    /// Name for people.
    name: TwoLanguages,
}

/// An offer as an event names it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventOffer)]
struct OfferBody {
    /// `ofr_…`
    id: String,
    /// metadata.name of its document.
    name: String,
    /// Title.
    title: TwoLanguages,
    /// The version that the public sees from then on; null: none.
    version: Option<i64>,
    /// The version that it saw before; null: none.
    version_before: Option<i64>,
    /// SHA-256 of the version's canonical JSON, lower-case hex; null: none.
    hash: Option<String>,
}

/// What an event says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventData)]
struct DataBody {
    /// To whom it happened.
    provider: ProviderBody,
    /// To which offer; null: to the provider itself.
    offer: Option<OfferBody>,
    /// Of a new version better, neutral, worse or incomparable for customers; else null.
    verdict: Option<&'static str>,
    /// Of a new version what changed, item by item; else null.
    #[schema(value_type = Option<Vec<Object>>)]
    changes: Option<Value>,
}

/// An event in the JSON format of CloudEvents 1.0.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
struct EventBody {
    /// 1.0
    specversion: &'static str,
    /// `evt_…`; the same whenever it is read.
    id: String,
    /// Where it comes from.
    source: &'static str,
    /// offer.published, sla.version.published, offer.withdrawn or provider.changed.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The offer, or the provider, that it is about.
    subject: String,
    /// When it became known.
    time: String,
    /// The number of the event with leading zeros, so that texts sort as numbers; the cursor behind it is the number.
    sequence: String,
    /// application/json
    datacontenttype: &'static str,
    /// What happened.
    data: DataBody,
}

impl From<FeedEvent> for EventBody {
    fn from(event: FeedEvent) -> Self {
        let provider = event.provider;
        let subject = match &event.offer {
            Some(offer) => offer.id.to_string(),
            None => provider.id.to_string(),
        };
        let offer = event.offer.map(|offer| OfferBody {
            id: offer.id.to_string(),
            name: offer.slug,
            title: TwoLanguages::new(&offer.title_en, &offer.title_ja),
            version: offer.version,
            version_before: offer.version_before,
            hash: offer.hash,
        });
        Self {
            specversion: "1.0",
            id: event.id.to_string(),
            source: SOURCE,
            kind: event.kind.as_str(),
            subject,
            time: moment(event.at),
            sequence: format!("{:019}", event.number),
            datacontenttype: "application/json",
            data: DataBody {
                provider: ProviderBody {
                    id: provider.id.to_string(),
                    slug: provider.slug,
                    name: TwoLanguages::new(&provider.name_en, &provider.name_ja),
                },
                offer,
                verdict: event.changes.as_ref().map(|changes| changes.verdict().as_str()),
                changes: event.changes.map(|changes| wire::json(&changes.parts)),
            },
        }
    }
}

/// Some events in a row.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventList)]
struct EventListBody {
    /// Oldest first.
    items: Vec<EventBody>,
    /// The cursor behind the last of them; ask with it next, also when there is nothing more now.
    next: String,
    /// Whether there are more behind it already.
    more: bool,
    /// The cursor behind the latest event there is: where to go on after comparing the whole catalogue.
    head: String,
}

/// Which part of the feed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct FeedQuery {
    /// `next` of the page before; absent: from the oldest event that is kept.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Events of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: u32,
}

impl FromQuery for FeedQuery {
    fn from_query(params: &mut Params) -> Self {
        let limit = params.number("limit", 1, 200).and_then(|limit| u32::try_from(limit).ok());
        let after = params.number("after", 0, i64::MAX);
        Self { after, limit: limit.unwrap_or(LIMIT) }
    }
}

/// Follow the changes of the market
///
/// Every offer that comes, changes or goes, with what changed item by item, and every provider that changes. Events are
/// numbered without a gap and never changed: a follower keeps `next` and goes on there. Ask again with `if-none-match`;
/// 304 costs little. 410 `feed_gap`: what lies behind the cursor is no longer kept; compare the
/// whole `/catalogue` and go on behind its `head`. People follow the same in `/feed.atom`.
#[utoipa::path(get, path = "/events", tag = "market", params(FeedQuery),
    responses((status = 200, body = EventListBody), (status = 304, description = "unchanged since the ETag in if-none-match"),
        (status = 410, description = "the cursor lies before what is kept")))]
async fn follow(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(query): Query<FeedQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = match broker.feed_after(&ctx, query.after, query.limit).await {
        Ok(page) => page,
        Err(error @ BrokerError::Conflict { code: "feed_gap", .. }) => {
            return Err(Problem::from(error).with_status(StatusCode::GONE));
        }
        Err(error) => return Err(error.into()),
    };
    let FeedPage { events, head, removed } = page;
    let begun = query.after.unwrap_or(removed);
    let next = events.last().map_or(begun, |event| event.number);
    let items = events.into_iter().map(EventBody::from).collect();
    let (more, head) = (next < head, head.to_string());
    let body = EventListBody { items, next: next.to_string(), more, head };
    let text = serde_json::to_string(&body).unwrap_or_default();
    Ok(tagged(&headers, "application/json", text))
}

/// What happened to an offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferHistory)]
struct HistoryBody {
    /// Newest first.
    items: Vec<EventBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// Before which event.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct HistoryQuery {
    /// `next` of the page before; absent for the first page.
    #[param(minimum = 1)]
    before: Option<i64>,
    /// Events of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: u32,
}

impl FromQuery for HistoryQuery {
    fn from_query(params: &mut Params) -> Self {
        let limit = params.number("limit", 1, 200).and_then(|limit| u32::try_from(limit).ok());
        Self { before: params.number("before", 1, i64::MAX), limit: limit.unwrap_or(LIMIT) }
    }
}

/// Read what happened to an offer
///
/// When it came on the market, each published version with what changed item by item, and when it went. As events of the feed.
#[utoipa::path(get, path = "/offers/{offer}/events", tag = "market",
    params(("offer" = String, Path, description = "`ofr_…`"), HistoryQuery),
    responses((status = 200, body = HistoryBody)))]
async fn history(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Query(query): Query<HistoryQuery>,
) -> Result<Answer<HistoryBody>, Problem> {
    let page = broker.offer_events(&ctx, id, query.before, query.limit).await?;
    let full = page.events.len() == query.limit as usize;
    let next = page.events.last().filter(|_| full).map(|event| event.number.to_string());
    let items = page.events.into_iter().map(EventBody::from).collect();
    Ok(Answer(HistoryBody { items, next }))
}

/// A published offer in the catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CatalogueEntry)]
struct CatalogueEntryBody {
    /// `ofr_…`
    id: String,
    /// `prv_…`
    provider: String,
    /// metadata.name of its document.
    name: String,
    /// The published version.
    version: i64,
    /// SHA-256 of its canonical JSON, lower-case hex.
    hash: String,
}

/// Some of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Catalogue)]
struct CatalogueBody {
    /// In the order of ids.
    items: Vec<CatalogueEntryBody>,
    /// The id behind which to go on; null on the last page.
    next: Option<String>,
    /// The cursor of the feed before this page was read: what changes later is told behind it.
    head: String,
}

/// Behind which offer.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct CatalogueQuery {
    /// `next` of the page before; absent for the first page.
    after: Option<String>,
    /// Offers of the page, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 500)]
    limit: u32,
}

impl FromQuery for CatalogueQuery {
    fn from_query(params: &mut Params) -> Self {
        let most = i64::from(CATALOGUE_MAX);
        let limit = params.number("limit", 1, most).and_then(|limit| u32::try_from(limit).ok());
        Self { after: params.text("after"), limit: limit.unwrap_or(CATALOGUE_MAX) }
    }
}

/// List the whole catalogue
///
/// Every published offer with version and hash, for whoever compares all of it; documents are at `/offers/{offer}/sla`. Go on in
/// the feed behind the `head` of the first page.
#[utoipa::path(get, path = "/catalogue", tag = "market", params(CatalogueQuery),
    responses((status = 200, body = CatalogueBody)))]
async fn catalogue(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(query): Query<CatalogueQuery>,
) -> Result<Answer<CatalogueBody>, Problem> {
    let after = query.after.as_deref().map(|text| {
        text.parse().map_err(|error: domain::IdError| {
            Problem::invalid(vec![fault("/after", "id", text, "ofr_…", &error.to_string())])
        })
    });
    let page = broker.catalogue(&ctx, after.transpose()?, query.limit).await?;
    let entry = |entry: CatalogueEntry| CatalogueEntryBody {
        id: entry.id.to_string(),
        provider: entry.provider.to_string(),
        name: entry.name,
        version: entry.version,
        hash: entry.hash,
    };
    Ok(Answer(CatalogueBody {
        items: page.items.into_iter().map(entry).collect(),
        next: page.next.map(|id| id.to_string()),
        head: page.head.to_string(),
    }))
}

/// A text with the hash over it as its ETag; 304 for whoever has it.
fn tagged(headers: &HeaderMap, kind: &'static str, text: String) -> Response {
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(text.as_bytes())[..16]));
    let answer = || ([(header::CONTENT_TYPE, kind)], text).into_response();
    let mut response = etag::tagged(headers, &tag, answer);
    let rules = HeaderValue::from_static("public, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, rules);
    response
}
