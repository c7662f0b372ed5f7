//! A newer version of an offer reaches exactly the holders of older ones, once; they keep what they signed until they accept
//! (F7.1.4).

use crate::on_both;
use broker::changes::{Accept, Decision, NewerVersionView};
use broker::notices::{Notice, NoticeKind};
use broker::{Broker, BrokerError, BrokerParts, OpContext};
use domain::{Clock, ContractId, ContractState, ManualClock, OfferId, Role, SequentialIds};
use sla::Verdict;
use std::sync::Arc;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const OTHER: &str = "hokusei-standard-iaas";
const DAY: i64 = 86_400;

/// The provider publishes the offer with something else in it; its new version.
async fn publish(
    market: &TestBroker,
    name: &str,
    change: impl Fn(&mut sla::Offer),
) -> (OfferId, i64) {
    let provider = market.person(Role::Provider).await;
    let own = market.broker.my_offer_named(&provider, name).await.unwrap().unwrap();
    let (id, mut document) = (own.card.id, own.document);
    change(&mut document);
    let saved = market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.broker.publish_offer(&provider, id).await.unwrap();
    market.clock.advance_seconds(1);
    (id, saved.card.current_version)
}

fn times(factor: i64) -> impl Fn(&mut sla::Offer) {
    move |offer| {
        let price = offer.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
        price.minor *= factor;
    }
}

async fn running(market: &TestBroker, customer: &OpContext, offer: &str, key: &str) -> ContractId {
    let id = market.sign(customer, offer, key).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(customer, id).await, ContractState::Active);
    id
}

async fn told(market: &TestBroker, who: &OpContext) -> Vec<Notice> {
    let all = market.broker.notices(who, None, None, 200).await.unwrap().items;
    all.into_iter().filter(|notice| notice.kind == NoticeKind::NewerVersion).collect()
}

async fn newer(market: &TestBroker, who: &OpContext, id: ContractId) -> Vec<NewerVersionView> {
    market.broker.newer_versions(who, id).await.unwrap()
}

/// A second process over the same database.
async fn second(market: &TestBroker, seed: u64) -> Broker {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&market.clock);
    let parts = testkit::broker_parts(&market.database, clock, 0);
    let parts = BrokerParts { ids: Arc::new(SequentialIds::new(seed)), ..parts };
    Broker::open(parts).await.unwrap()
}

fn code(error: BrokerError) -> &'static str {
    match error {
        BrokerError::Conflict { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

async fn f7_1_4_a_worse_version_reaches_exactly_the_contracts_of_older_ones_once(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 20).await;
    let one = market.person(Role::Customer).await;
    let two = customer_of(&market, "two").await;
    let first = running(&market, &one, OFFER, "first").await;
    let second_of_one = running(&market, &one, OFFER, "second").await;
    let of_two = running(&market, &two, OFFER, "of two").await;
    let of_other_offer = running(&market, &two, OTHER, "of another offer").await;
    let released = running(&market, &two, OFFER, "released").await;
    market.broker.release(&two, released).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.broker.tell_holders().await.unwrap(), 0, "nobody stands on an older version");
    let (offer, version) = publish(&market, OFFER, times(10)).await;
    let later = market.sign(&two, OFFER, "of the newer one").await.unwrap();
    let other = second(&market, 31).await;
    let both = tokio::join!(market.broker.tell_holders(), other.tell_holders());
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 3, "two processes tell it once");
    assert_eq!(market.broker.tell_holders().await.unwrap(), 0);
    let contracts = |notices: &[Notice]| {
        let mut ids: Vec<_> =
            notices.iter().map(|notice| notice.contract.as_ref().unwrap().contract).collect();
        ids.sort();
        ids
    };
    let mut of_one = [first, second_of_one];
    of_one.sort();
    assert_eq!(contracts(&told(&market, &one).await), of_one);
    let theirs = told(&market, &two).await;
    assert_eq!(contracts(&theirs), [of_two]);
    let news = theirs[0].contract.as_ref().unwrap();
    let found = news.newer.as_ref().unwrap();
    assert_eq!((found.offer, found.version, found.signed_version), (offer, version, version - 1));
    assert_eq!(found.verdict, Verdict::Worse);
    assert!(found.changes.iter().any(|part| part.subject == "price"), "{:?}", found.changes);
    for (who, id) in [(&two, released), (&two, of_other_offer), (&two, later)] {
        assert!(newer(&market, who, id).await.is_empty());
    }
    let view = newer(&market, &one, first).await.remove(0);
    assert!(view.current && view.may_leave && view.decision.is_none());
    // The signed version promises no notice before changes, or as many days as it says.
    let signed = sla::parse_offer(&market.page(&one, first).await.offer_document).unwrap();
    let days = signed.item("change.sla_notice").and_then(|item| item.value.as_number());
    let days = days.map_or(30, |days| i64::try_from(days.trunc().mantissa()).unwrap());
    let open = view.leave_until.unwrap().since(view.found_at);
    assert_eq!(open, days * DAY * 1_000_000);
    market.clock.advance_seconds(days * DAY + 1);
    assert!(!newer(&market, &one, first).await[0].may_leave, "the window has closed");
    market.run_workflows().await;
    market.finish().await;
}

