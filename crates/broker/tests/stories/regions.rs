//! The region that was contracted is the region it runs in, or nothing runs.

use crate::on_both;
use broker::BrokerError;
use broker::requirements::RequirementSource;
use domain::{ContractState, Role};
use testkit::{Engine, TestBroker, zone};

/// Offered in `jp-sapporo-1` and `jp-osaka-1`.
const OFFER: &str = "hokusei-gov-iaas";

async fn a_service_runs_in_the_contracted_region_as_the_cloud_says(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    for region in ["jp-osaka-1", "jp-sapporo-1"] {
        let id = market.sign_in(&customer, OFFER, region, region).await.unwrap();
        market.run_workflows().await;
        let page = market.page(&customer, id).await;
        assert_eq!(page.card.state, ContractState::Active, "{:?}", page.timelines);
        assert_eq!(page.plan.region, region);
        let place = page.resources[0].place.clone().unwrap();
        assert_eq!((place.region.as_str(), place.country.as_str()), (region, "JP"));
        let held = market.allocations(id).await.remove(0);
        assert_eq!((held.zone.region.as_str(), held.zone.id), (region, place.zone));
    }
    market.finish().await;
}

async fn a_full_region_leaves_another_orderable(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let orders = [
        ("jp-sapporo-1", "first", ContractState::Active),
        ("jp-sapporo-1", "second", ContractState::Failed),
        ("jp-osaka-1", "third", ContractState::Active),
    ];
    for (region, key, expected) in orders {
        let id = market.sign_in(&customer, OFFER, region, key).await.unwrap();
        market.run_workflows().await;
        let page = market.page(&customer, id).await;
        assert_eq!(page.card.state, expected, "{key}: {:?}", page.timelines);
        let refused = expected == ContractState::Failed;
        assert_eq!(page.failure.as_deref() == Some("no_capacity"), refused, "{key}");
        // The same promise, where there may be room.
        let elsewhere: &[_] = if refused { &[("jp-osaka-1", "JP")] } else { &[] };
        let named =
            page.alternatives.regions.iter().map(|(id, country)| (id.as_str(), country.as_str()));
        assert!(named.eq(elsewhere.iter().copied()), "{key}: {:?}", page.alternatives.regions);
    }
    market.finish().await;
}

async fn only_regions_that_the_cloud_has_can_be_ordered(engine: Engine) {
    let market = TestBroker::with_zones(engine, &[zone("jp-osaka-1", "JP")], 1).await;
    assert_eq!(market.broker.look_at_clouds().await.unwrap(), 1);
    assert_eq!(market.broker.look_at_clouds().await.unwrap(), 0, "nothing new");
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let need = RequirementSource::Template("certificate-service".to_owned());
    let quote = market.broker.quote(&customer, offer, &need).await.unwrap();
    // Sapporo stands first in the offer, and the cloud is not there.
    assert_eq!((quote.plan.region.as_str(), quote.obstacle), ("jp-osaka-1", None));
    assert_eq!(quote.ranked.card.served, ["jp-osaka-1"]);
    let refused = market.sign_in(&customer, OFFER, "jp-sapporo-1", "one").await;
    let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (faults[0].pointer.as_str(), faults[0].code.as_str()),
        ("/plan/region", "region_not_served")
    );
    assert_eq!(faults[0].allowed, "jp-osaka-1");
    let id = market.sign(&customer, OFFER, "two").await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    market.finish().await;
}

async fn an_offer_in_regions_the_cloud_does_not_have_is_not_orderable_and_its_provider_is_told(
    engine: Engine,
) {
    let market = TestBroker::with_zones(engine, &[zone("jp-sendai-1", "JP")], 1).await;
    let customer = market.person(Role::Customer).await;
    let provider = market.person(Role::Provider).await;
    let offer = market.offer(OFFER).await;
    let before = market.broker.my_offer(&provider, offer).await.unwrap();
    assert!(before.not_served.is_empty(), "the cloud has not answered yet: nothing is known");
    market.broker.look_at_clouds().await.unwrap();

    let card = market.broker.offer(&customer, offer).await.unwrap().card;
    assert!(!card.backed && card.provider.backed && card.served.is_empty());
    let own = market.broker.my_offer(&provider, offer).await.unwrap();
    assert_eq!(own.not_served, ["jp-sapporo-1", "jp-osaka-1"]);
    let refused = market.sign(&customer, OFFER, "one").await;
    assert!(
        matches!(&refused, Err(BrokerError::NotOrderable { code: "region_not_served", .. })),
        "{refused:?}"
    );
    assert!(market.broker.contracts(&customer, None, 10).await.unwrap().items.is_empty());
    market.finish().await;
}

/// Signed before the cloud had told its regions: activation asks the cloud itself.
async fn a_cloud_elsewhere_ends_activation_with_the_reason_and_nothing_held(engine: Engine) {
    let elsewhere = [
        (zone("jp-sendai-1", "JP"), "region_unknown"),
        (zone("jp-sapporo-1", "KR"), "wrong_country"),
    ];
    for (zone, reason) in elsewhere {
        let market = TestBroker::with_zones(engine, &[zone], 1).await;
        let customer = market.person(Role::Customer).await;
        let id = market.sign_in(&customer, OFFER, "jp-sapporo-1", "one").await.unwrap();
        market.run_workflows().await;
        let page = market.page(&customer, id).await;
        assert_eq!(page.card.state, ContractState::Failed, "{:?}", page.timelines);
        assert_eq!(page.failure.as_deref(), Some(reason));
        let discover = page.timelines[0].steps.iter().find(|step| step.name == "discover").unwrap();
        assert!(discover.error.as_ref().unwrap().contains("jp-sapporo-1"), "{discover:?}");
        assert!(market.allocations(id).await.is_empty() && page.resources.is_empty());
        market.finish().await;
    }
}

on_both!(
    a_service_runs_in_the_contracted_region_as_the_cloud_says,
    a_full_region_leaves_another_orderable,
    only_regions_that_the_cloud_has_can_be_ordered,
    an_offer_in_regions_the_cloud_does_not_have_is_not_orderable_and_its_provider_is_told,
    a_cloud_elsewhere_ends_activation_with_the_reason_and_nothing_held,
);
