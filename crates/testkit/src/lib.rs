#![doc = include_str!("../README.md")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up must fail loudly")]

mod cloud;
mod market;
mod parts;

pub use cloud::{TestCloud, program, zone, zones};
pub use market::{SEALING_KEY, TestBroker, customer_of};
pub use parts::{HttpDrivers, loopback};
pub use storage::testing::{Engine, TestDatabase};
