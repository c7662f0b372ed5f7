//! The promising side: what an offer document promises on each row, and why not.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sla::{Evidence, OfferItem};

use super::{
    Candidate, SlaMatcher,
    ask::{Ask, MONTHLY_TOTAL, NOT_BANNED, OWN_RESPONSE, Reading, label},
    path::{self, Slowest},
};
use crate::{
    item::Kind,
    note::Note,
    value::{Held, Offer, OfferValues, Value, hold},
};

/// What one row finds in a document.
#[derive(Default)]
struct Found {
    /// What counts; `None` is "not promised".
    promised: Option<Value>,
    /// What the document says where that is something else.
    declared: Option<Value>,
    notes: Vec<Note>,
}

impl Found {
    fn withheld(declared: Option<Value>, note: Note) -> Self {
        Self { promised: None, declared, notes: vec![note] }
    }
}

/// Reads an offer document as the rows of the matcher ask.
///
/// A composite brings its ways to users along; for it nothing else stands in.
pub(super) fn read(
    matcher: &SlaMatcher,
    id: &str,
    document: &sla::Offer,
    composite: bool,
) -> Candidate {
    let dictionary = matcher.prepared.dictionary();
    let mut written = OfferValues { id: id.to_owned(), values: std::collections::BTreeMap::new() };
    let mut remarks = Vec::with_capacity(matcher.asks.len());
    for ask in &matcher.asks {
        let mut found = find(matcher, ask, document, composite);
        if let Some(promised) = found.promised.take() {
            let fits = dictionary
                .position(&ask.id)
                .is_some_and(|at| hold(dictionary, at, &promised).is_ok());
            if fits {
                written.values.insert(ask.id.clone(), promised);
            } else {
                found.declared = Some(promised);
                found.notes.push(Note::NotComparable);
            }
        }
        remarks.push((found.declared, found.notes));
    }
    if let Some(price) = monthly_total(matcher, document).promised {
        written.values.entry(MONTHLY_TOTAL.to_owned()).or_insert(price);
    }
    // Every value was checked above; an offer without promises is what is left if one were not.
    let empty = || Offer { id: id.to_owned(), held: vec![None; dictionary.items().len()].into() };
    let offer = Offer::new(dictionary, 0, &written).unwrap_or_else(|_| empty());
    Candidate { offer, remarks }
}

/// What counts of a document on one row; nothing where it is not comparable.
pub(super) fn held(matcher: &SlaMatcher, row: usize, document: &sla::Offer) -> Option<Held> {
    let ask = matcher.asks.get(row)?;
    let promised = find(matcher, ask, document, false).promised?;
    let dictionary = matcher.prepared.dictionary();
    hold(dictionary, dictionary.position(&ask.id)?, &promised).ok()
}

/// The price of a document, asked for or not.
pub(super) fn held_price(matcher: &SlaMatcher, document: &sla::Offer) -> Option<Held> {
    let dictionary = matcher.prepared.dictionary();
    hold(dictionary, dictionary.price()?, &monthly_total(matcher, document).promised?).ok()
}

fn find(matcher: &SlaMatcher, ask: &Ask, document: &sla::Offer, composite: bool) -> Found {
    match &ask.reading {
        Reading::Tier => {
            let tier = document.spec.price.as_ref().and_then(|price| price.tier.clone());
            Found { promised: tier.map(Value::Level), ..Found::default() }
        }
        Reading::MonthlyTotal => monthly_total(matcher, document),
        Reading::Response { user_regions, round_trips } => {
            let today = matcher.circumstances.today;
            let path = if composite {
                path::put_together(document, user_regions)
            } else {
                path::slowest(document, user_regions, today)
            };
            response(matcher, ask, (document, path), *round_trips)
        }
        Reading::Scheme { scheme, asked, accept } => {
            with_item((matcher.registry, ask), document, &ask.key, |item| {
                if item.has_ended(matcher.circumstances.today) {
                    return ended(item);
                }
                scheme_level(item, scheme, asked.as_deref(), accept)
            })
        }
        Reading::SubList { list, banned } => {
            with_item((matcher.registry, ask), document, &ask.key, |item| {
                let notes = vec![Note::AboutSubList { list: list.clone() }];
                let members = item.sub_lists.get(list).cloned().map(Value::Set);
                let promised = match banned {
                    Some(banned) => members.map(|members| objections(members, banned)),
                    None => members,
                };
                Found { promised, declared: None, notes }
            })
        }
        Reading::Plain => {
            with_item((matcher.registry, ask), document, &ask.key, |item| plain(matcher, ask, item))
        }
        Reading::Banned(banned) => with_item((matcher.registry, ask), document, &ask.key, |item| {
            let found = plain(matcher, ask, item);
            let declared = found.promised.clone();
            Found {
                promised: found.promised.map(|value| objections(value, banned)),
                declared,
                notes: found.notes,
            }
        }),
    }
}

