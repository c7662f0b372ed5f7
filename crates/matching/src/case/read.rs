//! Reading a case: JSON in, checked parts out, every fault with its pointer.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::{Case, CaseFault, csv, keys, number::decimal, strict};
use crate::{
    fault::Fault,
    item::{Dictionary, Item, Kind, KindName, Range, Scale},
    requirement::{Asked, Mode, Requirement, Tolerance},
    value::{Offer, OfferValues, Value, pointer},
};

type Read<T> = Result<T, CaseFault>;

/// The item that is the price (`matching.md` 5).
const PRICE: &str = "price";

/// Reads and checks a whole case.
pub(super) fn case(json: &str, load: impl Fn(&str) -> io::Result<String>) -> Read<Case> {
    let root: Json = serde_json::from_str(json)
        .map_err(|error| CaseFault::new("", format!("this is no JSON: {error}")))?;
    strict::check(json)?;
    let root = object(&root, "")?;
    keys::check(root, "", keys::CASE)?;
    let called = ["case", "name"].into_iter().find(|key| root.contains_key(*key));
    let name = called.map(|key| name(field(root, "", key)?, &format!("/{key}"))).transpose()?;
    let dictionary = dictionary(root)?;
    let queries = queries(root, &dictionary)?;
    let offers = offers(root, &dictionary, load)?;
    Ok(Case { name, dictionary, queries, offers })
}

/// Turns a fault of the engine into one of the file; `list` points at the list it was found in.
pub(super) fn locate(list: &str, fault: &Fault) -> CaseFault {
    let slash = if fault.field.is_empty() { "" } else { "/" };
    CaseFault::new(
        format!("{list}/{}{slash}{}", fault.index, fault.field),
        fault.reason.to_string(),
    )
}

fn dictionary(root: &Map<String, Json>) -> Read<Dictionary> {
    let list = array(field(root, "", "items")?, "/items")?;
    let items = list.iter().enumerate().map(|(index, json)| item(json, &format!("/items/{index}")));
    Dictionary::new(items.collect::<Read<_>>()?).map_err(|fault| locate("/items", &fault))
}

fn item(json: &Json, at: &str) -> Read<Item> {
    let map = object(json, at)?;
    keys::check(map, at, keys::ITEM)?;
    let id = name(field(map, at, "id")?, &format!("{at}/id"))?;
    let kind = match text(field(map, at, "type")?, &format!("{at}/type"))? {
        "higher" => Kind::Higher(range(map, at)?),
        "lower" => Kind::Lower(range(map, at)?),
        "level" => Kind::Level(words(field(map, at, "levels")?, &format!("{at}/levels"))?),
        "set_includes" => Kind::SetIncludes(universe(map, at)?),
        "set_within" => Kind::SetWithin(universe(map, at)?),
        "set_any" => Kind::SetAny(universe(map, at)?),
        other => {
            let known = "higher, lower, level, set_includes, set_within, set_any";
            return Err(CaseFault::new(
                format!("{at}/type"),
                format!("the type {other:?} is not one of {known}"),
            ));
        }
    };
    let by_default = Item::new(id, kind);
    let surplus = match map.get("surplus") {
        None | Some(Json::Null) => by_default.surplus && by_default.id != PRICE,
        Some(Json::Bool(counts)) => *counts,
        Some(other) => {
            return Err(CaseFault::new(
                format!("{at}/surplus"),
                format!("{other} is not true or false"),
            ));
        }
    };
    Ok(Item { surplus, ..by_default })
}

fn range(map: &Map<String, Json>, at: &str) -> Read<Range> {
    let scale = match map.get("scale") {
        None | Some(Json::Null) => Scale::Linear,
        Some(json) => match text(json, &format!("{at}/scale"))? {
            "linear" => Scale::Linear,
            "log" => Scale::Log,
            "nines" => Scale::Nines { whole: Decimal::ONE_HUNDRED },
            other => {
                let message = format!("the scale {other:?} is not one of linear, log, nines");
                return Err(CaseFault::new(format!("{at}/scale"), message));
            }
        },
    };
    let bound = |key: &str| number(field(map, at, key)?, &format!("{at}/{key}"));
    Ok(Range { scale, worst: bound("worst")?, best: bound("best")? })
}

fn universe(map: &Map<String, Json>, at: &str) -> Read<Vec<String>> {
    map.get("universe")
        .map_or_else(|| Ok(Vec::new()), |json| words(json, &format!("{at}/universe")))
}

