//! A service that runs gets another size: asked for once, made whole or not at all, and told.

use crate::on_both;
use broker::changes::{ChangeView, Scale};
use broker::contracts::Plan;
use broker::{BrokerError, OpContext};
use domain::{ChangeKind, ChangeState, ContractId, ContractState, Money, Role};
use provider_api::ResourceState;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const HOUR: i64 = 3_600;

async fn running(engine: Engine, room: i64) -> (TestBroker, OpContext, ContractId) {
    let market = TestBroker::with_cloud(engine, room).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "changes").await.unwrap();
    market.run_workflows().await;
    market.clock.advance_seconds(60);
    (market, customer, id)
}

/// The contract's plan with so many machines.
async fn of(market: &TestBroker, ctx: &OpContext, id: ContractId, instances: i64) -> Plan {
    Plan { instances, ..market.page(ctx, id).await.plan }
}

fn wish(plan: Plan, key: &str) -> Scale {
    Scale { plan, shown_price: None, from: None, idempotency_key: key.to_owned() }
}

async fn newest(market: &TestBroker, ctx: &OpContext, id: ContractId) -> ChangeView {
    market.page(ctx, id).await.changes.remove(0)
}

fn code(error: BrokerError) -> &'static str {
    match error {
        BrokerError::Conflict { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// Orders faults at the test cloud.
async fn fault(market: &TestBroker, order: serde_json::Value) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let client = reqwest::Client::new();
    let sent = client.post(format!("{url}/faults")).bearer_auth(token).json(&order).send();
    assert_eq!(sent.await.unwrap().status(), 200);
}

async fn switch(market: &TestBroker, switches: serde_json::Value) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let client = reqwest::Client::new();
    let put = client.put(format!("{url}/switches")).bearer_auth(token).json(&switches).send();
    assert_eq!(put.await.unwrap().status(), 200);
}

async fn a_service_grows_and_shrinks_and_its_price_follows(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    let signed = market.page(&customer, id).await;
    let larger = of(&market, &customer, id, 3).await;
    let quote = market.broker.quote_scale(&customer, id, &larger).await.unwrap();
    assert_eq!(quote.before.price, signed.card.price);
    assert_eq!(quote.after.price.minor, signed.card.price.minor * 3);
    assert_eq!(quote.more_minor, signed.card.price.minor * 2);
    let shown = Scale { shown_price: Some(quote.after.price), ..wish(larger.clone(), "grow") };
    let number = market.broker.scale(&customer, id, shown).await.unwrap();
    assert_eq!(number, 1);
    let meanwhile = market.page(&customer, id).await;
    assert_eq!((meanwhile.plan, meanwhile.card.price), (signed.plan.clone(), signed.card.price));
    assert_eq!(meanwhile.changes[0].state, ChangeState::Running);
    market.run_workflows().await;

    let page = market.page(&customer, id).await;
    assert_eq!((page.plan, page.card.price), (larger.clone(), quote.after.price));
    assert_eq!(page.card.state, ContractState::Active);
    let change = &page.changes[0];
    assert_eq!((change.kind, change.state), (ChangeKind::Scale, ChangeState::Done));
    assert_eq!((&change.before.plan, &change.after.plan), (&signed.plan, &larger));
    assert!(change.ended_at.is_some() && change.failure.is_none());
    let all = market.allocations(id).await;
    assert_eq!(all.len(), 1);
    let running = all[0].instances.iter().filter(|each| each.running).count();
    assert_eq!((all[0].state, running), (ResourceState::Active, 3));
    assert_eq!(page.card.address, signed.card.address, "users stay where they are");

    market.clock.advance_seconds(60);
    let less = market.broker.scale(&customer, id, wish(signed.plan.clone(), "shrink")).await;
    assert_eq!(less.unwrap(), 2);
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!((page.plan, page.card.price), (signed.plan, signed.card.price));
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Released);
    let usage: provider_api::UsageRecord = serde_json::from_str(&page.usage.unwrap()).unwrap();
    let machines: Vec<i64> = usage.sizes.iter().map(|each| each.instances).collect();
    assert_eq!(machines, [1, 3, 1], "each size is billed for its time");
    assert!(usage.instance_seconds > usage.used_seconds, "{usage:?}");
    market.finish().await;
}

