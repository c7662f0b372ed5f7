//! The broker's desk: a stuck workflow is seen, tried again and, at last, given up with a reason.

use crate::on_both;
use broker::BrokerError;
use domain::Role;
use testkit::{Engine, TestBroker};

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

on_both!(a_stuck_release_is_retried_and_then_abandoned_with_a_reason);
