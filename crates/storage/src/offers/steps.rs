//! The history of offers, and what is said in their reviews.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{AuditId, CommentId, OfferId, ReviewId, Role, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;
/// Steps of one offer read at once, the latest ones.
const STEPS: i64 = 200;
/// Comments of one offer read at once.
const COMMENTS: i64 = 500;

record! {
    /// One step of an offer's life.
    pub struct OfferStep in "offer_step" {
        /// Its id.
        pub id: AuditId,
        /// The offer.
        pub offer_id: OfferId,
        /// When.
        pub at: Timestamp,
        /// A user id, `system` or `rules`.
        pub actor: String,
        /// The name at that time.
        pub actor_name: String,
        /// What was done, as a stable code.
        pub step: String,
        /// To which version.
        pub version: i64,
        /// The moment it is about.
        pub moment: Option<Timestamp>,
        /// Why.
        pub reason: String,
    }
}

record! {
    /// A comment on a version, or an answer to one.
    pub struct Comment in "offer_comment" {
        /// Its id.
        pub id: CommentId,
        /// In which review.
        pub review_id: ReviewId,
        /// What it answers.
        pub answers: Option<CommentId>,
        /// JSON pointer into the document; empty: the whole of it.
        pub pointer: String,
        /// What is said.
        pub text: String,
        /// A user id.
        pub author: String,
        /// The name at that time.
        pub author_name: String,
        /// The role in which it was said.
        pub author_role: Role,
        /// When.
        pub at: Timestamp,
        /// When it was settled.
        pub settled_at: Option<Timestamp>,
        /// Who settled it.
        pub settled_by_name: Option<String>,
    }
}

statements! {
    INSERT_STEPS = "
        INSERT INTO offer_step (id, offer_id, at, actor, actor_name, step, version, moment, reason)
        SELECT unhex(value ->> 'id'), unhex(value ->> 'offer_id'), value ->> 'at',
            value ->> 'actor', value ->> 'actor_name', value ->> 'step', value ->> 'version',
            value ->> 'moment', value ->> 'reason'
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer_step (id, offer_id, at, actor, actor_name, step, version, moment, reason)
        SELECT id, offer_id, at, actor, actor_name, step, version, moment, reason
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, offer_id UUID, at BIGINT,
            actor TEXT, actor_name TEXT, step TEXT, version BIGINT, moment BIGINT, reason TEXT)";
    LIST_STEPS = "
        SELECT id, offer_id, at, actor, actor_name, step, version, moment, reason FROM offer_step
        WHERE offer_id = $1 ORDER BY at DESC, id DESC LIMIT $2";
    INSERT_COMMENT = "
        INSERT INTO offer_comment (id, review_id, answers, pointer, text, author, author_name,
            author_role, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FIND_COMMENT = "
        SELECT id, review_id, answers, pointer, text, author, author_name, author_role, at,
            settled_at, settled_by_name
        FROM offer_comment WHERE id = $1";
    LIST_COMMENTS = "
        SELECT offer_comment.id AS id, review_id, answers, pointer, text, author, author_name,
            author_role, at, settled_at, settled_by_name
        FROM offer_comment JOIN offer_review ON offer_review.id = offer_comment.review_id
        WHERE offer_review.offer_id = $1 ORDER BY at, offer_comment.id LIMIT $2";
    SETTLE_COMMENT = "
        UPDATE offer_comment SET settled_at = $2, settled_by_name = $3
        WHERE id = $1 AND settled_at IS NULL";
}

/// Adds steps.
pub async fn insert_steps(tx: &mut Tx, steps: &[OfferStep]) -> Result<(), StorageError> {
    for chunk in steps.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(step_row).collect();
        execute!(tx, INSERT_STEPS, Value::from(rows).to_string())?;
    }
    Ok(())
}

fn step_row(step: &OfferStep) -> Value {
    json!({
        "id": step.id.uuid().simple().to_string(),
        "offer_id": step.offer_id.uuid().simple().to_string(),
        "at": step.at.0,
        "actor": step.actor,
        "actor_name": step.actor_name,
        "step": step.step,
        "version": step.version,
        "moment": step.moment.map(|at| at.0),
        "reason": step.reason,
    })
}

/// The steps of an offer, the latest first, at most 200.
pub async fn list_steps(tx: &mut Tx, offer: OfferId) -> Result<Vec<OfferStep>, StorageError> {
    list!(tx, OfferStep, LIST_STEPS, offer.uuid(), STEPS)
}

/// Adds a comment or an answer; it is not settled.
pub async fn insert_comment(tx: &mut Tx, comment: &Comment) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_COMMENT,
        comment.id.uuid(),
        comment.review_id.uuid(),
        comment.answers.map(CommentId::uuid),
        &comment.pointer,
        &comment.text,
        &comment.author,
        &comment.author_name,
        comment.author_role.as_str(),
        comment.at.0,
    )
    .map(drop)
}

/// Looks a comment up.
pub async fn find_comment(tx: &mut Tx, id: CommentId) -> Result<Option<Comment>, StorageError> {
    find!(tx, Comment, FIND_COMMENT, id.uuid())
}

/// What was said in all reviews of an offer, in the order of saying, at most 500.
pub async fn list_comments(tx: &mut Tx, offer: OfferId) -> Result<Vec<Comment>, StorageError> {
    list!(tx, Comment, LIST_COMMENTS, offer.uuid(), COMMENTS)
}

/// Settles a comment; `Conflict` if it is settled.
pub async fn settle_comment(
    tx: &mut Tx,
    id: CommentId,
    at: Timestamp,
    by: &str,
) -> Result<(), StorageError> {
    let affected = execute!(tx, SETTLE_COMMENT, id.uuid(), at.0, by)?;
    expect_one(affected, "offer_comment")
}
