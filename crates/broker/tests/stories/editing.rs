//! The editor loses nothing that is typed, and two people who change one offer lose nothing of each other
//! (F7.1.1).

use crate::on_both;
use broker::offers::{EditingWay, MadeOf, Merge, Side};
use broker::{BrokerError, OpContext};
use domain::{OfferId, Role};
use std::collections::BTreeMap;
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-standard-iaas";
const UPTIME: &str = "/spec/items/availability.service_uptime";
const ERASURE: &str = "/spec/items/exit.erasure_time";

fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn own(market: &TestBroker) -> (OpContext, OfferId, sla::Offer, i64) {
    let provider = market.person(Role::Provider).await;
    let offer = market.broker.my_offer_named(&provider, OFFER).await.unwrap().unwrap();
    (provider, offer.card.id, offer.document, offer.card.current_version)
}

async fn what_is_typed_is_kept_for_its_member_until_it_is_dropped(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, id, _, version) = own(&market).await;
    let broker = &market.broker;
    let fields = typed(&[("name", "Not A Name"), ("set", "a"), ("set", "b"), ("text", "</x>\n…")]);
    let (form, document) = (EditingWay::Form, EditingWay::Document);
    for offer in [Some(id), None] {
        assert_eq!(broker.working_copies(&provider, offer).await.unwrap(), []);
        broker
            .keep_working_copy(&provider, offer, form, Some(1), &typed(&[("a", "first")]))
            .await
            .unwrap();
        market.clock.advance_seconds(1);
        let at =
            broker.keep_working_copy(&provider, offer, form, Some(version), &fields).await.unwrap();
        let kept = broker.working_copies(&provider, offer).await.unwrap();
        assert_eq!(kept.len(), 1, "the latest replaces the one before");
        assert_eq!((&kept[0].fields, kept[0].made_of), (&fields, Some(version)));
        assert_eq!((kept[0].way, kept[0].kept_at), (form, at));
        market.clock.advance_seconds(1);
        broker
            .keep_working_copy(&provider, offer, document, None, &typed(&[("yaml", "a: [")]))
            .await
            .unwrap();
        let ways: Vec<EditingWay> =
            broker.working_copies(&provider, offer).await.unwrap().iter().map(|c| c.way).collect();
        assert_eq!(ways, [document, form], "the latest first");
    }
    for _ in 0..2 {
        broker.drop_working_copies(&provider, Some(id)).await.unwrap();
        assert_eq!(broker.working_copies(&provider, Some(id)).await.unwrap(), []);
    }
    assert_eq!(broker.working_copies(&provider, None).await.unwrap().len(), 2, "another offer's");
    let versions = broker.my_offer(&provider, id).await.unwrap().versions.len();
    assert_eq!(i64::try_from(versions).unwrap(), version, "it is no version");
    market.finish().await;
}

async fn working_copies_are_refused_to_strangers_and_other_tenants(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, id, document, version) = own(&market).await;
    let other = testkit::offer_named(&market.broker, "edge-burst-tokyo").await;
    let customer = market.person(Role::Customer).await;
    let broker_person = market.person(Role::Broker).await;
    let stranger = OpContext::stranger("test");
    let text = sla::to_yaml(&document);
    for ctx in [&customer, &broker_person, &stranger] {
        for offer in [Some(id), None] {
            let way = EditingWay::Form;
            assert!(market.broker.keep_working_copy(ctx, offer, way, None, &[]).await.is_err());
            assert!(market.broker.working_copies(ctx, offer).await.is_err());
            assert!(market.broker.drop_working_copies(ctx, offer).await.is_err());
        }
        let made_of = MadeOf { offer: id, version };
        let merged = market.broker.merge_offer(ctx, &text, made_of, &BTreeMap::new()).await;
        assert!(merged.is_err(), "{merged:?}");
    }
    let refused = market.broker.working_copies(&provider, Some(other)).await.unwrap_err();
    assert!(matches!(refused, BrokerError::NotFound { .. }), "{refused:?}");
    let made_of = MadeOf { offer: other, version: 1 };
    let refused = market.broker.merge_offer(&provider, &text, made_of, &BTreeMap::new()).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    market.finish().await;
}

/// The document with another number at an item of it.
fn with(document: &sla::Offer, part: &str, number: &str) -> String {
    let key = part.rsplit('/').next().unwrap();
    let mut document = document.clone();
    let item = document.spec.items.iter_mut().find(|item| item.item == key).unwrap();
    item.value = sla::Value::Number(number.parse().unwrap());
    (item.commitment, item.remedy) = (sla::Commitment::Objective, None);
    sla::to_yaml(&document)
}

fn number(merge: &Merge, part: &str) -> sla::Value {
    let key = part.rsplit('/').next().unwrap();
    merge.check.offer.as_ref().unwrap().item(key).unwrap().value.clone()
}

async fn changes_of_different_items_are_merged_and_of_the_same_are_for_a_person(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, id, document, version) = own(&market).await;
    let made_of = MadeOf { offer: id, version };
    let theirs = with(&document, UPTIME, "0.9");
    market.broker.save_offer(&provider, &theirs).await.unwrap();

    let yours = with(&document, ERASURE, "7");
    let refused = market.broker.revise_offer(&provider, &yours, made_of).await.unwrap_err();
    assert_eq!(refused.code(), "offer_changed");
    let none = BTreeMap::new();
    let merge = market.broker.merge_offer(&provider, &yours, made_of, &none).await.unwrap();
    assert_eq!((merge.base, merge.newest), (version, version + 1));
    assert_eq!((merge.theirs.join(" "), merge.yours.join(" ")), (UPTIME.into(), ERASURE.into()));
    assert_eq!(merge.clashes, []);
    let of = |text: &str| sla::Value::Number(text.parse().unwrap());
    assert_eq!((number(&merge, UPTIME), number(&merge, ERASURE)), (of("0.9"), of("7")));
    let now = MadeOf { offer: id, version: merge.newest };
    let yaml = merge.check.yaml.clone().unwrap();
    let saved = market.broker.revise_offer(&provider, &yaml, now).await.unwrap();
    assert_eq!(saved.card.current_version, version + 2);

    let clash = with(&document, UPTIME, "0.8");
    let merge = market.broker.merge_offer(&provider, &clash, made_of, &none).await.unwrap();
    let parts: Vec<&str> = merge.clashes.iter().map(|clash| clash.part.as_str()).collect();
    assert_eq!((parts, merge.theirs.join(" ")), (vec![UPTIME], ERASURE.to_owned()));
    for (side, value) in [(Side::Yours, "0.8"), (Side::Theirs, "0.9")] {
        let chosen = BTreeMap::from([(UPTIME.to_owned(), side)]);
        let merge = market.broker.merge_offer(&provider, &clash, made_of, &chosen).await.unwrap();
        assert_eq!((merge.clashes.len(), number(&merge, UPTIME)), (0, of(value)));
        assert_eq!(number(&merge, ERASURE), of("7"), "what nobody else touched stays");
    }
    market.finish().await;
}

on_both!(
    what_is_typed_is_kept_for_its_member_until_it_is_dropped,
    working_copies_are_refused_to_strangers_and_other_tenants,
    changes_of_different_items_are_merged_and_of_the_same_are_for_a_person,
);
