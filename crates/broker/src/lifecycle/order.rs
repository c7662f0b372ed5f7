//! `activate_order_of_2`, `activate_order_of_3`: several contracts at several clouds, all or none (F7.4.4).
//!
//! The steps are those of an activation alone, stage by stage: all seats of a stage work beside one another, and
//! the next stage begins when all of them are done. Clouds that hold nothing are booked when all others hold. So nothing is booked before everything is held, nothing
//! is started before everything is booked, and users are let in only when everything is up. When one seat
//! fails for good, what was begun in all of them is taken back.

use super::activate::{self as work, ActivateInput, START_TIMEOUT};
use super::rows::{Ending, end};
use super::seat;
use crate::Broker;
use domain::{ContractEvent, ContractId};
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::workflow::{Phase, StepStatus, steps};
use workflow::{FinalInput, Group, RetryPolicy, Step, Stop, WorkflowDefinition};

/// Contracts of an order at most.
pub const SEATS_MAX: usize = 3;
/// Why a contract came to nothing that itself had nothing against it.
pub(crate) const ELSEWHERE: &str = "order_undone";
/// Why everything was taken back that the desk cancelled.
const CANCELLED: &str = "cancelled";

/// What the activation of an order is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderInput {
    /// By seat.
    pub members: Vec<Member>,
}

/// One contract of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    /// The contract.
    pub contract: ContractId,
    /// As for an activation alone.
    pub wanted: ActivateInput,
}

const PLAN: Group = Group::new("plan", SEATS_MAX);
const DISCOVER: Group = Group::new("discover", SEATS_MAX);
const HOLD: Group = Group::new("hold", SEATS_MAX);
/// One after the other: what was booked before a refusal may cost.
const RESERVE: Group = Group::new("reserve", 1);
const CONFIRM: Group = Group::new("confirm", SEATS_MAX);
const START: Group = Group::new("start", SEATS_MAX);
const PROBE: Group = Group::new("probe", SEATS_MAX);
const ALLOW: Group = Group::new("allow", SEATS_MAX);
const VERIFY: Group = Group::new("verify", SEATS_MAX);

/// The stages of an activation, each with all seats beside one another; `booked` are the steps between
/// holding and confirming, which version 1 did not have.
macro_rules! stages {
    ($hold:path, [$($booked:expr),*], $($seat:literal),+) => {
        &[
            $(Step::new(concat!("plan", $seat), |input| Box::pin(work::plan(input))).beside(PLAN),)+
            $(Step::new(concat!("discover", $seat), |input| Box::pin(work::discover(input)))
                .beside(DISCOVER),)+
            $(Step::new(concat!("hold", $seat), |input| Box::pin($hold(input)))
                .undo(|input| Box::pin(work::drop_hold(input)))
                .beside(HOLD),)+
            $($booked,)*
            $(Step::new(concat!("confirm", $seat), |input| Box::pin(work::confirm(input)))
                .undo(|input| Box::pin(work::give_back(input)))
                .beside(CONFIRM),)+
            $(Step::new(concat!("start", $seat), |input| Box::pin(work::start(input)))
                .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
                .undo(|input| Box::pin(work::stop_and_erase(input)))
                .beside(START),)+
            $(Step::new(concat!("probe", $seat), |input| Box::pin(work::probe(input)))
                .undo(|input| Box::pin(work::stop_watching(input)))
                .beside(PROBE),)+
            $(Step::new(concat!("allow", $seat), |input| Box::pin(work::allow(input)))
                .undo(|input| Box::pin(work::deny(input)))
                .beside(ALLOW),)+
            $(Step::new(concat!("verify", $seat), |input| Box::pin(work::verify(input)))
                .beside(VERIFY),)+
        ]
    };
}

/// Books a seat whose cloud holds nothing.
const fn reserve(name: &'static str) -> Step<Broker> {
    Step::new(name, |input| Box::pin(work::reserve(input)))
        .undo(|input| Box::pin(work::drop_hold(input)))
        .beside(RESERVE)
}

const OF_TWO: &[Step<Broker>] =
    stages!(work::hold_only, [reserve("reserve_1"), reserve("reserve_2")], "_1", "_2");
const OF_THREE: &[Step<Broker>] = stages!(
    work::hold_only,
    [reserve("reserve_1"), reserve("reserve_2"), reserve("reserve_3")],
    "_1",
    "_2",
    "_3"
);
/// Kept until no order of this version is under way.
const OF_TWO_V1: &[Step<Broker>] = stages!(work::hold, [], "_1", "_2");
const OF_THREE_V1: &[Step<Broker>] = stages!(work::hold, [], "_1", "_2", "_3");

/// One table for each number of seats, and the version before.
pub(super) fn definitions() -> [WorkflowDefinition<Broker>; 4] {
    [
        ("activate_order_of_2", 2, OF_TWO),
        ("activate_order_of_2", 1, OF_TWO_V1),
        ("activate_order_of_3", 2, OF_THREE),
        ("activate_order_of_3", 1, OF_THREE_V1),
    ]
    .map(|(kind, version, steps)| {
        WorkflowDefinition::new(kind, version, steps)
            .on_done(|input, tx| Box::pin(activated(input, tx)))
            .on_undone(|input, tx| Box::pin(failed(input, tx)))
    })
}

/// The definition for so many contracts; `None`: an order does not have so many.
pub(crate) fn of(members: usize) -> Option<WorkflowDefinition<Broker>> {
    let [two, _, three, _] = definitions();
    match members {
        2 => Some(two),
        3 => Some(three),
        _ => None,
    }
}

async fn activated(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let order: OrderInput = input.run.input()?;
    for (at, member) in order.members.iter().enumerate() {
        let address: String = input.run.output(&format!("verify_{}", at + 1))?;
        let ending = Ending {
            event: ContractEvent::Activated,
            failure: None,
            address: Some(&address),
            audit: "contract.activated",
        };
        end(&input.env, tx, member.contract, ending).await?;
    }
    Ok(())
}

/// All of them failed; only those that were in the way say what it was.
async fn failed(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let order: OrderInput = input.run.input()?;
    let code = input.run.failure.as_ref().map_or("unknown", |failure| failure.code.as_str());
    let in_the_way: Vec<usize> = steps(tx, input.run.id)
        .await?
        .iter()
        .filter(|row| row.phase == Phase::Forward && row.status == StepStatus::Failed)
        .filter_map(|row| seat::number(seat::parts(&row.name).1))
        .collect();
    for (at, member) in order.members.iter().enumerate() {
        let own = code == CANCELLED || in_the_way.is_empty() || in_the_way.contains(&(at + 1));
        let ending = Ending {
            event: ContractEvent::ActivationFailed,
            failure: Some(if own { code } else { ELSEWHERE }),
            address: None,
            audit: "contract.activation_failed",
        };
        end(&input.env, tx, member.contract, ending).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_a_group_of_all_seats_and_no_stage_begins_before_the_one_before() {
        for (members, definition) in [2, 2, 3, 3].into_iter().zip(definitions()) {
            assert!(definition.kind.ends_with(&members.to_string()));
            for stage in definition.steps.chunks(members) {
                let group = stage[0].group.unwrap();
                let one_by_one = group == RESERVE;
                assert!(group.at_once >= members || one_by_one);
                for (at, step) in stage.iter().enumerate() {
                    assert_eq!(step.group.unwrap(), group);
                    assert_eq!(step.name, format!("{}_{}", group.name, at + 1));
                }
            }
        }
        assert!(of(1).is_none() && of(SEATS_MAX + 1).is_none());
    }
}