/// Applies what holds for every declared promise: is it binding enough, is its percentile strict enough.
fn with_item(
    (registry, ask): (&sla::Registry, &Ask),
    document: &sla::Offer,
    key: &str,
    read: impl FnOnce(&OfferItem) -> Found,
) -> Found {
    let Some(item) = document.item(key) else { return Found::default() };
    let declared = || Some(value(item));
    if registry.item(key).is_some_and(|def| def.differs_from(&item.value)) {
        return Found::withheld(declared(), Note::NotComparable);
    }
    if let Some(needed) = ask.min_commitment.filter(|needed| item.commitment < *needed) {
        let note = Note::CommitmentTooWeak {
            declared: item.commitment.to_string(),
            needed: needed.to_string(),
        };
        return Found::withheld(declared(), note);
    }
    match ask.percentile {
        Some(needed) if item.percentile.is_none_or(|percentile| percentile < needed) => {
            Found::withheld(
                declared(),
                Note::PercentileTooLax { declared: item.percentile, needed },
            )
        }
        _ => read(item),
    }
}

fn value(item: &OfferItem) -> Value {
    match &item.value {
        sla::Value::Number(number) => Value::Number(*number),
        // A promised range counts by its guaranteed end; which one that is, `plain` knows.
        sla::Value::Range { max, .. } => Value::Number(*max),
        sla::Value::Level(level) => {
            Value::level(label(item.scheme.as_deref().unwrap_or_default(), level))
        }
        sla::Value::Set(members) => Value::Set(members.clone()),
        sla::Value::Boolean(flag) => Value::level(flag.to_string()),
    }
}

fn plain(matcher: &SlaMatcher, ask: &Ask, item: &OfferItem) -> Found {
    let dictionary = matcher.prepared.dictionary();
    let upwards = dictionary.item(&ask.id).is_some_and(|item| matches!(item.kind, Kind::Higher(_)));
    let found = match &item.value {
        sla::Value::Range { min, max } => Value::Number(if upwards { *min } else { *max }),
        sla::Value::Set(members) => return set(matcher, ask, item, members),
        _ => value(item),
    };
    if item.has_ended(matcher.circumstances.today) {
        return ended(item);
    }
    match ask.max_age_days {
        Some(max_age_days)
            if !item.evidence.iter().any(|evidence| young(matcher, evidence, max_age_days)) =>
        {
            Found::withheld(
                Some(found),
                Note::EvidenceTooOld { members: BTreeSet::new(), max_age_days },
            )
        }
        _ => Found { promised: Some(found), ..Found::default() },
    }
}

/// A promise whose evidence is over: a certificate that has expired stops counting by itself.
fn ended(item: &OfferItem) -> Found {
    Found::withheld(Some(value(item)), Note::EvidenceExpired { members: BTreeSet::new() })
}

/// A set without the members whose evidence has ended or is too old.
fn set(matcher: &SlaMatcher, ask: &Ask, item: &OfferItem, members: &BTreeSet<String>) -> Found {
    let expired = item.ended_members(matcher.circumstances.today);
    let old: BTreeSet<String> = match ask.max_age_days {
        Some(days) => {
            let fresh = |member: &&String| {
                let about = |evidence: &&Evidence| {
                    evidence.is_about(member) && young(matcher, evidence, days)
                };
                item.evidence.iter().any(|evidence| about(&evidence))
            };
            members
                .iter()
                .filter(|member| !fresh(member) && !expired.contains(*member))
                .cloned()
                .collect()
        }
        None => BTreeSet::new(),
    };
    let counting: BTreeSet<String> = members
        .iter()
        .filter(|member| !expired.contains(*member) && !old.contains(*member))
        .cloned()
        .collect();
    let mut notes = sub_lists(matcher, ask, item);
    let declared = (counting.len() < members.len()).then(|| Value::Set(members.clone()));
    if let (false, Some(max_age_days)) = (old.is_empty(), ask.max_age_days) {
        notes.push(Note::EvidenceTooOld { members: old, max_age_days });
    }
    if !expired.is_empty() {
        notes.push(Note::EvidenceExpired { members: expired });
    }
    Found { promised: Some(Value::Set(counting)), declared, notes }
}

/// Says where else a promise reaches; whether that matters is the customer's decision (sla-schema 8).
fn sub_lists(matcher: &SlaMatcher, ask: &Ask, item: &OfferItem) -> Vec<Note> {
    let rows = &matcher.prepared.requirement().rows;
    let within = matcher
        .prepared
        .dictionary()
        .item(&ask.id)
        .is_some_and(|item| matches!(item.kind, Kind::SetWithin(_)));
    let Some(Some(Value::Set(asked))) =
        rows.iter().find(|row| row.item == ask.id).map(|row| &row.value)
    else {
        return Vec::new();
    };
    if !within || matches!(ask.reading, Reading::Banned(_)) {
        return Vec::new();
    }
    let outside =
        |members: &BTreeSet<String>| members.difference(asked).cloned().collect::<BTreeSet<_>>();
    // A list that the requirement asks about has a row of its own.
    let own_row = |list: &String| {
        let about = |other: &Ask| {
            other.key == ask.key
                && matches!(&other.reading, Reading::SubList { list: asked, .. } if asked == list)
        };
        matcher.asks.iter().any(about)
    };
    let lists = item.sub_lists.iter().filter(|(list, _)| !own_row(list));
    let lists = lists.map(|(list, members)| (list, outside(members)));
    let lists = lists.filter(|(_, members)| !members.is_empty());
    lists.map(|(list, members)| Note::SubListOutside { list: list.clone(), members }).collect()
}

