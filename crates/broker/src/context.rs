//! What all use cases share: on whose behalf one runs, and how a list is answered.

use domain::{Actor, Sight, Viewer};

/// The first argument of every use case.
#[derive(Debug, Clone)]
pub struct OpContext {
    /// Who asks.
    pub actor: Actor,
    /// Ties log lines, audit rows and the answer together.
    pub request_id: String,
}

impl OpContext {
    /// For a visitor who is not signed in.
    #[must_use]
    pub fn stranger(request_id: impl Into<String>) -> Self {
        Self { actor: Actor::Stranger, request_id: request_id.into() }
    }

    /// For a signed-in person.
    #[must_use]
    pub fn person(viewer: Viewer, request_id: impl Into<String>) -> Self {
        Self { actor: Actor::Person(viewer), request_id: request_id.into() }
    }

    /// What of the market whoever asks may know of.
    #[must_use]
    pub fn sight(&self) -> Sight {
        self.actor.sight()
    }

    /// For the broker's own workers.
    #[must_use]
    pub fn system(request_id: impl Into<String>) -> Self {
        Self { actor: Actor::System, request_id: request_id.into() }
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Cursor of the next part; `None` at the end.
    pub next: Option<String>,
}
