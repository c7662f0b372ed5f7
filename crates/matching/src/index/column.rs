//! One column of a segment: what its offers promise on one item.
//!
//! The distinct promises are numbered from 1 in the order of their strength (sets in any order); 0
//! is "not promised". Beside the number of a number or level stands its place on the scale in eight
//! bits, never falling with strength, for bounds over whole blocks; the place of each number in sixteen
//! bits is for single rows. Leaves asking to `plan`.

use std::{borrow::Cow, collections::BTreeMap};

use rust_decimal::Decimal;

use super::{
    numbers::{Numbers, whole},
    wide::Aligned,
};
use crate::{item::KindName, nano::PICO_ONE, value::Held};

/// Rows per block; a block has its own least and greatest code, and its working arrays fit the first cache.
pub(crate) const BLOCK: usize = 2048;
/// Rows per segment at most, so that codes fit sixteen bits even if all promises differ.
pub(crate) const SEGMENT_ROWS: usize = (64 * 1024 / BLOCK - 1) * BLOCK;
/// Places on the scale besides 0, "not promised": a promise at `u` (of 1e-12) has a place between
/// `u * STEPS / 1e12` and one more than the floor of that. With 255 coarse places to 256 each.
pub(crate) const STEPS: u64 = 65_279;

/// One value per row of a block; rows beyond the segment hold 0.
pub(crate) type Lane = Aligned<[u16; BLOCK]>;
/// One coarse place per row of a block.
pub(crate) type Places = Aligned<[u8; BLOCK]>;
/// Places that share a coarse one, so that all of them fit eight bits; a power of two, so that going
/// back is a shift.
pub(crate) const COARSE: u16 = 256;

/// A column; never changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) code: Vec<Lane>,
    /// `ceil(place / COARSE)`; empty where the entries have no order.
    pub(crate) place: Vec<Places>,
    pub(crate) entries: Entries,
    /// Place of each entry, ascending; empty where the entries have no order.
    pub(crate) ladder: Vec<u16>,
    /// Least and greatest code of each block.
    pub(crate) zones: Vec<(u16, u16)>,
    /// Codes of some rows from all over, together, to guess from what a requirement will leave out.
    pub(crate) sample: Box<[u16]>,
}

/// How many codes a sample has at most.
const SAMPLE: usize = 64;

/// Small tables have room for so many codes, so that looking one up needs no check.
const SMALL: usize = 1024;

/// A value for each code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ByCode {
    /// For codes below 1,024.
    Small(Box<[u16; SMALL]>),
    /// For any number of codes.
    Large(Vec<u16>),
}

impl ByCode {
    /// From the value of code 0, 1 and so on.
    pub(crate) fn new(values: Vec<u16>) -> Self {
        if values.len() > SMALL {
            return Self::Large(values);
        }
        let mut small = Box::new([0; SMALL]);
        for (slot, value) in small.iter_mut().zip(values) {
            *slot = value;
        }
        Self::Small(small)
    }

    pub(crate) fn get(&self, code: u16) -> u16 {
        match self {
            Self::Small(values) => values[usize::from(code) % SMALL],
            Self::Large(values) => values.get(usize::from(code)).copied().unwrap_or(0),
        }
    }

    /// Calls with each row and the value of its code.
    #[inline(always)]
    pub(crate) fn each(&self, codes: &Lane, mut call: impl FnMut(usize, u16)) {
        match self {
            Self::Small(values) => {
                for (row, code) in codes.iter().enumerate() {
                    call(row, values[usize::from(*code) % SMALL]);
                }
            }
            Self::Large(values) => {
                for (row, code) in codes.iter().enumerate() {
                    call(row, values.get(usize::from(*code)).copied().unwrap_or(0));
                }
            }
        }
    }
}

/// The distinct promises of a column; entry 0 has code 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entries {
    /// Ascending in strength, with the exact place of each in 1e-12.
    Numbers { values: Numbers, u: Vec<i64> },
    /// Ascending in strength, labels outside the dictionary first.
    Levels(Vec<Held>),
    /// In no order that matters.
    Sets(Vec<Held>),
}

