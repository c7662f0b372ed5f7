//! A synthetic market of any size, the same every time: drafts turned into offer documents.
//!
//! Offer number `n` depends on the seed and on `n` alone, so a larger market begins with the
//! smaller one. Values follow `ladders`, places and companies `places`, words `words`.

use super::draft::{Credit, Draft, Promise, Value, draw};
use super::ladders::Digits;
use super::places::{COMPANIES, COUNTRIES, Company};
use super::words::{EDITIONS, GRADE_SENTENCES, GRADES};
use super::{Backing, BilingualText, DemoProvider};
use rust_decimal::Decimal;
use sla::{
    Amount, Claim, Commitment, DeploymentModel, Measurement, Metadata, Middleware, NetworkPath,
    Offer, OfferItem, OfferSpec, Price, Region, Remedy, Service, ServiceModel, Text, Timestamp,
    UnitPrice,
};
use std::collections::BTreeMap;

/// The first `count` offers of the market `seed`; names are unique, providers are those of
/// [`synthetic_providers`].
pub fn synthetic_offers(count: u32, seed: u64) -> impl Iterator<Item = Offer> {
    (0..count).map(move |index| offer(&draw(index, seed)))
}

/// The 40 companies of the synthetic market; none exists, all are catalogue only.
#[must_use]
pub fn synthetic_providers() -> Vec<DemoProvider> {
    COMPANIES.iter().map(provider).collect()
}

fn provider(company: &Company) -> DemoProvider {
    let home = &COUNTRIES[company.home];
    let [city_en, city_ja] = home.cities[0].name;
    DemoProvider {
        id: company.slug.to_owned(),
        name: BilingualText { en: company.name[0].to_owned(), ja: company.name[1].to_owned() },
        country: home.code.to_owned(),
        homepage: format!("https://{}.example", company.slug),
        did: did(company),
        description: BilingualText {
            en: format!("An invented provider in {city_en}, made for trying the market at size."),
            ja: format!("{city_ja}の架空の事業者です。大きな市場を試すために作りました。"),
        },
        backing: Backing::CatalogueOnly,
    }
}

fn did(company: &Company) -> String {
    format!("did:web:{}.example", company.slug)
}

fn offer(draft: &Draft) -> Offer {
    Offer { metadata: metadata(draft), spec: spec(draft) }
}

fn metadata(draft: &Draft) -> Metadata {
    let (year, month) = draft.valid_from;
    let [provider_en, provider_ja] = draft.company.name;
    let [edition_en, edition_ja] = EDITIONS[draft.edition];
    let [grade_en, grade_ja] = GRADES[draft.grade];
    let [noun_en, noun_ja] = draft.product.noun;
    let [purpose_en, purpose_ja] = draft.product.purpose;
    let [use_en, use_ja] = GRADE_SENTENCES[draft.grade];
    let [city_en, city_ja] = draft.regions[0].1.name;
    Metadata {
        name: format!("{}-{}-{:05}", draft.company.slug, draft.product.slug, draft.index),
        provider: Some(did(draft.company)),
        version: draft.version,
        valid_from: Timestamp::parse(&format!("{year}-{month:02}-01T00:00:00Z")),
        valid_until: None,
        supersedes: (draft.version > 1).then(|| draft.version - 1),
        title: Text::new(
            format!("{provider_en} {edition_en}: {grade_en} {noun_en}"),
            format!("{provider_ja} {edition_ja} {grade_ja}{noun_ja}"),
        ),
        description: Some(Text::new(
            format!("{purpose_en} {use_en} Runs in {city_en}."),
            format!("{purpose_ja}{use_ja}{city_ja}で運用します。"),
        )),
        signature: None,
    }
}

fn spec(draft: &Draft) -> OfferSpec {
    let regions = draft.regions.iter().map(|(country, city)| Region {
        id: format!("{}-{}", country.code.to_ascii_lowercase(), city.slug),
        country: country.code.to_owned(),
        hazard_zone: Some(city.hazard_zone.to_owned()),
        location: None,
    });
    OfferSpec {
        service: Service {
            model: ServiceModel::from_word(draft.model).unwrap_or(ServiceModel::Iaas),
            deployment: DeploymentModel::from_word(draft.deployment)
                .unwrap_or(DeploymentModel::Public),
            category: None,
            attributes: BTreeMap::new(),
            regions: regions.collect(),
            middleware: draft.middleware.iter().copied().map(middleware).collect(),
            apps: Vec::new(),
            images: Vec::new(),
            recipes: Vec::new(),
            machine_types: Vec::new(),
        },
        measurement: Measurement {
            calendar: "1M".to_owned(),
            timezone: COUNTRIES[draft.company.home].timezone.to_owned(),
            slice_seconds: 60,
            min_outage_seconds: draft.min_outage_s,
            exclusions: Vec::new(),
            vantage: None,
        },
        items: draft.promises.iter().map(|promise| item(promise, draft)).collect(),
        price: Some(price(draft)),
        network_to_users: draft
            .round_trips
            .iter()
            .map(|(region, rtt_ms)| NetworkPath {
                user_region: (*region).to_owned(),
                rtt_ms: Decimal::from(*rtt_ms),
            })
            .collect(),
    }
}

