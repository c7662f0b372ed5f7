//! What must hold: at every moment, and when everything has come to its end.

use super::market::Market;
use domain::{Clock, ContractId, ContractState};
use provider_api::{ResourceState, UsageRecord};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use storage::contracts;

/// Longer than the longest hold.
const PAST_EVERY_HOLD_SECONDS: i64 = 1_000;

/// No double effect, no resource without an owner, no more than there is room for, no hold beyond
/// its time.
pub fn always(market: &Market) -> Result<(), String> {
    market.wire.with_cloud(|cloud| {
        cloud.expire();
        let now = market.clock.now().0;
        let mut labels = BTreeSet::new();
        for book in cloud.books.values() {
            let it = &book.allocation;
            let owner: Option<ContractId> = it.label.parse().ok();
            if !owner.is_some_and(|owner| market.contracts.contains(&owner)) {
                return Err(format!("{} has no owner: {}", it.id, it.label));
            }
            if !labels.insert(&it.label) {
                return Err(format!("double effect: {} has two groups", it.label));
            }
            if book.intervals.len() > 1 {
                return Err(format!("double effect: {} was started twice", it.id));
            }
            let held = it.state == ResourceState::Held;
            if held && it.held_until_us.is_none_or(|end| end <= now) {
                return Err(format!("{} is held beyond its time", it.id));
            }
        }
        let taken = cloud.taken();
        if taken > 2 { Err(format!("{taken} instances are lent of 2")) } else { Ok(()) }
    })
}

/// No lost contract, no leaked resource, and both sides' books are the same.
pub async fn at_the_end(market: &Market) -> Result<(), String> {
    market.clock.advance_seconds(PAST_EVERY_HOLD_SECONDS);
    always(market)?;
    for id in &market.contracts {
        let state = market.state(*id).await;
        let groups: Vec<_> = market.wire.with_cloud(|cloud| {
            let of = cloud.books.values().filter(|book| book.allocation.label == id.to_string());
            of.map(|book| (book.allocation.state, book.allocation.id.clone())).collect()
        });
        let at_the_cloud = groups.first().map(|(state, _)| *state);
        let fits = match (state, at_the_cloud) {
            (ContractState::Active, Some(group)) => group == ResourceState::Active,
            (ContractState::Released, Some(group)) => group == ResourceState::Erased,
            (ContractState::Failed, None) => true,
            (ContractState::Failed, Some(group)) => !group.takes_capacity(),
            _ => false,
        };
        if !fits {
            return Err(format!("{id} is {state:?} and its group is {at_the_cloud:?}"));
        }
        rows(market, *id, state).await?;
    }
    Ok(())
}

/// The rows of a contract say the same as the cloud.
async fn rows(market: &Market, id: ContractId, state: ContractState) -> Result<(), String> {
    let mut tx = market.broker.db().begin_read().await.map_err(|error| error.to_string())?;
    let text = |error: storage::StorageError| error.to_string();
    let head = contracts::find_head(&mut tx, id).await.map_err(text)?.ok_or("no contract")?;
    let usage = contracts::find_usage(&mut tx, id).await.map_err(text)?;
    let statement = contracts::find_erasure_statement(&mut tx, id).await.map_err(text)?;
    let released = state == ContractState::Released;
    // An activation that was undone after its start has erased what users may have left, and keeps the proof.
    let erased = statement.is_some();
    let may_be_erased = released || state == ContractState::Failed;
    if head.price.minor <= 0
        || released != usage.is_some()
        || (released && !erased)
        || (erased && !may_be_erased)
    {
        return Err(format!("{id} is {state:?}: usage {usage:?}, statement {statement:?}"));
    }
    if (state == ContractState::Active) != head.address.is_some() && !released {
        return Err(format!("{id} is {state:?} with the address {:?}", head.address));
    }
    let Some(usage) = usage else { return Ok(()) };
    let meter: UsageRecord = serde_json::from_str(&usage.meter).map_err(|e| e.to_string())?;
    let counted = market.wire.with_cloud(|cloud| {
        let book = &cloud.books[&meter.allocation_id];
        let open = book.intervals.iter().any(|it| it.stopped_at_us.is_none());
        let seconds = |it: &provider_api::UseInterval| {
            it.stopped_at_us.map_or(0, |end| (end - it.started_at_us).div_euclid(1_000_000))
        };
        (open, book.intervals.iter().map(seconds).sum::<i64>())
    });
    let hash = hex::encode(Sha256::digest(usage.meter.as_bytes()));
    if !meter.is_final || counted != (false, meter.used_seconds) || usage.hash != hash {
        return Err(format!("{id}: the meter {meter:?} is not the cloud's {counted:?}"));
    }
    Ok(())
}
