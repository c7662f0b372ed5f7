//! Security at the address of a service: what its cloud noticed (F7.6), and sources that are kept out (F7.2).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, BlockId, SecurityEventId};

/// What a cloud notices at the addresses it lends, and whether it keeps sources out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecuritySupport {
    /// What it reports.
    pub kinds: Vec<SecurityKind>,
    /// Whether sources can be blocked.
    pub blocks: bool,
}

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecurityKind {
    /// Somebody asked for what users may never reach.
    DeniedAccess,
    /// Too many requests of one source were refused by the application within a short time.
    TooManyBadRequests,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

/// One thing noticed at the address of an allocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEvent {
    pub id: SecurityEventId,
    pub allocation_id: AllocationId,
    /// The label of the allocation.
    pub label: String,
    pub kind: SecurityKind,
    /// The address it came from; absent once the data of the allocation were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Requests that led to it.
    pub count: i64,
    /// Microseconds UTC of the request that completed it.
    pub at_us: i64,
}

/// A page of what was noticed, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEventPage {
    pub items: Vec<SecurityEvent>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Asks to keep a source out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockRequest {
    /// An address such as `203.0.113.7`, or a prefix such as `203.0.113.0/24` or `2001:db8::/32`.
    pub source: String,
    /// Why, for whoever reads it later: at most 200 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// One source that is or was kept out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    pub id: BlockId,
    pub allocation_id: AllocationId,
    /// The label of the allocation.
    pub label: String,
    pub state: BlockState,
    /// The prefix in its shortest form; absent once the data of the allocation were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Empty when none was given; absent as the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Requests and connections that were turned away by it.
    pub refused: i64,
    /// Microseconds UTC.
    pub created_at_us: i64,
    /// Microseconds UTC; present once lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_at_us: Option<i64>,
}

/// How a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BlockState {
    /// The source gets no answer.
    Active,
    Lifted,
}

/// A page of blocks, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockPage {
    pub items: Vec<Block>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl SecurityKind {
    /// The kinds of this version.
    pub const ALL: [Self; 2] = [Self::DeniedAccess, Self::TooManyBadRequests];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeniedAccess => "deniedAccess",
            Self::TooManyBadRequests => "tooManyBadRequests",
            Self::Other => "other",
        }
    }

    /// Reads the word on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap_or(Self::Other)
    }
}

impl BlockState {
    /// All states.
    pub const ALL: [Self; 2] = [Self::Active, Self::Lifted];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Lifted => "lifted",
        }
    }

    /// Reads the word on the wire; nothing when it is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A block of source addresses; what lies behind the prefix is zero, so that one block has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourcePrefix {
    base: IpAddr,
    bits: u8,
}

/// The text names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed is an address such as 203.0.113.7 or a prefix such as 203.0.113.0/24")]
pub struct InvalidSource;

impl SourcePrefix {
    /// Whether it holds the address; an IPv4 address inside IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.bits) == Some(self.base)
    }
}

/// The address with everything behind the first bits zero; nothing when it has fewer bits.
fn masked(address: IpAddr, bits: u8) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => {
            let behind = 32_u32.checked_sub(u32::from(bits))?;
            let mask = u32::MAX.checked_shl(behind).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let behind = 128_u32.checked_sub(u32::from(bits))?;
            let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    })
}

impl FromStr for SourcePrefix {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidSource)?;
        let address = address.to_canonical();
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| InvalidSource)?,
            None => longest,
        };
        let base = masked(address, bits).ok_or(InvalidSource)?;
        Ok(Self { base, bits })
    }
}

impl fmt::Display for SourcePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.base.is_ipv4() { 32 } else { 128 };
        if self.bits == whole { self.base.fmt(f) } else { write!(f, "{}/{}", self.base, self.bits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_text() {
        for kind in SecurityKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(SecurityKind::from_word(kind.as_str()), kind);
        }
        for state in BlockState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(BlockState::from_word(state.as_str()), Some(state));
        }
    }

    #[test]
    fn a_prefix_has_one_form_and_holds_exactly_its_addresses() {
        for (text, form) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7/24", "203.0.113.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(text.parse::<SourcePrefix>().unwrap().to_string(), form);
        }
        let prefix: SourcePrefix = "10.1.0.0/16".parse().unwrap();
        assert!(prefix.contains("10.1.255.255".parse().unwrap()));
        assert!(prefix.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!prefix.contains("10.2.0.0".parse().unwrap()));
        assert!(!prefix.contains("2001:db8::".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<SourcePrefix>().unwrap().contains([1, 2, 3, 4].into()));
    }

    #[test]
    fn what_names_no_source_is_refused() {
        for text in
            ["", "somebody", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "10.0.0.1/"]
        {
            assert_eq!(text.parse::<SourcePrefix>(), Err(InvalidSource), "{text:?}");
        }
    }
}
