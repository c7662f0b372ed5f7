//! Words for people in several languages. Leaves the choice of locale to the caller.

use std::collections::BTreeMap;

crate::words::words! {
    /// The languages of the product.
    Locale {
        /// English.
        En = "en",
        /// Japanese.
        Ja = "ja",
    }
}

/// The same words in one or more languages, by BCP 47 tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub BTreeMap<String, String>);

impl Text {
    /// Words in both languages of the product.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self([("en".to_owned(), en.into()), ("ja".to_owned(), ja.into())].into())
    }

    /// The words in this language, else in English, else in any; empty only if there are none.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        self.0
            .get(locale.as_str())
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}
