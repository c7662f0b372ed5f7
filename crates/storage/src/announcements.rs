//! What the market and its providers announce.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list, record};
use crate::statement::{execute, fetch_all, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{AnnouncementId, AnnouncementKind, OrganisationId, ProviderId, Timestamp};
use uuid::Uuid;

/// Organisations of one statement: more are not told by one announcement.
const CUSTOMERS_MAX: i64 = 100_000;

record! {
    /// What an announcement says; written whole.
    pub struct AnnouncementText in "announcement" {
        /// What is announced.
        pub kind: AnnouncementKind,
        /// English title; one of the two titles may be empty.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// English text; may be empty.
        pub text_en: String,
        /// Japanese text; may be empty.
        pub text_ja: String,
        /// When it begins.
        pub starts_at: Timestamp,
        /// When it ends; `None`: nobody knows yet.
        pub ends_at: Option<Timestamp>,
    }
}

record! {
    /// An announcement.
    pub struct Announcement in "announcement" {
        /// Its id.
        pub id: AnnouncementId,
        /// Who speaks; `None`: the market itself.
        pub provider_id: Option<ProviderId>,
        /// Short name of that provider.
        pub slug: Option<String>,
        /// Its English name.
        pub name_en: Option<String>,
        /// Its Japanese name.
        pub name_ja: Option<String>,
        /// What it says.
        [flatten]
        pub text: AnnouncementText,
        /// Counts the changes from 1.
        pub revision: i64,
        /// When it was written.
        pub made_at: Timestamp,
        /// When it was last changed; `None`: as it was made.
        pub changed_at: Option<Timestamp>,
    }
}

/// Whose announcements are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Everybody's.
    Anybody,
    /// The market's own.
    Market,
    /// A provider's.
    Provider(ProviderId),
}

/// Columns of [`Announcement`].
macro_rules! columns {
    () => {
        "announcement.id AS id, provider_id, slug, name_en, name_ja, kind, title_en, title_ja, text_en,
            text_ja, starts_at, ends_at, announcement.revision AS revision, made_at, changed_at
        FROM announcement LEFT JOIN provider ON provider.id = announcement.provider_id"
    };
}

