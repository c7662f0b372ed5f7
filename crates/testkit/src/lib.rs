#![doc = include_str!("../README.md")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up must fail loudly")]

mod cloud;
mod mailbox;
mod market;
pub mod modelled;
mod parts;

pub use cloud::{TestCloud, booking_at_once, driver_to, own_address, program, zone, zones};
pub use mailbox::Mailbox;
pub use market::{
    SEALING_KEY, TestBroker, admit, broker_parts, customer_of, customer_of_broker, offer_named,
    person, provider_of,
};
pub use parts::{HastyDrivers, HttpDrivers, encrypts, loopback};
pub use reference_cloud::{Fault, FaultKind, Securing, Switches, SystemClock};
pub use storage::testing::{Engine, TestDatabase};
