//! Files of offers that providers sent, and what became of each of their offers.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list, record};
use crate::statement::{execute, fetch_all, fetch_one, fetch_optional, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OfferState, ProviderId, Timestamp, UploadId, UploadState};
use serde_json::{Value, json};
use uuid::Uuid;

/// Rows of one statement.
const CHUNK: usize = 500;

/// A file as it was sent, waiting for its turn.
#[derive(Debug, Clone)]
pub struct NewUpload<'a> {
    /// Its id.
    pub id: UploadId,
    /// Whose offers they are.
    pub provider_id: ProviderId,
    /// As its sender's machine calls it; may be empty.
    pub file_name: &'a str,
    /// Lower-case hex SHA-256 of the text.
    pub file_hash: &'a str,
    /// The file; `None` where everything is done already.
    pub text: Option<&'a str>,
    /// JSON: how it is read.
    pub reading: &'a str,
    /// Whether it is published.
    pub publish: bool,
    /// Whether it is only tried.
    pub dry_run: bool,
    /// Whether rows without a fault are taken although others have one.
    pub valid_rows_only: bool,
    /// A user id or `system`.
    pub made_by: &'a str,
    /// The name at that time.
    pub made_by_name: &'a str,
    /// When.
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: UploadState,
}

record! {
    /// What was found in a file.
    pub struct UploadFound in "offer_upload" {
        /// Offers that it holds.
        pub row_count: i64,
        /// New offers.
        pub created: i64,
        /// Next versions.
        pub revised: i64,
        /// Offers that say the same already.
        pub unchanged: i64,
        /// Versions that everybody sees because of it.
        pub published: i64,
        /// Versions that wait for a person.
        pub submitted: i64,
        /// All faults.
        pub fault_count: i64,
        /// JSON: the first faults.
        pub faults: String,
    }
}

record! {
    /// An upload without its text.
    pub struct Upload in "offer_upload" {
        /// Its id.
        pub id: UploadId,
        /// Whose offers they are.
        pub provider_id: ProviderId,
        /// As its sender's machine calls it; may be empty.
        pub file_name: String,
        /// Lower-case hex SHA-256 of the text.
        pub file_hash: String,
        /// Whether it is published.
        pub publish: bool,
        /// Whether it is only tried.
        pub dry_run: bool,
        /// Whether rows without a fault are taken although others have one.
        pub valid_rows_only: bool,
        /// A user id or `system`.
        pub made_by: String,
        /// The name at that time.
        pub made_by_name: String,
        /// When.
        pub made_at: Timestamp,
        /// Where it stands.
        pub state: UploadState,
        /// How often a process took it.
        pub attempts: i64,
        /// What was found.
        [flatten]
        pub found: UploadFound,
        /// Why it failed; empty: it did not.
        pub failure: String,
        /// When it was saved, tried, refused or stopped.
        pub finished_at: Option<Timestamp>,
        /// When it was undone.
        pub undone_at: Option<Timestamp>,
        /// Who did that.
        pub undone_by_name: Option<String>,
    }
}

record! {
    /// What a process needs that takes an upload.
    pub struct UploadText in "offer_upload" {
        /// The file.
        pub text: String,
        /// JSON: how it is read.
        pub reading: String,
    }
}

record! {
    /// What became of one offer of a file.
    pub struct UploadRow in "offer_upload_row" {
        /// As a spreadsheet counts, or the number of the document.
        pub row_number: i64,
        /// metadata.name.
        pub name: String,
        /// The offer.
        pub offer_id: OfferId,
        /// The newest version after it.
        pub version: i64,
        /// `created`, `revised` or `unchanged`.
        pub outcome: String,
        /// `published`, `submitted` or empty.
        pub entered: String,
        /// The newest version before; `None`: the offer was not there.
        pub before_version: Option<i64>,
        /// Where the offer stood before.
        pub before_state: Option<OfferState>,
        /// The version that the public saw before.
        pub before_published: Option<i64>,
        /// `deleted`, `withdrawn`, `restored` or `kept`; `None`: nothing was undone.
        pub undone: Option<String>,
    }
}

