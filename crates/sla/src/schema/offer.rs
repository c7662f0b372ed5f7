//! The body of a `ServiceLevelOffer`, as in `read::offer`, `read::price`, `read::remedy` and
//! `read::evidence`, and what both kinds say about themselves.

use super::parts::{
    Object, both, either, field, has, is, lacks, list, reference, some, when, whole, words,
};
use super::{items, quantity};
use crate::read::limits;
use crate::{
    Architecture, BILLING_UNITS, CURRENCIES, Claim, Commitment, DeploymentModel, ItemDef, ItemKind,
    MACHINE_UNITS, ServiceModel, Vantage,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Name, version, titles.
pub(super) fn metadata() -> Value {
    let signature = Object::new()
        .required("type", reference("technicalName"))
        .optional("kid", reference("text"))
        .optional("value", reference("text"));
    Object::new()
        .required("name", reference("name"))
        .optional("provider", reference("identifier"))
        .required("version", whole(1, u32::MAX))
        .optional("validFrom", reference("moment"))
        .optional("validUntil", reference("moment"))
        .optional("supersedes", whole(1, u32::MAX))
        .required("title", reference("texts"))
        .optional("description", reference("texts"))
        .optional("signature", signature.done())
        .done()
}

/// Adds the definitions of an offer and gives the schema of its body.
pub(super) fn define(definitions: &mut Map<String, Value>) -> Value {
    definitions.insert("promise".to_owned(), promise());
    definitions.insert("evidence".to_owned(), evidence());
    let path = Object::new()
        .required("userRegion", reference("country"))
        .required("rttMs", quantity::between(limits::RTT_MS_MIN, limits::RTT_MS_MAX));
    Object::new()
        .required("service", service())
        .required("measurement", measurement())
        .required("items", both(vec![some(reference("promise")), items::once_each()]))
        .optional("price", price())
        .optional("networkToUsers", list(path.done()))
        .done()
}

fn service() -> Value {
    let degrees = |most: Decimal| quantity::between(-most, most);
    let location = Object::new()
        .required("lat", degrees(limits::LAT_MAX))
        .required("lon", degrees(limits::LON_MAX));
    let region = Object::new()
        .required("id", reference("technicalName"))
        .required("country", reference("country"))
        .optional("hazardZone", reference("technicalName"))
        .optional("location", location.done());
    let named =
        || Object::new().required("name", reference("text")).optional("version", reference("text"));
    // "PostgreSQL 16" in short; a bare number is no name.
    let or_short = |full: Value| {
        list(either(vec![both(vec![json!({"type": "string"}), reference("text")]), full]))
    };
    let image = named().optional("architecture", words(Architecture::WORDS.iter().copied()));
    let recipe = named().optional("installs", or_short(named().done()));
    Object::new()
        .required("model", words(ServiceModel::WORDS.iter().copied()))
        .required("deployment", words(DeploymentModel::WORDS.iter().copied()))
        .optional("category", reference("name"))
        .optional("attributes", attributes())
        .required("regions", some(region.done()))
        .optional("middleware", or_short(named().done()))
        .optional("apps", or_short(named().done()))
        .optional("images", or_short(image.done()))
        .optional("recipes", or_short(recipe.done()))
        .optional("machineTypes", list(machine_type()))
        .with(vec![when(has("attributes"), has("category"))])
}

/// Values by key; what each has to be, the category of the market says.
fn attributes() -> Value {
    let text = both(vec![json!({"type": "string"}), reference("text")]);
    json!({
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,39}$"},
        "additionalProperties": either(vec![text, json!({"type": ["number", "boolean", "null"]})]),
    })
}

fn machine_type() -> Value {
    // How many decimals text has is beyond a schema; so is the sixth of a number.
    let size = || quantity::between(limits::SIZE_MIN, limits::SIZE_MAX);
    let gpu = Object::new()
        .required("count", whole(1, limits::GPU_MAX))
        .optional("model", reference("text"));
    Object::new()
        .required("name", reference("technicalName"))
        .required("vcpu", size())
        .required("ramGib", size())
        .optional("diskGib", size())
        .optional("gpu", gpu.done())
        .optional("architecture", words(Architecture::WORDS.iter().copied()))
        .optional("price", machine_price())
        .done()
}

fn measurement() -> Value {
    let (slice, outage) = (limits::SLICE_SECONDS_MAX, limits::OUTAGE_SECONDS_MAX);
    Object::new()
        .required("calendar", reference("window"))
        .required("timezone", reference("timezone"))
        .required("sliceSeconds", whole(1, slice))
        .required("minOutageSeconds", whole(0, outage))
        .optional("exclusions", list(reference("text")))
        .optional("vantage", words(Vantage::WORDS.iter().copied()))
        .done()
}

fn promise() -> Value {
    Object::new()
        .required("item", reference("itemKey"))
        .required("value", json!({"not": {"type": "null"}}))
        .optional("scheme", reference("scheme"))
        .required("commitment", words(Commitment::WORDS.iter().copied()))
        .optional("percentile", reference("percentile"))
        .optional("window", reference("window"))
        .optional("transaction", reference("technicalName"))
        .optional("qualifying", reference("text"))
        .optional("exclusions", list(reference("text")))
        .optional("vantage", words(Vantage::WORDS.iter().copied()))
        .optional("remedy", remedy())
        .optional("evidence", list(reference("evidence")))
        .optional("subLists", json!({"type": "object"}))
        .optional("tlsMin", words(limits::TLS_VERSIONS.iter().copied()))
        .with(items::by_item(promised, extension()))
}

