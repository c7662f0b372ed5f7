//! The provider's side: audiences, who is invited, and which offers are shown to them alone.

use super::{AudienceCard, AudienceOffer, AudienceView, DAYS_MAX, DAYS_USUAL, Invitation};
use crate::audit::{Entry, record};
use crate::names::{name_fault, text_fault};
use crate::notices::NoticeKind;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{
    Action, AudienceId, AudienceKind, InvitationAnswer, InvitationId, OfferId, OrganisationId,
};
use sha2::{Digest, Sha256};
use storage::audiences::{self, NewInvitation};
use storage::{Tx, accounts, lock, offers};

/// Longest note of an invitation in characters.
pub const NOTE_MAX: usize = 200;
/// Audiences of one provider.
const AUDIENCES_MAX: usize = 200;
/// Organisations in an audience or invited to it; an organisation alone is one.
const COMMUNITY_MAX: i64 = 500;
/// Starts every code, so that scanners recognise a leaked one.
const CODE_PREFIX: &str = "kmc_";
/// Microseconds of a day.
const DAY_US: i64 = 86_400 * 1_000_000;

/// Whom to invite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invite {
    /// An organisation by its id or its exact name; empty: whoever brings the code first.
    pub organisation: String,
    /// The provider's own note.
    pub note: String,
    /// Days in which it can be accepted; `None`: 14.
    pub days: Option<i64>,
}

pub(super) fn code_hash(code: &str) -> [u8; 32] {
    Sha256::digest(code.trim().as_bytes()).into()
}

impl Broker {
    /// Makes an audience without anybody in it.
    ///
    /// # Errors
    /// `/name`; `Conflict` `too_many_audiences`.
    pub async fn make_audience(
        &self,
        ctx: &OpContext,
        kind: AudienceKind,
        name: &str,
    ) -> Result<AudienceCard, BrokerError> {
        ctx.may(Action::ManageAudience, ctx.actor.organisation(), "audience")?;
        if let Some(fault) = name_fault("/name", name, "give the audience a name") {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        let mut tx = self.begin().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        lock::provider(&mut tx, provider.id).await?;
        if audiences::list_by_provider(&mut tx, provider.id).await?.len() >= AUDIENCES_MAX {
            let detail = format!("a provider has at most {AUDIENCES_MAX} audiences");
            return Err(BrokerError::Conflict { code: "too_many_audiences", detail });
        }
        let id = AudienceId::new(self.ids());
        let named = (kind, name.trim());
        audiences::insert(&mut tx, id, provider.id, named, self.now()).await?;
        let entry = Entry::new("audience.made", id).with("kind", kind.as_str());
        record(self, ctx, &mut tx, entry).await?;
        let row = audiences::find(&mut tx, id).await?;
        tx.commit().await?;
        row.map(AudienceCard::from).ok_or(BrokerError::NotFound { what: "audience" })
    }

    /// The audiences of the actor's provider, the newest first.
    pub async fn my_audiences(&self, ctx: &OpContext) -> Result<Vec<AudienceCard>, BrokerError> {
        ctx.may(Action::ManageAudience, ctx.actor.organisation(), "audience")?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        let rows = audiences::list_by_provider(&mut tx, provider.id).await?;
        Ok(rows.into_iter().map(AudienceCard::from).collect())
    }

    /// One audience with its invitations and offers.
    pub async fn audience(
        &self,
        ctx: &OpContext,
        id: AudienceId,
    ) -> Result<AudienceView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = own(ctx, &mut tx, id).await?;
        let now = self.now();
        let invitations = audiences::list_of_audience(&mut tx, id).await?;
        let offers = audiences::list_offers(&mut tx, id).await?;
        let offer = |row: audiences::AudienceOffer| AudienceOffer {
            id: row.id,
            title_en: row.title_en,
            title_ja: row.title_ja,
            on_market: row.on_market,
        };
        Ok(AudienceView {
            card: row.into(),
            invitations: invitations.into_iter().map(|row| Invitation::of(row, now)).collect(),
            offers: offers.into_iter().map(offer).collect(),
        })
    }

