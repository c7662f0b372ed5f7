//! Transitions as data, so that they can be listed, drawn and tested over every pair.

use thiserror::Error;

/// One legal step: in `from`, `event` leads to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition<S, E> {
    /// The state before.
    pub from: S,
    /// What happens.
    pub event: E,
    /// The state after.
    pub to: S,
}

/// An event arrived in a state that does not accept it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{event} is not possible while {from}")]
pub struct InvalidTransition {
    /// The state it was in.
    pub from: &'static str,
    /// The refused event.
    pub event: &'static str,
}

/// Looks the next state up in a table; `None` when the pair is not legal.
pub fn next_state<S: Copy + PartialEq, E: Copy + PartialEq>(
    table: &[Transition<S, E>],
    from: S,
    event: E,
) -> Option<S> {
    table.iter().find(|row| row.from == from && row.event == event).map(|row| row.to)
}
