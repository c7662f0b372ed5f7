//! The rules as written in `docs/allowed-edges.toml`.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Everything the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    pub internal: BTreeMap<String, Vec<String>>,
    pub internal_dev: BTreeMap<String, Vec<String>>,
    pub restricted: BTreeMap<String, Restriction>,
    pub pure: Words,
    pub sql: Words,
}

/// A package from outside that only some of ours may use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    pub reason: String,
    pub normal: Vec<String>,
    pub dev: Vec<String>,
}

/// Packages and words that concern them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub packages: Vec<String>,
    pub banned: Vec<String>,
}

impl Rules {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("cannot understand {}", file.display()))
    }

    /// The packages of ours that a package may use; `None` when the file does not know it.
    pub fn allowed(&self, package: &str, dev: bool) -> Option<Vec<&str>> {
        let mut allowed: Vec<&str> =
            entry(&self.internal, package)?.iter().map(String::as_str).collect();
        if dev {
            let more = entry(&self.internal_dev, package).into_iter().flatten();
            allowed.extend(more.map(String::as_str));
        }
        Some(allowed)
    }
}

fn entry<'a>(table: &'a BTreeMap<String, Vec<String>>, package: &str) -> Option<&'a Vec<String>> {
    table.iter().find(|(pattern, _)| fits(pattern, package)).map(|(_, list)| list)
}

/// Says whether a name fits a pattern, which may end in `*`.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}
