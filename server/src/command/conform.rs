//! `kumoichi conform`: does a cloud keep the contract of the Inter-cloud Provider API?

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use domain::Clock;
use provider_api::suite::{self, Options, RealTime, Report, Target, Verdict};
use provider_api::{AddressRange, DriverConfig, Secret};

use super::{block_on, say};
use crate::SystemClock;

/// Exit code when the cloud could not be examined.
const NOT_EXAMINED: u8 = 2;

/// Which cloud, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "It holds, starts, stops, erases and releases small things at the cloud and gives everything back. \
        Use a tenant of its own: some checks fill a region for some seconds.\n\
        Exit codes: 0 it conforms; 1 it does not; 2 it could not be examined."
)]
pub struct ConformArgs {
    /// Address of the API, without /v1
    url: String,
    /// Bearer token of the API
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_TOKEN", hide_env_values = true)]
    token: String,
    /// Token for ordering faults, where the cloud takes such orders; without it those checks are skipped
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Token of a second tenant of the same cloud; without it the checks between tenants are skipped
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_OTHER_TOKEN", hide_env_values = true)]
    other_token: Option<String>,
    /// Address of a second cloud that makes links, without /v1; without it the checks between two clouds are skipped
    #[arg(long, value_name = "URL", requires = "second_token")]
    second_url: Option<String>,
    /// Bearer token of the second cloud
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_SECOND_TOKEN", hide_env_values = true)]
    second_token: Option<String>,
    /// Also writes the report as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
    /// Shows everything that was sent and came for checks that failed, not only the last
    #[arg(long)]
    exchanges: bool,
    /// Only checks whose names begin so, such as hold or end.statement; repeat it for several
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Leaves out the checks that fill a region
    #[arg(long)]
    no_fill: bool,
    /// A private network that the cloud and its services may be in, such as 10.0.0.0/8; this machine may be asked
    /// when the address names it
    #[arg(long, value_name = "NETWORK")]
    allow_network: Vec<AddressRange>,
}

/// Examines the cloud and prints the report.
pub fn run(args: &ConformArgs) -> anyhow::Result<ExitCode> {
    crate::log::start("warn", crate::config::LogFormat::Plain);
    if let Some(path) = &args.html
        && let Err(error) = std::fs::File::create(path)
    {
        // Before the examination: it takes a minute, and a report that cannot be kept is lost.
        say(&format!("not examined: {} cannot be written: {error}", path.display()));
        return Ok(ExitCode::from(NOT_EXAMINED));
    }
    let report = match target(args) {
        Ok(target) => block_on(async { Ok(examine(args, &target).await) })?,
        Err(error) => {
            say(&format!("not examined: {error:#}"));
            return Ok(ExitCode::from(NOT_EXAMINED));
        }
    };
    if let Some(path) = &args.html {
        std::fs::write(path, report.html())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if args.json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        say(report.text(args.exchanges).trim_end());
    }
    Ok(match report.verdict {
        Verdict::Conforms => ExitCode::SUCCESS,
        Verdict::Deviates => ExitCode::FAILURE,
        Verdict::NotRun => ExitCode::from(NOT_EXAMINED),
    })
}

fn target(args: &ConformArgs) -> anyhow::Result<Target> {
    let config = connection(args, &args.url, &args.token)?;
    let mut target = Target::new(config);
    target.admin_token = args.admin_token.as_deref().map(Secret::new);
    target.other_token = args.other_token.as_deref().map(Secret::new);
    if let (Some(url), Some(token)) = (&args.second_url, &args.second_token) {
        target.second = Some(connection(args, url, token)?);
    }
    Ok(target)
}

/// How a cloud is reached; this machine may be asked when the address names it.
fn connection(args: &ConformArgs, url: &str, token: &str) -> anyhow::Result<DriverConfig> {
    let config = DriverConfig::new(url, token)?;
    let mut allowed = args.allow_network.clone();
    let host = config.base_url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        for block in ["127.0.0.0/8", "::1/128"] {
            allowed.push(block.parse()?);
        }
    }
    Ok(config.allowing(allowed))
}

async fn examine(args: &ConformArgs, target: &Target) -> Report {
    let mut name = [0; 6];
    crate::system::fill(&mut name);
    let mut options = Options::new(hex::encode(name), SystemClock.now().0);
    options.only.clone_from(&args.only);
    options.fill = !args.no_fill;
    suite::run(target, &options, Arc::new(RealTime)).await
}
