//! The fixed scales on which values are drawn and distances taken. Computes nothing: that is `matching`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How a value of an item is placed between worst and best (sla-schema section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scale {
    /// Number of nines of the value, from `lo` to `hi`.
    Nines {
        /// Nines drawn at 0.
        lo: u32,
        /// Nines drawn at 1.
        hi: u32,
    },
    /// Logarithm; smaller values are better.
    LogInverse {
        /// Value drawn at 0.
        worst: Decimal,
        /// Value drawn at 1.
        best: Decimal,
    },
    /// Logarithm; larger values are better.
    Log {
        /// Value drawn at 0.
        lo: Decimal,
        /// Value drawn at 1.
        hi: Decimal,
    },
    /// Straight line; larger values are better.
    Linear {
        /// Value drawn at 0.
        lo: Decimal,
        /// Value drawn at 1.
        hi: Decimal,
    },
    /// Straight line; smaller values are better.
    LinearInverse {
        /// Value drawn at 1.
        lo: Decimal,
        /// Value drawn at 0.
        hi: Decimal,
    },
    /// Negative decimal logarithm of a loss, from `lo` to `hi`.
    LossLog {
        /// 10^-lo is drawn at 0.
        lo: u32,
        /// 10^-hi is drawn at 1.
        hi: u32,
    },
    /// Place in the list of levels.
    Level,
    /// Cost class 1 (best) to 5 (worst).
    Tier,
    /// Share of the wanted members that are there.
    Cover,
    /// Share of the members that stay inside the allowed set.
    Subset,
}

/// The curve of a number scale, in the words of the definition of matching (D1, 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Curve {
    /// `(x - worst) / (best - worst)`.
    Linear,
    /// `ln(x / worst) / ln(best / worst)`.
    Log,
    /// `-log10(1 - x)` between the nines of worst and best; fractions of 1.
    Nines,
}

/// A number scale: curve and ends, in the item's base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How values are spread between the ends.
    pub curve: Curve,
    /// Value drawn at 0 and below.
    pub worst: Decimal,
    /// Value drawn at 1 and above.
    pub best: Decimal,
}

impl Scale {
    /// The scale of a number item as curve and ends; `None` for levels and sets.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        let (curve, worst, best) = match self {
            Self::Nines { lo, hi } => (Curve::Nines, nines(*lo), nines(*hi)),
            Self::LogInverse { worst, best } => (Curve::Log, *worst, *best),
            Self::Log { lo, hi } => (Curve::Log, *lo, *hi),
            Self::Linear { lo, hi } => (Curve::Linear, *lo, *hi),
            Self::LinearInverse { lo, hi } => (Curve::Linear, *hi, *lo),
            // -log10 between two powers of ten is the plain logarithm between them.
            Self::LossLog { lo, hi } => (Curve::Log, Decimal::new(1, *lo), Decimal::new(1, *hi)),
            Self::Level | Self::Tier | Self::Cover | Self::Subset => return None,
        };
        Some(Bounds { curve, worst, best })
    }
}

/// The fraction with this many nines, 2 -> 0.99.
fn nines(count: u32) -> Decimal {
    Decimal::ONE - Decimal::new(1, count)
}
