//! Links between two clouds (IF3, IF6, IF9, F7.6.4): consent of both, a tunnel that carries, and its end.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails its test")]

mod common;

use std::time::Duration;

use common::{
    Local, Process, activate, call, client, command, group, hold_command, note, until, until_within,
};
use provider_api::*;
use serde_json::{Value, json};

/// What a link of these tests carries.
const MBPS: u32 = 50;

async fn booked(driver: &HttpDriver) -> AllocationId {
    let id = driver.hold(hold_command("hold", group())).await.unwrap().id;
    let confirm = ConfirmCommand {
        call: call("confirm"),
        allocation_id: id.clone(),
        quota: Quota::default(),
    };
    driver.confirm(confirm).await.unwrap();
    id
}

async fn peer_of(driver: &HttpDriver) -> LinkPeer {
    driver.capabilities().await.unwrap().links.unwrap().peer
}

async fn ask(one: &HttpDriver, id: &AllocationId, other: &HttpDriver, mbps: u32) -> Link {
    let request =
        LinkRequest { peer: peer_of(other).await, mbps, isolation: LinkIsolation::Tunnel };
    let command = LinkCommand { call: call("link"), allocation_id: id.clone(), request };
    one.open_link(command).await.unwrap()
}

async fn accept(other: &HttpDriver, id: &AllocationId, asked: &Link) -> Link {
    let offer = asked.offer.clone().unwrap();
    let command = AcceptLinkCommand { call: call("accept"), allocation_id: id.clone(), offer };
    other.accept_link(command).await.unwrap()
}

async fn is(driver: &HttpDriver, link: &Link, state: LinkState) {
    let what = format!("the link is {}", state.as_str());
    until_within(Duration::from_secs(20), &what, || async {
        driver.link(&link.id).await.is_ok_and(|link| link.state == state)
    })
    .await;
}

/// Asks, accepts and waits for the tunnel.
async fn linked(
    (one, one_id): (&HttpDriver, &AllocationId),
    (other, other_id): (&HttpDriver, &AllocationId),
    mbps: u32,
) -> (Link, Link) {
    let asked = ask(one, one_id, other, mbps).await;
    let accepted = accept(other, other_id, &asked).await;
    is(one, &asked, LinkState::Up).await;
    is(other, &accepted, LinkState::Up).await;
    (asked, accepted)
}

async fn close(driver: &HttpDriver, link: &Link) -> Link {
    let command = CloseLinkCommand { call: call("close"), link_id: link.id.clone() };
    driver.close_link(command).await.unwrap()
}

