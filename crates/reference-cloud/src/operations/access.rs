//! Open and close the address for users (IF13): default deny.

use provider_api::{Allocation, Cause, ProblemCode, ResourceState};

use super::drain::must_not_drain;
use super::{Intent, step};
use crate::cloud::Cloud;
use crate::error::OpError;

impl Cloud {
    pub(crate) async fn allow(&self, intent: &Intent, id: &str) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let (tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        let Some(address) = row.endpoint() else {
            return Err(OpError::refuse(
                ProblemCode::WrongState,
                "the allocation has no address for users",
            ));
        };
        must_not_drain(row)?;
        if ResourceState::from_word(&row.state) != ResourceState::Active {
            step(row, Cause::Allow)?;
        }
        // Opened before it is written: if the address cannot be had, nothing has changed.
        if let Err(error) = self.gateway.open(id, address).await {
            let detail = format!("the address {address} cannot be opened: {error}");
            return Err(OpError::refuse(ProblemCode::Unavailable, detail));
        }
        row.access_wanted = true;
        self.finish(tx, row, intent).await?;
        self.view(row)
    }

    pub(crate) async fn deny(&self, intent: &Intent, id: &str) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let (tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        if ResourceState::from_word(&row.state) == ResourceState::Active {
            step(row, Cause::Deny)?;
        }
        // Closed before it is written: whoever reads that access is denied finds it so.
        self.gateway.close(id).await;
        row.access_wanted = false;
        self.finish(tx, row, intent).await?;
        self.view(row)
    }
}
