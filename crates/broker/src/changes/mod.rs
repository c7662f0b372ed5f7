//! Changes of a contract that runs: what it would come to, asking for it, and what became of it.
//!
//! A change is a row with the terms before and after. A contract has one change at a time, which is
//! decided behind the contract's lock. Until its workflow has ended well the contract keeps the terms
//! before; then quantities, price and offer become true in one unit of work with the end of the change.

mod accept;
mod ask;
mod due;
mod moving;
mod read;
mod renew;
mod scale;

pub(crate) use accept::newer_views;
pub use accept::{Accept, AcceptQuote, Decision, NewerVersionView};
pub(crate) use ask::clear_way;
pub use moving::{Move, MoveQuote};
pub(crate) use read::views;
pub use renew::{Renew, RenewQuote, TodayTerms};
pub use scale::{Scale, ScaleQuote};

use crate::BrokerError;
use crate::contracts::Plan;
use domain::{ChangeKind, ChangeState, Money, OfferId, ProviderId, Timestamp};
use serde::{Deserialize, Serialize};
use storage::StorageError;
use storage::contracts::{Change, Contract};

/// What is agreed and can change, as it was before a change or is after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The bill of quantities.
    pub plan: Plan,
    /// Monthly price.
    pub price: Money,
    /// The offer.
    pub offer: OfferId,
    /// Its version.
    pub offer_version: i64,
    /// When the contract ends by itself; `None`: when it is released.
    pub ends_at: Option<Timestamp>,
}

/// One change of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeView {
    /// From 1, in the order of asking.
    pub number: i64,
    /// What is different.
    pub kind: ChangeKind,
    /// Where it stands.
    pub state: ChangeState,
    /// Why it came to nothing, as a stable code.
    pub failure: Option<String>,
    /// As it was.
    pub before: Terms,
    /// As asked for.
    pub after: Terms,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it was to begin; `None`: at once.
    pub from: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What only a move has.
    pub moved: Option<MoveView>,
}

/// What only a move has, as people follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveView {
    /// Who delivered before, in English and Japanese.
    pub provider_before: (String, String),
    /// Who delivers after.
    pub provider_after: (String, String),
    /// Whether the data come along.
    pub carries_data: bool,
    /// Until when it is done, or everything stays where it was.
    pub finish_by: Timestamp,
    /// From when on the contract stands on the new terms; `None`: it does not, or not yet.
    pub switched_at: Option<Timestamp>,
    /// The signed statement of the cloud that was left that the data are gone, JSON.
    pub statement: Option<String>,
    /// The key that verified it, base64.
    pub verified_with: Option<String>,
    /// The final meter of the cloud that was left, JSON.
    pub usage: Option<String>,
}

/// What a move is asked for with, beside its terms.
#[derive(Debug, Clone, Copy)]
struct MoveFacts {
    /// Whose the offer is.
    provider: ProviderId,
    carries_data: bool,
    finish_by: Timestamp,
    /// Whether the moment was said, or is the usual one.
    stated: bool,
    /// What the new provider charges once; `None`: nothing.
    once: Option<Money>,
}

/// How terms are stored; money in minor units, moments in microseconds UTC.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredTerms {
    plan: Plan,
    price_minor: i64,
    currency: String,
    offer: String,
    offer_version: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at_us: Option<i64>,
}

impl Terms {
    /// The terms of a contract as they are.
    pub(crate) fn of(contract: &Contract) -> Result<Self, BrokerError> {
        let head = &contract.head;
        Ok(Self {
            plan: read(&contract.plan, "contract.plan")?,
            price: head.price,
            offer: head.offer_id,
            offer_version: head.offer_version,
            ends_at: head.ends_at,
        })
    }

    pub(crate) fn to_text(&self) -> Result<String, BrokerError> {
        let stored = StoredTerms {
            plan: self.plan.clone(),
            price_minor: self.price.minor,
            currency: self.price.currency.code().to_owned(),
            offer: self.offer.to_string(),
            offer_version: self.offer_version,
            ends_at_us: self.ends_at.map(|at| at.0),
        };
        serde_json::to_string(&stored).map_err(|error| BrokerError::Internal(error.to_string()))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, StorageError> {
        let what = "contract_change.terms";
        let stored: StoredTerms = read(text, what)?;
        let corrupt = |detail: String| StorageError::Corrupt { what, detail };
        let currency = stored.currency.parse().map_err(|_| corrupt(stored.currency.clone()))?;
        let offer = stored.offer.parse().map_err(|_| corrupt(stored.offer.clone()))?;
        Ok(Self {
            plan: stored.plan,
            price: Money::new(stored.price_minor, currency),
            offer,
            offer_version: stored.offer_version,
            ends_at: stored.ends_at_us.map(Timestamp),
        })
    }
}

impl ChangeView {
    pub(crate) fn of(row: Change) -> Result<Self, StorageError> {
        Ok(Self {
            before: Terms::parse(&row.terms_before)?,
            after: Terms::parse(&row.terms_after)?,
            number: row.number,
            kind: row.kind,
            state: row.state,
            failure: row.failure,
            asked_at: row.asked_at,
            from: row.from_at,
            ended_at: row.ended_at,
            moved: None,
        })
    }
}

impl From<storage::contracts::Move> for MoveView {
    fn from(row: storage::contracts::Move) -> Self {
        Self {
            provider_before: (row.before_name_en, row.before_name_ja),
            provider_after: (row.after_name_en, row.after_name_ja),
            carries_data: row.carries_data,
            finish_by: row.finish_by,
            switched_at: row.switched_at,
            statement: row.statement,
            verified_with: row.verified_with,
            usage: row.meter,
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(text: &str, what: &'static str) -> Result<T, StorageError> {
    serde_json::from_str(text)
        .map_err(|error| StorageError::Corrupt { what, detail: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_back_exactly() {
        let plan = Plan {
            instances: 2,
            vcpu: 4,
            ram_mb: 8192,
            storage_gb: 100,
            network_mbps: 50,
            region: "jp-osaka-1".to_owned(),
        };
        let yen = "JPY".parse().unwrap();
        for ends_at in [None, Some(Timestamp(i64::MAX))] {
            let terms = Terms {
                plan: plan.clone(),
                price: Money::new(i64::MAX, yen),
                offer: OfferId(uuid::Uuid::from_u128(7)),
                offer_version: 3,
                ends_at,
            };
            assert_eq!(Terms::parse(&terms.to_text().unwrap()).unwrap(), terms);
        }
        assert!(Terms::parse("{}").is_err());
    }
}
