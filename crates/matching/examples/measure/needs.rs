//! Needs from broad to selective.

use matching::{Asked, Mode, Requirement, Value};

/// A need with a name.
pub struct Need {
    pub name: &'static str,
    pub requirement: Requirement,
}

/// How a row is written here: item, value, mode.
type Line = (&'static str, &'static str, Mode);

const NUMBERS: &[&str] = &[
    "uptime",
    "credit",
    "repair",
    "recovery",
    "loss",
    "notice",
    "durability",
    "backup",
    "keep-backup",
    "keep-log",
    "erasure",
    "exit",
    "response",
    "throughput",
    "scale-out",
    "bandwidth",
    "latency",
    "jitter",
    "price",
];
const LEVELS: &[&str] = &["security", "encryption", "authentication", "support"];

fn requirement(lines: &[Line]) -> Requirement {
    let row = |(at, (item, value, mode)): (usize, &Line)| {
        let value = if NUMBERS.contains(item) {
            Value::Number(value.parse().unwrap())
        } else if LEVELS.contains(item) {
            Value::level(*value)
        } else {
            Value::set(value.split(' '))
        };
        let weight = rust_decimal::Decimal::from(1 + at % 5);
        Asked { mode: *mode, ..Asked::must(*item, value) }.weighing(weight)
    };
    Requirement { rows: lines.iter().enumerate().map(row).collect() }
}

/// All 27 items, five loose musts: about a third of the offers match.
const BROAD: &[Line] = &[
    ("uptime", "99", Mode::Must),
    ("bandwidth", "60", Mode::Must),
    ("latency", "200", Mode::Must),
    ("price", "40", Mode::Must),
    ("security", "two", Mode::Must),
    ("credit", "20", Mode::Prefer),
    ("repair", "60", Mode::Prefer),
    ("recovery", "60", Mode::Prefer),
    ("loss", "30", Mode::Prefer),
    ("notice", "30", Mode::Prefer),
    ("durability", "99.9999", Mode::Prefer),
    ("backup", "60", Mode::Prefer),
    ("keep-backup", "90", Mode::Prefer),
    ("keep-log", "365", Mode::Prefer),
    ("erasure", "30", Mode::Prefer),
    ("exit", "60", Mode::Prefer),
    ("response", "0.2", Mode::Prefer),
    ("throughput", "500", Mode::Prefer),
    ("scale-out", "120", Mode::Prefer),
    ("jitter", "5", Mode::Prefer),
    ("encryption", "customer-keys", Mode::Prefer),
    ("authentication", "second-factor", Mode::Prefer),
    ("support", "extended", Mode::Prefer),
    ("certificates", "iso27001 soc2", Mode::Prefer),
    ("places", "JP DE FR NL IE GB SE FI", Mode::Prefer),
    ("law", "JP EU GB", Mode::Prefer),
    ("languages", "ja en", Mode::Prefer),
];

/// Musts only, easily met: a third of the offers match, all with shortfall 0.
const LOOSE: &[Line] = &[
    ("uptime", "99", Mode::Must),
    ("bandwidth", "60", Mode::Must),
    ("latency", "200", Mode::Must),
    ("price", "40", Mode::Must),
    ("security", "two", Mode::Must),
];

/// Twelve items as a customer asks: about one in a hundred.
const USUAL: &[Line] = &[
    ("uptime", "99.9", Mode::Must),
    ("price", "5", Mode::Must),
    ("security", "three", Mode::Must),
    ("latency", "60", Mode::Must),
    ("places", "JP DE FR NL IE GB SE FI", Mode::Must),
    ("languages", "ja en", Mode::Must),
    ("repair", "120", Mode::Prefer),
    ("recovery", "240", Mode::Prefer),
    ("backup", "240", Mode::Prefer),
    ("support", "extended", Mode::Prefer),
    ("certificates", "iso27001 soc2", Mode::Prefer),
    ("response", "0.5", Mode::Prefer),
];

/// Fourteen items, strict: a handful in a million.
const SELECTIVE: &[Line] = &[
    ("uptime", "99.99", Mode::Must),
    ("price", "0.5", Mode::Must),
    ("security", "four", Mode::Must),
    ("latency", "5", Mode::Must),
    ("bandwidth", "10000", Mode::Must),
    ("places", "JP", Mode::Must),
    ("certificates", "iso27001", Mode::Must),
    ("support", "always", Mode::Must),
    ("repair", "60", Mode::Prefer),
    ("recovery", "60", Mode::Prefer),
    ("loss", "15", Mode::Prefer),
    ("keep-backup", "365", Mode::Prefer),
    ("response", "0.1", Mode::Prefer),
    ("encryption", "customer-keys", Mode::Prefer),
];

/// All needs.
pub fn all() -> Vec<Need> {
    [("broad", BROAD), ("loose", LOOSE), ("usual", USUAL), ("selective", SELECTIVE)]
        .into_iter()
        .map(|(name, lines)| Need { name, requirement: requirement(lines) })
        .collect()
}
