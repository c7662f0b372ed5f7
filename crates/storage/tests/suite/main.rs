//! The conformance stories of the storage crate, each told on both databases.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on must fail loudly")]

mod accounts;
mod admissions;
mod along;
mod bundles;
mod cancelled;
mod categories;
mod changes;
mod cloud_reports;
mod common;
mod contracts;
mod extensions;
mod inventory;
mod journal;
mod keys;
mod lock;
mod notices;
mod observations;
mod offer_life;
mod offers;
mod opening;
mod providers;
mod ratings;
mod requirements;
mod securing;
mod sessions;
mod statements;
mod telling;
mod turns;
mod uploads;
mod working_copies;
