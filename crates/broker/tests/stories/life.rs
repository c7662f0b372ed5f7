//! The life of an offer: reviewed by somebody else or approved by rules that say so, published at its moment, paused,
//! ending with a notice, withdrawn (S6, F7.1.1).

use crate::on_both;
use broker::accounts::SignUp;
use broker::contracts::Sign;
use broker::notices::NoticeKind;
use broker::offers::{Ending, LifeStep, NewComment, OfferFile, OwnOffer, Submission};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{
    Actor, ChangeVerdict, ContractState, OfferId, OfferStage, OfferState, ReviewId, ReviewRule,
    ReviewRules, ReviewState, Role, RuleAnswer, Timestamp,
};
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";
const DAY_US: i64 = 86_400 * 1_000_000;

fn stranger() -> OpContext {
    OpContext::stranger("test")
}

/// The demo offer's document under another name.
async fn text(market: &TestBroker, name: &str) -> String {
    let offer = market.offer(OFFER).await;
    let page = market.broker.offer(&stranger(), offer).await.unwrap();
    page.yaml.replace(OFFER, name)
}

async fn draft(market: &TestBroker, provider: &OpContext, name: &str) -> OfferId {
    market.broker.save_offer(provider, &text(market, name).await).await.unwrap().card.id
}

async fn rules(market: &TestBroker, change: impl FnOnce(&mut ReviewRules)) {
    let desk = market.person(Role::Broker).await;
    let mut rules = ReviewRules::DEFAULT;
    change(&mut rules);
    let made_of = market.broker.review_rules(&desk).await.unwrap()[0].version;
    market.broker.keep_review_rules(&desk, rules, made_of).await.unwrap();
}

async fn is_found(market: &TestBroker, id: OfferId) -> bool {
    market.broker.offer(&stranger(), id).await.is_ok()
}

fn code<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> &'static str {
    match result {
        Err(BrokerError::Conflict { code, .. } | BrokerError::NotOrderable { code, .. }) => code,
        Err(BrokerError::SignInFirst) => "sign_in",
        Err(BrokerError::WrongRole) => "wrong_role",
        Err(BrokerError::NotFound { .. }) => "not_found",
        other => panic!("{other:?}"),
    }
}

fn pointer<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> String {
    match result {
        Err(BrokerError::Invalid(faults)) => faults[0].pointer.clone(),
        other => panic!("{other:?}"),
    }
}

fn steps(offer: &OwnOffer) -> Vec<LifeStep> {
    offer.history.iter().rev().map(|line| line.step).collect()
}

async fn kinds(market: &TestBroker, who: &OpContext) -> Vec<NoticeKind> {
    let inbox = market.broker.notices(who, None, None, 50).await.unwrap();
    inbox.items.iter().map(|notice| notice.kind).collect()
}

async fn a_sound_document_is_published_at_once_by_rules_that_say_so(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let id = draft(&market, &provider, "kita-first").await;
    let offer = market.broker.publish_offer(&provider, id).await.unwrap();
    assert_eq!(
        (offer.card.stage, offer.card.state),
        (OfferStage::Published, OfferState::Published)
    );
    assert!(is_found(&market, id).await);
    assert_eq!(steps(&offer), [LifeStep::Drafted, LifeStep::Published]);
    let [review] = offer.reviews.as_slice() else { panic!("{:?}", offer.reviews) };
    assert_eq!(
        (review.state, review.version, review.reviewer_name.as_deref()),
        (ReviewState::Published, 1, None)
    );
    let found = &review.evaluation;
    assert!(found.approved && found.rules_version == 0 && found.rules == ReviewRules::DEFAULT);
    let answer = |rule| found.checks.iter().find(|check| check.rule == rule).unwrap().answer;
    assert_eq!(answer(ReviewRule::Sound), RuleAnswer::Holds);
    assert_eq!(answer(ReviewRule::NotRefused), RuleAnswer::Holds);
    assert_eq!(answer(ReviewRule::PriceNear), RuleAnswer::NotAsked);
    let again = market.broker.publish_offer(&provider, id).await.unwrap();
    assert_eq!((again.reviews.len(), again.history.len(), again.revision), (1, 2, offer.revision));
    market.finish().await;
}

