//! The broker's desk: a stuck workflow is seen, tried again and, at last, given up with a reason.

use crate::on_both;
use broker::{BrokerError, OpContext};
use domain::{ContractState, Role};
use std::sync::Arc;
use testkit::{Engine, TestBroker};
use workflow::testing::Script;
use workflow::{EngineConfig, Fault, Moment, Phase, StepFailure};

async fn a_stuck_release_is_retried_and_then_abandoned_with_a_reason(engine: Engine) {
    let mut market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    market.run_workflows().await;
    market.cloud.take().unwrap().shutdown().await;
    market.broker.release(&customer, contract).await.unwrap();
    market.run_workflows().await;

    assert_eq!(market.broker.desk_figures(&desk).await.unwrap().needs_attention, 1);
    let stuck = market.broker.workflows(&desk, Some("needs_attention"), None, 10).await.unwrap();
    let id = stuck.items[0].id;
    assert_eq!(stuck.items[0].subject, contract.to_string());
    let (card, timeline) = market.broker.workflow(&desk, id).await.unwrap();
    assert_eq!(card.step.as_deref(), Some("deny"));
    assert!(card.reason.is_some_and(|reason| reason.contains("cloud_unreachable")));
    assert!(timeline.steps.iter().any(|step| step.name == "deny" && step.attempt > 1));

    let refused = market.broker.retry_workflow(&customer, id).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)));
    // Sent twice at once, one of the two steers and the other is told.
    let retry = || market.broker.retry_workflow(&desk, id);
    assert_one_steers(tokio::join!(retry(), retry()));
    market.run_workflows().await;
    assert_eq!(market.broker.desk_figures(&desk).await.unwrap().needs_attention, 1);

    let silent = market.broker.abandon_workflow(&desk, id, "  ").await;
    assert!(matches!(silent, Err(BrokerError::Invalid(_))));
    let hidden = market.broker.abandon_workflow(&desk, id, "gone\u{202e}").await;
    assert!(matches!(hidden, Err(BrokerError::Invalid(faults)) if faults[0].found == "U+202E"));
    let abandon = || market.broker.abandon_workflow(&desk, id, "the provider\r\nis gone");
    assert_one_steers(tokio::join!(abandon(), abandon()));
    assert_eq!(market.broker.workflow(&desk, id).await.unwrap().0.state, "abandoned");
    let audit = market.broker.audit(&desk, Some(&id.to_string()), None, 10).await.unwrap();
    let actions: Vec<&str> = audit.items.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["workflow.abandoned", "workflow.retried"]);
    market.finish().await;
}

fn assert_one_steers((one, other): (Result<(), BrokerError>, Result<(), BrokerError>)) {
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let told = one.and(other);
    assert!(
        matches!(told, Err(BrokerError::Conflict { code: "wrong_state", .. })),
        "the other is told: {told:?}"
    );
}

async fn a_step_of_a_stuck_release_is_taken_as_done_with_a_reason_that_stays(engine: Engine) {
    let mut market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    market.run_workflows().await;
    market.cloud.take().unwrap().shutdown().await;
    market.broker.release(&customer, contract).await.unwrap();
    market.run_workflows().await;
    let stuck = market.broker.workflows(&desk, Some("needs_attention"), None, 10).await.unwrap();
    let id = stuck.items[0].id;
    assert_eq!(stuck.items[0].direction, "forward");

    let nothing = serde_json::Value::Null;
    let broker = &market.broker;
    for stranger in [&OpContext::stranger("test"), &customer] {
        let skip = broker.skip_step(stranger, id, "because", &nothing).await;
        let mark = broker.mark_step_undone(stranger, id, "because").await;
        for refused in [skip, mark] {
            let refused = refused.unwrap_err();
            let fits = matches!(refused, BrokerError::WrongRole | BrokerError::SignInFirst);
            assert!(fits, "{refused:?}");
        }
    }
    let silent = broker.skip_step(&desk, id, " ", &nothing).await;
    assert!(matches!(silent, Err(BrokerError::Invalid(_))), "{silent:?}");
    let wrong_way = broker.mark_step_undone(&desk, id, "it goes forward").await;
    assert!(matches!(wrong_way, Err(BrokerError::Conflict { .. })), "{wrong_way:?}");

    broker.skip_step(&desk, id, "the address was closed by hand", &nothing).await.unwrap();
    market.run_workflows().await;
    let (card, timeline) = market.broker.workflow(&desk, id).await.unwrap();
    assert_eq!(card.step.as_deref(), Some("stop"), "the next step, which is stuck as well");
    let deny = &timeline.steps[0];
    assert_eq!((deny.name.as_str(), deny.status.as_str()), ("deny", "skipped"));
    assert_eq!(deny.note.as_deref(), Some("the address was closed by hand"));
    let audit = market.broker.audit(&desk, Some(&id.to_string()), None, 10).await.unwrap();
    assert_eq!(audit.items[0].action, "workflow.step_skipped");
    let detail = &audit.items[0].detail;
    assert!(detail.contains("closed by hand") && detail.contains("\"deny\""), "{detail}");
    market.broker.abandon_workflow(&desk, id, "the provider is gone").await.unwrap();
    market.finish().await;
}

