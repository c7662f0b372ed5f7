//! Reviews of offers' versions, what their rules look at, and the rules.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{expect_one, find, ids_text, list, record};
use crate::statement::{execute, fetch_one, fetch_optional, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OrganisationId, ProviderId, ReviewId, ReviewState, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;
/// Reviews of one offer read at once, the latest ones.
const OF_OFFER: i64 = 50;

record! {
    /// One version that its provider wants published, and what was decided about it.
    pub struct Review in "offer_review" {
        /// Its id.
        pub id: ReviewId,
        /// The offer.
        pub offer_id: OfferId,
        /// The version.
        pub version: i64,
        /// Where it stands.
        pub state: ReviewState,
        /// A user id, or `system`.
        pub submitted_by: String,
        /// The name at that time.
        pub submitted_by_name: String,
        /// When.
        pub submitted_at: Timestamp,
        /// What the provider tells whoever looks at it.
        pub note: String,
        /// From when it is to be published; `None`: as soon as it is approved.
        pub publish_at: Option<Timestamp>,
        /// JSON: the rules, what they looked at and what each said.
        pub evaluation: String,
        /// Who looks at it or decided; `None`: nobody, or the rules.
        pub reviewer: Option<String>,
        /// The name at that time.
        pub reviewer_name: Option<String>,
        /// When it was decided.
        pub decided_at: Option<Timestamp>,
        /// Why it was refused.
        pub reason: Option<String>,
        /// When it was published.
        pub published_at: Option<Timestamp>,
    }
}

record! {
    /// A review in the desk's list.
    pub struct ReviewListing in "offer_review" {
        /// The review.
        [flatten]
        pub review: Review,
        /// English title of the version.
        pub title_en: String,
        /// Japanese title of the version.
        pub title_ja: String,
        /// The account behind the provider.
        pub provider_organisation: Option<OrganisationId>,
        /// English name of the provider.
        pub provider_name_en: String,
        /// Japanese name of the provider.
        pub provider_name_ja: String,
        /// The version that is published, or was.
        pub published_version: Option<i64>,
    }
}

record! {
    /// The rules as the broker keeps them.
    pub struct RulesRow in "review_rules" {
        /// From 1.
        pub version: i64,
        /// JSON.
        pub rules: String,
        /// A user id.
        pub made_by: String,
        /// The name at that time.
        pub made_by_name: String,
        /// When.
        pub made_at: Timestamp,
    }
}

/// How a review goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewStep<'a> {
    /// Where it stood when it was read.
    pub from: ReviewState,
    /// Where it stands from now on.
    pub to: ReviewState,
    /// Who looks at it or decided, with the name; `None`: as it was.
    pub reviewer: Option<(&'a str, &'a str)>,
    /// Why it was refused.
    pub reason: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

macro_rules! columns {
    () => {
        "offer_review.id AS id, offer_review.offer_id AS offer_id, offer_review.version AS version,
            offer_review.state AS state, submitted_by, submitted_by_name, submitted_at, note,
            publish_at, evaluation, reviewer, reviewer_name, decided_at, reason, published_at"
    };
}

macro_rules! listing {
    () => {
        "shown.title_en AS title_en, shown.title_ja AS title_ja,
            provider.organisation_id AS provider_organisation,
            provider.name_en AS provider_name_en, provider.name_ja AS provider_name_ja,
            offer.published_version AS published_version
        FROM offer_review
        JOIN offer ON offer.id = offer_review.offer_id
        JOIN offer_version AS shown
            ON shown.offer_id = offer.id AND shown.version = offer_review.version
        JOIN provider ON provider.id = offer.provider_id"
    };
}

statements! {
    // The rows come as a JSON list: a file of offers submits many.
    INSERT = "
        INSERT INTO offer_review (id, offer_id, version, state, submitted_by, submitted_by_name,
            submitted_at, note, publish_at, evaluation, decided_at, published_at)
        SELECT unhex(value ->> 'id'), unhex(value ->> 'offer_id'), value ->> 'version',
            value ->> 'state', value ->> 'submitted_by', value ->> 'submitted_by_name',
            value ->> 'submitted_at', value ->> 'note', value ->> 'publish_at',
            value ->> 'evaluation', value ->> 'decided_at', value ->> 'published_at'
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer_review (id, offer_id, version, state, submitted_by, submitted_by_name,
            submitted_at, note, publish_at, evaluation, decided_at, published_at)
        SELECT id, offer_id, version, state, submitted_by, submitted_by_name, submitted_at, note,
            publish_at, evaluation, decided_at, published_at
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, offer_id UUID, version BIGINT,
            state TEXT, submitted_by TEXT, submitted_by_name TEXT, submitted_at BIGINT, note TEXT,
            publish_at BIGINT, evaluation TEXT, decided_at BIGINT, published_at BIGINT)";
    FIND = concat!("SELECT ", columns!(), ", ", listing!(), "
        WHERE offer_review.id = $1");
    FIND_OPEN = concat!("
        SELECT ", columns!(), " FROM offer_review
        WHERE offer_id = $1 AND state IN ('submitted', 'in_review', 'approved')");
    LIST_OF_OFFER = concat!("
        SELECT ", columns!(), " FROM offer_review
        WHERE offer_id = $1 ORDER BY id DESC LIMIT $2");
    LIST_WAITING = concat!("SELECT ", columns!(), ", ", listing!(), "
        WHERE offer_review.state IN ('submitted', 'in_review')
            AND (submitted_at, offer_review.id) > ($1, $2)
        ORDER BY submitted_at, offer_review.id LIMIT $3");
    LIST_DECIDED = concat!("SELECT ", columns!(), ", ", listing!(), "
        WHERE offer_review.decided_at IS NOT NULL AND (decided_at, offer_review.id) < ($1, $2)
        ORDER BY decided_at DESC, offer_review.id DESC LIMIT $3");
    COUNT_WAITING = "
        SELECT COUNT(*) FROM offer_review WHERE state IN ('submitted', 'in_review')";
    LIST_DUE = concat!("
        SELECT ", columns!(), " FROM offer_review
        WHERE state = 'approved' AND publish_at <= $1 AND EXISTS (
            SELECT 1 FROM offer LEFT JOIN provider_admission AS admission
                ON admission.provider_id = offer.provider_id
            WHERE offer.id = offer_review.offer_id AND (admission.state = 'admitted'
                OR ($2 AND COALESCE(admission.state, 'preparing') <> 'suspended')))
        ORDER BY publish_at, id LIMIT $3");
    STEP = "
        UPDATE offer_review SET state = $3, reviewer = COALESCE($4, reviewer),
            reviewer_name = COALESCE($5, reviewer_name), reason = COALESCE($6, reason),
            decided_at = CASE WHEN $3 IN ('approved', 'refused', 'taken_back')
                THEN COALESCE(decided_at, $7) ELSE decided_at END,
            published_at = CASE WHEN $3 = 'published' THEN $7 ELSE published_at END
        WHERE id = $1 AND state = $2",
        postgres = "
        UPDATE offer_review SET state = $3, reviewer = COALESCE($4, reviewer),
            reviewer_name = COALESCE($5, reviewer_name), reason = COALESCE($6, reason),
            decided_at = CASE WHEN CAST($3 AS TEXT) IN ('approved', 'refused', 'taken_back')
                THEN COALESCE(decided_at, $7) ELSE decided_at END,
            published_at = CASE WHEN CAST($3 AS TEXT) = 'published' THEN $7 ELSE published_at END
        WHERE id = $1 AND state = $2";
    // Short lists inside; CROSS JOIN keeps SQLite from walking all reviews.
    LIST_OPEN = concat!("
        SELECT ", columns!(), "
        FROM json_each($1) AS wanted
        CROSS JOIN offer_review ON offer_review.offer_id = unhex(wanted.value)
        WHERE offer_review.state IN ('submitted', 'in_review', 'approved')"),
        postgres = concat!("
        SELECT ", columns!(), "
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN offer_review ON offer_review.offer_id = CAST(wanted.value AS UUID)
        WHERE offer_review.state IN ('submitted', 'in_review', 'approved')");
    TAKE_BACK = "
        UPDATE offer_review SET state = 'taken_back', decided_at = COALESCE(decided_at, $2)
        WHERE id IN (SELECT unhex(value) FROM json_each($1))
            AND state IN ('submitted', 'in_review', 'approved')",
        postgres = "
        UPDATE offer_review SET state = 'taken_back', decided_at = COALESCE(decided_at, $2)
        WHERE id IN (SELECT CAST(wanted.value AS UUID)
                FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value))
            AND state IN ('submitted', 'in_review', 'approved')";
    RESCHEDULE = "
        UPDATE offer_review SET publish_at = $2
        WHERE id = $1 AND state IN ('submitted', 'in_review', 'approved')";
    RECORD_OF = "
        SELECT (SELECT COUNT(*) FROM offer
                WHERE offer.provider_id = $1 AND published_version IS NOT NULL) AS published,
            (SELECT COUNT(*) FROM offer_review JOIN offer ON offer.id = offer_review.offer_id
                WHERE offer.provider_id = $1 AND offer_review.state = 'refused'
                AND offer_review.decided_at >= $2) AS refused";
    // Of an even number the lower one of the two in the middle.
    MIDDLE_PRICE = "
        SELECT price_minor, prices FROM (
            SELECT shown.price_minor AS price_minor, COUNT(*) OVER () AS prices,
                ROW_NUMBER() OVER (ORDER BY shown.price_minor) AS place
            FROM offer JOIN offer_version AS shown
                ON shown.offer_id = offer.id AND shown.version = offer.published_version
            WHERE offer.state IN ('published', 'withdrawing') AND offer.audience_id IS NULL
                AND shown.service_model = $1
                AND shown.currency = $2 AND shown.price_minor IS NOT NULL) AS ordered
        WHERE place = (prices + 1) / 2";
    NEWEST_RULES = "
        SELECT version, rules, made_by, made_by_name, made_at FROM review_rules
        ORDER BY version DESC LIMIT 1";
    LIST_RULES = "
        SELECT version, rules, made_by, made_by_name, made_at FROM review_rules
        ORDER BY version DESC LIMIT $1";
    INSERT_RULES = "
        INSERT INTO review_rules (version, rules, made_by, made_by_name, made_at)
        VALUES ($1, $2, $3, $4, $5)";
}

/// Adds reviews as they are, in any state.
pub async fn insert_reviews(tx: &mut Tx, reviews: &[Review]) -> Result<(), StorageError> {
    for chunk in reviews.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT, Value::from(rows).to_string())?;
    }
    Ok(())
}

fn row(review: &Review) -> Value {
    json!({
        "id": review.id.uuid().simple().to_string(),
        "offer_id": review.offer_id.uuid().simple().to_string(),
        "version": review.version,
        "state": review.state.as_str(),
        "submitted_by": review.submitted_by,
        "submitted_by_name": review.submitted_by_name,
        "submitted_at": review.submitted_at.0,
        "note": review.note,
        "publish_at": review.publish_at.map(|at| at.0),
        "evaluation": review.evaluation,
        "decided_at": review.decided_at.map(|at| at.0),
        "published_at": review.published_at.map(|at| at.0),
    })
}

/// Looks a review up.
pub async fn find_review(tx: &mut Tx, id: ReviewId) -> Result<Option<ReviewListing>, StorageError> {
    find!(tx, ReviewListing, FIND, id.uuid())
}

/// The review of an offer to which something can still happen.
pub async fn find_open_review(tx: &mut Tx, offer: OfferId) -> Result<Option<Review>, StorageError> {
    find!(tx, Review, FIND_OPEN, offer.uuid())
}

/// The reviews of these offers to which something can still happen, in one statement.
pub async fn list_open_reviews(
    tx: &mut Tx,
    offers: &[OfferId],
) -> Result<Vec<Review>, StorageError> {
    list!(tx, Review, LIST_OPEN, ids_text(offers.iter().map(|id| id.uuid())))
}

/// Takes back those of these reviews that are open.
pub async fn take_back_reviews(
    tx: &mut Tx,
    reviews: &[ReviewId],
    at: Timestamp,
) -> Result<(), StorageError> {
    if reviews.is_empty() {
        return Ok(());
    }
    execute!(tx, TAKE_BACK, ids_text(reviews.iter().map(|id| id.uuid())), at.0).map(drop)
}

/// The reviews of an offer, the latest first, at most 50.
pub async fn list_reviews_of(tx: &mut Tx, offer: OfferId) -> Result<Vec<Review>, StorageError> {
    list!(tx, Review, LIST_OF_OFFER, offer.uuid(), OF_OFFER)
}

/// Reviews that wait for a person, whoever waits longest first.
pub async fn list_waiting_reviews(
    tx: &mut Tx,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ReviewListing>, StorageError> {
    let (at, id) = Cursor::oldest_first(cursor);
    let rows = list!(tx, ReviewListing, LIST_WAITING, at, id, fetch_limit(limit))?;
    Ok(cut(rows, limit, |row| Cursor::after(row.review.submitted_at, row.review.id.uuid())))
}

/// Reviews that were decided, by whomever, the latest first.
pub async fn list_decided_reviews(
    tx: &mut Tx,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ReviewListing>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let rows = list!(tx, ReviewListing, LIST_DECIDED, at, id, fetch_limit(limit))?;
    let at = |row: &ReviewListing| row.review.decided_at.unwrap_or(row.review.submitted_at);
    Ok(cut(rows, limit, |row| Cursor::after(at(row), row.review.id.uuid())))
}

/// How many wait for a person.
pub async fn count_waiting_reviews(tx: &mut Tx) -> Result<i64, StorageError> {
    fetch_one!(tx, (i64,), COUNT_WAITING).map(|(count,)| count)
}

/// Approved reviews whose moment has come, longest overdue first.
pub async fn list_due_reviews(
    tx: &mut Tx,
    now: Timestamp,
    open_market: bool,
    limit: u32,
) -> Result<Vec<Review>, StorageError> {
    list!(tx, Review, LIST_DUE, now.0, open_market, i64::from(limit))
}

/// Takes a review on; `Conflict` if it no longer stands where it was read.
pub async fn step_review(
    tx: &mut Tx,
    id: ReviewId,
    step: &ReviewStep<'_>,
) -> Result<(), StorageError> {
    let affected = execute!(
        tx,
        STEP,
        id.uuid(),
        step.from.as_str(),
        step.to.as_str(),
        step.reviewer.map(|(id, _)| id),
        step.reviewer.map(|(_, name)| name),
        step.reason,
        step.at.0,
    )?;
    expect_one(affected, "offer_review")
}

/// Moves or takes away the moment of publication of an open review; `Conflict` if it is closed.
pub async fn reschedule_review(
    tx: &mut Tx,
    id: ReviewId,
    publish_at: Option<Timestamp>,
) -> Result<(), StorageError> {
    let affected = execute!(tx, RESCHEDULE, id.uuid(), publish_at.map(|at| at.0))?;
    expect_one(affected, "offer_review")
}

/// How many offers of a provider were ever published, and how many of its versions were refused since.
pub async fn provider_record(
    tx: &mut Tx,
    provider: ProviderId,
    since: Timestamp,
) -> Result<(i64, i64), StorageError> {
    fetch_one!(tx, (i64, i64), RECORD_OF, provider.uuid(), since.0)
}

/// The price in the middle of what is on the market in a category and currency, and of how many.
pub async fn middle_price(
    tx: &mut Tx,
    model: &str,
    currency: &str,
) -> Result<Option<(i64, i64)>, StorageError> {
    fetch_optional!(tx, (i64, i64), MIDDLE_PRICE, model, currency)
}

/// The rules that hold; `None`: those of a fresh market.
pub async fn newest_rules(tx: &mut Tx) -> Result<Option<RulesRow>, StorageError> {
    find!(tx, RulesRow, NEWEST_RULES)
}

/// The rules that held, the newest first.
pub async fn list_rules(tx: &mut Tx, limit: u32) -> Result<Vec<RulesRow>, StorageError> {
    list!(tx, RulesRow, LIST_RULES, i64::from(limit))
}

/// Adds rules; see [`is_rules_taken`].
pub async fn insert_rules(tx: &mut Tx, row: &RulesRow) -> Result<(), StorageError> {
    let (by, name) = (&row.made_by, &row.made_by_name);
    execute!(tx, INSERT_RULES, row.version, &row.rules, by, name, row.made_at.0).map(drop)
}

/// Whether [`insert_rules`] was refused because somebody else was first.
#[must_use]
pub fn is_rules_taken(error: &StorageError) -> bool {
    error.is_constraint("review_rules_pkey", "review_rules.version")
}
