#![doc = include_str!("../README.md")]

pub mod accounts;
mod audit;
mod context;
pub mod contracts;
pub mod desk;
mod error;
pub mod market;
pub mod offers;
pub mod ports;
pub mod providers;
pub mod requirements;
mod password;
mod runtime;
mod seal;
mod shelf;

pub use context::OpContext;
pub use error::{BrokerError, FieldFault};
pub use runtime::{Broker, BrokerConfig, BrokerParts, SealingKey};
