//! The index over documents answers as the matcher does that reads every document, whoever asks.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use matching::{
    Candidate, Circumstances, Gain, Order, SlaMatcher,
    index::{AnyDocument, DocumentMoment, DocumentRow, Mark, SnapshotFault},
};
use proptest::prelude::*;
use sla::{
    Commitment, Decimal, Demand, EXAMPLE_OFFERS, EXAMPLE_REQUIREMENTS, Offer, ProfileName,
    Requirement, parse_offer, parse_requirement,
};

use crate::{Answer, crowd::cases, said};

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

/// The examples, read once.
static OFFERS: LazyLock<Vec<Offer>> = LazyLock::new(|| {
    EXAMPLE_OFFERS.iter().map(|example| parse_offer(example.yaml).unwrap()).collect()
});
static REQUIREMENTS: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
    EXAMPLE_REQUIREMENTS.iter().map(|example| parse_requirement(example.yaml).unwrap()).collect()
});

/// What there is by id: the document with the mark it came in with.
type Model = BTreeMap<String, Marked>;

#[derive(Debug, Clone)]
struct Marked {
    document: Arc<Held>,
    mark: Mark,
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
        let mut offer = OFFERS[which].clone();
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
        let mut asked = REQUIREMENTS[which].clone();
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

fn marked(offer: Offer) -> Marked {
    Marked { mark: mark(&offer), document: Arc::new(Held(offer)) }
}

fn row(id: &str, marked: &Marked) -> DocumentRow {
    let document = Arc::clone(&marked.document);
    DocumentRow { id: id.to_owned(), mark: marked.mark, document }
}

fn rows(model: &Model) -> Vec<DocumentRow> {
    model.iter().map(|(id, marked)| row(id, marked)).collect()
}

/// Reads what is missing from the documents; buried rows have none any more.
fn read(moment: &DocumentMoment, matchers: &[Arc<SlaMatcher>], offers: &Model) -> usize {
    let mut brought = 0;
    let bring = |rows: &[(&str, Mark)]| {
        brought += rows.len();
        let document = |(id, then): &(&str, Mark)| -> Option<AnyDocument> {
            let offer = offers.get(*id).filter(|offer| offer.mark == *then)?;
            Some(Arc::<Held>::clone(&offer.document))
        };
        Ok::<_, ()>(rows.iter().map(document).collect())
    };
    moment.read(matchers, bring).unwrap();
    brought
}

/// What the matcher says that reads every document.
struct Plain {
    answers: Vec<(Order, usize, Answer)>,
    gains: Vec<Gain>,
}

impl Plain {
    fn of(matcher: &SlaMatcher, offers: &Model) -> Self {
        let read = |(id, offer): (&String, &Marked)| matcher.candidate(id, &offer.document.0);
        let candidates: Vec<Candidate> = offers.iter().map(read).collect();
        let each = Order::ALL.into_iter().flat_map(|order| [(order, 2), (order, 50)]);
        let answer =
            |(order, limit)| (order, limit, said(&matcher.rank(&candidates, order, limit)));
        Self { answers: each.map(answer).collect(), gains: matcher.gains(&candidates) }
    }
}

fn agrees(moment: &DocumentMoment, matcher: &Arc<SlaMatcher>, offers: &Model, plain: &Plain) {
    read(moment, std::slice::from_ref(matcher), offers);
    let asked = moment.asked(matcher).unwrap();
    for (order, limit, answer) in &plain.answers {
        let index = asked.rank(*order, *limit, *limit);
        assert_eq!(&said(&index), answer, "{order:?}");
        for row in index.rows() {
            assert_eq!(moment.mark(row.index).unwrap(), offers[&row.id].mark);
            assert_eq!(moment.mark_of(&row.id), moment.mark(row.index));
        }
    }
    assert_eq!(asked.gains(), plain.gains);
    places(moment, matcher, offers);
}

/// Every offer is placed where the list has it, whether it is in the index or comes back as a draft.
fn places(moment: &DocumentMoment, matcher: &Arc<SlaMatcher>, offers: &Model) {
    let read = |(id, offer): (&String, &Marked)| matcher.candidate(id, &offer.document.0);
    let candidates: Vec<Candidate> = offers.iter().map(read).collect();
    let without = offers.keys().next().map(|id| moment.apply(Vec::new(), &[id]));
    for order in Order::ALL {
        let ranking = moment.asked(matcher).unwrap().rank(order, offers.len(), offers.len());
        let listed: Vec<&str> = ranking.rows().map(|row| row.id.as_str()).collect();
        let placed = moment.asked(matcher).unwrap().places(order, &candidates);
        for (place, id) in placed.iter().zip(offers.keys()) {
            assert_eq!(listed[place.position - 1], id, "{order:?}");
            assert_eq!((place.of, place.matching), (offers.len(), ranking.matched), "{order:?}");
        }
        let Some(moment) = &without else { continue };
        let first = &candidates[..1];
        assert_eq!(moment.asked(matcher).unwrap().places(order, first), placed[..1], "{order:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_documents_are_ranked_as_the_matcher_ranks_them_whoever_asks(
        offers in proptest::collection::vec(offer(), 1..14),
        later in proptest::collection::vec((0..20_usize, offer()), 0..6),
        asked in proptest::collection::vec(asked(), 1..4),
    ) {
        let mut model: Model = named(offers);
        let mut moment = DocumentMoment::of_documents(rows(&model));
        let compile = |(asked, circumstances): &(Requirement, Circumstances)| {
            let every_day = SlaMatcher::new(asked, ProfileName::Normal, circumstances).unwrap();
            let always = SlaMatcher::for_all_times(asked, circumstances).unwrap();
            [Arc::new(every_day), Arc::new(always)]
        };
        let matchers: Vec<_> = asked.iter().flat_map(compile).collect();
        for matcher in &matchers {
            agrees(&moment, matcher, &model, &Plain::of(matcher, &model));
        }
        for (id, offer) in later {
            let (id, offer) = (name(id), marked(offer));
            moment = moment.apply(vec![row(&id, &offer)], &["offer-1"]);
            model.insert(id, offer);
            model.remove("offer-1");
        }
        let plain: Vec<Plain> = matchers.iter().map(|matcher| Plain::of(matcher, &model)).collect();
        for (matcher, plain) in matchers.iter().zip(&plain) {
            agrees(&moment, matcher, &model, plain);
        }
        let bytes = moment.snapshot_documents("a note");
        let (restored, note) = DocumentMoment::restore_documents(&bytes).unwrap();
        prop_assert_eq!((note.as_str(), restored.len()), ("a note", model.len()));
        for (matcher, plain) in matchers.iter().zip(&plain) {
            let lacking = restored.unread(std::slice::from_ref(matcher));
            prop_assert_eq!(lacking, 0, "everything that was read is in the snapshot");
            agrees(&restored, matcher, &model, plain);
        }
    }
}

fn name(id: usize) -> String {
    format!("offer-{id}")
}

fn named(offers: Vec<Offer>) -> Model {
    offers.into_iter().enumerate().map(|(id, offer)| (name(id), marked(offer))).collect()
}

fn examples() -> Model {
    named(OFFERS.clone())
}

fn matcher(which: usize, today: i64) -> Arc<SlaMatcher> {
    let asked = &REQUIREMENTS[which];
    let circumstances = Circumstances { today, ..Circumstances::default() };
    Arc::new(SlaMatcher::new(asked, ProfileName::Normal, &circumstances).unwrap())
}

fn moment() -> DocumentMoment {
    DocumentMoment::of_documents(rows(&examples()))
}

#[test]
fn what_is_expected_is_read_on_the_way_in_and_the_rest_when_it_is_asked_for() {
    let (first, second) = (matcher(0, TODAY), matcher(1, TODAY));
    let empty = DocumentMoment::default();
    empty.expect(&first);
    let moment = empty.apply(rows(&examples()), &[]);
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
