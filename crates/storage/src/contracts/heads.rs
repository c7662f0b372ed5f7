//! Signing, stepping and listing contracts.

use super::charges::{OneTimeCharge, WITH_SIGNATURE, insert_charge};
use super::{Contract, ContractHead, NewContract, Standing, StateChange};
use crate::audit::AuditEntry;
use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{expect_one, find, list};
use crate::statement::{execute, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, ContractState, OfferId, OrganisationId, ProviderId};

macro_rules! set_state {
    () => {
        "
        UPDATE contract SET state = $3, failure = COALESCE($4, failure),
            address = COALESCE($5, address), activated_at = COALESCE($6, activated_at),
            released_at = COALESCE($7, released_at), waits = FALSE, updated_at = $8, revision = revision + 1
        WHERE id = $1 AND revision = $2"
    };
}
macro_rules! note {
    ($from:literal) => {
        concat!(
            "
        INSERT INTO audit (id, at, actor, actor_name, action, subject, detail)
        SELECT $9, $8, $10, $11, $12, $13, $14 ",
            $from
        )
    };
}

statements! {
    INSERT = "
        INSERT INTO contract (id, organisation_id, provider_id, offer_id, offer_version,
            offer_document, offer_hash, requirement_id, requirement_version,
            requirement_document, requirement_hash, service_name, plan, price_minor, currency,
            state, signed_by, signed_at, updated_at, revision, order_id, order_seat, starts_at,
            waits)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
            'activating', $16, $17, $17, 1, $18, $19, $20, $21)";
    FIND = concat!("
        SELECT ", head_columns!(), ", offer_document, offer_hash, requirement_document,
            requirement_hash, plan
        FROM ", head_tables!(), " WHERE contract.id = $1");
    FIND_HEAD = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), " WHERE contract.id = $1");
    LIST_BY_ORGANISATION = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE contract.organisation_id = $1 AND (signed_at, contract.id) < ($2, $3)
        ORDER BY signed_at DESC, contract.id DESC LIMIT $4");
    LIST_WHOLE_BY_PROVIDER = concat!("
        SELECT ", head_columns!(), ", offer_document, offer_hash, requirement_document,
            requirement_hash, plan
        FROM ", head_tables!(), "
        WHERE contract.provider_id = $1 AND (signed_at, contract.id) < ($2, $3)
        ORDER BY signed_at DESC, contract.id DESC LIMIT $4");
    LIST_BY_PROVIDER = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE contract.provider_id = $1 AND (signed_at, contract.id) < ($2, $3)
        ORDER BY signed_at DESC, contract.id DESC LIMIT $4");
    LIST_BY_STATE = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE contract.state = $1 AND NOT waits AND (signed_at, contract.id) < ($2, $3)
        ORDER BY signed_at DESC, contract.id DESC LIMIT $4");
    FIND_LIVE_BY_NAME = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE contract.organisation_id = $1 AND contract.service_name = $2
            AND contract.state IN ('activating', 'active', 'releasing')
        ORDER BY signed_at DESC, contract.id DESC LIMIT 1");
    FIND_STANDING = "
        SELECT CASE WHEN waits THEN 'scheduled' ELSE state END AS state, revision
        FROM contract WHERE id = $1";
    SET_STATE = set_state!();
    /// The step, and the line of the audit list about it if it was made.
    SET_STATE_NOTED = concat!(set_state!(), ";", note!("WHERE changes() = 1")),
        postgres = concat!("WITH changed AS (", set_state!(), " RETURNING id)", note!("FROM changed"));
    COUNT_IN_STATE = "
        SELECT COUNT(*) FROM contract WHERE state = $1 AND NOT waits";
    // A provider that a contract has left has not ended it.
    COUNT_BY_PROVIDER = "
        SELECT COUNT(*), CAST(SUM(CASE WHEN EXISTS (
            SELECT 1 FROM termination WHERE contract_id = contract.id
                AND termination.provider_id = contract.provider_id
                AND termination.state IN ('pending', 'ended')) THEN 1 ELSE 0 END) AS BIGINT)
        FROM contract WHERE provider_id = $1 AND activated_at IS NOT NULL";
    COUNT_LIVE_BY_OFFER = "
        SELECT COUNT(*) FROM contract
        WHERE offer_id = $1 AND state IN ('activating', 'active', 'releasing')";
}

/// Adds a signed contract, with what is charged once when it begins.
pub async fn insert(tx: &mut Tx, contract: &NewContract) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        contract.id.uuid(),
        contract.organisation_id.uuid(),
        contract.provider_id.uuid(),
        contract.offer_id.uuid(),
        contract.offer_version,
        &contract.offer_document,
        &contract.offer_hash,
        contract.requirement_id.uuid(),
        contract.requirement_version,
        &contract.requirement_document,
        &contract.requirement_hash,
        &contract.service_name,
        &contract.plan,
        contract.price.minor,
        contract.price.currency.code(),
        &contract.signed_by,
        contract.signed_at.0,
        contract.order.map(|seat| seat.order.uuid()),
        contract.order.map(|seat| seat.number),
        contract.starts_at.map(|at| at.0),
        contract.starts_at.is_some(),
    )?;
    let Some(amount) = contract.once else { return Ok(()) };
    let charge = OneTimeCharge {
        contract_id: contract.id,
        number: WITH_SIGNATURE,
        provider_id: contract.provider_id,
        offer_id: contract.offer_id,
        offer_version: contract.offer_version,
        amount,
        agreed_at: contract.signed_at,
        charged_at: None,
    };
    insert_charge(tx, &charge).await
}

