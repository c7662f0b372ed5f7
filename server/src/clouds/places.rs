//! Where the demo clouds listen and how they are spoken to, chosen at the first start.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use broker::seed::DemoClouds;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::wiring::write_secret;

/// Everything the demo lends lies on this one address.
pub const ADDRESS_BLOCK: &str = "127.0.0.1/32";
/// Ports of one cloud: its API and the services it lends addresses to.
const PORTS_EACH: u16 = 33;
/// Below the ports that systems hand out to clients, so that nobody takes one by chance.
const FIRST_PORT: u16 = 20_000;
/// Blocks that are tried.
const BLOCKS: u16 = 100;

/// One demo cloud.
#[derive(Debug, Clone, Copy)]
struct Profile {
    name: &'static str,
    title: &'static str,
    /// As `kumoichi cloud --zone` reads them; every region of its offers is among them.
    zones: &'static [&'static str],
}

/// The clouds that the backed providers of the demo market name.
const PROFILES: [Profile; 3] = [
    Profile {
        name: "hokusei",
        title: "Hokusei Cloud",
        zones: &[
            "jp-sapporo-1a:jp-sapporo-1:JP:JP-01",
            "jp-osaka-1a:jp-osaka-1:JP:JP-27",
            "jp-sendai-1a:jp-sendai-1:JP:JP-04",
        ],
    },
    Profile {
        name: "minato",
        title: "Minato Edge",
        zones: &["jp-tokyo-e3a:jp-tokyo-e3:JP:JP-13", "jp-tokyo-e3b:jp-tokyo-e3:JP:JP-13"],
    },
    Profile {
        name: "rheinland",
        title: "Rheinland Cloud",
        zones: &["eu-fra-1a:eu-fra-1:DE:DE-HE", "eu-ams-1a:eu-ams-1:NL:NL-NH"],
    },
];

/// One cloud's place: port of its API, first port it lends, token.
#[derive(Clone, Serialize, Deserialize)]
pub struct Place {
    /// The name in the demo market and of its folder.
    pub name: String,
    /// Port of its API on 127.0.0.1.
    pub port: u16,
    /// First port lent to services.
    pub first_port: u16,
    /// How many are lent.
    pub ports: u16,
    /// Bearer token of its API.
    pub token: String,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place")
            .field("name", &self.name)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The places of all demo clouds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Places {
    /// One for each.
    pub clouds: Vec<Place>,
}

/// The file they are kept in; it holds tokens.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join("places.json")
}

impl Places {
    /// Reads the places of an earlier start, or chooses them; `first_port` 0 finds free ports.
    pub fn open(folder: &Path, first_port: u16) -> anyhow::Result<Self> {
        let path = file(folder);
        if !path.is_file() {
            let chosen = Self::choose(folder, first_port)?;
            write_secret(&path, &serde_json::to_string_pretty(&chosen)?)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; remove {} to begin anew", path.display(), folder.display())
        })
    }

    fn choose(folder: &Path, first_port: u16) -> anyhow::Result<Self> {
        let base = if first_port == 0 { free_block(folder)? } else { first_port };
        if usize::from(base) + PROFILES.len() * usize::from(PORTS_EACH) > usize::from(u16::MAX) {
            bail!(
                "clouds_port: {base} leaves no room for {} ports",
                PROFILES.len() * usize::from(PORTS_EACH)
            );
        }
        let clouds = PROFILES.iter().zip(0..).map(|(profile, number)| {
            let mut token = [0; 24];
            crate::system::fill(&mut token);
            let port = base + number * PORTS_EACH;
            Place {
                name: profile.name.to_owned(),
                port,
                first_port: port + 1,
                ports: PORTS_EACH - 1,
                token: hex::encode(token),
            }
        });
        Ok(Self { clouds: clouds.collect() })
    }

    /// What seeding needs to connect the providers.
    #[must_use]
    pub fn connections(&self) -> DemoClouds {
        let entry = |place: &Place| (place.name.clone(), (place.url(), place.token.clone()));
        self.clouds.iter().map(entry).collect()
    }
}

