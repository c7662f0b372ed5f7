//! What is read of contracts, and what is written.

use crate::record::record;
use domain::{
    ChangeKind, ChangeState, ContractId, ContractState, Money, OfferId, OrderId, OrganisationId,
    ProviderId, RequirementId, ResourceId, StatementId, Timestamp,
};

/// A contract at the moment it is signed; it starts in `activating`, or in `scheduled`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContract {
    /// Its id.
    pub id: ContractId,
    /// The customer.
    pub organisation_id: OrganisationId,
    /// Who delivers.
    pub provider_id: ProviderId,
    /// The offer.
    pub offer_id: OfferId,
    /// The signed version of the offer.
    pub offer_version: i64,
    /// The offer's exact text (UC5.4).
    pub offer_document: String,
    /// Lower-case hex SHA-256 of exactly that text.
    pub offer_hash: String,
    /// The requirement.
    pub requirement_id: RequirementId,
    /// The signed version of the requirement.
    pub requirement_version: i64,
    /// The requirement's exact text (UC5.4).
    pub requirement_document: String,
    /// Lower-case hex SHA-256 of exactly that text.
    pub requirement_hash: String,
    /// The name the customer gave the service.
    pub service_name: String,
    /// Bill of quantities as JSON.
    pub plan: String,
    /// Monthly price.
    pub price: Money,
    /// What is charged once when it begins; `None`: nothing.
    pub once: Option<Money>,
    /// The user id of the signer.
    pub signed_by: String,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// When it is to begin; `None`: at once.
    pub starts_at: Option<Timestamp>,
    /// Its place in an order; `None`: signed alone.
    pub order: Option<Seat>,
}

/// A place in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The order.
    pub order: OrderId,
    /// From 1.
    pub number: i64,
}

record! {
    /// Contracts that were signed together.
    pub struct Order in "contract_order" {
        /// Its id.
        pub id: OrderId,
        /// The customer.
        pub organisation_id: OrganisationId,
        /// When it was signed.
        pub signed_at: Timestamp,
    }
}

record! {
    /// A contract without its texts, with the names of both sides.
    pub struct ContractHead in "contract" {
        /// Its id.
        pub id: ContractId,
        /// The customer.
        pub organisation_id: OrganisationId,
        /// The customer's name.
        pub organisation_name: String,
        /// Who delivers.
        pub provider_id: ProviderId,
        /// The provider's short name for addresses.
        pub provider_slug: String,
        /// The provider's English name.
        pub provider_name_en: String,
        /// The provider's Japanese name.
        pub provider_name_ja: String,
        /// The offer.
        pub offer_id: OfferId,
        /// The signed version of the offer.
        pub offer_version: i64,
        /// That version's English title.
        pub offer_title_en: String,
        /// That version's Japanese title.
        pub offer_title_ja: String,
        /// The requirement.
        pub requirement_id: RequirementId,
        /// The signed version of the requirement.
        pub requirement_version: i64,
        /// The name the customer gave the service.
        pub service_name: String,
        /// Monthly price.
        [flatten]
        pub price: Money,
        /// Where it stands.
        pub state: ContractState,
        /// Why activation failed, as a stable code.
        pub failure: Option<String>,
        /// Where the service answers, once the provider confirmed it.
        pub address: Option<String>,
        /// The user id of the signer.
        pub signed_by: String,
        /// When it was signed.
        pub signed_at: Timestamp,
        /// When the service was open.
        pub activated_at: Option<Timestamp>,
        /// When nothing was left at the provider.
        pub released_at: Option<Timestamp>,
        /// When it was to begin; `None`: with its signature.
        pub starts_at: Option<Timestamp>,
        /// When it ends by itself; `None`: when its customer releases it.
        pub ends_at: Option<Timestamp>,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// Grows with every change; guards updates.
        pub revision: i64,
        /// The order it was signed in.
        pub order_id: Option<OrderId>,
        /// Its place in that order, from 1.
        pub order_seat: Option<i64>,
    }
}

record! {
    /// A contract with the exact texts that were signed (UC5.4).
    pub struct Contract in "contract" {
        /// Everything but the texts.
        [flatten]
        pub head: ContractHead,
        /// The offer's exact text.
        pub offer_document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub offer_hash: String,
        /// The requirement's exact text.
        pub requirement_document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub requirement_hash: String,
        /// Bill of quantities as JSON.
        pub plan: String,
    }
}

record! {
    /// Where a contract stands, and nothing else of it.
    pub struct Standing in "contract" {
        /// Where it stands.
        pub state: ContractState,
        /// Grows with every change; guards updates.
        pub revision: i64,
    }
}

