//! Where a service could be secured next, and securing it there (F7.4): own cloud first, then the
//! clouds whose promise contains the need.

mod candidates;
mod firm;
mod secure;
mod standby;
mod strategy;

pub(crate) use firm::{DECIDED, Take, definition as firm_definition};
pub use firm::{FirmAnswer, FirmHold, FirmPlace, FirmRequest, FirmRow, FirmView};
pub(crate) use secure::definition as secure_definition;
pub use secure::{RoomAnswer, SecurePlace, SecureRequest, SecureRow, SecuringView};
pub use strategy::Strategy;

use crate::contracts::AtOnce;
use crate::market::OfferCard;
use domain::{Money, OfferId, ProviderId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a list of candidates is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandbyRole {
    /// Whatever comes next.
    Any,
}

impl StandbyRole {
    /// The word in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
        }
    }
}

/// Why a candidate stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The service runs at this cloud.
    OwnCloud,
    /// The promise contains the need.
    ContainsNeed,
    /// The promise falls short of the need; only the offer that the service runs on may.
    FallsShort,
    /// One disaster does not hit both places.
    OtherHazardZone,
    /// One disaster may hit both places.
    SameHazardZone,
}

/// One place where something could be secured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// 0 is where the service runs; the others count from 1.
    pub rank: u32,
    /// Whether it is the cloud that the service runs at.
    pub own: bool,
    /// The offer.
    pub offer: OfferId,
    /// Its version.
    pub offer_version: i64,
    /// Who offers it.
    pub provider: ProviderId,
    /// The region, one that the provider's cloud has.
    pub region: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Area that one disaster can hit as a whole; `None`: the offer does not say.
    pub hazard_zone: Option<String>,
    /// Monthly price of the quantities; `None`: the offer has no price for so much.
    pub price: Option<Money>,
    /// What is charged once when something begins there; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<Money>,
    /// Why it stands here.
    pub why: Vec<Why>,
}

/// A candidate with the offer as the market shows it now.
#[derive(Debug, Clone)]
pub struct StandbyRow {
    /// The candidate.
    pub candidate: Candidate,
    /// The offer.
    pub card: OfferCard,
    /// What booking without a hold means at its cloud; `None`: it holds first, or has not said.
    pub at_once: Option<AtOnce>,
}

/// The candidates of a running service or of a saved need, best first.
#[derive(Debug, Clone)]
pub struct StandbyView {
    /// When it was computed; `None`: not yet.
    pub computed_at: Option<Timestamp>,
    /// Whether the cloud that the service runs at comes first.
    pub own_first: bool,
    /// Best first.
    pub rows: Vec<StandbyRow>,
}
