//! What changed about one promise.

use super::order::{best_without, good_to_have, more, neutral, no_order, sets, values, wider};
use super::{Aspect, Change, Verdict, both, change, plain, remedy};
use crate::{
    Commitment, Direction, Evidence, ItemDef, OfferItem, Text, format_offer_item, registry,
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Every change between two promises on the same item; absent is not promised.
pub(super) fn changes(old: Option<&OfferItem>, new: Option<&OfferItem>) -> Vec<Change> {
    let (Some(old), Some(new)) = (old, new) else {
        return promise(old, new).into_iter().collect();
    };
    let item = registry().item(&old.item);
    let value = (old.value != new.value || old.scheme != new.scheme).then(|| Change {
        aspect: Aspect::Value,
        which: None,
        from: None,
        verdict: values(old, new),
        before: Some(value_text(old)),
        after: Some(value_text(new)),
    });
    let commitment = change(Aspect::Commitment, &old.commitment, &new.commitment, more, |class| {
        Some(commitment_text(*class))
    });
    let mut changes: Vec<Change> = value.into_iter().chain(commitment).collect();
    changes.extend(measured(item, old, new));
    changes.extend(remedy::changes(item, old.remedy.as_ref(), new.remedy.as_ref()));
    changes.extend(evidence(&old.evidence, &new.evidence));
    changes.extend(sub_lists(item, old, new));
    changes.extend(change(
        Aspect::TlsMin,
        &old.tls_min,
        &new.tls_min,
        |old, new| good_to_have(old.as_ref(), new.as_ref(), more),
        |version| version.clone().map(plain),
    ));
    if changes.is_empty() && old != new {
        // A field that this module does not know yet still counts as a change.
        let verdict = Verdict::Incomparable;
        changes.push(Change {
            aspect: Aspect::Other,
            which: None,
            from: None,
            verdict,
            before: None,
            after: None,
        });
    }
    changes
}

fn promise(old: Option<&OfferItem>, new: Option<&OfferItem>) -> Option<Change> {
    let verdict = good_to_have(old, new, neutral);
    (old.is_some() || new.is_some()).then(|| Change {
        aspect: Aspect::Promise,
        which: None,
        from: None,
        verdict,
        before: old.map(promise_text),
        after: new.map(promise_text),
    })
}

fn value_text(promise: &OfferItem) -> Text {
    both(|locale| format_offer_item(promise, locale))
}

fn commitment_text(class: Commitment) -> Text {
    both(|locale| super::words::commitment(class, locale).to_owned())
}

/// A whole promise: the value and how binding it is.
fn promise_text(promise: &OfferItem) -> Text {
    both(|locale| {
        let value = format_offer_item(promise, locale);
        let class = super::words::commitment(promise.commitment, locale);
        super::words::with_remark(&value, class, locale)
    })
}

/// How the value is measured, and when it holds.
fn measured(item: Option<&ItemDef>, old: &OfferItem, new: &OfferItem) -> Vec<Change> {
    let text = |text: &Option<String>| text.clone().map(plain);
    let percentile = change(
        Aspect::Percentile,
        &old.percentile,
        &new.percentile,
        |old, new| good_to_have(old.as_ref(), new.as_ref(), |old, new| percentiles(item, old, new)),
        |percentile| percentile.map(|number| plain(format!("p{}", number.normalize()))),
    );
    let window = change(Aspect::Window, &old.window, &new.window, no_order, text);
    let transaction =
        change(Aspect::Transaction, &old.transaction, &new.transaction, no_order, text);
    let qualifying = change(
        Aspect::Qualifying,
        &old.qualifying,
        &new.qualifying,
        // A condition takes something away; between two conditions there is no order.
        |old, new| best_without(old.as_ref(), new.as_ref(), no_order),
        text,
    );
    let excluded = |item: &OfferItem| item.exclusions.iter().cloned().collect::<BTreeSet<_>>();
    let exclusions = change(
        Aspect::Exclusions,
        &excluded(old),
        &excluded(new),
        |old, new| wider(old, new).reversed(),
        |list| super::words::joined(list.iter()),
    );
    let vantage = change(Aspect::Vantage, &old.vantage, &new.vantage, no_order, |vantage| {
        vantage.map(|vantage| plain(vantage.as_str()))
    });
    let all = [percentile, window, transaction, qualifying, exclusions, vantage];
    all.into_iter().flatten().collect()
}

/// A limit that holds for more of the cases is the stronger one; for values where more is better
/// percentiles are counted from either end, so that there is no order.
fn percentiles(item: Option<&ItemDef>, old: &Decimal, new: &Decimal) -> Verdict {
    match item.map(|item| item.direction) {
        Some(Direction::Lower) => more(old, new),
        _ => Verdict::Incomparable,
    }
}

/// Pieces of evidence are the same piece if kind, scheme and number are.
fn evidence(old: &[Evidence], new: &[Evidence]) -> Vec<Change> {
    let same = |a: &Evidence, b: &Evidence| {
        (&a.kind, &a.scheme, &a.number) == (&b.kind, &b.scheme, &b.number)
    };
    let count =
        |list: &[Evidence], one: &Evidence| list.iter().filter(|other| same(other, one)).count();
    let entry = |verdict, before: Option<&Evidence>, after: Option<&Evidence>| Change {
        aspect: Aspect::Evidence,
        which: before.or(after).map(|one| one.kind.clone()),
        from: None,
        verdict,
        before: before.map(evidence_text),
        after: after.map(evidence_text),
    };
    let mut changes = Vec::new();
    let mut seen: Vec<&Evidence> = Vec::new();
    for one in old.iter().chain(new) {
        if seen.iter().any(|other| same(other, one)) {
            continue;
        }
        seen.push(one);
        let of = |list: &'_ [Evidence]| {
            list.iter().filter(|other| same(other, one)).cloned().collect::<Vec<_>>()
        };
        let (before, after) = (of(old), of(new));
        if before == after {
            continue;
        }
        let verdict = match (before.as_slice(), after.as_slice()) {
            ([], _) => Verdict::Better,
            (_, []) => Verdict::Worse,
            ([old], [new]) => freshness(old, new),
            _ => more(&count(old, one), &count(new, one)),
        };
        changes.push(entry(verdict, before.first(), after.first()));
    }
    changes
}

