//! Other quantities of the same offer, at the prices of the version that was signed.

use super::ask::{Asked, Request};
use super::{Terms, ask};
use crate::contracts::{Charges, Plan, signed_price};
use crate::documents::read_offer;
use crate::preemption::must_have_its_room;
use crate::requirements::day_of;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ChangeKind, ContractId, Money, Timestamp};
use storage::contracts::Contract;

/// What other quantities would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleQuote {
    /// As agreed now.
    pub before: Terms,
    /// As it would be.
    pub after: Terms,
    /// How much more a month, in minor units of the currency; below zero: less.
    pub more_minor: i64,
}

/// The wish for other quantities.
#[derive(Debug, Clone)]
pub struct Scale {
    /// The whole bill of quantities; the region stays.
    pub plan: Plan,
    /// The monthly price that was shown; another one makes a conflict. `None`: whatever it is.
    pub shown_price: Option<Money>,
    /// When it is to begin, up to ten years ahead; `None`: at once.
    pub from: Option<Timestamp>,
    /// Repeating a wish with the same key gives the same change.
    pub idempotency_key: String,
}

impl Broker {
    /// What other quantities would cost a month, beside what they cost now.
    ///
    /// # Errors
    /// `Invalid` names each quantity that cannot be ordered; `Conflict` as for [`Broker::scale`].
    pub async fn quote_scale(
        &self,
        ctx: &OpContext,
        id: ContractId,
        plan: &Plan,
    ) -> Result<ScaleQuote, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let owner = contract.head.organisation_id;
        ctx.may(Action::ChangeContract, Some(owner), "contract")?;
        ask::must_be_free(&mut tx, &contract.head).await?;
        must_have_its_room(&mut tx, contract.head.id).await?;
        drop(tx);
        let before = Terms::of(&contract)?;
        let after = scaled(&contract, &before, plan, day_of(self.now()))?;
        let more_minor = after.price.minor.saturating_sub(before.price.minor);
        Ok(ScaleQuote { before, after, more_minor })
    }

    /// Asks for other quantities; returns the number of the change. Repeating it with its key changes
    /// nothing.
    ///
    /// # Errors
    /// `Conflict`: `change_under_way`, `contract_busy` while it is repaired, `contract_ended`,
    /// `service_not_active`, `price_changed`, or `change_key_used` when the key asked for something else.
    pub async fn scale(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: Scale,
    ) -> Result<i64, BrokerError> {
        let asked = Asked {
            kind: ChangeKind::Scale,
            key: &wish.idempotency_key,
            shown_price: wish.shown_price.map(Charges::from),
            from: wish.from,
            moves: None,
        };
        let today = day_of(self.now());
        self.ask_change(ctx, id, asked, |contract, before| {
            Ok(Request::within(scaled(contract, before, &wish.plan, today)?))
        })
        .await
    }
}

/// The terms with other quantities, at the signed prices of today. Nothing may be asked for that the signed offer has no price for.
fn scaled(
    contract: &Contract,
    before: &Terms,
    plan: &Plan,
    today: i64,
) -> Result<Terms, BrokerError> {
    let mut faults = plan.faults();
    if plan.region != before.plan.region {
        let (place, message) = ("/plan/region", "the region stays: a move leads to another one");
        faults.push(FieldFault::new(place, "region", &plan.region, &before.plan.region, message));
    }
    if !faults.is_empty() {
        return Err(BrokerError::Invalid(faults));
    }
    if *plan == before.plan {
        let message = "these are the quantities of the contract already";
        return Err(BrokerError::field("/plan", "nothing_changes", "", "", message));
    }
    let (offer, _) = read_offer(&contract.offer_document)
        .map_err(|faults| BrokerError::Internal(format!("the signed offer: {faults}")))?;
    let offer = offer.priced_on(today).unwrap_or(offer);
    let price = signed_price(&offer, plan)?;
    Ok(Terms { plan: plan.clone(), price, ..before.clone() })
}
