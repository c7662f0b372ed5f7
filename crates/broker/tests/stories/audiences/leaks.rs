//! Nothing that is read tells of an offer to somebody who may not know of it.

use super::{OFFER, Scene, stranger};
use crate::on_both;
use crate::ranking::{second, told};
use broker::contracts::{Bill, Sign};
use broker::market::{MarketQuery, MarketSort};
use broker::requirements::RequirementSource;
use broker::{Broker, OpContext};
use domain::{AdmissionEvent, AudienceKind, OfferId, Role};
use matching::Order;
use search::FacetField;
use std::collections::BTreeSet;
use std::fmt::Debug;
use testkit::{Engine, TestBroker};
use uuid::Uuid;

/// Words of the hidden offer, of others, and one that nobody uses.
const TEXTS: [&str; 7] =
    ["", "government", "governmemt", "hokusei gov", "政府", "provider:hokusei", "xyloxyloxylo"];

fn template() -> RequirementSource {
    RequirementSource::Template("certificate-service".to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "each answer is made where it is shown")]
fn shown<T: Debug, E: Debug>(what: &str, answer: Result<T, E>) -> String {
    format!("{what}: {answer:?}")
}

/// Everything that lists, counts, suggests or averages, as one reader gets it.
async fn lists(broker: &Broker, ctx: &OpContext) -> Vec<String> {
    let mut all = Vec::new();
    for text in TEXTS {
        let query = MarketQuery { text: text.to_owned(), per_page: 100, ..MarketQuery::default() };
        let page = broker.browse(ctx, &query).await.unwrap();
        // Where ranks are equal, the order is that of the last change.
        let ids: BTreeSet<_> = page.items.iter().map(|card| card.id).collect();
        let found = (page.total, page.facets, page.closeness, page.meant, page.ways_out);
        all.push(format!("browse {text}: {ids:?} {found:?}"));
        let ranked = MarketQuery { sort: MarketSort::Fit, need: Some(template()), ..query };
        let page = broker.browse(ctx, &ranked).await.unwrap();
        let ids: BTreeSet<_> = page.items.iter().map(|card| card.id).collect();
        all.push(format!("browse by need {text}: {ids:?}"));
    }
    for typed in ["gov", "hoku", "政", "jp-"] {
        let names: BTreeSet<_> = broker.suggest(ctx, typed).await.unwrap().into_iter().collect();
        all.push(format!("suggest {typed}: {names:?}"));
    }
    all.push(shown("figures", broker.figures(ctx).await));
    all.push(shown("items", broker.promised_items(ctx).await));
    let strongest = broker.offers_promising(ctx, "availability.service_uptime", 50).await.unwrap();
    let strongest: Vec<_> = strongest.iter().map(|one| one.card.id).collect();
    all.push(format!("promising: {strongest:?}"));
    for template in broker.templates() {
        for order in Order::ALL {
            let source = RequirementSource::Template(template.key.clone());
            let list = broker.rank(ctx, &source, order, 200).await.unwrap();
            let said = format!("{:?} {:?}", list.relaxations, list.combinations);
            all.push(format!("rank: {:?} {said}", told(&list)));
        }
    }
    let sent = broker.candidates(ctx, &template()).await.unwrap();
    let sent: Vec<_> = sent.cards.iter().map(|card| card.id).collect();
    all.push(format!("sent to the browser: {sent:?}"));
    let provider = broker.provider(ctx, "hokusei").await.unwrap();
    let offers: BTreeSet<_> = provider.offers.iter().map(|card| card.id).collect();
    all.push(format!("provider: {offers:?}"));
    all.push(shown("record", broker.provider_record(ctx, "hokusei").await));
    let mut after = None;
    loop {
        let page = broker.catalogue(&stranger(), after, 50).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|row| row.id).collect();
        after = ids.last().copied();
        all.push(format!("catalogue: {ids:?}"));
        if after.is_none() {
            break;
        }
    }
    for text in sla::EXAMPLE_OFFERS {
        let document = sla::parse_offer(text.yaml).unwrap();
        all.push(shown("middle", broker.beside_the_middle(ctx, &document).await));
    }
    all
}

