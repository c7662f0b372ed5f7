//! Checks of regions: what the cloud says it has, where it holds, what a full region means, what a live answer is.

use std::collections::HashSet;

use super::holds::{fill, large, largest};
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::suite::answer::{Outcome, Stop, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{Capabilities, DiscoverRequest, Zone};

/// No cloud calls a region this.
const NOWHERE: &str = "nowhere-0";

pub(in crate::suite) async fn told(desk: &Desk<'_>) -> Outcome {
    let told: Capabilities = desk.send(&Ask::new("GET", paths::CAPABILITIES)).await.value()?;
    same("the version", told.api_version.as_str(), "1")?;
    holds("the cloud has a name", !told.provider.trim().is_empty(), "none")?;
    let mut ids = HashSet::new();
    let mut countries = std::collections::HashMap::new();
    for each in &told.zones {
        let Zone { id, region, country, hazard_zone } = &each.zone;
        let whole = [id, region, hazard_zone].iter().all(|word| !word.is_empty());
        holds("a zone has an id, a region and a hazard zone", whole, format!("{each:?}"))?;
        let upper = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        holds("a country is two upper-case letters", upper, country)?;
        holds("a zone is told once", ids.insert(id.clone()), id)?;
        let one = countries.entry(region.clone()).or_insert_with(|| country.clone()) == country;
        holds("a region is in one country", one, region)?;
    }
    let (usual, longest) = (told.hold_ttl_default_seconds, told.hold_ttl_max_seconds);
    let bounds = usual > 0 && usual <= longest;
    holds("0 < holdTtlDefaultSeconds <= holdTtlMaxSeconds", bounds, format!("{usual}, {longest}"))
}

pub(in crate::suite) async fn live(desk: &Desk<'_>) -> Outcome {
    let room = desk.room;
    let answer = desk.discover(&room.region, room.group()).await?;
    holds("a small group is available", answer.available, "it is not")?;
    let lasts = answer.valid_until_us > answer.at_us;
    holds("validUntilUs is after atUs", lasts, format!("{answer:?}"))?;
    let zone_told = room.capabilities.zones_in(&room.region).any(|zone| *zone == answer.zone);
    holds("the zone is one of the region", zone_told, format!("{:?}", answer.zone))?;
    let covers = answer.free.covers(&room.group().amounts());
    holds(
        "what is free covers what is available",
        covers,
        crate::suite::desk::amounts(&answer.free),
    )?;
    let mut group = room.group();
    group.storage.gb = beyond(largest(desk).max(answer.free.storage_gb))?;
    let too_large = desk.discover(&room.region, group).await?;
    holds("a group beyond what is free is not available", !too_large.available, "it is")?;
    let listed = desk.list(&desk.label()).await?;
    same("the number of allocations after questions", listed.len(), 0)
}

/// One more than is free, where the API can say that.
pub(super) fn beyond(free: i64) -> Result<u32, Stop> {
    let more = u32::try_from(free.saturating_add(1)).unwrap_or(u32::MAX);
    if more <= 1_048_576 {
        return Ok(more.max(1));
    }
    Err(Stop::Skip("more storage is free than one group can ask for".to_owned()))
}

pub(in crate::suite) async fn kept(desk: &Desk<'_>) -> Outcome {
    let room = desk.room;
    for (number, region) in
        [Some(&room.region), room.other_region.as_ref()].into_iter().flatten().enumerate()
    {
        let ask = desk.ask_hold_in(&format!("hold-{number}"), region, room.group(), Some(60));
        let held = desk.send(&ask).await.allocation()?;
        let told = room.capabilities.zones_in(region).any(|zone| *zone == held.zone);
        holds(&format!("the hold is in region {region}"), told, format!("{:?}", held.zone))?;
        same("the resources held", &held.resources, &room.group())?;
        same("the zone seen later", &desk.look(&held.id).await?.zone, &held.zone)?;
    }
    Ok(())
}

pub(in crate::suite) async fn unknown(desk: &Desk<'_>) -> Outcome {
    let request = DiscoverRequest {
        region: NOWHERE.to_owned(),
        resources: desk.room.group(),
        links: Vec::new(),
    };
    let ask = Ask::new("POST", paths::DISCOVER).json(&request);
    desk.send(&ask).await.refused(Code::RegionUnknown)?;
    let ask = desk.ask_hold_in("hold", NOWHERE, desk.room.group(), Some(60));
    desk.send(&ask).await.refused(Code::RegionUnknown)?;
    let listed = desk.list(&desk.label()).await?;
    same("the number of allocations after the refusal", listed.len(), 0)
}

pub(in crate::suite) async fn full(desk: &Desk<'_>) -> Outcome {
    desk.may_fill()?;
    let room = desk.room;
    let Some(other) = &room.other_region else {
        return Err(Stop::Skip("the cloud has only one region".to_owned()));
    };
    let large = large(desk).await?;
    fill(desk, &large).await?;
    let here = desk.discover(&room.region, large.clone()).await?;
    holds("discovery says that the region is full", !here.available, "it says there is room")?;
    let there = desk.discover(other, room.group()).await?;
    holds("discovery says that the other region is free", there.available, "it is not")?;
    let ask = desk.ask_hold_in("beside", other, room.group(), Some(60));
    let beside = desk.send(&ask).await.allocation()?;
    same("the region of the hold beside", &beside.zone.region, other)?;
    for held in desk.list(&desk.label()).await? {
        let asked = if held.id == beside.id { other } else { &room.region };
        same("the region of every hold", &held.zone.region, asked)?;
    }
    Ok(())
}