async fn prices_are_those_of_the_version_that_was_signed(engine: Engine) {
    let (market, customer, id) = running(engine, 2).await;
    let before = market.page(&customer, id).await;
    let provider = market.person(Role::Provider).await;
    let mut document = sla::parse_offer(&before.offer_document).unwrap();
    let price = document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
    price.minor *= 10;
    let dearer = sla::to_yaml(&document);
    let saved = market.broker.save_offer(&provider, &dearer).await.unwrap();
    assert_eq!(saved.card.id, before.offer);
    market.broker.publish_offer(&provider, before.offer).await.unwrap();
    let two = of(&market, &customer, id, 2).await;
    let quote = market.broker.quote_scale(&customer, id, &two).await;
    assert_eq!(quote.unwrap().after.price.minor, before.card.price.minor * 2);
    market.finish().await;
}

async fn the_same_wish_is_made_once_and_another_waits(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    let two = of(&market, &customer, id, 2).await;
    let (first, second) = tokio::join!(
        market.broker.scale(&customer, id, wish(two.clone(), "key")),
        market.broker.scale(&customer, id, wish(two.clone(), "key")),
    );
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    let three = of(&market, &customer, id, 3).await;
    let other = market.broker.scale(&customer, id, wish(three.clone(), "key")).await;
    assert_eq!(code(other.unwrap_err()), "change_key_used");
    let other = market.broker.scale(&customer, id, wish(three.clone(), "other")).await;
    assert_eq!(code(other.unwrap_err()), "change_under_way");
    let quote = market.broker.quote_scale(&customer, id, &three).await;
    assert_eq!(code(quote.unwrap_err()), "change_under_way");
    market.run_workflows().await;
    let again = market.broker.scale(&customer, id, wish(two, "key")).await;
    assert_eq!(again.unwrap(), 1, "also after it was made");
    assert_eq!(market.broker.changes(&customer, id).await.unwrap().len(), 1);
    market.clock.advance_seconds(1);
    market.broker.scale(&customer, id, wish(three, "other")).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.page(&customer, id).await.plan.instances, 3);
    market.finish().await;
}

async fn what_cannot_be_ordered_is_said_before_anything_happens(engine: Engine) {
    let (market, customer, id) = running(engine, 2).await;
    let plan = of(&market, &customer, id, 1).await;
    let faults = |error: BrokerError| match error {
        BrokerError::Invalid(faults) => faults.into_iter().map(|fault| fault.code).collect(),
        other => vec![format!("{other:?}")],
    };
    for (wrong, expected) in [
        (plan.clone(), "nothing_changes"),
        (Plan { instances: 17, ..plan.clone() }, "range"),
        (Plan { region: "jp-osaka-1".to_owned(), instances: 2, ..plan.clone() }, "region"),
    ] {
        let refused = market.broker.quote_scale(&customer, id, &wrong).await.unwrap_err();
        assert_eq!(faults(refused), [expected]);
        let refused = market.broker.scale(&customer, id, wish(wrong, expected)).await.unwrap_err();
        assert_eq!(faults(refused), [expected]);
    }
    let two = Plan { instances: 2, ..plan };
    let shown = Some(Money::new(1, market.page(&customer, id).await.card.price.currency));
    let cheap = Scale { shown_price: shown, ..wish(two.clone(), "cheap") };
    let refused = market.broker.scale(&customer, id, cheap).await.unwrap_err();
    assert_eq!(code(refused), "price_changed");
    let nameless = market.broker.scale(&customer, id, wish(two, "")).await.unwrap_err();
    assert_eq!(faults(nameless), ["idempotency_key"]);
    assert_eq!(market.broker.changes(&customer, id).await.unwrap(), []);
    market.finish().await;
}

