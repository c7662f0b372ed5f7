//! Firm lists: what is held is shown, booked, and never left behind (F7.4.4, F7.4.5, Y.3511 I.6 and 9.3).

use super::need;
use crate::on_both;
use crate::orders::{Drill, STALLS, Trio};
use broker::BrokerError;
use broker::securing::{FirmAnswer, FirmRequest, FirmRow, FirmView, Strategy};
use domain::{ContractState, FirmListId};
use provider_api::{
    Allocation, Call, ComputeSpec, EndpointKind, HoldCommand, HoldRequest, IdempotencyKey,
    NetworkSpec, ResourceGroup, ResourceState, StorageSpec,
};
use serde_json::json;
use std::sync::Arc;
use testkit::{Engine, TestCloud, customer_of_broker};
use workflow::testing::Script;
use workflow::{EngineConfig, Moment, Tick};

fn request(strategy: Option<Strategy>, places: usize) -> FirmRequest {
    FirmRequest { need: need(), strategy, plan: None, places }
}

/// Drives what is due now; the list then waits for a decision.
async fn settle(trio: &Trio) {
    let parts = trio.broker.engine_parts(EngineConfig::by_clock());
    let engine = workflow::Engine::new(parts).unwrap();
    for _ in 0..500 {
        if engine.tick_once().await.unwrap() == Tick::Idle {
            return;
        }
    }
    panic!("the list does not come to rest");
}

/// Everything to its end, over all pauses.
async fn end(trio: &Trio) {
    trio.run(Arc::new(Script::default())).await;
}

async fn opened(trio: &Trio, strategy: Option<Strategy>, places: usize) -> FirmView {
    let asked = request(strategy, places);
    let id = trio.broker.open_firm_list(&trio.customer, &asked).await.unwrap();
    settle(trio).await;
    trio.broker.firm_list(&trio.customer, id).await.unwrap()
}

async fn read(trio: &Trio, id: FirmListId) -> FirmView {
    trio.broker.firm_list(&trio.customer, id).await.unwrap()
}

fn held(view: &FirmView) -> Vec<&FirmRow> {
    view.rows.iter().filter(|row| row.place.held.is_some()).collect()
}

fn slugs(rows: &[&FirmRow]) -> Vec<String> {
    rows.iter().map(|row| row.card.provider.slug.clone()).collect()
}

/// Everything that any cloud holds or lends.
async fn everything(trio: &Trio) -> Vec<Allocation> {
    let mut all = Vec::new();
    for cloud in &trio.clouds {
        let (url, token) = cloud.connection();
        let url = format!("{url}{}?limit=100", provider_api::paths::ALLOCATIONS);
        let answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
        let page: serde_json::Value = answer.json().await.unwrap();
        let listed: Vec<Allocation> = serde_json::from_value(page["items"].clone()).unwrap();
        all.extend(listed.into_iter().filter(|it| it.state.takes_capacity()));
    }
    all
}

async fn f7_4_4_what_is_held_is_booked_as_shown_and_the_rest_is_dropped(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let view = opened(&trio, None, 3).await;
    assert_eq!((view.state.as_str(), view.strategy), ("open", Strategy::AssuranceFirst));
    let rows = held(&view);
    let mut clouds = slugs(&rows);
    clouds.sort();
    assert_eq!(clouds, ["hokusei", "minato", "rheinland"], "one at each cloud");
    assert!(view.closes_at.unwrap() > trio.broker.now());
    assert_eq!(everything(&trio).await.len(), 3);
    for row in &view.rows[..3] {
        assert_eq!(row.place.answer, FirmAnswer::Held);
        assert!(row.place.round_trip_us.is_some() && row.place.free_mbps.is_some(), "{row:?}");
    }
    let chosen = rows[1].place.clone();
    let contract = trio
        .broker
        .book_firm_place(&trio.customer, view.id, chosen.number, "booked")
        .await
        .unwrap();
    let again = trio.broker.book_firm_place(&trio.customer, view.id, chosen.number, "booked").await;
    assert_eq!(again.unwrap(), contract, "sent twice, it is booked once");
    end(&trio).await;
    let page = trio.broker.contract(&trio.customer, contract).await.unwrap();
    assert_eq!((page.card.state, page.failure), (ContractState::Active, None));
    let left = everything(&trio).await;
    assert_eq!(left.len(), 1, "{left:?}");
    let hold = chosen.held.unwrap();
    assert_eq!((&left[0].id, left[0].state), (&hold.allocation, ResourceState::Active));
    assert_eq!(left[0].label, contract.to_string(), "it was the contract's from the beginning");
    let after = read(&trio, view.id).await;
    assert_eq!((after.state.as_str(), after.contract), ("taken", Some(contract)));
    for row in &after.rows[..3] {
        let booked = row.place.number == chosen.number;
        let answer = if booked { FirmAnswer::Booked } else { FirmAnswer::LetGo };
        assert_eq!((&row.place.answer, &row.place.held), (&answer, &None));
    }
    let other = rows[0].place.number;
    let refused = trio.broker.book_firm_place(&trio.customer, view.id, other, "second").await;
    let over = matches!(refused, Err(BrokerError::Conflict { code: "firm_list_over", .. }));
    assert!(over, "{refused:?}");
    assert_eq!(trio.broker.contracts(&trio.customer, None, 9).await.unwrap().items.len(), 1);
    trio.finish().await;
}

