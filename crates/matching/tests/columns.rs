//! A board of columns ranks exactly as the offers it was made of, also after a journey as JSON.
//! 400 cases; `PROPTEST_CASES` sets another number.

#![allow(clippy::unwrap_used, reason = "a test whose own data is wrong should stop there")]

#[path = "properties/world.rs"]
#[allow(dead_code, reason = "shared with the properties, which use all of it")]
mod world;

use matching::{Board, Columns, Order, Prepared, compile_offers};
use proptest::prelude::*;
use world::{dictionary, offers, requirement};

fn cases(otherwise: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(400), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p19_a_board_ranks_as_the_plain_scan(offers in offers(30), asked in requirement(), limit in 0..40_usize) {
        let dictionary = dictionary();
        let prepared = Prepared::new(&dictionary, &asked).unwrap();
        let columns = Columns::new(&dictionary, &offers);
        let text = serde_json::to_string(&columns).unwrap();
        let columns: Columns = serde_json::from_str(&text).unwrap();
        let board = Board::new(&dictionary, &columns).unwrap();
        let plain = compile_offers(&dictionary, &offers).unwrap();
        for order in Order::ALL {
            prop_assert_eq!(prepared.rank_board(&board, order, limit), prepared.rank(&plain, order, limit));
        }
        for (own, plain) in board.offers().iter().zip(&plain) {
            prop_assert_eq!(own.written(&dictionary), plain.written(&dictionary));
            prop_assert_eq!(prepared.explain(own), prepared.explain(plain));
        }
    }
}

#[test]
fn a_board_needs_a_column_for_every_item() {
    let board = Board::new(&dictionary(), &Columns::default());
    assert_eq!(board.unwrap_err().field, "items");
}
