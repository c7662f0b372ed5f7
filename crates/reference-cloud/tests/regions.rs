//! Several zones: finite each, in the region that was asked for, and for as long as an allocation lives.

mod common;

use common::*;
use domain::{ManualClock, Timestamp};
use provider_api::*;
use std::sync::Arc;

fn hold_in(key: &str, region: &str, count: u32) -> HoldCommand {
    let mut command = hold_command(key, group());
    command.request.region = region.to_owned();
    command.request.resources.compute.count = count;
    command
}

#[tokio::test]
async fn a_full_region_leaves_another_free_and_a_region_it_does_not_have_is_refused() {
    let local = Local::start().await;
    let driver = &local.driver;
    let first = driver.hold(hold_in("tokyo", "tokyo", 4)).await.unwrap();
    assert_eq!(first.zone, zone());
    let full = driver.hold(hold_in("tokyo-2", "tokyo", 1)).await.unwrap_err();
    assert_eq!(full.code(), Some(ProblemCode::CapacityExhausted));
    assert!(full.to_string().contains("zone z1: instances 1 asked, 0 free"), "{full}");
    assert_eq!(driver.hold(hold_in("osaka", "osaka", 4)).await.unwrap().zone, second_zone());
    let unknown = driver.hold(hold_in("sendai", "sendai", 1)).await.unwrap_err();
    assert_eq!(unknown.code(), Some(ProblemCode::RegionUnknown));
    assert!(unknown.to_string().contains("it has osaka, tokyo"), "{unknown}");
    assert_eq!(driver.list("ctr_1").await.unwrap().len(), 2);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn zones_of_one_region_are_filled_one_after_the_other() {
    let local = Local::start_with(|config| config.zones[1].zone.region = zone().region).await;
    let mut ids = Vec::new();
    for (key, count) in [("a", 3), ("b", 3), ("c", 1)] {
        let held = local.driver.hold(hold_in(key, "tokyo", count)).await.unwrap();
        ids.push(held.zone.id);
    }
    // The third fits beside the first.
    assert_eq!(ids, ["z1", "z2", "z1"]);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_group_is_never_divided_between_zones() {
    let local = Local::start_with(|config| config.zones[1].zone.region = zone().region).await;
    for key in ["a", "b"] {
        local.driver.hold(hold_in(key, "tokyo", 3)).await.unwrap();
    }
    // Two machines are free in the region, one in each zone.
    let refused = local.driver.hold(hold_in("c", "tokyo", 2)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::CapacityExhausted));
    let request = DiscoverRequest { region: "tokyo".into(), resources: group(), links: Vec::new() };
    let answer = local.driver.discover(&request).await.unwrap();
    assert_eq!((answer.available, answer.free.instances), (true, 1));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn an_allocation_stays_in_its_zone_when_the_cloud_no_longer_has_it() {
    let local = Local::start().await;
    let held = local.driver.hold(hold_in("osaka", "osaka", 1)).await.unwrap();
    local.cloud.shutdown().await;
    let mut shrunk = config(&local.dir);
    shrunk.zones.truncate(1);
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
    let again = reference_cloud::start(shrunk, clock).await.unwrap();
    let driver = driver(&again.url());
    assert_eq!(driver.allocation(&held.id).await.unwrap().zone, second_zone());
    let refused = driver.hold(hold_in("osaka-2", "osaka", 1)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::RegionUnknown));
    // What stays there takes nothing from the zones that are left.
    assert_eq!(driver.hold(hold_in("tokyo", "tokyo", 4)).await.unwrap().zone, zone());
    again.shutdown().await;
}

#[tokio::test]
async fn the_page_shows_every_zone() {
    let local = Local::start_with(|config| config.tenants.truncate(1)).await;
    local.driver.hold(hold_in("osaka", "osaka", 1)).await.unwrap();
    let page = client().get(local.cloud.url()).send().await.unwrap().text().await.unwrap();
    for text in ["Zone z1", "tokyo · JP · kanto", "Zone z2", "osaka · JP · kansai", "<td>z2</td>"]
    {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    local.cloud.shutdown().await;
}
