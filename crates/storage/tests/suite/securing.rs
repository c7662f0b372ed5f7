//! Lists of where services could be secured next: which are old, what is kept.

use crate::common::{at, contract, contract_id, market, requirement_id};
use domain::{ContractEvent, ContractState, Timestamp};
use storage::contracts::{self, StateChange};
use storage::securing::{self, Age, CONTRACT, NewStandbyList, StandbyList};
use storage::{Db, Tx, on_both_databases, requirements};

const ROLE: &str = "any";

fn list(own_first: bool, second: i64) -> StandbyList {
    StandbyList {
        own_first,
        market_until: at(second),
        computed_at: at(second),
        candidates: format!("[{second}]"),
    }
}

fn of_contract(number: u128, list: StandbyList) -> NewStandbyList {
    let subject = contract_id(number).uuid();
    NewStandbyList { subject, kind: CONTRACT, role: ROLE, list }
}

fn age(second: i64) -> Age {
    Age { market_until: at(second), computed_after: Timestamp(0) }
}

async fn active(tx: &mut Tx, number: u128) {
    let id = contract(tx, number, 1).await;
    let head = contracts::find_head(tx, id).await.unwrap().unwrap();
    let state = head.state.apply(ContractEvent::Activated).unwrap();
    contracts::set_state(tx, &StateChange::to(&head, state, at(20))).await.unwrap();
}

async fn stale(tx: &mut Tx, age: Age) -> Vec<u128> {
    let found = securing::services_to_renew(tx, ROLE, None, age, 10).await.unwrap();
    found.iter().map(|row| row.id.uuid().as_u128()).collect()
}

async fn f7_4_1_a_list_is_old_when_the_market_or_the_wish_changed(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    active(&mut tx, 1).await;
    active(&mut tx, 2).await;
    contract(&mut tx, 3, 1).await;
    assert_eq!(stale(&mut tx, age(30)).await, [1, 2], "what does not run needs no list");
    let both = [of_contract(1, list(true, 30)), of_contract(2, list(true, 30))];
    securing::put(&mut tx, &both).await.unwrap();
    assert_eq!(stale(&mut tx, age(30)).await, [0_u128; 0]);
    assert_eq!(stale(&mut tx, age(31)).await, [1, 2], "the market changed");
    let hourly = Age { market_until: at(30), computed_after: at(31) };
    assert_eq!(stale(&mut tx, hourly).await, [1, 2], "time went by");
    securing::set_own_first(&mut tx, contract_id(2), false, at(31)).await.unwrap();
    assert_eq!(securing::own_first(&mut tx, contract_id(2)).await.unwrap(), Some(false));
    assert_eq!(securing::own_first(&mut tx, contract_id(1)).await.unwrap(), None);
    assert_eq!(stale(&mut tx, age(30)).await, [2], "the wish changed");
    securing::put(&mut tx, &[of_contract(2, list(false, 32))]).await.unwrap();
    // Another process that looked earlier and wrote later.
    securing::put(&mut tx, &[of_contract(2, list(true, 31))]).await.unwrap();
    let kept = securing::find(&mut tx, contract_id(2).uuid(), ROLE).await.unwrap();
    assert_eq!(kept, Some(list(false, 32)));
    assert_eq!(securing::find(&mut tx, contract_id(2).uuid(), "borrow").await.unwrap(), None);
}

async fn lists_of_what_ended_are_removed(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    active(&mut tx, 1).await;
    securing::put(&mut tx, &[of_contract(1, list(true, 30))]).await.unwrap();
    assert_eq!(securing::delete_ended(&mut tx).await.unwrap(), 0);
    let head = contracts::find_head(&mut tx, contract_id(1)).await.unwrap().unwrap();
    let change = StateChange::to(&head, ContractState::Releasing, at(40));
    contracts::set_state(&mut tx, &change).await.unwrap();
    assert_eq!(securing::delete_ended(&mut tx).await.unwrap(), 1);
}

async fn only_watched_needs_and_orderable_offers_are_listed(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let none = securing::needs_to_renew(&mut tx, ROLE, None, age(0), 10).await.unwrap();
    assert_eq!(none, []);
    requirements::watch(&mut tx, requirement_id(1), Some(at(5))).await.unwrap();
    let found = securing::needs_to_renew(&mut tx, ROLE, None, age(0), 10).await.unwrap();
    assert_eq!(found[0].id, requirement_id(1));
    // Nobody's cloud is connected.
    assert_eq!(securing::orderable(&mut tx).await.unwrap(), []);
}

on_both_databases!(
    f7_4_1_a_list_is_old_when_the_market_or_the_wish_changed,
    lists_of_what_ended_are_removed,
    only_watched_needs_and_orderable_offers_are_listed,
);
