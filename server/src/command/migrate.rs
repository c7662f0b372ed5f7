//! `kumoichi migrate`: the tables, and nothing else.

use std::process::ExitCode;

use clap::Args;

use super::{block_on, say};
use crate::config::ConfigArgs;
use crate::wiring;

/// Only settings.
#[derive(Debug, Args)]
#[command(after_help = "Safe to run at any time, also from several replicas at once; \
    `serve` does the same at its start.")]
pub struct MigrateArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Brings the tables up to date.
pub fn run(args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    let settings = args.config.resolve()?;
    settings.start_log("warn");
    block_on(async move {
        let db = wiring::open_database(&settings).await?;
        say(&format!("the tables are up to date ({})", db.engine()));
        db.close().await;
        Ok(ExitCode::SUCCESS)
    })
}
