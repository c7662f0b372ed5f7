//! Valid documents, every field of the format among them.

use serde_json::{Map, Value, json};
use sla::{Commitment, Demand, ItemDef, ItemKind, Operator};

use crate::source::Source;
use crate::values;

fn put(map: &mut Map<String, Value>, source: &Source, name: &str, value: Value) {
    if source.once_in(3) {
        map.insert(name.to_owned(), value);
    } else if source.once_in(9) {
        // A field that is null is absent.
        map.insert(name.to_owned(), Value::Null);
    }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("not an object: {value}") };
    map
}

fn items(source: &Source, most: usize) -> Vec<&'static ItemDef> {
    let all: Vec<&ItemDef> = sla::registry().items().iter().collect();
    let mut items = source.some(&all, 1, most);
    // Uptime has rules of its own; it shall not be rare.
    if source.once_in(2) && items.iter().all(|item| item.key != all[0].key) {
        items.push(all[0]);
    }
    items
}

pub fn document(source: &Source) -> Value {
    if source.once_in(2) { offer(source) } else { requirement(source) }
}

fn metadata(source: &Source) -> Value {
    let mut map = object(json!({"version": 7, "title": values::texts(source)}));
    let name = source.pick(&[json!("an-offer"), json!("abc"), json!(12_345), json!("-12")]).clone();
    map.insert("name".to_owned(), name);
    put(&mut map, source, "provider", json!("did:web:hokusei.example"));
    put(&mut map, source, "validFrom", json!("2026-10-01T00:00:00+09:00"));
    put(&mut map, source, "validUntil", json!("2028-02-29t23:59:59.123456z"));
    put(&mut map, source, "supersedes", json!(6));
    let description = values::texts(source);
    put(&mut map, source, "description", description);
    let signature = json!({"type": "jws-detached", "kid": values::text(source)});
    put(&mut map, source, "signature", signature);
    Value::Object(map)
}

pub fn offer(source: &Source) -> Value {
    let mut promises: Vec<Value> =
        items(source, 6).into_iter().map(|item| promise(source, item)).collect();
    if source.once_in(3) {
        let value = values::extension(source);
        promises.push(json!({"item": "x-acme.shade", "value": value, "commitment": "declared"}));
    }
    let mut service = object(json!({
        "model": source.pick(&["IaaS", "PaaS", "SaaS", "Network"]),
        "deployment": source.pick(&["private", "community", "public", "hybrid"]),
        "regions": [
            {"id": "jp-1", "country": values::country(source), "hazardZone": "JP-13", "location": {"lat": 35.68, "lon": "139.76"}},
            {"id": 5, "country": "DE"},
        ],
    }));
    if source.once_in(3) {
        service.insert("category".to_owned(), json!("managed-database"));
        let attributes =
            json!({"engine": values::text(source), "size_1": -0.5, "backup": true, "none": null});
        put(&mut service, source, "attributes", attributes);
    }
    let hourly =
        json!({"unit": "instance-hour", "per": 1000, "amount": "10.40", "currency": "USD"});
    let large = json!({
        "name": "g1.large", "vcpu": "0.25", "ramGib": 16, "diskGib": 80.5, "architecture": "arm64",
        "gpu": {"count": 2, "model": values::text(source)}, "price": hourly,
    });
    let machines = json!([{"name": 4, "vcpu": 2, "ramGib": 8}, large]);
    put(&mut service, source, "machineTypes", machines);
    let middleware = json!(["PostgreSQL 16", {"name": values::text(source), "version": 8.4}]);
    put(&mut service, source, "middleware", middleware.clone());
    put(&mut service, source, "apps", json!(["WordPress 6.8", {"name": values::text(source)}]));
    let image = json!({"name": "Debian", "version": 13, "architecture": "arm64"});
    put(&mut service, source, "images", json!(["Ubuntu Server 24.04", "Debian 13", image]));
    let recipe = json!({"name": values::text(source), "version": "2.1", "installs": middleware});
    put(&mut service, source, "recipes", json!(["Plain start", recipe]));
    let mut measurement =
        object(json!({"timezone": "Asia/Tokyo", "sliceSeconds": 60, "minOutageSeconds": 180}));
    put(&mut measurement, source, "exclusions", json!(["force-majeure", 7]));
    put(&mut measurement, source, "vantage", json!("broker_probes"));
    measurement.insert("calendar".to_owned(), values::window(source));
    let mut spec =
        object(json!({"service": service, "measurement": measurement, "items": promises}));
    let price = price(source);
    put(&mut spec, source, "price", price);
    let paths = json!([{"userRegion": "JP", "rttMs": 0.5}, {"userRegion": "DE", "rttMs": "240"}]);
    put(&mut spec, source, "networkToUsers", paths);
    json!({
        "apiVersion": sla::API_VERSION,
        "kind": "ServiceLevelOffer",
        "metadata": metadata(source),
        "spec": spec,
    })
}

