//! Proposing an item of the market, or a change of one.

use super::{
    ExtensionPage, ExtensionProposal, ExtensionProposalView, Extensions, corrupt, entry, view,
};
use crate::audit::{Entry, record};
use crate::categories::{ProposalKind, ProposalState};
use crate::documents::{field_fault, read_offer};
use crate::names::text_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ProposalId, Role};
use sla::{Extension, Text};
use storage::Tx;
use storage::extensions::{self, ExtensionProposalRow};

/// Longest note beside a proposal, and longest reason of a refusal.
pub(super) const NOTE_MAX: usize = 1_000;
/// Of a provider so many offers are looked through for a key, the latest first.
const OWN_OFFERS_MAX: u32 = 2_000;

impl Broker {
    /// Proposes a change; it holds when another broker has accepted it. One proposal about an item waits at a time.
    /// A provider proposes items that its own offers name.
    ///
    /// # Errors
    /// Faults with pointers into the item and `/note`; `Conflict` `item_changed`, `proposal_waiting`, `no_change`,
    /// `key_not_used`.
    pub async fn propose_extension(
        &self,
        ctx: &OpContext,
        proposal: &ExtensionProposal,
        note: &str,
    ) -> Result<ExtensionProposalView, BrokerError> {
        self.may_propose_extension(ctx, proposal)?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let note = note.trim();
        let mut tx = self.begin().await?;
        let (kind, extension, made_of) = proposed(&mut tx, proposal, note).await?;
        if viewer.role == Role::Provider && !self.uses_item(ctx, &mut tx, &extension.key).await? {
            let detail = "none of your offers names this item".to_owned();
            return Err(BrokerError::Conflict { code: "key_not_used", detail });
        }
        let row = ExtensionProposalRow {
            id: ProposalId::new(self.ids()),
            item_key: extension.key.clone(),
            kind: kind.as_str().to_owned(),
            body: text(&extension)?,
            made_of,
            state: ProposalState::Waiting.as_str().to_owned(),
            note: note.to_owned(),
            proposed_by: viewer.user.to_string(),
            proposed_by_name: viewer.name.clone(),
            organisation_id: viewer.organisation,
            proposed_at: self.now(),
            decided_by: None,
            decided_by_name: None,
            decided_at: None,
            reason: None,
            version: None,
        };
        extensions::insert_proposal(&mut tx, &row).await.map_err(|error| {
            if !extensions::is_waiting_already(&error) {
                return error.into();
            }
            let detail = "another proposal about this item waits for its decision".to_owned();
            BrokerError::Conflict { code: "proposal_waiting", detail }
        })?;
        let entry = Entry::new("item.proposed", &row.item_key)
            .with("proposal", row.id.to_string())
            .with("kind", row.kind.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        Ok(view(row, &viewer.user.to_string())?)
    }

    /// Whether the actor may propose an item at all.
    pub fn may_propose_items(&self, ctx: &OpContext) -> Result<(), BrokerError> {
        ctx.may(Action::ProposeItem, ctx.actor.organisation(), "item")
    }

    /// Retiring and restoring is the brokers'.
    fn may_propose_extension(
        &self,
        ctx: &OpContext,
        proposal: &ExtensionProposal,
    ) -> Result<(), BrokerError> {
        match proposal {
            ExtensionProposal::Define { .. } => self.may_propose_items(ctx),
            _ => ctx.may(Action::KeepItems, None, "item"),
        }
    }

    /// Whether an offer of the provider names the key in its newest version.
    async fn uses_item(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        key: &str,
    ) -> Result<bool, BrokerError> {
        let provider = self.own_provider(ctx, tx).await?;
        let documents = extensions::documents_of(tx, provider.id, OWN_OFFERS_MAX).await?;
        let names = |text: &str| {
            // Reading all of a text costs more than finding the key in it.
            text.contains(key) && read_offer(text).is_ok_and(|(offer, _)| offer.item(key).is_some())
        };
        Ok(documents.iter().any(|row| names(&row.document)))
    }

    /// Proposals that wait, whoever waits longest first, or those that were decided, the latest first: all of them
    /// for brokers, its own for a provider.
    pub async fn extension_proposals(
        &self,
        ctx: &OpContext,
        waiting: bool,
    ) -> Result<Vec<ExtensionProposalView>, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::ProposeItem, organisation, "proposal")?;
        let mut tx = self.look().await?;
        let rows = match (organisation, ctx.may(Action::KeepItems, None, "proposal")) {
            (Some(own), Err(_)) => {
                let is_waiting = |row: &ExtensionProposalRow| {
                    (row.state == ProposalState::Waiting.as_str()) == waiting
                };
                let rows = extensions::list_own(&mut tx, own).await?;
                rows.into_iter().filter(is_waiting).collect()
            }
            _ => extensions::list_proposals(&mut tx, waiting).await?,
        };
        shown(ctx, rows)
    }

    /// One proposal: of one's own organisation, or any for a broker.
    pub async fn extension_proposal(
        &self,
        ctx: &OpContext,
        id: ProposalId,
    ) -> Result<ExtensionProposalView, BrokerError> {
        let mut tx = self.look().await?;
        let row = readable(ctx, &mut tx, id).await?;
        Ok(view(row, &ctx.actor.audit_name())?)
    }

    /// An item with its history, as the desk sees it.
    pub async fn extension_page(
        &self,
        ctx: &OpContext,
        key: &str,
    ) -> Result<ExtensionPage, BrokerError> {
        ctx.may(Action::KeepItems, None, "item")?;
        let mut tx = self.begin_read().await?;
        let row = extensions::find(&mut tx, key).await?;
        let proposals = shown(ctx, extensions::list_of(&mut tx, key).await?)?;
        if row.is_none() && proposals.is_empty() {
            return Err(BrokerError::NotFound { what: "item" });
        }
        Ok(ExtensionPage { entry: row.as_ref().map(entry).transpose()?, proposals })
    }

    /// Every fault of an item that somebody is about to propose, without proposing it: for a preview.
    #[must_use]
    pub fn extension_faults(&self, extension: &Extension) -> Vec<FieldFault> {
        let extension = trimmed(extension);
        let known = self.known_extensions();
        let before = known.get(&extension.key).map(|entry| &entry.extension);
        faults(&extension, before)
    }
}