/// The words of [`UploadRow::undone`] with how many rows have each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UndoneCounts {
    /// Drafts that are gone.
    pub deleted: i64,
    /// Offers that left the market.
    pub withdrawn: i64,
    /// Offers that say again what they said.
    pub restored: i64,
    /// Offers that were changed since and stay as they are.
    pub kept: i64,
}

statements! {
    INSERT = "
        INSERT INTO offer_upload (id, provider_id, file_name, file_hash, text, reading, publish, dry_run,
            valid_rows_only, made_by, made_by_name, made_at, state, attempts, lease_until, row_count,
            created, revised, unchanged, published, submitted, fault_count, faults, failure)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '')";
    FIND = "
        SELECT id, provider_id, file_name, file_hash, publish, dry_run, valid_rows_only, made_by,
            made_by_name, made_at, state, attempts, row_count, created, revised, unchanged, published,
            submitted, fault_count, faults, failure, finished_at, undone_at, undone_by_name
        FROM offer_upload WHERE id = $1";
    LIST = "
        SELECT id, provider_id, file_name, file_hash, publish, dry_run, valid_rows_only, made_by,
            made_by_name, made_at, state, attempts, row_count, created, revised, unchanged, published,
            submitted, fault_count, faults, failure, finished_at, undone_at, undone_by_name
        FROM offer_upload WHERE provider_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    TEXT = "
        SELECT text, reading FROM offer_upload WHERE id = $1 AND text IS NOT NULL";
    NEXT = "
        SELECT id FROM offer_upload
        WHERE state IN ('waiting', 'running') AND (state = 'waiting' OR lease_until < $1)
        ORDER BY id LIMIT 1";
    TAKE = "
        UPDATE offer_upload SET state = 'running', attempts = attempts + 1, lease_until = $2
        WHERE id = $1 AND state IN ('waiting', 'running') AND (state = 'waiting' OR lease_until < $3)";
    UNDER_WAY = "
        SELECT COUNT(*) FROM offer_upload
        WHERE provider_id = $1 AND state IN ('waiting', 'running')";
    TURN = "
        UPDATE offer_upload SET state = $3, failure = $4, finished_at = $5,
            text = CASE WHEN $6 THEN text ELSE NULL END
        WHERE id = $1 AND state = $2";
    FOUND = "
        UPDATE offer_upload SET row_count = $2, created = $3, revised = $4, unchanged = $5,
            published = $6, submitted = $7, fault_count = $8, faults = $9
        WHERE id = $1";
    AGAIN = "
        UPDATE offer_upload SET state = 'waiting', dry_run = $3, valid_rows_only = $4, attempts = 0,
            finished_at = NULL
        WHERE id = $1 AND state = $2 AND text IS NOT NULL";
    UNDONE = "
        UPDATE offer_upload SET state = 'undone', undone_at = $2, undone_by_name = $3
        WHERE id = $1 AND state = 'saved'";
    INSERT_ROWS = "
        INSERT INTO offer_upload_row (upload_id, row_number, name, offer_id, version, outcome, entered,
            before_version, before_state, before_published)
        SELECT $1, value ->> 'row_number', value ->> 'name', unhex(value ->> 'offer_id'),
            value ->> 'version', value ->> 'outcome', value ->> 'entered', value ->> 'before_version',
            value ->> 'before_state', value ->> 'before_published'
        FROM json_each($2)",
        postgres = "
        INSERT INTO offer_upload_row (upload_id, row_number, name, offer_id, version, outcome, entered,
            before_version, before_state, before_published)
        SELECT $1, row_number, name, offer_id, version, outcome, entered, before_version, before_state,
            before_published
        FROM json_to_recordset(CAST($2 AS JSON)) AS new (row_number BIGINT, name TEXT, offer_id UUID,
            version BIGINT, outcome TEXT, entered TEXT, before_version BIGINT, before_state TEXT,
            before_published BIGINT)";
    DROP_ROWS = "
        DELETE FROM offer_upload_row WHERE upload_id = $1";
    ROWS = "
        SELECT row_number, name, offer_id, version, outcome, entered, before_version, before_state,
            before_published, undone
        FROM offer_upload_row WHERE upload_id = $1 AND row_number > $2 ORDER BY row_number LIMIT $3";
    MARK = "
        UPDATE offer_upload_row SET undone = marked.undone
        FROM (SELECT value ->> 0 AS row_number, value ->> 1 AS undone FROM json_each($2)) AS marked
        WHERE offer_upload_row.upload_id = $1 AND offer_upload_row.row_number = marked.row_number",
        postgres = "
        UPDATE offer_upload_row SET undone = marked.value ->> 1
        FROM json_array_elements(CAST($2 AS JSON)) AS marked
        WHERE offer_upload_row.upload_id = $1
            AND offer_upload_row.row_number = CAST(marked.value ->> 0 AS BIGINT)";
    COUNT_UNDONE = "
        SELECT undone, COUNT(*) AS rows FROM offer_upload_row
        WHERE upload_id = $1 AND undone IS NOT NULL GROUP BY undone";
    // The files of the ten latest are kept, so that what was tried or refused can be saved after all.
    DROP_OLD_TEXTS = "
        UPDATE offer_upload SET text = NULL
        WHERE provider_id = $1 AND text IS NOT NULL AND state IN ('tried', 'refused') AND id NOT IN (
            SELECT id FROM offer_upload WHERE provider_id = $1 AND text IS NOT NULL
            ORDER BY id DESC LIMIT 10)";
    DELETE_OLDER = "
        DELETE FROM offer_upload
        WHERE made_at < $1 AND state NOT IN ('waiting', 'running')";
}

