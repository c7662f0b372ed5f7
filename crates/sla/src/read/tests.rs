use crate::*;

fn offer_with(item: &str) -> String {
    format!(
        "apiVersion: sla.kumoichi/v1alpha1
kind: ServiceLevelOffer
metadata: {{name: abc, version: 1, title: {{en: A}}}}
spec:
  service: {{model: IaaS, deployment: public, regions: [{{id: r1, country: JP}}]}}
  measurement: {{calendar: 1M, timezone: Asia/Tokyo, sliceSeconds: 60, minOutageSeconds: 0}}
  items:
    - {item}
"
    )
}

fn requirement_with(item: &str) -> String {
    format!(
        "apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {{name: abc, version: 1, title: {{en: A}}}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items:
        - {item}
"
    )
}

/// Path and code of every fault.
fn faults(text: &str) -> Vec<(String, FaultCode)> {
    match parse(text) {
        Ok(parsed) => panic!("no fault: {parsed:?}"),
        Err(faults) => faults.iter().map(|fault| (fault.path.clone(), fault.code)).collect(),
    }
}

fn one_fault(text: &str) -> Fault {
    let mut faults = parse(text).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults}");
    faults.0.remove(0)
}

#[test]
fn examples_parse_and_round_trip_through_every_form() {
    for example in EXAMPLE_OFFERS.iter().chain(EXAMPLE_REQUIREMENTS) {
        let documents =
            parse_documents(example.yaml).unwrap_or_else(|f| panic!("{}: {f}", example.name));
        assert_eq!(documents.len(), 1);
        let document = &documents[0];
        assert_eq!(document.metadata().name, example.name);
        let yaml = to_yaml(document);
        assert_eq!(parse_documents(&yaml).unwrap(), documents, "{yaml}");
        assert_eq!(to_yaml(&parse_documents(&yaml).unwrap()[0]), yaml);
        let json = to_json(document);
        assert_eq!(parse_documents(&json).unwrap(), documents, "{json}");
        assert_eq!(canonical_json(&parse_documents(&json).unwrap()[0]), canonical_json(document));
        let value = serde_json::to_value(document).unwrap();
        assert_eq!(serde_json::from_value::<Document>(value).unwrap(), *document);
    }
}

#[test]
fn nothing_of_the_examples_is_lost() {
    let hokusei = parse_offer(EXAMPLE_OFFERS[0].yaml).unwrap();
    assert_eq!(hokusei.spec.items.len(), 27);
    let uptime = hokusei.item("availability.service_uptime").unwrap();
    assert_eq!(uptime.value.as_number(), parse_decimal("0.9995"));
    assert_eq!(uptime.exclusions.len(), 3);
    assert_eq!(uptime.remedy.as_ref().unwrap().schedule[2].below, parse_decimal("0.95").unwrap());
    let drill = &hokusei.item("availability.rto").unwrap().evidence[0];
    assert_eq!((drill.kind.as_str(), drill.result.as_deref()), ("dr-drill", Some("PT3H10M")));
    let location = hokusei.item("security.data_location").unwrap();
    assert_eq!(location.sub_lists["backup"], ["JP".to_owned()].into());
    assert_eq!(hokusei.metadata.signature.as_ref().unwrap().kind, "jws-detached");
    assert_eq!(hokusei.spec.price.as_ref().unwrap().monthly_total.as_ref().unwrap().minor, 182_000);
    assert!(hokusei.item("performance.max_throughput").is_none(), "undeclared stays undeclared");

    let certificate = parse_requirement(EXAMPLE_REQUIREMENTS[0].yaml).unwrap();
    let level = &certificate.spec.profiles.normal.items[3];
    assert_eq!(level.accept[0], Accepted { scheme: "fedramp".to_owned(), value: "C".to_owned() });
    assert_eq!(certificate.items_in(ProfileName::Normal).len(), 8);
    assert_eq!(certificate.items_in(ProfileName::Disaster).len(), 10);
    let disaster = certificate.spec.profiles.disaster.unwrap();
    assert_eq!(disaster.recovery_priority, Some(RecoveryPriority::QualityFirst));
}

