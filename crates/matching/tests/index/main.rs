//! P19 of the definition (`matching.md` 2): the index answers as the plain scan does, on random
//! offers and requirements, after any updates and while updates go on.
//!
//! 500 cases each; `PROPTEST_CASES` sets another number for all of them: `cargo xtask test --nightly`
//! takes 20,000.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test whose own data is wrong should stop there"
)]

mod crowd;
mod documents;
mod snapshot;
#[path = "../properties/world.rs"]
#[allow(dead_code, reason = "the other properties use the rest")]
mod world;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crowd::*;
use matching::{
    Dictionary, Offer, OfferValues, Order, Prepared, Ranking, Requirement, compile_offers,
    index::OfferMoment,
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use world::{dictionary, offers, requirement};

/// What an answer says, without positions, which differ by design.
type Answer = (usize, usize, Vec<String>, Vec<String>);

fn said(ranking: &Ranking) -> Answer {
    let row =
        |row: &matching::Ranked| format!("{} {:?} {}", row.id, row.totals, row.stronger_than_above);
    (
        ranking.judged,
        ranking.matched,
        ranking.matches.iter().map(row).collect(),
        ranking.near_misses.iter().map(row).collect(),
    )
}

/// The index answers as the scan, in all orders.
fn agrees<O: AsRef<Offer>>(moment: &OfferMoment, asked: &Requirement, offers: &[O], limit: usize) {
    let prepared = Prepared::new(moment.dictionary(), asked).unwrap();
    assert_eq!(moment.len(), offers.len());
    for by in Order::ALL {
        let ranking = moment.rank(&prepared, by, limit);
        assert_eq!(said(&ranking), said(&prepared.rank(offers, by, limit)), "{by:?}");
        for row in ranking.rows() {
            assert_eq!(moment.offer(row.index).unwrap().id(), row.id);
        }
    }
    let mut gains = vec![0; asked.rows.len()];
    for gain in prepared.gains(offers) {
        gains[gain.row] = gain.dropped;
    }
    assert_eq!(moment.admitted_without(&prepared), gains);
}

/// Large crowds: making one takes longer than asking it a question, so that questions share them.
const CROWDS: u8 = 64;

/// The large crowd of that number, made when it is first asked; the number says everything about it.
fn large(number: u8) -> &'static (OfferMoment, Vec<Offer>) {
    static MADE: [OnceLock<(OfferMoment, Vec<Offer>)>; CROWDS as usize] =
        [const { OnceLock::new() }; CROWDS as usize];
    MADE[usize::from(number)].get_or_init(|| {
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[number; 32]);
        let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), random);
        let drawn = (offers(30), 2_000..6_000_usize, any::<u64>());
        let (pool, size, seed) = drawn.new_tree(&mut runner).unwrap().current();
        let dictionary = Arc::new(dictionary());
        let offers = compiled(&dictionary, &crowd(&pool, size, seed));
        (OfferMoment::new(dictionary, offers.clone()), offers)
    })
}