/// What a promise on an item of the registry may and must have.
fn promised(item: &ItemDef) -> Value {
    let mut rules = vec![field("value", reference(&items::definition(item)))];
    let mut refused = Vec::new();
    if item.kind == ItemKind::SchemeLevel {
        rules.push(has("scheme"));
        rules.push(items::scheme_levels());
    } else {
        refused.push("scheme");
    }
    if !item.kind.is_number() {
        refused.push("percentile");
    }
    if item.kind.is_set() {
        rules.push(field("subLists", items::sub_lists(item)));
    } else {
        refused.push("subLists");
    }
    let begins = json!({"properties": {"below": quantity::of(item)}});
    rules.push(field("remedy", field("schedule", json!({"items": begins}))));
    for (needing, needed) in limits::NEEDED {
        let (key, commitment) = needing;
        if item.key == *key {
            let all: Vec<Value> = needed.iter().map(|(name, ..)| has(name)).collect();
            rules.push(match commitment {
                Some(commitment) => when(is("commitment", &[commitment.as_str()]), both(all)),
                None => both(all),
            });
        }
    }
    rules.push(lacks(&refused));
    both(rules)
}

fn extension() -> Value {
    let begins = json!({"properties": {"below": quantity::any()}});
    both(vec![
        field("value", items::extension()),
        field("remedy", field("schedule", json!({"items": begins}))),
        lacks(&["scheme", "subLists"]),
    ])
}

fn remedy() -> Value {
    let share = quantity::share();
    let step = Object::new()
        .required("below", json!({"type": ["number", "string"]}))
        .required("credit", share.clone());
    Object::new()
        .required("claim", words(Claim::WORDS.iter().copied()))
        .optional("claimWindowDays", whole(1, limits::CLAIM_DAYS_MAX))
        .optional("cap", share)
        .required("schedule", some(step.done()))
        .done()
}

fn evidence() -> Value {
    let dates = ["date", "issued", "expires", "periodStart", "periodEnd"];
    let texts = ["edition", "number", "body", "scope", "auditor", "opinion", "result", "note"];
    let mut object = Object::new()
        .required("type", reference("technicalName"))
        .optional("scheme", reference("technicalName"))
        .optional("source", reference("webAddress"));
    for name in dates {
        object = object.optional(name, reference("date"));
    }
    for name in texts {
        object = object.optional(name, reference("text"));
    }
    object.with(vec![when(is("type", &["published"]), both(vec![has("source"), has("date")]))])
}

/// What one machine of a type costs.
fn machine_price() -> Value {
    Object::new()
        .required("unit", words(MACHINE_UNITS.iter().copied()))
        .optional("per", whole(1, limits::PER_MAX))
        .required("currency", words(CURRENCIES.iter().map(|(code, _)| *code)))
        .required("amount", json!({"type": ["number", "string"]}))
        .with(amounts())
}

fn price() -> Value {
    let amount = || {
        Object::new()
            .required("currency", words(CURRENCIES.iter().map(|(code, _)| *code)))
            .required("amount", json!({"type": ["number", "string"]}))
            .optional("taxExcluded", json!({"type": "boolean"}))
            .with(amounts())
    };
    let per_unit = || {
        Object::new()
            .required("unit", words(BILLING_UNITS.iter().copied()))
            .optional("per", whole(1, limits::PER_MAX))
            .optional("from", whole(1, limits::PER_MAX))
            .required("currency", words(CURRENCIES.iter().map(|(code, _)| *code)))
            .required("amount", json!({"type": ["number", "string"]}))
            .with(amounts())
    };
    let next = Object::new()
        .required("validFrom", both(vec![reference("date"), json!({"minLength": 10})]))
        .optional("monthlyTotal", amount())
        .optional("minimum", amount())
        .optional("oneTime", amount())
        .optional("perUnit", list(per_unit()))
        .done();
    let limit = Object::new()
        .required("unit", words(BILLING_UNITS.iter().copied()))
        .optional("least", whole(1, limits::PER_MAX))
        .optional("most", whole(1, limits::PER_MAX))
        .done();
    Object::new()
        .optional("tier", words(limits::TIERS.iter().copied()))
        .optional("basket", reference("technicalName"))
        .optional("monthlyTotal", amount())
        .optional("minimum", amount())
        .optional("oneTime", amount())
        .optional("asOf", reference("date"))
        .optional("perUnit", list(per_unit()))
        .optional("limits", list(limit))
        .optional("next", next)
        .with(vec![when(has("monthlyTotal"), field("next", has("monthlyTotal")))])
}

/// Whole minor units of each currency.
fn amounts() -> Vec<Value> {
    CURRENCIES
        .iter()
        .map(|(code, digits)| {
            let (step, most) = (Decimal::new(1, *digits), Decimal::new(i64::MAX, *digits).trunc());
            let (step, most) = (quantity::number(step), quantity::number(most));
            let bare = json!({"type": "number", "minimum": 0, "maximum": most, "multipleOf": step});
            when(is("currency", &[code]), field("amount", either(vec![bare, quantity::digits()])))
        })
        .collect()
}