/// Later dates are better; another opinion or edition has no order; notes and addresses are words.
fn freshness(old: &Evidence, new: &Evidence) -> Verdict {
    let day = |date: &Option<crate::Date>| date.as_ref().map(crate::Date::last_day);
    let later = |old: &Option<crate::Date>, new: &Option<crate::Date>| match (day(old), day(new)) {
        (Some(old), Some(new)) => more(&old, &new),
        _ => Verdict::Neutral,
    };
    // A certificate without an end holds for longer than one with an end.
    let expires = best_without(day(&old.expires).as_ref(), day(&new.expires).as_ref(), more);
    let stated = (&old.opinion, &old.edition, &old.scope, &old.result)
        != (&new.opinion, &new.edition, &new.scope, &new.result);
    let stated = if stated { Verdict::Incomparable } else { Verdict::Neutral };
    [
        expires,
        later(&old.date, &new.date),
        later(&old.issued, &new.issued),
        later(&old.period_end, &new.period_end),
    ]
    .into_iter()
    .fold(stated, Verdict::and)
}

fn evidence_text(evidence: &Evidence) -> Text {
    let date = |date: &Option<crate::Date>| date.as_ref().map(|date| date.as_str().to_owned());
    both(|locale| {
        let number = evidence.number.clone();
        let until = date(&evidence.expires).map(|day| super::words::until(&day, locale));
        let read = date(&evidence.date).or_else(|| date(&evidence.period_end));
        let said = [evidence.opinion.clone(), evidence.scope.clone(), evidence.result.clone()];
        let parts = [Some(evidence.kind.clone()), evidence.edition.clone(), number, read, until];
        let parts = parts.into_iter().chain(said);
        parts.flatten().collect::<Vec<_>>().join(" ")
    })
}

fn sub_lists(item: Option<&ItemDef>, old: &OfferItem, new: &OfferItem) -> Vec<Change> {
    let names: BTreeSet<&String> = old.sub_lists.keys().chain(new.sub_lists.keys()).collect();
    let direction = item.map_or(Direction::OneOf, |item| item.direction);
    let one = |name: &String| {
        let lists = (old.sub_lists.get(name), new.sub_lists.get(name));
        let found = change(
            Aspect::SubList,
            &lists.0,
            &lists.1,
            |old, new| {
                good_to_have(old.as_deref(), new.as_deref(), |old, new| sets(direction, old, new))
            },
            |list| list.and_then(|list| super::words::joined(list.iter())),
        )?;
        Some(Change { which: Some(name.clone()), ..found })
    };
    names.into_iter().filter_map(one).collect()
}
