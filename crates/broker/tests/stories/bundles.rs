//! Bundles: who makes them of what, who sees them, what they cost, and ordering one.

use crate::on_both;
use broker::bundles::{BundleText, BundleView, BundleWish};
use broker::contracts::{OrderMember, SignOrder};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{ContractState, OfferId, Role};
use testkit::{Engine, TestBroker};

fn wish(title: &str, shown: bool, offers: &[OfferId]) -> BundleWish {
    let text = BundleText {
        title_en: title.to_owned(),
        title_ja: String::new(),
        text_en: String::new(),
        text_ja: "まとめ買い".to_owned(),
        shown,
    };
    BundleWish { text, offers: offers.to_vec() }
}

fn faults(found: Result<BundleView, BrokerError>) -> Vec<(String, String)> {
    match found {
        Err(BrokerError::Invalid(faults)) => {
            faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn is_missing(found: &Result<BundleView, BrokerError>) -> bool {
    matches!(found, Err(BrokerError::NotFound { what: "bundle" }))
}

async fn uc5_4_a_bundle_of_several_providers_is_shown_with_its_price(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, stranger) = (&market.broker, OpContext::stranger("test"));
    let desk = market.person(Role::Broker).await;
    let offers = [market.offer("hokusei-gov-iaas").await, market.offer("edge-burst-tokyo").await];
    let made = broker.make_bundle(&desk, &wish(" Two places ", false, &offers)).await.unwrap();
    assert_eq!(
        (made.title_en(), made.title_ja(), made.text_en()),
        ("Two places", "Two places", "まとめ買い")
    );
    assert!(is_missing(&broker.bundle(&stranger, made.id).await), "not shown yet");
    assert!(broker.bundles(&stranger, None, 10).await.unwrap().items.is_empty());
    let shown = wish("Two places", true, &[offers[1], offers[0]]);
    let changed = broker.change_bundle(&desk, (made.id, made.revision), &shown).await.unwrap();
    let seen = broker.bundle(&stranger, made.id).await.unwrap();
    assert_eq!((seen.revision, seen.members[0].offer), (changed.revision, offers[1]));
    let prices = seen.members.iter().map(|member| member.card.as_ref().unwrap().price.unwrap());
    let sum = prices.reduce(|one, other| one.plus(other).unwrap());
    assert_eq!(seen.total, sum);
    assert_eq!(broker.bundles_with(&stranger, offers[0]).await.unwrap().len(), 1);
    // Somebody else was faster.
    let late = broker.change_bundle(&desk, (made.id, made.revision), &shown).await;
    assert!(matches!(late, Err(BrokerError::Conflict { code: "changed_meanwhile", .. })));
    // One of them leaves the market: nobody adds its price, and nobody can order the bundle.
    let provider = market.person(Role::Provider).await;
    broker.withdraw_offer(&provider, offers[0]).await.unwrap();
    let seen = broker.bundle(&stranger, made.id).await.unwrap();
    assert!(seen.members[1].card.is_none() && seen.total.is_none() && !seen.is_orderable());
    broker.remove_bundle(&desk, made.id).await.unwrap();
    assert!(is_missing(&broker.bundle(&desk, made.id).await));
    market.finish().await;
}

async fn a_provider_bundles_its_own_offers_and_nobody_elses(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let provider = market.person(Role::Provider).await;
    let own = market.offer("hokusei-gov-iaas").await;
    let foreign = market.offer("edge-burst-tokyo").await;
    let told = faults(broker.make_bundle(&provider, &wish("", true, &[own, foreign])).await);
    let expected = [("/title", "title_missing"), ("/offers/1", "foreign_offer")];
    assert_eq!(told, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    for offers in [vec![], vec![own], vec![own, own]] {
        let told = faults(broker.make_bundle(&provider, &wish("x", true, &offers)).await);
        assert_eq!(told[0].0, "/offers", "{offers:?}");
    }
    let unknown = OfferId(uuid::Uuid::nil());
    let told = faults(broker.make_bundle(&provider, &wish("x", true, &[own, unknown])).await);
    assert_eq!(told[0].1, "offer_unknown");
    let yaml = broker.my_offer(&provider, own).await.unwrap().yaml;
    let second = yaml.replace("hokusei-gov-iaas", "hokusei-second");
    let second = broker.save_offer(&provider, &second).await.unwrap().card.id;
    broker.publish_offer(&provider, second).await.unwrap();
    let made = broker.make_bundle(&provider, &wish("Both", false, &[own, second])).await.unwrap();
    assert_eq!(made.provider.as_ref().unwrap().slug, "hokusei");
    let (desk, customer) = (market.person(Role::Broker).await, market.person(Role::Customer).await);
    for who in [&desk, &customer, &OpContext::stranger("test")] {
        assert!(is_missing(&broker.bundle(who, made.id).await), "it is not shown");
        let wish = wish("x", true, &[own, second]);
        assert!(broker.change_bundle(who, (made.id, 1), &wish).await.is_err());
        assert!(broker.remove_bundle(who, made.id).await.is_err());
    }
    for who in [&customer, &OpContext::stranger("test")] {
        assert!(broker.make_bundle(who, &wish("x", true, &[own, second])).await.is_err());
        assert!(broker.own_bundles(who, None, 10).await.is_err());
    }
    assert_eq!(broker.own_bundles(&provider, None, 10).await.unwrap().items.len(), 1);
    assert!(broker.own_bundles(&desk, None, 10).await.unwrap().items.is_empty());
    market.finish().await;
}

async fn reading_bundles_takes_the_same_number_of_statements_for_any_number(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, stranger) = (&market.broker, OpContext::stranger("test"));
    let desk = market.person(Role::Broker).await;
    let offers = [market.offer("hokusei-gov-iaas").await, market.offer("edge-burst-tokyo").await];
    let mut sent = Vec::new();
    for more in [1, 8] {
        for _ in 0..more {
            broker.make_bundle(&desk, &wish("x", true, &offers)).await.unwrap();
        }
        let (found, statements) =
            storage::stats::counting(broker.bundles(&stranger, None, 50)).await;
        assert!(!found.unwrap().items.is_empty());
        sent.push(statements);
    }
    assert_eq!(sent[0], sent[1]);
    market.finish().await;
}

async fn uc5_4_a_bundle_is_ordered_as_one(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 8).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let customer = market.person(Role::Customer).await;
    let own = market.offer("hokusei-gov-iaas").await;
    let provider = market.person(Role::Provider).await;
    let yaml = broker.my_offer(&provider, own).await.unwrap().yaml;
    let second = yaml.replace("hokusei-gov-iaas", "hokusei-second");
    let second = broker.save_offer(&provider, &second).await.unwrap().card.id;
    broker.publish_offer(&provider, second).await.unwrap();
    let bundle = broker.make_bundle(&desk, &wish("Both", true, &[own, second])).await.unwrap();
    assert!(bundle.is_orderable());
    let members = bundle.members.iter().map(|member| OrderMember {
        offer: member.offer,
        offer_version: member.card.as_ref().unwrap().version,
        plan: None,
        shown_price: None,
    });
    let sign = SignOrder {
        members: members.collect(),
        requirement: RequirementSource::Template("certificate-service".to_owned()),
        service_name: "Both".to_owned(),
        idempotency_key: "bundle".to_owned(),
    };
    let order = broker.sign_order(&customer, sign).await.unwrap();
    market.run_workflows().await;
    let found = broker.order(&customer, order).await.unwrap();
    let states: Vec<_> = found.contracts.iter().map(|contract| contract.state).collect();
    assert_eq!(states, [ContractState::Active; 2]);
    for contract in found.contracts {
        broker.release(&customer, contract.id).await.unwrap();
    }
    market.run_workflows().await;
    market.finish().await;
}

on_both! {
    uc5_4_a_bundle_of_several_providers_is_shown_with_its_price,
    a_provider_bundles_its_own_offers_and_nobody_elses,
    reading_bundles_takes_the_same_number_of_statements_for_any_number,
    uc5_4_a_bundle_is_ordered_as_one,
}
