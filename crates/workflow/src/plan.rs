//! What comes next, derived from the table and the log alone. Pure: no clock, no database.

use crate::{Phase, Step, StepStatus, Undo};
use domain::Timestamp;
use storage::workflow::StepRow;

/// What a runner does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Begin an attempt of each of these steps, beside one another.
    Act(Vec<Act>),
    /// Everything that is open waits; the earliest wakes at this moment.
    Rest(Timestamp),
    /// The step at this place failed, and nothing of its group is at work any more.
    Failed(usize),
    /// Nothing is left in this direction.
    End,
    /// The log was written by another table under the same version.
    Foreign,
}

/// The attempt to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Act {
    /// The place in the table.
    pub seq: usize,
    /// Counts from 1.
    pub attempt: i64,
    /// An earlier attempt may have acted.
    pub was_started: bool,
}

/// Finds what comes next, at the moment `now`.
pub(crate) fn next<E>(
    steps: &[Step<E>],
    log: &[StepRow],
    direction: Phase,
    now: Timestamp,
) -> Next {
    if log.iter().any(|row| !fits(steps, row)) {
        return Next::Foreign;
    }
    match direction {
        Phase::Forward => forward(steps, log, now),
        Phase::Undo => back(steps, log, now),
    }
}

fn forward<E>(steps: &[Step<E>], log: &[StepRow], now: Timestamp) -> Next {
    let open = |seq: &usize| is_open(find(log, *seq, Phase::Forward));
    let Some(first) = (0..steps.len()).find(open) else { return Next::End };
    let members = first..first + beside(steps, first);
    let failed = |seq: &usize| {
        find(log, *seq, Phase::Forward).is_some_and(|row| row.status == StepStatus::Failed)
    };
    if let Some(seq) = members.clone().find(failed) {
        return Next::Failed(seq);
    }
    due(members.filter(open), log, Phase::Forward, now)
}

/// One by one in reverse. A member of a group that waits lets the others of its group go before it, so that what can
/// be given back is, whoever is silent.
fn back<E>(steps: &[Step<E>], log: &[StepRow], now: Timestamp) -> Next {
    let open = |seq: &usize| {
        // Also the step that failed or was only begun: it may have acted.
        find(log, *seq, Phase::Forward).is_some()
            && matches!(steps[*seq].undo, Undo::With(_))
            && is_open(find(log, *seq, Phase::Undo))
    };
    let Some(last) = (0..steps.len()).rev().find(open) else { return Next::End };
    let group = steps[last].group;
    let together = |seq: &usize| *seq == last || (group.is_some() && steps[*seq].group == group);
    let members = (0..=last).rev().take_while(together).filter(open);
    match due(members, log, Phase::Undo, now) {
        Next::Act(mut acts) => {
            acts.truncate(1);
            Next::Act(acts)
        }
        other => other,
    }
}

/// How many steps from `first` on are done beside one another, itself included.
fn beside<E>(steps: &[Step<E>], first: usize) -> usize {
    let group = steps[first].group;
    let together = |step: &&Step<E>| group.is_some() && step.group == group;
    steps[first..].iter().take_while(together).count().max(1)
}

/// Those of the open steps that may be tried now, or when the first of them may.
fn due(
    open: impl Iterator<Item = usize>,
    log: &[StepRow],
    direction: Phase,
    now: Timestamp,
) -> Next {
    let (mut acts, mut earliest) = (Vec::new(), Timestamp(i64::MAX));
    for seq in open {
        let row = find(log, seq, direction);
        match row.and_then(|row| row.wake_at).filter(|moment| *moment > now) {
            Some(moment) => earliest = earliest.min(moment),
            None => acts.push(Act { seq, attempt: attempt_after(row), was_started: row.is_some() }),
        }
    }
    if acts.is_empty() { Next::Rest(earliest) } else { Next::Act(acts) }
}

/// The step that was begun and cannot be taken back, if there is one.
pub(crate) fn barred<E>(steps: &[Step<E>], log: &[StepRow]) -> Option<&'static str> {
    let begun = |seq| find(log, seq, Phase::Forward).is_some();
    steps
        .iter()
        .enumerate()
        .find(|(seq, step)| matches!(step.undo, Undo::ForwardOnly) && begun(*seq))
        .map(|(_, step)| step.name)
}

/// The row of a step in a phase.
pub(crate) fn find(log: &[StepRow], seq: usize, phase: Phase) -> Option<&StepRow> {
    log.iter().find(|row| row.phase == phase && usize::try_from(row.seq) == Ok(seq))
}

fn fits<E>(steps: &[Step<E>], row: &StepRow) -> bool {
    usize::try_from(row.seq)
        .ok()
        .and_then(|seq| steps.get(seq))
        .is_some_and(|step| step.name == row.name)
}

fn is_open(row: Option<&StepRow>) -> bool {
    !row.is_some_and(|row| matches!(row.status, StepStatus::Done | StepStatus::Skipped))
}

fn attempt_after(row: Option<&StepRow>) -> i64 {
    match row {
        None => 1,
        // A wake-up from a sleep goes on with the same attempt.
        Some(row) if row.status == StepStatus::Waiting => row.attempt.max(1),
        Some(row) => row.attempt + 1,
    }
}

#[cfg(test)]
mod tests;
