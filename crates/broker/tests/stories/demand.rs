//! What demand tells a provider: the place of its drafts and offers, what real needs miss in them without
//! telling whose they are, and how they stand to the middle of their category (F7.1.1, S6).

use crate::on_both;
use broker::demand::{Against, ORGANISATIONS_MIN, OfferRanking};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{OfferId, Role};
use matching::Order;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-standard-iaas";
const UPTIME: &str = "availability.service_uptime";

/// The need of the template, asking for this much uptime.
fn need(uptime: &str) -> String {
    let template = sla::EXAMPLE_REQUIREMENTS[0].yaml;
    let mut requirement = sla::parse_requirement(template).unwrap();
    for item in &mut requirement.spec.profiles.normal.items {
        if item.item == UPTIME {
            item.value = Some(sla::Value::Number(uptime.parse().unwrap()));
        }
    }
    sla::to_yaml(&requirement)
}

async fn save(market: &TestBroker, organisation: &str, uptime: &str) -> OpContext {
    let customer = customer_of(market, organisation).await;
    market.broker.save_requirement(&customer, &need(uptime), None).await.unwrap();
    customer
}

async fn own(market: &TestBroker) -> (OpContext, OfferId, sla::Offer) {
    let provider = market.person(Role::Provider).await;
    let offer = market.broker.my_offer_named(&provider, OFFER).await.unwrap().unwrap();
    (provider, offer.card.id, offer.document)
}

/// The places of an offer for each template as the public list has them.
async fn listed(market: &TestBroker, id: OfferId) -> Vec<(bool, usize)> {
    let mut places = Vec::new();
    for template in market.broker.templates() {
        let source = RequirementSource::Template(template.key);
        let ctx = OpContext::stranger("test");
        let list = market.broker.rank(&ctx, &source, Order::Balanced, 200).await.unwrap();
        let rows = list.matches.iter().chain(&list.near_misses);
        let at = rows.into_iter().position(|row| row.card.id == id).unwrap();
        places.push((at < list.matches.len(), at + 1));
    }
    places
}

fn placed(ranking: &OfferRanking) -> Vec<(bool, usize)> {
    let places = ranking.templates.iter().map(|one| one.standing);
    places.map(|one| (one.contained, usize::try_from(one.position).unwrap())).collect()
}

async fn f7_1_1_a_draft_is_placed_where_the_market_puts_it_once_published(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, id, mut document) = own(&market).await;
    let before = market.broker.ranking_of_offer(&provider, id).await.unwrap().0;
    assert_eq!(placed(&before), listed(&market, id).await, "a published offer");
    for item in &mut document.spec.items {
        if item.item == UPTIME {
            item.value = sla::Value::Number("0.5".parse().unwrap());
            (item.commitment, item.remedy) = (sla::Commitment::Objective, None);
        }
    }
    let unsaved = market.broker.ranking_of_document(&provider, Some(id), &document).await.unwrap();
    assert_ne!(placed(&unsaved), placed(&before));
    let missed = &unsaved.templates[0].missed;
    assert!(missed.iter().any(|row| row.item == UPTIME), "{missed:?}");
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    let draft = market.broker.ranking_of_offer(&provider, id).await.unwrap().0;
    assert_eq!(placed(&draft), placed(&unsaved));
    assert_eq!(placed(&before), listed(&market, id).await, "nothing is published yet");
    market.broker.publish_offer(&provider, id).await.unwrap();
    assert_eq!(placed(&draft), listed(&market, id).await);
    market.finish().await;
}

async fn needs_of_few_organisations_are_not_told_and_of_enough_as_counts(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, id, _) = own(&market).await;
    for organisation in ["one", "two", "three", "four"] {
        let customer = save(&market, organisation, "0.99").await;
        market.clock.advance_seconds(1);
        market.broker.save_requirement(&customer, &need("0.9999999"), None).await.unwrap();
    }
    market.broker.save_requirement(&provider, &need("0.99"), None).await.unwrap();
    let found = market.broker.ranking_of_offer(&provider, id).await.unwrap().0;
    assert_eq!(found.demand, None, "four organisations, and its own need does not count");
    let demand = market.broker.provider_demand(&provider).await.unwrap();
    assert_eq!(demand.real, None);

    save(&market, "five", "0.99").await;
    let found = market.broker.ranking_of_offer(&provider, id).await.unwrap().0.demand.unwrap();
    assert_eq!((found.organisations, found.needs), (ORGANISATIONS_MIN as u64, 9));
    let uptime = found.items.iter().find(|item| item.item == UPTIME).unwrap();
    assert_eq!((uptime.organisations, uptime.needs), (5, 9));
    assert!(uptime.missed >= 4, "no offer promises seven nines: {uptime:?}");
    let real = market.broker.provider_demand(&provider).await.unwrap().real.unwrap();
    let uptime = real.items.iter().find(|item| item.item == UPTIME).unwrap();
    let nines = sla::Value::Number("0.9999999".parse().unwrap());
    assert_eq!(uptime.asked.as_ref(), Some(&nines), "each organisation's latest need counts");
    let told = format!("{found:?} {real:?}");
    for secret in ["req_", "org_", "certificate"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    market.finish().await;
}

