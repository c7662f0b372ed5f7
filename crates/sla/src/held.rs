//! Documents held to what a market says of its extensions. Reading a document does not ask for it, so that what was
//! stored is always read; whoever takes a new document asks here.

use crate::fault::{Fault, FaultCode};
use crate::{
    Expected, ItemDef, Offer, Operator, Registry, Requirement, RequirementItem, Value, parse_value,
};

/// An offer whose extensions say what the registry asks for, each value in its own form: `4 h` becomes the number in
/// the item's unit. Of a signed document nothing is rewritten. `known`: the offer was there before, so that it may
/// keep what is retired.
///
/// # Errors
/// A fault at each value that is none of its item, and at each item that is retired.
pub fn hold_offer(offer: Offer, registry: &Registry, known: bool) -> Result<Offer, Vec<Fault>> {
    let as_is = offer.metadata.signature.is_some();
    let mut held = offer;
    let mut faults = Vec::new();
    for (index, promise) in held.spec.items.iter_mut().enumerate() {
        let place = format!("/spec/items/{index}");
        match own_promise((registry, known, as_is), &promise.item, &promise.value, &place) {
            Ok(Some(value)) => promise.value = value,
            Ok(None) => {}
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(held) } else { Err(faults) }
}

/// Everything in which an offer that is taken as it is does not say what the registry asks for; the offer was there
/// before, so that it may keep what is retired.
#[must_use]
pub fn extension_faults(offer: &Offer, registry: &Registry) -> Vec<Fault> {
    let one = |(index, promise): (usize, &crate::OfferItem)| {
        let place = format!("/spec/items/{index}");
        own_promise((registry, true, true), &promise.item, &promise.value, &place).err()
    };
    offer.spec.items.iter().enumerate().filter_map(one).flatten().collect()
}

/// The value in the item's own form, where that is another one; `as_is`: another one is a fault.
fn own_promise(
    (registry, known, as_is): (&Registry, bool, bool),
    key: &str,
    value: &Value,
    place: &str,
) -> Result<Option<Value>, Vec<Fault>> {
    let Some(item) = registered(registry, key) else { return Ok(None) };
    let mut faults: Vec<Fault> = retired(item, place, known).into_iter().collect();
    match own_value(item, value, &format!("{place}/value")) {
        Ok(own) if own == *value => {}
        Ok(own) if as_is => faults.push(unsettled(item, value, &own, place)),
        Ok(own) if faults.is_empty() => return Ok(Some(own)),
        Ok(_) => {}
        Err(found) => faults.extend(found),
    }
    if faults.is_empty() { Ok(None) } else { Err(faults) }
}

/// The same for a requirement: its values, and its operators. `known` as for an offer.
///
/// # Errors
/// A fault at each value or operator that does not fit its item, and at each item that is retired.
pub fn hold_requirement(
    requirement: Requirement,
    registry: &Registry,
    known: bool,
) -> Result<Requirement, Vec<Fault>> {
    let mut held = requirement;
    let mut faults = Vec::new();
    let profiles = &mut held.spec.profiles;
    let others = [("overload", &mut profiles.overload), ("disaster", &mut profiles.disaster)];
    let others = others.into_iter().filter_map(|(name, profile)| Some((name, profile.as_mut()?)));
    for (name, profile) in std::iter::once(("normal", &mut profiles.normal)).chain(others) {
        for (index, asked) in profile.items.iter_mut().enumerate() {
            let place = format!("/spec/profiles/{name}/items/{index}");
            if let Some(item) = registered(registry, &asked.item) {
                faults.extend(retired(item, &place, known));
                faults.extend(hold_asked(item, asked, &place, known));
            }
        }
        for (index, entry) in profile.relax.iter_mut().enumerate() {
            let place = format!("/spec/profiles/{name}/relax/{index}/floor");
            let (Some(item), Some(floor)) =
                (registered(registry, &entry.item), entry.floor.as_mut())
            else {
                continue;
            };
            match own_value(item, floor, &place) {
                Ok(value) => *floor = value,
                Err(found) => faults.extend(found),
            }
        }
    }
    if faults.is_empty() { Ok(held) } else { Err(faults) }
}

fn hold_asked(item: &ItemDef, asked: &mut RequirementItem, place: &str, known: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(value) = asked.value.as_mut() {
        match own_value(item, value, &format!("{place}/value")) {
            Ok(own) => *value = own,
            Err(found) => faults.extend(found),
        }
    }
    // `eq` of a word or number was the only thing to ask before the item was registered.
    let fits = |op: Operator| item.operators().contains(&op) || (known && op == Operator::Eq);
    if let Some(op) = asked.op.filter(|op| !fits(*op)) {
        faults.push(Fault {
            path: format!("{place}/op"),
            code: FaultCode::WrongOperator,
            found: Some(op.to_string()),
            allowed: item.operators().iter().map(ToString::to_string).collect(),
            expected: None,
            message: format!("the operator does not fit an item of type {}", item.kind.name()),
        });
    }
    faults
}

fn registered<'a>(registry: &'a Registry, key: &str) -> Option<&'a ItemDef> {
    registry.item(key).filter(|item| item.registered.is_some())
}

