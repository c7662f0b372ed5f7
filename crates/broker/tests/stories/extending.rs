//! Items of quality that the market adds to the registry: who decides, what documents are held to, and what nobody
//! can break by registering something later.

use crate::on_both;
use broker::accounts::SignUp;
use broker::categories::{ProposalKind, ProposalState};
use broker::extensions::{ExtensionProposal, ExtensionProposalView};
use broker::notices::NoticeKind;
use broker::offers::OfferFile;
use broker::requirements::RequirementSource;
use broker::seed::DEMO_PASSWORD;
use broker::{Broker, BrokerError, OpContext};
use domain::{OfferId, Role};
use matching::Order;
use sla::{
    AttributeChoice, Curve, Decimal, Direction, Extension, ExtensionKind, Locale, Text, Unit,
    Value, Verdict,
};
use std::time::Duration;
use testkit::{Engine, TestBroker};
use tokio_util::sync::CancellationToken;

const OFFER: &str = "hokusei-gov-iaas";
const KEY: &str = "x-hokusei.ticket_reply";
const GRADE: &str = "x-hokusei.grade";

fn stranger() -> OpContext {
    OpContext::stranger("test")
}

async fn joined(market: &TestBroker, email: &str, role: Role) -> OpContext {
    let form = SignUp {
        email: email.to_owned(),
        password: DEMO_PASSWORD.to_owned(),
        name: "Second".to_owned(),
        organisation: format!("Second {}", role.as_str()),
        role: if role == Role::Provider { "provider" } else { "customer" }.to_owned(),
    };
    let viewer = market.broker.sign_up(&stranger(), form).await.unwrap();
    OpContext::person(domain::Viewer { role, ..viewer }, "test")
}

/// Somebody else at the desk.
async fn second_broker(market: &TestBroker) -> OpContext {
    joined(market, "second@broker.example", Role::Broker).await
}

fn reply() -> Extension {
    Extension {
        key: KEY.to_owned(),
        title: Text::new("First reply to a ticket", "問い合わせへの初回応答"),
        help: Text::new("Working time until a person answers.", "担当者が答えるまでの時間です。"),
        direction: Direction::Lower,
        kind: ExtensionKind::Duration {
            unit: Unit::Second,
            curve: Curve::Log,
            worst: Decimal::from(86_400),
            best: Decimal::from(600),
        },
    }
}

fn grade(words: &[&str]) -> Extension {
    let word = |word: &&str| AttributeChoice {
        key: (*word).to_owned(),
        title: Text::new(word.to_uppercase(), word.to_uppercase()),
    };
    Extension {
        key: GRADE.to_owned(),
        title: Text::new("Grade", "等級"),
        help: Text::new("Of the operator.", "運用者の等級です。"),
        direction: Direction::Higher,
        kind: ExtensionKind::Level { words: words.iter().map(word).collect() },
    }
}

const fn define(extension: Extension, made_of: i64) -> ExtensionProposal {
    ExtensionProposal::Define { extension, made_of }
}

async fn accepted(
    market: &TestBroker,
    other: &OpContext,
    wish: ExtensionProposal,
) -> ExtensionProposalView {
    let desk = market.person(Role::Broker).await;
    let made = market.broker.propose_extension(&desk, &wish, "").await.unwrap();
    market.broker.accept_extension(other, made.id).await.unwrap()
}

/// The demo offer's document under another name, with one promise more.
async fn text(market: &TestBroker, name: &str, item: &str, value: &str) -> String {
    let offer = market.offer(OFFER).await;
    let page = market.broker.offer(&stranger(), offer).await.unwrap();
    let promise =
        format!("  items:\n    - {{item: {item}, value: {value}, commitment: objective}}");
    let text = page.yaml.replace(OFFER, name);
    assert!(text.contains("\n  items:"), "{text}");
    text.replacen("  items:", &promise, 1)
}

async fn published(market: &TestBroker, name: &str, item: &str, value: &str) -> OfferId {
    let provider = market.person(Role::Provider).await;
    let text = text(market, name, item, value).await;
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    market.broker.publish_offer(&provider, id).await.unwrap();
    id
}

async fn promised(market: &TestBroker, id: OfferId, key: &str) -> (Value, String) {
    let page = market.broker.offer(&stranger(), id).await.unwrap();
    let item = page.document.item(key).unwrap();
    (item.value.clone(), sla::format_offer_item(item, Locale::En))
}

