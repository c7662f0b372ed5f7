//! Where services could be secured next: lists of candidates, and how each service wants it. Lists
//! are a projection of the market; what stands in `candidates` is the broker's.

pub mod firm;
pub mod more;

use crate::record::{find, list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, OfferId, OrganisationId, ProviderId, RequirementId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Lists of contracts.
pub const CONTRACT: &str = "contract";
/// Lists of saved requirements.
pub const REQUIREMENT: &str = "requirement";
/// Offers that can be ordered, read at most; a market of more is looked at in its order of ids.
const ORDERABLE_MAX: i64 = 100_000;

record! {
    /// A list of candidates.
    pub struct StandbyList in "standby_list" {
        /// Whether the cloud that the service runs at comes first.
        pub own_first: bool,
        /// The newest change of the market that is in it.
        pub market_until: Timestamp,
        /// When it was made.
        pub computed_at: Timestamp,
        /// JSON.
        pub candidates: String,
    }
}

/// A list to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStandbyList {
    /// The contract or the requirement.
    pub subject: Uuid,
    /// [`CONTRACT`] or [`REQUIREMENT`].
    pub kind: &'static str,
    /// What the candidates are kept for.
    pub role: &'static str,
    /// The list.
    pub list: StandbyList,
}

record! {
    /// A running service whose list is missing or old.
    pub struct ServiceToRenew in "contract" {
        /// The contract.
        pub id: ContractId,
        /// Whose it is.
        pub organisation_id: OrganisationId,
        /// Whose cloud it runs at.
        pub provider_id: ProviderId,
        /// The offer it was made from.
        pub offer_id: OfferId,
        /// Bill of quantities as JSON.
        pub plan: String,
        /// The requirement's exact text.
        pub requirement_document: String,
        /// Whether its own cloud comes first.
        pub own_first: bool,
    }
}

record! {
    /// A watched requirement whose list is missing or old.
    pub struct NeedToRenew in "requirement" {
        /// The requirement.
        pub id: RequirementId,
        /// Whose it is.
        pub organisation_id: OrganisationId,
        /// The newest version's canonical JSON.
        pub document: String,
    }
}

/// From when on a list is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Lists without this change of the market are old.
    pub market_until: Timestamp,
    /// Lists made before are old.
    pub computed_after: Timestamp,
}

statements! {
    LIST_SERVICES = "
        SELECT contract.id AS id, organisation_id, provider_id, offer_id, plan, requirement_document,
            COALESCE(securing_policy.own_first, TRUE) AS own_first
        FROM contract
        LEFT JOIN standby_list ON standby_list.subject = contract.id AND standby_list.role = $1
        LEFT JOIN securing_policy ON securing_policy.contract_id = contract.id
        WHERE contract.state = 'active' AND contract.id > $2
            AND (standby_list.subject IS NULL OR market_until < $3 OR computed_at < $4
                OR standby_list.own_first <> COALESCE(securing_policy.own_first, TRUE))
        ORDER BY contract.id LIMIT $5";
    LIST_NEEDS = "
        SELECT requirement.id AS id, organisation_id, newest.document AS document
        FROM requirement
        JOIN requirement_version AS newest ON newest.requirement_id = requirement.id
            AND newest.version = requirement.current_version
        LEFT JOIN standby_list ON standby_list.subject = requirement.id AND standby_list.role = $1
        WHERE watched_since IS NOT NULL AND requirement.id > $2
            AND (standby_list.subject IS NULL OR market_until < $3 OR computed_at < $4
                OR computed_at < requirement.updated_at)
        ORDER BY requirement.id LIMIT $5";
    PUT = "
        INSERT INTO standby_list (subject, kind, role, own_first, market_until, computed_at, candidates)
        SELECT unhex(value ->> 'subject'), value ->> 'kind', value ->> 'role', value ->> 'own_first',
            value ->> 'market_until', value ->> 'computed_at', value ->> 'candidates'
        FROM json_each($1) WHERE TRUE
        ON CONFLICT (subject, role) DO UPDATE SET own_first = excluded.own_first,
            market_until = excluded.market_until, computed_at = excluded.computed_at,
            candidates = excluded.candidates
            WHERE standby_list.computed_at <= excluded.computed_at",
        postgres = "
        INSERT INTO standby_list (subject, kind, role, own_first, market_until, computed_at, candidates)
        SELECT subject, kind, role, own_first, market_until, computed_at, candidates
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (subject UUID, kind TEXT, role TEXT,
            own_first BOOLEAN, market_until BIGINT, computed_at BIGINT, candidates TEXT)
        ON CONFLICT (subject, role) DO UPDATE SET own_first = excluded.own_first,
            market_until = excluded.market_until, computed_at = excluded.computed_at,
            candidates = excluded.candidates
            WHERE standby_list.computed_at <= excluded.computed_at";
    FIND = "
        SELECT own_first, market_until, computed_at, candidates FROM standby_list
        WHERE subject = $1 AND role = $2";
    DELETE_ENDED = "
        DELETE FROM standby_list WHERE kind = 'contract' AND NOT EXISTS (
            SELECT 1 FROM contract WHERE contract.id = standby_list.subject
                AND contract.state = 'active')";
    DELETE_UNWATCHED = "
        DELETE FROM standby_list WHERE kind = 'requirement' AND NOT EXISTS (
            SELECT 1 FROM requirement WHERE requirement.id = standby_list.subject
                AND requirement.watched_since IS NOT NULL)";
    OWN_FIRST = "
        SELECT own_first FROM securing_policy WHERE contract_id = $1";
    SET_OWN_FIRST = "
        INSERT INTO securing_policy (contract_id, own_first, updated_at) VALUES ($1, $2, $3)
        ON CONFLICT (contract_id) DO UPDATE
            SET own_first = excluded.own_first, updated_at = excluded.updated_at";
    // Who answers is asked when it matters; here it is enough that a cloud is there that passed.
    LIST_ORDERABLE = "
        SELECT offer.id AS id, provider.id AS provider_id FROM offer JOIN provider ON provider.id = offer.provider_id
        WHERE offer.state IN ('published', 'withdrawing') AND provider.cloud_url IS NOT NULL
            AND provider.cloud_passed_url = provider.cloud_url
        ORDER BY offer.id LIMIT $1";
}

