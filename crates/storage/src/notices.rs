//! Notices to organisations, and which piece of news each one told.

use crate::channels;
use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list, record};
use crate::statement::{execute, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{NoticeId, OfferId, OrganisationId, RequirementId, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;

/// A notice to be added, about offers and a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Its id.
    pub id: NoticeId,
    /// Who is told.
    pub organisation_id: OrganisationId,
    /// What kind of news it is.
    pub kind: &'static str,
    /// The requirement.
    pub requirement_id: RequirementId,
    /// Its version that was judged.
    pub requirement_version: i64,
    /// The state of each offer it speaks of; at least one.
    pub offers: Vec<(OfferId, i64)>,
    /// JSON; what it holds depends on the kind.
    pub payload: String,
    /// When it was made.
    pub created_at: Timestamp,
}

record! {
    /// A notice as its organisation reads it.
    pub struct Notice in "notice" {
        /// Its id.
        pub id: NoticeId,
        /// Who is told.
        pub organisation_id: OrganisationId,
        /// What kind of news it is.
        pub kind: String,
        /// The requirement it is about, if it is about one.
        pub requirement_id: Option<RequirementId>,
        /// The version of it.
        pub requirement_version: Option<i64>,
        /// How many offers it speaks of.
        pub offers: i64,
        /// JSON; what it holds depends on the kind.
        pub payload: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// Whether nobody has read it.
        pub unread: bool,
        /// When it was marked as read.
        pub read_at: Option<Timestamp>,
        /// English title of the requirement's version.
        pub title_en: Option<String>,
        /// Japanese title of the requirement's version.
        pub title_ja: Option<String>,
    }
}

/// Columns of [`Notice`], from the tables that [`notice_tables`] joins.
macro_rules! notice_columns {
    () => {
        "notice.id AS id, organisation_id, kind, notice.requirement_id AS requirement_id,
            requirement_version, offers, payload, notice.created_at AS created_at, unread, read_at,
            need.title_en AS title_en, need.title_ja AS title_ja"
    };
}

macro_rules! notice_tables {
    () => {
        "notice LEFT JOIN requirement_version AS need
            ON need.requirement_id = notice.requirement_id
            AND need.version = notice.requirement_version"
    };
}

statements! {
    // The rows come as a JSON list, because the databases share no other form of many rows.
    INSERT = "
        INSERT INTO notice (id, organisation_id, kind, requirement_id, requirement_version, offers,
            payload, created_at, unread)
        SELECT unhex(value ->> 'id'), unhex(value ->> 'organisation_id'), value ->> 'kind',
            unhex(value ->> 'requirement_id'), value ->> 'requirement_version',
            value ->> 'offers', value ->> 'payload', value ->> 'created_at', TRUE
        FROM json_each($1)",
        postgres = "
        INSERT INTO notice (id, organisation_id, kind, requirement_id, requirement_version, offers,
            payload, created_at, unread)
        SELECT id, organisation_id, kind, requirement_id, requirement_version, offers, payload,
            created_at, TRUE
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, organisation_id UUID, kind TEXT,
            requirement_id UUID, requirement_version BIGINT, offers BIGINT, payload TEXT,
            created_at BIGINT)";
    INSERT_OFFERS = "
        INSERT INTO notice_offer (requirement_id, requirement_version, offer_id, offer_revision,
            kind, notice_id)
        SELECT unhex(value ->> 'requirement_id'), value ->> 'requirement_version',
            unhex(value ->> 'offer_id'), value ->> 'offer_revision', value ->> 'kind',
            unhex(value ->> 'notice_id')
        FROM json_each($1) WHERE TRUE
        ON CONFLICT DO NOTHING",
        postgres = "
        INSERT INTO notice_offer (requirement_id, requirement_version, offer_id, offer_revision,
            kind, notice_id)
        SELECT requirement_id, requirement_version, offer_id, offer_revision, kind, notice_id
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (requirement_id UUID,
            requirement_version BIGINT, offer_id UUID, offer_revision BIGINT, kind TEXT,
            notice_id UUID)
        ON CONFLICT DO NOTHING";
    INSERT_ALONE = "
        INSERT INTO notice (id, organisation_id, kind, requirement_id, requirement_version, offers,
            payload, created_at, unread)
        VALUES ($1, $2, $3, NULL, NULL, 0, $4, $5, TRUE)";
    DELETE_TOLD = "
        DELETE FROM notice
        WHERE id >= $1 AND id <= $2
            AND NOT EXISTS (SELECT 1 FROM notice_offer WHERE notice_offer.notice_id = notice.id)";
    FIND = concat!("
        SELECT ", notice_columns!(), "
        FROM ", notice_tables!(), "
        WHERE notice.id = $1");
    LIST = concat!("
        SELECT ", notice_columns!(), "
        FROM ", notice_tables!(), "
        WHERE notice.organisation_id = $1 AND (notice.unread, notice.id) < ($2, $3)
        ORDER BY notice.unread DESC, notice.id DESC LIMIT $4");
    LIST_OF_REQUIREMENT = concat!("
        SELECT ", notice_columns!(), "
        FROM ", notice_tables!(), "
        WHERE notice.organisation_id = $1 AND notice.requirement_id = $5
            AND (notice.unread, notice.id) < ($2, $3)
        ORDER BY notice.unread DESC, notice.id DESC LIMIT $4");
    COUNT_UNREAD = "
        SELECT COUNT(*) FROM (SELECT id FROM notice WHERE organisation_id = $1 AND unread LIMIT $2)
            AS found";
    MARK_READ = "
        UPDATE notice SET unread = FALSE, read_at = $2, read_by = $3
        WHERE id = $1 AND unread";
    MARK_UNREAD = "
        UPDATE notice SET unread = TRUE, read_at = NULL, read_by = NULL
        WHERE id = $1 AND NOT unread";
    MARK_ALL_READ = "
        UPDATE notice SET unread = FALSE, read_at = $3, read_by = $4
        WHERE organisation_id = $1 AND unread AND id <= $2";
    MARK_READ_OF_REQUIREMENT = "
        UPDATE notice SET unread = FALSE, read_at = $3, read_by = $4
        WHERE organisation_id = $1 AND unread AND id <= $2 AND requirement_id = $5";
    MARK_UNREAD_AGAIN = "
        UPDATE notice SET unread = TRUE, read_at = NULL, read_by = NULL
        WHERE organisation_id = $1 AND NOT unread AND read_at = $2";
    DELETE_OLDER_THAN = "
        DELETE FROM notice WHERE created_at < $1";
}

/// Adds notices in the order of their ids, each piece of news once for all time: what was told
/// before is left out, and a notice that has nothing left to tell is not kept.
pub async fn insert(tx: &mut Tx, notices: &[NewNotice]) -> Result<(), StorageError> {
    let (Some(first), Some(last)) = (notices.first(), notices.last()) else { return Ok(()) };
    for chunk in notices.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(notice_row).collect();
        execute!(tx, INSERT, Value::from(rows).to_string())?;
    }
    let rows: Vec<Value> = notices.iter().flat_map(offer_rows).collect();
    let mut told_before = false;
    for chunk in rows.chunks(CHUNK) {
        let added = execute!(tx, INSERT_OFFERS, Value::from(chunk.to_vec()).to_string())?;
        told_before |= added < chunk.len() as u64;
    }
    if told_before {
        execute!(tx, DELETE_TOLD, first.id.uuid(), last.id.uuid())?;
    }
    channels::enqueue(tx, notices.iter().map(|notice| notice.id)).await
}

/// A notice to be added that is about no requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlone {
    /// Its id.
    pub id: NoticeId,
    /// Who is told.
    pub organisation_id: OrganisationId,
    /// What kind of news it is.
    pub kind: &'static str,
    /// JSON; what it holds depends on the kind.
    pub payload: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Adds many notices that are about no requirement.
pub async fn insert_all_alone(tx: &mut Tx, notices: &[NewAlone]) -> Result<(), StorageError> {
    let row = |notice: &NewAlone| {
        json!({
            "id": notice.id.uuid().simple().to_string(),
            "organisation_id": notice.organisation_id.uuid().simple().to_string(),
            "kind": notice.kind,
            "requirement_id": null,
            "requirement_version": null,
            "offers": 0,
            "payload": notice.payload,
            "created_at": notice.created_at.0,
        })
    };
    for chunk in notices.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT, Value::from(rows).to_string())?;
    }
    channels::enqueue(tx, notices.iter().map(|notice| notice.id)).await
}