impl Place {
    /// Where the API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Base address of the API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The arguments that make this program the cloud; the token goes by the environment.
    #[must_use]
    pub fn arguments(&self, folder: &Path) -> Vec<String> {
        let profile = PROFILES.iter().find(|profile| profile.name == self.name);
        let profile = profile.unwrap_or(&PROFILES[0]);
        let mut arguments = vec!["cloud".to_owned(), "--until-input-closes".to_owned()];
        let mut add = |flag: &str, value: String| arguments.extend([format!("--{flag}"), value]);
        add("listen", self.address().to_string());
        add("data", folder.join(&self.name).display().to_string());
        add("name", profile.title.to_owned());
        for zone in profile.zones {
            add("zone", (*zone).to_owned());
        }
        add("first-address", Ipv4Addr::LOCALHOST.to_string());
        add("first-port", self.first_port.to_string());
        // The last port is the cloud's own, for links with others.
        let lent = self.ports.saturating_sub(1);
        add("ports", lent.to_string());
        let links = SocketAddr::from((Ipv4Addr::LOCALHOST, self.first_port.saturating_add(lent)));
        add("link-listen", links.to_string());
        // Room for eight reference baskets (docs/demo-market.md) in each zone, one for each machine.
        add("vcpu", "64".to_owned());
        add("ram-mb", "262144".to_owned());
        add("storage-gb", "4000".to_owned());
        arguments
    }
}

/// The first port of a block that nobody listens on. Where the search begins depends on the data
/// folder, so that two brokers started at the same time look at different blocks.
fn free_block(folder: &Path) -> anyhow::Result<u16> {
    let size = PORTS_EACH * u16::try_from(PROFILES.len())?;
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let start = u16::from(digest[0]) % BLOCKS;
    let bases = (0..BLOCKS).map(|step| FIRST_PORT + (start + step) % BLOCKS * size);
    bases
        .into_iter()
        .find(|base| (*base..base + size).all(is_free))
        .context("no block of free ports for the demo clouds; name one with --clouds-port")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_chosen_once_and_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let first = Places::open(folder.path(), 0).unwrap();
        let second = Places::open(folder.path(), 0).unwrap();
        assert_eq!(first.connections(), second.connections());
        let mut ports: Vec<u16> = first
            .clouds
            .iter()
            .flat_map(|place| {
                (place.first_port..place.first_port + place.ports).chain([place.port])
            })
            .collect();
        let count = ports.len();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!((ports.len(), count), (99, 99));
    }

    #[test]
    fn every_region_of_the_demo_offers_is_a_region_of_the_cloud_behind_them() {
        let catalogue = broker::demo::catalogue().unwrap();
        for profile in PROFILES {
            let provider =
                catalogue.providers.iter().find(|each| each.cloud() == Some(profile.name)).unwrap();
            let places: Vec<Vec<&str>> =
                profile.zones.iter().map(|zone| zone.split(':').skip(1).collect()).collect();
            let theirs = catalogue
                .offers
                .iter()
                .filter(|offer| offer.metadata.provider.as_ref() == Some(&provider.did));
            for region in theirs.flat_map(|offer| &offer.spec.service.regions) {
                let hazard_zone = region.hazard_zone.as_deref().unwrap();
                let place = vec![region.id.as_str(), region.country.as_str(), hazard_zone];
                assert!(places.contains(&place), "{}: {place:?}", profile.name);
            }
        }
    }

    #[test]
    fn a_named_first_port_is_used_and_must_leave_room() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Places::open(folder.path(), 30_000).unwrap().clouds[0].port, 30_000);
        let other = tempfile::tempdir().unwrap();
        assert!(Places::open(other.path(), 65_500).is_err());
    }
}
