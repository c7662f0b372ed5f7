//! The cost calculator: what a bill of quantities costs at an offer, line by line, before anybody signs.

use super::charge::{self, ChargeLine, Priced, Steps};
use super::quote::{book_of, limit_fault, limited, plan_for, planned, unit_limits};
use super::upcoming::Upcoming;
use super::{Plan, PriceAge};
use crate::market::OfferCard;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Money, OfferId, Timestamp};
use sla::BILLING_UNITS;
use std::ops::RangeInclusive;

/// Most months of a calculation.
pub const MONTHS_MAX: i64 = 120;
/// Months of a calculation that names none.
pub const MONTHS_USUAL: i64 = 12;
/// Most units of one kind a month.
pub const UNITS_MAX: i64 = 1_000_000_000;
/// Units that the plan counts itself.
const OF_PLAN: [&str; 4] = ["vcpu-month", "ram-gib-month", "storage-gb-month", "mbit-month"];

/// A bill of quantities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Machines and what each has.
    pub plan: Plan,
    /// Further units a month, by their name in `sla::BILLING_UNITS`.
    pub units: Vec<(String, i64)>,
    /// For how many months.
    pub months: i64,
}

/// What a bill of quantities costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The lines of a month.
    pub lines: Vec<ChargeLine>,
    /// Units that were asked for and have no price in this offer: they are in no sum.
    pub unpriced: Vec<String>,
    /// One month.
    pub month: Money,
    /// Charged once at the beginning; `None`: nothing is declared.
    pub one_time: Option<Money>,
    /// All months and what is charged once.
    pub total: Money,
    /// For how many months.
    pub months: i64,
    /// The same bill by the prices that follow; `None`: no other prices are published.
    pub next: Option<NextCost>,
}

/// What the same bill costs from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextCost {
    /// The first day of these prices, in UTC.
    pub valid_from: String,
    /// A month and what is charged once; `None`: the next prices do not cover the bill.
    pub priced: Option<Priced>,
}

/// Further units of an offer's price book, and how old its prices are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBook {
    /// The units that can be added to a bill, in the order of `sla::BILLING_UNITS`.
    pub units: Vec<&'static str>,
    /// The day on which the provider last checked its prices, as the document says; `None`: it does not say.
    pub as_of: Option<String>,
    /// How old that is.
    pub age: PriceAge,
    /// When the version with these prices was published.
    pub published_at: Timestamp,
    /// Charged once at the beginning; `None`: nothing is declared.
    pub one_time: Option<Money>,
    /// How much of a plan or of a unit may be ordered, where that is limited: the field of the plan or the unit.
    pub limits: Vec<(&'static str, RangeInclusive<i64>)>,
    /// Least that a month is charged; `None`: nothing is declared.
    pub minimum: Option<Money>,
    /// What will be charged otherwise from a day on; `None`: no other prices are published.
    pub next: Option<Upcoming>,
}

impl Broker {
    /// What can be counted at an offer, and how old its prices are; `None`: it has no price.
    pub async fn price_book(
        &self,
        ctx: &OpContext,
        offer: OfferId,
    ) -> Result<Option<PriceBook>, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let offer = self.shelved(ctx.sight(), offer).await?;
        let offer = offer.ok_or(BrokerError::NotFound { what: "offer" })?;
        let Some((book, basket)) = book_of(offer.today()) else { return Ok(None) };
        let units = BILLING_UNITS.iter().copied().filter(|unit| !OF_PLAN.contains(unit));
        Ok(Some(PriceBook {
            units: units.filter(|unit| Steps::of(book, unit, basket.currency).is_some()).collect(),
            limits: limits_of(book),
            as_of: book.as_of.as_ref().map(|day| day.as_str().to_owned()),
            age: self.price_age(&offer),
            published_at: offer.card.published_at,
            one_time: charge::one_time(book, basket.currency),
            minimum: charge::minimum(book, basket.currency),
            next: Upcoming::of(book),
        }))
    }

    /// The quantities that a quote begins with.
    #[must_use]
    pub fn usual_plan(&self, card: &OfferCard) -> Plan {
        plan_for(card)
    }

    /// What a bill of quantities costs at an offer, exactly as a quote for the same plan.
    ///
    /// # Errors
    /// `/plan/…`, `/units/UNIT`, `/months`; `NotFound` `price`: the offer has none.
    pub async fn cost(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        bill: &Bill,
    ) -> Result<Cost, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let offer = self.shelved(ctx.sight(), offer).await?;
        let offer = offer.ok_or(BrokerError::NotFound { what: "offer" })?;
        let faults = bill.faults();
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let today = offer.today();
        let (priced, unpriced) = billed(today, bill)?;
        let next = next_cost(today, bill, &unpriced);
        let whole = |error| large("/months", &error);
        let Priced { lines, month, once: one_time } = priced;
        let months = month.times(bill.months).map_err(whole)?;
        let total = match one_time {
            Some(once) => months.plus(once).map_err(whole)?,
            None => months,
        };
        Ok(Cost { lines, unpriced, month, one_time, total, months: bill.months, next })
    }
}

