//! Broker or cloud are killed with `kill -9` at every step of every workflow, on both databases.
//!
//! Processes of the real program do the work. One stands still at the wanted place; there it is
//! killed, or the cloud is. Then the workflow must end, with exactly one set of resources at the
//! cloud or none. On SQLite the broker is started again; on PostgreSQL a second one is already
//! there when the first dies. Activation and release are cut at every place each time; the others
//! where the cloud has acted and nobody noted it, and everywhere in a run at night
//! (`KUMOICHI_KILL_EVERYWHERE`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod broker_dies;
mod channels;
mod cloud_dies;
mod firm;
mod moves;
mod preemption;
mod processes;
mod publication;
mod secure;
mod story;

/// One test for each database.
macro_rules! on_both {
    ($($story:ident => $test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() {
                super::$story(testkit::Engine::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() {
                super::$story(testkit::Engine::Postgres).await;
            })+
        }
    };
}
use on_both;
