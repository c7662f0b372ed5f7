//! Placeholders of recipes (F7.6.2): `${name}` in a setting stands for the value of a variable, `$${` for the two
//! characters `${`. Nothing else is special, and a value is never read again for placeholders. What the variables are is
//! the cloud's and the caller's to say.

use std::collections::BTreeMap;

/// Why a setting could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Nobody knows this variable.
    #[error("${{{0}}} is not known")]
    Unknown(String),
    /// A placeholder that does not end, or whose name is none.
    #[error(
        "a placeholder is written ${{name}}, with letters, digits, dots, hyphens and underscores"
    )]
    Malformed,
}

/// Longest name of a variable in characters.
pub const NAME_MAX: usize = 100;

/// Whether a text can be the name of a variable.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(fits)
}

/// The text with every placeholder replaced.
///
/// # Errors
/// For the first placeholder that is unknown or malformed.
pub fn resolve(text: &str, variables: &BTreeMap<String, String>) -> Result<String, Unresolved> {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let open = from.get(2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            resolved.push_str(before);
            resolved.push_str("${");
            rest = open;
            continue;
        }
        resolved.push_str(before);
        let (name, after) = open.split_once('}').ok_or(Unresolved::Malformed)?;
        if !is_name(name) {
            return Err(Unresolved::Malformed);
        }
        let value = variables.get(name).ok_or_else(|| Unresolved::Unknown(name.to_owned()))?;
        resolved.push_str(value);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<String, Unresolved> {
        let known = [("zone.region", "tokyo"), ("odd", "${zone.region}"), ("empty", "")];
        let known = known.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        resolve(text, &known)
    }

    #[test]
    fn f7_6_2_placeholders_are_replaced_and_nothing_else_is() {
        for (text, expected) in [
            ("", ""),
            ("plain $ } { text", "plain $ } { text"),
            ("${zone.region}", "tokyo"),
            ("a ${zone.region}-${zone.region} b", "a tokyo-tokyo b"),
            ("${empty}x", "x"),
            // A value is not read again.
            ("${odd}", "${zone.region}"),
            ("$${zone.region}", "${zone.region}"),
            ("$$${zone.region}", "$${zone.region}"),
            ("$${ and ${zone.region}", "${ and tokyo"),
            ("雲${zone.region}市", "雲tokyo市"),
        ] {
            assert_eq!(resolved(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn f7_6_2_what_is_unknown_or_malformed_is_never_left_as_it_is() {
        assert_eq!(resolved("${nowhere}"), Err(Unresolved::Unknown("nowhere".into())));
        for text in ["${", "${zone.region", "${}", "${a b}", "${${zone.region}}", "${雲}"] {
            assert_eq!(resolved(text), Err(Unresolved::Malformed), "{text}");
        }
        assert_eq!(Unresolved::Unknown("a".into()).to_string(), "${a} is not known");
    }
}
