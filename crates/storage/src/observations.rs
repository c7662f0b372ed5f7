//! Samples of running services. No row means "no data"; judging them is `domain`'s.

use crate::record::{Column, ids_text, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, DurationUs, OfferId, ProviderId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// The most buckets of one chart.
const BUCKETS_MAX: i64 = 2_000;

/// What was sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObservationKind {
    /// Whether the provider reports the service as running.
    Liveness,
    /// Whether and how fast the service answered.
    Response,
}

impl ObservationKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Liveness, Self::Response];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Response => "response",
        }
    }
}

impl fmt::Display for ObservationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ObservationKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a kind of observation"))
    }
}

impl Column for ObservationKind {
    type Raw = String;

    fn read(raw: String, what: &'static str) -> Result<Self, StorageError> {
        raw.parse().map_err(|detail| StorageError::Corrupt { what, detail })
    }
}

record! {
    /// One sample.
    pub struct Observation in "observation" {
        /// The contract whose service was sampled.
        pub contract_id: ContractId,
        /// What was sampled.
        pub kind: ObservationKind,
        /// When.
        pub at: Timestamp,
        /// Whether it was as it should be.
        pub ok: bool,
        /// Response time in microseconds; `None` when there was no answer.
        pub value_us: Option<DurationUs>,
    }
}

record! {
    /// The samples of one stretch of time; a stretch without samples has no bucket.
    pub struct Bucket in "observation" {
        /// Counts from 0; starts at `from + number * bucket_us`.
        pub number: i64,
        /// How many samples.
        pub samples: i64,
        /// How many of them were as they should be.
        pub ok_samples: i64,
        /// Mean of the values in microseconds, rounded down; `None` without values.
        pub value_mean_us: Option<DurationUs>,
        /// Largest value in microseconds; `None` without values.
        pub value_max_us: Option<DurationUs>,
    }
}

record! {
    /// How often an offer was found well.
    pub struct Share in "observation" {
        /// The offer.
        pub offer_id: OfferId,
        /// How many samples.
        pub samples: i64,
        /// How many of them were as they should be.
        pub ok_samples: i64,
    }
}

record! {
    /// What was measured of an offer, over all its contracts.
    pub struct History in "observation" {
        /// What was sampled.
        pub kind: ObservationKind,
        /// How many contracts were measured.
        pub contracts: i64,
        /// How many samples.
        pub samples: i64,
        /// How many of them were as they should be.
        pub ok_samples: i64,
        /// Mean of the values in microseconds, rounded down; `None` without values.
        pub value_mean_us: Option<DurationUs>,
        /// Largest value in microseconds; `None` without values.
        pub value_max_us: Option<DurationUs>,
        /// The first sample.
        pub first_at: Timestamp,
        /// The last sample.
        pub last_at: Timestamp,
    }
}

record! {
    /// What was measured of the answers of an offer, over all its contracts.
    pub struct OfferHistory in "observation" {
        /// The offer.
        pub offer_id: OfferId,
        /// How many contracts were measured.
        pub contracts: i64,
        /// How many samples.
        pub samples: i64,
        /// How many of them were as they should be.
        pub ok_samples: i64,
        /// Mean of the values in microseconds, rounded down; `None` without values.
        pub value_mean_us: Option<DurationUs>,
    }
}

