//! Deliveries of notices: written with the notice, made once, tried again with growing pauses, and given up at last.

use crate::on_both;
use broker::channels::{Channel, DeliveryView, SetChannels};
use broker::ports::{Channels, Mail, MailFault, Mailer};
use broker::{Broker, BrokerError, BrokerParts, OpContext};
use domain::{Clock, ManualClock, Role, SequentialIds};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use testkit::{Engine, TestBroker, customer_of};

/// A mail server that takes what it is told to take.
#[derive(Debug, Default)]
struct Server {
    taken: Mutex<Vec<Mail>>,
    failures: AtomicU64,
    refuses: bool,
    hangs: bool,
}

#[async_trait::async_trait]
impl Mailer for Server {
    async fn send(&self, mail: &Mail) -> Result<(), MailFault> {
        if self.refuses {
            return Err(MailFault::Refused("550 nobody".to_owned()));
        }
        let left = self.failures.load(Ordering::SeqCst);
        if left > 0 {
            self.failures.store(left - 1, Ordering::SeqCst);
            return Err(MailFault::ForNow("451 later".to_owned()));
        }
        self.taken.lock().unwrap().push(mail.clone());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// A process over the market's database with this server.
async fn process(market: &TestBroker, seed: u64, server: &Arc<Server>) -> Broker {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&market.clock);
    let parts = testkit::broker_parts(&market.database, clock, 0);
    let mailer: Arc<dyn Mailer> = Arc::<Server>::clone(server);
    let channels = Channels { mailer: Some(mailer), ..Channels::default() };
    let ids = Arc::new(SequentialIds::new(seed));
    Broker::open(BrokerParts { ids, channels, ..parts }).await.unwrap()
}

fn wish(mail: bool) -> SetChannels {
    SetChannels { mail, webhook: false, webhook_url: String::new(), language: "ja".to_owned() }
}

/// A customer who wants mail, watches a need, and gets one notice.
async fn noticed(market: &TestBroker, broker: &Broker) -> OpContext {
    let customer = market.person(Role::Customer).await;
    broker.set_channels(&customer, &wish(true)).await.unwrap();
    let need = "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
         metadata: {name: watched, version: 1, title: {en: Watched, ja: 要件}}\n\
         spec: {userRegions: [JP], profiles: {normal: {items: [{item: availability.mttr, op: lte, value: 18000, level: must}]}}}\n";
    broker.save_requirement(&customer, need, None).await.unwrap();
    broker.tell_watchers().await.unwrap();
    let provider = market.person(Role::Provider).await;
    let table = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
         min_outage_seconds,commitment,availability.mttr,price.monthly,price.currency\n\
         row-1,Row,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,4 h,1000,JPY\n";
    let file = broker::offers::OfferFile {
        file_name: String::new(),
        dry_run: false,
        valid_rows_only: false,
        text: table.to_owned(),
        format: None,
        checklist: broker::offers::ChecklistHead::default(),
        publish: true,
    };
    broker.import_offers(&provider, file).await.unwrap();
    market.clock.advance_seconds(1);
    assert_eq!(broker.tell_watchers().await.unwrap(), 1);
    customer
}

async fn listed(broker: &Broker, who: &OpContext) -> Vec<DeliveryView> {
    broker.deliveries(who, None, 50).await.unwrap().items
}

async fn a_notice_is_mailed_once_whoever_delivers(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let server = Arc::new(Server::default());
    let one = process(&market, 31, &server).await;
    let two = process(&market, 32, &server).await;
    let customer = noticed(&market, &one).await;
    let both = tokio::join!(one.deliver_due(), two.deliver_due());
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 1);
    assert_eq!(one.deliver_due().await.unwrap(), 0);
    let notice = one.notices(&customer, None, None, 10).await.unwrap().items.remove(0);
    {
        let taken = server.taken.lock().unwrap();
        assert_eq!(taken.len(), 1);
        assert!(taken[0].id.starts_with(&notice.id.to_string()), "{}", taken[0].id);
        assert_eq!(taken[0].letter.language, "ja", "the language that the person chose");
    }
    let all = listed(&one, &customer).await;
    assert_eq!((all.len(), all[0].state.as_str(), all[0].attempts), (1, "delivered", 1));
    // Asked for again it goes out once more under the same id.
    assert_eq!(one.send_again(&customer, notice.id, Channel::Mail).await.unwrap(), 1);
    assert_eq!(one.send_again(&customer, notice.id, Channel::Mail).await.unwrap(), 0);
    assert_eq!(one.deliver_due().await.unwrap(), 1);
    let ids: Vec<String> =
        server.taken.lock().unwrap().iter().map(|mail| mail.id.clone()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    market.finish().await;
}

async fn what_fails_is_tried_again_later_and_what_is_refused_is_given_up(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let server = Arc::new(Server { failures: AtomicU64::new(2), ..Server::default() });
    let broker = process(&market, 31, &server).await;
    let customer = noticed(&market, &broker).await;
    assert_eq!(broker.deliver_due().await.unwrap(), 0);
    let one = listed(&broker, &customer).await.remove(0);
    assert_eq!(
        (one.state.as_str(), one.attempts, one.fault.as_deref()),
        ("waiting", 1, Some("451 later"))
    );
    assert_eq!(broker.deliver_due().await.unwrap(), 0, "not before the pause is over");
    assert_eq!(listed(&broker, &customer).await[0].attempts, 1);
    market.clock.advance_seconds(15);
    assert_eq!(broker.deliver_due().await.unwrap(), 0);
    market.clock.advance_seconds(30);
    assert_eq!(broker.deliver_due().await.unwrap(), 1);
    assert_eq!(listed(&broker, &customer).await[0].state, "delivered");
    let refusing = Arc::new(Server { refuses: true, ..Server::default() });
    let other = process(&market, 32, &refusing).await;
    let notice = one.notice;
    other.send_again(&customer, notice, Channel::Mail).await.unwrap();
    assert_eq!(other.deliver_due().await.unwrap(), 0);
    let given_up = listed(&other, &customer).await.remove(0);
    assert_eq!((given_up.state.as_str(), given_up.next_at), ("given_up", None));
    let endless = Arc::new(Server { failures: AtomicU64::new(u64::MAX), ..Server::default() });
    let last = process(&market, 33, &endless).await;
    last.send_again(&customer, notice, Channel::Mail).await.unwrap();
    for _ in 0..40 {
        last.deliver_due().await.unwrap();
        market.clock.advance_seconds(6 * 3_600);
    }
    let given_up = listed(&last, &customer).await.remove(0);
    assert_eq!(
        (given_up.state.as_str(), given_up.attempts),
        ("given_up", 18),
        "retries are bounded"
    );
    market.finish().await;
}

async fn a_process_that_dies_while_it_sends_leaves_a_claim_that_runs_out(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let hanging = Arc::new(Server { hangs: true, ..Server::default() });
    let dying = process(&market, 31, &hanging).await;
    let customer = noticed(&market, &dying).await;
    let task = tokio::spawn(async move { dying.deliver_due().await.map(drop) });
    while hanging.taken.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    let server = Arc::new(Server::default());
    let next = process(&market, 32, &server).await;
    assert_eq!(next.deliver_due().await.unwrap(), 0, "it may still be at work");
    market.clock.advance_seconds(120);
    assert_eq!(next.deliver_due().await.unwrap(), 1);
    let first = hanging.taken.lock().unwrap()[0].id.clone();
    assert_eq!(server.taken.lock().unwrap()[0].id, first, "the mailbox can tell the repetition");
    assert_eq!(listed(&next, &customer).await[0].state, "delivered");
    market.finish().await;
}

async fn only_what_an_organisation_wants_is_delivered_and_only_it_sees_it(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let server = Arc::new(Server::default());
    let broker = process(&market, 31, &server).await;
    let customer = noticed(&market, &broker).await;
    // Switched off before it was sent: given up, not sent.
    broker.set_channels(&customer, &wish(false)).await.unwrap();
    assert_eq!(broker.deliver_due().await.unwrap(), 0);
    assert!(server.taken.lock().unwrap().is_empty());
    let one = listed(&broker, &customer).await.remove(0);
    assert_eq!(one.state, "given_up");
    let other = customer_of(&market, "another").await;
    assert!(listed(&broker, &other).await.is_empty());
    let refused = broker.send_again(&other, one.notice, Channel::Mail).await.unwrap_err();
    assert!(matches!(refused, BrokerError::NotFound { .. }), "{refused:?}");
    let stranger = OpContext::stranger("test");
    assert!(matches!(broker.channels(&stranger).await, Err(BrokerError::SignInFirst)));
    assert!(matches!(
        broker.set_channels(&stranger, &wish(true)).await,
        Err(BrokerError::SignInFirst)
    ));
    assert!(matches!(broker.deliveries(&stranger, None, 5).await, Err(BrokerError::SignInFirst)));
    assert!(matches!(broker.renew_webhook_secret(&stranger).await, Err(BrokerError::SignInFirst)));
    let nowhere = SetChannels { webhook: true, ..wish(false) };
    let Err(BrokerError::Invalid(faults)) = broker.set_channels(&customer, &nowhere).await else {
        panic!("an address is needed")
    };
    assert_eq!((faults[0].pointer.as_str(), faults[0].code.as_str()), ("/webhookUrl", "required"));
    market.finish().await;
}

on_both!(
    a_notice_is_mailed_once_whoever_delivers,
    what_fails_is_tried_again_later_and_what_is_refused_is_given_up,
    a_process_that_dies_while_it_sends_leaves_a_claim_that_runs_out,
    only_what_an_organisation_wants_is_delivered_and_only_it_sees_it,
);
