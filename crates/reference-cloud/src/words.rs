//! The words of the cloud's own page and of the demo application, in English and Japanese.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::http::{HeaderMap, header};

/// The words of one language by key.
#[derive(Debug)]
pub(crate) struct Words {
    /// For the attribute `lang`.
    pub language: &'static str,
    table: BTreeMap<String, String>,
}

static ENGLISH: OnceLock<Words> = OnceLock::new();
static JAPANESE: OnceLock<Words> = OnceLock::new();

impl Words {
    /// The language a visitor prefers; English when neither is named.
    pub(crate) fn for_visitor(headers: &HeaderMap) -> &'static Self {
        let wish = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if prefers_japanese(wish) { Self::japanese() } else { Self::english() }
    }

    pub(crate) fn english() -> &'static Self {
        ENGLISH.get_or_init(|| Self::read("en", include_str!("../locales/en.json")))
    }

    pub(crate) fn japanese() -> &'static Self {
        JAPANESE.get_or_init(|| Self::read("ja", include_str!("../locales/ja.json")))
    }

    fn read(language: &'static str, text: &str) -> Self {
        // A test proves that both files parse; a damaged one shows its keys.
        Self { language, table: serde_json::from_str(text).unwrap_or_default() }
    }

    /// The words of a key, safe to put into HTML.
    pub(crate) fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.table.get(key).map_or(key, String::as_str)
    }
}

fn prefers_japanese(wish: &str) -> bool {
    let mut best = (0.0, false);
    for part in wish.split(',') {
        let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
        let weight: f64 = weight.trim().parse().unwrap_or(0.0);
        let tag = tag.trim().to_ascii_lowercase();
        let japanese = tag == "ja" || tag.starts_with("ja-");
        let english = tag == "en" || tag.starts_with("en-");
        if (japanese || english) && weight > best.0 {
            best = (weight, japanese);
        }
    }
    best.1
}

/// A text made safe to put between tags or into a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_no_empty_word() {
        let keys = |words: &'static Words| words.table.keys().collect::<Vec<_>>();
        assert!(!Words::english().table.is_empty());
        assert_eq!(keys(Words::english()), keys(Words::japanese()));
        for words in [Words::english(), Words::japanese()] {
            assert!(
                words.table.values().all(|word| !word.trim().is_empty() && *word == escape(word))
            );
        }
    }

    #[test]
    fn the_language_with_more_weight_wins() {
        assert!(prefers_japanese("ja,en;q=0.8"));
        assert!(prefers_japanese("fr, ja-JP;q=0.5"));
        assert!(!prefers_japanese("en-GB,ja;q=0.9"));
        assert!(!prefers_japanese(""));
    }

    #[test]
    fn nothing_a_user_types_becomes_markup() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }
}
