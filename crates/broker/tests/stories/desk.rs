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
    market.broker.retry_workflow(&desk, id).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.broker.desk_figures(&desk).await.unwrap().needs_attention, 1);

    let silent = market.broker.abandon_workflow(&desk, id, "  ").await;
    assert!(matches!(silent, Err(BrokerError::Invalid(_))));
    market.broker.abandon_workflow(&desk, id, "the provider is gone").await.unwrap();
    assert_eq!(market.broker.workflow(&desk, id).await.unwrap().0.state, "abandoned");
    let audit = market.broker.audit(&desk, Some(&id.to_string()), None, 10).await.unwrap();
    let actions: Vec<&str> = audit.items.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["workflow.abandoned", "workflow.retried"]);
    market.finish().await;
}

on_both!(a_stuck_release_is_retried_and_then_abandoned_with_a_reason);
