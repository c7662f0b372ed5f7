//! What may be a name: of a person, an organisation, a token, a service, a provider.
//!
//! Documents keep to the same characters (`sla::is_unseen`); how long their texts may be is theirs.

use crate::FieldFault;
use sla::Expected;

/// Longest name in characters.
const NAME_CHARACTERS_MAX: u32 = 80;
/// What a name has to be.
const NAME_ALLOWED: &str = "1 to 80 characters, no invisible characters";

/// The fault of what cannot be a name: nothing, too much, or with characters that nobody sees. A
/// line break is such a character here, as a name stands in one line.
pub(crate) fn name_fault(pointer: &str, name: &str, missing: &str) -> Option<FieldFault> {
    let trimmed = name.trim();
    if let Some(unseen) = sla::first_unseen(trimmed) {
        let found = sla::code_point(unseen);
        let message = format!("the name holds the invisible character {found}");
        return Some(FieldFault {
            expected: Some(Expected::Text { most: NAME_CHARACTERS_MAX }),
            ..FieldFault::new(pointer, "control_character", &found, NAME_ALLOWED, &message)
        });
    }
    let length = trimmed.chars().count();
    let sound = length > 0 && length <= NAME_CHARACTERS_MAX as usize;
    (!sound).then(|| FieldFault::new(pointer, "name", name, NAME_ALLOWED, missing))
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
}
