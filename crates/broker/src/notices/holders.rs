//! Contracts made from an older version of an offer: their holders are told of the newer one, once (F7.1.4).
//!
//! The reconciler takes no input. It asks for living contracts whose offer is published in a newer version that is not
//! noted for them; what it finds, the notice and the deliveries are one unit of work, so that a process that dies in
//! between has told nothing, and the next one tells it.

use super::need::Need;
use super::{ContractNews, NewerNews, NoticeKind, OVERLAP_US};
use crate::requirements::day_of;
use crate::{Broker, BrokerError};
use domain::{ContractId, DurationUs, NoticeId, OfferId, OrganisationId, RequirementId, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sla::Offer;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use storage::contracts::{self, NewerVersion, Untold};
use storage::looks::{self, VersionText};
use storage::notices::{self, NewAlone};
use storage::requirements::Watched;
use storage::{Tx, feed};

/// The item by which a version promises how long before a change its customers hear of it.
const ITEM: &str = "change.sla_notice";
/// Microseconds in a day, the unit of the item.
const DAY_US: DurationUs = 86_400 * 1_000_000;
/// How long the right to leave lasts where the signed version promises no notice: long enough to find, sign and set up
/// something else.
const LEAVE_US: DurationUs = 30 * DAY_US;
/// Contracts told in one unit of work.
const BATCH: u32 = 500;
/// Units of work in one go; the rest waits for the next second.
const ROUNDS_MAX: u32 = 40;

/// How long the holder of this version may leave because of a worse one.
pub(super) fn leave_us(signed: &Offer) -> DurationUs {
    let days = signed.item(ITEM).and_then(|item| item.value.as_number());
    let us = days.and_then(|days| (days * Decimal::from(DAY_US)).to_i64());
    us.filter(|us| *us > 0).unwrap_or(LEAVE_US)
}

/// Documents of versions that were read.
pub(super) struct Versions(HashMap<(OfferId, i64), Arc<Offer>>);

impl Versions {
    pub(super) fn read(texts: &[VersionText]) -> Self {
        let one = |row: &VersionText| match sla::parse_offer(&row.document) {
            Ok(offer) => Some(((row.offer_id, row.version), Arc::new(offer))),
            Err(reason) => {
                tracing::error!(offer.id = %row.offer_id, offer.version = row.version, %reason,
                    "a version of an offer cannot be read; its changes are not told");
                None
            }
        };
        Self(texts.iter().filter_map(one).collect())
    }

    pub(super) fn get(&self, id: OfferId, version: i64) -> Option<&Arc<Offer>> {
        self.0.get(&(id, version))
    }
}

/// Signed needs, compiled once for each text.
#[derive(Default)]
pub(super) struct SignedNeeds(HashMap<String, Option<Arc<Need>>>);

/// Whose need it is, which one, and its text.
pub(super) struct Signed<'a> {
    pub organisation: OrganisationId,
    pub requirement: (RequirementId, i64),
    pub document: &'a str,
    pub hash: &'a str,
}

impl SignedNeeds {
    /// `None`: it cannot be read.
    pub(super) fn get(&mut self, signed: &Signed<'_>, today: i64) -> Option<Arc<Need>> {
        if let Some(known) = self.0.get(signed.hash) {
            return known.clone();
        }
        let row = Watched {
            id: signed.requirement.0,
            organisation_id: signed.organisation,
            current_version: signed.requirement.1,
            watched_since: Timestamp(0),
        };
        let need = Need::new(&row, signed.document, today).map(Arc::new);
        let need = need
            .inspect_err(|error| tracing::error!(requirement.id = %row.id, %error, "a signed need cannot be read"))
            .ok();
        self.0.insert(signed.hash.to_owned(), need.clone());
        need
    }
}

/// What is written for one contract.
struct Found {
    row: NewerVersion,
    organisation: OrganisationId,
    /// JSON of the notice; `None`: only words changed.
    payload: Option<String>,
}

impl Broker {
    /// Tells the holders of all contracts whose offer has a newer version; returns the number of notices.
    pub async fn tell_holders(&self) -> Result<u64, BrokerError> {
        let followed = &self.inner.watch.told_until;
        let since = Timestamp(followed.load(Ordering::Relaxed));
        let begun = self.now();
        let mut told = 0;
        for _ in 0..ROUNDS_MAX {
            if self.is_closing() {
                return Ok(told);
            }
            let untold = contracts::list_untold(&mut self.look().await?, since, BATCH).await?;
            if untold.is_empty() {
                followed.store(begun.plus_us(-OVERLAP_US).0, Ordering::Relaxed);
                return Ok(told);
            }
            told += self.tell_some(untold, since).await?;
        }
        Ok(told)
    }

