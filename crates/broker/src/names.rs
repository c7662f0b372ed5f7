//! What may be a name: of a person, an organisation, a token, a service, a provider.
//!
//! Documents keep to the same characters (`sla::is_unseen`); how long their texts may be is theirs.

use crate::FieldFault;
use sla::Expected;
use std::ops::RangeInclusive;

/// Longest name in characters.
const NAME_CHARACTERS_MAX: u32 = 80;

/// The fault of what cannot be a name: nothing, too much, or with characters that nobody sees. A
/// line break is such a character here, as a name stands in one line.
pub(crate) fn name_fault(pointer: &str, name: &str, missing: &str) -> Option<FieldFault> {
    let trimmed = name.trim();
    if let Some(fault) = unseen_fault(pointer, trimmed, NAME_CHARACTERS_MAX) {
        return Some(fault);
    }
    let length = trimmed.chars().count();
    let sound = length > 0 && length <= NAME_CHARACTERS_MAX as usize;
    let allowed = allowed(NAME_CHARACTERS_MAX);
    (!sound).then(|| FieldFault::new(pointer, "name", name, &allowed, missing))
}

/// The same of a name to which so many characters are added, so that it has to be shorter.
pub(crate) fn added_name_fault(
    pointer: &str,
    name: &str,
    (added, missing): (u32, &str),
) -> Option<FieldFault> {
    let (trimmed, most) = (name.trim(), NAME_CHARACTERS_MAX - added);
    if let Some(fault) = unseen_fault(pointer, trimmed, most) {
        return Some(fault);
    }
    let length = trimmed.chars().count();
    let (code, message) = match length {
        0 => ("name", missing),
        _ if length > most as usize => ("text_too_long", "the name is too long"),
        _ => return None,
    };
    Some(FieldFault {
        expected: Some(Expected::Text { most }),
        ..FieldFault::new(pointer, code, name, &allowed(most), message)
    })
}

fn unseen_fault(pointer: &str, trimmed: &str, most: u32) -> Option<FieldFault> {
    let found = sla::code_point(sla::first_unseen(trimmed)?);
    let message = format!("the name holds the invisible character {found}");
    Some(FieldFault {
        expected: Some(Expected::Text { most }),
        ..FieldFault::new(pointer, "control_character", &found, &allowed(most), &message)
    })
}

/// Longest title of what somebody writes for everybody.
pub(crate) const TITLE_MAX: usize = 120;
/// Longest text of it.
pub(crate) const TEXT_MAX: usize = 2_000;

/// What somebody writes for everybody, in one language or in both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    pub title_en: &'a str,
    pub title_ja: &'a str,
    pub text_en: &'a str,
    pub text_ja: &'a str,
}

impl Said<'_> {
    /// Without the blanks around each.
    pub fn trimmed(self) -> Self {
        Self {
            title_en: self.title_en.trim(),
            title_ja: self.title_ja.trim(),
            text_en: self.text_en.trim(),
            text_ja: self.text_ja.trim(),
        }
    }

    /// Every fault of it: too long, with characters that nobody sees, or without a title.
    pub fn faults(self) -> Vec<FieldFault> {
        let fault = |pointer: &str, text: &str, most: usize, code: &'static str| {
            text_fault(pointer, text, 0..=most, (code, "the text is too long"))
        };
        let mut faults: Vec<FieldFault> = [
            fault("/title/en", self.title_en, TITLE_MAX, "title"),
            fault("/title/ja", self.title_ja, TITLE_MAX, "title"),
            fault("/text/en", self.text_en, TEXT_MAX, "text"),
            fault("/text/ja", self.text_ja, TEXT_MAX, "text"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if self.title_en.is_empty() && self.title_ja.is_empty() {
            let message = "write a title in at least one language";
            let allowed = format!("1 to {TITLE_MAX} characters in English, in Japanese or in both");
            faults.push(FieldFault::new("/title", "title_missing", "", &allowed, message));
        }
        faults
    }
}

/// The fault of a text that others read, in lines as people write it: too short, too long (`code`), or with characters
/// that nobody sees. It stands without the blanks around it.
pub(crate) fn text_fault(
    pointer: &str,
    text: &str,
    length: RangeInclusive<usize>,
    (code, message): (&str, &str),
) -> Option<FieldFault> {
    let (least, most) = length.clone().into_inner();
    let allowed = format!("{least} to {most} characters, no invisible characters");
    let fault = |code: &str, found: &str, message: &str| FieldFault {
        expected: Some(Expected::Text { most: u32::try_from(most).unwrap_or(u32::MAX) }),
        ..FieldFault::new(pointer, code, found, &allowed, message)
    };
    let unseen = |c: &char| sla::is_unseen(*c) && !matches!(c, '\n' | '\r' | '\t');
    if let Some(unseen) = text.chars().find(unseen) {
        let found = sla::code_point(unseen);
        let message = format!("the text holds the invisible character {found}");
        return Some(fault("control_character", &found, &message));
    }
    (!length.contains(&text.chars().count())).then(|| fault(code, text, message))
}

/// What a name has to be.
fn allowed(most: u32) -> String {
    format!("1 to {most} characters, no invisible characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str) -> Option<(String, String)> {
        name_fault("/name", name, "fill in a name").map(|fault| (fault.code, fault.found))
    }

    #[test]
    fn a_character_that_nobody_sees_is_named() {
        for (name, found) in [
            ("Aoba\u{202e}abioA", "U+202E"),
            ("a\u{200b}b", "U+200B"),
            ("\u{feff}Aoba", "U+FEFF"),
            ("a\nb", "U+000A"),
            ("a\0", "U+0000"),
            ("👨\u{200d}👩", "U+200D"),
        ] {
            assert_eq!(code(name), Some(("control_character".into(), found.into())), "{name:?}");
        }
    }

    #[test]
    fn names_as_people_write_them_are_names() {
        for name in
            ["証明サービス", " Aoba ", "葛\u{e0100}城市", "か\u{3099}", "☁\u{fe0f}", "é", "क्षि"]
        {
            assert_eq!(code(name), None, "{name}");
        }
        for name in ["", " ", "\u{3000}", &"x".repeat(81)] {
            assert_eq!(code(name).map(|(code, _)| code).as_deref(), Some("name"), "{name}");
        }
    }

    #[test]
    fn a_text_has_lines_and_a_length_and_nothing_unseen() {
        let code = |text: &str, length| {
            text_fault("/reason", text, length, ("reason", "say why")).map(|fault| fault.code)
        };
        assert_eq!(code("one\ntwo\r\nthree", 1..=20), None);
        assert_eq!(code("", 0..=5), None);
        assert_eq!(code("", 1..=5).as_deref(), Some("reason"));
        assert_eq!(code("長い文章です", 1..=5).as_deref(), Some("reason"));
        assert_eq!(code("a\u{202e}b", 1..=5).as_deref(), Some("control_character"));
    }

    #[test]
    fn a_name_that_is_added_to_is_refused_with_the_limit_it_has() {
        let told = |name: &str| {
            added_name_fault("/name", name, (2, "fill in a name"))
                .map(|fault| (fault.code, fault.allowed))
        };
        assert_eq!(told(&"x".repeat(78)), None);
        let allowed = "1 to 78 characters, no invisible characters".to_owned();
        assert_eq!(told(&"x".repeat(79)), Some(("text_too_long".into(), allowed.clone())));
        assert_eq!(told(" "), Some(("name".into(), allowed.clone())));
        assert_eq!(told("a\u{200b}b"), Some(("control_character".into(), allowed)));
    }
}
