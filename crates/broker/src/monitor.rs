//! Watching active services: liveness at the cloud and response at the public address.
//!
//! A sample that could not be taken is not written: "no data" is a state of its own, and a broker
//! that cannot see says nothing about the provider.

use crate::{Broker, BrokerError, inventory, lifecycle};
use domain::{ContractId, ContractState, Timestamp};
use futures::stream::{self, StreamExt};
use provider_api::{AllocationId, ProbeAnswer, ResourceState};
use storage::contracts::{self, ContractHead, Resource};
use storage::observations::{self, Observation, ObservationKind};

/// Services asked at the same time.
const AT_ONCE: usize = 16;
/// Contracts read per page.
const PAGE: u32 = 200;

impl Broker {
    /// Takes one sample of every active service; returns how many services were asked.
    pub async fn observe_services(&self) -> Result<usize, BrokerError> {
        let mut cursor = None;
        let mut asked = 0;
        loop {
            let mut tx = self.begin_read().await?;
            let page =
                contracts::list_by_state(&mut tx, ContractState::Active, cursor.as_ref(), PAGE)
                    .await?;
            drop(tx);
            asked += page.items.len();
            let samples: Vec<Vec<Observation>> = stream::iter(page.items)
                .map(|head| async move { self.sample(&head).await })
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            let mut tx = self.begin().await?;
            for sample in samples.iter().flatten() {
                observations::insert(&mut tx, sample).await?;
            }
            tx.commit().await?;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(asked);
            }
        }
    }

    async fn sample(&self, head: &ContractHead) -> Vec<Observation> {
        let mut samples = Vec::with_capacity(2);
        let at = self.now();
        let group = match self.group_of(head.id).await {
            Ok(group) => group,
            Err(reason) => {
                tracing::warn!(contract.id = %head.id, %reason, "it is not known what runs");
                return samples;
            }
        };
        // What the broker itself has halted, to carry its data elsewhere, says nothing about the provider.
        let halted = inventory::word(ResourceState::Draining);
        if group.as_ref().is_some_and(|row| row.state == halted) {
            return samples;
        }
        if let Some(address) = &head.address {
            let seen = self.inner.probe.probe(address).await.ok();
            samples.push(Observation {
                contract_id: head.id,
                kind: ObservationKind::Response,
                at,
                ok: seen.as_ref().is_some_and(ProbeAnswer::is_up),
                value_us: seen.map(|answer| answer.response_us),
            });
        }
        match self.ask_liveness(head, group, at).await {
            Ok(sample) => samples.extend(sample),
            Err(reason) => {
                tracing::warn!(contract.id = %head.id, %reason, "no liveness sample could be taken");
            }
        }
        samples
    }

    /// What the contract runs on.
    async fn group_of(&self, contract: ContractId) -> Result<Option<Resource>, String> {
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let rows = contracts::list_resources(&mut tx, contract)
            .await
            .map_err(|error| error.to_string())?;
        Ok(rows.into_iter().rev().find(|row| row.kind == lifecycle::GROUP))
    }

    async fn ask_liveness(
        &self,
        head: &ContractHead,
        group: Option<Resource>,
        at: Timestamp,
    ) -> Result<Option<Observation>, String> {
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let connection =
            self.cloud_of(&mut tx, head.provider_id).await.map_err(|error| error.to_string())?;
        drop(tx);
        let (Some(group), Some(connection)) = (group, connection) else {
            return Ok(None);
        };
        let driver = self.inner.drivers.driver(&connection)?;
        let liveness = driver
            .liveness(&AllocationId(group.native_id))
            .await
            .map_err(|error| error.to_string())?;
        Ok(Some(Observation {
            contract_id: head.id,
            kind: ObservationKind::Liveness,
            at,
            ok: liveness.alive,
            value_us: None,
        }))
    }
}
