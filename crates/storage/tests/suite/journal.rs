//! The audit list and the answers of repeated requests.

use crate::common::at;
use domain::AuditId;
use storage::audit::{self, AuditEntry};
use storage::idempotency::{self, Attempt, Begun};
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

fn entry(number: u128, seconds: i64, subject: &str) -> AuditEntry {
    AuditEntry {
        id: AuditId(Uuid::from_u128(number)),
        at: at(seconds),
        actor: "system".to_owned(),
        actor_name: "Kumoichi".to_owned(),
        action: "offer.publish".to_owned(),
        subject: subject.to_owned(),
        detail: "{}".to_owned(),
    }
}

async fn audit_pages_run_newest_first_also_within_one_moment(db: Db) {
    let mut tx = db.begin().await.unwrap();
    for (number, seconds) in [(1, 5), (2, 5), (3, 5), (4, 1), (5, 9)] {
        audit::insert(&mut tx, &entry(number, seconds, "ofr_x")).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = audit::page(&mut tx, None, cursor.as_ref(), 2).await.unwrap();
        seen.extend(page.items.iter().map(|entry| entry.id.uuid().as_u128()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, [5, 3, 2, 1, 4]);
}

async fn audit_of_one_subject_leaves_others_out(db: Db) {
    let mut tx = db.begin().await.unwrap();
    for (number, subject) in [(1, "ofr_a"), (2, "ofr_b"), (3, "ofr_a")] {
        audit::insert(&mut tx, &entry(number, 1, subject)).await.unwrap();
    }
    let page = audit::page(&mut tx, Some("ofr_a"), None, 10).await.unwrap();
    assert_eq!(page.items, [entry(3, 1, "ofr_a"), entry(1, 1, "ofr_a")]);
    assert_eq!(page.next, None);
}

fn attempt(seconds: i64) -> Attempt<'static> {
    Attempt {
        scope: "usr_1",
        key: "k-1",
        request_hash: "aa",
        at: at(seconds),
        abandoned_before: at(seconds - 60),
    }
}

async fn repeated_key_gets_the_first_answer(db: Db) {
    let mut tx = db.begin().await.unwrap();
    assert_eq!(idempotency::begin(&mut tx, &attempt(0)).await.unwrap(), Begun::Started);
    assert_eq!(idempotency::begin(&mut tx, &attempt(1)).await.unwrap(), Begun::InProgress);
    idempotency::finish(&mut tx, "usr_1", "k-1", 201, "{\"id\":1}").await.unwrap();
    let answer = Begun::Finished { status: 201, body: "{\"id\":1}".to_owned() };
    assert_eq!(idempotency::begin(&mut tx, &attempt(500)).await.unwrap(), answer);
    let again = idempotency::finish(&mut tx, "usr_1", "k-1", 500, "").await;
    assert!(matches!(again, Err(StorageError::Conflict { .. })), "{again:?}");
    assert!(!idempotency::forget(&mut tx, "usr_1", "k-1").await.unwrap());
    assert_eq!(idempotency::begin(&mut tx, &attempt(501)).await.unwrap(), answer);
}

async fn key_used_for_something_else_is_told(db: Db) {
    let mut tx = db.begin().await.unwrap();
    idempotency::begin(&mut tx, &attempt(0)).await.unwrap();
    let other = Attempt { request_hash: "bb", ..attempt(500) };
    assert_eq!(idempotency::begin(&mut tx, &other).await.unwrap(), Begun::DifferentRequest);
    let other_person = Attempt { scope: "usr_2", ..other };
    assert_eq!(idempotency::begin(&mut tx, &other_person).await.unwrap(), Begun::Started);
}

async fn request_that_was_cut_off_may_be_done_again(db: Db) {
    let mut tx = db.begin().await.unwrap();
    idempotency::begin(&mut tx, &attempt(0)).await.unwrap();
    assert_eq!(idempotency::begin(&mut tx, &attempt(60)).await.unwrap(), Begun::InProgress);
    assert_eq!(idempotency::begin(&mut tx, &attempt(61)).await.unwrap(), Begun::Started);
    assert_eq!(idempotency::begin(&mut tx, &attempt(62)).await.unwrap(), Begun::InProgress);
    assert!(idempotency::forget(&mut tx, "usr_1", "k-1").await.unwrap());
    assert_eq!(idempotency::begin(&mut tx, &attempt(63)).await.unwrap(), Begun::Started);
}

async fn of_two_requests_at_once_one_starts(db: Db) {
    let begin = |db: Db| async move {
        let mut tx = db.begin().await.unwrap();
        let begun = idempotency::begin(&mut tx, &attempt(0)).await.unwrap();
        tx.commit().await.unwrap();
        begun
    };
    let (first, second) = tokio::join!(begin(db.clone()), begin(db.clone()));
    let mut both = [format!("{first:?}"), format!("{second:?}")];
    both.sort();
    assert_eq!(both, ["InProgress", "Started"]);
}

async fn old_answers_are_removed(db: Db) {
    let mut tx = db.begin().await.unwrap();
    idempotency::begin(&mut tx, &attempt(0)).await.unwrap();
    assert_eq!(idempotency::delete_older_than(&mut tx, at(0)).await.unwrap(), 0);
    assert_eq!(idempotency::delete_older_than(&mut tx, at(1)).await.unwrap(), 1);
    assert_eq!(idempotency::begin(&mut tx, &attempt(2)).await.unwrap(), Begun::Started);
}

on_both_databases!(
    audit_pages_run_newest_first_also_within_one_moment,
    audit_of_one_subject_leaves_others_out,
    repeated_key_gets_the_first_answer,
    key_used_for_something_else_is_told,
    request_that_was_cut_off_may_be_done_again,
    of_two_requests_at_once_one_starts,
    old_answers_are_removed,
);
