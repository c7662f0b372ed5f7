//! The cost class of a sum. Classes are relative to the market, so the class of a sum is read off
//! the offers that are there: never a lower one than the next dearer offer has.

use rust_decimal::Decimal;

/// Monthly totals in yen of the offers of a market and the classes they are in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CostClasses {
    /// Totals upwards, each with the highest class up to it and the lowest class from it on.
    steps: Vec<(Decimal, u8, u8)>,
}

/// The class of what is dearer than everything in the market.
const HIGHEST: u8 = 5;

impl CostClasses {
    /// Learns from totals in yen with the class (1 to 5) each is in.
    #[must_use]
    pub fn of(totals: impl IntoIterator<Item = (Decimal, u8)>) -> Self {
        let mut steps: Vec<(Decimal, u8, u8)> =
            totals.into_iter().map(|(total, class)| (total, class, class)).collect();
        steps.sort_unstable();
        let mut highest = 1;
        for step in &mut steps {
            highest = highest.max(step.1);
            step.1 = highest;
        }
        let mut lowest = HIGHEST;
        for step in steps.iter_mut().rev() {
            lowest = lowest.min(step.2);
            step.2 = lowest;
        }
        Self { steps }
    }

    /// The class of a total in yen, 1 to 5; the higher one where the market leaves it open.
    #[must_use]
    pub fn class(&self, total: Decimal) -> u8 {
        let from = self.steps.partition_point(|(known, _, _)| *known < total);
        let up_to = self.steps.partition_point(|(known, _, _)| *known <= total);
        let cheaper =
            up_to.checked_sub(1).and_then(|at| self.steps.get(at)).map_or(1, |step| step.1);
        let dearer = self.steps.get(from).map_or(HIGHEST, |step| step.2);
        cheaper.max(dearer)
    }
}
