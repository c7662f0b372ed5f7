//! What a member typed into the editor and did not save. It is kept for them alone, is no version, and
//! goes when a version is saved or they drop it.

use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, OrganisationId, Timestamp};
use storage::working_copies::{self, CopyOf};
use storage::{StorageError, Tx, offers};
use uuid::Uuid;

/// Most bytes of what is kept, the same as of a form.
const BYTES_MAX: usize = 1024 * 1024;

/// How an offer is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditingWay {
    /// Field by field.
    Form,
    /// As a document.
    Document,
}

impl EditingWay {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Document => "document",
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingCopy {
    /// How it is edited.
    pub way: EditingWay,
    /// The version it was made of; `None`: a new offer.
    pub made_of: Option<i64>,
    /// Names and values as they were typed, in their order.
    pub fields: Vec<(String, String)>,
    /// When.
    pub kept_at: Timestamp,
}

impl WorkingCopy {
    fn of(row: &working_copies::WorkingCopy) -> Result<Self, BrokerError> {
        let fields = serde_json::from_str(&row.fields).map_err(|error| StorageError::Corrupt {
            what: "working_copy.fields",
            detail: error.to_string(),
        })?;
        let way = if row.way == "form" { EditingWay::Form } else { EditingWay::Document };
        Ok(Self { way, made_of: row.made_of, fields, kept_at: row.kept_at })
    }
}

impl Broker {
    /// Keeps what was typed for the member; `None`: for an offer that is not saved yet. It is no version and
    /// has no faults.
    pub async fn keep_working_copy(
        &self,
        ctx: &OpContext,
        offer: Option<OfferId>,
        way: EditingWay,
        made_of: Option<i64>,
        fields: &[(String, String)],
    ) -> Result<Timestamp, BrokerError> {
        let text = serde_json::to_string(fields)
            .map_err(|error| BrokerError::Internal(format!("working copy: {error}")))?;
        if text.len() > BYTES_MAX {
            let allowed = "at most 1 MB";
            return Err(BrokerError::field("", "too_large", "", allowed, "this is too large"));
        }
        let mut tx = self.begin().await?;
        let (of, organisation) = editable(ctx, &mut tx, offer).await?;
        let way = way.as_str().to_owned();
        let kept_at = self.now();
        let copy = working_copies::WorkingCopy { way, made_of, fields: text, kept_at };
        working_copies::put(&mut tx, of, organisation, &copy).await?;
        tx.commit().await?;
        Ok(kept_at)
    }

    /// What the member kept of an offer, the latest first; at most one for each way of editing.
    pub async fn working_copies(
        &self,
        ctx: &OpContext,
        offer: Option<OfferId>,
    ) -> Result<Vec<WorkingCopy>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let (of, organisation) = editable(ctx, &mut tx, offer).await?;
        let rows = working_copies::list(&mut tx, of, organisation).await?;
        rows.iter().map(WorkingCopy::of).collect()
    }

    /// Drops what the member kept of an offer. Repeating it changes nothing.
    pub async fn drop_working_copies(
        &self,
        ctx: &OpContext,
        offer: Option<OfferId>,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let (of, _) = editable(ctx, &mut tx, offer).await?;
        working_copies::drop_all(&mut tx, of).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Whose copy it is; only who may write the offer has one.
async fn editable(
    ctx: &OpContext,
    tx: &mut Tx,
    offer: Option<OfferId>,
) -> Result<(CopyOf, OrganisationId), BrokerError> {
    let owner = match offer {
        Some(id) => offers::find(tx, id).await?.and_then(|row| row.provider.organisation_id),
        None => ctx.actor.organisation(),
    };
    ctx.may(Action::WriteOffer, owner, "offer")?;
    let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
    let offer_id = offer.unwrap_or(OfferId(Uuid::nil()));
    Ok((CopyOf { user_id: viewer.user, offer_id }, viewer.organisation))
}