async fn a_size_that_does_not_fit_leaves_the_service_as_it_was(engine: Engine) {
    let (market, customer, id) = running(engine, 2).await;
    let before = market.page(&customer, id).await;
    let three = of(&market, &customer, id, 3).await;
    market.broker.scale(&customer, id, wish(three, "too much")).await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!((page.plan, page.card.price), (before.plan, before.card.price));
    assert_eq!(page.card.state, ContractState::Active);
    let change = &page.changes[0];
    assert_eq!(
        (change.state, change.failure.as_deref()),
        (ChangeState::Failed, Some("no_capacity"))
    );
    assert_eq!(page.timelines.last().unwrap().state, "undone");
    market.clock.advance_seconds(1);
    let two = of(&market, &customer, id, 2).await;
    market.broker.scale(&customer, id, wish(two, "less")).await.unwrap();
    market.run_workflows().await;
    assert_eq!(newest(&market, &customer, id).await.state, ChangeState::Done);
    market.finish().await;
}

async fn a_lost_answer_changes_the_size_once(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    fault(&market, serde_json::json!({"operation": "resize", "kind": "loseAnswer", "times": 2}))
        .await;
    let two = of(&market, &customer, id, 2).await;
    market.broker.scale(&customer, id, wish(two, "lost")).await.unwrap();
    market.run_workflows().await;
    assert_eq!(newest(&market, &customer, id).await.state, ChangeState::Done);
    let inventory = market.broker.inventory(&customer, id, None).await.unwrap();
    let resized = inventory.history.iter().filter(|one| one.cause == "scale_contract/resize");
    assert_eq!(resized.count(), 1);
    market.finish().await;
}

async fn a_service_that_is_silent_in_its_new_size_gets_the_old_one_back(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    switch(&market, serde_json::json!({"servicePartition": true})).await;
    let before = market.page(&customer, id).await;
    let two = of(&market, &customer, id, 2).await;
    market.broker.scale(&customer, id, wish(two, "silent")).await.unwrap();
    market.run_workflows().await;
    switch(&market, serde_json::json!({})).await;
    let page = market.page(&customer, id).await;
    let change = &page.changes[0];
    let failure = change.failure.as_deref();
    assert_eq!((change.state, failure), (ChangeState::Failed, Some("address_silent")));
    assert_eq!((page.plan, page.card.price), (before.plan, before.card.price));
    let found = market.allocations(id).await.pop().unwrap();
    assert_eq!((found.state, found.resources.compute.count), (ResourceState::Active, 1));
    // A call of the way forward that arrives only now is refused.
    let late = provider_api::ResizeCommand {
        call: provider_api::Call {
            key: provider_api::IdempotencyKey::parse("late").unwrap(),
            epoch: found.epoch - 1,
        },
        allocation_id: found.id.clone(),
        request: provider_api::ResizeRequest {
            resources: provider_api::ResourceGroup {
                compute: provider_api::ComputeSpec { count: 2, ..found.resources.compute },
                ..found.resources.clone()
            },
            quota: Default::default(),
        },
    };
    let refused = market.driver().resize(late).await.unwrap_err();
    assert_eq!(refused.code(), Some(provider_api::ProblemCode::StaleEpoch));
    market.finish().await;
}

async fn nobody_ends_a_service_while_it_changes_and_nobody_changes_one_that_ends(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    let two = of(&market, &customer, id, 2).await;
    market.broker.scale(&customer, id, wish(two.clone(), "first")).await.unwrap();
    let refused = market.broker.release(&customer, id).await.unwrap_err();
    assert_eq!(code(refused), "change_under_way");
    // An end that comes meanwhile waits for the change.
    let end = market.broker.now().plus_seconds(1);
    market.broker.end_at(&customer, id, Some(end)).await.unwrap();
    market.clock.advance_seconds(2);
    assert_eq!(market.broker.end_due().await.unwrap(), 0);
    market.run_workflows().await;
    assert_eq!(market.page(&customer, id).await.plan, two);
    assert_eq!(market.broker.end_due().await.unwrap(), 1);
    let three = of(&market, &customer, id, 3).await;
    let refused = market.broker.scale(&customer, id, wish(three.clone(), "late")).await;
    assert_eq!(code(refused.unwrap_err()), "contract_ended");
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    let refused = market.broker.scale(&customer, id, wish(three, "later")).await;
    assert_eq!(code(refused.unwrap_err()), "contract_ended");
    market.finish().await;
}

