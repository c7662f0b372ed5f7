//! Signing: the contract, its frozen texts and the start of its activation in one unit of work.

use super::quote::{obstacle, plan_for, price};
use super::{AlternativeOffer, Plan, Sign};
use crate::audit::{Entry, record};
use crate::documents::read_requirement;
use crate::lifecycle::{self, ActivateInput, ReleaseInput};
use crate::market::OfferCard;
use crate::names::name_fault;
use crate::requirements::{RequirementSource, is_saved_as};
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ContractEvent, ContractId, ContractState, Money};
use sha2::{Digest, Sha256};
use sla::RecoveryPriority;
use std::sync::Arc;
use storage::contracts::{self, Contract, NewContract, StateChange};
use storage::{StorageError, Tx, lock, requirements};
use uuid::Uuid;
use workflow::{Priority, Start};

/// Nobody signs for a price that was not shown.
fn same_price(sign: &Sign, price: Money) -> Result<(), BrokerError> {
    match sign.shown_price {
        Some(shown) if shown != price => Err(BrokerError::Conflict {
            code: "price_changed",
            detail: format!("the price is {price}, and {shown} was shown"),
        }),
        _ => Ok(()),
    }
}

impl Broker {
    /// Writes the contract and starts `activate_contract` in one unit of work.
    pub async fn sign(&self, ctx: &OpContext, sign: Sign) -> Result<ContractId, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SignContract, organisation, "contract")?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let id = contract_id(viewer.organisation.uuid(), &sign.idempotency_key);
        if let Some(first) = contracts::find(&mut self.begin_read().await?, id).await? {
            return self.repeated(ctx, &first, &sign).await;
        }
        let offer = self.orderable(ctx, &sign).await?;
        let plan = sign.plan.clone().unwrap_or_else(|| plan_for(&offer.card));
        check(&sign, &plan, &offer.card)?;
        let price = price(&offer, &plan)?;
        same_price(&sign, price)?;
        let new = match sign.requirement {
            RequirementSource::Saved(_) => None,
            ref source => Some(self.resolve_requirement(ctx, source).await?.0),
        };

        let mut tx = self.begin().await?;
        // Another click may have come first since the look above.
        if let Some(first) = contracts::find(&mut tx, id).await? {
            return self.repeated(ctx, &first, &sign).await;
        }
        let requirement_id = match (&sign.requirement, new) {
            (RequirementSource::Saved(id), _) => *id,
            (_, Some(new)) => self.save_within(ctx, &mut tx, new).await?,
            (_, None) => return Err(BrokerError::NotFound { what: "requirement" }),
        };
        let requirement = requirements::find(&mut tx, requirement_id)
            .await?
            .ok_or(BrokerError::NotFound { what: "requirement" })?;
        let owner = requirement.requirement.organisation_id;
        ctx.may(Action::ReadRequirement, Some(owner), "requirement")?;
        let row = NewContract {
            id,
            organisation_id: viewer.organisation,
            provider_id: offer.card.provider.id,
            offer_id: sign.offer,
            offer_version: offer.card.version,
            offer_document: offer.text.clone(),
            offer_hash: offer.hash.clone(),
            requirement_id,
            requirement_version: requirement.requirement.current_version,
            requirement_document: requirement.document,
            requirement_hash: requirement.hash,
            service_name: sign.service_name.trim().to_owned(),
            plan: plan.to_text()?,
            price,
            signed_by: viewer.user.to_string(),
            signed_at: self.now(),
        };
        if let Err(error) = contracts::insert(&mut tx, &row).await {
            // The other click committed while this one waited for it: nothing of this one stays.
            drop(tx);
            return self.signed_by_the_other(ctx, id, &sign, error).await;
        }
        self.start_activation(&mut tx, &row, plan).await?;
        let entry = Entry::new("contract.signed", id)
            .with("offer", sign.offer.to_string())
            .with("offerVersion", offer.card.version)
            .with("offerHash", offer.hash.as_str())
            .with("requirementHash", row.requirement_hash.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(id)
    }

    /// Ends the service: starts `release_contract`; repeating it changes nothing.
    pub async fn release(&self, ctx: &OpContext, id: ContractId) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let head = contracts::find_head(&mut tx, id)
            .await?
            .ok_or(BrokerError::NotFound { what: "contract" })?;
        ctx.may(Action::ReleaseContract, Some(head.organisation_id), "contract")?;
        if matches!(head.state, ContractState::Releasing | ContractState::Released) {
            return Ok(());
        }
        let state = head.state.apply(ContractEvent::AskRelease)?;
        contracts::set_state(&mut tx, &StateChange::to(&head, state, self.now())).await?;
        let input = ReleaseInput { provider: head.provider_id };
        let owner = head.organisation_id.to_string();
        let from = self.origin(&owner, Priority::Normal);
        workflow::start(&mut tx, from, &lifecycle::release(), &id.to_string(), &input)
            .await
            .map_err(engine)?;
        record(self, ctx, &mut tx, Entry::new("contract.release_asked", id)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }

    /// The answer where a row was refused: most likely the other click stored it first.
    async fn signed_by_the_other(
        &self,
        ctx: &OpContext,
        id: ContractId,
        sign: &Sign,
        error: StorageError,
    ) -> Result<ContractId, BrokerError> {
        let first = contracts::find(&mut self.begin_read().await?, id).await?;
        match first.filter(|_| contracts::is_signed_already(&error)) {
            Some(first) => self.repeated(ctx, &first, sign).await,
            None => Err(error.into()),
        }
    }

    /// The first answer again, unless the key was used for something else. Faults of the fields come
    /// first: whoever typed them wants to hear of them before anything else.
    async fn repeated(
        &self,
        ctx: &OpContext,
        first: &Contract,
        sign: &Sign,
    ) -> Result<ContractId, BrokerError> {
        let contract = first.head.id;
        if self.is_repeated(ctx, first, sign).await? {
            return Ok(contract);
        }
        if let Some(offer) = self.shelved(sign.offer).await? {
            let plan = sign.plan.clone().unwrap_or_else(|| plan_for(&offer.card));
            check(sign, &plan, &offer.card)?;
        }
        Err(BrokerError::SignedBefore { contract })
    }

    /// Whether a signature says what the contract says; a plan that is not stated is the one quoted then.
    async fn is_repeated(
        &self,
        ctx: &OpContext,
        first: &Contract,
        sign: &Sign,
    ) -> Result<bool, BrokerError> {
        let head = &first.head;
        let plan: Option<Plan> = serde_json::from_str(&first.plan).ok();
        let same = head.offer_id == sign.offer
            && head.offer_version == sign.offer_version
            && head.service_name == sign.service_name.trim()
            && (sign.plan.is_none() || sign.plan == plan);
        if !same {
            return Ok(false);
        }
        if let RequirementSource::Saved(id) = sign.requirement {
            return Ok(id == head.requirement_id);
        }
        let (asked, _) = self.resolve_requirement(ctx, &sign.requirement).await?;
        Ok(is_saved_as(asked, &first.requirement_hash))
    }

    /// The offer as shown, if it can be signed.
    async fn orderable(&self, ctx: &OpContext, sign: &Sign) -> Result<Arc<Shelved>, BrokerError> {
        self.sync_market().await?;
        let offer =
            self.shelved(sign.offer).await?.ok_or(BrokerError::NotFound { what: "offer" })?;
        if offer.card.version != sign.offer_version {
            return Err(BrokerError::Conflict {
                code: "offer_changed",
                detail: format!(
                    "version {} was shown, version {} is on offer now: read it before signing",
                    sign.offer_version, offer.card.version
                ),
            });
        }
        match obstacle(&offer.card) {
            None => Ok(offer),
            Some(code) => {
                let asked = (&sign.requirement, sign.offer);
                let found = self.alternatives(ctx, asked.0, asked.1, None).await?;
                let alternatives = found.offers.iter().map(AlternativeOffer::from).collect();
                let detail = match code {
                    "no_price" => "this offer has no published price",
                    "region_not_served" => {
                        "the provider's cloud has none of the regions this offer is made in"
                    }
                    _ => "no cloud is connected for this offer: it is in the catalogue only",
                };
                Err(BrokerError::NotOrderable { code, detail: detail.to_owned(), alternatives })
            }
        }
    }

    async fn start_activation(
        &self,
        tx: &mut Tx,
        row: &NewContract,
        plan: Plan,
    ) -> Result<(), BrokerError> {
        let input = ActivateInput {
            provider: row.provider_id,
            plan,
            service_name: row.service_name.clone(),
        };
        let subject = row.id.to_string();
        let owner = row.organisation_id.to_string();
        let from = self.origin(&owner, class_of(&row.requirement_document)?);
        workflow::start(tx, from, &lifecycle::activation(), &subject, &input)
            .await
            .map_err(engine)?;
        Ok(())
    }

    /// Now, as the work of an organisation: organisations take turns within a class.
    fn origin<'a>(&'a self, owner: &'a str, priority: Priority) -> Start<'a> {
        Start { owner, priority, ..Start::at_once(self.ids(), self.inner.clock.as_ref()) }
    }
}

