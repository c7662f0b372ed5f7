//! Measures the search for `cargo xtask bench search`: texts in both languages, one answer with its counts and
//! one without, one thread, one JSON object a line. With `questions` instead of a folder it prints what it asks, for
//! another program to be asked the same.
//!
//! `measure FOLDER SIZE|all [DICTIONARY]`: FOLDER holds `en.jsonl` and `ja.jsonl` with `title` and `body`.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be made should stop"
)]

mod questions;

use domain::{Currency, OfferId};
use search::{Dictionary, Observed, OfferDocument, OfferIndex, SearchQuery};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// Measuring ends after so many rounds over all questions.
const ROUNDS: usize = 7;
/// Results of one answer.
const LIMIT: usize = 20;
const BATCH: usize = 5_000;

/// A text with a title.
struct Text {
    japanese: bool,
    title: String,
    body: String,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    if folder == "questions" {
        let asked = serde_json::json!({ "en": questions::ENGLISH, "ja": questions::JAPANESE });
        println!("{asked}");
        return;
    }
    let size = arguments.next().unwrap_or_else(|| "all".to_owned());
    let dictionary = arguments.next().map(|folder| Dictionary::open(Path::new(&folder)).unwrap());
    let mut texts = read(Path::new(&folder).join("en.jsonl").as_path(), false);
    texts.extend(read(Path::new(&folder).join("ja.jsonl").as_path(), true));
    let size = size.parse().unwrap_or(texts.len());
    let found = if dictionary.is_some() { "words" } else { "pairs" };
    let scratch = tempfile::tempdir().unwrap();
    let index = OfferIndex::open(scratch.path(), dictionary.map(Arc::new)).unwrap();
    let built = Instant::now();
    fill(&index, &texts, size);
    let name = format!("{}, {found}", short(size));
    say(&format!("build, {name}"), "s", &[built.elapsed().as_secs_f64()]);
    for (language, questions) in [("en", questions::ENGLISH), ("ja", questions::JAPANESE)] {
        let asked: Vec<SearchQuery> = questions.iter().map(|text| asking(text)).collect();
        for query in &asked {
            index.ids(query).unwrap();
        }
        let mut plain = Vec::new();
        for _ in 0..ROUNDS {
            for query in &asked {
                let start = Instant::now();
                index.ids(query).unwrap();
                plain.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        say(&format!("{language}: first {LIMIT}, {name}"), "ms", &plain);
        // Each round another market, so that no count is kept from the one before.
        let mut counted = Vec::new();
        for _ in 0..ROUNDS {
            index.publish("").unwrap();
            for query in &asked {
                let start = Instant::now();
                index.search(query).unwrap();
                counted.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        say(&format!("{language}: with all counts, {name}"), "ms", &counted);
    }
}

fn asking(text: &str) -> SearchQuery {
    SearchQuery { text: text.to_owned(), limit: LIMIT, ..SearchQuery::default() }
}

fn read(file: &Path, japanese: bool) -> Vec<Text> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let part = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap_or("").to_owned();
    lines
        .map(|line| Text { japanese, title: part(&line, "title"), body: part(&line, "body") })
        .collect()
}

/// Offers around the texts; past the last text they begin again.
fn fill(index: &OfferIndex, texts: &[Text], size: usize) {
    const MODELS: [&str; 4] = ["IaaS", "PaaS", "SaaS", "Network"];
    const COUNTRIES: [&str; 6] = ["JP", "DE", "US", "FR", "SG", "AU"];
    let mut number = 0;
    while number < size {
        let batch: Vec<OfferDocument> = (number..size.min(number + BATCH))
            .map(|number| {
                let text = &texts[number % texts.len()];
                let (en, ja) = if text.japanese {
                    ("", text.title.as_str())
                } else {
                    (text.title.as_str(), "")
                };
                OfferDocument {
                    id: OfferId(Uuid::from_u128(number as u128 + 1)),
                    title_en: en.to_owned(),
                    title_ja: ja.to_owned(),
                    names: Vec::new(),
                    body: vec![text.body.clone()],
                    middleware: vec![(
                        "PostgreSQL".to_owned(),
                        Some((14 + number % 4).to_string()),
                    )],
                    categories: Vec::new(),
                    attributes: Vec::new(),
                    numbers: Vec::new(),
                    machines: Vec::new(),
                    provider: format!("provider-{}", number % 50),
                    model: MODELS[number % MODELS.len()].to_owned(),
                    deployment: "public".to_owned(),
                    regions: vec![format!("region-{}", number % 80)],
                    countries: vec![COUNTRIES[number % COUNTRIES.len()].to_owned()],
                    certifications: vec!["iso27001".to_owned()],
                    regimes: vec!["gdpr".to_owned()],
                    hold: None,
                    observed: Observed::Unmeasured,
                    price: Some(((number as i64 * 7_919) % 5_000_000, Currency::Jpy)),
                    backed: number % 3 == 0,
                    published_at: number as i64,
                    members: None,
                }
            })
            .collect();
        number += batch.len();
        index.add(&batch).unwrap();
    }
    index.publish("").unwrap();
    index.compact().unwrap();
}

fn short(size: usize) -> String {
    format!("{}k", size / 1_000)
}

fn say(case: &str, unit: &str, values: &[f64]) {
    let line = serde_json::json!({ "case": case, "unit": unit, "values": values, "floor": null });
    println!("{line}");
}
