//! The reconciler that writes the feed: what the public sees now, against what the latest event says of it.
//!
//! Takes no input and may run at any time in any number of processes; whoever writes holds the head of the feed. An
//! offer that changed twice between two looks makes one event, from the version that was told to the one there is.

use super::{EVENTS_KEPT_US, EventKind};
use crate::notices::OVERLAP_US;
use crate::{Broker, BrokerError};
use domain::{EventId, OfferId, ProviderId, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use storage::feed::{self, Head, NewEvent, ProviderLook, Unwritten};
use storage::looks::{self, VersionText};
use storage::{StorageError, Tx};

/// Offers whose changes are written in one unit of work; it is held while they are compared.
const BATCH: u32 = 200;
/// Providers read at once.
const PROVIDERS: u32 = 500;
/// Units of work in one go; the rest waits for the next second.
const ROUNDS_MAX: u32 = 50;

impl Broker {
    /// Writes everything that happened on the market since; returns the number of events.
    pub async fn write_feed(&self) -> Result<u64, BrokerError> {
        let followed = &self.inner.watch.written_until;
        let since = Timestamp(followed.load(Ordering::Relaxed));
        let begun = self.now();
        let mut written = 0;
        for _ in 0..ROUNDS_MAX {
            if self.is_closing() {
                return Ok(written);
            }
            let mut tx = self.begin_read().await?;
            let offers = feed::list_unwritten(&mut tx, since, 1).await?;
            let providers = changed_providers(&mut tx, since).await?;
            drop(tx);
            if offers.is_empty() && providers.is_empty() {
                followed.store(begun.plus_us(-OVERLAP_US).0, Ordering::Relaxed);
                return Ok(written);
            }
            written += self.write_some(since).await?;
        }
        Ok(written)
    }

    /// Looks again behind the lock: meanwhile another process may have written the same.
    async fn write_some(&self, since: Timestamp) -> Result<u64, BrokerError> {
        let mut tx = self.begin().await?;
        let head = feed::lock(&mut tx).await?;
        let providers = changed_providers(&mut tx, since).await?;
        let offers = feed::list_unwritten(&mut tx, since, BATCH).await?;
        let both = |offer: &Unwritten| {
            Some([(offer.id, offer.version_before?), (offer.id, offer.version?)])
        };
        let pairs: Vec<(OfferId, i64)> = offers.iter().filter_map(both).flatten().collect();
        let texts = looks::list_texts(&mut tx, &pairs).await?;
        let changes = compare_beside(offers.clone(), texts).await?;
        let events = self.events(&head, &providers, &offers, changes)?;
        feed::append(&mut tx, &head, &events).await?;
        feed::put_offers(&mut tx, &offers).await?;
        let hashes: Vec<(ProviderId, String)> =
            providers.into_iter().map(|(look, hash)| (look.id, hash)).collect();
        feed::put_providers(&mut tx, &hashes).await?;
        tx.commit().await?;
        Ok(events.len() as u64)
    }

    fn events(
        &self,
        head: &Head,
        providers: &[(ProviderLook, String)],
        offers: &[Unwritten],
        mut changes: HashMap<OfferId, sla::Diff>,
    ) -> Result<Vec<NewEvent>, BrokerError> {
        let (mut events, at) = (Vec::new(), self.now());
        let bare = |kind: EventKind, provider_id| NewEvent {
            number: 0,
            id: EventId::new(self.ids()),
            kind: kind.as_str(),
            provider_id,
            offer_id: None,
            version: None,
            version_before: None,
            verdict: None,
            changes: None,
            at,
        };
        // A provider that nothing was said about yet is told with its first offer.
        let known = providers.iter().filter(|(look, _)| look.hash.is_some());
        events.extend(known.map(|(look, _)| bare(EventKind::ProviderChanged, look.id)));
        for offer in offers {
            let kind = match (offer.version_before, offer.version) {
                (None, _) => EventKind::OfferPublished,
                (_, None) => EventKind::OfferWithdrawn,
                _ => EventKind::VersionPublished,
            };
            let changes = changes.remove(&offer.id);
            let text = changes.as_ref().map(|changes| serde_json::to_string(&changes.parts));
            let text = text.transpose();
            events.push(NewEvent {
                offer_id: Some(offer.id),
                version: offer.version,
                version_before: offer.version_before,
                verdict: changes.map(|changes| changes.verdict().as_str()),
                changes: text
                    .map_err(|error| BrokerError::Internal(format!("an event: {error}")))?,
                ..bare(kind, offer.provider_id)
            });
        }
        let numbers = head.number.saturating_add(1)..;
        for (event, number) in events.iter_mut().zip(numbers) {
            event.number = number;
        }
        Ok(events)
    }

    /// Removes events that are older than anybody who follows the feed waits.
    pub(crate) async fn tidy_feed(&self) -> Result<(), BrokerError> {
        // Once in a while the whole market is compared, whatever the clocks of other processes said.
        self.inner.watch.written_until.store(0, Ordering::Relaxed);
        self.inner.watch.told_until.store(0, Ordering::Relaxed);
        let mut tx = self.begin().await?;
        feed::lock(&mut tx).await?;
        feed::remove_older_than(&mut tx, self.now().plus_us(-EVENTS_KEPT_US)).await?;
        Ok(tx.commit().await?)
    }
}

/// What became of the offers that were there and still are.
async fn compare_beside(
    offers: Vec<Unwritten>,
    texts: Vec<VersionText>,
) -> Result<HashMap<OfferId, sla::Diff>, BrokerError> {
    let compare = move || {
        let texts: HashMap<(OfferId, i64), &str> =
            texts.iter().map(|row| ((row.offer_id, row.version), row.document.as_str())).collect();
        let read = |id, version: Option<i64>| sla::parse_offer(texts.get(&(id, version?))?).ok();
        let one = |offer: &Unwritten| {
            let before = read(offer.id, offer.version_before)?;
            Some((offer.id, sla::diff(&before, &read(offer.id, offer.version)?)))
        };
        offers.iter().filter_map(one).collect()
    };
    tokio::task::spawn_blocking(compare)
        .await
        .map_err(|error| BrokerError::Internal(format!("comparing versions: {error}")))
}

/// Providers of which the public sees something else than the latest event said, or anything for the first time.
async fn changed_providers(
    tx: &mut Tx,
    since: Timestamp,
) -> Result<Vec<(ProviderLook, String)>, StorageError> {
    let (mut changed, mut after) = (Vec::new(), None);
    loop {
        let page = feed::list_providers(tx, since, after, PROVIDERS).await?;
        let whole = page.len() == PROVIDERS as usize;
        after = page.last().map(|look| look.id);
        let hashed = page.into_iter().map(|look| {
            let hash = hash(&look);
            (look, hash)
        });
        changed.extend(hashed.filter(|(look, hash)| look.hash.as_ref() != Some(hash)));
        if !whole {
            return Ok(changed);
        }
    }
}

/// Over what everybody sees of a provider, each part with its length, so that none runs into the next.
fn hash(look: &ProviderLook) -> String {
    let (homepage, regions) = (look.homepage.as_deref(), look.cloud_regions.as_deref());
    let cloud = format!("{} {}", look.backed, look.passed);
    let parts = [
        &look.slug,
        &look.did,
        &look.name_en,
        &look.name_ja,
        &look.description_en,
        &look.description_ja,
        &look.country,
        &cloud,
    ];
    let more = [homepage.unwrap_or_default(), regions.unwrap_or_default()];
    let mut hasher = Sha256::new();
    for part in parts.into_iter().map(String::as_str).chain(more) {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}
