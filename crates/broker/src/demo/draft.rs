//! Synthetic offers before they become documents: plain values chosen by the stream of numbers.

use super::ladders::{
    BANDWIDTH, CERTIFICATES, Digits, IDENTITY, LEVELS, LOG_TYPES, LevelLadder, NETWORK_CLASS,
    NUMBERS, NumberLadder, PRICE_YEN, RUNGS, Scope, UPTIME,
};
use super::places::{COMPANIES, COUNTRIES, City, Company, Country, Zone};
use super::random::SplitMix64;
use super::words::{EDITIONS, GRADES, INFRASTRUCTURE, NETWORK, PLATFORM, Product, SOFTWARE};

/// One promise of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) item: &'static str,
    pub(super) value: Value,
    pub(super) commitment: &'static str,
    pub(super) scheme: Option<&'static str>,
    /// Stated at p95 of the reference transaction `ref-web-1`.
    pub(super) measured: bool,
}

/// The value of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(Digits),
    Level(&'static str),
    Set(Vec<&'static str>),
}

/// Credit in percent once uptime falls below the digits.
pub(super) type Credit = (Digits, i64);

/// Everything chosen for one offer.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) index: u32,
    pub(super) company: &'static Company,
    pub(super) model: &'static str,
    pub(super) deployment: &'static str,
    pub(super) product: &'static Product,
    pub(super) grade: usize,
    pub(super) edition: usize,
    pub(super) version: u32,
    /// Year and month from which it holds.
    pub(super) valid_from: (u32, u32),
    pub(super) regions: Vec<(&'static Country, &'static City)>,
    pub(super) middleware: Vec<&'static str>,
    pub(super) min_outage_s: u32,
    pub(super) promises: Vec<Promise>,
    pub(super) credits: Vec<Credit>,
    pub(super) automatic_claim: bool,
    /// Monthly total in yen before conversion; the tier follows from it.
    pub(super) monthly_yen: i64,
    pub(super) round_trips: Vec<(&'static str, u32)>,
}

/// Draws offer number `index` of the market `seed`.
pub(super) fn draw(index: u32, seed: u64) -> Draft {
    let mut random = SplitMix64::stream(seed, u64::from(index));
    let company = random.pick(COMPANIES);
    let home = &COUNTRIES[company.home];
    let (model, products) =
        [("IaaS", INFRASTRUCTURE), ("PaaS", PLATFORM), ("SaaS", SOFTWARE), ("Network", NETWORK)]
            [random.weighted(&[38, 30, 20, 12])];
    let product = random.pick(products);
    let deployment =
        ["public", "community", "private", "hybrid"][random.weighted(&[70, 12, 12, 6])];
    let grade = random.weighted(&[15, 25, 30, 20, 10]);
    let regions = draw_regions(&mut random, home);
    let mut promises = Vec::with_capacity(40);
    let credits = draw_uptime(&mut random, grade, &mut promises);
    draw_ladders(&mut random, model, grade, &mut promises);
    draw_network(&mut random, grade, &mut promises);
    draw_sets(&mut random, model, grade, home, &regions, &mut promises);
    withdraw_some(&mut random, &mut promises);
    push_set(&mut promises, "legal.governing_law", vec![home.code], "guaranteed");
    let round_trips = draw_round_trips(&mut random, regions[0].0.zone);
    let kept = random.between(1, u32::try_from(product.middleware.len()).unwrap_or(1));
    Draft {
        index,
        company,
        model,
        deployment,
        product,
        grade,
        edition: random.below(10) as usize % EDITIONS.len(),
        version: random.between(1, 9),
        valid_from: (random.between(2025, 2026), random.between(1, 10)),
        middleware: product.middleware.iter().take(kept as usize).copied().collect(),
        min_outage_s: *random.pick(&[0, 60, 60, 180, 300]),
        monthly_yen: PRICE_YEN[rung(&mut random, grade)] * i64::from(random.between(70, 140)) / 100,
        automatic_claim: random.chance(40),
        regions,
        promises,
        credits,
        round_trips,
    }
}

/// One to three cities at home; one offer in six also stands in a second country of the zone.
fn draw_regions(
    random: &mut SplitMix64,
    home: &'static Country,
) -> Vec<(&'static Country, &'static City)> {
    let first = random.below(u32::try_from(home.cities.len()).unwrap_or(1)) as usize;
    let wanted = [1, 2, 3][random.weighted(&[55, 35, 10])].min(home.cities.len());
    let mut regions: Vec<_> =
        (0..wanted).map(|step| (home, &home.cities[(first + step) % home.cities.len()])).collect();
    if random.chance(16) {
        let abroad: Vec<&'static Country> = COUNTRIES
            .iter()
            .filter(|country| country.zone == home.zone && country.code != home.code)
            .collect();
        if !abroad.is_empty() {
            let country = *random.pick(&abroad);
            regions.push((country, random.pick(country.cities)));
        }
    }
    regions
}

/// The rung for a grade, moved by chance; the middle three in five times.
fn rung(random: &mut SplitMix64, grade: usize) -> usize {
    (grade + random.weighted(&[20, 60, 20])).min(RUNGS - 1)
}

/// Uptime with its credit steps; one offer in seven only states it as an objective.
fn draw_uptime(random: &mut SplitMix64, grade: usize, promises: &mut Vec<Promise>) -> Vec<Credit> {
    let value = UPTIME[rung(random, grade)];
    let guaranteed = random.chance(86);
    let commitment = if guaranteed { "guaranteed" } else { "objective" };
    push(promises, "availability.service_uptime", Value::Number(value), commitment);
    if !guaranteed {
        return Vec::new();
    }
    let below: &[Credit] =
        if value.1 == 2 { &[((95, 2), 30)] } else { &[((99, 2), 25), ((95, 2), 100)] };
    let steps = random.between(0, u32::try_from(below.len()).unwrap_or(0)) as usize;
    let mut credits = vec![(value, 10)];
    credits.extend_from_slice(&below[..steps]);
    credits
}

fn draw_ladders(random: &mut SplitMix64, model: &str, grade: usize, promises: &mut Vec<Promise>) {
    for NumberLadder { item, scope, rungs, common, measured } in NUMBERS {
        let (chosen, published) = (rung(random, grade), random.chance(*common));
        let commitment = number_commitment(random, chosen);
        if published && applies(*scope, model) {
            push(promises, item, Value::Number(rungs[chosen]), commitment);
            if let Some(last) = promises.last_mut() {
                last.measured = *measured;
            }
        }
    }
    for LevelLadder { item, scope, rungs, common } in LEVELS {
        let (chosen, published) = (rung(random, grade), random.chance(*common));
        let commitment = if random.chance(35) { "guaranteed" } else { "declared" };
        if published && applies(*scope, model) {
            push(promises, item, Value::Level(rungs[chosen]), commitment);
        }
    }
    let holds = promises.iter().any(|promise| {
        promise.item == "capacity.hold_support" && promise.value != Value::Level("none")
    });
    promises.retain(|promise| holds || promise.item != "capacity.hold_ttl");
}

/// Strong numbers are guaranteed more often than weak ones.
fn number_commitment(random: &mut SplitMix64, rung: usize) -> &'static str {
    let percent = [5, 10, 20, 35, 50, 60, 70][rung];
    if random.chance(percent) { "guaranteed" } else { "objective" }
}

