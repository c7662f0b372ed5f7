//! From quote to settlement: what a customer contracts, and how it goes.

mod adopt;
mod alternatives;
mod at_once;
mod charge;
mod cost;
mod data;
mod end;
mod estimate;
mod follow;
mod order;
mod quote;
mod read;
mod ready;
mod requote;
mod sign;
mod start;
mod terminate;
mod upcoming;
pub(crate) use terminate::signed_notice;

pub use crate::lifecycle::order::SEATS_MAX as ORDER_OFFERS_MAX;
pub use adopt::{Adopt, AdoptDifference, Adoptable, Adoption};
pub use alternatives::{AlternativeOffer, Alternatives};
pub(crate) use at_once::money_of;
pub use charge::{ChargeLine, Charged, Charges, Priced};
pub use cost::{Bill, Cost, MONTHS_MAX, MONTHS_USUAL, NextCost, PriceBook, UNITS_MAX};
pub use data::{DataStream, ReturnedArchive, ReturnedData, ReturnedFile, TakeData};
pub use end::DataAtEnd;
pub(crate) use end::END_MAX_US;
pub use order::{MemberQuote, OrderMember, OrderPage, OrderQuote, SignOrder};
pub(crate) use quote::{
    charges as plan_charges, obstacle as plan_obstacle, orderable, plan_for, plan_limits,
    signed_price,
};
pub(crate) use read::{cards as contract_cards, parse_cursor};
pub use ready::{order_name_fault, service_name_fault};
pub use requote::{LineDifference, PriceAge, Requote, Shown};
pub use sign::is_lifeline;
pub(crate) use sign::{Existing, class_of, contract_id, engine};
pub use upcoming::{Upcoming, UpcomingPrice};

use crate::Listed;
use crate::changes::{ChangeView, NewerVersionView};
use crate::preemption::PreemptionRow;
use crate::requirements::{RankedOffer, RequirementSource};
use domain::{
    ContractId, ContractState, DurationUs, Money, OfferId, OrderId, RequirementId, Timestamp,
    WorkflowId,
};
use serde::{Deserialize, Serialize};

/// The bill of quantities (P6.1.i1): what will be held, confirmed and started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Instances.
    pub instances: i64,
    /// Virtual CPUs of each.
    pub vcpu: i64,
    /// Memory of each, MiB.
    pub ram_mb: i64,
    /// Storage of the whole service, GB.
    pub storage_gb: i64,
    /// Network of the whole service, Mbit/s.
    pub network_mbps: i64,
    /// Region at the provider.
    pub region: String,
}

/// What signing would bring.
#[derive(Debug, Clone)]
pub struct Quote {
    /// The offer with its verdicts against the need.
    pub ranked: RankedOffer,
    /// The need.
    pub requirement: sla::Requirement,
    /// Its compact form.
    pub share_code: String,
    /// The bill of quantities.
    pub plan: Plan,
    /// Monthly price; `None`: not published, so it cannot be signed.
    pub price: Option<Money>,
    /// How it comes about, and what is charged once.
    pub priced: Option<Priced>,
    /// How old the prices are.
    pub age: PriceAge,
    /// Until when the price counts if nobody publishes another one; `None`: nothing ends it.
    pub valid_until: Option<Timestamp>,
    /// What booking without a hold means at its cloud; `None`: it holds first, or has not said.
    pub at_once: Option<AtOnce>,
    /// Why it cannot be signed: `catalogue_only`, `cloud_not_passed`, `not_valid_yet`, `no_longer_valid`, `region_not_served`, `no_price`; `None`: it can.
    pub obstacle: Option<&'static str>,
}

/// How a cloud that holds nothing books, as customers need to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtOnce {
    /// What it costs when what was booked is cancelled before it starts, because something else could not be had;
    /// `None`: nothing.
    pub cancel_charge: Option<Money>,
}

/// What was booked for a contract at a cloud that holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingView {
    /// When it was booked.
    pub booked_at: Timestamp,
    /// What cancelling was said to cost; `None`: nothing.
    pub declared: Option<Money>,
    /// When it was cancelled before the start; `None`: it was kept.
    pub cancelled_at: Option<Timestamp>,
    /// What the cloud charges for that; `None`: nothing.
    pub owed: Option<Money>,
}

/// A charge that is made once for a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargedOnce {
    /// The amount.
    pub amount: Money,
    /// The change that moved the service to another provider; `None`: it was agreed with the signature.
    pub change: Option<i64>,
    /// By which offer.
    pub offer: OfferId,
    /// By which version of it.
    pub offer_version: i64,
    /// When it was agreed.
    pub agreed_at: Timestamp,
    /// When the service began there; `None`: it has not yet.
    pub charged_at: Option<Timestamp>,
}

