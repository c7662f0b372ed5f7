//! What is told, taken, owed and given back, and whom nothing is taken of.

use super::*;
use crate::on_both;
use broker::changes::Scale;
use broker::preemption::RoomGot;
use domain::compensation;

async fn f7_4_6_a_lifeline_gets_the_room_of_a_service_that_agreed_and_it_comes_back(
    engine: Engine,
) {
    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    scene.write().await;
    let lifeline = scene.lifeline(3, "lifeline").await;
    scene.pass(1).await;
    // Told first; nothing changes before the notice has run out.
    let noticed = scene.row().await.unwrap();
    assert_eq!(noticed.state, PreemptionState::Noticed);
    assert_eq!(noticed.due_at, noticed.noticed_at.plus_us(NOTICE_US));
    assert_eq!(scene.told().await, [NoticeKind::PreemptionNoticed]);
    scene.pass(NOTICE_US / 1_000_000 - 5).await;
    assert_eq!(scene.row().await.unwrap().state, PreemptionState::Noticed);
    scene.is_whole("during the notice").await;

    scene.until_state(PreemptionState::Taken).await;
    let active = async || scene.state_of(lifeline).await == ContractState::Active;
    scene.until("the lifeline runs", active).await;
    assert_eq!(scene.machines(lifeline).await, (3, 3));
    assert_eq!(scene.machines(scene.gives).await, (0, 1), "the smallest machine's room stays");
    let page = scene.market.page(&scene.customer, scene.gives).await;
    assert_eq!(page.card.state, ContractState::Active, "the contract holds");
    assert_eq!(page.preemption.unwrap().state, PreemptionState::Taken);
    assert!(reqwest::get(page.card.address.unwrap()).await.is_err_and(|it| it.is_connect()));
    // What was agreed is no fault of the provider, and nothing to repair.
    let before = scene.market.broker.observe_services().await.unwrap();
    assert_eq!(before, 2);
    let samples = samples(&scene).await;
    broker.observe_services().await.unwrap();
    assert_eq!(self::samples(&scene).await, samples, "standing still is not measured");
    assert_eq!(broker.look_at_services().await.unwrap(), 0, "and no drift");
    // While the lifeline runs there is no room, and nobody tries in vain.
    scene.pass(200).await;
    assert_eq!(scene.row().await.unwrap().state, PreemptionState::Taken);

    broker.release(&scene.hospital, lifeline).await.unwrap();
    scene.until_state(PreemptionState::Returned).await;
    scene.is_whole("given back").await;
    assert_eq!(
        scene.told().await,
        [NoticeKind::PreemptionNoticed, NoticeKind::Preempted, NoticeKind::RoomReturned]
    );
    let row = scene.row().await.unwrap();
    let lasted = row.ended_at.unwrap().since(row.begun_at.unwrap());
    let price = scene.market.page(&scene.customer, scene.gives).await.card.price;
    assert_eq!(row.owed, compensation(price, 200, (4, 4), lasted));
    assert!(row.owed.unwrap().minor > 0);
    // Who owes it is told when that begins and ends, and reads the same, and not whose service it was.
    let inbox = broker.notices(&scene.hospital, None, None, 50).await.unwrap().items;
    let mut told: Vec<_> =
        inbox.into_iter().map(|it| (it.id, it.kind, it.contract.unwrap())).collect();
    told.sort_by_key(|(id, ..)| *id);
    let kinds: Vec<_> = told.iter().map(|(_, kind, news)| (*kind, news.contract)).collect();
    assert_eq!(kinds, [(NoticeKind::RoomGiven, lifeline), (NoticeKind::RoomSettled, lifeline)]);
    assert_eq!(told[1].2.owed, row.owed);
    let got = broker.preemption(&scene.hospital, lifeline).await.unwrap().got;
    assert_eq!(got, [RoomGot::from(row)]);
    assert_eq!((got[0].machines, told[0].2.machines), (4, None));
    let desk = scene.market.person(Role::Broker).await;
    let audit = broker.audit(&desk, None, None, 200).await.unwrap().items;
    for action in ["agreed", "noticed", "begun", "return_begun", "returned"] {
        let action = format!("contract.preemption_{action}");
        assert_eq!(audit.iter().filter(|line| line.action == action).count(), 1, "{action}");
    }
    scene.market.finish().await;
}

