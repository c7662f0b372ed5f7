//! What quantities of an offer cost by its price book: the basket, units beyond it, steps, the least a month is charged.

use domain::{Currency, Money, MoneyError};

/// What a line of a bill is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charged {
    /// The reference basket, once for each instance.
    Basket,
    /// Units, by their name in `sla::BILLING_UNITS`.
    Unit(String),
    /// What is missing to the least that a month is charged.
    Minimum,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeLine {
    /// What for.
    pub what: Charged,
    /// Units that were charged at another price before these.
    pub from: i64,
    /// How many, in thousandths of a unit.
    pub milli: i64,
    /// The price of `per` units.
    pub price: Money,
    /// How many units the price buys.
    pub per: i64,
    /// What it comes to, rounded half away from zero.
    pub amount: Money,
}

impl ChargeLine {
    /// How many units, exactly.
    #[must_use]
    pub fn quantity(&self) -> sla::Decimal {
        sla::Decimal::new(self.milli, 3).normalize()
    }
}

/// A price from some unit on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    from: i64,
    price: Money,
    per: i64,
}

/// The prices of one unit in one currency, the first units first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// `None`: the offer has no price for this unit in this currency.
    pub fn of(offer: &sla::Offer, unit: &str, currency: Currency) -> Option<Self> {
        let book = offer.spec.price.as_ref()?;
        let mut steps: Vec<Step> = book
            .per_unit
            .iter()
            .filter(|row| row.unit == unit && row.currency == currency.code())
            .map(|row| Step {
                from: i64::from(row.from),
                price: Money::new(row.minor, currency),
                per: i64::from(row.per),
            })
            .collect();
        steps.sort_by_key(|step| step.from);
        steps.first().is_some_and(|step| step.from == 0).then_some(Self(steps))
    }

    /// The lines for a quantity that is counted in parts, `size` of which are a unit.
    pub fn charge(
        &self,
        unit: &str,
        quantity: i64,
        size: i64,
    ) -> Result<Vec<ChargeLine>, MoneyError> {
        let mut lines = Vec::new();
        for (at, step) in self.0.iter().enumerate() {
            let begins = step.from.saturating_mul(size);
            let ends = self.0.get(at + 1).map_or(i64::MAX, |next| next.from.saturating_mul(size));
            let within = quantity.min(ends).saturating_sub(begins);
            if within <= 0 {
                continue;
            }
            let whole = step.per.checked_mul(size).ok_or(MoneyError::Overflow)?;
            let milli = i128::from(within) * 1_000 / i128::from(size);
            lines.push(ChargeLine {
                what: Charged::Unit(unit.to_owned()),
                from: step.from,
                milli: i64::try_from(milli).map_err(|_| MoneyError::Overflow)?,
                price: step.price,
                per: step.per,
                amount: step.price.share(within, whole)?,
            });
        }
        Ok(lines)
    }
}

/// A month of these lines, lifted to the least that it is charged, and its sum.
pub(crate) fn month(
    offer: &sla::Offer,
    currency: Currency,
    mut lines: Vec<ChargeLine>,
) -> Result<(Vec<ChargeLine>, Money), MoneyError> {
    let so_far = sum(currency, &lines)?;
    lines.extend(lifted(offer, so_far));
    let sum = sum(currency, &lines)?;
    Ok((lines, sum))
}

fn sum(currency: Currency, lines: &[ChargeLine]) -> Result<Money, MoneyError> {
    lines.iter().try_fold(Money::new(0, currency), |sum, line| sum.plus(line.amount))
}

/// What is missing to the least that a month is charged; `None`: nothing, or there is no such thing in this currency.
fn lifted(offer: &sla::Offer, month: Money) -> Option<ChargeLine> {
    let minimum = minimum(offer, month.currency)?;
    let missing = minimum.minor.saturating_sub(month.minor);
    let amount = Money::new(missing, month.currency);
    let line = ChargeLine {
        what: Charged::Minimum,
        from: 0,
        milli: 1_000,
        price: minimum,
        per: 1,
        amount,
    };
    (missing > 0).then_some(line)
}

/// The least that an offer charges a month, in this currency; `None`: nothing is declared.
pub(crate) fn minimum(offer: &sla::Offer, currency: Currency) -> Option<Money> {
    declared(offer.spec.price.as_ref()?.minimum.as_ref()?, currency)
}

/// What an offer charges once, in this currency; `None`: nothing is declared.
pub(crate) fn one_time(offer: &sla::Offer, currency: Currency) -> Option<Money> {
    declared(offer.spec.price.as_ref()?.one_time.as_ref()?, currency)
}

fn declared(amount: &sla::Amount, currency: Currency) -> Option<Money> {
    (amount.currency == currency.code()).then(|| Money::new(amount.minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(rows: &[(i64, i64, i64)]) -> Steps {
        Steps(
            rows.iter()
                .map(|(from, minor, per)| Step {
                    from: *from,
                    price: Money::new(*minor, Currency::Jpy),
                    per: *per,
                })
                .collect(),
        )
    }

    fn total(steps: &Steps, quantity: i64, size: i64) -> i64 {
        let lines = steps.charge("egress-gb", quantity, size).unwrap();
        sum(Currency::Jpy, &lines).unwrap().minor
    }

    #[test]
    fn only_the_units_beyond_a_step_cost_its_price() {
        let steps = steps(&[(0, 10, 1), (100, 8, 1), (1_000, 500, 100)]);
        assert_eq!(total(&steps, 100, 1), 1_000);
        assert_eq!(total(&steps, 120, 1), 1_000 + 160);
        assert_eq!(total(&steps, 1_050, 1), 1_000 + 7_200 + 250);
        assert!(steps.charge("egress-gb", 0, 1).unwrap().is_empty());
    }

    #[test]
    fn parts_of_a_unit_are_counted_exactly() {
        let steps = steps(&[(0, 100, 1), (2, 50, 1)]);
        // 2.5 GiB in MiB.
        assert_eq!(total(&steps, 2_560, 1_024), 225);
        assert_eq!(
            steps.charge("ram-gib-month", 512, 1_024).unwrap()[0].quantity().to_string(),
            "0.5"
        );
    }

    #[test]
    fn what_no_number_holds_is_refused() {
        let steps = steps(&[(0, i64::MAX, 1)]);
        assert!(steps.charge("egress-gb", 2, 1).is_err());
    }

    #[test]
    fn with_prices_that_fall_more_never_costs_less_and_steps_never_cost_more_than_none() {
        for (first, second, from) in [(10, 8, 3), (10, 0, 1), (7, 7, 5), (1_000, 1, 40)] {
            let (graded, flat) =
                (steps(&[(0, first, 1), (from, second, 1)]), steps(&[(0, first, 1)]));
            for quantity in 0..100 {
                assert!(total(&graded, quantity, 1) <= total(&graded, quantity + 1, 1));
                assert!(total(&graded, quantity, 1) <= total(&flat, quantity, 1));
            }
        }
    }
}
