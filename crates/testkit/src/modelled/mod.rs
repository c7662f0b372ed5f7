//! A modelled cloud: the rules of the Inter-cloud Provider API without processes and sockets, for the
//! deterministic simulation (over a network that loses and doubles messages) and for measuring the
//! broker alone (over [`Direct`]).

mod cloud;
mod driver;
mod words;

pub use cloud::{Book, Cloud};
pub use driver::{Carrier, Direct, Modelled};
pub use words::{Answer, Request, Told};
