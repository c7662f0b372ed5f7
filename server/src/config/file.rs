//! Reads the settings file, and says each fault by line, key, what was found and what is allowed.

use super::Layer;
use crate::plain_words::{Kind, misfit};

/// What was found is cut here, so that a message stays one line.
const FOUND_CHARACTERS_MAX: usize = 60;

/// Reads a file's text.
pub(super) fn read(text: &str) -> Result<Layer, String> {
    // What is no TOML at all is shown by its reader, with the line.
    let reader = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let key = error.path().to_string();
        told(text, &key, error.inner())
    })
}

fn told(text: &str, key: &str, error: &toml::de::Error) -> String {
    let fault = misfit(error.message());
    let span = error.span();
    let line = span.as_ref().and_then(|span| text.get(..span.start));
    let line = line.map_or(1, |before| before.matches('\n').count() + 1);
    match fault.kind {
        Kind::Unknown => {
            format!("line {line}: {}; allowed: {}", fault.message(), fault.allowed)
        }
        Kind::Missing | Kind::Repeated => format!("line {line}: {}", fault.message()),
        Kind::Value => {
            let allowed = match key {
                "listen" => "an address and a port, such as 127.0.0.1:7600".to_owned(),
                "log_format" => "plain, json".to_owned(),
                _ => fault.allowed.replace("an object", "a table"),
            };
            // A type that reads itself does not say what it was given.
            let written = || span.and_then(|span| text.get(span)).unwrap_or_default().to_owned();
            let found = if fault.found.is_empty() { written() } else { fault.found };
            let first = found.lines().next().unwrap_or_default();
            let found: String = first.chars().take(FOUND_CHARACTERS_MAX).collect();
            format!("line {line}: {key}: found {found}; allowed: {allowed}")
        }
    }
}
