//! A newer version of a contract's offer: what it means for the contract, accepting it, or leaving the contract as it was
//! signed (F7.1.4). Until its holder accepts, the frozen version stays the contract's.

use super::Terms;
use super::ask::{Asked, Request};
use super::renew::at_today;
use crate::audit::{Entry, record};
use crate::contracts::Charges;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ChangeKind, ContractId, ContractState, Money, OfferId, Timestamp};
use storage::StorageError;
use storage::contracts::{self, ContractHead, Frozen, NewerVersion};

/// What the holder of a contract decided about a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Its terms are the contract's.
    Accepted,
    /// The contract stays as it was signed.
    Kept,
}

impl Decision {
    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Kept => "kept",
        }
    }
}

/// A newer version of a contract's offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewerVersionView {
    /// The offer.
    pub offer: OfferId,
    /// The newer version.
    pub version: i64,
    /// The version that was the contract's when it was found.
    pub signed_version: i64,
    /// What changed between the two.
    pub changes: sla::Diff,
    /// Whether it contains the need that was signed.
    pub fits: bool,
    /// Must items of that need that it does not meet.
    pub missed: Vec<String>,
    /// When it was found and told.
    pub found_at: Timestamp,
    /// Until when the holder may leave because of it; `None`: nothing became worse.
    pub leave_until: Option<Timestamp>,
    /// Whether that moment lies ahead and the contract lives.
    pub may_leave: bool,
    /// What the holder decided; `None`: nothing yet.
    pub decision: Option<Decision>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Whether it is the latest one of the contract's offer and newer than the contract's version.
    pub current: bool,
}

/// What accepting would come to.
#[derive(Debug, Clone)]
pub struct AcceptQuote {
    /// As agreed now.
    pub before: Terms,
    /// As it would be; `None`: the version cannot be had now.
    pub after: Option<Terms>,
}

/// The wish to take a newer version.
#[derive(Debug, Clone, Copy)]
pub struct Accept {
    /// Which one; it has to be the one that is published.
    pub version: i64,
    /// The monthly price that was shown; another one makes a conflict. `None`: whatever it is.
    pub shown_price: Option<Money>,
}

/// A living contract has something to decide.
const LIVING: [ContractState; 3] =
    [ContractState::Scheduled, ContractState::Activating, ContractState::Active];

pub(crate) fn newer_views(
    head: &ContractHead,
    rows: Vec<NewerVersion>,
    now: Timestamp,
) -> Result<Vec<NewerVersionView>, StorageError> {
    let latest =
        rows.iter().filter(|row| row.offer_id == head.offer_id).map(|row| row.version).max();
    let corrupt =
        |what, error: serde_json::Error| StorageError::Corrupt { what, detail: error.to_string() };
    let view = |row: NewerVersion| {
        let parts = serde_json::from_str(&row.changes)
            .map_err(|error| corrupt("newer_version.changes", error))?;
        let current = row.offer_id == head.offer_id
            && Some(row.version) == latest
            && row.version > head.offer_version;
        let open = row.leave_until.is_some_and(|until| until > now);
        Ok(NewerVersionView {
            offer: row.offer_id,
            version: row.version,
            signed_version: row.signed_version,
            changes: sla::Diff { parts },
            fits: row.fits,
            missed: serde_json::from_str(&row.missed)
                .map_err(|error| corrupt("newer_version.missed", error))?,
            found_at: row.found_at,
            leave_until: row.leave_until,
            may_leave: current && open && LIVING.contains(&head.state),
            decision: row.decision.as_deref().and_then(|word| {
                [Decision::Accepted, Decision::Kept].into_iter().find(|one| one.as_str() == word)
            }),
            decided_at: row.decided_at,
            current,
        })
    };
    rows.into_iter().map(view).collect()
}

impl Broker {
    /// Every newer version that was found for a contract, the latest first.
    pub async fn newer_versions(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Vec<NewerVersionView>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let rows = contracts::list_newer(&mut tx, id).await?;
        Ok(newer_views(&contract.head, rows, self.now())?)
    }

