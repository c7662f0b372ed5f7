//! The workflows that drive a contract at its provider: `activate_contract`, `release_contract`.
//!
//! Both work on one allocation, which is held under the contract's id as its label. Who calls
//! last wins: every call carries an epoch that grows from claim to claim and from activation to
//! release, so a runner that lost its lease is refused by the cloud itself.

mod activate;
mod cloud;
mod place;
mod release;
mod rows;

pub(crate) use activate::ActivateInput;
pub(crate) use release::ReleaseInput;
pub(crate) use rows::place;

use crate::Broker;
use workflow::WorkflowDefinition;

/// The kinds of workflow this program can run, all versions.
pub(crate) fn definitions() -> Vec<WorkflowDefinition<Broker>> {
    vec![activate::definition(), release::definition()]
}

/// The definition of activation, for starting it.
pub(crate) fn activation() -> WorkflowDefinition<Broker> {
    activate::definition()
}

/// The definition of release, for starting it.
pub(crate) fn release() -> WorkflowDefinition<Broker> {
    release::definition()
}
