//! Admissions of providers: they apply, a broker looks at them by a list of checks, admits or refuses them, and can
//! suspend who is admitted. Until then nothing of a provider comes on the market (docs/adr/0022).

mod apply;
mod checks;
mod decide;
mod gate;
mod read;

pub use apply::{Application, LINKS_MAX, STATEMENT_MAX};
pub use checks::{CheckForm, CheckView};
pub use decide::Answer;
pub(crate) use gate::enter;

use domain::{AdmissionEvent, AdmissionState, CheckAnswer, OrganisationId, ProviderId, Timestamp};
use serde::{Deserialize, Serialize};

/// A provider in the desk's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionCard {
    /// The provider.
    pub provider: ProviderId,
    /// Its short name.
    pub slug: String,
    /// English name.
    pub name_en: String,
    /// Japanese name.
    pub name_ja: String,
    /// Where it stands.
    pub state: AdmissionState,
    /// When it came there.
    pub changed_at: Timestamp,
    /// Since when it is admitted, also while it is suspended.
    pub admitted_at: Option<Timestamp>,
}

/// One check with what was found out about a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// The check.
    pub check: CheckView,
    /// What was found out.
    pub answer: CheckAnswer,
    /// Evidence, or why it cannot be asked.
    pub note: String,
    /// Who found it out, by name; `None`: nobody, or the market itself.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// One passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionLine {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub event: AdmissionEvent,
    /// The state after it.
    pub to: AdmissionState,
    /// Who, by name; empty: the market itself.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The admission of one provider, for itself and for the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionView {
    /// As in lists.
    pub card: AdmissionCard,
    /// The account behind the provider.
    pub organisation: Option<OrganisationId>,
    /// Grows with every change; whoever decides says which one was read.
    pub revision: i64,
    /// What the provider says of itself.
    pub statement: String,
    /// Addresses of evidence.
    pub links: Vec<String>,
    /// When it was sent in last.
    pub applied_at: Option<Timestamp>,
    /// The checks that are asked, in their order.
    pub checks: Vec<CheckLine>,
    /// Every passage, the latest first.
    pub history: Vec<AdmissionLine>,
    /// Whether the reader is of the provider's house or sent it in: somebody else has to decide.
    pub own: bool,
}

impl AdmissionView {
    /// The checks that keep the provider from being admitted.
    pub fn missing(&self) -> impl Iterator<Item = &CheckLine> {
        self.checks.iter().filter(|line| line.answer.is_missing(line.check.required))
    }
}

/// What a notice says of an admission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionNews {
    /// The provider's short name.
    pub slug: String,
    /// Its English name.
    pub provider_en: String,
    /// Its Japanese name.
    pub provider_ja: String,
    /// Where it stands now.
    pub state: AdmissionState,
    /// Why, in the words of whoever decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
