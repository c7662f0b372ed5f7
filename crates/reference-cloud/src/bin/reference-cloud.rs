//! The reference cloud as a program of its own, as tests start it: `serve`, and `demo-app` for its children.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use provider_api::{Amounts, Secret, Zone, ZoneCapacity};
use reference_cloud::{ChildCommand, CloudConfig, DemoAppArgs, EndpointRange, Tenant};

/// A small cloud that speaks the Inter-cloud Provider API.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until Ctrl-C.
    Serve(ServeArgs),
    /// The demo application; started by a cloud, not by hand.
    #[command(hide = true)]
    DemoApp(DemoAppArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Where the API listens.
    #[arg(long)]
    listen: SocketAddr,
    /// Where other clouds call for links; without it nothing is linked.
    #[arg(long)]
    link_listen: Option<SocketAddr>,
    /// Directory for everything the cloud keeps.
    #[arg(long)]
    data_dir: PathBuf,
    /// Name for people.
    #[arg(long, default_value = "Reference cloud")]
    name: String,
    /// Region of its one zone.
    #[arg(long, default_value = "local")]
    region: String,
    /// Its country, two upper-case letters.
    #[arg(long, default_value = "JP")]
    country: String,
    /// First address lent to services.
    #[arg(long, default_value = "127.0.0.1")]
    first_address: Ipv4Addr,
    /// First port lent to services.
    #[arg(long, default_value_t = 8700)]
    first_port: u16,
    /// How many ports are lent.
    #[arg(long, default_value_t = 64)]
    ports: u16,
    /// Machines in all.
    #[arg(long, default_value_t = 8)]
    instances: i64,
    /// Virtual processors in all; four for each machine when nothing is said, and at least 32.
    #[arg(long)]
    vcpu: Option<i64>,
    /// Mebibytes of memory in all.
    #[arg(long, default_value_t = 65_536)]
    ram_mb: i64,
    /// Gigabytes of storage in all.
    #[arg(long, default_value_t = 500)]
    storage_gb: i64,
    /// Megabits a second in all.
    #[arg(long, default_value_t = 10_000)]
    mbps: i64,
    /// Post events to this machine too, and not to public addresses only.
    #[arg(long)]
    webhooks_to_loopback: bool,
    /// A variable of recipes, as `dns.resolver=192.0.2.53`; may be given several times.
    #[arg(long, value_parser = pair)]
    variable: Vec<(String, String)>,
    /// Bearer token of the API.
    #[arg(long, env = "KUMOICHI_CLOUD_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File with several tenants, each with tokens and a quota, as JSON; beside a token they come after its tenant.
    #[arg(long, required_unless_present = "token")]
    tenants: Option<PathBuf>,
    /// Token for ordering faults; without it none can be ordered.
    #[arg(long, env = "KUMOICHI_CLOUD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter()).init();
    match Cli::parse().command {
        Command::Serve(args) => serve(args).await,
        Command::DemoApp(args) => match reference_cloud::run_demo_app(args).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(%error, "the demo application ended");
                ExitCode::from(error.exit_code())
            }
        },
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("a variable is written name=value")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

fn filter() -> tracing_subscriber::EnvFilter {
    tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into())
}

async fn serve(args: ServeArgs) -> ExitCode {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            tracing::error!(%error, "the program cannot find itself");
            return ExitCode::FAILURE;
        }
    };
    let demo_app = ChildCommand { program, args: vec!["demo-app".to_owned()] };
    let zone = Zone {
        id: "reference-1".to_owned(),
        region: args.region,
        country: args.country,
        hazard_zone: "local".to_owned(),
    };
    let capacity = Amounts {
        instances: args.instances,
        vcpu: args.vcpu.unwrap_or_else(|| args.instances.saturating_mul(4).max(32)),
        ram_mb: args.ram_mb,
        storage_gb: args.storage_gb,
        mbps: args.mbps,
    };
    let zones = vec![ZoneCapacity { zone, capacity }];
    let token = Secret::new(args.token.as_deref().unwrap_or_default());
    let mut config =
        CloudConfig::small(args.listen, args.data_dir, &args.name, zones, token, demo_app);
    if args.token.is_none() {
        config.tenants.clear();
    }
    if let Some(file) = &args.tenants {
        match Tenant::read(file) {
            Ok(tenants) => config.tenants.extend(tenants),
            Err(error) => {
                tracing::error!(%error, "the tenants could not be read");
                return ExitCode::FAILURE;
            }
        }
    }
    config.endpoints = EndpointRange {
        first_address: args.first_address,
        addresses: 1,
        first_port: args.first_port,
        ports: args.ports,
    };
    config.link_listen = args.link_listen;
    config.webhooks_to_loopback = args.webhooks_to_loopback;
    config.variables = args.variable.into_iter().collect();
    config.faults = args.admin_token.is_some();
    config.admin_token = args.admin_token.map(Secret::new);
    match reference_cloud::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(%error, %cause, "the cloud could not run");
            ExitCode::FAILURE
        }
    }
}