#[test]
fn sas70_is_read_as_any_of_todays_reports_with_a_notice() {
    let parsed = parse(EXAMPLE_REQUIREMENTS[1].yaml).unwrap();
    let Document::Requirement(requirement) = &parsed.documents[0] else { panic!("an offer") };
    let reports = &requirement.spec.profiles.normal.items[4];
    assert_eq!(reports.op, Some(Operator::AnyOf));
    assert_eq!(reports.value, Some(Value::set(["soc2-type2", "soc1-type2", "isae3402-type2"])));
    assert_eq!(reports.max_age_days, Some(365));
    assert_eq!(parsed.notices.len(), 1);
    assert_eq!(parsed.notices[0].code, NoticeCode::Sas70Rewritten);
    assert_eq!(parsed.notices[0].path, "/spec/profiles/normal/items/4/value");
    let both = requirement_with(
        "{item: audit.attestations, op: all_of, value: [sas70-type2, soc3], level: must}",
    );
    assert!(parse(&both).is_err());
    // What no offer can promise cannot be banned, least of all by asking for its successors.
    let banned = requirement_with(
        "{item: audit.attestations, op: none_of, value: [sas70-type2], level: must}",
    );
    let faults = parse(&banned).unwrap_err();
    assert!(faults.to_string().contains("no offer can promise it"), "{faults}");
    let promised =
        offer_with("{item: audit.attestations, value: [sas70-type2], commitment: attested}");
    assert_eq!(one_fault(&promised).code, FaultCode::UnknownMember);
}

#[test]
fn all_faults_come_at_once_with_their_paths() {
    let text = "apiVersion: sla.kumoichi/v2
kind: ServiceLevelOffer
metadata: {name: A, version: 0, title: {}, extra: 1}
spec:
  service: {model: Iaas, deployment: public, regions: []}
  measurement: {calendar: month, timezone: Asia/Tokyo, sliceSeconds: 0}
  items:
    - {item: availability.service_uptim, value: 0.9, commitment: declared}
    - {item: network.assurance_class, value: best-effort, commitment: declared}
    - {item: network.assurance_class, value: priority, commitment: sure}
    - {item: performance.online_response_time, value: 1, commitment: declared}
    - {item: availability.service_uptime, value: 99.9, commitment: guaranteed}
";
    let item = |index: usize, field: &str| format!("/spec/items/{index}/{field}");
    let expected = [
        ("/apiVersion".to_owned(), FaultCode::UnknownKind),
        ("/metadata/name".to_owned(), FaultCode::WrongForm),
        ("/metadata/version".to_owned(), FaultCode::OutOfRange),
        ("/metadata/title".to_owned(), FaultCode::Missing),
        ("/metadata/extra".to_owned(), FaultCode::UnknownField),
        ("/spec/service/model".to_owned(), FaultCode::UnknownWord),
        ("/spec/service/regions".to_owned(), FaultCode::Missing),
        ("/spec/measurement/calendar".to_owned(), FaultCode::WrongForm),
        ("/spec/measurement/sliceSeconds".to_owned(), FaultCode::OutOfRange),
        ("/spec/measurement/minOutageSeconds".to_owned(), FaultCode::Missing),
        (item(0, "item"), FaultCode::UnknownItem),
        (item(1, "value"), FaultCode::UnknownLevel),
        (item(2, "commitment"), FaultCode::UnknownWord),
        (item(3, "percentile"), FaultCode::Missing),
        (item(3, "transaction"), FaultCode::Missing),
        (item(4, "value"), FaultCode::OutOfRange),
        (item(4, "remedy"), FaultCode::Unsupported),
        (item(2, "item"), FaultCode::DuplicateItem),
    ];
    assert_eq!(faults(text), expected);
}

#[test]
fn paths_name_the_document_where_there_are_several() {
    let good = offer_with("{item: capacity.hold_ttl, value: 900, commitment: declared}");
    let bad = offer_with("{item: capacity.hold_ttl, value: [1], commitment: declared}");
    assert_eq!(one_fault(&bad).path, "/spec/items/0/value");
    assert_eq!(one_fault(&format!("{good}---\n{bad}")).path, "/1/spec/items/0/value");
    assert_eq!(parse_documents(&format!("{good}---\n{good}")).unwrap().len(), 2);
    assert!(parse_offer(&format!("{good}---\n{good}")).is_err());
    assert!(parse_requirement(&good).unwrap_err().to_string().contains("QualityRequirement"));
    assert_eq!(one_fault("").code, FaultCode::Empty);
}

