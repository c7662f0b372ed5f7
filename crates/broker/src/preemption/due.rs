//! Reconcilers: what was noticed begins when its moment comes, and what was taken goes back as soon as there is room.

use super::choose::{missing, one_machine, reduced};
use super::rows::{given_up, settle};
use crate::contracts::{Plan, engine};
use crate::lifecycle::{self, PreemptInput, group_of};
use crate::{Broker, BrokerError};
use domain::{ContractState, DurationUs, PreemptionEvent, PreemptionState, ProviderId};
use provider_api::{Amounts, DiscoverRequest};
use std::collections::BTreeSet;
use storage::contracts::{self, Contract, ContractHead, Preemption};
use storage::workflow::of_subject;
use storage::{StorageError, Tx, lock};
use workflow::{Priority, WorkflowDefinition};

/// Pre-emptions begun or given back in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 50;
/// Workflows of a contract that are looked through.
const RUNS_MAX: i64 = 50;
/// How long room that was taken is kept for the lifeline that is still being set up in it.
const LIFELINE_FIRST_US: DurationUs = 600 * 1_000_000;
/// How soon a cloud is asked again that had no room.
const ASK_AGAIN_US: DurationUs = 10 * 1_000_000;

impl Broker {
    /// Begins what is due, and calls off what nobody waits for any more; returns how many began. May run in several
    /// processes at once.
    pub async fn preempt_due(&self) -> Result<usize, BrokerError> {
        let mut tx = self.begin_read().await?;
        let due = contracts::list_due_preemptions(&mut tx, self.now(), DUE_AT_ONCE).await?;
        drop(tx);
        let mut begun = 0;
        for row in due {
            match self.preempt_one(&row).await {
                Ok(begins) => begun += usize::from(begins),
                // One that cannot begin does not keep the others waiting.
                Err(error) => tracing::error!(contract.id = %row.contract_id, %error,
                    "a pre-emption whose moment has come could not begin; it is tried again"),
            }
        }
        Ok(begun)
    }