fn need(item: &str, op: &str, value: &str) -> String {
    format!(
        "apiVersion: {}\nkind: QualityRequirement\nmetadata: {{name: own-need, version: 1, title: {{en: Own, ja: 自社}}}}\n\
         spec:\n  userRegions: [JP]\n  profiles:\n    normal:\n      items:\n      - {{item: {item}, op: {op}, value: {value}, level: must}}\n",
        sla::API_VERSION
    )
}

async fn fitting(market: &TestBroker, need: String) -> Vec<OfferId> {
    let source = RequirementSource::Text(need);
    let list = market.broker.rank(&stranger(), &source, Order::Fit, 200).await.unwrap();
    list.matches.iter().map(|row| row.card.id).collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> &'static str {
    match result {
        Err(BrokerError::Conflict { code, .. }) => code,
        Err(BrokerError::SignInFirst) => "sign_in",
        Err(BrokerError::WrongRole) => "wrong_role",
        Err(BrokerError::NotFound { .. }) => "not_found",
        other => panic!("{other:?}"),
    }
}

fn pointers<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> Vec<String> {
    match result {
        Err(BrokerError::Invalid(faults)) => {
            assert!(faults.iter().all(|fault| !fault.allowed.is_empty()), "{faults:?}");
            faults.into_iter().map(|fault| fault.pointer).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn an_item_holds_when_another_broker_has_accepted_it(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let wish = define(reply(), 0);
    for (who, expected) in
        [(stranger(), "sign_in"), (market.person(Role::Customer).await, "wrong_role")]
    {
        assert_eq!(code(broker.propose_extension(&who, &wish, "").await), expected);
        assert_eq!(code(broker.extension_proposals(&who, true).await), expected);
        assert_eq!(code(broker.extension_page(&who, KEY).await), expected);
        assert_eq!(code(broker.extension_affects(&who, &reply()).await), expected);
    }
    let made = broker.propose_extension(&desk, &wish, "asked for by many").await.unwrap();
    assert!(made.own && made.state == ProposalState::Waiting && made.kind == ProposalKind::Define);
    assert_eq!(code(broker.propose_extension(&desk, &wish, "").await), "proposal_waiting");
    assert_eq!(code(broker.accept_extension(&desk, made.id).await), "own_proposal");
    assert!(sla::registry().item(KEY).is_none(), "nothing holds before somebody else decided");
    let other = second_broker(&market).await;
    assert_eq!(code(broker.take_back_extension(&other, made.id).await), "foreign_proposal");
    assert_eq!(pointers(broker.refuse_extension(&other, made.id, " ").await), ["/reason"]);
    let done = broker.accept_extension(&other, made.id).await.unwrap();
    assert_eq!((done.state, done.version), (ProposalState::Accepted, Some(1)));
    let again = broker.accept_extension(&other, made.id).await.unwrap();
    assert_eq!(again.version, Some(1), "repeating it changes nothing");
    let item = broker.registry().item(KEY).unwrap();
    assert_eq!(item.label(Locale::Ja), "問い合わせへの初回応答");
    assert_eq!(code(broker.propose_extension(&desk, &wish, "").await), "item_changed");
    assert_eq!(code(broker.propose_extension(&desk, &define(reply(), 1), "").await), "no_change");
    let told = broker.notices(&desk, None, None, 20).await.unwrap().items;
    assert_eq!(told[0].kind, NoticeKind::ItemAccepted);
    assert_eq!(told[0].item.as_ref().unwrap().item, KEY);
    let lines = broker.audit(&desk, None, None, 50).await.unwrap().items;
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert!(actions.contains(&"item.proposed") && actions.contains(&"item.changed"), "{actions:?}");
    market.finish().await;
}

async fn every_fault_of_a_proposed_item_is_told_at_once_and_its_kind_stays(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let mut wrong = reply();
    wrong.key = "ticket".to_owned();
    wrong.title = Text([("en".to_owned(), "Only".to_owned())].into());
    wrong.direction = Direction::Higher;
    let refused = broker.propose_extension(&desk, &define(wrong, 0), "").await;
    assert_eq!(pointers(refused), ["/key", "/title/ja", "/kind/best"]);
    let twice = grade(&["a", "a"]);
    let refused = broker.propose_extension(&desk, &define(twice, 0), "").await;
    assert_eq!(pointers(refused), ["/kind/words/1/key"]);

    let other = second_broker(&market).await;
    accepted(&market, &other, define(grade(&["basic", "high"]), 0)).await;
    for less in [grade(&["high", "basic"]), grade(&["basic", "top"])] {
        let refused = broker.propose_extension(&desk, &define(less, 1), "").await;
        assert_eq!(pointers(refused), ["/kind/words"]);
    }
    let mut number = reply();
    number.key = GRADE.to_owned();
    number.direction = Direction::Higher;
    let refused = pointers(broker.propose_extension(&desk, &define(number, 1), "").await);
    assert!(refused.contains(&"/kind/type".to_owned()), "{refused:?}");
    let more = accepted(&market, &other, define(grade(&["basic", "middle", "high"]), 1)).await;
    assert_eq!(more.version, Some(2));
    market.finish().await;
}

async fn a_provider_proposes_what_its_offers_name_and_reads_its_own_proposals(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let wish = define(reply(), 0);
    assert_eq!(code(broker.propose_extension(&provider, &wish, "").await), "key_not_used");
    published(&market, "own-service", KEY, "14400").await;
    let made = broker.propose_extension(&provider, &wish, "we promise it").await.unwrap();
    assert_eq!(code(broker.accept_extension(&provider, made.id).await), "wrong_role");
    let retire = ExtensionProposal::Retire(KEY.to_owned());
    assert_eq!(code(broker.propose_extension(&provider, &retire, "").await), "wrong_role");
    let rival = joined(&market, "rival@provider.example", Role::Provider).await;
    assert_eq!(code(broker.extension_proposal(&rival, made.id).await), "not_found");
    assert_eq!(code(broker.take_back_extension(&rival, made.id).await), "not_found");
    assert_eq!(broker.extension_proposals(&rival, true).await.unwrap().len(), 0);
    assert_eq!(broker.extension_proposals(&provider, true).await.unwrap().len(), 1);
    let desk = market.person(Role::Broker).await;
    broker.refuse_extension(&desk, made.id, "say which working time").await.unwrap();
    let told = broker.notices(&provider, None, None, 20).await.unwrap().items;
    let news = told.iter().find(|notice| notice.kind == NoticeKind::ItemRefused).unwrap();
    let reason = news.item.as_ref().unwrap().reason.as_deref();
    assert_eq!(reason, Some("say which working time"));
    market.finish().await;
}

async fn what_is_stored_is_read_and_shown_as_it_was_whatever_is_registered_later(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let seconds = published(&market, "says-seconds", KEY, "14400").await;
    let words = published(&market, "says-words", KEY, "soon").await;
    let customer = market.person(Role::Customer).await;
    let saved = broker.save_requirement(&customer, &need(KEY, "eq", "soon"), None).await.unwrap();
    let affects = broker.extension_affects(&desk, &reply()).await.unwrap();
    assert_eq!((affects.offers, affects.other_offers), (2, 1));
    assert_eq!(affects.named[0].offer, words);
    assert_eq!((affects.needs, affects.other_needs), (1, 1));
    let other = second_broker(&market).await;
    accepted(&market, &other, define(reply(), 0)).await;

    assert_eq!(promised(&market, seconds, KEY).await.1, "4 h");
    assert_eq!(promised(&market, words, KEY).await, (Value::level("soon"), "soon".to_owned()));
    let again = broker.requirement(&customer, saved.card.id).await.unwrap();
    assert_eq!(again.document.spec.profiles.normal.items[0].value, Some(Value::level("soon")));
    broker.sync_market().await.unwrap();
    let within_a_day = fitting(&market, need(KEY, "lte", "1 d")).await;
    assert!(within_a_day.contains(&seconds) && !within_a_day.contains(&words));
    let at_all = fitting(&market, need(KEY, "gte", "0 s")).await;
    assert!(!at_all.contains(&words), "what is none of its values passes no comparison");
    let before = broker.offer(&stranger(), words).await.unwrap().document;
    let mut after = before.clone();
    after.spec.items[0].value = Value::Number(Decimal::from(60));
    assert_eq!(sla::diff(&before, &after).verdict(), Verdict::Incomparable);
    let mut faster = broker.offer(&stranger(), seconds).await.unwrap().document;
    let slow = faster.clone();
    faster.spec.items[0].value = Value::Number(Decimal::from(60));
    assert_eq!(sla::diff(&slow, &faster).verdict(), Verdict::Better);

    accepted(&market, &other, ExtensionProposal::Retire(KEY.to_owned())).await;
    assert_eq!(promised(&market, seconds, KEY).await.1, "4 h", "retiring leaves what is there");
    assert!(broker.registry().items().iter().all(|item| item.key != KEY));
    market.finish().await;
}

async fn new_documents_are_held_to_kind_unit_and_words(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let early = text(&market, "early-draft", KEY, "soon").await;
    let early = broker.save_offer(&provider, &early).await.unwrap().card.id;
    let other = second_broker(&market).await;
    accepted(&market, &other, define(reply(), 0)).await;
    accepted(&market, &other, define(grade(&["basic", "high"]), 0)).await;

    assert_eq!(pointers(broker.publish_offer(&provider, early).await), ["/spec/items/0/value"]);
    let wrong = text(&market, "own-service", GRADE, "gold").await;
    assert_eq!(pointers(broker.save_offer(&provider, &wrong).await), ["/spec/items/0/value"]);
    let checked = broker.check_offer_text(&wrong);
    assert!(checked.offer.is_none());
    assert!(checked.faults[0].place.is_some() && checked.faults[0].allowed.contains("basic"));
    let file = OfferFile { text: wrong, publish: true, ..OfferFile::default() };
    let report = broker.import_offers(&provider, file).await.unwrap();
    assert_eq!((report.fault_count, report.saved), (1, false));
    let hours = published(&market, "own-service", KEY, "4 h").await;
    assert_eq!(promised(&market, hours, KEY).await.0, Value::Number(Decimal::from(14_400)));

    let customer = market.person(Role::Customer).await;
    let wrong = broker.save_requirement(&customer, &need(KEY, "lte", "soon"), None).await;
    assert_eq!(pointers(wrong), ["/spec/profiles/normal/items/0/value"]);
    let level =
        broker.save_requirement(&customer, &need(GRADE, "gte", "basic"), None).await.unwrap();
    assert_eq!(level.document.spec.profiles.normal.items[0].value, Some(Value::level("basic")));
    let high = published(&market, "high-service", GRADE, "high").await;
    assert_eq!(fitting(&market, need(GRADE, "gte", "basic")).await, [high]);

    accepted(&market, &other, ExtensionProposal::Retire(GRADE.to_owned())).await;
    let fresh = text(&market, "late-service", GRADE, "high").await;
    assert_eq!(pointers(broker.save_offer(&provider, &fresh).await), ["/spec/items/0/item"]);
    let next = text(&market, "high-service", GRADE, "basic").await;
    broker.save_offer(&provider, &next).await.unwrap();
    let again = broker.requirement(&customer, level.card.id).await.unwrap();
    assert_eq!(again.document, level.document, "a saved need is read after its item is retired");
    market.finish().await;
}

async fn an_answer_goes_by_one_registry_from_beginning_to_end(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let id = published(&market, "says-seconds", KEY, "14400").await;
    let (before, other) = (market.broker.registry(), second_broker(&market).await);
    let answer = async {
        let first = promised(&market, id, KEY).await.1;
        accepted(&market, &other, define(reply(), 0)).await;
        (first, promised(&market, id, KEY).await.1)
    };
    let (first, last) = sla::following(before, answer).await;
    assert_eq!((first.as_str(), last.as_str()), ("14,400", "14,400"));
    assert_eq!(promised(&market, id, KEY).await.1, "4 h", "the next answer knows it");
    market.finish().await;
}

async fn a_second_process_follows_without_a_restart(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let id = published(&market, "says-seconds", KEY, "14400").await;
    let parts = testkit::broker_parts(&market.database, market.clock.clone(), 0);
    let second = Broker::open(parts).await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (second, stop) = (second.clone(), stop.clone());
        async move { second.run(stop).await }
    });
    assert!(second.registry().item(KEY).is_none());
    let other = second_broker(&market).await;
    accepted(&market, &other, define(reply(), 0)).await;
    let known = async {
        while second.registry().item(KEY).is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), known).await.expect("it follows");
    let shown = sla::following(second.registry(), async {
        let page = second.offer(&stranger(), id).await.unwrap();
        sla::format_offer_item(page.document.item(KEY).unwrap(), Locale::En)
    });
    assert_eq!(shown.await, "4 h");
    stop.cancel();
    running.await.unwrap().unwrap();
    market.finish().await;
}

on_both!(
    a_second_process_follows_without_a_restart,
    an_item_holds_when_another_broker_has_accepted_it,
    every_fault_of_a_proposed_item_is_told_at_once_and_its_kind_stays,
    a_provider_proposes_what_its_offers_name_and_reads_its_own_proposals,
    what_is_stored_is_read_and_shown_as_it_was_whatever_is_registered_later,
    new_documents_are_held_to_kind_unit_and_words,
    an_answer_goes_by_one_registry_from_beginning_to_end,
);
