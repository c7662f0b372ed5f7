//! `kumoichi reindex`: the search index, built anew from the database.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use storage::offers;

use super::{block_on, say};
use crate::config::ConfigArgs;
use crate::wiring::{self, NO_DATABASE_ADVICE};

/// Only settings.
#[derive(Debug, Args)]
#[command(
    after_help = "A running broker keeps its index up to date by itself; this command is for a broker that does not run.\n\
        It needs a data folder and a database that are there, and creates neither.\n\
        Exit codes: 0 the index holds every published offer; 1 it does not, or nothing was changed, and why."
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
        if !settings.data.is_dir() {
            let data = settings.data.display();
            bail!("there is no data folder {data}; nothing was created; {NO_DATABASE_ADVICE}");
        }
        let db = wiring::find_database(&settings).await?;
        let index = settings.index_folder();
        // Before anything is written: a broker of another version keeps its tables as well.
        let Some(lock) = wiring::lock_index(&settings)? else {
            bail!(
                "a running broker holds the index in {} and keeps it up to date by itself; nothing was changed; \
                to build it anew, stop the broker, run this command and start the broker again",
                index.display()
            );
        };
        wiring::migrate(&db).await?;
        let opened = wiring::open_over(&settings, db, Some(lock)).await?;
        let indexed = opened.broker.reindex().await?;
        let counts = offers::counts(&mut opened.broker.db().begin_read().await?).await?;
        say(&format!(
            "{indexed} offers indexed in {}; the database has {} on the market, {} drafts, {} paused, {} withdrawn",
            index.display(),
            counts.on_market(),
            counts.draft,
            counts.paused,
            counts.withdrawn
        ));
        let complete = i64::try_from(indexed).is_ok_and(|count| count == counts.on_market());
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
