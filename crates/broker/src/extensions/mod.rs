//! Items of quality that the market adds to the registry of the program.
//!
//! Documents name an extension by its key and are read without knowing it; what it means stands here. A change is
//! proposed by a broker, or by a provider whose offers name the key, and decided by another broker; accepted
//! proposals are the history of an item. The steps of a proposal are those of [`crate::categories`].

mod affected;
mod decide;
mod kept;
mod propose;

use crate::categories::{ProposalKind, ProposalState};
use domain::{OrganisationId, ProposalId, Timestamp};
use serde::{Deserialize, Serialize};
use sla::Extension;
use storage::StorageError;
use storage::extensions::{ExtensionProposalRow, ExtensionRow};

pub use affected::{Affects, OtherPromise};
pub(crate) use kept::Kept;
pub use kept::{ExtensionEntry, Extensions};

/// What somebody proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtensionProposal {
    /// The item shall be so; `made_of` is the version that was read, 0 for a new one.
    Define {
        /// The whole item.
        extension: Extension,
        /// The version that was read.
        made_of: i64,
    },
    /// New documents shall not name it any more.
    Retire(String),
    /// They may again.
    Restore(String),
}

/// A proposal as it is shown.
#[derive(Debug, Clone)]
pub struct ExtensionProposalView {
    /// Its id.
    pub id: ProposalId,
    /// What is proposed.
    pub kind: ProposalKind,
    /// What the item would be, or is.
    pub extension: Extension,
    /// The version it was made of; 0: the item is new.
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

/// An item with what was proposed about it.
#[derive(Debug, Clone)]
pub struct ExtensionPage {
    /// As it stands; `None`: nobody has accepted it yet.
    pub entry: Option<ExtensionEntry>,
    /// What was proposed, the latest first.
    pub proposals: Vec<ExtensionProposalView>,
}

/// What a notice says of a proposal that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionNews {
    /// The proposal.
    pub proposal: ProposalId,
    /// Key of the item.
    pub item: String,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

fn corrupt(what: &'static str, detail: &(impl ToString + ?Sized)) -> StorageError {
    StorageError::Corrupt { what, detail: detail.to_string() }
}

fn entry(row: &ExtensionRow) -> Result<ExtensionEntry, StorageError> {
    let extension = serde_json::from_str(&row.body);
    Ok(ExtensionEntry {
        extension: extension.map_err(|error| corrupt("item_extension.body", &error))?,
        version: row.version,
        retired: row.state == "retired",
        changed_at: row.changed_at,
    })
}

fn view(row: ExtensionProposalRow, reader: &str) -> Result<ExtensionProposalView, StorageError> {
    let kind = ProposalKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
    let state = ProposalState::ALL.into_iter().find(|state| state.as_str() == row.state);
    let extension = serde_json::from_str(&row.body);
    Ok(ExtensionProposalView {
        own: reader == row.proposed_by,
        id: row.id,
        kind: kind.ok_or_else(|| corrupt("item_extension_proposal.kind", &row.kind))?,
        extension: extension.map_err(|error| corrupt("item_extension_proposal.body", &error))?,
        made_of: row.made_of,
        state: state.ok_or_else(|| corrupt("item_extension_proposal.state", &row.state))?,
        note: row.note,
        proposed_by: row.proposed_by_name,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by_name,
        decided_at: row.decided_at,
        reason: row.reason,
        version: row.version,
    })
}

/// Whose inbox is told, and what.
fn news(
    row: &ExtensionProposalRow,
    reason: Option<&str>,
) -> Result<(OrganisationId, ExtensionNews), StorageError> {
    let extension: Extension = serde_json::from_str(&row.body)
        .map_err(|error| corrupt("item_extension_proposal.body", &error))?;
    let news = ExtensionNews {
        proposal: row.id,
        item: extension.key,
        title_en: extension.title.get(sla::Locale::En).to_owned(),
        title_ja: extension.title.get(sla::Locale::Ja).to_owned(),
        reason: reason.map(str::to_owned),
    };
    Ok((row.organisation_id, news))
}