/// A step of a contract; what is `None` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChange<'a> {
    /// Which contract.
    pub id: ContractId,
    /// The revision that was read.
    pub revision: i64,
    /// The state after the step, as `ContractState::apply` gave it.
    pub state: ContractState,
    /// Why activation failed, as a stable code.
    pub failure: Option<&'a str>,
    /// Where the service answers.
    pub address: Option<&'a str>,
    /// When the service was open.
    pub activated_at: Option<Timestamp>,
    /// When nothing was left at the provider.
    pub released_at: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
}

impl StateChange<'_> {
    /// A step that changes the state and nothing else.
    #[must_use]
    pub const fn to(head: &ContractHead, state: ContractState, at: Timestamp) -> Self {
        Self::of((head.id, head.revision), state, at)
    }

    /// The same of a contract at a revision.
    #[must_use]
    pub const fn of(
        (id, revision): (ContractId, i64),
        state: ContractState,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            revision,
            state,
            failure: None,
            address: None,
            activated_at: None,
            released_at: None,
            at,
        }
    }
}

record! {
    /// Something that exists at the provider for a contract.
    pub struct Resource in "resource" {
        /// Its id here; a repeated upsert keeps the first one.
        pub id: ResourceId,
        /// The contract.
        pub contract_id: ContractId,
        /// What it is: `group`, `compute`, `storage`, `network`.
        pub kind: String,
        /// The provider's own id; unique with contract and kind.
        pub native_id: String,
        /// Where it stands, in the provider's words.
        pub state: String,
        /// What else is known, as JSON.
        pub detail: String,
        /// When it was first seen.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }
}

record! {
    /// A provider's signed statement that the data is gone.
    pub struct ErasureStatement in "erasure_statement" {
        /// Its id.
        pub id: StatementId,
        /// The contract; it has at most one statement.
        pub contract_id: ContractId,
        /// The signed statement exactly as received, as JSON.
        pub statement: String,
        /// The provider's key that verified it, base64.
        pub verified_with: String,
        /// When it was received.
        pub received_at: Timestamp,
    }
}

record! {
    /// The provider's final meter of a contract.
    pub struct UsageRecord in "usage_record" {
        /// The contract.
        pub contract_id: ContractId,
        /// The meter as JSON.
        pub meter: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub hash: String,
        /// When it was read.
        pub read_at: Timestamp,
    }
}

/// A text that was signed, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The text.
    pub text: String,
    /// Lower-case hex SHA-256 of exactly that text.
    pub hash: String,
}

/// What is agreed in a contract and can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who delivers.
    pub provider_id: ProviderId,
    /// The offer.
    pub offer_id: OfferId,
    /// Its version.
    pub offer_version: i64,
    /// Its exact text.
    pub offer: Frozen,
    /// Bill of quantities as JSON.
    pub plan: String,
    /// Monthly price.
    pub price: Money,
    /// When it ends by itself; `None`: when its customer releases it.
    pub ends_at: Option<Timestamp>,
    /// Where the service answers.
    pub address: Option<String>,
}

impl Contract {
    /// The terms as they are.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            provider_id: self.head.provider_id,
            offer_id: self.head.offer_id,
            offer_version: self.head.offer_version,
            offer: Frozen { text: self.offer_document.clone(), hash: self.offer_hash.clone() },
            plan: self.plan.clone(),
            price: self.head.price,
            ends_at: self.head.ends_at,
            address: self.head.address.clone(),
        }
    }
}

/// A change of a contract as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// The contract.
    pub contract_id: ContractId,
    /// From 1, in the order of asking.
    pub number: i64,
    /// Names the request; unique within the contract.
    pub idempotency_key: String,
    /// What is to be different.
    pub kind: ChangeKind,
    /// Scheduled or running.
    pub state: ChangeState,
    /// Quantities, price, offer and end as they are, as JSON.
    pub terms_before: String,
    /// The same as they are to be.
    pub terms_after: String,
    /// The offer as it was signed; `None` where its version stays.
    pub offer_before: Option<Frozen>,
    /// The offer as it is signed now; `None` where its version stays.
    pub offer_after: Option<Frozen>,
    /// The user id of whoever asks.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// When it is to begin; `None`: at once.
    pub from_at: Option<Timestamp>,
}

record! {
    /// A change of a contract without the texts of offers.
    pub struct Change in "contract_change" {
        /// The contract.
        pub contract_id: ContractId,
        /// From 1, in the order of asking.
        pub number: i64,
        /// Names the request.
        pub idempotency_key: String,
        /// What is different.
        pub kind: ChangeKind,
        /// Where it stands.
        pub state: ChangeState,
        /// Why it came to nothing, as a stable code.
        pub failure: Option<String>,
        /// Quantities, price, offer and end as they were, as JSON.
        pub terms_before: String,
        /// The same as asked for.
        pub terms_after: String,
        /// The user id of whoever asked.
        pub asked_by: String,
        /// When.
        pub asked_at: Timestamp,
        /// When it was to begin; `None`: at once.
        pub from_at: Option<Timestamp>,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// Grows with every step; guards updates.
        pub revision: i64,
    }
}
