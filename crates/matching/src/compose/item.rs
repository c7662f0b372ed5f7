//! One promise of a composite: the value by the rule, as binding as the least binding part, at the
//! laxest percentile, on the weakest evidence.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sla::{Arrangement, Compose, Date, Evidence, OfferItem, Parts, ServiceModel, Value};

use super::{Composed, Open, value::combine};

/// Composes one item; the second half is the promise itself, where there is one.
pub(super) fn compose_item(
    arrangement: Arrangement,
    key: &str,
    offers: &[&sla::Offer],
    failover_success: Decimal,
) -> (Composed, Option<OfferItem>) {
    let def = sla::registry().item(key);
    let rule = def.map_or(Compose::Equal, |def| def.compose.rule(arrangement));
    let held: Vec<Option<&OfferItem>> = offers.iter().map(|offer| offer.item(key)).collect();
    let counted = counted(arrangement, def.map(|def| def.compose.parts), offers);
    let asked: Vec<Option<&OfferItem>> =
        held.iter().zip(&counted).filter(|(_, counts)| **counts).map(|(part, _)| *part).collect();
    let complete: Option<Vec<&OfferItem>> = asked.into_iter().collect();
    let outcome = complete
        .ok_or(Open::Silent)
        .and_then(|parts| Ok((combine(rule, def, &parts, failover_success)?, parts)));
    let (promise, open) = match outcome {
        Ok((value, parts)) => (Some(promise(key, value, &parts)), None),
        Err(open) => (None, Some(open)),
    };
    let composed = Composed {
        item: key.to_owned(),
        rule,
        parts: held.iter().map(|part| part.map(|part| part.value.clone())).collect(),
        counted,
        value: promise.as_ref().map(|promise| promise.value.clone()),
        commitment: promise.as_ref().map(|promise| promise.commitment),
        open,
    };
    (composed, promise)
}

/// Which parts have to promise the item. In a chain of one sort only, all of them do.
fn counted(arrangement: Arrangement, parts: Option<Parts>, offers: &[&sla::Offer]) -> Vec<bool> {
    let network = |offer: &&sla::Offer| offer.spec.service.model == ServiceModel::Network;
    let chosen: Vec<bool> = match (arrangement, parts) {
        (Arrangement::Chain, Some(Parts::Hosting)) => {
            offers.iter().map(|offer| !network(offer)).collect()
        }
        (Arrangement::Chain, Some(Parts::Network)) => offers.iter().map(network).collect(),
        _ => Vec::new(),
    };
    if chosen.iter().any(|counts| *counts) { chosen } else { vec![true; offers.len()] }
}

fn promise(key: &str, value: Value, parts: &[&OfferItem]) -> OfferItem {
    let same = |read: fn(&OfferItem) -> Option<&String>| {
        let first = parts.first().and_then(|part| read(part));
        parts.iter().all(|part| read(part) == first).then(|| first.cloned()).flatten()
    };
    let qualifying: BTreeSet<&str> =
        parts.iter().filter_map(|part| part.qualifying.as_deref()).collect();
    let exclusions: BTreeSet<&String> = parts.iter().flat_map(|part| &part.exclusions).collect();
    let percentiles: Option<Vec<Decimal>> = parts.iter().map(|part| part.percentile).collect();
    OfferItem {
        item: key.to_owned(),
        scheme: same(|part| part.scheme.as_ref()),
        commitment: parts
            .iter()
            .map(|part| part.commitment)
            .min()
            .unwrap_or(sla::Commitment::Declared),
        percentile: percentiles.and_then(|list| list.into_iter().min()),
        window: same(|part| part.window.as_ref()),
        transaction: same(|part| part.transaction.as_ref()),
        qualifying: (!qualifying.is_empty())
            .then(|| qualifying.into_iter().collect::<Vec<_>>().join("; ")),
        exclusions: exclusions.into_iter().cloned().collect(),
        vantage: parts
            .first()
            .and_then(|part| part.vantage)
            .filter(|first| parts.iter().all(|part| part.vantage == Some(*first))),
        // Each provider pays for its own part.
        remedy: None,
        evidence: evidence(&value, parts),
        sub_lists: sub_lists(parts),
        tls_min: parts.iter().map(|part| part.tls_min.clone()).min().flatten(),
        value,
    }
}

fn sub_lists(parts: &[&OfferItem]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (list, members) in parts.iter().flat_map(|part| &part.sub_lists) {
        all.entry(list.clone()).or_default().extend(members.iter().cloned());
    }
    all
}

/// Evidence that proves no more than that of every part: per member of a set, else for the value.
fn evidence(value: &Value, parts: &[&OfferItem]) -> Vec<Evidence> {
    match value {
        Value::Set(members) => {
            members.iter().filter_map(|member| weakest(Some(member), parts)).collect()
        }
        _ => weakest(None, parts).into_iter().collect(),
    }
}

/// The best evidence of each part, and of these the weakest: the oldest day, the first end.
fn weakest(member: Option<&String>, parts: &[&OfferItem]) -> Option<Evidence> {
    let about = |evidence: &&Evidence| match member {
        Some(member) => &evidence.kind == member || evidence.scheme.as_ref() == Some(member),
        None => true,
    };
    let naming = parts.iter().filter(|part| match (member, part.value.as_set()) {
        (Some(member), Some(set)) => set.contains(member),
        _ => true,
    });
    let proofs: Vec<Vec<&Evidence>> =
        naming.map(|part| part.evidence.iter().filter(about).collect()).collect();
    if proofs.iter().all(Vec::is_empty) {
        return None;
    }
    let days = proofs.iter().map(|list| list.iter().filter_map(|proof| day(proof)).max());
    let days: Option<Vec<&Date>> = days.collect();
    // Evidence without an end does not end; a part without evidence has none that could.
    let ends = proofs.iter().filter(|list| list.iter().all(|proof| proof.expires.is_some()));
    let ends = ends.filter_map(|list| {
        list.iter().filter_map(|proof| proof.expires.as_ref()).max_by_key(|date| date.last_day())
    });
    Some(Evidence {
        kind: member.map_or_else(|| "parts".to_owned(), Clone::clone),
        date: days.and_then(|days| days.into_iter().min_by_key(|date| date.last_day()).cloned()),
        expires: ends.min_by_key(|date| date.last_day()).cloned(),
        ..Evidence::default()
    })
}

/// The day evidence is judged by, as in matching.
fn day(evidence: &Evidence) -> Option<&Date> {
    evidence.period_end.as_ref().or(evidence.date.as_ref()).or(evidence.issued.as_ref())
}
