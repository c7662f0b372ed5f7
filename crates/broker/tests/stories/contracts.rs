//! From signature to erasure on a real cloud, and what happens when the capacity is gone.

use crate::on_both;
use broker::contracts::{AlternativeOffer, Plan, Sign};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{ContractState, Role};
use provider_api::{ErasureStatement, Probe, ProbeError, ResourceState};
use std::time::Duration;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";

/// Asks an address as its users do.
async fn ask(address: &str) -> Result<u16, ProbeError> {
    let policy = provider_api::AddressPolicy::allowing(testkit::loopback());
    let probe = provider_api::HttpProbe::new(Duration::from_secs(5), policy).unwrap();
    probe.probe(address).await.map(|answer| answer.status)
}

async fn a_service_lives_from_signature_to_signed_erasure(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    assert_eq!(market.state(&customer, id).await, ContractState::Activating);
    market.run_workflows().await;

    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Active, "{:?}", page.timelines);
    let address = page.card.address.clone().unwrap();
    assert_eq!(ask(&address).await, Ok(200));
    assert!(page.timelines[0].steps.iter().all(|step| step.status == "done"));

    assert_eq!(market.broker.observe_services().await.unwrap(), 1);
    let (from, to) = (market.broker.now().plus_us(-1), market.broker.now().plus_us(1));
    let seen = market.broker.observations(&customer, id, from, to, 1).await.unwrap();
    assert_eq!((seen[0].samples, seen[0].ok), (1, 1));
    assert!(seen[0].mean_us.is_some());

    let allocation = market.allocations(id).await.remove(0);
    let cloud = market.cloud.as_ref().unwrap();
    assert!(cloud.volume_exists(allocation.id.as_str()));
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;

    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Released, "{:?}", page.timelines);
    assert_eq!(page.card.address, None);
    assert!(ask(&address).await.is_err(), "the address refuses");
    assert!(!cloud.volume_exists(allocation.id.as_str()), "the data are gone");
    let stored = page.statement.unwrap();
    let statement: ErasureStatement = serde_json::from_str(&stored.statement).unwrap();
    let key = market.driver().capabilities().await.unwrap().erasure_key.unwrap();
    statement.verify_with(&key).unwrap();
    assert!(page.usage.unwrap().contains("\"final\":true"));
    assert_eq!(market.allocations(id).await[0].state, ResourceState::Erased);
    market.finish().await;
}

async fn uc5_4_the_contract_freezes_both_texts_and_their_hashes(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    let before = market.page(&customer, id).await;
    let provider = market.person(Role::Provider).await;
    let edited = market.broker.offer(&customer, before.offer).await.unwrap().yaml;
    let edited = edited.replace("182000", "999000");
    market.broker.save_offer(&provider, &edited).await.unwrap();
    market.broker.publish_offer(&provider, before.offer).await.unwrap();
    let after = market.page(&customer, id).await;
    assert_eq!(after.offer_document, before.offer_document);
    assert_eq!(after.offer_hash, before.offer_hash);
    assert_eq!(after.card.price, before.card.price);
    market.run_workflows().await;
    market.finish().await;
}

async fn signing_twice_with_one_key_makes_one_contract(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let first = market.sign(&customer, OFFER, "same").await.unwrap();
    let second = market.sign(&customer, OFFER, "same").await.unwrap();
    assert_eq!(first, second);
    market.run_workflows().await;
    assert_eq!(market.allocations(first).await.len(), 1);
    assert_eq!(market.broker.contracts(&customer, None, 10).await.unwrap().items.len(), 1);
    market.finish().await;
}

async fn clicks_at_the_same_moment_sign_once_and_save_one_need(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let click = || market.sign(&customer, OFFER, "same");
    let (a, b, c) = tokio::join!(click(), click(), click());
    let first = a.unwrap();
    assert_eq!((b.unwrap(), c.unwrap()), (first, first));
    assert_eq!(market.broker.contracts(&customer, None, 10).await.unwrap().items.len(), 1);
    assert_eq!(market.broker.my_requirements(&customer, None, 200).await.unwrap().items.len(), 1);
    market.run_workflows().await;
    assert_eq!(market.allocations(first).await.len(), 1);
    market.finish().await;
}

async fn two_contracts_race_for_the_last_capacity_and_one_wins(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let rival = customer_of(&market, "rival").await;
    let (mine, theirs) =
        tokio::join!(market.sign(&customer, OFFER, "mine"), market.sign(&rival, OFFER, "theirs"),);
    let (mine, theirs) = (mine.unwrap(), theirs.unwrap());
    let config = workflow::EngineConfig::default();
    let engines =
        [(); 2].map(|()| workflow::Engine::new(market.broker.engine_parts(config)).unwrap());
    let (a, b) = tokio::join!(engines[0].run_until_idle(500), engines[1].run_until_idle(500));
    a.unwrap();
    b.unwrap();
    market.run_workflows().await;
    let pages = [market.page(&customer, mine).await, market.page(&rival, theirs).await];
    let winners = pages.iter().filter(|page| page.card.state == ContractState::Active).count();
    assert_eq!(winners, 1, "{:?}", pages.each_ref().map(|page| page.card.state));
    let loser = pages.iter().find(|page| page.card.state == ContractState::Failed).unwrap();
    assert_eq!(loser.failure.as_deref(), Some("no_capacity"));
    let others = &loser.alternatives.offers;
    assert!(!others.is_empty(), "the refusal names the next best offers");
    assert!(others.iter().all(|row| row.card.backed && row.card.id != loser.offer));
    let fits: Vec<bool> = others.iter().map(|row| row.explanation.totals.matched).collect();
    assert!(fits.is_sorted_by(|a, b| a >= b), "what contains the need comes first: {fits:?}");
    for row in others {
        let told = AlternativeOffer::from(row);
        assert_eq!(told.matched, told.missed.is_empty(), "{told:?}");
    }
    market.finish().await;
}