statements! {
    INSERT = "
        INSERT INTO observation (contract_id, kind, at, ok, value_us)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (contract_id, kind, at) DO NOTHING";
    SERIES = "
        SELECT contract_id, kind, at, ok, value_us FROM observation
        WHERE contract_id = $1 AND kind = $2 AND at >= $3 AND at < $4
        ORDER BY at LIMIT $5";
    // The ids come as a JSON list; see offers::published::PUBLISHED_BY_IDS.
    LATEST = "
        SELECT contract_id, kind, at, ok, value_us
        FROM json_each($1) AS wanted
        CROSS JOIN observation ON observation.contract_id = unhex(wanted.value) AND kind = $2
            AND at = (SELECT MAX(newest.at) FROM observation AS newest
                WHERE newest.contract_id = unhex(wanted.value) AND newest.kind = $2)",
        postgres = "
        SELECT contract_id, kind, at, ok, value_us
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN observation ON observation.contract_id = CAST(wanted.value AS UUID) AND kind = $2
            AND at = (SELECT MAX(newest.at) FROM observation AS newest
                WHERE newest.contract_id = CAST(wanted.value AS UUID) AND newest.kind = $2)";
    // SUM is cast back: PostgreSQL widens it to NUMERIC. Division of integers rounds towards 0.
    BUCKETS = "
        SELECT (at - $3) / $5 AS number, COUNT(*) AS samples,
            SUM(CASE WHEN ok THEN 1 ELSE 0 END) AS ok_samples,
            CAST(SUM(value_us) AS BIGINT) / COUNT(value_us) AS value_mean_us,
            MAX(value_us) AS value_max_us
        FROM observation
        WHERE contract_id = $1 AND kind = $2 AND at >= $3 AND at < $4
        GROUP BY 1
        ORDER BY 1 LIMIT $6";
    HISTORY = "
        SELECT kind, COUNT(DISTINCT contract_id) AS contracts, COUNT(*) AS samples,
            SUM(CASE WHEN ok THEN 1 ELSE 0 END) AS ok_samples,
            CAST(SUM(value_us) AS BIGINT) / COUNT(value_us) AS value_mean_us,
            MAX(value_us) AS value_max_us, MIN(at) AS first_at, MAX(at) AS last_at
        FROM observation
        JOIN contract ON contract.id = observation.contract_id
        WHERE contract.offer_id = $1 AND at >= $2
        GROUP BY kind
        ORDER BY kind";
    HISTORY_BY_OFFER = "
        SELECT offer_id, COUNT(DISTINCT contract_id) AS contracts, COUNT(*) AS samples,
            SUM(CASE WHEN ok THEN 1 ELSE 0 END) AS ok_samples,
            CAST(SUM(value_us) AS BIGINT) / COUNT(value_us) AS value_mean_us
        FROM observation
        JOIN contract ON contract.id = observation.contract_id
        WHERE contract.provider_id = $1 AND kind = $2 AND at >= $3
        GROUP BY offer_id
        ORDER BY offer_id";
    SHARES = "
        SELECT contract.offer_id, COUNT(*) AS samples, SUM(CASE WHEN ok THEN 1 ELSE 0 END) AS ok_samples
        FROM observation
        JOIN contract ON contract.id = observation.contract_id
        WHERE observation.kind = $1 AND observation.at >= $2
        GROUP BY contract.offer_id
        ORDER BY contract.offer_id";
    DELETE_OLDER_THAN = "
        DELETE FROM observation WHERE at < $1";
}

/// Adds a sample; false if there is one of that contract, kind and moment, which stays.
pub async fn insert(tx: &mut Tx, observation: &Observation) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        INSERT,
        observation.contract_id.uuid(),
        observation.kind.as_str(),
        observation.at.0,
        observation.ok,
        observation.value_us,
    )?;
    Ok(affected == 1)
}

/// Lists samples from `from` to before `until`, oldest first, at most `limit`.
pub async fn series(
    tx: &mut Tx,
    contract: ContractId,
    kind: ObservationKind,
    (from, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Observation>, StorageError> {
    let (contract, kind, limit) = (contract.uuid(), kind.as_str(), i64::from(limit));
    list!(tx, Observation, SERIES, contract, kind, from.0, until.0, limit)
}

/// Reads the last sample of a kind of each contract that has one, in one statement, in any order.
pub async fn latest(
    tx: &mut Tx,
    contracts: &[ContractId],
    kind: ObservationKind,
) -> Result<Vec<Observation>, StorageError> {
    let wanted = ids_text(contracts.iter().map(|id| id.uuid()));
    list!(tx, Observation, LATEST, wanted, kind.as_str())
}

/// Sums samples from `from` to before `until` up in buckets, oldest first, at most 2000.
pub async fn buckets(
    tx: &mut Tx,
    contract: ContractId,
    kind: ObservationKind,
    (from, until): (Timestamp, Timestamp),
    bucket_us: DurationUs,
) -> Result<Vec<Bucket>, StorageError> {
    let (contract, kind, bucket_us) = (contract.uuid(), kind.as_str(), bucket_us.max(1));
    list!(tx, Bucket, BUCKETS, contract, kind, from.0, until.0, bucket_us, BUCKETS_MAX)
}

/// Sums up what was measured of an offer since a moment, a row for each kind with samples.
pub async fn history(
    tx: &mut Tx,
    offer: OfferId,
    since: Timestamp,
) -> Result<Vec<History>, StorageError> {
    list!(tx, History, HISTORY, offer.uuid(), since.0)
}

/// Sums up how the services of a provider answered since a moment, a row for each offer with samples.
pub async fn history_by_offer(
    tx: &mut Tx,
    provider: ProviderId,
    since: Timestamp,
) -> Result<Vec<OfferHistory>, StorageError> {
    let kind = ObservationKind::Response.as_str();
    list!(tx, OfferHistory, HISTORY_BY_OFFER, provider.uuid(), kind, since.0)
}

/// How many samples of a kind each offer has since a moment, and how many of them were well.
pub async fn shares(
    tx: &mut Tx,
    kind: ObservationKind,
    since: Timestamp,
) -> Result<Vec<Share>, StorageError> {
    list!(tx, Share, SHARES, kind.as_str(), since.0)
}

/// Removes samples from before a moment; returns how many.
pub async fn delete_older_than(tx: &mut Tx, before: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, DELETE_OLDER_THAN, before.0)
}
