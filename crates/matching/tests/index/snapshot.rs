//! A snapshot holds the whole moment, and whatever is wrong with one is noticed.

use std::sync::Arc;

use matching::{
    Dictionary, Offer,
    index::{OfferMoment, SnapshotFault},
};
use proptest::prelude::*;

use crate::{
    agrees, compiled,
    crowd::{cases, crowd},
    world::{dictionary, items, offers, requirement},
};

fn moment(offers: Vec<Offer>) -> OfferMoment {
    OfferMoment::new(Arc::new(dictionary()), offers)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_a_restored_index_answers_as_the_plain_scan(
        pool in offers(12), asked in requirement(), seed in any::<u64>(), size in 1..200_usize,
        gone in proptest::collection::vec(0..200_usize, 0..20),
    ) {
        let mut written = crowd(&pool, size, seed);
        let names: Vec<String> =
            gone.iter().filter_map(|at| written.get(*at)).map(|offer| offer.id.clone()).collect();
        let removals: Vec<&str> = names.iter().map(String::as_str).collect();
        let before = moment(compiled(&dictionary(), &written)).apply(Vec::new(), &removals);
        let after = OfferMoment::restore(Arc::new(dictionary()), &before.snapshot()).unwrap();
        written.retain(|offer| !names.contains(&offer.id));
        agrees(&after, &asked, &compiled(&dictionary(), &written), 10);
    }

    #[test]
    fn a_damaged_snapshot_is_refused(pool in offers(12), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut bytes = moment(compiled(&dictionary(), &pool)).snapshot();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(OfferMoment::restore(Arc::new(dictionary()), &bytes).is_err());
    }

    #[test]
    fn a_cut_snapshot_is_refused(pool in offers(12), at in any::<prop::sample::Index>()) {
        let bytes = moment(compiled(&dictionary(), &pool)).snapshot();
        let cut = &bytes[..at.index(bytes.len())];
        prop_assert_eq!(OfferMoment::restore(Arc::new(dictionary()), cut).unwrap_err(), SnapshotFault::Cut);
    }
}

#[test]
fn an_old_snapshot_is_refused_with_the_reason() {
    let bytes = moment(Vec::new()).snapshot();
    let mut old = bytes.clone();
    old[8] = 0;
    let restore = |bytes: &[u8]| OfferMoment::restore(Arc::new(dictionary()), bytes).unwrap_err();
    assert_eq!(restore(&old), SnapshotFault::Version);
    assert_eq!(
        restore(b"something else entirely, as long as a head of a snapshot"),
        SnapshotFault::Cut
    );
    let fewer = Arc::new(Dictionary::new(items().into_iter().skip(1).collect()).unwrap());
    assert_eq!(OfferMoment::restore(fewer, &bytes).unwrap_err(), SnapshotFault::Dictionary);
}