async fn a_change_begins_at_its_moment_and_can_be_called_off_before(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    let two = of(&market, &customer, id, 2).await;
    let from = market.broker.now().plus_seconds(HOUR);
    let later = |plan: &Plan, key: &str| Scale { from: Some(from), ..wish(plan.clone(), key) };
    let number = market.broker.scale(&customer, id, later(&two, "later")).await.unwrap();
    market.run_workflows().await;
    assert_eq!(newest(&market, &customer, id).await.state, ChangeState::Scheduled);
    assert_eq!(market.broker.change_due().await.unwrap(), 0);
    for _ in 0..2 {
        market.broker.call_off_change(&customer, id, number).await.unwrap();
    }
    market.clock.advance_seconds(HOUR);
    assert_eq!(market.broker.change_due().await.unwrap(), 0, "it was called off");
    let past = market.broker.scale(&customer, id, later(&two, "past")).await;
    assert!(matches!(past, Err(BrokerError::Invalid(_))), "{past:?}");

    let from = market.broker.now().plus_seconds(HOUR);
    let later = Scale { from: Some(from), ..wish(two.clone(), "again") };
    let number = market.broker.scale(&customer, id, later).await.unwrap();
    market.clock.advance_seconds(HOUR);
    let (first, second) = tokio::join!(market.broker.change_due(), market.broker.change_due());
    assert_eq!(first.unwrap() + second.unwrap(), 1, "of two processes one begins");
    let refused = market.broker.call_off_change(&customer, id, number).await.unwrap_err();
    assert_eq!(code(refused), "change_under_way");
    market.run_workflows().await;
    let refused = market.broker.call_off_change(&customer, id, number).await.unwrap_err();
    assert_eq!(code(refused), "change_ended");
    assert_eq!(market.page(&customer, id).await.plan, two);

    // The end of the contract calls off what has not begun.
    let from = market.broker.now().plus_seconds(HOUR);
    let three = of(&market, &customer, id, 3).await;
    let later = Scale { from: Some(from), ..wish(three, "never") };
    market.broker.scale(&customer, id, later).await.unwrap();
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let last = newest(&market, &customer, id).await;
    let failure = last.failure.as_deref();
    assert_eq!((last.state, failure), (ChangeState::CalledOff, Some("contract_ended")));
    market.clock.advance_seconds(HOUR);
    assert_eq!(market.broker.change_due().await.unwrap(), 0);
    market.finish().await;
}

async fn a_change_that_was_given_up_at_the_desk_is_in_nobodys_way(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    switch(&market, serde_json::json!({"apiPartition": true})).await;
    let two = of(&market, &customer, id, 2).await;
    market.broker.scale(&customer, id, wish(two, "stuck")).await.unwrap();
    market.run_workflows().await;
    switch(&market, serde_json::json!({})).await;
    let change = newest(&market, &customer, id).await;
    if change.state == ChangeState::Running {
        let desk = market.person(Role::Broker).await;
        let run = market.broker.timelines(&customer, id).await.unwrap().pop().unwrap();
        market.broker.abandon_workflow(&desk, run.id, "a drill").await.unwrap();
    }
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    assert_eq!(newest(&market, &customer, id).await.state, ChangeState::Failed);
    market.finish().await;
}