fn same(found: &[String], expected: &[String]) {
    for (one, other) in found.iter().zip(expected) {
        assert_eq!(one, other);
    }
    assert_eq!(found.len(), expected.len());
}

/// Everything that is asked of one offer.
async fn about(broker: &Broker, ctx: &OpContext, id: OfferId) -> Vec<String> {
    let mut all = Vec::new();
    let page = broker.offer(ctx, id).await.map(|page| page.card.id);
    all.push(shown("offer", page));
    all.push(shown("compare", broker.compare(ctx, &[id]).await.map(|pages| pages.len())));
    all.push(shown("cards", broker.offer_cards(ctx, &[id]).await.map(|cards| cards.len())));
    all.push(shown("end", broker.end_reason(ctx, id).await));
    all.push(shown("events", broker.offer_events(ctx, id, None, 9).await.map(|page| page.head)));
    let older = broker.offer_events(ctx, id, Some(i64::MAX), 9).await.map(|page| page.events.len());
    all.push(shown("older events", older));
    all.push(shown("prices", broker.price_book(ctx, id).await.is_ok().then_some(()).ok_or(())));
    let bill = Bill { plan: plan(), units: Vec::new(), months: 1 };
    all.push(shown("cost", broker.cost(ctx, id, &bill).await.map(drop)));
    all.push(shown("estimate", broker.estimate(ctx, id, &plan()).await));
    all.push(shown("quote", broker.quote(ctx, id, &template()).await.map(drop)));
    all.push(shown("explain", broker.explain(ctx, &template(), id).await.map(drop)));
    let instead = broker.alternatives(ctx, &template(), id, None).await;
    all.push(shown("alternatives", instead.map(|found| found.offers.len())));
    all.push(shown("adoptable", broker.adoptable(ctx, id).await.map(drop)));
    let sign = Sign {
        offer: id,
        offer_version: 1,
        requirement: template(),
        service_name: "service".to_owned(),
        plan: None,
        shown_price: None,
        starts_at: None,
        idempotency_key: "key".to_owned(),
    };
    all.push(shown("sign", broker.sign(ctx, sign).await));
    all
}

fn plan() -> broker::contracts::Plan {
    broker::contracts::Plan {
        instances: 1,
        vcpu: 2,
        ram_mb: 4096,
        storage_gb: 50,
        network_mbps: 100,
        region: "jp-east-1".to_owned(),
    }
}

async fn s1_a_hidden_offer_is_to_everybody_else_as_if_it_were_withdrawn(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let whole = lists(broker, &stranger()).await;
    scene.hide().await;
    let readers = [stranger(), scene.other.clone(), scene.customer.clone()];
    let mut hidden = Vec::new();
    for reader in &readers {
        hidden.push(lists(broker, reader).await);
    }
    scene.show_to(None).await;
    same(&lists(broker, &stranger()).await, &whole);
    broker.withdraw_offer(&scene.provider, scene.offer).await.unwrap();
    broker.sync_market().await.unwrap();
    let withdrawn = lists(broker, &stranger()).await;
    assert_ne!(withdrawn, whole);
    let rare = |lists: &[String]| lists.concat().contains(&scene.offer.to_string());
    assert!(rare(&whole) && !rare(&withdrawn));
    for found in &hidden {
        same(found, &withdrawn);
    }
    scene.market.finish().await;
}

async fn offers_of_a_suspended_provider_are_as_if_they_were_withdrawn(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let (desk, provider) = (market.person(Role::Broker).await, market.person(Role::Provider).await);
    let offers = broker.provider(&stranger(), "hokusei").await.unwrap().offers;
    assert!(offers.len() > 1, "more than one offer leaves");
    let whole = lists(broker, &stranger()).await;
    let turn = |event, reason: &'static str| {
        let desk = desk.clone();
        async move {
            market_turn(broker, &desk, (event, reason)).await;
        }
    };
    market.clock.advance_seconds(1);
    turn(AdmissionEvent::Suspend, "no longer answers").await;
    let mut suspended = Vec::new();
    for reader in [stranger(), market.person(Role::Customer).await] {
        suspended.push(lists(broker, &reader).await);
    }
    assert!(!suspended.concat().concat().contains(&offers[0].id.to_string()));
    let asked = about(broker, &stranger(), offers[0].id).await;
    market.clock.advance_seconds(1);
    turn(AdmissionEvent::Reinstate, "").await;
    same(&lists(broker, &stranger()).await, &whole);
    market.clock.advance_seconds(1);
    for offer in &offers {
        broker.pause_offer(&provider, offer.id, "").await.unwrap();
    }
    assert_eq!(asked, about(broker, &stranger(), offers[0].id).await);
    for offer in &offers {
        broker.withdraw_offer(&provider, offer.id).await.unwrap();
    }
    let withdrawn = lists(broker, &stranger()).await;
    for found in &suspended {
        same(found, &withdrawn);
    }
    market.finish().await;
}

