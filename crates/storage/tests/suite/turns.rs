//! Whose turn it is, found without sorting what waits.

use domain::{SequentialIds, Timestamp, WorkflowId};
use storage::testing::plan_of;
use storage::workflow::{Claim, Lease, NewWorkflow, Priority, claim, insert};
use storage::{Db, all_statements, on_both_databases};

/// The moment everything here happens at.
const NOW: Timestamp = Timestamp(1_000_000);
/// Longer than the test.
const LEASE: Lease = Lease { length_us: 3_600_000_000, at: Some(NOW) };

/// Instances of an owner in one unit of work, all of which wait for `wake_at`.
async fn waiting(db: &Db, owner: &str, count: usize, wake_at: Timestamp, priority: Priority) {
    let ids = SequentialIds::new(owner.bytes().map(u64::from).sum());
    let mut tx = db.begin().await.unwrap();
    for number in 0..count {
        let new = NewWorkflow {
            id: WorkflowId::new(&ids),
            kind: "trip",
            version: 1,
            subject: &format!("{owner} {number}"),
            owner_key: owner,
            priority,
            parent: None,
            input: "null",
            wake_at,
            now: NOW,
        };
        assert!(insert(&mut tx, &new).await.unwrap());
    }
    tx.commit().await.unwrap();
}

async fn claimed(db: &Db, after_owner: &str) -> Option<String> {
    let mut tx = db.begin().await.unwrap();
    let wanted = Claim { runner: "one", lease: LEASE, after_owner, now: NOW };
    let claimed = claim(&mut tx, wanted).await.unwrap();
    tx.commit().await.unwrap();
    claimed.map(|claimed| claimed.row.subject)
}

async fn a_claim_meets_the_next_turn_first_and_sorts_nothing(db: Db) {
    waiting(&db, "many", 3_000, NOW, Priority::Normal).await;
    waiting(&db, "asleep", 1_000, Timestamp(i64::MAX), Priority::Normal).await;
    let statement = all_statements();
    let statement = statement.iter().find(|each| each.name.ends_with("workflow::CLAIM")).unwrap();
    let plan = plan_of(&db, *statement, 5).await;
    assert_eq!(plan.matches("workflow_by_turn").count(), 8, "{plan}");
    // Whether another one is due, in either state.
    assert_eq!(plan.matches("workflow_by_wake").count(), 2, "{plan}");
    // The words that instances were told are none here; whatever there is of instances is not read whole.
    for sorting in ["Sort", "TEMP B-TREE", "Seq Scan on workflow ", "SCAN workflow", "SCAN other"] {
        assert!(!plan.contains(sorting), "{sorting} in\n{plan}");
    }
}

async fn classes_come_first_then_owners_in_turn_then_who_waits_longest(db: Db) {
    waiting(&db, "b", 1, NOW, Priority::Normal).await;
    waiting(&db, "d", 1, NOW, Priority::Normal).await;
    waiting(&db, "d2", 1, Timestamp(NOW.0 + 1), Priority::Lifeline).await;
    waiting(&db, "a", 1, NOW, Priority::Background).await;
    waiting(&db, "c", 1, NOW, Priority::Urgent).await;
    let mut order = Vec::new();
    while let Some(subject) = claimed(&db, "b").await {
        order.push(subject);
    }
    // What sleeps is not claimed, whatever its class; after `b` comes `d`, and then round again.
    assert_eq!(order, ["c 0", "d 0", "b 0", "a 0"]);
}

on_both_databases!(
    a_claim_meets_the_next_turn_first_and_sorts_nothing,
    classes_come_first_then_owners_in_turn_then_who_waits_longest,
);
