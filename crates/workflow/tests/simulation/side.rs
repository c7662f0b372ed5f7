//! The other side of the simulated workflows, and the workflows: it acts once for each key, takes
//! nothing from an old fence, and remembers what was undone before it came.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;
use workflow::testing::simulation::{Dice, Network};
use workflow::{
    Done, Group, Phase, Step, StepInput, StepResult, Stop, WorkflowDefinition, WorkflowState,
};

/// Effects of a finished [`PLAN`] without those of its child.
pub const PLAN_EFFECTS: usize = 5;
/// How long the consent is waited for.
const CONSENT_LIMIT: Duration = Duration::from_secs(600);

/// A call on its way.
#[derive(Clone)]
pub struct Request {
    key: String,
    phase: Phase,
    fence: i64,
    subject: String,
    step: &'static str,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, fence, subject, step, .. } = self;
        write!(f, "{} {subject} {step} fence {fence}", phase.as_str())
    }
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Done,
    Busy,
    Refused,
    Stale,
}

/// The books of the other side.
#[derive(Debug, Default)]
pub struct Side {
    /// Calls refused for good, and calls not taken, in percent.
    pub refuses: u64,
    pub busy: u64,
    /// Effects that exist, by key: whose they are.
    pub effects: BTreeMap<String, String>,
    /// A step had its effect twice.
    pub doubled: bool,
    steps: BTreeMap<(String, &'static str), String>,
    undone: BTreeSet<String>,
    fences: BTreeMap<String, i64>,
}

impl Side {
    pub fn act(&mut self, request: &Request, dice: &mut Dice) -> Answer {
        if dice.chance(self.busy) {
            return Answer::Busy;
        }
        let newest = self.fences.entry(request.subject.clone()).or_default();
        if request.fence < *newest {
            return Answer::Stale;
        }
        *newest = request.fence;
        if request.phase == Phase::Undo {
            self.effects.remove(&request.key);
            self.undone.insert(request.key.clone());
            return Answer::Done;
        }
        if self.effects.contains_key(&request.key) {
            return Answer::Done;
        }
        if self.undone.contains(&request.key) || dice.chance(self.refuses) {
            return Answer::Refused;
        }
        let step = (request.subject.clone(), request.step);
        self.doubled |= self.steps.insert(step, request.key.clone()).is_some();
        self.effects.insert(request.key.clone(), request.subject.clone());
        Answer::Done
    }
}

/// What the steps work in.
#[derive(Debug)]
pub struct World {
    pub network: Network<Request, Answer>,
}

async fn act(step: StepInput<World>) -> StepResult {
    let key = match step.phase {
        Phase::Forward => step.effect_key.clone(),
        Phase::Undo => step.forward_key(),
    };
    let request = Request {
        key,
        phase: step.phase,
        fence: step.run.fence,
        subject: step.run.subject.clone(),
        step: step.name,
    };
    match step.env.network.call(request).await {
        Some(Answer::Done) => Done::with(step.name),
        Some(Answer::Busy) => Err(Stop::retry("busy", "try again")),
        Some(Answer::Refused) => Err(Stop::failed("refused", "will not work")),
        // Somebody newer is at work; that one's word counts.
        Some(Answer::Stale) => Err(Stop::retry("stale", "a newer runner was here")),
        None => Err(Stop::retry("lost", "no answer")),
    }
}

async fn consent(step: StepInput<World>) -> StepResult {
    let word: String = step.wait_for("consent", CONSENT_LIMIT, "nobody agreed")?;
    Done::with(&word)
}

async fn stay(step: StepInput<World>) -> StepResult {
    let done = step.child(&STAY, &format!("{}.stay", step.run.subject), &())?;
    let child = step.run.child("stay").map(|child| child.state);
    assert_eq!(child, Some(WorkflowState::Done));
    Ok(done)
}

const fn effect(name: &'static str) -> Step<World> {
    Step::new(name, |step| Box::pin(act(step))).undo(|step| Box::pin(act(step)))
}

const PAIRS: Group = Group::new("pairs", 2);
const BOTH: Group = Group::new("both", 2);

/// A step, a group of three, a child beside a word from outside, and a last step.
pub const PLAN: WorkflowDefinition<World> = WorkflowDefinition::new(
    "plan",
    1,
    &[
        effect("first"),
        effect("red").beside(PAIRS),
        effect("green").beside(PAIRS),
        effect("blue").beside(PAIRS),
        Step::new("stay", |step| Box::pin(stay(step)))
            .undo(|step| Box::pin(step.undo_child()))
            .beside(BOTH),
        Step::new("consent", |step| Box::pin(consent(step))).beside(BOTH),
        effect("last"),
    ],
);

/// The child.
pub const STAY: WorkflowDefinition<World> =
    WorkflowDefinition::new("stay", 1, &[effect("hotel"), effect("tour")]);
