//! Synthetic offers on 27 items: ladders of values that providers really use, and continuous ones.

use std::{collections::BTreeMap, sync::Arc};

use matching::{
    Dictionary, Item, Kind, Offer, OfferValues, Range, Scale, Value, index::OfferMoment,
};
use rust_decimal::Decimal;

/// Offers compiled at once; the written form of a million would fill the memory.
const CHUNK: usize = 50_000;

/// How an item's values are drawn.
pub enum Draw {
    /// One of these, the middle ones more often.
    Ladder(&'static [&'static str]),
    /// Evenly on a logarithmic scale, with so many digits.
    Spread { low: f64, high: f64, digits: u32 },
    /// One of the labels.
    Level,
    /// Some of the words, up to so many.
    Words(usize),
}

/// One item and how often it is promised, in percent.
pub struct Column {
    pub item: Item,
    pub draw: Draw,
    pub promised: u64,
}

/// The offers, described by a seed.
pub struct Market {
    pub size: usize,
    pub columns: Vec<Column>,
    seed: u64,
}

/// SplitMix64 (Steele et al. 2014): every value from its own counter.
pub fn noise(seed: u64, row: usize, column: usize, draw: u64) -> u64 {
    let counter = seed ^ (row as u64) << 20 ^ (column as u64) << 8 ^ draw;
    let mut mixed = counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn words(list: &str) -> Vec<String> {
    list.split(' ').map(str::to_owned).collect()
}

fn higher(id: &str, scale: Scale, worst: &str, best: &str) -> Item {
    Item::new(id, Kind::Higher(Range { scale, worst: decimal(worst), best: decimal(best) }))
}

fn lower(id: &str, worst: &str, best: &str) -> Item {
    let range = Range { scale: Scale::Log, worst: decimal(worst), best: decimal(best) };
    Item::new(id, Kind::Lower(range))
}

const UPTIME: &[&str] =
    &["98", "99", "99.5", "99.8", "99.9", "99.95", "99.98", "99.99", "99.995", "99.999"];
const DURABLE: &[&str] = &["99.9", "99.99", "99.999", "99.9999", "99.99999", "99.999999999"];
const PERCENT: &[&str] = &["0", "5", "10", "15", "20", "25", "30", "50", "100"];
const MINUTES: &[&str] = &["1", "5", "10", "15", "30", "60", "120", "240", "480", "720", "1440"];
const DAYS: &[&str] = &["1", "7", "14", "30", "60", "90", "180", "365", "730", "1825", "3650"];

fn ladders() -> Vec<Column> {
    let nines = Scale::Nines { whole: Decimal::ONE_HUNDRED };
    let ladder = |item, values, promised| Column { item, draw: Draw::Ladder(values), promised };
    vec![
        ladder(higher("uptime", nines, "90", "99.999"), UPTIME, 97),
        ladder(higher("credit", Scale::Linear, "0", "100"), PERCENT, 80),
        ladder(lower("repair", "1440", "1"), MINUTES, 85),
        ladder(lower("recovery", "4320", "1"), MINUTES, 75),
        ladder(lower("loss", "1440", "1"), MINUTES, 75),
        ladder(lower("notice", "1440", "1"), MINUTES, 60),
        ladder(higher("durability", nines, "99", "99.999999999"), DURABLE, 80),
        ladder(lower("backup", "10080", "1"), MINUTES, 80),
        ladder(higher("keep-backup", Scale::Log, "1", "3650"), DAYS, 80),
        ladder(higher("keep-log", Scale::Log, "1", "3650"), DAYS, 70),
        ladder(lower("erasure", "365", "1"), &DAYS[..8], 70),
        ladder(higher("exit", Scale::Log, "1", "365"), &DAYS[..8], 60),
    ]
}

fn spreads() -> Vec<Column> {
    let spread = |item, low, high, digits, promised| Column {
        item,
        draw: Draw::Spread { low, high, digits },
        promised,
    };
    vec![
        spread(lower("response", "10", "0.001"), 0.01, 3.0, 3, 85),
        spread(higher("throughput", Scale::Log, "1", "100000"), 10.0, 50_000.0, 3, 75),
        spread(lower("scale-out", "3600", "1"), 5.0, 1800.0, 2, 70),
        spread(higher("bandwidth", Scale::Log, "1", "100000"), 50.0, 40_000.0, 2, 90),
        spread(lower("latency", "1000", "0.1"), 0.3, 250.0, 3, 85),
        spread(lower("jitter", "1000", "0.1"), 0.2, 60.0, 3, 60),
        spread(lower("price", "100", "0.001"), 0.01, 50.0, 6, 98),
    ]
}

fn named() -> Vec<Column> {
    let level = |id: &str, labels| Column {
        item: Item::new(id, Kind::Level(words(labels))),
        draw: Draw::Level,
        promised: 90,
    };
    let set = |id: &str, kind: fn(Vec<String>) -> Kind, list, most| Column {
        item: Item::new(id, kind(words(list))),
        draw: Draw::Words(most),
        promised: 92,
    };
    vec![
        level("security", "one two three four five"),
        level("encryption", "none at-rest customer-keys hardware-keys"),
        level("authentication", "password second-factor hardware"),
        level("support", "none office extended always"),
        set(
            "certificates",
            Kind::SetIncludes,
            "iso27001 iso27017 iso27018 soc2 pci ismap c5 hds fedramp tisax",
            5,
        ),
        set("places", Kind::SetWithin, "JP DE FR NL IE US CA SG AU IN BR GB SE FI", 2),
        set("law", Kind::SetWithin, "JP EU US CA SG AU IN BR GB", 2),
        set("languages", Kind::SetAny, "ja en de fr es zh ko", 3),
    ]
}

impl Market {
    pub fn new(size: usize, seed: u64) -> Self {
        let columns = ladders().into_iter().chain(spreads()).chain(named()).collect();
        Self { size, columns, seed }
    }

    pub fn dictionary(&self) -> Dictionary {
        Dictionary::new(self.columns.iter().map(|column| column.item.clone()).collect()).unwrap()
    }

    pub fn id(&self, row: usize) -> String {
        // Like the ids of offers: 36 characters, in no order.
        let (a, b) = (noise(self.seed, row, 200, 0), noise(self.seed, row, 200, 1));
        format!("{:08x}-{:04x}-{:04x}-{:016x}00", a >> 32, a >> 16 & 0xFFFF, a & 0xFFFF, b)
    }

    /// What an offer promises on an item.
    pub fn value(&self, row: usize, at: usize) -> Option<Value> {
        let column = &self.columns[at];
        let draw = |number| noise(self.seed, row, at, number);
        if draw(0) % 100 >= column.promised {
            return None;
        }
        Some(match column.draw {
            Draw::Ladder(values) => {
                // The sum of two draws makes the middle more common.
                let sum = draw(1) % values.len() as u64 + draw(2) % values.len() as u64;
                Value::Number(decimal(values[(sum / 2) as usize]))
            }
            Draw::Spread { low, high, digits } => {
                let share = (draw(1) >> 11) as f64 / (1_u64 << 53) as f64;
                Value::Number(rounded(low * (high / low).powf(share), digits))
            }
            Draw::Level => {
                let labels = column.item.kind.words();
                Value::level(labels[(draw(1) % labels.len() as u64) as usize].clone())
            }
            Draw::Words(most) => {
                let words = column.item.kind.words();
                let count = 1 + draw(1) % most as u64;
                let word = |number| words[(draw(2 + number) % words.len() as u64) as usize].clone();
                Value::Set((0..count).map(word).collect())
            }
        })
    }

    pub fn index(&self, dictionary: &Arc<Dictionary>) -> OfferMoment {
        let mut moment = OfferMoment::new(Arc::clone(dictionary), Vec::new());
        for start in (0..self.size).step_by(CHUNK) {
            let rows = start..(start + CHUNK).min(self.size);
            let offers = rows.map(|row| self.offer(dictionary, row)).collect();
            moment = moment.apply(offers, &[]);
        }
        moment
    }

    fn offer(&self, dictionary: &Dictionary, row: usize) -> Offer {
        let values: BTreeMap<String, Value> = (0..self.columns.len())
            .filter_map(|at| Some((self.columns[at].item.id.clone(), self.value(row, at)?)))
            .collect();
        Offer::new(dictionary, row, &OfferValues { id: self.id(row), values }).unwrap()
    }

    /// Columns of four bytes a value, to be read for the floor.
    pub fn places(&self) -> Vec<Vec<u32>> {
        let column = |at| (0..self.size).map(|row| noise(self.seed, row, at, 9) as u32).collect();
        (0..self.columns.len()).map(column).collect()
    }
}

/// So many significant digits.
fn rounded(value: f64, digits: u32) -> Decimal {
    let places = (digits as i32 - 1 - value.log10().floor() as i32).clamp(0, 12);
    let scaled = (value * 10_f64.powi(places)).round();
    Decimal::new(scaled as i64, places as u32)
}
