use super::*;
use crate::{Done, Group, StepInput, StepResult};
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
        wake_at: None,
        signal: None,
        note: None,
    }
}

const NOW: Timestamp = Timestamp(1_000);

fn act(seq: usize, attempt: i64, was_started: bool) -> Next {
    Next::Act(vec![Act { seq, attempt, was_started }])
}

fn next(steps: &[Step<()>], log: &[StepRow], direction: Phase) -> Next {
    super::next(steps, log, direction, NOW)
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
    assert_eq!(barred(TABLE, &[row(2, Phase::Forward, StepStatus::Done)]), None);
    assert_eq!(barred(TABLE, &[row(3, Phase::Forward, StepStatus::Started)]), Some("d"));
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

const PAIR: Group = Group::new("pair", 2);
const GROUPED: &[Step<()>] = &[
    Step::new("a", |step| Box::pin(nothing(step))).undo(|step| Box::pin(nothing(step))),
    Step::new("b", |step| Box::pin(nothing(step))).beside(PAIR),
    Step::new("c", |step| Box::pin(nothing(step)))
        .undo(|step| Box::pin(nothing(step)))
        .beside(PAIR),
    Step::new("d", |step| Box::pin(nothing(step))),
];

fn acts(wanted: &[(usize, i64, bool)]) -> Next {
    let act = |&(seq, attempt, was_started)| Act { seq, attempt, was_started };
    Next::Act(wanted.iter().map(act).collect())
}

#[test]
fn members_of_a_group_are_due_together_and_the_rest_waits_for_all() {
    use Phase::Forward;
    let mut log = vec![row(0, Forward, StepStatus::Done)];
    assert_eq!(next(GROUPED, &log, Forward), acts(&[(1, 1, false), (2, 1, false)]));
    log.push(row(2, Forward, StepStatus::Done));
    assert_eq!(next(GROUPED, &log, Forward), act(1, 1, false));
    log.push(row(1, Forward, StepStatus::Started));
    assert_eq!(next(GROUPED, &log, Forward), act(1, 2, true));
    log[2].status = StepStatus::Done;
    assert_eq!(next(GROUPED, &log, Forward), act(3, 1, false));
}

#[test]
fn waiting_members_let_the_others_go_on_and_the_earliest_wakes_the_instance() {
    use Phase::Forward;
    let mut log = vec![
        row(0, Forward, StepStatus::Done),
        row(1, Forward, StepStatus::Waiting),
        row(2, Forward, StepStatus::Retrying),
    ];
    log[1].wake_at = Some(Timestamp(5_000));
    log[2].wake_at = Some(NOW);
    assert_eq!(next(GROUPED, &log, Forward), act(2, 2, true));
    log[2].wake_at = Some(Timestamp(3_000));
    assert_eq!(next(GROUPED, &log, Forward), Next::Rest(Timestamp(3_000)));
}

const GIVEN_BACK: &[Step<()>] = &[
    Step::new("a", |step| Box::pin(nothing(step))).undo(|step| Box::pin(nothing(step))),
    Step::new("b", |step| Box::pin(nothing(step)))
        .undo(|step| Box::pin(nothing(step)))
        .beside(PAIR),
    Step::new("c", |step| Box::pin(nothing(step)))
        .undo(|step| Box::pin(nothing(step)))
        .beside(PAIR),
];

#[test]
fn a_member_that_waits_to_be_undone_lets_the_others_of_its_group_go_first() {
    let mut log: Vec<StepRow> =
        (0..3).map(|seq| row(seq, Phase::Forward, StepStatus::Done)).collect();
    assert_eq!(next(GIVEN_BACK, &log, Phase::Undo), act(2, 1, false), "one at a time");
    log.push(row(2, Phase::Undo, StepStatus::Retrying));
    log[3].wake_at = Some(Timestamp(9_000));
    assert_eq!(next(GIVEN_BACK, &log, Phase::Undo), act(1, 1, false));
    log.push(row(1, Phase::Undo, StepStatus::Done));
    // What came before the group waits for all of it.
    assert_eq!(next(GIVEN_BACK, &log, Phase::Undo), Next::Rest(Timestamp(9_000)));
    log[3].status = StepStatus::Done;
    assert_eq!(next(GIVEN_BACK, &log, Phase::Undo), act(0, 1, false));
}

#[test]
fn failed_member_stops_its_group_and_is_undone_with_it_in_reverse() {
    let mut log = vec![
        row(0, Phase::Forward, StepStatus::Done),
        row(1, Phase::Forward, StepStatus::Failed),
        row(2, Phase::Forward, StepStatus::Started),
    ];
    assert_eq!(next(GROUPED, &log, Phase::Forward), Next::Failed(1));
    assert_eq!(next(GROUPED, &log, Phase::Undo), act(2, 1, false));
    log.push(row(2, Phase::Undo, StepStatus::Waiting));
    log[3].wake_at = Some(Timestamp(9_000));
    assert_eq!(next(GROUPED, &log, Phase::Undo), Next::Rest(Timestamp(9_000)));
    log[3].status = StepStatus::Done;
    assert_eq!(next(GROUPED, &log, Phase::Undo), act(0, 1, false));
}
