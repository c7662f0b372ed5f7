//! The facts every provider must show, over real HTTP.

mod common;

use common::Local;
use provider_api::suite;

#[tokio::test]
async fn the_reference_cloud_shows_every_fact_of_the_suite() {
    let local = Local::start().await;
    let shown = suite::run(&local).await.unwrap();
    assert!(shown.len() >= 16, "{shown:?}");
    assert!(common::child_pids(&local.dir).is_empty());
    local.cloud.shutdown().await;
}
