//! How one reference cloud is set up: where it listens, what it has and what it lends.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use provider_api::{Amounts, Charge, HoldSupport, ReserveTerms, Secret, Zone, ZoneCapacity};

use crate::error::CloudError;
use crate::tenants::{self, Tenant};

/// The whole configuration of one cloud.
#[derive(Clone, Debug)]
pub struct CloudConfig {
    /// Where the API listens; a loopback address, port 0 for any.
    pub listen: SocketAddr,
    /// Where other clouds call for links; a loopback address, port 0 for any. Without it nothing is linked.
    pub link_listen: Option<SocketAddr>,
    /// Database, key, volumes, sockets and logs; used by one cloud at a time.
    pub data_dir: PathBuf,
    /// Name for people.
    pub name: String,
    /// Where it lends and what each zone can lend in all; a region's zones are filled in this order.
    pub zones: Vec<ZoneCapacity>,
    /// Its customers, at least one. What was lent before there were several belongs to the first.
    pub tenants: Vec<Tenant>,
    /// Token of `/faults`; without it, faults cannot be ordered.
    pub admin_token: Option<Secret>,
    /// Whether faults can be ordered at all.
    pub faults: bool,
    /// Addresses lent to services.
    pub endpoints: EndpointRange,
    /// How the demo application is started; its own arguments are added behind.
    pub demo_app: ChildCommand,
    /// Seconds a hold lasts when the caller names none (F7.4.4 suggests 120).
    pub hold_ttl_default_seconds: u32,
    pub hold_ttl_max_seconds: u32,
    /// How it secures groups.
    pub securing: Securing,
    /// Prices told by discovery; absent when the offer's price book holds.
    pub prices: Option<UnitPrices>,
    /// Whether events may be posted to this machine itself, for drills; otherwise to public addresses only.
    pub webhooks_to_loopback: bool,
    /// Variables of recipes beside those the cloud knows by itself, such as `dns.resolver`.
    pub variables: BTreeMap<String, String>,
    /// What images may take.
    pub images: ImageLimits,
    /// How long a started application may take to answer.
    pub start_timeout: Duration,
    /// How long machines may stand still while their volume is copied. Requests of users wait up to half a minute, so
    /// with less none is lost.
    pub standstill_max: Duration,
}

/// Whether a cloud holds groups before they are booked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Securing {
    /// Whole groups are held for a while, for nothing.
    #[default]
    Holding,
    /// Groups are booked at once; cancelling before the start costs the charge, where there is one.
    Booking(Option<Charge>),
}

impl Securing {
    /// As the capabilities say it.
    pub(crate) fn told(&self) -> (HoldSupport, Option<ReserveTerms>) {
        match self {
            Self::Holding => (HoldSupport::NativeGroup, None),
            Self::Booking(charge) => {
                (HoldSupport::None, Some(ReserveTerms { cancel_charge: charge.clone() }))
            }
        }
    }
}

/// What images may take, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// The largest one, as it is uploaded and also unpacked.
    pub bytes_max: i64,
    /// All of one token.
    pub space_bytes: i64,
}

impl Default for ImageLimits {
    /// 256 MiB and a gibibyte: small, as the rest of the cloud.
    fn default() -> Self {
        Self { bytes_max: 1 << 28, space_bytes: 1 << 30 }
    }
}

/// A block of loopback addresses times a block of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointRange {
    pub first_address: Ipv4Addr,
    /// How many addresses, counted up from the first.
    pub addresses: u16,
    pub first_port: u16,
    /// How many ports on each address.
    pub ports: u16,
}

/// A program and the arguments that come first, such as `kumoichi` and `demo-app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildCommand {
    pub program: PathBuf,
    pub args: Vec<String>,
}

/// Minor units for one month of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPrices {
    /// ISO 4217.
    pub currency: String,
    pub vcpu_minor: i64,
    /// For one gibibyte of memory; broken gibibytes count in proportion, rounded up.
    pub ram_gb_minor: i64,
    pub storage_gb_minor: i64,
}

