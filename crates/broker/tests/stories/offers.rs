//! The provider's side: drafts, versions, publishing, withdrawing, forms.

use crate::on_both;
use broker::{BrokerError, OpContext};
use domain::{OfferState, Role};
use testkit::{Engine, TestBroker};

async fn yaml(market: &TestBroker) -> String {
    let offer = market.offer("hokusei-gov-iaas").await;
    let page = market.broker.offer(&OpContext::stranger("test"), offer).await.unwrap();
    page.yaml.replace("hokusei-gov-iaas", "hokusei-new-offer")
}

async fn a_draft_is_unseen_until_published_and_gone_when_withdrawn(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let stranger = OpContext::stranger("test");
    let draft = market.broker.save_offer(&provider, &yaml(&market).await).await.unwrap();
    let id = draft.card.id;
    assert_eq!(draft.card.state, OfferState::Draft);
    assert!(matches!(market.broker.offer(&stranger, id).await, Err(BrokerError::NotFound { .. })));
    market.broker.publish_offer(&provider, id).await.unwrap();
    assert_eq!(market.broker.offer(&stranger, id).await.unwrap().card.version, 1);
    market.broker.withdraw_offer(&provider, id).await.unwrap();
    assert!(matches!(market.broker.offer(&stranger, id).await, Err(BrokerError::NotFound { .. })));
    market.finish().await;
}

async fn an_edit_makes_a_new_version_and_the_old_one_stays(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let text = yaml(&market).await;
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    market.broker.publish_offer(&provider, id).await.unwrap();
    let same = market.broker.save_offer(&provider, &text).await.unwrap();
    assert_eq!(same.card.current_version, 1, "an unchanged document makes no version");
    let edited = text.replace("182000", "190000");
    assert_ne!(edited, text);
    let second = market.broker.save_offer(&provider, &edited).await.unwrap();
    assert_eq!((second.card.current_version, second.card.published_version), (2, Some(1)));
    assert_ne!(second.versions[0].hash, second.versions[1].hash);
    market.broker.publish_offer(&provider, id).await.unwrap();
    let shown = market.broker.offer(&OpContext::stranger("test"), id).await.unwrap();
    assert_eq!(shown.card.version, 2);
    market.finish().await;
}

async fn nobody_writes_for_another_provider(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let foreign = yaml(&market).await.replace("did:web:hokusei.example", "did:web:other.example");
    let refused = market.broker.save_offer(&provider, &foreign).await;
    assert!(
        matches!(&refused, Err(BrokerError::Invalid(faults)) if faults[0].code == "foreign_provider"),
        "{refused:?}"
    );
    let theirs = market.offer("edge-burst-tokyo").await;
    let refused = market.broker.withdraw_offer(&provider, theirs).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let customer = market.person(Role::Customer).await;
    let refused = market.broker.save_offer(&customer, &yaml(&market).await).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)));
    market.finish().await;
}

async fn every_fault_of_a_text_is_told_at_once_and_nothing_is_saved(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let broken = yaml(&market)
        .await
        .replace("availability.mttr", "availability.mtr")
        .replace("model: IaaS", "model: IaaaS");
    let before = market.broker.my_offers(&provider, None, 200).await.unwrap().items.len();
    match market.broker.save_offer(&provider, &broken).await {
        Err(BrokerError::Invalid(faults)) => {
            let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
            assert!(pointers.contains(&"/spec/service/model"), "{pointers:?}");
            assert!(
                pointers.iter().any(|pointer| pointer.starts_with("/spec/items/")),
                "{pointers:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(market.broker.my_offers(&provider, None, 200).await.unwrap().items.len(), before);
    market.finish().await;
}

async fn a_form_and_its_document_say_the_same(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let did = "did:web:hokusei.example";
    let form = broker::offers::OfferForm {
        name: "small-offer".into(),
        title_en: "Small".into(),
        title_ja: "小".into(),
        model: "IaaS".into(),
        deployment: "public".into(),
        region: "jp-sapporo-1".into(),
        country: "JP".into(),
        price: "12000".into(),
        currency: "JPY".into(),
        commitment: "guaranteed".into(),
        items: vec![
            ("availability.service_uptime".into(), "99.9 %".into()),
            ("availability.rto".into(), "4 h".into()),
            ("security.data_location".into(), "JP".into()),
            ("availability.rpo".into(), String::new()),
        ],
        ..Default::default()
    };
    let check = market.broker.check_offer_form(did, &form);
    assert_eq!(check.faults, []);
    let offer = check.offer.unwrap();
    assert_eq!(offer.item("availability.rto").unwrap().value.as_number(), Some(14_400.into()));
    assert!(offer.item("availability.rpo").is_none(), "an empty field stays undeclared");
    let again = market.broker.check_offer_form(did, &market.broker.offer_form(&offer));
    assert_eq!(again.offer, Some(offer));
    let bad = broker::offers::OfferForm {
        items: vec![("availability.rto".into(), "soon".into())],
        country: "Japan".into(),
        ..form
    };
    let pointers: Vec<String> = market
        .broker
        .check_offer_form(did, &bad)
        .faults
        .into_iter()
        .map(|fault| fault.pointer)
        .collect();
    assert_eq!(pointers, ["/country", "/items/availability.rto"]);
    market.finish().await;
}

async fn lists_of_ones_own_are_read_part_by_part_to_their_end(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let text = yaml(&market).await;
    for number in 0..5 {
        let named = text.replace("hokusei-new-offer", &format!("hokusei-part-{number}"));
        market.broker.save_offer(&provider, &named).await.unwrap();
    }
    let whole = market.broker.my_offers(&provider, None, 200).await.unwrap();
    assert_eq!(whole.next, None, "there are fewer than 200");
    let (mut parts, mut cursor) = (Vec::new(), None);
    loop {
        let part = market.broker.my_offers(&provider, cursor.as_deref(), 2).await.unwrap();
        assert!(part.items.len() <= 2);
        parts.extend(part.items.into_iter().map(|card| card.id));
        cursor = part.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(parts, whole.items.into_iter().map(|card| card.id).collect::<Vec<_>>());
    assert!(parts.len() >= 5);

    let need = sla::EXAMPLE_REQUIREMENTS[0].yaml;
    for title in ["one", "two", "three"] {
        let named = need.replacen("name: ", &format!("name: {title}-"), 1);
        market.broker.save_requirement(&provider, &named, None).await.unwrap();
    }
    let first = market.broker.my_requirements(&provider, None, 2).await.unwrap();
    let rest = market.broker.my_requirements(&provider, first.next.as_deref(), 2).await.unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
    let broken = market.broker.my_requirements(&provider, Some("nonsense"), 2).await;
    assert!(matches!(broken, Err(BrokerError::Invalid(_))), "{broken:?}");
    market.finish().await;
}

on_both!(
    lists_of_ones_own_are_read_part_by_part_to_their_end,
    a_draft_is_unseen_until_published_and_gone_when_withdrawn,
    an_edit_makes_a_new_version_and_the_old_one_stays,
    nobody_writes_for_another_provider,
    every_fault_of_a_text_is_told_at_once_and_nothing_is_saved,
    a_form_and_its_document_say_the_same,
);
