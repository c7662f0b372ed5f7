//! What becomes of each offer of a file, before anything is written.

use super::progress::{Phase, Progress};
use super::{Before, Entrance, ImportOutcome, ImportReport, ImportedRow};
use crate::keys::Keyring;
use crate::offers::gate::{Entered, Passage, Wanted, passages};
use crate::offers::version::{Newest, Next, next};
use crate::offers::write::{check_provider, taken};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{OfferEvent, OfferId, OfferState, ProviderId, Timestamp};
use sla::exchange::ImportedOffer;
use std::collections::{BTreeMap, BTreeSet};
use storage::offers::{self, Advance, NewOffer, OfferHead, OfferVersion};
use storage::providers::Provider;
use storage::{Tx, keys};

/// After so many rows others get a turn: the work of a row never waits by itself.
const ROWS_AT_A_TIME: usize = 100;

impl Broker {
    /// Decides for each offer of the file what it becomes.
    pub(super) async fn plan(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        provider: &Provider,
        Intake { offers: file, publish, valid, progress }: Intake<'_>,
        report: ImportReport,
    ) -> Result<Plan, BrokerError> {
        let names: BTreeSet<&str> =
            file.iter().map(|found| found.offer.metadata.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let heads = offers::heads(tx, provider.id, &names).await?;
        let heads: BTreeMap<String, OfferHead> =
            heads.into_iter().map(|head| (head.slug.clone(), head)).collect();
        let keys = Keyring::of(tx, provider.id).await?;
        let now = self.now();
        let mut plan = Plan { report, ..<_>::default() };
        let mut rows = Vec::with_capacity(file.len());
        progress.enter(Phase::Checking, file.len());
        for (count, ImportedOffer { row, mut offer }) in file.into_iter().enumerate() {
            if count % ROWS_AT_A_TIME == 0 {
                progress.reach(count);
                tokio::task::yield_now().await;
            }
            let name = offer.metadata.name.clone();
            let head = heads.get(&name);
            let id = head.map_or_else(|| OfferId::new(self.ids()), |head| head.id);
            let newest =
                head.map(|head| Newest { version: head.current_version, hash: &head.hash });
            let mut checked = check_provider(&offer, provider)
                .and_then(|()| self.check_market_rules(&offer, head.is_some()));
            if checked.is_ok() {
                checked = self.held_offer(offer.clone(), head.is_some()).map(|held| offer = held);
            }
            // A file that names no provider speaks for the one that sends it, if it is not signed.
            if offer.metadata.signature.is_none() && offer.metadata.provider.is_none() {
                offer.metadata.provider = Some(provider.did.clone());
            }
            if let (Some(head), true) = (head, publish)
                && head.state.apply(OfferEvent::Publish).is_err()
            {
                let state = head.state.as_str();
                let (allowed, message) =
                    ("an offer that can be published", "it cannot be published");
                let fault = FieldFault::new("/metadata/name", "state", state, allowed, message);
                plan.report.note(row, BrokerError::Invalid(vec![fault]))?;
                continue;
            }
            let document = publish.then(|| offer.clone());
            let decided = checked.and_then(|()| next(ctx, &keys, id, newest, offer, now));
            match decided {
                Ok(next) => {
                    let place = Place { row, provider: provider.id, name, id, head };
                    rows.push((place, next, document));
                }
                Err(error) => plan.report.note(row, error)?,
            }
        }
        if plan.report.fault_count == 0 || valid {
            self.enter_all(ctx, tx, &mut plan, rows).await?;
        }
        Ok(plan)
    }

    /// Notes what becomes of each row, and, where it is to be published, what the rules say about it.
    async fn enter_all(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        plan: &mut Plan,
        rows: Vec<(Place<'_>, Next, Option<sla::Offer>)>,
    ) -> Result<(), BrokerError> {
        let mut wanted = Vec::new();
        let mut places = Vec::with_capacity(rows.len());
        for (place, next, document) in rows {
            let asked = document.map(|document| {
                let (id, version, head) = (place.id, next.version, place.head);
                wanted.push(Wanted { id, version, head, document });
            });
            places.push((place, next, asked.is_some()));
        }
        let Some(provider) = places.first().map(|(place, _, _)| place.provider) else {
            return Ok(());
        };
        let (passages, open) = match wanted.is_empty() {
            true => <_>::default(),
            false => passages(self, tx, provider, &wanted).await?,
        };
        let mut passages = passages.into_iter();
        for (place, next, asked) in places {
            let (id, version) = (place.id, next.version);
            if next.row.is_some() {
                plan.entered.wrote((self, ctx), id, version);
            }
            let passage = if asked { passages.next() } else { None };
            let entered = match &passage {
                Some(Passage::Published(_)) => Entrance::Published,
                Some(Passage::Waits(_)) => Entrance::Submitted,
                Some(Passage::Known) | None => Entrance::None,
            };
            plan.report.published += usize::from(entered == Entrance::Published);
            plan.report.submitted += usize::from(entered == Entrance::Submitted);
            if let Some(passage) = passage {
                plan.entered.entered((self, ctx), (id, version), passage, open.get(&id))?;
            }
            plan.take(place, next, entered);
        }
        Ok(())
    }
}

/// What of a file is taken in.
pub(super) struct Intake<'a> {
    pub offers: Vec<ImportedOffer>,
    pub publish: bool,
    /// Whether rows without a fault are taken although others have one.
    pub valid: bool,
    /// How far it is.
    pub progress: &'a Progress,
}

/// Where a row of the file goes.
#[derive(Debug)]
struct Place<'a> {
    row: usize,
    provider: ProviderId,
    name: String,
    id: OfferId,
    head: Option<&'a OfferHead>,
}

