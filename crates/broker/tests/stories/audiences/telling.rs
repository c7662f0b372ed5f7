//! What is told of an offer whose audience changes: the public feed, watched needs, standby lists.

use super::{OFFER, Scene, stranger};
use crate::on_both;
use broker::feed::EventKind;
use broker::notices::{Cause, NoticeKind};
use testkit::Engine;

async fn s1_the_feed_tells_of_hiding_as_of_a_withdrawal_and_of_showing_as_of_a_publication(
    engine: Engine,
) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    broker.write_feed().await.unwrap();
    let start = broker.feed_before(&stranger(), None, 1).await.unwrap().head;
    scene.hide().await;
    broker.write_feed().await.unwrap();
    // A version that is published while it is hidden, and an invitation that is accepted, are nobody's business.
    let mut document = broker.my_offer(&scene.provider, scene.offer).await.unwrap().document;
    document.metadata.title = sla::Text::new("Secret title", "秘密の題");
    broker.save_offer(&scene.provider, &sla::to_yaml(&document)).await.unwrap();
    broker.publish_offer(&scene.provider, scene.offer).await.unwrap();
    scene.join(&scene.customer).await;
    broker.write_feed().await.unwrap();
    let page = broker.feed_after(&stranger(), Some(start), 50).await.unwrap();
    let kinds: Vec<_> = page.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::OfferWithdrawn]);
    assert!(!format!("{:?}", page.events).contains("Secret title"));
    scene.show_to(None).await;
    broker.write_feed().await.unwrap();
    let page = broker.feed_after(&stranger(), Some(start), 50).await.unwrap();
    let kinds: Vec<_> = page.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::OfferWithdrawn, EventKind::OfferPublished]);
    let shown = page.events[1].offer.as_ref().unwrap();
    assert_eq!((shown.id, shown.version), (scene.offer, Some(2)));
    scene.market.finish().await;
}

/// What the offer promises, and more.
const NEED: &str = "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
    metadata: {name: watched, version: 1, title: {en: Watched, ja: 見張る要件}}\n\
    spec: {userRegions: [JP], profiles: {normal: {items: [{item: availability.service_uptime, op: gte, \
    value: 0.5, level: must}]}}}\n";

async fn s1_a_watched_need_hears_of_an_offer_when_its_organisation_may_know_of_it_and_no_other(
    engine: Engine,
) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    for who in [&scene.customer, &scene.other] {
        let saved = broker.save_requirement(who, NEED, None).await.unwrap().card.id;
        broker.watch_requirement(who, saved, true).await.unwrap();
    }
    scene.market.clock.advance_seconds(1);
    broker.tell_watchers().await.unwrap();
    let inbox = async |ctx: &broker::OpContext| {
        let found = broker.notices(ctx, None, None, 50).await.unwrap();
        let of = |notice: broker::notices::Notice| {
            let offer = notice.offers.iter().find(|offer| offer.id == scene.offer)?;
            Some((notice.kind, offer.cause))
        };
        found.items.into_iter().filter_map(of).collect::<Vec<_>>()
    };
    scene.hide().await;
    scene.market.clock.advance_seconds(1);
    broker.tell_watchers().await.unwrap();
    for who in [&scene.customer, &scene.other] {
        assert_eq!(inbox(who).await, [(NoticeKind::Lost, Cause::Hidden)]);
    }
    // What changes of it from now on is told to those alone who may know of it.
    let mut document = broker.my_offer(&scene.provider, scene.offer).await.unwrap().document;
    document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap().minor += 100;
    broker.save_offer(&scene.provider, &sla::to_yaml(&document)).await.unwrap();
    broker.publish_offer(&scene.provider, scene.offer).await.unwrap();
    scene.market.clock.advance_seconds(1);
    broker.tell_watchers().await.unwrap();
    assert_eq!(inbox(&scene.customer).await.len(), 1);
    let invitation = scene.join(&scene.customer).await;
    scene.market.clock.advance_seconds(1);
    broker.tell_watchers().await.unwrap();
    assert_eq!(inbox(&scene.customer).await[0], (NoticeKind::Gained, Cause::Shown));
    broker.take_back_invitation(&scene.provider, invitation.id).await.unwrap();
    scene.market.clock.advance_seconds(1);
    broker.tell_watchers().await.unwrap();
    let told = inbox(&scene.customer).await;
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], (NoticeKind::Lost, Cause::Hidden));
    assert_eq!(inbox(&scene.other).await.len(), 1, "heard nothing more");
    // A withdrawal of what nobody may know of is told to nobody.
    broker.withdraw_offer(&scene.provider, scene.offer).await.unwrap();
    scene.market.clock.advance_seconds(1);
    broker.tell_watchers().await.unwrap();
    assert_eq!((inbox(&scene.customer).await.len(), inbox(&scene.other).await.len()), (3, 1));
    scene.market.finish().await;
}

async fn s1_a_standby_list_holds_only_what_its_organisation_may_know_of(engine: Engine) {
    let market = testkit::TestBroker::with_cloud(engine, 3).await;
    let scene = Scene::of(market, domain::AudienceKind::Community).await;
    let broker = &scene.market.broker;
    let template = sla::EXAMPLE_REQUIREMENTS.iter().find(|one| one.name == "certificate-service");
    let mut lists = Vec::new();
    scene.hide().await;
    scene.join(&scene.customer).await;
    for who in [&scene.customer, &scene.other] {
        let saved = broker.save_requirement(who, template.unwrap().yaml, None).await.unwrap();
        broker.watch_requirement(who, saved.card.id, true).await.unwrap();
        lists.push((who, saved.card.id));
    }
    scene.market.clock.advance_seconds(1);
    broker.renew_standby_lists().await.unwrap();
    let mut found = Vec::new();
    for (who, need) in lists {
        let list = broker.standby_of_requirement(who, need).await.unwrap();
        found.push(list.rows.iter().any(|row| row.card.id == scene.offer));
    }
    assert_eq!(found, [true, false], "{OFFER}");
    scene.market.finish().await;
}

on_both!(
    s1_the_feed_tells_of_hiding_as_of_a_withdrawal_and_of_showing_as_of_a_publication,
    s1_a_watched_need_hears_of_an_offer_when_its_organisation_may_know_of_it_and_no_other,
    s1_a_standby_list_holds_only_what_its_organisation_may_know_of,
);
