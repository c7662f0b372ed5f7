//! Holding at places, and letting go of everything that carries a place's label.

use super::ask::{placing, refusal, within};
use super::order::tries;
use super::{FirmAnswer, FirmHold, FirmInput, FirmPlace, TTL_SECONDS, label};
use crate::Broker;
use crate::lifecycle::{Cloud, stop};
use domain::{FirmListId, Timestamp};
use provider_api::{Allocation, AllocationId, HoldCommand, HoldRequest, ResourceState};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use workflow::{StepInput, Stop};

/// One try; whoever has not answered by then is silent, and the next place is tried.
const DEADLINE: Duration = Duration::from_secs(5);
/// Places that one seat tries.
const TRIES_MAX: usize = 4;

/// What a seat came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seated {
    /// The place that is held, by its number.
    pub held: Option<(u32, FirmHold)>,
    /// The places that refused or were silent before, by their numbers.
    pub tried: Vec<(u32, FirmAnswer)>,
}

/// Tries the seat's places one after the other until one holds. Every try has a key of its own, so that a
/// repeated step finds what it holds already.
pub(super) async fn hold_one(
    input: &StepInput<Broker>,
    wanted: &FirmInput,
    places: &[FirmPlace],
    seat: usize,
) -> Result<Seated, Stop> {
    let list = list_id(input)?;
    let mut seated = Seated::default();
    for place in tries(places, seat, wanted.holds).into_iter().take(TRIES_MAX) {
        let label = label(wanted.organisation, list, place.number).to_string();
        match within(DEADLINE, hold_at(input, place, &label)).await {
            Some(Ok(held)) => {
                seated.held = Some((place.number, held));
                break;
            }
            Some(Err(stop)) => seated.tried.push((place.number, refusal(&stop))),
            // It may hold after all; what carries the label is let go at the end.
            None => seated.tried.push((place.number, FirmAnswer::Silent)),
        }
    }
    Ok(seated)
}

async fn hold_at(
    input: &StepInput<Broker>,
    place: &FirmPlace,
    label: &str,
) -> Result<FirmHold, Stop> {
    let cloud = Cloud::of(input, place.candidate.provider).await?;
    let placing = placing(place)?;
    let request = HoldRequest {
        label: label.to_owned(),
        region: placing.region.clone(),
        resources: placing.resources.clone(),
        links: Vec::new(),
        ttl_seconds: Some(TTL_SECONDS),
    };
    let call = cloud.call(&format!("-{}", place.number))?;
    let allocation = cloud.driver.hold(HoldCommand { call, request }).await.map_err(stop)?;
    placing.check_zone(&allocation.zone)?;
    checked(&allocation, label)
}

/// What the cloud says it holds has to be what was asked for.
fn checked(allocation: &Allocation, label: &str) -> Result<FirmHold, Stop> {
    if allocation.label != label || allocation.state != ResourceState::Held {
        let detail = "the cloud answered a hold with something else";
        return Err(Stop::failed("wrong_answer", detail));
    }
    let until = allocation.held_until_us.ok_or_else(|| {
        Stop::failed("wrong_answer", "the cloud does not say until when it holds")
    })?;
    Ok(FirmHold {
        allocation: allocation.id.clone(),
        zone: allocation.zone.id.clone(),
        until: Timestamp(until),
    })
}

/// Lets go of everything that carries the label of one of these places, whoever knows of it, except one
/// allocation.
pub(super) async fn let_go(
    input: &StepInput<Broker>,
    wanted: &FirmInput,
    places: &[FirmPlace],
    kept: Option<&AllocationId>,
) -> Result<(), Stop> {
    let list = list_id(input)?;
    let asked = places.iter().filter(|place| may_hold(place));
    let dropped = asked.map(|place| async move {
        let label = label(wanted.organisation, list, place.number).to_string();
        let cloud = Cloud::of(input, place.candidate.provider).await?;
        for allocation in cloud.driver.list(&label).await.map_err(stop)? {
            if allocation.state == ResourceState::Held && Some(&allocation.id) != kept {
                let command = cloud.command(&format!("-{}", allocation.id), &allocation.id)?;
                cloud.driver.drop_hold(command).await.map_err(stop)?;
            }
        }
        Ok::<(), Stop>(())
    });
    futures::future::try_join_all(dropped).await.map(drop)
}

/// Whether something may be held at the place: it had room, or was tried.
fn may_hold(place: &FirmPlace) -> bool {
    !matches!(place.answer, FirmAnswer::NotAsked | FirmAnswer::Full)
}

pub(super) fn list_id(input: &StepInput<Broker>) -> Result<FirmListId, Stop> {
    input
        .run
        .subject
        .parse()
        .map_err(|error: domain::IdError| Stop::failed("internal", error.to_string()))
}
