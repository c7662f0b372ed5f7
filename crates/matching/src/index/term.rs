//! Lower bounds of the sums that order offers, in sixteen bits.
//!
//! A sum of weighted distances is a share of 0..1; here it is counted in 1/65,536 of that, every
//! part rounded down, so that what is counted never exceeds the truth. The loops are plain, over
//! arrays of fixed length, for the compiler to turn into vector instructions.

use super::column::{ByCode, COARSE, Column, Lane, Places, STEPS};

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

    /// Adds the term of every row of a block.
    pub(crate) fn add(&self, block: usize, sums: &mut Lane) {
        match self {
            Self::Short { column, asked, weight } => each(column.place.get(block), sums, |place| {
                weigh(short_of_many(strongest(place), *asked), *weight)
            }),
            Self::Over { column, asked, weight } => each(column.place.get(block), sums, |place| {
                weigh(over(weakest(place), *asked), *weight)
            }),
            Self::Lack { column, asked, weight } => each(column.place.get(block), sums, |place| {
                weigh(lack(strongest(place), *asked), *weight)
            }),
            Self::Dear { column, weight } => {
                each(column.place.get(block), sums, |place| weigh(dear(strongest(place)), *weight));
            }
            Self::Table { column, by_code } => {
                if let Some(codes) = column.code.get(block) {
                    by_code.each(codes, sums, |sum, value| *sum = sum.wrapping_add(value));
                }
            }
            Self::Stronger { column } => {
                if let Some(codes) = column.code.get(block) {
                    for (sum, code) in sums.iter_mut().zip(codes) {
                        *sum = sum.wrapping_add(u16::MAX - code);
                    }
                }
            }
        }
    }

    /// The term of one row.
    pub(crate) fn one(&self, row: usize) -> u16 {
        match self {
            Self::Short { column, asked, weight } => {
                weigh(short(place(column, row), *asked), *weight)
            }
            Self::Over { column, asked, weight } => {
                weigh(over(place(column, row), *asked), *weight)
            }
            Self::Lack { column, asked, weight } => {
                weigh(lack(place(column, row), *asked), *weight)
            }
            Self::Dear { column, weight } => weigh(dear(place(column, row)), *weight),
            Self::Table { column, by_code } => by_code.get(column.code(row)),
            Self::Stronger { column } => u16::MAX - column.code(row),
        }
    }

    /// At most the least term of the rows of a block.
    pub(crate) fn least(&self, block: usize) -> u16 {
        let (low, high) = match self {
            Self::Short { column, .. }
            | Self::Over { column, .. }
            | Self::Lack { column, .. }
            | Self::Dear { column, .. }
            | Self::Table { column, .. }
            | Self::Stronger { column } => {
                column.zones.get(block).copied().unwrap_or((0, u16::MAX))
            }
        };
        match self {
            Self::Short { column, asked, weight } => {
                weigh(short(column.place_of(high), *asked), *weight)
            }
            Self::Over { column, asked, weight } => {
                weigh(over(column.place_of(low), *asked), *weight)
            }
            Self::Lack { column, asked, weight } => {
                weigh(lack(column.place_of(high), *asked), *weight)
            }
            Self::Dear { column, weight } => weigh(dear(column.place_of(high)), *weight),
            Self::Table { .. } => 0,
            Self::Stronger { .. } => u16::MAX - high,
        }
    }
}

fn place(column: &Column, row: usize) -> u16 {
    column.place_of(column.code(row))
}

fn each(places: Option<&Places>, sums: &mut Lane, of: impl Fn(u8) -> u16) {
    if let Some(places) = places {
        for (sum, place) in sums.iter_mut().zip(places) {
            *sum = sum.wrapping_add(of(*place));
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