fn next_cost(offer: &sla::Offer, bill: &Bill, unpriced: &[String]) -> Option<NextCost> {
    let next = offer.spec.price.as_ref()?.next.as_ref()?;
    let following = offer.priced_on(next.valid_from.last_day())?;
    let priced = billed(&following, bill).ok();
    // What has a price today and none then is in no sum that could be compared.
    let priced = priced.filter(|(_, missing)| missing == unpriced).map(|(priced, _)| priced);
    Some(NextCost { valid_from: next.valid_from.as_str().to_owned(), priced })
}

/// A bill by the price book of a document, and the units that have no price there.
fn billed(offer: &sla::Offer, bill: &Bill) -> Result<(Priced, Vec<String>), BrokerError> {
    let (book, basket) = book_of(offer).ok_or(BrokerError::NotFound { what: "price" })?;
    let mut lines = planned(book, basket, &bill.plan)?;
    let (mut unpriced, mut beyond) = (Vec::new(), Vec::new());
    for (unit, quantity) in bill.units.iter().filter(|(_, quantity)| *quantity > 0) {
        let Some(steps) = Steps::of(book, unit, basket.currency) else {
            unpriced.push(unit.clone());
            continue;
        };
        let range = unit_limits(book, unit);
        if !range.contains(quantity) {
            beyond.push(limit_fault(&format!("/units/{unit}"), *quantity, &range));
            continue;
        }
        let more = steps.charge(unit, *quantity, 1);
        lines.extend(more.map_err(|error| large(&format!("/units/{unit}"), &error))?);
    }
    if !beyond.is_empty() {
        return Err(BrokerError::Invalid(beyond));
    }
    let priced = Priced::of(book, basket.currency, lines);
    Ok((priced.map_err(|error| large("/months", &error))?, unpriced))
}

impl Bill {
    fn faults(&self) -> Vec<FieldFault> {
        let mut faults = self.plan.faults();
        let range = |pointer: &str, found: i64, (min, max): (i64, i64)| FieldFault {
            expected: Some(sla::Expected::Between { min: min.into(), max: max.into() }),
            ..FieldFault::new(
                pointer,
                "range",
                &found.to_string(),
                &format!("{min} to {max}"),
                "this quantity cannot be calculated",
            )
        };
        if !(1..=MONTHS_MAX).contains(&self.months) {
            faults.push(range("/months", self.months, (1, MONTHS_MAX)));
        }
        for (unit, quantity) in &self.units {
            let pointer = format!("/units/{unit}");
            if !BILLING_UNITS.contains(&unit.as_str()) || OF_PLAN.contains(&unit.as_str()) {
                let known: Vec<&str> = BILLING_UNITS
                    .iter()
                    .copied()
                    .filter(|known| !OF_PLAN.contains(known))
                    .collect();
                let message = "there is no such unit beside the plan";
                faults.push(FieldFault::new("/units", "unit", unit, &known.join(", "), message));
            } else if !(0..=UNITS_MAX).contains(quantity) {
                faults.push(range(&pointer, *quantity, (0, UNITS_MAX)));
            }
        }
        faults
    }
}

/// What a price book limits: quantities of a plan by their field, further units by their name.
fn limits_of(book: &sla::Price) -> Vec<(&'static str, RangeInclusive<i64>)> {
    let plan = Plan::FIELDS.into_iter().map(|field| (field, limited(book, field)));
    let plan = plan.filter(|(field, range)| *range != Plan::range(field));
    let units = BILLING_UNITS.iter().copied().filter(|unit| !OF_PLAN.contains(unit));
    let units = units.filter(|unit| *unit != "instance-month");
    let units = units.map(|unit| (unit, unit_limits(book, unit)));
    plan.chain(units.filter(|(_, range)| *range != (0..=i64::MAX))).collect()
}

fn large(pointer: &str, error: &domain::MoneyError) -> BrokerError {
    BrokerError::field(pointer, "price", "", "a smaller quantity", &error.to_string())
}
