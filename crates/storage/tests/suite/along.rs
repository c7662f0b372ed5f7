//! Rows that go along with the word of a step: under its fence, with it or not at all.

use crate::common::{at, contract, contract_id, market};
use domain::{ContractId, ResourceId, SequentialIds, StatementId, WorkflowId};
use storage::contracts::{
    self, ErasureStatement, Resource, UsageRecord, Watch, WatchKind, find_usage, list_resources,
    list_watches,
};
use storage::inventory::{self, InventorySnapshot};
use storage::observations::{self, Observation, ObservationKind};
use storage::workflow::{
    Along, Claim, Entry, Grip, Lease, NewWorkflow, Phase, Priority, StepRow, StepStatus, cancel,
    claim_alone, insert, log, log_alone, steps,
};
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

const LEASE: Lease = Lease { length_us: 60_000_000, at: None };

/// A market with contract 1, and an instance that a runner holds.
async fn held(db: &Db) -> Grip {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    contract(&mut tx, 1, 1).await;
    let new = NewWorkflow {
        id: WorkflowId::new(&SequentialIds::new(1)),
        kind: "trip",
        version: 1,
        subject: "somewhere",
        owner_key: "",
        priority: Priority::Normal,
        parent: None,
        input: "null",
        wake_at: at(0),
        now: at(0),
    };
    assert!(insert(&mut tx, &new).await.unwrap());
    tx.commit().await.unwrap();
    let wanted = Claim { runner: "one", lease: LEASE, after_owner: "", now: at(1) };
    let claimed = claim_alone(db, wanted).await.unwrap().unwrap();
    assert!(!claimed.more && !claimed.told);
    Grip { id: claimed.row.id, fence: claimed.row.fence }
}

fn step(seq: i64, status: StepStatus) -> StepRow {
    StepRow {
        seq,
        phase: Phase::Forward,
        name: format!("step {seq}"),
        status,
        attempt: 1,
        effect_key: "aa".repeat(32),
        started_at: at(1),
        attempt_at: at(1),
        finished_at: None,
        output: None,
        error: None,
        wake_at: None,
        signal: None,
        note: None,
    }
}

fn entry<'a>(grip: Grip, words: (&'a StepRow, &'a StepRow), along: &'a Along) -> Entry<'a> {
    Entry {
        grip,
        lease: LEASE,
        word: Some(words.0),
        intent: Some(words.1),
        along: Some(along),
        despite_cancel: false,
        now: at(2),
    }
}

fn sample(contract_id: ContractId) -> Observation {
    Observation {
        contract_id,
        kind: ObservationKind::Response,
        at: at(3),
        ok: true,
        value_us: Some(1_250),
    }
}

fn every_kind() -> Vec<Along> {
    let contract_id = contract_id(1);
    let resource = Resource {
        id: ResourceId(Uuid::from_u128(5)),
        contract_id,
        kind: "group".to_owned(),
        native_id: "alc_1".to_owned(),
        state: "held".to_owned(),
        detail: "{}".to_owned(),
        created_at: at(3),
        updated_at: at(3),
    };
    let snapshot = InventorySnapshot {
        id: ResourceId(Uuid::from_u128(6)),
        contract_id,
        allocation: "alc_1".to_owned(),
        at: at(3),
        generation: 1,
        cause: "trip/step 0".to_owned(),
        parts: "[\"machine\"]".to_owned(),
    };
    let later = InventorySnapshot {
        id: ResourceId(Uuid::from_u128(8)),
        generation: 2,
        parts: "[]".to_owned(),
        ..snapshot.clone()
    };
    let watch = |kind, first_at| Watch { kind, first_at };
    let watches = [
        watch(WatchKind::Liveness, Some(at(3))),
        watch(WatchKind::Service, None),
        watch(WatchKind::Resources, Some(at(4))),
    ];
    let alive =
        Observation { kind: ObservationKind::Liveness, value_us: None, ..sample(contract_id) };
    let erased = ErasureStatement {
        id: StatementId(Uuid::from_u128(7)),
        contract_id,
        statement: "{\"gone\":true}".to_owned(),
        verified_with: "key".to_owned(),
        received_at: at(3),
    };
    let meter = "{\"units\":3}".to_owned();
    let usage = UsageRecord { contract_id, meter, hash: "cc".repeat(32), read_at: at(3) };
    vec![
        Along::Kept(Box::new(resource.clone()), Box::new(snapshot.clone()), None),
        Along::Watched(watches, alive),
        Along::Sampled(sample(contract_id)),
        Along::Erased(Box::new(erased.clone())),
        Along::Metered(Box::new(usage)),
        Along::Kept(Box::new(resource), Box::new(later), Some(Box::new(erased))),
    ]
}

