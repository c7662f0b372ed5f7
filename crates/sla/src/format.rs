//! Values as people read them: "99.95 %", "4 h", 「4 時間」. Exact: nothing is rounded for display.
//! Leaves money to the pages, which know the currency.

use crate::registry::registry;
use crate::{ItemDef, ItemKind, Locale, OfferItem, RequirementItem, Unit, Value, Word};
use rust_decimal::Decimal;

/// Shows a value of an item.
#[must_use]
pub fn format_value(item: &ItemDef, value: &Value, locale: Locale) -> String {
    match value {
        Value::Number(number) => format_number(item.unit, *number, locale),
        Value::Range { min, max } => {
            let end = |number| format_number(item.unit, number, locale);
            range_text(&end(*min), &end(*max), locale)
        }
        Value::Level(level) => label(item.words(), level, locale),
        Value::Set(members) => {
            let labels = members.iter().map(|member| label(item.words(), member, locale));
            join(labels, locale)
        }
        Value::Boolean(yes) => boolean(*yes, locale),
    }
}

/// Shows a promise; levels of a scheme with the name of the scheme, extensions that are not registered as written.
#[must_use]
pub fn format_offer_item(promise: &OfferItem, locale: Locale) -> String {
    format_any(&promise.item, promise.scheme.as_deref(), &promise.value, locale)
}

/// Shows what is asked, without the operator; empty where nothing is.
#[must_use]
pub fn format_requirement_item(asked: &RequirementItem, locale: Locale) -> String {
    let shown = |value| format_any(&asked.item, asked.scheme.as_deref(), value, locale);
    asked.value.as_ref().map(shown).unwrap_or_default()
}

pub(crate) fn format_any(key: &str, scheme: Option<&str>, value: &Value, locale: Locale) -> String {
    match (registry().item(key), value, scheme) {
        (Some(item), Value::Level(level), Some(scheme)) if item.kind == ItemKind::SchemeLevel => {
            format_scheme_level(scheme, level, locale)
        }
        (Some(item), ..) if !item.differs_from(value) => format_value(item, value, locale),
        _ => plain(value, locale),
    }
}

/// Shows a security level with its scheme: "FIPS 199 / FISMA: Moderate".
#[must_use]
pub fn format_scheme_level(scheme: &str, level: &str, locale: Locale) -> String {
    match registry().scheme(scheme) {
        Some(scheme) => {
            let level = label(&scheme.levels, level, locale);
            let scheme = scheme.label.get(locale);
            if scheme == level { level } else { format!("{scheme}: {level}") }
        }
        None => format!("{scheme}: {level}"),
    }
}

/// Shows the two ends of a range, as [`crate::split_range`] takes them apart.
#[must_use]
pub fn range_text(min: &str, max: &str, locale: Locale) -> String {
    match locale {
        Locale::En => format!("{min} to {max}"),
        Locale::Ja => format!("{min}〜{max}"),
    }
}

/// Shows a number of a base unit, also a difference or a tolerance. The text without the commas of
/// its groups reads back as the same number.
#[must_use]
pub fn format_number(unit: Unit, number: Decimal, locale: Locale) -> String {
    let ja = locale == Locale::Ja;
    let (number, name) = match unit {
        Unit::Fraction => match unit.count(number, "%") {
            Some(percent) => (percent, "%"),
            // Too many digits for the sign; a bare number is a fraction.
            None => return grouped(number),
        },
        Unit::Second | Unit::Millisecond | Unit::Day => return duration(unit, number, ja),
        Unit::PerSecond => (number, if ja { "件/秒" } else { "/s" }),
        Unit::Megabit => bandwidth(number),
        Unit::HoursPerWeek => (number, if ja { "時間/週" } else { "h/week" }),
        Unit::Vcpu => (number, "vCPU"),
        Unit::CarbonIntensity => (number, "gCO2e/kWh"),
        Unit::YenPerMonth => (number, if ja { "円/月" } else { "JPY/month" }),
        Unit::Ratio | Unit::None => return grouped(number),
    };
    format!("{} {name}", grouped(number))
}

fn bandwidth(number: Decimal) -> (Decimal, &'static str) {
    match Unit::Megabit.count(number, "Gbit/s") {
        Some(giga) if giga.abs() >= Decimal::ONE && giga.scale() <= 2 => (giga, "Gbit/s"),
        _ => (number, "Mbit/s"),
    }
}

