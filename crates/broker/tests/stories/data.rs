//! A service ends, and its data are its owner's: they wait, whole and provable, before anything is erased.

use crate::on_both;
use broker::contracts::{DataAtEnd, DataStream, TakeData};
use broker::steer::SignalWord;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const DAY_S: i64 = 86_400;
const HOUR_US: i64 = 3_600_000_000;

/// A service that somebody wrote to, stopped, with its data waiting.
async fn waiting(engine: Engine) -> (TestBroker, OpContext, ContractId) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "data").await.unwrap();
    market.run_workflows().await;
    let address = market.page(&customer, id).await.card.address.unwrap();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let form = client.build().unwrap().post(format!("{}/notes", address.trim_end_matches('/')));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let noted = form.body("note=kept+by+users").send().await.unwrap();
    assert_eq!(noted.status(), 303);
    market.broker.release_with(&customer, id, DataAtEnd::Return).await.unwrap();
    market.run_workflows_within(HOUR_US).await;
    (market, customer, id)
}

async fn read(mut stream: DataStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = stream.pieces.next().await {
        all.extend(piece.unwrap());
    }
    // Whoever packs a body on its way asks again after the end.
    assert!(stream.pieces.next().await.is_none());
    all
}

fn code(result: Result<(), BrokerError>) -> &'static str {
    match result {
        Err(BrokerError::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

async fn f7_10_1c_data_wait_whole_until_their_owner_has_them_and_are_erased_then(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    assert_eq!(market.state(&customer, id).await, ContractState::Releasing);
    let data = market.broker.returned_data(&customer, id).await.unwrap().unwrap();
    let archive = data.archive.unwrap();
    assert_eq!(data.sent_at, None);
    assert!(archive.files.iter().any(|file| file.path.contains("notebook")), "{archive:?}");
    let early = market.broker.take_data(&customer, id, &TakeData::Taken { sha256: None }).await;
    assert_eq!(code(early), "data_not_verified");
    assert!(market.page(&customer, id).await.statement.is_none(), "nothing is erased yet");

    // One that was cut off goes on, and says nothing about the whole.
    let whole = read(market.broker.returned_archive(&customer, id, (0, None)).await.unwrap()).await;
    assert_eq!(hex::encode(Sha256::digest(&whole)), archive.sha256);
    assert!(String::from_utf8_lossy(&whole).contains("kept by users"));
    let rest = market.broker.returned_archive(&customer, id, (700, None)).await.unwrap();
    assert_eq!((rest.from, rest.whole), (700, u64::try_from(whole.len()).unwrap()));
    assert_eq!(read(rest).await, &whole[700..]);
    let behind = market.broker.returned_archive(&customer, id, (9_999_999, None)).await;
    assert!(
        matches!(behind, Err(BrokerError::BeyondEnd { whole: bytes }) if bytes == archive.bytes),
        "{behind:?}"
    );

    let data = market.broker.returned_data(&customer, id).await.unwrap().unwrap();
    assert!(data.sent_at.is_some(), "the broker saw that all of it was sent");
    for _ in 0..2 {
        let taken = TakeData::Taken { sha256: None };
        let done = market.broker.take_data(&customer, id, &taken).await;
        assert!(done.is_ok() || code(done) == "no_data_wait");
    }
    assert_eq!(market.broker.returned_data(&customer, id).await.unwrap(), None);
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Released);
    assert!(page.statement.is_some() && page.usage.is_some());
    market.finish().await;
}

async fn f7_10_1e_a_digest_that_is_wrong_erases_nothing_and_a_right_one_does(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    let told = |sha256: &str| TakeData::Taken { sha256: Some(sha256.to_owned()) };
    let wrong = market.broker.take_data(&customer, id, &told(&"0".repeat(64))).await;
    assert!(matches!(wrong, Err(BrokerError::Invalid(_))), "{wrong:?}");
    market.run_workflows_within(HOUR_US).await;
    assert_eq!(market.state(&customer, id).await, ContractState::Releasing);
    let data = market.broker.returned_data(&customer, id).await.unwrap().unwrap();
    let digest = data.archive.unwrap().sha256.to_uppercase();
    market.broker.take_data(&customer, id, &told(&digest)).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    market.finish().await;
}

async fn f7_10_1e_data_that_are_not_wanted_are_erased_at_once(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    market.broker.take_data(&customer, id, &TakeData::Waived).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    let desk = market.person(Role::Broker).await;
    let audit = market.broker.audit(&desk, None, None, 100).await.unwrap().items;
    assert!(audit.iter().any(|entry| entry.action == "contract.data_waived"));
    let none = market.broker.take_data(&customer, id, &TakeData::Waived).await;
    assert_eq!(code(none), "no_data_wait");
    market.finish().await;
}

async fn data_that_nobody_takes_wait_thirty_days(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    market.clock.advance_seconds(29 * DAY_S);
    market.run_workflows_within(HOUR_US).await;
    assert_eq!(market.state(&customer, id).await, ContractState::Releasing);
    assert!(market.broker.returned_data(&customer, id).await.unwrap().is_some());
    market.clock.advance_seconds(DAY_S + 60);
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    market.finish().await;
}

/// The desk steers workflows, and yet it does not give a customer's data up.
async fn the_desk_cannot_say_for_a_customer_that_data_may_be_erased(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    let desk = market.person(Role::Broker).await;
    let listed = market.broker.waiting_steps(&desk).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].of_customer && listed[0].step == "hand_over", "{listed:?}");
    for payload in [serde_json::json!("waived"), serde_json::Value::Null] {
        let signal = listed[0].signal.as_str();
        let word = SignalWord { signal, reason: "they called", payload: &payload };
        let refused = market.broker.send_signal(&desk, listed[0].workflow, word).await;
        assert_eq!(code(refused), "customers_word");
    }
    market.run_workflows_within(HOUR_US).await;
    assert_eq!(market.state(&customer, id).await, ContractState::Releasing);
    market.broker.take_data(&customer, id, &TakeData::Waived).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    market.finish().await;
}

