//! The same over collected texts, which are not part of the repository: descriptions of packages in both languages
//! and of services for one's own server. Found as the benchmark finds them (`KUMOICHI_TEXTS`, or `shared/data/text`
//! beside the repository); without them the test says so and ends.

use super::{DEPTH, dictionary, ndcg};
use domain::OfferId;
use search::{Dictionary, Observed, OfferDocument, OfferIndex, SearchQuery};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use uuid::Uuid;

const JUDGEMENTS: &str = include_str!("collected.tsv");
/// Of the English packages those that a market of clouds would have, too.
const SECTIONS: [&str; 9] =
    ["admin", "database", "httpd", "mail", "net", "web", "vcs", "kernel", "utils"];
/// The least mean nDCG that is accepted with and without the dictionary, a little below what is reached.
const LEAST: [(&str, f64, f64); 2] = [("en", 0.63, 0.63), ("ja", 0.64, 0.66)];

/// A text and what it is called.
struct Text {
    name: String,
    title: String,
    body: String,
}

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("KUMOICHI_TEXTS").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = root.ancestors().map(|above| above.join("shared/data/text"));
    let mut places = named.into_iter().chain(beside);
    places.find(|folder| folder.join("debian_bookworm_en.jsonl.gz").is_file())
}

fn read(file: &Path, sections: Option<&[&str]>) -> Vec<Text> {
    let plain = if file.extension().is_some_and(|ending| ending == "gz") {
        let output = Command::new("gzip").arg("-dc").arg(file).output().expect("gzip runs");
        assert!(output.status.success(), "{}", file.display());
        String::from_utf8(output.stdout).expect("UTF-8")
    } else {
        std::fs::read_to_string(file).expect("a file of texts")
    };
    let mut texts = Vec::new();
    for line in plain.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let part = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let section = part("section");
        if sections.is_none_or(|sections| sections.contains(&section.as_str())) {
            let body = format!("{}{}", part("body"), part("description"));
            texts.push(Text { name: part("name"), title: part("title"), body });
        }
    }
    texts
}

fn document(number: u128, text: &Text, language: &str) -> OfferDocument {
    let (title_en, title_ja) = match language {
        "en" => (text.title.clone(), String::new()),
        _ => (String::new(), text.title.clone()),
    };
    OfferDocument {
        id: OfferId(Uuid::from_u128(number)),
        title_en,
        title_ja,
        names: vec![text.name.clone()],
        body: vec![text.body.clone()],
        middleware: Vec::new(),
        categories: Vec::new(),
        attributes: Vec::new(),
        numbers: Vec::new(),
        machines: Vec::new(),
        provider: String::new(),
        model: String::new(),
        deployment: String::new(),
        regions: Vec::new(),
        countries: Vec::new(),
        certifications: Vec::new(),
        regimes: Vec::new(),
        hold: None,
        observed: Observed::Unmeasured,
        price: None,
        backed: false,
        published_at: 0,
        members: None,
    }
}

fn index(texts: &[Text], language: &str, dictionary: Option<&Path>) -> OfferIndex {
    let dictionary = dictionary.map(|folder| Arc::new(Dictionary::open(folder).expect("opens")));
    let index = OfferIndex::in_memory(dictionary).unwrap();
    let documents: Vec<OfferDocument> =
        texts.iter().zip(1..).map(|(text, number)| document(number, text, language)).collect();
    index.apply(&documents, &[], "").unwrap();
    index
}

/// Mean over the questions of a language; items that do not come first are listed.
fn judge(index: &OfferIndex, texts: &[Text], language: &str, missed: &mut Vec<String>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for line in JUDGEMENTS.lines().filter(|line| line.starts_with(language)) {
        let mut columns = line.split('\t').skip(1);
        let (kind, question) = (columns.next().unwrap(), columns.next().unwrap());
        let graded = columns.next().unwrap().split("; ").map(|one| one.rsplit_once('=').unwrap());
        let grades: BTreeMap<&str, u32> =
            graded.map(|(name, grade)| (name, grade.parse().unwrap())).collect();
        for name in grades.keys() {
            assert!(texts.iter().any(|text| text.name == *name), "{question}: no text `{name}`");
        }
        let asked =
            SearchQuery { text: question.to_owned(), limit: DEPTH, ..SearchQuery::default() };
        let ids = index.ids(&asked).unwrap();
        let name = |id: &OfferId| texts[usize::try_from(id.0.as_u128()).unwrap() - 1].name.clone();
        let found: Vec<String> = ids.iter().map(name).collect();
        let value = ndcg(&found, &grades);
        if value < 0.5 {
            println!("   {language} {value:.2} {question}: {}", found.join(", "));
        }
        if kind == "item" && found.first().and_then(|name| grades.get(name.as_str())) != Some(&3) {
            missed.push(format!("{language}: {question}: {found:?}"));
        }
        (sum, count) = (sum + value, count + 1.0);
    }
    assert!(count >= 25.0, "{language}: only {count} judged questions");
    sum / count
}

#[test]
fn f7_1_3_questions_to_collected_texts_bring_what_was_looked_for() {
    let Some(folder) = folder() else {
        println!("no collected texts (KUMOICHI_TEXTS or ../shared/data/text): not judged");
        return;
    };
    let mut english = read(&folder.join("debian_bookworm_en.jsonl.gz"), Some(&SECTIONS));
    english.extend(read(&folder.join("awesome_selfhosted.jsonl"), None));
    let japanese = read(&folder.join("debian_bookworm_ja.jsonl.gz"), None);
    let compiled = dictionary();
    let mut missed = Vec::new();
    for ((language, least, least_plain), texts) in LEAST.into_iter().zip([english, japanese]) {
        let plain = judge(&index(&texts, language, None), &texts, language, &mut missed);
        let count = texts.len();
        println!("nDCG@{DEPTH} {language}, {count} texts, without a dictionary: {plain:.3}");
        assert!(plain >= least_plain, "{language}: {plain}");
        if let Some(compiled) = &compiled {
            let index = index(&texts, language, Some(compiled));
            let value = judge(&index, &texts, language, &mut missed);
            println!("nDCG@{DEPTH} {language}, {count} texts, with the dictionary: {value:.3}");
            assert!(value >= least, "{language}: {value}");
        }
    }
    assert!(missed.is_empty(), "known items that do not come first: {missed:#?}");
}