/// Must-show 6: what was there is noted at each moment, and reads the same ever after.
async fn f7_5_4_the_inventory_of_a_service_that_grew_and_shrank_reads_as_it_was(engine: Engine) {
    let (market, customer, id) = running(engine, 4).await;
    let mut noted = Vec::new();
    let note = |noted: &mut Vec<_>, sizes: provider_api::ResourceGroup| {
        noted.push((market.broker.now(), sizes));
        market.clock.advance_seconds(60);
    };
    let lent = || async { market.allocations(id).await.pop().unwrap().resources };
    note(&mut noted, lent().await);
    for (key, instances, storage_gb) in [("up", 3, 500), ("more", 3, 900), ("down", 1, 100)] {
        let plan = Plan { instances, storage_gb, ..market.page(&customer, id).await.plan };
        market.broker.scale(&customer, id, wish(plan, key)).await.unwrap();
        market.run_workflows().await;
        assert_eq!(newest(&market, &customer, id).await.state, ChangeState::Done, "{key}");
        note(&mut noted, lent().await);
    }
    let too_much = of(&market, &customer, id, 9).await;
    market.broker.scale(&customer, id, wish(too_much, "too much")).await.unwrap();
    market.run_workflows().await;
    note(&mut noted, lent().await);
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    for (at, was) in &noted {
        let then = market.broker.inventory(&customer, id, Some(*at)).await.unwrap();
        let parts = &then.allocations[0].parts;
        let told = |kind: &str, name: &str| {
            let part = parts.iter().find(|part| part.kind == kind).unwrap();
            assert_eq!(part.state, "active");
            part.attributes[name].parse::<u32>().unwrap()
        };
        let sizes = (told("compute", "count"), told("storage", "gb"), told("network", "mbps"));
        let expected = (was.compute.count, was.storage.gb, was.network.mbps);
        assert_eq!(sizes, expected, "at {at:?}");
    }
    let counts: Vec<u32> = noted.iter().map(|(_, was)| was.compute.count).collect();
    assert_eq!(counts, [1, 3, 3, 1, 1]);
    let (first, last) = (noted[0].0, noted[3].0);
    let changed = market.broker.inventory_differences(&customer, id, (first, last)).await.unwrap();
    let kinds: Vec<&str> = changed.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["storage"], "one machine before and after");
    market.finish().await;
}

async fn only_the_customer_changes_a_contract(engine: Engine) {
    let (market, customer, id) = running(engine, 2).await;
    let two = of(&market, &customer, id, 2).await;
    let other = customer_of(&market, "another").await;
    let strangers = [
        (OpContext::stranger("test"), "SignInFirst"),
        (other, "NotFound"),
        (market.person(Role::Provider).await, "WrongRole"),
        (market.person(Role::Broker).await, "WrongRole"),
    ];
    for (ctx, expected) in strangers {
        let refusals = [
            market.broker.quote_scale(&ctx, id, &two).await.map(drop),
            market.broker.scale(&ctx, id, wish(two.clone(), "theirs")).await.map(drop),
            market.broker.call_off_change(&ctx, id, 1).await,
        ];
        for refused in refusals {
            let told = format!("{:?}", refused.unwrap_err());
            assert!(told.starts_with(expected), "{expected}: {told}");
        }
    }
    assert_eq!(market.broker.changes(&customer, id).await.unwrap(), []);
    market.finish().await;
}

on_both!(
    a_service_grows_and_shrinks_and_its_price_follows,
    prices_are_those_of_the_version_that_was_signed,
    the_same_wish_is_made_once_and_another_waits,
    what_cannot_be_ordered_is_said_before_anything_happens,
    a_size_that_does_not_fit_leaves_the_service_as_it_was,
    a_lost_answer_changes_the_size_once,
    a_service_that_is_silent_in_its_new_size_gets_the_old_one_back,
    nobody_ends_a_service_while_it_changes_and_nobody_changes_one_that_ends,
    a_change_begins_at_its_moment_and_can_be_called_off_before,
    a_change_that_was_given_up_at_the_desk_is_in_nobodys_way,
    f7_5_4_the_inventory_of_a_service_that_grew_and_shrank_reads_as_it_was,
    only_the_customer_changes_a_contract,
);