async fn a_contract_keeps_its_version_until_its_holder_accepts(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let id = running(&market, &customer, OFFER, "kept").await;
    let before = market.page(&customer, id).await;
    let (_, worse) = publish(&market, OFFER, times(10)).await;
    market.broker.tell_holders().await.unwrap();
    let same = market.page(&customer, id).await;
    assert_eq!((same.offer_version, &same.offer_hash), (before.offer_version, &before.offer_hash));
    assert_eq!(same.card.price, before.card.price);
    for _ in 0..2 {
        market.broker.keep_signed_version(&customer, id, worse).await.unwrap();
    }
    assert_eq!(newer(&market, &customer, id).await[0].decision, Some(Decision::Kept));
    let quote = market.broker.quote_accept(&customer, id).await.unwrap();
    assert_eq!(quote.before.price, before.card.price);
    let after = quote.after.unwrap();
    assert_eq!(after.price.minor, before.card.price.minor * 10);
    let wish = |version, shown_price| Accept { version, shown_price };
    let blind = wish(worse, Some(before.card.price));
    let refused = market.broker.accept_newer(&customer, id, blind).await.unwrap_err();
    assert_eq!(code(refused), "price_changed");
    let unknown = market.broker.accept_newer(&customer, id, wish(worse + 5, None)).await;
    assert_eq!(code(unknown.unwrap_err()), "offer_changed");
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let seen = wish(worse, Some(after.price));
        numbers.push(market.broker.accept_newer(&customer, id, seen).await.unwrap());
    }
    assert_eq!(numbers, [1, 1], "accepted once");
    let page = market.page(&customer, id).await;
    assert_eq!((page.offer_version, page.card.price), (worse, after.price));
    assert_eq!((page.plan, page.card.ends_at), (before.plan, before.card.ends_at));
    let texts = market.broker.signed_texts(&customer, id, 1).await.unwrap().unwrap();
    assert_eq!((texts.0.text, texts.1.text), (before.offer_document, page.offer_document));
    let view = newer(&market, &customer, id).await.remove(0);
    assert_eq!((view.decision, view.current), (Some(Decision::Accepted), false));
    let kept = market.broker.keep_signed_version(&customer, id, worse).await;
    assert_eq!(code(kept.unwrap_err()), "version_accepted");
    let desk = market.person(Role::Broker).await;
    let audit = market.broker.audit(&desk, Some(&id.to_string()), None, 100).await.unwrap();
    let actions: Vec<String> = audit.items.into_iter().map(|line| line.action).collect();
    for action in ["contract.version_kept", "contract.version_accepted"] {
        assert_eq!(actions.iter().filter(|one| *one == action).count(), 1, "{actions:?}");
    }
    // Accepting again after yet another version was published answers as the first time.
    publish(&market, OFFER, times(2)).await;
    assert_eq!(market.broker.accept_newer(&customer, id, wish(worse, None)).await.unwrap(), 1);
    assert_eq!(market.broker.tell_holders().await.unwrap(), 1, "told about the one after");
    market.finish().await;
}

async fn other_words_are_told_to_nobody_and_better_ones_open_no_window(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let id = running(&market, &customer, OFFER, "words").await;
    publish(&market, OFFER, |offer| offer.metadata.title = sla::Text::new("Other", "別")).await;
    assert_eq!(market.broker.tell_holders().await.unwrap(), 0);
    let (_, better) = publish(&market, OFFER, |offer| {
        let price = offer.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
        price.minor -= 1;
    })
    .await;
    assert_eq!(market.broker.tell_holders().await.unwrap(), 1);
    let found = newer(&market, &customer, id).await;
    let verdicts: Vec<_> = found.iter().map(|one| one.changes.verdict()).collect();
    assert_eq!(verdicts, [Verdict::Better, Verdict::Neutral]);
    assert_eq!((found[0].version, found[0].leave_until, found[0].may_leave), (better, None, false));
    market.finish().await;
}

