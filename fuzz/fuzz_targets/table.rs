//! Tables: what was read is written and read again as the same offers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sla::exchange::{Format, csv, read};

fuzz_target!(|text: &str| {
    let _ = Format::of_text(text);
    let found = csv::read(text);
    assert_eq!(found.is_sound(), found.faults.is_empty());
    assert!(found.is_sound() || found.offers.is_empty());
    if found.offers.is_empty() {
        return;
    }
    let offers: Vec<sla::Offer> = found.offers.into_iter().map(|found| found.offer).collect();
    let written = csv::write(&offers);
    let again = read(Format::Csv, &written);
    assert!(again.is_sound(), "{written}\n{:?}", again.faults);
    let again: Vec<sla::Offer> = again.offers.into_iter().map(|found| found.offer).collect();
    assert_eq!(csv::write(&again), written);
});
