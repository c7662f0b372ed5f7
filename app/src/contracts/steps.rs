//! Workflows as timelines: steps in the reader's words with time, attempt and reason.

use broker::contracts::{StepView as Step, Timeline};

use super::state::reason;
use crate::{
    format,
    islands::{StepState, StepView, TimelineView},
    words::{Locale, Words},
};

/// The kind that gives back what belongs to nobody.
const RECLAIM: &str = "reclaim_orphan";
/// The kind that brings a service back to what was ordered.
const REPAIR: &str = "repair_service";
/// The kind that gives a service another size.
const SCALE: &str = "scale_contract";
/// The kind that moves a service to another offer.
const MOVE: &str = "move_contract";
/// The kind that gives room to a lifeline, and the one that gets it back.
const PREEMPT: &str = "preempt_service";
const RETURN: &str = "return_room";
/// The kind that puts what runs already under a contract.
const ADOPT: &str = "adopt_service";

/// A workflow as it stands; ends when nothing more will happen by itself.
pub(crate) fn view(locale: Locale, timeline: &Timeline) -> TimelineView {
    let words = locale.words();
    let steps = timeline.steps.iter().map(|step| step_view(locale, timeline, step)).collect();
    TimelineView { headline: headline(words, timeline), steps, finished: is_over(timeline) }
}

/// Whether the workflow ended.
pub(super) fn is_over(timeline: &Timeline) -> bool {
    matches!(timeline.state.as_str(), "done" | "undone" | "abandoned")
}

/// What is being done, by the workflow's kind.
pub(crate) fn kind_word(words: Words, kind: &str) -> String {
    match kind {
        kind if kind.starts_with("activate_") => words.contracts_kind_activate().to_owned(),
        "release_contract" | "release_returning_data" => words.contracts_kind_release().to_owned(),
        RECLAIM => words.contracts_kind_reclaim().to_owned(),
        REPAIR => words.contracts_kind_repair().to_owned(),
        SCALE => words.changes_kind_scale().to_owned(),
        MOVE => words.moves_kind_move().to_owned(),
        PREEMPT => words.preempt_kind_take().to_owned(),
        RETURN => words.preempt_kind_back().to_owned(),
        ADOPT => words.adopt_kind().to_owned(),
        "firm_list" => words.securing_kind_firm().to_owned(),
        "secure" => words.securing_kind_secure().to_owned(),
        other => other.to_owned(),
    }
}

fn headline(words: Words, timeline: &Timeline) -> String {
    let activation = timeline.kind.starts_with("activate_") || timeline.kind == ADOPT;
    let text = match (timeline.state.as_str(), activation) {
        ("running", _) if timeline.kind == RECLAIM => words.contracts_headline_reclaiming(),
        ("done", _) if timeline.kind == RECLAIM => words.contracts_headline_reclaimed(),
        ("running", _) if timeline.kind == REPAIR => words.contracts_headline_repairing(),
        ("done", _) if timeline.kind == REPAIR => words.contracts_headline_repaired(),
        ("undone", _) if timeline.kind == REPAIR => words.contracts_headline_repair_failed(),
        ("running", _) if timeline.kind == SCALE => words.changes_headline_scaling(),
        ("done", _) if timeline.kind == SCALE => words.changes_headline_scaled(),
        ("undone", _) if timeline.kind == SCALE => words.changes_headline_scale_undone(),
        ("running", _) if timeline.kind == MOVE => words.moves_headline_moving(),
        ("done", _) if timeline.kind == MOVE => words.moves_headline_moved(),
        ("undone", _) if timeline.kind == MOVE => words.moves_headline_undone(),
        ("running", _) if timeline.kind == PREEMPT => words.preempt_kind_taking(),
        ("done", _) if timeline.kind == PREEMPT => words.preempt_kind_taken(),
        ("undone", _) if timeline.kind == PREEMPT => words.preempt_kind_take_undone(),
        ("running", _) if timeline.kind == RETURN => words.preempt_kind_returning(),
        ("done", _) if timeline.kind == RETURN => words.preempt_kind_returned(),
        ("undone", _) if timeline.kind == RETURN => words.preempt_kind_return_undone(),
        ("running", _) if timeline.kind == ADOPT => words.adopt_headline(),
        ("undone", _) if timeline.kind == ADOPT => words.adopt_headline_undone(),
        ("running", true) => words.contracts_headline_activating(),
        ("running", false) => words.contracts_headline_releasing(),
        ("undoing", _) => words.contracts_headline_undoing(),
        ("done", true) => words.contracts_headline_active(),
        ("done", false) => words.contracts_headline_released(),
        ("undone", _) => words.contracts_headline_undone(),
        ("abandoned", _) => words.contracts_headline_abandoned(),
        _ => words.contracts_headline_attention(),
    };
    text.to_owned()
}

