//! The quote: plan, price and whether the offer can be signed.

use super::charge::{ChargeLine, Charged, Charges, Priced, Steps};
use super::{Plan, Quote};
use crate::market::{OfferCard, next_prices_at};
use crate::requirements::RequirementSource;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Money, OfferId, Timestamp};
use std::ops::RangeInclusive;

/// MiB in a GiB.
const MB_PER_GIB: i64 = 1024;

/// `ref-basket-1` (docs/demo-market.md): what the published monthly price is for.
const BASKET: Plan = Plan {
    instances: 1,
    vcpu: 8,
    ram_mb: 32_768,
    storage_gb: 500,
    network_mbps: 100,
    region: String::new(),
};

impl Broker {
    /// What signing this offer for this need would bring.
    pub async fn quote(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        source: &RequirementSource,
    ) -> Result<Quote, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let (requirement, _) = self.resolve_requirement(ctx, source).await?;
        let ranked = self.explain(ctx, source, offer).await?;
        let provider = ranked.card.provider.id;
        let at_once = self.at_once(&[provider]).await?.remove(&provider);
        let plan = plan_for(&ranked.card);
        let shown = self.shelved(ctx.sight(), offer).await?;
        let shown = shown.ok_or(BrokerError::NotFound { what: "offer" })?;
        // Whoever has no price is told so as an obstacle.
        let priced = price(&shown, &plan).ok();
        Ok(Quote {
            at_once,
            plan,
            price: priced.as_ref().map(|priced| priced.month),
            priced,
            age: self.price_age(&shown),
            valid_until: self.price_holds_until(&shown),
            obstacle: obstacle(&ranked.card, self.now()),
            share_code: self.share_code(&requirement),
            requirement,
            ranked,
        })
    }
}

impl Broker {
    /// Until when a price counts if nobody publishes another one: the next prices take its place, or the offer ends.
    /// `None`: nothing ends it.
    fn price_holds_until(&self, offer: &Shelved) -> Option<Timestamp> {
        let (card, now) = (&offer.card, self.now());
        let next = next_prices_at(&offer.document, now);
        let ends = [card.valid_until, card.ends_at, next].into_iter().flatten();
        ends.filter(|at| *at > now).min()
    }
}

/// P6.1.i1, thin: the reference basket in the offer's first region that the provider's cloud has;
/// the customer may edit it.
pub(crate) fn plan_for(card: &OfferCard) -> Plan {
    let first = card.served.first().or(card.regions.first().map(|(id, _)| id));
    let within = |field: &str, value: i64| match card.limits.iter().find(|(name, _)| *name == field)
    {
        Some((_, range)) => value.max(*range.start()).min(*range.end()),
        None => value,
    };
    Plan {
        instances: within("instances", BASKET.instances),
        vcpu: within("vcpu", BASKET.vcpu),
        ram_mb: within("ramMb", BASKET.ram_mb),
        storage_gb: within("storageGb", BASKET.storage_gb),
        network_mbps: within("networkMbps", BASKET.network_mbps),
        region: first.cloned().unwrap_or_default(),
    }
}

/// The quantities of a plan that an offer limits, with what may be ordered of each.
pub(crate) fn plan_limits(offer: &sla::Offer) -> Vec<(&'static str, RangeInclusive<i64>)> {
    let Some(book) = offer.spec.price.as_ref() else { return Vec::new() };
    let limited_ones = LIMITED.into_iter().map(|(field, ..)| (field, limited(book, field)));
    limited_ones.filter(|(field, range)| *range != Plan::range(field)).collect()
}

/// Why an offer cannot be signed here.
pub(crate) fn obstacle(card: &OfferCard, now: Timestamp) -> Option<&'static str> {
    if let Some(outside) = card.outside_validity(now) {
        Some(outside)
    } else if !card.provider.backed {
        Some("catalogue_only")
    } else if card.stalled.is_some() {
        card.stalled
    } else if card.price.is_none() {
        Some("no_price")
    } else {
        None
    }
}

/// What the plan costs a month: the basket's price for each instance, and the offer's unit prices
/// for what goes beyond the baskets. Storage and network are those of the whole service, so each
/// instance's basket brings its share of them.
pub(crate) fn price(offer: &Shelved, plan: &Plan) -> Result<Priced, BrokerError> {
    priced(offer.today(), plan)
}

