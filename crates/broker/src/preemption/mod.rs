//! Room for lifelines in a disaster (F7.4.6): taken of services whose customers agreed to it, after a notice, for a
//! compensation, and given back.
//!
//! `consent` is what a customer agrees to beforehand; `room` is asked by an activation that finds none; `due` begins
//! what was noticed and gives back what was taken. Nobody else's service is ever touched, and a lifeline never gives.

mod choose;
mod consent;
mod due;
mod read;
mod room;
mod rows;
mod wait;

pub(crate) use choose::reduced;
pub(crate) use room::make_room;
pub(crate) use rows::{clear_preemption, must_have_its_room, settle};

use domain::{DurationUs, Money, PreemptionState, Timestamp};

/// The shortest notice that can be agreed: long enough to finish what is in flight.
pub const NOTICE_MIN_US: DurationUs = 60 * 1_000_000;
/// The longest one: a lifeline waits for it.
pub const NOTICE_MAX_US: DurationUs = 3600 * 1_000_000;
/// What is proposed.
pub const NOTICE_USUAL_US: DurationUs = 300 * 1_000_000;

/// What a customer agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgreePreemption {
    /// How long before anything changes it wants to be told, microseconds: [`NOTICE_MIN_US`] to [`NOTICE_MAX_US`].
    pub notice_us: DurationUs,
    /// Machines that stay, fewer than the service has; 0: it may stand still, with its data and address kept.
    pub keep_instances: i64,
}

/// What was agreed, and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentView {
    /// What was agreed.
    pub agreed: AgreePreemption,
    /// What is owed, percent of the price of what is taken.
    pub percent: i64,
    /// When.
    pub agreed_at: Timestamp,
}

/// How a service stands to pre-emption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreemptionView {
    /// What holds; `None`: nothing may be taken.
    pub consent: Option<ConsentView>,
    /// Why nothing can be agreed: `lifeline`, or `contract_ended`; `None`: it can.
    pub obstacle: Option<&'static str>,
    /// Machines of the service.
    pub instances: i64,
    /// What would be owed for the first hour if all is taken that was agreed, or all where nothing was; `None`: nothing can
    /// be agreed.
    pub first_hour: Option<Money>,
    /// What is owed, percent of the price of what is taken, for what is agreed today.
    pub percent: i64,
    /// Room that this service gave, the latest first.
    pub gave: Vec<PreemptionRow>,
    /// Room that others gave to this service, the latest first; whose it was stays untold.
    pub got: Vec<RoomGot>,
}

/// Room that a lifeline got of another service; whose it was and how large that is stays untold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomGot {
    /// Where it stands.
    pub state: PreemptionState,
    /// Machines that were given, or are to be.
    pub machines: i64,
    /// When the customer of the other service was told.
    pub noticed_at: Timestamp,
    /// When it begins, or was to begin.
    pub due_at: Timestamp,
    /// From when on the other service had less than was ordered.
    pub begun_at: Option<Timestamp>,
    /// Until when.
    pub ended_at: Option<Timestamp>,
    /// What the lifeline owes for it so far; `None`: nothing yet.
    pub owed: Option<Money>,
}

impl From<PreemptionRow> for RoomGot {
    fn from(row: PreemptionRow) -> Self {
        Self {
            state: row.state,
            machines: row.instances.saturating_sub(row.keep_instances),
            noticed_at: row.noticed_at,
            due_at: row.due_at,
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            owed: row.owed,
        }
    }
}

/// Room that one service gives to a lifeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreemptionRow {
    /// From 1, of the service that gives.
    pub number: i64,
    /// Where it stands.
    pub state: PreemptionState,
    /// Machines before.
    pub instances: i64,
    /// Machines that stay.
    pub keep_instances: i64,
    /// When the customer was told.
    pub noticed_at: Timestamp,
    /// When it begins, or was to begin.
    pub due_at: Timestamp,
    /// From when on the service had less than was ordered.
    pub begun_at: Option<Timestamp>,
    /// Until when.
    pub ended_at: Option<Timestamp>,
    /// What is owed so far, by the lifeline to the service that gives; `None`: nothing is owed yet.
    pub owed: Option<Money>,
}
