//! What pages and the API show of an instance: every step of its table, begun or not.

use crate::{
    Phase, Priority, StepFailure, StepStatus, Undo, WorkflowDefinition, WorkflowError,
    WorkflowState,
};
use domain::{Timestamp, WorkflowId};
use serde::Serialize;
use storage::workflow::{
    self as rows, CHILD_SIGNAL, StepRow, VersionCount, WaitingStep, WorkflowRow,
};
use storage::{Cursor, Page, Tx};

/// Instances shown for one subject; older ones are history.
const SUBJECT_LIMIT: i64 = 20;

/// One line of the broker desk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkflowSummary {
    /// The instance.
    pub id: WorkflowId,
    /// The kind of workflow.
    pub kind: String,
    /// The version of its table.
    pub version: i64,
    /// The prefixed id of what it works on.
    pub subject: String,
    /// Whose work it is.
    pub owner: String,
    /// Its class.
    pub priority: Priority,
    /// The instance that waits for this one.
    pub parent: Option<WorkflowId>,
    /// Where it stands.
    pub state: WorkflowState,
    /// Doing or undoing, also while it needs attention.
    pub direction: Phase,
    /// Why it is being undone.
    pub failure: Option<StepFailure>,
    /// Why a person is needed, or why it was given up.
    pub attention: Option<StepFailure>,
    /// When it goes on; absent when it is final or stuck.
    pub next_wake: Option<Timestamp>,
    /// When it was started.
    pub created_at: Timestamp,
    /// The latest change.
    pub updated_at: Timestamp,
    /// When it reached a final state.
    pub finished_at: Option<Timestamp>,
}

/// One instance with its timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkflowView {
    /// The instance.
    #[serde(flatten)]
    pub summary: WorkflowSummary,
    /// Forward steps in order of the table, then undo steps in the order they are undone.
    pub steps: Vec<StepView>,
}

/// One step in one phase on the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// The name in the table.
    pub name: String,
    /// Doing or undoing.
    pub phase: Phase,
    /// Where it stands; absent when it has not begun.
    pub status: Option<StepStatus>,
    /// Attempts begun.
    pub attempt: i64,
    /// The first attempt.
    pub started_at: Option<Timestamp>,
    /// The latest attempt.
    pub attempt_at: Option<Timestamp>,
    /// When it was done, failed or skipped.
    pub finished_at: Option<Timestamp>,
    /// Why the latest unsuccessful attempt did not succeed; kept after a success.
    pub error_code: Option<String>,
    /// The same as a sentence in English.
    pub error_message: Option<String>,
    /// When it is tried again or wakes up; absent also while only a signal or a child wakes it.
    pub next_wake: Option<Timestamp>,
    /// The signal it waits for.
    pub signal: Option<String>,
    /// Why a person said that it is done or undone.
    pub note: Option<String>,
}

/// Reads one instance with its timeline.
pub async fn load_view<E>(
    tx: &mut Tx,
    definitions: &[WorkflowDefinition<E>],
    id: WorkflowId,
) -> Result<Option<WorkflowView>, WorkflowError> {
    match rows::get(tx, id).await? {
        Some(row) => Ok(Some(view(tx, definitions, row).await?)),
        None => Ok(None),
    }
}

/// Reads the instances that worked or work on `subject`, newest first, with their timelines.
pub async fn views_of_subject<E>(
    tx: &mut Tx,
    definitions: &[WorkflowDefinition<E>],
    subject: &str,
) -> Result<Vec<WorkflowView>, WorkflowError> {
    let mut views = Vec::new();
    for row in rows::of_subject(tx, subject, SUBJECT_LIMIT).await? {
        views.push(view(tx, definitions, row).await?);
    }
    Ok(views)
}

