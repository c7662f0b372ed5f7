//! Of which evidence its provider was reminded, each reminder once.

use crate::record::{ids_text, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OrganisationId, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;

record! {
    /// A reminder.
    pub struct Reminder in "evidence_reminder" {
        /// The offer.
        pub offer_id: OfferId,
        /// Key of the item.
        pub item: String,
        /// Kind, scheme and number of the evidence.
        pub evidence: String,
        /// Its last day, counted from 1970.
        pub last_day: i64,
        /// `before` or `ended`.
        pub stage: String,
    }
}

record! {
    /// Whose an offer is.
    pub struct Owner in "offer" {
        /// The offer.
        pub id: OfferId,
        /// The organisation behind its provider; `None`: nobody has an account.
        pub organisation_id: Option<OrganisationId>,
    }
}

statements! {
    LIST = "
        SELECT offer_id, item, evidence, last_day, stage
        FROM json_each($1) AS wanted
        CROSS JOIN evidence_reminder ON offer_id = unhex(wanted.value)",
        postgres = "
        SELECT offer_id, item, evidence, last_day, stage
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN evidence_reminder ON offer_id = CAST(wanted.value AS UUID)";
    LIST_OWNERS = "
        SELECT offer.id AS id, provider.organisation_id AS organisation_id
        FROM json_each($1) AS wanted
        CROSS JOIN offer ON offer.id = unhex(wanted.value)
        JOIN provider ON provider.id = offer.provider_id",
        postgres = "
        SELECT offer.id AS id, provider.organisation_id AS organisation_id
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN offer ON offer.id = CAST(wanted.value AS UUID)
        JOIN provider ON provider.id = offer.provider_id";
    INSERT = "
        INSERT INTO evidence_reminder (offer_id, item, evidence, last_day, stage, told_at)
        SELECT unhex(value ->> 'offer_id'), value ->> 'item', value ->> 'evidence',
            value ->> 'last_day', value ->> 'stage', $2
        FROM json_each($1)",
        postgres = "
        INSERT INTO evidence_reminder (offer_id, item, evidence, last_day, stage, told_at)
        SELECT offer_id, item, evidence, last_day, stage, $2
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (offer_id UUID, item TEXT, evidence TEXT,
            last_day BIGINT, stage TEXT)";
}

/// Every reminder about these offers.
pub async fn list(tx: &mut Tx, offers: &[OfferId]) -> Result<Vec<Reminder>, StorageError> {
    list!(tx, Reminder, LIST, ids_text(offers.iter().map(|id| id.uuid())))
}

/// Whose these offers are.
pub async fn list_owners(tx: &mut Tx, offers: &[OfferId]) -> Result<Vec<Owner>, StorageError> {
    list!(tx, Owner, LIST_OWNERS, ids_text(offers.iter().map(|id| id.uuid())))
}

/// Notes reminders.
pub async fn insert(
    tx: &mut Tx,
    reminders: &[Reminder],
    at: Timestamp,
) -> Result<(), StorageError> {
    let row = |one: &Reminder| {
        json!({
            "offer_id": one.offer_id.uuid().simple().to_string(),
            "item": one.item,
            "evidence": one.evidence,
            "last_day": one.last_day,
            "stage": one.stage,
        })
    };
    for chunk in reminders.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT, Value::from(rows).to_string(), at.0)?;
    }
    Ok(())
}