async fn a_person_who_did_not_submit_decides_where_the_broker_wants_it(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, desk) = (market.person(Role::Provider).await, market.person(Role::Broker).await);
    let broker = &market.broker;
    rules(&market, |rules| rules.review_all = true).await;
    let id = draft(&market, &provider, "kita-reviewed").await;
    let wish = Submission { note: "our first".to_owned(), publish_at: None };
    let offer = broker.submit_offer(&provider, id, &wish).await.unwrap();
    assert_eq!((offer.card.stage, offer.card.state), (OfferStage::Submitted, OfferState::Draft));
    assert!(!is_found(&market, id).await);
    let waiting = broker.reviews(&desk, true, None, 50).await.unwrap().items;
    let card = waiting.iter().find(|card| card.view.offer == id).unwrap();
    assert_eq!((card.view.note.as_str(), card.view.version), ("our first", 1));
    let review = card.view.id;
    let page = broker.begin_review(&desk, review).await.unwrap();
    assert_eq!(
        (page.card.view.state, page.changes.is_none(), page.own),
        (ReviewState::InReview, true, false)
    );
    assert_eq!(broker.my_offer(&provider, id).await.unwrap().card.stage, OfferStage::InReview);
    assert_eq!(pointer(broker.refuse_offer(&desk, review, "  ").await), "/reason");
    broker.refuse_offer(&desk, review, "no price for storage").await.unwrap();
    broker.refuse_offer(&desk, review, "no price for storage").await.unwrap();
    assert_eq!(code(broker.approve_offer(&desk, review).await), "wrong_state");
    let refused = broker.my_offer(&provider, id).await.unwrap();
    assert_eq!(refused.card.stage, OfferStage::Draft);
    assert_eq!(refused.reviews[0].reason.as_deref(), Some("no price for storage"));
    assert_eq!(kinds(&market, &provider).await, [NoticeKind::ReviewRefused]);
    // The same version once more is another review.
    let again = broker.publish_offer(&provider, id).await.unwrap();
    assert_eq!(again.reviews.len(), 2);
    broker.approve_offer(&desk, again.reviews[0].id).await.unwrap();
    broker.approve_offer(&desk, again.reviews[0].id).await.unwrap();
    assert!(is_found(&market, id).await);
    let done = broker.my_offer(&provider, id).await.unwrap();
    assert_eq!(done.card.stage, OfferStage::Published);
    assert_eq!(
        steps(&done),
        [
            LifeStep::Drafted,
            LifeStep::Submitted,
            LifeStep::ReviewBegun,
            LifeStep::Refused,
            LifeStep::Submitted,
            LifeStep::Approved,
            LifeStep::Published,
        ]
    );
    let told = kinds(&market, &provider).await;
    assert!(told.contains(&NoticeKind::OfferPublished), "{told:?}");
    let audited = broker.audit(&desk, Some(&id.to_string()), None, 50).await.unwrap();
    let audited: Vec<_> = audited.items.iter().rev().map(|line| line.action.as_str()).collect();
    assert_eq!(
        audited,
        [
            "offer.drafted",
            "offer.submitted",
            "offer.review_begun",
            "offer.refused",
            "offer.submitted",
            "offer.approved",
            "offer.published",
        ]
    );
    market.finish().await;
}

