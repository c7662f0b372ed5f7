//! Finds combinations worth proposing: a bounded search over pairs of offers that could, by the
//! rules, contain a need together.
//!
//! No rule makes the whole stronger than its parts except two: a standby raises the uptime, and a
//! chain takes the path from its network service and the work from its host. So an offer that fails
//! a must elsewhere can be left out beforehand, and no combination is lost by that.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use sla::{Arrangement, Compose, ItemDef, Offer, Parts, ServiceModel};

use super::{Composite, CostClasses, Terms, compose, zones_apart};
use crate::{
    from_sla::{Candidate, Circumstances, SlaMatcher},
    nano::Nano,
    order::{Order, Standing},
};

/// How far a search goes.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// The order that says what is better.
    pub order: Order,
    /// Pairs composed and judged at most.
    pub pairs_max: usize,
    /// Combinations returned at most.
    pub found_max: usize,
    /// Share of failovers that succeed, 0 to 1.
    pub failover_success: Decimal,
    /// Where the users are.
    pub user_regions: &'a [String],
    /// The day and the rates.
    pub circumstances: &'a Circumstances,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Combinations {
    /// Pairs that could contain the need, by what their parts promise alone.
    pub possible: u64,
    /// Pairs of these that were composed and judged; smaller where the limit ended the search.
    pub looked_at: u64,
    /// Of these the ones that contain the need and are worth proposing, best first.
    pub found: Vec<Combination>,
}

/// One combination that contains the need.
#[derive(Debug, Clone)]
pub struct Combination {
    /// Positions of the parts in the list of offers: host and network, or primary and standby.
    pub parts: [usize; 2],
    /// The whole.
    pub composite: Composite,
    /// The whole as the requirement sees it.
    pub candidate: Candidate,
}

/// Two offers to try, and how.
#[derive(Debug, Clone, Copy)]
struct Try {
    arrangement: Arrangement,
    parts: [usize; 2],
}

impl SlaMatcher {
    /// Searches combinations of two offers; `documents` and `candidates` run in parallel.
    ///
    /// Proposed is what contains the need where no single offer does, and otherwise what stands above
    /// every single offer: nearer to the need, or equally near and not dearer (in the order
    /// `strength` also where it is dearer).
    #[must_use]
    pub fn combinations(
        &self,
        documents: &[&Offer],
        candidates: &[Candidate],
        search: &Search<'_>,
    ) -> Combinations {
        let standings: Vec<Standing> =
            candidates.iter().map(|one| self.prepared().standing(one.as_ref())).collect();
        let classes = cost_classes(documents, search.circumstances);
        let terms = Terms {
            failover_success: search.failover_success,
            user_regions: search.user_regions,
            circumstances: search.circumstances,
            classes: &classes,
        };
        let pools = self.pools(documents, candidates, &standings, search);
        let best = standings
            .iter()
            .filter(|standing| standing.totals.matched)
            .min_by(|a, b| search.order.compare(a, b))
            .copied();
        let mut found: Vec<(Standing, Combination)> = Vec::new();
        let mut looked_at = 0;
        for next in tries(&pools).take(search.pairs_max) {
            looked_at += 1;
            if best.is_some_and(|best| too_dear(search.order, &best, &standings, next.parts)) {
                continue;
            }
            let Some((standing, combination)) = self.attempt(documents, candidates, next, &terms)
            else {
                continue;
            };
            if best.is_none_or(|best| worth(search.order, &standing, &best)) {
                found.push((standing, combination));
            }
        }
        found.sort_by(|a, b| search.order.compare(&a.0, &b.0).then_with(|| id(&a.1).cmp(id(&b.1))));
        found.truncate(search.found_max);
        Combinations {
            possible: pools.possible,
            looked_at,
            found: found.into_iter().map(|(_, combination)| combination).collect(),
        }
    }

