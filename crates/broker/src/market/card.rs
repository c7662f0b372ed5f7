//! From a document to what lists show of it.

use super::OfferCard;
use crate::providers::ProviderCard;
use crate::regions::served;
use crate::requirements::{day_of, start_of};
use domain::{AudienceKind, Money, OfferId, Timestamp};
use std::collections::BTreeSet;

/// Promises shown in a list.
const HIGHLIGHTS_MAX: usize = 4;
/// The item that lists certifications.
const CERTIFICATIONS: &str = "security.certifications";

/// The item that lists legal regimes.
const REGIMES: &str = "legal.regimes";
/// The item that says whether and how capacity can be held.
const HOLD_SUPPORT: &str = "capacity.hold_support";

/// What a card takes from the row.
#[derive(Debug)]
pub(crate) struct CardParts {
    pub id: OfferId,
    pub version: i64,
    /// English, Japanese.
    pub titles: (String, String),
    pub price: Option<Money>,
    pub published_at: Timestamp,
    /// When it leaves the market, if that is announced.
    pub ends_at: Option<Timestamp>,
    /// Who may know of it; `None`: everybody.
    pub audience: Option<AudienceKind>,
    /// The present.
    pub now: Timestamp,
}

/// Puts the card of an offer together.
pub(crate) fn card(parts: CardParts, provider: ProviderCard, document: &sla::Offer) -> OfferCard {
    let service = &document.spec.service;
    let description = document.metadata.description.clone().unwrap_or_default();
    let today = day_of(parts.now);
    let counting = |key: &str| document.item(key).and_then(|item| item.counting_on(today));
    let set = |key: &str| match counting(key) {
        Some(sla::Value::Set(held)) => held.into_iter().collect(),
        _ => Vec::new(),
    };
    let hold = match counting(HOLD_SUPPORT) {
        Some(sla::Value::Level(level)) => Some(level),
        _ => None,
    };
    let regions: Vec<(String, String)> =
        service.regions.iter().map(|region| (region.id.clone(), region.country.clone())).collect();
    let served = served(&regions, &provider);
    let moment = |at: &Option<sla::Timestamp>| at.as_ref().map(|at| Timestamp(at.unix_micros()));
    let mut card = OfferCard {
        id: parts.id,
        version: parts.version,
        title_en: parts.titles.0,
        title_ja: parts.titles.1,
        description_en: description.0.get("en").cloned().unwrap_or_default(),
        description_ja: description.0.get("ja").cloned().unwrap_or_default(),
        backed: false,
        served,
        stalled: None,
        valid_from: moment(&document.metadata.valid_from),
        valid_until: moment(&document.metadata.valid_until),
        provider,
        model: service.model.as_str().to_owned(),
        deployment: service.deployment.as_str().to_owned(),
        regions,
        limits: crate::contracts::plan_limits(document),
        price: parts.price,
        certifications: set(CERTIFICATIONS),
        middleware: middleware(service),
        regimes: set(REGIMES),
        hold,
        highlights: highlights(document),
        published_at: parts.published_at,
        ends_at: parts.ends_at,
        audience: parts.audience,
    };
    if card.provider.backed {
        card.stalled = card.outside_validity(parts.now).or(match card.provider.passed {
            false => Some("cloud_not_passed"),
            true => card.served.is_empty().then_some("region_not_served"),
        });
    }
    card.backed = card.provider.backed && card.stalled.is_none();
    card
}

/// Middleware and applications: both are installed.
fn middleware(service: &sla::Service) -> Vec<(String, Option<String>)> {
    let item = |item: &sla::Middleware| (item.name.clone(), item.version.clone());
    service.middleware.iter().chain(&service.apps).map(item).collect()
}

/// The next moment at which the card will be another one although nobody changes the offer.
pub(crate) fn next_change(
    card: &OfferCard,
    document: &sla::Offer,
    now: Timestamp,
) -> Option<Timestamp> {
    let ends = document.spec.items.iter().flat_map(|item| &item.evidence);
    let ends = ends.filter_map(|evidence| evidence.expires.as_ref());
    // The last day still counts.
    let ends = ends.map(|date| start_of(date.last_day().saturating_add(1)));
    let validity = card.valid_from.into_iter().chain(card.valid_until.map(|at| at.plus_us(1)));
    let validity = validity.chain(card.ends_at).chain(next_prices_at(document, now));
    ends.chain(validity).filter(|at| *at > now).min()
}

/// The moment from which the next prices of an offer count; `None`: there are none, or they count by now.
pub(crate) fn next_prices_at(document: &sla::Offer, now: Timestamp) -> Option<Timestamp> {
    let next = document.spec.price.as_ref()?.next.as_ref()?;
    Some(start_of(next.valid_from.last_day())).filter(|at| *at > now)
}

/// The first declared items in registry order; certifications have their own place.
fn highlights(document: &sla::Offer) -> Vec<(String, sla::Value)> {
    sla::registry()
        .items()
        .iter()
        .filter(|item| item.key != CERTIFICATIONS)
        .filter_map(|item| Some((item.key.clone(), document.item(&item.key)?.value.clone())))
        .take(HIGHLIGHTS_MAX)
        .collect()
}

impl OfferCard {
    /// Countries of the regions, each once.
    #[must_use]
    pub fn countries(&self) -> Vec<String> {
        let unique: BTreeSet<&String> = self.regions.iter().map(|(_, country)| country).collect();
        unique.into_iter().cloned().collect()
    }
}
