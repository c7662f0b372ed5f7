//! A deterministic simulation: several engines, one database and another side, under one seeded
//! scheduler and one clock.
//!
//! Exactly one thing happens at a time, and the dice decide which: an engine passes its next place,
//! a message arrives, is lost or doubled, a program is killed or comes back, time passes. Between
//! two decisions everything comes to rest: each task waits at a gate or for a message, and no
//! statement is under way. So a seed makes one history, and a failure can be played again.
//!
//! Runs on a current-thread runtime over `storage::testing::in_memory`. Leases are not renewed, since
//! no real time passes: a runner that is slow in simulated time is, for all others, one that was
//! paused.

mod dice;
mod gates;
mod network;
mod seeds;

pub use dice::Dice;
pub use network::Network;
pub use seeds::{Played, SEED_VARIABLE, SEEDS_VARIABLE, play_seeds};

use crate::{Engine, Parts, Rule, Tick, WorkflowError};
use domain::{Clock, ManualClock};
use gates::{Gates, Guard};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinHandle;

/// Quiet rounds of the runtime after which everything has come to rest; the longest chain of tasks
/// that wake one another without a statement in between is three.
const QUIET_ROUNDS: u32 = 12;
/// Rounds after which a simulation that does not come to rest is given up.
const RESTLESS_ROUNDS: u64 = 50_000_000;
/// Longer than a lease: whoever was at work has lost it.
const LEAP_SECONDS: u64 = 31;

/// How bad it gets, as weights beside 40 for something that goes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Requests and answers are lost.
    pub lose: u64,
    /// Requests are doubled.
    pub double: u64,
    /// Programs are killed.
    pub kill: u64,
    /// More time passes than a lease lasts.
    pub leap: u64,
}

impl Weather {
    /// Nothing goes wrong.
    pub const CALM: Self = Self { lose: 0, double: 0, kill: 0, leap: 0 };

    /// Some weather; each seed has its own.
    #[must_use]
    pub const fn roll(dice: &mut Dice) -> Self {
        Self {
            lose: dice.below(6),
            double: dice.below(6),
            kill: dice.below(5),
            leap: dice.below(4),
        }
    }
}

/// One program.
struct Program<E: 'static> {
    engine: Option<Engine<E>>,
    turn: Option<JoinHandle<Result<Tick, WorkflowError>>>,
    doomed: Arc<AtomicBool>,
    /// Its latest turn found nothing to do, and nothing has happened since.
    idle: bool,
}

/// Makes the parts of a program when it starts, as after a restart.
pub type MakeParts<E> = Box<dyn Fn() -> Parts<E>>;
/// The other side: acts on a request that arrived.
pub type Act<Q, A> = Box<dyn FnMut(&Q, &mut Dice) -> A>;

/// The scheduler with everything it decides about.
pub struct Simulation<E: 'static, Q, A> {
    /// Decides.
    pub dice: Dice,
    /// How bad it gets.
    pub weather: Weather,
    /// Everything that happened, in order.
    pub history: Vec<String>,
    clock: Arc<ManualClock>,
    network: Network<Q, A>,
    gates: Gates,
    programs: Vec<Program<E>>,
    parts: MakeParts<E>,
    act: Act<Q, A>,
    broken: Option<Rule>,
}

impl<E, Q, A> Debug for Simulation<E, Q, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("weather", &self.weather).finish_non_exhaustive()
    }
}

/// What may happen next.
#[derive(Debug, Clone, Copy)]
enum Event {
    Pass(usize),
    Doom(usize),
    Deliver(usize),
    LoseRequest(usize),
    Double(usize),
    Answer(usize),
    LoseAnswer(usize),
    Turn(usize),
    Kill(usize),
    Revive(usize),
    Tick,
    Leap,
}

