//! A reconciler: finds what carries the label of a contract and belongs to nobody, and gives it back.

use crate::audit::{Entry, record};
use crate::contracts::engine;
use crate::lifecycle::{self, ReclaimInput};
use crate::{Broker, BrokerError, OpContext};
use domain::{ChangeKind, ContractState, DurationUs};
use futures::stream::{self, StreamExt};
use provider_api::{Allocation, AllocationId, ResourceState};
use storage::contracts::{self, ContractHead};
use storage::lock;
use workflow::Priority;

/// Contracts asked about at the same time.
const AT_ONCE: usize = 16;
/// Contracts read per page.
const PAGE: u32 = 200;
/// How long after its end a contract is still asked about: much longer than a call can be under way, and
/// short enough that each look is about few.
const ENDED_WITHIN_US: DurationUs = 3600 * 1_000_000;

impl Broker {
    /// Looks once for allocations without an owner and begins to give them back; returns how many.
    pub async fn look_for_orphans(&self) -> Result<usize, BrokerError> {
        let mut found = self.orphans_of(self.ended_lately().await?).await;
        let mut cursor = None;
        loop {
            let mut tx = self.begin_read().await?;
            let active = ContractState::Active;
            let page = contracts::list_by_state(&mut tx, active, cursor.as_ref(), PAGE).await?;
            drop(tx);
            found += self.orphans_of(page.items).await;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }

    async fn ended_lately(&self) -> Result<Vec<ContractHead>, BrokerError> {
        let since = self.now().plus_us(-ENDED_WITHIN_US);
        let mut tx = self.begin_read().await?;
        Ok(contracts::list_ended_since(&mut tx, since).await?)
    }

    async fn orphans_of(&self, heads: Vec<ContractHead>) -> usize {
        let counts = stream::iter(heads).map(|head| async move {
            match self.reclaim_of(&head).await {
                Ok(count) => count,
                Err(reason) => {
                    let id = head.id;
                    tracing::warn!(contract.id = %id, %reason, "no look for orphans was possible");
                    0
                }
            }
        });
        counts.buffer_unordered(AT_ONCE).fold(0, |sum, count| async move { sum + count }).await
    }

    /// A contract that never had anything at a cloud costs no call.
    async fn reclaim_of(&self, head: &ContractHead) -> Result<usize, String> {
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let rows = contracts::list_resources(&mut tx, head.id).await;
        let connection = self.cloud_of(&mut tx, head.provider_id).await;
        drop(tx);
        let rows = rows.map_err(|error| error.to_string())?;
        let Some(connection) = connection.map_err(|error| error.to_string())? else { return Ok(0) };
        let driver = self.inner.drivers.driver(&connection)?;
        let all = driver.list(&head.id.to_string()).await.map_err(|error| error.to_string())?;
        let own = rows.iter().rev().find(|row| row.kind == lifecycle::GROUP);
        let own = own.filter(|_| head.state == ContractState::Active);
        let is_own = |it: &Allocation| own.is_some_and(|row| row.native_id == it.id.as_str());
        let mut begun = 0;
        for orphan in all.iter().filter(|it| is_booked(it) && !is_own(it)) {
            let new = self.begin_reclaim(head, &orphan.id).await;
            begun += usize::from(new.map_err(|error| error.to_string())?);
        }
        Ok(begun)
    }

    /// Begins once, and only while the contract stands as it was looked at.
    async fn begin_reclaim(
        &self,
        head: &ContractHead,
        allocation: &AllocationId,
    ) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, head.id).await?;
        let now = contracts::find_head(&mut tx, head.id).await?;
        if now.is_none_or(|now| now.revision != head.revision) {
            return Ok(false);
        }
        // What a service is moved to, or away from, is the move's until its end.
        let open = contracts::find_open_change(&mut tx, head.id).await?;
        if open.is_some_and(|change| change.kind == ChangeKind::Move) {
            return Ok(false);
        }
        let input = ReclaimInput { provider: head.provider_id, allocation: allocation.clone() };
        let owner = head.organisation_id.to_string();
        let from = self.origin(&owner, Priority::Normal);
        let subject = head.id.to_string();
        let started = workflow::start(&mut tx, from, &lifecycle::reclaim(), &subject, &input).await;
        if !started.map_err(engine)?.created {
            return Ok(false);
        }
        let ctx = OpContext::system("orphans");
        let entry =
            Entry::new("allocation.orphan_found", head.id).with("allocation", allocation.as_str());
        record(self, &ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        tracing::warn!(contract.id = %head.id, %allocation, "an allocation belongs to nobody");
        Ok(true)
    }
}

/// A hold ends by itself.
fn is_booked(allocation: &Allocation) -> bool {
    allocation.state.takes_capacity() && allocation.state != ResourceState::Held
}
