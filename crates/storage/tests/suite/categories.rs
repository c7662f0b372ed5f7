//! Categories, and one proposal about each at a time.

use crate::common::at;
use domain::ProposalId;
use storage::categories::{self, Decided, ProposalRow};
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

fn proposal(number: u128, key: &str) -> ProposalRow {
    ProposalRow {
        id: ProposalId(Uuid::from_u128(number)),
        category_key: key.to_owned(),
        kind: "define".to_owned(),
        body: "{}".to_owned(),
        made_of: 0,
        state: "waiting".to_owned(),
        note: String::new(),
        proposed_by: "usr".to_owned(),
        proposed_by_name: "One".to_owned(),
        proposed_at: at(i64::try_from(number).unwrap()),
        decided_by: None,
        decided_by_name: None,
        decided_at: None,
        reason: None,
        version: None,
    }
}

fn accepted(version: i64) -> Decided<'static> {
    Decided {
        state: "accepted",
        by: "other",
        by_name: "Other",
        at: at(9),
        reason: None,
        version: Some(version),
    }
}

async fn one_proposal_about_a_category_waits_and_is_decided_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    categories::insert_proposal(&mut tx, &proposal(1, "database")).await.unwrap();
    categories::insert_proposal(&mut tx, &proposal(2, "storage")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let second = categories::insert_proposal(&mut tx, &proposal(3, "database")).await.unwrap_err();
    assert!(categories::is_waiting_already(&second), "{second:?}");
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    let id = ProposalId(Uuid::from_u128(1));
    assert_eq!(categories::count_waiting(&mut tx).await.unwrap(), 2);
    assert!(categories::decide(&mut tx, id, accepted(1)).await.unwrap());
    assert!(!categories::decide(&mut tx, id, accepted(2)).await.unwrap(), "decided already");
    let waiting = categories::list_proposals(&mut tx, true).await.unwrap();
    assert_eq!(waiting, [proposal(2, "storage")]);
    let decided = categories::find_proposal(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((decided.version, decided.decided_by_name.as_deref()), (Some(1), Some("Other")));
    assert_eq!(categories::list_proposals(&mut tx, false).await.unwrap(), [decided]);
    categories::insert_proposal(&mut tx, &proposal(3, "database")).await.unwrap();
    let of = categories::list_of(&mut tx, "database").await.unwrap();
    assert_eq!(of.len(), 2);
    assert_eq!(categories::find_waiting(&mut tx, "database").await.unwrap(), Some(of[0].clone()));
}

async fn a_category_changes_from_the_version_that_was_read(db: Db) {
    let mut tx = db.begin().await.unwrap();
    categories::insert(&mut tx, "database", "{}", at(1)).await.unwrap();
    categories::update(&mut tx, ("database", 1), ("retired", "{\"a\":1}"), at(2)).await.unwrap();
    let stale = categories::update(&mut tx, ("database", 1), ("active", "{}"), at(3)).await;
    assert!(matches!(stale, Err(StorageError::Conflict { .. })), "{stale:?}");
    let found = categories::find(&mut tx, "database").await.unwrap().unwrap();
    assert_eq!((found.version, found.state.as_str(), found.changed_at), (2, "retired", at(2)));
    assert_eq!(categories::list(&mut tx).await.unwrap(), [found]);
    assert_eq!(categories::count(&mut tx).await.unwrap(), 1);
}

on_both_databases!(
    one_proposal_about_a_category_waits_and_is_decided_once,
    a_category_changes_from_the_version_that_was_read,
);