/// Adds a notice that is about no requirement.
pub async fn insert_alone(
    tx: &mut Tx,
    (id, organisation): (NoticeId, OrganisationId),
    kind: &str,
    payload: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, INSERT_ALONE, id.uuid(), organisation.uuid(), kind, payload, at.0)?;
    channels::enqueue(tx, std::iter::once(id)).await
}

fn notice_row(notice: &NewNotice) -> Value {
    json!({
        "id": notice.id.uuid().simple().to_string(),
        "organisation_id": notice.organisation_id.uuid().simple().to_string(),
        "kind": notice.kind,
        "requirement_id": notice.requirement_id.uuid().simple().to_string(),
        "requirement_version": notice.requirement_version,
        "offers": notice.offers.len(),
        "payload": notice.payload,
        "created_at": notice.created_at.0,
    })
}

fn offer_rows(notice: &NewNotice) -> impl Iterator<Item = Value> + '_ {
    notice.offers.iter().map(|(offer, revision)| {
        json!({
            "requirement_id": notice.requirement_id.uuid().simple().to_string(),
            "requirement_version": notice.requirement_version,
            "offer_id": offer.uuid().simple().to_string(),
            "offer_revision": revision,
            "kind": notice.kind,
            "notice_id": notice.id.uuid().simple().to_string(),
        })
    })
}

