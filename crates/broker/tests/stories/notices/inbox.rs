//! Reading and marking notices, and who may.

use super::{Scene, table};
use crate::on_both;
use broker::notices::Notice;
use broker::{BrokerError, OpContext};
use testkit::{Engine, customer_of};

async fn an_inbox_shows_unread_first_and_marks_and_takes_back(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    scene.import(&table(0..4, "4 h", 1000)).await;
    let told = scene.told().await;
    let (who, ids) = (&scene.customer, told.iter().map(|notice| notice.id).collect::<Vec<_>>());
    broker.mark_notice(who, ids[3], true).await.unwrap();
    broker.mark_notice(who, ids[3], true).await.unwrap();
    let order = |items: &[Notice]| items.iter().map(|notice| notice.id).collect::<Vec<_>>();
    assert_eq!(order(&scene.inbox().await), [ids[2], ids[1], ids[0], ids[3]]);
    // By pages of two, also by need.
    let first = broker.notices(who, Some(scene.need), None, 2).await.unwrap();
    let next = broker.notices(who, None, first.next.as_deref(), 2).await.unwrap();
    assert_eq!(
        (order(&first.items), order(&next.items)),
        (vec![ids[2], ids[1]], vec![ids[0], ids[3]])
    );
    assert_eq!(next.next, None);
    // What came after the page was shown stays unread.
    scene.market.clock.advance_seconds(1);
    let marked = broker.mark_notices_read(who, Some(scene.need), ids[1]).await.unwrap();
    assert_eq!((marked.count, broker.unread_notices(who).await.unwrap()), (2, 1));
    assert_eq!(broker.mark_notices_unread(who, marked.at).await.unwrap(), 2);
    assert_eq!(broker.unread_notices(who).await.unwrap(), 3);
    broker.mark_notice(who, ids[0], true).await.unwrap();
    broker.mark_notice(who, ids[0], false).await.unwrap();
    assert_eq!(broker.unread_notices(who).await.unwrap(), 3);
    let (_, statements) = storage::stats::counting(broker.unread_notices(who)).await;
    let stranger = OpContext::stranger("test");
    let (count, none) = storage::stats::counting(broker.unread_notices(&stranger)).await;
    assert_eq!((statements, count.unwrap(), none), (1, 0, 0));
    scene.market.finish().await;
}

async fn strangers_and_other_tenants_read_and_watch_nothing(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    scene.import(&table(0..1, "4 h", 1000)).await;
    let id = scene.told().await[0].id;
    let other = customer_of(&scene.market, "elsewhere").await;
    let missing = |error: BrokerError| matches!(error, BrokerError::NotFound { .. });
    assert!(broker.notices(&other, None, None, 10).await.unwrap().items.is_empty());
    assert_eq!(broker.unread_notices(&other).await.unwrap(), 0);
    assert!(missing(broker.notices(&other, Some(scene.need), None, 10).await.unwrap_err()));
    assert!(missing(broker.mark_notice(&other, id, true).await.unwrap_err()));
    assert!(missing(broker.mark_notices_read(&other, None, id).await.unwrap_err()));
    assert!(missing(broker.watch_requirement(&other, scene.need, false).await.unwrap_err()));
    let now = scene.market.broker.now();
    assert_eq!(broker.mark_notices_unread(&other, now).await.unwrap(), 0);
    let stranger = OpContext::stranger("test");
    let refused = |error: BrokerError| matches!(error, BrokerError::SignInFirst);
    assert!(refused(broker.notices(&stranger, None, None, 10).await.unwrap_err()));
    assert!(refused(broker.mark_notice(&stranger, id, true).await.unwrap_err()));
    assert!(refused(broker.mark_notices_read(&stranger, None, id).await.unwrap_err()));
    assert!(refused(broker.mark_notices_unread(&stranger, now).await.unwrap_err()));
    assert!(refused(broker.watch_requirement(&stranger, scene.need, false).await.unwrap_err()));
    assert_eq!(broker.unread_notices(&scene.customer).await.unwrap(), 1);
    scene.market.finish().await;
}

on_both!(
    an_inbox_shows_unread_first_and_marks_and_takes_back,
    strangers_and_other_tenants_read_and_watch_nothing,
);