impl Entries {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numbers { values, .. } => values.len(),
            Self::Levels(held) | Self::Sets(held) => held.len(),
        }
    }

    /// The promise of an entry.
    pub(crate) fn get(&self, entry: usize) -> Option<Cow<'_, Held>> {
        match self {
            Self::Numbers { values, u } => {
                Some(Cow::Owned(Held::Number { value: values.get(entry)?, u: *u.get(entry)? }))
            }
            Self::Levels(held) | Self::Sets(held) => held.get(entry).map(Cow::Borrowed),
        }
    }
}

/// Place of an exact `u`, not yet made to rise with strength.
pub(crate) fn floor_place(u: i64) -> u16 {
    let steps = u.unsigned_abs().min(PICO_ONE.unsigned_abs()) as u128 * u128::from(STEPS);
    u16::try_from(steps / PICO_ONE.unsigned_abs() as u128).unwrap_or(u16::MAX)
}

impl Column {
    /// Builds the column of an item of that kind from the promises of all rows.
    pub(crate) fn build(kind: KindName, held: &[Option<Held>]) -> Self {
        let (codes, entries) = match kind {
            KindName::Higher | KindName::Lower => numbers(kind, held),
            KindName::Level => levels(held),
            KindName::SetIncludes | KindName::SetWithin | KindName::SetAny => sets(held),
        };
        let mut lanes = vec![Aligned([0; BLOCK]); held.len().div_ceil(BLOCK)];
        for (lane, codes) in lanes.iter_mut().zip(codes.chunks(BLOCK)) {
            for (slot, code) in lane.iter_mut().zip(codes) {
                *slot = *code;
            }
        }
        Self::with(lanes, entries, held.len())
    }

    /// A column from codes and entries; works out what follows from them.
    pub(crate) fn with(code: Vec<Lane>, entries: Entries, rows: usize) -> Self {
        let ladder = ladder(&entries);
        let coarse: Vec<u8> =
            std::iter::once(0).chain(ladder.iter().copied().map(coarse)).collect();
        let place_of = |code: u16| -> u8 { coarse.get(usize::from(code)).copied().unwrap_or(0) };
        let place = if ladder.is_empty() {
            Vec::new()
        } else {
            code.iter().map(|lane| Aligned(lane.map(place_of))).collect()
        };
        let zone = |(block, lane): (usize, &Lane)| {
            let filled = lane.iter().take(rows.saturating_sub(block * BLOCK));
            filled.fold((u16::MAX, 0), |(low, high), code| (low.min(*code), high.max(*code)))
        };
        let zones = code.iter().enumerate().map(zone).collect();
        let mut column = Self { code, place, entries, ladder, zones, sample: Box::default() };
        let size = rows.min(SAMPLE);
        column.sample = (0..size).map(|at| column.code(at * rows / size)).collect();
        column
    }

    /// Code of a row.
    pub(crate) fn code(&self, row: usize) -> u16 {
        self.code.get(row / BLOCK).map_or(0, |lane| lane[row % BLOCK])
    }

    /// The promise of a row.
    pub(crate) fn held(&self, row: usize) -> Option<Held> {
        self.look(row).map(Cow::into_owned)
    }

    /// The promise of a row, to look at.
    pub(crate) fn look(&self, row: usize) -> Option<Cow<'_, Held>> {
        let entry = usize::from(self.code(row)).checked_sub(1)?;
        self.entries.get(entry)
    }

    /// Place of a code; 0 for "not promised".
    pub(crate) fn place_of(&self, code: u16) -> u16 {
        self.ladder.get(usize::from(code).wrapping_sub(1)).copied().unwrap_or(0)
    }

    /// Bytes in memory, without what single labels and sets hold elsewhere.
    pub(crate) fn bytes(&self) -> usize {
        let entries = match &self.entries {
            Entries::Numbers { values, u } => values.bytes() + u.len() * size_of::<i64>(),
            Entries::Levels(held) | Entries::Sets(held) => held.len() * size_of::<Held>(),
        };
        let lanes = self.code.len() * size_of::<Lane>() + self.place.len() * size_of::<Places>();
        lanes + entries + self.ladder.len() * 2 + self.zones.len() * 4 + self.sample.len() * 2
    }
}

fn coarse(place: u16) -> u8 {
    u8::try_from(place.div_ceil(COARSE)).unwrap_or(u8::MAX)
}