/// Whether evidence is dated and at most so many days old.
fn young(matcher: &SlaMatcher, evidence: &Evidence, max_age_days: u32) -> bool {
    let date = evidence.period_end.as_ref().or(evidence.date.as_ref()).or(evidence.issued.as_ref());
    // A period that has not ended yet proves nothing.
    date.is_some_and(|date| {
        (0..=i64::from(max_age_days)).contains(&(matcher.circumstances.today - date.last_day()))
    })
}

fn scheme_level(
    item: &OfferItem,
    scheme: &str,
    asked: Option<&str>,
    accept: &[sla::Accepted],
) -> Found {
    let declared = value(item);
    let (Some(level), offered) = (item.value.as_level(), item.scheme.as_deref()) else {
        return Found { promised: Some(declared), ..Found::default() };
    };
    let Some(asked) = asked else {
        return Found { promised: Some(declared), ..Found::default() };
    };
    if offered.unwrap_or_default() == scheme {
        return Found { promised: Some(declared), ..Found::default() };
    }
    let Some((accepted, offered)) = offered.and_then(|offered| {
        accept
            .iter()
            .find(|accepted| accepted.scheme == offered)
            .map(|accepted| (accepted, offered))
    }) else {
        return Found::withheld(Some(declared), Note::OtherScheme { scheme: item.scheme.clone() });
    };
    if reaches(offered, level, &accepted.value) {
        let note = Note::AcceptedEquivalent { scheme: offered.to_owned(), level: level.to_owned() };
        Found {
            promised: Some(Value::level(label(scheme, asked))),
            declared: Some(declared),
            notes: vec![note],
        }
    } else {
        let note =
            Note::BelowAccepted { scheme: offered.to_owned(), accepted: accepted.value.clone() };
        Found::withheld(Some(declared), note)
    }
}

/// Whether a level is at least the accepted one inside the same scheme.
fn reaches(scheme: &str, level: &str, accepted: &str) -> bool {
    let index = |level| sla::registry().scheme(scheme).and_then(|scheme| scheme.index(level));
    level == accepted
        || index(level).zip(index(accepted)).is_some_and(|(level, accepted)| level >= accepted)
}

/// The banned members of a set, and one stand-in for all others.
fn objections(value: Value, banned: &BTreeSet<String>) -> Value {
    match value {
        Value::Set(members) => {
            let name = |member: &String| {
                if banned.contains(member) { member.clone() } else { NOT_BANNED.to_owned() }
            };
            Value::Set(members.iter().map(name).collect())
        }
        other => other,
    }
}

/// Own response time plus round trips over the slowest path from where users are. A sum of
/// percentiles is an upper estimate; probes replace it after go-live (sla-schema 4). Handshakes are
/// round trips, so they are counted in what the requirement states.
fn response(
    matcher: &SlaMatcher,
    ask: &Ask,
    (document, path): (&sla::Offer, Result<Option<Slowest>, &String>),
    round_trips: u32,
) -> Found {
    with_item((matcher.registry, ask), document, OWN_RESPONSE, |item| {
        // Of a range the slow end is what is guaranteed.
        let own = match &item.value {
            sla::Value::Range { max, .. } => *max,
            other => match other.as_number() {
                Some(own) => own,
                None => return Found::default(),
            },
        };
        let path = match path {
            Ok(Some(path)) => path,
            Ok(None) => return Found::default(),
            Err(region) => {
                return Found::withheld(None, Note::NoPathFrom { user_region: region.clone() });
            }
        };
        let on_the_way = path
            .rtt_ms
            .checked_mul(Decimal::from(round_trips))
            .map(|ms| ms / Decimal::ONE_THOUSAND);
        let total = on_the_way.and_then(|seconds| own.checked_add(seconds));
        let note = Note::DerivedResponse {
            own,
            round_trips,
            rtt_ms: path.rtt_ms,
            user_region: path.user_region,
            origin: path.origin,
        };
        Found {
            promised: total.map(|total| Value::Number(total.normalize())),
            declared: None,
            notes: vec![note],
        }
    })
}

fn monthly_total(matcher: &SlaMatcher, document: &sla::Offer) -> Found {
    let Some(total) = document.spec.price.as_ref().and_then(|price| price.monthly_total.as_ref())
    else {
        return Found::default();
    };
    let yen = matcher.circumstances.yen(total);
    let rate = matcher.circumstances.yen_per.get(&total.currency);
    match (yen, rate) {
        (None, None) => Found::withheld(None, Note::NoRate { currency: total.currency.clone() }),
        (yen, Some(rate)) if total.currency != "JPY" => {
            let amount = super::major_units(total);
            let note = Note::Converted { currency: total.currency.clone(), amount, rate: *rate };
            Found { promised: yen.map(Value::Number), declared: None, notes: vec![note] }
        }
        (yen, _) => Found { promised: yen.map(Value::Number), ..Found::default() },
    }
}