impl CloudConfig {
    /// A small cloud of one tenant with the usual deadlines: holds of 120 seconds, addresses `127.0.0.1:8700` to `8763`.
    #[must_use]
    pub fn small(
        listen: SocketAddr,
        data_dir: PathBuf,
        name: &str,
        zones: Vec<ZoneCapacity>,
        token: Secret,
        demo_app: ChildCommand,
    ) -> Self {
        Self {
            listen,
            link_listen: None,
            data_dir,
            name: name.to_owned(),
            zones,
            tenants: vec![Tenant::main(token)],
            admin_token: None,
            faults: false,
            endpoints: EndpointRange {
                first_address: Ipv4Addr::LOCALHOST,
                addresses: 1,
                first_port: 8700,
                ports: 64,
            },
            demo_app,
            hold_ttl_default_seconds: 120,
            hold_ttl_max_seconds: 3600,
            securing: Securing::Holding,
            prices: None,
            webhooks_to_loopback: false,
            variables: BTreeMap::new(),
            images: ImageLimits::default(),
            start_timeout: Duration::from_secs(10),
            standstill_max: Duration::from_secs(20),
        }
    }

    pub(crate) fn check(&self) -> Result<(), CloudError> {
        let fault = |text: &str| Err(CloudError::Config(text.to_owned()));
        if [Some(self.listen), self.link_listen].iter().flatten().any(|at| !at.ip().is_loopback()) {
            return fault("the reference cloud listens on loopback addresses only");
        }
        if self.endpoints.all().any(|address| !address.ip().is_loopback())
            || self.endpoints.all().next().is_none()
        {
            return fault("services get loopback addresses only, and at least one");
        }
        if self.endpoints.first_port == 0 {
            return fault("ports of services begin at 1");
        }
        if self.hold_ttl_default_seconds == 0
            || self.hold_ttl_default_seconds > self.hold_ttl_max_seconds
        {
            return fault("the default hold must be between 1 second and the longest hold");
        }
        if let Securing::Booking(Some(charge)) = &self.securing
            && (charge.minor < 0 || charge.currency.len() != 3)
        {
            return fault("the charge for cancelling is an amount not below zero of a currency");
        }
        if self.images.bytes_max < 0 || self.images.space_bytes < 0 {
            return fault("room for images cannot be below zero");
        }
        if let Some(name) = self.variables.keys().find(|name| !provider_api::recipe::is_name(name))
        {
            return Err(CloudError::Config(format!("{name:?} is no name of a variable")));
        }
        if let Some(name) = self.variables.keys().find(|name| crate::operations::is_known(name)) {
            let text = format!("the cloud itself says what {name} is, so that it cannot be set");
            return Err(CloudError::Config(text));
        }
        tenants::check(&self.tenants).or_else(|text| fault(&text))?;
        check_zones(&self.zones).or_else(|text| fault(&text))
    }
}

/// Zones that can be told apart, each somewhere, with something to lend or nothing.
fn check_zones(zones: &[ZoneCapacity]) -> Result<(), String> {
    if zones.is_empty() {
        return Err("a cloud needs at least one zone".to_owned());
    }
    for (number, ZoneCapacity { zone, capacity }) in zones.iter().enumerate() {
        let Zone { id, region, country, hazard_zone } = zone;
        let earlier = || zones.iter().take(number).map(|each| &each.zone);
        if [id, region, hazard_zone].into_iter().any(String::is_empty) {
            return Err("a zone needs an id, a region and a hazard zone".to_owned());
        }
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("zone {id}: a country is two upper-case letters, not {country}"));
        }
        if earlier().any(|other| other.id == *id) {
            return Err(format!("zone {id} is named twice"));
        }
        if earlier().any(|other| other.region == *region && other.country != *country) {
            return Err(format!("region {region} cannot be in two countries"));
        }
        let Amounts { instances, vcpu, ram_mb, storage_gb, mbps } = *capacity;
        if [instances, vcpu, ram_mb, storage_gb, mbps].into_iter().any(|amount| amount < 0) {
            return Err(format!("zone {id}: capacity cannot be below zero"));
        }
    }
    Ok(())
}