/// The step's name in the reader's words; a name of another version stays as it is.
pub(crate) fn step_word(words: Words, name: &str) -> String {
    // In an order the name ends in the number of the contract.
    if let Some((work, seat)) = name.rsplit_once('_')
        && let Ok(seat) = seat.parse::<u32>()
    {
        return words.contracts_step_of_seat(step_word(words, work), seat);
    }
    let text = match name {
        "plan" => words.contracts_step_plan(),
        "discover" => words.contracts_step_discover(),
        "hold" => words.contracts_step_hold(),
        "reserve" => words.contracts_step_reserve(),
        "confirm" => words.contracts_step_confirm(),
        "start" => words.contracts_step_start(),
        "adopt" => words.contracts_step_adopt(),
        "probe" => words.contracts_step_probe(),
        "allow" => words.contracts_step_allow(),
        "verify" => words.contracts_step_verify(),
        "deny" => words.contracts_step_deny(),
        "stop" => words.contracts_step_stop(),
        "erase" => words.contracts_step_erase(),
        "release" => words.contracts_step_release(),
        "meter" => words.contracts_step_meter(),
        "hand_over" => words.contracts_step_hand_over(),
        "check" => words.changes_step_check(),
        "resize" => words.changes_step_resize(),
        "pause" => words.preempt_kind_pause(),
        "shrink" => words.preempt_kind_shrink(),
        "grow" => words.preempt_kind_grow(),
        "link" => words.moves_step_link(),
        "halt" => words.moves_step_halt(),
        "pull" => words.moves_step_pull(),
        "compare" => words.moves_step_compare(),
        "switch" => words.moves_step_switch(),
        "unlink" => words.moves_step_unlink(),
        "ask" => words.securing_step_ask(),
        "measure" => words.securing_step_measure(),
        "wait" => words.securing_step_wait(),
        "drop" => words.securing_step_drop(),
        "own" => words.securing_step_own(),
        "standby" => words.securing_step_standby(),
        "divide" => words.securing_step_divide(),
        "set_up" => words.securing_step_set_up(),
        other => return other.to_owned(),
    };
    text.to_owned()
}

fn step_view(locale: Locale, timeline: &Timeline, step: &Step) -> StepView {
    let words = locale.words();
    let undo = step.phase == "undo";
    let name = step_word(words, &step.name);
    let state = step_state(step, timeline.state == "needs_attention", undo);
    let at = step.finished_at.or(step.started_at);
    let took = match (step.started_at, step.finished_at) {
        (Some(from), Some(to)) => Some(format::duration(locale, to.since(from).max(0))),
        _ => None,
    };
    StepView {
        title: if undo { words.contracts_step_undo(name) } else { name },
        state,
        state_word: state_word(words, state, step).to_owned(),
        at: at.map(|at| format::exact_time(locale, at.0)).unwrap_or_default(),
        at_machine: at.map(|at| format::machine_time(at.0)).unwrap_or_default(),
        took,
        attempt: (step.attempt > 1).then(|| words.contracts_step_attempt(step.attempt)),
        reason: reason_text(locale, step),
    }
}

fn step_state(step: &Step, stuck: bool, undo: bool) -> StepState {
    match step.status.as_str() {
        "started" | "retrying" => StepState::Running,
        "done" if undo => StepState::Undone,
        "done" => StepState::Done,
        "failed" if stuck => StepState::Attention,
        "failed" => StepState::Failed,
        _ => StepState::Waiting,
    }
}

