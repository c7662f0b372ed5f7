//! The broker's desk: workflows that need a hand, and the audit list. What can be done about them
//! is in `steer`.

use crate::contracts::{Timeline, engine, parse_cursor};
use crate::steer::is_a_customers;
use crate::{Broker, BrokerError, Listed, OpContext, lifecycle};
use domain::{Action, ContractState, Timestamp, WorkflowId};
use storage::audit::{self, AuditEntry};
use storage::contracts;
use workflow::{WaitingStep, WorkflowState, WorkflowSummary};

/// Steps that wait for a signal, of one answer.
const WAITING_MOST: u32 = 200;
/// What can be filtered by.
const STATES: [&str; 7] =
    ["running", "undoing", "done", "undone", "needs_attention", "abandoned", "parked"];

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
    /// forward or undo, also while it needs attention.
    pub direction: String,
    /// The step it is at.
    pub step: Option<String>,
    /// Why it is being undone or needs attention.
    pub reason: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// Its last change.
    pub updated_at: Timestamp,
    /// Whether it can be cancelled now; told of one workflow, absent in lists.
    pub cancellable: Option<bool>,
}

/// A step that waits for a word from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingCard {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Its kind.
    pub kind: String,
    /// Prefixed id of what it works on.
    pub subject: String,
    /// The step that waits.
    pub step: String,
    /// The signal it waits for.
    pub signal: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; then the step goes on without it, or fails.
    pub until: Timestamp,
    /// Whether it is for the customer to say, so that the desk cannot send it.
    pub of_customer: bool,
}

/// A page of workflows. Newest first; those that need attention before all others on the first page.
pub type WorkflowList = Listed<WorkflowCard>;

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

/// A page of the audit list. Newest first.
pub type AuditList = Listed<AuditLine>;

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
    /// Providers that wait to be admitted.
    pub admissions: u64,
    /// Proposals about categories that wait for their decision.
    pub proposals: u64,
}

impl Broker {
    /// Counts for the first page of the desk.
    pub async fn desk_figures(&self, ctx: &OpContext) -> Result<DeskFigures, BrokerError> {
        ctx.may(Action::ReadWorkflows, None, "desk")?;
        let mut tx = self.begin_read().await?;
        let attention = workflow::count(&mut tx, WorkflowState::NeedsAttention).await;
        let running = workflow::count(&mut tx, WorkflowState::Running).await;
        let undoing = workflow::count(&mut tx, WorkflowState::Undoing).await;
        let active = contracts::count_in_state(&mut tx, ContractState::Active).await?;
        let admissions = storage::admissions::count_waiting(&mut tx).await?;
        let proposals = storage::categories::count_waiting(&mut tx).await?;
        let whole = |count: i64| u64::try_from(count).unwrap_or(0);
        Ok(DeskFigures {
            needs_attention: whole(attention.map_err(engine)?),
            running: whole(running.map_err(engine)? + undoing.map_err(engine)?),
            active_contracts: whole(active),
            published_offers: self.inner.shelf.whole().len() as u64,
            admissions: whole(admissions),
            proposals: whole(proposals),
        })
    }

    /// Workflows, optionally of one state.
    pub async fn workflows(
        &self,
        ctx: &OpContext,
        state: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<WorkflowList, BrokerError> {
        ctx.may(Action::ReadWorkflows, None, "workflow")?;
        let wanted = match state {
            None => None,
            Some(word) => Some(serde_json::from_value(word.into()).map_err(|_| {
                BrokerError::field("/state", "state", word, &STATES.join(", "), "no such state")
            })?),
        };
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let page = workflow::list(&mut tx, wanted, cursor.as_ref(), limit).await.map_err(engine)?;
        Ok(WorkflowList {
            items: page.items.into_iter().map(WorkflowCard::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// One workflow, step by step.
    pub async fn workflow(
        &self,
        ctx: &OpContext,
        id: WorkflowId,
    ) -> Result<(WorkflowCard, Timeline), BrokerError> {
        ctx.may(Action::ReadWorkflows, None, "workflow")?;
        let mut tx = self.begin_read().await?;
        let view = workflow::load_view(&mut tx, &lifecycle::definitions(), id)
            .await
            .map_err(engine)?
            .ok_or(BrokerError::NotFound { what: "workflow" })?;
        let timeline = Timeline::from(view.clone());
        let mut card = WorkflowCard::from(view.summary);
        card.step = timeline.current_step();
        let cancellable = workflow::can_cancel(&mut tx, &lifecycle::definitions(), id).await;
        card.cancellable = Some(cancellable.map_err(engine)?);
        Ok((card, timeline))
    }

    /// The steps that wait for a signal, who waits least long first; at most 200.
    pub async fn waiting_steps(&self, ctx: &OpContext) -> Result<Vec<WaitingCard>, BrokerError> {
        ctx.may(Action::ReadWorkflows, None, "workflow")?;
        let mut tx = self.look().await?;
        let found = workflow::waiting(&mut tx, WAITING_MOST).await.map_err(engine)?;
        Ok(found.into_iter().map(WaitingCard::from).collect())
    }

    /// The audit list, optionally of one subject.
    pub async fn audit(
        &self,
        ctx: &OpContext,
        subject: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<AuditList, BrokerError> {
        ctx.may(Action::ReadAudit, None, "audit list")?;
        if let Some(subject) = subject.filter(|subject| !is_subject(subject)) {
            let (allowed, message) = ("an id such as ctr_…", "nothing has such a number");
            return Err(BrokerError::field("/subject", "subject", subject, allowed, message));
        }
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let page = audit::page(&mut tx, subject, cursor.as_ref(), limit).await?;
        let line = |row: AuditEntry| AuditLine {
            at: row.at,
            actor: row.actor,
            actor_name: row.actor_name,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        };
        Ok(AuditList {
            items: page.items.into_iter().map(line).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }
}

/// Ids have a prefix and a few letters and digits.
fn is_subject(text: &str) -> bool {
    text.len() <= 60 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

impl From<WaitingStep> for WaitingCard {
    fn from(step: WaitingStep) -> Self {
        Self {
            workflow: step.id,
            kind: step.kind,
            subject: step.subject,
            step: step.step,
            of_customer: is_a_customers(&step.signal),
            signal: step.signal,
            since: step.started_at,
            until: step.wake_at,
        }
    }
}

impl From<WorkflowSummary> for WorkflowCard {
    fn from(summary: WorkflowSummary) -> Self {
        let reason = summary.attention.or(summary.failure);
        Self {
            id: summary.id,
            kind: summary.kind,
            subject: summary.subject,
            state: summary.state.as_str().to_owned(),
            direction: summary.direction.as_str().to_owned(),
            step: None,
            reason: reason.map(|reason| reason.to_string()),
            created_at: summary.created_at,
            updated_at: summary.updated_at,
            cancellable: None,
        }
    }
}

impl Timeline {
    /// The step that is under way, waits or failed.
    #[must_use]
    pub fn current_step(&self) -> Option<String> {
        let open = |step: &&crate::contracts::StepView| {
            matches!(step.status.as_str(), "started" | "waiting" | "retrying" | "failed")
        };
        self.steps.iter().rev().find(open).map(|step| step.name.clone())
    }

    /// The step in `direction` that failed for good; absent when only the end was refused.
    #[must_use]
    pub fn failed_step(&self, direction: &str) -> Option<&str> {
        let failed =
            |step: &&crate::contracts::StepView| step.status == "failed" && step.phase == direction;
        self.steps.iter().find(failed).map(|step| step.name.as_str())
    }
}