fn compiled(dictionary: &Dictionary, written: &[OfferValues]) -> Vec<Offer> {
    compile_offers(dictionary, written).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_the_index_answers_as_the_plain_scan(
        pool in offers(12), asked in requirement(), seed in any::<u64>(), size in 1..400_usize,
        limit in proptest::sample::select(vec![0, 1, 3, 10, 50, 1000]),
    ) {
        let dictionary = Arc::new(dictionary());
        let offers = compiled(&dictionary, &crowd(&pool, size, seed));
        let moment = OfferMoment::new(Arc::clone(&dictionary), offers.clone());
        agrees(&moment, &asked, &offers, limit);
    }

    #[test]
    fn p19_what_comes_out_of_the_index_is_what_went_in(pool in offers(20)) {
        let dictionary = Arc::new(dictionary());
        let offers = compiled(&dictionary, &pool);
        let moment = OfferMoment::new(Arc::clone(&dictionary), offers.clone());
        let out: BTreeMap<String, OfferValues> =
            moment.offers().map(|offer| (offer.id().to_owned(), offer.written(&dictionary))).collect();
        let put: BTreeMap<String, OfferValues> =
            offers.iter().map(|offer| (offer.id().to_owned(), offer.written(&dictionary))).collect();
        prop_assert_eq!(out, put);
    }

    #[test]
    fn p19_every_moment_of_a_changing_index_answers_as_the_plain_scan(
        pool in offers(12), asked in requirement(), changes in changes(), limit in 1..20_usize,
    ) {
        let dictionary = Arc::new(dictionary());
        let mut moment = OfferMoment::new(Arc::clone(&dictionary), Vec::new());
        let mut model = BTreeMap::new();
        for change in &changes {
            let (upserts, removals) = change.of(&pool);
            let upserts = compiled(&dictionary, &upserts);
            let removals: Vec<&str> = removals.iter().map(String::as_str).collect();
            moment = moment.apply(upserts.clone(), &removals);
            remember(&mut model, upserts, &removals);
            let offers: Vec<&Offer> = model.values().collect();
            agrees(&moment, &asked, &offers, limit);
        }
        prop_assert!(moment.segments() <= 16, "{} segments", moment.segments());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_holds_over_many_blocks(
        number in 0..CROWDS, asked in requirement(),
        limit in proptest::sample::select(vec![1, 10, 50]),
    ) {
        let (moment, offers) = large(number);
        agrees(moment, &asked, offers, limit);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_readers_see_one_published_moment_while_updates_go_on(
        pool in offers(12), asked in requirement(), changes in changes(),
        by in proptest::sample::select(Order::ALL.to_vec()),
    ) {
        let dictionary = Arc::new(dictionary());
        let batches: Vec<_> = changes.iter().map(|change| {
            let (upserts, removals) = change.of(&pool);
            (compiled(&dictionary, &upserts), removals)
        }).collect();
        let published = moments(&Prepared::new(&dictionary, &asked).unwrap(), by, &batches);
        let live = OfferMoment::new(Arc::clone(&dictionary), Vec::new()).live();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = || {
                let prepared = Prepared::new(&dictionary, &asked).unwrap();
                let mut seen = 0;
                loop {
                    let last = over.load(Ordering::Acquire);
                    let answer = said(&live.moment().rank(&prepared, by, 10));
                    // Never an answer of none of the moments, and never back in time.
                    let place = published.iter().skip(seen).position(|moment| *moment == answer);
                    seen += place.expect("the answer is that of a moment not yet left behind");
                    if last {
                        return answer;
                    }
                    // Otherwise one core would read the same moment again for the rest of its turn.
                    std::thread::yield_now();
                }
            };
            let readers = [scope.spawn(reader), scope.spawn(reader)];
            for (upserts, removals) in &batches {
                let removals: Vec<&str> = removals.iter().map(String::as_str).collect();
                live.apply(upserts.clone(), &removals);
                std::thread::yield_now();
            }
            over.store(true, Ordering::Release);
            for reader in readers {
                assert_eq!(Some(&reader.join().unwrap()), published.last());
            }
        });
    }
}

/// The plain answer at each moment, the empty one first.
fn moments(asked: &Prepared<'_>, by: Order, batches: &[(Vec<Offer>, Vec<String>)]) -> Vec<Answer> {
    let mut model = BTreeMap::new();
    let mut answers = vec![said(&asked.rank::<Offer>(&[], by, 10))];
    for (upserts, removals) in batches {
        let removals: Vec<&str> = removals.iter().map(String::as_str).collect();
        remember(&mut model, upserts.clone(), &removals);
        let offers: Vec<&Offer> = model.values().collect();
        answers.push(said(&asked.rank(&offers, by, 10)));
    }
    answers
}

#[test]
fn p19_numbers_of_any_length_keep_all_digits() {
    use matching::{Asked, Value};
    let dictionary = Arc::new(dictionary());
    let number = |text: &str| Value::Number(text.parse().unwrap());
    let texts = [
        "0.8",
        "0.8000000000000000000000000001",
        "0.7999999999999999999999999999",
        "79228162514264337593543950335",
        "0",
        "-0.0000000000000000000000000001",
    ];
    let written: Vec<OfferValues> = (0..)
        .zip(texts)
        .map(|(at, text)| OfferValues {
            id: format!("o{at}"),
            values: [("down".to_owned(), number(text))].into(),
        })
        .collect();
    let offers = compiled(&dictionary, &written);
    let moment = OfferMoment::new(Arc::clone(&dictionary), offers.clone());
    for text in texts {
        let asked = Requirement { rows: vec![Asked::must("down", number(text))] };
        agrees(&moment, &asked, &offers, 2);
    }
}
