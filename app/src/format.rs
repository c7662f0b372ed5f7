//! Numbers, money, time and durations as text in the reader's language. Pure.
//!
//! Money is in minor units with its currency, time in microseconds UTC, as everywhere.

use std::fmt::Write as _;

use jiff::{Timestamp, civil, tz};

use crate::words::Locale;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub use crate::words::integer;

/// Digits behind the point of a currency (ISO 4217); two where we do not know better.
pub fn minor_digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" => 0,
        "BHD" | "KWD" | "OMR" | "JOD" | "TND" => 3,
        _ => 2,
    }
}

/// An amount in minor units with its sign or code: `¥182,000`, `€1,234.50`, `CHF 12.00`.
pub fn money(minor: i64, currency: &str) -> String {
    let digits = minor_digits(currency);
    let scale = 10_u64.pow(digits);
    let amount = minor.unsigned_abs();
    let sign = if minor < 0 { "−" } else { "" };
    let mark = match currency {
        "JPY" => "¥".to_owned(),
        "EUR" => "€".to_owned(),
        "USD" => "$".to_owned(),
        "GBP" => "£".to_owned(),
        other => format!("{other}\u{a0}"),
    };
    let whole = integer(i64::try_from(amount / scale).unwrap_or(i64::MAX));
    if digits == 0 {
        return format!("{sign}{mark}{whole}");
    }
    let width = digits as usize;
    format!("{sign}{mark}{whole}.{:0width$}", amount % scale)
}

