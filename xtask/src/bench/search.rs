//! The search over texts in both languages, in process and over HTTP, beside SQLite FTS5 over the same texts in the
//! same run. The texts are collected ones, which are not part of the repository: `--data`, the environment's
//! `KUMOICHI_TEXTS`, or `shared/data/text` beside the repository. Without them the generated market is measured.

use super::load::{self, Effort};
use super::measured::{Measured, example, lines};
use super::page;
use super::report::Row;
use super::server::Server;
use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const BENCH: &str = "search";
const SCRIPT: &str = include_str!("fts5.py");
const MEASURE_LIMIT: Duration = Duration::from_secs(15 * 60);
const TEXTS: &str = "KUMOICHI_TEXTS";
/// Offers of the larger market.
const LARGE: usize = 100_000;
/// Offers of the market that is asked over HTTP.
const SERVED: usize = 100_000;
/// Of the smaller one, for comparing the number of statements.
const FEWER: usize = 10_000;
const WARM_UP: Effort = Effort { connections: 1, requests: 30, limit: Duration::from_secs(10) };
const ROUND: Effort = Effort { connections: 1, requests: 1_000, limit: Duration::from_secs(10) };
/// Asked over HTTP of the generated market.
const ADDRESSES: [(&str, &str); 4] = [
    ("API, a word", "/api/v1/offers?q=database"),
    ("API, Japanese", "/api/v1/offers?q=%E4%BB%AE%E6%83%B3%E3%83%9E%E3%82%B7%E3%83%B3"),
    ("page, a word", "/market?q=database"),
    ("page, three filters", "/market?country=JP&cert=iso27001&backed=1"),
];

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool, data: Option<&Path>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    match texts(place, data) {
        Some(folder) => rows.extend(in_process(place, debug, &folder)?),
        None => say::line(&format!(
            "   no collected texts (--data, {TEXTS} or ../shared/data/text): only the generated market is measured"
        )),
    }
    rows.extend(served(place, debug)?);
    Ok(rows)
}

/// Where the collected texts are.
fn texts(place: &Place, data: Option<&Path>) -> Option<PathBuf> {
    let named = data.map(Path::to_owned).or_else(|| std::env::var_os(TEXTS).map(PathBuf::from));
    let beside = || place.root.ancestors().skip(1).map(|above| above.join("shared/data/text"));
    let mut places = named.into_iter().chain(beside());
    places.find(|folder| folder.join("debian_bookworm_en.jsonl.gz").is_file())
}

fn in_process(place: &Place, debug: bool, data: &Path) -> Result<Vec<Row>> {
    let program = example(place, "search", "measure", debug)?;
    let folder = tempfile::Builder::new().prefix("kumoichi-search-").tempdir()?;
    let sources = ["debian_bookworm_en.jsonl.gz", "awesome_selfhosted.jsonl"];
    gather(data, &sources, &folder.path().join("en.jsonl"))?;
    gather(data, &["debian_bookworm_ja.jsonl.gz"], &folder.path().join("ja.jsonl"))?;
    let questions = folder.path().join("questions.json");
    fs::write(
        &questions,
        tool::output_within(tool::command(&program).arg("questions"), MEASURE_LIMIT)?,
    )?;
    let theirs = fts5(folder.path(), &questions);
    if let Err(reason) = &theirs {
        say::line(&format!("   without SQLite FTS5: {reason:#}"));
    }
    let theirs = theirs.unwrap_or_default();
    let median = |language: &str| {
        let found = theirs.iter().find(|measured| measured.case.starts_with(language))?;
        Some(super::report::percentile(&found.values, 0.5))
    };
    let floors = [("en", median("en:")), ("ja", median("ja:"))];
    let dictionary = place.target.join("dictionary");
    let mut measured = Vec::new();
    for size in ["all".to_owned(), LARGE.to_string()] {
        for dictionary in [None, dictionary.is_dir().then_some(&dictionary)] {
            let mut measure = tool::command(&program);
            measure.arg(folder.path()).arg(&size).args(dictionary);
            measured.extend(lines(&mut measure, MEASURE_LIMIT)?);
            if !place.target.join("dictionary").is_dir() {
                say::line("   without the Japanese dictionary: `cargo xtask build` compiles it");
                break;
            }
        }
    }
    rows(measured, theirs, &floors)
}

