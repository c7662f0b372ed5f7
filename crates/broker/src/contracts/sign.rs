//! Signing: the contract, its frozen texts and the start of its activation in one unit of work.

use super::quote::plan_for;
use super::ready::{check, new_contract};
use super::{Plan, Sign};
use crate::documents::read_requirement;
use crate::lifecycle::{self, ActivateInput, AdoptInput, TakenOver};
use crate::requirements::{RequirementSource, is_saved_as};
use crate::securing::Take;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, OrganisationId, ProviderId};
use provider_api::{Allocation, AllocationId};
use sha2::{Digest, Sha256};
use sla::RecoveryPriority;
use storage::contracts::{self, Contract, NewContract};
use storage::{StorageError, Tx};
use uuid::Uuid;
use workflow::{Priority, Start};

/// What an activation needs to know of its contract.
pub(super) struct Activation<'a> {
    pub contract: ContractId,
    pub organisation: OrganisationId,
    pub provider: ProviderId,
    pub service_name: &'a str,
    /// The need as it was signed.
    pub requirement: &'a str,
}

/// What there is already of a service when it is signed for.
pub(crate) enum Existing<'a> {
    /// Nothing.
    Nothing,
    /// A place of a firm list.
    Held(&'a Take),
    /// It runs and is to be adopted.
    Running(&'a Allocation),
}

impl<'a> Activation<'a> {
    fn of(row: &'a NewContract) -> Self {
        Self {
            contract: row.id,
            organisation: row.organisation_id,
            provider: row.provider_id,
            service_name: &row.service_name,
            requirement: &row.requirement_document,
        }
    }
}

impl Broker {
    /// Writes the contract and starts `activate_contract` in one unit of work; one that is to begin later
    /// waits for its moment instead.
    pub async fn sign(&self, ctx: &OpContext, sign: Sign) -> Result<ContractId, BrokerError> {
        self.sign_for(ctx, sign, Existing::Nothing).await
    }

    /// The same, taking over what there is.
    pub(crate) async fn sign_for(
        &self,
        ctx: &OpContext,
        sign: Sign,
        existing: Existing<'_>,
    ) -> Result<ContractId, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SignContract, organisation, "contract")?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let id = contract_id(viewer.organisation.uuid(), &sign.idempotency_key);
        if let Some(first) = contracts::find(&mut self.look().await?, id).await? {
            return self.repeated(ctx, &first, &sign).await;
        }
        let ready = self.ready(ctx, &sign).await?;
        let new = match sign.requirement {
            RequirementSource::Saved(_) => None,
            ref source => Some(self.resolve_requirement(ctx, source).await?.0),
        };

        let mut tx = self.begin().await?;
        let requirement = self.need_within(ctx, &mut tx, &sign.requirement, new).await?;
        let named = (sign.service_name.as_str(), self.now());
        let row = new_contract(id, viewer, &ready, &requirement, named, None)?;
        let row = NewContract { starts_at: sign.starts_at, ..row };
        if let Err(error) = contracts::insert(&mut tx, &row).await {
            // Another click came first since the look above: nothing of this one stays.
            drop(tx);
            return self.signed_by_the_other(ctx, id, &sign, error).await;
        }
        let held = match existing {
            Existing::Held(take) => Some(self.take_over(&mut tx, take, id).await?),
            _ => None,
        };
        if let Existing::Running(found) = existing {
            self.start_adoption(&mut tx, Activation::of(&row), ready.plan, found).await?;
        } else if row.starts_at.is_none() {
            self.start_activation(&mut tx, Activation::of(&row), (ready.plan, held)).await?;
        }
        self.note_signed(ctx, &mut tx, &row).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(id)
    }

    /// The answer where a row was refused: most likely the other click stored it first.
    async fn signed_by_the_other(
        &self,
        ctx: &OpContext,
        id: ContractId,
        sign: &Sign,
        error: StorageError,
    ) -> Result<ContractId, BrokerError> {
        let first = contracts::find(&mut self.look().await?, id).await?;
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
        if let Some(offer) = self.shelved(ctx.sight(), sign.offer).await? {
            let plan = sign.plan.clone().unwrap_or_else(|| plan_for(&offer.card));
            check(sign, &plan, &offer.card)?;
        }
        Err(BrokerError::SignedBefore { contract })
    }

    /// Whether a signature says what the contract says; a plan that is not stated is the one quoted then.
    pub(super) async fn is_repeated(
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
            && head.starts_at == sign.starts_at
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

    pub(super) async fn start_activation(
        &self,
        tx: &mut Tx,
        of: Activation<'_>,
        (plan, held): (Plan, Option<AllocationId>),
    ) -> Result<(), BrokerError> {
        let service_name = of.service_name.to_owned();
        let wanted = ActivateInput { provider: of.provider, plan, service_name };
        let subject = of.contract.to_string();
        let owner = of.organisation.to_string();
        let from = self.origin(&owner, class_of(of.requirement)?);
        let definition = lifecycle::activation();
        let started = match held {
            None => workflow::start(tx, from, &definition, &subject, &wanted).await,
            Some(held) => {
                let input = TakenOver { wanted, held };
                workflow::start(tx, from, &definition, &subject, &input).await
            }
        };
        started.map_err(engine).map(drop)
    }

    async fn start_adoption(
        &self,
        tx: &mut Tx,
        of: Activation<'_>,
        plan: Plan,
        found: &Allocation,
    ) -> Result<(), BrokerError> {
        let service_name = of.service_name.to_owned();
        let wanted = ActivateInput { provider: of.provider, plan, service_name };
        let (allocation, label) = (found.id.clone(), found.label.clone());
        self.claim_running(tx, &of, found).await?;
        let input = AdoptInput { wanted, allocation, label };
        let owner = of.organisation.to_string();
        let from = self.origin(&owner, class_of(of.requirement)?);
        let subject = of.contract.to_string();
        let started = workflow::start(tx, from, &lifecycle::adoption(), &subject, &input).await;
        started.map_err(engine).map(drop)
    }

    /// Now, as the work of an organisation: organisations take turns within a class.
    pub(crate) fn origin<'a>(&'a self, owner: &'a str, priority: Priority) -> Start<'a> {
        Start { owner, priority, ..Start::at_once(self.ids(), self.inner.clock.as_ref()) }
    }
}

