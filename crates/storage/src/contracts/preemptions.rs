//! Who agreed that a lifeline may take room of a service, and what was taken (F7.4.6).

use crate::record::{expect_one, find, ids_text, list, record};
use crate::statement::{execute, fetch_all, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, DurationUs, Money, PreemptionState, ProviderId, Timestamp};
use uuid::Uuid;

record! {
    /// What a customer agreed to.
    pub struct PreemptionConsent in "preemption_consent" {
        /// For which service.
        pub contract_id: ContractId,
        /// How long before anything changes the customer is told, microseconds.
        pub notice_us: DurationUs,
        /// Machines that stay; 0: the service may stand still.
        pub keep_instances: i64,
        /// What is owed, percent of the price of what was taken.
        pub percent: i64,
        /// The user id of whoever agreed.
        pub agreed_by: String,
        /// When.
        pub agreed_at: Timestamp,
        /// From when on it holds no longer; `None`: it holds.
        pub withdrawn_at: Option<Timestamp>,
    }
}

record! {
    /// Room that a lifeline takes of a service.
    pub struct Preemption in "preemption" {
        /// The service that gives.
        pub contract_id: ContractId,
        /// From 1, in the order of the notices.
        pub number: i64,
        /// The lifeline that gets the room.
        pub for_contract: ContractId,
        /// Where it stands.
        pub state: PreemptionState,
        /// Machines before.
        pub instances: i64,
        /// Machines that stay.
        pub keep_instances: i64,
        /// What is owed, percent of the price of what was taken.
        pub percent: i64,
        /// The monthly price that the compensation is part of.
        [flatten] pub price: Money,
        /// When the customer was told.
        pub noticed_at: Timestamp,
        /// When it begins.
        pub due_at: Timestamp,
        /// From when on the service had less than was ordered.
        pub begun_at: Option<Timestamp>,
        /// Until when.
        pub ended_at: Option<Timestamp>,
        /// What is owed, minor units of the price's currency; `None`: not known yet.
        pub owed_minor: Option<i64>,
        /// When it is next tried to give the room back.
        pub try_at: Option<Timestamp>,
        /// How often that was tried.
        pub tries: i64,
        /// Grows with every write.
        pub revision: i64,
    }
}

record! {
    /// A running service of which room may be taken.
    pub struct Preemptible in "preemption_consent" {
        /// The service.
        pub contract_id: ContractId,
        /// The notice that was agreed, microseconds.
        pub notice_us: DurationUs,
        /// Machines that stay.
        pub keep_instances: i64,
        /// What is owed, percent.
        pub percent: i64,
        /// The exact text of its need.
        pub requirement_document: String,
        /// Its bill of quantities as JSON.
        pub plan: String,
        /// Its monthly price.
        [flatten] pub price: Money,
        /// Where its group is, as JSON.
        pub detail: String,
        /// How often it gave room before.
        pub times: i64,
    }
}

/// Pre-emptions of one contract, or for one, read at once; the latest ones.
const MOST: i64 = 100;
/// Services of one provider among which room is looked for.
const CANDIDATES: i64 = 500;

macro_rules! columns {
    () => {
        "preemption.contract_id AS contract_id, number, for_contract, preemption.state AS state,
            instances, keep_instances, percent, preemption.price_minor AS price_minor,
            preemption.currency AS currency, noticed_at, due_at, begun_at, ended_at, owed_minor,
            try_at, tries, preemption.revision AS revision"
    };
}

