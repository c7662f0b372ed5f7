use crate::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn text() -> impl Strategy<Value = String> {
    // Anything readable; what is empty or holds invisible characters is refused on reading.
    prop_oneof![
        "[A-Za-z0-9 .:#,\\[\\]{}'\"&*!|>%@`~-]{1,30}"
            .prop_filter("blank", |t| !t.trim().is_empty()),
        "\\PC{1,30}"
            .prop_filter("blank", |t| !t.trim().is_empty() && crate::first_unseen(t).is_none()),
        Just("no".to_owned()),
        Just("1.3".to_owned()),
        Just("a\nb\tc".to_owned()),
        Just("か\u{3099} 葛\u{e0100} x\u{a0}y".to_owned()),
        Just("null".to_owned()),
    ]
}

fn words() -> impl Strategy<Value = Text> {
    (text(), text()).prop_map(|(en, ja)| Text::new(en, ja))
}

fn fraction() -> impl Strategy<Value = Decimal> {
    (0_i64..=1_000_000).prop_map(|n| Decimal::new(n, 6).normalize())
}

fn value_of(item: &'static ItemDef) -> BoxedStrategy<Value> {
    match &item.kind {
        ItemKind::Ratio => fraction().prop_map(Value::Number).boxed(),
        // From 1, the least PUE, to 168, the hours of a week.
        ItemKind::Duration | ItemKind::Number => {
            (1_000_i64..=168_000).prop_map(|n| Value::from(Decimal::new(n, 3))).boxed()
        }
        ItemKind::Level(words) => {
            (0..words.len()).prop_map(|i| Value::level(&words[i].key)).boxed()
        }
        ItemKind::SchemeLevel => Just(Value::level("moderate")).boxed(),
        ItemKind::Set(words) => proptest::sample::subsequence(
            words.iter().map(|w| w.key.clone()).collect::<Vec<_>>(),
            1..=3,
        )
        .prop_map(Value::set)
        .boxed(),
        ItemKind::Countries => {
            proptest::sample::subsequence(COUNTRIES, 1..=4).prop_map(Value::set).boxed()
        }
    }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (proptest::option::of(text()), proptest::option::of(text())).prop_map(|(note, scope)| {
        Evidence {
            kind: "published".to_owned(),
            source: Some("https://provider.example/sla".to_owned()),
            date: Date::parse("2026-03"),
            expires: Date::parse("2027-01-31"),
            note,
            scope,
            ..Evidence::default()
        }
    })
}

fn offer_item(item: &'static ItemDef) -> impl Strategy<Value = OfferItem> {
    let details = (
        proptest::option::of(text()),
        proptest::collection::vec(text(), 0..3),
        proptest::collection::vec(evidence(), 0..2),
        proptest::sample::select(Commitment::ALL),
    );
    (value_of(item), details, 1_i64..=1000).prop_map(move |(value, details, percentile)| {
        let (qualifying, exclusions, evidence, commitment) = details;
        let number = value.as_number();
        let remedy = number.map(|promised| Remedy {
            claim: Claim::OnRequest,
            claim_window_days: Some(30),
            cap: Some(Decimal::new(5, 1)),
            schedule: vec![Credit { below: promised, credit: Decimal::new(1, 1) }],
        });
        OfferItem {
            item: item.key.clone(),
            scheme: (item.kind == ItemKind::SchemeLevel).then(|| "us-fips199".to_owned()),
            commitment,
            percentile: number.map(|_| Decimal::new(percentile, 1).normalize()),
            window: Some("90d".to_owned()),
            transaction: Some("ref-web-1".to_owned()),
            qualifying,
            exclusions,
            vantage: Some(crate::Vantage::ProviderEdge),
            remedy,
            evidence,
            sub_lists: if item.kind.is_set() {
                [("backup".to_owned(), value.as_set().cloned().unwrap_or_default())].into()
            } else {
                Default::default()
            },
            tls_min: None,
            value,
        }
    })
}

