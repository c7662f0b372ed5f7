//! A reconciler: finds holds that carry the label of a firm list that has ended, and drops them. A call that
//! was given up may have held something after the list let go; without this it would be lent to nobody
//! until it ends by itself.

use super::{FirmAnswer, FirmPlace, label, places_of};
use crate::{Broker, BrokerError};
use domain::DurationUs;
use futures::stream::{self, StreamExt};
use provider_api::{AllocationCommand, Call, IdempotencyKey, ResourceState};
use storage::securing::firm::{self, FirmList};

/// How long after its end a list is asked about: longer than a hold lasts.
const ENDED_WITHIN_US: DurationUs = 600 * 1_000_000;
/// Places asked about at the same time.
const AT_ONCE: usize = 16;

impl Broker {
    /// Looks once; returns how many holds were dropped.
    pub async fn look_for_left_holds(&self) -> Result<usize, BrokerError> {
        let (mut after, mut dropped) = (None, 0);
        loop {
            let since = self.now().plus_us(-ENDED_WITHIN_US);
            let lists = firm::list_ended_since(&mut self.begin_read().await?, since, after).await?;
            let Some(last) = lists.last() else { return Ok(dropped) };
            after = Some(last.id);
            for list in lists {
                let mut places = places_of(&list)?;
                places.retain(|place| may_hold(&list, place));
                let (broker, list) = (self, &list);
                let counts = stream::iter(places)
                    .map(|place| async move { broker.drop_left(list, &place).await })
                    .buffer_unordered(AT_ONCE);
                dropped += counts.fold(0, |sum, count| async move { sum + count }).await;
            }
        }
    }

    /// A cloud that does not answer is asked in the next round.
    async fn drop_left(&self, list: &FirmList, place: &FirmPlace) -> usize {
        match self.drop_at(list, place).await {
            Ok(count) => count,
            Err(reason) => {
                tracing::warn!(firm_list.id = %list.id, %reason, "no look for left holds was possible");
                0
            }
        }
    }

    async fn drop_at(&self, list: &FirmList, place: &FirmPlace) -> Result<usize, String> {
        let mut tx = self.begin_read().await.map_err(|error| error.to_string())?;
        let connection = self.cloud_of(&mut tx, place.candidate.provider).await;
        drop(tx);
        let Some(connection) = connection.map_err(|error| error.to_string())? else { return Ok(0) };
        let driver = self.inner.drivers.driver(&connection)?;
        let label = label(list.organisation_id, list.id, place.number).to_string();
        let mut dropped = 0;
        for allocation in driver.list(&label).await.map_err(|error| error.to_string())? {
            if allocation.state != ResourceState::Held {
                continue;
            }
            let key = IdempotencyKey::parse(format!("left-{}", allocation.id));
            let key = key.map_err(|error| error.to_string())?;
            let call = Call { key, epoch: self.now().0.max(allocation.epoch) };
            let command = AllocationCommand { call, allocation_id: allocation.id };
            driver.drop_hold(command).await.map_err(|error| error.to_string())?;
            dropped += 1;
        }
        Ok(dropped)
    }
}

/// Places that a call may have reached; what was booked is its contract's.
fn may_hold(list: &FirmList, place: &FirmPlace) -> bool {
    let label = label(list.organisation_id, list.id, place.number);
    list.contract_id != Some(label)
        && !matches!(place.answer, FirmAnswer::NotAsked | FirmAnswer::Full)
}