/// What the service of an allocation hears from those it is linked with.
async fn heard(open: &Allocation) -> Vec<Value> {
    let url = format!("{}linked", common::service_url(open));
    client().get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn f7_6_4_a_service_reaches_another_cloud_through_the_tunnel_only_and_again_after_kills() {
    let (mut one, mut other) = (Process::start().await, Process::start().await);
    let near = activate(&one.driver, group(), Quota::default()).await;
    let far = activate(&other.driver, group(), Quota::default()).await;
    note(&far, "from the other cloud").await;
    // Nobody reaches it at its address any more.
    other.driver.deny(command("deny", &far.id)).await.unwrap();
    assert!(client().get(common::service_url(&far)).send().await.is_err());
    assert_eq!(heard(&near).await, Vec::<Value>::new());
    let ends = ((&one.driver, &near.id), (&other.driver, &far.id));
    let (asked, accepted) = linked(ends.0, ends.1, MBPS).await;
    let hears = |near: Allocation| async move {
        let said = heard(&near).await;
        said.len() == 1 && said[0]["state"]["notes"] == json!(["from the other cloud"])
    };
    assert!(hears(near.clone()).await, "{:?}", heard(&near).await);
    let seen = one.driver.link(&asked.id).await.unwrap();
    assert!(seen.rtt_us.is_some() && seen.sent_bytes > 100 && seen.received_bytes > 100);
    // The side that calls dies, then the side that is called.
    other.kill();
    is(&one.driver, &asked, LinkState::Accepted).await;
    assert_eq!(heard(&near).await, Vec::<Value>::new(), "what is cut off leads nowhere");
    other.restart().await;
    is(&one.driver, &asked, LinkState::Up).await;
    until("the service answers again", || hears(near.clone())).await;
    one.kill();
    is(&other.driver, &accepted, LinkState::Accepted).await;
    one.restart().await;
    is(&one.driver, &asked, LinkState::Up).await;
    until("the service answers again", || hears(near.clone())).await;
    let carried = one.driver.link(&asked.id).await.unwrap().received_bytes;
    assert!(carried > 100, "{carried}");
    let down = close(&other.driver, &accepted).await;
    assert_eq!((down.state, down.common), (LinkState::Down, ResourceState::Released));
    is(&one.driver, &asked, LinkState::Down).await;
    assert_eq!(heard(&near).await, Vec::<Value>::new());
    // And it stays so when both start again.
    one.kill();
    one.restart().await;
    assert_eq!(one.driver.link(&asked.id).await.unwrap().state, LinkState::Down);
}

#[tokio::test]
async fn if3_only_the_cloud_that_was_named_and_given_the_key_comes_in() {
    let (one, other, third) = (Local::start().await, Local::start().await, Local::start().await);
    let ids = (booked(&one.driver).await, booked(&other.driver).await, booked(&third.driver).await);
    let asked = ask(&one.driver, &ids.0, &other.driver, MBPS).await;
    assert_eq!((asked.state, asked.common), (LinkState::Requested, ResourceState::Held));
    // The offer in the wrong hands, and a made-up key in the right ones.
    let stranger = accept(&third.driver, &ids.2, &asked).await;
    let mut offer = asked.offer.clone().unwrap();
    offer.activation_key = "guessed".into();
    let guess = AcceptLinkCommand { call: call("guess"), allocation_id: ids.1.clone(), offer };
    let guessed = other.driver.accept_link(guess).await.unwrap();
    for (driver, link) in [(&third.driver, &stranger), (&other.driver, &guessed)] {
        until("the refusal is told", || async {
            driver.link(&link.id).await.unwrap().reason.is_some()
        })
        .await;
        assert_eq!(driver.link(&link.id).await.unwrap().state, LinkState::Accepted);
    }
    assert_eq!(one.driver.link(&asked.id).await.unwrap().state, LinkState::Requested);
    // The right one still comes in, and only once: a second allocation cannot take its place.
    let accepted = accept(&other.driver, &ids.1, &asked).await;
    is(&one.driver, &asked, LinkState::Up).await;
    let seen = one.driver.link(&asked.id).await.unwrap();
    assert_eq!((seen.peer_link_id, seen.offer), (Some(accepted.id), None));
    let second = AcceptLinkCommand {
        call: call("second"),
        allocation_id: ids.1.clone(),
        offer: asked.offer.clone().unwrap(),
    };
    let refused = other.driver.accept_link(second).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState), "{refused}");
    for local in [one, other, third] {
        local.cloud.shutdown().await;
    }
}

#[tokio::test]
async fn if9_a_probe_measures_no_more_than_what_was_booked_at_both_clouds() {
    let (one, other) = (Local::start().await, Local::start().await);
    let ids = (booked(&one.driver).await, booked(&other.driver).await);
    let ask_free =
        DiscoverRequest { region: "tokyo".into(), resources: group(), links: Vec::new() };
    let free = |driver: HttpDriver| {
        let ask = ask_free.clone();
        async move { driver.discover(&ask).await.unwrap().free.mbps }
    };
    let before = (free(one.driver.clone()).await, free(other.driver.clone()).await);
    let (asked, accepted) = linked((&one.driver, &ids.0), (&other.driver, &ids.1), 8).await;
    let after = (free(one.driver.clone()).await, free(other.driver.clone()).await);
    assert_eq!(after, (before.0 - 8, before.1 - 8));
    for (driver, link) in [(&one.driver, &asked), (&other.driver, &accepted)] {
        let measured = driver.probe_link(&link.id).await.unwrap();
        assert!(measured.rtt_us > 0 && measured.bytes > 0, "{measured:?}");
        assert!((2000..=9500).contains(&measured.throughput_kbps), "{measured:?}");
        let carried = driver.link(&link.id).await.unwrap().sent_bytes;
        assert!(carried >= measured.bytes);
    }
    // What was booked for links is not there for others.
    let request = LinkRequest {
        peer: peer_of(&other.driver).await,
        mbps: 1000,
        isolation: LinkIsolation::Tunnel,
    };
    let beyond = LinkCommand { call: call("beyond"), allocation_id: ids.0.clone(), request };
    let refused = one.driver.open_link(beyond).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::CapacityExhausted));
    assert!(close(&one.driver, &asked).await.sent_bytes > 100_000, "what was carried is told");
    is(&other.driver, &accepted, LinkState::Down).await;
    assert_eq!((free(one.driver.clone()).await, free(other.driver.clone()).await), before);
    let refused = one.driver.probe_link(&asked.id).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState));
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}