async fn samples(scene: &Scene) -> i64 {
    let (broker, now) = (&scene.market.broker, scene.market.broker.now());
    let from = now.plus_us(-3_600_000_000);
    let to = now.plus_us(1);
    let seen = broker.observations(&scene.customer, scene.gives, from, to, 1).await.unwrap();
    seen.iter().map(|bucket| bucket.samples).sum()
}

async fn f7_4_6_as_many_machines_as_agreed_stay_and_serve_all_the_while(engine: Engine) {
    let scene = Scene::agreed(engine, 2).await;
    scene.write().await;
    let address = scene.address().await;
    let lifeline = scene.lifeline(2, "lifeline").await;
    let served = async || {
        let shown = reqwest::get(&address).await.unwrap().text().await.unwrap();
        assert!(shown.contains(NOTE), "users are never turned away");
        scene.state_of(lifeline).await == ContractState::Active
    };
    scene.until("the lifeline runs", served).await;
    assert_eq!(scene.machines(scene.gives).await, (2, 2));
    let now = scene.row().await.unwrap();
    assert_eq!((now.state, now.instances, now.keep_instances), (PreemptionState::Taken, 4, 2));
    // Half of it was taken, and half of twice the price is owed.
    let price = scene.market.page(&scene.customer, scene.gives).await.card.price;
    assert_eq!(now.owed, compensation(price, 200, (2, 4), 1));
    scene.market.broker.release(&scene.hospital, lifeline).await.unwrap();
    let back = async || {
        assert!(reqwest::get(&address).await.unwrap().status().is_success());
        scene.row().await.unwrap().state == PreemptionState::Returned
    };
    scene.until("it is whole again", back).await;
    scene.is_whole("given back").await;
    scene.market.finish().await;
}

async fn f7_4_6_no_more_is_taken_than_is_needed_and_that_is_owed(engine: Engine) {
    let scene = Scene::agreed(engine, 0).await;
    scene.write().await;
    let lifeline = scene.lifeline(1, "lifeline").await;
    let active = async || scene.state_of(lifeline).await == ContractState::Active;
    scene.until("the lifeline runs", active).await;
    assert_eq!(scene.machines(scene.gives).await, (3, 3), "it could have stood still");
    let now = scene.row().await.unwrap();
    assert_eq!((now.instances, now.keep_instances), (4, 3));
    let price = scene.market.page(&scene.customer, scene.gives).await.card.price;
    assert_eq!(now.owed, compensation(price, 200, (1, 4), 1));
    scene.market.finish().await;
}

async fn f7_4_6_nothing_is_taken_of_whoever_did_not_agree(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    scene.write().await;
    let untouched = async |key: &str| {
        let lifeline = scene.lifeline(3, key).await;
        let over = async || scene.state_of(lifeline).await == ContractState::Failed;
        scene.until("it fails", over).await;
        let page = scene.market.page(&scene.hospital, lifeline).await;
        assert_eq!(page.failure.as_deref(), Some("no_capacity"));
        assert!(scene.told().await.is_empty() && scene.row().await.is_none());
        scene.is_whole(key).await;
    };
    untouched("never agreed").await;
    let wish = AgreePreemption { notice_us: NOTICE_US, keep_instances: 0 };
    broker.agree_preemption(&scene.customer, scene.gives, wish).await.unwrap();
    for _ in 0..2 {
        broker.withdraw_preemption(&scene.customer, scene.gives).await.unwrap();
    }
    assert_eq!(scene.view().await.consent, None);
    untouched("taken back").await;
    // What stays is too much for what is asked: nothing is taken in vain.
    let wish = AgreePreemption { notice_us: NOTICE_US, keep_instances: 3 };
    broker.agree_preemption(&scene.customer, scene.gives, wish).await.unwrap();
    untouched("too little").await;
    // Any other service ends as ever.
    let wish = AgreePreemption { notice_us: NOTICE_US, keep_instances: 0 };
    broker.agree_preemption(&scene.customer, scene.gives, wish).await.unwrap();
    let need = usual(&scene.market);
    let other = sign(&scene.market, &scene.hospital, (3, "no lifeline"), need).await;
    scene.pass(3).await;
    assert_eq!(scene.state_of(other).await, ContractState::Failed);
    assert!(scene.row().await.is_none());
    scene.market.finish().await;
}

