//! The firm list: the best places for a need are held for a short time, so that each can be booked as it
//! is shown (Y.3511 I.6, F7.4.4). Beside it stands the quick list, which asks nobody.
//!
//! Each place has a label of its own: the id of the contract that booking it makes. So a hold that is
//! booked is that contract's already, and one that is not can be found by the list alone.

mod ask;
mod hold;
mod left;
mod order;
mod run;
mod take;

pub(crate) use run::{DECIDED, definition};
pub(crate) use take::Take;

use super::{Candidate, Strategy};
use crate::contracts::{Plan, contract_id, money_of};
use crate::market::OfferCard;
use crate::requirements::RequirementSource;
use domain::{ContractId, DurationUs, FirmListId, Money, OrganisationId, Timestamp};
use provider_api::{AllocationId, Charge};
use serde::{Deserialize, Serialize};
use storage::securing::firm::FirmList;

/// Places that are asked at most.
const ASKED_MAX: usize = 8;
/// Places that are held at most.
pub(super) const HELD_MAX: usize = 3;
/// Lists of an organisation that may be open at once: what is held is lent to nobody else.
const OPEN_MAX: usize = 3;
/// How long a place is held: long enough to read and decide; capacity is not blocked longer.
const TTL_SECONDS: u32 = 180;
/// Nothing is booked in the last moment of a hold: whoever takes it over needs time to say so.
const MARGIN_US: DurationUs = 15 * 1_000_000;

/// What a firm list is asked for.
#[derive(Debug, Clone)]
pub struct FirmRequest {
    /// The need.
    pub need: RequirementSource,
    /// What is held first; `None`: as the need says.
    pub strategy: Option<Strategy>,
    /// Quantities, the region aside; `None`: those that are quoted for each offer.
    pub plan: Option<Plan>,
    /// How many places to hold, 1 to 3.
    pub places: usize,
}

/// What came of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer", content = "code")]
pub enum FirmAnswer {
    /// Not asked yet.
    NotAsked,
    /// No answer within the deadline.
    Silent,
    /// The cloud, or the contract it would be for, refuses; the stable code says why.
    Refused(String),
    /// Not enough is left for the whole group.
    Full,
    /// There is room, and nothing is held: other places were enough.
    HasRoom,
    /// Held until it is booked, dropped or ends.
    Held,
    /// It was held, and was booked.
    Booked,
    /// It was held, and was let go.
    LetGo,
}

impl FirmPlace {
    /// As it stands when its list has ended with a contract, or with none: what was held is no longer.
    fn ended(mut self, booked: bool) -> Self {
        if self.answer == FirmAnswer::Held {
            self.answer = if booked { FirmAnswer::Booked } else { FirmAnswer::LetGo };
            self.held = None;
        }
        self
    }
}

/// What is held at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirmHold {
    /// The cloud's id.
    pub allocation: AllocationId,
    /// The zone that holds it.
    pub zone: String,
    /// When the hold ends by itself.
    pub until: Timestamp,
}

/// One place of a firm list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirmPlace {
    /// Its number in the list, from 1; it stays when the order changes.
    pub number: u32,
    /// Offer, region and price.
    pub candidate: Candidate,
    /// What is held.
    pub plan: Plan,
    /// What came of it.
    #[serde(flatten)]
    pub answer: FirmAnswer,
    /// Measured way to the cloud and back, microseconds; of a held place the median of several.
    pub round_trip_us: Option<i64>,
    /// Network that is free there, Mbit/s.
    pub free_mbps: Option<i64>,
    /// Seconds from start to ready, as usual there.
    pub ready_in_seconds: Option<u32>,
    /// What is held.
    pub held: Option<FirmHold>,
    /// Of a cloud that books at once and is not held therefore: what cancelling costs; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_charge: Option<Charge>,
}

impl FirmPlace {
    /// What booking and cancelling would cost at a cloud that is not held; `None`: nothing, or it is held first.
    #[must_use]
    pub fn cancel_money(&self) -> Option<Money> {
        money_of(self.cancel_charge.as_ref()?)
    }
}

/// A place with the offer as the market shows it now.
#[derive(Debug, Clone)]
pub struct FirmRow {
    /// The place.
    pub place: FirmPlace,
    /// The offer.
    pub card: OfferCard,
}

/// A firm list as it stands.
#[derive(Debug, Clone)]
pub struct FirmView {
    /// Its id.
    pub id: FirmListId,
    /// English title of the need.
    pub title_en: String,
    /// Japanese title of the need.
    pub title_ja: String,
    /// The need, for links.
    pub need: RequirementSource,
    /// What is held first.
    pub strategy: Strategy,
    /// `asking`, `open`, `empty`, `taken`, `dropped`, `expired` or `failed`.
    pub state: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when a place can be booked; `None`: nothing is held.
    pub closes_at: Option<Timestamp>,
    /// The contract that took a place.
    pub contract: Option<ContractId>,
    /// Held places first, best first.
    pub rows: Vec<FirmRow>,
}

/// What the workflow is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirmInput {
    organisation: OrganisationId,
    strategy: Strategy,
    holds: usize,
    places: Vec<FirmPlace>,
}

/// The label under which a place is held: the id of the contract that booking it makes.
fn label(organisation: OrganisationId, list: FirmListId, number: u32) -> ContractId {
    contract_id(organisation.uuid(), &booking_key(list, number))
}

/// The key that the booking of a place is signed with.
fn booking_key(list: FirmListId, number: u32) -> String {
    format!("firm {list} {number}")
}

/// The places of a stored list.
fn places_of(list: &FirmList) -> Result<Vec<FirmPlace>, storage::StorageError> {
    serde_json::from_str(&list.places).map_err(|error| storage::StorageError::Corrupt {
        what: "firm_list.places",
        detail: error.to_string(),
    })
}
