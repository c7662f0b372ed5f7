//! Lower bounds of the sums that order offers, in sixteen bits.
//!
//! A sum of weighted distances is a share of 0..1; here it is counted in 1/65,536 of that, every
//! part rounded down, so that what is counted never exceeds the truth.

use std::hint::black_box;

use super::{
    column::{BLOCK, ByCode, COARSE, Column, Lane, Places, STEPS},
    rows::{Rows, STRIDE},
    wide::{Aligned, wide},
};

/// The greatest place there is.
const TOP: u16 = STEPS as u16;

/// What one row adds to a sum, at least.
#[derive(Debug)]
pub(crate) enum Term<'a> {
    /// Missing up to the asked place; all of it where nothing is promised.
    Short { column: &'a Column, asked: u16, weight: u16 },
    /// Beyond the asked place.
    Over { column: &'a Column, asked: u16, weight: u16 },
    /// What the surplus stays below the most that it could be.
    Lack { column: &'a Column, asked: u16, weight: u16 },
    /// The way from the promised place to the best.
    Dear { column: &'a Column, weight: u16 },
    /// Worked out for each code.
    Table { column: &'a Column, by_code: ByCode },
    /// The number of distinct promises that are stronger, not weighted.
    Stronger { column: &'a Column },
}

/// `floor(value * weight / 65536)`.
const fn weigh(value: u16, weight: u16) -> u16 {
    ((value as u32 * weight as u32) >> 16) as u16
}

/// A weight as a share of all, rounded down, at most 65,535.
pub(crate) fn share(weight: u128, of: u128) -> u16 {
    if of == 0 {
        return 0;
    }
    // A little less than the quotient: the conversion to float must not round up.
    (weight as f64 / of as f64 * 65_535.0 * (1.0 - 1e-12)) as u16
}

const fn short(place: u16, asked: u16) -> u16 {
    // All bits for "not promised": the greatest value, without a branch.
    asked.saturating_sub(place) | if place == 0 { u16::MAX } else { 0 }
}

/// As [`short`], a little less where nothing is promised; only saturating arithmetic, which vectors have.
const fn short_of_many(place: u16, asked: u16) -> u16 {
    // No coarse place but 0 is below 256, so that all others leave nothing of 255 here.
    let nothing = (COARSE - 1).saturating_sub(place) * COARSE;
    asked.saturating_sub(place).saturating_add(nothing)
}

const fn over(place: u16, asked: u16) -> u16 {
    // 3: the place may be one too high twice, by its own rounding and by rising with strength; the
    // asked place may be one too low.
    place.saturating_sub(asked.saturating_add(3))
}

const fn lack(place: u16, asked: u16) -> u16 {
    (TOP - 2).saturating_sub(if place > asked { place } else { asked })
}

const fn dear(place: u16) -> u16 {
    TOP.saturating_sub(place)
}

/// The strongest place that a coarse one stands for; 0 stays 0.
const fn strongest(coarse: u8) -> u16 {
    coarse as u16 * COARSE
}

/// The weakest place that a coarse one stands for; 0 stays 0.
const fn weakest(coarse: u8) -> u16 {
    strongest(coarse).saturating_sub(COARSE - 1)
}

impl<'a> Term<'a> {
    /// A term from the value of each code (0 first), each in 0..=65,535 before weighing.
    pub(crate) fn table(column: &'a Column, values: Vec<u16>, weight: u16) -> Self {
        let by_code = values.into_iter().map(|value| weigh(value, weight)).collect();
        Self::Table { column, by_code: ByCode::new(by_code) }
    }

    /// What adding it costs beside others; looking up is slower than counting.
    pub(crate) const fn effort(&self) -> u64 {
        match self {
            Self::Table { .. } => 4,
            _ => 1,
        }
    }

    /// Adds the term of the open rows of a block; what it adds to others does not matter.
    pub(crate) fn add(&self, block: usize, open: &Rows, sums: &mut Lane) {
        wide(
            #[inline(always)]
            || self.add_plainly(block, open, sums),
        );
    }

    #[inline(always)]
    fn add_plainly(&self, block: usize, open: &Rows, sums: &mut Lane) {
        match self {
            Self::Short { column, asked, weight } => {
                let asked = *asked;
                each(column.place.get(block), open, sums, *weight, |place| {
                    short_of_many(strongest(place), asked)
                });
            }
            Self::Over { column, asked, weight } => {
                let asked = *asked;
                each(column.place.get(block), open, sums, *weight, |place| {
                    over(weakest(place), asked)
                });
            }
            Self::Lack { column, asked, weight } => {
                let asked = *asked;
                each(column.place.get(block), open, sums, *weight, |place| {
                    lack(strongest(place), asked)
                });
            }
            Self::Dear { column, weight } => {
                each(column.place.get(block), open, sums, *weight, |place| dear(strongest(place)));
            }
            Self::Table { column, by_code } => {
                let Some(codes) = column.code.get(block) else { return };
                if open.count() > MANY {
                    by_code.each(codes, |row, value| sums[row] = sums[row].wrapping_add(value));
                } else {
                    for row in open.iter() {
                        sums[row] = sums[row].wrapping_add(by_code.get(codes[row]));
                    }
                }
            }
            Self::Stronger { column } => {
                if let Some(codes) = column.code.get(block) {
                    for (sum, code) in sums.iter_mut().zip(codes.iter()) {
                        *sum = sum.wrapping_add(u16::MAX - code);
                    }
                }
            }
        }
    }

    pub(crate) const fn column(&self) -> &'a Column {
        match self {
            Self::Short { column, .. }
            | Self::Over { column, .. }
            | Self::Lack { column, .. }
            | Self::Dear { column, .. }
            | Self::Table { column, .. }
            | Self::Stronger { column } => column,
        }
    }

    /// The term of one row.
    pub(crate) fn one(&self, row: usize) -> u16 {
        self.of(self.column().code(row))
    }

    /// The term of a code.
    pub(crate) fn of(&self, code: u16) -> u16 {
        match self {
            Self::Short { column, asked, weight } => {
                weigh(short(column.place_of(code), *asked), *weight)
            }
            Self::Over { column, asked, weight } => {
                weigh(over(column.place_of(code), *asked), *weight)
            }
            Self::Lack { column, asked, weight } => {
                weigh(lack(column.place_of(code), *asked), *weight)
            }
            Self::Dear { column, weight } => weigh(dear(column.place_of(code)), *weight),
            Self::Table { by_code, .. } => by_code.get(code),
            Self::Stronger { .. } => u16::MAX - code,
        }
    }

    /// At most the least term of the rows of a block.
    pub(crate) fn least(&self, block: usize) -> u16 {
        let (low, high) = self.column().zones.get(block).copied().unwrap_or((0, u16::MAX));
        match self {
            Self::Short { .. } | Self::Lack { .. } | Self::Dear { .. } | Self::Stronger { .. } => {
                self.of(high)
            }
            Self::Over { .. } => self.of(low),
            Self::Table { .. } => 0,
        }
    }
}

/// From how many open rows on it is faster to look up the value of all.
const MANY: usize = BLOCK / 4;

/// Adds what each place is worth, weighed, where rows are open.
#[inline(always)]
fn each(
    places: Option<&Places>,
    open: &Rows,
    sums: &mut Lane,
    weight: u16,
    of: impl Fn(u8) -> u16,
) {
    let Some(places) = places else { return };
    let (sums, places) = (sums.as_chunks_mut::<STRIDE>().0, places.as_chunks::<STRIDE>().0);
    for ((sums, places), open) in sums.iter_mut().zip(places).zip(&open.0) {
        if *open == 0 {
            continue;
        }
        // One multiplication for each row and not one number for all: only so do compilers see that
        // both sides have sixteen bits, for which there is an instruction.
        let weights = black_box(Aligned([weight; STRIDE]));
        for ((sum, place), weight) in sums.iter_mut().zip(places).zip(weights.iter()) {
            *sum = sum.wrapping_add(weigh(of(*place), *weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_add_up_to_more_than_all() {
        for count in [1_u128, 3, 7, 27, 1000] {
            let sum = u128::from(share(1, count)) * count;
            assert!(sum <= 65_535, "{count}: {sum}");
        }
        assert_eq!(share(5, 0), 0);
    }

    #[test]
    fn nothing_promised_costs_the_whole_whatever_is_asked() {
        assert_eq!(
            (short(0, 0), short(0, 9), short(4, 9), short(9, 4)),
            (u16::MAX, u16::MAX, 5, 0)
        );
        assert_eq!((dear(0), dear(TOP)), (TOP, 0));
        for asked in [0, 9, 300, TOP] {
            assert!(short_of_many(0, asked) >= u16::MAX - COARSE, "{asked}");
            for coarse in 1..=u8::MAX {
                let place = strongest(coarse);
                assert_eq!(short_of_many(place, asked), short(place, asked), "{place} {asked}");
            }
        }
    }

    #[test]
    fn a_coarse_place_stands_for_the_places_between_its_two_ends() {
        for place in 0..=TOP + 1 {
            let coarse = u8::try_from(place.div_ceil(COARSE)).unwrap();
            assert!(weakest(coarse) <= place && place <= strongest(coarse), "{place}");
            assert_eq!(coarse == 0, place == 0, "{place}");
        }
    }
}