/// Looks a notice up.
pub async fn find(tx: &mut Tx, id: NoticeId) -> Result<Option<Notice>, StorageError> {
    find!(tx, Notice, FIND, id.uuid())
}

/// Lists an organisation's notices, or those about one requirement: unread ones first, the newest
/// first in each part.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    requirement: Option<RequirementId>,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Notice>, StorageError> {
    let (part, before) = Cursor::newest_first(cursor);
    let (organisation, unread, rows) = (organisation.uuid(), part > 0, fetch_limit(limit));
    let rows = match requirement {
        None => list!(tx, Notice, LIST, organisation, unread, before, rows),
        Some(requirement) => {
            let requirement = requirement.uuid();
            list!(tx, Notice, LIST_OF_REQUIREMENT, organisation, unread, before, rows, requirement)
        }
    }?;
    let after = |row: &Notice| Cursor::after(Timestamp(i64::from(row.unread)), row.id.uuid());
    Ok(cut(rows, limit, after))
}

/// Counts an organisation's unread notices, but no further than `most`.
pub async fn count_unread(
    tx: &mut Tx,
    organisation: OrganisationId,
    most: u32,
) -> Result<i64, StorageError> {
    let (count,) = fetch_one!(tx, (i64,), COUNT_UNREAD, organisation.uuid(), i64::from(most))?;
    Ok(count)
}

/// Marks a notice as read; `false`: it was read before.
pub async fn mark_read(
    tx: &mut Tx,
    id: NoticeId,
    at: Timestamp,
    by: &str,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, MARK_READ, id.uuid(), at.0, by)? == 1)
}

/// Marks a notice as unread; `false`: it was unread.
pub async fn mark_unread(tx: &mut Tx, id: NoticeId) -> Result<bool, StorageError> {
    Ok(execute!(tx, MARK_UNREAD, id.uuid())? == 1)
}

/// Which notices are marked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marking<'a> {
    /// Whose.
    pub organisation_id: OrganisationId,
    /// About which requirement; `None`: about anything.
    pub requirement_id: Option<RequirementId>,
    /// Up to this one; later ones nobody has seen yet.
    pub until: NoticeId,
    /// When.
    pub at: Timestamp,
    /// Who marks them.
    pub by: &'a str,
}

/// Marks notices as read; returns how many were unread.
pub async fn mark_all_read(tx: &mut Tx, marking: &Marking<'_>) -> Result<u64, StorageError> {
    let (organisation, until) = (marking.organisation_id.uuid(), marking.until.uuid());
    let (at, by) = (marking.at.0, marking.by);
    match marking.requirement_id {
        None => execute!(tx, MARK_ALL_READ, organisation, until, at, by),
        Some(requirement) => {
            let requirement = requirement.uuid();
            execute!(tx, MARK_READ_OF_REQUIREMENT, organisation, until, at, by, requirement)
        }
    }
}

/// Takes back what was marked as read at that moment; returns how many.
pub async fn mark_unread_again(
    tx: &mut Tx,
    organisation: OrganisationId,
    at: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, MARK_UNREAD_AGAIN, organisation.uuid(), at.0)
}

/// Removes what is older than `before`; returns how many.
pub async fn delete_older_than(tx: &mut Tx, before: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, DELETE_OLDER_THAN, before.0)
}
