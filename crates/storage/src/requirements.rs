//! Saved requirements and their immutable versions.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OrganisationId, RequirementId, Timestamp};

/// A requirement to be added; its version 1 is inserted in the same unit of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequirement {
    /// Its id.
    pub id: RequirementId,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// When it was saved.
    pub created_at: Timestamp,
}

record! {
    /// A saved requirement without its documents.
    pub struct Requirement in "requirement" {
        /// Its id.
        pub id: RequirementId,
        /// Whose it is.
        pub organisation_id: OrganisationId,
        /// The newest version.
        pub current_version: i64,
        /// When it was first saved.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// Since when its organisation is told about new matches; `None`: it is not.
        pub watched_since: Option<Timestamp>,
        /// Grows with every change; guards updates.
        pub revision: i64,
    }
}

record! {
    /// One version of a requirement, never changed.
    pub struct RequirementVersion in "requirement_version" {
        /// The requirement.
        pub requirement_id: RequirementId,
        /// Counts from 1.
        pub version: i64,
        /// Canonical JSON.
        pub document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub hash: String,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// A user id, or `system`.
        pub created_by: String,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

record! {
    /// A requirement with the text of its newest version.
    pub struct CurrentRequirement in "requirement" {
        /// The requirement.
        [flatten]
        pub requirement: Requirement,
        /// The newest version's canonical JSON.
        pub document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub hash: String,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
    }
}

record! {
    /// A requirement in its organisation's list, titled by the newest version.
    pub struct RequirementListing in "requirement" {
        /// The requirement.
        [flatten]
        pub requirement: Requirement,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
    }
}

record! {
    /// A requirement whose organisation is told about new matches.
    pub struct Watched in "requirement" {
        /// Its id.
        pub id: RequirementId,
        /// Whose it is.
        pub organisation_id: OrganisationId,
        /// The newest version.
        pub current_version: i64,
        /// From when on there is news.
        pub watched_since: Timestamp,
    }
}

record! {
    /// A need of somebody, for figures over many.
    pub struct Needed in "requirement" {
        /// Its id.
        pub id: RequirementId,
        /// Whose it is.
        pub organisation_id: OrganisationId,
        /// The newest version's canonical JSON.
        pub document: String,
    }
}

statements! {
    INSERT = "
        INSERT INTO requirement (id, organisation_id, current_version, created_at, updated_at,
            revision)
        VALUES ($1, $2, 1, $3, $3, 1)";
    INSERT_VERSION = "
        INSERT INTO requirement_version (requirement_id, version, document, hash, title_en,
            title_ja, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    SET_CURRENT_VERSION = "
        UPDATE requirement SET current_version = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    FIND = "
        SELECT id, organisation_id, current_version, requirement.created_at AS created_at,
            updated_at, watched_since, revision, newest.document AS document, newest.hash AS hash,
            newest.title_en AS title_en, newest.title_ja AS title_ja
        FROM requirement
        JOIN requirement_version AS newest
            ON newest.requirement_id = requirement.id
            AND newest.version = requirement.current_version
        WHERE requirement.id = $1";
    FIND_VERSION = "
        SELECT requirement_id, version, document, hash, title_en, title_ja, created_by, created_at
        FROM requirement_version WHERE requirement_id = $1 AND version = $2";
    FIND_SAME = "
        SELECT id, organisation_id, current_version, requirement.created_at AS created_at,
            updated_at, watched_since, revision, newest.document AS document, newest.hash AS hash,
            newest.title_en AS title_en, newest.title_ja AS title_ja
        FROM requirement
        JOIN requirement_version AS newest
            ON newest.requirement_id = requirement.id
            AND newest.version = requirement.current_version
        WHERE requirement.organisation_id = $1 AND newest.hash IN ($2, $3)
        ORDER BY requirement.id LIMIT 1";
    WATCH = "
        UPDATE requirement SET watched_since = $2 WHERE id = $1";
    LIST_WATCHED = "
        SELECT id, organisation_id, current_version, watched_since FROM requirement
        WHERE watched_since IS NOT NULL AND id > $1
        ORDER BY id LIMIT $2";
    // The ids come as a JSON list; see offers::published::PUBLISHED_BY_IDS.
    LIST_NEWEST = "
        SELECT requirement_id, version, document, hash, title_en, title_ja, created_by,
            requirement_version.created_at AS created_at
        FROM json_each($1) AS wanted
        CROSS JOIN requirement ON requirement.id = unhex(wanted.value)
        JOIN requirement_version ON requirement_version.requirement_id = requirement.id
            AND requirement_version.version = requirement.current_version",
        postgres = "
        SELECT requirement_id, version, document, hash, title_en, title_ja, created_by,
            requirement_version.created_at AS created_at
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN requirement ON requirement.id = CAST(wanted.value AS UUID)
        JOIN requirement_version ON requirement_version.requirement_id = requirement.id
            AND requirement_version.version = requirement.current_version";
    // The newest of each organisation first, so that nobody's many needs keep those of others out.
    LIST_NEEDED = "
        SELECT turns.id AS id, turns.organisation_id AS organisation_id, newest.document AS document
        FROM (
            SELECT id, organisation_id, current_version, updated_at, ROW_NUMBER() OVER (
                PARTITION BY organisation_id ORDER BY updated_at DESC, id DESC) AS turn
            FROM (
                SELECT id, organisation_id, current_version, updated_at FROM requirement
                WHERE organisation_id <> $1
                ORDER BY updated_at DESC, id DESC LIMIT $2) AS recent) AS turns
        JOIN requirement_version AS newest
            ON newest.requirement_id = turns.id AND newest.version = turns.current_version
        WHERE turns.turn <= $3
        ORDER BY turns.turn, turns.updated_at DESC, turns.id DESC LIMIT $4";
    LIST_BY_ORGANISATION = "
        SELECT id, organisation_id, current_version, requirement.created_at AS created_at,
            updated_at, watched_since, revision, newest.title_en AS title_en, newest.title_ja AS title_ja
        FROM requirement
        JOIN requirement_version AS newest
            ON newest.requirement_id = requirement.id
            AND newest.version = requirement.current_version
        WHERE requirement.organisation_id = $1 AND requirement.id < $2
        ORDER BY requirement.id DESC LIMIT $3";
}

/// Adds a requirement. Insert its version 1 next.
pub async fn insert(tx: &mut Tx, requirement: &NewRequirement) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        requirement.id.uuid(),
        requirement.organisation_id.uuid(),
        requirement.created_at.0,
    )?;
    Ok(())
}

/// Adds a version; see [`is_version_taken`].
pub async fn insert_version(tx: &mut Tx, version: &RequirementVersion) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_VERSION,
        version.requirement_id.uuid(),
        version.version,
        &version.document,
        &version.hash,
        &version.title_en,
        &version.title_ja,
        &version.created_by,
        version.created_at.0,
    )?;
    Ok(())
}

