//! Both languages hold the same keys, and every key is used. A key `a.b` of `market.toml` is the
//! function `market_a_b` in the pages.

use super::Fault;
use super::exceptions::Exceptions;
use crate::source::Source;
use anyhow::{Context, Result};
use std::collections::BTreeSet;

const LANGUAGES: [&str; 2] = ["en", "ja"];

/// Adds a fault for each key that one language lacks or nothing uses.
pub fn check(
    sources: &[Source],
    exceptions: &mut Exceptions,
    faults: &mut Vec<Fault>,
) -> Result<()> {
    let mut keys = Vec::new();
    for language in LANGUAGES {
        keys.push(keys_of(sources, language)?);
    }
    for (index, language) in LANGUAGES.iter().enumerate() {
        for key in keys[1 - index].difference(&keys[index]) {
            faults.push(Fault::of(
                &format!("locales/{language}"),
                format!("the key {key} is missing"),
            ));
        }
    }
    let used = identifiers(sources);
    for key in keys[0].iter().filter(|key| !used.contains(key.as_str())) {
        if !exceptions.looked_up(key) {
            faults.push(Fault::of("locales", format!("nothing uses the key {key}")));
        }
    }
    Ok(())
}

fn keys_of(sources: &[Source], language: &str) -> Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    let folder = format!("locales/{language}/");
    for source in sources {
        let Some(feature) =
            source.path.strip_prefix(&folder).and_then(|name| name.strip_suffix(".toml"))
        else {
            continue;
        };
        let table: toml::Table = source.text.parse().with_context(|| source.path.clone())?;
        flatten(feature, &table, &mut keys);
    }
    Ok(keys)
}

fn flatten(prefix: &str, table: &toml::Table, keys: &mut BTreeSet<String>) {
    for (name, value) in table {
        let key = format!("{prefix}_{name}");
        match value {
            toml::Value::Table(inner) if !is_plural(inner) => flatten(&key, inner, keys),
            _ => {
                keys.insert(key);
            }
        }
    }
}

/// `other`, perhaps with `one`, are forms of one text.
fn is_plural(table: &toml::Table) -> bool {
    table.contains_key("other") && table.keys().all(|key| key == "one" || key == "other")
}

/// Every identifier in the program text of pages and server.
fn identifiers(sources: &[Source]) -> BTreeSet<&str> {
    let pages = sources.iter().filter(|source| {
        let ours = source.path.starts_with("app/src/") || source.path.starts_with("server/src/");
        ours && source.kind() == "rs"
    });
    pages
        .flat_map(Source::program)
        .flat_map(|(_, line)| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(files: &[(&str, &str)], exceptions: &str) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        let mut faults = Vec::new();
        check(&sources, &mut Exceptions::parse(exceptions).unwrap(), &mut faults).unwrap();
        faults.into_iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect()
    }

    const PAGE: (&str, &str) = ("app/src/a.rs", "words.market_list_title()");

    #[test]
    fn same_used_keys_pass() {
        let files = [
            ("locales/en/market.toml", "[list]\ntitle = \"Market\""),
            ("locales/ja/market.toml", "list.title = \"市場\""),
            PAGE,
        ];
        assert_eq!(faults_of(&files, ""), [""; 0]);
    }

    #[test]
    fn missing_and_unused_keys_are_found() {
        let files = [
            (
                "locales/en/market.toml",
                "list.title = \"Market\"\nhits = { one = \"1\", other = \"n\" }",
            ),
            ("locales/ja/market.toml", "list.title = \"市場\""),
            PAGE,
        ];
        let faults = faults_of(&files, "");
        assert_eq!(
            faults,
            [
                "locales/ja: the key market_hits is missing",
                "locales: nothing uses the key market_hits"
            ]
        );
    }

    #[test]
    fn keys_looked_up_at_run_time_count_as_used() {
        let files =
            [("locales/en/error.toml", "a = \"A\""), ("locales/ja/error.toml", "a = \"A\"")];
        assert_eq!(faults_of(&files, "[looked-up-words]\nerror_ = \"by code\""), [""; 0]);
    }
}