    /// What accepting the version that is published would come to.
    pub async fn quote_accept(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<AcceptQuote, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        ctx.may(Action::ChangeContract, Some(contract.head.organisation_id), "contract")?;
        drop(tx);
        let before = Terms::of(&contract)?;
        let shown = self.published(&contract).await?;
        let newer = shown.filter(|shown| shown.card.version > before.offer_version);
        let after = newer.and_then(|shown| at_today(&shown, &before, before.ends_at).ok());
        Ok(AcceptQuote { before, after })
    }

    /// Takes the published version: from now on its terms are those of the contract, with its quantities and its end.
    /// Returns the number of the change, which keeps the texts of both. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `offer_changed` when another version is published, `price_changed`, and as for [`Broker::scale`].
    pub async fn accept_newer(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: Accept,
    ) -> Result<i64, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let owner = contract.head.organisation_id;
        ctx.may(Action::ChangeContract, Some(owner), "contract")?;
        let key = format!("newer:{}:{}", contract.head.offer_id, wish.version);
        // Accepted before, whatever was published since.
        if let Some(first) = contracts::find_change_by_key(&mut tx, id, &key).await? {
            return Ok(first.number);
        }
        drop(tx);
        let shown = self.published(&contract).await?;
        let asked = Asked {
            kind: ChangeKind::Renew,
            key: &key,
            shown_price: wish.shown_price.map(Charges::from),
            from: None,
            moves: None,
        };
        self.ask_change(ctx, id, asked, |_, before| {
            let newer = wish.version > before.offer_version;
            let shown = shown.filter(|shown| newer && shown.card.version == wish.version);
            let shown = shown.ok_or_else(|| BrokerError::Conflict {
                code: "offer_changed",
                detail: format!("version {} is not on offer now", wish.version),
            })?;
            let after = at_today(&shown, before, before.ends_at)?;
            let offer = Frozen { text: shown.text.clone(), hash: shown.hash.clone() };
            Ok(Request { after, offer: Some(offer) })
        })
        .await
    }

    /// Leaves the contract as it was signed. The version can still be accepted; repeating it changes nothing.
    pub async fn keep_signed_version(
        &self,
        ctx: &OpContext,
        id: ContractId,
        version: i64,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let head = self.locked(ctx, &mut tx, id, Action::ChangeContract).await?;
        let which = (head.offer_id, version);
        let found = contracts::find_newer(&mut tx, id, which).await?;
        let found = found.ok_or(BrokerError::NotFound { what: "version" })?;
        match found.decision.as_deref() {
            None => {}
            Some("kept") => return Ok(()),
            Some(_) => {
                let detail = format!("version {version} was accepted before");
                return Err(BrokerError::Conflict { code: "version_accepted", detail });
            }
        }
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let decided = (self.now(), viewer.user.to_string());
        contracts::keep_signed(&mut tx, id, which, (decided.0, &decided.1)).await?;
        let entry = Entry::new("contract.version_kept", id)
            .with("version", version)
            .with("signedVersion", head.offer_version);
        record(self, ctx, &mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}

/// A change made another version of the same offer the contract's: what was found about it is decided.
pub(super) async fn note(
    broker: &Broker,
    ctx: &OpContext,
    tx: &mut storage::Tx,
    id: ContractId,
    (before, after): (&Terms, &Terms),
) -> Result<(), BrokerError> {
    if before.offer != after.offer || before.offer_version == after.offer_version {
        return Ok(());
    }
    let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
    let decided = (broker.now(), viewer.user.to_string());
    let which = (after.offer, after.offer_version);
    contracts::note_accepted(tx, id, which, (decided.0, &decided.1)).await?;
    let entry = Entry::new("contract.version_accepted", id)
        .with("version", after.offer_version)
        .with("signedVersion", before.offer_version);
    record(broker, ctx, tx, entry).await
}
