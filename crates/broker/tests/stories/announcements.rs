//! What the market and its providers announce (S6, G10): who may, who hears of it, and what stays.

use crate::on_both;
use broker::announcements::{Announce, AnnouncementView, DAILY_MAX};
use broker::notices::NoticeKind;
use broker::{BrokerError, OpContext};
use domain::{AnnouncementKind, AnnouncementPhase, Role, Timestamp};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const PROVIDER: &str = "hokusei";
const HOUR: i64 = 3_600 * 1_000_000;

fn wish(kind: AnnouncementKind, span: (Option<Timestamp>, Option<Timestamp>)) -> Announce {
    Announce {
        kind,
        title_en: " Core switch ".to_owned(),
        title_ja: String::new(),
        text_en: String::new(),
        text_ja: "基幹スイッチを交換します。".to_owned(),
        starts_at: span.0,
        ends_at: span.1,
    }
}

fn faults<T>(done: Result<T, BrokerError>) -> Vec<(String, String)> {
    let Err(BrokerError::Invalid(faults)) = done else { panic!("no faults") };
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

/// Kinds of the notices about announcements, the newest first, with the phase of time they name.
async fn told(market: &TestBroker, who: &OpContext) -> Vec<NoticeKind> {
    let inbox = market.broker.notices(who, None, None, 50).await.unwrap().items;
    inbox.iter().filter(|notice| notice.announcement.is_some()).map(|notice| notice.kind).collect()
}

async fn shown(market: &TestBroker) -> Vec<AnnouncementView> {
    market.broker.shown_announcements().await.unwrap().to_vec()
}

async fn g10_customers_of_a_provider_hear_of_its_maintenance_and_nobody_else(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let (broker, customer) = (&market.broker, market.person(Role::Customer).await);
    let provider = market.person(Role::Provider).await;
    let other = customer_of(&market, "another-city").await;
    market.sign(&customer, OFFER, "announced").await.unwrap();
    market.run_workflows().await;
    let now = broker.now();
    let span = (Some(now.plus_us(24 * HOUR)), Some(now.plus_us(26 * HOUR)));
    let made =
        broker.announce(&provider, &wish(AnnouncementKind::Maintenance, span)).await.unwrap();
    assert_eq!(made.phase, AnnouncementPhase::Coming);
    assert_eq!((made.title_en.as_str(), made.title_ja.as_str()), ("Core switch", "Core switch"));
    assert_eq!(made.text_en, made.text_ja, "the language that was written stands in for the other");
    assert_eq!(told(&market, &customer).await, [NoticeKind::Announced]);
    assert!(told(&market, &other).await.is_empty());
    assert!(shown(&market).await.is_empty(), "a provider's stands on its own page only");

    let mut worded = wish(AnnouncementKind::Maintenance, span);
    worded.text_ja.push_str("夜間に行います。");
    let which = (made.id, made.revision);
    let kept = broker.change_announcement(&provider, which, &worded).await.unwrap();
    assert_eq!((kept.revision, kept.changed_at), (2, Some(now)));
    assert_eq!(told(&market, &customer).await.len(), 1, "other words are no news");
    let late = broker.change_announcement(&provider, which, &worded).await;
    assert!(
        matches!(late, Err(BrokerError::Conflict { code: "changed_meanwhile", .. })),
        "{late:?}"
    );
    worded.ends_at = Some(now.plus_us(30 * HOUR));
    broker.change_announcement(&provider, (made.id, 2), &worded).await.unwrap();
    assert_eq!(
        told(&market, &customer).await,
        [NoticeKind::AnnouncementChanged, NoticeKind::Announced]
    );

    let early = broker.end_announcement(&provider, made.id).await;
    assert!(matches!(early, Err(BrokerError::Conflict { code: "not_begun", .. })), "{early:?}");
    broker.take_back_announcement(&provider, made.id).await.unwrap();
    assert_eq!(told(&market, &customer).await.first(), Some(&NoticeKind::AnnouncementOver));
    let gone = broker.announcement(&other, made.id).await;
    assert!(matches!(gone, Err(BrokerError::NotFound { .. })), "{gone:?}");
    market.finish().await;
}

async fn an_incident_is_ended_and_stays_as_history(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let now = broker.now();
    let begun = (Some(now.plus_us(-2 * HOUR)), None);
    let made = broker.announce(&provider, &wish(AnnouncementKind::Incident, begun)).await.unwrap();
    assert!(made.removable, "a mistake is taken back within the hour");
    market.clock.advance_us(2 * HOUR);
    let history = broker.take_back_announcement(&provider, made.id).await;
    assert!(matches!(history, Err(BrokerError::Conflict { code: "begun", .. })), "{history:?}");
    let over = broker.end_announcement(&provider, made.id).await.unwrap();
    assert_eq!((over.phase, over.ends_at), (AnnouncementPhase::Over, Some(broker.now())));
    let again = broker.end_announcement(&provider, made.id).await.unwrap();
    assert_eq!(again.revision, over.revision, "repeating it changes nothing");
    let stranger = OpContext::stranger("test");
    let listed = broker.announcements(&stranger, Some(PROVIDER), None, 10).await.unwrap().items;
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [made.id]);
    assert!(
        broker.announcements(&stranger, Some("market"), None, 10).await.unwrap().items.is_empty()
    );
    let nobody = broker.announcements(&stranger, Some("nobody"), None, 10).await;
    assert!(matches!(nobody, Err(BrokerError::NotFound { .. })), "{nobody:?}");
    market.finish().await;
}

