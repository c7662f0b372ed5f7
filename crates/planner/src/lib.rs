#![doc = include_str!("../README.md")]

mod check;
mod gamma;
mod input;
mod load;
mod proposal;
mod queue;
mod search;

pub use check::{Fault, Refusal};
pub use input::{Goal, Input, Limits, Mode, Observation, Quantities, Sizes, Station, Workload};
pub use load::{Demand, Source};
pub use proposal::{Bottleneck, Proposal, StationLoad};
pub use search::propose;