/// Everything that an import writes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub report: ImportReport,
    drafts: Vec<NewOffer>,
    published: Vec<NewOffer>,
    versions: Vec<OfferVersion>,
    signatures: Vec<keys::OfferSignature>,
    advances: Vec<Advance>,
    entered: Entered,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
            && self.published.is_empty()
            && self.advances.is_empty()
            && self.signatures.is_empty()
            && self.entered.is_empty()
    }

    fn take(
        &mut self,
        Place { row, provider, name, id, head }: Place<'_>,
        next: Next,
        entered: Entrance,
    ) {
        let published = entered == Entrance::Published;
        let Next { version, row: changed, signature } = next;
        let outcome = match (head, &changed) {
            (None, _) => ImportOutcome::Created,
            (Some(_), Some(_)) => ImportOutcome::Revised,
            (Some(_), None) => ImportOutcome::Unchanged,
        };
        match head {
            None => {
                let created_at = changed.as_ref().map_or(Timestamp(0), |row| row.created_at);
                let new = NewOffer { id, provider_id: provider, slug: name.clone(), created_at };
                if published { self.published.push(new) } else { self.drafts.push(new) }
            }
            Some(head) if changed.is_some() || published => self.advances.push(Advance {
                id,
                revision: head.revision,
                version,
                state: if published { OfferState::Published } else { head.state },
                published_version: if published { Some(version) } else { head.published_version },
            }),
            Some(_) => {}
        }
        self.versions.extend(changed);
        // A version that is signed already keeps its signature.
        let signed = outcome == ImportOutcome::Unchanged && head.is_some_and(|head| head.signed);
        self.signatures.extend(signature.filter(|_| !signed));
        let before = head.map(|head| Before {
            version: head.current_version,
            state: head.state,
            published: head.published_version,
        });
        self.report.offers.push(ImportedRow { row, name, id, version, outcome, entered, before });
    }

    pub async fn write(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        progress: &Progress,
    ) -> Result<(), BrokerError> {
        // Versions are the most of it; the rest counts as one more each.
        let rows = self.report.offers.len();
        progress.enter(Phase::Saving, rows.saturating_mul(3));
        offers::insert_offers(tx, &self.drafts, OfferState::Draft).await?;
        offers::insert_offers(tx, &self.published, OfferState::Published).await?;
        offers::insert_versions(tx, &self.versions).await.map_err(taken)?;
        progress.reach(rows);
        keys::insert_signatures(tx, &self.signatures).await?;
        offers::advance(tx, &self.advances, now).await.map_err(taken)?;
        progress.reach(rows.saturating_mul(2));
        self.entered.write(tx, now).await
    }
}
