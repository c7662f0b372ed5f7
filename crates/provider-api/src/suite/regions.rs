//! Checks of regions: what the cloud says it has, where it holds, and what a full region means.

use super::{Desk, Outcome, holds, refused, same, text};
use crate::problem::ProblemCode;
use crate::wire::Zone;

/// No cloud calls a region this.
const NOWHERE: &str = "nowhere-0";

pub(super) async fn told_and_kept(desk: &Desk<'_>) -> Outcome {
    let capabilities = desk.driver().capabilities().await.map_err(text)?;
    for zone in capabilities.zones.iter().map(|each| &each.zone) {
        let named = [&zone.id, &zone.region, &zone.hazard_zone];
        holds(
            "a zone must have an id, a region and a hazard zone",
            !named.contains(&&String::new()),
        )?;
        holds("a country must be two upper-case letters", is_country(&zone.country))?;
    }
    let regions = [Some(desk.subject.region()), desk.subject.other_region()];
    for (number, region) in regions.into_iter().flatten().enumerate() {
        let told: Vec<Zone> = capabilities.zones_in(&region).cloned().collect();
        holds("a region that is lent from must be told", !told.is_empty())?;
        let answer = desk.discover_in(region.clone(), desk.subject.group()).await.map_err(text)?;
        holds("discovery must answer for a zone of the region", told.contains(&answer.zone))?;
        let name = format!("hold-{number}");
        let hold = desk.hold_in(&name, region, desk.subject.group(), 60);
        let held = hold.await.map_err(text)?;
        holds("a hold must be in a zone of the region", told.contains(&held.zone))?;
        let seen = desk.driver().allocation(&held.id).await.map_err(text)?;
        same("the zone seen later", &seen.zone, &held.zone)?;
        desk.drop_hold(&format!("drop-{number}"), &held.id).await?;
    }
    Ok(())
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

pub(super) async fn unknown(desk: &Desk<'_>) -> Outcome {
    let group = desk.subject.group();
    refused(desk.discover_in(NOWHERE.to_owned(), group.clone()).await, ProblemCode::RegionUnknown)?;
    refused(desk.hold_in("hold", NOWHERE.to_owned(), group, 60).await, ProblemCode::RegionUnknown)?;
    let listed = desk.driver().list(&desk.label()).await.map_err(text)?;
    same("the number of allocations after the refusal", listed.len(), 0)
}

/// Nothing to show where there is only one region.
pub(super) async fn full(desk: &Desk<'_>) -> Outcome {
    let Some(other) = desk.subject.other_region() else { return Ok(()) };
    let large = desk.subject.large_group();
    let first = desk.hold_as("first", large.clone(), 60).await.map_err(text)?;
    refused(desk.hold_as("second", large.clone(), 60).await, ProblemCode::CapacityExhausted)?;
    let answer = desk.discover_in(desk.subject.region(), large.clone()).await.map_err(text)?;
    holds("discovery must say that the region is full", !answer.available)?;
    let answer = desk.discover_in(other.clone(), large.clone()).await.map_err(text)?;
    holds("discovery must say that the other region is free", answer.available)?;
    let beside = desk.hold_in("beside", other, large, 60).await.map_err(text)?;
    desk.drop_hold("drop-first", &first.id).await?;
    desk.drop_hold("drop-beside", &beside.id).await
}
