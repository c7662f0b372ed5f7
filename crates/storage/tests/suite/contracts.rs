//! Contracts, resources, erasure statements and meters.

use crate::common::{
    at, contract, contract_id, contract_row, market, offer_id, organisation_id, provider_id,
};
use domain::{ContractState, Currency, Money, ResourceId, StatementId};
use storage::contracts::{
    self, ErasureStatement, NewContract, OneTimeCharge, Resource, StateChange, UsageRecord,
};
use storage::{Db, StorageError, Tx, on_both_databases};
use uuid::Uuid;

async fn begin(db: &Db) -> Tx {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    tx
}

async fn signed_texts_come_back_exactly(db: Db) {
    let mut tx = begin(&db).await;
    let row = contract_row(1, 1);
    contracts::insert(&mut tx, &row).await.unwrap();
    let found = contracts::find(&mut tx, row.id).await.unwrap().unwrap();
    assert_eq!((&found.offer_document, &found.offer_hash), (&row.offer_document, &row.offer_hash));
    assert_eq!(found.requirement_document, row.requirement_document);
    assert_eq!((found.requirement_hash, found.plan), (row.requirement_hash, row.plan));
    let head = contracts::find_head(&mut tx, row.id).await.unwrap().unwrap();
    assert_eq!(found.head, head);
    assert_eq!((head.state, head.revision), (ContractState::Activating, 1));
    assert_eq!((head.price, head.failure, head.address), (row.price, None, None));
    assert_eq!(head.provider_name_ja, "クラウド 1");
    assert_eq!(head.organisation_name, "株式会社 1");
    assert_eq!(contracts::find(&mut tx, contract_id(9)).await.unwrap(), None);
}

async fn contract_needs_an_existing_offer(db: Db) {
    let mut tx = begin(&db).await;
    let refused = contracts::insert(&mut tx, &contract_row(1, 99)).await;
    assert!(matches!(refused, Err(StorageError::Constraint { .. })), "{refused:?}");
}

async fn steps_keep_what_they_do_not_name(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    let activated = StateChange {
        address: Some("http://127.0.0.2:8080"),
        activated_at: Some(at(20)),
        ..StateChange::to(&head, ContractState::Active, at(20))
    };
    contracts::set_state(&mut tx, &activated).await.unwrap();
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    let releasing = StateChange::to(&head, ContractState::Releasing, at(30));
    contracts::set_state(&mut tx, &releasing).await.unwrap();
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((head.state, head.revision), (ContractState::Releasing, 3));
    assert_eq!(head.address.as_deref(), Some("http://127.0.0.2:8080"));
    assert_eq!((head.activated_at, head.released_at), (Some(at(20)), None));
    assert_eq!(head.updated_at, at(30));
}

async fn failure_code_is_kept(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    let failed = StateChange {
        failure: Some("no_capacity"),
        ..StateChange::to(&head, ContractState::Failed, at(20))
    };
    contracts::set_state(&mut tx, &failed).await.unwrap();
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((head.state, head.failure.as_deref()), (ContractState::Failed, Some("no_capacity")));
}

