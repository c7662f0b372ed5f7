//! Reminders of evidence that ends: its provider hears of it before its last day and when it has passed, once each.
//!
//! What has passed counts no longer by itself: matching judges evidence by the day (`matching::from_sla`).

use super::NoticeKind;
use super::look::dated;
use crate::requirements::day_of;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError};
use domain::{NoticeId, OfferId};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use storage::feed;
use storage::notices::{self, NewAlone};
use storage::reminders::{self, Reminder};

/// Days before the last one: an auditor has to be found, and to come.
const DAYS_BEFORE: i64 = 30;

/// Evidence of an offer that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceNews {
    /// The offer.
    pub offer: OfferId,
    /// Its English title.
    pub title_en: String,
    /// Its Japanese title.
    pub title_ja: String,
    /// Key of the item that the evidence is for.
    pub item: String,
    /// Kind, scheme and number, as the document says.
    pub evidence: String,
    /// Its last day, as the document says.
    pub last: String,
}

/// A reminder that is due.
struct Due {
    reminder: Reminder,
    news: EvidenceNews,
    kind: NoticeKind,
}

impl Broker {
    /// Reminds providers of evidence that ends within 30 days or has ended; returns the number of notices. Once a day
    /// every published offer with evidence is read.
    pub async fn remind_of_evidence(&self) -> Result<u64, BrokerError> {
        let today = day_of(self.now());
        let looked = &self.inner.watch.reminded_day;
        if looked.load(Ordering::Relaxed) == today {
            return Ok(0);
        }
        let mut tx = self.begin_read().await?;
        let offers = dated(&mut tx, self.now()).await?;
        drop(tx);
        let due: Vec<Due> = offers.iter().flat_map(|offer| of_offer(offer, today)).collect();
        let told = if due.is_empty() { 0 } else { self.remind(due).await? };
        looked.store(today, Ordering::Relaxed);
        Ok(told)
    }

    async fn remind(&self, due: Vec<Due>) -> Result<u64, BrokerError> {
        let ids: HashSet<OfferId> = due.iter().map(|one| one.reminder.offer_id).collect();
        let ids: Vec<OfferId> = ids.into_iter().collect();
        let mut tx = self.begin().await?;
        // Whoever tells holds it, so that two processes tell once.
        feed::lock(&mut tx).await?;
        let told = reminders::list(&mut tx, &ids).await?;
        let owners = reminders::list_owners(&mut tx, &ids).await?;
        let owners: HashMap<OfferId, _> =
            owners.into_iter().filter_map(|row| Some((row.id, row.organisation_id?))).collect();
        let now = self.now();
        let (mut notes, mut news): (Vec<Reminder>, Vec<NewAlone>) = (Vec::new(), Vec::new());
        for one in due {
            let Some(owner) = owners.get(&one.reminder.offer_id) else { continue };
            if told.contains(&one.reminder) || notes.contains(&one.reminder) {
                continue;
            }
            let payload = serde_json::to_string(&one.news)
                .map_err(|error| BrokerError::Internal(format!("a notice: {error}")))?;
            news.push(NewAlone {
                id: NoticeId::new(self.ids()),
                organisation_id: *owner,
                kind: one.kind.as_str(),
                payload,
                created_at: now,
            });
            notes.push(one.reminder);
        }
        reminders::insert(&mut tx, &notes, now).await?;
        notices::insert_all_alone(&mut tx, &news).await?;
        tx.commit().await?;
        Ok(news.len() as u64)
    }
}

fn of_offer(offer: &Arc<Shelved>, today: i64) -> Vec<Due> {
    let document = &offer.document;
    let mut due = Vec::new();
    for item in &document.spec.items {
        for evidence in &item.evidence {
            let Some(expires) = &evidence.expires else { continue };
            let left = expires.last_day() - today;
            let (stage, kind) = match left {
                i64::MIN..0 => ("ended", NoticeKind::EvidenceEnded),
                0..=DAYS_BEFORE => ("before", NoticeKind::EvidenceEnds),
                _ => continue,
            };
            let name =
                [Some(evidence.kind.clone()), evidence.scheme.clone(), evidence.number.clone()];
            let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let title = |locale| document.metadata.title.get(locale).to_owned();
            due.push(Due {
                reminder: Reminder {
                    offer_id: offer.card.id,
                    item: item.item.clone(),
                    evidence: name.clone(),
                    last_day: expires.last_day(),
                    stage: stage.to_owned(),
                },
                news: EvidenceNews {
                    offer: offer.card.id,
                    title_en: title(sla::Locale::En),
                    title_ja: title(sla::Locale::Ja),
                    item: item.item.clone(),
                    evidence: name,
                    last: expires.as_str().to_owned(),
                },
                kind,
            });
        }
    }
    due
}