fn queries(
    root: &Map<String, Json>,
    dictionary: &Dictionary,
) -> Read<Vec<(Option<String>, String, Requirement)>> {
    let mut found = Vec::new();
    if let Some(json) = root.get("requirement") {
        found.push((
            None,
            "/requirement".to_owned(),
            requirement(json, "/requirement", dictionary)?,
        ));
    }
    let queries =
        root.get("queries").map_or_else(|| Ok(&[][..]), |json| array(json, "/queries"))?;
    let mut seen = BTreeSet::new();
    for (index, json) in queries.iter().enumerate() {
        let at = format!("/queries/{index}");
        let map = object(json, &at)?;
        keys::check(map, &at, keys::QUERY)?;
        let query = name(field(map, &at, "name")?, &format!("{at}/name"))?;
        if !seen.insert(query.clone()) {
            return Err(CaseFault::new(
                format!("{at}/name"),
                format!("the name {query:?} is used twice"),
            ));
        }
        let rows = format!("{at}/requirement");
        let requirement = requirement(field(map, &at, "requirement")?, &rows, dictionary)?;
        found.push((Some(query), rows, requirement));
    }
    if found.is_empty() {
        return Err(CaseFault::new("/requirement", "a case needs a requirement or queries"));
    }
    Ok(found)
}

fn requirement(json: &Json, at: &str, dictionary: &Dictionary) -> Read<Requirement> {
    let rows = array(json, at)?
        .iter()
        .enumerate()
        .map(|(index, row)| asked(row, &format!("{at}/{index}"), dictionary));
    Ok(Requirement { rows: rows.collect::<Read<_>>()? })
}

fn asked(json: &Json, at: &str, dictionary: &Dictionary) -> Read<Asked> {
    let map = object(json, at)?;
    keys::check(map, at, keys::ROW)?;
    let id = text(field(map, at, "item")?, &format!("{at}/item"))?;
    let item = known(dictionary, id, &format!("{at}/item"))?;
    let mode = match map.get("mode") {
        None => Mode::Must,
        Some(json) => match text(json, &format!("{at}/mode"))? {
            "must" => Mode::Must,
            "prefer" => Mode::Prefer,
            "best_effort" => Mode::BestEffort,
            other => {
                let message = format!("the mode {other:?} is not one of must, prefer, best_effort");
                return Err(CaseFault::new(format!("{at}/mode"), message));
            }
        },
    };
    let value = match map.get("value") {
        None | Some(Json::Null) if mode == Mode::BestEffort => None,
        None => {
            return Err(CaseFault::new(
                format!("{at}/value"),
                "a value is needed unless the row is best effort",
            ));
        }
        Some(json) => Some(value(json, &format!("{at}/value"), &item.kind)?),
    };
    let weight =
        map.get("weight").map_or(Ok(Decimal::ONE), |json| number(json, &format!("{at}/weight")))?;
    let tolerance = match map.get("tolerance") {
        None | Some(Json::Null) => None,
        Some(json) => Some(tolerance(json, &format!("{at}/tolerance"))?),
    };
    Ok(Asked { item: id.to_owned(), value, mode, weight, tolerance })
}

fn tolerance(json: &Json, at: &str) -> Read<Tolerance> {
    let map = object(json, at)?;
    keys::check(map, at, keys::TOLERANCE)?;
    let mut given = keys::TOLERANCE.iter().filter_map(|key| Some((*key, map.get(*key)?)));
    let (Some((key, json)), None) = (given.next(), given.next()) else {
        return Err(CaseFault::new(at, "a tolerance is exactly one of abs, rel, steps"));
    };
    let at = format!("{at}/{key}");
    let by = number(json, &at)?;
    match key {
        "abs" => Ok(Tolerance::Abs(by)),
        "rel" => Ok(Tolerance::Rel(by)),
        _ => steps(by).ok_or_else(|| {
            CaseFault::new(at, format!("{by} is not a whole number of steps from 0"))
        }),
    }
}

fn steps(by: Decimal) -> Option<Tolerance> {
    let whole = by.normalize();
    (whole.scale() == 0)
        .then(|| u32::try_from(whole.mantissa()).ok())
        .flatten()
        .map(Tolerance::Steps)
}

