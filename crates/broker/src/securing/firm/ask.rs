//! Asking clouds what they have: all at once, with one deadline for all.

use super::{FirmAnswer, FirmPlace};
use crate::Broker;
use crate::lifecycle::{Cloud, Placing, group_of};
use futures::future::join_all;
use provider_api::{DiscoverRequest, DriverError, HoldSupport};
use std::future::Future;
use std::time::Duration;
use workflow::{StepInput, Stop};

/// Whoever has not answered by then is silent.
const DEADLINE: Duration = Duration::from_secs(4);
/// Times that the way to a cloud is measured; the median counts.
const MEASURED: usize = 3;

/// Asks every place for room, beside one another.
pub(super) async fn ask_all(input: &StepInput<Broker>, places: Vec<FirmPlace>) -> Vec<FirmPlace> {
    join_all(places.into_iter().map(|place| ask(input, place))).await
}

async fn ask(input: &StepInput<Broker>, mut place: FirmPlace) -> FirmPlace {
    place.answer = match within(DEADLINE, discover(input, &mut place)).await {
        None => FirmAnswer::Silent,
        Some(Ok(answer)) => answer,
        Some(Err(stop)) => refusal(&stop),
    };
    place
}

/// The answer within the time, if there is one.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

async fn discover(input: &StepInput<Broker>, place: &mut FirmPlace) -> Result<FirmAnswer, Stop> {
    let cloud = Cloud::of(input, place.candidate.provider).await?;
    let placing = placing(place)?;
    let capabilities = cloud.driver.capabilities().await.map_err(crate::lifecycle::stop)?;
    placing.check(&capabilities)?;
    if capabilities.hold == HoldSupport::None {
        return Ok(FirmAnswer::Refused("no_holds".to_owned()));
    }
    let request = DiscoverRequest {
        region: placing.region.clone(),
        resources: placing.resources.clone(),
        links: Vec::new(),
    };
    let sent = input.clock.now();
    let answer = cloud.driver.discover(&request).await.map_err(crate::lifecycle::stop)?;
    place.round_trip_us = Some(input.clock.now().since(sent).max(0));
    placing.check_zone(&answer.zone)?;
    place.free_mbps = Some(answer.free.mbps);
    place.ready_in_seconds = answer.ready_in_seconds;
    Ok(if answer.available { FirmAnswer::HasRoom } else { FirmAnswer::Full })
}

/// Where the offer says it is, and what is asked for.
pub(super) fn placing(place: &FirmPlace) -> Result<Placing, Stop> {
    Ok(Placing {
        region: place.candidate.region.clone(),
        country: place.candidate.country.clone(),
        resources: group_of(&place.plan)?,
    })
}

/// Why a place has no room for us; no connection counts as silence.
pub(super) fn refusal(stop: &Stop) -> FirmAnswer {
    match stop.reason().code.as_str() {
        "cloud_unreachable" | "cloud_answer_lost" => FirmAnswer::Silent,
        "no_capacity" => FirmAnswer::Full,
        code => FirmAnswer::Refused(code.to_owned()),
    }
}

/// The way to the cloud of a held place and back, and whether the hold is still there: the estimate on
/// held candidates that the API allows (Y.3511 9.3).
pub(super) async fn measure(input: &StepInput<Broker>, mut place: FirmPlace) -> FirmPlace {
    let Some(held) = place.held.clone() else { return place };
    let mut measured = Vec::new();
    let asked = async {
        let cloud = Cloud::of(input, place.candidate.provider).await?;
        for _ in 0..MEASURED {
            let sent = input.clock.now();
            match cloud.driver.allocation(&held.allocation).await {
                Ok(found) if found.state == provider_api::ResourceState::Held => {
                    measured.push(input.clock.now().since(sent).max(0));
                }
                Ok(_) | Err(DriverError::Gone { .. }) => return Ok(false),
                Err(error) => return Err(crate::lifecycle::stop(error)),
            }
        }
        Ok::<bool, Stop>(true)
    };
    let there = within(DEADLINE, asked).await;
    match there {
        Some(Ok(false)) => {
            place.held = None;
            place.answer = FirmAnswer::Refused("hold_ended".to_owned());
        }
        // Who answered only sometimes is measured by what came.
        _ => {
            measured.sort_unstable();
            place.round_trip_us = measured.get(measured.len() / 2).copied().or(place.round_trip_us);
        }
    }
    place
}
