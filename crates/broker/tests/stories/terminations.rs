//! A provider ends a contract with the notice that it signed (UC5.3), and its customer is told.

use crate::on_both;
use broker::contracts::{GiveNotice, TakeData};
use broker::notices::NoticeKind;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role, Timestamp};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const DAY: i64 = 86_400;
/// What the offer promises.
const PROMISED_DAYS: i64 = 365;

struct Scene {
    market: TestBroker,
    customer: OpContext,
    provider: OpContext,
    id: ContractId,
}

impl Scene {
    async fn open(engine: Engine) -> Self {
        let market = TestBroker::with_cloud(engine, 2).await;
        let customer = market.person(Role::Customer).await;
        let provider = market.person(Role::Provider).await;
        let id = market.sign(&customer, OFFER, "ends").await.unwrap();
        market.run_workflows().await;
        Self { market, customer, provider, id }
    }

    fn wish(&self, days: i64) -> GiveNotice {
        let ends_at = self.market.broker.now().plus_seconds(days * DAY);
        GiveNotice { ends_at, reason: "the hall is torn down".to_owned() }
    }

    async fn give(&self, wish: &GiveNotice) -> Result<(), BrokerError> {
        self.market.broker.give_notice(&self.provider, self.id, wish).await
    }

    async fn inbox(&self) -> Vec<(NoticeKind, Option<Timestamp>)> {
        let list = self.market.broker.notices(&self.customer, None, None, 50).await.unwrap();
        let mut told: Vec<_> = list
            .items
            .into_iter()
            .filter_map(|notice| {
                let news = notice.contract?;
                assert_eq!(news.contract, self.id);
                assert_eq!(news.reason.as_deref(), Some("the hall is torn down"));
                Some((notice.id, notice.kind, news.at))
            })
            .collect();
        told.sort_by_key(|(id, ..)| *id);
        told.into_iter().map(|(_, kind, at)| (kind, at)).collect()
    }

    async fn audited(&self, action: &str) -> usize {
        let desk = self.market.person(Role::Broker).await;
        let audit = self.market.broker.audit(&desk, None, None, 100).await.unwrap().items;
        audit.iter().filter(|entry| entry.action == action).count()
    }
}

async fn uc5_3_a_provider_ends_a_contract_only_with_the_notice_that_it_signed(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let seen = broker.delivered_contract(&scene.provider, scene.id).await.unwrap();
    assert!(seen.notice.signed);
    assert_eq!(seen.earliest, Some(broker.now().plus_seconds(PROMISED_DAYS * DAY)));
    let list = broker.delivered_contracts(&scene.provider, None, 10).await.unwrap();
    assert_eq!(list.items.iter().map(|one| one.id).collect::<Vec<_>>(), [scene.id]);
    let early = GiveNotice { ends_at: seen.earliest.unwrap().plus_us(-1), reason: " ".to_owned() };
    let Err(BrokerError::Invalid(faults)) = scene.give(&early).await else { panic!() };
    let told: Vec<_> = faults.iter().map(|it| (it.pointer.as_str(), it.code.as_str())).collect();
    assert_eq!(told, [("/endsAt", "notice_too_short"), ("/reason", "reason")]);
    assert!(scene.inbox().await.is_empty());

    let wish = scene.wish(PROMISED_DAYS);
    for _ in 0..2 {
        scene.give(&wish).await.unwrap();
    }
    assert_eq!(scene.inbox().await, [(NoticeKind::ProviderEnds, Some(wish.ends_at))], "told once");
    let page = scene.market.page(&scene.customer, scene.id).await;
    let shown = page.termination.unwrap();
    assert_eq!((shown.state.as_str(), shown.ends_at), ("pending", wish.ends_at));
    let list = broker.delivered_contracts(&scene.provider, None, 10).await.unwrap();
    assert_eq!(list.items[0].termination.as_ref(), Some(&shown), "the list says the same");
    assert!(!page.alternatives.offers.is_empty(), "where to go is shown with it");
    let other = scene.give(&scene.wish(PROMISED_DAYS + 1)).await;
    assert!(matches!(other, Err(BrokerError::Conflict { code: "notice_given", .. })), "{other:?}");

    scene.market.clock.advance_us(wish.ends_at.since(broker.now()) - 1);
    assert_eq!(broker.terminate_due().await.unwrap(), 0, "a microsecond early");
    scene.market.clock.advance_us(1);
    // Every process looks; one begins the release.
    let (first, second) = tokio::join!(broker.terminate_due(), broker.terminate_due());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    assert_eq!(scene.market.state(&scene.customer, scene.id).await, ContractState::Releasing);
    let run = broker.timelines(&scene.customer, scene.id).await.unwrap().pop().unwrap();
    assert_eq!(run.kind, "release_returning_data", "the customer did not choose the moment");
    let kinds: Vec<NoticeKind> = scene.inbox().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [NoticeKind::ProviderEnds, NoticeKind::ProviderEnded]);
    let counts = (
        scene.audited("contract.notice_given").await,
        scene.audited("contract.provider_ended").await,
    );
    assert_eq!(counts, (1, 1));
    let late = scene.give(&scene.wish(2 * PROMISED_DAYS)).await;
    assert!(matches!(late, Err(BrokerError::Conflict { code: "contract_ended", .. })), "{late:?}");
    // Nothing is erased before the customer has its data, or gives them up.
    scene.market.run_workflows_within(3_600 * 1_000_000).await;
    assert!(scene.market.page(&scene.customer, scene.id).await.statement.is_none());
    broker.take_data(&scene.customer, scene.id, &TakeData::Waived).await.unwrap();
    scene.market.run_workflows().await;
    assert_eq!(scene.market.state(&scene.customer, scene.id).await, ContractState::Released);
    scene.market.finish().await;
}