/// Whether [`insert`] was refused because the same signature was stored first.
#[must_use]
pub fn is_signed_already(error: &StorageError) -> bool {
    error.is_constraint("contract_pkey", "contract.id")
}

/// Looks a contract up with its texts.
pub async fn find(tx: &mut Tx, id: ContractId) -> Result<Option<Contract>, StorageError> {
    find!(tx, Contract, FIND, id.uuid())
}

/// Looks a contract up without its texts.
pub async fn find_head(tx: &mut Tx, id: ContractId) -> Result<Option<ContractHead>, StorageError> {
    find!(tx, ContractHead, FIND_HEAD, id.uuid())
}

/// Looks up where a contract stands.
pub async fn find_standing(tx: &mut Tx, id: ContractId) -> Result<Option<Standing>, StorageError> {
    find!(tx, Standing, FIND_STANDING, id.uuid())
}

/// The customer's newest contract with a service of that name that has not ended.
pub async fn find_live_by_name(
    tx: &mut Tx,
    organisation: OrganisationId,
    name: &str,
) -> Result<Option<ContractHead>, StorageError> {
    find!(tx, ContractHead, FIND_LIVE_BY_NAME, organisation.uuid(), name)
}

/// Lists a customer's contracts, newest first.
pub async fn list_by_organisation(
    tx: &mut Tx,
    organisation: OrganisationId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ContractHead>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let (organisation, rows) = (organisation.uuid(), fetch_limit(limit));
    let rows = list!(tx, ContractHead, LIST_BY_ORGANISATION, organisation, at, id, rows)?;
    Ok(cut(rows, limit, after))
}

/// Lists the contracts a provider delivers, newest first.
pub async fn list_by_provider(
    tx: &mut Tx,
    provider: ProviderId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ContractHead>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let (provider, rows) = (provider.uuid(), fetch_limit(limit));
    let rows = list!(tx, ContractHead, LIST_BY_PROVIDER, provider, at, id, rows)?;
    Ok(cut(rows, limit, after))
}

/// The same with their texts.
pub async fn list_whole_by_provider(
    tx: &mut Tx,
    provider: ProviderId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Contract>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let rows = fetch_limit(limit);
    let rows = list!(tx, Contract, LIST_WHOLE_BY_PROVIDER, provider.uuid(), at, id, rows)?;
    Ok(cut(rows, limit, |row| after(&row.head)))
}

/// Lists the contracts that stand in a state, newest first; those that wait for their beginning stand in none.
pub async fn list_by_state(
    tx: &mut Tx,
    state: ContractState,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ContractHead>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let rows = fetch_limit(limit);
    let rows = list!(tx, ContractHead, LIST_BY_STATE, state.as_str(), at, id, rows)?;
    Ok(cut(rows, limit, after))
}

fn after(contract: &ContractHead) -> Cursor {
    Cursor::after(contract.signed_at, contract.id.uuid())
}

/// Steps a contract, which then no longer waits for its beginning; `Conflict` unless the revision is current.
pub async fn set_state(tx: &mut Tx, change: &StateChange<'_>) -> Result<(), StorageError> {
    let affected = execute!(
        tx,
        SET_STATE,
        change.id.uuid(),
        change.revision,
        change.state.as_str(),
        change.failure,
        change.address,
        change.activated_at.map(|at| at.0),
        change.released_at.map(|at| at.0),
        change.at.0,
    )?;
    expect_one(affected, "contract")
}

/// The same with the line of the audit list that says so, of the same moment.
pub async fn set_state_noted(
    tx: &mut Tx,
    change: &StateChange<'_>,
    line: &AuditEntry,
) -> Result<(), StorageError> {
    let written = execute!(
        tx,
        SET_STATE_NOTED,
        change.id.uuid(),
        change.revision,
        change.state.as_str(),
        change.failure,
        change.address,
        change.activated_at.map(|at| at.0),
        change.released_at.map(|at| at.0),
        change.at.0,
        line.id.uuid(),
        &line.actor,
        &line.actor_name,
        &line.action,
        &line.subject,
        &line.detail,
    )?;
    expect_one(written, "contract")
}

/// Counts an offer's contracts that have not ended.
pub async fn count_live_by_offer(tx: &mut Tx, offer: OfferId) -> Result<i64, StorageError> {
    let (live,) = fetch_one!(tx, (i64,), COUNT_LIVE_BY_OFFER, offer.uuid())?;
    Ok(live)
}

/// How many contracts that ever ran a provider delivers or delivered, and how many of them it ended or is about to.
pub async fn count_by_provider(
    tx: &mut Tx,
    provider: ProviderId,
) -> Result<(i64, i64), StorageError> {
    let (all, ended): (i64, Option<i64>) =
        fetch_one!(tx, (i64, Option<i64>), COUNT_BY_PROVIDER, provider.uuid())?;
    Ok((all, ended.unwrap_or(0)))
}

/// Counts the contracts in one state.
pub async fn count_in_state(tx: &mut Tx, state: ContractState) -> Result<i64, StorageError> {
    let (count,) = fetch_one!(tx, (i64,), COUNT_IN_STATE, state.as_str())?;
    Ok(count)
}