async fn whoever_submitted_does_not_decide(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    rules(&market, |rules| rules.review_all = true).await;
    let id = draft(&market, &provider, "kita-eyes").await;
    let review = market.broker.publish_offer(&provider, id).await.unwrap().reviews[0].id;
    assert_eq!(code(market.broker.approve_offer(&provider, review).await), "wrong_role");
    let mut viewer = provider.actor.viewer().unwrap().clone();
    viewer.role = Role::Broker;
    let same = OpContext { actor: Actor::Person(viewer), ..provider.clone() };
    for refused in [
        code(market.broker.begin_review(&same, review).await),
        code(market.broker.approve_offer(&same, review).await),
        code(market.broker.refuse_offer(&same, review, "no").await),
    ] {
        assert_eq!(refused, "own_submission");
    }
    assert!(market.broker.review(&same, review).await.unwrap().own);
    assert!(!is_found(&market, id).await);
    market.finish().await;
}

async fn comments_stand_at_a_place_are_answered_and_settled(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, desk) = (market.person(Role::Provider).await, market.person(Role::Broker).await);
    let broker = &market.broker;
    rules(&market, |rules| rules.review_all = true).await;
    let id = draft(&market, &provider, "kita-talk").await;
    let review = broker.publish_offer(&provider, id).await.unwrap().reviews[0].id;
    let at = |pointer: &str, text: &str| NewComment {
        pointer: pointer.to_owned(),
        text: text.to_owned(),
        answers: None,
    };
    let nowhere = broker.comment_on_offer(&desk, review, &at("/spec/items/999", "where?")).await;
    assert_eq!(pointer(nowhere), "/pointer");
    let empty = broker.comment_on_offer(&desk, review, &at("/spec/items/0", " ")).await;
    assert_eq!(pointer(empty), "/text");
    let said = at("/spec/items/0", "is this measured?");
    let first = broker.comment_on_offer(&desk, review, &said).await.unwrap();
    assert_eq!(broker.comment_on_offer(&desk, review, &said).await.unwrap(), first, "sent twice");
    let answer = NewComment { answers: Some(first), ..at("", "yes, since April") };
    broker.comment_on_offer(&provider, review, &answer).await.unwrap();
    let seen = broker.my_offer(&provider, id).await.unwrap().comments;
    assert_eq!(
        (seen.len(), seen[0].pointer.as_str(), seen[0].answers.len()),
        (1, "/spec/items/0", 1)
    );
    assert_eq!(seen[0].answers[0].pointer, "/spec/items/0");
    assert_eq!(kinds(&market, &provider).await, [NoticeKind::ReviewCommented]);
    broker.settle_comment(&provider, first).await.unwrap();
    broker.settle_comment(&desk, first).await.unwrap();
    let seen = broker.review(&desk, review).await.unwrap().comments;
    assert!(seen[0].settled_at.is_some());
    assert_eq!(code(broker.settle_comment(&desk, seen[0].answers[0].id).await), "not_found");
    market.finish().await;
}