fn applies(scope: Scope, model: &str) -> bool {
    match scope {
        Scope::All => true,
        Scope::Compute => model == "IaaS" || model == "PaaS",
        Scope::Software => model == "SaaS",
        Scope::Stored => model != "Network",
    }
}

fn draw_network(random: &mut SplitMix64, grade: usize, promises: &mut Vec<Promise>) {
    let chosen = rung(random, grade);
    let class = NETWORK_CLASS[chosen];
    let commitment = if chosen < 4 { "declared" } else { "guaranteed" };
    push(promises, "network.assurance_class", Value::Level(class), commitment);
    if chosen >= 4 {
        let bandwidth = Value::Number((BANDWIDTH[chosen], 0));
        push(promises, "network.bandwidth", bandwidth, commitment);
    }
}

fn draw_sets(
    random: &mut SplitMix64,
    model: &str,
    grade: usize,
    home: &'static Country,
    regions: &[(&'static Country, &'static City)],
    promises: &mut Vec<Promise>,
) {
    let mut certificates = first(CERTIFICATES, random.below(2) as usize + grade);
    if random.chance(25 * u32::try_from(grade).unwrap_or(0)) {
        certificates.extend(home.certificates.iter().take(1 + grade / 3));
    }
    push_set(promises, "security.certifications", certificates, "attested");
    let (scheme, levels) = home.assurance;
    if !levels.is_empty() && random.chance(20 * u32::try_from(grade).unwrap_or(0)) {
        let level = levels[(grade * levels.len() / GRADES.len()).min(levels.len() - 1)];
        push(promises, "security.assurance_level", Value::Level(level), "attested");
        if let Some(last) = promises.last_mut() {
            last.scheme = Some(scheme);
        }
    }
    let reports: &[&str] = match grade {
        0 | 1 => &[],
        2 => &["iso27001-audit"],
        3 => &["soc2-type1", "iso27001-audit"],
        _ => &["soc2-type2", "isae3402-type2"],
    };
    push_set(promises, "audit.attestations", reports.to_vec(), "attested");
    let mut places: Vec<&str> = regions.iter().map(|(country, _)| country.code).collect();
    places.sort_unstable();
    places.dedup();
    let located = if random.chance(60) { "guaranteed" } else { "declared" };
    push_set(promises, "security.data_location", places, located);
    push_set(
        promises,
        "security.log_types",
        first(LOG_TYPES, 1 + grade + random.below(3) as usize),
        "declared",
    );
    push_set(promises, "legal.regimes", home.regimes.to_vec(), "declared");
    if model == "SaaS" {
        push_set(promises, "identity.protocols", first(IDENTITY, grade), "declared");
    }
}

fn first(list: &[&'static str], count: usize) -> Vec<&'static str> {
    list.iter().take(count).copied().collect()
}

/// Leaves about one item in twenty undeclared. The governing law comes later: every contract has one.
fn withdraw_some(random: &mut SplitMix64, promises: &mut Vec<Promise>) {
    promises.retain(|_| !random.chance(5));
}

fn draw_round_trips(random: &mut SplitMix64, zone: Zone) -> Vec<(&'static str, u32)> {
    ["JP", "DE", "US"]
        .into_iter()
        .zip(zone.round_trips_ms())
        .map(|(region, typical)| (region, typical + random.below(1 + typical / 4)))
        .collect()
}

fn push(promises: &mut Vec<Promise>, item: &'static str, value: Value, commitment: &'static str) {
    promises.push(Promise { item, value, commitment, scheme: None, measured: false });
}

/// Declares a set, unless it is empty: an empty promise is none.
fn push_set(
    promises: &mut Vec<Promise>,
    item: &'static str,
    members: Vec<&'static str>,
    commitment: &'static str,
) {
    if !members.is_empty() {
        push(promises, item, Value::Set(members), commitment);
    }
}