fn retired(item: &ItemDef, place: &str, known: bool) -> Option<Fault> {
    let retired = item.registered.is_some_and(|registered| registered.retired);
    (retired && !known).then(|| Fault {
        path: format!("{place}/item"),
        code: FaultCode::UnknownItem,
        found: Some(item.key.clone()),
        allowed: vec![Expected::LeaveOut.to_string()],
        expected: Some(Expected::LeaveOut),
        message: "the item is retired; new documents do not name it".to_owned(),
    })
}

/// The value in the item's own form, or why it is none of its values.
fn own_value(item: &ItemDef, value: &Value, place: &str) -> Result<Value, Vec<Fault>> {
    if item.holds(value) {
        return Ok(value.clone());
    }
    let typed = match value {
        Value::Number(number) => number.normalize().to_string(),
        Value::Range { min, max } => format!("{min} – {max}"),
        Value::Level(text) => text.clone(),
        Value::Set(members) => members.iter().cloned().collect::<Vec<_>>().join(", "),
        Value::Boolean(yes) => yes.to_string(),
    };
    let read = match (value, item.kind.is_set()) {
        // A single word may stand for its set, but no list for a word or a number.
        (Value::Set(_) | Value::Range { .. }, false) => Err(vec![other_kind(item, &typed)]),
        _ => parse_value(item, None, &typed).map_err(|faults| faults.0),
    };
    read.map_err(|faults| placed(faults, place))
}

fn other_kind(item: &ItemDef, found: &str) -> Fault {
    let allowed = match item.words() {
        [] => item.unit.accepted().into_iter().map(str::to_owned).collect(),
        words => words.iter().map(|word| word.key.clone()).collect(),
    };
    Fault {
        path: String::new(),
        code: FaultCode::WrongType,
        found: Some(found.to_owned()),
        allowed,
        expected: None,
        message: format!("the market registered the item as {}", item.kind.name()),
    }
}

fn unsettled(item: &ItemDef, written: &Value, own: &Value, place: &str) -> Fault {
    let text = |value: &Value| crate::format::plain(value, crate::Locale::En);
    Fault {
        path: format!("{place}/value"),
        code: FaultCode::WrongType,
        found: Some(text(written)),
        allowed: vec![text(own)],
        expected: None,
        message: format!("write `{}` in its own form", item.key),
    }
}

/// Faults of a value at the value: members are counted below it.
fn placed(faults: Vec<Fault>, place: &str) -> Vec<Fault> {
    faults
        .into_iter()
        .map(|fault| Fault { path: format!("{place}{}", fault.path), ..fault })
        .collect()
}