/// A proposal that the actor may read; others' proposals are not said to be there.
pub(super) async fn readable(
    ctx: &OpContext,
    tx: &mut Tx,
    id: ProposalId,
) -> Result<ExtensionProposalRow, BrokerError> {
    ctx.may(Action::ProposeItem, ctx.actor.organisation(), "proposal")?;
    let row = extensions::find_proposal(tx, id).await?;
    let row = row.ok_or(BrokerError::NotFound { what: "proposal" })?;
    ctx.may(Action::ProposeItem, Some(row.organisation_id), "proposal")?;
    Ok(row)
}

/// What is proposed, checked against what stands.
async fn proposed(
    tx: &mut Tx,
    proposal: &ExtensionProposal,
    note: &str,
) -> Result<(ProposalKind, Extension, i64), BrokerError> {
    let rows = extensions::list(tx).await?;
    let too_many = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= extensions::EXTENSIONS_MAX;
    let known = Extensions::of(&rows)?;
    let mut found: Vec<FieldFault> =
        text_fault("/note", note, 0..=NOTE_MAX, ("note", "the note is too long"))
            .into_iter()
            .collect();
    let (key, retires) = match proposal {
        ExtensionProposal::Define { extension, made_of } => {
            let extension = trimmed(extension);
            let stands = known.get(&extension.key);
            found.extend(faults(&extension, stands.map(|stands| &stands.extension)));
            if stands.is_none() && too_many {
                let message = "the market has as many items as it can keep";
                let allowed = extensions::EXTENSIONS_MAX.to_string();
                found.push(FieldFault::new("/key", "too_many", &extension.key, &allowed, message));
            }
            if !found.is_empty() {
                return Err(BrokerError::Invalid(found));
            }
            let version = stands.map_or(0, |stands| stands.version);
            if version != *made_of {
                return Err(BrokerError::newer("item_changed", version, *made_of));
            }
            if stands.is_some_and(|stands| stands.extension == extension) {
                return Err(no_change());
            }
            return Ok((ProposalKind::Define, extension, version));
        }
        ExtensionProposal::Retire(key) => (key, true),
        ExtensionProposal::Restore(key) => (key, false),
    };
    if !found.is_empty() {
        return Err(BrokerError::Invalid(found));
    }
    let stands = known.get(key).ok_or(BrokerError::NotFound { what: "item" })?;
    if stands.retired == retires {
        return Err(no_change());
    }
    let kind = if retires { ProposalKind::Retire } else { ProposalKind::Restore };
    Ok((kind, stands.extension.clone(), stands.version))
}

fn no_change() -> BrokerError {
    let detail = "the item is like this already".to_owned();
    BrokerError::Conflict { code: "no_change", detail }
}

fn faults(extension: &Extension, before: Option<&Extension>) -> Vec<FieldFault> {
    let against = before.map(|before| extension.faults_against(before)).unwrap_or_default();
    extension.faults().iter().chain(&against).map(field_fault).collect()
}

pub(super) fn text(extension: &Extension) -> Result<String, BrokerError> {
    let text = serde_json::to_string(extension);
    text.map_err(|error| corrupt("item_extension", &error).into())
}

pub(super) fn shown(
    ctx: &OpContext,
    rows: Vec<ExtensionProposalRow>,
) -> Result<Vec<ExtensionProposalView>, BrokerError> {
    let reader = ctx.actor.audit_name();
    Ok(rows.into_iter().map(|row| view(row, &reader)).collect::<Result<_, _>>()?)
}

/// Without blanks around texts, and without empty ones.
fn trimmed(extension: &Extension) -> Extension {
    let text = |text: &Text| {
        let kept =
            text.0.iter().map(|(language, words)| (language.clone(), words.trim().to_owned()));
        Text(kept.filter(|(_, words)| !words.is_empty()).collect())
    };
    let mut trimmed = extension.clone();
    trimmed.key = extension.key.trim().to_owned();
    (trimmed.title, trimmed.help) = (text(&extension.title), text(&extension.help));
    match &mut trimmed.kind {
        sla::ExtensionKind::Level { words } | sla::ExtensionKind::Set { words } => {
            for word in words {
                word.key = word.key.trim().to_owned();
                word.title = text(&word.title);
            }
        }
        _ => {}
    }
    trimmed
}
