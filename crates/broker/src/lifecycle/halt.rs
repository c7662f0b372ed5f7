//! A service that stands still for a while, on its data, and goes on again.

use super::activate::start_request;
use super::cloud::stop;
use super::target::Target;
use crate::Broker;
use domain::DurationUs;
use provider_api::{
    Allocation, DrainCommand, DrainRequest, DriverError, ProblemCode, ResourceState, StartCommand,
    WorkState,
};
use std::time::Duration;
use workflow::{StepInput, Stop};

/// How often is looked for what a cloud does by itself.
const LOOK: Duration = Duration::from_secs(1);
/// How long what is in flight may go on after newcomers are turned away.
const DRAIN_SECONDS: u32 = 30;
/// How long is waited for the end of a drain before the service is stopped.
const DRAIN_US: DurationUs = 120 * 1_000_000;
/// How long is waited for what a cloud brings to its end by itself, when a halt is taken back.
const SETTLE_US: DurationUs = 600 * 1_000_000;

/// Newcomers are turned away, what is in flight comes to its end, then it stops.
pub(super) async fn halt(input: &StepInput<Broker>, target: &Target) -> Result<Allocation, Stop> {
    use ResourceState::{Active, Failed, Provisioning, Ready};
    let mut found = target.look().await?;
    let drains = target.cloud.driver.capabilities().await.map_err(stop)?.drain;
    let waited = input.clock.now().since(input.first_started_at);
    if matches!(found.state, Active | Ready) && drains && waited < DRAIN_US {
        let request = DrainRequest { deadline_seconds: Some(DRAIN_SECONDS) };
        let call = target.cloud.call("")?;
        let command = DrainCommand { call, allocation_id: target.id.clone(), request };
        let work = target.cloud.driver.drain(command).await.map_err(stop)?;
        if work.state == WorkState::Running {
            return Err(Stop::sleep(LOOK, "draining", "what is in flight comes to its end"));
        }
        found = target.look().await?;
    }
    if matches!(found.state, Active | Ready | Provisioning | Failed) {
        let command = target.cloud.command("-stop", &target.id)?;
        found = target.cloud.driver.stop(command).await.map_err(stop)?;
    }
    Ok(found)
}

/// The service goes on where it was. It always calls, also when the cloud seems untouched: its higher epoch keeps a late
/// call of the way forward from stopping the service afterwards.
pub(super) async fn resume(
    input: &StepInput<Broker>,
    target: &Target,
    service_name: &str,
) -> Result<Allocation, Stop> {
    use ResourceState::{Draining, Failed, Reserved};
    let found = target.look().await?;
    if matches!(found.state, Draining | Failed | Reserved) {
        let command = StartCommand {
            call: target.cloud.call("")?,
            allocation_id: target.id.clone(),
            request: start_request(service_name),
        };
        let started = target.cloud.driver.start(command).await;
        started.map_err(|error| again(input, error))?;
    }
    let command = target.cloud.command("-allow", &target.id)?;
    let opened = target.cloud.driver.allow(command).await;
    opened.map_err(|error| again(input, error))
}

/// A drain that has not come to its end, or a state that changed between look and call, is looked at again.
fn again(input: &StepInput<Broker>, error: DriverError) -> Stop {
    let waited = input.clock.now().since(input.first_started_at);
    match error.code() {
        Some(ProblemCode::WrongState) if waited < SETTLE_US => {
            Stop::sleep(LOOK, "state_changed", error.to_string())
        }
        Some(ProblemCode::WrongState) => Stop::retry("state_changed", error.to_string()),
        _ => stop(error),
    }
}
