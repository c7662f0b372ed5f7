//! How long a round trip from the users takes: stated by the offer, else measured between the
//! countries. The response time that follows from it (sla-schema 4) is put together here too.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{note::RttOrigin, rtt::measured_rtt};

/// The slowest of the paths that a requirement's users take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slowest {
    pub(super) user_region: String,
    pub(super) rtt_ms: Decimal,
    pub(super) origin: RttOrigin,
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
    let stated = |region: &String| {
        document.spec.network_to_users.iter().find(|path| &path.user_region == region)
    };
    let open: Vec<&String> =
        user_regions.iter().filter(|region| stated(region).is_none()).collect();
    let country = best_country(document, &open)?;
    let mut slowest: Option<Slowest> = None;
    for region in user_regions {
        let path = match (stated(region), country) {
            (Some(path), _) => Slowest {
                user_region: region.clone(),
                rtt_ms: path.rtt_ms,
                origin: RttOrigin::Offer,
            },
            (None, Some(country)) => measured(country, region, today).ok_or(region)?,
            (None, None) => return Err(region),
        };
        if slowest.as_ref().is_none_or(|other| path.rtt_ms > other.rtt_ms) {
            slowest = Some(path);
        }
    }
    Ok(slowest)
}

/// The path of one region alone.
pub(super) fn one(document: &sla::Offer, user_region: &String, today: i64) -> Option<Decimal> {
    let path = slowest(document, std::slice::from_ref(user_region), today).ok()??;
    Some(path.rtt_ms)
}

/// Of the countries an offer is made in, the one whose slowest measured path is the shortest.
fn best_country<'d, 'a>(
    document: &'d sla::Offer,
    open: &[&'a String],
) -> Result<Option<&'d str>, &'a String> {
    let Some(first) = open.first() else { return Ok(None) };
    let countries: BTreeSet<&str> =
        document.spec.service.regions.iter().map(|region| region.country.as_str()).collect();
    let reach = |country: &str| {
        let mut worst = Decimal::ZERO;
        for region in open {
            worst = worst.max(measured_rtt(country, region)?.rtt_ms);
        }
        Some(worst)
    };
    let reached = countries.iter().filter_map(|country| Some((reach(country)?, *country)));
    match reached.min() {
        Some((_, country)) => Ok(Some(country)),
        None => {
            let known = |region: &str| {
                countries.iter().any(|country| measured_rtt(country, region).is_some())
            };
            Err(open.iter().find(|region| !known(region)).copied().unwrap_or(first))
        }
    }
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
