//! Dates and moments as documents write them: checked, kept as written, comparable.
//! Reads no clock.

use std::fmt;

/// A calendar date: `2026`, `2026-03` or `2026-03-31`; facts are often known to the month only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(String);

/// A moment with its offset (RFC 3339), for example `2026-10-01T00:00:00+09:00`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: String,
    micros: i64,
}

impl Date {
    /// Checks and keeps the text; `None` if it is no date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = parts.next().map(|part| digits(part, 2));
        let day = parts.next().map(|part| digits(part, 2));
        if parts.next().is_some() || year == 0 {
            return None;
        }
        let month = match month {
            Some(month) => month?,
            None => 1,
        };
        let day = match day {
            Some(day) => day?,
            None => 1,
        };
        let valid = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        valid.then(|| Self(text.to_owned()))
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means one day, not a month or a year.
    #[must_use]
    pub fn is_one_day(&self) -> bool {
        self.0.split('-').count() == 3
    }

    /// Days from 1970-01-01 to the last day the date can mean (`2026-03` means 2026-03-31).
    #[must_use]
    pub fn last_day(&self) -> i64 {
        let mut parts = self.0.split('-').map(|part| part.parse::<i64>().unwrap_or(1));
        let year = parts.next().unwrap_or(1);
        let month = parts.next().unwrap_or(12);
        let day = parts.next().unwrap_or_else(|| days_in_month(year, month));
        days_from_epoch(year, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Timestamp {
    /// Checks and keeps the text; `None` if it is no RFC 3339 moment. Leap seconds are refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !text.is_ascii() || text.len() < 20 {
            return None;
        }
        let (date, time) = (text.get(..10)?, text.get(11..)?);
        if !matches!(text.as_bytes().get(10)?, b'T' | b't') || date.len() != 10 {
            return None;
        }
        let days = Date::parse(date)?.last_day();
        let (clock, offset) = split_offset(time)?;
        let micros = days.checked_mul(86_400)?.checked_mul(1_000_000)?;
        let micros = micros.checked_add(clock_micros(clock)?)?.checked_sub(offset * 1_000_000)?;
        Some(Self { text: text.to_owned(), micros })
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_micros(&self) -> i64 {
        self.micros
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Splits `00:00:00+09:00` into the clock and the offset in seconds.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let at = time.len().checked_sub(6)?;
    let (clock, offset) = (time.get(..at)?, time.get(at..)?);
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some((clock, sign * (hours * 3600 + minutes * 60)))
}

/// Reads `HH:MM:SS[.ffffff]` as microseconds of the day.
fn clock_micros(clock: &str) -> Option<i64> {
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = whole.split(':');
    let hours = digits(parts.next()?, 2)?;
    let minutes = digits(parts.next()?, 2)?;
    let seconds = digits(parts.next()?, 2)?;
    let valid = parts.next().is_none() && hours < 24 && minutes < 60 && seconds < 60;
    let length = fraction.len();
    if !valid || length == 0 || length > 6 {
        return None;
    }
    let fraction = digits(&format!("{fraction:0<6}"), 6)?;
    Some((hours * 3600 + minutes * 60 + seconds) * 1_000_000 + fraction)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let plain = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Counts days in the proleptic Gregorian calendar, with years that start in March so that the
/// leap day comes last.
const fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month <= 2 { month + 9 } else { month - 3 };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_may_stop_at_the_month_or_the_year() {
        for good in ["2026", "2026-03", "2024-02-29", "2000-02-29"] {
            assert_eq!(Date::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "26", "2026-13", "2026-02-29", "1900-02-29", "2026-3-1", "2026-03-31T", "２０２６"]
        {
            assert!(Date::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(Date::parse("1970-01-01").unwrap().last_day(), 0);
        assert_eq!(Date::parse("2024-02").unwrap(), Date::parse("2024-02").unwrap());
        assert_eq!(
            Date::parse("2024-02").unwrap().last_day(),
            Date::parse("2024-02-29").unwrap().last_day()
        );
        assert_eq!(Date::parse("2026-11-22").unwrap().last_day(), 20_779);
    }

    #[test]
    fn moments_count_their_offset() {
        let tokyo = Timestamp::parse("2026-10-01T00:00:00+09:00").unwrap();
        let utc = Timestamp::parse("2026-09-30T15:00:00.000000Z").unwrap();
        assert_eq!(tokyo.unix_micros(), utc.unix_micros());
        assert_eq!(Timestamp::parse("1970-01-01T00:00:00.5Z").unwrap().unix_micros(), 500_000);
        for bad in
            ["2026-10-01", "2026-10-01T00:00:00", "2026-10-01T24:00:00Z", "2026-10-01 00:00:00Z"]
        {
            assert!(Timestamp::parse(bad).is_none(), "{bad}");
        }
    }
}
