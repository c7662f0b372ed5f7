//! Two offers for one need: a chain of host and network, or a primary with a standby elsewhere.
//! The rules and the search are `matching`'s; here they meet the offers on the shelf.

use super::rank::Question;
use super::{Combination, CombinationPart, Combinations};
use crate::documents;
use crate::shelf::Shelved;
use matching::Candidate;
use matching::compose::{self, Search};
use rust_decimal::Decimal;
use sla::Arrangement;
use std::sync::Arc;

/// Pairs composed for one answer at most; the page says how many there are.
const PAIRS_MAX: usize = 400;
/// Combinations shown at most.
const SHOWN_MAX: usize = 3;
/// Share of failovers that are taken to succeed, in hundredths: the definition's example. No document
/// states a rehearsed share, so the page says that this is assumed.
const FAILOVER_SUCCESS: Decimal = Decimal::from_parts(99, 0, 0, false, 2);

impl Question {
    /// Combinations that contain the need where no single offer does, or better than each of them.
    pub(super) fn combinations(
        &self,
        offers: &[Arc<Shelved>],
        candidates: &[Candidate],
    ) -> Combinations {
        let documents: Vec<&sla::Offer> = offers.iter().map(|offer| offer.today()).collect();
        let search = Search {
            order: self.order,
            pairs_max: PAIRS_MAX,
            found_max: SHOWN_MAX,
            failover_success: FAILOVER_SUCCESS,
            user_regions: &self.requirement.spec.user_regions,
            circumstances: &self.circumstances,
        };
        let found = self.matcher.combinations(&documents, candidates, &search);
        let rows = found.found.into_iter().zip(1..);
        Combinations {
            possible: found.possible,
            looked_at: found.looked_at,
            failover_success: FAILOVER_SUCCESS,
            found: rows
                .filter_map(|(one, position)| self.combination(offers, one, position))
                .collect(),
        }
    }

    fn combination(
        &self,
        offers: &[Arc<Shelved>],
        found: compose::Combination,
        position: u32,
    ) -> Option<Combination> {
        let document = &found.composite.document;
        let pair = found.composite.arrangement == Arrangement::Pair;
        let mut parts = Vec::with_capacity(found.parts.len());
        for (index, at) in found.parts.into_iter().enumerate() {
            // A pair is placed in two regions; a chain wherever its host runs.
            let place = document.spec.service.regions.get(index).filter(|_| pair);
            parts.push(CombinationPart {
                card: offers.get(at)?.card.clone(),
                region: place.map(|region| region.id.clone()),
                hazard_zone: place.and_then(|region| region.hazard_zone.clone()),
            });
        }
        Some(Combination {
            position,
            arrangement: found.composite.arrangement,
            parts,
            price: documents::price(document).ok().flatten(),
            explanation: self.matcher.explain(&found.candidate),
            items: found.composite.items,
        })
    }
}
