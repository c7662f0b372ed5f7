//! A reference cloud in this process, with real children, on addresses of its own.

use crate::parts::HttpDrivers;
use broker::ports::{CloudConnection, Drivers};
use domain::{Clock, ProviderId};
use provider_api::{Allocation, Amounts, Charge, Driver, Secret, Zone, ZoneCapacity};
use reference_cloud::{ChildCommand, CloudConfig, EndpointRange, RunningCloud, Securing};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tempfile::TempDir;

/// The token of the test clouds.
const TOKEN: &str = "token-for-tests";
/// The token of whoever drills with them.
const ADMIN: &str = "admin-token-for-tests";
/// The first port of services, and as many as there may be below the ports of outgoing connections.
const FIRST_PORT: u16 = 8_700;
const PORTS_MAX: u16 = 20_000;

/// Books at once; cancelling before the start costs 500 yen.
#[must_use]
pub fn booking_at_once() -> Securing {
    Securing::Booking(Some(Charge { currency: "JPY".to_owned(), minor: 500 }))
}

/// A running cloud and its folder.
#[derive(Debug)]
pub struct TestCloud {
    folder: TempDir,
    running: RunningCloud,
}

/// The program whose `demo-app` the clouds start as children; built with the workspace's tests.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("path of the test program");
    let profile = test.parent().and_then(Path::parent).expect("target folder");
    let program = profile.join("reference-cloud");
    assert!(
        program.exists(),
        "{} is missing: run `cargo build -p reference-cloud` first",
        program.display()
    );
    program
}

/// A zone of its own region; the hazard zone is the region.
#[must_use]
pub fn zone(region: &str, country: &str) -> Zone {
    Zone {
        id: format!("{region}a"),
        region: region.to_owned(),
        country: country.to_owned(),
        hazard_zone: region.to_owned(),
    }
}

/// The two regions of the offers that the stories contract.
#[must_use]
pub fn zones() -> [Zone; 2] {
    [zone("jp-sapporo-1", "JP"), zone("jp-osaka-1", "JP")]
}

/// An address of its own for every test process and cloud: no two tests ever share one.
#[must_use]
pub fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high.wrapping_mul(11) % 254 + 1, low, NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A driver of the cloud at an address with a token, past the broker.
#[must_use]
pub fn driver_to((url, token): (String, String)) -> Arc<dyn Driver> {
    let provider = ProviderId(Default::default());
    HttpDrivers.driver(&CloudConnection { provider, url, token }).expect("driver")
}

impl TestCloud {
    /// Starts a cloud with room for `instances` machines of the reference basket in each zone.
    pub async fn start(zones: &[Zone], instances: i64, clock: Arc<dyn Clock>) -> Self {
        Self::start_securing(zones, instances, clock, Securing::Holding).await
    }

    /// The same with another way of securing groups.
    pub async fn start_securing(
        zones: &[Zone],
        instances: i64,
        clock: Arc<dyn Clock>,
        securing: Securing,
    ) -> Self {
        Self::start_with(zones, instances, clock, |config| config.securing = securing).await
    }

    /// The same with other settings.
    pub async fn start_with(
        zones: &[Zone],
        instances: i64,
        clock: Arc<dyn Clock>,
        change: impl FnOnce(&mut CloudConfig),
    ) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let address = own_address();
        let capacity = Amounts {
            instances,
            vcpu: instances * 8,
            ram_mb: instances * 32_768,
            storage_gb: instances * 500,
            mbps: instances * 100,
        };
        let zones_count = i64::try_from(zones.len()).unwrap_or(i64::MAX);
        let zones = zones.iter().map(|zone| ZoneCapacity { zone: zone.clone(), capacity });
        let mut config = CloudConfig::small(
            SocketAddr::new(address.into(), 0),
            folder.path().to_owned(),
            "Test cloud",
            zones.collect(),
            Secret::new(TOKEN),
            ChildCommand { program: program(), args: vec!["demo-app".to_owned()] },
        );
        // For every machine an address, and some for what ends while something else begins.
        let services = instances.saturating_mul(zones_count).saturating_add(64);
        let ports = u16::try_from(services).unwrap_or(u16::MAX).min(PORTS_MAX);
        config.endpoints =
            EndpointRange { first_address: address, addresses: 1, first_port: FIRST_PORT, ports };
        config.admin_token = Some(Secret::new(ADMIN));
        config.faults = true;
        config.link_listen = Some(SocketAddr::new(address.into(), 0));
        change(&mut config);
        let running = reference_cloud::start(config, clock).await.expect("start the cloud");
        Self { folder, running }
    }

    /// Address and token, as a provider connects it.
    #[must_use]
    pub fn connection(&self) -> (String, String) {
        (self.running.url(), TOKEN.to_owned())
    }

    /// Whether the volume of an allocation exists on disk.
    #[must_use]
    pub fn volume_exists(&self, allocation: &str) -> bool {
        self.folder.path().join("volumes").join(allocation).exists()
    }

    /// The files below the cloud's folder in which the text stands: volumes, backups, staging, logs, its database.
    #[must_use]
    pub fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() => {
                        let bytes = std::fs::read(&path).unwrap_or_default();
                        let has = bytes.windows(text.len()).any(|part| part == text.as_bytes());
                        found.extend(has.then_some(path));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// A driver of the cloud, past the broker.
    #[must_use]
    pub fn driver(&self) -> Arc<dyn Driver> {
        driver_to(self.connection())
    }

    /// Address and token of whoever drills with it.
    #[must_use]
    pub fn admin(&self) -> (String, &'static str) {
        (self.running.url(), ADMIN)
    }

    /// Everything the cloud ever held under a contract's label.
    pub async fn allocations(&self, driver: &dyn Driver, label: &str) -> Vec<Allocation> {
        driver.list(label).await.expect("list allocations")
    }

    /// Stops the cloud and its children.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}