/// As a server sends a body whose length it has told: it never asks for what comes after the last byte.
async fn f7_10_1c_an_archive_whose_end_nobody_asks_for_was_sent_whole_too(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    let sent_at =
        async || market.broker.returned_data(&customer, id).await.unwrap().unwrap().sent_at;
    drop(market.broker.returned_archive(&customer, id, (0, None)).await.unwrap());
    assert_eq!(sent_at().await, None, "nothing of it was sent");
    let mut stream = market.broker.returned_archive(&customer, id, (0, None)).await.unwrap();
    let mut left = stream.whole;
    while left > 0 {
        left -= stream.pieces.next().await.unwrap().unwrap().len() as u64;
    }
    drop(stream);
    for _ in 0..500 {
        if sent_at().await.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(sent_at().await.is_some());
    market.broker.take_data(&customer, id, &TakeData::Taken { sha256: None }).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    market.finish().await;
}

async fn nobody_but_their_owner_reads_the_data(engine: Engine) {
    let (market, customer, id) = waiting(engine).await;
    let other = customer_of(&market, "another").await;
    let strangers = [
        other,
        market.person(Role::Provider).await,
        market.person(Role::Broker).await,
        OpContext::stranger("nobody"),
    ];
    for stranger in &strangers {
        let refused = [
            market.broker.returned_data(stranger, id).await.map(drop),
            market.broker.returned_archive(stranger, id, (0, None)).await.map(drop),
            market.broker.take_data(stranger, id, &TakeData::Waived).await,
        ];
        assert!(refused.iter().all(Result::is_err), "{refused:?}");
    }
    assert!(market.broker.returned_data(&customer, id).await.unwrap().is_some());
    market.broker.take_data(&customer, id, &TakeData::Waived).await.unwrap();
    market.run_workflows().await;
    market.finish().await;
}

on_both!(
    f7_10_1c_data_wait_whole_until_their_owner_has_them_and_are_erased_then,
    f7_10_1e_a_digest_that_is_wrong_erases_nothing_and_a_right_one_does,
    f7_10_1e_data_that_are_not_wanted_are_erased_at_once,
    data_that_nobody_takes_wait_thirty_days,
    the_desk_cannot_say_for_a_customer_that_data_may_be_erased,
    f7_10_1c_an_archive_whose_end_nobody_asks_for_was_sent_whole_too,
    nobody_but_their_owner_reads_the_data,
);