    /// Composes and judges one pair; `None` where it cannot be put together or does not match.
    fn attempt(
        &self,
        documents: &[&Offer],
        candidates: &[Candidate],
        next: Try,
        terms: &Terms<'_>,
    ) -> Option<(Standing, Combination)> {
        let [one, other] = next.parts;
        let (first, second) = (*documents.get(one)?, *documents.get(other)?);
        let composite = match next.arrangement {
            Arrangement::Chain => {
                if !meet(first, second) {
                    return None;
                }
                compose(Arrangement::Chain, &[first, second], terms)
            }
            Arrangement::Pair => {
                let (here, there) = zones_apart(first, second)?;
                let (mut primary, mut standby) = (first.clone(), second.clone());
                primary.spec.service.regions = vec![here.clone()];
                standby.spec.service.regions = vec![there.clone()];
                compose(Arrangement::Pair, &[&primary, &standby], terms)
            }
        };
        let name = |at: usize| candidates.get(at).map_or("", |one| one.as_ref().id());
        let id = format!("{}+{}", name(one), name(other));
        let candidate = self.composite_candidate(&id, &composite);
        let standing = self.prepared().standing(candidate.as_ref());
        let combination = Combination { parts: next.parts, composite, candidate };
        standing.totals.matched.then_some((standing, combination))
    }

    /// Offers that may be part of a combination, best first and no more than can be tried.
    fn pools(
        &self,
        documents: &[&Offer],
        candidates: &[Candidate],
        standings: &[Standing],
        search: &Search<'_>,
    ) -> Pools {
        let mut pools = Pools::default();
        for (at, (document, candidate)) in documents.iter().zip(candidates).enumerate() {
            let failed: Vec<Option<&ItemDef>> = self
                .failed_musts(candidate)
                .filter(|key| *key != "cost.tier")
                .map(|key| sla::registry().item(key))
                .collect();
            let all =
                |may: &dyn Fn(&ItemDef) -> bool| failed.iter().all(|def| def.is_some_and(may));
            let network = document.spec.service.model == ServiceModel::Network;
            if network {
                // A network service has no response of its own to derive one from.
                let derived = |def: &ItemDef| def.derived && def.key.starts_with("performance.");
                if all(&|def| def.compose.parts == Parts::Hosting || derived(def)) {
                    pools.networks.push(at);
                }
                continue;
            }
            if all(&|def| def.compose.parts == Parts::Network) {
                pools.hosts.push(at);
            }
            if all(&|def| def.compose.pair == Compose::Failover) {
                pools.pairs.push(at);
            }
        }
        pools.count(documents);
        let better = |a: &usize, b: &usize| match (standings.get(*a), standings.get(*b)) {
            (Some(first), Some(second)) => {
                search.order.compare(first, second).then_with(|| a.cmp(b))
            }
            _ => a.cmp(b),
        };
        for pool in [&mut pools.hosts, &mut pools.networks, &mut pools.pairs] {
            // More of one pool than pairs to try are never reached.
            pool.sort_by(better);
            pool.truncate(search.pairs_max.max(1));
        }
        pools.note_uptimes(documents);
        pools
    }
}

#[derive(Debug, Default)]
struct Pools {
    hosts: Vec<usize>,
    networks: Vec<usize>,
    pairs: Vec<usize>,
    /// Pairs that could be tried before the pools were cut.
    possible: u64,
    /// Kind and uptime of each of `pairs`: who may stand by for whom, and who is the primary.
    standing_by: Vec<(Option<ServiceModel>, Option<Decimal>)>,
}

impl Pools {
    /// Hosts times networks, and every two offers of one kind: another kind cannot take over.
    fn count(&mut self, documents: &[&Offer]) {
        self.possible = self.hosts.len() as u64 * self.networks.len() as u64;
        for model in ServiceModel::ALL {
            let of_kind = |at: &&usize| {
                documents.get(**at).is_some_and(|offer| offer.spec.service.model == *model)
            };
            let size = self.pairs.iter().filter(of_kind).count() as u64;
            self.possible += size * size.saturating_sub(1) / 2;
        }
    }