async fn a_version_is_published_at_its_moment_which_can_be_moved_and_taken_back(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let broker = &market.broker;
    let id = draft(&market, &provider, "kita-later").await;
    let now = || broker.now();
    let at = |us: i64| Submission { publish_at: Some(now().plus_us(us)), ..<_>::default() };
    let far = broker.submit_offer(&provider, id, &at(4_000 * DAY_US)).await;
    assert_eq!(pointer(far), "/publishAt");
    let offer = broker.submit_offer(&provider, id, &at(DAY_US)).await.unwrap();
    assert_eq!(offer.card.stage, OfferStage::Scheduled);
    assert_eq!(offer.card.publish_at, Some(now().plus_us(DAY_US)));
    assert_eq!(broker.publish_due().await.unwrap(), 0);
    broker.schedule_offer(&provider, id, Some(now().plus_us(2 * DAY_US))).await.unwrap();
    market.clock.advance_seconds(86_400);
    assert_eq!(broker.publish_due().await.unwrap(), 0, "it was moved");
    assert!(!is_found(&market, id).await);
    market.clock.advance_seconds(86_400);
    assert_eq!(broker.publish_due().await.unwrap(), 1);
    assert_eq!(broker.publish_due().await.unwrap(), 0);
    assert!(is_found(&market, id).await);
    assert_eq!(kinds(&market, &provider).await, [NoticeKind::OfferPublished]);
    // A next version that is taken back is not published, and one without a moment any more is at once.
    let edited = text(&market, "kita-later").await.replace("182000", "181000");
    broker.save_offer(&provider, &edited).await.unwrap();
    broker.submit_offer(&provider, id, &at(DAY_US)).await.unwrap();
    broker.take_back_offer(&provider, id).await.unwrap();
    broker.take_back_offer(&provider, id).await.unwrap();
    market.clock.advance_seconds(2 * 86_400);
    assert_eq!(broker.publish_due().await.unwrap(), 0);
    assert_eq!(code(broker.schedule_offer(&provider, id, None).await), "not_submitted");
    broker.submit_offer(&provider, id, &at(DAY_US)).await.unwrap();
    let shown = broker.schedule_offer(&provider, id, None).await.unwrap();
    assert_eq!((shown.card.published_version, shown.open_review().is_none()), (Some(2), true));
    market.finish().await;
}

async fn another_version_takes_the_one_under_review_back(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, desk) = (market.person(Role::Provider).await, market.person(Role::Broker).await);
    let broker = &market.broker;
    rules(&market, |rules| rules.review_all = true).await;
    let id = draft(&market, &provider, "kita-two").await;
    let first = broker.publish_offer(&provider, id).await.unwrap().reviews[0].id;
    let edited = text(&market, "kita-two").await.replace("182000", "183000");
    broker.save_offer(&provider, &edited).await.unwrap();
    let offer = broker.publish_offer(&provider, id).await.unwrap();
    let states: Vec<_> =
        offer.reviews.iter().map(|review| (review.version, review.state)).collect();
    assert_eq!(states, [(2, ReviewState::Submitted), (1, ReviewState::TakenBack)]);
    assert_eq!(code(broker.approve_offer(&desk, first).await), "wrong_state");
    market.finish().await;
}

/// Signs what was shown before, whether it is still there or not.
async fn sign(
    market: &TestBroker,
    who: &OpContext,
    offer: OfferId,
    key: &str,
) -> Result<domain::ContractId, BrokerError> {
    let sign = Sign {
        offer,
        offer_version: 1,
        requirement: RequirementSource::Template("certificate-service".to_owned()),
        service_name: "証明サービス".to_owned(),
        plan: None,
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    };
    market.broker.sign(who, sign).await
}

async fn a_paused_offer_is_not_found_nor_ordered_and_contracts_go_on(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let (provider, customer) =
        (market.person(Role::Provider).await, market.person(Role::Customer).await);
    let broker = &market.broker;
    let offer = market.offer(OFFER).await;
    let contract = sign(&market, &customer, offer, "before").await.unwrap();
    market.run_workflows().await;
    let long = "x".repeat(501);
    assert_eq!(pointer(broker.pause_offer(&provider, offer, &long).await), "/reason");
    let paused = broker.pause_offer(&provider, offer, "a wrong price").await.unwrap();
    broker.pause_offer(&provider, offer, "a wrong price").await.unwrap();
    assert_eq!(paused.card.stage, OfferStage::Paused);
    assert_eq!(paused.history[0].reason, "a wrong price");
    assert!(!is_found(&market, offer).await);
    assert_eq!(code(sign(&market, &customer, offer, "paused").await), "paused");
    assert_eq!(market.state(&customer, contract).await, ContractState::Active);
    broker.resume_offer(&provider, offer).await.unwrap();
    assert!(is_found(&market, offer).await);
    sign(&market, &customer, offer, "after").await.unwrap();
    market.run_workflows().await;
    market.finish().await;
}