async fn a_region_the_offer_is_not_made_in_and_a_reused_key_are_refused(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let source = RequirementSource::Template("certificate-service".to_owned());
    let quote = market.broker.quote(&customer, offer, &source).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: source,
        service_name: "証明サービス".to_owned(),
        plan: Some(Plan { region: "mars-1".to_owned(), ..quote.plan.clone() }),
        shown_price: None,
        starts_at: None,
        idempotency_key: "one".to_owned(),
    };
    let refused = market.broker.sign(&customer, sign.clone()).await;
    assert!(
        matches!(&refused, Err(BrokerError::Invalid(faults)) if faults[0].pointer == "/plan/region"),
        "{refused:?}"
    );
    let here = Sign { plan: Some(quote.plan), ..sign };
    let first = market.broker.sign(&customer, here.clone()).await.unwrap();
    let other = Sign { service_name: "another".to_owned(), ..here };
    let refused = market.broker.sign(&customer, other).await;
    assert!(
        matches!(&refused, Err(BrokerError::SignedBefore { contract }) if *contract == first),
        "{refused:?}"
    );
    market.run_workflows().await;
    market.finish().await;
}

async fn a_catalogue_only_offer_is_refused_with_its_reason(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let customer = market.person(Role::Customer).await;
    let refused = market.sign(&customer, OFFER, "one").await;
    assert!(
        matches!(refused, Err(BrokerError::NotOrderable { code: "catalogue_only", .. })),
        "{refused:?}"
    );
    assert!(market.broker.contracts(&customer, None, 10).await.unwrap().items.is_empty());
    market.finish().await;
}

async fn an_offer_is_contracted_only_while_it_is_valid(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let provider = market.person(Role::Provider).await;
    let offer = market.offer(OFFER).await;
    let text = market.broker.offer(&customer, offer).await.unwrap().yaml;
    let document = sla::parse_offer(&text).unwrap();
    let at = |moment: &str| sla::Timestamp::parse(moment);
    // The stories begin on 2026-11-22.
    let spans = [
        (None, at("2026-11-01T00:00:00Z"), "no_longer_valid"),
        (at("2027-10-01T00:00:00Z"), None, "not_valid_yet"),
        (at("2026-11-22T12:00:00Z"), at("2026-11-23T00:00:00Z"), "not_valid_yet"),
    ];
    for (number, (from, until, expected)) in spans.into_iter().enumerate() {
        let mut next = document.clone();
        (next.metadata.valid_from, next.metadata.valid_until) = (from, until);
        next.metadata.signature = None;
        market.broker.save_offer(&provider, &sla::to_yaml(&next)).await.unwrap();
        market.broker.publish_offer(&provider, offer).await.unwrap();
        let source = RequirementSource::Template("certificate-service".to_owned());
        let quote = market.broker.quote(&customer, offer, &source).await.unwrap();
        assert_eq!((quote.obstacle, quote.ranked.card.backed), (Some(expected), false));
        let signed = market.sign(&customer, OFFER, &format!("valid {number}")).await;
        assert!(
            matches!(&signed, Err(BrokerError::NotOrderable { code, .. }) if *code == expected),
            "{signed:?}"
        );
    }
    // It begins and ends while the market stands open: what was read before does not decide.
    market.clock.advance_seconds(18 * 3600);
    market.sign(&customer, OFFER, "in time").await.unwrap();
    market.clock.advance_seconds(24 * 3600);
    let late = market.sign(&customer, OFFER, "late").await;
    let code = "no_longer_valid";
    assert!(
        matches!(&late, Err(BrokerError::NotOrderable { code: found, .. }) if *found == code),
        "{late:?}"
    );
    market.run_workflows().await;
    market.finish().await;
}

async fn strangers_and_other_tenants_learn_nothing_of_a_contract(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    let other = customer_of(&market, "other").await;
    for refused in [
        market.broker.contract(&other, id).await.map(drop),
        market.broker.timelines(&other, id).await.map(drop),
        market.broker.release(&other, id).await,
    ] {
        assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    }
    let stranger = OpContext::stranger("test");
    let refused = market.broker.contract(&stranger, id).await;
    assert!(matches!(refused, Err(BrokerError::SignInFirst)));
    market.run_workflows().await;
    market.finish().await;
}

on_both!(
    a_service_lives_from_signature_to_signed_erasure,
    uc5_4_the_contract_freezes_both_texts_and_their_hashes,
    signing_twice_with_one_key_makes_one_contract,
    clicks_at_the_same_moment_sign_once_and_save_one_need,
    two_contracts_race_for_the_last_capacity_and_one_wins,
    a_region_the_offer_is_not_made_in_and_a_reused_key_are_refused,
    a_catalogue_only_offer_is_refused_with_its_reason,
    an_offer_is_contracted_only_while_it_is_valid,
    strangers_and_other_tenants_learn_nothing_of_a_contract,
);
