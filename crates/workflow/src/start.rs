//! Enqueues an instance in the unit of work of the change that causes it.

use crate::{WorkflowDefinition, WorkflowError};
use domain::{Clock, IdSource, Timestamp, WorkflowId};
use serde::Serialize;
use storage::workflow::{NewWorkflow, Priority, insert, unfinished};
use storage::{StorageError, Tx};

/// Where the new instance takes its identity and its time from.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// For the id.
    pub ids: &'a dyn IdSource,
    /// For the moment.
    pub clock: &'a dyn Clock,
    /// Not before this moment does it run; at once when absent.
    pub not_before: Option<Timestamp>,
    /// Whose work it is, for example the prefixed id of an organisation; owners take turns.
    pub owner: &'a str,
    /// A higher class is always served first.
    pub priority: Priority,
}

impl<'a> Start<'a> {
    /// At once, in the usual class, for nobody in particular.
    #[must_use]
    pub const fn at_once(ids: &'a dyn IdSource, clock: &'a dyn Clock) -> Self {
        Self { ids, clock, not_before: None, owner: "", priority: Priority::Normal }
    }
}

/// What [`start`] found or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The instance that now works for the subject.
    pub id: WorkflowId,
    /// False when an unfinished one was there already.
    pub created: bool,
}

/// Starts a workflow for `subject`, or finds the unfinished one of the same kind.
///
/// It runs after the unit of work is committed; call [`crate::Signals::wake`] then, or wait for the
/// next poll.
pub async fn start<E, T: Serialize + Sync>(
    tx: &mut Tx,
    from: Start<'_>,
    definition: &WorkflowDefinition<E>,
    subject: &str,
    input: &T,
) -> Result<Started, WorkflowError> {
    let now = from.clock.now();
    let input = serde_json::to_string(input)?;
    let new = NewWorkflow {
        id: WorkflowId::new(from.ids),
        kind: definition.kind,
        version: definition.version,
        subject,
        owner_key: from.owner,
        priority: from.priority,
        parent: None,
        input: &input,
        wake_at: from.not_before.unwrap_or(now),
        now,
    };
    if insert(tx, &new).await? {
        return Ok(Started { id: new.id, created: true });
    }
    match unfinished(tx, definition.kind, subject).await? {
        Some(id) => Ok(Started { id, created: false }),
        // It finished between the two statements; the caller's command is safe to repeat.
        None => Err(StorageError::Conflict { what: "workflow" }.into()),
    }
}
