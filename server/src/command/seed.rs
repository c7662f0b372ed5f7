//! `kumoichi seed`: a market to look at, to test and to measure with.

use std::process::ExitCode;

use broker::OpContext;
use broker::seed::{DEMO_PASSWORD, DEMO_PEOPLE, DemoClouds};
use clap::{ArgGroup, Args};

use super::{block_on, say};
use crate::clouds::{self, Places};
use crate::config::ConfigArgs;
use crate::wiring;

/// Which market.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("market").required(true).multiple(true),
    after_help = "What is there already stays as it is, so repeating a command changes nothing.\n\
        Example: kumoichi seed --offers 10000 --seed 7"
)]
pub struct SeedArgs {
    /// The demo market: real published figures, three fictional providers with clouds, three people
    #[arg(long, group = "market")]
    demo: bool,
    /// So many synthetic offers, the same for the same seed on every machine
    #[arg(long, value_name = "NUMBER", group = "market")]
    offers: Option<u32>,
    /// Seed of the synthetic market
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    seed: u64,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Seeds and prints what was added.
pub fn run(args: &SeedArgs) -> anyhow::Result<ExitCode> {
    let settings = args.config.resolve()?;
    settings.start_log("warn");
    block_on(async move {
        let opened = wiring::open(&settings).await?;
        let ctx = OpContext::system("seed");
        if args.demo {
            let folder = settings.clouds_folder();
            let connections = if clouds::exist(&folder) {
                Places::open(&folder, settings.clouds_port)?.connections()
            } else {
                DemoClouds::new()
            };
            let seeded = opened.broker.seed_demo(&ctx, &connections).await?;
            say(&format!(
                "demo market: {} providers, {} offers added",
                seeded.providers, seeded.offers
            ));
            for person in DEMO_PEOPLE {
                say(&format!("  {:9} {}  {DEMO_PASSWORD}", person.role.as_str(), person.email));
            }
        }
        if let Some(count) = args.offers {
            let seeded = opened.broker.seed_synthetic(&ctx, count, args.seed).await?;
            say(&format!(
                "synthetic market with seed {}: {} providers, {} offers added",
                args.seed, seeded.providers, seeded.offers
            ));
        }
        // So that the first `serve` need not read every document again.
        opened.broker.keep_match_index().await?;
        Ok(ExitCode::SUCCESS)
    })
}
