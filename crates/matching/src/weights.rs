//! Weights as whole numbers, so that sums are exact and only ratios matter (`matching.md` 1.7, P8).

use crate::{
    fault::{Fault, Reason},
    requirement::Asked,
};

/// Largest sum that leaves room for multiplying with a distance of 1e12 in 128 bits.
const LARGEST_SUM: u128 = 10_u128.pow(24);

/// The weights of all rows over their common denominator, without common factor.
pub(crate) fn whole_weights(rows: &[Asked]) -> Result<Vec<u128>, Fault> {
    if let Some(index) =
        rows.iter().position(|row| row.weight.is_sign_negative() && !row.weight.is_zero())
    {
        return Err(Fault::new(index, "weight", Reason::NegativeWeight));
    }
    let normal: Vec<_> = rows.iter().map(|row| row.weight.normalize()).collect();
    let digits = normal.iter().map(rust_decimal::Decimal::scale).max().unwrap_or(0);
    let whole: Option<Vec<u128>> = normal
        .iter()
        .map(|weight| {
            weight
                .mantissa()
                .unsigned_abs()
                .checked_mul(10_u128.checked_pow(digits - weight.scale())?)
        })
        .collect();
    let too_far = || Fault::new(0, "weight", Reason::WeightsTooFarApart);
    let whole = whole.ok_or_else(too_far)?;
    let divisor = whole.iter().fold(0, |a, b| common_divisor(a, *b)).max(1);
    let whole: Vec<u128> = whole.iter().map(|weight| weight / divisor).collect();
    let sum = whole.iter().try_fold(0_u128, |sum, weight| sum.checked_add(*weight));
    match sum {
        Some(sum) if sum <= LARGEST_SUM => Ok(whole),
        _ => Err(too_far()),
    }
}

fn common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
