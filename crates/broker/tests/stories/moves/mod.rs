//! A service that runs is moved to another provider, make before break (UC5.3): with its data or without, once, whole or
//! not at all, and its history stays readable.

mod failures;
mod history;
mod wishes;

use crate::on_both;
use crate::orders::{STALLS, Trio};
use crate::securing::running;
use broker::changes::{ChangeView, Move};
use broker::contracts::ContractPage;
use domain::{ChangeKind, ChangeState, Clock, ContractId, ContractState, OfferId, Timestamp};
use provider_api::{LinkState, ResourceState};
use std::sync::Arc;
use testkit::Engine;
use workflow::testing::Script;

/// What users wrote before the move.
pub(super) const NOTE: &str = "written-before-the-move";
/// The stall that is left, and the one that is moved to.
pub(super) const OLD: usize = 0;
pub(super) const NEW: usize = 1;

/// A service at the first stall that somebody wrote to.
pub(super) async fn written(engine: Engine) -> (Trio, ContractId) {
    let trio = Trio::open(engine, 3, "JP").await;
    let id = running(&trio, OLD, "moved").await;
    write(&page(&trio, id).await.card.address.unwrap(), NOTE).await;
    trio.clock.advance_seconds(60);
    (trio, id)
}

pub(super) async fn write(address: &str, note: &str) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let form = client.build().unwrap().post(format!("{}/notes", address.trim_end_matches('/')));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body(format!("note={note}")).send().await.unwrap().status(), 303);
}

pub(super) async fn page(trio: &Trio, id: ContractId) -> ContractPage {
    trio.broker.contract(&trio.customer, id).await.unwrap()
}

pub(super) async fn offer(trio: &Trio, stall: usize) -> OfferId {
    testkit::offer_named(&trio.broker, STALLS[stall].1).await
}

pub(super) async fn wish(trio: &Trio, stall: usize, key: &str) -> Move {
    let offer = offer(trio, stall).await;
    let offer_version = trio.broker.offer(&trio.customer, offer).await.unwrap().card.version;
    Move {
        offer,
        offer_version,
        region: Some(STALLS[stall].2.to_owned()),
        carries_data: true,
        finish_by: None,
        shown_price: None,
        from: None,
        idempotency_key: key.to_owned(),
    }
}

pub(super) fn now(trio: &Trio) -> Timestamp {
    Clock::now(&*trio.clock)
}

pub(super) async fn run(trio: &Trio) {
    trio.run(Arc::new(Script::default())).await;
}

pub(super) async fn newest(trio: &Trio, id: ContractId) -> ChangeView {
    page(trio, id).await.changes.remove(0)
}

/// What a cloud holds or lends for the contract.
pub(super) async fn lent(trio: &Trio, stall: usize, id: ContractId) -> Vec<ResourceState> {
    let all = trio.clouds[stall].driver().list(&id.to_string()).await.unwrap();
    all.iter().map(|one| one.state).filter(|state| state.takes_capacity()).collect()
}

/// The service runs at the new cloud with what users wrote, and nothing of it is at the old one.
pub(super) async fn is_moved(trio: &Trio, id: ContractId, place: &str) {
    let page = page(trio, id).await;
    let change = &page.changes[0];
    assert_eq!((change.kind, change.state), (ChangeKind::Move, ChangeState::Done), "{place}");
    assert_eq!(page.card.state, ContractState::Active, "{place}");
    assert_eq!(page.offer, offer(trio, NEW).await, "{place}");
    assert_eq!(
        (page.offer_version, page.card.price),
        (change.after.offer_version, change.after.price)
    );
    assert_eq!(page.plan, change.after.plan, "{place}");
    assert_eq!(lent(trio, NEW, id).await, [ResourceState::Active], "{place}");
    assert_eq!(lent(trio, OLD, id).await, [], "{place}");
    let moved = change.moved.as_ref().unwrap();
    assert!(moved.switched_at.is_some() && moved.usage.is_some(), "{place}: {moved:?}");
    assert!(moved.statement.as_ref().unwrap().contains(&id.to_string()), "{place}");
    assert_eq!(trio.clouds[OLD].files_with(NOTE), Vec::<std::path::PathBuf>::new(), "{place}");
    let answer = reqwest::get(page.card.address.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200, "{place}");
    for stall in [OLD, NEW] {
        assert!(links_are_down(trio, stall, id).await, "{place}: stall {stall}");
    }
}

