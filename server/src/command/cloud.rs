//! `kumoichi cloud`: one reference cloud as a process of its own.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use provider_api::{Amounts, Charge, Secret, Zone, ZoneCapacity};
use reference_cloud::{ChildCommand, CloudConfig, EndpointRange, Securing, Tenant};

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
    /// Where other clouds call for links, a loopback address; without it nothing is linked
    #[arg(long, value_name = "ADDRESS:PORT")]
    link_listen: Option<SocketAddr>,
    /// Folder for everything the cloud keeps; one cloud uses it at a time
    #[arg(long, value_name = "FOLDER", default_value = "cloud-data")]
    data: PathBuf,
    /// Name for people
    #[arg(long, value_name = "NAME", default_value = "Reference cloud")]
    name: String,
    /// A zone; repeat it for several, in the order in which a region's zones are filled. REGION is the provider's word
    /// for its region, COUNTRY its ISO 3166-1 alpha-2 code, HAZARD what is struck together by one disaster
    #[arg(long = "zone", value_name = "ID:REGION:COUNTRY:HAZARD", value_parser = zone,
        default_value = "reference-1a:local:JP:local")]
    zones: Vec<Zone>,
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
    /// Machines in each zone
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    instances: i64,
    /// Virtual CPUs in each zone
    #[arg(long, value_name = "NUMBER", default_value_t = 32)]
    vcpu: i64,
    /// Memory in each zone, MiB
    #[arg(long, value_name = "MIB", default_value_t = 65_536)]
    ram_mb: i64,
    /// Storage in each zone, GiB
    #[arg(long, value_name = "GIB", default_value_t = 500)]
    storage_gb: i64,
    /// Network in each zone, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 10_000)]
    mbps: i64,
    /// How groups are secured: held for a while and then booked, or booked at once (none)
    #[arg(long, value_name = "FORM", default_value = "native-group")]
    hold: Hold,
    /// What a booking costs that is cancelled before the start, with --hold none; nothing without it
    #[arg(long, value_name = "CURRENCY:MINOR_UNITS", value_parser = charge)]
    cancel_charge: Option<Charge>,
    /// Bearer token of the API, at least 8 visible ASCII characters without spaces
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File with several tenants as JSON: a list of name, tokens and quota (instances, vcpu, ramMb, storageGb, mbps).
    /// Without --token they are the only ones; with it they come after its tenant, which is called main
    #[arg(long, value_name = "FILE")]
    tenants: Option<PathBuf>,
    /// Token for ordering faults; without it none can be ordered
    #[arg(long, value_name = "TOKEN", env = "KUMOICHI_CLOUD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Post events to this machine too, and not to public addresses only
    #[arg(long)]
    webhooks_to_loopback: bool,
    /// A variable that settings of a start may use, such as dns.resolver=192.0.2.53; may be given several times. What the
    /// cloud knows by itself, such as zone.region, cannot be set
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    variable: Vec<(String, String)>,
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

/// How a cloud secures groups.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Hold {
    NativeGroup,
    None,
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
    let tenants = match &args.tenants {
        Some(file) => Tenant::read(file)?,
        None => Vec::new(),
    };
    let token = match args.token {
        Some(token) => Some(token),
        None if tenants.is_empty() => Some(kept_token(&args.data.join("token"))?),
        None => None,
    };
    let main = token.map(|token| Tenant::main(Secret::new(token)));
    let capacity = Amounts {
        instances: args.instances,
        vcpu: args.vcpu,
        ram_mb: args.ram_mb,
        storage_gb: args.storage_gb,
        mbps: args.mbps,
    };
    let zones = args.zones.into_iter().map(|zone| ZoneCapacity { zone, capacity }).collect();
    let mut config =
        CloudConfig::small(args.listen, args.data, &args.name, zones, Secret::new(""), demo_app);
    config.tenants = main.into_iter().chain(tenants).collect();
    config.endpoints = EndpointRange {
        first_address: args.first_address,
        addresses: args.addresses,
        first_port: args.first_port,
        ports: args.ports,
    };
    config.securing = match (args.hold, args.cancel_charge) {
        (Hold::None, charge) => Securing::Booking(charge),
        (Hold::NativeGroup, None) => Securing::Holding,
        (Hold::NativeGroup, Some(_)) => anyhow::bail!("--cancel-charge needs --hold none"),
    };
    config.link_listen = args.link_listen;
    config.webhooks_to_loopback = args.webhooks_to_loopback;
    config.variables = args.variable.into_iter().collect();
    config.faults = args.admin_token.is_some();
    config.admin_token = args.admin_token.map(Secret::new);
    Ok(config)
}

/// Reads `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    let wrong =
        || format!("{text} has no value: write NAME=VALUE, such as dns.resolver=192.0.2.53");
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads `CURRENCY:MINOR_UNITS`.
fn charge(text: &str) -> Result<Charge, String> {
    let wrong = || "write CURRENCY:MINOR_UNITS, such as JPY:500".to_owned();
    let (currency, minor) = text.split_once(':').ok_or_else(wrong)?;
    let minor = minor.parse().map_err(|_| wrong())?;
    Ok(Charge { currency: currency.to_owned(), minor })
}

/// Reads `ID:REGION:COUNTRY:HAZARD`.
fn zone(text: &str) -> Result<Zone, String> {
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let [id, region, country, hazard_zone] = parts[..] else {
        return Err(
            "write ID:REGION:COUNTRY:HAZARD, such as jp-osaka-1a:jp-osaka-1:JP:JP-27".to_owned()
        );
    };
    Ok(Zone {
        id: id.to_owned(),
        region: region.to_owned(),
        country: country.to_owned(),
        hazard_zone: hazard_zone.to_owned(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_without_a_value_is_refused_with_an_example() {
        assert_eq!(pair("dns.resolver=a=b").unwrap(), ("dns.resolver".into(), "a=b".into()));
        let refused = pair("zone.region").unwrap_err();
        assert!(refused.starts_with("zone.region has no value: write NAME=VALUE"), "{refused}");
    }

    #[test]
    fn a_zone_is_read_whole_or_refused_with_an_example() {
        let osaka = zone("jp-osaka-1a:jp-osaka-1:JP:JP-27").unwrap();
        assert_eq!((osaka.region.as_str(), osaka.hazard_zone.as_str()), ("jp-osaka-1", "JP-27"));
        assert!(zone("jp-osaka-1a:jp-osaka-1").unwrap_err().contains("ID:REGION:COUNTRY:HAZARD"));
    }
}
