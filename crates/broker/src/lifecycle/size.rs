//! The size of an allocation, and giving it another one: whole or not at all.

use super::cloud::stop;
use super::target::Target;
use provider_api::{
    Allocation, DriverError, ProblemCode, Quota, ResizeCommand, ResizeRequest, ResourceGroup,
};
use serde::{Deserialize, Serialize};
use workflow::Stop;

/// A size in the provider's terms.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Size {
    pub resources: ResourceGroup,
    pub quota: Quota,
}

/// Gives the allocation the size.
pub(super) async fn give(target: &Target, size: &Size) -> Result<Allocation, Stop> {
    ask(target, size).await?.map_err(stop)
}

/// Gives a size back that was there before. What was given up may be taken by somebody else for now: it is tried again.
pub(super) async fn give_back(target: &Target, size: &Size) -> Result<Allocation, Stop> {
    let error = match ask(target, size).await? {
        Ok(allocation) => return Ok(allocation),
        Err(error) => error,
    };
    match error.code() {
        // The refused call counted as the newest: nothing late can change the size any more.
        Some(ProblemCode::WrongState) => {
            let found = target.look().await?;
            if found.state.takes_capacity() && found.resources != size.resources {
                return Err(Stop::retry("state_changed", error.to_string()));
            }
            Ok(found)
        }
        Some(ProblemCode::CapacityExhausted | ProblemCode::QuotaExceeded) => {
            Err(Stop::retry("no_capacity", error.to_string()))
        }
        _ => Err(stop(error)),
    }
}

async fn ask(target: &Target, size: &Size) -> Result<Result<Allocation, DriverError>, Stop> {
    let request = ResizeRequest { resources: size.resources.clone(), quota: size.quota };
    let call = target.cloud.call("")?;
    let command = ResizeCommand { call, allocation_id: target.id.clone(), request };
    Ok(target.cloud.driver.resize(command).await)
}