/// F7.4.6: a service that the need calls a lifeline is secured before all others.
fn class_of(requirement: &str) -> Result<Priority, BrokerError> {
    let (requirement, _) = read_requirement(requirement)
        .map_err(|faults| BrokerError::Internal(format!("the signed need: {faults}")))?;
    let disaster = requirement.spec.profiles.disaster.as_ref();
    Ok(match disaster.and_then(|profile| profile.recovery_priority) {
        Some(RecoveryPriority::Lifeline) => Priority::Lifeline,
        _ => Priority::Normal,
    })
}

/// The same key of the same organisation names the same contract, so a repeated click signs once.
fn contract_id(organisation: Uuid, key: &str) -> ContractId {
    let mut hash = Sha256::new();
    hash.update(organisation.as_bytes());
    hash.update(key.as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ContractId(Uuid::from_bytes(bytes))
}

/// Why a text cannot be the name of a service; `None`: it can.
#[must_use]
pub fn service_name_fault(name: &str) -> Option<FieldFault> {
    name_fault("/serviceName", name, "give the service a name")
}

fn check(sign: &Sign, plan: &Plan, card: &OfferCard) -> Result<(), BrokerError> {
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

impl Plan {
    fn to_text(&self) -> Result<String, BrokerError> {
        serde_json::to_string(self).map_err(|error| BrokerError::Internal(error.to_string()))
    }
}

/// A fault of the engine as the use case's fault.
pub(crate) fn engine(error: workflow::WorkflowError) -> BrokerError {
    match error {
        workflow::WorkflowError::Storage(error) => BrokerError::Storage(error),
        other => BrokerError::Conflict { code: "workflow", detail: other.to_string() },
    }
}