#[test]
fn faults_say_what_is_allowed_and_what_was_meant() {
    let fault =
        one_fault(&offer_with("{item: network.asurance_class, value: 1, commitment: declared}"));
    assert_eq!(fault.allowed, ["network.assurance_class"]);
    assert!(fault.message.contains("did you mean"));
    let fault = one_fault(&offer_with(
        "{item: network.assurance_class, value: best, commitment: declared}",
    ));
    assert_eq!(fault.allowed.len(), 4);
    assert_eq!(fault.found.as_deref(), Some("best"));
    let fault = one_fault(&offer_with(
        "{item: capacity.hold_ttl, value: \"1,000 s\", commitment: declared}",
    ));
    assert!(fault.message.contains("without grouping"), "{fault}");
    let fault =
        one_fault(&offer_with("{item: capacity.hold_ttl, value: 4 m, commitment: declared}"));
    assert!(fault.allowed.contains(&"min".to_owned()));
    let fault =
        one_fault(&offer_with("{item: security.data_location, value: [jp], commitment: declared}"));
    assert_eq!(fault.path, "/spec/items/0/value/0");
    assert!(fault.message.contains("`JP`"));
    let fault = one_fault(&offer_with(
        "{item: capacity.hold_ttl, value: 1, comitment: declared, commitment: declared}",
    ));
    assert!(fault.message.contains("`commitment`"), "{fault}");
}

#[test]
fn rules_of_offers_are_kept() {
    for (item, code) in [
        ("{item: security.data_location, value: [], commitment: declared}", FaultCode::OutOfRange),
        (
            "{item: security.assurance_level, value: moderate, commitment: declared}",
            FaultCode::Missing,
        ),
        (
            "{item: security.assurance_level, scheme: eucs, value: high, commitment: declared}",
            FaultCode::UnknownScheme,
        ),
        (
            "{item: security.assurance_level, scheme: ismap, value: moderate, commitment: declared}",
            FaultCode::UnknownLevel,
        ),
        (
            "{item: capacity.hold_ttl, scheme: ismap, value: 1, commitment: declared}",
            FaultCode::Contradiction,
        ),
        ("{item: capacity.hold_ttl, value: -1, commitment: declared}", FaultCode::OutOfRange),
        (
            "{item: capacity.hold_ttl, value: 1, percentile: 0, commitment: declared}",
            FaultCode::OutOfRange,
        ),
        (
            "{item: capacity.hold_ttl, value: 1, subLists: {backup: [JP]}, commitment: declared}",
            FaultCode::Contradiction,
        ),
        (
            "{item: capacity.hold_ttl, value: 1, item: capacity.hold_ttl, commitment: declared}",
            FaultCode::DuplicateField,
        ),
        (
            "{item: capacity.hold_ttl, value: 1, commitment: declared, evidence: [{type: published, date: 2026-01}]}",
            FaultCode::Missing,
        ),
        (
            "{item: capacity.hold_ttl, value: 1, commitment: declared, evidence: [{type: report, date: 2026-02-30}]}",
            FaultCode::WrongForm,
        ),
        ("{item: x-Acme.thing, value: 1, commitment: declared}", FaultCode::UnknownItem),
        ("{item: x-acme.thing, value: {a: 1}, commitment: declared}", FaultCode::WrongType),
        (
            "{item: security.intercloud_encryption, value: none, tlsMin: 1.1, commitment: declared}",
            FaultCode::UnknownWord,
        ),
        (
            "{item: availability.service_uptime, value: 0.99, commitment: guaranteed, remedy: {claim: automatic, schedule: [{below: 0.999, credit: 0.1}]}}",
            FaultCode::Contradiction,
        ),
        (
            "{item: availability.service_uptime, value: 0.99, commitment: guaranteed, remedy: {claim: automatic, schedule: [{below: 0.99, credit: 0.2}, {below: 0.9, credit: 0.1}]}}",
            FaultCode::Contradiction,
        ),
    ] {
        assert_eq!(one_fault(&offer_with(item)).code, code, "{item}");
    }
}

