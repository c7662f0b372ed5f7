//! What customers say of a provider after delivery (S6), what it answers, and what was promised and observed (G10).

use crate::on_both;
use broker::notices::NoticeKind;
use broker::ratings::RateService;
use broker::{BrokerError, OpContext};
use domain::{Role, Stars};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const PROVIDER: &str = "hokusei";

fn wish(service: i64, ordering: i64, comment: &str) -> RateService {
    RateService { service, ordering, comment: comment.to_owned() }
}

async fn s6_who_was_served_rates_once_and_the_provider_answers(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let (broker, customer) = (&market.broker, market.person(Role::Customer).await);
    let provider = market.person(Role::Provider).await;
    let id = market.sign(&customer, OFFER, "rated").await.unwrap();
    let early = broker.rate_service(&customer, id, &wish(5, 5, "")).await;
    assert!(matches!(early, Err(BrokerError::Conflict { code: "not_delivered", .. })), "{early:?}");
    assert!(!broker.own_rating(&customer, id).await.unwrap().delivered);
    market.run_workflows().await;

    let Err(BrokerError::Invalid(faults)) =
        broker.rate_service(&customer, id, &wish(0, 6, "")).await
    else {
        panic!()
    };
    let told: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(told, ["/service", "/ordering"]);
    for _ in 0..2 {
        broker.rate_service(&customer, id, &wish(4, 2, " calm and fast ")).await.unwrap();
    }
    let found = broker.provider_ratings(&customer, PROVIDER, None, 10).await.unwrap();
    assert_eq!((found.summary.service.count(), found.summary.service.mean_tenths()), (1, Some(40)));
    assert_eq!(found.summary.ordering.mean_tenths(), Some(20));
    assert_eq!(
        (found.items[0].comment.as_str(), found.items[0].changed_at),
        ("calm and fast", None)
    );
    assert_eq!(broker.received_rating(&provider, id).await.unwrap().as_ref(), found.items.first());

    let Err(BrokerError::Invalid(faults)) = broker.answer_rating(&provider, id, " ").await else {
        panic!()
    };
    assert_eq!(faults[0].pointer, "/answer");
    for _ in 0..2 {
        broker.answer_rating(&provider, id, "we are glad").await.unwrap();
    }
    broker.rate_service(&customer, id, &wish(5, 2, "calm and fast")).await.unwrap();
    let own = broker.own_rating(&customer, id).await.unwrap().rating.unwrap();
    assert_eq!((own.service, own.answer.as_deref()), (Stars::ALL[4], Some("we are glad")));
    broker.withdraw_answer(&provider, id).await.unwrap();
    assert_eq!(broker.own_rating(&customer, id).await.unwrap().rating.unwrap().answer, None);
    for _ in 0..2 {
        broker.withdraw_rating(&customer, id).await.unwrap();
    }
    let told = async |who: &OpContext| {
        let inbox = broker.notices(who, None, None, 50).await.unwrap().items;
        let kinds = inbox
            .into_iter()
            .filter(|notice| notice.contract.as_ref().is_some_and(|news| news.contract == id));
        kinds.map(|notice| notice.kind).collect::<Vec<_>>()
    };
    assert_eq!(told(&provider).await, [NoticeKind::RatingGiven], "once, and of no change");
    assert_eq!(told(&customer).await, [NoticeKind::RatingAnswered]);
    let found = broker.provider_ratings(&customer, PROVIDER, None, 10).await.unwrap();
    assert_eq!((found.items.len(), found.summary.service.mean_tenths()), (0, None));
    let gone = broker.answer_rating(&provider, id, "too late").await;
    assert!(matches!(gone, Err(BrokerError::NotFound { what: "rating" })), "{gone:?}");

    let desk = market.person(Role::Broker).await;
    let audit = broker.audit(&desk, None, None, 200).await.unwrap().items;
    let mut actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
    actions.retain(|action| action.starts_with("rating."));
    let told = ["answer_withdrawn", "answered", "changed", "given", "withdrawn"];
    actions.sort_unstable();
    assert_eq!(actions, told.map(|word| format!("rating.{word}")), "each once");
    market.finish().await;
}

async fn strangers_and_other_tenants_neither_rate_nor_answer(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let (broker, customer) = (&market.broker, market.person(Role::Customer).await);
    let id = market.sign(&customer, OFFER, "rated").await.unwrap();
    market.run_workflows().await;
    broker.rate_service(&customer, id, &wish(1, 1, "")).await.unwrap();
    let other = customer_of(&market, "another-city").await;
    let desk = market.person(Role::Broker).await;
    let provider = market.person(Role::Provider).await;
    let rate = broker.rate_service(&other, id, &wish(5, 5, "")).await;
    assert!(matches!(rate, Err(BrokerError::NotFound { .. })), "{rate:?}");
    let back = broker.withdraw_rating(&other, id).await;
    assert!(matches!(back, Err(BrokerError::NotFound { .. })), "{back:?}");
    for who in [&desk, &provider] {
        let rate = broker.rate_service(who, id, &wish(5, 5, "")).await;
        assert!(matches!(rate, Err(BrokerError::WrongRole)), "{rate:?}");
    }
    for who in [&desk, &customer, &other] {
        let answer = broker.answer_rating(who, id, "ours").await;
        assert!(matches!(answer, Err(BrokerError::WrongRole)), "{answer:?}");
    }
    let own = broker.own_rating(&customer, id).await.unwrap().rating.unwrap();
    assert_eq!((own.service, own.answer), (Stars::ALL[0], None));
    market.finish().await;
}

async fn g10_what_was_observed_stands_beside_the_promise_with_its_size(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let (broker, customer) = (&market.broker, market.person(Role::Customer).await);
    let before = broker.provider_record(&customer, PROVIDER).await.unwrap();
    assert_eq!((before.contracts, before.ended_by_provider), (0, 0));
    assert!(
        before.offers.iter().all(|row| row.measured.samples == 0),
        "no data is not zero percent"
    );
    let id = market.sign(&customer, OFFER, "observed").await.unwrap();
    market.run_workflows().await;
    for _ in 0..3 {
        market.clock.advance_us(10_000_000);
        broker.observe_services().await.unwrap();
    }
    let page = market.page(&customer, id).await;
    let record = broker.provider_record(&customer, PROVIDER).await.unwrap();
    assert_eq!((record.contracts, record.ended_by_provider), (1, 0));
    let row = record.offers.iter().find(|row| row.offer == page.offer).unwrap();
    assert_eq!(row.measured.contracts, 1);
    assert!(row.measured.samples >= 3, "{:?}", row.measured);
    assert_eq!(row.measured.ok, row.measured.samples);
    assert!(row.uptime.is_some() && row.notice.is_some());
    let others = record.offers.iter().filter(|row| row.offer != page.offer);
    assert!(others.into_iter().all(|row| row.measured.samples == 0));
    market.finish().await;
}

on_both!(
    s6_who_was_served_rates_once_and_the_provider_answers,
    strangers_and_other_tenants_neither_rate_nor_answer,
    g10_what_was_observed_stands_beside_the_promise_with_its_size,
);