/// The charges of a plan, at an offer as it is published.
pub(crate) fn charges(offer: &Shelved, plan: &Plan) -> Result<Charges, BrokerError> {
    price(offer, plan).map(|priced| priced.charges())
}

/// The monthly price by an offer as it was signed, whatever is published today.
pub(crate) fn signed_price(offer: &sla::Offer, plan: &Plan) -> Result<Money, BrokerError> {
    priced(offer, plan).map(|priced| priced.month)
}

pub(super) fn priced(offer: &sla::Offer, plan: &Plan) -> Result<Priced, BrokerError> {
    let (book, basket) = book_of(offer).ok_or(BrokerError::NotFound { what: "price" })?;
    let lines = planned(book, basket, plan)?;
    Priced::of(book, basket.currency, lines).map_err(|error| too_large("instances", &error))
}

/// The prices of an offer, and that of its basket; `None`: it has none.
pub(super) fn book_of(offer: &sla::Offer) -> Option<(&sla::Price, Money)> {
    let book = offer.spec.price.as_ref()?;
    let total = book.monthly_total.as_ref()?;
    Some((book, Money::new(total.minor, total.currency.parse().ok()?)))
}

/// The lines for a plan: the baskets, and what goes beyond them.
pub(super) fn planned(
    book: &sla::Price,
    basket: Money,
    plan: &Plan,
) -> Result<Vec<ChargeLine>, BrokerError> {
    let faults = out_of_limits(book, plan);
    if !faults.is_empty() {
        return Err(BrokerError::Invalid(faults));
    }
    let instances = plan.instances;
    let amount = basket.times(instances).map_err(|error| too_large("instances", &error))?;
    let milli = instances.saturating_mul(1_000);
    let what = Charged::Basket;
    let mut lines = vec![ChargeLine { what, from: 0, milli, price: basket, per: 1, amount }];
    for Quantity { field, unit, asked, included, size, machines } in beyond(plan) {
        let extra = asked.saturating_sub(included);
        if extra <= 0 {
            continue;
        }
        let steps = Steps::of(book, unit, basket.currency).ok_or_else(|| {
            let (place, found) = (format!("/plan/{field}"), asked.to_string());
            let allowed = format!("at most {included}");
            let message = "this offer has no price for more than its basket";
            let fault = FieldFault::new(&place, "no_unit_price", &found, &allowed, message);
            let (min, max) = (0.into(), included.into());
            let expected = Some(sla::Expected::Between { min, max });
            BrokerError::Invalid(vec![FieldFault { expected, ..fault }])
        })?;
        let large = |error| too_large(field, &error);
        for line in steps.charge(unit, extra, size).map_err(large)? {
            let amount = line.amount.times(machines).map_err(large)?;
            let milli = line.milli.saturating_mul(machines);
            lines.push(ChargeLine { amount, milli, ..line });
        }
    }
    Ok(lines)
}

/// A quantity that is priced beyond the basket.
struct Quantity {
    field: &'static str,
    unit: &'static str,
    asked: i64,
    /// Of this, the baskets hold so many.
    included: i64,
    /// How many of it are a unit.
    size: i64,
    /// How many times it is booked: for each machine, or once.
    machines: i64,
}

fn beyond(plan: &Plan) -> [Quantity; 4] {
    let each = |field, unit, asked, included, size| Quantity {
        field,
        unit,
        asked,
        included,
        size,
        machines: plan.instances,
    };
    let once = |field, unit, asked, included: i64| Quantity {
        field,
        unit,
        asked,
        included: included.saturating_mul(plan.instances),
        size: 1,
        machines: 1,
    };
    [
        each("vcpu", "vcpu-month", plan.vcpu, BASKET.vcpu, 1),
        each("ramMb", "ram-gib-month", plan.ram_mb, BASKET.ram_mb, MB_PER_GIB),
        once("storageGb", "storage-gb-month", plan.storage_gb, BASKET.storage_gb),
        once("networkMbps", "mbit-month", plan.network_mbps, BASKET.network_mbps),
    ]
}

