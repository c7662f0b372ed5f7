//! Which addresses this installation may ask: public ones, and private ones only when they are named.
//! A provider's address is typed by people; without this a broker could be made to ask its own network (SSRF).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use url::{Host, Url};

use super::config::ConfigError;
use super::tls;

/// A block of addresses, written `127.0.0.0/8` or `::1/128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    base: IpAddr,
    prefix: u8,
}

/// The text is no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address block such as 127.0.0.0/8")]
pub struct InvalidRange(String);

/// The address is not public and not named in the allow-list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a public address and not allowed by configuration")]
pub struct Forbidden(pub String);

/// Public addresses, and the ranges named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    allowed: Vec<AddressRange>,
}

/// IPv4 blocks that are not the public internet, after the IANA special-purpose registry (RFC 6890 and later).
const PRIVATE_V4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Blocks inside 2000::/3 that are not plain public hosts: protocol assignments, documentation, 6to4 (hides IPv4).
const SPECIAL_V6: [(u128, u8); 4] =
    [(0x2001 << 112, 23), (0x2001_0db8 << 96, 32), (0x2002 << 112, 16), (0x3fff << 112, 20)];

impl AddressRange {
    /// Whether the range holds the address; an IPv4 address inside IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => same_v4(base, address, self.prefix),
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                same_v6(base.to_bits(), address, self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for AddressRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let fault = || InvalidRange(text.to_owned());
        let (base, prefix) = text.split_once('/').unwrap_or((text, ""));
        let base: IpAddr = base.parse().map_err(|_| fault())?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix =
            if prefix.is_empty() { longest } else { prefix.parse().map_err(|_| fault())? };
        if prefix > longest { Err(fault()) } else { Ok(Self { base, prefix }) }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl AddressPolicy {
    /// Public addresses and the ranges given.
    #[must_use]
    pub fn allowing(allowed: Vec<AddressRange>) -> Self {
        Self { allowed }
    }

    /// Whether the address may be asked.
    ///
    /// # Errors
    /// When it is neither public nor named.
    pub fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        let address = address.to_canonical();
        if is_public(address) || self.names(address) {
            Ok(())
        } else {
            Err(Forbidden(address.to_string()))
        }
    }

    /// Whether the allow-list names the address.
    #[must_use]
    pub fn names(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|range| range.contains(address))
    }

    /// Checks a host written as an address; names are checked when they are resolved.
    ///
    /// # Errors
    /// When the host is an address that may not be asked.
    pub fn check_url(&self, url: &Url) -> Result<(), Forbidden> {
        match literal(url) {
            Some(address) => self.check(address),
            None => Ok(()),
        }
    }
}

/// The address a URL names literally, if it does. HTTP clients do not resolve these, so they are checked beforehand.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

/// A client for addresses that people typed: private ones are refused whenever a name is resolved, nothing is asked on
/// behalf of a redirect or by way of a proxy, and an answer has its time.
pub(super) fn client(
    timeout: Duration,
    addresses: &AddressPolicy,
) -> Result<reqwest::ClientBuilder, ConfigError> {
    Ok(reqwest::Client::builder()
        .timeout(timeout)
        // Who moved says so to its owner; following could lead anywhere.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(GuardedResolver { policy: Arc::new(addresses.clone()) }))
        .tls_backend_preconfigured(tls::settings()?))
}

/// Resolves names by the system and lets only allowed addresses through, at every connection anew.
#[derive(Debug)]
struct GuardedResolver {
    policy: Arc<AddressPolicy>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.policy);
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| policy.check(address.ip()).is_ok()).collect();
            if allowed.is_empty() {
                return Err(Forbidden(host).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !PRIVATE_V4
            .iter()
            .any(|(base, prefix)| same_v4(Ipv4Addr::from(*base), address, *prefix)),
        IpAddr::V6(address) => {
            same_v6(0x2000 << 112, address, 3)
                && !SPECIAL_V6.iter().any(|(base, prefix)| same_v6(*base, address, *prefix))
        }
    }
}

fn same_v4(base: Ipv4Addr, address: Ipv4Addr, prefix: u8) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    (base.to_bits() ^ address.to_bits()) & mask == 0
}

fn same_v6(base: u128, address: Ipv6Addr, prefix: u8) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    (base ^ address.to_bits()) & mask == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(policy: &AddressPolicy, text: &str) -> bool {
        policy.check(text.parse().unwrap()).is_ok()
    }

    #[test]
    fn addresses_that_are_not_public_are_refused() {
        let policy = AddressPolicy::default();
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "3fff::1",
        ] {
            assert!(!allows(&policy, text), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        let policy = AddressPolicy::default();
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(allows(&policy, text), "{text}");
        }
    }

    #[test]
    fn a_named_range_opens_itself_and_nothing_else() {
        let policy = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(allows(&policy, "127.200.3.4"));
        assert!(allows(&policy, "::ffff:127.0.0.1"));
        assert!(!allows(&policy, "10.0.0.1"));
        assert!(!allows(&policy, "::1"));
    }

    #[test]
    fn odd_spellings_of_an_address_are_seen_through() {
        for text in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://127.1/",
            "http://0177.0.0.1/",
            "http://[::ffff:7f00:1]/",
        ] {
            let url = Url::parse(text).unwrap();
            assert!(AddressPolicy::default().check_url(&url).is_err(), "{text}");
        }
    }

    #[test]
    fn malformed_ranges_are_refused() {
        for text in ["", "127.0.0.0/33", "::1/129", "localhost/8", "127.0.0.0/-1"] {
            assert!(text.parse::<AddressRange>().is_err(), "{text}");
        }
        let all: AddressRange = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("9.9.9.9".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_forbidden_address_does_not_resolve() {
        let name = || Name::from_str("localhost").unwrap();
        let closed = GuardedResolver { policy: Arc::new(AddressPolicy::default()) };
        assert!(closed.resolve(name()).await.is_err());
        let ranges = vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let open = GuardedResolver { policy: Arc::new(AddressPolicy::allowing(ranges)) };
        assert!(open.resolve(name()).await.is_ok());
    }
}