/// The customer's decision.
#[derive(Debug, Clone)]
pub struct Sign {
    /// The offer.
    pub offer: OfferId,
    /// The version that was shown; a newer one makes a conflict.
    pub offer_version: i64,
    /// The need it is for; saved for the organisation when it is not yet.
    pub requirement: RequirementSource,
    /// How the customer calls the service, 1 to 80 characters.
    pub service_name: String,
    /// Edited quantities; `None`: as quoted.
    pub plan: Option<Plan>,
    /// The price that was shown; another one, or one that is old and unconfirmed, is quoted anew. `None`: whatever the price book says.
    pub shown_price: Option<Shown>,
    /// When the service is to begin, up to ten years ahead; `None`: at once.
    pub starts_at: Option<Timestamp>,
    /// Repeating a signature with the same key gives the same contract.
    pub idempotency_key: String,
}

/// A contract in a list.
#[derive(Debug, Clone)]
pub struct ContractCard {
    /// Its id.
    pub id: ContractId,
    /// How the customer calls the service.
    pub service_name: String,
    /// Title of the offer in English.
    pub offer_title_en: String,
    /// Title of the offer in Japanese.
    pub offer_title_ja: String,
    /// Provider's name in English.
    pub provider_en: String,
    /// Provider's name in Japanese.
    pub provider_ja: String,
    /// Where it stands.
    pub state: ContractState,
    /// Monthly price.
    pub price: Money,
    /// Where the service answers; `None` before activation and after release.
    pub address: Option<String>,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// When it begins, while it waits for that; `None`: it has begun.
    pub starts_at: Option<Timestamp>,
    /// When it ends by itself; `None`: when it is released.
    pub ends_at: Option<Timestamp>,
    /// Whether it stands still because a lifeline has its room, as its customer agreed.
    pub at_rest: bool,
    /// Whether the last liveness sample was good; `None`: no data.
    pub healthy: Option<bool>,
}

/// One step of a workflow as people follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// Name in the definition: plan, discover, hold, …
    pub name: String,
    /// forward or undo.
    pub phase: String,
    /// pending, started, retrying, waiting, done, failed or skipped.
    pub status: String,
    /// From 1; 0 when not begun.
    pub attempt: i64,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Stable code of the last error.
    pub error_code: Option<String>,
    /// What happened, in a sentence.
    pub error: Option<String>,
    /// When the next attempt is due.
    pub next_attempt_at: Option<Timestamp>,
    /// Why a person said that it is done or undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One workflow run as people follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Its id.
    pub id: WorkflowId,
    /// activate_contract or release_contract.
    pub kind: String,
    /// running, undoing, done, undone, needs_attention, abandoned or parked.
    pub state: String,
    /// In the order of the definition, undo steps last.
    pub steps: Vec<StepView>,
}

/// The notice that a provider has to keep when it ends a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromisedNotice {
    /// Microseconds.
    pub notice_us: DurationUs,
    /// Whether the signed version promises it; `false`: the least notice of the market.
    pub signed: bool,
}

/// What a provider says when it ends a contract.
#[derive(Debug, Clone)]
pub struct GiveNotice {
    /// When the service ends.
    pub ends_at: Timestamp,
    /// What the customer reads, 1 to 500 characters.
    pub reason: String,
}

/// A notice by which a provider ends a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminationView {
    /// As the provider says it.
    pub reason: String,
    /// The least notice, microseconds.
    pub notice_us: DurationUs,
    /// When it was given.
    pub given_at: Timestamp,
    /// When the service ends.
    pub ends_at: Timestamp,
    /// `pending`, `withdrawn`, `ended` or `overtaken`.
    pub state: String,
    /// When it was no longer pending.
    pub closed_at: Option<Timestamp>,
}

/// A contract as the provider sees it that delivers it.
#[derive(Debug, Clone)]
pub struct DeliveredContract {
    /// Its id.
    pub id: ContractId,
    /// The customer's name.
    pub customer: String,
    /// How the customer calls the service.
    pub service_name: String,
    /// Title of the signed offer in English.
    pub offer_title_en: String,
    /// Title of the signed offer in Japanese.
    pub offer_title_ja: String,
    /// The signed version.
    pub offer_version: i64,
    /// Where it stands.
    pub state: ContractState,
    /// Monthly price.
    pub price: Money,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// When its customer ends it; `None`: when it is released.
    pub ends_at: Option<Timestamp>,
    /// The notice that its provider has to keep.
    pub notice: PromisedNotice,
    /// The earliest moment at which its provider could end it now; `None`: it has ended.
    pub earliest: Option<Timestamp>,
    /// The last notice that was given.
    pub termination: Option<TerminationView>,
}