statements! {
    INSERT = "
        INSERT INTO announcement (id, provider_id, kind, title_en, title_ja, text_en, text_ja,
            starts_at, ends_at, revision, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11)";
    UPDATE = "
        UPDATE announcement SET kind = $3, title_en = $4, title_ja = $5, text_en = $6,
            text_ja = $7, starts_at = $8, ends_at = $9, changed_at = $10, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    DELETE = "
        DELETE FROM announcement WHERE id = $1";
    FIND = concat!("
        SELECT ", columns!(), "
        WHERE announcement.id = $1");
    LIST = concat!("
        SELECT ", columns!(), "
        WHERE (starts_at, announcement.id) < ($1, $2)
        ORDER BY starts_at DESC, announcement.id DESC LIMIT $3");
    LIST_OF_MARKET = concat!("
        SELECT ", columns!(), "
        WHERE provider_id IS NULL AND (starts_at, announcement.id) < ($1, $2)
        ORDER BY starts_at DESC, announcement.id DESC LIMIT $3");
    LIST_OF_PROVIDER = concat!("
        SELECT ", columns!(), "
        WHERE provider_id = $4 AND (starts_at, announcement.id) < ($1, $2)
        ORDER BY starts_at DESC, announcement.id DESC LIMIT $3");
    // Without an end, news stay for a while and what is broken until it is said to be mended.
    SHOWN = concat!("
        SELECT ", columns!(), "
        WHERE provider_id IS NULL AND (ends_at IS NULL OR ends_at > $1) AND starts_at <= $2
            AND (ends_at IS NOT NULL OR kind = 'incident' OR starts_at > $3)
        ORDER BY starts_at DESC, announcement.id DESC LIMIT $4");
    COUNT_SINCE_OF_MARKET = "
        SELECT COUNT(*) FROM announcement WHERE provider_id IS NULL AND made_at > $1";
    COUNT_SINCE_OF_PROVIDER = "
        SELECT COUNT(*) FROM announcement WHERE provider_id = $2 AND made_at > $1";
    LIST_CUSTOMERS = "
        SELECT DISTINCT organisation_id FROM contract
        WHERE provider_id = $1 AND state IN ('scheduled', 'activating', 'active', 'releasing')
        ORDER BY organisation_id LIMIT $2";
}

/// Adds an announcement.
pub async fn insert(
    tx: &mut Tx,
    (id, provider): (AnnouncementId, Option<ProviderId>),
    text: &AnnouncementText,
    (by, at): (&str, Timestamp),
) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        id.uuid(),
        provider.map(ProviderId::uuid),
        text.kind.as_str(),
        &text.title_en,
        &text.title_ja,
        &text.text_en,
        &text.text_ja,
        text.starts_at.0,
        text.ends_at.map(|at| at.0),
        by,
        at.0,
    )?;
    Ok(())
}

/// Writes it anew, if it is at this revision; false if somebody was faster.
pub async fn update(
    tx: &mut Tx,
    (id, revision): (AnnouncementId, i64),
    text: &AnnouncementText,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        UPDATE,
        id.uuid(),
        revision,
        text.kind.as_str(),
        &text.title_en,
        &text.title_ja,
        &text.text_en,
        &text.text_ja,
        text.starts_at.0,
        text.ends_at.map(|at| at.0),
        at.0,
    )?;
    Ok(affected > 0)
}

/// Takes it away; false if there is none.
pub async fn delete(tx: &mut Tx, id: AnnouncementId) -> Result<bool, StorageError> {
    Ok(execute!(tx, DELETE, id.uuid())? > 0)
}

/// Looks up an announcement.
pub async fn find(tx: &mut Tx, id: AnnouncementId) -> Result<Option<Announcement>, StorageError> {
    find!(tx, Announcement, FIND, id.uuid())
}

/// Announcements by their beginning, the latest first.
pub async fn list(
    tx: &mut Tx,
    of: Speaker,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Announcement>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let most = fetch_limit(limit);
    let rows: Vec<Announcement> = match of {
        Speaker::Anybody => list!(tx, Announcement, LIST, at, id, most),
        Speaker::Market => list!(tx, Announcement, LIST_OF_MARKET, at, id, most),
        Speaker::Provider(provider) => {
            list!(tx, Announcement, LIST_OF_PROVIDER, at, id, most, provider.uuid())
        }
    }?;
    Ok(cut(rows, limit, |row| Cursor::after(row.text.starts_at, row.id.uuid())))
}

/// The market's own that stand on every page: not over at `now`, begun by `until`; without an end only what began
/// after `since`, or is broken.
pub async fn list_shown(
    tx: &mut Tx,
    (now, until, since): (Timestamp, Timestamp, Timestamp),
    most: u32,
) -> Result<Vec<Announcement>, StorageError> {
    list!(tx, Announcement, SHOWN, now.0, until.0, since.0, i64::from(most))
}

/// How many a provider, or the market (`None`), has written since a moment.
pub async fn count_since(
    tx: &mut Tx,
    of: Option<ProviderId>,
    since: Timestamp,
) -> Result<i64, StorageError> {
    let (count,) = match of {
        None => fetch_one!(tx, (i64,), COUNT_SINCE_OF_MARKET, since.0),
        Some(id) => fetch_one!(tx, (i64,), COUNT_SINCE_OF_PROVIDER, since.0, id.uuid()),
    }?;
    Ok(count)
}

/// Organisations with a contract at a provider that has not come to its end.
pub async fn list_customers(
    tx: &mut Tx,
    provider: ProviderId,
) -> Result<Vec<OrganisationId>, StorageError> {
    let rows: Vec<(Uuid,)> =
        fetch_all!(tx, (Uuid,), LIST_CUSTOMERS, provider.uuid(), CUSTOMERS_MAX)?;
    Ok(rows.into_iter().map(|(id,)| OrganisationId(id)).collect())
}
