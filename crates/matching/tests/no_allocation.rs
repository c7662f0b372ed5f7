//! Judging an offer allocates nothing: every request for memory of this thread is counted.

#![allow(clippy::unwrap_used, reason = "a test whose own data is wrong should stop there")]
#![expect(unsafe_code, reason = "an allocator can only be wrapped through an unsafe trait")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use matching::{
    Asked, Dictionary, Item, Kind, Offer, OfferValues, Prepared, Range, Requirement, Scale, Value,
};
use rust_decimal::Decimal;

thread_local! {
    static ASKED_FOR: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ASKED_FOR.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn dictionary() -> Dictionary {
    let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let range =
        |scale, worst: i64, best: i64| Range { scale, worst: worst.into(), best: best.into() };
    let nines = Scale::Nines { whole: Decimal::ONE_HUNDRED };
    Dictionary::new(vec![
        Item::new("uptime", Kind::Higher(range(nines, 90, 99))),
        Item::new("repair", Kind::Lower(range(Scale::Log, 1440, 1))),
        Item::new("support", Kind::Level(words(&["none", "office", "always"]))),
        Item::new("certificates", Kind::SetIncludes(words(&["a", "b", "c"]))),
        Item::new("places", Kind::SetWithin(words(&["DE", "FR", "JP"]))),
        Item::new("languages", Kind::SetAny(words(&["en", "ja"]))),
        Item::new("price", Kind::Lower(range(Scale::Log, 100, 1))),
    ])
    .unwrap()
}

#[test]
fn judging_offers_allocates_nothing() {
    let dictionary = dictionary();
    let asked = Requirement {
        rows: vec![
            Asked::must("uptime", number("99.95")),
            Asked::prefer("repair", number("60")),
            Asked::must("support", Value::level("office")),
            Asked::must("certificates", Value::set(["a", "z"])),
            Asked::must("places", Value::set(["DE", "FR"])),
            Asked::prefer("languages", Value::set(["ja"])),
            Asked::prefer("price", number("20")),
        ],
    };
    let values = [
        ("uptime", number("99.9")),
        ("repair", number("240.5")),
        ("support", Value::level("always")),
        ("certificates", Value::set(["a", "b", "y", "z"])),
        ("places", Value::set(["DE", "NL"])),
        ("languages", Value::set(["en", "ja"])),
        ("price", number("19.99")),
    ];
    let values = values.into_iter().map(|(item, value)| (item.to_owned(), value)).collect();
    let offer = Offer::new(&dictionary, 0, &OfferValues { id: "one".to_owned(), values }).unwrap();
    let prepared = Prepared::new(&dictionary, &asked).unwrap();

    let before = ASKED_FOR.get();
    let mut met = 0;
    for _ in 0..1_000 {
        met += prepared.verdicts(&offer).filter(|verdict| verdict.is_met()).count();
        met += usize::from(prepared.judge(&offer).matched);
    }
    let after = ASKED_FOR.get();

    assert_eq!(after - before, 0);
    assert_eq!(met, 4_000);
    assert!(before > 0, "the counter counts");
}
