//! What an organisation hears of its invitations in its inbox.

use crate::notices::NoticeKind;
use crate::{Broker, BrokerError};
use domain::{InvitationId, NoticeId};
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::audiences::Invitation;
use storage::notices::{self, NewAlone};

/// What a notice says of an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvitationNews {
    /// The invitation.
    pub invitation: InvitationId,
    /// The audience, as its provider calls it.
    pub audience: String,
    /// The provider's short name.
    pub slug: String,
    /// The provider's English name.
    pub provider_en: String,
    /// The provider's Japanese name.
    pub provider_ja: String,
}

impl Broker {
    /// One notice for the organisation that is invited; nothing where nobody is named.
    pub(super) async fn tell_invited(
        &self,
        tx: &mut Tx,
        row: &Invitation,
        kind: NoticeKind,
    ) -> Result<(), BrokerError> {
        let Some(organisation_id) = row.organisation_id else { return Ok(()) };
        let news = InvitationNews {
            invitation: row.id,
            audience: row.audience_name.clone(),
            slug: row.provider_slug.clone(),
            provider_en: row.provider_name_en.clone(),
            provider_ja: row.provider_name_ja.clone(),
        };
        let payload = serde_json::to_string(&news)
            .map_err(|error| BrokerError::Internal(format!("a notice: {error}")))?;
        let news = NewAlone {
            id: NoticeId::new(self.ids()),
            organisation_id,
            kind: kind.as_str(),
            payload,
            created_at: self.now(),
        };
        Ok(notices::insert_all_alone(tx, &[news]).await?)
    }
}
