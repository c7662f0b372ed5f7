#![doc = include_str!("../README.md")]

mod api;
mod children;
mod cloud;
mod config;
mod copies;
mod demo;
mod error;
mod export;
mod faults;
mod gateway;
mod http_server;
mod images;
mod keys;
mod links;
mod operations;
mod store;
mod switches;
mod tenants;
mod volume;
mod watch;
mod words;

pub use cloud::{RunningCloud, SystemClock, run, start};
pub use config::{ChildCommand, CloudConfig, EndpointRange, ImageLimits, Securing, UnitPrices};
pub use demo::{DemoAppArgs, DemoAppError, run_demo_app};
pub use error::CloudError;
pub use faults::{Fault, FaultKind};
pub use switches::Switches;
pub use tenants::Tenant;
