//! Exact numbers in little room: whole numbers with one scale per column, decimals where that
//! would lose a digit. Knows nothing of rows or strength.

use rust_decimal::Decimal;

/// Distinct numbers of a column, all digits kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// `raw * 10^-scale`.
    Whole { scale: u32, raw: Vec<i64> },
    /// Numbers that do not fit 64 bits at one scale.
    Exact(Vec<Decimal>),
}

impl Numbers {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole { raw, .. } => raw.len(),
            Self::Exact(values) => values.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Decimal> {
        match self {
            Self::Whole { scale, raw } => raw.get(index).map(|raw| Decimal::new(*raw, *scale)),
            Self::Exact(values) => values.get(index).copied(),
        }
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Whole { raw, .. } => raw.len() * size_of::<i64>(),
            Self::Exact(values) => values.len() * size_of::<Decimal>(),
        }
    }
}

/// The scale at which all numbers are whole and fit 64 bits, with those numbers.
pub(crate) fn whole(values: &[Decimal]) -> Option<(u32, Vec<i64>)> {
    let normal: Vec<Decimal> = values.iter().map(Decimal::normalize).collect();
    let scale = normal.iter().map(Decimal::scale).max().unwrap_or(0);
    let raw: Option<Vec<i64>> = normal
        .iter()
        .map(|value| {
            let factor = 10_i128.checked_pow(scale - value.scale())?;
            i64::try_from(value.mantissa().checked_mul(factor)?).ok()
        })
        .collect();
    raw.map(|raw| (scale, raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimals(list: &[&str]) -> Vec<Decimal> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_scale_keeps_every_digit() {
        let (scale, raw) = whole(&decimals(&["99.90", "0.000001", "-3"])).unwrap();
        assert_eq!((scale, raw.as_slice()), (6, &[99_900_000, 1, -3_000_000][..]));
    }

    #[test]
    fn numbers_that_do_not_fit_are_not_forced() {
        assert_eq!(whole(&decimals(&["100000000000", "0.000000001"])), None);
    }
}
