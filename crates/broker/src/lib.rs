#![doc = include_str!("../README.md")]

pub mod accounts;
mod audit;
mod background;
pub mod conformance;
mod context;
pub mod contracts;
pub mod demo;
pub mod desk;
mod documents;
mod error;
pub mod keys;
mod lifecycle;
pub mod market;
mod match_index;
mod monitor;
pub mod offers;
mod password;
pub mod ports;
pub mod providers;
mod reach;
pub mod regions;
pub mod requirements;
mod runtime;
mod seal;
pub mod seed;
mod shelf;
mod sync;

pub use context::OpContext;
pub use error::{BrokerError, FieldFault};
pub use password::PASSWORD_MEMORY_KIB;
pub use reach::CloudReach;
pub use runtime::{Broker, BrokerConfig, BrokerParts, SealingKey};
