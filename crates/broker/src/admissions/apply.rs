//! The provider's side: what it says of itself, and sending it in.

use super::read::admission;
use super::{AdmissionView, decide::stale};
use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, AdmissionEvent};
use storage::{admissions, lock};

/// Longest statement.
pub const STATEMENT_MAX: usize = 4_000;
/// Addresses of evidence.
pub const LINKS_MAX: usize = 10;
/// Longest address.
const LINK_MAX: usize = 500;

/// What a provider says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application {
    /// Who it is, where data are kept, whom to ask.
    pub statement: String,
    /// Addresses of evidence.
    pub links: Vec<String>,
    /// Whether it is sent in; otherwise it is only kept.
    pub send: bool,
}

impl Broker {
    /// Keeps what the provider says of itself and, if it is sent in, applies for admission. Sending in what waits
    /// already changes nothing but the words.
    ///
    /// # Errors
    /// `/statement`, `/links/N`; `Conflict` `admission_changed`; an invalid step for who is admitted or suspended.
    pub async fn apply_for_admission(
        &self,
        ctx: &OpContext,
        application: &Application,
        read: i64,
    ) -> Result<AdmissionView, BrokerError> {
        let mut tx = self.begin().await?;
        let own = self.own_provider(ctx, &mut tx).await?;
        ctx.may(Action::ApplyForAdmission, own.organisation_id, "admission")?;
        let (statement, links) = sound(application)?;
        lock::provider(&mut tx, own.id).await?;
        admissions::ensure(&mut tx, own.id, self.now()).await?;
        let row = admissions::find(&mut tx, own.id).await?;
        let mut row = row.ok_or(BrokerError::NotFound { what: "provider" })?;
        if row.statement != statement || row.links != links {
            if row.revision != read {
                return Err(BrokerError::newer("admission_changed", row.revision, read));
            }
            let at = (own.id, row.revision);
            admissions::write(&mut tx, at, (&statement, &links)).await.map_err(stale)?;
            row.revision += 1;
            record(self, ctx, &mut tx, Entry::new("admission.written", own.id)).await?;
        }
        if application.send && !row.state.waits() {
            self.pass(ctx, &mut tx, &row, (AdmissionEvent::Apply, "", None)).await?;
        }
        tx.commit().await?;
        admission(ctx, &mut self.begin_read().await?, own.id).await
    }
}

/// Statement and links as they are stored.
fn sound(application: &Application) -> Result<(String, String), BrokerError> {
    let statement = application.statement.trim().to_owned();
    let least = usize::from(application.send);
    let say = ("reason", "say who the provider is, where data are kept and whom to ask");
    let mut faults: Vec<FieldFault> =
        text_fault("/statement", &statement, least..=STATEMENT_MAX, say).into_iter().collect();
    let links = application.links.iter().map(|link| link.trim()).filter(|link| !link.is_empty());
    let links: Vec<&str> = links.collect();
    if links.len() > LINKS_MAX {
        let (found, allowed) = (links.len().to_string(), format!("at most {LINKS_MAX}"));
        let message = "there are too many addresses";
        faults.push(FieldFault::new("/links", "too_many", &found, &allowed, message));
    }
    for (place, link) in links.iter().enumerate() {
        let readable = link.starts_with("https://")
            && link.chars().count() <= LINK_MAX
            && !link.chars().any(|c| c.is_whitespace() || c.is_control());
        if !readable {
            let pointer = format!("/links/{place}");
            let (allowed, message) = ("an address that begins with https://", "this is no address");
            faults.push(FieldFault::new(&pointer, "address", link, allowed, message));
        }
    }
    if !faults.is_empty() {
        return Err(BrokerError::Invalid(faults));
    }
    let links = serde_json::to_string(&links)
        .map_err(|error| BrokerError::Internal(format!("links: {error}")))?;
    Ok((statement, links))
}
