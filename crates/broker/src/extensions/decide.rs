//! Deciding about an item that somebody else proposes.

use super::propose::{NOTE_MAX, readable};
use super::{ExtensionProposalView, news};
use crate::audit::{Entry, record};
use crate::categories::ProposalState;
use crate::names::text_fault;
use crate::notices::NoticeKind;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ProposalId, is_second_pair_of_eyes};
use storage::Tx;
use storage::categories::Decided;
use storage::extensions::{self, ExtensionProposalRow};

impl Broker {
    /// Accepts somebody else's proposal: from now on it holds. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `own_proposal`, `wrong_state`, `item_changed`.
    pub async fn accept_extension(
        &self,
        ctx: &OpContext,
        id: ProposalId,
    ) -> Result<ExtensionProposalView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = decidable(ctx, &mut tx, id, ProposalState::Accepted).await?;
        if row.state == ProposalState::Waiting.as_str() {
            let decision = (ProposalState::Accepted, None, Some(row.made_of + 1));
            self.decide_extension(ctx, &mut tx, &row, decision).await?;
            self.enter_extension(&mut tx, &row).await?;
            tx.commit().await?;
            self.refresh_extensions().await?;
        }
        self.extension_proposal(ctx, id).await
    }

    /// Writes the next version, or the first one.
    async fn enter_extension(
        &self,
        tx: &mut Tx,
        row: &ExtensionProposalRow,
    ) -> Result<(), BrokerError> {
        let now = self.now();
        if row.made_of == 0 {
            return Ok(extensions::insert(tx, &row.item_key, &row.body, now).await?);
        }
        let stands = extensions::find(tx, &row.item_key).await?;
        let stands = stands.ok_or(BrokerError::NotFound { what: "item" })?;
        if stands.version != row.made_of {
            return Err(BrokerError::newer("item_changed", stands.version, row.made_of));
        }
        let state = match row.kind.as_str() {
            "retire" => "retired",
            "restore" => "active",
            _ => stands.state.as_str(),
        };
        let which = (row.item_key.as_str(), stands.version);
        Ok(extensions::update(tx, which, (state, &row.body), now).await?)
    }

    /// Refuses somebody else's proposal with a reason, which its organisation reads. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/reason`; `Conflict` `own_proposal`, `wrong_state`.
    pub async fn refuse_extension(
        &self,
        ctx: &OpContext,
        id: ProposalId,
        reason: &str,
    ) -> Result<ExtensionProposalView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = decidable(ctx, &mut tx, id, ProposalState::Refused).await?;
        let reason = reason.trim();
        if let Some(fault) =
            text_fault("/reason", reason, 1..=NOTE_MAX, ("reason", "say why it is refused"))
        {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        if row.state == ProposalState::Waiting.as_str() {
            let decision = (ProposalState::Refused, Some(reason), None);
            self.decide_extension(ctx, &mut tx, &row, decision).await?;
            tx.commit().await?;
        }
        self.extension_proposal(ctx, id).await
    }

    /// Takes one's own proposal back. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `foreign_proposal`, `wrong_state`.
    pub async fn take_back_extension(
        &self,
        ctx: &OpContext,
        id: ProposalId,
    ) -> Result<ExtensionProposalView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = in_state(readable(ctx, &mut tx, id).await?, ProposalState::TakenBack)?;
        if ctx.actor.audit_name() != row.proposed_by {
            let detail = "somebody else made this proposal".to_owned();
            return Err(BrokerError::Conflict { code: "foreign_proposal", detail });
        }
        if row.state == ProposalState::Waiting.as_str() {
            let decision = (ProposalState::TakenBack, None, None);
            self.decide_extension(ctx, &mut tx, &row, decision).await?;
            tx.commit().await?;
        }
        self.extension_proposal(ctx, id).await
    }

    async fn decide_extension(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        row: &ExtensionProposalRow,
        (state, reason, version): (ProposalState, Option<&str>, Option<i64>),
    ) -> Result<(), BrokerError> {
        let by = ctx.actor.audit_name();
        let by_name = ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default();
        let decided = Decided {
            state: state.as_str(),
            by: &by,
            by_name: &by_name,
            at: self.now(),
            reason,
            version,
        };
        if !extensions::decide(tx, row.id, decided).await? {
            let detail = "somebody decided at the same time; read it again".to_owned();
            return Err(BrokerError::Conflict { code: "wrong_state", detail });
        }
        let (action, kind) = match state {
            ProposalState::Accepted => ("item.changed", Some(NoticeKind::ItemAccepted)),
            ProposalState::Refused => ("item.refused", Some(NoticeKind::ItemRefused)),
            ProposalState::TakenBack | ProposalState::Waiting => ("item.taken_back", None),
        };
        if let Some(kind) = kind {
            let (organisation, news) = news(row, reason)?;
            self.tell_organisation(tx, kind, organisation, &news).await?;
        }
        let entry = Entry::new(action, &row.item_key)
            .with("proposal", row.id.to_string())
            .with("kind", row.kind.as_str())
            .with("version", version);
        record(self, ctx, tx, entry).await
    }
}

fn in_state(
    row: ExtensionProposalRow,
    or: ProposalState,
) -> Result<ExtensionProposalRow, BrokerError> {
    if row.state == ProposalState::Waiting.as_str() || row.state == or.as_str() {
        return Ok(row);
    }
    let detail = format!("the proposal is {}", row.state);
    Err(BrokerError::Conflict { code: "wrong_state", detail })
}

/// A proposal that the actor may decide about: somebody else's, that waits or was decided likewise.
async fn decidable(
    ctx: &OpContext,
    tx: &mut Tx,
    id: ProposalId,
    to: ProposalState,
) -> Result<ExtensionProposalRow, BrokerError> {
    ctx.may(Action::KeepItems, None, "proposal")?;
    let row = in_state(readable(ctx, tx, id).await?, to)?;
    if !is_second_pair_of_eyes(&ctx.actor, &row.proposed_by, None) {
        let detail = "whoever proposes does not decide".to_owned();
        return Err(BrokerError::Conflict { code: "own_proposal", detail });
    }
    Ok(row)
}
