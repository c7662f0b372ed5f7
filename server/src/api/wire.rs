//! Types of the wire that several resources share: camelCase, moments as RFC 3339, money in minor
//! units, exact numbers as text. Separate from the broker's views, so that those may change.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use broker::market::OfferCard;
use broker::providers::ProviderCard;
use domain::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::extract::{FromQuery, Params};

/// Rows of a page when nothing is said.
const LIMIT: u32 = 50;

/// A text in both languages; either may be empty.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct TwoLanguages {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl TwoLanguages {
    pub fn new(en: &str, ja: &str) -> Self {
        Self { en: en.to_owned(), ja: ja.to_owned() }
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    /// Whole minor units: yen, cents.
    pub minor: i64,
    /// ISO 4217: JPY, EUR, USD or GBP.
    pub currency: &'static str,
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { minor: money.minor, currency: money.currency.code() }
    }
}

/// A moment as RFC 3339 with microseconds.
pub(super) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

/// A promised value: numbers as exact text, sets as lists.
pub(super) fn value(value: &sla::Value) -> Value {
    match value {
        sla::Value::Number(number) => Value::from(number.to_string()),
        sla::Value::Range { min, max } => {
            serde_json::json!({"min": min.to_string(), "max": max.to_string()})
        }
        sla::Value::Level(level) => Value::from(level.as_str()),
        sla::Value::Set(members) => members.iter().cloned().collect::<Vec<_>>().into(),
        sla::Value::Boolean(answer) => Value::from(*answer),
    }
}

/// A document or another serialisable view as JSON.
pub(super) fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A provider in lists and beside offers.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProviderRef {
    /// `prv_…`
    pub id: String,
    /// Name in addresses.
    pub slug: String,
    /// Name for people.
    pub name: TwoLanguages,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether a cloud stands behind it; otherwise catalogue only.
    pub backed: bool,
}

impl From<&ProviderCard> for ProviderRef {
    fn from(card: &ProviderCard) -> Self {
        Self {
            id: card.id.to_string(),
            slug: card.slug.clone(),
            name: TwoLanguages::new(&card.name_en, &card.name_ja),
            country: card.country.clone(),
            backed: card.backed,
        }
    }
}

/// A region of an offer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Region {
    /// The provider's id.
    pub id: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether it can be contracted here: the provider's cloud has the region.
    pub orderable: bool,
}

/// A promised item.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ItemValue {
    /// Key in the registry.
    pub item: String,
    /// The value; numbers as exact text.
    #[schema(value_type = Value)]
    pub value: Value,
}

/// A published offer in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfferSummary {
    /// `ofr_…`
    pub id: String,
    /// Published version.
    pub version: i64,
    /// Title.
    pub title: TwoLanguages,
    /// Description.
    pub description: TwoLanguages,
    /// Who offers it.
    pub provider: ProviderRef,
    /// IaaS, PaaS, SaaS or Network.
    pub model: String,
    /// private, community, public or hybrid.
    pub deployment: String,
    /// Where it runs.
    pub regions: Vec<Region>,
    /// Monthly price of the reference basket; null: not published.
    pub price: Option<Money>,
    /// Certifications held.
    pub certifications: Vec<String>,
    /// At most four key promises.
    pub highlights: Vec<ItemValue>,
    /// Whether it can be contracted here.
    pub backed: bool,
    /// public; private or community: shown to invited organisations only.
    pub audience: &'static str,
    /// When this version was published.
    pub published_at: String,
}

impl From<&OfferCard> for OfferSummary {
    fn from(card: &OfferCard) -> Self {
        let region = |(id, country): &(String, String)| Region {
            id: id.clone(),
            country: country.clone(),
            orderable: card.served.contains(id),
        };
        let highlight = |(item, promised): &(String, sla::Value)| ItemValue {
            item: item.clone(),
            value: value(promised),
        };
        Self {
            id: card.id.to_string(),
            version: card.version,
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            description: TwoLanguages::new(&card.description_en, &card.description_ja),
            provider: ProviderRef::from(&card.provider),
            model: card.model.clone(),
            deployment: card.deployment.clone(),
            regions: card.regions.iter().map(region).collect(),
            price: card.price.map(Money::from),
            certifications: card.certifications.clone(),
            highlights: card.highlights.iter().map(highlight).collect(),
            backed: card.backed,
            audience: card.audience.map_or("public", |kind| kind.as_str()),
            published_at: moment(card.published_at),
        }
    }
}

/// Which part of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
pub(super) struct PageQuery {
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
    /// Rows of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: u32,
}

impl FromQuery for PageQuery {
    fn from_query(params: &mut Params) -> Self {
        let limit = params.number("limit", 1, 200).and_then(|limit| u32::try_from(limit).ok());
        Self { cursor: params.text("cursor"), limit: limit.unwrap_or(LIMIT) }
    }
}

/// 200 with a JSON body.
#[derive(Debug)]
pub(super) struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

/// 201 with a JSON body.
#[derive(Debug)]
pub(super) struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}
