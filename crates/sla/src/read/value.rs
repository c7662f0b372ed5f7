//! The value of an item, checked against the registry: numbers in the base unit, levels of the list,
//! members of the universe.

use super::cursor::{At, Fields, Sink, list};
use super::scalar::{country, decimal_as, listed, one_of, text};
use crate::expected::Allowed;
use crate::fault::FaultCode;
use crate::node::Node;
use crate::registry::unit::UnitFault;
use crate::{Direction, Expected, ItemDef, ItemKind, Scheme, Unit, Value, Word, built_in};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// No figure of quality is this large; keeps every value inside 64 bits with six decimals.
const MAX_NUMBER: i64 = 1_000_000_000_000;

/// The value of a registry item. `scheme` is that of a security level.
pub(crate) fn value(
    item: &ItemDef,
    scheme: Option<&Scheme>,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Value> {
    match &item.kind {
        ItemKind::Ratio | ItemKind::Duration | ItemKind::Number => {
            number(item, node, at, sink).map(Value::Number)
        }
        ItemKind::Level(words) => level(words, node, at, sink).map(Value::Level),
        // Without a known scheme the fault is already noted where the scheme stands.
        ItemKind::SchemeLevel => level(&scheme?.levels, node, at, sink).map(Value::Level),
        ItemKind::Set(_) | ItemKind::Countries => set(item, node, at, sink).map(Value::Set),
    }
}

/// Two ends of a range: `{min: …, max: …}`.
pub(crate) fn range(item: &ItemDef, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Value> {
    let mut fields = Fields::open(node, at, sink)?;
    let min = fields.required(sink, "min", |node, at, sink| number(item, node, at, sink));
    let max = fields.required(sink, "max", |node, at, sink| number(item, node, at, sink));
    fields.close(sink);
    let (min, max) = (min?, max?);
    if min > max {
        let message = "the lower end is above the upper end";
        let found = in_one_line(node);
        return sink.fault(at, FaultCode::Contradiction, Some(&found), Expected::Range, message);
    }
    Some(Value::Range { min, max })
}

/// A value of several parts as one text, each part as it was written: the members of a list with
/// commas, the ends of a range with "to" between them.
pub(crate) fn in_one_line(node: &Node) -> Node {
    let part = |node: &Node| match node {
        Node::Text(text) => text.clone(),
        Node::Number(number) => number.text.clone(),
        other => other.describe().to_owned(),
    };
    match (node, node.get("min"), node.get("max")) {
        (Node::List(members), ..) => {
            Node::text(members.iter().map(part).collect::<Vec<_>>().join(", "))
        }
        (_, Some(min), Some(max)) => Node::text(format!("{} to {}", part(min), part(max))),
        _ => node.clone(),
    }
}

/// The value of an extension item, kept as it is.
pub(crate) fn extension(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Value> {
    match node {
        Node::Number(number) => Some(Value::Number(number.value)),
        Node::Bool(yes) => Some(Value::Boolean(*yes)),
        Node::Text(_) => text(node, at, sink).map(Value::Level),
        Node::List(_) => list(node, at, sink, text).map(Value::set),
        other => sink.wrong_type(at, other, Expected::Value),
    }
}

/// A number in the item's base unit, from a bare number or from text with a unit.
pub(crate) fn number(item: &ItemDef, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    within(item.unit, limits(item), node, at, sink)
}

/// A share of a whole: a fraction from 0 to 1, or a percentage with its sign.
pub(crate) fn share(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    within(Unit::Fraction, (Decimal::ZERO, Decimal::ONE), node, at, sink)
}

fn within(
    unit: Unit,
    (min, max): (Decimal, Decimal),
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Decimal> {
    let expected = Expected::Quantity { unit, min, max };
    let value = quantity(unit, &expected, node, at, sink)?;
    if value >= min && value <= max {
        return Some(value);
    }
    let message = if unit == Unit::Fraction && value > Decimal::ONE {
        "expected a fraction from 0 to 1, or a percentage with its sign: 0.999 or 99.9 %".to_owned()
    } else {
        format!("expected a number from {min} to {max} ({unit})")
    };
    sink.fault(at, FaultCode::OutOfRange, Some(node), expected, message)
}

/// Slack in the item's base unit; zero or more.
pub(crate) fn tolerance(
    item: &ItemDef,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Decimal> {
    let slack = match &item.kind {
        ItemKind::Set(_) | ItemKind::Countries => {
            let message = "sets have no tolerance";
            return sink.fault(at, FaultCode::WrongType, Some(node), Expected::LeaveOut, message);
        }
        ItemKind::Level(_) | ItemKind::SchemeLevel => {
            decimal_as(node, at, sink, Expected::Steps).filter(Decimal::is_integer)
        }
        _ => return number_or_slack(item, node, at, sink),
    };
    slack.filter(|slack| !slack.is_sign_negative()).or_else(|| {
        let message = "expected whole steps, zero or more";
        sink.fault(at, FaultCode::OutOfRange, Some(node), Expected::Steps, message)
    })
}

fn number_or_slack(item: &ItemDef, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    let (min, max) = (Decimal::ZERO, limits(item).1);
    let expected = Expected::Quantity { unit: item.unit, min, max };
    let slack = quantity(item.unit, &expected, node, at, sink)?;
    if slack >= min && slack <= max {
        return Some(slack);
    }
    let message = "expected slack in the unit of the item, zero or more";
    sink.fault(at, FaultCode::OutOfRange, Some(node), expected, message)
}

fn quantity(
    unit: Unit,
    expected: &Expected,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Decimal> {
    let text = match node {
        Node::Number(number) => return Some(number.value),
        Node::Text(text) => text,
        other => return sink.wrong_type(at, other, expected.clone()),
    };
    let accepted = || {
        let names = unit.accepted().into_iter().map(str::to_owned);
        Allowed::both(names.collect(), expected.clone())
    };
    match unit.read(text) {
        Ok(number) => Some(number),
        Err(UnitFault::NotANumber(message)) => {
            sink.fault(at, FaultCode::NotANumber, Some(node), expected.clone(), message)
        }
        Err(UnitFault::UnknownUnit(found)) => {
            let found = found.chars().take(20).collect::<String>();
            let message = format!("the unit `{found}` does not belong to this item");
            sink.fault(at, FaultCode::WrongUnit, Some(node), accepted(), message)
        }
        Err(UnitFault::NotExact) => {
            let message = format!("the value does not come out even in the base unit `{unit}`");
            sink.fault(at, FaultCode::WrongUnit, Some(node), accepted(), message)
        }
    }
}

/// The least and the largest value an item may have.
pub(crate) fn limits(item: &ItemDef) -> (Decimal, Decimal) {
    unit_limits(item.unit)
}

/// The least and the largest number of a unit.
pub(crate) fn unit_limits(unit: Unit) -> (Decimal, Decimal) {
    match unit {
        Unit::Fraction => (Decimal::ZERO, Decimal::ONE),
        Unit::HoursPerWeek => (Decimal::ZERO, Decimal::from(168)),
        Unit::Ratio => (Decimal::ONE, Decimal::from(MAX_NUMBER)),
        _ => (Decimal::ZERO, Decimal::from(MAX_NUMBER)),
    }
}

fn level(words: &[Word], node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    // Numbers are taken as words: cost class 3 is level "3".
    let found = listed(node, at, sink, words.iter().map(|word| word.key.as_str()))?;
    if words.iter().any(|word| word.key == found) {
        return Some(found);
    }
    let allowed = words.iter().map(|word| word.key.as_str());
    one_of(node, at, sink, FaultCode::UnknownLevel, &found, allowed)
}

/// A level of a scheme, for accept lists.
pub(crate) fn scheme_level(
    scheme: &Scheme,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<String> {
    level(&scheme.levels, node, at, sink)
}

/// The members of a set, at least one.
pub(crate) fn set(
    item: &ItemDef,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<BTreeSet<String>> {
    let members = list(node, at, sink, |node, at, sink| member(item, node, at, sink))?;
    if matches!(node, Node::List(nodes) if nodes.is_empty()) {
        let message = match item.direction {
            Direction::SubsetOf => "an empty list promises nothing: name at least one place",
            _ => "expected at least one member",
        };
        return sink.fault(at, FaultCode::OutOfRange, Some(node), Expected::AtLeastOne, message);
    }
    Some(members.into_iter().collect())
}

fn member(item: &ItemDef, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    if item.kind == ItemKind::Countries {
        return country(node, at, sink);
    }
    let found = listed(node, at, sink, item.words().iter().map(|word| word.key.as_str()))?;
    if item.has_member(&found) {
        return Some(found);
    }
    let allowed = item.words().iter().map(|word| word.key.as_str());
    one_of(node, at, sink, FaultCode::UnknownMember, &found, allowed)
}

/// The scheme of a security level: required for those items, refused for all others, never a draft.
pub(crate) fn scheme(
    item: Option<&ItemDef>,
    fields: &mut Fields<'_>,
    sink: &mut Sink,
) -> Option<&'static Scheme> {
    let qualified = item.is_some_and(|item| item.kind == ItemKind::SchemeLevel);
    if qualified {
        return fields.required(sink, "scheme", scheme_key);
    }
    fields.optional(sink, "scheme", |node, at, sink| {
        let message = "only a security assurance level has a scheme";
        sink.fault(at, FaultCode::Contradiction, Some(node), Expected::LeaveOut, message)
    })
}

/// A scheme of the registry that is in force.
pub(crate) fn scheme_key(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<&'static Scheme> {
    let usable = built_in().schemes().iter().filter(|scheme| !scheme.draft);
    let found = listed(node, at, sink, usable.clone().map(|scheme| scheme.key.as_str()))?;
    match built_in().scheme(&found) {
        Some(scheme) if !scheme.draft => Some(scheme),
        Some(_) => {
            let allowed: Vec<String> = usable.map(|scheme| scheme.key.clone()).collect();
            let message = "the scheme is a draft and cannot be promised or asked for yet";
            sink.fault(at, FaultCode::UnknownScheme, Some(node), allowed, message)
        }
        None => {
            let allowed = usable.map(|scheme| scheme.key.as_str());
            one_of(node, at, sink, FaultCode::UnknownScheme, &found, allowed)
        }
    }
}

/// The key of an item: one of the program's, or an extension `x-<vendor>.<name>`, registered or not.
pub(crate) fn item_key(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let key = text(node, at, sink)?;
    if built_in().item(&key).is_some() || is_extension(&key) {
        return Some(key);
    }
    let (allowed, message) = match crate::registry().nearest(&key) {
        Some(meant) => (
            Allowed::from(vec![meant.to_owned()]),
            format!("unknown item; did you mean `{meant}`?"),
        ),
        None => {
            let message = "unknown item; items of your own are written x-<vendor>.<name>";
            (Expected::ItemKey.into(), message.to_owned())
        }
    };
    sink.fault(at, FaultCode::UnknownItem, Some(node), allowed, message)
}

/// Whether a key is an extension: `x-<vendor>.<name>`.
pub(crate) fn is_extension(key: &str) -> bool {
    let Some((vendor, name)) = key.strip_prefix("x-").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !vendor.is_empty()
        && vendor.chars().all(|c| plain(c) || c == '-')
        && !name.is_empty()
        && name.chars().all(|c| plain(c) || matches!(c, '_' | '.'))
        && key.len() <= 100
}