/// F7.4.6: the rank that a service has when capacity is short, as its need says it. A lifeline is secured before all
/// others.
pub(crate) fn class_of(requirement: &str) -> Result<Priority, BrokerError> {
    let (requirement, _) = read_requirement(requirement)
        .map_err(|faults| BrokerError::Internal(format!("the signed need: {faults}")))?;
    Ok(class(&requirement.spec))
}

fn class(spec: &sla::RequirementSpec) -> Priority {
    let disaster = spec.profiles.disaster.as_ref();
    match disaster.and_then(|profile| profile.recovery_priority) {
        Some(RecoveryPriority::Lifeline) => Priority::Lifeline,
        _ => match spec.priority {
            Some(sla::Priority::Lifeline) => Priority::Lifeline,
            Some(sla::Priority::High) => Priority::Urgent,
            Some(sla::Priority::Normal) | None => Priority::Normal,
            Some(sla::Priority::Low) => Priority::Background,
        },
    }
}

/// Whether it is a lifeline.
pub fn is_lifeline(requirement: &sla::Requirement) -> bool {
    class(&requirement.spec) == Priority::Lifeline
}

/// The same key of the same organisation names the same contract, so a repeated click signs once.
pub(crate) fn contract_id(organisation: Uuid, key: &str) -> ContractId {
    let mut hash = Sha256::new();
    hash.update(organisation.as_bytes());
    hash.update(key.as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ContractId(Uuid::from_bytes(bytes))
}

impl Plan {
    pub(super) fn to_text(&self) -> Result<String, BrokerError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn need(priority: &str, recovery: &str) -> String {
        format!(
            "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
             metadata: {{name: any-need, version: 1, title: {{en: x, ja: x}}}}\n\
             spec:\n  userRegions: [JP]\n{priority}  profiles:\n    normal:\n      items:\n        \
             - {{item: availability.service_uptime, op: gte, value: 0.9, level: must, weight: 1}}\n{recovery}"
        )
    }

    #[test]
    fn f7_4_6_a_service_has_the_class_that_its_need_says() {
        let disaster = "    disaster: {recoveryPriority: lifeline, items: []}\n";
        let cases = [
            ("", "", Priority::Normal),
            ("  priority: low\n", "", Priority::Background),
            ("  priority: normal\n", "", Priority::Normal),
            ("  priority: high\n", "", Priority::Urgent),
            ("  priority: lifeline\n", "", Priority::Lifeline),
            ("", disaster, Priority::Lifeline),
            ("  priority: low\n", disaster, Priority::Lifeline),
        ];
        for (priority, recovery, expected) in cases {
            let text = need(priority, recovery);
            assert_eq!(class_of(&text).unwrap(), expected, "{text}");
        }
    }
}