async fn of_two_steps_from_one_revision_the_second_conflicts(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    tx.commit().await.unwrap();
    let mut tx = db.begin_read().await.unwrap();
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    drop(tx);
    let step = |db: Db, state| {
        let head = head.clone();
        async move {
            let mut tx = db.begin().await.unwrap();
            let outcome =
                contracts::set_state(&mut tx, &StateChange::to(&head, state, at(1))).await;
            tx.commit().await.unwrap();
            outcome
        }
    };
    let outcomes = tokio::join!(
        step(db.clone(), ContractState::Active),
        step(db.clone(), ContractState::Failed)
    );
    let (winner, loser) = match outcomes {
        (Ok(()), loser) => (ContractState::Active, loser),
        (loser, winner) => {
            winner.unwrap();
            (ContractState::Failed, loser)
        }
    };
    assert!(matches!(loser, Err(StorageError::Conflict { what: "contract" })), "{loser:?}");
    let mut tx = db.begin_read().await.unwrap();
    let head = contracts::find_head(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((head.state, head.revision), (winner, 2));
}

async fn contracts_are_listed_newest_first_by_customer_provider_and_state(db: Db) {
    let mut tx = begin(&db).await;
    // Ids say nothing of time; the two of the same moment have an order all the same.
    for (number, second) in [(1, 9), (2, 5), (3, 5)] {
        let row = NewContract { signed_at: at(second), ..contract_row(number, 1) };
        contracts::insert(&mut tx, &row).await.unwrap();
    }
    let customer = organisation_id(1);
    let first = contracts::list_by_organisation(&mut tx, customer, None, 2).await.unwrap();
    let ids: Vec<_> = first.items.iter().map(|head| head.id).collect();
    assert_eq!(ids, [contract_id(1), contract_id(3)]);
    let next = first.next.as_ref();
    let second = contracts::list_by_organisation(&mut tx, customer, next, 2).await.unwrap();
    assert_eq!(second.items[0].id, contract_id(2));
    assert_eq!(second.next, None);

    let others = organisation_id(8);
    let none = contracts::list_by_organisation(&mut tx, others, None, 2).await.unwrap();
    assert_eq!(none.items, []);
    let delivered = contracts::list_by_provider(&mut tx, provider_id(1), None, 9).await.unwrap();
    assert_eq!(delivered.items.len(), 3);
    let change = StateChange::to(&delivered.items[0], ContractState::Active, at(1));
    contracts::set_state(&mut tx, &change).await.unwrap();
    let active = contracts::list_by_state(&mut tx, ContractState::Active, None, 9).await.unwrap();
    let active: Vec<_> = active.items.into_iter().map(|head| head.id).collect();
    assert_eq!(active, [contract_id(1)]);
}

async fn ended_contracts_are_not_counted_as_live(db: Db) {
    let mut tx = begin(&db).await;
    contract(&mut tx, 1, 1).await;
    contract(&mut tx, 2, 1).await;
    contract(&mut tx, 3, 2).await;
    assert_eq!(contracts::count_live_by_offer(&mut tx, offer_id(1)).await.unwrap(), 2);
    let head = contracts::find_head(&mut tx, contract_id(1)).await.unwrap().unwrap();
    let failed = StateChange::to(&head, ContractState::Failed, at(1));
    contracts::set_state(&mut tx, &failed).await.unwrap();
    assert_eq!(contracts::count_live_by_offer(&mut tx, offer_id(1)).await.unwrap(), 1);
}

fn resource(number: u128, state: &str) -> Resource {
    Resource {
        id: ResourceId(Uuid::from_u128(number)),
        contract_id: contract_id(1),
        kind: "compute".to_owned(),
        native_id: "vm-7".to_owned(),
        state: state.to_owned(),
        detail: "{}".to_owned(),
        created_at: at(1),
        updated_at: at(2),
    }
}

async fn resource_seen_twice_is_one_row(db: Db) {
    let mut tx = begin(&db).await;
    contract(&mut tx, 1, 1).await;
    let first = contracts::upsert_resource(&mut tx, &resource(1, "held")).await.unwrap();
    let again = contracts::upsert_resource(&mut tx, &resource(2, "running")).await.unwrap();
    assert_eq!((first, again), (resource(1, "").id, resource(1, "").id));
    let disk = Resource { kind: "storage".to_owned(), created_at: at(5), ..resource(3, "held") };
    contracts::upsert_resource(&mut tx, &disk).await.unwrap();
    let listed = contracts::list_resources(&mut tx, contract_id(1)).await.unwrap();
    assert_eq!(listed, [resource(1, "running"), disk]);

    assert!(contracts::set_resource_state(&mut tx, first, "stopped", at(9)).await.unwrap());
    let listed = contracts::list_resources(&mut tx, contract_id(1)).await.unwrap();
    assert_eq!((listed[0].state.as_str(), listed[0].updated_at), ("stopped", at(9)));
    let unknown = resource(77, "").id;
    assert!(!contracts::set_resource_state(&mut tx, unknown, "stopped", at(9)).await.unwrap());
}

async fn first_erasure_statement_stands(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    let statement = |number: u128| ErasureStatement {
        id: StatementId(Uuid::from_u128(number)),
        contract_id: id,
        statement: format!("{{\"signature\":\"{number}\"}}"),
        verified_with: "a2V5".to_owned(),
        received_at: at(40),
    };
    assert_eq!(contracts::find_erasure_statement(&mut tx, id).await.unwrap(), None);
    assert!(contracts::insert_erasure_statement(&mut tx, &statement(1)).await.unwrap());
    assert!(!contracts::insert_erasure_statement(&mut tx, &statement(2)).await.unwrap());
    let kept = contracts::find_erasure_statement(&mut tx, id).await.unwrap();
    assert_eq!(kept, Some(statement(1)));
}

async fn last_meter_reading_counts(db: Db) {
    let mut tx = begin(&db).await;
    let id = contract(&mut tx, 1, 1).await;
    let usage = |hours: i64| UsageRecord {
        contract_id: id,
        meter: format!("{{\"hours\":{hours}}}"),
        hash: "cc".repeat(32),
        read_at: at(hours),
    };
    assert_eq!(contracts::find_usage(&mut tx, id).await.unwrap(), None);
    contracts::upsert_usage(&mut tx, &usage(1)).await.unwrap();
    contracts::upsert_usage(&mut tx, &usage(2)).await.unwrap();
    assert_eq!(contracts::find_usage(&mut tx, id).await.unwrap(), Some(usage(2)));
}

async fn care_is_as_usual_until_it_is_decided_and_the_last_decision_stands(db: Db) {
    let mut tx = begin(&db).await;
    let (id, other) = (contract(&mut tx, 1, 1).await, contract(&mut tx, 2, 1).await);
    assert_eq!(contracts::find_care(&mut tx, id).await.unwrap(), None);
    contracts::set_care(&mut tx, id, "automatic", at(1)).await.unwrap();
    contracts::set_care(&mut tx, id, "ask", at(2)).await.unwrap();
    let care = contracts::find_care(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((care.repair.as_str(), care.updated_at), ("ask", at(2)));
    assert_eq!(contracts::find_care(&mut tx, other).await.unwrap(), None);
    assert!(contracts::set_care(&mut tx, id, "sometimes", at(3)).await.is_err());
}

async fn what_is_watched_is_noted_once_and_what_is_not_measured_has_no_moment(db: Db) {
    let mut tx = begin(&db).await;
    let (id, other) = (contract(&mut tx, 1, 1).await, contract(&mut tx, 2, 1).await);
    assert_eq!(contracts::list_watches(&mut tx, id).await.unwrap(), []);
    for (kind, first_at) in [
        (contracts::WatchKind::Service, Some(at(1))),
        (contracts::WatchKind::Liveness, None),
        (contracts::WatchKind::Service, Some(at(2))),
    ] {
        contracts::note_watch(&mut tx, id, &contracts::Watch { kind, first_at }).await.unwrap();
    }
    let noted = contracts::list_watches(&mut tx, id).await.unwrap();
    let noted: Vec<_> = noted.iter().map(|watch| (watch.kind.as_str(), watch.first_at)).collect();
    assert_eq!(noted, [("liveness", None), ("service", Some(at(1)))]);
    assert_eq!(contracts::list_watches(&mut tx, other).await.unwrap(), []);
}

async fn what_is_charged_once_is_agreed_with_the_signature_and_charged_once(db: Db) {
    let mut tx = begin(&db).await;
    let row = NewContract {
        once: Some(Money::new(3_000, Currency::Jpy)),
        signed_at: at(10),
        ..contract_row(1, 1)
    };
    contracts::insert(&mut tx, &row).await.unwrap();
    contracts::insert(&mut tx, &contract_row(2, 1)).await.unwrap();
    assert_eq!(contracts::list_charges(&mut tx, contract_id(2)).await.unwrap(), []);
    let key = (row.id, contracts::WITH_SIGNATURE);
    let agreed = contracts::list_charges(&mut tx, row.id).await.unwrap();
    assert_eq!((agreed[0].amount, agreed[0].agreed_at), (row.once.unwrap(), at(10)));
    assert_eq!((agreed[0].provider_id, agreed[0].offer_id), (provider_id(1), offer_id(1)));
    assert_eq!(agreed[0].charged_at, None);
    assert!(contracts::charge_once(&mut tx, key, at(20)).await.unwrap());
    assert!(!contracts::charge_once(&mut tx, key, at(30)).await.unwrap(), "once");
    let moved = OneTimeCharge { number: 3, charged_at: None, ..agreed[0].clone() };
    contracts::insert_charge(&mut tx, &moved).await.unwrap();
    let all = contracts::list_charges(&mut tx, row.id).await.unwrap();
    let all: Vec<_> = all.iter().map(|row| (row.number, row.charged_at)).collect();
    assert_eq!(all, [(0, Some(at(20))), (3, None)]);
    contracts::take_charge_back(&mut tx, key).await.unwrap();
    assert_eq!(contracts::list_charges(&mut tx, row.id).await.unwrap()[0].charged_at, None);
}

on_both_databases!(
    what_is_charged_once_is_agreed_with_the_signature_and_charged_once,
    signed_texts_come_back_exactly,
    contract_needs_an_existing_offer,
    steps_keep_what_they_do_not_name,
    failure_code_is_kept,
    of_two_steps_from_one_revision_the_second_conflicts,
    contracts_are_listed_newest_first_by_customer_provider_and_state,
    ended_contracts_are_not_counted_as_live,
    resource_seen_twice_is_one_row,
    first_erasure_statement_stands,
    last_meter_reading_counts,
    care_is_as_usual_until_it_is_decided_and_the_last_decision_stands,
    what_is_watched_is_noted_once_and_what_is_not_measured_has_no_moment,
);
