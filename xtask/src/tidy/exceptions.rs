//! What may pass although a rule says no, each with a reason; remembers what was needed.

use super::Fault;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(default)]
    long_files: BTreeMap<String, String>,
    #[serde(default)]
    visible_words: BTreeMap<String, String>,
    #[serde(default)]
    looked_up_words: BTreeMap<String, String>,
}

/// The written exceptions and which of them were used.
#[derive(Debug, Default)]
pub struct Exceptions {
    written: Written,
    used: BTreeSet<String>,
}

impl Exceptions {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("cannot understand {}", file.display()))
    }

    /// Understands the text of the file.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self { written: toml::from_str(text)?, used: BTreeSet::new() })
    }

    /// Says whether a file may be long.
    pub fn long_file(&mut self, path: &str) -> bool {
        let known = self.written.long_files.contains_key(path);
        self.note(known, path)
    }

    /// Says whether a text may stand in the program.
    pub fn visible_word(&mut self, text: &str) -> bool {
        let known = self.written.visible_words.contains_key(text);
        self.note(known, text)
    }

    /// Says whether a locale key is looked up at run time.
    pub fn looked_up(&mut self, key: &str) -> bool {
        let prefix =
            self.written.looked_up_words.keys().find(|prefix| key.starts_with(*prefix)).cloned();
        prefix.is_some_and(|prefix| self.note(true, &prefix))
    }

    fn note(&mut self, known: bool, name: &str) -> bool {
        if known {
            self.used.insert(name.to_owned());
        }
        known
    }

    /// A fault for every exception that nothing needed, or that gives no reason.
    pub fn unused(&self) -> Vec<Fault> {
        let written = &self.written;
        let all =
            written.long_files.iter().chain(&written.visible_words).chain(&written.looked_up_words);
        all.filter_map(|(name, reason)| {
            let what = match (self.used.contains(name), reason.trim().is_empty()) {
                (false, _) => "is no longer needed",
                (true, true) => "has no reason",
                (true, false) => return None,
            };
            Some(Fault::of(
                "docs/tidy-exceptions.toml",
                format!("the exception for {name:?} {what}"),
            ))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exception_that_nothing_needs_is_a_fault() {
        let mut exceptions =
            Exceptions::parse("[long-files]\n\"a.rs\" = \"one table\"\n\"b.rs\" = \"old\"")
                .unwrap();
        assert!(exceptions.long_file("a.rs"));
        assert!(!exceptions.long_file("c.rs"));
        let faults = exceptions.unused();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].what.contains("b.rs"), "{faults:?}");
    }

    #[test]
    fn unknown_kind_of_exception_is_refused() {
        assert!(Exceptions::parse("[short-files]").is_err());
    }
}
