//! Providers are admitted by a list of checks before anything of theirs comes on the market, and can be suspended.

use crate::on_both;
use broker::accounts::SignUp;
use broker::admissions::{AdmissionView, Answer, Application, CheckForm};
use broker::offers::Submission;
use broker::seed::DEMO_PASSWORD;
use broker::{BrokerError, OpContext};
use domain::Clock as _;
use domain::{
    AdmissionEvent as Event, AdmissionState as State, CheckAnswer, OfferId, OfferState, ReviewRule,
    ReviewState, Role, RuleAnswer, Viewer,
};
use testkit::{Engine, TestBroker, admit, provider_of};

const OFFER: &str = "hokusei-gov-iaas";

fn stranger() -> OpContext {
    OpContext::stranger("test")
}

fn application(statement: &str, send: bool) -> Application {
    let links = vec!["https://example.jp/registry".to_owned()];
    Application { statement: statement.to_owned(), links, send }
}

fn met(check: &str) -> Answer {
    Answer { check: check.to_owned(), answer: CheckAnswer::Met, note: "seen".to_owned() }
}

fn code<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> String {
    result.unwrap_err().code().to_owned()
}

fn pointers<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> Vec<String> {
    match result {
        Err(BrokerError::Invalid(faults)) => {
            faults.into_iter().map(|fault| fault.pointer).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Somebody else at the desk.
async fn second_broker(market: &TestBroker) -> OpContext {
    let form = SignUp {
        email: "second@broker.example".to_owned(),
        password: DEMO_PASSWORD.to_owned(),
        name: "Second".to_owned(),
        organisation: "Second desk".to_owned(),
        role: "customer".to_owned(),
    };
    let viewer = market.broker.sign_up(&stranger(), form).await.unwrap();
    OpContext::person(Viewer { role: Role::Broker, ..viewer }, "test")
}

/// A newcomer's draft, made from the demo offer's document.
async fn draft(market: &TestBroker, provider: &OpContext, name: &str) -> OfferId {
    let page = market.broker.offer(&stranger(), market.offer(OFFER).await).await.unwrap();
    let own = market.broker.my_provider(provider).await.unwrap();
    let theirs = market.broker.provider(&stranger(), "hokusei").await.unwrap();
    let text = page.yaml.replace(OFFER, name).replace(&theirs.did, &own.did);
    market.broker.save_offer(provider, &text).await.unwrap().card.id
}

async fn turn(
    market: &TestBroker,
    desk: &OpContext,
    slug: &str,
    event: (Event, &str),
) -> Result<AdmissionView, BrokerError> {
    let read = market.broker.admission(desk, slug).await?.revision;
    market.broker.turn_admission(desk, slug, event, read).await
}

async fn is_found(market: &TestBroker, id: OfferId) -> bool {
    market.broker.offer(&stranger(), id).await.is_ok()
}

async fn a_provider_applies_is_refused_applies_again_and_is_admitted(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let desk = market.person(Role::Broker).await;
    let provider = provider_of(&market, "minami").await;
    let fresh = broker.my_admission(&provider).await.unwrap();
    assert_eq!((fresh.card.state, fresh.history.len()), (State::Preparing, 0));
    let slug = fresh.card.slug.clone();
    let wrong = Application { links: vec!["ftp://x".to_owned()], ..application("", true) };
    let faults = pointers(broker.apply_for_admission(&provider, &wrong, 0).await);
    assert_eq!(faults, ["/statement", "/links/0"]);
    let kept = broker.apply_for_admission(&provider, &application("we", false), 0).await.unwrap();
    assert_eq!((kept.card.state, kept.statement.as_str()), (State::Preparing, "we"));
    let stale = broker.apply_for_admission(&provider, &application("other", true), 0).await;
    assert_eq!(code(stale), "admission_changed");
    let sent = application("we are Minami", true);
    let sent_in = broker.apply_for_admission(&provider, &sent, kept.revision).await.unwrap();
    assert_eq!(sent_in.card.state, State::Applied);
    let again = broker.apply_for_admission(&provider, &sent, kept.revision).await.unwrap();
    assert_eq!(again, sent_in, "sending twice changes nothing");

    let waiting = broker.admissions(&desk, Some(State::Applied)).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(broker.admissions(&desk, None).await.unwrap()[0].slug, slug, "what waits is first");
    assert_eq!(broker.desk_figures(&desk).await.unwrap().admissions, 1);
    let hasty = turn(&market, &desk, &slug, (Event::Admit, "")).await;
    assert_eq!(code(hasty), "wrong_state");
    turn(&market, &desk, &slug, (Event::Begin, "")).await.unwrap();
    assert_eq!(pointers(turn(&market, &desk, &slug, (Event::Refuse, " ")).await), ["/reason"]);
    assert_eq!(code(turn(&market, &desk, &slug, (Event::Admit, "")).await), "checks_missing");
    turn(&market, &desk, &slug, (Event::Refuse, "no number")).await.unwrap();
    let read = broker.my_admission(&provider).await.unwrap();
    assert_eq!((read.card.state, read.history[0].reason.as_str()), (State::Refused, "no number"));
    let inbox = broker.notices(&provider, None, None, 10).await.unwrap().items;
    let told: Vec<_> = inbox.iter().filter_map(|notice| notice.admission.as_ref()).collect();
    let states: Vec<_> = told.iter().map(|news| news.state).collect();
    for state in [State::Applied, State::InReview, State::Refused] {
        assert!(states.contains(&state), "{states:?}");
    }
    admit(broker, &desk, &provider).await;
    let admitted = broker.my_admission(&provider).await.unwrap();
    assert_eq!(admitted.card.state, State::Admitted);
    assert_eq!(admitted.missing().count(), 0);
    let events: Vec<_> = admitted.history.iter().rev().map(|line| line.event).collect();
    let expected =
        [Event::Apply, Event::Begin, Event::Refuse, Event::Apply, Event::Begin, Event::Admit];
    assert_eq!(events, expected);
    market.finish().await;
}

async fn a_check_is_answered_by_a_person_or_told_by_the_market(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let desk = market.person(Role::Broker).await;
    let provider = provider_of(&market, "minami").await;
    let view = broker.apply_for_admission(&provider, &application("we", true), 0).await.unwrap();
    let slug = view.card.slug.clone();
    let line = |view: &AdmissionView, key: &str| {
        view.checks.iter().find(|line| line.check.key == key).cloned().unwrap()
    };
    let computed = line(&view, "conformance");
    assert!(computed.check.computed);
    assert_eq!(computed.answer, CheckAnswer::NotApplicable, "no cloud, catalogue only");
    for key in ["conformance", "unknown"] {
        let by_hand = broker.answer_admission_check(&desk, &slug, &met(key), view.revision).await;
        assert_eq!(pointers(by_hand), ["/check"]);
    }
    let bare = Answer { answer: CheckAnswer::NotApplicable, note: String::new(), ..met("contact") };
    let silent = broker.answer_admission_check(&desk, &slug, &bare, view.revision).await;
    assert_eq!(pointers(silent), ["/note"]);
    let found =
        broker.answer_admission_check(&desk, &slug, &met("contact"), view.revision).await.unwrap();
    let contact = line(&found, "contact");
    assert_eq!((contact.answer, contact.note.as_str()), (CheckAnswer::Met, "seen"));
    assert!(contact.by.is_some() && contact.at.is_some());
    let again = broker.answer_admission_check(&desk, &slug, &met("contact"), view.revision).await;
    assert_eq!(again.unwrap(), found, "the same answer again changes nothing");
    let stale = broker.answer_admission_check(&desk, &slug, &met("terms"), view.revision).await;
    assert_eq!(code(stale), "admission_changed");
    let open = Answer { answer: CheckAnswer::Open, note: String::new(), ..met("contact") };
    let reopened =
        broker.answer_admission_check(&desk, &slug, &open, found.revision).await.unwrap();
    assert_eq!(line(&reopened, "contact").answer, CheckAnswer::Open);
    let url = "http://127.0.0.1:9";
    let system = OpContext::system("test");
    broker.connect_provider(&system, view.card.provider, url, "token").await.unwrap();
    let connected = broker.my_admission(&provider).await.unwrap();
    assert_eq!(line(&connected, "conformance").answer, CheckAnswer::Open, "not examined yet");
    market.finish().await;
}

async fn nothing_of_a_provider_comes_on_the_market_before_it_is_admitted(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let desk = market.person(Role::Broker).await;
    let provider = provider_of(&market, "minami").await;
    let id = draft(&market, &provider, "minami-one").await;
    let own = broker.publish_offer(&provider, id).await.unwrap();
    let review = own.reviews[0].clone();
    assert_eq!((own.card.state, review.state), (OfferState::Draft, ReviewState::Submitted));
    let said = review.evaluation.checks.iter().find(|check| check.rule == ReviewRule::Admitted);
    assert_eq!(said.unwrap().answer, RuleAnswer::Fails);
    assert_eq!(code(broker.approve_offer(&desk, review.id).await), "provider_not_admitted");
    assert!(!is_found(&market, id).await);
    admit(broker, &desk, &provider).await;
    broker.approve_offer(&desk, review.id).await.unwrap();
    assert!(is_found(&market, id).await);
    let next = draft(&market, &provider, "minami-two").await;
    let next = broker.publish_offer(&provider, next).await.unwrap();
    assert_eq!(next.card.state, OfferState::Published, "the rules decide again");
    market.finish().await;
}

async fn a_suspended_provider_is_held_and_comes_back_as_it_was(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let desk = market.person(Role::Broker).await;
    let provider = market.person(Role::Provider).await;
    let shown = market.offer(OFFER).await;
    let ending = draft(&market, &provider, "kita-ending").await;
    let paused = draft(&market, &provider, "kita-paused").await;
    let later = draft(&market, &provider, "kita-later").await;
    for id in [ending, paused] {
        broker.publish_offer(&provider, id).await.unwrap();
    }
    broker.pause_offer(&provider, paused, "").await.unwrap();
    let end = broker::offers::Ending { reason: "it ends".to_owned(), ends_at: None };
    broker.announce_end(&provider, ending, &end).await.unwrap();
    let at = market.clock.now().plus_us(60_000_000);
    let wish = Submission { publish_at: Some(at), ..Submission::default() };
    broker.submit_offer(&provider, later, &wish).await.unwrap();

    turn(&market, &desk, "hokusei", (Event::Suspend, "does not answer")).await.unwrap();
    let again = turn(&market, &desk, "hokusei", (Event::Suspend, "does not answer")).await;
    assert_eq!(again.unwrap().card.state, State::Suspended, "repeating changes nothing");
    for id in [shown, ending, paused, later] {
        assert!(!is_found(&market, id).await);
    }
    assert_eq!(code(broker.resume_offer(&provider, shown).await), "provider_not_admitted");
    assert_eq!(code(broker.resume_offer(&provider, paused).await), "provider_not_admitted");
    market.clock.advance_seconds(120);
    assert_eq!(broker.publish_due().await.unwrap(), 0, "what is due is held");

    turn(&market, &desk, "hokusei", (Event::Reinstate, "answers again")).await.unwrap();
    assert!(is_found(&market, shown).await && is_found(&market, ending).await);
    let ends = broker.my_offer(&provider, ending).await.unwrap();
    assert_eq!(ends.card.state, OfferState::Withdrawing);
    let stays = broker.my_offer(&provider, paused).await.unwrap();
    assert_eq!(stays.card.state, OfferState::Paused, "what its provider paused stays so");
    assert_eq!(broker.publish_due().await.unwrap(), 1);
    assert!(is_found(&market, later).await);
    market.finish().await;
}

async fn whoever_belongs_to_a_provider_and_everybody_else_are_refused(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let provider = provider_of(&market, "minami").await;
    let customer = market.person(Role::Customer).await;
    let view = broker.apply_for_admission(&provider, &application("we", true), 0).await.unwrap();
    let (slug, read) = (view.card.slug.clone(), view.revision);
    let form = CheckForm { key: "new_one".to_owned(), ..CheckForm::default() };
    for (who, expected) in
        [(&stranger(), "sign_in_first"), (&customer, "wrong_role"), (&provider, "wrong_role")]
    {
        for found in [
            code(broker.admissions(who, None).await),
            code(broker.admission(who, &slug).await),
            code(broker.turn_admission(who, &slug, (Event::Begin, ""), read).await),
            code(broker.answer_admission_check(who, &slug, &met("contact"), read).await),
            code(broker.admission_checks(who).await),
            code(broker.keep_admission_check(who, &form).await),
        ] {
            assert_eq!(found, expected);
        }
    }
    let sent = application("they", true);
    for (who, expected) in [(&stranger(), "sign_in_first"), (&customer, "wrong_role")] {
        assert_eq!(code(broker.my_admission(who).await), expected);
        assert_eq!(code(broker.apply_for_admission(who, &sent, read).await), expected);
    }
    // A member of the provider's house who is a broker as well.
    let Some(member) = provider.actor.viewer() else { panic!("a person") };
    let insider = OpContext::person(Viewer { role: Role::Broker, ..member.clone() }, "test");
    let own = broker.turn_admission(&insider, &slug, (Event::Begin, ""), read).await;
    assert_eq!(code(own), "own_admission");
    let own = broker.answer_admission_check(&insider, &slug, &met("contact"), read).await;
    assert_eq!(code(own), "own_admission");
    assert!(broker.admission(&insider, &slug).await.unwrap().own);
    market.finish().await;
}

async fn of_two_brokers_who_decide_at_once_one_does(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let (desk, other) = (market.person(Role::Broker).await, second_broker(&market).await);
    let provider = provider_of(&market, "minami").await;
    let view = broker.apply_for_admission(&provider, &application("we", true), 0).await.unwrap();
    let slug = view.card.slug.clone();
    let mut view = turn(&market, &desk, &slug, (Event::Begin, "")).await.unwrap();
    let asked: Vec<_> = view.missing().map(|line| line.check.key.clone()).collect();
    for key in asked {
        let read = view.revision;
        view = broker.answer_admission_check(&desk, &slug, &met(&key), read).await.unwrap();
    }
    let (admits, refuses) = tokio::join!(
        broker.turn_admission(&desk, &slug, (Event::Admit, ""), view.revision),
        broker.turn_admission(&other, &slug, (Event::Refuse, "no"), view.revision),
    );
    assert!(admits.is_ok() != refuses.is_ok(), "{admits:?} {refuses:?}");
    let after = broker.admission(&desk, &slug).await.unwrap();
    let decided = after
        .history
        .iter()
        .filter(|line| matches!(line.event, Event::Admit | Event::Refuse))
        .count();
    assert_eq!(decided, 1);
    market.finish().await;
}

async fn a_changed_list_asks_the_next_and_takes_no_admission_away(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let desk = market.person(Role::Broker).await;
    let provider = provider_of(&market, "minami").await;
    admit(broker, &desk, &provider).await;
    let form = CheckForm {
        key: "insurance".to_owned(),
        place: 15,
        required: true,
        title_en: "Insurance".to_owned(),
        title_ja: "保険".to_owned(),
        ..CheckForm::default()
    };
    let wrong = CheckForm { key: "No".to_owned(), title_ja: String::new(), ..form.clone() };
    assert_eq!(pointers(broker.keep_admission_check(&desk, &wrong).await), ["/key", "/titleJa"]);
    let list = broker.keep_admission_check(&desk, &form).await.unwrap();
    assert_eq!(list[1].key, "insurance", "in the order of the places");
    assert_eq!(broker.keep_admission_check(&desk, &form).await.unwrap(), list, "once");
    let other = CheckForm { required: false, ..form.clone() };
    assert_eq!(code(broker.keep_admission_check(&desk, &other).await), "check_changed");
    let view = broker.my_admission(&provider).await.unwrap();
    assert_eq!(view.card.state, State::Admitted);
    assert!(view.missing().any(|line| line.check.key == "insurance"));
    let gone = CheckForm { retired: true, made_of: 1, ..form };
    broker.keep_admission_check(&desk, &gone).await.unwrap();
    let view = broker.my_admission(&provider).await.unwrap();
    assert!(view.checks.iter().all(|line| line.check.key != "insurance"));
    market.finish().await;
}

on_both!(
    a_changed_list_asks_the_next_and_takes_no_admission_away,
    a_check_is_answered_by_a_person_or_told_by_the_market,
    a_provider_applies_is_refused_applies_again_and_is_admitted,
    a_suspended_provider_is_held_and_comes_back_as_it_was,
    nothing_of_a_provider_comes_on_the_market_before_it_is_admitted,
    of_two_brokers_who_decide_at_once_one_does,
    whoever_belongs_to_a_provider_and_everybody_else_are_refused,
);
