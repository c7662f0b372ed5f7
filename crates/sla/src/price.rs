//! What an offer costs, and from when.

use crate::Date;
use std::borrow::Cow;

/// What an offer costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    /// Cost class 1 (low) to 5 (high), as last computed by the broker.
    pub tier: Option<String>,
    /// Bill of quantities the total is for.
    pub basket: Option<String>,
    /// Monthly total for the basket.
    pub monthly_total: Option<Amount>,
    /// Least that a month is charged, whatever is used.
    pub minimum: Option<Amount>,
    /// Charged once, at the beginning.
    pub one_time: Option<Amount>,
    /// The day on which the provider last checked its prices.
    pub as_of: Option<Date>,
    /// Prices per unit; each unit, currency and `from` at most once.
    pub per_unit: Vec<UnitPrice>,
    /// How much of a unit a customer may order; each unit at most once.
    pub limits: Vec<QuantityLimit>,
    /// The prices that take the place of these from a day on.
    pub next: Option<NextPrices>,
}

/// Prices that count from a day on. They take the place of all amounts of the price book; basket, class and limits stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPrices {
    /// The first day on which they count, in UTC.
    pub valid_from: Date,
    /// Monthly total for the basket; stated where the price book states one.
    pub monthly_total: Option<Amount>,
    /// Least that a month is charged, whatever is used.
    pub minimum: Option<Amount>,
    /// Charged once, at the beginning.
    pub one_time: Option<Amount>,
    /// Prices per unit; each unit, currency and `from` at most once.
    pub per_unit: Vec<UnitPrice>,
}

impl Price {
    /// The prices that count on a day, in days since 1970-01-01. Once the next ones count there are none after them,
    /// and they are at least as new as their first day.
    #[must_use]
    pub fn counting_on(&self, today: i64) -> Cow<'_, Self> {
        match self.next.as_ref().filter(|next| next.valid_from.last_day() <= today) {
            Some(next) => Cow::Owned(self.followed_by(next)),
            None => Cow::Borrowed(self),
        }
    }

    /// The price book as it will be from the day on which the next prices count; `None`: nothing follows.
    #[must_use]
    pub fn following(&self) -> Option<Self> {
        self.next.as_ref().map(|next| self.followed_by(next))
    }

    fn followed_by(&self, next: &NextPrices) -> Self {
        let newer = |as_of: &&Date| as_of.last_day() > next.valid_from.last_day();
        Self {
            tier: self.tier.clone(),
            basket: self.basket.clone(),
            monthly_total: next.monthly_total.clone(),
            minimum: next.minimum.clone(),
            one_time: next.one_time.clone(),
            as_of: Some(self.as_of.as_ref().filter(newer).unwrap_or(&next.valid_from).clone()),
            per_unit: next.per_unit.clone(),
            limits: self.limits.clone(),
            next: None,
        }
    }
}

/// How much of a unit a customer may order: processors and memory of each machine, everything else of the whole service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantityLimit {
    /// One of `BILLING_UNITS`; `instance-month` counts machines.
    pub unit: String,
    /// The least; `None`: there is none.
    pub least: Option<u32>,
    /// The most; `None`: there is none.
    pub most: Option<u32>,
}

/// An amount of money: whole minor units of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Minor units (yen, cents), zero or more; documents write major units ("14.20").
    pub minor: i64,
    /// JPY, EUR, USD or GBP.
    pub currency: String,
    /// Whether tax comes on top.
    pub tax_excluded: Option<bool>,
}

/// The price of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPrice {
    /// One of `BILLING_UNITS`, for example `vcpu-month`.
    pub unit: String,
    /// Units of a month that cost another price before this one begins, 0 unless stated: of 120 units, 20 cost the price
    /// `from` 100.
    pub from: u32,
    /// How many units the amount buys, 1 unless stated; lets fine prices be whole minor units.
    pub per: u32,
    /// Minor units, zero or more.
    pub minor: i64,
    /// JPY, EUR, USD or GBP.
    pub currency: String,
}

/// Units of the price that a machine type has of its own.
pub const MACHINE_UNITS: &[&str] = &["instance-hour", "instance-month"];

/// What can be priced per unit.
pub const BILLING_UNITS: &[&str] = &[
    "vcpu-hour",
    "vcpu-month",
    "ram-gib-hour",
    "ram-gib-month",
    "instance-hour",
    "instance-month",
    "gpu-hour",
    "storage-gb-month",
    "storage-gib-month",
    "backup-gb-month",
    "egress-gb",
    "address-hour",
    "address-month",
    "mbit-month",
    "link-month",
    "request-million",
    "function-gib-second",
    "user-month",
    "device-month",
    "support-month",
];

/// Currencies a price may be in, with the digits of their minor unit (ISO 4217).
pub const CURRENCIES: &[(&str, u32)] = &[("JPY", 0), ("EUR", 2), ("USD", 2), ("GBP", 2)];
