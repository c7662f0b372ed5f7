//! Reads the locale files and writes one Rust function per key (docs/adr/0003).

use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

/// The languages in the order of `Locale`'s variants; the first one names the arguments.
const LANGUAGES: [(&str, &str); 2] = [("en", "En"), ("ja", "Ja")];

/// What stands behind one key in one language.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Text(String),
    /// `one` may be absent where the language has no singular.
    Plural {
        one: Option<String>,
        other: String,
    },
}

impl Entry {
    fn texts(&self) -> Vec<&str> {
        match self {
            Entry::Text(text) => vec![text],
            Entry::Plural { one, other } => {
                one.iter().map(String::as_str).chain([other.as_str()]).collect()
            }
        }
    }
}

type Catalogue = BTreeMap<String, Entry>;

/// Returns the source text of the generated `impl Words`.
pub fn generate(locales: &Path) -> Result<String, Box<dyn Error>> {
    let mut catalogues = Vec::new();
    for (language, _) in LANGUAGES {
        catalogues.push(read(&locales.join(language))?);
    }
    check_same_keys(&catalogues)?;
    let mut code = String::from("impl Words {\n");
    for key in catalogues[0].keys() {
        write_function(&mut code, key, &catalogues)?;
    }
    code.push_str("}\n");
    Ok(code)
}

fn read(folder: &Path) -> Result<Catalogue, Box<dyn Error>> {
    let mut catalogue = Catalogue::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let feature =
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let table: toml::Table = fs::read_to_string(&path)?
            .parse()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        flatten(&feature, &table, &mut catalogue)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(catalogue)
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut Catalogue) -> Result<(), String> {
    for (name, value) in table {
        let key = format!("{prefix}_{name}");
        if !key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return Err(format!("key `{key}` may hold only a-z, 0-9 and _"));
        }
        let entry = match value {
            toml::Value::String(text) => Entry::Text(text.clone()),
            toml::Value::Table(inner) => match plural(inner) {
                Some(entry) => entry,
                None => {
                    flatten(&key, inner, into)?;
                    continue;
                }
            },
            _ => return Err(format!("key `{key}` is neither text nor a table")),
        };
        if into.insert(key.clone(), entry).is_some() {
            return Err(format!("key `{key}` is written twice"));
        }
    }
    Ok(())
}

fn plural(table: &toml::Table) -> Option<Entry> {
    let other = table.get("other")?.as_str()?.to_owned();
    let one = table.get("one").and_then(|one| one.as_str()).map(str::to_owned);
    let known = 1 + usize::from(one.is_some());
    (table.len() == known).then_some(Entry::Plural { one, other })
}

fn check_same_keys(catalogues: &[Catalogue]) -> Result<(), String> {
    let mut faults = Vec::new();
    for (index, (language, _)) in LANGUAGES.iter().enumerate() {
        for (other, catalogue) in catalogues.iter().enumerate() {
            for key in catalogue.keys().filter(|key| !catalogues[index].contains_key(*key)) {
                faults.push(format!(
                    "locales/{language} lacks `{key}` (locales/{} has it)",
                    LANGUAGES[other].0
                ));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The names between braces, in order of first appearance.
fn placeholders(entry: &Entry) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for text in entry.texts() {
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close =
                rest[open..].find('}').ok_or_else(|| format!("a brace stays open in {text:?}"))?;
            let name = &rest[open + 1..open + close];
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                return Err(format!("`{{{name}}}` is no placeholder name in {text:?}"));
            }
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
            rest = &rest[open + close + 1..];
        }
    }
    Ok(names)
}

fn write_function(
    code: &mut String,
    key: &str,
    catalogues: &[Catalogue],
) -> Result<(), Box<dyn Error>> {
    let entries: Vec<&Entry> = catalogues.iter().map(|catalogue| &catalogue[key]).collect();
    let is_plural = entries.iter().any(|entry| matches!(entry, Entry::Plural { .. }));
    let names = placeholders(entries[0]).map_err(|error| format!("{key}: {error}"))?;
    for (entry, (language, _)) in entries.iter().zip(LANGUAGES) {
        let mut theirs = placeholders(entry).map_err(|error| format!("{key}: {error}"))?;
        let mut ours = names.clone();
        if is_plural {
            theirs.retain(|name| name != "count");
            ours.retain(|name| name != "count");
        }
        theirs.sort();
        ours.sort();
        if theirs != ours {
            return Err(format!(
                "`{key}` has placeholders {ours:?} in en but {theirs:?} in {language}"
            )
            .into());
        }
    }
    writeln!(
        code,
        "    /// {}",
        entries[0].texts().last().map(|text| doc_text(text)).unwrap_or_default()
    )?;
    let arguments: Vec<&String> =
        names.iter().filter(|name| !(is_plural && *name == "count")).collect();
    let returns_text = arguments.is_empty() && !is_plural;
    write!(
        code,
        "    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]\n    pub fn {key}(self"
    )?;
    if is_plural {
        write!(code, ", count: i64")?;
    }
    for name in &arguments {
        write!(code, ", {name}: impl std::fmt::Display")?;
    }
    writeln!(code, ") -> {} {{", if returns_text { "&'static str" } else { "String" })?;
    if is_plural {
        let shown = names.iter().any(|name| name == "count");
        writeln!(code, "        {}", if shown { "let number = integer(count);" } else { "" })?;
    }
    writeln!(code, "        match self.0 {{")?;
    for (entry, (_, variant)) in entries.iter().zip(LANGUAGES) {
        match entry {
            Entry::Text(text) if returns_text => {
                writeln!(code, "            Locale::{variant} => {text:?},")?
            }
            Entry::Text(text) => {
                writeln!(code, "            Locale::{variant} => {},", formatted(text, is_plural))?
            }
            Entry::Plural { one: Some(one), other } => writeln!(
                code,
                "            Locale::{variant} => if count == 1 {{ {} }} else {{ {} }},",
                formatted(one, true),
                formatted(other, true)
            )?,
            Entry::Plural { one: None, other } => {
                writeln!(code, "            Locale::{variant} => {},", formatted(other, true))?;
            }
        }
    }
    code.push_str("        }\n    }\n");
    Ok(())
}

fn formatted(text: &str, is_plural: bool) -> String {
    let text = if is_plural { text.replace("{count}", "{number}") } else { text.to_owned() };
    if text.contains('{') { format!("format!({text:?})") } else { format!("{text:?}.to_owned()") }
}

fn doc_text(text: &str) -> String {
    let line = text.replace('\n', " ");
    format!("`{}`", line.replace('`', "'"))
}
