#![doc = include_str!("../README.md")]

pub mod accounts;
mod context;
pub mod contracts;
pub mod desk;
mod error;
pub mod market;
pub mod offers;
pub mod ports;
pub mod providers;
pub mod requirements;
mod runtime;

pub use context::OpContext;
pub use error::{BrokerError, FieldFault};
pub use runtime::{Broker, BrokerConfig, BrokerParts};