/// Everything that stands for contract 1 in the tables into which something can go along.
async fn standing(db: &Db) -> Vec<String> {
    let (mut tx, id) = (db.begin_read().await.unwrap(), contract_id(1));
    let mut found = Vec::new();
    let mut say = |what: &dyn std::fmt::Debug| found.push(format!("{what:?}"));
    list_resources(&mut tx, id).await.unwrap().iter().for_each(|row| say(row));
    let span = (at(0), at(99));
    inventory::between(&mut tx, id, span).await.unwrap().iter().for_each(|row| say(row));
    list_watches(&mut tx, id).await.unwrap().iter().for_each(|row| say(row));
    for kind in [ObservationKind::Liveness, ObservationKind::Response] {
        let samples = observations::series(&mut tx, id, kind, span, 9).await.unwrap();
        samples.iter().for_each(|row| say(row));
    }
    let statement = contracts::find_erasure_statement(&mut tx, id).await.unwrap();
    statement.iter().for_each(|row| say(row));
    find_usage(&mut tx, id).await.unwrap().iter().for_each(|row| say(row));
    found
}

async fn what_goes_along_is_written_with_the_word_and_by_nobody_who_lost_the_lease(db: Db) {
    let grip = held(&db).await;
    let words = (step(0, StepStatus::Done), step(1, StepStatus::Started));
    let words = (&words.0, &words.1);
    let late = Grip { fence: grip.fence - 1, ..grip };
    let mut seen = 0;
    for along in every_kind() {
        assert!(log_alone(&db, entry(late, words, &along)).await.unwrap().is_none());
        assert_eq!(standing(&db).await.len(), seen, "a late runner wrote {along:?}");
        assert!(log_alone(&db, entry(grip, words, &along)).await.unwrap().is_some());
        let after = standing(&db).await;
        assert!(after.len() > seen, "{along:?} is not there");
        seen = after.len();
        // Once more, also with statements of its own: nothing is different.
        assert!(log_alone(&db, entry(grip, words, &along)).await.unwrap().is_some());
        let mut tx = db.begin().await.unwrap();
        along.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(standing(&db).await, after, "{along:?}");
    }
    assert_eq!(seen, 10, "resource, snapshots, watches, samples, statement and meter");
    let log = steps(&mut db.look().await.unwrap(), grip.id).await.unwrap();
    assert_eq!(log, [words.0.clone(), words.1.clone()]);
}

async fn what_goes_along_is_the_same_as_with_statements_of_its_own(db: Db) {
    let grip = held(&db).await;
    let words = (step(0, StepStatus::Done), step(1, StepStatus::Started));
    let mut tx = db.begin().await.unwrap();
    for along in every_kind() {
        along.write(&mut tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let apart = standing(&db).await;
    assert_eq!(apart.len(), 10);
    // Over what stands there already; the first snapshot is not the newest any more.
    for along in every_kind().split_off(1) {
        assert!(log_alone(&db, entry(grip, (&words.0, &words.1), &along)).await.unwrap().is_some());
    }
    assert_eq!(standing(&db).await, apart);
}

async fn what_is_refused_leaves_no_word_behind(db: Db) {
    let grip = held(&db).await;
    let words = (step(0, StepStatus::Done), step(1, StepStatus::Started));
    let along = Along::Sampled(sample(contract_id(9)));
    let refused = log_alone(&db, entry(grip, (&words.0, &words.1), &along)).await;
    assert!(matches!(refused, Err(StorageError::Constraint { .. })), "{refused:?}");
    assert_eq!(steps(&mut db.look().await.unwrap(), grip.id).await.unwrap(), []);
}

async fn a_wish_to_undo_stops_the_intent_and_not_what_has_happened(db: Db) {
    let grip = held(&db).await;
    let words = (step(0, StepStatus::Done), step(1, StepStatus::Started));
    let mut tx = db.begin().await.unwrap();
    assert!(cancel(&mut tx, grip.id, "\"enough\"", at(2)).await.unwrap());
    tx.commit().await.unwrap();
    let along = Along::Sampled(sample(contract_id(1)));
    let mut tx = db.begin().await.unwrap();
    let found = log(&mut tx, entry(grip, (&words.0, &words.1), &along)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found.cancel.as_deref(), Some("\"enough\""));
    assert_eq!(steps(&mut db.look().await.unwrap(), grip.id).await.unwrap(), [words.0]);
    assert_eq!(standing(&db).await.len(), 1);
}

on_both_databases!(
    what_goes_along_is_written_with_the_word_and_by_nobody_who_lost_the_lease,
    what_goes_along_is_the_same_as_with_statements_of_its_own,
    what_is_refused_leaves_no_word_behind,
    a_wish_to_undo_stops_the_intent_and_not_what_has_happened,
);
