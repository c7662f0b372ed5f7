//! F7.1.3: the search is judged by hand: what a reader asks in English and Japanese, and which offers of the demo
//! market would content that reader. Printed with and without the Japanese dictionary.

#![allow(clippy::print_stdout, reason = "the figures are printed for people")]

use broker::market::MarketQuery;
use broker::{Broker, OpContext};
use domain::{ManualClock, Timestamp};
use search::{Dictionary, IPADIC_SOURCE};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use testkit::{Engine, TestDatabase};

mod collected;

const JUDGEMENTS: &str = include_str!("judgements.tsv");
/// Results that count.
const DEPTH: usize = 10;
/// The least mean nDCG that is accepted, a little below what is reached.
const LEAST: [(&str, f64, f64); 2] = [("en", 0.90, 0.90), ("ja", 0.90, 0.85)];

struct Judged {
    language: &'static str,
    is_item: bool,
    query: &'static str,
    grades: BTreeMap<&'static str, u32>,
}

fn judged() -> Vec<Judged> {
    let lines = JUDGEMENTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &'static str| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (language, kind, query) = (next(), next(), next());
        let grade = |text: &'static str| {
            let (name, grade) = text.split_once('=').expect("name=grade");
            (name, grade.parse().expect("a grade"))
        };
        let grades = next().split_whitespace().map(grade).collect();
        Judged { language, is_item: kind == "item", query, grades }
    };
    lines.map(read).collect()
}

/// The compiled dictionary; `None` where its package is not installed.
fn dictionary() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ipadic");
    if Dictionary::open(&folder).is_ok() {
        return Some(folder);
    }
    if !Dictionary::is_source(Path::new(IPADIC_SOURCE)) {
        return None;
    }
    Dictionary::build(Path::new(IPADIC_SOURCE), &folder).expect("compiles");
    Some(folder)
}

async fn market(database: &TestDatabase, dictionary_dir: Option<PathBuf>) -> Broker {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_793_500_000)));
    let mut parts = testkit::broker_parts(database, clock, 0);
    parts.config.dictionary_dir = dictionary_dir;
    let broker = Broker::open(parts).await.unwrap();
    broker.seed_demo(&OpContext::system("seed"), &Default::default()).await.unwrap();
    broker
}

/// Names of the offers in the order they are found.
async fn found(broker: &Broker, query: &str) -> Vec<String> {
    let ctx = OpContext::stranger("test");
    let asked = MarketQuery {
        text: query.to_owned(),
        per_page: u32::try_from(DEPTH).unwrap(),
        ..MarketQuery::default()
    };
    let page = broker.browse(&ctx, &asked).await.unwrap();
    let mut names = Vec::new();
    for card in &page.items {
        names.push(broker.offer(&ctx, card.id).await.unwrap().document.metadata.name);
    }
    names
}

/// Discounted gain of the first results beside the best order of the judged offers.
fn ndcg(found: &[String], grades: &BTreeMap<&'static str, u32>) -> f64 {
    if grades.is_empty() {
        return if found.is_empty() { 1.0 } else { 0.0 };
    }
    let gain = |grade: u32| f64::from((1_u32 << grade) - 1);
    let sum = |grades: &mut dyn Iterator<Item = u32>| -> f64 {
        let places = grades.take(DEPTH).zip(2_u32..);
        places.map(|(grade, place)| gain(grade) / f64::from(place).log2()).sum()
    };
    let mut best: Vec<u32> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let mut ours = found.iter().map(|name| grades.get(name.as_str()).copied().unwrap_or(0));
    sum(&mut ours) / sum(&mut best.into_iter())
}

/// Mean over the queries of a language; known items that do not come first are listed.
async fn judge(broker: &Broker, language: &str, missed: &mut Vec<String>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for judged in judged().iter().filter(|judged| judged.language == language) {
        let found = found(broker, judged.query).await;
        let value = ndcg(&found, &judged.grades);
        if value < 0.8 {
            println!("   {language} {value:.2} {:<40} {}", judged.query, found.join(" "));
        }
        let first = found.first().and_then(|name| judged.grades.get(name.as_str()));
        if judged.is_item && first != Some(&3) {
            missed.push(format!("{language}: {}: {found:?}", judged.query));
        }
        (sum, count) = (sum + value, count + 1.0);
    }
    assert!(count >= 60.0, "{language}: only {count} judged queries");
    sum / count
}

#[tokio::test]
async fn f7_1_3_the_offers_a_reader_is_content_with_come_first() {
    let database = TestDatabase::create(Engine::Sqlite).await;
    let plain = market(&database, None).await;
    let with = match dictionary() {
        Some(folder) => Some(market(&database, Some(folder)).await),
        None => {
            println!("without a dictionary only: the package mecab-ipadic is not installed");
            None
        }
    };
    let mut missed = Vec::new();
    for (language, least, least_plain) in LEAST {
        let value = judge(&plain, language, &mut missed).await;
        println!("nDCG@{DEPTH} {language} without a dictionary: {value:.3}");
        assert!(value >= least_plain, "{language}: {value}");
        if let Some(with) = &with {
            let value = judge(with, language, &mut missed).await;
            println!("nDCG@{DEPTH} {language} with the dictionary: {value:.3}");
            assert!(value >= least, "{language}: {value}");
        }
    }
    database.remove().await;
    assert!(missed.is_empty(), "known items that do not come first: {missed:#?}");
}