    /// Invites an organisation, or makes a code for one; the code is shown this once.
    ///
    /// # Errors
    /// `/organisation`, `/note`, `/days`; `Conflict` `audience_full`, `invited_already`.
    pub async fn invite(
        &self,
        ctx: &OpContext,
        audience: AudienceId,
        wish: &Invite,
    ) -> Result<(Invitation, Option<String>), BrokerError> {
        let mut tx = self.begin().await?;
        let into = own(ctx, &mut tx, audience).await?;
        let by = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?.user.to_string();
        lock::provider(&mut tx, into.provider_id).await?;
        let invited = invited(&mut tx, &wish.organisation).await?;
        let mut faults = faults(wish);
        match invited {
            Invited::Unknown => faults.push(FieldFault::new(
                "/organisation",
                "organisation",
                &wish.organisation,
                "the id or the exact name of an organisation",
                "there is no such organisation, or there are several",
            )),
            Invited::One(id) if Some(id) == into.organisation_id => faults.push(FieldFault::new(
                "/organisation",
                "own_organisation",
                &wish.organisation,
                "another organisation",
                "your own organisation knows of its offers already",
            )),
            Invited::One(_) | Invited::Whoever => {}
        }
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let now = self.now();
        let most = if into.kind == AudienceKind::Private { 1 } else { COMMUNITY_MAX };
        if audiences::count_held(&mut tx, audience, now).await? >= most {
            let detail =
                format!("this audience holds at most {most}: take an invitation back first");
            return Err(BrokerError::Conflict { code: "audience_full", detail });
        }
        if let Invited::One(organisation) = invited {
            audiences::end_lapsed(&mut tx, (audience, organisation), now).await?;
        }
        let code = matches!(invited, Invited::Whoever).then(|| self.new_code());
        let new = NewInvitation {
            id: InvitationId::new(self.ids()),
            audience_id: audience,
            note: wish.note.trim().to_owned(),
            organisation_id: if let Invited::One(id) = invited { Some(id) } else { None },
            code_hash: code.as_deref().map(code_hash),
            invited_by: by,
            created_at: now,
            expires_at: now.plus_us(wish.days.unwrap_or(DAYS_USUAL) * DAY_US),
        };
        audiences::insert_invitation(&mut tx, &new).await.map_err(|error| {
            if audiences::is_invited(&error) { invited_already() } else { error.into() }
        })?;
        let entry = Entry::new("invitation.made", new.id)
            .with("audience", audience.to_string())
            .with("organisation", new.organisation_id.map(|id| id.to_string()));
        record(self, ctx, &mut tx, entry).await?;
        let row = audiences::find_invitation(&mut tx, new.id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "invitation" })?;
        self.tell_invited(&mut tx, &row, NoticeKind::Invited).await?;
        tx.commit().await?;
        Ok((Invitation::of(row, now), code))
    }

    fn new_code(&self) -> String {
        format!("{CODE_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.ids().next_secret()))
    }

    /// Takes an invitation back, accepted or not: the organisation may not know of the offers any more. Its contracts
    /// go on. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `wrong_state`: it was declined, or the organisation left.
    pub async fn take_back_invitation(
        &self,
        ctx: &OpContext,
        id: InvitationId,
    ) -> Result<Invitation, BrokerError> {
        let mut tx = self.begin().await?;
        let found = audiences::find_invitation(&mut tx, id).await?;
        let owner = found.as_ref().and_then(|row| row.provider_organisation);
        ctx.may(Action::ManageAudience, owner, "invitation")?;
        let found = found.ok_or(BrokerError::NotFound { what: "invitation" })?;
        let before = found.state;
        let row = self.step(ctx, &mut tx, found, InvitationAnswer::TakeBack).await?;
        if row.state != before {
            self.tell_invited(&mut tx, &row, NoticeKind::InvitationTakenBack).await?;
        }
        tx.commit().await?;
        self.sync_market().await?;
        Ok(Invitation::of(row, self.now()))
    }

    /// Says who alone may know of an offer, `None`: everybody. On the market it is told of like a publication, or like
    /// a withdrawal. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/audience`: it is none of the provider's; `Conflict` `offer_changed`.
    pub async fn show_offer_to(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        audience: Option<AudienceId>,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let found = offers::find(&mut tx, offer).await?;
        let owner = found.as_ref().and_then(|row| row.provider.organisation_id);
        ctx.may(Action::ManageAudience, owner, "offer")?;
        let found = found.ok_or(BrokerError::NotFound { what: "offer" })?.offer;
        if let Some(id) = audience {
            let known = audiences::find(&mut tx, id).await?;
            if known.is_none_or(|known| known.provider_id != found.provider_id) {
                let (allowed, message) =
                    ("an audience of the offer's provider", "there is no such audience");
                let fault =
                    FieldFault::new("/audience", "audience", &id.to_string(), allowed, message);
                return Err(BrokerError::Invalid(vec![fault]));
            }
        }
        if found.audience_id == audience {
            return Ok(());
        }
        let now = self.now();
        audiences::assign(&mut tx, offer, found.revision, audience, now)
            .await
            .map_err(crate::offers::taken)?;
        let word =
            |id: Option<AudienceId>| id.map_or_else(|| "public".to_owned(), |id| id.to_string());
        let entry = Entry::new("offer.audience_set", offer)
            .with("from", word(found.audience_id))
            .with("to", word(audience));
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.sync_market().await
    }
}

/// Whom a text names.
#[derive(Clone, Copy)]
enum Invited {
    Whoever,
    One(OrganisationId),
    Unknown,
}

async fn invited(tx: &mut Tx, text: &str) -> Result<Invited, BrokerError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Invited::Whoever);
    }
    if text.contains(char::is_control) {
        return Ok(Invited::Unknown);
    }
    let found = match text.parse() {
        Ok(id) => accounts::find_organisation(tx, id).await?.map(|row| row.id),
        Err(_) => accounts::find_organisation_by_name(tx, text).await?,
    };
    Ok(found.map_or(Invited::Unknown, Invited::One))
}

fn faults(wish: &Invite) -> Vec<FieldFault> {
    let note = ("note_too_long", "the note is too long");
    let fault = text_fault("/note", wish.note.trim(), 0..=NOTE_MAX, note);
    let mut faults: Vec<FieldFault> = fault.into_iter().collect();
    if let Some(days) = wish.days.filter(|days| !(1..=DAYS_MAX).contains(days)) {
        let allowed = format!("1 to {DAYS_MAX}");
        let message = "an invitation can be accepted for some days";
        faults.push(FieldFault::new("/days", "days", &days.to_string(), &allowed, message));
    }
    faults
}

pub(super) fn invited_already() -> BrokerError {
    let detail = "the organisation is in this audience or invited to it already".to_owned();
    BrokerError::Conflict { code: "invited_already", detail }
}

/// An audience of the actor's provider.
async fn own(
    ctx: &OpContext,
    tx: &mut Tx,
    id: AudienceId,
) -> Result<audiences::Audience, BrokerError> {
    let found = audiences::find(tx, id).await?;
    let owner = found.as_ref().and_then(|row| row.organisation_id);
    ctx.may(Action::ManageAudience, owner, "audience")?;
    found.ok_or(BrokerError::NotFound { what: "audience" })
}
