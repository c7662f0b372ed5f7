//! Remarks on one row that a value alone cannot say: why a declared value does not count, and how a
//! promise came about. Codes and figures only; the words are in the word lists.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One remark on one row (sla-schema 1 and 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Note {
    /// Declared, but less binding than asked; not the same as too low.
    CommitmentTooWeak {
        /// How binding the promise is, a word of `sla::Commitment`.
        declared: String,
        /// How binding it has to be.
        needed: String,
    },
    /// Given at a laxer percentile than asked, or at none: not comparable.
    PercentileTooLax {
        /// Percentile of the promise.
        declared: Option<Decimal>,
        /// Percentile that was asked.
        needed: Decimal,
    },
    /// A security level of a scheme that is neither the asked one nor an accepted one.
    OtherScheme {
        /// Scheme of the promise; none is stated by some documents.
        scheme: Option<String>,
    },
    /// A level of an accepted scheme, but below the accepted level.
    BelowAccepted {
        /// Scheme of the promise.
        scheme: String,
        /// Level the customer accepts.
        accepted: String,
    },
    /// Counts as what was asked because the customer accepts it as equivalent.
    AcceptedEquivalent {
        /// Scheme of the promise.
        scheme: String,
        /// Its level.
        level: String,
    },
    /// Members that do not count because their evidence is undated or older than asked.
    EvidenceTooOld {
        /// The members, or nothing where the value as a whole is meant.
        members: BTreeSet<String>,
        /// Oldest age that counts, days.
        max_age_days: u32,
    },
    /// Members that do not count because their evidence has ended.
    EvidenceExpired {
        /// The members, or nothing where the value as a whole is meant.
        members: BTreeSet<String>,
    },
    /// A response time that cannot be derived: no round-trip time from where users are.
    NoPathFrom {
        /// ISO 3166-1 alpha-2.
        user_region: String,
    },
    /// A derived response time: the provider's own plus round trips over the slowest path.
    DerivedResponse {
        /// The provider's response time, seconds.
        own: Decimal,
        /// Round trips per transaction.
        round_trips: u32,
        /// Round-trip time of the slowest path, milliseconds.
        rtt_ms: Decimal,
        /// Where that path starts, ISO 3166-1 alpha-2.
        user_region: String,
        /// From where its time is known.
        origin: RttOrigin,
    },
    /// A price in a currency without a known rate.
    NoRate {
        /// ISO 4217.
        currency: String,
    },
    /// A price converted to yen.
    Converted {
        /// ISO 4217.
        currency: String,
        /// Major units per month as declared.
        amount: Decimal,
        /// Yen per major unit.
        rate: Decimal,
    },
    /// Another list of the same promise leaves the asked set, for example where support works from.
    SubListOutside {
        /// Name of the list.
        list: String,
        /// Members outside what was asked.
        members: BTreeSet<String>,
    },
    /// The row asks about a further list of the promise, not about the promise itself.
    AboutSubList {
        /// Name of the list.
        list: String,
    },
    /// A value of another type than the item's; extension items only.
    NotComparable,
}

/// From where a round-trip time is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum RttOrigin {
    /// The offer states it (`networkToUsers`).
    Offer {
        /// What was measured over the same way, milliseconds, where that is longer than stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measured_ms: Option<Decimal>,
    },
    /// Put together from the parts of a combination.
    Parts,
    /// Measured between two countries, where the offer states nothing.
    Measured {
        /// Country of the offer that the figure is for, ISO 3166-1 alpha-2.
        country: String,
        /// The set of measurements, as [`crate::Rtt::dataset`].
        dataset: String,
        /// Day of the measurement, days since 1970-01-01; `None` where it was not recorded.
        measured_on: Option<i64>,
        /// How old the figure was on the day of judging, days.
        age_days: Option<i64>,
    },
}
