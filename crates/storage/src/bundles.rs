//! Several offers that are ordered together.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, ids_text, list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{BundleId, OfferId, ProviderId, Timestamp};
use std::collections::HashMap;
use uuid::Uuid;

/// Bundles of one offer that are read at once.
const OF_OFFER: i64 = 10;

record! {
    /// What a bundle says; written whole.
    pub struct BundleText in "bundle" {
        /// English title; one of the two titles may be empty.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// English text; may be empty.
        pub text_en: String,
        /// Japanese text; may be empty.
        pub text_ja: String,
        /// Whether everybody sees it.
        pub shown: bool,
    }
}

record! {
    /// A bundle without its offers.
    pub struct Bundle in "bundle" {
        /// Its id.
        pub id: BundleId,
        /// Whose it is; `None`: the market's own.
        pub provider_id: Option<ProviderId>,
        /// Short name of that provider.
        pub slug: Option<String>,
        /// Its English name.
        pub name_en: Option<String>,
        /// Its Japanese name.
        pub name_ja: Option<String>,
        /// What it says.
        [flatten]
        pub text: BundleText,
        /// Counts the changes from 1.
        pub revision: i64,
        /// When it was made.
        pub made_at: Timestamp,
        /// When it was last changed; `None`: as it was made.
        pub changed_at: Option<Timestamp>,
    }
}

/// Columns of [`Bundle`].
macro_rules! columns {
    () => {
        "bundle.id AS id, provider_id, slug, name_en, name_ja, title_en, title_ja, text_en, text_ja,
            shown, bundle.revision AS revision, made_at, changed_at
        FROM bundle LEFT JOIN provider ON provider.id = bundle.provider_id"
    };
}