/// The billing unit by which a price book limits a quantity of a plan, and how many of the quantity are a unit.
const LIMITED: [(&str, &str, i64); 5] = [
    ("instances", "instance-month", 1),
    ("vcpu", "vcpu-month", 1),
    ("ramMb", "ram-gib-month", MB_PER_GIB),
    ("storageGb", "storage-gb-month", 1),
    ("networkMbps", "mbit-month", 1),
];

/// What a price book lets a customer order of one quantity of a plan, within what can be ordered at all.
pub(super) fn limited(book: &sla::Price, field: &str) -> RangeInclusive<i64> {
    let all = Plan::range(field);
    let Some((_, unit, size)) = LIMITED.into_iter().find(|(name, ..)| *name == field) else {
        return all;
    };
    let limits = unit_limits(book, unit);
    let least = limits.start().saturating_mul(size).max(*all.start());
    let most = limits.end().saturating_mul(size).min(*all.end());
    least..=most
}

/// What a price book lets a customer order of a billing unit.
pub(super) fn unit_limits(book: &sla::Price, unit: &str) -> RangeInclusive<i64> {
    let limit = book.limits.iter().find(|limit| limit.unit == unit);
    let end = |end: Option<u32>, none: i64| end.map_or(none, i64::from);
    match limit {
        Some(limit) => end(limit.least, 0)..=end(limit.most, i64::MAX),
        None => 0..=i64::MAX,
    }
}

/// Every quantity of a plan that the offer is not made for; pointers are `/plan/FIELD`.
fn out_of_limits(book: &sla::Price, plan: &Plan) -> Vec<FieldFault> {
    let outside = |(field, value, ..): (&'static str, i64, i64, i64)| {
        let range = limited(book, field);
        (!range.contains(&value)).then(|| limit_fault(&format!("/plan/{field}"), value, &range))
    };
    plan.ranges().into_iter().filter_map(outside).collect()
}

/// A quantity outside of what may be ordered, with what may be.
pub(super) fn limit_fault(pointer: &str, found: i64, range: &RangeInclusive<i64>) -> FieldFault {
    let (least, most) = (*range.start(), *range.end());
    let allowed = match most {
        i64::MAX => format!("at least {least}"),
        most => format!("{least} to {most}"),
    };
    let message = "this offer is not made for this quantity";
    let fault = FieldFault::new(pointer, "range", &found.to_string(), &allowed, message);
    let (min, max) = (least.into(), most.into());
    FieldFault { expected: Some(sla::Expected::Between { min, max }), ..fault }
}

/// What may be ordered of one quantity of an offer: within its limits, and no more than the basket holds where the
/// offer has no price for more.
pub(crate) fn orderable(offer: &Shelved, field: &str) -> RangeInclusive<i64> {
    let Some((book, basket)) = book_of(offer.today()) else { return Plan::range(field) };
    let all = limited(book, field);
    let row = beyond(&BASKET).into_iter().find(|row| row.field == field);
    match row {
        Some(row) if Steps::of(book, row.unit, basket.currency).is_none() => {
            *all.start()..=row.included.min(*all.end())
        }
        _ => all,
    }
}

fn too_large(field: &str, error: &domain::MoneyError) -> BrokerError {
    BrokerError::field(
        &format!("/plan/{field}"),
        "price",
        "",
        "a smaller quantity",
        &error.to_string(),
    )
}

impl Plan {
    /// The quantities, by the names of their fields.
    pub const FIELDS: [&'static str; 5] =
        ["instances", "vcpu", "ramMb", "storageGb", "networkMbps"];

    /// What may be ordered of one quantity; everything where there is no such quantity.
    #[must_use]
    pub fn range(field: &str) -> RangeInclusive<i64> {
        let found = BASKET.ranges().into_iter().find(|(name, ..)| *name == field);
        found.map_or(0..=i64::MAX, |(_, _, min, max)| min..=max)
    }

    /// What may be ordered: `(field, value, lowest, highest)`.
    #[must_use]
    pub fn ranges(&self) -> [(&'static str, i64, i64, i64); 5] {
        [
            ("instances", self.instances, 1, 16),
            ("vcpu", self.vcpu, 1, 64),
            ("ramMb", self.ram_mb, 256, 262_144),
            ("storageGb", self.storage_gb, 1, 10_000),
            ("networkMbps", self.network_mbps, 1, 10_000),
        ]
    }
}
