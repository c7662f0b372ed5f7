//! Offers that an organisation keeps at hand.

use super::{Scene, stranger};
use crate::on_both;
use broker::OpContext;
use domain::{OfferId, OfferState};
use testkit::Engine;
use uuid::Uuid;

async fn favourites_are_an_organisations_own_and_hold_nothing_that_it_may_not_know_of(
    engine: Engine,
) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let kept = async |ctx: &OpContext| {
        let found = broker.favourites(ctx).await.unwrap();
        found.into_iter().map(|one| (one.offer, one.card.is_some())).collect::<Vec<_>>()
    };
    broker.keep_favourite(&scene.customer, scene.offer).await.unwrap();
    broker.keep_favourite(&scene.customer, scene.offer).await.unwrap();
    assert_eq!(kept(&scene.customer).await, [(scene.offer, true)]);
    assert_eq!(kept(&scene.other).await, []);
    let refused = broker.keep_favourite(&stranger(), scene.offer).await.unwrap_err();
    assert_eq!(refused.code(), "sign_in_first");

    scene.hide().await;
    assert_eq!(kept(&scene.customer).await, [], "it vanishes");
    let unknown = OfferId(Uuid::from_u128(77));
    let refused = async |id| format!("{:?}", broker.keep_favourite(&scene.other, id).await);
    assert_eq!(refused(scene.offer).await, refused(unknown).await);
    scene.join(&scene.customer).await;
    assert_eq!(kept(&scene.customer).await, [(scene.offer, true)], "and comes back");
    broker.withdraw_offer(&scene.provider, scene.offer).await.unwrap();
    broker.sync_market().await.unwrap();
    assert_eq!(kept(&scene.customer).await, [(scene.offer, false)]);
    let found = broker.favourites(&scene.customer).await.unwrap();
    assert_eq!(found[0].state, OfferState::Withdrawn);
    assert!(!found[0].title_en.is_empty());
    let (_, statements) = storage::stats::counting(broker.favourites(&scene.customer)).await;
    assert_eq!(statements, 1);
    broker.drop_favourite(&scene.customer, scene.offer).await.unwrap();
    broker.drop_favourite(&scene.customer, scene.offer).await.unwrap();
    assert_eq!(kept(&scene.customer).await, []);
    scene.market.finish().await;
}

on_both!(favourites_are_an_organisations_own_and_hold_nothing_that_it_may_not_know_of);
