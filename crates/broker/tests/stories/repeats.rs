//! The same thing sent several times at the same moment, as impatient hands and slow lines do it.

use crate::on_both;
use broker::accounts::SignUp;
use broker::contracts::{Plan, Sign};
use broker::offers::{ChecklistHead, MadeOf, OfferFile};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{ContractState, OfferState, Role};
use sla::exchange::jws::PrivateKey;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
/// Clicks at the same moment.
const CLICKS: usize = 6;

async fn at_once<T, F: Future<Output = T>>(click: impl Fn() -> F) -> Vec<T> {
    futures::future::join_all((0..CLICKS).map(|_| click())).await
}

/// How often the audit list tells that this was done.
async fn times(market: &TestBroker, action: &str) -> usize {
    let desk = market.person(Role::Broker).await;
    let list = market.broker.audit(&desk, None, None, 200).await.unwrap();
    list.items.iter().filter(|line| line.action == action).count()
}

fn need(market: &TestBroker) -> String {
    sla::to_yaml(&market.broker.templates()[0].requirement)
}

async fn a_need_sent_at_once_is_saved_once(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let customer = market.person(Role::Customer).await;
    let text = need(&market);
    let saved = at_once(|| market.broker.save_requirement(&customer, &text, None)).await;
    let first = saved[0].as_ref().unwrap().card.id;
    assert!(saved.iter().all(|saved| saved.as_ref().unwrap().card.id == first), "{saved:?}");
    // Also a moment later, and from the link to it.
    let later = market.broker.save_requirement(&customer, &text, None).await.unwrap();
    assert_eq!(later.card.id, first);
    assert_eq!(market.broker.my_requirements(&customer, None, 200).await.unwrap().items.len(), 1);
    assert_eq!(times(&market, "requirement.saved").await, 1);

    // A change that is sent at once makes one version.
    let changed = text.replacen("certificate", "certified", 1);
    let revise = || market.broker.save_requirement(&customer, &changed, Some(first));
    for revised in at_once(revise).await {
        assert_eq!(revised.unwrap().card.version, 2);
    }
    // The link to that version leads to what is saved; what it said before is another need now.
    let shared = sla::to_yaml(&market.broker.requirement(&customer, first).await.unwrap().document);
    let again = market.broker.save_requirement(&customer, &shared, None).await.unwrap();
    assert_eq!((again.card.id, again.card.version), (first, 2));
    let before = market.broker.save_requirement(&customer, &text, None).await.unwrap();
    assert_ne!(before.card.id, first);

    // Another organisation has its own.
    let other = customer_of(&market, "other").await;
    let theirs = market.broker.save_requirement(&other, &text, None).await.unwrap();
    assert_ne!(theirs.card.id, before.card.id);
    market.finish().await;
}

async fn a_change_of_an_older_need_is_refused_and_nothing_is_written(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let customer = market.person(Role::Customer).await;
    let text = need(&market);
    let id = market.broker.save_requirement(&customer, &text, None).await.unwrap().card.id;
    let change = |to: &str| text.replacen("certificate", to, 1);
    let (mine, theirs) = (change("certified"), change("certifying"));
    let revise = async |text: &str, made_of: i64| {
        market.broker.revise_requirement(&customer, text, id, made_of).await
    };
    assert_eq!(revise(&theirs, 1).await.unwrap().card.version, 2);
    // Sent twice, it is what is there already.
    assert_eq!(revise(&theirs, 1).await.unwrap().card.version, 2);
    for unknown in [1, 0, 3] {
        let refused = revise(&mine, unknown).await.unwrap_err();
        assert_eq!(refused.code(), "requirement_changed");
        let told = refused.to_string();
        assert!(told.contains(&format!("made of version {unknown}, but version 2")), "{told}");
    }
    let kept = market.broker.requirement(&customer, id).await.unwrap();
    assert_eq!(kept.card.version, 2);
    assert_eq!(times(&market, "requirement.revised").await, 1);
    assert_eq!(revise(&mine, 2).await.unwrap().card.version, 3);
    let stranger = customer_of(&market, "other").await;
    let refused = market.broker.revise_requirement(&stranger, &mine, id, 3).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    market.finish().await;
}

async fn a_change_of_an_older_offer_is_refused_and_nothing_is_written(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let stranger = OpContext::stranger("test");
    let page = market.broker.offer(&stranger, market.offer(OFFER).await).await.unwrap();
    let text = page.yaml.replace(OFFER, "hokusei-two-tabs");
    let offer = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    let (mine, theirs) = (text.replace("182000", "190000"), text.replace("182000", "170000"));
    let revise = async |text: &str, version: i64| {
        market.broker.revise_offer(&provider, text, MadeOf { offer, version }).await
    };
    assert_eq!(revise(&theirs, 1).await.unwrap().card.current_version, 2);
    assert_eq!(revise(&theirs, 1).await.unwrap().card.current_version, 2);
    let refused = revise(&mine, 1).await.unwrap_err();
    assert_eq!(refused.code(), "offer_changed");
    assert_eq!(times(&market, "offer.revised").await, 1);
    assert_eq!(revise(&mine, 2).await.unwrap().card.current_version, 3);
    // Under another name it is no version of it.
    let other = mine.replace("hokusei-two-tabs", "hokusei-third-tab");
    let first = revise(&other, 1).await.unwrap().card;
    assert!(first.id != offer && first.current_version == 1, "{first:?}");
    let customer = market.person(Role::Customer).await;
    let refused = market.broker.revise_offer(&customer, &mine, MadeOf { offer, version: 3 }).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)), "{refused:?}");
    market.finish().await;
}

