//! Checks of what is held in one group beside machines, storage and bandwidth: room for links, and addresses.

use std::time::Duration;

use super::regions::beyond;
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{
    Amounts, DiscoverAnswer, DiscoverRequest, EndpointKind, HoldRequest, Link, LinkIsolation,
    LinkPeer, LinkPlace, LinkRequest, ResourceGroup,
};

/// What each link of these checks carries, in megabits per second.
const MBPS: u32 = 3;

fn places(desk: &Desk<'_>) -> Result<(LinkPeer, Vec<LinkPlace>), Stop> {
    let told = desk.room.capabilities.links.as_ref().filter(|links| links.held);
    let Some(links) = told else {
        return Err(Stop::Skip("the cloud does not say that it holds room for links".to_owned()));
    };
    let Some(isolation) = links.isolation.first() else {
        return Err(Stop::Skip("the cloud names no isolation of links".to_owned()));
    };
    let place = LinkPlace { mbps: MBPS, isolation: *isolation };
    Ok((links.peer.clone(), vec![place, place]))
}

async fn hold(desk: &Desk<'_>, name: &str, links: &[LinkPlace], ttl: u32) -> Answer {
    let request = HoldRequest {
        label: desk.label(),
        region: desk.room.region.clone(),
        resources: desk.room.group(),
        links: links.to_vec(),
        ttl_seconds: Some(ttl),
    };
    let ask = Ask::new("POST", paths::HOLDS).json(&request);
    desk.send(&ask.key(desk.key(name)).epoch(1)).await
}

async fn discover(
    desk: &Desk<'_>,
    resources: ResourceGroup,
    links: &[LinkPlace],
) -> Result<DiscoverAnswer, Stop> {
    let region = desk.room.region.clone();
    let request = DiscoverRequest { region, resources, links: links.to_vec() };
    desk.send(&Ask::new("POST", paths::DISCOVER).json(&request)).await.value()
}

/// What is left of these amounts when the group and so many links are held.
fn left(before: Amounts, desk: &Desk<'_>, links: &[LinkPlace]) -> Amounts {
    before.minus(&desk.room.group().amounts_with(links))
}

/// Room for links is held with its group, ends with it, and is what later links stand in.
pub(in crate::suite) async fn links(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let (peer, places) = places(desk)?;
    let before = desk.free().await?;
    let told = discover(desk, desk.room.group(), &places).await?;
    same("whether a group with two links could be held", told.available, true)?;
    let ended = hold(desk, "ends", &places, 2).await.in_state(S::Held)?;
    same("the links that are held", &ended.links, &places)?;
    desk.free_is(left(before, desk, &places), "while links are held").await?;
    desk.room.patience.pass(Duration::from_secs(3)).await;
    desk.free_is(before, "when a hold with links has ended by itself").await?;
    let dropped = hold(desk, "dropped", &places, 60).await.in_state(S::Held)?;
    desk.drop_hold("drop", &dropped.id).await.in_state(S::Released)?;
    desk.free_is(before, "when a hold with links was dropped").await?;
    let held = hold(desk, "hold", &places, 60).await.in_state(S::Held)?;
    let booked = desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    same("the links that are booked", &booked.links, &places)?;
    desk.free_is(left(before, desk, &places), "when links are booked").await?;
    // Nobody accepts it: it only has to stand in its place.
    let request = LinkRequest { peer, mbps: MBPS, isolation: places[0].isolation };
    let ask = desk.ask_on("link", 1, paths::LINKS, &held.id).json(&request);
    desk.send(&ask).await.value::<Link>()?;
    desk.free_is(left(before, desk, &places), "when a link stands in its place").await?;
    desk.act("release", 1, paths::RELEASE, &held.id).await.in_state(S::Released)?;
    desk.free_is(before, "when links were released with their group").await
}

/// A group whose links have no room is not held at all.
pub(in crate::suite) async fn links_whole(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let (_, places) = places(desk)?;
    let before = desk.free().await?;
    let most = desk.room.capabilities.links.as_ref().map_or(0, |links| links.mbps_max);
    let mut group = desk.room.group();
    // The group itself fits into what there is in all, and its links together with it do not.
    let zones = desk.room.capabilities.zones.iter();
    let here = zones.filter(|each| each.zone.region == desk.room.region);
    let largest = here.map(|each| each.capacity.mbps).max().unwrap_or(0);
    group.network.mbps = beyond(largest.saturating_sub(i64::from(MBPS) * 2))?;
    let told = discover(desk, group.clone(), &places).await?;
    same("whether a group without room for its links could be held", told.available, false)?;
    let request = HoldRequest {
        label: desk.label(),
        region: desk.room.region.clone(),
        resources: group,
        links: places.clone(),
        ttl_seconds: Some(60),
    };
    let ask = Ask::new("POST", paths::HOLDS).json(&request);
    desk.send(&ask.key(desk.key("beyond")).epoch(1)).await.refused_for_room()?;
    same("the number of allocations after the refusal", desk.list(&desk.label()).await?.len(), 0)?;
    let odd = [LinkPlace { mbps: most.saturating_add(1), ..places[0] }];
    hold(desk, "too-much", &odd, 60).await.names("/links/0/mbps")?;
    let apart = [LinkPlace { isolation: LinkIsolation::Other, ..places[0] }];
    hold(desk, "apart", &apart, 60).await.refused(Code::Unsupported)?;
    desk.free_is(before, "after the refusals").await
}

/// An address is held with its group, told by discovery and given back with it.
pub(in crate::suite) async fn endpoints(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    if !desk.room.capabilities.endpoints.contains(&EndpointKind::Http) {
        return Err(Stop::Skip("the cloud lends no addresses".to_owned()));
    }
    let mut group = desk.room.group();
    group.network.endpoint = EndpointKind::Http;
    let free = async || Ok::<_, Stop>(discover(desk, group.clone(), &[]).await?.endpoints);
    let Some(before) = free().await? else {
        return Err(Stop::Skip("the cloud does not tell how many addresses are free".to_owned()));
    };
    let held = desk.hold_group("hold", group.clone(), 60).await.in_state(S::Held)?;
    holds("a held address is told", held.endpoint.is_some(), "it is absent")?;
    same("the addresses that are free while one is held", free().await?, Some(before - 1))?;
    desk.drop_hold("drop", &held.id).await.in_state(S::Released)?;
    same("the addresses that are free when it was dropped", free().await?, Some(before))?;
    desk.hold_group("ends", group.clone(), 2).await.in_state(S::Held)?;
    desk.room.patience.pass(Duration::from_secs(3)).await;
    same("the addresses that are free when a hold has ended", free().await?, Some(before))
}
