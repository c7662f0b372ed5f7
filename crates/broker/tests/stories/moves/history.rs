//! What a service consisted of at any moment of a life with a growth, a move and a shrink.

use super::*;
use broker::changes::Scale;
use broker::contracts::Plan;
use broker::inventory::{GROUP, Inventory};

/// Machines and common state of each allocation that stood then, by the moment.
async fn then(trio: &Trio, id: ContractId, at: Timestamp) -> Vec<(String, String, String)> {
    let found: Inventory = trio.broker.inventory(&trio.customer, id, Some(at)).await.unwrap();
    let stood = found.allocations.into_iter().map(|one| {
        let whole = one.parts.iter().find(|part| part.kind == GROUP).unwrap();
        let machines = one.parts.iter().find(|part| part.kind == "compute").unwrap();
        (one.allocation.clone(), whole.state.clone(), machines.attributes["count"].clone())
    });
    stood.filter(|(_, state, _)| state != "released" && state != "erased").collect()
}

async fn scale(trio: &Trio, id: ContractId, instances: i64) {
    let plan = Plan { instances, ..page(trio, id).await.plan };
    let key = format!("to {instances}");
    let wish = Scale { plan, shown_price: None, from: None, idempotency_key: key };
    trio.broker.scale(&trio.customer, id, wish).await.unwrap();
    run(trio).await;
    trio.clock.advance_seconds(60);
}

async fn must_show_6_the_inventory_of_a_service_that_grew_moved_and_shrank_reads_at_any_moment(
    engine: Engine,
) {
    let trio = Trio::open(engine, 4, "JP").await;
    let before_all = now(&trio);
    trio.clock.advance_seconds(60);
    let id = running(&trio, OLD, "life").await;
    trio.clock.advance_seconds(60);
    let small = now(&trio);
    trio.clock.advance_seconds(60);
    scale(&trio, id, 2).await;
    let large = now(&trio);
    trio.clock.advance_seconds(60);
    let wish = wish(&trio, NEW, "move").await;
    trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
    run(&trio).await;
    assert_eq!(newest(&trio, id).await.state, ChangeState::Done);
    let moved = now(&trio);
    trio.clock.advance_seconds(60);
    scale(&trio, id, 1).await;
    let shrunk = now(&trio);
    trio.clock.advance_seconds(3600);

    let of = |stall: usize| trio.clouds[stall].driver();
    let old = of(OLD).list(&id.to_string()).await.unwrap().remove(0).id.to_string();
    let new = of(NEW).list(&id.to_string()).await.unwrap().remove(0).id.to_string();
    assert_eq!(then(&trio, id, before_all).await, []);
    let active =
        |id: &str, machines: &str| vec![(id.to_owned(), "active".to_owned(), machines.to_owned())];
    assert_eq!(then(&trio, id, small).await, active(&old, "1"));
    assert_eq!(then(&trio, id, large).await, active(&old, "2"));
    assert_eq!(then(&trio, id, moved).await, active(&new, "2"));
    assert_eq!(then(&trio, id, shrunk).await, active(&new, "1"));
    // Read twice, a past moment is the same.
    assert_eq!(then(&trio, id, large).await, then(&trio, id, large).await);
    // Between two moments stands just what was done between them.
    let causes = async |from: Timestamp, to: Timestamp| -> Vec<String> {
        let all = trio.broker.inventory(&trio.customer, id, Some(to)).await.unwrap().history;
        all.into_iter().filter(|one| one.at > from).map(|one| one.cause).collect()
    };
    let grown = causes(small, large).await;
    assert!(!grown.is_empty() && grown.iter().all(|one| one.starts_with("scale_contract/")));
    let moving = causes(large, moved).await;
    assert!(moving.iter().all(|one| one.starts_with("move_contract/")), "{moving:?}");
    for step in ["hold", "confirm", "halt", "start", "allow", "release"] {
        assert!(moving.contains(&format!("move_contract/{step}")), "{step}: {moving:?}");
    }
    let history = trio.broker.inventory(&trio.customer, id, Some(moved)).await.unwrap().history;
    assert!(history.iter().all(|one| one.actor.is_some()), "who ordered it is told");
    let differences =
        trio.broker.inventory_differences(&trio.customer, id, (large, moved)).await.unwrap();
    assert!(!differences.is_empty());
    // The terms of each time stay readable.
    let changes = page(&trio, id).await.changes;
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Scale, ChangeKind::Move, ChangeKind::Scale]);
    assert_eq!(changes[1].before.offer, offer(&trio, OLD).await);
    assert_eq!((changes[0].before.plan.instances, changes[0].after.plan.instances), (2, 1));
    trio.finish().await;
}

on_both!(must_show_6_the_inventory_of_a_service_that_grew_moved_and_shrank_reads_at_any_moment,);
