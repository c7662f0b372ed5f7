//! Since when a contract's service is watched, by what is watched; and what its cloud does not measure.

use crate::record::{Column, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// What is watched of a service (P6.1.i5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WatchKind {
    /// Whether it lives.
    Liveness,
    /// How it answers.
    Service,
    /// What it uses.
    Resources,
}

impl WatchKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Liveness, Self::Service, Self::Resources];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Service => "service",
            Self::Resources => "resources",
        }
    }
}

impl fmt::Display for WatchKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WatchKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is nothing that is watched"))
    }
}

impl Column for WatchKind {
    type Raw = String;

    fn read(raw: String, what: &'static str) -> Result<Self, StorageError> {
        raw.parse().map_err(|detail| StorageError::Corrupt { what, detail })
    }
}

record! {
    /// How one kind of watching began.
    pub struct Watch in "contract_watch" {
        /// What is watched.
        pub kind: WatchKind,
        /// When the first sample had arrived; `None`: the cloud does not measure it.
        pub first_at: Option<Timestamp>,
    }
}

statements! {
    LIST = "
        SELECT kind, first_at FROM contract_watch WHERE contract_id = $1 ORDER BY kind LIMIT 10";
    SET = "
        INSERT INTO contract_watch (contract_id, kind, first_at) VALUES ($1, $2, $3)
        ON CONFLICT (contract_id, kind) DO NOTHING";
}

/// How watching began, by the words of the kinds; empty before it did.
pub async fn list_watches(tx: &mut Tx, id: ContractId) -> Result<Vec<Watch>, StorageError> {
    list!(tx, Watch, LIST, id.uuid())
}

/// Notes how one kind began; what is noted first stands.
pub async fn note_watch(tx: &mut Tx, id: ContractId, watch: &Watch) -> Result<(), StorageError> {
    execute!(tx, SET, id.uuid(), watch.kind.as_str(), watch.first_at.map(|at| at.0)).map(drop)
}
