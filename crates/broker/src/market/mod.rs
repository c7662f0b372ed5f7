//! The public market: browse, search, read, compare.

mod browse;
mod card;
mod coverage;
pub(crate) mod items;
mod read;

pub(crate) use card::{CardParts, card, next_change, next_prices_at};
pub use coverage::{Coverage, Covered};
pub use items::Promising;

pub use search::{
    Closeness, Dropped, Excerpt, FacetField, FilterField, MachineFilter, Marker, NumberFilter,
    PriceBand, WayOut,
};

use crate::contracts::Plan;
use crate::providers::ProviderCard;
use crate::requirements::RequirementSource;
use domain::{AudienceKind, Currency, Money, OfferId, Timestamp};
use std::ops::RangeInclusive;

/// What a visitor asks for; all of it stands in the address of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarketQuery {
    /// Free text in English or Japanese, with `"phrases"`, `-words` and filters such as `cert:ismap`.
    pub text: String,
    /// Chosen values of facets; of one facet any or all have to be there, see
    /// [`FacetField::needs_all`].
    pub chosen: Vec<(FacetField, String)>,
    /// Bounds of attributes that are numbers.
    pub numbers: Vec<NumberFilter>,
    /// What one machine type has to have.
    pub machine: MachineFilter,
    /// Currency of the price range.
    pub currency: Option<Currency>,
    /// Lowest monthly price in minor units.
    pub price_min_minor: Option<i64>,
    /// Highest monthly price in minor units.
    pub price_max_minor: Option<i64>,
    /// The order.
    pub sort: MarketSort,
    /// The need that [`MarketSort::Fit`] ranks by; without one it is the order by relevance.
    pub need: Option<RequirementSource>,
    /// From 1.
    pub page: u32,
    /// 1 to 100; 0 means the default of 20.
    pub per_page: u32,
}

impl MarketQuery {
    /// The chosen values of a facet.
    pub fn values(&self, facet: FacetField) -> impl Iterator<Item = &str> {
        let of = move |(field, _): &&(FacetField, String)| *field == facet;
        self.chosen.iter().filter(of).map(|(_, value)| value.as_str())
    }
}

/// Orders of the market list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MarketSort {
    /// Best text match first; without text, backed first, then by title.
    #[default]
    Relevance,
    /// Offers that contain the need first, by the balanced order; then the nearest misses. Of those that
    /// the text and the filters find.
    Fit,
    /// Cheapest first within a currency, unpriced last.
    Price,
    /// Newest publication first.
    Newest,
    /// Promises that were kept first, then by the share of samples that were well; unmeasured last.
    Observed,
}

/// An offer in a list.
#[derive(Debug, Clone)]
pub struct OfferCard {
    /// Its id.
    pub id: OfferId,
    /// Published version.
    pub version: i64,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Description in English, may be empty.
    pub description_en: String,
    /// Description in Japanese, may be empty.
    pub description_ja: String,
    /// Who offers it.
    pub provider: ProviderCard,
    /// IaaS, PaaS, SaaS or Network.
    pub model: String,
    /// private, community, public or hybrid.
    pub deployment: String,
    /// Regions as `(id, country)`.
    pub regions: Vec<(String, String)>,
    /// Quantities of a plan that the offer limits, with what may be ordered of each.
    pub limits: Vec<(&'static str, RangeInclusive<i64>)>,
    /// Monthly price of the stated basket; `None`: not published.
    pub price: Option<Money>,
    /// Certifications.
    pub certifications: Vec<String>,
    /// Middleware by name and version.
    pub middleware: Vec<(String, Option<String>)>,
    /// Legal regimes.
    pub regimes: Vec<String>,
    /// Provisional hold support; `None`: undeclared.
    pub hold: Option<String>,
    /// Key promises as `(item key, value)`, in registry order, at most 4.
    pub highlights: Vec<(String, sla::Value)>,
    /// Of the regions, those in which it can be contracted here: its provider's cloud has them.
    pub served: Vec<String>,
    /// Whether it can be contracted here: in one region at least, while it is valid.
    pub backed: bool,
    /// Why it cannot although its provider has a cloud, as it was when it was read: `not_valid_yet`,
    /// `no_longer_valid`, `withdrawn`, `cloud_not_passed` or `region_not_served`.
    pub stalled: Option<&'static str>,
    /// From when it can be contracted; `None`: since ever.
    pub valid_from: Option<Timestamp>,
    /// Until when it can be contracted; `None`: without an end.
    pub valid_until: Option<Timestamp>,
    /// When this version was published.
    pub published_at: Timestamp,
    /// When the offer leaves the market, if its provider has announced that.
    pub ends_at: Option<Timestamp>,
    /// Who may know of it: one organisation or several that were invited; `None`: everybody.
    pub audience: Option<AudienceKind>,
}

impl OfferCard {
    /// Whether the offer is made for so much as a plan orders.
    #[must_use]
    pub fn takes(&self, plan: &Plan) -> bool {
        let within = |(field, value, ..): &(&'static str, i64, i64, i64)| {
            let limit = self.limits.iter().find(|(name, _)| name == field);
            limit.is_none_or(|(_, range)| range.contains(value))
        };
        plan.ranges().iter().all(within)
    }