async fn an_offer_ends_when_its_notice_has_run_and_is_ordered_until_then(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let (provider, customer) =
        (market.person(Role::Provider).await, market.person(Role::Customer).await);
    let broker = &market.broker;
    let offer = market.offer(OFFER).await;
    let notice = broker.my_offer(&provider, offer).await.unwrap().notice_us;
    assert_eq!(notice, 365 * DAY_US, "as the document promises");
    assert_eq!(pointer(broker.announce_end(&provider, offer, &Ending::default()).await), "/reason");
    let ending = |us: i64| Ending {
        reason: "a new generation comes".to_owned(),
        ends_at: Some(broker.now().plus_us(us)),
    };
    let short = broker.announce_end(&provider, offer, &ending(notice - 1)).await;
    assert_eq!(pointer(short), "/endsAt");
    let ends_at = broker.now().plus_us(notice);
    let announced = broker.announce_end(&provider, offer, &ending(notice)).await.unwrap();
    assert_eq!(
        (announced.card.stage, announced.card.ends_at),
        (OfferStage::Withdrawing, Some(ends_at))
    );
    let seen = broker.offer(&stranger(), offer).await.unwrap();
    assert_eq!(seen.card.ends_at, Some(ends_at));
    let reason = broker.end_reason(&stranger(), offer).await.unwrap();
    assert_eq!(reason.as_deref(), Some("a new generation comes"));
    assert_eq!(code(broker.publish_offer(&provider, offer).await), "wrong_state");
    let contract = sign(&market, &customer, offer, "until then").await.unwrap();
    market.run_workflows().await;
    broker.take_end_back(&provider, offer).await.unwrap();
    assert_eq!(broker.end_reason(&stranger(), offer).await.unwrap(), None);
    assert_eq!(broker.offer(&stranger(), offer).await.unwrap().card.ends_at, None);
    broker.announce_end(&provider, offer, &ending(notice)).await.unwrap();
    assert_eq!(broker.withdraw_due().await.unwrap(), 0);
    market.clock.advance_seconds(365 * 86_400);
    // Between the moment and whoever withdraws it, nobody orders it any more.
    assert_eq!(code(sign(&market, &customer, offer, "too late").await), "withdrawn");
    assert_eq!(broker.withdraw_due().await.unwrap(), 1);
    assert_eq!(broker.withdraw_due().await.unwrap(), 0);
    assert!(!is_found(&market, offer).await);
    assert_eq!(code(sign(&market, &customer, offer, "later still").await), "withdrawn");
    assert_eq!(market.state(&customer, contract).await, ContractState::Active);
    let gone = broker.my_offer(&provider, offer).await.unwrap();
    assert_eq!((gone.card.stage, gone.card.ends_at), (OfferStage::Withdrawn, None));
    market.finish().await;
}

async fn a_change_that_is_only_better_needs_no_person_and_a_worse_one_does(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let broker = &market.broker;
    rules(&market, |rules| rules.published_least = 10_000).await;
    let new = draft(&market, &provider, "kita-new").await;
    let offer = broker.publish_offer(&provider, new).await.unwrap();
    assert_eq!(offer.card.stage, OfferStage::Submitted);
    let known = market.offer(OFFER).await;
    let before = text(&market, OFFER).await;
    for (price, change, version) in
        [("170000", ChangeVerdict::Better, Some(2)), ("999000", ChangeVerdict::Other, Some(2))]
    {
        broker.save_offer(&provider, &before.replace("182000", price)).await.unwrap();
        let offer = broker.publish_offer(&provider, known).await.unwrap();
        assert_eq!(offer.card.published_version, version, "{price}");
        let found = &offer.reviews[0].evaluation;
        assert_eq!((found.facts.change, found.rules_version), (Some(change), 1));
    }
    // What is on the market stays there while its next version waits.
    let offer = broker.my_offer(&provider, known).await.unwrap();
    assert_eq!((offer.card.stage, offer.card.under_review), (OfferStage::Published, true));
    market.finish().await;
}

