//! Newer versions of offers, each once for every contract that was made from an older one.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, OfferId, OrganisationId, RequirementId, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;

record! {
    /// A contract whose offer is published in a newer version that its holder has not been told about.
    pub struct Untold in "contract" {
        /// Its id.
        pub id: ContractId,
        /// The customer.
        pub organisation_id: OrganisationId,
        /// How its customer calls the service.
        pub service_name: String,
        /// English name of its provider.
        pub provider_name_en: String,
        /// Japanese name of its provider.
        pub provider_name_ja: String,
        /// The offer.
        pub offer_id: OfferId,
        /// The version that is the contract's.
        pub offer_version: i64,
        /// The version that is published.
        pub version: i64,
        /// The requirement.
        pub requirement_id: RequirementId,
        /// The signed version of it.
        pub requirement_version: i64,
        /// Its exact text.
        pub requirement_document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub requirement_hash: String,
    }
}

record! {
    /// A living contract that was made from an older version of an offer.
    pub struct Holder in "contract" {
        /// Its id.
        pub id: ContractId,
        /// The customer.
        pub organisation_id: OrganisationId,
        /// The version that is the contract's.
        pub offer_version: i64,
        /// The requirement.
        pub requirement_id: RequirementId,
        /// The signed version of it.
        pub requirement_version: i64,
        /// Its exact text.
        pub requirement_document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub requirement_hash: String,
    }
}

