//! One module for each command: read the settings, wire the parts, call the use cases, say what was done.

pub mod cloud;
pub mod conform;
pub mod demo_app;
pub mod dictionary;
pub mod doctor;
pub mod import;
pub mod match_case;
pub mod migrate;
pub mod mirror;
pub mod openapi;
pub mod publish;
pub mod reindex;
pub mod seed;
pub mod serve;
pub mod sla;

use std::future::Future;
use std::io::{self, Write};

use anyhow::Context;

/// Writes a line to the standard output; a reader that went away (`| head`) is no fault.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// A number of things, such as `1 offer` and `2 offers`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Runs a command's work on the async workers.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the async workers could not be started")?;
    let done = runtime.block_on(work);
    // A thread that waits for the standard input would hold the end up.
    runtime.shutdown_background();
    done
}
