//! The profiles of a requirement: what holds every day, and what may be relaxed under overload and
//! in a disaster, down to which floor. Only what is listed may be weaker than every day.

use super::cursor::{At, Fields, Sink, list};
use super::requirement::item;
use super::scalar::word;
use super::value;
use crate::expected::Allowed;
use crate::fault::FaultCode;
use crate::format::format_any;
use crate::node::Node;
use crate::{
    Expected, ItemDef, Locale, Operator, Profile, Profiles, RecoveryPriority, Relaxed,
    RequirementItem, Value, built_in, registry,
};

pub(super) fn profiles(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Profiles> {
    let mut fields = Fields::open(node, at, sink)?;
    let normal = fields.required(sink, "normal", |node, at, sink| profile(None, node, at, sink));
    let base = normal.as_ref();
    let mut other = |name| {
        fields.optional(sink, name, |node, at, sink| {
            // Without readable items of every day nothing can be said of what differs.
            let nothing = Profile::default();
            profile(Some(base.unwrap_or(&nothing)), node, at, sink)
        })
    };
    let (overload, disaster) = (other("overload"), other("disaster"));
    fields.close(sink);
    Some(Profiles { normal: normal?, overload, disaster })
}

/// A profile; `normal` is what it differs from.
fn profile(normal: Option<&Profile>, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Profile> {
    let mut fields = Fields::open(node, at, sink)?;
    let find = word(RecoveryPriority::WORDS, RecoveryPriority::from_word);
    let recovery_priority = fields.optional(sink, "recoveryPriority", find);
    let relax = match normal {
        Some(normal) => {
            fields.list(sink, "relax", |node, at, sink| relaxed(&normal.items, node, at, sink))
        }
        None => Vec::new(),
    };
    fields.unique(sink, "relax", "item", FaultCode::DuplicateItem);
    let mut index = 0;
    let items = fields.required(sink, "items", |node, at, sink| {
        list(node, at, sink, |node, at, sink| {
            let item = item(node, at, sink)?;
            if let Some(normal) = normal {
                replaces(&normal.items, &relax, &item, at, sink);
            }
            index += 1;
            Some(item)
        })
    });
    fields.unique(sink, "items", "item", FaultCode::DuplicateItem);
    fields.close(sink);
    Some(Profile { recovery_priority, relax, items: items? })
}

/// One item that may be relaxed: it is asked every day, and its floor is not above that.
fn relaxed(
    normal: &[RequirementItem],
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Relaxed> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "item", value::item_key);
    let asked = normal.iter().find(|item| Some(&item.item) == key.as_ref());
    let floor = match asked.and_then(|asked| asked.op.zip(asked.value.as_ref()).map(|v| (asked, v)))
    {
        Some((asked, (op, every_day))) => fields.optional(sink, "floor", |node, at, sink| {
            let floor = floor(asked, op, node, at, sink)?;
            if at_least(asked, op, every_day, &floor) {
                return Some(floor);
            }
            let message = "a floor is not above what is asked in normal times";
            let expected = Expected::NoStricter {
                item: asked.item.clone(),
                op,
                scheme: asked.scheme.clone(),
                value: every_day.clone(),
                shown: format_any(&asked.item, asked.scheme.as_deref(), every_day, Locale::En),
            };
            let found = value::in_one_line(node);
            sink.fault(at, FaultCode::Contradiction, Some(&found), expected, message)
        }),
        None => {
            fields.node("floor");
            let asks = |item: &&RequirementItem| item.value.is_some();
            let keys: Vec<String> =
                normal.iter().filter(asks).map(|item| item.item.clone()).collect();
            if key.is_some() {
                let message = "only what is asked in normal times can be relaxed";
                let (at, found) = (at.field("item"), fields.peek("item"));
                sink.fault::<()>(&at, FaultCode::Contradiction, found, keys, message);
            }
            None
        }
    };
    fields.close(sink);
    Some(Relaxed { item: key?, floor })
}

impl Profiles {
    /// Makes the other profiles follow changed items of every day, so that the document can be read
    /// again: what is asked no more is not relaxed, a floor is not above what is asked, and an item
    /// that has become weaker than every day is relaxed to its value.
    pub fn follow_normal(&mut self) {
        let normal = &self.normal.items;
        for profile in [&mut self.overload, &mut self.disaster].into_iter().flatten() {
            profile.relax.retain(|entry| normal.iter().any(|asked| is_asked(asked, &entry.item)));
            let Profile { relax, items, .. } = profile;
            items.retain(|item| {
                let Some(every_day) = normal.iter().find(|asked| asked.item == item.item) else {
                    return true;
                };
                let listed = relax.iter().any(|entry| entry.item == item.item);
                if listed || !is_weaker(item, every_day) {
                    return !listed;
                }
                if item.op == every_day.op && item.scheme == every_day.scheme {
                    relax.push(Relaxed { item: item.item.clone(), floor: item.value.clone() });
                }
                false
            });
            for entry in relax {
                let asked = normal.iter().find(|asked| asked.item == entry.item);
                let every_day = asked.and_then(|asked| asked.op.zip(asked.value.as_ref()));
                if let (Some(asked), Some((op, value)), Some(floor)) =
                    (asked, every_day, entry.floor.as_mut())
                    && !at_least(asked, op, value, floor)
                {
                    floor.clone_from(value);
                }
            }
        }
    }
}

fn is_asked(item: &RequirementItem, key: &str) -> bool {
    item.item == key && item.op.is_some() && item.value.is_some()
}

/// The floor in the form of the value it stands for.
fn floor(
    asked: &RequirementItem,
    op: Operator,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Value> {
    let Some(item) = built_in().item(&asked.item) else {
        return match registry().item(&asked.item) {
            Some(item) if op == Operator::Range => value::range(item, node, at, sink),
            _ => value::extension(node, at, sink),
        };
    };
    if op == Operator::Range {
        return value::range(item, node, at, sink);
    }
    let scheme = asked.scheme.as_deref().and_then(|scheme| registry().scheme(scheme));
    value::value(item, scheme, node, at, sink)
}

/// Reports an item that is weaker than every day without being listed, or that is listed as well.
fn replaces(
    normal: &[RequirementItem],
    relax: &[Relaxed],
    item: &RequirementItem,
    at: &At<'_>,
    sink: &mut Sink,
) {
    let Some(every_day) = normal.iter().find(|other| other.item == item.item) else { return };
    let message = if relax.iter().any(|relaxed| relaxed.item == item.item) {
        "the item is listed under `relax` as well"
    } else if is_weaker(item, every_day) {
        "weaker than in normal times: list the item under `relax`, with its floor"
    } else {
        return;
    };
    let found = Node::text(item.item.as_str());
    let allowed = Allowed::from(Expected::LeaveOut);
    sink.fault::<()>(&at.field("item"), FaultCode::Contradiction, Some(&found), allowed, message);
}

/// Whether an item asks less than another of the same key, in any respect.
fn is_weaker(item: &RequirementItem, than: &RequirementItem) -> bool {
    let (Some(op), Some(value)) = (than.op, &than.value) else { return false };
    let same_question = item.op == than.op && item.scheme == than.scheme;
    let holds = same_question
        && item.value.as_ref().is_some_and(|own| at_least(than, op, own, value))
        && than.sub_lists.iter().all(|(name, list)| {
            let own = item.sub_lists.get(name).cloned().map(Value::Set);
            own.is_some_and(|own| at_least(than, op, &own, &Value::Set(list.clone())))
        });
    // `Demand` runs from firm to open; no age is the oldest.
    let older = item.max_age_days.unwrap_or(u32::MAX) > than.max_age_days.unwrap_or(u32::MAX);
    !holds
        || item.level > than.level
        || item.min_commitment < than.min_commitment
        || item.percentile < than.percentile
        || item.tolerance.unwrap_or_default() > than.tolerance.unwrap_or_default()
        || item.accept.iter().any(|accepted| !than.accept.contains(accepted))
        || older
}

/// Whether asking `strong` leaves nothing open that asking `weak` does not.
fn at_least(item: &RequirementItem, op: Operator, strong: &Value, weak: &Value) -> bool {
    let levels = |value: &Value| place(item, value.as_level()?);
    match (strong, weak) {
        (Value::Number(strong), Value::Number(weak)) => match op {
            Operator::Gte => strong >= weak,
            Operator::Lte => strong <= weak,
            _ => strong == weak,
        },
        (Value::Range { min, max }, Value::Range { min: least, max: most }) => {
            min >= least && max <= most
        }
        (Value::Set(strong), Value::Set(weak)) => match op {
            Operator::AllOf | Operator::NoneOf => strong.is_superset(weak),
            _ => strong.is_subset(weak),
        },
        (Value::Level(_), Value::Level(_)) if op != Operator::Eq => {
            levels(strong).zip(levels(weak)).is_some_and(|(strong, weak)| match op {
                Operator::Lte => strong <= weak,
                _ => strong >= weak,
            })
        }
        _ => strong == weak,
    }
}

/// Place of a level in the item's list, or in that of the asked scheme.
fn place(item: &RequirementItem, level: &str) -> Option<usize> {
    let scheme = item.scheme.as_deref().and_then(|scheme| registry().scheme(scheme));
    match scheme {
        Some(scheme) => scheme.index(level),
        None => registry().item(&item.item).and_then(|item: &ItemDef| item.level_index(level)),
    }
}