async fn what_is_agreed_has_bounds_and_a_lifeline_gives_nothing(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let agree = async |seconds: i64, keep_instances: i64| {
        let wish = AgreePreemption { notice_us: seconds * 1_000_000, keep_instances };
        broker.agree_preemption(&scene.customer, scene.gives, wish).await
    };
    for (seconds, keep, wrong) in [
        (59, 0, vec!["/noticeSeconds"]),
        (3_601, 0, vec!["/noticeSeconds"]),
        (60, 4, vec!["/keepInstances"]),
        (60, -1, vec!["/keepInstances"]),
        (0, 9, vec!["/noticeSeconds", "/keepInstances"]),
    ] {
        let Err(BrokerError::Invalid(faults)) = agree(seconds, keep).await else { panic!() };
        let at: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(at, wrong);
    }
    for _ in 0..2 {
        agree(60, 3).await.unwrap();
    }
    let agreed = scene.view().await.consent.unwrap();
    assert_eq!((agreed.agreed.notice_us, agreed.agreed.keep_instances), (60_000_000, 3));
    agree(3_600, 0).await.unwrap();
    assert_eq!(scene.view().await.consent.unwrap().agreed.keep_instances, 0);
    // Nobody agrees for another, and nobody reads it.
    let wish = AgreePreemption { notice_us: NOTICE_US, keep_instances: 0 };
    for refused in [
        broker.agree_preemption(&scene.hospital, scene.gives, wish).await.err(),
        broker.withdraw_preemption(&scene.hospital, scene.gives).await.err(),
        broker.hasten_preemption(&scene.hospital, scene.gives).await.err(),
        broker.preemption(&scene.hospital, scene.gives).await.err(),
    ] {
        assert!(matches!(refused, Some(BrokerError::NotFound { .. })), "{refused:?}");
    }
    assert_eq!(
        code(broker.hasten_preemption(&scene.customer, scene.gives).await),
        "nothing_noticed"
    );
    let lifeline = scene.lifeline(1, "lifeline").await;
    let obstacle = broker.preemption(&scene.hospital, lifeline).await.unwrap().obstacle;
    assert_eq!(obstacle, Some("lifeline"));
    assert_eq!(code(broker.agree_preemption(&scene.hospital, lifeline, wish).await), "lifeline");
    broker.withdraw_preemption(&scene.customer, scene.gives).await.unwrap();
    scene.pass(3).await;
    assert_eq!(scene.state_of(lifeline).await, ContractState::Failed);
    let obstacle = broker.preemption(&scene.hospital, lifeline).await.unwrap().obstacle;
    assert_eq!(obstacle, Some("contract_ended"));
    scene.market.finish().await;
}

async fn a_customer_who_is_ready_lets_it_begin_and_one_process_begins(engine: Engine) {
    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    let lifeline = scene.lifeline(3, "lifeline").await;
    scene.pass(2).await;
    for _ in 0..2 {
        broker.hasten_preemption(&scene.customer, scene.gives).await.unwrap();
    }
    let (first, second) = tokio::join!(broker.preempt_due(), broker.preempt_due());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    let active = async || scene.state_of(lifeline).await == ContractState::Active;
    scene.until("the lifeline runs", active).await;
    let row = scene.row().await.unwrap();
    assert!(row.begun_at.unwrap().since(row.noticed_at) < NOTICE_US / 2);
    scene.market.finish().await;
}

