//! Another offer for a service that runs, most likely at another provider: which ones fit, what the move would come to,
//! and asking for it (requirement 56, UC5.3).

use super::ask::{Asked, Request};
use super::{MoveFacts, Terms, ask};
use crate::contracts::{Charges, Plan, plan_charges, plan_for, plan_obstacle, signed_price};
use crate::lifecycle::{ActivateInput, MoveInput};
use crate::preemption::must_have_its_room;
use crate::requirements::{RankedOffer, RequirementSource};
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, OpContext};
use domain::{
    Action, ChangeKind, ContractId, DurationUs, Money, OfferId, ProviderId, Sight, Timestamp,
};
use std::sync::Arc;
use storage::Tx;
use storage::contracts::{self, Contract, ContractHead, Frozen};

/// Within how long a move is done, or undone, where nobody says: time for a large volume, and short enough that
/// both are not paid for long.
const FINISH_WITHIN_US: DurationUs = 24 * 3600 * 1_000_000;
/// The longest time that can be given.
const FINISH_MAX_US: DurationUs = 30 * 86_400 * 1_000_000;
/// Offers that fit, at most.
const OFFERS_MAX: usize = 50;
/// How many of the market's ranking are looked at for them.
const LOOKED_AT: usize = 200;

/// What a move would come to.
#[derive(Debug, Clone)]
pub struct MoveQuote {
    /// As agreed now.
    pub before: Terms,
    /// As it would be.
    pub after: Terms,
    /// What the new provider charges once; `None`: nothing, or the service stays with its provider.
    pub once: Option<Money>,
    /// How much more a month, in minor units of the new price's currency; `None`: the currencies differ.
    pub more_minor: Option<i64>,
    /// The new offer with its verdicts against the contract's need.
    pub ranked: RankedOffer,
    /// Who delivers now, in English and Japanese.
    pub provider_before: (String, String),
    /// Whether the same provider delivers afterwards.
    pub stays: bool,
    /// What the new offer promises otherwise than the one that was signed.
    pub changes: sla::Diff,
    /// The document that was signed, for its terms of the end.
    pub signed: sla::Offer,
    /// Whether the data can come along: both clouds make links with others, or `None`: one of them does not answer now.
    pub can_carry: Option<bool>,
    /// Until when it is done or undone, where nothing else is said.
    pub finish_by: Timestamp,
}

/// The wish for another offer.
#[derive(Debug, Clone)]
pub struct Move {
    /// Where to.
    pub offer: OfferId,
    /// Its version that was shown; another one makes a conflict.
    pub offer_version: i64,
    /// The region there; `None`: the first that its cloud has.
    pub region: Option<String>,
    /// Whether the data come along; without them the new service begins empty.
    pub carries_data: bool,
    /// Until when users have to be let in at the new cloud, at most 30 days after the beginning; `None`: a day after it.
    pub finish_by: Option<Timestamp>,
    /// The price that was shown; another one makes a conflict. `None`: whatever it is.
    pub shown_price: Option<Charges>,
    /// When it is to begin, up to ten years ahead; `None`: at once.
    pub from: Option<Timestamp>,
    /// Repeating a wish with the same key gives the same change.
    pub idempotency_key: String,
}