    /// Looks again behind the lock: meanwhile it may have been called off, or another process was first.
    async fn preempt_one(&self, due: &Preemption) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        let id = due.contract_id;
        lock::contract(&mut tx, id).await?;
        let row = contracts::find_preemption(&mut tx, id, due.number).await?;
        let Some(row) = row.filter(|row| row.state == PreemptionState::Noticed) else {
            return Ok(false);
        };
        let awaited = contracts::find_head(&mut tx, row.for_contract).await?;
        let awaited = awaited.is_some_and(|head| head.state == ContractState::Activating);
        let head = contracts::find_head(&mut tx, id).await?;
        let head = head.ok_or(BrokerError::NotFound { what: "contract" })?;
        if !awaited || head.state != ContractState::Active {
            settle(self, &mut tx, &row, PreemptionEvent::CallOff).await?;
            tx.commit().await?;
            return Ok(false);
        }
        // It begins as soon as nothing else is done to the service.
        if row.due_at > self.now() || is_busy(&mut tx, &head).await? {
            return Ok(false);
        }
        settle(self, &mut tx, &row, PreemptionEvent::Begin).await?;
        self.begin_preemption(&mut tx, &head, &row, (lifecycle::preempt(), Priority::Lifeline))
            .await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(true)
    }

    /// Gives back what was taken where there is room again; at one provider one service at a time, and first what was
    /// taken first. Returns how many began to get it back.
    pub async fn return_due(&self) -> Result<usize, BrokerError> {
        let now = self.now();
        let mut tx = self.begin_read().await?;
        let at_work = contracts::list_preemptions_at_work(&mut tx, DUE_AT_ONCE).await?;
        let due = contracts::list_preemptions_to_return(&mut tx, now, DUE_AT_ONCE).await?;
        drop(tx);
        for row in at_work {
            if let Err(error) = self.take_up(&row).await {
                tracing::error!(contract.id = %row.contract_id, %error, "a pre-emption is stuck");
            }
        }
        let (mut begun, mut asked) = (0, BTreeSet::new());
        for row in due {
            match self.return_one(&row, &mut asked).await {
                Ok(begins) => begun += usize::from(begins),
                Err(error) => tracing::error!(contract.id = %row.contract_id, %error,
                    "room that was taken could not be given back; it is tried again"),
            }
        }
        Ok(begun)
    }

    /// What was given up at the desk goes on from where it stood before.
    async fn take_up(&self, row: &Preemption) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, row.contract_id).await?;
        let found = contracts::find_preemption(&mut tx, row.contract_id, row.number).await?;
        let Some(row) = found else { return Ok(()) };
        if let Some(event) = given_up(&mut tx, &row).await? {
            settle(self, &mut tx, &row, event).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn return_one(
        &self,
        due: &Preemption,
        asked: &mut BTreeSet<ProviderId>,
    ) -> Result<bool, BrokerError> {
        let id = due.contract_id;
        let mut tx = self.begin_read().await?;
        let contract = contracts::find(&mut tx, id).await?;
        let contract = contract.ok_or(BrokerError::NotFound { what: "contract" })?;
        let provider = contract.head.provider_id;
        // A lifeline that is just being set up comes first.
        let since = self.now().plus_us(-LIFELINE_FIRST_US);
        if !asked.insert(provider) || contracts::is_room_awaited(&mut tx, provider, since).await? {
            return Ok(false);
        }
        drop(tx);
        let room = self.has_room(&contract, due).await;
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let row = contracts::find_preemption(&mut tx, id, due.number).await?;
        let Some(mut row) = row.filter(|row| row.state == PreemptionState::Taken) else {
            return Ok(false);
        };
        let head = contracts::find_head(&mut tx, id).await?;
        let head = head.ok_or(BrokerError::NotFound { what: "contract" })?;
        if !room || head.state != ContractState::Active || is_busy(&mut tx, &head).await? {
            row.try_at = Some(self.now().plus_us(ASK_AGAIN_US));
            contracts::set_preemption(&mut tx, &row).await?;
            tx.commit().await?;
            return Ok(false);
        }
        settle(self, &mut tx, &row, PreemptionEvent::Return).await?;
        let definition = lifecycle::return_room();
        self.begin_preemption(&mut tx, &head, &row, (definition, Priority::Urgent)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(true)
    }

    /// Whether the cloud says that it has what is missing; where it speaks of another zone it is tried.
    async fn has_room(&self, contract: &Contract, row: &Preemption) -> bool {
        match self.free_beside(contract).await {
            Ok(Some(free)) => needed(contract, row).is_none_or(|needed| free.covers(&needed)),
            Ok(None) => true,
            Err(reason) => {
                tracing::warn!(contract.id = %contract.head.id, %reason, "a cloud does not tell its room");
                false
            }
        }
    }

    /// What is free in the zone of a service; `None`: the cloud spoke of another one.
    async fn free_beside(&self, contract: &Contract) -> Result<Option<Amounts>, String> {
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let head = &contract.head;
        let connection = self.cloud_of(&mut tx, head.provider_id).await;
        let rows = contracts::list_resources(&mut tx, head.id).await;
        drop(tx);
        let connection = connection.map_err(|error| error.to_string())?.ok_or("it has no cloud")?;
        let rows = rows.map_err(|error| error.to_string())?;
        let group = rows.iter().rev().find(|row| row.kind == lifecycle::GROUP);
        let place =
            group.and_then(|row| lifecycle::place(&row.detail)).ok_or("its place is unknown")?;
        let request =
            DiscoverRequest { region: place.region, resources: one_machine(), links: Vec::new() };
        let driver = self.inner.drivers.driver(&connection)?;
        let answer = driver.discover(&request).await.map_err(|error| error.to_string())?;
        Ok((answer.zone.id == place.zone).then_some(answer.free))
    }

    async fn begin_preemption(
        &self,
        tx: &mut Tx,
        head: &ContractHead,
        row: &Preemption,
        (definition, class): (WorkflowDefinition<Self>, Priority),
    ) -> Result<(), BrokerError> {
        let input = PreemptInput {
            provider: head.provider_id,
            number: row.number,
            service_name: head.service_name.clone(),
        };
        let owner = head.organisation_id.to_string();
        let from = self.origin(&owner, class);
        let started = workflow::start(tx, from, &definition, &head.id.to_string(), &input).await;
        started.map_err(engine).map(drop)
    }
}

/// Whether a workflow works on the service.
async fn is_busy(tx: &mut Tx, head: &ContractHead) -> Result<bool, StorageError> {
    let runs = of_subject(tx, &head.id.to_string(), RUNS_MAX).await?;
    Ok(runs.iter().any(|run| run.finished_at.is_none()))
}

/// What a service needs beside what it has left; `None`: its quantities cannot be read, and the cloud decides.
fn needed(contract: &Contract, row: &Preemption) -> Option<Amounts> {
    let plan: Plan = serde_json::from_str(&contract.plan).ok()?;
    let whole = group_of(&plan).ok()?;
    let keep = u32::try_from(row.keep_instances).ok()?;
    Some(missing(&whole.amounts(), &reduced(&whole, keep).amounts()))
}