async fn market_turn(broker: &Broker, desk: &OpContext, turn: (AdmissionEvent, &str)) {
    let read = broker.admission(desk, "hokusei").await.unwrap().revision;
    broker.turn_admission(desk, "hokusei", turn, read).await.unwrap();
}

async fn s1_whatever_is_asked_of_a_hidden_offer_is_answered_as_of_an_unknown_id(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    broker.write_feed().await.unwrap();
    scene.hide().await;
    scene.market.clock.advance_seconds(1);
    broker.write_feed().await.unwrap();
    let unknown = OfferId(Uuid::from_u128(77));
    for reader in [stranger(), scene.other.clone(), scene.customer.clone()] {
        let asked = about(broker, &reader, scene.offer).await;
        assert_eq!(asked, about(broker, &reader, unknown).await);
    }
    // A paused one, and a withdrawn one, say no more.
    broker.pause_offer(&scene.provider, scene.offer, "").await.unwrap();
    assert_eq!(
        about(broker, &scene.other, scene.offer).await,
        about(broker, &scene.other, unknown).await
    );
    broker.withdraw_offer(&scene.provider, scene.offer).await.unwrap();
    assert_eq!(
        about(broker, &scene.other, scene.offer).await,
        about(broker, &scene.other, unknown).await
    );
    scene.market.finish().await;
}

async fn s1_who_is_invited_and_its_provider_and_the_broker_see_all_of_it(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let whole = lists(broker, &stranger()).await;
    scene.hide().await;
    scene.invite(&scene.customer).await;
    assert!(!scene.knows(&scene.customer).await, "invited is not in yet");
    let mine = broker.my_invitations(&scene.customer).await.unwrap();
    broker.accept_invitation(&scene.customer, mine[0].id).await.unwrap();
    let desk = scene.market.person(Role::Broker).await;
    // What everybody reads alike stays public: the catalogue, the figures, the items and the middles.
    let personal = |list: &&String| {
        !["catalogue", "figures", "items", "promising", "middle"]
            .iter()
            .any(|one| list.starts_with(one))
    };
    let expected: Vec<&String> = whole.iter().filter(personal).collect();
    for reader in [&scene.customer, &scene.provider, &desk] {
        assert!(scene.knows(reader).await);
        let found = lists(broker, reader).await;
        assert_eq!(found.iter().filter(personal).collect::<Vec<_>>(), expected);
    }
    for reader in [stranger(), scene.other.clone()] {
        assert!(!scene.knows(&reader).await);
    }
    let card = broker.offer(&scene.customer, scene.offer).await.unwrap().card;
    assert_eq!(card.audience, Some(AudienceKind::Private));
    let chosen = vec![(FacetField::Provider, "hokusei".to_owned())];
    let query = MarketQuery { chosen, per_page: 100, ..MarketQuery::default() };
    let found = broker.browse(&scene.customer, &query).await.unwrap();
    assert!(found.items.iter().any(|card| card.id == scene.offer));
    scene.market.finish().await;
}

