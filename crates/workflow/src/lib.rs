#![doc = include_str!("../README.md")]

mod definition;
mod engine;
mod error;
mod faults;
mod input;
mod operate;
mod outcome;
mod plan;
mod progress;
mod runner;
mod start;
#[cfg(feature = "testing")]
pub mod testing;
mod view;

pub use definition::{FinalFn, Group, RetryPolicy, Step, StepFn, Undo, WorkflowDefinition};
pub use engine::{Engine, EngineConfig, LeaseTime, Parts, Tick};
pub use error::WorkflowError;
pub use faults::{
    CRASH_VARIABLE, Fault, Faults, HOLD_VARIABLE, Moment, Point, Rule, UNTIL_VARIABLE,
};
pub use input::{Child, FinalInput, Run, StepInput, effect_key};
pub use operate::{abandon, can_cancel, cancel, mark_undone, retry, signal, skip};
pub use outcome::{CommitAction, Done, NewChild, StepFailure, StepResult, Stop};
pub use progress::{Progress, Signals};
pub use start::{Start, Started, start};
pub use storage::workflow::{
    Phase, Priority, StepStatus, VersionCount, WaitingStep, WorkflowState,
};
pub use view::{
    StepView, WorkflowSummary, WorkflowView, count, list, load_view, unfinished_versions,
    views_of_subject, waiting,
};