fn offers(
    root: &Map<String, Json>,
    dictionary: &Dictionary,
    load: impl Fn(&str) -> io::Result<String>,
) -> Read<Vec<Offer>> {
    let mut seen = BTreeSet::new();
    let mut offers = Vec::new();
    let listed = root.get("offers").map_or_else(|| Ok(&[][..]), |json| array(json, "/offers"))?;
    for (index, json) in listed.iter().enumerate() {
        let at = format!("/offers/{index}");
        let written = offer(json, &at, dictionary)?;
        if !seen.insert(written.id.clone()) {
            return Err(CaseFault::new(
                format!("{at}/id"),
                format!("the id {:?} is used twice", written.id),
            ));
        }
        offers.push(
            Offer::new(dictionary, index, &written).map_err(|fault| locate("/offers", &fault))?,
        );
    }
    match root.get("offers_csv") {
        None if root.contains_key("offers") => return Ok(offers),
        None => return Err(CaseFault::new("/offers", "a case needs offers or offers_csv")),
        Some(json) => {
            let path = text(json, csv::POINTER)?;
            let read = load(path).map_err(|error| {
                CaseFault::new(csv::POINTER, format!("cannot read {path:?}: {error}"))
            })?;
            for (written, line) in csv::offers(dictionary, &read)? {
                let refuse =
                    |message| CaseFault::new(csv::POINTER, format!("line {line}: {message}"));
                if !seen.insert(written.id.clone()) {
                    return Err(refuse(format!("the id {:?} is used twice", written.id)));
                }
                let compiled = Offer::new(dictionary, 0, &written);
                offers.push(
                    compiled
                        .map_err(|fault| refuse(format!("{}: {}", fault.field, fault.reason)))?,
                );
            }
        }
    }
    Ok(offers)
}

fn offer(json: &Json, at: &str, dictionary: &Dictionary) -> Read<OfferValues> {
    let map = object(json, at)?;
    keys::check(map, at, keys::OFFER)?;
    let id = name(field(map, at, "id")?, &format!("{at}/id"))?;
    let mut values = BTreeMap::new();
    for (key, json) in object(field(map, at, "values")?, &format!("{at}/values"))? {
        let at = format!("{at}/values/{}", pointer(key));
        let item = known(dictionary, key, &at)?;
        if !json.is_null() {
            values.insert(key.clone(), value(json, &at, &item.kind)?);
        }
    }
    Ok(OfferValues { id, values })
}

fn value(json: &Json, at: &str, kind: &Kind) -> Read<Value> {
    match (kind.name(), json) {
        (KindName::Higher | KindName::Lower, json) => number(json, at).map(Value::Number),
        (KindName::Level, Json::String(label)) => Ok(Value::level(label.clone())),
        (KindName::Level, other) => Err(CaseFault::new(at, format!("{other} is no label"))),
        (_, json) => {
            let members = words(json, at)?;
            for (index, member) in members.iter().enumerate() {
                keys::member(kind, member)
                    .map_err(|message| CaseFault::new(format!("{at}/{index}"), message))?;
            }
            Ok(Value::set(members))
        }
    }
}

fn known<'a>(dictionary: &'a Dictionary, id: &str, at: &str) -> Read<&'a Item> {
    dictionary.item(id).ok_or_else(|| {
        let ids = dictionary.items().iter().map(|item| item.id.as_str());
        let meant = keys::meant(id, ids);
        CaseFault::new(at, format!("the item {id:?} is not in the dictionary{meant}"))
    })
}

fn number(json: &Json, at: &str) -> Read<Decimal> {
    decimal(json).map_err(|message| CaseFault::new(at, message))
}

fn field<'a>(map: &'a Map<String, Json>, at: &str, key: &str) -> Read<&'a Json> {
    map.get(key).ok_or_else(|| CaseFault::new(format!("{at}/{key}"), format!("{key} is missing")))
}

fn object<'a>(json: &'a Json, at: &str) -> Read<&'a Map<String, Json>> {
    json.as_object()
        .ok_or_else(|| wrong_type(json, at, "an object, such as {\"uptime\": \"99.9\"},"))
}

fn array<'a>(json: &'a Json, at: &str) -> Read<&'a [Json]> {
    let list = json.as_array().map(Vec::as_slice);
    list.ok_or_else(|| wrong_type(json, at, "a list, such as [\"JP\"],"))
}

fn text<'a>(json: &'a Json, at: &str) -> Read<&'a str> {
    json.as_str().ok_or_else(|| wrong_type(json, at, "a text"))
}

/// Names what is needed and what stands there, the latter shortened.
fn wrong_type(json: &Json, at: &str, needed: &str) -> CaseFault {
    let found = match json {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => format!("the number {number}"),
        Json::String(text) => format!("the text {:?}", text.chars().take(40).collect::<String>()),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    };
    CaseFault::new(at, format!("{needed} is needed here; found {found}"))
}

fn name(json: &Json, at: &str) -> Read<String> {
    match text(json, at)? {
        "" => Err(CaseFault::new(at, "an empty text names nothing")),
        name => Ok(name.to_owned()),
    }
}

fn words(json: &Json, at: &str) -> Read<Vec<String>> {
    let list = array(json, at)?.iter().enumerate();
    list.map(|(index, word)| text(word, &format!("{at}/{index}")).map(str::to_owned)).collect()
}