async fn a_list_that_nobody_books_ends_and_one_that_is_dropped_holds_nothing(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let view = opened(&trio, None, 3).await;
    trio.broker.drop_firm_list(&trio.customer, view.id).await.unwrap();
    trio.broker.drop_firm_list(&trio.customer, view.id).await.unwrap();
    settle(&trio).await;
    assert_eq!(read(&trio, view.id).await.state, "dropped");
    assert!(everything(&trio).await.is_empty());

    let view = opened(&trio, None, 2).await;
    assert_eq!(held(&view).len(), 2);
    let mut room = view.rows.iter().filter(|row| row.place.answer == FirmAnswer::HasRoom);
    let number = room.next().expect("the third cloud has room and was not needed").place.number;
    let refused = trio.broker.book_firm_place(&trio.customer, view.id, number, "not held").await;
    let told = matches!(refused, Err(BrokerError::Conflict { code: "place_not_held", .. }));
    assert!(told, "{refused:?}");
    end(&trio).await;
    assert_eq!(read(&trio, view.id).await.state, "expired");
    assert!(everything(&trio).await.is_empty());
    let number = held(&view)[0].place.number;
    let late = trio.broker.book_firm_place(&trio.customer, view.id, number, "late").await;
    assert!(matches!(late, Err(BrokerError::Conflict { code: "firm_list_over", .. })), "{late:?}");
    assert!(trio.broker.contracts(&trio.customer, None, 9).await.unwrap().items.is_empty());
    trio.finish().await;
}

async fn the_list_tells_who_answered_who_refused_and_who_was_silent(engine: Engine) {
    // The second cloud says that it is in another country than the offer.
    let trio = Trio::open(engine, 1, "KR").await;
    trio.broker.look_at_clouds().await.unwrap();
    let full = super::running(&trio, 0, "fills the first cloud").await;
    let view = opened(&trio, None, 3).await;
    let of = |slug: &str| {
        let row = view.rows.iter().find(|row| row.card.provider.slug == slug);
        row.map(|row| row.place.answer.clone())
    };
    assert_eq!(of("hokusei"), Some(FirmAnswer::Full));
    assert_eq!(of("minato"), None, "what cannot be ordered there is not asked");
    assert_eq!(of("rheinland"), Some(FirmAnswer::Held));
    trio.broker.drop_firm_list(&trio.customer, view.id).await.unwrap();
    end(&trio).await;
    let outage = json!({"outage": true});
    let id = trio.broker.open_firm_list(&trio.customer, &request(None, 3)).await.unwrap();
    trio.run(Drill::at(&trio.clouds[2], "ask", Moment::Started, outage)).await;
    let view = read(&trio, id).await;
    assert_eq!(view.state, "empty", "{view:?}");
    let silent = view.rows.iter().find(|row| row.card.provider.slug == "rheinland");
    assert_eq!(silent.unwrap().place.answer, FirmAnswer::Silent);
    assert_eq!(trio.lent(full).await, [ResourceState::Active]);
    trio.finish().await;
}

async fn f7_4_5_the_strategy_decides_where_is_held_first_and_what_comes_of_it(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let mut first = Vec::new();
    for strategy in [Strategy::CostFirst, Strategy::AssuranceFirst] {
        let view = opened(&trio, Some(strategy), 1).await;
        assert_eq!(view.strategy, strategy);
        let held = held(&view);
        assert_eq!(held.len(), 1);
        first.push((held[0].card.provider.slug.clone(), held[0].place.candidate.price.unwrap()));
        trio.broker.drop_firm_list(&trio.customer, view.id).await.unwrap();
        end(&trio).await;
    }
    assert_ne!(first[0].0, first[1].0, "the same places, another hold: {first:?}");
    assert!(everything(&trio).await.is_empty());
    trio.finish().await;
}

