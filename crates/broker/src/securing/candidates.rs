//! Which offers a service could be secured from, and in which order: its own cloud first, then what
//! contains the need and can be ordered.
//!
//! Many services are looked at together: the ranking is that of the market in memory, and the
//! documents of all rows that come out of it are read with one statement.

use super::{Candidate, Why};
use crate::contracts::{Plan, plan_charges, plan_for, plan_obstacle};
use crate::requirements::Question;
use crate::shelf::{Shelved, Stock};
use crate::sync::beside;
use crate::{Broker, BrokerError};
use domain::{OfferId, OrganisationId, ProviderId, Sight, Timestamp};
use matching::Order;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Candidates at other clouds: enough to be refused by some.
const OTHERS_MAX: usize = 6;
/// Candidates at the service's own cloud: where it runs, and one other region.
const OWN_MAX: usize = 2;
/// Places at each other cloud, and offers of each cloud that are looked at for them.
const OF_CLOUD_MAX: usize = 2;
/// Offers that contain the need and are looked through for those that can be ordered.
const LOOKED_THROUGH: usize = 100_000;

/// For whom candidates are looked for.
pub(super) struct Seeker {
    /// Who looks: what was not shown to it is no candidate.
    pub organisation: OrganisationId,
    pub requirement: sla::Requirement,
    /// Where it runs; `None`: it is a need that does not run.
    pub runs: Option<Runs>,
    pub own_first: bool,
    pub order: Order,
}

/// Where a service runs.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    pub provider: ProviderId,
    pub offer: OfferId,
    pub plan: Plan,
}

/// What can be ordered and from whom, read once for many seekers.
pub(super) type Orderable = Arc<HashMap<OfferId, ProviderId>>;

impl Broker {
    /// Candidates of each seeker, best first, in the order of the seekers. A constant number of
    /// statements; `orderable` are the offers of connected clouds that passed.
    pub(super) async fn candidates_of(
        &self,
        seekers: &[Seeker],
        orderable: &Orderable,
    ) -> Result<Vec<Vec<Candidate>>, BrokerError> {
        let now = self.now();
        let mut asked = Vec::with_capacity(seekers.len());
        for seeker in seekers {
            let requirement = seeker.requirement.clone();
            let question = Arc::new(Question::new(requirement, seeker.order, now)?);
            let stock = self.stock_for(Sight::Of(seeker.organisation), &question.matcher).await?;
            let found = ranked(&question, &stock, seeker, orderable).await?;
            asked.push((question, found));
        }
        // Each list holds only what its seeker may know of.
        let stock = self.inner.shelf.whole();
        let wanted: BTreeSet<OfferId> = asked.iter().flat_map(|(_, ids)| ids.clone()).collect();
        let wanted: Vec<OfferId> = wanted.into_iter().collect();
        let offers = self.shelved_of(&stock, &wanted).await?;
        let offers: HashMap<OfferId, Arc<Shelved>> =
            offers.into_iter().map(|offer| (offer.card.id, offer)).collect();
        let pairs = seekers.iter().zip(asked);
        Ok(pairs
            .map(|(seeker, (question, ids))| {
                let offers: Vec<&Arc<Shelved>> =
                    ids.iter().filter_map(|id| offers.get(id)).collect();
                chosen(seeker, &question, &offers, now)
            })
            .collect())
    }
}

/// Offers that contain the need and can be ordered, best first, and the one the service runs on.
async fn ranked(
    question: &Arc<Question>,
    stock: &Arc<Stock>,
    seeker: &Seeker,
    orderable: &Orderable,
) -> Result<Vec<OfferId>, BrokerError> {
    let (question, stock) = (Arc::clone(question), Arc::clone(stock));
    let orderable = Arc::clone(orderable);
    let (order, runs) = (seeker.order, seeker.runs.clone());
    let work = move || {
        let Some(asked) = stock.index.asked(&question.matcher) else { return Vec::new() };
        let ranking = asked.rank(order, LOOKED_THROUGH, 0);
        let ids = ranking.matches.iter().filter_map(|row| row.id.parse::<OfferId>().ok());
        // Few of each cloud, so that one with many offers does not fill the list; some will turn out not
        // to be orderable after all.
        let mut of_cloud: HashMap<ProviderId, usize> = HashMap::new();
        let few = ids.filter(|id| {
            orderable.get(id).is_some_and(|provider| {
                let count = of_cloud.entry(*provider).or_default();
                *count += 1;
                *count <= OF_CLOUD_MAX
            })
        });
        let mut found: Vec<OfferId> = few.take(2 * (OTHERS_MAX + OWN_MAX)).collect();
        let own = runs.map(|runs| runs.offer).filter(|own| !found.contains(own));
        found.extend(own.filter(|own| orderable.contains_key(own) && stock.state(*own).is_some()));
        found
    };
    beside("candidates", work).await
}

