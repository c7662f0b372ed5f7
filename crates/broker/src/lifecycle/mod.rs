//! The workflows that drive a contract at its provider: `activate_contract`, `release_contract`, for several
//! at once `activate_order_of_2` and `activate_order_of_3`, and `reclaim_orphan` for what belongs to nobody.
//! What is held before anything is signed is in `securing`.
//!
//! Each works on one allocation, which is held under the contract's id as its label. Who calls
//! last wins: every call carries an epoch that grows from claim to claim, from doing to undoing and from
//! activation to release, so a runner that lost its lease, and a call that comes after its undo, is
//! refused by the cloud itself.

mod activate;
mod cloud;
pub(crate) mod order;
mod place;
mod reclaim;
mod release;
mod rows;
mod seat;
mod take_down;

pub(crate) use activate::{ActivateInput, TakenOver, group_of};
pub(crate) use cloud::{Cloud, stop};
pub(crate) use place::Placing;
pub(crate) use reclaim::ReclaimInput;
pub(crate) use release::ReleaseInput;
pub(crate) use rows::{GROUP, place};
pub(crate) use seat::parts as seat_parts;

use crate::Broker;
use workflow::WorkflowDefinition;

/// The kinds of workflow this program can run, all versions.
pub(crate) fn definitions() -> Vec<WorkflowDefinition<Broker>> {
    let mut all = vec![activate::definition(), release::definition()];
    all.extend(order::definitions());
    all.push(reclaim::definition());
    all.push(crate::securing::firm_definition());
    all.push(crate::securing::secure_definition());
    all
}

/// The definition of activation, for starting it.
pub(crate) fn activation() -> WorkflowDefinition<Broker> {
    activate::definition()
}

/// The definition of release, for starting it.
pub(crate) fn release() -> WorkflowDefinition<Broker> {
    release::definition()
}

/// The definition of giving back what belongs to nobody, for starting it.
pub(crate) fn reclaim() -> WorkflowDefinition<Broker> {
    reclaim::definition()
}
