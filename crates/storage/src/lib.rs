#![doc = include_str!("../README.md")]

mod db;
mod error;
mod statement;
pub mod stats;
#[cfg(feature = "testing")]
pub mod testing;

pub use db::{Db, Tx};
pub use error::StorageError;
pub use statement::{Statement, all_statements};