/// Lists running services after one whose list for the role is missing or old, by id.
pub async fn services_to_renew(
    tx: &mut Tx,
    role: &str,
    after: Option<ContractId>,
    age: Age,
    limit: u32,
) -> Result<Vec<ServiceToRenew>, StorageError> {
    let after = after.map_or_else(Uuid::nil, ContractId::uuid);
    let (until, since) = (age.market_until.0, age.computed_after.0);
    list!(tx, ServiceToRenew, LIST_SERVICES, role, after, until, since, i64::from(limit))
}

/// Lists watched requirements after one whose list for the role is missing or old, by id.
pub async fn needs_to_renew(
    tx: &mut Tx,
    role: &str,
    after: Option<RequirementId>,
    age: Age,
    limit: u32,
) -> Result<Vec<NeedToRenew>, StorageError> {
    let after = after.map_or_else(Uuid::nil, RequirementId::uuid);
    let (until, since) = (age.market_until.0, age.computed_after.0);
    list!(tx, NeedToRenew, LIST_NEEDS, role, after, until, since, i64::from(limit))
}

/// Writes lists with one statement; one that was made later stays.
pub async fn put(tx: &mut Tx, lists: &[NewStandbyList]) -> Result<(), StorageError> {
    let row = |new: &NewStandbyList| {
        json!({
            "subject": new.subject.simple().to_string(),
            "kind": new.kind,
            "role": new.role,
            "own_first": new.list.own_first,
            "market_until": new.list.market_until.0,
            "computed_at": new.list.computed_at.0,
            "candidates": new.list.candidates,
        })
    };
    if lists.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = lists.iter().map(row).collect();
    execute!(tx, PUT, Value::from(rows).to_string()).map(drop)
}

/// The list of a contract or a requirement for a role.
pub async fn find(
    tx: &mut Tx,
    subject: Uuid,
    role: &str,
) -> Result<Option<StandbyList>, StorageError> {
    find!(tx, StandbyList, FIND, subject, role)
}

/// Removes the lists of services that do not run any more and of needs that nobody watches.
pub async fn delete_ended(tx: &mut Tx) -> Result<u64, StorageError> {
    Ok(execute!(tx, DELETE_ENDED)? + execute!(tx, DELETE_UNWATCHED)?)
}

/// Whether the service's own cloud comes first; `None`: nobody said.
pub async fn own_first(tx: &mut Tx, contract: ContractId) -> Result<Option<bool>, StorageError> {
    let found = fetch_all!(tx, (bool,), OWN_FIRST, contract.uuid())?;
    Ok(found.first().map(|(own_first,)| *own_first))
}

/// Notes whether the service's own cloud comes first.
pub async fn set_own_first(
    tx: &mut Tx,
    contract: ContractId,
    own_first: bool,
    now: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, SET_OWN_FIRST, contract.uuid(), own_first, now.0).map(drop)
}

/// Published offers of providers whose cloud is connected and passed its examination, by id.
pub async fn orderable(tx: &mut Tx) -> Result<Vec<(OfferId, ProviderId)>, StorageError> {
    let found = fetch_all!(tx, (Uuid, Uuid), LIST_ORDERABLE, ORDERABLE_MAX)?;
    Ok(found.into_iter().map(|(id, provider)| (OfferId(id), ProviderId(provider))).collect())
}
