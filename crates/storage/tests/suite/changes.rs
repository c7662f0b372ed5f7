//! Stories of changes of contracts.

use crate::common::{at, contract, contract_id, contract_row, market, provider_id};
use domain::{ChangeKind, ChangeState, ContractId, Money};
use storage::contracts::{self, Frozen, NewChange, NewMove, Terms};
use storage::{Db, StorageError, Tx, on_both_databases};

async fn begin(db: &Db) -> Tx {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    tx
}

fn change(contract_id: ContractId, number: i64) -> NewChange {
    NewChange {
        contract_id,
        number,
        idempotency_key: format!("key-{number}"),
        kind: ChangeKind::Scale,
        state: ChangeState::Scheduled,
        terms_before: "{\"plan\":1}".to_owned(),
        terms_after: "{\"plan\":2}".to_owned(),
        offer_before: None,
        offer_after: None,
        asked_by: "usr_1".to_owned(),
        asked_at: at(number),
        from_at: Some(at(10 + number)),
    }
}

async fn a_change_comes_back_as_it_was_asked_for(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    contracts::insert_change(&mut tx, &change(id, 1)).await.unwrap();
    let found = contracts::find_change(&mut tx, id, 1).await.unwrap().unwrap();
    assert_eq!((found.kind, found.state), (ChangeKind::Scale, ChangeState::Scheduled));
    assert_eq!((found.asked_at, found.from_at, found.ended_at), (at(1), Some(at(11)), None));
    assert_eq!((found.terms_before.as_str(), found.revision), ("{\"plan\":1}", 1));
    let by_key = contracts::find_change_by_key(&mut tx, id, "key-1").await.unwrap();
    assert_eq!(by_key.as_ref(), Some(&found));
    assert_eq!(contracts::find_open_change(&mut tx, id).await.unwrap().as_ref(), Some(&found));
    assert_eq!(contracts::find_change_by_key(&mut tx, id, "key-2").await.unwrap(), None);
    assert_eq!(contracts::list_changes(&mut tx, id).await.unwrap(), [found]);
}

async fn a_contract_has_one_open_change_and_each_key_once(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    contracts::insert_change(&mut tx, &change(id, 1)).await.unwrap();
    let found = contracts::find_change(&mut tx, id, 1).await.unwrap().unwrap();
    let ended = (Some("no_capacity"), Some(at(20)));
    contracts::set_change_state(&mut tx, &found, ChangeState::Failed, ended).await.unwrap();
    let stale = contracts::set_change_state(&mut tx, &found, ChangeState::Done, ended).await;
    assert!(matches!(stale, Err(StorageError::Conflict { .. })), "{stale:?}");
    assert_eq!(contracts::find_open_change(&mut tx, id).await.unwrap(), None);
    let failed = contracts::find_change(&mut tx, id, 1).await.unwrap().unwrap();
    let told = (failed.failure.as_deref(), failed.ended_at, failed.revision);
    assert_eq!(told, (Some("no_capacity"), Some(at(20)), 2));
    contracts::insert_change(&mut tx, &change(id, 2)).await.unwrap();
    let numbers: Vec<i64> =
        contracts::list_changes(&mut tx, id).await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [2, 1], "the latest first");
    // What is refused ends the unit of work on PostgreSQL.
    tx.commit().await.unwrap();
    for (number, key) in [(3, "key-3"), (3, "key-2")] {
        let mut tx = db.begin().await.unwrap();
        let state = if key == "key-3" { ChangeState::Running } else { ChangeState::Done };
        let second = NewChange { idempotency_key: key.to_owned(), state, ..change(id, number) };
        let refused = contracts::insert_change(&mut tx, &second).await;
        assert!(matches!(refused, Err(StorageError::Constraint { .. })), "{key}: {refused:?}");
    }
}

