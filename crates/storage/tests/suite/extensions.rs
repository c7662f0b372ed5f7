//! Items that the market adds, and one proposal about each at a time.

use crate::common::{at, organisation, provider, published};
use domain::{OrganisationId, ProposalId, Role};
use storage::categories::Decided;
use storage::extensions::{self, ExtensionProposalRow};
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

fn proposal(number: u128, key: &str, organisation_id: OrganisationId) -> ExtensionProposalRow {
    ExtensionProposalRow {
        id: ProposalId(Uuid::from_u128(number)),
        item_key: key.to_owned(),
        kind: "define".to_owned(),
        body: "{}".to_owned(),
        made_of: 0,
        state: "waiting".to_owned(),
        note: String::new(),
        proposed_by: "usr".to_owned(),
        proposed_by_name: "One".to_owned(),
        organisation_id,
        proposed_at: at(i64::try_from(number).unwrap()),
        decided_by: None,
        decided_by_name: None,
        decided_at: None,
        reason: None,
        version: None,
    }
}

async fn one_proposal_about_an_item_waits_and_is_decided_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let one = organisation(&mut tx, 1, Role::Provider).await;
    let two = organisation(&mut tx, 2, Role::Provider).await;
    extensions::insert_proposal(&mut tx, &proposal(1, "x-a.one", one)).await.unwrap();
    extensions::insert_proposal(&mut tx, &proposal(2, "x-a.two", two)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let again = extensions::insert_proposal(&mut tx, &proposal(3, "x-a.one", two)).await;
    assert!(extensions::is_waiting_already(&again.unwrap_err()));
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    let id = ProposalId(Uuid::from_u128(1));
    let decided = || Decided {
        state: "refused",
        by: "other",
        by_name: "Other",
        at: at(9),
        reason: Some("no"),
        version: None,
    };
    assert!(extensions::decide(&mut tx, id, decided()).await.unwrap());
    assert!(!extensions::decide(&mut tx, id, decided()).await.unwrap(), "decided already");
    let waiting = extensions::list_proposals(&mut tx, true).await.unwrap();
    assert_eq!(waiting, [proposal(2, "x-a.two", two)]);
    let row = extensions::find_proposal(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.reason.as_deref()), ("refused", Some("no")));
    assert_eq!(
        extensions::list_proposals(&mut tx, false).await.unwrap(),
        std::slice::from_ref(&row)
    );
    assert_eq!(extensions::list_own(&mut tx, one).await.unwrap(), std::slice::from_ref(&row));
    assert_eq!(extensions::list_of(&mut tx, "x-a.one").await.unwrap(), [row]);
}

async fn an_item_changes_from_the_version_that_was_read(db: Db) {
    let mut tx = db.begin().await.unwrap();
    extensions::insert(&mut tx, "x-a.one", "{}", at(1)).await.unwrap();
    extensions::update(&mut tx, ("x-a.one", 1), ("retired", "{\"a\":1}"), at(2)).await.unwrap();
    let stale = extensions::update(&mut tx, ("x-a.one", 1), ("active", "{}"), at(3)).await;
    assert!(matches!(stale, Err(StorageError::Conflict { .. })), "{stale:?}");
    let found = extensions::find(&mut tx, "x-a.one").await.unwrap().unwrap();
    assert_eq!((found.version, found.state.as_str(), found.changed_at), (2, "retired", at(2)));
    assert_eq!(extensions::list(&mut tx).await.unwrap(), [found]);
}

async fn the_newest_documents_of_a_provider_are_read_at_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let own = provider(&mut tx, 1).await;
    published(&mut tx, 1, own).await;
    published(&mut tx, 2, own).await;
    let documents = extensions::documents_of(&mut tx, own, 10).await.unwrap();
    assert_eq!(documents.len(), 2);
    assert!(documents.iter().all(|row| !row.document.is_empty()));
    assert_eq!(extensions::documents_of(&mut tx, own, 1).await.unwrap().len(), 1);
}

on_both_databases!(
    the_newest_documents_of_a_provider_are_read_at_once,
    one_proposal_about_an_item_waits_and_is_decided_once,
    an_item_changes_from_the_version_that_was_read,
);