/// The rows of one seeker.
fn chosen(
    seeker: &Seeker,
    question: &Question,
    offers: &[&Arc<Shelved>],
    now: Timestamp,
) -> Vec<Candidate> {
    let home = seeker.runs.as_ref().and_then(|runs| {
        let offer = offers.iter().find(|offer| offer.card.id == runs.offer)?;
        hazard_zone(offer, &runs.plan.region)
    });
    let mut rows = Vec::new();
    for offer in offers.iter().filter(|offer| plan_obstacle(&offer.card, now).is_none()) {
        let contains = question.explained(offer).totals.matched;
        let runs_on = seeker.runs.as_ref().filter(|runs| runs.offer == offer.card.id);
        // Another offer has to contain the need; the one that was signed may fall short of it.
        if !contains && runs_on.is_none() {
            continue;
        }
        for region in regions(seeker, offer, home.as_deref()) {
            rows.push(row(seeker, offer, (&region, home.as_deref()), contains));
        }
    }
    if seeker.own_first {
        rows.sort_by_key(|row| (!row.own, !is_home(seeker, row)));
    }
    let mut of_cloud: HashMap<ProviderId, usize> = HashMap::new();
    rows.retain(|row| {
        let count = of_cloud.entry(row.provider).or_default();
        *count += 1;
        *count <= if row.own { OWN_MAX } else { OF_CLOUD_MAX }
    });
    let mut others = 0;
    rows.retain(|row| {
        others += usize::from(!row.own);
        row.own || others <= OTHERS_MAX
    });
    let mut next = 1;
    for row in &mut rows {
        row.rank = if is_home(seeker, row) { 0 } else { next };
        next += u32::from(row.rank > 0);
    }
    rows
}

/// Whether it is just where the service runs.
fn is_home(seeker: &Seeker, row: &Candidate) -> bool {
    let runs = seeker.runs.as_ref();
    runs.is_some_and(|runs| runs.offer == row.offer && runs.plan.region == row.region)
}

/// The regions of an offer that are candidates: where the service runs, and the one that a disaster
/// there is least likely to reach.
fn regions(seeker: &Seeker, offer: &Shelved, home: Option<&str>) -> Vec<String> {
    let runs = seeker.runs.as_ref().filter(|runs| runs.offer == offer.card.id);
    let mut served: Vec<&String> = offer.card.served.iter().collect();
    served.sort_by_key(|region| home.is_some() && hazard_zone(offer, region).as_deref() == home);
    let stays = runs.map(|runs| &runs.plan.region).filter(|region| served.contains(region));
    let other = served.iter().copied().find(|region| Some(*region) != stays);
    stays.into_iter().chain(other).take(OWN_MAX).cloned().collect()
}

fn row(
    seeker: &Seeker,
    offer: &Shelved,
    (region, home): (&str, Option<&str>),
    contains: bool,
) -> Candidate {
    let card = &offer.card;
    let own = seeker.runs.as_ref().is_some_and(|runs| runs.provider == card.provider.id);
    let hazard_zone = hazard_zone(offer, region);
    let mut why = Vec::new();
    if own {
        why.push(Why::OwnCloud);
    }
    why.push(if contains { Why::ContainsNeed } else { Why::FallsShort });
    if let Some((zone, home)) = hazard_zone.as_deref().zip(home) {
        why.push(if zone == home { Why::SameHazardZone } else { Why::OtherHazardZone });
    }
    let plan = seeker.runs.as_ref().map_or_else(|| plan_for(card), |runs| runs.plan.clone());
    let plan = Plan { region: region.to_owned(), ..plan };
    let charges = plan_charges(offer, &plan).ok();
    let country = card.regions.iter().find(|(id, _)| id == region);
    Candidate {
        rank: 0,
        own,
        offer: card.id,
        offer_version: card.version,
        provider: card.provider.id,
        region: region.to_owned(),
        country: country.map(|(_, country)| country.clone()).unwrap_or_default(),
        hazard_zone,
        price: charges.map(|charges| charges.month),
        once: charges.and_then(|charges| charges.once).filter(|_| !own),
        why,
    }
}

fn hazard_zone(offer: &Shelved, region: &str) -> Option<String> {
    let regions = &offer.document.spec.service.regions;
    regions.iter().find(|each| each.id == region)?.hazard_zone.clone()
}