async fn what_is_due_is_listed_longest_overdue_first(db: Db) {
    let mut tx = begin(&db).await;
    for number in [1, 2, 3] {
        let id = contract(&mut tx, number, 1).await;
        let from_at = Some(at([0, 30, 20, 10][usize::try_from(number).unwrap()]));
        contracts::insert_change(&mut tx, &NewChange { from_at, ..change(id, 1) }).await.unwrap();
    }
    let due = contracts::list_due_changes(&mut tx, at(20), 9).await.unwrap();
    let ids: Vec<_> = due.iter().map(|one| one.contract_id).collect();
    assert_eq!(ids, [contract_id(3), contract_id(2)]);
    assert_eq!(contracts::list_due_changes(&mut tx, at(99), 1).await.unwrap().len(), 1);
    let begun = &due[0];
    contracts::set_change_state(&mut tx, begun, ChangeState::Running, (None, None)).await.unwrap();
    let due = contracts::list_due_changes(&mut tx, at(20), 9).await.unwrap();
    assert_eq!(due.len(), 1, "what runs has begun");
}

async fn terms_change_together_and_only_from_the_revision_that_was_read(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    let before = contracts::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(before.terms().plan, contract_row(1, 1).plan);
    let offer = Frozen { text: "kind: Offer".to_owned(), hash: "ab".repeat(32) };
    let terms = Terms {
        provider_id: provider_id(1),
        offer,
        plan: "{\"instances\":2}".to_owned(),
        price: Money::new(7, before.head.price.currency),
        ends_at: Some(at(99)),
        address: Some("http://192.0.2.1/".to_owned()),
        ..before.terms()
    };
    let now = (id, before.head.revision);
    contracts::set_terms(&mut tx, now, &terms, at(50)).await.unwrap();
    let after = contracts::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(after.terms(), terms);
    assert_eq!((after.head.updated_at, after.head.revision), (at(50), before.head.revision + 1));
    let stale = contracts::set_terms(&mut tx, now, &terms, at(51)).await;
    assert!(matches!(stale, Err(StorageError::Conflict { .. })), "{stale:?}");
}

async fn a_move_keeps_what_the_cloud_that_was_left_proved_first(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    let asked = NewChange { kind: ChangeKind::Move, ..change(id, 1) };
    contracts::insert_change(&mut tx, &asked).await.unwrap();
    let new = NewMove {
        contract_id: id,
        number: 1,
        provider_before: provider_id(1),
        provider_after: provider_id(1),
        finish_by: at(90),
        carries_data: true,
    };
    contracts::insert_move(&mut tx, &new).await.unwrap();
    let found = contracts::list_moves(&mut tx, id).await.unwrap().remove(0);
    assert_eq!((found.finish_by, found.carries_data, found.switched_at), (at(90), true, None));
    assert_eq!((found.statement, found.meter), (None, None));
    contracts::note_switch(&mut tx, (id, 1), "alc_1", at(50)).await.unwrap();
    for (statement, key, moment) in [("first", "key-1", 60), ("second", "key-2", 61)] {
        let told = (statement, key);
        contracts::note_left_statement(&mut tx, (id, 1), told, at(moment)).await.unwrap();
        contracts::note_left_meter(&mut tx, (id, 1), (statement, key), at(moment)).await.unwrap();
    }
    let found = contracts::list_moves(&mut tx, id).await.unwrap().remove(0);
    assert_eq!((found.switched_at, found.allocation.as_deref()), (Some(at(50)), Some("alc_1")));
    let proved = (found.statement.as_deref(), found.verified_with.as_deref(), found.stated_at);
    assert_eq!(proved, (Some("first"), Some("key-1"), Some(at(60))));
    assert_eq!((found.meter.as_deref(), found.metered_at), (Some("second"), Some(at(61))));
    let none = contracts::note_switch(&mut tx, (id, 2), "alc_1", at(50)).await;
    assert!(matches!(none, Err(StorageError::Conflict { .. })), "{none:?}");
}

on_both_databases!(
    a_move_keeps_what_the_cloud_that_was_left_proved_first,
    a_change_comes_back_as_it_was_asked_for,
    a_contract_has_one_open_change_and_each_key_once,
    what_is_due_is_listed_longest_overdue_first,
    terms_change_together_and_only_from_the_revision_that_was_read,
);
