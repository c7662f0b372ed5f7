#![doc = include_str!("../README.md")]

pub mod accounts;
mod audit;
mod context;
pub mod contracts;
pub mod desk;
mod error;
mod lifecycle;
pub mod market;
mod monitor;
pub mod offers;
pub mod ports;
pub mod providers;
pub mod requirements;
mod password;
mod runtime;
mod seal;
mod shelf;
mod sync;

pub use context::OpContext;
pub use error::{BrokerError, FieldFault};
pub use runtime::{Broker, BrokerConfig, BrokerParts, SealingKey};
