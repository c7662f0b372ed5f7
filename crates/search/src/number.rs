//! Exact numbers as text whose order is the order of the numbers, so that a range of terms is a range of numbers.

use crate::query::NumberFilter;
use crate::schema::Fields;
use rust_decimal::{Decimal, RoundingStrategy};
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{Query, RangeQuery};

/// Between the attribute and its number; no key holds it.
const MARK: char = '\u{1f}';
/// Decimals that are kept; further ones are cut the same way on both sides.
const DECIMALS: u32 = 9;
/// Digits of a number: that of the largest decimal and nine more.
const DIGITS: usize = 40;
/// Added so that no number is negative.
const OFFSET: u128 = 1 << 126;

/// The number of an attribute as it stands in the index.
pub(crate) fn term(attribute: &str, number: Decimal) -> String {
    let cut = number.round_dp_with_strategy(DECIMALS, RoundingStrategy::ToNegativeInfinity);
    let scale = 10_i128.pow(DECIMALS.saturating_sub(cut.scale()));
    // At most 96 bits times 10^9 fits into 126 bits.
    let shifted = OFFSET.wrapping_add_signed(cut.mantissa() * scale);
    format!("{attribute}{MARK}{shifted:0DIGITS$}")
}

/// Offers whose attribute lies between two ends, both included; without ends: that say it at all.
pub(crate) fn between(fields: &Fields, filter: &NumberFilter) -> Box<dyn Query> {
    let of = |text: String| Term::from_field_text(fields.numbers, &text);
    let attribute = &filter.attribute;
    let low = match filter.min {
        Some(min) => Bound::Included(of(term(attribute, min))),
        None => Bound::Included(of(format!("{attribute}{MARK}"))),
    };
    let high = match filter.max {
        Some(max) => Bound::Included(of(term(attribute, max))),
        // The sign after the mark: everything that begins with attribute and mark is below it.
        None => Bound::Excluded(of(format!("{attribute}\u{20}"))),
    };
    Box::new(RangeQuery::new(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal() -> impl Strategy<Value = Decimal> {
        (any::<i64>(), 0_u32..9).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
    }

    proptest! {
        #[test]
        fn terms_stand_in_the_order_of_their_numbers(one in decimal(), other in decimal()) {
            let (left, right) = (term("a.b", one), term("a.b", other));
            prop_assert_eq!(left.cmp(&right), one.cmp(&other));
        }
    }

    #[test]
    fn the_ends_of_what_a_decimal_holds_keep_their_order() {
        let ends = [Decimal::MIN, Decimal::NEGATIVE_ONE, Decimal::ZERO, Decimal::MAX];
        let terms = ends.map(|number| term("a.b", number));
        assert!(terms.is_sorted());
        assert!(terms.iter().all(|term| term.len() == terms[0].len()));
        assert!(terms[3].as_str() < "a.b\u{20}" && terms[0].as_str() > "a.b\u{1f}");
    }
}
