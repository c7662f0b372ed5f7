//! What an instance knows beside its own log: outputs, signals, children; and what it does to the
//! children.

use super::{Flow, Halt, Runner};
use crate::engine::Inner;
use crate::operate::barred;
use crate::{Child, NewChild, Phase, StepFailure, Stop, WorkflowState};
use domain::WorkflowId;
use serde_json::Value;
use std::collections::BTreeMap;
use storage::workflow::{self as rows, NewWorkflow, StepRow, WorkflowRow};
use storage::{StorageError, Tx};

/// The fence of an instance that was claimed once.
const FIRST_FENCE: i64 = 1;

/// What is known of an instance when it is claimed.
pub(super) struct Known {
    pub log: Vec<StepRow>,
    pub signals: BTreeMap<String, Value>,
    pub children: BTreeMap<String, Child>,
}

impl Known {
    /// Reads it as it is at one moment; `told` says whether it had been told anything when it was claimed.
    pub async fn read<E>(inner: &Inner<E>, row: &WorkflowRow, told: bool) -> Result<Self, Halt> {
        if row.fence == FIRST_FENCE {
            // Nobody had it before: it has no log and no children, only words that came early. One that comes
            // from now on is looked for when a step waits.
            let signals = match told {
                true => signals(&mut inner.db.look().await?, row.id).await?,
                false => BTreeMap::new(),
            };
            return Ok(Self { log: Vec::new(), signals, children: BTreeMap::new() });
        }
        let mut tx = inner.db.begin_read().await?;
        Ok(Self {
            log: rows::steps(&mut tx, row.id).await?,
            signals: signals(&mut tx, row.id).await?,
            children: children(&mut tx, row.id).await?,
        })
    }
}

/// What the done steps made, by their names.
pub(super) fn outputs(log: &[StepRow]) -> Result<BTreeMap<String, Value>, Halt> {
    let mut outputs = BTreeMap::new();
    for step in log.iter().filter(|step| step.phase == Phase::Forward) {
        if let Some(output) = &step.output {
            outputs.insert(step.name.clone(), serde_json::from_str(output)?);
        }
    }
    Ok(outputs)
}

/// What the instance was told, by name.
pub(super) async fn signals(tx: &mut Tx, id: WorkflowId) -> Result<BTreeMap<String, Value>, Halt> {
    let told = rows::signals(tx, id).await?;
    told.into_iter().map(|(name, json)| Ok((name, serde_json::from_str(&json)?))).collect()
}

/// Its children, by the step that started them.
pub(super) async fn children(tx: &mut Tx, id: WorkflowId) -> Result<BTreeMap<String, Child>, Halt> {
    let mut children = BTreeMap::new();
    for row in rows::children(tx, id).await? {
        let made = match row.state {
            WorkflowState::Done => outputs(&rows::steps(tx, row.id).await?)?,
            _ => BTreeMap::new(),
        };
        let reason = row.attention.as_deref().or(row.failure.as_deref());
        let failure = reason.map(serde_json::from_str).transpose()?;
        let child = Child { id: row.id, state: row.state, failure, outputs: made };
        children.extend(row.parent_step.map(|step| (step, child)));
    }
    Ok(children)
}

impl<E: Send + Sync + 'static> Runner<'_, E> {
    /// Starts the child and waits for it, in one unit of work.
    pub(super) async fn record_child(
        &mut self,
        row: &StepRow,
        child: &NewChild,
        last: bool,
    ) -> Result<Result<Flow, Stop>, Halt> {
        let now = self.inner.clock.now();
        let input = child.input.to_string();
        let mut tx = self.write().await?;
        let new = NewWorkflow {
            id: WorkflowId::new(self.inner.ids.as_ref()),
            kind: child.kind,
            version: child.version,
            subject: &child.subject,
            owner_key: &self.owner,
            priority: self.priority,
            parent: Some((self.grip.id, &row.name)),
            input: &input,
            wake_at: now,
            now,
        };
        if !rows::insert(&mut tx, &new).await? {
            let text = format!("another {} works on {}", child.kind, child.subject);
            return Ok(Err(Stop::retry("child_busy", text)));
        }
        // The undo may come in this very turn, and must know of it.
        let known = Child {
            id: new.id,
            state: WorkflowState::Running,
            failure: None,
            outputs: BTreeMap::new(),
        };
        self.run.children.insert(row.name.clone(), known);
        let flow = self.await_child(tx, row, &child.reason, last).await?;
        self.inner.signals.wake();
        Ok(Ok(flow))
    }

    /// Has the child undone and waits for it, in one unit of work.
    pub(super) async fn record_take_back(
        &mut self,
        row: &StepRow,
        reason: &StepFailure,
        last: bool,
    ) -> Result<Result<Flow, Stop>, Halt> {
        let mut tx = self.write().await?;
        let child = match self.run.child(&row.name) {
            Some(child) => rows::get(&mut tx, child.id).await?,
            None => None,
        };
        let Some(child) = child else {
            return Ok(Err(Stop::failed("no_child", "the step has no child to undo")));
        };
        match self.take_back(&mut tx, &child).await {
            Ok(None) => {}
            Ok(Some(stop)) => return Ok(Err(stop)),
            Err(Halt::Broken(crate::WorkflowError::Storage(StorageError::Constraint {
                ..
            }))) => {
                let text = format!("another {} works on {}", child.kind, child.subject);
                return Ok(Err(Stop::retry("child_busy", text)));
            }
            Err(halt) => return Err(halt),
        }
        let flow = self.await_child(tx, row, reason, last).await?;
        self.inner.signals.wake();
        Ok(Ok(flow))
    }

    async fn take_back(&self, tx: &mut Tx, child: &WorkflowRow) -> Result<Option<Stop>, Halt> {
        use WorkflowState::{Done, NeedsAttention, Running};
        let forward = child.direction == Phase::Forward;
        if !forward || !matches!(child.state, Done | Running | NeedsAttention) {
            return Ok(None);
        }
        let now = self.inner.clock.now();
        let why = self.run.failure.clone();
        let why = why.unwrap_or_else(|| StepFailure::new("parent_undone", "the parent is undone"));
        let why = serde_json::to_string(&why)?;
        // Locks the child before its log is read: no step of it can begin meanwhile.
        if child.state == Done {
            rows::reopen(tx, child.id, &why, now).await?;
        } else {
            rows::cancel(tx, child.id, &why, now).await?;
        }
        let step = barred(tx, &self.inner.definitions, child.id).await?;
        Ok(step.map(|step| {
            let text = format!("{} has begun `{step}`: there is no way back", child.id);
            Stop::failed("child_no_way_back", text)
        }))
    }
}