/// "PostgreSQL 16" as name and version; a last word without a digit belongs to the name.
fn middleware(text: &str) -> Middleware {
    match text.rsplit_once(' ') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => {
            Middleware { name: name.to_owned(), version: Some(version.to_owned()) }
        }
        _ => Middleware { name: text.to_owned(), version: None },
    }
}

fn item(promise: &Promise, draft: &Draft) -> OfferItem {
    let uptime = promise.item == "availability.service_uptime";
    let encrypted = promise.item == "security.intercloud_encryption"
        && promise.value != Value::Level("credentials_only");
    OfferItem {
        item: promise.item.to_owned(),
        value: value(&promise.value),
        scheme: promise.scheme.map(str::to_owned),
        commitment: Commitment::from_word(promise.commitment).unwrap_or(Commitment::Declared),
        percentile: promise.measured.then(|| Decimal::from(95)),
        window: (promise.item == "availability.mttr").then(|| "90d".to_owned()),
        transaction: promise.measured.then(|| "ref-web-1".to_owned()),
        qualifying: None,
        exclusions: if uptime { vec!["announced-maintenance".to_owned()] } else { Vec::new() },
        vantage: None,
        remedy: if uptime { remedy(&draft.credits, draft.automatic_claim) } else { None },
        evidence: Vec::new(),
        sub_lists: BTreeMap::new(),
        tls_min: encrypted.then(|| "1.3".to_owned()),
    }
}

fn value(value: &Value) -> sla::Value {
    match value {
        Value::Number(digits) => sla::Value::from(decimal(*digits)),
        Value::Level(level) => sla::Value::level(*level),
        Value::Set(members) => sla::Value::set(members.iter().copied()),
    }
}

fn decimal((digits, places): Digits) -> Decimal {
    Decimal::new(digits, places).normalize()
}

fn remedy(credits: &[Credit], automatic: bool) -> Option<Remedy> {
    (!credits.is_empty()).then(|| Remedy {
        claim: if automatic { Claim::Automatic } else { Claim::OnRequest },
        claim_window_days: (!automatic).then_some(60),
        cap: None,
        schedule: credits
            .iter()
            .map(|(below, percent)| sla::Credit {
                below: decimal(*below),
                credit: decimal((*percent, 2)),
            })
            .collect(),
    })
}

/// Yen for one unit of a currency in the synthetic market, fixed for ever; and its minor digits.
fn rate(currency: &str) -> (i64, i64) {
    match currency {
        "EUR" => (160, 100),
        "GBP" => (190, 100),
        "USD" => (150, 100),
        _ => (1, 1),
    }
}

/// The cost class of a monthly total in yen.
fn tier(yen: i64) -> &'static str {
    match yen {
        ..25_000 => "1",
        25_000..70_000 => "2",
        70_000..150_000 => "3",
        150_000..320_000 => "4",
        _ => "5",
    }
}

/// The total is in whole major units; the parts are shares of it in thousandths of a percent.
fn price(draft: &Draft) -> Price {
    let currency = COUNTRIES[draft.company.home].currency;
    let (yen, minor) = rate(currency);
    let total = draft.monthly_yen / yen * minor;
    let parts: &[(&str, i64)] = match draft.model {
        "SaaS" => &[("user-month", 900), ("storage-gb-month", 40)],
        "Network" => &[("link-month", 60_000), ("mbit-month", 200)],
        _ => &[("vcpu-month", 4_500), ("ram-gib-month", 800), ("storage-gb-month", 30)],
    };
    Price {
        limits: Vec::new(),
        tier: Some(tier(draft.monthly_yen).to_owned()),
        basket: Some("ref-basket-1".to_owned()),
        monthly_total: Some(Amount {
            minor: total,
            currency: currency.to_owned(),
            tax_excluded: Some(true),
        }),
        minimum: None,
        one_time: None,
        as_of: None,
        next: None,
        per_unit: parts
            .iter()
            .map(|(unit, share)| UnitPrice {
                from: 0,
                unit: (*unit).to_owned(),
                per: 1,
                minor: (total * share / 100_000).max(1),
                currency: currency.to_owned(),
            })
            .collect(),
    }
}
