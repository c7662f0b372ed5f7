//! Money as whole minor units of one currency.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The currencies the market trades in (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Japanese yen, no minor unit.
    Jpy,
    /// Euro, 1/100.
    Eur,
    /// US dollar, 1/100.
    Usd,
    /// Pound sterling, 1/100.
    Gbp,
}

impl Currency {
    /// Every currency, in the order shown to people.
    pub const ALL: [Self; 4] = [Self::Jpy, Self::Eur, Self::Usd, Self::Gbp];

    /// The ISO 4217 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Jpy => "JPY",
            Self::Eur => "EUR",
            Self::Usd => "USD",
            Self::Gbp => "GBP",
        }
    }

    /// Digits behind the decimal point.
    #[must_use]
    pub const fn digits(self) -> u32 {
        match self {
            Self::Jpy => 0,
            Self::Eur | Self::Usd | Self::Gbp => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.code() == text)
            .ok_or_else(|| MoneyError::UnknownCurrency(text.chars().take(20).collect()))
    }
}

/// An amount in whole minor units (yen, cents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; i64 because both databases store it exactly.
    pub minor: i64,
    /// What the units are of.
    pub currency: Currency,
}

/// Why an amount cannot be formed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Two currencies met in one sum.
    #[error("cannot add {left} and {right}")]
    MixedCurrencies {
        /// The currency of the left side.
        left: Currency,
        /// The currency of the right side.
        right: Currency,
    },
    /// The result does not fit 64 bits.
    #[error("the amount is too large")]
    Overflow,
    /// The code is not one the market trades in.
    #[error("`{0}` is not a currency of this market: use JPY, EUR, USD or GBP")]
    UnknownCurrency(String),
    /// The text is not an amount with the currency's digits.
    #[error("`{found}` is not an amount: write digits and at most {digits} decimals")]
    NotAnAmount {
        /// The text that was given.
        found: String,
        /// How many decimals the currency has.
        digits: u32,
    },
}

impl Money {
    /// Builds from minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Adds two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies { left: self.currency, right: other.currency });
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Multiplies by a whole number.
    pub fn times(self, factor: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(factor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Takes `part / whole` of the amount, rounded half away from zero; `whole` must be positive.
    pub fn share(self, part: i64, whole: i64) -> Result<Self, MoneyError> {
        if whole <= 0 {
            return Err(MoneyError::Overflow);
        }
        let product = i128::from(self.minor) * i128::from(part);
        let half = i128::from(whole) / 2;
        let rounded = if product < 0 { product - half } else { product + half } / i128::from(whole);
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Reads "1480", "1480.50" or "-3" in major units; grouping and exponents are refused.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let fault = || MoneyError::NotAnAmount {
            found: text.chars().take(40).collect(),
            digits: currency.digits(),
        };
        let (negative, body) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let digits = currency.digits() as usize;
        let dangling = body.contains('.') && fraction.is_empty();
        if whole.is_empty() || dangling || !only_digits(whole) || !only_digits(fraction) {
            return Err(fault());
        }
        if fraction.len() > digits {
            return Err(fault());
        }
        let text = format!("{whole}{fraction:0<digits$}");
        let minor: i64 = text.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor: if negative { -minor } else { minor }, currency })
    }
}

impl fmt::Display for Money {
    /// Major units with the code, "1480.50 EUR"; the form of logs and the API, not of pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.digits();
        let base = 10_u64.pow(digits);
        let sign = if self.minor < 0 { "-" } else { "" };
        let magnitude = self.minor.unsigned_abs();
        write!(f, "{sign}{}", magnitude / base)?;
        if digits > 0 {
            write!(f, ".{:0width$}", magnitude % base, width = digits as usize)?;
        }
        write!(f, " {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reading_accepts_exactly_the_digits_of_the_currency() {
        assert_eq!(
            Money::parse_major("1480.5", Currency::Eur),
            Ok(Money::new(148_050, Currency::Eur))
        );
        assert_eq!(
            Money::parse_major("61000", Currency::Jpy),
            Ok(Money::new(61_000, Currency::Jpy))
        );
        for bad in ["", ".", "1.", "1,000", "1e3", " 1", "1.234", "٣"] {
            assert!(Money::parse_major(bad, Currency::Eur).is_err(), "{bad}");
        }
        assert!(Money::parse_major("1.5", Currency::Jpy).is_err());
    }

    #[test]
    fn currencies_do_not_mix() {
        assert!(Money::new(1, Currency::Jpy).plus(Money::new(1, Currency::Eur)).is_err());
    }

    #[test]
    fn share_rounds_half_away_from_zero() {
        assert_eq!(Money::new(5, Currency::Jpy).share(1, 2), Ok(Money::new(3, Currency::Jpy)));
        assert_eq!(Money::new(-5, Currency::Jpy).share(1, 2), Ok(Money::new(-3, Currency::Jpy)));
    }

    proptest! {
        #[test]
        fn printed_amount_reads_back(minor in any::<i64>().prop_filter("min", |m| *m != i64::MIN)) {
            for currency in Currency::ALL {
                let money = Money::new(minor, currency);
                let text = money.to_string();
                let amount = text.split(' ').next().unwrap();
                prop_assert_eq!(Money::parse_major(amount, currency), Ok(money));
            }
        }

        #[test]
        fn addition_is_exact_or_refused(a in any::<i64>(), b in any::<i64>()) {
            let sum = Money::new(a, Currency::Jpy).plus(Money::new(b, Currency::Jpy));
            prop_assert_eq!(sum.ok().map(|m| m.minor), a.checked_add(b));
        }
    }
}
