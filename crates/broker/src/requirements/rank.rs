//! Ranking the published offers for one requirement; the same engine runs in the browser.

use super::{RankedList, RankedOffer, RequirementSource, relax};
use crate::shelf::{Shelved, Stock};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, Timestamp};
use matching::{Candidate, Circumstances, Order, Ranked, Ranking, SlaMatcher};
use sla::Requirement;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of each list at most.
const LIMIT_MAX: usize = 200;
/// Best matches and nearest misses that are tried in combinations, each, once there are more offers.
const POOL: usize = 1_000;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// The day of a moment, counted from 1970, on which evidence is judged.
pub(crate) fn day_of(moment: Timestamp) -> i64 {
    moment.seconds().div_euclid(DAY_SECONDS)
}

/// The first moment of a day.
pub(crate) const fn start_of(day: i64) -> Timestamp {
    Timestamp::from_seconds(day.saturating_mul(DAY_SECONDS))
}

/// Yen per unit of a currency, to order prices of different currencies. Fixed and published on
/// the page that explains the ranking; a day's rate would change the order overnight.
pub const YEN_PER: [(&str, i64); 3] = [("EUR", 165), ("USD", 150), ("GBP", 195)];

impl Broker {
    /// Ranks all published offers; `limit` 1 to 200 for each of the two lists.
    pub async fn rank(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        order: Order,
        limit: usize,
    ) -> Result<RankedList, BrokerError> {
        ctx.may(Action::RankOffers, None, "market")?;
        let (requirement, notices) = self.resolve_requirement(ctx, source).await?;
        let stock = self.inner.shelf.stock();
        let share_code = self.share_code(&requirement);
        let today = self.now();
        // A long market is judged beside the async workers.
        tokio::task::spawn_blocking(move || {
            let question = Question::new(requirement, order, today)?;
            Ok(question.answer(&stock, limit.clamp(1, LIMIT_MAX), share_code, notices))
        })
        .await
        .map_err(|error| BrokerError::Internal(format!("ranking: {error}")))?
    }

    /// Matchers of the templates: what they read of offers is what most needs read.
    pub(crate) fn usual_matchers(&self) -> Vec<Arc<SlaMatcher>> {
        let today = self.now();
        let templates = self.templates().into_iter();
        let questions = templates.filter_map(|template| {
            Question::new(template.requirement, Order::Balanced, today).ok()
        });
        questions.map(|question| question.matcher).collect()
    }

    /// One offer against one need, whether it matches or not.
    pub async fn explain(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        offer: OfferId,
    ) -> Result<RankedOffer, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let (requirement, _) = self.resolve_requirement(ctx, source).await?;
        let found = self.inner.shelf.get(offer).ok_or(BrokerError::NotFound { what: "offer" })?;
        let question = Question::new(requirement, Order::Balanced, self.now())?;
        let candidate = question.candidate(&found);
        Ok(question.row(&found, &candidate, 1, false))
    }
}

/// A requirement ready to judge offers.
pub(crate) struct Question {
    pub(super) requirement: Requirement,
    pub(crate) matcher: Arc<SlaMatcher>,
    pub(super) circumstances: Circumstances,
    pub(super) order: Order,
}

impl Question {
    pub(crate) fn new(
        requirement: Requirement,
        order: Order,
        today: Timestamp,
    ) -> Result<Self, BrokerError> {
        let circumstances = Circumstances {
            today: day_of(today),
            yen_per: YEN_PER
                .into_iter()
                .map(|(currency, yen)| (currency.to_owned(), rust_decimal::Decimal::from(yen)))
                .collect(),
        };
        let matcher = SlaMatcher::for_all_times(&requirement, &circumstances).map_err(|fault| {
            BrokerError::field("/items", "requirement", "", "", &fault.to_string())
        })?;
        Ok(Self { requirement, matcher: Arc::new(matcher), circumstances, order })
    }

    pub(super) fn candidate(&self, offer: &Shelved) -> Candidate {
        self.matcher.candidate(&offer.card.id.to_string(), &offer.document)
    }

    fn answer(
        self,
        stock: &Stock,
        limit: usize,
        share_code: String,
        notices: Vec<String>,
    ) -> RankedList {
        let index = &stock.index;
        let wide = limit.max(POOL);
        let ranking = index.rank_documents(&self.matcher, self.order, wide, wide);
        let rows = |list: &[Ranked]| -> Vec<RankedOffer> {
            list.iter()
                .take(limit)
                .zip(1..)
                .filter_map(|(row, position)| {
                    let offer = index.document(row.index)?;
                    let candidate = self.candidate(offer);
                    Some(self.row(offer, &candidate, position, row.stronger_than_above))
                })
                .collect()
        };
        // Only offers that fail a single must are gained by relaxing one.
        let nearly = index.nearly(&self.matcher).into_iter();
        let nearly: Vec<Candidate> =
            nearly.filter_map(|at| Some(self.candidate(index.document(at)?))).collect();
        let gains = self.matcher.gains(&nearly);
        let wishes = matching::wishes(&self.requirement);
        let pool = pool(stock, &ranking);
        let candidates: Vec<Candidate> = pool.iter().map(|offer| self.candidate(offer)).collect();
        RankedList {
            share_code,
            order: self.order,
            considered: ranking.judged as u64,
            matched: ranking.matched as u64,
            matches: rows(&ranking.matches),
            near_misses: rows(&ranking.near_misses),
            relaxations: gains
                .into_iter()
                .filter(|gain| gain.dropped > 0)
                .map(|gain| relax::relaxing(&self.requirement, &wishes, gain))
                .collect(),
            combinations: self.combinations(&pool, &candidates),
            notices,
            requirement: self.requirement,
        }
    }

    fn row(
        &self,
        offer: &Shelved,
        candidate: &Candidate,
        position: u32,
        stronger_than_above: bool,
    ) -> RankedOffer {
        RankedOffer {
            position,
            card: offer.card.clone(),
            stronger_than_above,
            axes: self.matcher.axes(candidate),
            explanation: self.matcher.explain(candidate),
        }
    }
}

/// Offers that combinations are made of, in the order of ids: all of a small market; of a large one
/// the best that match and the nearest that do not.
fn pool(stock: &Stock, ranking: &Ranking) -> Vec<Arc<Shelved>> {
    if stock.offers.len() <= POOL {
        return stock.offers.values().cloned().collect();
    }
    let chosen = ranking.rows().filter_map(|row| stock.index.document(row.index));
    let chosen: BTreeMap<OfferId, &Arc<Shelved>> =
        chosen.map(|offer| (offer.card.id, offer)).collect();
    chosen.into_values().cloned().collect()
}
