//! What an offer costs. Documents write major units ("14.20 EUR"); we keep whole minor units.

use super::cursor::{At, Fields, Sink};
use super::limits::{PER_MAX, TIERS};
use super::scalar::{boolean, date, day, decimal_as, technical_name, whole, word};
use crate::fault::FaultCode;
use crate::node::{Node, Number};
use crate::{
    Amount, BILLING_UNITS, CURRENCIES, Expected, MACHINE_UNITS, NextPrices, Price, QuantityLimit,
    UnitPrice,
};
use std::collections::BTreeSet;

pub(super) fn price(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Price> {
    let mut fields = Fields::open(node, at, sink)?;
    let tier = fields.optional(
        sink,
        "tier",
        word(TIERS, |text| TIERS.contains(&text).then(|| text.to_owned())),
    );
    let basket = fields.optional(sink, "basket", technical_name);
    let monthly_total = fields.optional(sink, "monthlyTotal", amount);
    let minimum = fields.optional(sink, "minimum", amount);
    let one_time = fields.optional(sink, "oneTime", amount);
    let as_of = fields.optional(sink, "asOf", date);
    let per_unit = fields.list(sink, "perUnit", unit_price);
    let limits = fields.list(sink, "limits", limit);
    let next = fields.optional(sink, "next", next);
    fields.close(sink);
    if let (Some(_), Some(NextPrices { monthly_total: None, .. })) = (&monthly_total, &next) {
        let (at, message) = (at.field("next"), "the next prices need a monthly total as well");
        let field = at.field("monthlyTotal");
        sink.fault::<()>(&field, FaultCode::Missing, None, Expected::Mapping, message);
    }
    steps(&per_unit, &at.field("perUnit"), sink);
    once_each(&limits, &at.field("limits"), sink);
    Some(Price { tier, basket, monthly_total, minimum, one_time, as_of, per_unit, limits, next })
}

/// The prices from a day on.
fn next(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<NextPrices> {
    let mut fields = Fields::open(node, at, sink)?;
    let valid_from = fields.required(sink, "validFrom", day);
    let monthly_total = fields.optional(sink, "monthlyTotal", amount);
    let minimum = fields.optional(sink, "minimum", amount);
    let one_time = fields.optional(sink, "oneTime", amount);
    let per_unit = fields.list(sink, "perUnit", unit_price);
    fields.close(sink);
    steps(&per_unit, &at.field("perUnit"), sink);
    Some(NextPrices { valid_from: valid_from?, monthly_total, minimum, one_time, per_unit })
}

/// Each unit has one limit.
fn once_each(limits: &[QuantityLimit], at: &At<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for limit in limits {
        if !seen.insert(&limit.unit) {
            let (found, message) =
                (Node::text(limit.unit.as_str()), format!("`{}` has two limits", limit.unit));
            sink.fault::<()>(at, FaultCode::Contradiction, Some(&found), Expected::Once, message);
        }
    }
}

fn limit(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<QuantityLimit> {
    let mut fields = Fields::open(node, at, sink)?;
    let unit = fields.required(sink, "unit", billing_unit);
    let least = fields.optional(sink, "least", units);
    let most = fields.optional(sink, "most", units);
    fields.close(sink);
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        let expected = Expected::Whole { min: least, max: PER_MAX };
        let found = node.get("most");
        let message = format!("the most is below the least, {least}");
        return sink.fault(&at.field("most"), FaultCode::Contradiction, found, expected, message);
    }
    Some(QuantityLimit { unit: unit?, least, most })
}

/// Each step of a unit has one price, and the first units have one.
fn steps(per_unit: &[UnitPrice], at: &At<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for price in per_unit {
        let found = Node::text(price.unit.as_str());
        if !seen.insert((&price.unit, &price.currency, price.from)) {
            let message = format!("`{}` has two prices in {}", price.unit, price.currency);
            sink.fault::<()>(at, FaultCode::Contradiction, Some(&found), Expected::Once, message);
        }
        let first = |one: &UnitPrice| {
            one.from == 0 && one.unit == price.unit && one.currency == price.currency
        };
        if !per_unit.iter().any(first) {
            let message =
                format!("`{}` has no price in {} for its first units", price.unit, price.currency);
            let expected = Expected::AtLeastOne;
            sink.fault::<()>(at, FaultCode::Contradiction, Some(&found), expected, message);
        }
    }
}

fn amount(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Amount> {
    let mut fields = Fields::open(node, at, sink)?;
    let money = money(&mut fields, sink);
    let tax_excluded = fields.optional(sink, "taxExcluded", boolean);
    fields.close(sink);
    let (minor, currency) = money?;
    Some(Amount { minor, currency, tax_excluded })
}

fn unit_price(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<UnitPrice> {
    let mut fields = Fields::open(node, at, sink)?;
    let unit = fields.required(sink, "unit", billing_unit);
    let per = fields.optional(sink, "per", units).unwrap_or(1);
    let from = fields.optional(sink, "from", units).unwrap_or(0);
    let money = money(&mut fields, sink);
    fields.close(sink);
    let (minor, currency) = money?;
    Some(UnitPrice { unit: unit?, from, per, minor, currency })
}

/// What one machine of a type costs, in an hour or a month.
pub(super) fn machine_price(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<UnitPrice> {
    let mut fields = Fields::open(node, at, sink)?;
    let known = |text: &str| MACHINE_UNITS.contains(&text).then(|| text.to_owned());
    let unit = fields.required(sink, "unit", word(MACHINE_UNITS, known));
    let per = fields.optional(sink, "per", units).unwrap_or(1);
    let money = money(&mut fields, sink);
    fields.close(sink);
    let (minor, currency) = money?;
    Some(UnitPrice { unit: unit?, from: 0, per, minor, currency })
}

fn billing_unit(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let known = |text: &str| BILLING_UNITS.contains(&text).then(|| text.to_owned());
    word(BILLING_UNITS, known)(node, at, sink)
}

/// How many units an amount buys; it divides the price, so it is written in digits as well.
fn units(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<u32> {
    if has_exponent(node) {
        let expected = Expected::Whole { min: 1, max: PER_MAX };
        let message = "expected a number in digits, without an exponent";
        return sink.fault(at, FaultCode::NotANumber, Some(node), expected, message);
    }
    whole(1, PER_MAX)(node, at, sink)
}

/// Whether a number is written like `1e9`, with or without quotes: a typing mistake in an exponent makes
/// another price by powers of ten. Figures of quality may have one, quoted or not.
fn has_exponent(node: &Node) -> bool {
    let (Node::Text(text) | Node::Number(Number { text, .. })) = node else { return false };
    text.contains(['e', 'E']) && crate::parse_decimal(text.trim()).is_some()
}

/// Reads `amount` and `currency` as whole minor units.
fn money(fields: &mut Fields<'_>, sink: &mut Sink) -> Option<(i64, String)> {
    let find = |text: &str| CURRENCIES.iter().find(|(code, _)| *code == text).copied();
    let currency = fields.required(sink, "currency", word(CODES, find));
    let digits = currency.map_or(2, |(_, digits)| digits);
    let minor = fields.required(sink, "amount", |node, at, sink| {
        let expected = Expected::Amount { digits };
        if has_exponent(node) {
            let message = "expected an amount in digits, without an exponent";
            return sink.fault(at, FaultCode::NotANumber, Some(node), expected, message);
        }
        let amount = decimal_as(node, at, sink, expected.clone())?;
        let minor = amount.checked_mul(rust_decimal::Decimal::from(10_u32.pow(digits)));
        let whole = minor.filter(|minor| minor.is_integer() && !minor.is_sign_negative());
        whole.and_then(|minor| i64::try_from(minor).ok()).or_else(|| {
            let message = format!(
                "expected an amount of zero or more with at most {digits} decimals; state finer prices `per` several units"
            );
            sink.fault(at, FaultCode::OutOfRange, Some(node), expected, message)
        })
    });
    Some((minor?, currency?.0.to_owned()))
}

const CODES: &[&str] = &["JPY", "EUR", "USD", "GBP"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_currencies() {
        assert!(CURRENCIES.iter().map(|(code, _)| *code).eq(CODES.iter().copied()));
    }
}