/// The largest unit in which the length is at least 1 and has at most two decimals; shorter than a
/// tenth of a second in milliseconds, and in the base unit where nothing comes out even.
fn duration(unit: Unit, number: Decimal, ja: bool) -> String {
    const UNITS: [(&str, &str); 4] = [("d", "日"), ("h", "時間"), ("min", "分"), ("s", "秒")];
    let shown = |count: Decimal, en: &str, ja_name: &str| {
        format!("{} {}", grouped(count), if ja { ja_name } else { en })
    };
    if number.is_zero() {
        return shown(number, "s", "秒");
    }
    for (en, ja_name) in UNITS {
        if let Some(count) = unit.count(number, en)
            && count.abs() >= Decimal::ONE
            && count.scale() <= 2
        {
            return shown(count, en, ja_name);
        }
    }
    match (unit.count(number, "s"), unit.count(number, "ms")) {
        (Some(seconds), _) if seconds.abs() >= Decimal::new(1, 1) => shown(seconds, "s", "秒"),
        (Some(_), Some(milliseconds)) => shown(milliseconds, "ms", "ミリ秒"),
        _ => match unit {
            Unit::Millisecond => shown(number, "ms", "ミリ秒"),
            Unit::Day => shown(number, "d", "日"),
            _ => shown(number, "s", "秒"),
        },
    }
}

/// Groups the whole part in threes: 1,825.
fn grouped(number: Decimal) -> String {
    let text = number.normalize().to_string();
    let (sign, body) = text.strip_prefix('-').map_or(("", text.as_str()), |body| ("-", body));
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn label(words: &[Word], key: &str, locale: Locale) -> String {
    let word = words.iter().find(|word| word.key == key);
    word.map_or_else(|| key.to_owned(), |word| word.label.get(locale).to_owned())
}

fn join(labels: impl Iterator<Item = String>, locale: Locale) -> String {
    let comma = if locale == Locale::Ja { "、" } else { ", " };
    labels.collect::<Vec<_>>().join(comma)
}

fn boolean(yes: bool, locale: Locale) -> String {
    match (yes, locale) {
        (true, Locale::En) => "yes",
        (false, Locale::En) => "no",
        (true, Locale::Ja) => "はい",
        (false, Locale::Ja) => "いいえ",
    }
    .to_owned()
}

/// The value of an item that the registry does not know, or knows as something else.
pub(crate) fn plain(value: &Value, locale: Locale) -> String {
    match value {
        Value::Number(number) => grouped(*number),
        Value::Range { min, max } => format!("{}–{}", grouped(*min), grouped(*max)),
        Value::Level(text) => text.clone(),
        Value::Set(members) => join(members.iter().cloned(), locale),
        Value::Boolean(yes) => boolean(*yes, locale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;

    fn shown(unit: Unit, number: &str, locale: Locale) -> String {
        format_number(unit, parse_decimal(number).unwrap(), locale)
    }

    #[test]
    fn numbers_are_shown_exactly_in_a_fitting_unit() {
        for (unit, number, en, ja) in [
            (Unit::Fraction, "0.9995", "99.95 %", "99.95 %"),
            (Unit::Fraction, "0.99995", "99.995 %", "99.995 %"),
            (Unit::Fraction, "1", "100 %", "100 %"),
            (Unit::Second, "14400", "4 h", "4 時間"),
            (Unit::Second, "0.82", "0.82 s", "0.82 秒"),
            (Unit::Second, "0.04", "40 ms", "40 ミリ秒"),
            (Unit::Second, "0", "0 s", "0 秒"),
            (Unit::Second, "5400", "1.5 h", "1.5 時間"),
            (Unit::Second, "4000", "4,000 s", "4,000 秒"),
            (Unit::Second, "1.2345", "1.2345 s", "1.2345 秒"),
            (Unit::Second, "259200", "3 d", "3 日"),
            (Unit::Day, "1825", "1,825 d", "1,825 日"),
            (Unit::Day, "0.5", "12 h", "12 時間"),
            (Unit::Millisecond, "240", "0.24 s", "0.24 秒"),
            (Unit::Millisecond, "5", "5 ms", "5 ミリ秒"),
            (Unit::Megabit, "1000", "1 Gbit/s", "1 Gbit/s"),
            (Unit::Megabit, "100", "100 Mbit/s", "100 Mbit/s"),
            (Unit::PerSecond, "5000", "5,000 /s", "5,000 件/秒"),
            (Unit::Ratio, "1.25", "1.25", "1.25"),
            (Unit::Second, "-60", "-1 min", "-1 分"),
        ] {
            assert_eq!(shown(unit, number, Locale::En), en);
            assert_eq!(shown(unit, number, Locale::Ja), ja);
        }
    }

    #[test]
    fn levels_and_sets_are_shown_with_their_labels() {
        let item = |key| registry().item(key).unwrap();
        let class = item("network.assurance_class");
        assert_eq!(
            format_value(class, &Value::level("guaranteed_bandwidth"), Locale::Ja),
            "帯域保証"
        );
        let certificates = Value::set(["iso27001", "csa-star-1"]);
        let shown = format_value(item("security.certifications"), &certificates, Locale::Ja);
        assert_eq!(shown, "CSA STAR レベル1、ISO/IEC 27001");
        let countries = Value::set(["NL", "DE"]);
        assert_eq!(format_value(item("security.data_location"), &countries, Locale::En), "DE, NL");
        assert_eq!(
            format_scheme_level("us-fips199", "moderate", Locale::En),
            "FIPS 199 / FISMA: Moderate"
        );
        assert_eq!(format_scheme_level("ismap", "ismap", Locale::Ja), "ISMAP");
    }
}
