//! Asking how many machines there is room for: the own cloud, or all others at once with one deadline.

use super::{RoomAnswer, SecureInput, SecurePlace};
use crate::Broker;
use crate::contracts::Plan;
use crate::lifecycle::{Cloud, Placing, booking_terms, group_of, stop};
use futures::future::join_all;
use provider_api::DiscoverRequest;
use std::time::Duration;
use workflow::{StepInput, Stop};

/// Whoever has not answered by then is silent.
const DEADLINE: Duration = Duration::from_secs(4);

/// Asks every place beside one another.
pub(super) async fn ask_all(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    places: Vec<SecurePlace>,
) -> Vec<SecurePlace> {
    join_all(places.into_iter().map(|place| ask(input, wanted, place))).await
}

async fn ask(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    mut place: SecurePlace,
) -> SecurePlace {
    let asked = tokio::time::timeout(DEADLINE, discover(input, wanted, &mut place)).await;
    place.answer = match asked {
        Err(_) => RoomAnswer::Silent,
        Ok(Ok(count)) => RoomAnswer::Room(count),
        Ok(Err(refused)) => match refused.reason().code.as_str() {
            "cloud_unreachable" | "cloud_answer_lost" => RoomAnswer::Silent,
            "no_capacity" => RoomAnswer::Room(0),
            code => RoomAnswer::Refused(code.to_owned()),
        },
    };
    place
}

/// How many of the machines fit there now.
async fn discover(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    place: &mut SecurePlace,
) -> Result<i64, Stop> {
    let candidate = &place.candidate;
    let cloud = Cloud::of(input, candidate.provider).await?;
    let placing = Placing {
        region: candidate.region.clone(),
        country: candidate.country.clone(),
        resources: group_of(&wanted.plan)?,
    };
    let capabilities = cloud.driver.capabilities().await.map_err(stop)?;
    placing.check(&capabilities)?;
    // Asking books nothing; what it will cost to cancel stands beside the answer.
    place.reserve = booking_terms(&capabilities);
    let request = DiscoverRequest {
        region: placing.region.clone(),
        resources: placing.resources.clone(),
        links: Vec::new(),
    };
    let sent = input.clock.now();
    let answer = cloud.driver.discover(&request).await.map_err(stop)?;
    place.round_trip_us = Some(input.clock.now().since(sent).max(0));
    placing.check_zone(&answer.zone)?;
    place.free_mbps = Some(answer.free.mbps);
    let all = wanted.plan.instances;
    if answer.available {
        return Ok(all);
    }
    for count in (1..all).rev() {
        let group = group_of(&Plan { instances: count, ..wanted.plan.clone() })?;
        if answer.free.covers(&group.amounts()) {
            return Ok(count);
        }
    }
    Ok(0)
}
