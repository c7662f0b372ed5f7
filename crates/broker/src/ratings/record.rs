//! Promised and observed, offer by offer: what a provider's customers measured over the last 90 days beside what
//! it promises now (G10). A share counts samples, so its size stands beside it; no samples are no data.

use crate::market::MeasuredHistory;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, OfferId};
use sla::OfferItem;
use std::collections::HashMap;
use storage::observations::{self, OfferHistory};
use storage::{contracts, providers::Provider};

/// How far back it reaches.
pub const RECORD_DAYS: i64 = 90;
const RECORD_US: DurationUs = RECORD_DAYS * 24 * 3600 * 1_000_000;

const UPTIME: &str = "availability.service_uptime";
const RESPONSE: &str = "performance.online_response_time";
const NOTICE: &str = "exit.termination_notice";

/// One offer: what it promises, and what was measured.
#[derive(Debug, Clone)]
pub struct OfferRecord {
    /// The offer.
    pub offer: OfferId,
    /// In English.
    pub title_en: String,
    /// In Japanese.
    pub title_ja: String,
    /// `availability.service_uptime`; `None`: not declared.
    pub uptime: Option<OfferItem>,
    /// `performance.online_response_time`; `None`: not declared.
    pub response: Option<OfferItem>,
    /// `exit.termination_notice`; `None`: not declared.
    pub notice: Option<OfferItem>,
    /// What was measured.
    pub measured: MeasuredHistory,
}

/// Everything that is known of how a provider keeps its promises.
#[derive(Debug, Clone, Default)]
pub struct ProviderRecord {
    /// Its published offers, the newest first, at most 100.
    pub offers: Vec<OfferRecord>,
    /// Contracts that it delivers or delivered.
    pub contracts: i64,
    /// Of them, ended by it, or with its notice running.
    pub ended_by_provider: i64,
}

impl Broker {
    /// What was promised and observed, by slug or id.
    pub async fn provider_record(
        &self,
        ctx: &OpContext,
        slug_or_id: &str,
    ) -> Result<ProviderRecord, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let mut tx = self.begin_read().await?;
        let provider: Provider = crate::providers::find(&mut tx, slug_or_id).await?;
        let since = self.now().plus_us(-RECORD_US);
        let rows = observations::history_by_offer(&mut tx, provider.id, since).await?;
        let (contracts, ended) = contracts::count_by_provider(&mut tx, provider.id).await?;
        drop(tx);
        let measured: HashMap<OfferId, OfferHistory> =
            rows.into_iter().map(|row| (row.offer_id, row)).collect();
        let offers = self.published_of(ctx, &provider).await?;
        Ok(ProviderRecord {
            offers: offers.iter().map(|offer| record(offer, &measured)).collect(),
            contracts,
            ended_by_provider: ended,
        })
    }
}

fn record(offer: &Shelved, measured: &HashMap<OfferId, OfferHistory>) -> OfferRecord {
    let item = |key: &str| offer.document.item(key).cloned();
    OfferRecord {
        offer: offer.card.id,
        title_en: offer.card.title_en.clone(),
        title_ja: offer.card.title_ja.clone(),
        uptime: item(UPTIME),
        response: item(RESPONSE),
        notice: item(NOTICE),
        measured: measured.get(&offer.card.id).map(history).unwrap_or_default(),
    }
}

fn history(row: &OfferHistory) -> MeasuredHistory {
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    MeasuredHistory {
        samples: whole(row.samples),
        ok: whole(row.ok_samples),
        contracts: whole(row.contracts),
        mean_response_us: row.value_mean_us,
    }
}