async fn signing_uses_the_need_that_is_saved_already(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let first = market.sign(&customer, OFFER, "one").await.unwrap();
    let second = market.sign(&customer, OFFER, "two").await.unwrap();
    assert_ne!(first, second, "another key makes another contract");
    let saved = market.broker.my_requirements(&customer, None, 200).await.unwrap().items;
    assert_eq!(saved.len(), 1);
    for id in [first, second] {
        assert_eq!(market.page(&customer, id).await.requirement, saved[0].id);
    }
    // Once the saved need says something else, it is not what is signed for.
    let changed = need(&market).replacen("certificate", "certified", 1);
    market.broker.save_requirement(&customer, &changed, Some(saved[0].id)).await.unwrap();
    let third = market.sign(&customer, OFFER, "three").await.unwrap();
    assert_ne!(market.page(&customer, third).await.requirement, saved[0].id);
    assert_eq!(market.broker.my_requirements(&customer, None, 200).await.unwrap().items.len(), 2);
    market.run_workflows().await;
    market.finish().await;
}

async fn an_offer_saved_published_and_withdrawn_at_once_is_one(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let stranger = OpContext::stranger("test");
    let page = market.broker.offer(&stranger, market.offer(OFFER).await).await.unwrap();
    let text = page.yaml.replace(OFFER, "hokusei-impatient");
    let saved = at_once(|| market.broker.save_offer(&provider, &text)).await;
    let id = saved[0].as_ref().unwrap().card.id;
    for saved in &saved {
        let card = &saved.as_ref().unwrap().card;
        assert_eq!((card.id, card.current_version), (id, 1));
    }
    let edited = text.replace("182000", "190000");
    for saved in at_once(|| market.broker.save_offer(&provider, &edited)).await {
        assert_eq!(saved.unwrap().card.current_version, 2);
    }
    for shown in at_once(|| market.broker.publish_offer(&provider, id)).await {
        assert_eq!(shown.unwrap().card.published_version, Some(2));
    }
    for gone in at_once(|| market.broker.withdraw_offer(&provider, id)).await {
        assert_eq!(gone.unwrap().card.state, OfferState::Withdrawn);
    }
    for action in ["offer.revised", "offer.withdrawn"] {
        assert_eq!(times(&market, action).await, 1, "{action}");
    }
    market.finish().await;
}

async fn a_file_of_offers_sent_at_once_is_taken_once(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let before = market.broker.my_offers(&provider, None, 200).await.unwrap().items.len();
    let text = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
        min_outage_seconds,commitment,availability.mttr,price.monthly,price.currency\n\
        twice-one,One,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,4 h,1000,JPY\n\
        twice-two,Two,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,4 h,2000,JPY\n";
    let file = || OfferFile {
        file_name: String::new(),
        text: text.to_owned(),
        format: None,
        dry_run: false,
        valid_rows_only: false,
        checklist: ChecklistHead::default(),
        publish: true,
    };
    for report in at_once(|| market.broker.import_offers(&provider, file())).await {
        assert_eq!((report.as_ref().unwrap().fault_count, report.unwrap().offers.len()), (0, 2));
    }
    assert_eq!(
        market.broker.my_offers(&provider, None, 200).await.unwrap().items.len(),
        before + 2
    );
    assert_eq!(times(&market, "offers.imported").await, 1);
    market.finish().await;
}

async fn a_key_registered_and_revoked_at_once_is_one(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let jwk = PrivateKey::from_seed(&[9; 32]).public().to_jwk();
    let cards = at_once(|| market.broker.register_key(&provider, &jwk, None)).await;
    let kid = cards[0].as_ref().unwrap().kid.clone();
    assert!(cards.iter().all(|card| card.as_ref().unwrap().kid == kid), "{cards:?}");
    for revoked in at_once(|| market.broker.revoke_key(&provider, &kid)).await {
        assert!(revoked.unwrap().revoked_at.is_some());
    }
    for action in ["key.registered", "key.revoked"] {
        assert_eq!(times(&market, action).await, 1, "{action}");
    }
    market.finish().await;
}

