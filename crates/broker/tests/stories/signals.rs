//! What workflows wait for from outside is on the desk, and is told there once, with a reason.

use crate::on_both;
use broker::steer::SignalWord;
use broker::{BrokerError, OpContext};
use domain::{Role, Timestamp, WorkflowId};
use serde_json::Value;
use storage::workflow::{self as rows, NewWorkflow, Phase, Priority, StepRow, StepStatus};
use testkit::{Engine, TestBroker};

/// Until when the step waits.
const UNTIL_S: i64 = 3_600;

/// An activation whose first step waits for a consent; no workflow of today does.
async fn waits_for_consent(market: &TestBroker) -> WorkflowId {
    let (now, id) = (market.broker.now(), WorkflowId(uuid::Uuid::from_u128(77)));
    let until = now.plus_us(UNTIL_S * 1_000_000);
    let new = NewWorkflow {
        id,
        kind: "activate_contract",
        version: 1,
        subject: "ctr_00000000000000000000000001",
        owner_key: "org",
        priority: Priority::Normal,
        parent: None,
        input: "null",
        wake_at: until,
        now,
    };
    let step = StepRow {
        seq: 0,
        phase: Phase::Forward,
        name: "plan".to_owned(),
        status: StepStatus::Waiting,
        attempt: 1,
        effect_key: "key".to_owned(),
        started_at: now,
        attempt_at: now,
        finished_at: None,
        output: None,
        error: None,
        wake_at: Some(until),
        signal: Some("consent".to_owned()),
        note: None,
    };
    let mut tx = market.broker.db().begin().await.unwrap();
    assert!(rows::insert(&mut tx, &new).await.unwrap());
    rows::put_step(&mut tx, id, &step).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn a_step_that_waits_for_a_word_is_listed_and_told_once_with_a_reason(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let desk = market.person(Role::Broker).await;
    let customer = market.person(Role::Customer).await;
    assert_eq!(market.broker.waiting_steps(&desk).await.unwrap(), []);
    let id = waits_for_consent(&market).await;
    let now = market.broker.now();
    let waiting = market.broker.waiting_steps(&desk).await.unwrap();
    assert_eq!(waiting.len(), 1);
    let card = &waiting[0];
    assert_eq!((card.workflow, card.step.as_str(), card.signal.as_str()), (id, "plan", "consent"));
    assert_eq!((card.since, card.until), (now, now.plus_us(UNTIL_S * 1_000_000)));

    let broker = &market.broker;
    let word = |signal: &'static str, reason: &'static str| SignalWord {
        signal,
        reason,
        payload: &Value::Null,
    };
    for stranger in [&OpContext::stranger("test"), &customer] {
        let refused = broker.send_signal(stranger, id, word("consent", "because")).await;
        assert!(
            matches!(refused, Err(BrokerError::WrongRole | BrokerError::SignInFirst)),
            "{refused:?}"
        );
    }
    let silent = broker.send_signal(&desk, id, word("consent", " ")).await;
    assert!(matches!(silent, Err(BrokerError::Invalid(_))), "{silent:?}");
    let mistaken = broker.send_signal(&desk, id, word("consentt", "they called")).await;
    let wrong_state = |sent: &Result<(), BrokerError>| {
        matches!(sent, Err(BrokerError::Conflict { code: "wrong_state", .. }))
    };
    assert!(wrong_state(&mistaken), "{mistaken:?}");

    broker.send_signal(&desk, id, word("consent", "they called")).await.unwrap();
    let again = broker.send_signal(&desk, id, word("consent", "they called")).await;
    assert!(wrong_state(&again), "{again:?}");
    let mut tx = broker.db().begin_read().await.unwrap();
    let told = rows::signals(&mut tx, id).await.unwrap();
    assert_eq!(told, [("consent".to_owned(), "null".to_owned())]);
    let woken: Timestamp = rows::get(&mut tx, id).await.unwrap().unwrap().wake_at;
    assert_eq!(woken, now, "it goes on at once");
    drop(tx);
    let audit = broker.audit(&desk, Some(&id.to_string()), None, 10).await.unwrap();
    let actions: Vec<&str> = audit.items.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["workflow.signalled"]);
    assert!(audit.items[0].detail.contains("they called"));

    // It works for no contract: it is taken back, and its end asks for a person.
    broker.cancel_workflow(&desk, id, "the test is over").await.unwrap();
    market.run_workflows().await;
    assert_eq!(broker.waiting_steps(&desk).await.unwrap(), []);
    broker.abandon_workflow(&desk, id, "the test is over").await.unwrap();
    market.finish().await;
}

on_both!(a_step_that_waits_for_a_word_is_listed_and_told_once_with_a_reason);