async fn an_undo_that_is_stuck_is_marked_as_done_by_hand_and_the_rest_is_undone(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    let fail = || Fault::Fail(StepFailure::new("injected", "the test made it fail"));
    let script = Script::for_kind("activate_contract")
        .once("start", Phase::Forward, Moment::Started, fail())
        .once("start", Phase::Undo, Moment::Started, fail());
    let parts = market.broker.engine_parts(EngineConfig::by_clock());
    let engine = workflow::Engine::with_faults(parts, Arc::new(script)).unwrap();
    engine.run_until_idle(50).await.unwrap();

    let stuck = market.broker.workflows(&desk, Some("needs_attention"), None, 10).await.unwrap();
    let (id, direction) = (stuck.items[0].id, stuck.items[0].direction.as_str());
    assert_eq!(direction, "undo");
    let nothing = serde_json::Value::Null;
    let wrong_way = market.broker.skip_step(&desk, id, "it goes back", &nothing).await;
    assert!(matches!(wrong_way, Err(BrokerError::Conflict { .. })), "{wrong_way:?}");
    market.broker.mark_step_undone(&desk, id, "it never started").await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, contract).await, ContractState::Failed);
    let held = market.allocations(contract).await;
    assert!(held.iter().all(|allocation| !allocation.state.takes_capacity()), "{held:?}");
    let audit = market.broker.audit(&desk, Some(&id.to_string()), None, 10).await.unwrap();
    assert_eq!(audit.items[0].action, "workflow.step_marked_undone");
    market.finish().await;
}

async fn a_cancelled_activation_gives_everything_back_and_tells_the_customer_why(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    let script = Script::for_kind("activate_contract");
    let script = script.once("probe", Phase::Forward, Moment::Started, Fault::Crash);
    let parts = market.broker.engine_parts(EngineConfig::by_clock());
    let engine = workflow::Engine::with_faults(parts, Arc::new(script)).unwrap();
    let id = market.broker.workflows(&desk, None, None, 10).await.unwrap().items[0].id;
    let cancellable = async || market.broker.workflow(&desk, id).await.unwrap().0.cancellable;
    assert_eq!(cancellable().await, Some(true), "nothing has begun");
    // The worker ends when everything is booked and started.
    assert_eq!(engine.tick_once().await.unwrap(), workflow::Tick::Crashed(id));
    assert!(market.allocations(contract).await.iter().any(|it| it.state.takes_capacity()));
    assert_eq!(cancellable().await, Some(true));

    let broker = &market.broker;
    for stranger in [&OpContext::stranger("test"), &customer] {
        let refused = broker.cancel_workflow(stranger, id, "because").await.unwrap_err();
        let fits = matches!(refused, BrokerError::WrongRole | BrokerError::SignInFirst);
        assert!(fits, "{refused:?}");
    }
    let silent = broker.cancel_workflow(&desk, id, " ").await;
    assert!(matches!(silent, Err(BrokerError::Invalid(_))), "{silent:?}");
    let cancel = || broker.cancel_workflow(&desk, id, "the customer rang");
    assert_one_steers(tokio::join!(cancel(), cancel()));
    assert_eq!(cancellable().await, Some(false));
    market.run_workflows().await;
    assert_eq!(market.state(&customer, contract).await, ContractState::Failed);
    let failure = market.page(&customer, contract).await.failure;
    assert_eq!(failure.as_deref(), Some("cancelled"));
    let held = market.allocations(contract).await;
    assert!(!held.is_empty() && held.iter().all(|it| !it.state.takes_capacity()), "{held:?}");
    let audit = broker.audit(&desk, Some(&id.to_string()), None, 10).await.unwrap();
    assert_eq!(audit.items[0].action, "workflow.cancelled");
    market.finish().await;
}

async fn a_release_that_has_erased_cannot_be_cancelled(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    market.run_workflows().await;
    market.broker.release(&customer, contract).await.unwrap();
    market.run_workflows().await;
    let id = market.broker.workflows(&desk, None, None, 10).await.unwrap().items[0].id;
    assert_eq!(market.broker.workflow(&desk, id).await.unwrap().0.cancellable, Some(false));
    let late = market.broker.cancel_workflow(&desk, id, "too late").await;
    assert!(matches!(late, Err(BrokerError::Conflict { .. })), "{late:?}");
    market.finish().await;
}

on_both!(
    a_cancelled_activation_gives_everything_back_and_tells_the_customer_why,
    a_release_that_has_erased_cannot_be_cancelled,
    a_stuck_release_is_retried_and_then_abandoned_with_a_reason,
    a_step_of_a_stuck_release_is_taken_as_done_with_a_reason_that_stays,
    an_undo_that_is_stuck_is_marked_as_done_by_hand_and_the_rest_is_undone,
);