record! {
    /// A newer version of a contract's offer, as it was found and decided.
    pub struct NewerVersion in "newer_version" {
        /// The contract.
        pub contract_id: ContractId,
        /// The offer.
        pub offer_id: OfferId,
        /// The newer version.
        pub version: i64,
        /// The version that was the contract's when it was found.
        pub signed_version: i64,
        /// All changes taken together, a word.
        pub verdict: String,
        /// Item by item, as JSON.
        pub changes: String,
        /// Whether it contains the need that was signed.
        pub fits: bool,
        /// Must items that it does not meet, as JSON.
        pub missed: String,
        /// When it was found.
        pub found_at: Timestamp,
        /// Until when the holder may leave because of it; `None`: nothing became worse.
        pub leave_until: Option<Timestamp>,
        /// `accepted` or `kept`; `None`: not decided.
        pub decision: Option<String>,
        /// When it was decided.
        pub decided_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    () => {
        "contract_id, offer_id, version, signed_version, verdict, changes, fits, missed, found_at,
            leave_until, decision, decided_at"
    };
}

statements! {
    LIST_UNTOLD = "
        SELECT contract.id AS id, contract.organisation_id AS organisation_id,
            contract.service_name AS service_name, provider.name_en AS provider_name_en,
            provider.name_ja AS provider_name_ja, contract.offer_id AS offer_id,
            contract.offer_version AS offer_version, offer.published_version AS version,
            contract.requirement_id AS requirement_id,
            contract.requirement_version AS requirement_version,
            contract.requirement_document AS requirement_document,
            contract.requirement_hash AS requirement_hash
        FROM offer
        JOIN contract ON contract.offer_id = offer.id
            AND contract.offer_version < offer.published_version
        JOIN provider ON provider.id = contract.provider_id
        LEFT JOIN newer_version AS told ON told.contract_id = contract.id
            AND told.offer_id = offer.id AND told.version = offer.published_version
        WHERE offer.updated_at >= $1 AND offer.state IN ('published', 'withdrawing')
            AND contract.state IN ('activating', 'active') AND told.version IS NULL
        ORDER BY contract.id LIMIT $2";
    LIST_HOLDERS = "
        SELECT id, organisation_id, offer_version, requirement_id, requirement_version,
            requirement_document, requirement_hash
        FROM contract
        WHERE offer_id = $1 AND state IN ('activating', 'active') AND offer_version < $2
            AND id > $3
        ORDER BY id LIMIT $4";
    // The rows come as a JSON list, because the databases share no other form of many rows.
    INSERT = "
        INSERT INTO newer_version (contract_id, offer_id, version, signed_version, verdict,
            changes, fits, missed, found_at, leave_until)
        SELECT unhex(value ->> 'contract_id'), unhex(value ->> 'offer_id'), value ->> 'version',
            value ->> 'signed_version', value ->> 'verdict', value ->> 'changes',
            value ->> 'fits', value ->> 'missed', value ->> 'found_at', value ->> 'leave_until'
        FROM json_each($1)",
        postgres = "
        INSERT INTO newer_version (contract_id, offer_id, version, signed_version, verdict,
            changes, fits, missed, found_at, leave_until)
        SELECT contract_id, offer_id, version, signed_version, verdict, changes, fits, missed,
            found_at, leave_until
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (contract_id UUID, offer_id UUID,
            version BIGINT, signed_version BIGINT, verdict TEXT, changes TEXT, fits BOOLEAN,
            missed TEXT, found_at BIGINT, leave_until BIGINT)";
    LIST = concat!("
        SELECT ", columns!(), " FROM newer_version WHERE contract_id = $1
        ORDER BY found_at DESC, version DESC LIMIT 200");
    FIND = concat!("
        SELECT ", columns!(), " FROM newer_version
        WHERE contract_id = $1 AND offer_id = $2 AND version = $3");
    KEEP = "
        UPDATE newer_version SET decision = 'kept', decided_at = $4, decided_by = $5
        WHERE contract_id = $1 AND offer_id = $2 AND version = $3 AND decision IS NULL";
    ACCEPT = "
        UPDATE newer_version SET decision = 'accepted', decided_at = $4, decided_by = $5
        WHERE contract_id = $1 AND offer_id = $2 AND version = $3
            AND (decision IS NULL OR decision <> 'accepted')";
}

/// Lists living contracts whose offer changed since and is published in a newer version that they were not told about.
pub async fn list_untold(
    tx: &mut Tx,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Untold>, StorageError> {
    list!(tx, Untold, LIST_UNTOLD, since.0, i64::from(limit))
}

/// Lists living contracts of an offer that were made from a version before this one, in the order of their ids.
pub async fn list_holders(
    tx: &mut Tx,
    (offer, version): (OfferId, i64),
    after: Option<ContractId>,
    limit: u32,
) -> Result<Vec<Holder>, StorageError> {
    let after = after.map_or(uuid::Uuid::nil(), ContractId::uuid);
    list!(tx, Holder, LIST_HOLDERS, offer.uuid(), version, after, i64::from(limit))
}

/// Adds what was found; nothing of it is decided.
pub async fn insert_newer(tx: &mut Tx, rows: &[NewerVersion]) -> Result<(), StorageError> {
    let row = |one: &NewerVersion| {
        json!({
            "contract_id": one.contract_id.uuid().simple().to_string(),
            "offer_id": one.offer_id.uuid().simple().to_string(),
            "version": one.version,
            "signed_version": one.signed_version,
            "verdict": one.verdict,
            "changes": one.changes,
            "fits": one.fits,
            "missed": one.missed,
            "found_at": one.found_at.0,
            "leave_until": one.leave_until.map(|at| at.0),
        })
    };
    for chunk in rows.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Everything that was found for a contract, the latest first, at most 200.
pub async fn list_newer(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Vec<NewerVersion>, StorageError> {
    list!(tx, NewerVersion, LIST, contract.uuid())
}

/// Looks up what was found.
pub async fn find_newer(
    tx: &mut Tx,
    contract: ContractId,
    (offer, version): (OfferId, i64),
) -> Result<Option<NewerVersion>, StorageError> {
    find!(tx, NewerVersion, FIND, contract.uuid(), offer.uuid(), version)
}

/// Notes that the contract stays as it was signed; `Conflict` when it was decided before.
pub async fn keep_signed(
    tx: &mut Tx,
    contract: ContractId,
    (offer, version): (OfferId, i64),
    (at, by): (Timestamp, &str),
) -> Result<(), StorageError> {
    let kept = execute!(tx, KEEP, contract.uuid(), offer.uuid(), version, at.0, by)?;
    expect_one(kept, "newer_version")
}

/// Notes that the newer version is the contract's, if it was found before.
pub async fn note_accepted(
    tx: &mut Tx,
    contract: ContractId,
    (offer, version): (OfferId, i64),
    (at, by): (Timestamp, &str),
) -> Result<(), StorageError> {
    execute!(tx, ACCEPT, contract.uuid(), offer.uuid(), version, at.0, by).map(drop)
}
