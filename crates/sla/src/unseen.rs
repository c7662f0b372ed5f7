//! Characters that nobody sees: with them two names look the same and are not, or read as another.
//!
//! Controls, what turns the direction of writing, spaces without width, joiners, fillers and tags.
//! The joiners (U+200C, U+200D) are among them although some scripts and some emoji are written with
//! them: a name that differs from another one by a joiner alone cannot be told apart. What changes
//! the look of the character before it stays allowed: combining marks and variation selectors,
//! with which Japanese names and emoji choose their form.

use std::borrow::Cow;
use std::fmt::Write as _;

/// First and last of each run, in order; what is not listed can be seen or changes what can be seen.
pub(crate) const RUNS: [(char, char); 21] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    // Soft hyphen, grapheme joiner, Arabic letter mark.
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    // Fillers of Hangul, inherent vowels of Khmer, the separator of Mongolian.
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180e}', '\u{180e}'),
    // Spaces without width, joiners, marks of direction; separators; embeddings and overrides.
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    // Word joiner, signs of invisible operations, isolates.
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    // Controls of hieroglyphs, shorthand and music.
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    // Tags; the variation selectors between them stay.
    ('\u{e0000}', '\u{e00ff}'),
    ('\u{e01f0}', '\u{e0fff}'),
];

/// Whether nobody sees this character, line breaks and tabs among them.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    if matches!(character, ' '..='~') {
        return false;
    }
    RUNS.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// The first character of a text that nobody sees; `None`: all can be seen.
#[must_use]
pub fn first_unseen(text: &str) -> Option<char> {
    text.chars().find(|character| is_unseen(*character))
}

/// How a character is named where it cannot be shown, such as `U+202E`.
#[must_use]
pub fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// A text with the name of each unseen character in its place, for messages.
#[must_use]
pub fn made_visible(text: &str) -> Cow<'_, str> {
    if first_unseen(text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unseen(character) {
            let _ = write!(seen, "[{}]", code_point(character));
        } else {
            seen.push(character);
        }
    }
    Cow::Owned(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_hides_or_joins_is_unseen() {
        for unseen in [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{2028}',
            '\u{feff}',
            '\u{3164}',
            '\u{e0041}',
            '\u{e0fff}',
        ] {
            assert_eq!(first_unseen(&format!("ab{unseen}c")), Some(unseen), "{unseen:?}");
        }
    }

    #[test]
    fn what_people_write_is_seen() {
        for text in [
            "証明サービス（本番）",
            "が",
            "か\u{3099}",
            "葛\u{e0100}城市",
            "☁\u{fe0f} 👍🏽 🇯🇵",
            "Zürich e\u{301}",
            "كلمة",
            "שלום",
            "한국어",
            "ไทย",
            "हिन्दी",
            "全角　スペース",
        ] {
            assert_eq!(first_unseen(text), None, "{text}");
        }
    }

    #[test]
    fn the_runs_are_in_order_and_apart() {
        for pair in RUNS.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn a_message_names_what_it_cannot_show() {
        assert_eq!(made_visible("a\u{202e}b"), "a[U+202E]b");
        assert!(matches!(made_visible("雲市"), Cow::Borrowed("雲市")));
    }
}