/// Reads a page of instances, newest first, in one state or in any.
pub async fn list(
    tx: &mut Tx,
    state: Option<WorkflowState>,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<WorkflowSummary>, WorkflowError> {
    Ok(rows::list(tx, state, cursor, limit).await?.map(summary))
}

/// Counts the instances in one state, for the desk's badge.
pub async fn count(tx: &mut Tx, state: WorkflowState) -> Result<i64, WorkflowError> {
    Ok(rows::count_in_state(tx, state).await?)
}

/// Lists the steps that wait for a signal, who waits least long first.
pub async fn waiting(tx: &mut Tx, limit: u32) -> Result<Vec<WaitingStep>, WorkflowError> {
    Ok(rows::waiting(tx, i64::from(limit)).await?)
}

/// Counts the unfinished instances of every kind and version: a version without any has drained,
/// and its table can go.
pub async fn unfinished_versions(tx: &mut Tx) -> Result<Vec<VersionCount>, WorkflowError> {
    Ok(rows::unfinished_versions(tx).await?)
}

fn summary(row: WorkflowRow) -> WorkflowSummary {
    let due = matches!(row.state, WorkflowState::Running | WorkflowState::Undoing);
    WorkflowSummary {
        id: row.id,
        kind: row.kind,
        version: row.version,
        subject: row.subject,
        owner: row.owner_key,
        priority: row.priority,
        parent: row.parent_id,
        state: row.state,
        direction: row.direction,
        failure: reason(row.failure.as_deref()),
        attention: reason(row.attention.as_deref()),
        // An instance that only its child can wake has no moment.
        next_wake: due.then_some(row.wake_at).filter(|moment| moment.0 < i64::MAX),
        created_at: row.created_at,
        updated_at: row.updated_at,
        finished_at: row.finished_at,
    }
}

async fn view<E>(
    tx: &mut Tx,
    definitions: &[WorkflowDefinition<E>],
    row: WorkflowRow,
) -> Result<WorkflowView, WorkflowError> {
    let log = rows::steps(tx, row.id).await?;
    let definition =
        definitions.iter().find(|known| known.kind == row.kind && known.version == row.version);
    let summary = summary(row);
    let steps = timeline(&summary, &log, definition);
    Ok(WorkflowView { summary, steps })
}

/// What was logged, and what the table says is still to come.
fn timeline<E>(
    summary: &WorkflowSummary,
    log: &[StepRow],
    definition: Option<&WorkflowDefinition<E>>,
) -> Vec<StepView> {
    let logged = |phase| log.iter().filter(move |row| row.phase == phase);
    let mut steps: Vec<_> = logged(Phase::Forward).map(|row| logged_step(summary, row)).collect();
    let Some(definition) = definition else {
        steps.extend(logged(Phase::Undo).rev().map(|row| logged_step(summary, row)));
        return steps;
    };
    let begun = steps.len();
    if summary.direction == Phase::Forward {
        let rest = definition.steps.iter().skip(begun);
        steps.extend(rest.map(|step| step_to_come(step.name, Phase::Forward)));
        return steps;
    }
    for (seq, step) in definition.steps.iter().enumerate().take(begun).rev() {
        match logged(Phase::Undo).find(|row| usize::try_from(row.seq) == Ok(seq)) {
            Some(row) => steps.push(logged_step(summary, row)),
            None if matches!(step.undo, Undo::With(_)) => {
                steps.push(step_to_come(step.name, Phase::Undo));
            }
            None => {}
        }
    }
    steps
}

fn logged_step(summary: &WorkflowSummary, row: &StepRow) -> StepView {
    let error = reason(row.error.as_deref());
    let waits = matches!(row.status, StepStatus::Waiting | StepStatus::Retrying)
        && row.phase == summary.direction;
    StepView {
        name: row.name.clone(),
        phase: row.phase,
        status: Some(row.status),
        attempt: row.attempt,
        started_at: Some(row.started_at),
        attempt_at: Some(row.attempt_at),
        finished_at: row.finished_at,
        error_code: error.as_ref().map(|error| error.code.clone()),
        error_message: error.map(|error| error.message),
        next_wake: if waits && summary.next_wake.is_some() {
            row.wake_at.or(summary.next_wake).filter(|moment| moment.0 < i64::MAX)
        } else {
            None
        },
        signal: row.signal.clone().filter(|name| waits && name != CHILD_SIGNAL),
        note: row.note.clone(),
    }
}

fn step_to_come(name: &str, phase: Phase) -> StepView {
    StepView {
        name: name.to_owned(),
        phase,
        status: None,
        attempt: 0,
        started_at: None,
        attempt_at: None,
        finished_at: None,
        error_code: None,
        error_message: None,
        next_wake: None,
        signal: None,
        note: None,
    }
}

/// A reason written by a later version is still shown, as it stands.
fn reason(json: Option<&str>) -> Option<StepFailure> {
    let json = json?;
    Some(serde_json::from_str(json).unwrap_or_else(|_| StepFailure::new("unknown", json)))
}
