//! The workflows that drive a contract at its provider: `activate_contract`, `release_contract`, and for several
//! at once `activate_order_of_2` and `activate_order_of_3`.
//!
//! Both work on one allocation, which is held under the contract's id as its label. Who calls
//! last wins: every call carries an epoch that grows from claim to claim and from activation to
//! release, so a runner that lost its lease is refused by the cloud itself.

mod activate;
mod cloud;
pub(crate) mod order;
mod place;
mod release;
mod rows;
mod seat;

pub(crate) use activate::ActivateInput;
pub(crate) use release::ReleaseInput;
pub(crate) use rows::place;
pub(crate) use seat::parts as seat_parts;

use crate::Broker;
use workflow::WorkflowDefinition;

/// The kinds of workflow this program can run, all versions.
pub(crate) fn definitions() -> Vec<WorkflowDefinition<Broker>> {
    let mut all = vec![activate::definition(), release::definition()];
    all.extend(order::definitions());
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