async fn an_item_that_few_organisations_ask_for_is_left_out(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, ..) = own(&market).await;
    for organisation in ["one", "two", "three", "four", "five"] {
        save(&market, organisation, "0.99").await;
    }
    let items = |real: &broker::demand::RealDemand| {
        real.items.iter().map(|item| item.item.clone()).collect::<Vec<_>>()
    };
    let before = market.broker.provider_demand(&provider).await.unwrap().real.unwrap();
    let key = "exit.termination_notice";
    assert!(!items(&before).iter().any(|item| item == key));
    let six = customer_of(&market, "six").await;
    let mut odd = sla::parse_requirement(&need("0.99")).unwrap();
    let mut item = sla::RequirementItem::best_effort(key);
    item.level = sla::Demand::Prefer;
    item.op = Some(sla::Operator::Gte);
    item.value = Some(sla::Value::Number("86400".parse().unwrap()));
    odd.spec.profiles.normal.items.push(item);
    market.broker.save_requirement(&six, &sla::to_yaml(&odd), None).await.unwrap();
    let after = market.broker.provider_demand(&provider).await.unwrap().real.unwrap();
    assert_eq!(after.organisations, 6);
    assert_eq!(items(&after), items(&before), "one organisation is no group");
    market.finish().await;
}

async fn demand_is_told_to_the_provider_alone(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (_, id, document) = own(&market).await;
    let customer = market.person(Role::Customer).await;
    let stranger = OpContext::stranger("test");
    let refused = market.broker.ranking_of_offer(&customer, id).await.unwrap_err();
    assert!(matches!(refused, BrokerError::WrongRole), "{refused:?}");
    let refused = market.broker.ranking_of_offer(&stranger, id).await.unwrap_err();
    assert!(matches!(refused, BrokerError::SignInFirst), "{refused:?}");
    for ctx in [&customer, &stranger] {
        assert!(market.broker.provider_demand(ctx).await.is_err());
        assert!(market.broker.ranking_of_document(ctx, None, &document).await.is_err());
    }
    let other = testkit::offer_named(&market.broker, "edge-burst-tokyo").await;
    let (provider, ..) = own(&market).await;
    let refused = market.broker.ranking_of_offer(&provider, other).await.unwrap_err();
    assert!(matches!(refused, BrokerError::NotFound { .. }), "another tenant's: {refused:?}");
    market.finish().await;
}

async fn demand_sends_the_same_number_of_statements_for_any_needs_and_offers(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, id, document) = own(&market).await;
    let mut counts = Vec::new();
    for round in 0..3 {
        for organisation in 0..5 {
            save(&market, &format!("org-{round}-{organisation}"), "0.99").await;
        }
        let mut another = document.clone();
        another.metadata.name = format!("another-{round}");
        let saved = market.broker.save_offer(&provider, &sla::to_yaml(&another)).await.unwrap();
        market.broker.publish_offer(&provider, saved.card.id).await.unwrap();
        market.broker.sync_market().await.unwrap();
        market.broker.provider_demand(&provider).await.unwrap();
        let (demand, sent) =
            storage::stats::counting(market.broker.provider_demand(&provider)).await;
        let (_, of_one) =
            storage::stats::counting(market.broker.ranking_of_offer(&provider, id)).await;
        assert_eq!(demand.unwrap().real.unwrap().organisations, 5 * (round + 1));
        counts.push((sent, of_one));
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    market.finish().await;
}

async fn s6_promises_stand_beside_the_middle_of_enough_offers_only(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (provider, _, document) = own(&market).await;
    let beside = market.broker.beside_the_middle(&provider, &document).await.unwrap();
    assert_eq!(beside.model, "IaaS");
    let uptime = beside.items.iter().find(|item| item.item == UPTIME).unwrap().clone();
    assert!(uptime.offers >= 5 && uptime.against != Against::TooFew, "{uptime:?}");
    let Some(sla::Value::Number(middle)) = uptime.middle else { panic!("{:?}", uptime.middle) };
    let with = |number: sla::Decimal| {
        let mut other = document.clone();
        let items = other.spec.items.iter_mut().filter(|item| item.item == UPTIME);
        items.for_each(|item| item.value = sla::Value::Number(number));
        other
    };
    let hair: sla::Decimal = "0.0000000001".parse().unwrap();
    for (number, against) in [
        (middle, Against::Equal),
        (middle + hair, Against::Better),
        (middle - hair, Against::Worse),
    ] {
        let beside = market.broker.beside_the_middle(&provider, &with(number)).await.unwrap();
        let uptime = beside.items.iter().find(|item| item.item == UPTIME).unwrap();
        assert_eq!(uptime.against, against, "{number} beside {middle}");
    }
    let mut silent = document.clone();
    silent.spec.items.retain(|item| item.item != UPTIME);
    silent.spec.price = None;
    let beside = market.broker.beside_the_middle(&provider, &silent).await.unwrap();
    let uptime = beside.items.iter().find(|item| item.item == UPTIME).unwrap();
    assert_eq!((uptime.promised.as_ref(), uptime.against), (None, Against::NotPromised));
    assert_eq!(beside.price.against, Against::NotPromised);
    let mut alone = document;
    alone.spec.service.model = sla::ServiceModel::Network;
    let beside = market.broker.beside_the_middle(&provider, &alone).await.unwrap();
    let few = beside.items.iter().find(|item| item.item == "availability.mttr").unwrap();
    assert_eq!((few.middle.as_ref(), few.offers), (None, 0), "few networks promise it");
    assert_eq!((few.against, beside.price.against), (Against::TooFew, Against::TooFew));
    market.finish().await;
}

on_both!(
    f7_1_1_a_draft_is_placed_where_the_market_puts_it_once_published,
    needs_of_few_organisations_are_not_told_and_of_enough_as_counts,
    an_item_that_few_organisations_ask_for_is_left_out,
    demand_is_told_to_the_provider_alone,
    demand_sends_the_same_number_of_statements_for_any_needs_and_offers,
    s6_promises_stand_beside_the_middle_of_enough_offers_only,
);