#[test]
fn credits_are_written_as_the_thresholds_beside_them_are() {
    let read = |credit: &str| {
        let remedy = format!(
            "{{claim: automatic, cap: {credit}, schedule: [{{below: 99 %, credit: {credit}}}]}}"
        );
        let item = format!(
            "{{item: availability.service_uptime, value: 0.99, commitment: guaranteed, remedy: {remedy}}}"
        );
        parse_offer(&offer_with(&item))
    };
    for credit in ["10 %", "0.1", "10%", "\"10 ％\""] {
        let offer = read(credit).unwrap_or_else(|faults| panic!("{credit}: {faults}"));
        let remedy = offer.spec.items[0].remedy.clone().unwrap();
        assert_eq!(
            (remedy.cap, remedy.schedule[0].credit),
            (Some(Decimal::new(1, 1)), Decimal::new(1, 1))
        );
    }
    for (credit, code) in [
        ("10", FaultCode::OutOfRange),
        ("101 %", FaultCode::OutOfRange),
        ("ten", FaultCode::NotANumber),
        ("10 h", FaultCode::WrongUnit),
    ] {
        let faults = read(credit).unwrap_err();
        assert!(faults.iter().all(|fault| fault.code == code), "{credit}: {faults}");
        let allowed = faults.iter().all(|fault| fault.allowed.join(", ").contains('%'));
        assert_eq!((faults.len(), allowed), (2, true), "{credit}: {faults}");
    }
}

#[test]
fn prices_count_until_the_day_of_the_next_ones() {
    let text = priced(
        "{monthlyTotal: {amount: 100, currency: JPY}, minimum: {amount: 5, currency: JPY}, asOf: 2027-01-15, \
         next: {validFrom: 2027-04-01, monthlyTotal: {amount: 120, currency: JPY}}}",
    );
    let offer = parse_offer(&text).unwrap();
    let day = crate::Date::parse("2027-04-01").unwrap().last_day();
    assert_eq!(offer.priced_on(day - 1), None);
    let price = offer.priced_on(day).unwrap().spec.price.unwrap();
    assert_eq!(price.monthly_total.unwrap().minor, 120);
    assert_eq!((price.minimum, price.next), (None, None), "the next prices are the whole");
    assert_eq!(price.as_of.unwrap().as_str(), "2027-04-01");
    assert_eq!(crate::parse_offer(&crate::to_yaml(&offer)).unwrap(), offer);
    for (price, path) in [
        ("{next: {validFrom: 2027-04}}", "/spec/price/next/validFrom"),
        ("{next: {}}", "/spec/price/next/validFrom"),
        (
            "{monthlyTotal: {amount: 1, currency: JPY}, next: {validFrom: 2027-04-01}}",
            "/spec/price/next/monthlyTotal",
        ),
    ] {
        assert_eq!(one_fault(&priced(price)).path, path);
    }
}

/// An offer in YAML with this price.
fn priced(price: &str) -> String {
    let text = offer_with("{item: capacity.hold_ttl, value: 15 min, commitment: declared}");
    format!("{text}  price: {price}\n")
}

#[test]
fn amounts_are_digits_with_and_without_quotes() {
    let read = |amount: &str| {
        parse_offer(&priced(&format!("{{monthlyTotal: {{amount: {amount}, currency: JPY}}}}")))
    };
    for amount in ["\"98000\"", "98000", "\"98000.0\"", "98000.0"] {
        assert!(read(amount).is_ok(), "{amount}");
    }
    for amount in ["\"1e9\"", "1e9", "\"1E+3\"", "1E+3", "1e0", "many"] {
        let faults = read(amount).unwrap_err();
        let found = faults.at("/spec/price/monthlyTotal/amount").next().unwrap();
        assert_eq!(found.code, FaultCode::NotANumber, "{amount}");
        assert_eq!(found.expected, Some(Expected::Amount { digits: 0 }), "{amount}");
        assert_eq!(found.found.as_deref(), Some(amount.trim_matches('"')));
    }
    let json = crate::to_json(&read("98000").unwrap()).replace("\"98000\"", "9.8e4");
    let json = json.replace("98000", "9.8e4");
    let faults = parse_offer(&json).unwrap_err();
    assert_eq!(faults.at("/spec/price/monthlyTotal/amount").count(), 1, "{faults}");
}

#[test]
fn prices_per_unit_are_digits_as_well() {
    let read = |amount: &str, per: &str| {
        parse_offer(&priced(&format!(
            "{{perUnit: [{{unit: egress-gb, amount: {amount}, currency: JPY, per: {per}}}]}}"
        )))
    };
    assert!(read("12", "1000").is_ok());
    for (amount, per, place) in [("1e1", "1000", "amount"), ("12", "1e3", "per")] {
        let faults = read(amount, per).unwrap_err();
        let place = format!("/spec/price/perUnit/0/{place}");
        let found = faults.at(&place).next().unwrap();
        assert_eq!(found.code, FaultCode::NotANumber, "{faults}");
        assert!(!found.allowed.is_empty());
    }
}

