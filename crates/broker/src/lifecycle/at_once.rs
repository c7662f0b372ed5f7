//! Clouds that hold nothing: their groups are booked at once and cancelled when not everything can be had.
//!
//! That may cost, so a contract alone is booked where it would be held, and in an order these clouds are
//! asked when all others hold: one after the other, so that the first refusal costs least. What was
//! booked and what cancelling it cost is kept (`booking_at_once`).

use super::activate::{Discovered, look, note, ours, quota_of};
use super::cloud::{Cloud, stop};
use super::place::Placing;
use super::seat::Seat;
use crate::Broker;
use domain::ContractId;
use provider_api::{
    Allocation, Capabilities, Charge, DriverError, HoldSupport, ReserveCommand, ReserveRequest,
    ReserveTerms, ResourceState,
};
use storage::contracts::{self, Booking};
use workflow::{Done, StepInput, StepResult, Stop};

/// The terms of a cloud that books at once; `None`: it holds.
pub(crate) fn terms(told: &Capabilities) -> Option<ReserveTerms> {
    (told.hold == HoldSupport::None).then(|| told.reserve.clone().unwrap_or_default())
}

/// The same of the cloud of a seat, as it was found.
pub(super) fn terms_of(
    input: &StepInput<Broker>,
    seat: &Seat,
) -> Result<Option<ReserveTerms>, Stop> {
    // Absent while undoing what never came so far.
    let found: Option<Discovered> = seat.output_if_done(&input.run, "discover")?;
    Ok(found.and_then(|found| found.at_once))
}

/// F7.4.3: compute, storage and network together or not at all, at once and without an end.
pub(super) async fn book(
    input: &StepInput<Broker>,
    seat: &Seat,
    cloud: &Cloud,
    terms: &ReserveTerms,
) -> StepResult {
    let placing: Placing = seat.output(&input.run, "plan")?;
    let request = ReserveRequest {
        label: seat.contract.to_string(),
        region: placing.region.clone(),
        resources: placing.resources.clone(),
        quota: quota_of(&seat.wanted.plan),
    };
    let command = ReserveCommand { call: cloud.call("")?, request };
    let booked = cloud.driver.reserve(command).await.map_err(stop)?;
    ours(seat, &booked, None)?;
    placing.check_zone(&booked.zone)?;
    if booked.state != ResourceState::Reserved {
        let detail = "the cloud answered a booking with something else";
        return Err(Stop::failed("wrong_answer", detail));
    }
    Ok(beside(note(input, seat, &booked)?, booking(input, seat.contract, &booked, terms), None))
}

/// What is booked already is only looked at: a cloud that lost it is found out before anything is started.
pub(super) async fn booked(input: &StepInput<Broker>, seat: &Seat, cloud: &Cloud) -> StepResult {
    let id = super::activate::allocation_id(input, seat)?;
    let found = look(cloud, seat, Some(id)).await?;
    let found = found.filter(|found| found.state == ResourceState::Reserved);
    match found {
        Some(found) => note(input, seat, &found),
        None => Err(Stop::failed("gone", "the cloud has not kept what it booked")),
    }
}

/// Notes what was let go, and what that costs at a cloud that books at once.
pub(super) async fn note_cancelled(
    input: &StepInput<Broker>,
    seat: &Seat,
    cloud: &Cloud,
    gone: &Allocation,
) -> StepResult {
    let done = note(input, seat, gone)?;
    let Some(terms) = terms_of(input, seat)? else { return Ok(done) };
    let owed = match cloud.driver.meter(&gone.id).await {
        Ok(meter) => meter.cancel_charge,
        Err(DriverError::Gone { .. }) => None,
        Err(error) => return Err(stop(error)),
    };
    Ok(beside(done, booking(input, seat.contract, gone, &terms), Some(owed)))
}

fn booking(
    input: &StepInput<Broker>,
    contract_id: ContractId,
    booked: &Allocation,
    terms: &ReserveTerms,
) -> Booking {
    let charge = terms.cancel_charge.as_ref();
    Booking {
        contract_id,
        native_id: booked.id.to_string(),
        booked_at: input.clock.now(),
        declared_minor: charge.map(|charge| charge.minor),
        declared_currency: charge.map(|charge| charge.currency.clone()),
        cancelled_at: None,
        owed_minor: None,
        owed_currency: None,
    }
}

/// Keeps the booking in the transaction that logs the step; with `cancelled`, also what it costs that it was.
fn beside(mut done: Done, row: Booking, cancelled: Option<Option<Charge>>) -> Done {
    let before = done.commit.take();
    done.commit(move |tx| {
        Box::pin(async move {
            if let Some(before) = before {
                before(tx).await?;
            }
            contracts::insert_booking(tx, &row).await?;
            if let Some(owed) = cancelled {
                let owed = owed.as_ref().map(|owed| (owed.minor, owed.currency.as_str()));
                let which = (row.contract_id, row.native_id.as_str());
                contracts::cancel_booking(tx, which, owed, row.booked_at).await?;
            }
            Ok(())
        })
    })
}