/// Whether [`insert_version`] was refused because somebody else wrote that version first.
#[must_use]
pub fn is_version_taken(error: &StorageError) -> bool {
    error.is_constraint(
        "requirement_version_pkey",
        "requirement_version.requirement_id, requirement_version.version",
    )
}

/// Makes an inserted version the newest one; `Conflict` unless `revision` is current.
pub async fn set_current_version(
    tx: &mut Tx,
    id: RequirementId,
    revision: i64,
    version: i64,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, SET_CURRENT_VERSION, id.uuid(), revision, version, at.0)?;
    expect_one(affected, "requirement")
}

/// Looks a requirement up with its newest text.
pub async fn find(
    tx: &mut Tx,
    id: RequirementId,
) -> Result<Option<CurrentRequirement>, StorageError> {
    find!(tx, CurrentRequirement, FIND, id.uuid())
}

/// Looks one version up.
pub async fn find_version(
    tx: &mut Tx,
    id: RequirementId,
    version: i64,
) -> Result<Option<RequirementVersion>, StorageError> {
    find!(tx, RequirementVersion, FIND_VERSION, id.uuid(), version)
}

/// The first requirement of an organisation whose newest version has one of the two hashes.
pub async fn find_same(
    tx: &mut Tx,
    organisation: OrganisationId,
    hashes: [&str; 2],
) -> Result<Option<CurrentRequirement>, StorageError> {
    let [one, other] = hashes;
    find!(tx, CurrentRequirement, FIND_SAME, organisation.uuid(), one, other)
}

/// Lists an organisation's requirements, newest first.
pub async fn list_by_organisation(
    tx: &mut Tx,
    organisation: OrganisationId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<RequirementListing>, StorageError> {
    let (_, before) = Cursor::newest_first(cursor);
    let (organisation, rows) = (organisation.uuid(), fetch_limit(limit));
    let rows = list!(tx, RequirementListing, LIST_BY_ORGANISATION, organisation, before, rows)?;
    Ok(cut(rows, limit, |row| Cursor::after_id(row.requirement.id.uuid())))
}

/// Begins to tell its organisation about new matches, or with `None` ends it.
pub async fn watch(
    tx: &mut Tx,
    id: RequirementId,
    since: Option<Timestamp>,
) -> Result<(), StorageError> {
    let affected = execute!(tx, WATCH, id.uuid(), since.map(|at| at.0))?;
    expect_one(affected, "requirement")
}

/// Lists watched requirements of all organisations in the order of ids, `None` from the first one.
pub async fn list_watched(
    tx: &mut Tx,
    after: Option<RequirementId>,
    limit: u32,
) -> Result<Vec<Watched>, StorageError> {
    let after = after.map_or(uuid::Uuid::nil(), RequirementId::uuid);
    list!(tx, Watched, LIST_WATCHED, after, i64::from(limit))
}

/// How many needs are read.
#[derive(Debug, Clone, Copy)]
pub struct NeededLimits {
    /// Requirements that are looked through, the latest first.
    pub recent: u32,
    /// Of each organisation.
    pub of_each: u32,
    /// Altogether.
    pub all: u32,
}

/// Lists what everybody but one organisation needs, in one statement: of each organisation its latest
/// requirement, then of each its second latest, and so on.
pub async fn list_needed(
    tx: &mut Tx,
    but: OrganisationId,
    limits: NeededLimits,
) -> Result<Vec<Needed>, StorageError> {
    let NeededLimits { recent, of_each, all } = limits;
    let (recent, of_each) = (i64::from(recent), i64::from(of_each));
    list!(tx, Needed, LIST_NEEDED, but.uuid(), recent, of_each, i64::from(all))
}

/// Reads the newest versions of these requirements in one statement, in any order.
pub async fn list_newest(
    tx: &mut Tx,
    ids: &[RequirementId],
) -> Result<Vec<RequirementVersion>, StorageError> {
    let wanted: Vec<_> = ids.iter().map(|id| id.uuid().simple().to_string()).collect();
    let wanted = serde_json::Value::from(wanted).to_string();
    list!(tx, RequirementVersion, LIST_NEWEST, wanted)
}