#[test]
fn figures_of_quality_may_have_an_exponent_with_and_without_quotes() {
    let read = |value: &str| {
        let item =
            format!("{{item: performance.max_throughput, value: {value}, commitment: declared}}");
        parse_offer(&offer_with(&item)).unwrap().spec.items[0].value.as_number()
    };
    for value in ["1e6", "\"1e6\"", "\"1e6 req/s\"", "1000000"] {
        assert_eq!(read(value), parse_decimal("1000000"), "{value}");
    }
}

#[test]
fn rules_of_requirements_are_kept() {
    for (item, code) in [
        ("{item: capacity.hold_ttl, level: must}", None),
        ("{item: capacity.hold_ttl, level: must, op: gte}", Some(FaultCode::Missing)),
        ("{item: capacity.hold_ttl, level: best_effort, op: gte}", Some(FaultCode::Missing)),
        (
            "{item: capacity.hold_ttl, level: must, op: all_of, value: 3}",
            Some(FaultCode::WrongOperator),
        ),
        (
            "{item: capacity.hold_ttl, level: must, op: range, value: {min: 9, max: 3}}",
            Some(FaultCode::Contradiction),
        ),
        (
            "{item: capacity.hold_ttl, level: must, op: gte, value: 3, weight: 11}",
            Some(FaultCode::OutOfRange),
        ),
        (
            "{item: capacity.hold_ttl, level: must, op: gte, value: 3, accept: [{scheme: ismap, value: ismap}]}",
            Some(FaultCode::Contradiction),
        ),
        (
            "{item: legal.regimes, level: must, op: all_of, value: [gdpr], tolerance: 1}",
            Some(FaultCode::WrongType),
        ),
        (
            "{item: capacity.hold_support, level: must, op: gte, value: native, tolerance: 0.5}",
            Some(FaultCode::OutOfRange),
        ),
        ("{item: x-acme.thing, level: must, op: gte, value: [a]}", Some(FaultCode::WrongOperator)),
    ] {
        let text = requirement_with(item);
        match code {
            Some(code) => assert_eq!(one_fault(&text).code, code, "{item}"),
            None => assert_eq!(faults(&text).len(), 2, "op and value are both missing"),
        }
    }
    let slack = "{item: availability.service_uptime, level: must, op: gte, value: 99.9 %, tolerance: 0.05 %}";
    let requirement = parse_requirement(&requirement_with(slack)).unwrap();
    assert_eq!(requirement.spec.profiles.normal.items[0].tolerance, parse_decimal("0.0005"));
}

