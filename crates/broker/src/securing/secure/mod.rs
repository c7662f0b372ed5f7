//! Securing more room for a running service (P6.1.b1 to b3, F7.4.1, F7.4.2): its own cloud first, then the
//! standby list at once, split over several clouds where no single one has room; all of it or nothing. A cloud that
//! holds nothing takes part: as in an order, it is booked when all others hold.
//!
//! What is secured becomes contracts of the same need, one at each cloud, set up together as an order is.
//! So what was borrowed is metered, watched, given back and erased like everything else.

mod divide;
mod rooms;
mod run;
mod service;

pub(crate) use run::definition;

use super::{Candidate, Strategy};
use crate::contracts::{AtOnce, ContractCard, Plan, contract_id};
use crate::market::OfferCard;
use domain::{ContractId, Money, OrganisationId, RequirementId, SecuringId, Timestamp};
use provider_api::ReserveTerms;
use serde::{Deserialize, Serialize};

/// Clouds that one search is split over at most: as many as an order has seats.
const SEATS_MAX: usize = crate::lifecycle::order::SEATS_MAX;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct SecureRequest {
    /// Machines that are needed besides, 1 to 16.
    pub instances: i64,
    /// What is secured first; `None`: as the need says.
    pub strategy: Option<Strategy>,
    /// The most that all of it may cost a month; `None`: whatever the offers say.
    pub limit: Option<Money>,
    /// Repeating it with the same key gives the same search.
    pub idempotency_key: String,
}

/// What came of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer", content = "code")]
pub enum RoomAnswer {
    /// Enough was found before it.
    NotAsked,
    /// No answer within the deadline.
    Silent,
    /// It refuses; the stable code says why.
    Refused(String),
    /// Room for so many machines, as far as they are needed.
    Room(i64),
}

/// One place of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurePlace {
    /// Offer, region and price; rank 0 is where the service runs.
    pub candidate: Candidate,
    /// What it has.
    #[serde(flatten)]
    pub answer: RoomAnswer,
    /// Machines that are taken of it.
    pub taken: i64,
    /// Measured way to the cloud and back, microseconds.
    pub round_trip_us: Option<i64>,
    /// Network that is free there, Mbit/s.
    pub free_mbps: Option<i64>,
    /// What booking without a hold means there, as the cloud said when it was asked; `None`: it holds first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReserveTerms>,
}

impl SecurePlace {
    /// The same as customers need to know it.
    #[must_use]
    pub fn at_once(&self) -> Option<AtOnce> {
        self.reserve.as_ref().map(AtOnce::of)
    }
}

/// A place with the offer as the market shows it now.
#[derive(Debug, Clone)]
pub struct SecureRow {
    /// The place.
    pub place: SecurePlace,
    /// The offer.
    pub card: OfferCard,
}

/// A search as it stands.
#[derive(Debug, Clone)]
pub struct SecuringView {
    /// Its id.
    pub id: SecuringId,
    /// The service.
    pub contract: ContractId,
    /// Machines that are needed.
    pub instances: i64,
    /// What is secured first.
    pub strategy: Strategy,
    /// `searching`, `secured` or `failed`.
    pub state: String,
    /// Why it came to nothing, as a stable code.
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// In the order in which they are secured; rank 0 is the service's own place.
    pub rows: Vec<SecureRow>,
    /// The contracts it became.
    pub parts: Vec<ContractCard>,
}

/// What the workflow is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecureInput {
    service: ContractId,
    organisation: OrganisationId,
    asked_by: String,
    service_name: String,
    plan: Plan,
    requirement: RequirementId,
    requirement_version: i64,
    requirement_document: String,
    requirement_hash: String,
    strategy: Strategy,
    own_first: bool,
    limit: Option<Money>,
    places: Vec<SecurePlace>,
}

/// The contract of a seat.
fn part_id(organisation: OrganisationId, id: SecuringId, seat: usize) -> ContractId {
    contract_id(organisation.uuid(), &format!("secure {id} {seat}"))
}
