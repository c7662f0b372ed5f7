//! Ranking the published offers for one requirement; the same engine runs in the browser.

use super::{RankedList, RankedOffer, RequirementSource, relax};
use crate::shelf::{Shelved, Stock};
use crate::sync::beside;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, Timestamp};
use matching::{Candidate, Circumstances, Gain, Order, Ranked, Ranking, SlaMatcher};
use sla::Requirement;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Rows of each list at most.
const LIMIT_MAX: usize = 200;
/// Best matches and nearest misses that are tried in combinations, each, once there are more offers.
const POOL: usize = 1_000;
/// Moments of a changing market that are tried for one answer.
const MOMENTS: usize = 5;
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
    /// Ranks all published offers that the actor may know of; `limit` 1 to 200 for each of the two lists.
    pub async fn rank(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        order: Order,
        limit: usize,
    ) -> Result<RankedList, BrokerError> {
        ctx.may(Action::RankOffers, None, "market")?;
        let (requirement, notices) = self.resolve_requirement(ctx, source).await?;
        let share_code = self.share_code(&requirement);
        let question = Arc::new(Question::new(requirement, order, self.now())?);
        let limit = limit.clamp(1, LIMIT_MAX);
        for _ in 0..MOMENTS {
            let stock = self.stock_for(ctx.sight(), &question.matcher).await?;
            // A long market is judged beside the async workers.
            let (asking, asked) = (Arc::clone(&question), Arc::clone(&stock));
            let found = beside("ranking", move || asking.found(&asked, limit)).await?;
            // A reading may have been given up in between, at midnight for example.
            let Some(found) = found else { continue };
            let Some(offers) = self.shelved_as(&stock, &found.offers).await? else {
                // One of them has changed since: the list is that of a newer moment.
                self.sync_market().await?;
                continue;
            };
            let asking = Arc::clone(&question);
            let told = move || asking.told(found, &offers, share_code, notices);
            return beside("ranking", told).await;
        }
        Err(BrokerError::Internal("the offers change faster than they are ranked".to_owned()))
    }

    /// The offers in the order of a need, matches before near misses, at most so many of each.
    pub(crate) async fn ranked_ids(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        most: usize,
    ) -> Result<Vec<OfferId>, BrokerError> {
        ctx.may(Action::RankOffers, None, "market")?;
        let (requirement, _) = self.resolve_requirement(ctx, source).await?;
        let question = Question::new(requirement, Order::Balanced, self.now())?;
        for _ in 0..MOMENTS {
            let stock = self.stock_for(ctx.sight(), &question.matcher).await?;
            let matcher = Arc::clone(&question.matcher);
            let ranked = move || {
                let ranking = stock.index.asked(&matcher)?.rank(Order::Balanced, most, most);
                let rows = ranking.matches.iter().chain(&ranking.near_misses);
                Some(rows.filter_map(|row| row.id.parse().ok()).collect())
            };
            if let Some(ids) = beside("ranking", ranked).await? {
                return Ok(ids);
            }
        }
        Err(BrokerError::Internal("the offers change faster than they are ranked".to_owned()))
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
        let found = self.shelved(ctx.sight(), offer).await?;
        let found = found.ok_or(BrokerError::NotFound { what: "offer" })?;
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
        self.matcher.candidate(&offer.card.id.to_string(), offer.today())
    }

    /// How an offer stands to the need.
    pub(crate) fn explained(&self, offer: &Shelved) -> matching::Explanation {
        self.matcher.explain(&self.candidate(offer))
    }

    /// Who stands where, and whose documents the answer needs; `None` where not everything is read.
    fn found(&self, stock: &Stock, limit: usize) -> Option<Found> {
        let asked = stock.index.asked(&self.matcher)?;
        let wide = limit.max(POOL);
        let ranking = asked.rank(self.order, wide, wide);
        let pool = pool(stock, &ranking);
        let rows = |list: &[Ranked]| -> Vec<Placed> {
            let rows = list.iter().take(limit).zip(1..);
            rows.filter_map(|(row, position)| {
                let offer = row.id.parse().ok()?;
                Some(Placed { offer, position, stronger_than_above: row.stronger_than_above })
            })
            .collect()
        };
        let (matches, near_misses) = (rows(&ranking.matches), rows(&ranking.near_misses));
        let shown = matches.iter().chain(&near_misses).map(|row| row.offer);
        let offers: BTreeSet<OfferId> = pool.iter().copied().chain(shown).collect();
        Some(Found {
            considered: ranking.judged as u64,
            matched: ranking.matched as u64,
            matches,
            near_misses,
            gains: asked.gains(),
            pool,
            offers: offers.into_iter().collect(),
        })
    }

    /// The answer in words and reasons.
    fn told(
        &self,
        found: Found,
        offers: &HashMap<OfferId, Arc<Shelved>>,
        share_code: String,
        notices: Vec<String>,
    ) -> RankedList {
        let rows = |list: &[Placed]| -> Vec<RankedOffer> {
            let row = |placed: &Placed| {
                let offer = offers.get(&placed.offer)?;
                let candidate = self.candidate(offer);
                Some(self.row(offer, &candidate, placed.position, placed.stronger_than_above))
            };
            list.iter().filter_map(row).collect()
        };
        let wishes = matching::wishes(&self.requirement);
        let pool = found.pool.iter().filter_map(|id| offers.get(id).cloned());
        let pool: Vec<Arc<Shelved>> = pool.collect();
        let candidates: Vec<Candidate> = pool.iter().map(|offer| self.candidate(offer)).collect();
        RankedList {
            share_code,
            order: self.order,
            considered: found.considered,
            matched: found.matched,
            matches: rows(&found.matches),
            near_misses: rows(&found.near_misses),
            relaxations: found
                .gains
                .into_iter()
                .filter(|gain| gain.dropped > 0)
                .map(|gain| relax::relaxing(&self.requirement, &wishes, gain))
                .collect(),
            combinations: self.combinations(&pool, &candidates),
            notices,
            requirement: self.requirement.clone(),
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

/// What the index finds for a question.
struct Found {
    considered: u64,
    matched: u64,
    matches: Vec<Placed>,
    near_misses: Vec<Placed>,
    gains: Vec<Gain>,
    /// Offers that combinations are made of.
    pool: Vec<OfferId>,
    /// Every offer whose document the answer needs, each once.
    offers: Vec<OfferId>,
}

/// An offer in its place.
struct Placed {
    offer: OfferId,
    position: u32,
    stronger_than_above: bool,
}

/// Offers that combinations are made of, in the order of ids: all of a small market; of a large one
/// the best that match and the nearest that do not.
fn pool(stock: &Stock, ranking: &Ranking) -> Vec<OfferId> {
    if stock.len() <= POOL {
        return stock.first(POOL);
    }
    let chosen: BTreeSet<OfferId> = ranking.rows().filter_map(|row| row.id.parse().ok()).collect();
    chosen.into_iter().collect()
}