async fn f7_4_4_a_cloud_that_holds_and_never_says_so_is_cleared(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    for seat in ["hold_1", "hold_2", "hold_3"] {
        let id = trio.broker.open_firm_list(&trio.customer, &request(None, 3)).await.unwrap();
        let lost = json!({"lostAnswerPerMille": 1_000});
        // Answers come again while the list waits.
        let drill = Drill::between(&trio.clouds[1], (seat, Moment::Started), "wait", lost);
        trio.run(drill).await;
        let view = read(&trio, id).await;
        assert_eq!(view.state, "expired", "{view:?}");
        assert!(everything(&trio).await.is_empty(), "{seat}");
    }
    trio.finish().await;
}

/// What a call does that was given up and arrives after all.
async fn hold_late(cloud: &TestCloud, label: String, row: &FirmRow) {
    let request = HoldRequest {
        label,
        region: row.place.candidate.region.clone(),
        resources: ResourceGroup {
            compute: ComputeSpec { count: 1, vcpu: 1, ram_mb: 256 },
            storage: StorageSpec { gb: 1 },
            network: NetworkSpec { mbps: 10, endpoint: EndpointKind::Http },
        },
        links: Vec::new(),
        ttl_seconds: Some(120),
    };
    let call = Call { key: IdempotencyKey::parse("late").unwrap(), epoch: 1 };
    cloud.driver().hold(HoldCommand { call, request }).await.unwrap();
}

async fn a_hold_that_comes_after_the_end_is_found_and_dropped(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let view = opened(&trio, None, 1).await;
    let hold = held(&view)[0].place.held.clone().unwrap();
    let cloud = STALLS.iter().position(|stall| stall.0 == held(&view)[0].card.provider.slug);
    let cloud = &trio.clouds[cloud.unwrap()];
    let label = cloud.driver().allocation(&hold.allocation).await.unwrap().label;
    trio.broker.drop_firm_list(&trio.customer, view.id).await.unwrap();
    settle(&trio).await;
    hold_late(cloud, label, &view.rows[0]).await;
    assert_eq!(everything(&trio).await.len(), 1);
    assert_eq!(trio.broker.look_for_left_holds().await.unwrap(), 1);
    assert!(everything(&trio).await.is_empty());
    assert_eq!(trio.broker.look_for_left_holds().await.unwrap(), 0);
    trio.finish().await;
}

async fn a_place_that_cannot_be_set_up_leaves_nothing_and_says_why(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    for step in ["hold", "confirm", "start", "verify"] {
        let view = opened(&trio, None, 3).await;
        let place = held(&view)[0].place.clone();
        let cloud = STALLS.iter().position(|stall| stall.0 == held(&view)[0].card.provider.slug);
        let contract = trio
            .broker
            .book_firm_place(&trio.customer, view.id, place.number, "fails")
            .await
            .unwrap();
        let gone = json!({"outage": true});
        trio.run(Drill::at(&trio.clouds[cloud.unwrap()], step, Moment::Started, gone)).await;
        let page = trio.broker.contract(&trio.customer, contract).await.unwrap();
        assert_eq!(page.card.state, ContractState::Failed, "{step}: {page:?}");
        let left = everything(&trio).await;
        assert!(left.is_empty(), "{step}: {left:?}");
    }
    trio.finish().await;
}

async fn only_their_organisation_opens_reads_books_and_drops_and_not_without_bound(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let view = opened(&trio, None, 1).await;
    let rival = customer_of_broker(&trio.broker, "rival").await;
    let number = held(&view)[0].place.number;
    let refused = trio.broker.firm_list(&rival, view.id).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let refused = trio.broker.book_firm_place(&rival, view.id, number, "mine").await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let refused = trio.broker.drop_firm_list(&rival, view.id).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    for _ in 0..2 {
        opened(&trio, None, 1).await;
    }
    let refused = trio.broker.open_firm_list(&trio.customer, &request(None, 1)).await;
    let code = matches!(refused, Err(BrokerError::Conflict { code: "firm_lists_open", .. }));
    assert!(code, "{refused:?}");
    let refused = trio.broker.open_firm_list(&rival, &request(None, 9)).await;
    assert!(matches!(refused, Err(BrokerError::Invalid(_))), "{refused:?}");
    end(&trio).await;
    assert!(everything(&trio).await.is_empty());
    trio.finish().await;
}

on_both!(
    f7_4_4_what_is_held_is_booked_as_shown_and_the_rest_is_dropped,
    a_list_that_nobody_books_ends_and_one_that_is_dropped_holds_nothing,
    the_list_tells_who_answered_who_refused_and_who_was_silent,
    f7_4_5_the_strategy_decides_where_is_held_first_and_what_comes_of_it,
    f7_4_4_a_cloud_that_holds_and_never_says_so_is_cleared,
    a_hold_that_comes_after_the_end_is_found_and_dropped,
    a_place_that_cannot_be_set_up_leaves_nothing_and_says_why,
    only_their_organisation_opens_reads_books_and_drops_and_not_without_bound,
);
