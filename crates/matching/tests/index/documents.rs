//! The index over documents answers as the matcher does that reads every document, whoever asks.

use std::{collections::BTreeMap, sync::Arc};

use matching::{
    Candidate, Circumstances, Order, SlaMatcher,
    index::{AnyDocument, DocumentMoment, DocumentRow, Mark, SnapshotFault},
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

/// A mark that says how an offer was when it came in.
fn mark(offer: &Offer) -> Mark {
    let text = sla::canonical_json(offer);
    let sum = text.bytes().fold(7_i64, |sum, byte| sum.wrapping_mul(31) + i64::from(byte));
    [sum, 0, i64::MIN]
}

fn row(id: usize, offer: &Offer) -> DocumentRow {
    let document = Arc::new(Held(offer.clone()));
    DocumentRow { id: format!("offer-{id}"), mark: mark(offer), document }
}

/// Reads what is missing from the documents; buried rows have none any more.
fn read(
    moment: &DocumentMoment,
    matchers: &[Arc<SlaMatcher>],
    offers: &BTreeMap<String, Offer>,
) -> usize {
    let mut brought = 0;
    let bring = |rows: &[(&str, Mark)]| {
        brought += rows.len();
        let document = |(id, then): &(&str, Mark)| -> Option<AnyDocument> {
            let offer = offers.get(*id).filter(|offer| mark(offer) == *then)?;
            Some(Arc::new(Held(offer.clone())))
        };
        Ok::<_, ()>(rows.iter().map(document).collect())
    };
    moment.read(matchers, bring).unwrap();
    brought
}

fn agrees(moment: &DocumentMoment, matcher: &Arc<SlaMatcher>, offers: &BTreeMap<String, Offer>) {
    read(moment, std::slice::from_ref(matcher), offers);
    let candidates: Vec<Candidate> =
        offers.iter().map(|(id, offer)| matcher.candidate(id, offer)).collect();
    let asked = moment.asked(matcher).unwrap();
    for order in Order::ALL {
        for limit in [2, 50] {
            let index = asked.rank(order, limit, limit);
            assert_eq!(said(&index), said(&matcher.rank(&candidates, order, limit)), "{order:?}");
            for row in index.rows() {
                assert_eq!(moment.mark(row.index).unwrap(), mark(&offers[&row.id]));
                assert_eq!(moment.mark_of(&row.id), moment.mark(row.index));
            }
        }
    }
    assert_eq!(asked.gains(), matcher.gains(&candidates));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(100), failure_persistence: None, ..ProptestConfig::default() })]

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
        let bytes = moment.snapshot_documents("a note");
        let (restored, note) = DocumentMoment::restore_documents(&bytes).unwrap();
        prop_assert_eq!((note.as_str(), restored.len()), ("a note", model.len()));
        for matcher in &matchers {
            let lacking = restored.unread(std::slice::from_ref(matcher));
            prop_assert_eq!(lacking, 0, "everything that was read is in the snapshot");
            agrees(&restored, matcher, &model);
        }
    }
}

fn examples() -> BTreeMap<String, Offer> {
    let offers = EXAMPLE_OFFERS.iter().map(|example| parse_offer(example.yaml).unwrap());
    offers.enumerate().map(|(id, offer)| (format!("offer-{id}"), offer)).collect()
}

fn matcher(which: usize, today: i64) -> Arc<SlaMatcher> {
    let asked = parse_requirement(EXAMPLE_REQUIREMENTS[which].yaml).unwrap();
    let circumstances = Circumstances { today, ..Circumstances::default() };
    Arc::new(SlaMatcher::new(&asked, ProfileName::Normal, &circumstances).unwrap())
}

fn moment() -> DocumentMoment {
    let rows = examples().values().enumerate().map(|(id, offer)| row(id, offer)).collect();
    DocumentMoment::of_documents(rows)
}

#[test]
fn what_is_expected_is_read_on_the_way_in_and_the_rest_when_it_is_asked_for() {
    let (first, second) = (matcher(0, TODAY), matcher(1, TODAY));
    let empty = DocumentMoment::default();
    empty.expect(&first);
    let rows = examples().values().enumerate().map(|(id, offer)| row(id, offer)).collect();
    let moment = empty.apply(rows, &[]);
    assert!(moment.asked(&first).is_some() && moment.asked(&second).is_none());
    let both = [first, second];
    assert_eq!(moment.unread(&both), moment.len());
    assert_eq!(read(&moment, &both, &examples()), moment.len());
    assert_eq!(read(&moment, &both, &examples()), 0, "nothing is read twice");
}

#[test]
fn what_is_read_for_tomorrow_is_there_when_tomorrow_comes_and_today_is_forgotten() {
    let today = matcher(0, TODAY);
    let moment = moment();
    read(&moment, std::slice::from_ref(&today), &examples());
    let tomorrow = moment.matchers_on(TODAY + 1);
    assert_eq!(tomorrow.len(), 1);
    read(&moment, &tomorrow, &examples());
    moment.forget_before(TODAY + 1);
    assert!(moment.asked(&matcher(0, TODAY + 1)).is_some());
    assert!(moment.asked(&today).is_none());
}

#[test]
fn what_nobody_asked_since_a_restart_is_kept_until_its_day_is_over() {
    let moment = moment();
    read(&moment, &[matcher(0, TODAY), matcher(1, TODAY)], &examples());
    let again = |moment: &DocumentMoment| {
        DocumentMoment::restore_documents(&moment.snapshot_documents("")).unwrap().0
    };
    let restored = again(&moment);
    restored.forget_before(TODAY);
    let once_more = again(&restored);
    assert!(once_more.asked(&matcher(0, TODAY)).is_some());
    once_more.forget_before(TODAY + 1);
    let tomorrow = again(&once_more);
    assert!(tomorrow.asked(&matcher(1, TODAY)).is_none());
    assert!(tomorrow.bytes() < restored.bytes());
}

#[test]
fn a_document_that_cannot_be_brought_leaves_the_reading_undone() {
    let (moment, asked) = (moment(), matcher(0, TODAY));
    let bring = |_: &[(&str, Mark)]| Err("the database is away");
    assert_eq!(moment.read(std::slice::from_ref(&asked), bring), Err("the database is away"));
    assert!(moment.asked(&asked).is_none());
}

#[test]
fn a_snapshot_of_documents_that_is_damaged_anywhere_is_refused() {
    let moment = moment();
    read(&moment, &[matcher(0, TODAY)], &examples());
    let good = moment.snapshot_documents("note");
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        assert!(DocumentMoment::restore_documents(&bytes).is_err(), "byte {at}");
    }
    let cut = DocumentMoment::restore_documents(&good[..good.len() - 1]);
    assert_eq!(cut.unwrap_err(), SnapshotFault::Cut);
}
