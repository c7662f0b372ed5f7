//! Where an offer, draft or not, would stand among the offers of the market.

use super::needs::{Groups, RealNeed, is_asked};
use crate::requirements::{Question, Template};
use crate::shelf::Stock;
use crate::sync::beside;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, OrganisationId, Sight};
use matching::index::Place;
use matching::{Candidate, Explanation, Order, RowExplanation, SlaMatcher};
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::{Tx, offers};

/// What an offer without an id is called among others: behind every id where all else is equal.
const UNSAVED: &str = "~";
/// "Among the first".
const FIRST: u64 = 3;

/// A place among the offers of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// From 1, in the order of the market.
    pub position: u64,
    /// Offers it stands among, itself included.
    pub of: u64,
    /// How many of these contain the need, itself included.
    pub matching: u64,
    /// Whether its promise contains the need.
    pub contained: bool,
}

impl From<Place> for Standing {
    fn from(place: Place) -> Self {
        Self {
            position: place.position as u64,
            of: place.of as u64,
            matching: place.matching as u64,
            contained: place.totals.matched,
        }
    }
}

/// How an offer stands to a template.
#[derive(Debug, Clone)]
pub struct TemplateStanding {
    /// The template.
    pub template: Template,
    /// Its place.
    pub standing: Standing,
    /// What is asked and missed, or not promised.
    pub missed: Vec<RowExplanation>,
}

/// An item that enough organisations ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedItem {
    /// Its key.
    pub item: String,
    /// Organisations that ask for it.
    pub organisations: u64,
    /// Needs that ask for it.
    pub needs: u64,
    /// Of these, the ones whose asked value the offer misses or does not promise.
    pub missed: u64,
}

/// How an offer stands to what others need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandStanding {
    /// Organisations whose needs were looked at.
    pub organisations: u64,
    /// Needs that were looked at.
    pub needs: u64,
    /// Of these, the ones that its promise contains.
    pub contained: u64,
    /// Of these, the ones for which it stands among the first three.
    pub among_first: u64,
    /// Its place in the middle: for half of the needs it stands there or ahead.
    pub middle_position: u64,
    /// Offers it stands among, itself included.
    pub of: u64,
    /// Items that enough organisations ask for, the most missed first.
    pub items: Vec<AskedItem>,
}

/// Where an offer would stand.
#[derive(Debug, Clone)]
pub struct OfferRanking {
    /// Against each template.
    pub templates: Vec<TemplateStanding>,
    /// Against what others need; `None`: too few organisations to tell.
    pub demand: Option<DemandStanding>,
}

/// Everything that is judged, with the columns that it is judged by.
pub(super) struct Judging {
    pub templates: Vec<(Template, Arc<SlaMatcher>)>,
    pub needs: Vec<RealNeed>,
    pub stock: Arc<Stock>,
}

impl Broker {
    /// Where the newest version of an offer, published or not, would stand, and its document.
    pub async fn ranking_of_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<(OfferRanking, sla::Offer), BrokerError> {
        let document = {
            let mut tx = self.begin_read().await?;
            let found = offers::find(&mut tx, id).await?;
            let owner = found.as_ref().and_then(|row| row.provider.organisation_id);
            ctx.may(Action::ReadOwnOffer, owner, "offer")?;
            let offer = found.ok_or(BrokerError::NotFound { what: "offer" })?.offer;
            crate::offers::read_version(&mut tx, &offer, offer.current_version).await?
        };
        let found = self.ranking_of_document(ctx, Some(id), &document).await?;
        Ok((found, document))
    }

    /// Where a document would stand, saved or not; `id` is the offer whose version it would be.
    pub async fn ranking_of_document(
        &self,
        ctx: &OpContext,
        id: Option<OfferId>,
        document: &sla::Offer,
    ) -> Result<OfferRanking, BrokerError> {
        let mut tx = self.begin_read().await?;
        let owner = match id {
            Some(id) => {
                offers::find(&mut tx, id).await?.and_then(|row| row.provider.organisation_id)
            }
            None => ctx.actor.organisation(),
        };
        ctx.may(Action::ReadOwnOffer, owner, "offer")?;
        let owner = owner.ok_or(BrokerError::NotFound { what: "offer" })?;
        let judging = self.judging(tx, owner).await?;
        let (id, document) =
            (id.map_or_else(|| UNSAVED.to_owned(), |id| id.to_string()), document.clone());
        beside("a place among offers", move || ranking(&judging, &id, &document)).await
    }