fn state_word(words: Words, state: StepState, step: &Step) -> &'static str {
    match (state, step.status.as_str()) {
        (_, "skipped") => words.contracts_step_skipped(),
        (_, "retrying") => words.contracts_step_again(),
        (StepState::Waiting, _) => words.common_state_waiting(),
        (StepState::Running, _) => words.common_state_running(),
        (StepState::Done, _) => words.common_state_done(),
        (StepState::Failed, _) => words.common_state_failed(),
        (StepState::Undone, _) => words.common_state_undone(),
        (StepState::Attention, _) => words.common_state_attention(),
    }
}

fn reason_text(locale: Locale, step: &Step) -> Option<String> {
    let words = locale.words();
    if step.status == "done" {
        return None;
    }
    let why = step.error_code.as_deref().map(|code| reason(words, code));
    let next = (step.status == "retrying").then_some(step.next_attempt_at).flatten();
    let next = next.map(|at| words.contracts_step_next(format::exact_time(locale, at.0)));
    match (why, next) {
        (Some(why), Some(next)) => Some(format!("{why} {next}")),
        (why, next) => why.or(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{SequentialIds, Timestamp, WorkflowId};

    fn step(name: &str, phase: &str, status: &str) -> Step {
        Step {
            name: name.to_owned(),
            phase: phase.to_owned(),
            status: status.to_owned(),
            attempt: 1,
            started_at: Some(Timestamp::from_seconds(1_795_305_600)),
            finished_at: None,
            error_code: None,
            error: None,
            note: None,
            next_attempt_at: None,
        }
    }

    fn timeline(state: &str, steps: Vec<Step>) -> Timeline {
        let id = WorkflowId::new(&SequentialIds::new(1));
        Timeline { id, kind: "activate_contract".to_owned(), state: state.to_owned(), steps }
    }

    #[test]
    fn a_retrying_step_says_why_and_when_it_is_tried_again() {
        let waiting = Step {
            attempt: 2,
            error_code: Some("cloud_unreachable".to_owned()),
            error: Some("connection refused".to_owned()),
            next_attempt_at: Some(Timestamp::from_seconds(1_795_305_605)),
            ..step("hold", "forward", "retrying")
        };
        let view = view(Locale::En, &timeline("running", vec![waiting]));
        let reason = view.steps[0].reason.clone().unwrap();
        assert!(reason.contains("00:00:05") && !reason.contains("refused"), "{reason}");
        assert_eq!(view.steps[0].state_word, "waiting to try again");
        assert!(view.steps[0].attempt.is_some() && !view.finished);
    }

    #[test]
    fn what_was_taken_back_is_not_shown_as_done() {
        let steps = vec![step("hold", "forward", "done"), step("hold", "undo", "done")];
        let view = view(Locale::Ja, &timeline("undone", steps));
        assert_eq!(view.steps[0].state, StepState::Done);
        assert_eq!(view.steps[1].state, StepState::Undone);
        assert_ne!(view.steps[0].title, view.steps[1].title);
        assert!(view.finished);
    }

    #[test]
    fn a_stuck_workflow_is_not_over() {
        let view = view(
            Locale::En,
            &timeline("needs_attention", vec![step("erase", "forward", "failed")]),
        );
        assert_eq!(view.steps[0].state, StepState::Attention);
        assert!(!view.finished);
    }

    #[test]
    fn what_was_adopted_runs_and_is_not_called_released() {
        let told = |state: &str| {
            let run = Timeline { kind: ADOPT.to_owned(), ..timeline(state, Vec::new()) };
            view(Locale::En, &run).headline
        };
        assert_eq!(told("done"), "The service is running");
        assert!(told("running").contains("being adopted"), "{}", told("running"));
        assert!(told("undone").contains("as it was before"), "{}", told("undone"));
    }

    #[test]
    fn every_step_has_words_in_both_languages() {
        let names = "plan discover hold confirm start probe allow verify deny stop erase release meter \
             ask measure wait drop own standby divide set_up check resize";
        for name in names.split(' ') {
            for locale in Locale::ALL {
                assert_ne!(step_word(locale.words(), name), name);
            }
        }
    }
}