impl Broker {
    /// Offers of the same service model that contain the contract's need today and can be ordered, best first, at most 50; the one it stands on is
    /// among them where it can be had in another region.
    ///
    /// # Errors
    /// `Conflict` as for [`Broker::scale`].
    pub async fn move_offers(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Vec<RankedOffer>, BrokerError> {
        let contract = self.movable(ctx, id).await?;
        let source = RequirementSource::Text(contract.requirement_document.clone());
        let now = self.now();
        let ranked = self.rank(ctx, &source, matching::Order::Balanced, LOOKED_AT).await?;
        let plan = Terms::of(&contract)?.plan;
        let elsewhere = |row: &RankedOffer| {
            let other = |region: &String| *region != plan.region;
            row.card.id != contract.head.offer_id || row.card.served.iter().any(other)
        };
        let can_be_had = |row: &RankedOffer| plan_obstacle(&row.card, now).is_none();
        // A service goes on as what it is: machines do not become an office in the browser.
        let model = sla::parse_offer(&contract.offer_document).ok();
        let model = model.map(|offer| offer.spec.service.model.as_str());
        let same_kind = |row: &RankedOffer| model.is_none_or(|model| row.card.model == model);
        let fits = ranked.matches.into_iter();
        // An offer that is not made for so much, or so little, is no way out.
        let made_for = |row: &RankedOffer| row.card.takes(&plan);
        let fits =
            fits.filter(|row| same_kind(row) && can_be_had(row) && elsewhere(row) && made_for(row));
        Ok(fits.take(OFFERS_MAX).collect())
    }

    /// What a move to an offer would come to; nothing is held or ordered.
    ///
    /// # Errors
    /// `Conflict` as for [`Broker::move_to`]; `Invalid` names what cannot be ordered there.
    pub async fn quote_move(
        &self,
        ctx: &OpContext,
        id: ContractId,
        (offer, region): (OfferId, Option<&str>),
    ) -> Result<MoveQuote, BrokerError> {
        let contract = self.movable(ctx, id).await?;
        let before = Terms::of(&contract)?;
        let (shown, ranked) = self.fitting(&contract, offer).await?;
        let after = terms_at(&shown, &before, region)?;
        let signed = sla::parse_offer(&contract.offer_document)
            .map_err(|faults| BrokerError::Internal(format!("the signed offer: {faults}")))?;
        let head = &contract.head;
        let (left, new) = (head.provider_id, shown.card.provider.id);
        let same = before.price.currency == after.price.currency;
        Ok(MoveQuote {
            once: once_at(&shown, head.provider_id, &after.plan),
            more_minor: same.then(|| after.price.minor.saturating_sub(before.price.minor)),
            can_carry: self.can_carry(left, new).await?,
            provider_before: (head.provider_name_en.clone(), head.provider_name_ja.clone()),
            stays: left == new,
            changes: sla::diff(&signed, &shown.document),
            finish_by: self.now().plus_us(FINISH_WITHIN_US),
            before,
            after,
            ranked,
            signed,
        })
    }

    /// Asks for a move; returns the number of the change. Repeating it with its key changes nothing. The contract keeps
    /// its terms until users are let in at the new cloud.
    ///
    /// # Errors
    /// `Conflict`: `offer_changed`, `offer_falls_short`, `data_not_carried` when data cannot come along, what keeps the
    /// offer from being signed, and as for [`Broker::scale`]; `Invalid` at `/plan/region`, `/finishBy`, `/offer`.
    pub async fn move_to(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: Move,
    ) -> Result<i64, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let known = contracts::find_change_by_key(&mut tx, id, &wish.idempotency_key).await?;
        drop(tx);
        let owner = contract.head.organisation_id;
        ctx.may(Action::ChangeContract, Some(owner), "contract")?;
        let now = self.now();
        // One that is past is told as such.
        let begins = wish.from.filter(|from| *from > now).unwrap_or(now);
        let finish_by = wish.finish_by.unwrap_or(begins.plus_us(FINISH_WITHIN_US));
        let shown = match &known {
            // What was asked for before is not judged by the market of today.
            Some(_) => self.shelved(Sight::Everything, wish.offer).await?,
            None => Some(self.chosen(&contract, &wish, (begins, finish_by)).await?),
        };
        let shown = shown.ok_or(BrokerError::NotFound { what: "offer" })?;
        let facts = MoveFacts {
            provider: shown.card.provider.id,
            carries_data: wish.carries_data,
            finish_by,
            stated: wish.finish_by.is_some(),
            once: once_at(&shown, contract.head.provider_id, &Terms::of(&contract)?.plan),
        };
        let asked = Asked {
            kind: ChangeKind::Move,
            key: &wish.idempotency_key,
            shown_price: wish.shown_price,
            from: wish.from,
            moves: Some(facts),
        };
        self.ask_change(ctx, id, asked, |_, before| {
            same_version(&shown, wish.offer_version)?;
            let after = terms_at(&shown, before, wish.region.as_deref())?;
            let offer = Frozen { text: shown.text.clone(), hash: shown.hash.clone() };
            Ok(Request { after, offer: Some(offer) })
        })
        .await
    }

