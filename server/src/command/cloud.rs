//! `kumoichi cloud`: one reference cloud as a process of its own.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use provider_api::{Amounts, Secret, Zone};
use reference_cloud::{ChildCommand, CloudConfig, EndpointRange};

use super::{block_on, say};
use crate::config::LogFormat;
use crate::wiring::write_secret;
use crate::{SystemClock, web};

/// What one cloud is and lends.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --token a token is made at the first start and kept in DATA/token; \
    connect a provider with the address and that token."
)]
pub struct CloudArgs {
    /// Where the API listens; a loopback address
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// Folder for everything the cloud keeps; one cloud uses it at a time
    #[arg(long, value_name = "FOLDER", default_value = "cloud-data")]
    data: PathBuf,
    /// Name for people
    #[arg(long, value_name = "NAME", default_value = "Reference cloud")]
    name: String,
    /// Zone id
    #[arg(long, value_name = "ID", default_value = "reference-1a")]
    zone: String,
    /// The provider's word for its region
    #[arg(long, value_name = "ID", default_value = "local")]
    region: String,
    /// Country of the zone, ISO 3166-1 alpha-2
    #[arg(long, value_name = "CODE", default_value = "JP")]
    country: String,
    /// What is struck together by one disaster
    #[arg(long, value_name = "ID", default_value = "local")]
    hazard_zone: String,
    /// First address lent to services; a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    first_address: Ipv4Addr,
    /// How many addresses are lent, counted up from the first
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    addresses: u16,
    /// First port lent on each address
    #[arg(long, value_name = "PORT", default_value_t = 7701)]
    first_port: u16,
    /// How many ports are lent on each address
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    ports: u16,
    /// Machines in all
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    instances: i64,
    /// Virtual CPUs in all
    #[arg(long, value_name = "NUMBER", default_value_t = 32)]
    vcpu: i64,
    /// Memory in all, MiB
    #[arg(long, value_name = "MIB", default_value_t = 65_536)]
    ram_mb: i64,
    /// Storage in all, GiB
    #[arg(long, value_name = "GIB", default_value_t = 500)]
    storage_gb: i64,
    /// Network in all, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 10_000)]
    mbps: i64,
    /// Bearer token of the API, at least 8 characters
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Token for ordering faults; without it none can be ordered
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Stop when the standard input closes, that is, when the process that started the cloud ends
    #[arg(long)]
    until_input_closes: bool,
    /// Log filter
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
    /// Form of log lines
    #[arg(long, value_name = "FORM", default_value = "plain")]
    log_format: LogFormat,
}

/// Runs the cloud until it is told to end.
pub fn run(args: CloudArgs) -> anyhow::Result<ExitCode> {
    crate::log::start(&args.log, args.log_format);
    let until_input_closes = args.until_input_closes;
    block_on(async move {
        let config = config(args)?;
        let told = format!("{} at ", config.name);
        let cloud = reference_cloud::start(config, Arc::new(SystemClock)).await?;
        say(&format!("{told}{}; Ctrl-C stops it", cloud.url()));
        tokio::select! {
            done = web::stop_signal() => done?,
            () = input_closes(), if until_input_closes => {}
        }
        cloud.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Returns when nobody holds the other end of the standard input.
async fn input_closes() {
    let (tell, told) = tokio::sync::oneshot::channel();
    // A thread of its own: a read on the runtime's threads would hold up the end of the process.
    std::thread::spawn(move || {
        let mut input = std::io::stdin();
        let mut ignored = [0; 64];
        while matches!(input.read(&mut ignored), Ok(count) if count > 0) {}
        // Nobody listens any more when the cloud was ended by a signal.
        let _ = tell.send(());
    });
    let _ = told.await;
}

fn config(args: CloudArgs) -> anyhow::Result<CloudConfig> {
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let demo_app = ChildCommand { program, args: vec!["demo-app".to_owned()] };
    let zone = Zone {
        id: args.zone,
        region: args.region,
        country: args.country,
        hazard_zone: args.hazard_zone,
    };
    let token = match args.token {
        Some(token) => token,
        None => kept_token(&args.data.join("token"))?,
    };
    let mut config =
        CloudConfig::small(args.listen, args.data, &args.name, zone, Secret::new(token), demo_app);
    config.capacity = Amounts {
        instances: args.instances,
        vcpu: args.vcpu,
        ram_mb: args.ram_mb,
        storage_gb: args.storage_gb,
        mbps: args.mbps,
    };
    config.endpoints = EndpointRange {
        first_address: args.first_address,
        addresses: args.addresses,
        first_port: args.first_port,
        ports: args.ports,
    };
    config.faults = args.admin_token.is_some();
    config.admin_token = args.admin_token.map(Secret::new);
    Ok(config)
}

/// The token of an earlier start, or a new one.
fn kept_token(path: &Path) -> anyhow::Result<String> {
    if let Ok(text) = std::fs::read_to_string(path) {
        return Ok(text.trim().to_owned());
    }
    let mut fresh = [0; 24];
    crate::system::fill(&mut fresh);
    write_secret(path, &hex::encode(fresh))
        .with_context(|| format!("the token {} cannot be written", path.display()))
}
