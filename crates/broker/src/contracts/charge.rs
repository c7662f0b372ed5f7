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
    /// The whole, as the provider's cloud named it when it was asked.
    Told,
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

/// What is paid: each month, and once when the service begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charges {
    /// Each month.
    pub month: Money,
    /// Once; `None`: nothing.
    pub once: Option<Money>,
}

impl From<Money> for Charges {
    /// A monthly price, and nothing once.
    fn from(month: Money) -> Self {
        Self { month, once: None }
    }
}

impl Charges {
    /// Both together; `None`: in different currencies, or more than a number holds.
    #[must_use]
    pub fn plus(self, more: Self) -> Option<Self> {
        let once = match (self.once, more.once) {
            (Some(one), Some(other)) => Some(one.plus(other).ok()?),
            (one, other) => one.or(other),
        };
        Some(Self { month: self.month.plus(more.month).ok()?, once })
    }
}

impl std::fmt::Display for Charges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.once {
            Some(once) => write!(f, "{} a month and {once} once", self.month),
            None => write!(f, "{} a month", self.month),
        }
    }
}

/// What quantities cost by a price book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The lines of a month.
    pub lines: Vec<ChargeLine>,
    /// Their sum.
    pub month: Money,
    /// Charged once when the service begins; `None`: nothing is declared.
    pub once: Option<Money>,
}

impl Priced {
    /// A month of these lines, lifted to the least that it is charged, and what is charged once.
    pub(crate) fn of(
        book: &sla::Price,
        currency: Currency,
        lines: Vec<ChargeLine>,
    ) -> Result<Self, MoneyError> {
        let (lines, month) = month(book, currency, lines)?;
        Ok(Self { lines, month, once: one_time(book, currency) })
    }

    /// A price as the provider's cloud names it for the whole.
    pub(crate) fn told(month: Money, once: Option<Money>) -> Self {
        let what = Charged::Told;
        let line = ChargeLine { what, from: 0, milli: 1_000, price: month, per: 1, amount: month };
        Self { lines: vec![line], month, once }
    }

    /// What is paid.
    #[must_use]
    pub const fn charges(&self) -> Charges {
        Charges { month: self.month, once: self.once }
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
    pub fn of(book: &sla::Price, unit: &str, currency: Currency) -> Option<Self> {
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
fn month(
    book: &sla::Price,
    currency: Currency,
    mut lines: Vec<ChargeLine>,
) -> Result<(Vec<ChargeLine>, Money), MoneyError> {
    let so_far = sum(currency, &lines)?;
    lines.extend(lifted(book, so_far));
    let sum = sum(currency, &lines)?;
    Ok((lines, sum))
}

fn sum(currency: Currency, lines: &[ChargeLine]) -> Result<Money, MoneyError> {
    lines.iter().try_fold(Money::new(0, currency), |sum, line| sum.plus(line.amount))
}

/// What is missing to the least that a month is charged; `None`: nothing, or there is no such thing in this currency.
fn lifted(book: &sla::Price, month: Money) -> Option<ChargeLine> {
    let minimum = minimum(book, month.currency)?;
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
pub(crate) fn minimum(book: &sla::Price, currency: Currency) -> Option<Money> {
    declared(book.minimum.as_ref()?, currency)
}

/// What an offer charges once, in this currency; `None`: nothing is declared.
pub(crate) fn one_time(book: &sla::Price, currency: Currency) -> Option<Money> {
    declared(book.one_time.as_ref()?, currency).filter(|once| once.minor > 0)
}

fn declared(amount: &sla::Amount, currency: Currency) -> Option<Money> {
    (amount.currency == currency.code()).then(|| Money::new(amount.minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    fn money(minor: i64) -> Money {
        Money::new(minor, Currency::Jpy)
    }

    fn book(basket: i64, minimum: Option<i64>, once: Option<i64>) -> sla::Price {
        let amount = |minor| sla::Amount { minor, currency: "JPY".to_owned(), tax_excluded: None };
        sla::Price {
            tier: None,
            basket: None,
            monthly_total: Some(amount(basket)),
            minimum: minimum.map(amount),
            one_time: once.map(amount),
            as_of: None,
            next: None,
            per_unit: Vec::new(),
            limits: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn once_stays_out_of_every_month_and_is_the_same_for_every_quantity(
            basket in 0..1_000_000_i64, count in 1..1_000_i64,
            minimum in proptest::option::of(0..1_000_000_i64),
            once in proptest::option::of(1..1_000_000_i64),
        ) {
            let lines = |count: i64| {
                let steps = steps(&[(0, basket, 1)]);
                steps.charge("user-month", count, 1).unwrap()
            };
            let with = Priced::of(&book(basket, minimum, once), Currency::Jpy, lines(count)).unwrap();
            let without = Priced::of(&book(basket, minimum, None), Currency::Jpy, lines(count)).unwrap();
            prop_assert_eq!((with.month, &with.lines), (without.month, &without.lines));
            prop_assert_eq!(with.once, once.map(money));
            prop_assert_eq!(without.once, None);
            prop_assert_eq!(with.month.minor, (basket * count).max(minimum.unwrap_or(0)));
            prop_assert_eq!(sum(Currency::Jpy, &with.lines).unwrap(), with.month);
        }

        #[test]
        fn several_offers_cost_the_sum_in_any_order(
            all in proptest::collection::vec((any::<i32>(), proptest::option::of(any::<i32>())), 1..4),
        ) {
            let of = |(month, once): &(i32, Option<i32>)| Charges {
                month: money((*month).into()),
                once: once.map(|once| money(once.into())),
            };
            let add = |sum: Charges, one: Charges| sum.plus(one).unwrap();
            let forwards = all.iter().map(of).reduce(add).unwrap();
            let backwards = all.iter().rev().map(of).reduce(add).unwrap();
            prop_assert_eq!(forwards, backwards);
            let once: Vec<i64> = all.iter().filter_map(|one| one.1.map(i64::from)).collect();
            let expected = (!once.is_empty()).then(|| money(once.iter().sum()));
            prop_assert_eq!(forwards.once, expected);
            let month: i64 = all.iter().map(|one| i64::from(one.0)).sum();
            prop_assert_eq!(forwards.month, money(month));
        }
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