async fn s1_another_process_and_the_next_start_hide_it_too(engine: Engine) {
    let scene = Scene::open(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let other = second(&scene.market, folder.path()).await;
    assert!(other.offer(&stranger(), scene.offer).await.is_ok());
    scene.hide().await;
    other.sync_market().await.unwrap();
    assert!(other.offer(&stranger(), scene.offer).await.is_err(), "the other process follows");
    scene.join(&scene.customer).await;
    other.sync_market().await.unwrap();
    assert!(other.offer(&scene.customer, scene.offer).await.is_ok());
    let expected = lists(&scene.market.broker, &scene.other).await;
    assert_eq!(lists(&other, &scene.other).await, expected);
    other.keep_match_index().await.unwrap();
    drop(other);
    let again = second(&scene.market, folder.path()).await;
    assert_eq!(lists(&again, &scene.other).await, expected, "taken up from what was kept");
    assert_eq!(
        lists(&again, &scene.customer).await,
        lists(&scene.market.broker, &scene.customer).await
    );
    again.reindex().await.unwrap();
    assert_eq!(lists(&again, &scene.other).await, expected, "read anew");
    scene.market.finish().await;
}

async fn s1_ratings_tell_of_no_offer_that_the_reader_may_not_know_of(engine: Engine) {
    let scene = Scene::of(TestBroker::with_cloud(engine, 2).await, AudienceKind::Private).await;
    let broker = &scene.market.broker;
    let contract = scene.market.sign(&scene.customer, OFFER, "one").await.unwrap();
    scene.market.run_workflows().await;
    let rating =
        broker::ratings::RateService { service: 5, ordering: 4, comment: "good".to_owned() };
    broker.rate_service(&scene.customer, contract, &rating).await.unwrap();
    let read = async |ctx: &OpContext| {
        let found = broker.provider_ratings(ctx, "hokusei", None, 9).await.unwrap();
        found.items.iter().map(|item| item.offer).collect::<Vec<_>>()
    };
    assert_eq!(read(&stranger()).await, [scene.offer]);
    scene.hide().await;
    assert_eq!(read(&stranger()).await, []);
    assert_eq!(read(&scene.other).await, []);
    assert_eq!(read(&scene.provider).await, [scene.offer]);
    scene.join(&scene.customer).await;
    assert_eq!(read(&scene.customer).await, [scene.offer]);
    scene.market.finish().await;
}

async fn s1_a_contract_goes_on_when_its_customer_may_not_know_of_the_offer_any_more(
    engine: Engine,
) {
    let scene = Scene::of(TestBroker::with_cloud(engine, 3).await, AudienceKind::Private).await;
    let broker = &scene.market.broker;
    scene.hide().await;
    let invitation = scene.join(&scene.customer).await;
    let version = broker.offer(&scene.customer, scene.offer).await.unwrap().card.version;
    let sign = |key: &str| Sign {
        offer: scene.offer,
        offer_version: version,
        requirement: template(),
        service_name: "service".to_owned(),
        plan: None,
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    };
    let id = broker.sign(&scene.customer, sign("one")).await.unwrap();
    scene.market.run_workflows().await;
    assert_eq!(scene.market.state(&scene.customer, id).await, domain::ContractState::Active);
    scene.market.clock.advance_seconds(1);
    broker.take_back_invitation(&scene.provider, invitation.id).await.unwrap();
    let refused = broker.sign(&scene.customer, sign("two")).await.unwrap_err();
    assert_eq!(refused.code(), "not_found");
    assert_eq!(broker.sign(&scene.customer, sign("one")).await.unwrap(), id, "signed before");
    let page = scene.market.page(&scene.customer, id).await;
    assert_eq!(page.card.state, domain::ContractState::Active);
    broker.release(&scene.customer, id).await.unwrap();
    scene.market.run_workflows().await;
    assert_eq!(scene.market.state(&scene.customer, id).await, domain::ContractState::Released);
    scene.market.finish().await;
}

on_both!(
    offers_of_a_suspended_provider_are_as_if_they_were_withdrawn,
    s1_a_hidden_offer_is_to_everybody_else_as_if_it_were_withdrawn,
    s1_whatever_is_asked_of_a_hidden_offer_is_answered_as_of_an_unknown_id,
    s1_who_is_invited_and_its_provider_and_the_broker_see_all_of_it,
    s1_another_process_and_the_next_start_hide_it_too,
    s1_ratings_tell_of_no_offer_that_the_reader_may_not_know_of,
    s1_a_contract_goes_on_when_its_customer_may_not_know_of_the_offer_any_more,
);
