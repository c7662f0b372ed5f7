//! Agreeing to be pre-empted, and taking that back.

use super::{AgreePreemption, NOTICE_MAX_US, NOTICE_MIN_US};
use crate::audit::{Entry, record};
use crate::contracts::{Plan, class_of};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, COMPENSATION_PERCENT, ContractId, ContractState, PreemptionState};
use storage::contracts::{self, Contract, PreemptionConsent};
use storage::{StorageError, Tx, lock};
use workflow::Priority;

/// States in which something can be agreed: the service runs or is about to.
const LIVE: [ContractState; 3] =
    [ContractState::Scheduled, ContractState::Activating, ContractState::Active];

impl Broker {
    /// Agrees that a lifeline may take machines of this service; in place of what was agreed before. Repeating it
    /// changes nothing. The compensation is that of the market on this day, and stays.
    ///
    /// # Errors
    /// `/noticeSeconds`, `/keepInstances`; `Conflict` `lifeline`: a lifeline gives nothing; `contract_ended`.
    pub async fn agree_preemption(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: AgreePreemption,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let contract = self.changeable(ctx, &mut tx, id).await?;
        if let Some(obstacle) = obstacle(&contract)? {
            let detail = match obstacle {
                "lifeline" => "a service that its need calls a lifeline gives no room to others",
                _ => "the service has ended, or is about to",
            };
            return Err(BrokerError::Conflict { code: obstacle, detail: detail.to_owned() });
        }
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        check(wish, instances(&contract)?)?;
        if let Some(now) = contracts::find_consent(&mut tx, id).await?
            && now.withdrawn_at.is_none()
            && (now.notice_us, now.keep_instances) == (wish.notice_us, wish.keep_instances)
        {
            return Ok(());
        }
        let row = PreemptionConsent {
            contract_id: id,
            notice_us: wish.notice_us,
            keep_instances: wish.keep_instances,
            percent: COMPENSATION_PERCENT,
            agreed_by: viewer.user.to_string(),
            agreed_at: self.now(),
            withdrawn_at: None,
        };
        contracts::set_consent(&mut tx, &row).await?;
        let entry = Entry::new("contract.preemption_agreed", id)
            .with("noticeUs", row.notice_us)
            .with("keepInstances", row.keep_instances)
            .with("percent", row.percent);
        record(self, ctx, &mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Takes the agreement back; repeating it changes nothing. What was noticed before still happens.
    pub async fn withdraw_preemption(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        self.changeable(ctx, &mut tx, id).await?;
        if contracts::withdraw_consent(&mut tx, id, self.now()).await? {
            record(self, ctx, &mut tx, Entry::new("contract.preemption_withdrawn", id)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Lets what was noticed begin at once: the customer is ready. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `nothing_noticed`.
    pub async fn hasten_preemption(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        self.changeable(ctx, &mut tx, id).await?;
        let Some(mut row) = contracts::find_open_preemption(&mut tx, id).await? else {
            let detail = "no notice of a pre-emption waits for its moment".to_owned();
            return Err(BrokerError::Conflict { code: "nothing_noticed", detail });
        };
        let now = self.now();
        if row.state == PreemptionState::Noticed && row.due_at > now {
            row.due_at = now;
            contracts::set_preemption(&mut tx, &row).await?;
            let entry = Entry::new("contract.preemption_hastened", id).with("number", row.number);
            record(self, ctx, &mut tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The contract behind its lock, with its texts, for whoever may change it.
    async fn changeable(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ContractId,
    ) -> Result<Contract, BrokerError> {
        lock::contract(tx, id).await?;
        let found = contracts::find(tx, id).await?;
        let owner = found.as_ref().map(|contract| contract.head.organisation_id);
        ctx.may(Action::ChangeContract, owner, "contract")?;
        found.ok_or(BrokerError::NotFound { what: "contract" })
    }
}

/// Why nothing can be agreed for a service; `None`: it can.
pub(super) fn obstacle(contract: &Contract) -> Result<Option<&'static str>, BrokerError> {
    if !LIVE.contains(&contract.head.state) {
        return Ok(Some("contract_ended"));
    }
    let lifeline = class_of(&contract.requirement_document)? == Priority::Lifeline;
    Ok(lifeline.then_some("lifeline"))
}

/// Machines of the service.
pub(super) fn instances(contract: &Contract) -> Result<i64, BrokerError> {
    let plan: Plan = serde_json::from_str(&contract.plan).map_err(|error| {
        let detail = error.to_string();
        StorageError::Corrupt { what: "contract.plan", detail }
    })?;
    Ok(plan.instances)
}

fn check(wish: AgreePreemption, instances: i64) -> Result<(), BrokerError> {
    let mut faults = Vec::new();
    if !(NOTICE_MIN_US..=NOTICE_MAX_US).contains(&wish.notice_us) {
        let found = (wish.notice_us / 1_000_000).to_string();
        let allowed =
            format!("{} to {} seconds", NOTICE_MIN_US / 1_000_000, NOTICE_MAX_US / 1_000_000);
        let message = "say how long before anything changes you want to be told";
        faults.push(FieldFault::new("/noticeSeconds", "notice", &found, &allowed, message));
    }
    if !(0..instances).contains(&wish.keep_instances) {
        let found = wish.keep_instances.to_string();
        let allowed = format!("0 to {}", instances - 1);
        let message = "say how many machines stay, fewer than the service has";
        faults.push(FieldFault::new("/keepInstances", "keep", &found, &allowed, message));
    }
    if faults.is_empty() { Ok(()) } else { Err(BrokerError::Invalid(faults)) }
}
