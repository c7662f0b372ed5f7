//! Many offers from few: every item of an offer is taken from one of a pool, so that values repeat,
//! ties are common and hardly two offers are equal. And changes of such a crowd.

use std::collections::BTreeMap;

use matching::{Offer, OfferValues};
use proptest::prelude::*;

use crate::world::ITEMS;

/// The number of cases: `PROPTEST_CASES`, or the given one.
pub fn cases(otherwise: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A simple generator (Steele et al., SplitMix64), so that a seed says everything.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// An offer whose items come from the pool.
pub fn mixed(pool: &[OfferValues], id: String, seed: u64) -> OfferValues {
    let mut state = seed;
    let values = ITEMS.iter().filter_map(|item| {
        let from = &pool[usize::try_from(next(&mut state) % pool.len() as u64).unwrap()];
        Some(((*item).to_owned(), from.values.get(*item)?.clone()))
    });
    OfferValues { id, values: values.collect() }
}

/// Offers with ids whose order is not the order of the list.
pub fn crowd(pool: &[OfferValues], size: usize, seed: u64) -> Vec<OfferValues> {
    let mut state = seed;
    let ids = (0..size).map(|at| format!("o{}", (at * 7919 + 3) % 1_000_003));
    ids.map(|id| mixed(pool, id, next(&mut state))).collect()
}

/// One change: offers that come or change, and ids that go.
#[derive(Debug, Clone)]
pub struct Change {
    upserts: Vec<(u8, u64)>,
    removals: Vec<u8>,
}

impl Change {
    /// The change in words of a pool.
    pub fn of(&self, pool: &[OfferValues]) -> (Vec<OfferValues>, Vec<String>) {
        let upsert = |(id, seed): &(u8, u64)| mixed(pool, format!("o{}", id % 90), *seed);
        let removal = |id: &u8| format!("o{}", id % 90);
        (self.upserts.iter().map(upsert).collect(), self.removals.iter().map(removal).collect())
    }
}

/// Some changes, most of them small.
pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    let size = prop_oneof![4 => 0..4_usize, 1 => 20..60_usize];
    let change = size.prop_flat_map(|size| {
        let upserts = proptest::collection::vec(any::<(u8, u64)>(), size).prop_map(
            |mut list: Vec<(u8, u64)>| {
                let mut seen = std::collections::BTreeSet::new();
                list.retain(|(id, _)| seen.insert(id % 90));
                list
            },
        );
        (upserts, proptest::collection::vec(any::<u8>(), 0..4))
            .prop_map(|(upserts, removals)| Change { upserts, removals })
    });
    proptest::collection::vec(change, 1..14)
}

/// Applies a change to a plain map.
pub fn remember(model: &mut BTreeMap<String, Offer>, upserts: Vec<Offer>, removals: &[&str]) {
    for offer in upserts {
        model.insert(offer.id().to_owned(), offer);
    }
    for id in removals {
        model.remove(*id);
    }
}
