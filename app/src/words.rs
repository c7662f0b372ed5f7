//! Languages, and the words of the interface as typed functions generated from `locales/`.
//!
//! Formatting of numbers, money and time is in [`crate::format`].

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// English; also what stands in when a reader asks for neither.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Locale {
    /// Every language, in the order of the switch.
    pub const ALL: [Locale; 2] = [Locale::Ja, Locale::En];

    /// The BCP 47 tag: `en` or `ja`.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Ja => "ja",
        }
    }

    /// The language's own name for itself, the same in every language.
    pub fn own_name(self) -> &'static str {
        match self {
            Locale::En => "English",
            Locale::Ja => "日本語",
        }
    }

    /// Reads a BCP 47 tag such as `ja`, `ja-JP` or `en-GB`; `None` for other languages.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Locale::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110 section 12.5.4).
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Locale)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let Some(locale) = pieces.next().and_then(Locale::from_tag) else { continue };
            let quality = pieces
                .find_map(|piece| piece.trim().strip_prefix("q="))
                .map_or(1.0, |quality| quality.parse::<f32>().unwrap_or(0.0));
            if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// Of two texts the one in this language, or the other where it is missing.
    pub fn pick<'a>(self, english: &'a str, japanese: &'a str) -> &'a str {
        match self {
            Locale::En if !english.is_empty() => english,
            Locale::Ja if japanese.is_empty() => english,
            _ => japanese,
        }
    }

    /// The same language as the registry of quality items names it.
    pub fn sla(self) -> sla::Locale {
        match self {
            Locale::En => sla::Locale::En,
            Locale::Ja => sla::Locale::Ja,
        }
    }

    /// The words of this language.
    pub fn words(self) -> Words {
        Words(self)
    }
}

/// The words of one language; every method is one key of `locales/`, checked while building.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub Locale);

/// A whole number with a comma between groups of three digits, as both languages write it.
pub fn integer(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_quality_of_our_languages_wins() {
        assert_eq!(Locale::from_accept_language("fr, en;q=0.5, ja-JP;q=0.8"), Some(Locale::Ja));
        assert_eq!(Locale::from_accept_language("en-GB,en;q=0.9,ja;q=0.8"), Some(Locale::En));
    }

    #[test]
    fn a_text_that_lacks_one_language_is_shown_in_the_other() {
        assert_eq!(Locale::Ja.pick("Aoba", ""), "Aoba");
        assert_eq!(Locale::En.pick("", "青葉"), "青葉");
        assert_eq!(Locale::Ja.pick("Aoba", "青葉"), "青葉");
    }

    #[test]
    fn a_refused_or_foreign_language_is_not_chosen() {
        assert_eq!(Locale::from_accept_language("ja;q=0, fr"), None);
        assert_eq!(Locale::from_accept_language(""), None);
    }
}
