//! `firm_list`: ask → hold (three beside one another) → measure → wait → drop.
//!
//! Asking secures nothing, and nobody who is silent or refuses ends it: the list says so. What a seat holds
//! is let go when it is not booked: at the end of the wait, and when the list is undone. Everything that
//! carries the label of a place is let go, also what a call that was given up brought about later; a hold
//! that nobody drops ends by itself. Who books decides behind the list's lock, so the end of the wait and a
//! booking never both win.

use super::hold::{self, Seated, list_id};
use super::{FirmAnswer, FirmInput, FirmPlace, HELD_MAX, MARGIN_US, ask, order};
use crate::Broker;
use domain::Timestamp;
use serde_json::Value;
use storage::Tx;
use storage::securing::firm::{self, FirmEnd};
use workflow::{
    Done, FinalInput, Group, RetryPolicy, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
const FIRM: &str = "firm_list";
/// What the workflow is told when somebody decided.
pub(crate) const DECIDED: &str = "decided";
/// The three seats hold beside one another.
const HOLD: Group = Group::new("hold", HELD_MAX);
/// Names of the seats.
const SEATS: [&str; HELD_MAX] = ["hold_1", "hold_2", "hold_3"];

const STEPS: &[Step<Broker>] = &[
    Step::new("ask", |input| Box::pin(ask_places(input))),
    seat(SEATS[0]),
    seat(SEATS[1]),
    seat(SEATS[2]),
    Step::new("measure", |input| Box::pin(measure(input))),
    Step::new("wait", |input| Box::pin(wait(input))),
    Step::new("drop", |input| Box::pin(drop_rest(input))).retry(RetryPolicy::STUBBORN),
];

const fn seat(name: &'static str) -> Step<Broker> {
    Step::new(name, |input| Box::pin(hold_seat(input)))
        .undo(|input| Box::pin(drop_seat(input)))
        .beside(HOLD)
}

pub(crate) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(FIRM, 1, STEPS).on_undone(|input, tx| Box::pin(undone(input, tx)))
}

/// F7.4.1: all at once, with one deadline.
async fn ask_places(input: StepInput<Broker>) -> StepResult {
    let wanted: FirmInput = input.run.input()?;
    let mut places = ask::ask_all(&input, wanted.places).await;
    order::by_strategy(&mut places, wanted.strategy);
    Done::with(&places)
}

/// F7.4.4, F7.4.5: held in the order of the strategy.
async fn hold_seat(input: StepInput<Broker>) -> StepResult {
    let wanted: FirmInput = input.run.input()?;
    let places: Vec<FirmPlace> = input.run.output("ask")?;
    let seat = SEATS.iter().position(|name| *name == input.name).unwrap_or(usize::MAX);
    if seat >= wanted.holds {
        return Done::with(&Seated::default());
    }
    Done::with(&hold::hold_one(&input, &wanted, &places, seat).await?)
}

/// Takes back everything: other seats do the same, and once more is harmless.
async fn drop_seat(input: StepInput<Broker>) -> StepResult {
    let wanted: FirmInput = input.run.input()?;
    let places: Option<Vec<FirmPlace>> = input.run.output_if_done("ask")?;
    hold::let_go(&input, &wanted, &places.unwrap_or_default(), None).await?;
    Ok(Done::empty())
}

/// Y.3511 9.3: what is held is measured, and the best of it stands at the top.
async fn measure(input: StepInput<Broker>) -> StepResult {
    let wanted: FirmInput = input.run.input()?;
    let mut places: Vec<FirmPlace> = input.run.output("ask")?;
    for name in SEATS {
        let seated: Seated = input.run.output(name)?;
        for place in &mut places {
            note(place, &seated);
        }
    }
    let measured = places.into_iter().map(|place| ask::measure(&input, place));
    let mut places = futures::future::join_all(measured).await;
    order::for_show(&mut places, wanted.strategy);
    let ends = places.iter().filter_map(|place| place.held.as_ref()).map(|held| held.until);
    let closes_at = ends.min().map(|until| until.plus_us(-MARGIN_US));
    let (list, text, now) = (list_id(&input)?, serde_json::to_string(&places)?, input.clock.now());
    Ok(Done::with(&(closes_at, &places))?.commit(move |tx| {
        Box::pin(async move {
            let state = if closes_at.is_some() { "open" } else { "asking" };
            firm::set_places(tx, list, &text, closes_at, state).await?;
            if closes_at.is_none() {
                let end = FirmEnd { from: "asking", to: "empty", contract: None, at: now };
                firm::end(tx, list, end).await?;
            }
            Ok(())
        })
    }))
}

/// What became of a place when a seat tried it.
fn note(place: &mut FirmPlace, seated: &Seated) {
    if let Some((number, held)) = &seated.held
        && *number == place.number
    {
        place.held = Some(held.clone());
        place.answer = FirmAnswer::Held;
    }
    if let Some((_, answer)) = seated.tried.iter().find(|(number, _)| *number == place.number) {
        place.answer = answer.clone();
    }
}

/// Until somebody books or drops, or the holds are about to end.
async fn wait(input: StepInput<Broker>) -> StepResult {
    let (closes_at, _): (Option<Timestamp>, Vec<FirmPlace>) = input.run.output("measure")?;
    let Some(closes_at) = closes_at else { return Ok(Done::empty()) };
    if input.run.signal::<Value>(DECIDED)?.is_some() {
        return Ok(Done::empty());
    }
    let now = input.clock.now();
    if now < closes_at {
        let detail = "what is held waits to be booked or dropped";
        return Err(Stop::wait(DECIDED, closes_at, "firm_open", detail));
    }
    let list = list_id(&input)?;
    Ok(Done::empty().commit(move |tx| {
        Box::pin(async move {
            // A booking that was first stays.
            let end = FirmEnd { from: "open", to: "expired", contract: None, at: now };
            firm::end(tx, list, end).await?;
            Ok(())
        })
    }))
}

/// Everything but what was booked.
async fn drop_rest(input: StepInput<Broker>) -> StepResult {
    let wanted: FirmInput = input.run.input()?;
    let list = list_id(&input)?;
    let mut tx = input.env.db().begin_read().await?;
    let found = firm::find(&mut tx, list).await?;
    drop(tx);
    let (_, places): (Option<Timestamp>, Vec<FirmPlace>) = input.run.output("measure")?;
    let taken = found.and_then(|found| found.contract_id);
    let kept = places
        .iter()
        .find(|place| taken == Some(super::label(wanted.organisation, list, place.number)));
    let kept = kept.and_then(|place| place.held.as_ref()).map(|held| &held.allocation);
    hold::let_go(&input, &wanted, &places, kept).await?;
    Ok(Done::empty())
}

async fn undone(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let list = input.run.subject.parse();
    let list =
        list.map_err(|error: domain::IdError| Stop::failed("internal", error.to_string()))?;
    for from in ["asking", "open"] {
        let end = FirmEnd { from, to: "failed", contract: None, at: input.clock.now() };
        firm::end(tx, list, end).await?;
    }
    Ok(())
}
