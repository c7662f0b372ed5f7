//! The body of a `QualityRequirement`: regions, profiles, what is asked.

use super::cursor::{At, Fields, Sink};
use super::offer::at_least_one;
use super::scalar::{between, country, percentile, whole, word};
use super::{limits, offer, profile, sas70, value};
use crate::expected::Allowed;
use crate::fault::FaultCode;
use crate::node::Node;
use crate::{
    Accepted, Commitment, Demand, Emphasis, Expected, ItemDef, ItemKind, Operator, Priority,
    RequirementItem, RequirementSpec, Scheme, Value, built_in, registry,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn spec(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<RequirementSpec> {
    let mut fields = Fields::open(node, at, sink)?;
    let emphasis = fields.optional(sink, "emphasis", word(Emphasis::WORDS, Emphasis::from_word));
    let user_regions = fields.required(sink, "userRegions", |node, at, sink| {
        at_least_one(node, at, sink, "country", country)
    });
    let round_trips = fields.optional(sink, "roundTrips", whole(1, limits::ROUND_TRIPS_MAX));
    let priority = fields.optional(sink, "priority", word(Priority::WORDS, Priority::from_word));
    let profiles = fields.required(sink, "profiles", profile::profiles);
    fields.close(sink);
    Some(RequirementSpec {
        emphasis,
        user_regions: user_regions?,
        round_trips,
        priority,
        profiles: profiles?,
    })
}

pub(super) fn item(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<RequirementItem> {
    let rewritten = sas70::rewrite(node, at, sink);
    let mut fields = Fields::open(rewritten.as_ref().unwrap_or(node), at, sink)?;
    let key = fields.required(sink, "item", value::item_key);
    let item = key.as_deref().and_then(|key| built_in().item(key));
    // What the market knows of an extension opens more operators; a value of another kind is still kept as it is.
    let market = key.as_deref().and_then(|key| registry().item(key));
    let level = fields.required(sink, "level", word(Demand::WORDS, Demand::from_word));
    let open = level == Some(Demand::BestEffort);
    let scheme = scheme(item, open, &mut fields, sink);
    let op = fields.optional(sink, "op", |node, at, sink| operator(item, node, at, sink));
    let value = fields.optional(sink, "value", |node, at, sink| match (item, &key, op) {
        (Some(item), _, Some(Operator::Range)) => value::range(item, node, at, sink),
        (Some(item), ..) => value::value(item, scheme, node, at, sink),
        (None, Some(_), Some(Operator::Range)) if market.is_some_and(has_ends) => {
            value::range(market?, node, at, sink)
        }
        (None, Some(_), _) => value::extension(node, at, sink),
        (None, None, _) => None,
    });
    let sub_lists =
        fields.optional(sink, "subLists", |node, at, sink| sub_lists(item, op, node, at, sink));
    let accept = fields.list(sink, "accept", |node, at, sink| accepted(item, node, at, sink));
    let percentile = fields.optional(sink, "percentile", percentile);
    let tolerance = fields.optional(sink, "tolerance", |node, at, sink| match item {
        Some(item) => value::tolerance(item, node, at, sink),
        None => between(Decimal::ZERO, Decimal::from(limits::TOLERANCE_MAX))(node, at, sink),
    });
    let weight = fields.optional(sink, "weight", between(Decimal::ZERO, Decimal::TEN));
    let min_commitment =
        fields.optional(sink, "minCommitment", word(Commitment::WORDS, Commitment::from_word));
    let max_age_days = fields.optional(sink, "maxAgeDays", whole(1, limits::AGE_DAYS_MAX));
    let pair_with = fields.optional(sink, "pair_with", value::item_key);
    let open_words = market.map(ItemDef::operators).unwrap_or_default();
    item_rules((item, open_words), open, value.as_ref(), op, &fields, sink);
    fields.close(sink);
    Some(RequirementItem {
        item: key?,
        level: level?,
        op,
        value,
        sub_lists: sub_lists.unwrap_or_default(),
        scheme: scheme.map(|scheme| scheme.key.clone()),
        accept,
        percentile,
        tolerance,
        weight,
        min_commitment,
        max_age_days,
        pair_with,
    })
}

/// A best-effort item may leave the scheme out, as it may leave out the value.
fn scheme(
    item: Option<&ItemDef>,
    open: bool,
    fields: &mut Fields<'_>,
    sink: &mut Sink,
) -> Option<&'static Scheme> {
    let qualified = item.is_some_and(|item| item.kind == ItemKind::SchemeLevel);
    if qualified && open && !fields.has("value") {
        return fields.optional(sink, "scheme", value::scheme_key);
    }
    value::scheme(item, fields, sink)
}

/// Further lists are asked as the value is: nothing outside them, or nothing of them.
fn sub_lists(
    item: Option<&ItemDef>,
    op: Option<Operator>,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<BTreeMap<String, BTreeSet<String>>> {
    if op.is_some_and(|op| !limits::SUB_LIST_OPERATORS.contains(&op)) {
        let message = "further lists are asked with `subset_of` or `none_of`";
        return sink.fault(at, FaultCode::Contradiction, Some(node), Expected::LeaveOut, message);
    }
    offer::sub_lists(item, node, at, sink)
}

fn operator(item: Option<&ItemDef>, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Operator> {
    let op = word(Operator::WORDS, Operator::from_word)(node, at, sink)?;
    let Some(item) = item else { return Some(op) };
    if item.operators().contains(&op) {
        return Some(op);
    }
    let allowed = words(item.operators());
    let message = format!("the operator does not fit an item of type {}", item.kind.name());
    sink.fault(at, FaultCode::WrongOperator, Some(node), allowed, message)
}

fn accepted(item: Option<&ItemDef>, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Accepted> {
    if item.is_some_and(|item| item.kind != ItemKind::SchemeLevel) {
        let message = "only a security assurance level has accepted equivalents";
        return sink.fault(at, FaultCode::Contradiction, Some(node), Expected::LeaveOut, message);
    }
    let mut fields = Fields::open(node, at, sink)?;
    let scheme = fields.required(sink, "scheme", value::scheme_key);
    let level = fields
        .required(sink, "value", |node, at, sink| value::scheme_level(scheme?, node, at, sink));
    fields.close(sink);
    Some(Accepted { scheme: scheme?.key.clone(), value: level? })
}

/// What must and prefer need, and what contradicts itself.
fn item_rules(
    (item, market): (Option<&ItemDef>, &[Operator]),
    open: bool,
    value: Option<&Value>,
    op: Option<Operator>,
    fields: &Fields<'_>,
    sink: &mut Sink,
) {
    let at = fields.at();
    if fields.has("subLists") && !fields.has("value") {
        let message = "`subLists` says nothing without `value`";
        let at = at.field("value");
        sink.fault::<()>(&at, FaultCode::Missing, None, Expected::Value, message);
    }
    for (field, other) in [("op", "value"), ("value", "op")] {
        if !fields.has(field) && (!open || fields.has(other)) {
            let message = match open {
                true => format!("`{other}` says nothing without `{field}`"),
                false => format!("an item that is asked needs `{field}`"),
            };
            let allowed: Allowed = match (field, item) {
                ("op", Some(item)) => words(item.operators()).into(),
                ("op", None) => words(Operator::ALL).into(),
                _ => Expected::Value.into(),
            };
            sink.fault::<()>(&at.field(field), FaultCode::Missing, None, allowed, message);
        }
    }
    if fields.has("percentile") && item.is_some_and(|item| !item.kind.is_number()) {
        let message = "only a number has a percentile";
        sink.fault::<()>(
            &at.field("percentile"),
            FaultCode::Contradiction,
            fields.peek("percentile"),
            Expected::LeaveOut,
            message,
        );
    }
    if let (None, Some(op), Some(value)) = (item, op, value)
        && !extension_operator_fits(op, value)
        && !market.contains(&op)
    {
        let message = "the operator does not fit the value";
        let (at, found) = (at.field("op"), fields.peek("op"));
        let fit = |op: &&Operator| extension_operator_fits(**op, value);
        let allowed: Vec<String> =
            Operator::ALL.iter().filter(fit).map(ToString::to_string).collect();
        sink.fault::<()>(&at, FaultCode::WrongOperator, found, allowed, message);
    }
}

/// Whether a range of the item can be asked.
fn has_ends(item: &ItemDef) -> bool {
    item.kind.is_number()
}

fn words(operators: &[Operator]) -> Vec<String> {
    operators.iter().map(ToString::to_string).collect()
}

fn extension_operator_fits(op: Operator, value: &Value) -> bool {
    match value {
        Value::Number(_) => limits::EXTENSION_NUMBER.contains(&op),
        Value::Level(_) | Value::Boolean(_) => limits::EXTENSION_WORD.contains(&op),
        Value::Set(_) => limits::EXTENSION_SET.contains(&op),
        Value::Range { .. } => false,
    }
}