    async fn tell_some(&self, untold: Vec<Untold>, since: Timestamp) -> Result<u64, BrokerError> {
        let mut tx = self.begin_read().await?;
        let texts = texts(&mut tx, &untold).await?;
        drop(tx);
        let now = self.now();
        let registry = sla::registry();
        let found = tokio::task::spawn_blocking(move || {
            sla::within(registry, || judge(&untold, &texts, now))
        })
        .await
        .map_err(|error| BrokerError::Internal(format!("judging newer versions: {error}")))??;
        let mut tx = self.begin().await?;
        // Whoever tells holds it: what another process told meanwhile is no longer untold.
        feed::lock(&mut tx).await?;
        let still = contracts::list_untold(&mut tx, since, BATCH).await?;
        let still: HashSet<(ContractId, OfferId, i64, i64)> = still
            .iter()
            .map(|row| (row.id, row.offer_id, row.offer_version, row.version))
            .collect();
        let same = |one: &Found| {
            let row = &one.row;
            still.contains(&(row.contract_id, row.offer_id, row.signed_version, row.version))
        };
        let (mut rows, mut news) = (Vec::new(), Vec::new());
        for one in found.into_iter().filter(same) {
            rows.push(one.row);
            let Some(payload) = one.payload else { continue };
            news.push(NewAlone {
                id: NoticeId::new(self.ids()),
                organisation_id: one.organisation,
                kind: NoticeKind::NewerVersion.as_str(),
                payload,
                created_at: now,
            });
        }
        contracts::insert_newer(&mut tx, &rows).await?;
        notices::insert_all_alone(&mut tx, &news).await?;
        tx.commit().await?;
        Ok(news.len() as u64)
    }
}

/// The documents of all versions that are compared.
async fn texts(tx: &mut Tx, untold: &[Untold]) -> Result<Vec<VersionText>, BrokerError> {
    let both = |row: &Untold| [(row.offer_id, row.offer_version), (row.offer_id, row.version)];
    let wanted: BTreeSet<(OfferId, i64)> = untold.iter().flat_map(both).collect();
    let wanted: Vec<(OfferId, i64)> = wanted.into_iter().collect();
    Ok(looks::list_texts(tx, &wanted).await?)
}

fn judge(
    untold: &[Untold],
    texts: &[VersionText],
    now: Timestamp,
) -> Result<Vec<Found>, BrokerError> {
    let versions = Versions::read(texts);
    let mut needs = SignedNeeds::default();
    let mut diffs: HashMap<(OfferId, i64, i64), sla::Diff> = HashMap::new();
    untold.iter().map(|row| found(row, &versions, &mut needs, &mut diffs, now)).collect()
}

fn found(
    row: &Untold,
    versions: &Versions,
    needs: &mut SignedNeeds,
    diffs: &mut HashMap<(OfferId, i64, i64), sla::Diff>,
    now: Timestamp,
) -> Result<Found, BrokerError> {
    let both =
        versions.get(row.offer_id, row.offer_version).zip(versions.get(row.offer_id, row.version));
    let Some((signed, newer)) = both else { return unreadable(row, now) };
    let pair = (row.offer_id, row.offer_version, row.version);
    let changes = diffs.entry(pair).or_insert_with(|| sla::diff(signed, newer));
    let wanted = Signed {
        organisation: row.organisation_id,
        requirement: (row.requirement_id, row.requirement_version),
        document: &row.requirement_document,
        hash: &row.requirement_hash,
    };
    let today = day_of(now);
    let need = needs.get(&wanted, today);
    let (fits, missed) = match &need {
        Some(need) => {
            let matcher = need.matcher_on(today)?;
            let fits = need.is_met(&matcher, row.offer_id, newer);
            (fits, if fits { Vec::new() } else { need.missed(row.offer_id, newer) })
        }
        None => (false, Vec::new()),
    };
    let leave_until = changes.worsens().then(|| now.plus_us(leave_us(signed)));
    let news = NewerNews {
        offer: row.offer_id,
        title_en: newer.metadata.title.get(sla::Locale::En).to_owned(),
        title_ja: newer.metadata.title.get(sla::Locale::Ja).to_owned(),
        version: row.version,
        signed_version: row.offer_version,
        verdict: changes.verdict(),
        fits,
        missed,
        changes: changes.parts.clone(),
        leave_until,
    };
    // Other words and another order of the same promises are nothing to decide.
    let told = news.verdict != sla::Verdict::Neutral;
    let stored = stored(row, &news, now)?;
    let payload = told.then(|| json(&ContractNews::newer(row, news))).transpose()?;
    Ok(Found { row: stored, organisation: row.organisation_id, payload })
}

fn stored(row: &Untold, news: &NewerNews, now: Timestamp) -> Result<NewerVersion, BrokerError> {
    Ok(NewerVersion {
        contract_id: row.id,
        offer_id: row.offer_id,
        version: row.version,
        signed_version: row.offer_version,
        verdict: news.verdict.as_str().to_owned(),
        changes: json(&news.changes)?,
        fits: news.fits,
        missed: json(&news.missed)?,
        found_at: now,
        leave_until: news.leave_until,
        decision: None,
        decided_at: None,
    })
}

/// One that cannot be compared is noted, so that it is not looked at for ever, and told to nobody.
fn unreadable(row: &Untold, now: Timestamp) -> Result<Found, BrokerError> {
    let news = NewerNews {
        offer: row.offer_id,
        title_en: String::new(),
        title_ja: String::new(),
        version: row.version,
        signed_version: row.offer_version,
        verdict: sla::Verdict::Incomparable,
        fits: false,
        missed: Vec::new(),
        changes: Vec::new(),
        leave_until: None,
    };
    Ok(Found { row: stored(row, &news, now)?, organisation: row.organisation_id, payload: None })
}

fn json(value: &impl serde::Serialize) -> Result<String, BrokerError> {
    serde_json::to_string(value)
        .map_err(|error| BrokerError::Internal(format!("a notice: {error}")))
}