statements! {
    INSERT = "
        INSERT INTO bundle (id, provider_id, title_en, title_ja, text_en, text_ja, shown, revision,
            made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)";
    UPDATE = "
        UPDATE bundle SET title_en = $3, title_ja = $4, text_en = $5, text_ja = $6, shown = $7,
            changed_at = $8, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    DELETE = "
        DELETE FROM bundle WHERE id = $1";
    DROP_MEMBERS = "
        DELETE FROM bundle_member WHERE bundle_id = $1";
    INSERT_MEMBER = "
        INSERT INTO bundle_member (bundle_id, place, offer_id) VALUES ($1, $2, $3)";
    FIND = concat!("
        SELECT ", columns!(), "
        WHERE bundle.id = $1");
    LIST_SHOWN = concat!("
        SELECT ", columns!(), "
        WHERE shown AND bundle.id < $1 ORDER BY bundle.id DESC LIMIT $2");
    LIST_OF_MARKET = concat!("
        SELECT ", columns!(), "
        WHERE provider_id IS NULL AND bundle.id < $1 ORDER BY bundle.id DESC LIMIT $2");
    LIST_OF_PROVIDER = concat!("
        SELECT ", columns!(), "
        WHERE provider_id = $3 AND bundle.id < $1 ORDER BY bundle.id DESC LIMIT $2");
    LIST_WITH = concat!("
        SELECT ", columns!(), "
        JOIN bundle_member ON bundle_member.bundle_id = bundle.id
        WHERE shown AND bundle_member.offer_id = $1 ORDER BY bundle.id DESC LIMIT $2");
    COUNT_OF_MARKET = "
        SELECT COUNT(*) FROM bundle WHERE provider_id IS NULL";
    COUNT_OF_PROVIDER = "
        SELECT COUNT(*) FROM bundle WHERE provider_id = $1";
    MEMBERS = "
        SELECT bundle_id, offer_id FROM json_each($1) AS wanted
        CROSS JOIN bundle_member ON bundle_member.bundle_id = unhex(wanted.value)
        ORDER BY bundle_id, place",
        postgres = "
        SELECT bundle_id, offer_id FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN bundle_member ON bundle_member.bundle_id = CAST(wanted.value AS UUID)
        ORDER BY bundle_id, place";
}

/// Whose bundles are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's that everybody sees.
    Shown,
    /// The market's own.
    Market,
    /// A provider's.
    Provider(ProviderId),
}

/// Adds a bundle.
pub async fn insert(
    tx: &mut Tx,
    (id, provider): (BundleId, Option<ProviderId>),
    text: &BundleText,
    offers: &[OfferId],
    (by, at): (&str, Timestamp),
) -> Result<(), StorageError> {
    let provider = provider.map(ProviderId::uuid);
    let [title_en, title_ja, text_en, text_ja] =
        [&text.title_en, &text.title_ja, &text.text_en, &text.text_ja];
    execute!(
        tx,
        INSERT,
        id.uuid(),
        provider,
        title_en,
        title_ja,
        text_en,
        text_ja,
        text.shown,
        by,
        at.0
    )?;
    put_members(tx, id, offers).await
}

/// Writes a bundle anew; whether it still was at this revision.
pub async fn update(
    tx: &mut Tx,
    (id, revision): (BundleId, i64),
    text: &BundleText,
    offers: &[OfferId],
    at: Timestamp,
) -> Result<bool, StorageError> {
    let [title_en, title_ja, text_en, text_ja] =
        [&text.title_en, &text.title_ja, &text.text_en, &text.text_ja];
    let done = execute!(
        tx,
        UPDATE,
        id.uuid(),
        revision,
        title_en,
        title_ja,
        text_en,
        text_ja,
        text.shown,
        at.0
    )?;
    if done == 0 {
        return Ok(false);
    }
    execute!(tx, DROP_MEMBERS, id.uuid())?;
    put_members(tx, id, offers).await?;
    Ok(true)
}

async fn put_members(tx: &mut Tx, id: BundleId, offers: &[OfferId]) -> Result<(), StorageError> {
    for (place, offer) in (1_i64..).zip(offers) {
        execute!(tx, INSERT_MEMBER, id.uuid(), place, offer.uuid())?;
    }
    Ok(())
}

/// Removes a bundle.
pub async fn delete(tx: &mut Tx, id: BundleId) -> Result<(), StorageError> {
    execute!(tx, DELETE, id.uuid()).map(drop)
}

/// Reads a bundle.
pub async fn find(tx: &mut Tx, id: BundleId) -> Result<Option<Bundle>, StorageError> {
    find!(tx, Bundle, FIND, id.uuid())
}

/// Bundles, the latest first.
pub async fn list(
    tx: &mut Tx,
    whose: Whose,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Bundle>, StorageError> {
    let ((_, before), most) = (Cursor::newest_first(cursor), fetch_limit(limit));
    let rows = match whose {
        Whose::Shown => list!(tx, Bundle, LIST_SHOWN, before, most)?,
        Whose::Market => list!(tx, Bundle, LIST_OF_MARKET, before, most)?,
        Whose::Provider(id) => list!(tx, Bundle, LIST_OF_PROVIDER, before, most, id.uuid())?,
    };
    Ok(cut(rows, limit, |row| Cursor::after_id(row.id.uuid())))
}

/// Bundles that everybody sees and that hold an offer, the latest ten.
pub async fn list_with(tx: &mut Tx, offer: OfferId) -> Result<Vec<Bundle>, StorageError> {
    list!(tx, Bundle, LIST_WITH, offer.uuid(), OF_OFFER)
}

/// How many somebody has, shown or not.
pub async fn count(tx: &mut Tx, provider: Option<ProviderId>) -> Result<i64, StorageError> {
    let rows = match provider {
        None => fetch_all!(tx, (i64,), COUNT_OF_MARKET)?,
        Some(id) => fetch_all!(tx, (i64,), COUNT_OF_PROVIDER, id.uuid())?,
    };
    Ok(rows.first().map_or(0, |row| row.0))
}

/// The offers of bundles in their order; one statement for all.
pub async fn members(
    tx: &mut Tx,
    bundles: &[BundleId],
) -> Result<HashMap<BundleId, Vec<OfferId>>, StorageError> {
    let wanted = ids_text(bundles.iter().map(|id| id.uuid()));
    let mut found: HashMap<BundleId, Vec<OfferId>> = HashMap::new();
    for (bundle, offer) in fetch_all!(tx, (Uuid, Uuid), MEMBERS, wanted)? {
        found.entry(BundleId(bundle)).or_default().push(OfferId(offer));
    }
    Ok(found)
}
