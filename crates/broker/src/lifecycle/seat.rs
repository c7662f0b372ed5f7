//! Which contract a step works for: the one of an activation alone, or one of several in an order.
//!
//! Steps of an order end in the number of the seat (`hold_2`); what they read of earlier steps ends in the
//! same number, so the work itself is the same for both.

use super::activate::ActivateInput;
use super::cloud::contract_id;
use super::moving::{MOVE, MoveInput};
use super::order::OrderInput;
use super::rows::{ARRIVING, GROUP};
use crate::Broker;
use domain::ContractId;
use serde::de::DeserializeOwned;
use workflow::{Run, StepInput, Stop};

/// The contract that a step works for.
pub(super) struct Seat {
    pub contract: ContractId,
    pub wanted: ActivateInput,
    /// The contract's change where it is moved; `None`: it is set up for the first time.
    pub change: Option<i64>,
    ending: &'static str,
}

impl Seat {
    /// The seat of a step, by its name.
    pub fn of(input: &StepInput<Broker>) -> Result<Self, Stop> {
        let (_, ending) = parts(input.name);
        let Some(number) = number(ending) else {
            let (contract, wanted) = (contract_id(&input.run)?, input.run.input()?);
            let moves = (input.run.kind == MOVE).then(|| input.run.input::<MoveInput>());
            let change = moves.transpose()?.map(|moves| moves.change);
            return Ok(Self { contract, wanted, change, ending: "" });
        };
        let order: OrderInput = input.run.input()?;
        let member = number.checked_sub(1).and_then(|at| order.members.into_iter().nth(at));
        let member =
            member.ok_or_else(|| Stop::failed("internal", "the order has no such seat"))?;
        Ok(Self { contract: member.contract, wanted: member.wanted, change: None, ending })
    }

    /// The kind under which what is set up is kept.
    pub fn kind(&self) -> &'static str {
        if self.change.is_some() { ARRIVING } else { GROUP }
    }

    /// What the done step `name` of this seat made.
    pub fn output<T: DeserializeOwned>(&self, run: &Run, name: &str) -> Result<T, Stop> {
        run.output(&format!("{name}{}", self.ending))
    }

    /// What step `name` of this seat made; absent when it is not done, as may be the case while undoing.
    pub fn output_if_done<T: DeserializeOwned>(
        &self,
        run: &Run,
        name: &str,
    ) -> Result<Option<T>, Stop> {
        run.output_if_done(&format!("{name}{}", self.ending))
    }
}

/// The name of the work and the ending with the seat's number.
pub(crate) fn parts(name: &str) -> (&str, &str) {
    let digits = name.trim_end_matches(|end: char| end.is_ascii_digit());
    match digits.strip_suffix('_') {
        Some(work) if digits.len() < name.len() => (work, &name[work.len()..]),
        _ => (name, ""),
    }
}

/// The seat's number; `None` for a step of an activation alone.
pub(super) fn number(ending: &str) -> Option<usize> {
    ending.strip_prefix('_')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seat_is_the_number_at_the_end_of_a_name() {
        assert_eq!(parts("hold_2"), ("hold", "_2"));
        assert_eq!(parts("hold"), ("hold", ""));
        for whole in ["hold_", "2", "stop_and_erase", "hold2"] {
            assert_eq!(parts(whole), (whole, ""), "{whole}");
        }
        assert_eq!((number("_3"), number("")), (Some(3), None));
    }
}
