//! What a signature comes to before anything is written: the offer, the quantities, the price, the need.

use super::quote::{obstacle, plan_for};
use super::start::start_fault;
use super::{AlternativeOffer, Charges, Plan, Sign};
use crate::audit::{Entry, record};
use crate::market::OfferCard;
use crate::names::{added_name_fault, name_fault};
use crate::requirements::RequirementSource;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ContractId, OfferState, Timestamp, Viewer};
use std::sync::Arc;
use storage::Tx;
use storage::contracts::{NewContract, Seat};
use storage::requirements::{self, CurrentRequirement};

/// A space and the number of a service within its order.
const NUMBER_CHARACTERS: u32 = 2;

/// An offer that can be signed as it was shown.
pub(super) struct Ready {
    pub offer: Arc<Shelved>,
    pub plan: Plan,
    pub price: Charges,
}

/// A contract as it is stored.
pub(super) fn new_contract(
    id: ContractId,
    viewer: &Viewer,
    ready: &Ready,
    need: &CurrentRequirement,
    (service_name, signed_at): (&str, Timestamp),
    order: Option<Seat>,
) -> Result<NewContract, BrokerError> {
    let offer = &ready.offer;
    Ok(NewContract {
        id,
        organisation_id: viewer.organisation,
        provider_id: offer.card.provider.id,
        offer_id: offer.card.id,
        offer_version: offer.card.version,
        offer_document: offer.text.clone(),
        offer_hash: offer.hash.clone(),
        requirement_id: need.requirement.id,
        requirement_version: need.requirement.current_version,
        requirement_document: need.document.clone(),
        requirement_hash: need.hash.clone(),
        service_name: service_name.trim().to_owned(),
        plan: ready.plan.to_text()?,
        price: ready.price.month,
        once: ready.price.once,
        signed_by: viewer.user.to_string(),
        signed_at,
        starts_at: None,
        order,
    })
}

