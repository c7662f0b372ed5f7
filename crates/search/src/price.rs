//! Prices: the order by price, and the bands that are counted.

use domain::Currency;
use std::fmt;
use std::str::FromStr;

/// Upper ends of the bands, in yen; in other currencies a hundredth of it.
const ENDS_YEN: [i64; 6] = [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000];
/// How many yen stand for one of another currency.
const YEN: i64 = 100;

/// A range of monthly prices in one currency, counted as a facet: from the lower end on, up to and
/// without the upper end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceBand {
    /// No price is published.
    Unpriced,
    /// Between two ends in whole units of the currency.
    Between {
        /// The currency.
        currency: Currency,
        /// The lower end.
        from: i64,
        /// The upper end; `None`: there is none.
        below: Option<i64>,
    },
}

impl PriceBand {
    /// The band of a price in minor units.
    #[must_use]
    pub fn of(price: Option<(i64, Currency)>) -> Self {
        let Some((minor, currency)) = price else { return Self::Unpriced };
        let scale = 10_i64.pow(currency.digits());
        let ends = ends(currency);
        let at = ends.iter().position(|end| minor < end.saturating_mul(scale));
        let at = at.unwrap_or(ends.len());
        let from = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        Self::Between { currency, from, below: ends.get(at).copied() }
    }
}

fn ends(currency: Currency) -> [i64; 6] {
    if currency == Currency::Jpy { ENDS_YEN } else { ENDS_YEN.map(|end| end / YEN) }
}

impl fmt::Display for PriceBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpriced => f.write_str("none"),
            Self::Between { currency, from, below } => {
                write!(f, "{}-{from}-", currency.code().to_lowercase())?;
                below.map_or(Ok(()), |below| write!(f, "{below}"))
            }
        }
    }
}

impl FromStr for PriceBand {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "none" {
            return Ok(Self::Unpriced);
        }
        let mut parts = text.split('-');
        let (Some(currency), Some(from), Some(below), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let currency: Currency = currency.to_uppercase().parse().map_err(|_| ())?;
        let below = if below.is_empty() { None } else { Some(below.parse().map_err(|_| ())?) };
        Ok(Self::Between { currency, from: from.parse().map_err(|_| ())?, below })
    }
}

/// Cheapest first within a currency, unpriced last.
pub(crate) fn rank(price: Option<(i64, Currency)>) -> u64 {
    const AMOUNT_BITS: u32 = 56;
    price.map_or(u64::MAX, |(minor, currency)| {
        let place = Currency::ALL.iter().position(|known| *known == currency).unwrap_or(0) as u64;
        let amount = u64::try_from(minor).unwrap_or(0).min((1 << AMOUNT_BITS) - 1);
        (place << AMOUNT_BITS) | amount
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_price_has_one_band_and_its_word_comes_back() {
        for (minor, currency, word) in [
            (0, Currency::Jpy, "jpy-0-10000"),
            (9_999, Currency::Jpy, "jpy-0-10000"),
            (10_000, Currency::Jpy, "jpy-10000-30000"),
            (3_000_000, Currency::Jpy, "jpy-3000000-"),
            (148_000, Currency::Eur, "eur-1000-3000"),
        ] {
            let band = PriceBand::of(Some((minor, currency)));
            assert_eq!(band.to_string(), word);
            assert_eq!(word.parse(), Ok(band));
        }
        assert_eq!(PriceBand::of(None).to_string(), "none");
        assert_eq!("none".parse(), Ok(PriceBand::Unpriced));
        for text in ["", "jpy", "jpy-1", "jpy-1-2-3", "xxx-1-2", "jpy-a-2"] {
            assert_eq!(text.parse::<PriceBand>(), Err(()), "{text}");
        }
    }
}
