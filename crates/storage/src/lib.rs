#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod announcements;
pub mod audiences;
pub mod audit;
pub mod channels;
pub mod cloud_reports;
pub mod contracts;
mod db;
mod error;
pub mod favourites;
pub mod feed;
pub mod idempotency;
pub mod inventory;
pub mod keys;
pub mod lock;
pub mod looks;
pub mod mirror;
pub mod notices;
pub mod observations;
pub mod offers;
mod open;
pub mod page;
pub mod providers;
pub mod ratings;
mod record;
pub mod reminders;
pub mod requirements;
pub mod securing;
pub mod sessions;
mod statement;
pub mod statistics;
pub mod stats;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
mod unit;
pub mod workflow;
pub mod working_copies;

pub use db::{Db, Tx};
pub use error::StorageError;
pub use page::{Cursor, CursorError, PAGE_LIMIT_MAX, Page};
pub use record::Secret;
pub use statement::{Statement, all_statements};
pub use unit::Unit;