/// Places that never fall with strength: a logarithm may be off by its last digit.
fn ladder(entries: &Entries) -> Vec<u16> {
    let rising = |places: Vec<u16>| {
        let mut high = 0;
        places
            .into_iter()
            .map(|place| {
                high = high.max(place);
                high
            })
            .collect()
    };
    match entries {
        Entries::Numbers { u, .. } => rising(u.iter().map(|u| 1 + floor_place(*u)).collect()),
        Entries::Levels(held) => rising(
            held.iter()
                .map(|held| match held {
                    Held::Level { index: Some(_), u, .. } => 1 + floor_place(*u),
                    // Meets nothing and costs everything, as if it were not promised.
                    _ => 0,
                })
                .collect(),
        ),
        Entries::Sets(_) => Vec::new(),
    }
}

fn numbers(kind: KindName, held: &[Option<Held>]) -> (Vec<u16>, Entries) {
    let found: Vec<(u32, Decimal, i64)> = (0..)
        .zip(held)
        .filter_map(|(row, held)| match held {
            Some(Held::Number { value, u }) => Some((row, *value, *u)),
            _ => None,
        })
        .collect();
    let values: Vec<Decimal> = found.iter().map(|(_, value, _)| *value).collect();
    let lower = kind == KindName::Lower;
    match whole(&values) {
        Some((scale, raw)) => {
            // `!raw` turns the order of whole numbers around without overflow.
            let turn = |raw: i64| if lower { !raw } else { raw };
            let keyed = found.iter().zip(raw).map(|((row, _, u), raw)| (turn(raw), *u, *row));
            let (codes, firsts) = number_up(keyed.collect(), held.len());
            let (raw, u) = firsts.into_iter().map(|(key, u)| (turn(key), u)).unzip();
            (codes, Entries::Numbers { values: Numbers::Whole { scale, raw }, u })
        }
        None => {
            let turn = |value: Decimal| if lower { -value } else { value };
            let keyed = found.iter().map(|(row, value, u)| (turn(*value), *u, *row));
            let (codes, firsts) = number_up(keyed.collect(), held.len());
            let (values, u) = firsts.into_iter().map(|(key, u)| (turn(key), u)).unzip();
            (codes, Entries::Numbers { values: Numbers::Exact(values), u })
        }
    }
}

/// Numbers equal keys alike, from 1; returns the code of each row and the distinct keys.
fn number_up<K: Ord + Copy>(
    mut keyed: Vec<(K, i64, u32)>,
    rows: usize,
) -> (Vec<u16>, Vec<(K, i64)>) {
    keyed.sort_unstable();
    let mut codes = vec![0; rows];
    let mut firsts: Vec<(K, i64)> = Vec::new();
    for (key, u, row) in keyed {
        if firsts.last() != Some(&(key, u)) {
            firsts.push((key, u));
        }
        set_code(&mut codes, row as usize, firsts.len());
    }
    firsts.shrink_to_fit();
    (codes, firsts)
}

fn set_code(codes: &mut [u16], row: usize, code: usize) {
    if let Some(slot) = codes.get_mut(row) {
        *slot = u16::try_from(code).unwrap_or(u16::MAX);
    }
}

fn levels(held: &[Option<Held>]) -> (Vec<u16>, Entries) {
    let mut found: BTreeMap<(Option<usize>, &str), Vec<usize>> = BTreeMap::new();
    for (row, held) in held.iter().enumerate() {
        if let Some(Held::Level { index, label, .. }) = held {
            found.entry((*index, label)).or_default().push(row);
        }
    }
    let (codes, entries) = gathered(held, found.into_values());
    (codes, Entries::Levels(entries))
}

fn sets(held: &[Option<Held>]) -> (Vec<u16>, Entries) {
    let mut found = BTreeMap::new();
    for (row, held) in held.iter().enumerate() {
        if let Some(Held::Set(members)) = held {
            found.entry(members).or_insert_with(Vec::new).push(row);
        }
    }
    let (codes, entries) = gathered(held, found.into_values());
    (codes, Entries::Sets(entries))
}

fn gathered(
    held: &[Option<Held>],
    groups: impl Iterator<Item = Vec<usize>>,
) -> (Vec<u16>, Vec<Held>) {
    let mut codes = vec![0; held.len()];
    let mut entries = Vec::new();
    for rows in groups {
        let first = rows.first().and_then(|row| held.get(*row)).and_then(Option::as_ref);
        entries.extend(first.cloned());
        for row in rows {
            set_code(&mut codes, row, entries.len());
        }
    }
    (codes, entries)
}