    /// Templates and real needs, and the public market with everything read that they ask about: a place among
    /// offers that are not public would tell of them.
    pub(super) async fn judging(
        &self,
        mut tx: Tx,
        but: OrganisationId,
    ) -> Result<Judging, BrokerError> {
        let today = self.now();
        let mut templates = Vec::new();
        for template in self.templates() {
            let requirement = template.requirement.clone();
            let matcher = Question::new(requirement, Order::Balanced, today)?.matcher;
            templates.push((template, matcher));
        }
        let needs = self.real_needs(&mut tx, but).await?;
        drop(tx);
        let of_templates = templates.iter().map(|(_, matcher)| Arc::clone(matcher));
        let of_needs = needs.iter().map(|need| Arc::clone(&need.matcher));
        let matchers: Vec<Arc<SlaMatcher>> = of_needs.chain(of_templates).collect();
        let stock = self.stock_for_all(Sight::Public, &matchers).await?;
        Ok(Judging { templates, needs, stock })
    }
}

impl Judging {
    /// The places of documents under their ids; `None` where the market is not read for this need.
    pub fn places(&self, matcher: &Arc<SlaMatcher>, read: &[Candidate]) -> Option<Vec<Standing>> {
        let places = self.stock.index.asked(matcher)?.places(Order::Balanced, read);
        Some(places.into_iter().map(Standing::from).collect())
    }
}

fn ranking(judging: &Judging, id: &str, document: &sla::Offer) -> OfferRanking {
    let templates = judging.templates.iter().filter_map(|(template, matcher)| {
        let candidate = matcher.candidate(id, document);
        let explanation = matcher.explain(&candidate);
        let standing = judging.places(matcher, &[candidate])?.pop()?;
        let missed = missed(&explanation).cloned().collect();
        Some(TemplateStanding { template: template.clone(), standing, missed })
    });
    OfferRanking { templates: templates.collect(), demand: demand(judging, id, document) }
}

/// The rows that are asked for and missed, or not promised.
pub(super) fn missed(explanation: &Explanation) -> impl Iterator<Item = &RowExplanation> {
    explanation.rows.iter().filter(|row| is_asked(row.mode) && !row.verdict.is_met())
}

fn demand(judging: &Judging, id: &str, document: &sla::Offer) -> Option<DemandStanding> {
    let groups = Groups::of(&judging.needs);
    let organisations = groups.organisations()?;
    let mut found: Vec<Standing> = Vec::with_capacity(judging.needs.len());
    let mut misses: BTreeMap<String, u64> = BTreeMap::new();
    for need in &judging.needs {
        let candidate = need.matcher.candidate(id, document);
        let explanation = need.matcher.explain(&candidate);
        let mut keys: Vec<&str> = missed(&explanation).map(|row| row.item.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            *misses.entry(key.to_owned()).or_default() += 1;
        }
        found.extend(judging.places(&need.matcher, &[candidate]).and_then(|mut all| all.pop()));
    }
    let mut positions: Vec<u64> = found.iter().map(|standing| standing.position).collect();
    positions.sort_unstable();
    let mut items: Vec<AskedItem> = groups
        .items()
        .map(|(item, organisations, needs)| AskedItem {
            item: item.to_owned(),
            organisations,
            needs,
            missed: misses.get(item).copied().unwrap_or(0).min(needs),
        })
        .collect();
    items.sort_by(|a, b| b.missed.cmp(&a.missed).then_with(|| a.item.cmp(&b.item)));
    let count = |holds: fn(&Standing) -> bool| found.iter().filter(|one| holds(one)).count() as u64;
    Some(DemandStanding {
        organisations,
        needs: found.len() as u64,
        contained: count(|one| one.contained),
        among_first: count(|one| one.position <= FIRST),
        middle_position: *positions.get(positions.len() / 2)?,
        of: found.first()?.of,
        items,
    })
}
