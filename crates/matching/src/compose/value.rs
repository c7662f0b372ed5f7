//! The arithmetic of the composition rules on values. Which promises are put in, and what hangs on
//! them besides their value, is `item`'s.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sla::{Compose, Direction, ItemDef, OfferItem, Value};

use super::Open;
use crate::from_sla::strength::{guaranteed, level_index};

/// The value of the whole; `parts` is not empty, and for a failover the primary comes first.
pub(super) fn combine(
    rule: Compose,
    def: Option<&ItemDef>,
    parts: &[&OfferItem],
    failover_success: Decimal,
) -> Result<Value, Open> {
    match rule {
        Compose::Union | Compose::Intersection => sets(rule, parts),
        Compose::Equal => equal(parts),
        Compose::Recompute => Err(Open::NotComparable),
        _ if parts.iter().all(|part| part.value.as_level().is_some()) => weakest_level(def, parts),
        _ => {
            let number = |part: &&OfferItem| guaranteed(def, &part.value);
            let numbers: Option<Vec<Decimal>> = parts.iter().map(number).collect();
            let numbers = numbers.ok_or(Open::NotComparable)?;
            let whole = fold(rule, def, &numbers, failover_success).ok_or(Open::NotComparable)?;
            Ok(Value::Number(whole.normalize()))
        }
    }
}

/// Numbers by rule; `None` only where an exact number cannot hold the result.
fn fold(
    rule: Compose,
    def: Option<&ItemDef>,
    numbers: &[Decimal],
    failover_success: Decimal,
) -> Option<Decimal> {
    let (first, rest) = numbers.split_first()?;
    let upwards = def.is_none_or(|def| def.direction == Direction::Higher);
    let lost = |share: Decimal| Decimal::ONE - share;
    rest.iter().try_fold(*first, |whole, next| match rule {
        Compose::Product => whole.checked_mul(*next),
        Compose::Sum => whole.checked_add(*next),
        Compose::Minimum => Some(whole.min(*next)),
        Compose::Maximum => Some(whole.max(*next)),
        Compose::Loss => lost(whole).checked_mul(lost(*next)).map(lost),
        // No document states the weights of a mean; the weakest part bounds it.
        Compose::Mean if upwards => Some(whole.min(*next)),
        Compose::Mean => Some(whole.max(*next)),
        Compose::Failover => {
            let rescued = lost(whole).checked_mul(*next)?.checked_mul(failover_success)?;
            whole.checked_add(rescued)
        }
        Compose::Union | Compose::Intersection | Compose::Equal | Compose::Recompute => None,
    })
}

fn sets(rule: Compose, parts: &[&OfferItem]) -> Result<Value, Open> {
    let sets: Option<Vec<&BTreeSet<String>>> =
        parts.iter().map(|part| part.value.as_set()).collect();
    let sets = sets.ok_or(Open::NotComparable)?;
    let Some((first, rest)) = sets.split_first() else { return Err(Open::Silent) };
    if rule == Compose::Union {
        // An empty list says nothing about where data is; beside a full one it must not vanish.
        if sets.iter().any(|set| set.is_empty()) {
            return Err(Open::NotComparable);
        }
        return Ok(Value::Set(sets.iter().flat_map(|set| set.iter().cloned()).collect()));
    }
    let shared = |member: &&String| rest.iter().all(|set| set.contains(*member));
    let common: BTreeSet<String> = first.iter().filter(shared).cloned().collect();
    if common.is_empty() { Err(Open::NothingInCommon) } else { Ok(Value::Set(common)) }
}

fn equal(parts: &[&OfferItem]) -> Result<Value, Open> {
    let Some((first, rest)) = parts.split_first() else { return Err(Open::Silent) };
    if rest.iter().all(|part| part.value == first.value && part.scheme == first.scheme) {
        Ok(first.value.clone())
    } else {
        Err(Open::Conflict)
    }
}

fn weakest_level(def: Option<&ItemDef>, parts: &[&OfferItem]) -> Result<Value, Open> {
    let Some(def) = def else { return equal(parts) };
    let Some((first, rest)) = parts.split_first() else { return Err(Open::Silent) };
    if rest.iter().any(|part| part.scheme != first.scheme) {
        return Err(Open::OtherScheme);
    }
    let indexed: Option<Vec<(usize, &Value)>> =
        parts.iter().map(|part| Some((level_index(def, part)?, &part.value))).collect();
    let weakest = indexed.ok_or(Open::NotComparable)?.into_iter().min_by_key(|(index, _)| *index);
    weakest.map(|(_, value)| value.clone()).ok_or(Open::Silent)
}
