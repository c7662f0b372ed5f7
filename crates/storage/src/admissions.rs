//! Admissions of providers: where each stands, every passage, the list of checks and what was found out.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, fetch_one, fetch_optional, statements};
use crate::{StorageError, Tx};
use domain::{AdmissionState, AuditId, OrganisationId, ProviderId, Timestamp};

/// Checks of a list; a page reads them all.
pub const CHECKS_MAX: i64 = 100;
/// Passages of one provider read at once, the latest ones.
const STEPS_MAX: i64 = 200;

record! {
    /// A provider with its admission.
    pub struct Admission in "provider_admission" {
        /// The provider.
        pub provider_id: ProviderId,
        /// The account behind it.
        pub organisation_id: Option<OrganisationId>,
        /// Its short name.
        pub slug: String,
        /// English name.
        pub name_en: String,
        /// Japanese name.
        pub name_ja: String,
        /// Whether a cloud is connected.
        pub backed: bool,
        /// Whether that cloud passed its last examination.
        pub passed: bool,
        /// Where it stands.
        pub state: AdmissionState,
        /// What it says of itself.
        pub statement: String,
        /// JSON list of addresses.
        pub links: String,
        /// Who sent it in last, a user id.
        pub applied_by: Option<String>,
        /// When.
        pub applied_at: Option<Timestamp>,
        /// Since when it is admitted.
        pub admitted_at: Option<Timestamp>,
        /// When it came to its state.
        pub changed_at: Timestamp,
        /// Grows with every change; guards updates.
        pub revision: i64,
    }
}

record! {
    /// One passage.
    pub struct AdmissionStep in "admission_step" {
        /// Its id.
        pub id: AuditId,
        /// The provider.
        pub provider_id: ProviderId,
        /// When.
        pub at: Timestamp,
        /// A user id or `system`.
        pub actor: String,
        /// The name at that time.
        pub actor_name: String,
        /// What was done, as a stable code.
        pub event: String,
        /// The state after it.
        pub to_state: AdmissionState,
        /// Why.
        pub reason: String,
        /// JSON: what each check said.
        pub checks: Option<String>,
    }
}

record! {
    /// One check of the list.
    pub struct CheckRow in "admission_check" {
        /// Its key.
        pub check_key: String,
        /// Counts the changes from 1.
        pub version: i64,
        /// Where it stands in the list.
        pub place: i64,
        /// Whether nobody is admitted without it.
        pub required: bool,
        /// `ticked` or `conformance`.
        pub source: String,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// English explanation.
        pub help_en: String,
        /// Japanese explanation.
        pub help_ja: String,
        /// `active` or `retired`.
        pub state: String,
        /// When it was last changed.
        pub changed_at: Timestamp,
    }
}

record! {
    /// What a person found out about a check.
    pub struct AnswerRow in "admission_answer" {
        /// The check.
        pub check_key: String,
        /// `met` or `not_applicable`.
        pub answer: String,
        /// Evidence, or why it cannot be asked.
        pub note: String,
        /// A user id.
        pub answered_by: String,
        /// The name at that time.
        pub answered_by_name: String,
        /// When.
        pub answered_at: Timestamp,
    }
}

/// Where an admission goes.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// The state after it.
    pub to: AdmissionState,
    /// Who sends it in, if that is what happens.
    pub applied_by: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// Columns of [`Admission`]; who has no row has not applied.
macro_rules! columns {
    () => {
        "provider.id AS provider_id, organisation_id, slug, name_en, name_ja,
            cloud_url IS NOT NULL AS backed, COALESCE(cloud_passed_url = cloud_url, FALSE) AS passed,
            COALESCE(state, 'preparing') AS state, COALESCE(statement, '') AS statement,
            COALESCE(links, '[]') AS links, applied_by, applied_at, admitted_at,
            COALESCE(changed_at, provider.created_at) AS changed_at,
            COALESCE(provider_admission.revision, 0) AS revision
        FROM provider LEFT JOIN provider_admission ON provider_admission.provider_id = provider.id"
    };
}

