//! The invited side: reading, accepting and declining invitations, and leaving.

use super::Invitation;
use super::manage::{code_hash, invited_already};
use crate::audit::{Entry, record};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, InvitationAnswer, InvitationId, InvitationState, OrganisationId};
use storage::{Tx, audiences};

/// The longest text that can be a code.
const CODE_MAX: usize = 200;

impl Broker {
    /// The invitations of the actor's organisation, the newest first. Those that its providers took back, and those
    /// whose time passed, are in it.
    pub async fn my_invitations(&self, ctx: &OpContext) -> Result<Vec<Invitation>, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::AnswerInvitation, organisation, "invitation")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let mut tx = self.begin_read().await?;
        let rows = audiences::list_of_organisation(&mut tx, organisation).await?;
        Ok(rows.into_iter().map(|row| self.seen_by_invited(row)).collect())
    }

    /// Accepts an invitation: from then on the organisation knows of the offers. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `invitation_expired`, `wrong_state`.
    pub async fn accept_invitation(
        &self,
        ctx: &OpContext,
        id: InvitationId,
    ) -> Result<Invitation, BrokerError> {
        self.answer(ctx, id, InvitationAnswer::Accept).await
    }

    /// Declines an invitation, or leaves: the organisation knows of the offers no more. Its contracts go on. Repeating
    /// it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `wrong_state`: it was taken back.
    pub async fn decline_invitation(
        &self,
        ctx: &OpContext,
        id: InvitationId,
    ) -> Result<Invitation, BrokerError> {
        self.answer(ctx, id, InvitationAnswer::Decline).await
    }

    /// Accepts the invitation that a code stands for. Repeating it changes nothing; for another organisation the code
    /// of an accepted invitation is none.
    ///
    /// # Errors
    /// `/code`: there is no such code, or none any more; `Conflict` `invitation_expired`, `invited_already`.
    pub async fn accept_code(
        &self,
        ctx: &OpContext,
        code: &str,
    ) -> Result<Invitation, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::AnswerInvitation, organisation, "invitation")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let unknown = || {
            let (allowed, message) = ("a code that is still good", "this code is not good");
            BrokerError::field("/code", "code", "", allowed, message)
        };
        if code.len() > CODE_MAX {
            return Err(unknown());
        }
        let mut tx = self.begin().await?;
        let found = audiences::find_by_code(&mut tx, code_hash(code)).await?;
        let found = found.ok_or_else(unknown)?;
        let ended = !matches!(found.state, InvitationState::Open | InvitationState::Accepted);
        if ended || found.organisation_id.is_some_and(|whose| whose != organisation) {
            return Err(unknown());
        }
        if found.provider_organisation == Some(organisation) {
            let detail = "your own organisation knows of its offers already".to_owned();
            return Err(BrokerError::Conflict { code: "own_audience", detail });
        }
        if found.state == InvitationState::Open {
            let whose = (found.audience_id, organisation);
            audiences::end_lapsed(&mut tx, whose, self.now()).await?;
        }
        let found = audiences::Invitation { organisation_id: Some(organisation), ..found };
        let row = self.step(ctx, &mut tx, found, InvitationAnswer::Accept).await?;
        tx.commit().await?;
        self.sync_market().await?;
        Ok(self.seen_by_invited(row))
    }

    async fn answer(
        &self,
        ctx: &OpContext,
        id: InvitationId,
        answer: InvitationAnswer,
    ) -> Result<Invitation, BrokerError> {
        let mut tx = self.begin().await?;
        let found = audiences::find_invitation(&mut tx, id).await?;
        let owner = found.as_ref().and_then(|row| row.organisation_id);
        ctx.may(Action::AnswerInvitation, owner, "invitation")?;
        let found = found.ok_or(BrokerError::NotFound { what: "invitation" })?;
        let row = self.step(ctx, &mut tx, found, answer).await?;
        tx.commit().await?;
        self.sync_market().await?;
        Ok(self.seen_by_invited(row))
    }

    /// Takes an invitation one step on. The offers of the audience count as changed where another organisation may
    /// know of them from now on, or may not.
    pub(super) async fn step(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        found: audiences::Invitation,
        answer: InvitationAnswer,
    ) -> Result<audiences::Invitation, BrokerError> {
        let (from, now) = (found.state, self.now());
        let done = match answer {
            InvitationAnswer::Accept => from == InvitationState::Accepted,
            InvitationAnswer::Decline => {
                matches!(from, InvitationState::Declined | InvitationState::Left)
            }
            InvitationAnswer::TakeBack => from == InvitationState::TakenBack,
        };
        if done {
            return Ok(found);
        }
        let Some(to) = from.after(answer) else {
            let detail = format!("the invitation is {from} and cannot be answered any more");
            return Err(BrokerError::Conflict { code: "wrong_state", detail });
        };
        if answer == InvitationAnswer::Accept && found.expires_at <= now {
            let detail = "the time of this invitation is over: ask for another".to_owned();
            return Err(BrokerError::Conflict { code: "invitation_expired", detail });
        }
        let organisation = found.organisation_id;
        audiences::answer(tx, found.id, (from, to), organisation, now).await.map_err(|error| {
            if audiences::is_invited(&error) { invited_already() } else { error.into() }
        })?;
        if from == InvitationState::Accepted || to == InvitationState::Accepted {
            audiences::touch(tx, found.audience_id, now).await?;
        }
        let entry = Entry::new(word(to), found.id)
            .with("audience", found.audience_id.to_string())
            .with("organisation", organisation.map(|id: OrganisationId| id.to_string()));
        record(self, ctx, tx, entry).await?;
        let row = audiences::find_invitation(tx, found.id).await?;
        row.ok_or(BrokerError::NotFound { what: "invitation" })
    }

    /// The provider's note is its own.
    fn seen_by_invited(&self, row: audiences::Invitation) -> Invitation {
        Invitation { note: String::new(), ..Invitation::of(row, self.now()) }
    }
}

const fn word(to: InvitationState) -> &'static str {
    match to {
        InvitationState::Open => "invitation.made",
        InvitationState::Accepted => "invitation.accepted",
        InvitationState::Declined => "invitation.declined",
        InvitationState::Left => "invitation.left",
        InvitationState::TakenBack => "invitation.taken_back",
    }
}