    fn note_uptimes(&mut self, documents: &[&Offer]) {
        let failover =
            sla::registry().items().iter().find(|def| def.compose.pair == Compose::Failover);
        let uptime = |at: &usize| {
            let item = documents.get(*at)?.item(&failover?.key)?;
            crate::from_sla::strength::guaranteed(failover, &item.value)
        };
        let kind = |at: &usize| documents.get(*at).map(|offer| offer.spec.service.model);
        self.standing_by = self.pairs.iter().map(|at| (kind(at), uptime(at))).collect();
    }
}

/// All tries, those of the best offers first: chains and pairs take turns.
fn tries(pools: &Pools) -> impl Iterator<Item = Try> + '_ {
    let chains =
        diagonals(pools.hosts.len(), pools.networks.len()).filter_map(|(host, network)| {
            let parts = [*pools.hosts.get(host)?, *pools.networks.get(network)?];
            Some(Try { arrangement: Arrangement::Chain, parts })
        });
    let pairs = diagonals(pools.pairs.len(), pools.pairs.len())
        .filter(|(one, other)| one < other)
        .filter_map(|(one, other)| {
            let (first, second) = (pools.standing_by.get(one)?, pools.standing_by.get(other)?);
            if first.0 != second.0 {
                return None;
            }
            // The part that is up more often serves; the other stands by.
            let swap = second.1 > first.1;
            let (one, other) = if swap { (other, one) } else { (one, other) };
            let parts = [*pools.pairs.get(one)?, *pools.pairs.get(other)?];
            Some(Try { arrangement: Arrangement::Pair, parts })
        });
    alternating(chains, pairs)
}

/// Every pair of positions, small sums first.
fn diagonals(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let last = if rows == 0 || columns == 0 { 0 } else { rows + columns - 1 };
    (0..last).flat_map(move |sum| {
        let first = sum.saturating_sub(columns - 1);
        (first..rows.min(sum + 1)).map(move |row| (row, sum - row))
    })
}

fn alternating<T>(
    one: impl Iterator<Item = T>,
    other: impl Iterator<Item = T>,
) -> impl Iterator<Item = T> {
    let (mut one, mut other) = (one, other);
    let mut turn = false;
    std::iter::from_fn(move || {
        turn = !turn;
        if turn { one.next().or_else(|| other.next()) } else { other.next().or_else(|| one.next()) }
    })
}

/// Whether a network service reaches a country where the host is.
fn meet(host: &Offer, network: &Offer) -> bool {
    let reached = &network.spec.service.regions;
    let mut regions = host.spec.service.regions.iter();
    regions.any(|region| reached.iter().any(|other| other.country == region.country))
}

/// Whether a combination is better than the best single offer.
fn worth(order: Order, whole: &Standing, best: &Standing) -> bool {
    if order.compare(whole, best) != Ordering::Less {
        return false;
    }
    let nearer = whole.totals.shortfall < best.totals.shortfall;
    let not_dearer = match (whole.price, best.price) {
        (Some(whole), Some(best)) => whole <= best,
        _ => false,
    };
    nearer || not_dearer || order == Order::Strength
}

/// Whether two offers cost more together than the best single one, which nothing but more strength
/// makes up for; spares composing most pairs.
fn too_dear(order: Order, best: &Standing, standings: &[Standing], parts: [usize; 2]) -> bool {
    if order == Order::Strength || best.totals.shortfall > Nano::ZERO {
        return false;
    }
    let price = |at: usize| standings.get(at).and_then(|standing| standing.price);
    match (price(parts[0]), price(parts[1]), best.price) {
        (Some(one), Some(other), Some(best)) => one.saturating_add(other) > best,
        _ => true,
    }
}

fn cost_classes(documents: &[&Offer], circumstances: &Circumstances) -> CostClasses {
    CostClasses::of(documents.iter().filter_map(|document| {
        let price = document.spec.price.as_ref()?;
        let yen = circumstances.yen(price.monthly_total.as_ref()?)?;
        Some((yen, price.tier.as_ref()?.parse().ok()?))
    }))
}

fn id(combination: &Combination) -> &str {
    combination.candidate.as_ref().id()
}
