//! What contracts consisted of: added only, read at any past moment.

use crate::common::{at, contract, contract_id, market};
use domain::ResourceId;
use storage::inventory::{self, InventorySnapshot};
use storage::{Db, Tx, on_both_databases};
use uuid::Uuid;

async fn begin(db: &Db) -> Tx {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    tx
}

fn snapshot(number: u128, allocation: &str, second: i64, parts: &str) -> InventorySnapshot {
    InventorySnapshot {
        id: ResourceId(Uuid::from_u128(number)),
        contract_id: contract_id(1),
        allocation: allocation.to_owned(),
        at: at(second),
        generation: i64::try_from(number).unwrap(),
        cause: "activate_contract/hold".to_owned(),
        parts: parts.to_owned(),
    }
}

async fn f7_5_4_every_past_moment_reads_as_it_was(db: Db) {
    let mut tx = begin(&db).await;
    contract(&mut tx, 1, 1).await;
    contract(&mut tx, 2, 1).await;
    let steps = [
        snapshot(1, "a", 10, "held"),
        snapshot(2, "a", 20, "reserved"),
        // Two changes at the same moment: the cloud's count says which is newer.
        snapshot(9, "a", 30, "active"),
        snapshot(3, "a", 30, "ready"),
        snapshot(4, "b", 40, "held"),
    ];
    for step in &steps {
        assert!(inventory::append(&mut tx, step).await.unwrap());
    }
    tx.commit().await.unwrap();
    let mut tx = db.begin_read().await.unwrap();
    for (second, expected) in [
        (9, vec![]),
        (10, vec!["held"]),
        (29, vec!["reserved"]),
        (30, vec!["active"]),
        (40, vec!["active", "held"]),
    ] {
        let found = inventory::at(&mut tx, contract_id(1), at(second)).await.unwrap();
        let parts: Vec<&str> = found.iter().map(|one| one.parts.as_str()).collect();
        assert_eq!(parts, expected, "{second}");
    }
    let span = (at(10), at(30));
    let between = inventory::between(&mut tx, contract_id(1), span).await.unwrap();
    let parts: Vec<&str> = between.iter().map(|one| one.parts.as_str()).collect();
    assert_eq!(parts, ["active", "ready", "reserved"]);
    assert_eq!(inventory::at(&mut tx, contract_id(2), at(99)).await.unwrap(), []);
}

async fn what_did_not_change_is_not_added_again(db: Db) {
    let mut tx = begin(&db).await;
    contract(&mut tx, 1, 1).await;
    assert!(inventory::append(&mut tx, &snapshot(1, "a", 10, "held")).await.unwrap());
    assert!(!inventory::append(&mut tx, &snapshot(2, "a", 11, "held")).await.unwrap());
    assert!(inventory::append(&mut tx, &snapshot(3, "b", 12, "held")).await.unwrap());
    assert!(inventory::append(&mut tx, &snapshot(4, "a", 13, "ready")).await.unwrap());
    // As it was before is a change too.
    assert!(inventory::append(&mut tx, &snapshot(5, "a", 14, "held")).await.unwrap());
    let all = inventory::between(&mut tx, contract_id(1), (at(0), at(99))).await.unwrap();
    assert_eq!(all.len(), 4);
}

on_both_databases!(
    f7_5_4_every_past_moment_reads_as_it_was,
    what_did_not_change_is_not_added_again,
);