async fn the_notice_says_whether_the_need_is_still_contained(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let id = running(&market, &customer, OFFER, "needed").await;
    let page = market.page(&customer, id).await;
    let need = sla::parse_requirement(&page.requirement_document).unwrap();
    let must =
        need.spec.profiles.normal.items.iter().filter(|item| item.level == sla::Demand::Must);
    let signed = sla::parse_offer(&page.offer_document).unwrap();
    let asked = must.map(|item| item.item.clone()).find(|key| signed.item(key).is_some()).unwrap();
    let provider = market.person(Role::Provider).await;
    let offer = market.offer(OFFER).await;
    // Asked before publishing: who would be affected.
    let mut document = signed.clone();
    document.spec.items.retain(|item| item.item != asked);
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    let found = market.broker.affected(&provider, offer).await.unwrap();
    assert_eq!(found.contracts.len(), 1, "{found:?}");
    let group = &found.contracts[0];
    assert_eq!((group.contracts, group.verdict), (1, Verdict::Worse));
    assert!(group.leave_us.is_some() && found.published < Some(found.version));
    assert!(found.changes.unwrap().worsens());
    assert_eq!(market.broker.tell_holders().await.unwrap(), 0, "nothing is published yet");
    market.broker.publish_offer(&provider, offer).await.unwrap();
    assert_eq!(market.broker.tell_holders().await.unwrap(), 1);
    let notice = told(&market, &customer).await.remove(0);
    let news = notice.contract.unwrap().newer.unwrap();
    assert!(!news.fits && news.missed.contains(&asked), "{news:?}");
    assert_eq!(group.no_longer_fit, 1, "the signed version contains the need");
    market.finish().await;
}

async fn strangers_and_other_tenants_see_and_decide_nothing(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let id = running(&market, &customer, OFFER, "mine").await;
    let (offer, version) = publish(&market, OFFER, times(10)).await;
    market.broker.tell_holders().await.unwrap();
    for (who, expected) in [
        (OpContext::stranger("test"), "SignInFirst"),
        (customer_of(&market, "another").await, "NotFound"),
        (market.person(Role::Provider).await, "WrongRole"),
    ] {
        let wish = Accept { version, shown_price: None };
        let answers = [
            market.broker.newer_versions(&who, id).await.map(drop),
            market.broker.quote_accept(&who, id).await.map(drop),
            market.broker.accept_newer(&who, id, wish).await.map(drop),
            market.broker.keep_signed_version(&who, id, version).await,
        ];
        for answer in answers {
            let told = format!("{:?}", answer.unwrap_err());
            assert!(told.starts_with(expected), "{expected}: {told}");
        }
    }
    assert!(market.broker.affected(&customer, offer).await.is_err());
    assert!(market.broker.affected(&OpContext::stranger("test"), offer).await.is_err());
    assert_eq!(market.page(&customer, id).await.offer_version, version - 1);
    market.finish().await;
}

async fn l_s1_a_provider_is_reminded_of_evidence_before_it_ends_and_when_it_has_once_each(
    engine: Engine,
) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let offer = market.offer(OFFER).await;
    let of_offer = async || {
        let all = market.broker.notices(&provider, None, None, 200).await.unwrap().items;
        let about =
            |notice: &Notice| notice.evidence.as_ref().is_some_and(|news| news.offer == offer);
        let mut found: Vec<Notice> = all.into_iter().filter(about).collect();
        found.sort_by_key(|notice| notice.created_at);
        found.into_iter().map(|one| (one.kind, one.evidence.unwrap())).collect::<Vec<_>>()
    };
    // The register says 31 August 2027, 282 days from now.
    let look = async |days: i64| {
        market.clock.advance_seconds(days * DAY);
        let seed = u64::try_from(market.broker.now().0 / 1_000_000).unwrap();
        let other = second(&market, seed).await;
        let both = tokio::join!(market.broker.remind_of_evidence(), other.remind_of_evidence());
        both.0.unwrap() + both.1.unwrap()
    };
    look(251).await;
    let ismap = |kinds: &[(NoticeKind, broker::notices::EvidenceNews)]| {
        let of = kinds.iter().filter(|(_, news)| news.last == "2027-08-31");
        of.map(|(kind, _)| *kind).collect::<Vec<_>>()
    };
    assert!(ismap(&of_offer().await).is_empty(), "31 days are left");
    assert!(look(1).await >= 1);
    assert_eq!(ismap(&of_offer().await), [NoticeKind::EvidenceEnds]);
    look(1).await;
    look(29).await;
    assert_eq!(ismap(&of_offer().await), [NoticeKind::EvidenceEnds], "its last day still counts");
    assert!(look(1).await >= 1);
    let told = of_offer().await;
    assert_eq!(ismap(&told), [NoticeKind::EvidenceEnds, NoticeKind::EvidenceEnded]);
    assert!(told.iter().any(|(_, news)| news.item == "security.certifications"), "{told:?}");
    look(20).await;
    assert_eq!(ismap(&of_offer().await).len(), 2, "once each");
    market.finish().await;
}

on_both!(
    l_s1_a_provider_is_reminded_of_evidence_before_it_ends_and_when_it_has_once_each,
    f7_1_4_a_worse_version_reaches_exactly_the_contracts_of_older_ones_once,
    a_contract_keeps_its_version_until_its_holder_accepts,
    other_words_are_told_to_nobody_and_better_ones_open_no_window,
    the_notice_says_whether_the_need_is_still_contained,
    strangers_and_other_tenants_see_and_decide_nothing,
);
