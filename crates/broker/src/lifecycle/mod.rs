//! The workflows that drive a contract at its provider: `activate_contract`, `release_contract` and
//! `release_returning_data`, for several
//! at once `activate_order_of_2` and `activate_order_of_3`, `scale_contract`, `move_contract`, `adopt_service` for what
//! runs already, `repair_service` where a cloud has something else than was ordered, `preempt_service` and `return_room` where a lifeline
//! needs the room of others, and `reclaim_orphan` for what
//! belongs to nobody.
//! What is held before anything is signed is in `securing`.
//!
//! Each works on one allocation, which is held under the contract's id as its label. Who calls
//! last wins: every call carries an epoch that grows from claim to claim, from doing to undoing and from
//! activation to release, so a runner that lost its lease, and a call that comes after its undo, is
//! refused by the cloud itself.

mod activate;
mod adopt;
mod at_once;
mod cloud;
mod halt;
mod known;
mod moving;
pub(crate) mod order;
mod place;
mod preempt;
mod reclaim;
mod release;
mod repair;
mod rows;
mod scale;
mod seat;
mod size;
mod take_down;
mod target;
mod watching;

pub(crate) use activate::{ActivateInput, TakenOver, group_of};
pub(crate) use adopt::AdoptInput;
pub(crate) use at_once::terms as booking_terms;
pub(crate) use cloud::{Cloud, own_fault, stop};
pub(crate) use known::KnownClouds;
pub(crate) use moving::MoveInput;
pub(crate) use place::Placing;
pub(crate) use preempt::{PREEMPT, PreemptInput, RETURN_ROOM};
pub(crate) use reclaim::ReclaimInput;
pub(crate) use release::{RETURNING, ReleaseInput, TAKE_WITHIN, TAKEN, Taken};
pub(crate) use repair::{KIND as REPAIR, RepairInput};
pub(crate) use rows::{ARRIVING, GROUP, LEFT, claim, place};
pub(crate) use scale::ScaleInput;
pub(crate) use seat::parts as seat_parts;

use crate::Broker;
use domain::ChangeKind;
use workflow::WorkflowDefinition;

/// The kinds of workflow this program can run, all versions.
pub(crate) fn definitions() -> Vec<WorkflowDefinition<Broker>> {
    let mut all = vec![activate::definition(), release::definition(), release::returning()];
    all.extend(order::definitions());
    all.push(reclaim::definition());
    all.push(repair::definition());
    all.push(scale::definition());
    all.push(moving::definition());
    all.push(adopt::definition());
    all.push(preempt::taking());
    all.push(preempt::returning());
    all.push(crate::securing::firm_definition());
    all.push(crate::securing::secure_definition());
    all
}

/// The definition of activation, for starting it.
pub(crate) fn activation() -> WorkflowDefinition<Broker> {
    activate::definition()
}

/// The definition of adoption, for starting it.
pub(crate) fn adoption() -> WorkflowDefinition<Broker> {
    adopt::definition()
}

/// The definition of release, for starting it.
pub(crate) fn release() -> WorkflowDefinition<Broker> {
    release::definition()
}

/// The definition of release with the data given back first, for starting it.
pub(crate) fn release_returning() -> WorkflowDefinition<Broker> {
    release::returning()
}

/// The definition of giving back what belongs to nobody, for starting it.
pub(crate) fn reclaim() -> WorkflowDefinition<Broker> {
    reclaim::definition()
}

/// The definition of putting a service right again, for starting it.
pub(crate) fn repair() -> WorkflowDefinition<Broker> {
    repair::definition()
}

/// The definition of giving a service another size, for starting it.
pub(crate) fn scale() -> WorkflowDefinition<Broker> {
    scale::definition()
}

/// The definition of moving a service to another offer, for starting it.
pub(crate) fn moving() -> WorkflowDefinition<Broker> {
    moving::definition()
}

/// The definition of taking room of a service for a lifeline, for starting it.
pub(crate) fn preempt() -> WorkflowDefinition<Broker> {
    preempt::taking()
}

/// The definition of giving it back, for starting it.
pub(crate) fn return_room() -> WorkflowDefinition<Broker> {
    preempt::returning()
}

/// The kind of workflow that makes a change; `None` where nothing at a cloud is different.
pub(crate) fn kind_of(change: ChangeKind) -> Option<&'static str> {
    match change {
        ChangeKind::Scale => Some(scale::SCALE),
        ChangeKind::Move => Some(moving::MOVE),
        ChangeKind::Renew => None,
    }
}