async fn a_notice_that_nobody_needs_any_more_is_called_off(engine: Engine) {
    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    scene.write().await;
    let lifeline = scene.lifeline(3, "lifeline").await;
    scene.pass(2).await;
    let desk = scene.market.person(Role::Broker).await;
    let run = broker.timelines(&scene.hospital, lifeline).await.unwrap()[0].id;
    broker.cancel_workflow(&desk, run, "a drill").await.unwrap();
    scene.pass(2 * NOTICE_US / 1_000_000).await;
    assert_eq!(scene.state_of(lifeline).await, ContractState::Failed);
    let row = scene.row().await.unwrap();
    assert_eq!((row.state, row.owed, row.begun_at), (PreemptionState::CalledOff, None, None));
    assert_eq!(
        scene.told().await,
        [NoticeKind::PreemptionNoticed, NoticeKind::PreemptionCalledOff]
    );
    scene.is_whole("called off").await;
    scene.market.finish().await;
}

async fn a_customer_need_not_wait_for_room_and_owes_nothing_then(engine: Engine) {
    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    scene.write().await;
    let lifeline = scene.lifeline(3, "lifeline").await;
    scene.pass(2).await;
    let page = scene.market.page(&scene.hospital, lifeline).await;
    assert_eq!(
        page.awaited.iter().map(|row| row.state).collect::<Vec<_>>(),
        [PreemptionState::Noticed]
    );
    for _ in 0..2 {
        broker.release(&scene.hospital, lifeline).await.unwrap();
    }
    let over = async || scene.state_of(lifeline).await == ContractState::Failed;
    scene.until("it is undone", over).await;
    scene.until_state(PreemptionState::CalledOff).await;
    assert_eq!(scene.row().await.unwrap().owed, None);
    scene.is_whole("called off").await;
    // What waits for nothing is not ended before it runs.
    let other = sign(&scene.market, &scene.hospital, (1, "other"), usual(&scene.market)).await;
    let refused = broker.release(&scene.hospital, other).await;
    assert!(
        matches!(refused, Err(BrokerError::Conflict { code: "wrong_state", .. })),
        "{refused:?}"
    );
    scene.pass(2).await;
    scene.market.finish().await;
}

async fn a_lifeline_that_comes_to_nothing_gives_the_room_back_at_once(engine: Engine) {
    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    scene.write().await;
    let lifeline = scene.lifeline(3, "lifeline").await;
    scene.until_state(PreemptionState::Taken).await;
    let desk = scene.market.person(Role::Broker).await;
    let run = broker.timelines(&scene.hospital, lifeline).await.unwrap()[0].id;
    broker.cancel_workflow(&desk, run, "a drill").await.ok();
    let over = async || scene.state_of(lifeline).await != ContractState::Activating;
    scene.until("the lifeline has ended", over).await;
    if scene.state_of(lifeline).await == ContractState::Active {
        broker.release(&scene.hospital, lifeline).await.unwrap();
    }
    scene.until_state(PreemptionState::Returned).await;
    scene.is_whole("given back").await;
    scene.market.finish().await;
}

async fn a_service_may_end_at_any_time_and_what_was_taken_until_then_is_owed(engine: Engine) {
    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    // Ended during the notice, it makes the room by itself.
    let lifeline = scene.lifeline(3, "first").await;
    scene.pass(2).await;
    broker.release(&scene.customer, scene.gives).await.unwrap();
    let active = async || scene.state_of(lifeline).await == ContractState::Active;
    scene.until("the lifeline runs", active).await;
    assert_eq!(scene.row().await.unwrap().state, PreemptionState::CalledOff);
    assert_eq!(scene.market.state(&scene.customer, scene.gives).await, ContractState::Released);
    scene.market.finish().await;

    let scene = Scene::wide(engine).await;
    let broker = &scene.market.broker;
    let lifeline = scene.lifeline(3, "second").await;
    scene.until_state(PreemptionState::Taken).await;
    let active = async || scene.state_of(lifeline).await == ContractState::Active;
    scene.until("the lifeline runs", active).await;
    broker.release(&scene.customer, scene.gives).await.unwrap();
    let ended =
        async || scene.market.state(&scene.customer, scene.gives).await == ContractState::Released;
    scene.until("the service has ended", ended).await;
    let row = scene.row().await.unwrap();
    assert_eq!(row.state, PreemptionState::Ended);
    assert!(row.owed.unwrap().minor > 0 && row.ended_at.is_some());
    assert!(scene.market.page(&scene.customer, scene.gives).await.statement.is_some());
    assert_eq!(scene.state_of(lifeline).await, ContractState::Active, "the lifeline goes on");
    scene.market.finish().await;
}

