//! What comes next, derived from the table and the log alone. Pure: no clock, no database.

use crate::{Phase, Step, StepStatus, Undo};
use storage::workflow::StepRow;

/// What a runner does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Begin an attempt of a step.
    Act(Act),
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

/// Finds what comes next.
pub(crate) fn next<E>(steps: &[Step<E>], log: &[StepRow], direction: Phase) -> Next {
    if log.iter().any(|row| !fits(steps, row)) {
        return Next::Foreign;
    }
    let open = |seq: &usize| match direction {
        Phase::Forward => is_open(find(log, *seq, Phase::Forward)),
        Phase::Undo => {
            // Also the step that failed or was only begun: it may have acted.
            find(log, *seq, Phase::Forward).is_some()
                && matches!(steps[*seq].undo, Undo::With(_))
                && is_open(find(log, *seq, Phase::Undo))
        }
    };
    let found = match direction {
        Phase::Forward => (0..steps.len()).find(open),
        Phase::Undo => (0..steps.len()).rev().find(open),
    };
    found.map_or(Next::End, |seq| {
        let row = find(log, seq, direction);
        Next::Act(Act { seq, attempt: attempt_after(row), was_started: row.is_some() })
    })
}

/// Whether everything that was begun can be taken back.
pub(crate) fn can_undo<E>(steps: &[Step<E>], log: &[StepRow]) -> bool {
    !steps.iter().enumerate().any(|(seq, step)| {
        matches!(step.undo, Undo::ForwardOnly) && find(log, seq, Phase::Forward).is_some()
    })
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
mod tests {
    use super::*;
    use crate::{Done, StepInput, StepResult};
    use domain::Timestamp;

    async fn nothing(_: StepInput<()>) -> StepResult {
        Ok(Done::empty())
    }

    const TABLE: &[Step<()>] = &[
        Step::new("a", |step| Box::pin(nothing(step))).undo(|step| Box::pin(nothing(step))),
        Step::new("b", |step| Box::pin(nothing(step))),
        Step::new("c", |step| Box::pin(nothing(step))).undo(|step| Box::pin(nothing(step))),
        Step::new("d", |step| Box::pin(nothing(step))).forward_only(),
    ];

    fn row(seq: usize, phase: Phase, status: StepStatus) -> StepRow {
        StepRow {
            seq: seq as i64,
            phase,
            name: TABLE[seq].name.to_owned(),
            status,
            attempt: 1,
            effect_key: String::new(),
            started_at: Timestamp(0),
            attempt_at: Timestamp(0),
            finished_at: None,
            output: None,
            error: None,
        }
    }

    fn act(seq: usize, attempt: i64, was_started: bool) -> Next {
        Next::Act(Act { seq, attempt, was_started })
    }

    #[test]
    fn goes_forward_to_the_first_step_that_is_not_done() {
        use Phase::Forward;
        assert_eq!(next(TABLE, &[], Forward), act(0, 1, false));
        let mut log = vec![row(0, Forward, StepStatus::Done)];
        assert_eq!(next(TABLE, &log, Forward), act(1, 1, false));
        log.push(row(1, Forward, StepStatus::Started));
        assert_eq!(next(TABLE, &log, Forward), act(1, 2, true));
        log[1].status = StepStatus::Waiting;
        assert_eq!(next(TABLE, &log, Forward), act(1, 1, true));
        log[1].status = StepStatus::Skipped;
        log.push(row(2, Forward, StepStatus::Done));
        log.push(row(3, Forward, StepStatus::Done));
        assert_eq!(next(TABLE, &log, Forward), Next::End);
    }

    #[test]
    fn undoes_in_reverse_what_was_begun_and_passes_over_the_rest() {
        let mut log = vec![
            row(0, Phase::Forward, StepStatus::Done),
            row(1, Phase::Forward, StepStatus::Done),
            row(2, Phase::Forward, StepStatus::Failed),
        ];
        assert_eq!(next(TABLE, &log, Phase::Undo), act(2, 1, false));
        log.push(row(2, Phase::Undo, StepStatus::Done));
        assert_eq!(next(TABLE, &log, Phase::Undo), act(0, 1, false));
        log.push(row(0, Phase::Undo, StepStatus::Skipped));
        assert_eq!(next(TABLE, &log, Phase::Undo), Next::End);
    }

    #[test]
    fn begun_forward_only_step_bars_the_way_back() {
        assert!(can_undo(TABLE, &[row(2, Phase::Forward, StepStatus::Done)]));
        assert!(!can_undo(TABLE, &[row(3, Phase::Forward, StepStatus::Started)]));
    }

    #[test]
    fn log_of_another_table_is_recognised() {
        let mut foreign = row(0, Phase::Forward, StepStatus::Done);
        foreign.name = "z".to_owned();
        assert_eq!(next(TABLE, &[foreign], Phase::Forward), Next::Foreign);
        let mut beyond = row(0, Phase::Forward, StepStatus::Done);
        beyond.seq = 9;
        assert_eq!(next(TABLE, &[beyond], Phase::Forward), Next::Foreign);
    }
}
