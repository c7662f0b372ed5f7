//! `kumoichi mirror`: follow another market once, up to its latest event.

use std::process::ExitCode;

use broker::OpContext;
use clap::Args;

use super::{block_on, counted, say};
use crate::config::ConfigArgs;
use crate::wiring;

/// Which market.
#[derive(Debug, Args)]
#[command(
    after_help = "What is mirrored is catalogue only here and says where it comes from. Repeating the command goes on\n\
        where the last one stopped. `mirrors` in the settings does the same while the broker serves.\n\
        Example: kumoichi mirror https://market.example"
)]
pub struct MirrorArgs {
    /// Scheme and host of the other market
    #[arg(value_name = "URL")]
    origin: String,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Follows and prints what was done.
pub fn run(args: &MirrorArgs) -> anyhow::Result<ExitCode> {
    let settings = args.config.resolve()?;
    settings.start_log("warn");
    block_on(async move {
        let opened = wiring::open(&settings).await?;
        let ctx = OpContext::system("mirror");
        let report = opened.broker.follow_market(&ctx, &args.origin).await?;
        let count = |number: u64| counted(usize::try_from(number).unwrap_or(usize::MAX), "offer");
        let compared = if report.compared { ", the whole catalogue was compared" } else { "" };
        say(&format!("{} changed here{compared}", count(report.applied)));
        if report.refused > 0 {
            say(&format!("{} not taken; the log says why", count(report.refused)));
        }
        opened.broker.keep_match_index().await?;
        Ok(ExitCode::SUCCESS)
    })
}