/// Something allocated at the provider.
#[derive(Debug, Clone)]
pub struct ResourceView {
    /// compute, storage, network, endpoint.
    pub kind: String,
    /// The provider's id.
    pub native_id: String,
    /// Common state (`held`, `active`, …).
    pub state: String,
    /// Where it is, as the cloud said when it last changed; `None`: the cloud did not say.
    pub place: Option<PlaceView>,
}

/// Where something is at a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceView {
    /// The cloud's id of the zone.
    pub zone: String,
    /// The provider's name for the region.
    pub region: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// A stored erasure statement (F7.10).
#[derive(Debug, Clone)]
pub struct StatementView {
    /// The signed statement as received, JSON.
    pub statement: String,
    /// The key that verified it, base64.
    pub verified_with: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// Everything a contract page shows.
#[derive(Debug, Clone)]
pub struct ContractPage {
    /// The list entry.
    pub card: ContractCard,
    /// The offer it was made from.
    pub offer: OfferId,
    /// Its frozen version.
    pub offer_version: i64,
    /// The frozen text and its hash.
    pub offer_document: String,
    /// Lower-case hex SHA-256.
    pub offer_hash: String,
    /// The requirement it was made for.
    pub requirement: RequirementId,
    /// Its frozen version.
    pub requirement_version: i64,
    /// The frozen text.
    pub requirement_document: String,
    /// Lower-case hex SHA-256.
    pub requirement_hash: String,
    /// The bill of quantities.
    pub plan: Plan,
    /// Stable code of why activation failed.
    pub failure: Option<String>,
    /// After a failure: what can be signed instead.
    pub alternatives: Alternatives,
    /// The order it was signed in.
    pub order: Option<OrderId>,
    /// What was asked to be changed, the latest first.
    pub changes: Vec<ChangeView>,
    /// Newest run last.
    pub timelines: Vec<Timeline>,
    /// What exists at the provider.
    pub resources: Vec<ResourceView>,
    /// What is watched since when; empty before watching began.
    pub watches: Vec<storage::contracts::Watch>,
    /// The notice by which its provider ends it: the one that is pending, or that ended it.
    pub termination: Option<TerminationView>,
    /// Room that it gives to a lifeline now, or is about to give.
    pub preemption: Option<PreemptionRow>,
    /// While it is set up: room that others are making for it.
    pub awaited: Vec<PreemptionRow>,
    /// What was booked for it at a cloud that holds nothing, oldest first.
    pub bookings: Vec<BookingView>,
    /// What is or was charged once, that of the signature first; what came to nothing is left out.
    pub charged_once: Vec<ChargedOnce>,
    /// Whether its cloud was last found to have something else than was ordered.
    pub differs: bool,
    /// Proof of erasure after release.
    pub statement: Option<StatementView>,
    /// The provider's final meter, JSON.
    pub usage: Option<String>,
    /// When it became active.
    pub activated_at: Option<Timestamp>,
    /// When it was released.
    pub released_at: Option<Timestamp>,
    /// Promised response time in microseconds; `None`: not promised.
    pub promised_response_us: Option<i64>,
    /// What the provider has published since; `None`: nothing else, or the offer is off the market.
    pub newer: Option<NewerOffer>,
    /// Newer versions of its offer that its holder was told about, the latest first.
    pub newer_versions: Vec<NewerVersionView>,
}

/// A version of an offer that was published after a contract was made from an earlier one.
#[derive(Debug, Clone)]
pub struct NewerOffer {
    /// The version that is published now.
    pub version: i64,
    /// What changed since the contract's version.
    pub changes: sla::Diff,
}

/// One bucket of a chart; `samples == 0` is "no data".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// Start of the bucket.
    pub at: Timestamp,
    /// Samples in it.
    pub samples: i64,
    /// Of them, successful.
    pub ok: i64,
    /// Mean response in microseconds; `None`: no answer.
    pub mean_us: Option<i64>,
    /// Slowest response in microseconds.
    pub max_us: Option<i64>,
}

pub use storage::contracts::{Watch, WatchKind};

/// A page of contracts. Newest first.
pub type ContractList = Listed<ContractCard>;