/// Each acceptance keeps bandwidth, so one offer is accepted once, whatever the key and the allocation.
#[tokio::test]
async fn if3_an_offer_is_accepted_once_whatever_the_key() {
    let (one, other) = (Local::start().await, Local::start().await);
    let (id, other_id) = (booked(&one.driver).await, booked(&other.driver).await);
    let asked = ask(&one.driver, &id, &other.driver, MBPS).await;
    let accepted = accept(&other.driver, &other_id, &asked).await;
    assert_eq!(accept(&other.driver, &other_id, &asked).await.id, accepted.id, "the same key");
    let offer = asked.offer.clone().unwrap();
    let again = AcceptLinkCommand { call: call("another"), allocation_id: other_id.clone(), offer };
    let refused = other.driver.accept_link(again).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState), "{refused}");
    is(&other.driver, &accepted, LinkState::Up).await;
    assert_eq!(other.driver.links(&other_id).await.unwrap().len(), 1);
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}

#[tokio::test]
async fn a_cut_on_order_is_told_and_the_tunnel_comes_back() {
    let (one, other) = (Local::start().await, Local::start().await);
    let ids = (booked(&one.driver).await, booked(&other.driver).await);
    let (asked, accepted) = linked((&one.driver, &ids.0), (&other.driver, &ids.1), MBPS).await;
    common::switch(&other, json!({"linkCut": true})).await;
    is(&one.driver, &asked, LinkState::Accepted).await;
    is(&other.driver, &accepted, LinkState::Accepted).await;
    common::switch(&other, json!({})).await;
    is(&one.driver, &asked, LinkState::Up).await;
    is(&other.driver, &accepted, LinkState::Up).await;
    let feed = one.driver.events(None, None).await.unwrap();
    let told: Vec<_> = feed.items.iter().filter_map(|event| event.data.link.clone()).collect();
    let states: Vec<_> = told.iter().map(|link| link.state.as_str()).collect();
    assert_eq!(states, ["requested", "accepted", "up", "accepted", "up"]);
    assert!(feed.items.iter().any(|event| event.kind == "kumoichi.link.up"));
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}

#[tokio::test]
async fn f7_10_1d_a_release_takes_links_down_last_and_the_other_side_hears_of_it() {
    let (one, other) = (Local::start().await, Local::start().await);
    let open = activate(&one.driver, group(), Quota::default()).await;
    let other_id = booked(&other.driver).await;
    let (asked, accepted) = linked((&one.driver, &open.id), (&other.driver, &other_id), MBPS).await;
    one.driver.stop(command("stop", &open.id)).await.unwrap();
    one.driver.erase(command("erase", &open.id)).await.unwrap();
    // Machines and data are gone, the network is there.
    assert_eq!(one.driver.link(&asked.id).await.unwrap().state, LinkState::Up);
    let graph = one.driver.resources(&open.id).await.unwrap();
    assert!(graph.resources.iter().any(|each| each.kind == ResourceKind::Link));
    one.driver.release(command("release", &open.id)).await.unwrap();
    let down = one.driver.link(&asked.id).await.unwrap();
    assert_eq!(down.reason.as_deref(), Some("the allocation is released"));
    is(&other.driver, &accepted, LinkState::Down).await;
    let feed = one.driver.events(None, None).await.unwrap();
    let last: Vec<_> = feed.items.iter().rev().take(2).map(|event| event.kind.as_str()).collect();
    assert_eq!(last, ["kumoichi.allocation.erased", "kumoichi.link.down"]);
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}