statements! {
    STATE_OF = "
        SELECT state, admitted_at FROM provider_admission WHERE provider_id = $1";
    FIND = concat!("
        SELECT ", columns!(), " WHERE provider.id = $1");
    // What waits for a person stands first, whoever waits longest before the others.
    LIST = concat!("
        SELECT ", columns!(), "
        WHERE $1 = '' OR COALESCE(state, 'preparing') = $1
        ORDER BY CASE COALESCE(state, 'preparing') WHEN 'applied' THEN 0 WHEN 'in_review' THEN 1 ELSE 2 END,
            COALESCE(changed_at, provider.created_at), slug LIMIT 1000"),
        postgres = concat!("
        SELECT ", columns!(), "
        WHERE CAST($1 AS TEXT) = '' OR COALESCE(state, 'preparing') = CAST($1 AS TEXT)
        ORDER BY CASE COALESCE(state, 'preparing') WHEN 'applied' THEN 0 WHEN 'in_review' THEN 1 ELSE 2 END,
            COALESCE(changed_at, provider.created_at), slug LIMIT 1000");
    COUNT_WAITING = "
        SELECT COUNT(*) FROM provider_admission WHERE state IN ('applied', 'in_review')";
    ENSURE = "
        INSERT INTO provider_admission (provider_id, state, statement, links, changed_at, revision)
        VALUES ($1, 'preparing', '', '[]', $2, 0)
        ON CONFLICT (provider_id) DO NOTHING";
    WRITE = "
        UPDATE provider_admission SET statement = $3, links = $4, revision = revision + 1
        WHERE provider_id = $1 AND revision = $2";
    TOUCH = "
        UPDATE provider_admission SET revision = revision + 1 WHERE provider_id = $1 AND revision = $2";
    TURN = "
        UPDATE provider_admission SET state = $3, applied_by = COALESCE($4, applied_by),
            applied_at = CASE WHEN $3 = 'applied' THEN $5 ELSE applied_at END,
            admitted_at = CASE WHEN $3 = 'admitted' THEN COALESCE(admitted_at, $5) ELSE admitted_at END,
            changed_at = $5, revision = revision + 1
        WHERE provider_id = $1 AND revision = $2",
        postgres = "
        UPDATE provider_admission SET state = $3, applied_by = COALESCE($4, applied_by),
            applied_at = CASE WHEN CAST($3 AS TEXT) = 'applied' THEN $5 ELSE applied_at END,
            admitted_at = CASE WHEN CAST($3 AS TEXT) = 'admitted' THEN COALESCE(admitted_at, $5)
                ELSE admitted_at END,
            changed_at = $5, revision = revision + 1
        WHERE provider_id = $1 AND revision = $2";
    INSERT_STEP = "
        INSERT INTO admission_step (id, provider_id, at, actor, actor_name, event, to_state, reason, checks)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    LIST_STEPS = "
        SELECT id, provider_id, at, actor, actor_name, event, to_state, reason, checks
        FROM admission_step WHERE provider_id = $1 ORDER BY at DESC, id DESC LIMIT $2";
    LIST_CHECKS = "
        SELECT check_key, version, place, required, source, title_en, title_ja, help_en, help_ja, state, changed_at
        FROM admission_check ORDER BY place, check_key LIMIT $1";
    INSERT_CHECK = "
        INSERT INTO admission_check (check_key, version, place, required, source, title_en, title_ja, help_en,
            help_ja, state, changed_at)
        VALUES ($1, 1, $2, $3, 'ticked', $4, $5, $6, $7, 'active', $8)
        ON CONFLICT (check_key) DO NOTHING";
    UPDATE_CHECK = "
        UPDATE admission_check SET version = version + 1, place = $3, required = $4, title_en = $5,
            title_ja = $6, help_en = $7, help_ja = $8, state = $9, changed_at = $10
        WHERE check_key = $1 AND version = $2";
    LIST_ANSWERS = "
        SELECT check_key, answer, note, answered_by, answered_by_name, answered_at
        FROM admission_answer WHERE provider_id = $1 LIMIT $2";
    ANSWER = "
        INSERT INTO admission_answer (provider_id, check_key, answer, note, answered_by, answered_by_name, answered_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (provider_id, check_key) DO UPDATE SET answer = excluded.answer, note = excluded.note,
            answered_by = excluded.answered_by, answered_by_name = excluded.answered_by_name,
            answered_at = excluded.answered_at";
    REOPEN = "
        DELETE FROM admission_answer WHERE provider_id = $1 AND check_key = $2";
    SUSPEND_OFFERS = "
        UPDATE offer SET suspended_from = state, state = 'paused', updated_at = $2, revision = revision + 1
        WHERE provider_id = $1 AND state IN ('published', 'withdrawing')";
    // What its provider took off the market meanwhile stays off it.
    REINSTATE_OFFERS = "
        UPDATE offer SET state = CASE WHEN state = 'paused' THEN suspended_from ELSE state END,
            suspended_from = NULL, updated_at = $2, revision = revision + 1
        WHERE provider_id = $1 AND suspended_from IS NOT NULL";
}

/// Where a provider stands, and since when it is admitted; `None`: it has not applied.
pub async fn state_of(
    tx: &mut Tx,
    id: ProviderId,
) -> Result<Option<(AdmissionState, Option<Timestamp>)>, StorageError> {
    let found = fetch_optional!(tx, (String, Option<i64>), STATE_OF, id.uuid())?;
    let read = |(state, at): (String, Option<i64>)| {
        let what = "provider_admission.state";
        let state = state.parse().map_err(|detail| StorageError::Corrupt { what, detail })?;
        Ok((state, at.map(Timestamp)))
    };
    found.map(read).transpose()
}

/// Looks up a provider with its admission.
pub async fn find(tx: &mut Tx, id: ProviderId) -> Result<Option<Admission>, StorageError> {
    find!(tx, Admission, FIND, id.uuid())
}

/// Providers, optionally of one state; what waits stands first. The first 1,000.
pub async fn list(
    tx: &mut Tx,
    state: Option<AdmissionState>,
) -> Result<Vec<Admission>, StorageError> {
    list!(tx, Admission, LIST, state.map_or("", AdmissionState::as_str))
}

/// How many wait for a person.
pub async fn count_waiting(tx: &mut Tx) -> Result<i64, StorageError> {
    let (count,) = fetch_one!(tx, (i64,), COUNT_WAITING)?;
    Ok(count)
}

/// Makes a row for a provider that has none, at revision 0.
pub async fn ensure(tx: &mut Tx, id: ProviderId, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, ENSURE, id.uuid(), at.0)?;
    Ok(())
}

/// Writes what a provider says of itself; `Conflict` unless `revision` is current.
pub async fn write(
    tx: &mut Tx,
    (id, revision): (ProviderId, i64),
    (statement, links): (&str, &str),
) -> Result<(), StorageError> {
    expect_one(execute!(tx, WRITE, id.uuid(), revision, statement, links)?, "provider_admission")
}

/// Counts a change of the answers; `Conflict` unless `revision` is current.
pub async fn touch(tx: &mut Tx, id: ProviderId, revision: i64) -> Result<(), StorageError> {
    expect_one(execute!(tx, TOUCH, id.uuid(), revision)?, "provider_admission")
}

/// Takes an admission to another state; `Conflict` unless `revision` is current.
pub async fn turn(
    tx: &mut Tx,
    (id, revision): (ProviderId, i64),
    turn: Turn<'_>,
) -> Result<(), StorageError> {
    let Turn { to, applied_by, at } = turn;
    let affected = execute!(tx, TURN, id.uuid(), revision, to.as_str(), applied_by, at.0)?;
    expect_one(affected, "provider_admission")
}

/// Adds a passage.
pub async fn insert_step(tx: &mut Tx, step: &AdmissionStep) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_STEP,
        step.id.uuid(),
        step.provider_id.uuid(),
        step.at.0,
        &step.actor,
        &step.actor_name,
        &step.event,
        step.to_state.as_str(),
        &step.reason,
        step.checks.as_deref(),
    )?;
    Ok(())
}

/// The passages of a provider, the latest first.
pub async fn list_steps(tx: &mut Tx, id: ProviderId) -> Result<Vec<AdmissionStep>, StorageError> {
    list!(tx, AdmissionStep, LIST_STEPS, id.uuid(), STEPS_MAX)
}

/// The list of checks in its order, with those that are asked no longer.
pub async fn list_checks(tx: &mut Tx) -> Result<Vec<CheckRow>, StorageError> {
    list!(tx, CheckRow, LIST_CHECKS, CHECKS_MAX)
}

/// Adds a check that a person answers; false if there is one with its key.
pub async fn insert_check(tx: &mut Tx, row: &CheckRow) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        INSERT_CHECK,
        &row.check_key,
        row.place,
        row.required,
        &row.title_en,
        &row.title_ja,
        &row.help_en,
        &row.help_ja,
        row.changed_at.0,
    )?;
    Ok(affected > 0)
}

