//! The document of a composite besides its promises: service, price, ways to users.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use sla::{
    Amount, Arrangement, Metadata, NetworkPath, Offer, OfferSpec, Price, Region, Service,
    ServiceModel, Text,
};

use super::{Composite, Terms, item::compose_item};
use crate::from_sla::path;

/// Composes offers by the rules of the registry; in a pair the primary comes first.
///
/// Undeclared stays undeclared: an item is promised by the whole only where every part that counts
/// for it promises it and the parts do not contradict each other.
#[must_use]
pub fn compose(arrangement: Arrangement, parts: &[&Offer], terms: &Terms<'_>) -> Composite {
    let mut items = Vec::new();
    let mut promises = Vec::new();
    for key in keys(parts) {
        let (composed, promise) = compose_item(arrangement, key, parts, terms.failover_success);
        items.push(composed);
        promises.extend(promise);
    }
    let spec = OfferSpec {
        service: service(arrangement, parts),
        measurement: parts.first().map_or_else(unmeasured, |part| part.spec.measurement.clone()),
        items: promises,
        price: price(parts, terms),
        network_to_users: ways(arrangement, parts, terms),
    };
    Composite { arrangement, document: Offer { metadata: metadata(parts), spec }, items }
}

/// Two regions, one of each offer, in different hazard zones; `None` where that is not declared.
#[must_use]
pub fn zones_apart<'a>(primary: &'a Offer, standby: &'a Offer) -> Option<(&'a Region, &'a Region)> {
    let zoned = |offer: &'a Offer| {
        offer.spec.service.regions.iter().filter(|region| region.hazard_zone.is_some())
    };
    zoned(primary).find_map(|one| {
        zoned(standby).find(|other| one.hazard_zone != other.hazard_zone).map(|other| (one, other))
    })
}

/// Every item that any part promises, in the registry's order, extensions last.
fn keys<'a>(parts: &[&'a Offer]) -> Vec<&'a str> {
    let unique: BTreeSet<(usize, &str)> = parts
        .iter()
        .flat_map(|part| &part.spec.items)
        .map(|item| {
            let place = sla::registry().item(&item.item).map_or(usize::MAX, |def| def.position);
            (place, item.item.as_str())
        })
        .collect();
    unique.into_iter().map(|(_, key)| key).collect()
}

fn service(arrangement: Arrangement, parts: &[&Offer]) -> Service {
    let hosts = |part: &&&Offer| part.spec.service.model != ServiceModel::Network;
    // A chain runs where its host runs; either part of a pair may be the one that serves.
    let main = parts.iter().find(hosts).or(parts.first());
    let first_regions = |list: &[&Offer]| {
        let mut regions: Vec<Region> = Vec::new();
        for region in list.iter().flat_map(|part| &part.spec.service.regions) {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        regions
    };
    let regions = match (arrangement, main) {
        (Arrangement::Chain, Some(main)) => main.spec.service.regions.clone(),
        _ => first_regions(parts),
    };
    main.map_or_else(
        || Service {
            model: ServiceModel::Iaas,
            deployment: sla::DeploymentModel::Hybrid,
            regions: Vec::new(),
            category: None,
            attributes: BTreeMap::new(),
            middleware: Vec::new(),
            apps: Vec::new(),
            images: Vec::new(),
            recipes: Vec::new(),
            machine_types: Vec::new(),
        },
        |main| Service {
            model: main.spec.service.model,
            deployment: sla::DeploymentModel::Hybrid,
            regions,
            category: main.spec.service.category.clone(),
            attributes: main.spec.service.attributes.clone(),
            middleware: main.spec.service.middleware.clone(),
            apps: main.spec.service.apps.clone(),
            images: main.spec.service.images.clone(),
            recipes: main.spec.service.recipes.clone(),
            machine_types: main.spec.service.machine_types.clone(),
        },
    )
}

fn unmeasured() -> sla::Measurement {
    sla::Measurement {
        calendar: "1M".to_owned(),
        timezone: "UTC".to_owned(),
        slice_seconds: 60,
        min_outage_seconds: 0,
        exclusions: Vec::new(),
        vantage: None,
    }
}

fn metadata(parts: &[&Offer]) -> Metadata {
    let joined = |read: &dyn Fn(&Offer) -> String| {
        parts.iter().map(|part| read(part)).collect::<Vec<_>>().join(" + ")
    };
    Metadata {
        name: "combination".to_owned(),
        provider: None,
        version: 1,
        valid_from: None,
        valid_until: None,
        supersedes: None,
        title: Text::new(
            joined(&|part| part.metadata.title.get(sla::Locale::En).to_owned()),
            joined(&|part| part.metadata.title.get(sla::Locale::Ja).to_owned()),
        ),
        description: None,
        signature: None,
    }
}

/// The sum: in the common currency, else in yen rounded up. A part without a price leaves it open.
fn price(parts: &[&Offer], terms: &Terms<'_>) -> Option<Price> {
    let prices: Option<Vec<&Price>> = parts.iter().map(|part| part.spec.price.as_ref()).collect();
    let prices = prices?;
    let totals: Option<Vec<&Amount>> =
        prices.iter().map(|price| price.monthly_total.as_ref()).collect();
    let totals = totals?;
    let first = totals.first()?;
    let yen: Option<Decimal> = totals.iter().try_fold(Decimal::ZERO, |sum, total| {
        terms.circumstances.yen(total).and_then(|yen| sum.checked_add(yen))
    });
    let same = totals.iter().all(|total| total.currency == first.currency);
    let (minor, currency) = if same {
        let minor = totals.iter().try_fold(0_i64, |sum, total| sum.checked_add(total.minor))?;
        (minor, first.currency.clone())
    } else {
        (yen?.ceil().to_i64()?, "JPY".to_owned())
    };
    let tax = first.tax_excluded;
    let basket = prices.first().and_then(|price| price.basket.clone());
    Some(Price {
        tier: yen.map(|yen| terms.classes.class(yen).to_string()),
        basket: basket
            .filter(|basket| prices.iter().all(|price| price.basket.as_ref() == Some(basket))),
        monthly_total: Some(Amount {
            minor,
            currency,
            tax_excluded: tax.filter(|_| totals.iter().all(|total| total.tax_excluded == tax)),
        }),
        minimum: None,
        one_time: None,
        as_of: None,
        next: None,
        per_unit: Vec::new(),
        limits: Vec::new(),
    })
}

/// The ways from the users: in a chain one after the other, in a pair the longer one. A way that one
/// part does not know is left out.
fn ways(arrangement: Arrangement, parts: &[&Offer], terms: &Terms<'_>) -> Vec<NetworkPath> {
    let known: Vec<_> = parts
        .iter()
        .map(|part| path::each(part, terms.user_regions, terms.circumstances.today))
        .collect();
    let together = |at: usize| {
        let mut whole = Decimal::ZERO;
        for part in &known {
            let rtt_ms = part.get(at)?.as_ref()?.rtt_ms;
            whole = match arrangement {
                Arrangement::Chain => whole.checked_add(rtt_ms)?,
                Arrangement::Pair => whole.max(rtt_ms),
            };
        }
        Some(whole)
    };
    let regions = terms.user_regions.iter().enumerate();
    regions
        .filter_map(|(at, region)| {
            Some(NetworkPath { user_region: region.clone(), rtt_ms: together(at)? })
        })
        .collect()
}
