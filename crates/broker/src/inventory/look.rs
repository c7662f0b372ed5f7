//! A reconciler: asks each cloud what its active services consist of and notes where that is something
//! else than was ordered. A cloud that does not answer says nothing about its services.

use super::parts::{Part, measured, observed};
use super::{LOOK, read_parts, text};
use crate::{Broker, BrokerError, lifecycle};
use domain::{ContractId, ContractState, ResourceId};
use futures::stream::{self, StreamExt};
use provider_api::{AllocationId, DriverError};
use storage::contracts::{self, ContractHead};
use storage::inventory::{self, InventorySnapshot};
use storage::workflow::of_subject;

/// Services asked at the same time.
const AT_ONCE: usize = 16;
/// Contracts read per page.
const PAGE: u32 = 200;
/// Workflows of a contract that are looked through.
const RUNS_MAX: i64 = 50;

impl Broker {
    /// Looks at every active service once; returns how many differ from what was ordered.
    pub async fn look_at_services(&self) -> Result<usize, BrokerError> {
        let (mut cursor, mut differ) = (None, 0);
        loop {
            let mut tx = self.begin_read().await?;
            let active = ContractState::Active;
            let page = contracts::list_by_state(&mut tx, active, cursor.as_ref(), PAGE).await?;
            drop(tx);
            let looks = stream::iter(page.items)
                .map(|head| async move { self.look_at_service(&head).await })
                .buffer_unordered(AT_ONCE);
            differ += looks.filter(|found| std::future::ready(*found)).count().await;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(differ);
            }
        }
    }

    /// Looks at one; whether it differs. What cannot be looked at is left for the next round.
    async fn look_at_service(&self, head: &ContractHead) -> bool {
        match self.differs(head).await {
            Ok(differs) => differs,
            Err(reason) => {
                tracing::warn!(contract.id = %head.id, %reason, "the inventory was not compared");
                false
            }
        }
    }

    async fn differs(&self, head: &ContractHead) -> Result<bool, String> {
        let Some(newest) = self.newest(head.id).await? else { return Ok(false) };
        let parts = read_parts(&newest).map_err(|error| error.to_string())?;
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let connection = self.cloud_of(&mut tx, head.provider_id).await;
        drop(tx);
        let Some(connection) = connection.map_err(|error| error.to_string())? else {
            return Ok(false);
        };
        let driver = self.inner.drivers.driver(&connection)?;
        let graph = match driver.resources(&AllocationId(newest.allocation.clone())).await {
            Ok(graph) => Some(graph),
            Err(DriverError::Gone { .. }) => None,
            Err(error) => return Err(error.to_string()),
        };
        let mut found = observed(&parts, graph.as_ref());
        if graph.is_some() {
            let lent = driver.allocation(&AllocationId(newest.allocation.clone())).await;
            found = measured(&found, &lent.map_err(|error| error.to_string())?);
        }
        // Whoever changes the size at this moment writes down what is ordered when it is done.
        if found.iter().any(|part| !part.observed_attributes.is_empty())
            && self.is_at_work(head.id).await.map_err(|error| error.to_string())?
        {
            return Ok(false);
        }
        let differs = found.iter().any(Part::differs);
        if found != parts {
            self.note_look(head.id, newest, text(&found))
                .await
                .map_err(|error| error.to_string())?;
        }
        if differs && self.repair_by_itself(head.id).await.map_err(|error| error.to_string())? {
            tracing::info!(contract.id = %head.id, "a service is being repaired");
        }
        Ok(differs)
    }

    /// Whether a workflow works on the contract.
    async fn is_at_work(&self, id: ContractId) -> Result<bool, BrokerError> {
        let runs = of_subject(&mut self.begin_read().await?, &id.to_string(), RUNS_MAX).await?;
        Ok(runs.iter().any(|run| run.finished_at.is_none()))
    }

    /// The newest snapshot of the allocation that the contract runs on.
    pub(super) async fn newest(&self, id: ContractId) -> Result<Option<InventorySnapshot>, String> {
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let found = inventory::at(&mut tx, id, self.now()).await;
        let rows =
            contracts::list_resources(&mut tx, id).await.map_err(|error| error.to_string())?;
        let own = rows.iter().rev().find(|row| row.kind == lifecycle::GROUP);
        let is_own =
            |one: &InventorySnapshot| own.is_some_and(|row| row.native_id == one.allocation);
        Ok(found.map_err(|error| error.to_string())?.into_iter().find(is_own))
    }

    /// Notes what was found, unless a step has changed the contract meanwhile.
    async fn note_look(
        &self,
        id: ContractId,
        newest: InventorySnapshot,
        parts: String,
    ) -> Result<(), BrokerError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let before = inventory::at(&mut tx, id, now).await?;
        if !before.contains(&newest) {
            return Ok(());
        }
        let id = ResourceId::new(self.ids());
        let snapshot = InventorySnapshot { id, at: now, cause: LOOK.to_owned(), parts, ..newest };
        inventory::append(&mut tx, &snapshot).await?;
        Ok(tx.commit().await?)
    }
}