/// Ours beside theirs; the ratio is ours over theirs, for the same texts.
fn rows(
    ours: Vec<Measured>,
    theirs: Vec<Measured>,
    floors: &[(&str, Option<f64>)],
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for measured in theirs {
        rows.push(measured.row(BENCH)?);
    }
    for mut measured in ours {
        let language = floors.iter().find(|(language, _)| measured.case.starts_with(language));
        if measured.case.contains("first") && !measured.case.contains("100k") {
            measured.floor = language.and_then(|(_, floor)| *floor);
        }
        rows.push(measured.row(BENCH)?);
    }
    Ok(rows)
}

/// Writes texts as JSON lines with `title` and `body`.
fn gather(data: &Path, names: &[&str], into: &Path) -> Result<()> {
    let mut into = std::io::BufWriter::new(File::create(into)?);
    for name in names {
        let file = data.join(name);
        let plain = if name.ends_with(".gz") {
            tool::output_within(tool::command("gzip").arg("-dc").arg(&file), MEASURE_LIMIT)?
        } else {
            fs::read_to_string(&file).with_context(|| (*name).to_owned())?
        };
        for line in plain.lines() {
            let text: serde_json::Value = serde_json::from_str(line)?;
            let part = |names: [&str; 2]| names.into_iter().find_map(|name| text[name].as_str());
            let line = serde_json::json!({
                "title": part(["title", "name"]),
                "body": part(["body", "description"]),
            });
            writeln!(into, "{line}")?;
        }
    }
    Ok(into.flush()?)
}

fn fts5(folder: &Path, questions: &Path) -> Result<Vec<Measured>> {
    let script = folder.join("fts5.py");
    fs::write(&script, SCRIPT)?;
    let found =
        lines(tool::command("python3").arg(&script).arg(folder).arg(questions), MEASURE_LIMIT)?;
    if found.is_empty() {
        bail!("it answered nothing");
    }
    Ok(found)
}

fn served(place: &Place, debug: bool) -> Result<Vec<Row>> {
    let few = counted(&Server::with_offers(place, FEWER, debug)?, FEWER)?;
    let server = Server::with_offers(place, SERVED, debug)?;
    let mut rows = few;
    rows.extend(counted(&server, SERVED)?);
    for (case, path) in ADDRESSES {
        load::run(server.port, path, WARM_UP)?;
        let times = load::run(server.port, path, ROUND)?.times_ms;
        let case = format!("HTTP: {case}, {}k", SERVED / 1_000);
        rows.push(Row::new(BENCH, case, "ms", &times).with_p99(&times));
    }
    Ok(rows)
}

/// The statements of each request, which do not grow with the market.
fn counted(server: &Server, offers: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (case, path) in ADDRESSES {
        if let Some(count) = page::statements(server.port, path)? {
            let case = format!("statements: {case}, {}k", offers / 1_000);
            rows.push(Row::new(BENCH, case, "count", &[count]));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_rows_stand_over_those_of_the_same_texts_only() {
        let measured = |case: &str, value: f64| Measured {
            case: case.to_owned(),
            unit: "ms".to_owned(),
            values: vec![value, value],
            floor: None,
        };
        let ours = vec![
            measured("en: first 20, 71k, words", 1.0),
            measured("en: first 20, 100k, words", 1.0),
        ];
        let theirs = vec![measured("en: SQLite FTS5, 65k", 5.0)];
        let rows = rows(ours, theirs, &[("en", Some(5.0))]).unwrap();
        assert_eq!((rows[1].ratio, rows[2].ratio), (Some(0.2), None));
    }
}