/// Writes the next version of a check; `Conflict` unless `row.version` is current.
pub async fn update_check(tx: &mut Tx, row: &CheckRow) -> Result<(), StorageError> {
    let affected = execute!(
        tx,
        UPDATE_CHECK,
        &row.check_key,
        row.version,
        row.place,
        row.required,
        &row.title_en,
        &row.title_ja,
        &row.help_en,
        &row.help_ja,
        &row.state,
        row.changed_at.0,
    )?;
    expect_one(affected, "admission_check")
}

/// What persons found out about a provider.
pub async fn list_answers(tx: &mut Tx, id: ProviderId) -> Result<Vec<AnswerRow>, StorageError> {
    list!(tx, AnswerRow, LIST_ANSWERS, id.uuid(), CHECKS_MAX)
}

/// Keeps what a person found out, over what was found out before.
pub async fn answer(tx: &mut Tx, id: ProviderId, row: &AnswerRow) -> Result<(), StorageError> {
    execute!(
        tx,
        ANSWER,
        id.uuid(),
        &row.check_key,
        &row.answer,
        &row.note,
        &row.answered_by,
        &row.answered_by_name,
        row.answered_at.0,
    )?;
    Ok(())
}

/// Opens a check again.
pub async fn reopen(tx: &mut Tx, id: ProviderId, key: &str) -> Result<(), StorageError> {
    execute!(tx, REOPEN, id.uuid(), key)?;
    Ok(())
}

/// Takes everything of a provider off the market and keeps how it was; how many offers.
pub async fn suspend_offers(
    tx: &mut Tx,
    id: ProviderId,
    at: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, SUSPEND_OFFERS, id.uuid(), at.0)
}

/// Brings back what was taken off, as it was; how many offers.
pub async fn reinstate_offers(
    tx: &mut Tx,
    id: ProviderId,
    at: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, REINSTATE_OFFERS, id.uuid(), at.0)
}