impl EndpointRange {
    /// Every address of the range, in the order in which they are lent.
    pub fn all(self) -> impl Iterator<Item = SocketAddr> {
        let first = u32::from(self.first_address);
        (0..self.ports).flat_map(move |port| {
            (0..self.addresses).filter_map(move |offset| {
                let ip = Ipv4Addr::from(first.checked_add(u32::from(offset))?);
                Some(SocketAddr::new(IpAddr::V4(ip), self.first_port.checked_add(port)?))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> CloudConfig {
        let zone = Zone {
            id: "z1".into(),
            region: "tokyo".into(),
            country: "JP".into(),
            hazard_zone: "kanto".into(),
        };
        let listen = "127.0.0.1:0".parse().unwrap();
        let app = ChildCommand { program: "/bin/true".into(), args: vec![] };
        let capacity = Amounts { instances: 1, vcpu: 1, ram_mb: 64, storage_gb: 1, mbps: 1 };
        let zones = vec![ZoneCapacity { zone, capacity }];
        CloudConfig::small(listen, "/nowhere".into(), "東", zones, Secret::new("token-123"), app)
    }

    #[test]
    fn a_cloud_never_leaves_the_loopback_range() {
        config().check().unwrap();
        let mut outside = config();
        outside.listen = "0.0.0.0:80".parse().unwrap();
        assert!(outside.check().is_err());
        let mut leaking = config();
        leaking.endpoints = EndpointRange {
            first_address: Ipv4Addr::new(127, 255, 255, 255),
            addresses: 2,
            first_port: 80,
            ports: 1,
        };
        assert!(leaking.check().is_err());
    }

    #[test]
    fn a_variable_that_the_cloud_knows_itself_or_whose_name_is_none_is_refused_by_name() {
        let told = |name: &str| {
            let mut config = config();
            config.variables.insert(name.to_owned(), "osaka".to_owned());
            config.check().map_err(|error| error.to_string())
        };
        for name in ["zone.region", "endpoint.url"] {
            let refused = told(name).unwrap_err();
            assert!(refused.contains(&format!("says what {name} is")), "{refused}");
        }
        assert!(told("a name").unwrap_err().contains("\"a name\" is no name"));
        for name in ["dns.resolver", "storage.class"] {
            told(name).unwrap();
        }
    }

    #[test]
    fn zones_that_contradict_each_other_are_refused() {
        let with = |change: &dyn Fn(&mut Zone)| {
            let mut config = config();
            let mut second = config.zones[0].clone();
            second.zone.id = "z2".into();
            change(&mut second.zone);
            config.zones.push(second);
            config.check()
        };
        with(&|_| {}).unwrap();
        with(&|zone| zone.region = "osaka".into()).unwrap();
        assert!(with(&|zone| zone.id = "z1".into()).is_err(), "one id twice");
        assert!(with(&|zone| zone.country = "DE".into()).is_err(), "one region in two countries");
        assert!(with(&|zone| zone.country = "jp".into()).is_err());
        assert!(with(&|zone| zone.region.clear()).is_err());
        let mut nowhere = config();
        nowhere.zones.clear();
        assert!(nowhere.check().is_err());
    }

    #[test]
    fn a_range_counts_addresses_first_and_stops_at_the_last_port() {
        let range = EndpointRange {
            first_address: Ipv4Addr::new(127, 0, 0, 9),
            addresses: 2,
            first_port: 65_535,
            ports: 3,
        };
        let all: Vec<_> = range.all().map(|address| address.to_string()).collect();
        assert_eq!(all, ["127.0.0.9:65535", "127.0.0.10:65535"]);
    }
}
