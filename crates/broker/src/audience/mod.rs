//! Who may know of an offer that is not public (S1): audiences, and the invitations into them.
//!
//! A provider makes an audience, for one organisation or for a community, invites into it by name or by a code,
//! and shows offers to it alone (`manage`). An organisation accepts, declines and leaves (`answer`). What a reader of
//! the market sees of it is decided in one place, the shelf: see [`crate::OpContext::sight`]. What does not come
//! from the shelf asks the database, by `may_know`.

mod answer;
mod manage;
mod tell;

use crate::{Broker, BrokerError, OpContext};
use domain::{
    AudienceId, AudienceKind, InvitationId, InvitationState, OfferId, OrganisationId, Sight,
    Timestamp,
};
use storage::{Tx, audiences};

pub use manage::{Invite, NOTE_MAX};
pub use tell::InvitationNews;

/// Days in which an invitation can be accepted, where nothing else is said.
pub const DAYS_USUAL: i64 = 14;
/// The same at most.
pub const DAYS_MAX: i64 = 90;

/// An audience, as its provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceCard {
    /// Its id.
    pub id: AudienceId,
    /// For one organisation or for several.
    pub kind: AudienceKind,
    /// As its provider calls it; whoever is invited reads it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Organisations that accepted.
    pub members: u64,
    /// Offers that are shown to them alone.
    pub offers: u64,
}

impl From<audiences::Audience> for AudienceCard {
    fn from(row: audiences::Audience) -> Self {
        let whole = |count: i64| u64::try_from(count).unwrap_or(0);
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            created_at: row.created_at,
            members: whole(row.members),
            offers: whole(row.offers),
        }
    }
}

/// An audience with everything in it.
#[derive(Debug, Clone)]
pub struct AudienceView {
    /// The audience.
    pub card: AudienceCard,
    /// Its invitations, the newest first.
    pub invitations: Vec<Invitation>,
    /// The offers that are shown to it alone, the newest first.
    pub offers: Vec<AudienceOffer>,
}

/// An offer of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceOffer {
    /// Its id.
    pub id: OfferId,
    /// English title of the newest version.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// Whether those who may know of it find it.
    pub on_market: bool,
}

/// An invitation, as either side sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which audience.
    pub audience: AudienceId,
    /// For one organisation or for several.
    pub kind: AudienceKind,
    /// As the provider calls it.
    pub audience_name: String,
    /// The provider's short name for addresses.
    pub provider_slug: String,
    /// The provider's English name.
    pub provider_name_en: String,
    /// The provider's Japanese name.
    pub provider_name_ja: String,
    /// The provider's own note; empty for everybody else.
    pub note: String,
    /// Who is invited; `None`: whoever brings the code first.
    pub organisation: Option<(OrganisationId, String)>,
    /// Whether it came by a code.
    pub by_code: bool,
    /// Where it stands.
    pub state: InvitationState,
    /// Whether its time is over without an answer.
    pub expired: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

impl Invitation {
    fn of(row: audiences::Invitation, now: Timestamp) -> Self {
        Self {
            id: row.id,
            audience: row.audience_id,
            kind: row.kind,
            audience_name: row.audience_name,
            provider_slug: row.provider_slug,
            provider_name_en: row.provider_name_en,
            provider_name_ja: row.provider_name_ja,
            note: row.note,
            organisation: row.organisation_id.zip(row.organisation_name),
            by_code: row.by_code,
            state: row.state,
            expired: row.state == InvitationState::Open && row.expires_at <= now,
            created_at: row.created_at,
            expires_at: row.expires_at,
            answered_at: row.answered_at,
        }
    }
}

impl Broker {
    /// Lets pass who may know of an offer; for all others it does not exist. For what is not read of the shelf.
    pub(crate) async fn may_know(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        offer: OfferId,
    ) -> Result<(), BrokerError> {
        let sight = ctx.sight();
        if sight == Sight::Everything
            || audiences::may_know(tx, offer, sight.organisation()).await?
        {
            return Ok(());
        }
        Err(BrokerError::NotFound { what: "offer" })
    }
}
