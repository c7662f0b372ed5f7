//! Distances as integers, so that every machine agrees on order and equality.
//! Leaves to others what the distances mean (`prepared`) and how they order offers (`order`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number from 0 to 1 in steps of 1e-9 (`matching.md` 1.5: distances are rounded to 1e-9).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nano(pub i64);

impl Nano {
    /// The distance of a requirement that is wholly missed.
    pub const ONE: Self = Self(1_000_000_000);
    /// Nothing missed, nothing left over.
    pub const ZERO: Self = Self(0);

    /// The same number for drawing and printing; never for deciding.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// Prints `0.198942308`, without trailing zeros.
impl fmt::Display for Nano {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 1_000_000_000;
        let fraction = format!("{:09}", self.0.unsigned_abs() % 1_000_000_000);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            write!(f, "{sign}{whole}")
        } else {
            write!(f, "{sign}{whole}.{fraction}")
        }
    }
}

/// Units of the inner scale, 1e-12: fine enough that rounding sums to 1e-9 is not felt.
pub(crate) const PICO_ONE: i64 = 1_000_000_000_000;
/// How many inner units make one `Nano`.
const PICO_PER_NANO: u128 = 1_000;

/// `weighted / weights` from units of 1e-12 to the nearest 1e-9; no weights mean no distance.
pub(crate) fn mean(weighted: u128, weights: u128) -> Nano {
    let divisor = weights * PICO_PER_NANO;
    if divisor == 0 {
        return Nano::ZERO;
    }
    // Weights are small almost always; 64 bits are divided several times faster, above all in wasm.
    if let (Ok(weighted), Ok(divisor)) = (u64::try_from(weighted), u64::try_from(divisor))
        && let (Some(twice), Some(double)) = (weighted.checked_mul(2), divisor.checked_mul(2))
        && let Some(raised) = twice.checked_add(divisor)
    {
        return Nano(i64::try_from(raised / double).unwrap_or(i64::MAX));
    }
    Nano(((2 * weighted + divisor) / (2 * divisor)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_to_the_nearest_billionth() {
        assert_eq!(mean(2 * PICO_ONE as u128, 3), Nano(666_666_667));
        assert_eq!(mean(PICO_ONE as u128, 3), Nano(333_333_333));
        assert_eq!(mean(0, 0), Nano::ZERO);
    }

    #[test]
    fn distances_print_as_short_decimals() {
        assert_eq!(Nano(198_942_308).to_string(), "0.198942308");
        assert_eq!(Nano(500_000_000).to_string(), "0.5");
        assert_eq!(Nano::ONE.to_string(), "1");
    }
}
