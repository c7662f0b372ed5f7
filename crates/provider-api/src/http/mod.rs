//! `HttpDriver` and `HttpProbe`: the ports over real HTTP.
//! Deadlines, bounded retries, a size limit and the address guard live here; what to call and when does not.

mod archive;
mod body;
mod client;
mod config;
mod driver;
mod guard;
mod probe;
mod reader;
mod retry;
mod tls;
mod webhook;

pub use config::{ConfigError, DriverConfig, RetryPolicy, Secret};
pub use driver::HttpDriver;
pub use guard::{AddressPolicy, AddressRange, Forbidden, InvalidRange};
pub use probe::HttpProbe;
pub use reader::{HttpReader, Read, Sending};
pub use webhook::{WebhookMessage, WebhookSender, WebhookUrlFault};

pub(crate) use body::read as read_body;
pub(crate) use client::{chain, raw as raw_client};

#[cfg(test)]
mod tests;
