//! Categories of offers with typed attributes, kept by the market (F7.1.3).
//!
//! A document names its category and says its attributes; what they mean stands here. A change is proposed by one
//! broker and decided by another; accepted proposals are the history of a category. Categories are retired, never
//! removed, because documents that name them are never changed.

mod catalogue;
mod indexed;
mod propose;
mod standard;

use domain::{ProposalId, Timestamp};
use sla::Category;
use storage::StorageError;
use storage::categories::{CategoryRow, ProposalRow};

pub(crate) use catalogue::Kept;
pub use catalogue::{Categories, CategoryEntry};
pub(crate) use indexed::indexed;

/// Longest title of a category, an attribute or a choice.
pub const CATEGORY_TITLE_MAX: usize = 80;
/// Longest help.
pub const CATEGORY_HELP_MAX: usize = 500;
/// Attributes of one category.
pub const ATTRIBUTES_MAX: usize = 30;
/// Choices of one attribute.
pub const CHOICES_MAX: usize = 50;
/// How deep categories stand below one another.
pub const DEPTH_MAX: usize = 3;

/// What is proposed about a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalKind {
    /// It shall be so: new, or changed.
    Define,
    /// New offers shall not name it any more.
    Retire,
    /// They may again.
    Restore,
}

impl ProposalKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Define, Self::Retire, Self::Restore];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Define => "define",
            Self::Retire => "retire",
            Self::Restore => "restore",
        }
    }
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalState {
    /// For somebody else to decide.
    Waiting,
    /// It holds, or held until the next one.
    Accepted,
    /// Somebody refused it.
    Refused,
    /// Whoever proposed it took it back.
    TakenBack,
}

impl ProposalState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Accepted, Self::Refused, Self::TakenBack];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::TakenBack => "taken_back",
        }
    }
}

/// What somebody proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// The category shall be so; `made_of` is the version that was read, 0 for a new one.
    Define {
        /// The whole category.
        category: Category,
        /// The version that was read.
        made_of: i64,
    },
    /// New offers shall not name it any more.
    Retire(String),
    /// They may again.
    Restore(String),
}

/// A proposal as it is shown.
#[derive(Debug, Clone)]
pub struct ProposalView {
    /// Its id.
    pub id: ProposalId,
    /// What is proposed.
    pub kind: ProposalKind,
    /// What the category would be, or is.
    pub category: Category,
    /// The version it was made of; 0: the category is new.
    pub made_of: i64,
    /// Where it stands.
    pub state: ProposalState,
    /// What whoever decides is told.
    pub note: String,
    /// The name of whoever proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// The name of whoever decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The version that it made.
    pub version: Option<i64>,
    /// Whether the reader proposed it, and so does not decide.
    pub own: bool,
}

/// A category with what was proposed about it.
#[derive(Debug, Clone)]
pub struct CategoryPage {
    /// As it stands; `None`: nobody has accepted it yet.
    pub entry: Option<CategoryEntry>,
    /// Offers on the market that name it.
    pub offers: u64,
    /// What was proposed, the latest first.
    pub proposals: Vec<ProposalView>,
}

fn corrupt(what: &'static str, detail: &(impl ToString + ?Sized)) -> StorageError {
    StorageError::Corrupt { what, detail: detail.to_string() }
}

fn entry(row: &CategoryRow) -> Result<CategoryEntry, StorageError> {
    let category = serde_json::from_str(&row.body);
    Ok(CategoryEntry {
        category: category.map_err(|error| corrupt("category.body", &error))?,
        version: row.version,
        retired: row.state == "retired",
        changed_at: row.changed_at,
    })
}

fn view(row: ProposalRow, reader: Option<&str>) -> Result<ProposalView, StorageError> {
    let kind = ProposalKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
    let state = ProposalState::ALL.into_iter().find(|state| state.as_str() == row.state);
    let category = serde_json::from_str(&row.body);
    Ok(ProposalView {
        own: reader == Some(row.proposed_by.as_str()),
        id: row.id,
        kind: kind.ok_or_else(|| corrupt("category_proposal.kind", &row.kind))?,
        category: category.map_err(|error| corrupt("category_proposal.body", &error))?,
        made_of: row.made_of,
        state: state.ok_or_else(|| corrupt("category_proposal.state", &row.state))?,
        note: row.note,
        proposed_by: row.proposed_by_name,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by_name,
        decided_at: row.decided_at,
        reason: row.reason,
        version: row.version,
    })
}