    /// Why it cannot be contracted at a moment although it is on the market: `not_valid_yet`,
    /// `no_longer_valid` or `withdrawn`.
    #[must_use]
    pub fn outside_validity(&self, now: Timestamp) -> Option<&'static str> {
        if self.valid_from.is_some_and(|from| now < from) {
            Some("not_valid_yet")
        } else if self.valid_until.is_some_and(|until| now > until) {
            Some("no_longer_valid")
        } else if self.ends_at.is_some_and(|end| now >= end) {
            Some("withdrawn")
        } else {
            None
        }
    }
}

/// One value of a facet and how many offers it would leave under the other filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCount {
    /// The value as stored.
    pub value: String,
    /// For providers, categories and attributes: the name in English and in Japanese.
    pub names: Option<(String, String)>,
    /// Offers.
    pub count: u64,
    /// Whether it is chosen.
    pub selected: bool,
}

/// The facets of a result.
#[derive(Debug, Clone, Default)]
pub struct Facets(pub Vec<(FacetField, Vec<FacetCount>)>);

impl Facets {
    /// The values of a facet, most frequent first.
    #[must_use]
    pub fn of(&self, facet: FacetField) -> &[FacetCount] {
        let found = self.0.iter().find(|(field, _)| *field == facet);
        found.map_or(&[], |(_, counts)| counts.as_slice())
    }
}

/// One page of the market.
#[derive(Debug, Clone)]
pub struct MarketPage {
    /// Offers that satisfy the query.
    pub total: u64,
    /// The offers of this page.
    pub items: Vec<OfferCard>,
    /// Counts beside the filters.
    pub facets: Facets,
    /// This page, from 1.
    pub page: u32,
    /// Pages in all, at least 1.
    pub pages: u32,
    /// Whether the offers have every word, or only words that are close.
    pub closeness: Closeness,
    /// What was probably meant instead of the text, and how many offers that finds.
    pub meant: Option<(String, u64)>,
    /// Marks in a text what the query found.
    pub marker: Marker,
    /// Where nothing is found: what to drop, the one that brings most first.
    pub ways_out: Vec<WayOut>,
}

/// One promise of an offer, ready to be shown.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Item key.
    pub item: String,
    /// What is promised; `None`: undeclared.
    pub value: Option<sla::Value>,
    /// guaranteed, objective, attested or declared; empty when undeclared.
    pub commitment: String,
    /// Where the figure was published: `(source address, date)`.
    pub source: Option<(String, String)>,
}

/// What was measured over all contracts of an offer.
#[derive(Debug, Clone, Default)]
pub struct MeasuredHistory {
    /// Samples; 0 means "no data".
    pub samples: u64,
    /// Of them, successful.
    pub ok: u64,
    /// Contracts that were measured.
    pub contracts: u64,
    /// Mean response in microseconds; `None`: never answered or never asked.
    pub mean_response_us: Option<i64>,
}

/// Everything public about an offer.
#[derive(Debug, Clone)]
pub struct OfferPage {
    /// The card.
    pub card: OfferCard,
    /// The published document.
    pub document: sla::Offer,
    /// As YAML.
    pub yaml: String,
    /// Lower-case hex SHA-256 of the canonical document.
    pub hash: String,
    /// Who signed this version; `None`: nobody. Side by side it is left empty.
    pub signature: Option<crate::keys::SignatureCard>,
    /// Every core item in registry order, undeclared ones included, then the extended ones declared.
    pub promises: Vec<Promise>,
    /// What was measured.
    pub history: MeasuredHistory,
    /// How it stands to the rest of the market; side by side it is left empty.
    pub coverage: Coverage,
    /// Side by side: which of the other offers it covers.
    pub covers_beside: Vec<OfferId>,
}

impl OfferPage {
    /// The document as its provider signed it, so that whoever takes it away can check it; the hash is
    /// of the document without the signature.
    #[must_use]
    pub fn signed(&self) -> sla::Offer {
        let mut document = self.document.clone();
        document.metadata.signature =
            self.signature.as_ref().map(crate::keys::SignatureCard::in_document);
        document
    }
}

/// Live figures of the market.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MarketFigures {
    /// Published offers.
    pub offers: u64,
    /// Providers.
    pub providers: u64,
    /// Countries with a region.
    pub countries: u64,
    /// Services running now.
    pub running: u64,
}
