//! The broker's desk: workflows that need a hand, and the audit list.

use crate::contracts::Timeline;
use crate::{Broker, BrokerError, OpContext};
use domain::{Timestamp, WorkflowId};

/// A workflow in the list.
#[derive(Debug, Clone)]
pub struct WorkflowCard {
    /// Its id.
    pub id: WorkflowId,
    /// activate_contract or release_contract.
    pub kind: String,
    /// Prefixed id of what it works on.
    pub subject: String,
    /// running, undoing, done, undone, needs_attention, abandoned or parked.
    pub state: String,
    /// The step it is at.
    pub step: Option<String>,
    /// Why it is being undone or needs attention.
    pub reason: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// Its last change.
    pub updated_at: Timestamp,
}

/// A page of workflows.
#[derive(Debug, Clone)]
pub struct WorkflowList {
    /// Newest first; those that need attention before all others on the first page.
    pub items: Vec<WorkflowCard>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// One audit line.
#[derive(Debug, Clone)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who: a user id, `system` or `stranger`.
    pub actor: String,
    /// The person's name.
    pub actor_name: String,
    /// What: `offer.published`, `contract.signed`, …
    pub action: String,
    /// Prefixed id of the thing.
    pub subject: String,
    /// JSON, without secrets or personal data.
    pub detail: String,
}

/// A page of the audit list.
#[derive(Debug, Clone)]
pub struct AuditList {
    /// Newest first.
    pub items: Vec<AuditLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Counts for the first page of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeskFigures {
    /// Workflows that need attention.
    pub needs_attention: u64,
    /// Workflows under way.
    pub running: u64,
    /// Active contracts.
    pub active_contracts: u64,
    /// Published offers.
    pub published_offers: u64,
}

impl Broker {
    /// Counts for the first page of the desk.
    pub async fn desk_figures(&self, ctx: &OpContext) -> Result<DeskFigures, BrokerError> {
        todo!()
    }

    /// Workflows, optionally of one state.
    pub async fn workflows(
        &self,
        ctx: &OpContext,
        state: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<WorkflowList, BrokerError> {
        todo!()
    }

    /// One workflow, step by step.
    pub async fn workflow(&self, ctx: &OpContext, id: WorkflowId) -> Result<(WorkflowCard, Timeline), BrokerError> {
        todo!()
    }

    /// Tries a workflow that needs attention again.
    pub async fn retry_workflow(&self, ctx: &OpContext, id: WorkflowId) -> Result<(), BrokerError> {
        todo!()
    }

    /// Gives a workflow up; the reason is kept and audited.
    pub async fn abandon_workflow(&self, ctx: &OpContext, id: WorkflowId, reason: &str) -> Result<(), BrokerError> {
        todo!()
    }

    /// The audit list, optionally of one subject.
    pub async fn audit(
        &self,
        ctx: &OpContext,
        subject: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<AuditList, BrokerError> {
        todo!()
    }
}