#[tokio::test]
async fn a_link_nobody_accepts_ends_by_itself_and_one_of_another_tenant_is_not_found() {
    let (one, other) = (Local::start().await, Local::start().await);
    let (id, other_id) = (booked(&one.driver).await, booked(&other.driver).await);
    let asked = ask(&one.driver, &id, &other.driver, MBPS).await;
    let stranger = common::driver_of(&one.cloud.url(), common::OTHER);
    assert!(matches!(stranger.link(&asked.id).await, Err(DriverError::Gone { .. })));
    one.pass(Duration::from_secs(3601)).await;
    assert_eq!(one.driver.link(&asked.id).await.unwrap().state, LinkState::Down);
    // Too late.
    let accepted = accept(&other.driver, &other_id, &asked).await;
    is(&other.driver, &accepted, LinkState::Down).await;
    let held = one.driver.hold(hold_command("held", group())).await.unwrap();
    let request = LinkRequest {
        peer: peer_of(&other.driver).await,
        mbps: 1,
        isolation: LinkIsolation::Tunnel,
    };
    let early = LinkCommand { call: call("early"), allocation_id: held.id, request };
    let refused = one.driver.open_link(early).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState));
    let unlinked = Local::start_with(|config| config.link_listen = None).await;
    assert!(unlinked.driver.capabilities().await.unwrap().links.is_none());
    for local in [one, other, unlinked] {
        local.cloud.shutdown().await;
    }
}

#[tokio::test]
async fn f7_4_3_links_are_held_in_the_group_of_their_allocation_and_end_with_it() {
    let (one, other) = (Local::start().await, Local::start().await);
    let place = LinkPlace { mbps: MBPS, isolation: LinkIsolation::Tunnel };
    let held = |driver: HttpDriver, key: &'static str| async move {
        let mut command = hold_command(key, group());
        command.request.links = vec![place];
        driver.hold(command).await.unwrap()
    };
    let free = |driver: HttpDriver| async move {
        let region = "tokyo".to_owned();
        let ask = DiscoverRequest { region, resources: group(), links: vec![place] };
        driver.discover(&ask).await.unwrap().free.mbps
    };
    let before = free(one.driver.clone()).await;
    let taken = i64::from(MBPS + group().network.mbps);
    let ends = held(one.driver.clone(), "ends").await;
    assert_eq!((ends.links, free(one.driver.clone()).await), (vec![place], before - taken));
    one.pass(Duration::from_secs(100_000)).await;
    assert_eq!(free(one.driver.clone()).await, before, "links end with their hold");
    let mut ids = Vec::new();
    for driver in [&one.driver, &other.driver] {
        let id = held(driver.clone(), "hold").await.id;
        let confirm = ConfirmCommand {
            call: call("confirm"),
            allocation_id: id.clone(),
            quota: Quota::default(),
        };
        driver.confirm(confirm).await.unwrap();
        ids.push(id);
    }
    let booked = free(one.driver.clone()).await;
    assert_eq!(booked, before - taken);
    let ends = ((&one.driver, &ids[0]), (&other.driver, &ids[1]));
    let (asked, accepted) = linked(ends.0, ends.1, MBPS).await;
    let both = (free(one.driver.clone()).await, free(other.driver.clone()).await);
    assert_eq!(both, (booked, booked), "at either side a link stands in the place that was held");
    close(&one.driver, &asked).await;
    is(&other.driver, &accepted, LinkState::Down).await;
    assert_eq!(free(one.driver.clone()).await, booked, "the place stays for the next one");
    // The next one stands in it, and one more is booked by itself.
    let next = |key: &'static str| {
        let (driver, id, other) = (one.driver.clone(), ids[0].clone(), other.driver.clone());
        async move {
            let peer = peer_of(&other).await;
            let request = LinkRequest { peer, mbps: MBPS, isolation: LinkIsolation::Tunnel };
            let command = LinkCommand { call: call(key), allocation_id: id, request };
            driver.open_link(command).await.unwrap()
        }
    };
    next("next").await;
    assert_eq!(free(one.driver.clone()).await, booked);
    next("one-more").await;
    assert_eq!(free(one.driver.clone()).await, booked - i64::from(MBPS));
    one.driver.release(command("release", &ids[0])).await.unwrap();
    assert_eq!(free(one.driver.clone()).await, before);
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}