/// Adds an upload.
pub async fn insert(tx: &mut Tx, new: &NewUpload<'_>) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        new.id.uuid(),
        new.provider_id.uuid(),
        new.file_name,
        new.file_hash,
        new.text,
        new.reading,
        new.publish,
        new.dry_run,
        new.valid_rows_only,
        new.made_by,
        new.made_by_name,
        new.made_at.0,
        new.state.as_str()
    )
    .map(drop)
}

/// Reads an upload.
pub async fn find(tx: &mut Tx, id: UploadId) -> Result<Option<Upload>, StorageError> {
    find!(tx, Upload, FIND, id.uuid())
}

/// A provider's uploads, the latest first.
pub async fn list(
    tx: &mut Tx,
    provider: ProviderId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Upload>, StorageError> {
    let (_, before) = Cursor::newest_first(cursor);
    let rows = list!(tx, Upload, LIST, provider.uuid(), before, fetch_limit(limit))?;
    Ok(cut(rows, limit, |row| Cursor::after_id(row.id.uuid())))
}

/// Its file, as long as it is kept.
pub async fn find_text(tx: &mut Tx, id: UploadId) -> Result<Option<UploadText>, StorageError> {
    find!(tx, UploadText, TEXT, id.uuid())
}

/// The upload that waits longest, or that a process left.
pub async fn next(tx: &mut Tx, now: Timestamp) -> Result<Option<UploadId>, StorageError> {
    Ok(fetch_optional!(tx, (Uuid,), NEXT, now.0)?.map(|(id,)| UploadId(id)))
}

/// Takes it until then; whether nobody else did.
pub async fn take(
    tx: &mut Tx,
    id: UploadId,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StorageError> {
    Ok(execute!(tx, TAKE, id.uuid(), until.0, now.0)? == 1)
}

/// How many uploads of a provider are under way.
pub async fn count_under_way(tx: &mut Tx, provider: ProviderId) -> Result<i64, StorageError> {
    Ok(fetch_one!(tx, (i64,), UNDER_WAY, provider.uuid())?.0)
}

/// How an upload goes on.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// Where it stood.
    pub from: UploadState,
    /// Where it stands.
    pub to: UploadState,
    /// Why it failed; empty: it did not.
    pub failure: &'a str,
    /// When.
    pub at: Timestamp,
    /// Whether its file is kept, because it can be taken again.
    pub keeps_text: bool,
}

/// Turns an upload; `Conflict` if it does not stand there any more.
pub async fn turn(tx: &mut Tx, id: UploadId, turn: Turn<'_>) -> Result<(), StorageError> {
    let (from, to) = (turn.from.as_str(), turn.to.as_str());
    let done = execute!(tx, TURN, id.uuid(), from, to, turn.failure, turn.at.0, turn.keeps_text)?;
    expect(done)
}

/// Writes what was found.
pub async fn set_found(tx: &mut Tx, id: UploadId, found: &UploadFound) -> Result<(), StorageError> {
    execute!(
        tx,
        FOUND,
        id.uuid(),
        found.row_count,
        found.created,
        found.revised,
        found.unchanged,
        found.published,
        found.submitted,
        found.fault_count,
        &found.faults
    )
    .map(drop)
}

/// Has an upload wait again, to be saved; `Conflict` if it does not stand there any more or its file is gone.
pub async fn wait_again(
    tx: &mut Tx,
    id: UploadId,
    from: UploadState,
    (dry_run, valid_rows_only): (bool, bool),
) -> Result<(), StorageError> {
    expect(execute!(tx, AGAIN, id.uuid(), from.as_str(), dry_run, valid_rows_only)?)
}

/// Notes that it was undone; `Conflict` if it is not saved.
pub async fn set_undone(
    tx: &mut Tx,
    id: UploadId,
    at: Timestamp,
    by_name: &str,
) -> Result<(), StorageError> {
    expect(execute!(tx, UNDONE, id.uuid(), at.0, by_name)?)
}

/// Writes what became of its offers; what was written before is gone.
pub async fn put_rows(tx: &mut Tx, id: UploadId, rows: &[UploadRow]) -> Result<(), StorageError> {
    execute!(tx, DROP_ROWS, id.uuid())?;
    let value = |row: &UploadRow| {
        json!({
            "row_number": row.row_number,
            "name": row.name,
            "offer_id": row.offer_id.uuid().simple().to_string(),
            "version": row.version,
            "outcome": row.outcome,
            "entered": row.entered,
            "before_version": row.before_version,
            "before_state": row.before_state.map(|state| state.as_str()),
            "before_published": row.before_published,
        })
    };
    for chunk in rows.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(value).collect();
        execute!(tx, INSERT_ROWS, id.uuid(), Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Its rows after this one, in the order of the file.
pub async fn list_rows(
    tx: &mut Tx,
    id: UploadId,
    after: i64,
    limit: u32,
) -> Result<Vec<UploadRow>, StorageError> {
    list!(tx, UploadRow, ROWS, id.uuid(), after, i64::from(limit))
}

/// Notes what undoing did with rows.
pub async fn mark_undone(
    tx: &mut Tx,
    id: UploadId,
    rows: &[(i64, &'static str)],
) -> Result<(), StorageError> {
    for chunk in rows.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(|(row, word)| json!([row, word])).collect();
        execute!(tx, MARK, id.uuid(), Value::from(rows).to_string())?;
    }
    Ok(())
}

/// How many rows undoing did what with.
pub async fn count_undone(tx: &mut Tx, id: UploadId) -> Result<UndoneCounts, StorageError> {
    let mut counts = UndoneCounts::default();
    for (word, rows) in fetch_all!(tx, (String, i64), COUNT_UNDONE, id.uuid())? {
        match word.as_str() {
            "deleted" => counts.deleted = rows,
            "withdrawn" => counts.withdrawn = rows,
            "restored" => counts.restored = rows,
            _ => counts.kept = rows,
        }
    }
    Ok(counts)
}

/// Drops the files of a provider's older uploads.
pub async fn drop_old_texts(tx: &mut Tx, provider: ProviderId) -> Result<(), StorageError> {
    execute!(tx, DROP_OLD_TEXTS, provider.uuid()).map(drop)
}

/// Removes uploads that were made before.
pub async fn delete_older_than(tx: &mut Tx, before: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, DELETE_OLDER, before.0)
}

fn expect(done: u64) -> Result<(), StorageError> {
    if done == 1 { Ok(()) } else { Err(StorageError::Conflict { what: "upload" }) }
}
