//! A later end, at the version of the offer that was signed or at the one that is published today.
//!
//! Nothing at any cloud is different, so a renewal is made in the unit of work that asks for it.

use super::ask::{Asked, Request};
use super::{Terms, ask};
use crate::contracts::{Charges, END_MAX_US, plan_obstacle, signed_price};
use crate::error::shown_moment;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ChangeKind, ContractId, Money, Sight, Timestamp};
use std::sync::Arc;
use storage::contracts::{Contract, Frozen};

/// What a later end would come to.
#[derive(Debug, Clone)]
pub struct RenewQuote {
    /// As agreed now.
    pub before: Terms,
    /// With the later end, at the version that was signed.
    pub signed: Terms,
    /// The same at the version that is published today; `None`: it is the one that was signed, or cannot
    /// be signed.
    pub today: Option<TodayTerms>,
}

/// Terms at the version of the offer that is published today.
#[derive(Debug, Clone)]
pub struct TodayTerms {
    /// With the later end.
    pub terms: Terms,
    /// What changed since the version that was signed.
    pub changes: sla::Diff,
}

/// The wish for a later end.
#[derive(Debug, Clone)]
pub struct Renew {
    /// After the end that is agreed, at most ten years ahead.
    pub ends_at: Timestamp,
    /// The version of the offer to renew at: the one signed, or the one published today.
    pub offer_version: i64,
    /// The monthly price that was shown; another one makes a conflict. `None`: whatever it is.
    pub shown_price: Option<Money>,
    /// Repeating a wish with the same key gives the same change.
    pub idempotency_key: String,
}

impl Broker {
    /// What a later end would come to, at the version that was signed and at today's.
    ///
    /// # Errors
    /// `Conflict` as for [`Broker::renew`]; `Invalid` at `/endsAt`.
    pub async fn quote_renew(
        &self,
        ctx: &OpContext,
        id: ContractId,
        ends_at: Timestamp,
    ) -> Result<RenewQuote, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let owner = contract.head.organisation_id;
        ctx.may(Action::ChangeContract, Some(owner), "contract")?;
        ask::must_be_free(&mut tx, &contract.head).await?;
        drop(tx);
        let before = Terms::of(&contract)?;
        check_end(&before, ends_at, self.now())?;
        self.check_provider(id, ends_at).await?;
        let today = match self.published(&contract).await? {
            Some(shown) if shown.card.version > before.offer_version => {
                let terms = at_today(&shown, &before, Some(ends_at))?;
                let signed = sla::parse_offer(&contract.offer_document).ok();
                signed.map(|signed| TodayTerms {
                    terms,
                    changes: sla::diff(&signed, &shown.document),
                })
            }
            _ => None,
        };
        let signed = Terms { ends_at: Some(ends_at), ..before.clone() };
        Ok(RenewQuote { before, signed, today })
    }

    /// Renews a contract that has an end, to a later one; returns the number of the change. Repeating it
    /// with its key changes nothing. From then on the terms of the chosen version are those of the contract.
    ///
    /// # Errors
    /// `Conflict`: `no_end` where the contract has none, `offer_changed` when another version is
    /// published by now, and as for [`Broker::scale`].
    pub async fn renew(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: Renew,
    ) -> Result<i64, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        drop(tx);
        self.check_provider(id, wish.ends_at).await?;
        let shown = self.published(&contract).await?;
        let asked = Asked {
            kind: ChangeKind::Renew,
            key: &wish.idempotency_key,
            shown_price: wish.shown_price.map(Charges::from),
            from: None,
            moves: None,
        };
        let now = self.now();
        self.ask_change(ctx, id, asked, |_, before| {
            check_end(before, wish.ends_at, now)?;
            if wish.offer_version == before.offer_version {
                let after = Terms { ends_at: Some(wish.ends_at), ..before.clone() };
                return Ok(Request::within(after));
            }
            let shown = shown.filter(|shown| shown.card.version == wish.offer_version);
            let shown = shown.ok_or_else(|| BrokerError::Conflict {
                code: "offer_changed",
                detail: format!("version {} is not on offer now", wish.offer_version),
            })?;
            let after = at_today(&shown, before, Some(wish.ends_at))?;
            let offer = Frozen { text: shown.text.clone(), hash: shown.hash.clone() };
            Ok(Request { after, offer: Some(offer) })
        })
        .await
    }

    /// A contract whose provider ends it is not renewed beyond that.
    async fn check_provider(&self, id: ContractId, ends_at: Timestamp) -> Result<(), BrokerError> {
        let mut tx = self.begin_read().await?;
        let pending = storage::contracts::find_pending_termination(&mut tx, id).await?;
        if pending.is_none_or(|pending| ends_at <= pending.ends_at) {
            return Ok(());
        }
        let detail = "the provider has given notice and ends the service before".to_owned();
        Err(BrokerError::Conflict { code: "provider_ends", detail })
    }

    /// The contract's offer as it is published today, where it can be signed.
    pub(super) async fn published(
        &self,
        contract: &Contract,
    ) -> Result<Option<Arc<Shelved>>, BrokerError> {
        self.sync_market().await?;
        // Whoever holds a contract of it goes on, whether or not it is shown to them today.
        let shown = self.shelved(Sight::Everything, contract.head.offer_id).await?;
        Ok(shown.filter(|shown| plan_obstacle(&shown.card, self.now()).is_none()))
    }
}

/// The same quantities at today's version.
pub(super) fn at_today(
    shown: &Shelved,
    before: &Terms,
    ends_at: Option<Timestamp>,
) -> Result<Terms, BrokerError> {
    if !shown.card.served.contains(&before.plan.region) {
        let (place, allowed) = ("/offerVersion", shown.card.served.join(", "));
        let message = "today's version is not made in the region of the contract";
        return Err(BrokerError::field(place, "region", &before.plan.region, &allowed, message));
    }
    Ok(Terms {
        price: signed_price(shown.today(), &before.plan)?,
        offer_version: shown.card.version,
        ends_at,
        ..before.clone()
    })
}

/// A renewal leads to a later end than the one that is agreed.
fn check_end(before: &Terms, ends_at: Timestamp, now: Timestamp) -> Result<(), BrokerError> {
    let Some(agreed) = before.ends_at else {
        let detail = "the contract has no end: it runs until it is released".to_owned();
        return Err(BrokerError::Conflict { code: "no_end", detail });
    };
    if ends_at > agreed && ends_at.since(now) <= END_MAX_US {
        return Ok(());
    }
    let message = "the end is not later than the one that is agreed, or too far ahead";
    let allowed = "a moment after the end that is agreed, at most ten years ahead";
    Err(BrokerError::field("/endsAt", "renewal", &shown_moment(ends_at), allowed, message))
}