/// The exact time with its zone: Japan's for Japanese readers, UTC for the others.
pub fn exact_time(locale: Locale, micros: i64) -> String {
    let Ok(time) = Timestamp::from_microsecond(micros) else { return String::new() };
    match locale {
        Locale::Ja => time.to_zoned(zone(locale)).strftime("%Y-%m-%d %H:%M:%S JST").to_string(),
        Locale::En => time.to_zoned(zone(locale)).strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}

/// A moment as a reader types it or a browser sends it: `2027-03-31 18:00`, `2027-03-31T18:00:00`, in the
/// same zone as [`exact_time`].
pub fn read_moment(locale: Locale, text: &str) -> Option<i64> {
    let text = text.trim().replacen(' ', "T", 1);
    let civil: civil::DateTime = text.parse().ok().filter(|_| text.contains('T'))?;
    zone(locale).to_timestamp(civil).ok().map(Timestamp::as_microsecond)
}

/// What `datetime-local` takes: `2027-03-31T18:00`, in the same zone as [`exact_time`].
pub fn field_moment(locale: Locale, micros: i64) -> String {
    let Ok(time) = Timestamp::from_microsecond(micros) else { return String::new() };
    time.to_zoned(zone(locale)).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Japan's for Japanese readers, UTC for the others.
fn zone(locale: Locale) -> tz::TimeZone {
    match locale {
        Locale::Ja => tz::offset(9).to_time_zone(),
        Locale::En => tz::TimeZone::UTC,
    }
}

/// The day alone: `2026-11-22`, in the same zone as [`exact_time`].
pub fn day(locale: Locale, micros: i64) -> String {
    exact_time(locale, micros).chars().take(10).collect()
}

/// RFC 3339 in UTC with whole seconds, for `datetime` attributes.
pub fn machine_time(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// How long ago or how far ahead: `3 minutes ago`, `2 時間後`; a day where it is over a month away.
pub fn relative_time(locale: Locale, micros: i64, now: i64) -> String {
    let words = locale.words();
    let distance = now.saturating_sub(micros);
    let past = distance >= 0;
    let size = distance.saturating_abs();
    if size < 10 * SECOND {
        return words.common_time_now().to_owned();
    }
    if size > 31 * DAY {
        return day(locale, micros);
    }
    let span = if size < MINUTE {
        words.common_time_seconds(size / SECOND)
    } else if size < HOUR {
        words.common_time_minutes(size / MINUTE)
    } else if size < DAY {
        words.common_time_hours(size / HOUR)
    } else {
        words.common_time_days(size / DAY)
    };
    if past { words.common_time_ago(span) } else { words.common_time_ahead(span) }
}

/// A length of time in its two largest units: `4 h`, `1 d 2 h`, `0.82 s`, `4 時間`.
pub fn duration(locale: Locale, micros: i64) -> String {
    let words = locale.words();
    let size = micros.saturating_abs();
    if size < MINUTE {
        return words.common_duration_seconds(seconds_text(size));
    }
    let units = [
        (DAY, words.common_duration_days(integer(size / DAY))),
        (HOUR, words.common_duration_hours(size % DAY / HOUR)),
        (MINUTE, words.common_duration_minutes(size % HOUR / MINUTE)),
        (SECOND, words.common_duration_seconds(size % MINUTE / SECOND)),
    ];
    let first = units.iter().position(|(unit, _)| size >= *unit).unwrap_or(units.len() - 1);
    let mut text = units[first].1.clone();
    if let Some((unit, second)) = units.get(first + 1)
        && size % units[first].0 / unit > 0
    {
        let _ = write!(text, " {second}");
    }
    text
}

/// Seconds with as many decimals as they have, to the millisecond.
fn seconds_text(micros: i64) -> String {
    let millis = micros / 1000;
    let text = format!("{}.{:03}", millis / 1000, millis % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986; fits queries and cookies.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Undoes [`percent_encode`]; what is no valid escape stays as it is.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escape = (bytes[index] == b'%')
            .then(|| bytes.get(index + 1..index + 3))
            .flatten()
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(escape.unwrap_or(bytes[index]));
        index += if escape.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A share as percent with two decimals, rounded down: 99.999 is not 100.
pub fn share(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_the_digits_of_its_currency() {
        assert_eq!(money(182_000, "JPY"), "¥182,000");
        assert_eq!(money(123_450, "EUR"), "€1,234.50");
        assert_eq!(money(-5, "USD"), "−$0.05");
        assert_eq!(money(1_005, "KWD"), "KWD\u{a0}1.005");
    }

    #[test]
    fn integers_are_grouped_by_three() {
        assert_eq!(
            [integer(0), integer(999), integer(1000), integer(-1_234_567)],
            ["0", "999", "1,000", "−1,234,567"]
        );
        assert_eq!(integer(i64::MIN), "−9,223,372,036,854,775,808");
    }

    #[test]
    fn durations_show_their_two_largest_units() {
        assert_eq!(duration(Locale::En, 820_000), "0.82 s");
        assert_eq!(duration(Locale::En, 4 * HOUR), "4 h");
        assert_eq!(duration(Locale::En, DAY + 2 * HOUR + 5 * MINUTE), "1 d 2 h");
        assert_eq!(duration(Locale::Ja, 4 * HOUR), "4 時間");
        assert_eq!(duration(Locale::En, 90 * SECOND), "1 min 30 s");
    }

    #[test]
    fn moments_are_read_in_the_zone_in_which_they_are_shown() {
        let moment = 1_806_516_000 * SECOND;
        for (locale, text) in [(Locale::En, "2027-03-31T18:00"), (Locale::Ja, "2027-04-01T03:00")] {
            assert_eq!(field_moment(locale, moment), text);
            assert_eq!(read_moment(locale, text), Some(moment));
            assert_eq!(read_moment(locale, &format!(" {} ", text.replace('T', " "))), Some(moment));
        }
        assert_eq!(read_moment(Locale::En, "2027-03-31T18:00:30"), Some(moment + 30 * SECOND));
        for bad in ["", "2027-03-31", "18:00", "2027-02-30 18:00", "tomorrow", "2027-03-31 18:00 x"]
        {
            assert_eq!(read_moment(Locale::En, bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_relative_until_a_month_and_then_a_day() {
        let now = 1_790_000_000 * SECOND;
        assert_eq!(relative_time(Locale::En, now - MINUTE, now), "1 minute ago");
        assert_eq!(relative_time(Locale::En, now + 2 * HOUR, now), "in 2 hours");
        assert_eq!(relative_time(Locale::Ja, now - 3 * DAY, now), "3 日前");
        assert_eq!(relative_time(Locale::En, now - 40 * DAY, now), day(Locale::En, now - 40 * DAY));
    }

    #[test]
    fn exact_times_name_their_zone() {
        assert_eq!(exact_time(Locale::En, 0), "1970-01-01 00:00:00 UTC");
        assert_eq!(exact_time(Locale::Ja, 0), "1970-01-01 09:00:00 JST");
        assert_eq!(machine_time(0), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn percent_encoding_comes_back() {
        let text = "a b&c=雲市%";
        assert_eq!(percent_decode(&percent_encode(text)), text);
        assert_eq!(percent_decode("%zz%4"), "%zz%4");
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!(share(99_999, 100_000), "99.99 %");
        assert_eq!(share(3, 3), "100.00 %");
        assert_eq!(share(0, 0), "0.00 %");
    }
}