impl Broker {
    /// The offer, the quantities and the price of a signature, without faults.
    pub(super) async fn ready(&self, ctx: &OpContext, sign: &Sign) -> Result<Ready, BrokerError> {
        let offer = self.orderable(ctx, sign).await?;
        let plan = sign.plan.clone().unwrap_or_else(|| plan_for(&offer.card));
        check(sign, &plan, &offer.card)?;
        let from = sign.starts_at.and_then(|at| start_fault(at, None, self.now()));
        if let Some(fault) = from {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        let price = self.agreed_price(sign, &offer, &plan).await?;
        Ok(Ready { offer, plan, price })
    }

    /// The need that is signed for, saved within the unit of work when it is new.
    pub(super) async fn need_within(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        source: &RequirementSource,
        new: Option<sla::Requirement>,
    ) -> Result<CurrentRequirement, BrokerError> {
        let found = match (source, new) {
            (RequirementSource::Saved(id), _) => requirements::find(tx, *id).await?,
            (_, Some(new)) => Some(self.save_within(ctx, tx, new).await?),
            (_, None) => None,
        };
        let found = found.ok_or(BrokerError::NotFound { what: "requirement" })?;
        let owner = found.requirement.organisation_id;
        ctx.may(Action::ReadRequirement, Some(owner), "requirement")?;
        Ok(found)
    }

    /// The line of the audit list about a signed contract.
    pub(super) async fn note_signed(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        row: &NewContract,
    ) -> Result<(), BrokerError> {
        let entry = Entry::new("contract.signed", row.id)
            .with("offer", row.offer_id.to_string())
            .with("offerVersion", row.offer_version)
            .with("offerHash", row.offer_hash.as_str())
            .with("requirementHash", row.requirement_hash.as_str());
        record(self, ctx, tx, entry).await
    }

    /// Why an offer cannot be signed that is not on the market; one that never was does not exist for others.
    async fn off_market(&self, ctx: &OpContext, sign: &Sign) -> Result<BrokerError, BrokerError> {
        let mut tx = self.look().await?;
        let found = storage::offers::find(&mut tx, sign.offer).await?;
        if found.is_some() {
            self.may_know(ctx, &mut tx, sign.offer).await?;
        }
        drop(tx);
        let (code, detail) = match found.map(|row| row.offer.state) {
            Some(OfferState::Paused) => {
                ("paused", "its provider has taken this offer off the market for a while")
            }
            Some(OfferState::Withdrawn) => {
                ("withdrawn", "its provider has withdrawn this offer from the market")
            }
            _ => return Ok(BrokerError::NotFound { what: "offer" }),
        };
        let found = self.alternatives(ctx, &sign.requirement, sign.offer, None).await?;
        let alternatives = found.offers.iter().map(AlternativeOffer::from).collect();
        Ok(BrokerError::NotOrderable { code, detail: detail.to_owned(), alternatives })
    }

    /// The offer as shown, if it can be signed.
    async fn orderable(&self, ctx: &OpContext, sign: &Sign) -> Result<Arc<Shelved>, BrokerError> {
        self.sync_market().await?;
        let Some(offer) = self.shelved(ctx.sight(), sign.offer).await? else {
            return Err(self.off_market(ctx, sign).await?);
        };
        if offer.card.version != sign.offer_version {
            return Err(self.changed_offer(sign, &offer).await?);
        }
        match obstacle(&offer.card, self.now()) {
            None => Ok(offer),
            Some(code) => {
                let asked = (&sign.requirement, sign.offer);
                let found = self.alternatives(ctx, asked.0, asked.1, None).await?;
                let alternatives = found.offers.iter().map(AlternativeOffer::from).collect();
                let detail = match code {
                    "no_price" => "this offer has no published price",
                    "not_valid_yet" => "this offer is not valid yet: see its validFrom",
                    "no_longer_valid" => "this offer is no longer valid: see its validUntil",
                    "withdrawn" => "this offer has ended, as its provider had announced",
                    "cloud_not_passed" => {
                        "the provider's cloud has not passed the examination of the provider API"
                    }
                    "region_not_served" => {
                        "the provider's cloud has none of the regions this offer is made in"
                    }
                    _ => "no cloud is connected for this offer: it is in the catalogue only",
                };
                Err(BrokerError::NotOrderable { code, detail: detail.to_owned(), alternatives })
            }
        }
    }
}

/// Why a text cannot be the name of a service; `None`: it can.
#[must_use]
pub fn service_name_fault(name: &str) -> Option<FieldFault> {
    name_fault("/serviceName", name, "give the service a name")
}

/// The same of an order, whose name gets the number of each service.
#[must_use]
pub fn order_name_fault(name: &str) -> Option<FieldFault> {
    added_name_fault("/serviceName", name, (NUMBER_CHARACTERS, "give the services a name"))
}

pub(super) fn check(sign: &Sign, plan: &Plan, card: &OfferCard) -> Result<(), BrokerError> {
    let mut faults = plan.faults();
    // Data location is promised per region: another one would be another promise.
    if card.regions.iter().all(|(id, _)| *id != plan.region) {
        let regions: Vec<&str> = card.regions.iter().map(|(id, _)| id.as_str()).collect();
        let message = "the offer is not made in this region";
        let allowed = regions.join(", ");
        faults.push(FieldFault::new("/plan/region", "region", &plan.region, &allowed, message));
    } else if !card.served.contains(&plan.region) {
        let message = "the provider's cloud does not have this region";
        let (found, allowed) = (&plan.region, card.served.join(", "));
        faults.push(FieldFault::new("/plan/region", "region_not_served", found, &allowed, message));
    }
    faults.extend(service_name_fault(&sign.service_name));
    if sign.idempotency_key.is_empty() || sign.idempotency_key.len() > 200 {
        let (key, allowed) = (&sign.idempotency_key, "1 to 200 characters");
        let message = "send a key that names this signature";
        faults.push(FieldFault::new("/idempotencyKey", "idempotency_key", key, allowed, message));
    }
    if faults.is_empty() { Ok(()) } else { Err(BrokerError::Invalid(faults)) }
}
