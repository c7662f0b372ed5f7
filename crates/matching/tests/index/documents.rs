//! The index over documents answers as the matcher does that reads every document, whoever asks.

use std::{collections::BTreeMap, sync::Arc};

use matching::{
    Candidate, Circumstances, Order, SlaMatcher,
    index::{DocumentMoment, DocumentRow},
};
use proptest::prelude::*;
use sla::{
    Commitment, Decimal, Demand, EXAMPLE_OFFERS, EXAMPLE_REQUIREMENTS, Offer, ProfileName,
    Requirement, parse_offer, parse_requirement,
};

use crate::{crowd::cases, said};

/// A day on which some evidence of the examples has ended.
const TODAY: i64 = 20_779;

/// How one item of a document is bent.
#[derive(Debug, Clone, Copy)]
struct Bend {
    drop: bool,
    commitment: Option<u8>,
    percentile: Option<u8>,
    factor: i64,
}

#[derive(Debug)]
struct Held(Offer);

impl AsRef<Offer> for Held {
    fn as_ref(&self) -> &Offer {
        &self.0
    }
}

fn bend() -> impl Strategy<Value = Bend> {
    (
        proptest::bool::weighted(0.15),
        proptest::option::weighted(0.3, any::<u8>()),
        proptest::option::weighted(0.3, any::<u8>()),
        prop_oneof![3 => Just(10), 1 => 5..20_i64],
    )
        .prop_map(|(drop, commitment, percentile, factor)| Bend {
            drop,
            commitment,
            percentile,
            factor,
        })
}

fn commitment(number: u8) -> Commitment {
    Commitment::ALL[usize::from(number) % Commitment::ALL.len()]
}

fn percentile(number: u8) -> Option<Decimal> {
    [None, Some(50), Some(90), Some(99)][usize::from(number) % 4].map(Decimal::from)
}

/// One of the example offers with its items bent; prices and paths stay as they are.
fn offer() -> impl Strategy<Value = Offer> {
    (0..EXAMPLE_OFFERS.len(), proptest::collection::vec(bend(), 64)).prop_map(|(which, bends)| {
        let mut offer = parse_offer(EXAMPLE_OFFERS[which].yaml).unwrap();
        let mut bends = bends.into_iter();
        offer.spec.items.retain_mut(|item| {
            let Some(bend) = bends.next() else { return true };
            item.commitment = bend.commitment.map_or(item.commitment, commitment);
            item.percentile = bend.percentile.map_or(item.percentile, percentile);
            if let sla::Value::Number(number) = &mut item.value {
                *number *= Decimal::new(bend.factor, 1);
            }
            !bend.drop
        });
        offer
    })
}

/// One of the example requirements, asked a little differently.
fn asked() -> impl Strategy<Value = (Requirement, Circumstances)> {
    let bends =
        proptest::collection::vec((bend(), proptest::option::weighted(0.3, 1..900_u32)), 64);
    (0..EXAMPLE_REQUIREMENTS.len(), bends, 0..4_i64).prop_map(|(which, bends, years)| {
        let mut asked = parse_requirement(EXAMPLE_REQUIREMENTS[which].yaml).unwrap();
        for (item, (bend, age)) in asked.spec.profiles.normal.items.iter_mut().zip(bends) {
            item.min_commitment = bend.commitment.map(commitment);
            item.percentile = bend.percentile.and_then(percentile);
            item.max_age_days = age;
            if bend.drop && item.level == Demand::Must {
                item.level = Demand::Prefer;
            }
        }
        let yen_per = BTreeMap::from([("EUR".to_owned(), Decimal::from(165 + years))]);
        (asked, Circumstances { today: TODAY + 365 * years, yen_per })
    })
}

fn row(id: usize, offer: &Offer) -> DocumentRow<Held> {
    DocumentRow { id: format!("offer-{id}"), document: Arc::new(Held(offer.clone())) }
}

fn agrees(
    moment: &DocumentMoment<Held>,
    matcher: &Arc<SlaMatcher>,
    offers: &BTreeMap<String, Offer>,
) {
    let candidates: Vec<Candidate> =
        offers.iter().map(|(id, offer)| matcher.candidate(id, offer)).collect();
    for order in Order::ALL {
        for limit in [2, 50] {
            let index = moment.rank_documents(matcher, order, limit, limit);
            assert_eq!(said(&index), said(&matcher.rank(&candidates, order, limit)), "{order:?}");
            for row in index.rows() {
                assert_eq!(moment.document(row.index).unwrap().0, offers[&row.id]);
            }
        }
    }
    let near: Vec<Candidate> = (moment.nearly(matcher).into_iter())
        .map(|at| {
            let offer = &moment.document(at).unwrap().0;
            matcher.candidate("near", offer)
        })
        .collect();
    assert_eq!(matcher.gains(&near), matcher.gains(&candidates));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500).div_ceil(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_documents_are_ranked_as_the_matcher_ranks_them_whoever_asks(
        offers in proptest::collection::vec(offer(), 1..14),
        later in proptest::collection::vec((0..20_usize, offer()), 0..6),
        asked in proptest::collection::vec(asked(), 1..4),
    ) {
        let mut model: BTreeMap<String, Offer> = BTreeMap::new();
        let rows = offers.iter().enumerate().map(|(id, offer)| row(id, offer)).collect();
        model.extend(offers.into_iter().enumerate().map(|(id, offer)| (format!("offer-{id}"), offer)));
        let mut moment = DocumentMoment::of_documents(rows);
        let compile = |(asked, circumstances): &(Requirement, Circumstances)| {
            let every_day = SlaMatcher::new(asked, ProfileName::Normal, circumstances).unwrap();
            let always = SlaMatcher::for_all_times(asked, circumstances).unwrap();
            [Arc::new(every_day), Arc::new(always)]
        };
        let matchers: Vec<_> = asked.iter().flat_map(compile).collect();
        for matcher in &matchers {
            agrees(&moment, matcher, &model);
        }
        for (id, offer) in later {
            moment = moment.apply(vec![row(id, &offer)], &["offer-1"]);
            model.insert(format!("offer-{id}"), offer);
            model.remove("offer-1");
        }
        for matcher in &matchers {
            agrees(&moment, matcher, &model);
        }
        let bytes = moment.snapshot_documents(|_| 7);
        let find = |id: &str, stamp| (stamp == 7).then(|| Arc::new(Held(model[id].clone())));
        let restored = DocumentMoment::restore_documents(&bytes, find).unwrap();
        for matcher in &matchers {
            agrees(&restored, matcher, &model);
        }
    }
}

#[test]
fn a_restored_document_of_another_state_is_left_out() {
    let offers: Vec<Offer> =
        EXAMPLE_OFFERS.iter().map(|example| parse_offer(example.yaml).unwrap()).collect();
    let rows = offers.iter().enumerate().map(|(id, offer)| row(id, offer)).collect();
    let moment = DocumentMoment::of_documents(rows);
    let bytes = moment.snapshot_documents(|_| 1);
    let find = |id: &str, stamp| {
        assert_eq!(stamp, 1);
        (id != "offer-0").then(|| Arc::new(Held(offers[1].clone())))
    };
    let restored = DocumentMoment::restore_documents(&bytes, find).unwrap();
    assert!(!restored.contains("offer-0") && restored.contains("offer-1"));
    assert_eq!(restored.len(), moment.len() - 1);
}
