//! What happened can be read again, in order, also after a crash, and holds that end by themselves are told.

mod common;

use std::time::Duration;

use common::*;
use provider_api::*;

fn states(page: &EventPage) -> Vec<ResourceState> {
    page.items.iter().map(|event| event.data.state).collect()
}

#[tokio::test]
async fn a_whole_life_is_told_state_by_state_and_a_label_tells_only_its_own() {
    use ResourceState::{Active, Draining, Erased, Held, Provisioning, Ready, Reserved};
    let local = Local::start().await;
    let driver = &local.driver;
    let id = activate(driver, group(), Quota::default()).await.id;
    driver.stop(command("stop", &id)).await.unwrap();
    driver.erase(command("erase", &id)).await.unwrap();
    driver.release(command("release", &id)).await.unwrap();
    let page = driver.events(None, Some("ctr_1")).await.unwrap();
    let life = [Held, Reserved, Provisioning, Ready, Active, Draining, Erased];
    assert_eq!(states(&page), life);
    let befores: Vec<_> = page.items.iter().filter_map(|event| event.data.before).collect();
    assert_eq!(befores, life[..6], "each event begins where the one before ended");
    assert!(!page.more && driver.events(Some(&page.next), None).await.unwrap().items.is_empty());
    assert!(driver.events(None, Some("ctr_2")).await.unwrap().items.is_empty());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_hold_that_ends_by_itself_is_told_at_the_moment_of_its_end() {
    let local = Local::start().await;
    let mut command = hold_command("hold", group());
    command.request.ttl_seconds = Some(5);
    let held = local.driver.hold(command).await.unwrap();
    local.pass(Duration::from_secs(100)).await;
    let told = || async {
        let page = local.driver.events(None, Some("ctr_1")).await.unwrap();
        page.items.last().filter(|event| event.data.state == ResourceState::Expired).cloned()
    };
    until("the end of the hold is told", || async { told().await.is_some() }).await;
    let event = told().await.unwrap();
    assert_eq!(Some(event.data.at_us), held.held_until_us);
    assert_eq!(event.kind, "kumoichi.allocation.expired");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_cloud_that_was_killed_tells_the_same_afterwards() {
    let mut process = Process::start().await;
    let id = activate(&process.driver, group(), Quota::default()).await.id;
    let before = process.driver.events(None, None).await.unwrap();
    process.kill();
    process.restart().await;
    let after = process.driver.events(None, None).await.unwrap();
    assert_eq!(after.items, before.items);
    process.driver.stop(command("stop", &id)).await.unwrap();
    let more = process.driver.events(Some(&before.next), None).await.unwrap();
    assert_eq!(states(&more), [ResourceState::Draining]);
}

#[tokio::test]
async fn a_place_that_is_none_is_refused_by_its_name() {
    let local = Local::start().await;
    let refused = local.driver.events(Some("yesterday"), None).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::InvalidRequest));
    local.cloud.shutdown().await;
}