async fn a_page_of_a_token_sent_at_once_makes_one_and_tells_its_secret_once(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let owner = market.person(Role::Customer).await;
    let made = at_once(|| market.broker.create_token_once(&owner, "build", "page-1")).await;
    let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
    assert_eq!(made.iter().filter(|(_, secret)| secret.is_some()).count(), 1);
    assert!(made.iter().all(|(token, _)| token.id == made[0].0.id));
    // Another name from the same page, and the same name from another page, are other tokens.
    for (name, key) in [("test", "page-1"), ("build", "page-2")] {
        let (_, secret) = market.broker.create_token_once(&owner, name, key).await.unwrap();
        assert!(secret.is_some(), "{name} {key}");
    }
    // The key of one person says nothing about another's.
    let other = customer_of(&market, "other").await;
    let (token, secret) = market.broker.create_token_once(&other, "build", "page-1").await.unwrap();
    assert!(secret.is_some() && token.id != made[0].0.id);
    assert_eq!(market.broker.tokens(&owner).await.unwrap().len(), 3);
    let stranger = OpContext::stranger("test");
    let refused = market.broker.create_token_once(&stranger, "build", "page-1").await;
    assert!(matches!(refused, Err(BrokerError::SignInFirst)));
    market.finish().await;
}

async fn an_address_signed_up_at_once_is_one_account(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = OpContext::stranger("test");
    let before = times(&market, "account.signed_up").await;
    let form = || SignUp {
        email: "yuki@example.jp".into(),
        password: "a long enough one".into(),
        name: "雪".into(),
        organisation: "Snow".into(),
        role: "provider".into(),
    };
    let ended = at_once(|| market.broker.sign_up(&stranger, form())).await;
    assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1, "{ended:?}");
    for refused in ended.iter().filter_map(|ended| ended.as_ref().err()) {
        assert!(
            matches!(refused, BrokerError::Invalid(faults) if faults[0].code == "email_taken"),
            "{refused:?}"
        );
    }
    assert_eq!(times(&market, "account.signed_up").await, before + 1);
    market.finish().await;
}

async fn a_service_is_released_once(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    market.run_workflows().await;
    for released in at_once(|| market.broker.release(&customer, id)).await {
        released.unwrap();
    }
    assert_eq!(times(&market, "contract.release_asked").await, 1);
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!((page.card.state, page.timelines.len()), (ContractState::Released, 2));
    market.finish().await;
}

async fn a_cloud_connected_at_once_is_connected(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let desk = market.person(Role::Broker).await;
    let provider = market.broker.provider(&desk, "hokusei").await.unwrap().card.id;
    let (url, token) = market.cloud.as_ref().unwrap().connection();
    let connect = || market.broker.connect_provider(&desk, provider, &url, &token);
    for connected in at_once(connect).await {
        connected.unwrap();
    }
    assert!(market.broker.provider(&desk, "hokusei").await.unwrap().card.backed);
    market.finish().await;
}

async fn a_key_that_signed_another_contract_names_it_after_the_faults(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let source = RequirementSource::Template("certificate-service".to_owned());
    let quote = market.broker.quote(&customer, offer, &source).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: source,
        service_name: "証明サービス".to_owned(),
        plan: Some(quote.plan.clone()),
        shown_price: None,
        starts_at: None,
        idempotency_key: "page".to_owned(),
    };
    let first = market.broker.sign(&customer, sign.clone()).await.unwrap();
    assert_eq!(market.broker.sign(&customer, sign.clone()).await.unwrap(), first);

    let more = Plan { instances: 2, ..quote.plan.clone() };
    let other_need = RequirementSource::Template("tracking-service".to_owned());
    for other in [
        Sign { service_name: "another".to_owned(), ..sign.clone() },
        Sign { plan: Some(more), ..sign.clone() },
        Sign { requirement: other_need, ..sign.clone() },
    ] {
        let refused = market.broker.sign(&customer, other).await;
        assert!(
            matches!(refused, Err(BrokerError::SignedBefore { contract }) if contract == first),
            "{refused:?}"
        );
    }
    let faulty = Sign { service_name: "a\u{202e}b".to_owned(), ..sign };
    let refused = market.broker.sign(&customer, faulty).await;
    assert!(
        matches!(&refused, Err(BrokerError::Invalid(faults))
            if faults[0].pointer == "/serviceName" && faults[0].found == "U+202E"),
        "{refused:?}"
    );
    market.run_workflows().await;
    market.finish().await;
}

on_both!(
    a_need_sent_at_once_is_saved_once,
    a_change_of_an_older_need_is_refused_and_nothing_is_written,
    a_change_of_an_older_offer_is_refused_and_nothing_is_written,
    signing_uses_the_need_that_is_saved_already,
    an_offer_saved_published_and_withdrawn_at_once_is_one,
    a_file_of_offers_sent_at_once_is_taken_once,
    a_key_registered_and_revoked_at_once_is_one,
    a_page_of_a_token_sent_at_once_makes_one_and_tells_its_secret_once,
    an_address_signed_up_at_once_is_one_account,
    a_service_is_released_once,
    a_cloud_connected_at_once_is_connected,
    a_key_that_signed_another_contract_names_it_after_the_faults,
);
