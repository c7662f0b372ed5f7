//! A bundle whose offer is for invited organisations only: for everybody else that offer is not there.

use super::{Scene, stranger};
use crate::on_both;
use broker::bundles::{BundleText, BundleWish};
use broker::{BrokerError, OpContext};
use domain::Role;
use testkit::Engine;

async fn s1_a_bundle_tells_nothing_of_an_offer_that_its_reader_may_not_know_of(engine: Engine) {
    let scene = Scene::open(engine).await;
    let (broker, desk) = (&scene.market.broker, scene.market.person(Role::Broker).await);
    let other = scene.market.offer("edge-burst-tokyo").await;
    let none = String::new;
    let text = BundleText {
        title_en: "Both".to_owned(),
        title_ja: none(),
        text_en: none(),
        text_ja: none(),
        shown: true,
    };
    let wish = BundleWish { text, offers: vec![scene.offer, other] };
    let made = broker.make_bundle(&desk, &wish).await.unwrap();
    let seen = async |who: &OpContext| {
        let one = broker.bundle(who, made.id).await.unwrap();
        (one.members[0].card.is_some(), one.total.is_some(), one.members[1].card.is_some())
    };
    assert_eq!(seen(&stranger()).await, (true, true, true));
    scene.hide().await;
    scene.join(&scene.customer).await;
    for who in [&stranger(), &scene.other] {
        assert_eq!(seen(who).await, (false, false, true));
        let listed = broker.bundles(who, None, 10).await.unwrap().items;
        assert!(listed[0].members[0].card.is_none() && !listed[0].is_orderable());
    }
    assert_eq!(seen(&scene.customer).await, (true, true, true));
    // What is for some only is put into no bundle, whoever makes it.
    let refused = broker.make_bundle(&desk, &wish).await;
    assert!(
        matches!(&refused, Err(BrokerError::Invalid(faults)) if faults[0].pointer == "/offers/0"),
        "{refused:?}"
    );
    scene.market.finish().await;
}

on_both!(s1_a_bundle_tells_nothing_of_an_offer_that_its_reader_may_not_know_of,);