statements! {
    FIND_CONSENT = "
        SELECT contract_id, notice_us, keep_instances, percent, agreed_by, agreed_at, withdrawn_at
        FROM preemption_consent WHERE contract_id = $1";
    SET_CONSENT = "
        INSERT INTO preemption_consent (contract_id, notice_us, keep_instances, percent, agreed_by,
            agreed_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (contract_id) DO UPDATE SET notice_us = excluded.notice_us,
            keep_instances = excluded.keep_instances, percent = excluded.percent,
            agreed_by = excluded.agreed_by, agreed_at = excluded.agreed_at, withdrawn_at = NULL";
    WITHDRAW = "
        UPDATE preemption_consent SET withdrawn_at = $2
        WHERE contract_id = $1 AND withdrawn_at IS NULL";
    // Whoever gave least often gives first, then whoever came last.
    CANDIDATES_OF = "
        SELECT consent.contract_id AS contract_id, notice_us, keep_instances, percent,
            requirement_document, plan, contract.price_minor AS price_minor,
            contract.currency AS currency, resource.detail AS detail,
            (SELECT COUNT(*) FROM preemption AS earlier
                WHERE earlier.contract_id = consent.contract_id
                    AND earlier.begun_at IS NOT NULL) AS times
        FROM preemption_consent AS consent
        JOIN contract ON contract.id = consent.contract_id
        JOIN resource ON resource.contract_id = contract.id AND resource.kind = 'group'
        WHERE withdrawn_at IS NULL AND contract.provider_id = $1 AND contract.state = 'active'
            AND resource.state = 'active'
            AND NOT EXISTS (SELECT 1 FROM preemption AS open
                WHERE open.contract_id = contract.id
                    AND open.state IN ('noticed', 'taking', 'taken', 'returning'))
            AND NOT EXISTS (SELECT 1 FROM contract_change AS change
                WHERE change.contract_id = contract.id AND change.state = 'running')
        ORDER BY times, signed_at DESC, contract.id LIMIT $2";
    INSERT = "
        INSERT INTO preemption (contract_id, number, for_contract, state, instances,
            keep_instances, percent, price_minor, currency, noticed_at, due_at, tries, revision)
        VALUES ($1, $2, $3, 'noticed', $4, $5, $6, $7, $8, $9, $10, 0, 1)";
    NUMBER = "
        SELECT COALESCE(MAX(number), 0) + 1 FROM preemption WHERE contract_id = $1";
    FIND = concat!("
        SELECT ", columns!(), " FROM preemption WHERE contract_id = $1 AND number = $2");
    FIND_OPEN = concat!("
        SELECT ", columns!(), " FROM preemption
        WHERE contract_id = $1 AND state IN ('noticed', 'taking', 'taken', 'returning')");
    LIST = concat!("
        SELECT ", columns!(), " FROM preemption WHERE contract_id = $1
        ORDER BY number DESC LIMIT $2");
    LIST_FOR = concat!("
        SELECT ", columns!(), " FROM preemption WHERE for_contract = $1
        ORDER BY noticed_at DESC, contract_id LIMIT $2");
    // Also what nobody waits for any more.
    LIST_DUE = concat!("
        SELECT ", columns!(), " FROM preemption
        JOIN contract ON contract.id = for_contract
        WHERE preemption.state = 'noticed' AND (due_at <= $1 OR contract.state <> 'activating')
        ORDER BY due_at, contract_id LIMIT $2");
    AT_REST = "
        SELECT contract_id FROM json_each($1) AS wanted
        CROSS JOIN preemption ON preemption.contract_id = unhex(wanted.value)
            AND state IN ('taking', 'taken', 'returning') AND keep_instances = 0",
        postgres = "
        SELECT contract_id FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN preemption ON preemption.contract_id = CAST(wanted.value AS UUID)
            AND state IN ('taking', 'taken', 'returning') AND keep_instances = 0";
    LIST_BACK = concat!("
        SELECT ", columns!(), " FROM preemption
        WHERE state = 'taken' AND try_at <= $1 ORDER BY begun_at, contract_id LIMIT $2");
    LIST_AT_WORK = concat!("
        SELECT ", columns!(), " FROM preemption
        WHERE state IN ('taking', 'returning') ORDER BY begun_at, contract_id LIMIT $1");
    COUNT_WAITING = "
        SELECT COUNT(*) FROM preemption
        JOIN contract ON contract.id = for_contract
        WHERE contract.provider_id = $1 AND contract.state = 'activating'
            AND (preemption.state IN ('noticed', 'taking')
                OR (preemption.state = 'taken' AND try_at >= $2))";
    SET = "
        UPDATE preemption SET state = $4, due_at = $5, begun_at = $6, ended_at = $7,
            owed_minor = $8, try_at = $9, tries = $10, revision = revision + 1
        WHERE contract_id = $1 AND number = $2 AND revision = $3";
}

/// What was agreed for a service, also when it was withdrawn.
pub async fn find_consent(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<PreemptionConsent>, StorageError> {
    find!(tx, PreemptionConsent, FIND_CONSENT, contract.uuid())
}

/// Notes what was agreed, in place of what was before; it is not withdrawn.
pub async fn set_consent(tx: &mut Tx, row: &PreemptionConsent) -> Result<(), StorageError> {
    execute!(
        tx,
        SET_CONSENT,
        row.contract_id.uuid(),
        row.notice_us,
        row.keep_instances,
        row.percent,
        &row.agreed_by,
        row.agreed_at.0,
    )
    .map(drop)
}

/// From `at` on nothing is taken any more; false if nothing was agreed.
pub async fn withdraw_consent(
    tx: &mut Tx,
    contract: ContractId,
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, WITHDRAW, contract.uuid(), at.0)? == 1)
}

/// The running services at a provider whose customers agreed and of which nothing is taken or changed now, at most
/// 500: those that gave least often first.
pub async fn list_preemptible(
    tx: &mut Tx,
    provider: ProviderId,
) -> Result<Vec<Preemptible>, StorageError> {
    list!(tx, Preemptible, CANDIDATES_OF, provider.uuid(), CANDIDATES)
}

/// Notes a notice; `number` and `state` of the row are found here. Call it behind the contract's lock.
///
/// # Errors
/// `Conflict` while another one of the contract is open.
pub async fn insert_preemption(tx: &mut Tx, row: &Preemption) -> Result<i64, StorageError> {
    let (number,) = fetch_one!(tx, (i64,), NUMBER, row.contract_id.uuid())?;
    execute!(
        tx,
        INSERT,
        row.contract_id.uuid(),
        number,
        row.for_contract.uuid(),
        row.instances,
        row.keep_instances,
        row.percent,
        row.price.minor,
        row.price.currency.code(),
        row.noticed_at.0,
        row.due_at.0,
    )?;
    Ok(number)
}

/// One of them.
pub async fn find_preemption(
    tx: &mut Tx,
    contract: ContractId,
    number: i64,
) -> Result<Option<Preemption>, StorageError> {
    find!(tx, Preemption, FIND, contract.uuid(), number)
}

/// The one that has not come to its end.
pub async fn find_open_preemption(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<Preemption>, StorageError> {
    find!(tx, Preemption, FIND_OPEN, contract.uuid())
}

/// What was taken of a service, the latest first, at most 100.
pub async fn list_preemptions(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Vec<Preemption>, StorageError> {
    list!(tx, Preemption, LIST, contract.uuid(), MOST)
}

/// Which of these services stand still now because a lifeline has their room, in one statement.
pub async fn list_at_rest(
    tx: &mut Tx,
    contracts: &[ContractId],
) -> Result<Vec<ContractId>, StorageError> {
    let wanted = ids_text(contracts.iter().map(|id| id.uuid()));
    let found: Vec<(Uuid,)> = fetch_all!(tx, (Uuid,), AT_REST, wanted)?;
    Ok(found.into_iter().map(|(id,)| ContractId(id)).collect())
}

/// What was taken for a service, the latest first, at most 100.
pub async fn list_preemptions_for(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Vec<Preemption>, StorageError> {
    list!(tx, Preemption, LIST_FOR, contract.uuid(), MOST)
}

/// Notices that have run out, and such for services that do not wait for room any more.
pub async fn list_due_preemptions(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Preemption>, StorageError> {
    list!(tx, Preemption, LIST_DUE, now.0, i64::from(limit))
}

/// What is to be given back as soon as there is room; what was taken first comes first.
pub async fn list_preemptions_to_return(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Preemption>, StorageError> {
    list!(tx, Preemption, LIST_BACK, now.0, i64::from(limit))
}

/// What is being taken or given back.
pub async fn list_preemptions_at_work(
    tx: &mut Tx,
    limit: u32,
) -> Result<Vec<Preemption>, StorageError> {
    list!(tx, Preemption, LIST_AT_WORK, i64::from(limit))
}

/// Whether a service at this provider is just being set up in room that is about to be taken for it, or was taken and not
/// tried to be given back before `since`: one that is stuck keeps nobody waiting for ever.
pub async fn is_room_awaited(
    tx: &mut Tx,
    provider: ProviderId,
    since: Timestamp,
) -> Result<bool, StorageError> {
    let (waiting,) = fetch_one!(tx, (i64,), COUNT_WAITING, provider.uuid(), since.0)?;
    Ok(waiting > 0)
}

/// Writes state, moments and amount; `Conflict` when somebody wrote since it was read.
pub async fn set_preemption(tx: &mut Tx, row: &Preemption) -> Result<(), StorageError> {
    let changed = execute!(
        tx,
        SET,
        row.contract_id.uuid(),
        row.number,
        row.revision,
        row.state.as_str(),
        row.due_at.0,
        row.begun_at.map(|at| at.0),
        row.ended_at.map(|at| at.0),
        row.owed_minor,
        row.try_at.map(|at| at.0),
        row.tries,
    )?;
    expect_one(changed, "preemption")
}