async fn a_notice_is_withdrawn_while_it_is_pending_and_the_service_goes_on(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let wish = scene.wish(PROMISED_DAYS);
    scene.give(&wish).await.unwrap();
    for _ in 0..2 {
        broker.withdraw_notice(&scene.provider, scene.id).await.unwrap();
    }
    let kinds: Vec<NoticeKind> = scene.inbox().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [NoticeKind::ProviderEnds, NoticeKind::ProviderStays]);
    assert_eq!(scene.audited("contract.notice_withdrawn").await, 1);
    scene.market.clock.advance_seconds((PROMISED_DAYS + 1) * DAY);
    assert_eq!(broker.terminate_due().await.unwrap(), 0);
    assert_eq!(scene.market.state(&scene.customer, scene.id).await, ContractState::Active);
    assert!(scene.market.page(&scene.customer, scene.id).await.termination.is_none());
    // Another one is another notice.
    scene.give(&scene.wish(PROMISED_DAYS)).await.unwrap();
    scene.market.finish().await;
}

async fn a_contract_that_ended_otherwise_is_not_ended_again_by_its_provider(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    scene.give(&scene.wish(PROMISED_DAYS)).await.unwrap();
    broker.release(&scene.customer, scene.id).await.unwrap();
    scene.market.run_workflows().await;
    scene.market.clock.advance_seconds(PROMISED_DAYS * DAY);
    assert_eq!(broker.terminate_due().await.unwrap(), 0);
    let seen = broker.delivered_contract(&scene.provider, scene.id).await.unwrap();
    assert_eq!(seen.termination.unwrap().state, "overtaken");
    assert_eq!(scene.audited("contract.provider_ended").await, 0);
    scene.market.finish().await;
}

async fn only_the_provider_that_delivers_a_contract_ends_it(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let wish = scene.wish(PROMISED_DAYS);
    let give = async |ctx: &OpContext| broker.give_notice(ctx, scene.id, &wish).await;
    let stranger = give(&OpContext::stranger("test")).await;
    assert!(matches!(stranger, Err(BrokerError::SignInFirst)), "{stranger:?}");
    let customer = customer_of(&scene.market, "another").await;
    let desk = scene.market.person(Role::Broker).await;
    for person in [&scene.customer, &customer, &desk] {
        let refused = give(person).await;
        assert!(matches!(refused, Err(BrokerError::WrongRole)), "{refused:?}");
        let refused = broker.delivered_contracts(person, None, 10).await;
        assert!(matches!(refused, Err(BrokerError::WrongRole)));
    }
    assert!(scene.inbox().await.is_empty());
    scene.market.finish().await;
}

on_both!(
    uc5_3_a_provider_ends_a_contract_only_with_the_notice_that_it_signed,
    a_notice_is_withdrawn_while_it_is_pending_and_the_service_goes_on,
    a_contract_that_ended_otherwise_is_not_ended_again_by_its_provider,
    only_the_provider_that_delivers_a_contract_ends_it,
);
