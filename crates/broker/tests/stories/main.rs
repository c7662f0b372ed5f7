//! Stories of the marketplace on both databases, with a real cloud where one is needed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod accounts;
mod admissions;
mod adoption;
mod announcements;
mod at_once;
mod audiences;
mod bundles;
mod categories;
mod changes;
mod combinations;
mod conformance;
mod contracts;
mod costs;
mod crowd;
mod data;
mod deliveries;
mod demand;
mod desk;
mod editing;
mod ends;
mod exchange;
mod extending;
mod feed;
mod finding;
mod inventory;
mod leaks;
mod life;
mod market;
mod moves;
mod newer;
mod next_prices;
mod notices;
mod offers;
mod once;
mod orders;
mod planning;
mod preemption;
mod ranking;
mod ratings;
mod regions;
mod relevance;
mod renewals;
mod repair;
mod repeats;
mod requotes;
mod restart;
mod securing;
mod signals;
mod simulation;
mod starts;
mod statistics;
mod terminations;
mod uploads;
mod watching;

/// Makes each story two tests, one for each database.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $story() {
                super::$story(testkit::Engine::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $story() {
                super::$story(testkit::Engine::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both;
