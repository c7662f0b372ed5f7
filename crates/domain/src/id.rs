//! Typed, prefixed ids: `ofr_`, `req_`, `ctr_` and so on, each its own type.
//!
//! Inside an id is a UUID, stored as 16 bytes. Outside it is the prefix and 26 characters of
//! Crockford's base 32 in lower case, which sorts like the bytes and is easy to read aloud.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;
use uuid::Uuid;

/// Where new identities come from; the real one mixes the clock with the system's random source.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// A UUID never handed out before.
    fn next_uuid(&self) -> Uuid;

    /// Fills a secret of 32 bytes, for tokens and keys.
    fn next_secret(&self) -> [u8; 32];
}

/// Counts up from a seed; the same ids every time, for tests and demo data.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u64,
    next: AtomicU64,
}

impl SequentialIds {
    /// Starts the series that belongs to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(1) }
    }
}

impl IdSource for SequentialIds {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u64_pair(self.seed, self.next.fetch_add(1, Ordering::SeqCst))
    }

    fn next_secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        for half in secret.chunks_mut(16) {
            half.copy_from_slice(self.next_uuid().as_bytes());
        }
        secret
    }
}

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not an id of the form {prefix}_ and 26 letters or digits")]
pub struct IdError {
    /// The text that was given.
    pub found: String,
    /// The prefix that was wanted.
    pub prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LENGTH: usize = 26;

fn encode(uuid: Uuid) -> String {
    let mut value = uuid.as_u128();
    let mut text = [b'0'; TEXT_LENGTH];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != TEXT_LENGTH || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut value: u128 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|candidate| *candidate == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The prefix that stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Draws a new id.
            pub fn new(ids: &dyn IdSource) -> Self {
                Self(ids.next_uuid())
            }

            /// The 16 bytes that the databases store.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| IdError { found: text.chars().take(60).collect(), prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

typed_id! {
    /// A customer, provider or broker organisation.
    OrganisationId = "org",
    /// A person who signs in.
    UserId = "usr",
    /// A provider shown in the market.
    ProviderId = "prv",
    /// An offer; its promises are in numbered, immutable versions.
    OfferId = "ofr",
    /// A saved requirement; its items are in numbered, immutable versions.
    RequirementId = "req",
    /// A contract over one offer version for one requirement version.
    ContractId = "ctr",
    /// Contracts that were signed together.
    OrderId = "ord",
    /// What is held for a need until one of it is booked.
    FirmListId = "frm",
    /// A search for more room for a running service.
    SecuringId = "sec",
    /// The review of one version of an offer.
    ReviewId = "rev",
    /// A comment in a review.
    CommentId = "cmt",
    /// Something allocated at a provider for a contract.
    ResourceId = "res",
    /// One run of a workflow.
    WorkflowId = "wfl",
    /// A personal API token.
    TokenId = "tok",
    /// One line of the audit list.
    AuditId = "aud",
    /// An erasure statement.
    StatementId = "ers",
    /// A notice in an organisation's inbox.
    NoticeId = "ntc",
    /// An event of the public feed.
    EventId = "evt",
    /// Something that the market or a provider announces.
    AnnouncementId = "ann",
    /// A file of offers that a provider sent.
    UploadId = "upl",
    /// Several offers that are ordered together.
    BundleId = "bdl",
    /// A change of the market's categories that somebody proposes.
    ProposalId = "prp",
    /// Those who may know of some offers of a provider.
    AudienceId = "adc",
    /// An organisation's way into an audience.
    InvitationId = "inv",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_at_both_ends() {
        for uuid in [Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0123_4567_89ab_cdef)] {
            let id = OfferId(uuid);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn text_order_is_byte_order() {
        let small = OfferId(Uuid::from_u128(31)).to_string();
        let large = OfferId(Uuid::from_u128(32)).to_string();
        assert!(small < large);
    }

    #[test]
    fn foreign_prefix_and_overflow_are_refused() {
        let offer = OfferId(Uuid::max()).to_string();
        assert!(offer.parse::<ContractId>().is_err());
        assert!("ofr_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<OfferId>().is_err());
        assert!("ofr_".parse::<OfferId>().is_err());
        assert!("ofr_雲雲雲雲雲雲雲雲雲".parse::<OfferId>().is_err());
    }
}