fn items() -> impl Strategy<Value = Vec<&'static ItemDef>> {
    proptest::sample::subsequence(registry().items().iter().collect::<Vec<_>>(), 1..10)
}

fn metadata() -> impl Strategy<Value = Metadata> {
    (words(), proptest::option::of(words()), 2_u32..).prop_map(|(title, description, version)| {
        Metadata {
            name: "generated-document".to_owned(),
            provider: Some("did:web:provider.example".to_owned()),
            version,
            valid_from: Timestamp::parse("2026-10-01T00:00:00+09:00"),
            valid_until: None,
            supersedes: Some(version - 1),
            title,
            description,
            signature: None,
        }
    })
}

fn attributes(minor: i64) -> BTreeMap<String, crate::AttributeValue> {
    use crate::AttributeValue as Value;
    [
        ("engine", Value::Text("16".to_owned())),
        ("replicas", Value::Number(Decimal::new(minor, 3).normalize())),
        ("backup", Value::Boolean(minor % 2 == 0)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn machines(minor: i64) -> Vec<crate::MachineType> {
    let plain = crate::MachineType {
        name: "m1.small".to_owned(),
        vcpu: Decimal::new(25, 2),
        ram_gib: Decimal::from(2),
        disk_gib: (minor % 3 == 0).then(|| Decimal::from(80)),
        gpu: None,
        architecture: None,
        price: None,
    };
    let price = UnitPrice {
        unit: "instance-hour".to_owned(),
        from: 0,
        per: 1000,
        minor,
        currency: "USD".to_owned(),
    };
    let large = crate::MachineType {
        name: "g1".to_owned(),
        gpu: Some(crate::Gpu { count: 2, model: Some("L4".to_owned()) }),
        architecture: Some(crate::Architecture::Arm),
        price: Some(price),
        ..plain.clone()
    };
    if minor % 2 == 0 { vec![plain] } else { vec![plain, large] }
}

/// Each with and without an instruction set.
fn images(named: &[(String, Option<String>)]) -> Vec<crate::MachineImage> {
    let image = |(at, (name, version)): (usize, &(String, Option<String>))| crate::MachineImage {
        name: name.clone(),
        version: Some(format!("{at}.{}", version.as_deref().unwrap_or("0"))),
        architecture: (at % 2 == 1).then_some(crate::Architecture::Arm),
    };
    named.iter().enumerate().map(image).collect()
}

/// Each alone and with what it installs.
fn recipes(named: &[(String, Option<String>)]) -> Vec<crate::Recipe> {
    let install = |(name, version): &(String, Option<String>)| Middleware {
        name: name.clone(),
        version: version.clone(),
    };
    let recipe = |(at, (name, version)): (usize, &(String, Option<String>))| crate::Recipe {
        name: format!("{at} {name}"),
        version: version.clone(),
        installs: named.iter().take(at).map(install).collect(),
    };
    named.iter().enumerate().map(recipe).collect()
}

prop_compose! {
    pub(crate) fn offer()(items in items())(
        items in items.into_iter().map(|item| offer_item(item).boxed()).collect::<Vec<_>>(),
        metadata in metadata(),
        middleware in proptest::collection::vec((text(), proptest::option::of(text())), 0..3),
        minor in 0_i64..=i64::from(u32::MAX),
    ) -> Offer {
        Offer {
            metadata,
            spec: OfferSpec {
                service: Service {
                    model: ServiceModel::Iaas,
                    deployment: DeploymentModel::Hybrid,
                    category: Some("managed-database".to_owned()),
                    attributes: attributes(minor),
                    regions: vec![Region { id: "r-1".to_owned(), country: "NO".to_owned(), hazard_zone: None, location: Some(crate::Location { lat: Decimal::new(599_139, 4), lon: Decimal::new(-107_522, 4) }) }],
                    apps: middleware.iter().cloned().map(|(name, version)| Middleware { name, version }).collect(),
                    images: images(&middleware),
                    recipes: recipes(&middleware),
                    middleware: middleware.into_iter().map(|(name, version)| Middleware { name, version }).collect(),
                    machine_types: machines(minor),
                },
                measurement: Measurement {
                    calendar: "1M".to_owned(),
                    timezone: "Etc/UTC".to_owned(),
                    slice_seconds: 60,
                    min_outage_seconds: 0,
                    exclusions: vec!["customer-fault".to_owned()],
                    vantage: Some(crate::Vantage::BrokerProbes),
                },
                items,
                price: Some(Price {
                    tier: None,
                    basket: None,
                    monthly_total: Some(Amount { minor, currency: "EUR".to_owned(), tax_excluded: Some(true) }),
                    minimum: Some(Amount { minor, currency: "JPY".to_owned(), tax_excluded: None }),
                    one_time: Some(Amount { minor: minor / 2, currency: "EUR".to_owned(), tax_excluded: Some(false) }),
                    as_of: crate::Date::parse("2026-11-01"),
                    per_unit: [0, 100]
                        .map(|from| UnitPrice { unit: "vcpu-month".to_owned(), from, per: 10, minor, currency: "JPY".to_owned() })
                        .to_vec(),
                    limits: vec![crate::QuantityLimit {
                        unit: "vcpu-month".to_owned(),
                        least: (minor % 2 == 0).then_some(2),
                        most: Some(64),
                    }],
                    next: (minor % 3 == 0).then(|| crate::NextPrices {
                        valid_from: crate::Date::parse("2027-04-01").unwrap(),
                        monthly_total: Some(Amount { minor, currency: "GBP".to_owned(), tax_excluded: None }),
                        minimum: (minor % 2 == 0).then(|| Amount { minor, currency: "GBP".to_owned(), tax_excluded: None }),
                        one_time: None,
                        per_unit: vec![UnitPrice { unit: "egress-gb".to_owned(), from: 0, per: 1, minor, currency: "GBP".to_owned() }],
                    }),
                }),
                network_to_users: vec![NetworkPath { user_region: "NO".to_owned(), rtt_ms: Decimal::new(15, 1) }],
            },
        }
    }
}

prop_compose! {
    fn requirement()(items in items())(
        values in items.iter().map(|item| value_of(item)).collect::<Vec<_>>(),
        items in Just(items),
        metadata in metadata(),
        level in proptest::sample::select(Demand::ALL),
        weight in 0_i64..=1000,
    ) -> Requirement {
        let items = items.into_iter().zip(values).map(|(item, value)| RequirementItem {
            item: item.key.clone(),
            level,
            op: item.operators().first().copied(),
            percentile: value.as_number().map(|_| Decimal::from(95)),
            sub_lists: if item.operators().first() == Some(&crate::Operator::SubsetOf) {
                [("support".to_owned(), value.as_set().cloned().unwrap_or_default())].into()
            } else {
                Default::default()
            },
            value: Some(value),
            scheme: (item.kind == ItemKind::SchemeLevel).then(|| "us-fips199".to_owned()),
            accept: Vec::new(),
            tolerance: item.kind.is_number().then(|| Decimal::new(1, 3)),
            weight: Some(Decimal::new(weight, 2).normalize()),
            min_commitment: Some(Commitment::Attested),
            max_age_days: None,
            pair_with: Some("cost.tier".to_owned()),
        });
        let items: Vec<RequirementItem> = items.collect();
        let floor = |item: &RequirementItem| crate::Relaxed { item: item.item.clone(), floor: item.value.clone() };
        let relax = items.iter().take(2).map(floor).chain(items.iter().skip(2).take(1).map(|item| crate::Relaxed {
            item: item.item.clone(),
            floor: None,
        }));
        let relax = relax.collect();
        let normal = Profile { recovery_priority: None, relax: Vec::new(), items };
        let disaster = Profile { recovery_priority: Some(RecoveryPriority::SpeedFirst), relax, items: Vec::new() };
        Requirement {
            metadata,
            spec: RequirementSpec {
                emphasis: Some(Emphasis::Balanced),
                user_regions: vec!["NO".to_owned(), "JP".to_owned()],
                round_trips: Some(3),
                priority: None,
                profiles: Profiles { normal, overload: None, disaster: Some(disaster) },
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn generated_offers_round_trip(offer in offer()) {
        prop_assert_eq!(validate(&offer), Ok(()));
        prop_assert_eq!(parse_offer(&to_yaml(&offer)), Ok(offer.clone()), "{}", to_yaml(&offer));
        prop_assert_eq!(parse_offer(&to_json(&offer)), Ok(offer.clone()));
        prop_assert_eq!(parse_offer(&canonical_json(&offer)), Ok(offer.clone()));
        let value = serde_json::to_value(&offer).unwrap();
        prop_assert_eq!(serde_json::from_value::<Offer>(value).unwrap(), offer);
    }

    #[test]
    fn generated_requirements_round_trip(requirement in requirement()) {
        prop_assert_eq!(validate(&requirement), Ok(()));
        prop_assert_eq!(parse_requirement(&to_yaml(&requirement)), Ok(requirement.clone()));
        prop_assert_eq!(parse_requirement(&to_json(&requirement)), Ok(requirement.clone()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn any_change_of_an_example_is_read_or_refused(at in any::<proptest::sample::Index>(), cut in 0_usize..40, with in "[\\PC\\n]{0,8}") {
        for example in EXAMPLE_OFFERS.iter().chain(EXAMPLE_REQUIREMENTS) {
            let letters: Vec<char> = example.yaml.chars().collect();
            let at = at.index(letters.len());
            let rest = letters.iter().skip(at + cut);
            let text: String = letters.iter().take(at).copied().chain(with.chars()).chain(rest.copied()).collect();
            let _ = parse(&text);
        }
    }
}

#[test]
fn equal_documents_have_equal_canonical_json() {
    let offer = parse_offer(EXAMPLE_OFFERS[0].yaml).unwrap();
    let mut other = parse_offer(&to_yaml(&offer).replace("0.9995", "\"99.950 %\"")).unwrap();
    other.metadata.signature = None;
    assert_eq!(canonical_json(&offer), canonical_json(&other));
    assert!(
        canonical_json(&offer).starts_with("{\"apiVersion\":\"sla.kumoichi/v1alpha1\",\"kind\"")
    );
    other.metadata.version += 1;
    assert_ne!(canonical_json(&offer), canonical_json(&other));
}

#[test]
fn canonical_json_is_json_with_sorted_keys() {
    for example in EXAMPLE_OFFERS.iter().chain(EXAMPLE_REQUIREMENTS) {
        let canonical = canonical_json(&parse_documents(example.yaml).unwrap()[0]);
        // serde_json keeps objects sorted, so it prints the keys in the same order.
        let value: serde_json::Value = serde_json::from_str(&canonical).unwrap();
        let keys = |text: &str| text.split('"').map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(keys(&value.to_string()), keys(&canonical));
        assert_eq!(value.to_string().len(), canonical.len());
    }
}

#[test]
fn documents_changed_in_code_are_checked_by_the_same_rules() {
    let mut offer = parse_offer(EXAMPLE_OFFERS[2].yaml).unwrap();
    offer.spec.items[0].remedy = None;
    offer.metadata.name = "X".to_owned();
    let faults = validate(&offer).unwrap_err();
    let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["/metadata/name", "/spec/items/0/remedy"]);
}

#[test]
fn yaml_is_quoted_where_readers_differ() {
    let mut offer = parse_offer(EXAMPLE_OFFERS[2].yaml).unwrap();
    offer.spec.service.regions[0].country = "NO".to_owned();
    offer.metadata.title = Text::new("- a: b # c", "雲 \"市\"");
    let yaml = to_yaml(&offer);
    assert!(yaml.contains("country: \"NO\""));
    assert!(yaml.contains("en: \"- a: b # c\""));
    assert!(yaml.contains("value: [iso27001]"));
    assert_eq!(parse_offer(&yaml), Ok(offer));
}
