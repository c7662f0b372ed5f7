//! Adoption: what is booked gets another label, as it stands. Nothing is stopped, started or closed by it; whoever had it before
//! is refused by the higher epoch.

use provider_api::{AdoptRequest, Allocation, ProblemCode, ResourceState};

use super::Intent;
use super::hold::{invalid, label_fault};
use super::volumes::{must_have_none, must_run};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store;

impl Cloud {
    pub(crate) async fn adopt(
        &self,
        intent: &Intent,
        id: &str,
        request: &AdoptRequest,
    ) -> Result<Allocation, OpError> {
        if let Some(fault) = label_fault(&request.label) {
            return Err(invalid(vec![fault]));
        }
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        must_run(row)?;
        must_have_none(row)?;
        let state = ResourceState::from_word(&row.state);
        if state != ResourceState::Reserved && !state.is_running() {
            let detail = format!("nothing gets another label while {state}");
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        if row.label != request.from {
            let detail = "its label is another one than you say".to_owned();
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        store::set_label(&mut tx, id, &request.label).await?;
        row.label.clone_from(&request.label);
        self.finish(tx, row, intent).await?;
        tracing::info!(allocation.id = %id, allocation.label = %request.label, "an allocation has another label");
        self.view(row)
    }
}
