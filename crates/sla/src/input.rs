//! One value from the text of a form field, without a document around it.

use crate::fault::{Fault, FaultCode, Faults};
use crate::node::Node;
use crate::read::cursor::{At, Sink};
use crate::read::value;
use crate::{Expected, ItemDef, ItemKind, Scheme, Value};

/// Reads what somebody typed for an item: "99.9 %", "4 h", a level, or members separated by commas.
/// `scheme` is that of a security level, and not looked at for other items.
///
/// # Errors
/// Every fault; the path is empty, or the index of a member.
pub fn parse_value(item: &ItemDef, scheme: Option<&Scheme>, text: &str) -> Result<Value, Faults> {
    let text = half_width(text);
    let text = text.trim();
    let node = if item.kind.is_set() {
        let members = text.split([',', '、', ' ', '\n']).map(str::trim);
        Node::List(members.filter(|member| !member.is_empty()).map(Node::text).collect())
    } else {
        Node::text(text)
    };
    let mut sink = Sink::default();
    let value = value::value(item, scheme, &node, &At::ROOT, &mut sink);
    match value {
        Some(value) if sink.faults.is_empty() => Ok(value),
        _ if sink.faults.is_empty() && item.kind == ItemKind::SchemeLevel => Err(missing_scheme()),
        _ => Err(Faults(sink.faults)),
    }
}

/// What a Japanese keyboard types in full width becomes the letters, digits and signs that documents
/// use: `９９．９％` is `99.9%`, the ideographic space a space. Everything else stays as it is.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{3000}' => ' ',
            // The full-width block repeats ASCII from `!` to `~`.
            '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
            other => other,
        })
        .collect()
}

/// The two ends of a typed range: "1 h to 4 h", "20 - 200 ms", "99〜99.9 %". An end without a unit has
/// that of the other; `None` where there is only one end.
#[must_use]
pub fn split_range(text: &str) -> Option<(String, String)> {
    // `half_width` makes `~` of the full-width sign.
    const BETWEEN: [&str; 6] = [" to ", "〜", "~", "–", "—", " - "];
    let text = half_width(text);
    let ends = BETWEEN.iter().find_map(|sign| text.split_once(sign));
    let (low, high) = ends.map(|(low, high)| (low.trim(), high.trim()))?;
    if low.is_empty() || high.is_empty() {
        return None;
    }
    let number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    let unit = high.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let low = if number(low) { format!("{low}{unit}") } else { low.to_owned() };
    Some((low, high.to_owned()))
}

fn missing_scheme() -> Faults {
    Faults(vec![Fault {
        path: String::new(),
        code: FaultCode::UnknownScheme,
        found: None,
        allowed: vec![Expected::Value.to_string()],
        expected: Some(Expected::Value),
        message: "a security level needs its scheme".to_owned(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn full_width_digits_are_read_as_the_usual_ones() {
        assert_eq!(half_width("９９．９％　ＪＰ、日本"), "99.9% JP、日本");
        let uptime = registry().item("availability.service_uptime").unwrap();
        assert_eq!(
            parse_value(uptime, None, "９９．９％").unwrap().as_number(),
            crate::parse_decimal("0.999")
        );
        let places = registry().item("security.data_location").unwrap();
        assert_eq!(parse_value(places, None, "ＪＰ，ＤＥ").unwrap(), Value::set(["DE", "JP"]));
    }

    #[test]
    fn a_typed_range_has_two_ends_and_one_unit_may_stand_for_both() {
        let ends = |text| split_range(text).map(|(low, high)| format!("{low}|{high}"));
        assert_eq!(ends("1 h to 4 h").as_deref(), Some("1 h|4 h"));
        assert_eq!(ends("20 - 200 ms").as_deref(), Some("20 ms|200 ms"));
        assert_eq!(ends("９９〜99.9 %").as_deref(), Some("99 %|99.9 %"));
        assert_eq!(ends("1～4 h").as_deref(), Some("1 h|4 h"));
        for single in ["4 h", "-1", "to 4 h", "〜", "PT4H", ""] {
            assert_eq!(ends(single), None, "{single}");
        }
    }

    #[test]
    fn typed_values_are_read_like_those_of_documents() {
        let item = |key| registry().item(key).unwrap();
        let uptime = item("availability.service_uptime");
        assert_eq!(
            parse_value(uptime, None, " 99.9 % ").unwrap().as_number(),
            crate::parse_decimal("0.999")
        );
        let fault = parse_value(uptime, None, "99.9").unwrap_err();
        assert_eq!(fault.0[0].code, FaultCode::OutOfRange);
        assert!(fault.to_string().contains("99.9 %"));
        let places = item("security.data_location");
        assert_eq!(parse_value(places, None, "JP, DE").unwrap(), Value::set(["DE", "JP"]));
        assert!(parse_value(places, None, "").is_err());
        let level = item("security.assurance_level");
        assert!(parse_value(level, None, "moderate").is_err());
        assert!(parse_value(level, registry().scheme("us-fips199"), "moderate").is_ok());
        assert_eq!(parse_value(item("cost.tier"), None, "3").unwrap(), Value::level("3"));
    }
}