async fn nothing_else_is_done_to_a_service_of_which_room_is_taken(engine: Engine) {
    let scene = Scene::agreed(engine, 1).await;
    let broker = &scene.market.broker;
    let plan = scene.market.page(&scene.customer, scene.gives).await.plan;
    let scale = async |key: &str| {
        let plan = Plan { instances: 2, ..plan.clone() };
        let idempotency_key = key.to_owned();
        let wish = Scale { plan, shown_price: None, from: None, idempotency_key };
        broker.scale(&scene.customer, scene.gives, wish).await
    };
    scene.lifeline(3, "lifeline").await;
    scene.pass(2).await;
    assert_eq!(code(scale("during the notice").await), "preempted");
    broker.hasten_preemption(&scene.customer, scene.gives).await.unwrap();
    broker.preempt_due().await.unwrap();
    assert_eq!(scene.row().await.unwrap().state, PreemptionState::Taking);
    assert_eq!(code(broker.release(&scene.customer, scene.gives).await), "change_under_way");
    scene.until_state(PreemptionState::Taken).await;
    assert_eq!(code(scale("while it is taken").await), "preempted");
    let quote = broker.quote_scale(&scene.customer, scene.gives, &plan).await;
    assert_eq!(code(quote), "preempted");
    scene.market.finish().await;
}

async fn f7_4_6_several_give_and_whoever_is_not_needed_is_left_alone(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 6).await;
    let customer = market.person(Role::Customer).await;
    let hospital = customer_of(&market, "hospital").await;
    let mut services = Vec::new();
    for key in ["one", "two", "three"] {
        let id = sign(&market, &customer, (2, key), usual(&market)).await;
        market.run_workflows().await;
        market.clock.advance_seconds(1);
        let wish = AgreePreemption { notice_us: NOTICE_US, keep_instances: 1 };
        market.broker.agree_preemption(&customer, id, wish).await.unwrap();
        services.push(id);
    }
    let scene = Scene { gives: services[1], market, customer, hospital };
    let lifeline = scene.lifeline(2, "lifeline").await;
    let active = async || scene.state_of(lifeline).await == ContractState::Active;
    scene.until("the lifeline runs", active).await;
    let mut sizes = Vec::new();
    for id in &services {
        sizes.push(scene.machines(*id).await.0);
    }
    assert_eq!(sizes, [2, 1, 1], "who came last gives first");
    let got = scene.market.broker.preemption(&scene.hospital, lifeline).await.unwrap().got;
    assert_eq!(got.len(), 2);
    // They come back one after the other, and next time another one gives.
    scene.market.broker.release(&scene.hospital, lifeline).await.unwrap();
    let back = async || {
        scene.view().await.gave[0].state == PreemptionState::Returned
            && scene.machines(services[2]).await.0 == 2
    };
    scene.until("all are whole", back).await;
    let again = scene.lifeline(1, "again").await;
    let active = async || scene.state_of(again).await == ContractState::Active;
    scene.until("the second lifeline runs", active).await;
    assert_eq!(scene.machines(services[0]).await.0, 1, "who gave least often gives first");
    scene.market.finish().await;
}

on_both!(
    f7_4_6_a_lifeline_gets_the_room_of_a_service_that_agreed_and_it_comes_back,
    f7_4_6_as_many_machines_as_agreed_stay_and_serve_all_the_while,
    f7_4_6_no_more_is_taken_than_is_needed_and_that_is_owed,
    f7_4_6_nothing_is_taken_of_whoever_did_not_agree,
    what_is_agreed_has_bounds_and_a_lifeline_gives_nothing,
    a_customer_who_is_ready_lets_it_begin_and_one_process_begins,
    a_notice_that_nobody_needs_any_more_is_called_off,
    a_customer_need_not_wait_for_room_and_owes_nothing_then,
    a_lifeline_that_comes_to_nothing_gives_the_room_back_at_once,
    a_service_may_end_at_any_time_and_what_was_taken_until_then_is_owed,
    nothing_else_is_done_to_a_service_of_which_room_is_taken,
    f7_4_6_several_give_and_whoever_is_not_needed_is_left_alone,
);
