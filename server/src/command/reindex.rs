//! `kumoichi reindex`: the search index, built anew from the database.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use storage::offers;

use super::{block_on, say};
use crate::config::ConfigArgs;
use crate::wiring;

/// Only settings.
#[derive(Debug, Args)]
#[command(
    after_help = "A running broker keeps its index up to date by itself and builds it anew at \
    each start; this command is for a broker that does not run."
)]
pub struct ReindexArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Builds the index and prints the counts.
pub fn run(args: &ReindexArgs) -> anyhow::Result<ExitCode> {
    let settings = args.config.resolve()?;
    settings.start_log("warn");
    block_on(async move {
        let opened = wiring::open(&settings).await?;
        if opened.index_lock.is_none() {
            bail!(
                "a running process uses the index in {}; it builds the index anew when it is restarted",
                settings.index_folder().display()
            );
        }
        let indexed = opened.broker.reindex().await?;
        let counts = offers::counts(&mut opened.broker.db().begin_read().await?).await?;
        say(&format!(
            "{indexed} offers indexed; the database has {} published, {} drafts, {} withdrawn",
            counts.published, counts.draft, counts.withdrawn
        ));
        let complete = i64::try_from(indexed).is_ok_and(|count| count == counts.published);
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
