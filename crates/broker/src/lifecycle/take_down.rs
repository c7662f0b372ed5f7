//! How an undo, and the giving back of what belongs to nobody, take an allocation down, whatever state it
//! is found in.
//!
//! A call that was given up may still arrive and bring the allocation further than the undo saw it. So
//! every undo looks first and goes on from there, its calls carry a higher epoch than those it takes
//! back (a late one is refused from the first of them on), and one that finds the state changed under
//! its hands looks again.

use super::cloud::{Cloud, stop};
use provider_api::{Allocation, DriverError, ProblemCode, ResourceState};
use workflow::Stop;

/// Stops what runs and erases what was written.
pub(super) async fn stop_and_erase(
    cloud: &Cloud,
    mut allocation: Allocation,
) -> Result<Allocation, Stop> {
    use ResourceState::{Active, Draining, Failed, Provisioning, Ready};
    if matches!(allocation.state, Active | Ready | Provisioning | Failed) {
        let command = cloud.command("-stop", &allocation.id)?;
        allocation = cloud.driver.stop(command).await.map_err(look_again)?;
    }
    if allocation.state == Draining && allocation.erasure.is_none() {
        let command = cloud.command("-erase", &allocation.id)?;
        cloud.driver.erase(command).await.map_err(look_again)?;
    }
    Ok(allocation)
}

/// Gives back what was booked, stopped and erased before where it has to be.
pub(super) async fn give_back(cloud: &Cloud, allocation: Allocation) -> Result<Allocation, Stop> {
    let allocation = stop_and_erase(cloud, allocation).await?;
    if !matches!(allocation.state, ResourceState::Reserved | ResourceState::Draining) {
        return Ok(allocation);
    }
    let command = cloud.command("", &allocation.id)?;
    match cloud.driver.release(command).await {
        // What never started can hold what was brought from another cloud.
        Err(error) if error.code() == Some(ProblemCode::NotErased) => {
            let command = cloud.command("-erase", &allocation.id)?;
            cloud.driver.erase(command).await.map_err(look_again)?;
            let command = cloud.command("-erased", &allocation.id)?;
            cloud.driver.release(command).await.map_err(look_again)
        }
        done => done.map_err(look_again),
    }
}

/// Lets go whatever there is.
pub(super) async fn let_go(cloud: &Cloud, allocation: Allocation) -> Result<Allocation, Stop> {
    let allocation = give_back(cloud, allocation).await?;
    if allocation.state != ResourceState::Held {
        return Ok(allocation);
    }
    let command = cloud.command("-drop", &allocation.id)?;
    cloud.driver.drop_hold(command).await.map_err(look_again)
}

/// A state that changed between the look and the call is looked at again.
fn look_again(error: DriverError) -> Stop {
    match error.code() {
        Some(ProblemCode::WrongState) => Stop::retry("state_changed", error.to_string()),
        _ => stop(error),
    }
}