/// The service runs where it was, on the terms it had, and nothing is at the new cloud.
pub(super) async fn is_as_it_was(trio: &Trio, id: ContractId, place: &str) {
    let page = page(trio, id).await;
    let change = &page.changes[0];
    let stands = (change.kind, change.state);
    let told = page.timelines.last();
    assert_eq!(stands, (ChangeKind::Move, ChangeState::Failed), "{place}: {told:#?}");
    assert_eq!(page.card.state, ContractState::Active, "{place}");
    assert_eq!(page.offer, offer(trio, OLD).await, "{place}");
    assert_eq!(
        (&page.plan, page.card.price),
        (&change.before.plan, change.before.price),
        "{place}"
    );
    assert_eq!(lent(trio, OLD, id).await, [ResourceState::Active], "{place}");
    assert_eq!(lent(trio, NEW, id).await, [], "{place}");
    let answer = reqwest::get(page.card.address.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200, "{place}");
    assert!(!trio.clouds[OLD].files_with(NOTE).is_empty(), "{place}: what users wrote is gone");
    assert_eq!(trio.clouds[NEW].files_with(NOTE), Vec::<std::path::PathBuf>::new(), "{place}");
    for stall in [OLD, NEW] {
        assert!(links_are_down(trio, stall, id).await, "{place}: stall {stall}");
    }
}

async fn links_are_down(trio: &Trio, stall: usize, id: ContractId) -> bool {
    let driver = trio.clouds[stall].driver();
    for one in driver.list(&id.to_string()).await.unwrap() {
        let links = driver.links(&one.id).await.unwrap();
        if links.iter().any(|link| link.state != LinkState::Down) {
            return false;
        }
    }
    true
}

async fn uc5_3_a_service_is_moved_with_its_data_and_nothing_stays_behind(engine: Engine) {
    let (trio, id) = written(engine).await;
    let before = page(&trio, id).await;
    let to = offer(&trio, NEW).await;
    let offers = trio.broker.move_offers(&trio.customer, id).await.unwrap();
    assert!(offers.iter().any(|row| row.card.id == to));
    let region = Some(STALLS[NEW].2);
    let quote = trio.broker.quote_move(&trio.customer, id, (to, region)).await.unwrap();
    assert_eq!((quote.before.price, quote.can_carry), (before.card.price, Some(true)));
    assert!(quote.ranked.explanation.totals.matched && !quote.changes.is_empty());
    let shown = Some(quote.after.price.into());
    let wish = Move { shown_price: shown, ..wish(&trio, NEW, "one").await };
    assert_eq!(trio.broker.move_to(&trio.customer, id, wish.clone()).await.unwrap(), 1);
    let meanwhile = page(&trio, id).await;
    assert_eq!((meanwhile.offer, meanwhile.card.price), (before.offer, before.card.price));
    run(&trio).await;

    is_moved(&trio, id, "with data").await;
    let after = page(&trio, id).await;
    assert_ne!(after.card.address, before.card.address);
    assert_ne!(after.card.provider_en, before.card.provider_en);
    assert!(!trio.clouds[NEW].files_with(NOTE).is_empty(), "the data came along");
    let texts = trio.broker.signed_texts(&trio.customer, id, 1).await.unwrap().unwrap();
    assert_eq!((texts.0.text, texts.1.hash), (before.offer_document, after.offer_hash));
    let old = reqwest::get(before.card.address.unwrap()).await;
    assert!(old.is_err() || old.unwrap().status() != 200, "the old address is closed");
    // Asked again, nothing is done twice.
    assert_eq!(trio.broker.move_to(&trio.customer, id, wish).await.unwrap(), 1);
    run(&trio).await;
    is_moved(&trio, id, "asked again").await;
    trio.clock.advance_seconds(60);
    trio.broker.release(&trio.customer, id).await.unwrap();
    run(&trio).await;
    let end = page(&trio, id).await;
    assert_eq!(end.card.state, ContractState::Released);
    assert_ne!(end.usage, end.changes[0].moved.as_ref().unwrap().usage, "each cloud has its meter");
    assert_eq!(trio.clouds[NEW].files_with(NOTE), Vec::<std::path::PathBuf>::new());
    trio.finish().await;
}

async fn a_move_without_data_serves_at_the_old_cloud_until_users_are_let_in_at_the_new(
    engine: Engine,
) {
    let (trio, id) = written(engine).await;
    let before = page(&trio, id).await;
    let wish = Move { carries_data: false, ..wish(&trio, NEW, "empty").await };
    trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
    run(&trio).await;
    is_moved(&trio, id, "without data").await;
    assert_eq!(trio.clouds[NEW].files_with(NOTE), Vec::<std::path::PathBuf>::new());
    let steps = trio.broker.timelines(&trio.customer, id).await.unwrap().remove(1).steps;
    let at = |name: &str| steps.iter().find(|step| step.name == name).unwrap().finished_at;
    assert!(at("switch") <= at("stop"), "{steps:?}");
    let history = trio.broker.inventory(&trio.customer, id, None).await.unwrap().history;
    assert!(history.iter().all(|one| one.cause != "move_contract/halt"));
    assert_ne!(page(&trio, id).await.card.address, before.card.address);
    trio.finish().await;
}

on_both!(
    uc5_3_a_service_is_moved_with_its_data_and_nothing_stays_behind,
    a_move_without_data_serves_at_the_old_cloud_until_users_are_let_in_at_the_new,
);
