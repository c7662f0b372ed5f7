//! How long a round trip from the users takes: stated by the offer, else measured between the
//! countries. The response time that follows from it (sla-schema 4) is put together here too.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{note::RttOrigin, rtt::measured_rtt};

/// The slowest of the paths that a requirement's users take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slowest {
    pub(crate) user_region: String,
    pub(crate) rtt_ms: Decimal,
    pub(crate) origin: RttOrigin,
}

/// The slowest path of all user regions, or the first region that no path is known from.
///
/// What the offer states goes first: it is about this service. Where it states nothing, the table of
/// measurements is asked for the country of the offer that serves all those users best; one placement
/// serves them all, so the country is the same for every region.
pub(super) fn slowest<'a>(
    document: &sla::Offer,
    user_regions: &'a [String],
    today: i64,
) -> Result<Option<Slowest>, &'a String> {
    let mut slowest: Option<Slowest> = None;
    for (region, way) in user_regions.iter().zip(each(document, user_regions, today)) {
        let Some(way) = way else { return Err(unknown(document, user_regions).unwrap_or(region)) };
        if slowest.as_ref().is_none_or(|other| way.rtt_ms > other.rtt_ms) {
            slowest = Some(way);
        }
    }
    Ok(slowest)
}

/// As [`slowest`] for a composite: its ways were put together from those of the parts.
pub(super) fn put_together<'a>(
    document: &sla::Offer,
    user_regions: &'a [String],
) -> Result<Option<Slowest>, &'a String> {
    let mut slowest: Option<Slowest> = None;
    for region in user_regions {
        let path = stated(document, region).ok_or(region)?;
        if slowest.as_ref().is_none_or(|other| path.rtt_ms > other.rtt_ms) {
            slowest = Some(Slowest {
                user_region: region.clone(),
                rtt_ms: path.rtt_ms,
                origin: RttOrigin::Parts,
            });
        }
    }
    Ok(slowest)
}

/// The way of each region, `None` where it is neither stated nor measured.
pub(crate) fn each(
    document: &sla::Offer,
    user_regions: &[String],
    today: i64,
) -> Vec<Option<Slowest>> {
    let open: Vec<&String> =
        user_regions.iter().filter(|region| stated(document, region).is_none()).collect();
    let country = best_country(document, &open);
    let way = |region: &String| match (stated(document, region), country) {
        (Some(path), _) => Some(Slowest {
            user_region: region.clone(),
            rtt_ms: path.rtt_ms,
            origin: RttOrigin::Offer { measured_ms: slower(document, region, path.rtt_ms) },
        }),
        (None, Some(country)) => measured(country, region, today),
        (None, None) => None,
    };
    user_regions.iter().map(way).collect()
}

fn stated<'a>(document: &'a sla::Offer, user_region: &str) -> Option<&'a sla::NetworkPath> {
    document.spec.network_to_users.iter().find(|path| path.user_region == user_region)
}

/// What was measured from a region to the nearest country of the offer, where that takes longer than
/// stated: a statement goes first, but whoever reads it should know.
fn slower(document: &sla::Offer, region: &str, stated_ms: Decimal) -> Option<Decimal> {
    let ways = countries(document).into_iter().filter_map(|country| measured_rtt(country, region));
    ways.map(|way| way.rtt_ms).min().filter(|measured| *measured > stated_ms)
}

/// Of the countries an offer is made in, the one whose slowest measured way is the shortest.
fn best_country<'a>(document: &'a sla::Offer, open: &[&String]) -> Option<&'a str> {
    let reach = |country: &str| {
        let mut worst = Decimal::ZERO;
        for region in open {
            worst = worst.max(measured_rtt(country, region)?.rtt_ms);
        }
        Some(worst)
    };
    let reached = countries(document).into_iter();
    reached.filter_map(|country| Some((reach(country)?, country))).min().map(|(_, country)| country)
}

/// The first region that no country of the offer has a way from.
fn unknown<'a>(document: &sla::Offer, user_regions: &'a [String]) -> Option<&'a String> {
    let countries = countries(document);
    let measured =
        |region: &str| countries.iter().any(|country| measured_rtt(country, region).is_some());
    user_regions.iter().find(|region| stated(document, region).is_none() && !measured(region))
}

fn countries(document: &sla::Offer) -> BTreeSet<&str> {
    document.spec.service.regions.iter().map(|region| region.country.as_str()).collect()
}

fn measured(country: &str, user_region: &str, today: i64) -> Option<Slowest> {
    let rtt = measured_rtt(country, user_region)?;
    let origin = RttOrigin::Measured {
        country: country.to_owned(),
        dataset: rtt.dataset.clone(),
        measured_on: rtt.measured_on,
        age_days: rtt.measured_on.map(|day| today.saturating_sub(day)),
    };
    Some(Slowest { user_region: user_region.to_owned(), rtt_ms: rtt.rtt_ms, origin })
}