#[test]
fn market_fields_are_read() {
    let text = offer_with("{item: capacity.hold_ttl, value: 15 min, commitment: declared, evidence: [{type: published, source: \"https://a.example/sla\", date: 2013-07, note: read}]}")
        .replace("title: {en: A}", "title: {en: A}, description: {en: About it, ja: 説明}")
        .replace("country: JP}]}", "country: JP}], middleware: [PostgreSQL 16, {name: MySQL, version: 8.40}, Redis], apps: [WordPress 6.8], \
             images: [Debian 13, {name: Debian, version: 13, architecture: arm64}], recipes: [{name: Three nodes, installs: [PostgreSQL 17, {name: Patroni}]}]}")
        + "  price:
    monthlyTotal: {amount: \"14.20\", currency: EUR}
    perUnit: [{unit: vcpu-month, amount: 0.18, currency: EUR, per: 1000}]
";
    let offer = parse_offer(&text).unwrap();
    assert_eq!(offer.metadata.description.as_ref().unwrap().get(Locale::Ja), "説明");
    let middleware = &offer.spec.service.middleware;
    assert_eq!(
        middleware[0],
        Middleware { name: "PostgreSQL".to_owned(), version: Some("16".to_owned()) }
    );
    assert_eq!(middleware[1].version.as_deref(), Some("8.40"));
    assert_eq!(middleware[2].version, None);
    let service = &offer.spec.service;
    assert_eq!(service.apps[0].version.as_deref(), Some("6.8"));
    let images: Vec<_> =
        service.images.iter().map(|image| (image.name.as_str(), image.architecture)).collect();
    assert_eq!(images, [("Debian", None), ("Debian", Some(Architecture::Arm))]);
    let recipe = &service.recipes[0];
    assert_eq!((recipe.name.as_str(), recipe.installs.len()), ("Three nodes", 2));
    let price = offer.spec.price.as_ref().unwrap();
    assert_eq!(price.monthly_total.as_ref().unwrap().minor, 1420);
    assert_eq!((price.per_unit[0].minor, price.per_unit[0].per), (18, 1000));
    assert_eq!(offer.spec.items[0].value.as_number(), parse_decimal("900"));
    assert_eq!(offer.spec.items[0].evidence[0].date.as_ref().unwrap().as_str(), "2013-07");
    assert_eq!(parse_offer(&to_yaml(&offer)).unwrap(), offer);
    let fine = text.replace("0.18", "0.185");
    assert_eq!(one_fault(&fine).path, "/spec/price/perUnit/0/amount");
}

#[test]
fn extension_items_survive_round_trips() {
    for value in ["12.50", "true", "some text", "[b, a]"] {
        let text = offer_with(&format!(
            "{{item: x-acme.gpu_model, value: {value}, commitment: declared}}"
        ));
        let offer = parse_offer(&text).unwrap();
        assert_eq!(parse_offer(&to_yaml(&offer)).unwrap(), offer);
        assert_eq!(parse_offer(&to_json(&offer)).unwrap(), offer);
    }
}

#[test]
fn derived_items_are_noticed_in_offers() {
    let text = offer_with(
        "{item: performance.e2e_response_time, value: 1, percentile: 95, commitment: declared}",
    );
    assert_eq!(parse(&text).unwrap().notices[0].code, NoticeCode::DerivedDeclared);
    // Nobody writes a record of his own: it stays in the document and is no promise.
    let text = offer_with("{item: trust.observed_conformance, value: 1, commitment: declared}");
    let offer = parse_offer(&text).unwrap();
    assert_eq!(offer.spec.items.len(), 1);
    assert!(offer.item("trust.observed_conformance").is_none());
    assert_eq!(offer.promises().count(), 0);
}

#[test]
fn numbers_keep_their_digits_in_both_forms() {
    for digits in ["0.1", "0.99995", "0.999999999999999999999", "0.123456789012345678"] {
        let text = offer_with(&format!(
            "{{item: performance.batch_compliance, value: {digits}, commitment: declared}}"
        ));
        let offer = parse_offer(&text).unwrap();
        assert_eq!(offer.spec.items[0].value.as_number(), parse_decimal(digits));
        assert!(to_json(&offer).contains(&format!("\"value\": {digits}")));
        assert_eq!(parse_offer(&to_json(&offer)).unwrap(), offer);
        let value = serde_json::to_string(&offer).unwrap();
        assert_eq!(serde_json::from_str::<Offer>(&value).unwrap(), offer);
    }
    let text = offer_with("{item: performance.max_throughput, value: 1e6, commitment: declared}");
    assert_eq!(
        parse_offer(&text).unwrap().spec.items[0].value.as_number(),
        parse_decimal("1000000")
    );
}

#[test]
fn line_breaks_of_browsers_are_read_as_line_breaks() {
    let text = offer_with(
        "{item: capacity.hold_ttl, value: 1, commitment: declared, qualifying: \"a\\r\\nb\"}",
    );
    let offer = parse_offer(&text.replace('\n', "\r\n")).unwrap();
    assert_eq!(offer.spec.items[0].qualifying.as_deref(), Some("a\nb"));
    let other = offer_with(
        "{item: capacity.hold_ttl, value: 1, commitment: declared, qualifying: \"a\\0b\"}",
    );
    assert_eq!(one_fault(&other).code, FaultCode::ControlCharacter);
}

/// A document in which nearly everything is wrong, in as many ways as the reader knows.
const ALL_WRONG: &[&str] = &[
    "",
    "null",
    "[]",
    "\"\"",
    "7",
    "true",
    "{}",
    "- 1\n- 2\n- 3",
    "a: 1\na: 2",
    "{\"a\": ",
    "a: [1",
    "apiVersion: x\nkind: y\nmetadata: []\nspec: 1",
    "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer\nmetadata: {}\nspec: {}",
    "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\nmetadata: {name: 7, version: x, title: {en: '', '??': a}, supersedes: 9, validFrom: 2026, validUntil: no, provider: a b}\nspec: {userRegions: [], profiles: {normal: {items: 1}}}",
    "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer\nmetadata: {name: abc, version: 1, title: {en: \"a\\u0000b\", ja: 7}}\nspec: {service: {model: 1, deployment: [], regions: [{id: a b, country: jp}, {}]}, measurement: {calendar: x, timezone: '?', sliceSeconds: no, minOutageSeconds: -1}, items: [{}, 1, {item: no.such, value: 1, commitment: x}, {item: availability.service_uptime, value: 99.9, commitment: guaranteed, percentile: 0, window: x, remedy: {claim: x, schedule: []}}, {item: security.certifications, value: [], commitment: declared, percentile: 5, scheme: x, subLists: {other: 1}}, {item: network.assurance_class, value: {}, commitment: declared, subLists: {}}, {item: capacity.hold_ttl, value: fast, commitment: declared, evidence: [{type: published, date: x, periodStart: 2026, periodEnd: 2025}]}], price: {tier: 9, monthlyTotal: {amount: 0.5, currency: JPY}, perUnit: [{unit: x, amount: -1, currency: EUR}, {unit: vcpu-hour, amount: many, currency: DM}]}, networkToUsers: [{userRegion: xx, rttMs: 0}]}",
    "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\nmetadata: {name: abc, version: 1, title: {en: a}}\nspec: {userRegions: [JP], profiles: {normal: {items: [{item: availability.service_uptime, level: must}, {item: availability.service_uptime, level: must, op: all_of, value: x, weight: 11, tolerance: -1, percentile: p, minCommitment: x, maxAgeDays: 0, accept: [1]}, {item: security.certifications, level: must, op: all_of, value: 7, tolerance: 1}, {item: capacity.hold_ttl, level: x, op: range, value: {min: 2, max: 1}}, {item: x-a.b, level: must, op: range, value: 1}, {item: security.assurance_level, level: must, op: gte, value: x, scheme: none}]}}}}",
];

#[test]
fn every_fault_names_what_is_allowed_and_what_was_found_unless_it_is_missing() {
    let mut codes = std::collections::BTreeSet::new();
    for text in ALL_WRONG {
        let faults = parse(text).expect_err(text);
        for fault in &faults {
            codes.insert(fault.code);
            assert!(fault.allowed.iter().any(|one| !one.is_empty()), "{fault} of {text}");
            let absent = [
                FaultCode::Missing,
                FaultCode::Empty,
                FaultCode::EmptyText,
                FaultCode::Unsupported,
                FaultCode::Syntax,
            ];
            let told = fault.found.as_ref().is_some_and(|found| !found.is_empty());
            assert!(told || absent.contains(&fault.code), "{fault} of {text}");
        }
    }
    assert!(codes.len() > 15, "{codes:?}");
}

#[test]
fn what_is_no_mapping_is_told_as_no_document() {
    for (text, found) in [
        ("[]", "a list"),
        ("7", "7"),
        ("\"\"", "\"\""),
        ("words", "words"),
        ("true", "true"),
        ("[[]]", "a list"),
    ] {
        let fault = one_fault(text);
        assert_eq!((fault.path.as_str(), fault.code), ("", FaultCode::WrongType), "{text}");
        assert_eq!(fault.found.as_deref(), Some(found), "{text}");
        assert!(fault.allowed[0].contains("kind (ServiceLevelOffer or QualityRequirement)"));
    }
    for text in ["", "null", "---\n"] {
        let fault = one_fault(text);
        assert_eq!((fault.code, fault.expected), (FaultCode::Empty, Some(Expected::Document)));
    }
}

#[test]
fn a_control_character_is_named_and_not_called_missing() {
    let text = offer_with("{item: capacity.hold_ttl, value: 1, commitment: declared}")
        .replace("en: A", "en: \"A\\u0000B\"");
    let fault = one_fault(&text);
    assert_eq!(
        (fault.path.as_str(), fault.code),
        ("/metadata/title/en", FaultCode::ControlCharacter)
    );
    assert_eq!(fault.found.as_deref(), Some("U+0000"));
}

#[test]
fn images_and_recipes_stand_once_each() {
    let text = offer_with("{item: capacity.hold_ttl, value: 15 min, commitment: declared}").replace(
        "country: JP}]}",
        "country: JP}], images: [Debian 13, {name: Debian, version: 13}], recipes: [Nodes 1, Nodes 2]}",
    );
    let faults = parse_offer(&text).unwrap_err();
    let paths: Vec<&str> = faults.0.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["/spec/service/images/1", "/spec/service/recipes/1"]);
}