async fn the_markets_own_stand_on_every_page_while_they_matter(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let now = broker.now();
    let span = (Some(now.plus_us(72 * HOUR)), Some(now.plus_us(73 * HOUR)));
    let made = broker.announce(&desk, &wish(AnnouncementKind::Maintenance, span)).await.unwrap();
    assert!(shown(&market).await.is_empty(), "three days ahead is early");
    market.clock.advance_us(24 * HOUR);
    assert_eq!(shown(&market).await.iter().map(|one| one.id).collect::<Vec<_>>(), [made.id]);
    market.clock.advance_us(48 * HOUR);
    assert_eq!(shown(&market).await[0].phase, AnnouncementPhase::Running);
    broker.end_announcement(&desk, made.id).await.unwrap();
    assert!(shown(&market).await.is_empty(), "it is over at once, not when a cache ends");
    let news = broker.announce(&desk, &wish(AnnouncementKind::Notice, (None, None))).await.unwrap();
    assert_eq!(shown(&market).await[0].id, news.id);
    market.clock.advance_us(15 * 24 * HOUR);
    assert!(shown(&market).await.is_empty(), "news without an end grow old");
    market.finish().await;
}

async fn nobody_speaks_in_the_name_of_somebody_else(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let (provider, customer) =
        (market.person(Role::Provider).await, market.person(Role::Customer).await);
    let stranger = OpContext::stranger("test");
    let notice = wish(AnnouncementKind::Notice, (None, None));
    let of_market = broker.announce(&desk, &notice).await.unwrap();
    let of_provider = broker.announce(&provider, &notice).await.unwrap();
    assert_eq!(of_market.provider, None);
    assert_eq!(of_provider.provider.as_ref().map(|one| one.slug.as_str()), Some(PROVIDER));
    assert!(matches!(broker.announce(&customer, &notice).await, Err(BrokerError::WrongRole)));
    assert!(matches!(broker.announce(&stranger, &notice).await, Err(BrokerError::SignInFirst)));
    for (who, id) in [(&provider, of_market.id), (&desk, of_provider.id), (&customer, of_market.id)]
    {
        let ended = broker.end_announcement(who, id).await;
        assert!(
            matches!(ended, Err(BrokerError::NotFound { .. } | BrokerError::WrongRole)),
            "{ended:?}"
        );
        assert!(broker.take_back_announcement(who, id).await.is_err());
        assert!(broker.change_announcement(who, (id, 1), &notice).await.is_err());
    }
    let own = broker.own_announcements(&provider, None, 10).await.unwrap().items;
    assert_eq!(own.iter().map(|one| one.id).collect::<Vec<_>>(), [of_provider.id]);
    market.finish().await;
}

async fn what_is_wrong_is_said_at_its_field_and_a_day_has_a_limit(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let now = broker.now();
    let hours = |hours: i64| Some(now.plus_us(hours * HOUR));
    let told = async |kind, span| faults(broker.announce(&provider, &wish(kind, span)).await);
    let at = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    use AnnouncementKind as K;
    assert_eq!(told(K::Maintenance, (None, None)).await, at("/endsAt", "end_missing"));
    assert_eq!(
        told(K::Maintenance, (hours(1), hours(14 * 24 + 2))).await,
        at("/endsAt", "too_long_a_window")
    );
    assert_eq!(told(K::Notice, (hours(2), hours(2))).await, at("/endsAt", "end_before_start"));
    assert_eq!(told(K::Incident, (hours(1), None)).await, at("/startsAt", "incident_ahead"));
    let mut bad = wish(K::Notice, (None, None));
    (bad.title_en, bad.text_ja) = (" ".to_owned(), "x".repeat(2_001));
    let found = faults(broker.announce(&provider, &bad).await);
    let places: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(places, ["/text/ja", "/title"]);
    for _ in 0..DAILY_MAX {
        broker.announce(&provider, &wish(K::Notice, (None, None))).await.unwrap();
    }
    let more = broker.announce(&provider, &wish(K::Notice, (None, None))).await;
    assert!(
        matches!(more, Err(BrokerError::Conflict { code: "too_many_announcements", .. })),
        "{more:?}"
    );
    market.clock.advance_us(25 * HOUR);
    broker.announce(&provider, &wish(K::Notice, (None, None))).await.unwrap();
    market.finish().await;
}

on_both!(
    g10_customers_of_a_provider_hear_of_its_maintenance_and_nobody_else,
    an_incident_is_ended_and_stays_as_history,
    the_markets_own_stand_on_every_page_while_they_matter,
    nobody_speaks_in_the_name_of_somebody_else,
    what_is_wrong_is_said_at_its_field_and_a_day_has_a_limit,
);
