//! Measures the index for `cargo xtask bench match`: synthetic offers on 27 items, needs from broad
//! to selective, each beside the time to read the same columns once. One thread, one JSON object a
//! line. With a folder as argument it leaves the columns and needs there for other programs; with the
//! name of a need it measures that one alone, for a profiler.
//!
//! `measure SIZE [FOLDER|-] [NEED]`

#![allow(clippy::print_stdout, reason = "its output is what it is for")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made should stop")]

mod dump;
mod market;
mod needs;

use std::{hint::black_box, sync::Arc, time::Instant};

use market::Market;
use matching::{Order, Prepared, Requirement, index::OfferMoment};
use needs::Need;

/// Length of both lists.
const BEST: usize = 50;
/// Measuring one case ends after so many runs or so many seconds, whatever comes first.
const RUNS: usize = 400;
const SECONDS: f64 = 2.5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let size: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let folder = arguments.next().filter(|folder| folder != "-");
    let only = arguments.next();
    let market = Market::new(size, 7);
    let dictionary = Arc::new(market.dictionary());
    let built = Instant::now();
    let moment = market.index(&dictionary);
    let build_s = built.elapsed().as_secs_f64();
    say(
        &format!("memory per offer, {}", short(size)),
        "byte",
        &[moment.bytes() as f64 / size as f64],
        None,
    );
    say(&format!("build, {}", short(size)), "s", &[build_s], None);
    let places = market.places();
    let wanted = |need: &Need| only.as_ref().is_none_or(|only| only == need.name);
    for need in needs::all().into_iter().filter(wanted) {
        measure(&moment, &need, &places, size);
    }
    restart(&moment, size);
    if let Some(folder) = folder {
        dump::write(folder.as_ref(), &market, &moment);
    }
}

/// Writes a snapshot, reads it back and answers a first question.
fn restart(moment: &OfferMoment, size: usize) {
    let file = std::env::temp_dir().join(format!("kumoichi-measure-{}.bin", std::process::id()));
    std::fs::write(&file, moment.snapshot()).unwrap();
    let needs = needs::all();
    let start = Instant::now();
    let bytes = std::fs::read(&file).unwrap();
    let again = OfferMoment::restore(Arc::clone(moment.dictionary()), &bytes).unwrap();
    let prepared = Prepared::new(again.dictionary(), &needs[0].requirement).unwrap();
    let first = again.rank(&prepared, Order::Balanced, BEST);
    let took = start.elapsed().as_secs_f64();
    std::fs::remove_file(&file).unwrap();
    let before = moment.rank(&prepared, Order::Balanced, BEST);
    assert_eq!(first.rows().collect::<Vec<_>>(), before.rows().collect::<Vec<_>>());
    say(&format!("snapshot, {}", short(size)), "MB", &[bytes.len() as f64 / 1e6], None);
    say(&format!("restart to first answer, {}", short(size)), "s", &[took], None);
}

/// One need: the floors, then the default order with both lists and with matches only.
fn measure(moment: &OfferMoment, need: &Need, places: &[Vec<u32>], size: usize) {
    let prepared = Prepared::new(moment.dictionary(), &need.requirement).unwrap();
    let asked = columns(moment, &need.requirement, places);
    let floor = times(|| asked.iter().map(|column| read(column)).fold(0, u32::wrapping_add));
    let name = format!("{}, {}", need.name, short(size));
    let middle = median(&floor);
    say(&format!("{name}: read {} columns", asked.len()), "ms", &floor, None);
    let both = times(|| moment.rank(&prepared, Order::Balanced, BEST).matched);
    say(&name, "ms", &both, Some(middle));
    let only = times(|| moment.rank_up_to(&prepared, Order::Balanced, BEST, 0).matched);
    say(&format!("{name}: matches only"), "ms", &only, Some(middle));
    if size >= 1_000_000 {
        for order in [Order::Fit, Order::Value, Order::Strength] {
            let took = times(|| moment.rank(&prepared, order, BEST).matched);
            say(&format!("{name}: {}", order.name()), "ms", &took, Some(middle));
        }
    }
    let matched = moment.rank(&prepared, Order::Balanced, BEST).matched;
    say(&format!("{name}: matched"), "count", &[matched as f64], None);
}

/// The plain columns that a requirement asks about, price included.
fn columns<'a>(
    moment: &OfferMoment,
    asked: &Requirement,
    places: &'a [Vec<u32>],
) -> Vec<&'a [u32]> {
    let dictionary = moment.dictionary();
    let mut items: Vec<usize> =
        asked.rows.iter().filter_map(|row| dictionary.position(&row.item)).collect();
    items.extend(dictionary.price());
    items.sort_unstable();
    items.dedup();
    items.into_iter().map(|item| places[item].as_slice()).collect()
}

fn read(column: &[u32]) -> u32 {
    column.iter().fold(0, |sum, place| sum.wrapping_add(*place))
}

fn times<T>(mut work: impl FnMut() -> T) -> Vec<f64> {
    black_box(work());
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < RUNS && (times.len() < 5 || start.elapsed().as_secs_f64() < SECONDS) {
        let once = Instant::now();
        black_box(work());
        times.push(once.elapsed().as_secs_f64() * 1000.0);
    }
    times
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn say(case: &str, unit: &str, values: &[f64], floor: Option<f64>) {
    println!(
        "{}",
        serde_json::json!({"case": case, "unit": unit, "values": values, "floor": floor})
    );
}

fn short(size: usize) -> String {
    match size {
        1_000_000.. => format!("{}M", size / 1_000_000),
        1_000.. => format!("{}k", size / 1000),
        _ => size.to_string(),
    }
}