async fn a_price_is_held_against_the_middle_of_its_category(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    rules(&market, |rules| rules.price_percent = 1).await;
    let text = text(&market, "kita-dear").await.replace("182000", "99000000");
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    let offer = market.broker.publish_offer(&provider, id).await.unwrap();
    assert_eq!(offer.card.stage, OfferStage::Submitted);
    let facts = &offer.reviews[0].evaluation.facts;
    let middle = facts.middle.unwrap();
    assert!(middle.prices > 3 && middle.minor > 0, "{middle:?}");
    assert_eq!((facts.price_minor, facts.category.as_str()), (Some(99_000_000), "IaaS"));
    market.finish().await;
}

async fn rules_are_kept_by_version_within_their_bounds_by_one_at_a_time(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let desk = market.person(Role::Broker).await;
    let broker = &market.broker;
    let all = ReviewRules { review_all: true, ..ReviewRules::DEFAULT };
    let wrong = ReviewRules { price_percent: 1_001, ..all };
    assert_eq!(pointer(broker.keep_review_rules(&desk, wrong, 0).await), "/pricePercent");
    let kept = broker.keep_review_rules(&desk, all, 0).await.unwrap();
    assert_eq!((kept.len(), kept[0].version, kept[0].rules), (2, 1, all));
    assert_eq!(broker.keep_review_rules(&desk, all, 0).await.unwrap().len(), 2, "the same twice");
    let late = broker.keep_review_rules(&desk, ReviewRules::DEFAULT, 0).await;
    assert_eq!(code(late), "rules_changed");
    market.finish().await;
}

async fn a_file_waits_for_a_person_where_the_rules_ask_for_one(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, desk) = (market.person(Role::Provider).await, market.person(Role::Broker).await);
    let broker = &market.broker;
    rules(&market, |rules| rules.published_least = 10_000).await;
    let before = text(&market, OFFER).await;
    let new = text(&market, "kita-file").await;
    let file = |price: &str| OfferFile {
        text: format!("{}\n---\n{new}", before.replace("182000", price)),
        publish: true,
        ..OfferFile::default()
    };
    let own = broker.my_offers(&provider, None, 200).await.unwrap().items.len();
    let trial = OfferFile { dry_run: true, ..file("170000") };
    let trial = broker.import_offers(&provider, trial).await.unwrap();
    assert_eq!((trial.published, trial.submitted, trial.saved), (1, 1, false));
    assert_eq!(broker.my_offers(&provider, None, 200).await.unwrap().items.len(), own);
    assert_eq!(
        broker.my_offer_named(&provider, OFFER).await.unwrap().unwrap().card.current_version,
        1
    );
    let report = broker.import_offers(&provider, file("170000")).await.unwrap();
    assert!(report.saved);
    assert_eq!((report.published, report.submitted), (1, 1), "{:?}", report.faults);
    let waits = report.offers[1].id;
    let offer = broker.my_offer(&provider, waits).await.unwrap();
    assert_eq!((offer.card.stage, offer.reviews.len()), (OfferStage::Submitted, 1));
    assert_eq!(steps(&offer), [LifeStep::Drafted, LifeStep::Submitted]);
    let again = broker.import_offers(&provider, file("170000")).await.unwrap();
    assert_eq!((again.published, again.submitted), (0, 0), "the same file changes nothing");
    let worse = broker.import_offers(&provider, file("990000")).await.unwrap();
    assert_eq!((worse.published, worse.submitted), (0, 1));
    let known = worse.offers[0].id;
    let last = broker.import_offers(&provider, file("991000")).await.unwrap();
    assert_eq!((last.published, last.submitted), (0, 1));
    let states: Vec<_> = broker
        .my_offer(&provider, known)
        .await
        .unwrap()
        .reviews
        .iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(states[..2], [ReviewState::Submitted, ReviewState::TakenBack]);
    let review = offer.reviews[0].id;
    broker.approve_offer(&desk, review).await.unwrap();
    assert!(is_found(&market, waits).await);
    market.finish().await;
}

