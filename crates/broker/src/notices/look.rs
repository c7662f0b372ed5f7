//! The reconciler that looks at what changed on the market: gather, judge; `tell` writes.
//!
//! Takes no input and may run at any time in any number of processes. What was looked at is kept
//! in rows that change together with the notices, so that each piece of news is told once.

use super::Need;
use super::event::{Gathered, KnownOffers, Members, Text, Turn};
use super::judge::{Draft, judge};
use crate::fetch::read_rows;
use crate::requirements::day_of;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError};
use domain::{DurationUs, OfferId, RequirementId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use storage::looks::{self, Known, MarketLook, Unseen};
use storage::requirements::{self, Watched};
use storage::{StorageError, Tx, audiences, offers};
use uuid::Uuid;

/// How far back it looks again: longer than any transaction takes.
pub(crate) const OVERLAP_US: DurationUs = 10_000_000;
/// Changes that are looked at together: two full imports, so that one need hears of them once.
const BATCH: u32 = 20_000;
/// Changes read by one statement, seen or not; whoever stops waits for one.
const SCANNED: u32 = 5_000;
/// Watched needs read at once.
const CHUNK: u32 = 500;
/// Looks in one go; the rest waits for the next second.
const ROUNDS_MAX: u32 = 20;

/// What a look at the market found, not told yet.
#[derive(Debug)]
pub struct News {
    pub(super) gathered: Arc<Gathered>,
    /// Needs that were judged, in the state they were judged in.
    pub(super) judged: BTreeMap<RequirementId, Watched>,
    pub(super) drafts: Vec<Draft>,
}

impl News {
    /// How many notices it makes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Whether nobody is told anything; the look itself is to be kept all the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }
}

impl Broker {
    /// Tells everybody who watches a need about everything that happened on the market since;
    /// returns the number of notices.
    pub async fn tell_watchers(&self) -> Result<u64, BrokerError> {
        let mut told = 0;
        for _ in 0..ROUNDS_MAX {
            // A market that is new to this database takes many rounds; whoever stops waits for one.
            if self.is_closing() {
                break;
            }
            let Some(news) = self.find_news().await? else { break };
            told += self.tell(news).await?.unwrap_or(0);
        }
        Ok(told)
    }

    /// Looks at the market; `None`: nothing happened since the last look.
    pub async fn find_news(&self) -> Result<Option<News>, BrokerError> {
        self.sync_market().await?;
        let mut tx = self.begin_read().await?;
        let look = looks::read(&mut tx).await?;
        let whole = !self.inner.watch.looked.load(Ordering::Relaxed);
        let watch = &self.inner.watch;
        let since = if whole {
            Timestamp(watch.until.load(Ordering::Relaxed))
        } else {
            look.seen_until.plus_us(-OVERLAP_US)
        };
        let Some(unseen) = self.unseen(&mut tx, since).await? else { return Ok(None) };
        // Oldest first: what lies before the first of them is done, and need not be passed again.
        if let Some(first) = unseen.first() {
            watch.until.store(first.updated_at.plus_us(-OVERLAP_US).0, Ordering::Relaxed);
        }
        // A clock that was set back starts no day twice.
        let today = look.judged_day.map_or(day_of(self.now()), |day| day.max(day_of(self.now())));
        if unseen.is_empty() && look.judged_day == Some(today) {
            watch.looked.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        let watched = watched(&mut tx).await?;
        let anybody = !watched.is_empty();
        let (gathered, known) = self.gather(&mut tx, look, unseen, today, anybody).await?;
        let needs = if gathered.turns.is_empty() {
            Vec::new()
        } else {
            self.needs(&mut tx, &watched, today).await?
        };
        drop(tx);
        self.keep_needs(&watched);
        let gathered = Arc::new(gathered);
        let drafts = judge_beside(&gathered, known, needs).await?;
        let judged = watched.into_iter().map(|row| (row.id, row)).collect();
        Ok(Some(News { gathered, judged, drafts }))
    }

    /// The first changes that nobody looked at, oldest first; `None`: the process stops.
    async fn unseen(
        &self,
        tx: &mut Tx,
        since: Timestamp,
    ) -> Result<Option<Vec<Unseen>>, StorageError> {
        let (mut unseen, mut after) = (Vec::new(), (since, OfferId(Uuid::nil())));
        loop {
            if self.is_closing() {
                return Ok(None);
            }
            let page = looks::list_changed(tx, after, SCANNED).await?;
            let whole = page.len() == SCANNED as usize;
            after = page.last().map_or(after, |row| (row.offer.updated_at, row.offer.id));
            unseen.extend(page.into_iter().filter(|row| !row.seen).map(|row| row.offer));
            if !whole || unseen.len() >= BATCH as usize {
                unseen.truncate(BATCH as usize);
                return Ok(Some(unseen));
            }
        }
    }

    /// What the changes are about; where nobody watches, no document is read for it.
    async fn gather(
        &self,
        tx: &mut Tx,
        look: MarketLook,
        unseen: Vec<Unseen>,
        today: i64,
        anybody: bool,
    ) -> Result<(Gathered, KnownOffers), BrokerError> {
        let ids: Vec<OfferId> = unseen.iter().map(|offer| offer.id).collect();
        let known = known(tx, &ids).await?;
        let again: HashSet<OfferId> = known.keys().map(|(_, offer)| *offer).collect();
        let members = members_of(tx, &unseen).await?;
        // A draft that was saved changes nothing for anybody.
        let changes = |turn: &Turn| {
            turn.before != turn.after
                || turn.members_before != turn.members
                || again.contains(&turn.id)
        };
        let mut turns: Vec<Turn> =
            unseen.iter().map(|offer| Turn::of(offer, &members)).filter(changes).collect();
        let mut at_hand = HashMap::new();
        if anybody && look.judged_day.is_some_and(|day| day < today) {
            let looked_at: HashSet<OfferId> = turns.iter().map(|turn| turn.id).collect();
            let closed = Arc::clone(&self.inner.shelf.whole().closed);
            for offer in dated(tx, self.now()).await? {
                let (id, version) = (offer.card.id, offer.card.version);
                if !looked_at.contains(&id) {
                    // One that was just taken from the public is told of by its own change.
                    let only = || Members::only(closed.get(&id).cloned().unwrap_or_default());
                    let members = offer.card.audience.map_or_else(Members::default, |_| only());
                    turns.push(Turn::of_day(&offer, members));
                }
                at_hand.insert((id, version), Text::Shelved(offer));
            }
        }
        let texts = if anybody { texts(tx, at_hand, &turns, &known).await? } else { at_hand };
        Ok((Gathered { look, today, unseen, members, turns, texts }, known))
    }

    /// Forgets compiled needs that nobody watches any more.
    fn keep_needs(&self, watched: &[Watched]) {
        let all: BTreeSet<RequirementId> = watched.iter().map(|row| row.id).collect();
        let mut needs = self.inner.watch.needs.lock().unwrap_or_else(PoisonError::into_inner);
        needs.retain(|id, _| all.contains(id));
    }

    /// The needs, compiled for the day; what was compiled before is taken again.
    pub(super) async fn needs(
        &self,
        tx: &mut Tx,
        watched: &[Watched],
        today: i64,
    ) -> Result<Vec<Arc<Need>>, StorageError> {
        let mut needs = {
            let kept = self.inner.watch.needs.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clone()
        };
        let is_kept =
            |row: &&Watched| needs.get(&row.id).is_some_and(|need| need.is_of(row, today));
        let missing: Vec<Watched> = watched.iter().filter(|row| !is_kept(row)).cloned().collect();
        for chunk in missing.chunks(CHUNK as usize) {
            let ids: Vec<RequirementId> = chunk.iter().map(|row| row.id).collect();
            let newest = requirements::list_newest(tx, &ids).await?;
            let texts: HashMap<_, _> =
                newest.iter().map(|row| ((row.requirement_id, row.version), row)).collect();
            for row in chunk {
                let Some(text) = texts.get(&(row.id, row.current_version)) else { continue };
                match Need::new(row, &text.document, today) {
                    Ok(need) => drop(needs.insert(row.id, Arc::new(need))),
                    Err(error) => tracing::error!(requirement.id = %row.id, %error,
                        "a watched need cannot be read; nobody is told about it"),
                }
            }
        }
        let all: BTreeSet<RequirementId> = watched.iter().map(|row| row.id).collect();
        let chosen = needs.iter().filter(|(id, _)| all.contains(id));
        let chosen: Vec<Arc<Need>> = chosen.map(|(_, need)| Arc::clone(need)).collect();
        *self.inner.watch.needs.lock().unwrap_or_else(PoisonError::into_inner) = needs;
        Ok(chosen)
    }
}

/// Who may know of those of the offers that are not public; one statement, and none where all are.
async fn members_of(
    tx: &mut Tx,
    offers: &[Unseen],
) -> Result<HashMap<OfferId, Members>, StorageError> {
    let audiences = offers.iter().filter_map(|offer| offer.audience_id).collect();
    let members = audiences::members(tx, &audiences).await?;
    let of = |offer: &Unseen| {
        let organisations = members.get(&offer.audience_id?).cloned().unwrap_or_default();
        Some((offer.id, Members::only(organisations)))
    };
    Ok(offers.iter().filter_map(of).collect())
}

/// Judges beside the async workers: a long list of changes takes a while.
pub(super) async fn judge_beside(
    gathered: &Arc<Gathered>,
    known: KnownOffers,
    needs: Vec<Arc<Need>>,
) -> Result<Vec<Draft>, BrokerError> {
    let gathered = Arc::clone(gathered);
    let registry = sla::registry();
    tokio::task::spawn_blocking(move || sla::within(registry, || judge(&gathered, &known, &needs)))
        .await
        .map_err(|error| BrokerError::Internal(format!("judging changes: {error}")))?
}

/// Every watched requirement.
pub(super) async fn watched(tx: &mut Tx) -> Result<Vec<Watched>, StorageError> {
    let mut all: Vec<Watched> = Vec::new();
    loop {
        let page = requirements::list_watched(tx, all.last().map(|row| row.id), CHUNK).await?;
        let full = page.len() == CHUNK as usize;
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}

/// What requirements knew of these offers when they were saved.
pub(super) async fn known(tx: &mut Tx, offers: &[OfferId]) -> Result<KnownOffers, StorageError> {
    let rows = looks::list_known(tx, offers).await?;
    let pair = |row: Known| ((row.requirement_id, row.offer_id), row);
    Ok(rows.into_iter().map(pair).collect())
}

/// Published offers with evidence, which may end with a day. Once a day every document streams by.
pub(super) async fn dated(tx: &mut Tx, now: Timestamp) -> Result<Vec<Arc<Shelved>>, BrokerError> {
    let has_evidence =
        |offer: &sla::Offer| offer.spec.items.iter().any(|item| !item.evidence.is_empty());
    let (mut kept, mut after) = (Vec::new(), None);
    loop {
        let page = offers::published_revisions(tx, after, CHUNK).await?;
        let ids: Vec<OfferId> = page.iter().map(|row| row.id).collect();
        after = ids.last().copied();
        if after.is_none() {
            return Ok(kept);
        }
        let read = read_rows(offers::published_by_ids(tx, &ids).await?, now).await?;
        kept.extend(read.offers.into_iter().filter(|offer| has_evidence(&offer.document)));
    }
}

/// The documents of all versions that are judged: those at hand, and the others from the database.
async fn texts(
    tx: &mut Tx,
    at_hand: HashMap<(OfferId, i64), Text>,
    turns: &[Turn],
    known: &KnownOffers,
) -> Result<HashMap<(OfferId, i64), Text>, StorageError> {
    let of_turns = turns.iter().flat_map(|turn| {
        [turn.before, turn.after].into_iter().flatten().map(|version| (turn.id, version))
    });
    let of_known = known.values().filter_map(|row| Some((row.offer_id, row.version?)));
    let wanted: BTreeSet<(OfferId, i64)> = of_turns.chain(of_known).collect();
    let mut texts = at_hand;
    let missing: Vec<(OfferId, i64)> =
        wanted.into_iter().filter(|version| !texts.contains_key(version)).collect();
    for row in looks::list_texts(tx, &missing).await? {
        match sla::parse_offer(&row.document) {
            Ok(offer) => {
                drop(texts.insert((row.offer_id, row.version), Text::Read(Arc::new(offer))))
            }
            Err(reason) => tracing::error!(offer.id = %row.offer_id, offer.version = row.version,
                %reason, "a version of an offer cannot be read and counts as not on the market"),
        }
    }
    Ok(texts)
}