fn promise(source: &Source, item: &ItemDef) -> Value {
    let mut map = object(json!({"item": item.key}));
    let scheme = (item.kind == ItemKind::SchemeLevel).then(|| values::scheme(source));
    map.insert("value".to_owned(), values::value(source, item, scheme.as_deref()));
    map.insert("commitment".to_owned(), json!(source.pick(Commitment::WORDS)));
    if item.key == "availability.service_uptime" {
        map.insert("commitment".to_owned(), json!("guaranteed"));
    }
    if let Some(scheme) = scheme {
        map.insert("scheme".to_owned(), json!(scheme));
    }
    if item.kind.is_number() {
        let percentile = source.pick(&[json!(95), json!("p99.9"), json!("50"), json!(100)]).clone();
        put(&mut map, source, "percentile", percentile);
    }
    let window = values::window(source);
    put(&mut map, source, "window", window);
    let transaction = values::name(source);
    put(&mut map, source, "transaction", transaction);
    let text = values::text(source);
    put(&mut map, source, "qualifying", text.clone());
    put(&mut map, source, "exclusions", json!([text, "announced-maintenance"]));
    let vantage = json!(source.pick(sla::Vantage::WORDS));
    put(&mut map, source, "vantage", vantage);
    put(&mut map, source, "tlsMin", source.pick(&[json!("1.2"), json!(1.3)]).clone());
    let evidence = json!([evidence(source)]);
    put(&mut map, source, "evidence", evidence);
    if item.kind.is_set() {
        let list = values::value(source, item, None);
        put(&mut map, source, "subLists", json!({"backup": list, "support": list}));
    }
    let remedy = remedy(source, item);
    put(&mut map, source, "remedy", remedy.clone());
    if item.key == "availability.service_uptime" {
        map.insert("remedy".to_owned(), remedy);
    }
    if item.key == "performance.online_response_time" {
        map.insert("percentile".to_owned(), json!(95));
        map.insert("transaction".to_owned(), json!("ref-web-1"));
    }
    Value::Object(map)
}

fn remedy(source: &Source, item: &ItemDef) -> Value {
    // Worse than any promise that is made here, whichever way is better.
    let below = match (item.kind.is_number(), item.direction, item.unit) {
        (true, sla::Direction::Lower, sla::Unit::Fraction) => json!(1),
        (true, sla::Direction::Lower, _) => json!(900_000_000),
        (_, _, sla::Unit::Ratio) => json!(1),
        _ => json!(0),
    };
    let mut remedy = object(json!({"claim": source.pick(&["automatic", "on-request"])}));
    let credit = values::share(source);
    remedy.insert("schedule".to_owned(), json!([{"below": below, "credit": credit}]));
    let cap = values::share(source);
    put(&mut remedy, source, "cap", cap);
    put(&mut remedy, source, "claimWindowDays", json!(60));
    Value::Object(remedy)
}

fn evidence(source: &Source) -> Value {
    let mut map = object(json!({"type": source.pick(&["register", "dr-drill", "soc2-type2"])}));
    if source.once_in(4) {
        map = object(
            json!({"type": "published", "source": "https://example.com/sla?x=1", "date": "2026-01-01"}),
        );
    }
    for field in ["issued", "expires", "periodStart"] {
        let date = values::date(source);
        put(&mut map, source, field, date);
    }
    for field in ["edition", "number", "body", "scope", "auditor", "opinion", "result", "note"] {
        let text = values::text(source);
        put(&mut map, source, field, text);
    }
    let name = values::name(source);
    put(&mut map, source, "scheme", name);
    Value::Object(map)
}

fn price(source: &Source) -> Value {
    let mut map = Map::new();
    put(&mut map, source, "tier", source.pick(&[json!("3"), json!(4)]).clone());
    put(&mut map, source, "basket", json!("ref-basket-1"));
    let (amount, currency) = source
        .pick(&[
            (json!(182_000), "JPY"),
            (json!(14.2), "EUR"),
            (json!("14.20"), "USD"),
            (json!(0.01), "GBP"),
        ])
        .clone();
    put(
        &mut map,
        source,
        "monthlyTotal",
        json!({"amount": amount, "currency": currency, "taxExcluded": true}),
    );
    put(&mut map, source, "minimum", json!({"amount": amount, "currency": currency}));
    put(&mut map, source, "oneTime", json!({"amount": amount, "currency": currency}));
    put(&mut map, source, "asOf", json!("2026-11-01"));
    let units = json!([
        {"unit": "vcpu-hour", "amount": amount, "currency": currency, "per": 1000},
        {"unit": "vcpu-hour", "amount": amount, "currency": currency, "from": 500},
    ]);
    put(&mut map, source, "perUnit", units);
    let limits = json!([
        {"unit": "vcpu-month", "least": 2, "most": 16},
        {"unit": "storage-gb-month", "most": 500},
        {"unit": "instance-month", "least": 1},
    ]);
    put(&mut map, source, "limits", limits);
    let mut next = Map::new();
    next.insert("validFrom".to_owned(), json!("2027-04-01"));
    if map.contains_key("monthlyTotal") {
        next.insert("monthlyTotal".to_owned(), json!({"amount": amount, "currency": currency}));
    }
    put(&mut next, source, "minimum", json!({"amount": amount, "currency": currency}));
    put(&mut next, source, "oneTime", json!({"amount": amount, "currency": currency}));
    let units = json!([{"unit": "egress-gb", "amount": amount, "currency": currency}]);
    put(&mut next, source, "perUnit", units);
    put(&mut map, source, "next", Value::Object(next));
    Value::Object(map)
}