async fn strangers_and_other_tenants_are_refused(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, desk) = (market.person(Role::Provider).await, market.person(Role::Broker).await);
    let customer = market.person(Role::Customer).await;
    let broker = &market.broker;
    let form = SignUp {
        email: "other@minami.example".to_owned(),
        password: "correct horse battery".to_owned(),
        name: "Other".to_owned(),
        organisation: "Minami".to_owned(),
        role: "provider".to_owned(),
    };
    let other = broker.sign_up(&stranger(), form).await.unwrap();
    let other = OpContext::person(other, "test");
    rules(&market, |rules| rules.review_all = true).await;
    let id = draft(&market, &provider, "kita-mine").await;
    let review: ReviewId = broker.publish_offer(&provider, id).await.unwrap().reviews[0].id;
    let new = NewComment { text: "hello".to_owned(), ..<_>::default() };
    let comment = broker.comment_on_offer(&desk, review, &new).await.unwrap();
    let wish = Submission::default();
    let ending = Ending { reason: "x".to_owned(), ends_at: Some(Timestamp(0)) };
    for (who, expected) in
        [(&stranger(), "sign_in"), (&customer, "wrong_role"), (&other, "not_found")]
    {
        for found in [
            code(broker.submit_offer(who, id, &wish).await),
            code(broker.take_back_offer(who, id).await),
            code(broker.schedule_offer(who, id, None).await),
            code(broker.pause_offer(who, id, "").await),
            code(broker.resume_offer(who, id).await),
            code(broker.announce_end(who, id, &ending).await),
            code(broker.take_end_back(who, id).await),
            code(broker.withdraw_offer(who, id).await),
            code(broker.comment_on_offer(who, review, &new).await),
            code(broker.settle_comment(who, comment).await),
        ] {
            assert_eq!(found, expected);
        }
        let refused = if expected == "sign_in" { "sign_in" } else { "wrong_role" };
        for found in [
            code(broker.reviews(who, true, None, 10).await),
            code(broker.review(who, review).await),
            code(broker.begin_review(who, review).await),
            code(broker.approve_offer(who, review).await),
            code(broker.refuse_offer(who, review, "x").await),
            code(broker.review_rules(who).await),
            code(broker.keep_review_rules(who, ReviewRules::DEFAULT, 1).await),
        ] {
            assert_eq!(found, refused);
        }
    }
    for found in [
        code(broker.submit_offer(&desk, id, &wish).await),
        code(broker.pause_offer(&desk, id, "").await),
        code(broker.withdraw_offer(&desk, id).await),
    ] {
        assert_eq!(found, "wrong_role", "the broker speaks for no provider");
    }
    assert_eq!(broker.my_offer(&provider, id).await.unwrap().card.stage, OfferStage::Submitted);
    market.finish().await;
}

on_both!(
    a_sound_document_is_published_at_once_by_rules_that_say_so,
    a_person_who_did_not_submit_decides_where_the_broker_wants_it,
    whoever_submitted_does_not_decide,
    comments_stand_at_a_place_are_answered_and_settled,
    a_version_is_published_at_its_moment_which_can_be_moved_and_taken_back,
    another_version_takes_the_one_under_review_back,
    a_paused_offer_is_not_found_nor_ordered_and_contracts_go_on,
    an_offer_ends_when_its_notice_has_run_and_is_ordered_until_then,
    a_change_that_is_only_better_needs_no_person_and_a_worse_one_does,
    a_price_is_held_against_the_middle_of_its_category,
    rules_are_kept_by_version_within_their_bounds_by_one_at_a_time,
    a_file_waits_for_a_person_where_the_rules_ask_for_one,
    strangers_and_other_tenants_are_refused,
);
