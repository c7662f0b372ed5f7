//! How the market does, as those read it who run it.

use crate::on_both;
use broker::BrokerError;
use domain::Role;
use testkit::{Engine, TestBroker};

async fn what_happened_is_counted_by_day_and_by_provider(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let (broker, customer) = (&market.broker, market.person(Role::Customer).await);
    let desk = market.person(Role::Broker).await;
    let before = broker.market_statistics(&desk, 7).await.unwrap();
    assert_eq!((before.days.len(), before.total().signed), (7, 0));
    assert!(before.providers.is_empty() && before.running.is_empty());
    assert!(before.total().versions > 0, "the demo's offers were written today");
    let id = market.sign(&customer, "hokusei-gov-iaas", "first").await.unwrap();
    market.run_workflows().await;
    // There is no second machine.
    market.sign(&customer, "hokusei-gov-iaas", "second").await.unwrap();
    market.run_workflows().await;
    market.clock.advance_us(2 * 86_400 * 1_000_000);
    broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let found = broker.market_statistics(&desk, 7).await.unwrap();
    let total = found.total();
    assert_eq!((total.signed, total.activated, total.failed, total.released), (2, 1, 1, 1));
    let days: Vec<_> = found.days.iter().map(|day| (day.signed, day.released)).collect();
    assert_eq!(days[4..], [(2, 0), (0, 0), (0, 1)], "today is the last");
    let one = &found.providers[0];
    assert_eq!(
        (one.slug.as_str(), one.running, one.signed, one.activated, one.failed),
        ("hokusei", 0, 2, 1, 1)
    );
    let today = broker.market_statistics(&desk, 1).await.unwrap();
    assert_eq!((today.total().signed, today.total().released), (0, 1));
    assert_eq!(today.providers[0].signed, 0);
    market.finish().await;
}

async fn only_the_broker_reads_statistics_and_only_so_many_days(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let broker = &market.broker;
    for role in [Role::Customer, Role::Provider] {
        let refused = broker.market_statistics(&market.person(role).await, 7).await;
        assert!(matches!(refused, Err(BrokerError::WrongRole)), "{refused:?}");
    }
    let desk = market.person(Role::Broker).await;
    for days in [0, -1, 367, i64::MAX] {
        let Err(BrokerError::Invalid(faults)) = broker.market_statistics(&desk, days).await else {
            panic!("{days}")
        };
        assert_eq!(faults[0].pointer, "/days");
    }
    assert_eq!(broker.market_statistics(&desk, 366).await.unwrap().days.len(), 366);
    market.finish().await;
}

on_both!(
    what_happened_is_counted_by_day_and_by_provider,
    only_the_broker_reads_statistics_and_only_so_many_days,
);