pub fn requirement(source: &Source) -> Value {
    let mut wishes: Vec<Value> =
        items(source, 6).into_iter().map(|item| wish(source, item)).collect();
    if source.once_in(3) {
        let value = values::extension(source);
        let op = match &value {
            Value::Number(_) => "gte",
            Value::Array(_) => "any_of",
            _ => "eq",
        };
        wishes.push(json!({"item": "x-acme.shade", "op": op, "value": value, "level": "must", "tolerance": 0}));
    }
    let relax = relaxed(source, &wishes);
    let mut profiles = object(json!({"normal": {"items": wishes}}));
    put(&mut profiles, source, "overload", json!({"items": []}));
    put(
        &mut profiles,
        source,
        "disaster",
        json!({"recoveryPriority": "lifeline", "relax": relax, "items": []}),
    );
    let mut spec =
        object(json!({"userRegions": ["JP", values::country(source)], "profiles": profiles}));
    put(&mut spec, source, "emphasis", json!("latency_first"));
    put(&mut spec, source, "roundTrips", json!(2));
    put(&mut spec, source, "priority", json!("high"));
    json!({
        "apiVersion": sla::API_VERSION,
        "kind": "QualityRequirement",
        "metadata": metadata(source),
        "spec": spec,
    })
}

/// Some of what is asked, kept as it is or given up.
fn relaxed(source: &Source, wishes: &[Value]) -> Vec<Value> {
    let asked: Vec<&Value> = wishes
        .iter()
        .filter(|wish| {
            !wish["value"].is_null() && wish["value"].to_string().find("sas70").is_none()
        })
        .collect();
    let entry = |wish: &&Value| match source.up_to(2) {
        0 => json!({"item": wish["item"]}),
        1 => json!({"item": wish["item"], "floor": null}),
        _ => json!({"item": wish["item"], "floor": wish["value"]}),
    };
    asked.iter().map(entry).collect()
}

fn wish(source: &Source, item: &ItemDef) -> Value {
    let level = *source.pick(Demand::WORDS);
    let mut map = object(json!({"item": item.key, "level": level}));
    if level == "best_effort" && source.once_in(2) {
        return Value::Object(map);
    }
    let scheme = (item.kind == ItemKind::SchemeLevel).then(|| values::scheme(source));
    let op = *source.pick(item.operators());
    let value = match op {
        Operator::Range => {
            let end = values::number(source, item);
            json!({"min": end, "max": end})
        }
        _ => values::value(source, item, scheme.as_deref()),
    };
    map.insert("op".to_owned(), json!(op.as_str()));
    map.insert("value".to_owned(), value);
    if item.key == "audit.attestations" && source.once_in(2) {
        map.insert("op".to_owned(), json!("any_of"));
        map.insert("value".to_owned(), json!(["sas70-type2", "soc3"]));
    }
    if let Some(scheme) = scheme {
        map.insert("scheme".to_owned(), json!(scheme));
        put(&mut map, source, "accept", json!([{"scheme": "fedramp", "value": "C"}]));
    }
    match &item.kind {
        kind if kind.is_number() => {
            put(&mut map, source, "percentile", json!("P95"));
            let tolerance = values::number(source, item);
            put(&mut map, source, "tolerance", tolerance);
        }
        kind if kind.is_set() => {
            let list = values::value(source, item, None);
            if matches!(op, Operator::SubsetOf | Operator::NoneOf) && map["op"] == op.as_str() {
                put(&mut map, source, "subLists", json!({"support": list, "backup": null}));
            }
        }
        _ => put(&mut map, source, "tolerance", json!(1)),
    }
    let weight = values::weight(source);
    put(&mut map, source, "weight", weight);
    put(&mut map, source, "minCommitment", json!(source.pick(Commitment::WORDS)));
    put(&mut map, source, "maxAgeDays", json!(365));
    put(&mut map, source, "pair_with", json!(source.pick(&["legal.regimes", "x-acme.shade"])));
    Value::Object(map)
}