impl<E, Q, A> Simulation<E, Q, A>
where
    E: Send + Sync + 'static,
    Q: Clone + Debug,
    A: Debug,
{
    /// `programs` engines over the world.
    pub fn new(
        dice: Dice,
        clock: Arc<ManualClock>,
        network: Network<Q, A>,
        programs: usize,
        parts: MakeParts<E>,
        act: Act<Q, A>,
    ) -> Self {
        let program = || Program { engine: None, turn: None, doomed: Arc::default(), idle: false };
        Self {
            dice,
            weather: Weather::CALM,
            history: Vec::new(),
            clock,
            network,
            gates: Gates::default(),
            programs: (0..programs).map(|_| program()).collect(),
            parts,
            act,
            broken: None,
        }
    }

    /// Breaks a rule of the engines on purpose.
    #[must_use]
    pub fn breaking(mut self, rule: Option<Rule>) -> Self {
        self.broken = rule;
        self
    }

    /// Notes something the caller did; it may have made work.
    pub fn note(&mut self, what: impl AsRef<str>) {
        self.write(what.as_ref());
        for program in &mut self.programs {
            program.idle = false;
        }
    }

    fn write(&mut self, what: &str) {
        let line = format!("{:>5} {} {what}", self.history.len(), self.clock.now());
        self.history.push(line);
    }

    /// Lets one thing happen.
    pub async fn step(&mut self) -> Result<(), String> {
        self.come_to_rest().await?;
        let events = self.possible();
        let sum = events.iter().map(|(_, weight)| *weight).sum();
        let mut place = self.dice.below(sum);
        for (event, weight) in events {
            if place < weight {
                let text = self.happen(event)?;
                // Who looks for work makes none.
                match event {
                    Event::Turn(_) => self.write(&text),
                    _ => self.note(text),
                }
                return Ok(());
            }
            place -= weight;
        }
        Err("nothing can happen any more".to_owned())
    }

    /// Whether every program found nothing to do and no message is under way.
    pub async fn is_idle(&mut self) -> Result<bool, String> {
        self.come_to_rest().await?;
        let idle = |program: &Program<E>| program.idle && program.turn.is_none();
        Ok(self.programs.iter().all(idle) && self.network.requests() + self.network.answers() == 0)
    }

    /// Lets time pass to the moment something is due.
    pub async fn pass_to_next_wake(&mut self) -> Result<(), String> {
        let Some(engine) = self.programs.iter().find_map(|program| program.engine.clone()) else {
            return Ok(());
        };
        let wake = engine.next_wake().await.map_err(|error| error.to_string())?;
        if let Some(wake) = wake {
            let micros = wake.since(self.clock.now()).max(1);
            self.clock.advance_us(micros);
            self.note(format!("{micros} µs pass until something is due"));
        }
        Ok(())
    }

    /// Waits until each task stands at a gate or waits for a message; collects ended turns.
    async fn come_to_rest(&mut self) -> Result<(), String> {
        let (mut quiet, mut rounds) = (0, 0);
        while quiet < QUIET_ROUNDS {
            tokio::task::yield_now().await;
            quiet = if storage::stats::in_flight() == 0 { quiet + 1 } else { 0 };
            rounds += 1;
            if rounds > RESTLESS_ROUNDS {
                return Err("the programs do not come to rest".to_owned());
            }
        }
        for number in 0..self.programs.len() {
            let program = &mut self.programs[number];
            let Some(turn) = program.turn.take_if(|turn| turn.is_finished()) else { continue };
            let tick = turn.await.map_err(|error| format!("runner {number}: {error}"))?;
            let tick = tick.map_err(|error| format!("runner {number}: {error:?}"))?;
            if matches!(tick, Tick::Crashed(_)) {
                program.engine = None;
            }
            let idle = tick == Tick::Idle;
            if !idle {
                self.note(format!("runner {number} ends its turn: {tick:?}"));
            }
            self.programs[number].idle = idle;
        }
        Ok(())
    }

    fn possible(&self) -> Vec<(Event, u64)> {
        let Weather { lose, double, kill, leap } = self.weather;
        let mut events = vec![(Event::Tick, 8), (Event::Leap, leap)];
        for place in 0..self.gates.standing() {
            events.extend([(Event::Pass(place), 40), (Event::Doom(place), kill)]);
        }
        for place in 0..self.network.requests() {
            events.extend([
                (Event::Deliver(place), 40),
                (Event::LoseRequest(place), lose),
                (Event::Double(place), double),
            ]);
        }
        for place in 0..self.network.answers() {
            events.extend([(Event::Answer(place), 40), (Event::LoseAnswer(place), lose)]);
        }
        for (number, program) in self.programs.iter().enumerate() {
            match (&program.engine, &program.turn) {
                (None, _) => events.push((Event::Revive(number), 20)),
                (Some(_), None) if program.idle => {}
                (Some(_), None) => events.push((Event::Turn(number), 40)),
                (Some(_), Some(_)) => events.push((Event::Kill(number), kill)),
            }
        }
        events
    }

    fn happen(&mut self, event: Event) -> Result<String, String> {
        Ok(match event {
            Event::Pass(place) => self.gates.open(place),
            Event::Doom(place) => {
                let runner = self.gates.runner(place);
                self.programs[runner].doomed.store(true, Ordering::SeqCst);
                format!("{} and vanishes", self.gates.open(place))
            }
            Event::Deliver(place) => {
                let (act, dice) = (&mut self.act, &mut self.dice);
                self.network.deliver(place, |request| act(request, dice))
            }
            Event::LoseRequest(place) => self.network.lose_request(place),
            Event::Double(place) => self.network.double_request(place),
            Event::Answer(place) => self.network.answer(place),
            Event::LoseAnswer(place) => self.network.lose_answer(place),
            Event::Turn(number) => self.turn(number),
            Event::Kill(number) => {
                let program = &mut self.programs[number];
                if let Some(turn) = program.turn.take() {
                    turn.abort();
                }
                program.engine = None;
                format!("runner {number} is killed")
            }
            Event::Revive(number) => self.revive(number)?,
            Event::Tick => self.pass_time(),
            Event::Leap => {
                let seconds = LEAP_SECONDS + self.dice.below(600);
                self.clock.advance_seconds(seconds.cast_signed());
                format!("{seconds} s pass")
            }
        })
    }

    fn turn(&mut self, number: usize) -> String {
        let program = &mut self.programs[number];
        if let Some(engine) = program.engine.clone() {
            program.turn = Some(tokio::spawn(async move { engine.tick_once().await }));
        }
        format!("runner {number} looks for work")
    }

    fn revive(&mut self, number: usize) -> Result<String, String> {
        let program = &mut self.programs[number];
        program.doomed = Arc::default();
        let guard = Guard {
            runner: number,
            gates: self.gates.clone(),
            doomed: Arc::clone(&program.doomed),
            broken: self.broken,
        };
        let engine = Engine::with_faults((self.parts)(), Arc::new(guard));
        program.engine = Some(engine.map_err(|error| error.to_string())?);
        Ok(format!("runner {number} starts"))
    }

    /// A little time while somebody is at work, more when everybody waits for it.
    fn pass_time(&mut self) -> String {
        let at_work = self.programs.iter().any(|program| program.turn.is_some());
        let limit_us = if at_work { 2_000_000 } else { 30_000_000 };
        let micros = self.dice.below(limit_us) + 1;
        self.clock.advance_us(micros.cast_signed());
        format!("{micros} µs pass")
    }
}