    /// Why the offer of a move cannot be had any more as it was agreed; `None`: it can.
    pub(crate) async fn move_obstacle(
        &self,
        contract: &Contract,
        after: &Terms,
    ) -> Result<Option<&'static str>, BrokerError> {
        let shown = match self.fitting(contract, after.offer).await {
            Ok((shown, _)) => shown,
            Err(BrokerError::NotFound { .. }) => return Ok(Some("offer_gone")),
            Err(BrokerError::Conflict { code, .. }) => return Ok(Some(code)),
            Err(other) => return Err(other),
        };
        Ok(if shown.card.version != after.offer_version {
            Some("offer_changed")
        } else if !shown.card.served.contains(&after.plan.region) {
            Some("region_unknown")
        } else if !signed_price(shown.today(), &after.plan).is_ok_and(|now| now == after.price) {
            Some("price_changed")
        } else {
            None
        })
    }

    /// What the workflow of a move is started with.
    pub(super) async fn move_input(
        &self,
        tx: &mut Tx,
        head: &ContractHead,
        number: i64,
    ) -> Result<MoveInput, BrokerError> {
        let change = contracts::find_change(tx, head.id, number).await?;
        let moves = contracts::list_moves(tx, head.id).await?;
        let row = moves.into_iter().find(|row| row.number == number);
        let (change, row) = change.zip(row).ok_or(BrokerError::NotFound { what: "change" })?;
        Ok(MoveInput {
            wanted: ActivateInput {
                provider: row.provider_after,
                plan: Terms::parse(&change.terms_after)?.plan,
                service_name: head.service_name.clone(),
            },
            change: number,
            left: row.provider_before,
            carries_data: row.carries_data,
            finish_by: row.finish_by,
        })
    }

    /// The contract of somebody who may change it, while nothing else changes it.
    async fn movable(&self, ctx: &OpContext, id: ContractId) -> Result<Contract, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let owner = contract.head.organisation_id;
        ctx.may(Action::ChangeContract, Some(owner), "contract")?;
        ask::must_be_free(&mut tx, &contract.head).await?;
        must_have_its_room(&mut tx, contract.head.id).await?;
        Ok(contract)
    }

    /// The offer of a wish, if it can be moved to as wished.
    async fn chosen(
        &self,
        contract: &Contract,
        wish: &Move,
        (begins, finish_by): (Timestamp, Timestamp),
    ) -> Result<Arc<Shelved>, BrokerError> {
        if finish_by <= begins || finish_by.since(begins) > FINISH_MAX_US {
            let message = "the time is over before it begins, or is too long";
            let allowed = "a moment after the beginning, at most 30 days after it";
            return Err(BrokerError::field("/finishBy", "finish_by", "", allowed, message));
        }
        let (shown, _) = self.fitting(contract, wish.offer).await?;
        same_version(&shown, wish.offer_version)?;
        let (left, new) = (contract.head.provider_id, shown.card.provider.id);
        if wish.carries_data && self.can_carry(left, new).await? == Some(false) {
            let detail =
                "there is no way for the data from the old place to the new one: move without them";
            return Err(conflict("data_not_carried", detail));
        }
        Ok(shown)
    }

    /// An offer that contains the contract's need today and can be ordered.
    async fn fitting(
        &self,
        contract: &Contract,
        offer: OfferId,
    ) -> Result<(Arc<Shelved>, RankedOffer), BrokerError> {
        self.sync_market().await?;
        let sight = Sight::Of(contract.head.organisation_id);
        let shown = self.shelved(sight, offer).await?;
        let shown = shown.ok_or(BrokerError::NotFound { what: "offer" })?;
        if let Some(code) = plan_obstacle(&shown.card, self.now()) {
            return Err(conflict(code, "this offer cannot be signed now"));
        }
        let source = RequirementSource::Text(contract.requirement_document.clone());
        let ctx = OpContext::system("move");
        let ranked = self.explain(&ctx, &source, offer).await?;
        if !ranked.explanation.totals.matched {
            let detail = "this offer does not contain what the contract was made for";
            return Err(conflict("offer_falls_short", detail));
        }
        Ok((shown, ranked))
    }

    /// Whether both clouds make links with others; `None`: one of them does not answer.
    async fn can_carry(
        &self,
        left: ProviderId,
        new: ProviderId,
    ) -> Result<Option<bool>, BrokerError> {
        // A cloud has no tunnel to itself.
        if left == new {
            return Ok(Some(false));
        }
        let (here, there) = tokio::join!(self.links(left), self.links(new));
        Ok(match (here?, there?) {
            (Some(here), Some(there)) => Some(here && there),
            (Some(false), None) | (None, Some(false)) => Some(false),
            _ => None,
        })
    }

    async fn links(&self, provider: ProviderId) -> Result<Option<bool>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let connection = self.cloud_of(&mut tx, provider).await?;
        drop(tx);
        let Some(connection) = connection else { return Ok(Some(false)) };
        let Ok(driver) = self.inner.drivers.driver(&connection) else { return Ok(None) };
        Ok(driver.capabilities().await.ok().map(|told| told.links.is_some()))
    }
}

fn same_version(shown: &Shelved, version: i64) -> Result<(), BrokerError> {
    if shown.card.version == version {
        return Ok(());
    }
    Err(BrokerError::Conflict {
        code: "offer_changed",
        detail: format!("version {version} was shown, version {} is on offer", shown.card.version),
    })
}

/// The same quantities at another offer.
fn terms_at(shown: &Shelved, before: &Terms, region: Option<&str>) -> Result<Terms, BrokerError> {
    let card = &shown.card;
    let region = match region {
        Some(region) => region.to_owned(),
        // Of the offer it stands on already, another region.
        None if card.id == before.offer => {
            let other = card.served.iter().find(|region| **region != before.plan.region);
            other.cloned().unwrap_or_else(|| before.plan.region.clone())
        }
        None => plan_for(card).region,
    };
    if !card.served.contains(&region) {
        let (place, allowed) = ("/plan/region", card.served.join(", "));
        let message = "the offer is not made in this region, or its cloud does not have it";
        return Err(BrokerError::field(place, "region", &region, &allowed, message));
    }
    if card.id == before.offer && region == before.plan.region {
        let message = "the service stands on this offer in this region already";
        return Err(BrokerError::field("/offer", "nothing_changes", "", "another offer", message));
    }
    let plan = Plan { region, ..before.plan.clone() };
    let price = signed_price(shown.today(), &plan)?;
    Ok(Terms { plan, price, offer: card.id, offer_version: card.version, ..before.clone() })
}

/// What an offer charges once from whoever comes from a provider; its own has charged before.
fn once_at(shown: &Shelved, from: ProviderId, plan: &Plan) -> Option<Money> {
    let comes = shown.card.provider.id != from;
    plan_charges(shown, plan).ok().filter(|_| comes)?.once
}

fn conflict(code: &'static str, detail: &str) -> BrokerError {
    BrokerError::Conflict { code, detail: detail.to_owned() }
}
