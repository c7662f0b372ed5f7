//! Base units of items and the other units a number may be written in. Conversions are exact: a value
//! that does not come out even in the base unit is refused, never rounded.

use crate::parse_decimal;
use rust_decimal::Decimal;

crate::words::words! {
    /// The base unit of an item: its numbers are always in this unit.
    Unit {
        /// Part of 1; shown as percent.
        Fraction = "fraction",
        /// Seconds.
        Second = "s",
        /// Milliseconds.
        Millisecond = "ms",
        /// Days of 24 hours.
        Day = "d",
        /// Transactions per second.
        PerSecond = "transactions/s",
        /// Megabits (10^6) per second.
        Megabit = "Mbit/s",
        /// Hours per week.
        HoursPerWeek = "h/week",
        /// Virtual processors.
        Vcpu = "vCPU",
        /// A plain ratio such as PUE, 1 and up.
        Ratio = "ratio",
        /// Grams of CO2 equivalent per kilowatt-hour.
        CarbonIntensity = "gCO2e/kWh",
        /// Japanese yen per month, tax excluded; the broker converts at the stored rate.
        YenPerMonth = "JPY/month",
        /// No unit: levels and sets.
        None = "none",
    }
}

/// Names of a unit with the exact factor to the base unit as a fraction.
type Row = (&'static [&'static str], i128, i128);

/// Durations as parts of a second.
const TIME: &[Row] = &[
    (&["s", "sec", "secs", "second", "seconds", "秒"], 1, 1),
    (&["ms", "msec", "millisecond", "milliseconds", "ミリ秒"], 1, 1000),
    (&["us", "µs", "μs", "microsecond", "microseconds"], 1, 1_000_000),
    (&["min", "mins", "minute", "minutes", "分"], 60, 1),
    (&["h", "hr", "hrs", "hour", "hours", "時間"], 3600, 1),
    (&["d", "day", "days", "日", "日間"], 86_400, 1),
    (&["w", "week", "weeks", "週間"], 604_800, 1),
];

const FRACTION: &[Row] =
    &[(&["%", "％", "percent", "パーセント"], 1, 100), (&["‰"], 1, 1000), (&["ppm"], 1, 1_000_000)];

const RATE: &[Row] = &[
    (&["/s", "tps", "rps", "qps", "req/s", "requests/s", "tx/s", "transactions/s", "件/秒"], 1, 1),
    (&["/min", "tpm", "rpm", "req/min", "requests/min", "transactions/min", "件/分"], 1, 60),
    (&["/h", "tph", "req/h", "requests/h", "transactions/h", "件/時"], 1, 3600),
];

const BANDWIDTH: &[Row] = &[
    (&["Mbit/s", "Mbps", "Mb/s", "mbps", "mbit/s"], 1, 1),
    (&["Gbit/s", "Gbps", "Gb/s", "gbps", "gbit/s"], 1000, 1),
    (&["Tbit/s", "Tbps", "Tb/s"], 1_000_000, 1),
    (&["kbit/s", "kbps", "kb/s", "Kbps"], 1, 1000),
    (&["bit/s", "bps", "b/s"], 1, 1_000_000),
    (&["MB/s"], 8, 1),
    (&["GB/s"], 8000, 1),
];

/// Why a text is no number in a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnitFault {
    /// No exact number at the beginning; the sentence says what to write.
    NotANumber(&'static str),
    /// A unit that the item does not know.
    UnknownUnit(String),
    /// Does not come out even in the base unit, or has too many digits.
    NotExact,
}

impl Unit {
    /// Units a number may be written in, the base unit first.
    #[must_use]
    pub fn accepted(self) -> Vec<&'static str> {
        let mut names = vec![self.as_str()];
        let firsts = self.rows().iter().filter_map(|(names, ..)| names.first().copied());
        names.extend(firsts.filter(|name| *name != self.as_str()));
        names
    }

    /// Every name a number of this unit may carry.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let rows = self.rows().iter().flat_map(|(names, ..)| names.iter().copied());
        std::iter::once(self.as_str()).chain(rows).collect()
    }

    /// Reads "99.9 %", "PT4H", "4 h 30 min", "0.5s", "1 Gbps" or a bare number as the base unit.
    pub(crate) fn read(self, text: &str) -> Result<Decimal, UnitFault> {
        let text = text.trim();
        if self.is_time() && text.starts_with(['P', 'p']) {
            return self.read_iso_duration(text);
        }
        if self.is_time() && is_of_parts(text) {
            return self.read_parts(text);
        }
        let (number, unit) = split_number(text)?;
        if unit.is_empty() || unit == self.as_str() {
            return Ok(number);
        }
        let row = self.rows().iter().find(|(names, ..)| names.contains(&unit));
        let Some((_, times, over)) = row else {
            return Err(UnitFault::UnknownUnit(unit.to_owned()));
        };
        let (base_times, base_over) = self.base();
        multiply(number, times * base_over, over * base_times).ok_or(UnitFault::NotExact)
    }

    /// So many of the unit `name` are exactly `number` of the base unit; `None` where that has no end
    /// or too many digits, so that what is written this way reads back as the same.
    pub(crate) fn count(self, number: Decimal, name: &str) -> Option<Decimal> {
        let (_, times, over) = self.rows().iter().find(|(names, ..)| names.contains(&name))?;
        let (base_times, base_over) = self.base();
        let (times, over) = (times * base_over, over * base_times);
        let count = multiply(number, over, times)?;
        (multiply(count, times, over) == Some(number)).then_some(count)
    }

    /// Whether numbers are lengths of time.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Second | Self::Millisecond | Self::Day)
    }

    const fn rows(self) -> &'static [Row] {
        match self {
            Self::Second | Self::Millisecond | Self::Day => TIME,
            Self::Fraction => FRACTION,
            Self::PerSecond => RATE,
            Self::Megabit => BANDWIDTH,
            Self::HoursPerWeek => &[(&["h", "h/w", "hours/week", "時間", "時間/週"], 1, 1)],
            Self::Vcpu => &[(&["vcpu", "vCPUs", "vcpus", "cores", "コア"], 1, 1)],
            Self::CarbonIntensity => {
                &[(&["g/kWh", "gCO2/kWh"], 1, 1), (&["kgCO2e/kWh", "kg/kWh", "kgCO2/kWh"], 1000, 1)]
            }
            Self::YenPerMonth => &[(&["JPY", "yen", "円", "円/月"], 1, 1)],
            Self::Ratio | Self::None => &[],
        }
    }

    /// The base unit in the terms of `rows`, as a fraction.
    const fn base(self) -> (i128, i128) {
        match self {
            Self::Millisecond => (1, 1000),
            Self::Day => (86_400, 1),
            _ => (1, 1),
        }
    }

    /// The names of each unit of time, the longest unit first.
    pub(crate) fn times() -> Vec<&'static [&'static str]> {
        let mut rows: Vec<&Row> = TIME.iter().collect();
        rows.sort_by_key(|(_, times, over)| std::cmp::Reverse(times * 1_000_000 / over));
        rows.into_iter().map(|(names, ..)| *names).collect()
    }

    /// Reads lengths of time that are added up: "4 h 30 min", "1時間30分"; each unit once, the longest
    /// first.
    fn read_parts(self, text: &str) -> Result<Decimal, UnitFault> {
        const HINT: UnitFault = UnitFault::NotANumber(
            "expected lengths of time with the longest unit first, such as 4 h 30 min",
        );
        let (mut rest, mut total, mut last) = (text, Decimal::ZERO, None::<(i128, i128)>);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(HINT)?;
            let number = parse_decimal(&rest[..digits]).ok_or(HINT)?;
            let behind = rest[digits..].trim_start();
            let length = behind.find(|c: char| c.is_ascii_digit() || c == '.');
            let (unit, next) = behind.split_at(length.unwrap_or(behind.len()));
            let row = TIME.iter().find(|(names, ..)| names.contains(&unit.trim_end()));
            let Some((_, times, over)) = row else {
                return Err(UnitFault::UnknownUnit(unit.trim_end().to_owned()));
            };
            if last.is_some_and(|(longer, of)| times * of >= longer * over) {
                return Err(HINT);
            }
            let (base_times, base_over) = self.base();
            let part = multiply(number, times * base_over, over * base_times);
            let sum = part.and_then(|part| exact_sum(total, part));
            total = sum.ok_or(UnitFault::NotExact)?;
            (last, rest) = (Some((*times, *over)), next);
        }
        Ok(total.normalize())
    }

    /// Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds. Years and months have
    /// no fixed length and are refused.
    fn read_iso_duration(self, text: &str) -> Result<Decimal, UnitFault> {
        const HINT: UnitFault = UnitFault::NotANumber(
            "expected a duration such as PT4H, P1DT12H or P2W; years and months have no fixed length",
        );
        let mut rest = text.get(1..).ok_or(HINT)?;
        let (mut in_time, mut total, mut last) = (false, Decimal::ZERO, 0);
        while !rest.is_empty() {
            if let (false, Some(time)) = (in_time, rest.strip_prefix(['T', 't'])) {
                (in_time, rest) = (true, time);
                continue;
            }
            let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(HINT)?;
            let number = parse_decimal(&rest[..length]).ok_or(HINT)?;
            let letter = rest[length..].chars().next().ok_or(HINT)?;
            let (place, seconds) = match (in_time, letter.to_ascii_uppercase()) {
                (false, 'W') => (1, 604_800),
                (false, 'D') => (2, 86_400),
                (true, 'H') => (3, 3600),
                (true, 'M') => (4, 60),
                (true, 'S') => (5, 1),
                _ => return Err(HINT),
            };
            if place <= last {
                return Err(HINT);
            }
            let (times, over) = self.base();
            let part = multiply(number, seconds * over, times).ok_or(UnitFault::NotExact)?;
            total = exact_sum(total, part).ok_or(UnitFault::NotExact)?;
            (last, rest) = (place, &rest[length + letter.len_utf8()..]);
        }
        if last == 0 || text.ends_with(['T', 't']) { Err(HINT) } else { Ok(total.normalize()) }
    }
}

/// Whether digits follow a unit, as in "4 h 30 min"; an exponent is no unit.
fn is_of_parts(text: &str) -> bool {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let Some(unit) = text.find(|c| !number(c)).filter(|at| *at > 0) else { return false };
    let behind = text[unit..].trim_start();
    let exponent = behind.strip_prefix(['e', 'E']).is_some_and(|power| {
        power.strip_prefix(['+', '-']).unwrap_or(power).starts_with(|c: char| c.is_ascii_digit())
    });
    let grouped = behind.starts_with([',', '_', '\'', '，']);
    !exponent
        && !grouped
        && !behind.starts_with(number)
        && behind.contains(|c: char| c.is_ascii_digit())
}

/// Splits "4 h" into 4 and "h".
fn split_number(text: &str) -> Result<(Decimal, &str), UnitFault> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    while digit(end) || bytes.get(end) == Some(&b'.') {
        end += 1;
    }
    // `e` is an exponent only with digits behind it.
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let mut after = end + 1 + sign;
        if digit(after) {
            while digit(after) {
                after += 1;
            }
            end = after;
        }
    }
    let (number, unit) = (&text[..end], text[end..].trim_start());
    let grouped = |c: char| matches!(c, ',' | '_' | '\'' | '，');
    if number.is_empty() || unit.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(UnitFault::NotANumber("expected digits with a point and, if need be, a unit"));
    }
    if unit.starts_with(grouped) {
        return Err(UnitFault::NotANumber(
            "write digits without grouping and with a point, for example 1000.5",
        ));
    }
    let hint = UnitFault::NotANumber("expected an exact number of at most 28 digits");
    parse_decimal(number).map(|number| (number, unit)).ok_or(hint)
}

/// Multiplies by a fraction in whole numbers; `None` if the result has no end or does not fit.
fn multiply(number: Decimal, times: i128, over: i128) -> Option<Decimal> {
    let mut mantissa = number.mantissa().checked_mul(times)?;
    // The longest chain of new digits is 6, for 1/1,000,000.
    for new_digits in 0..=10 {
        if mantissa % over == 0 {
            return fitted(mantissa / over, number.scale() + new_digits);
        }
        mantissa = mantissa.checked_mul(10)?;
    }
    None
}

/// The number without trailing zeros; they alone may be what does not fit an exact decimal.
fn fitted(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// Adds without rounding.
fn exact_sum(left: Decimal, right: Decimal) -> Option<Decimal> {
    let sum = left.checked_add(right)?;
    (sum.checked_sub(right)? == left && sum.checked_sub(left)? == right).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(unit: Unit, text: &str) -> String {
        match unit.read(text) {
            Ok(number) => number.to_string(),
            Err(fault) => format!("{fault:?}"),
        }
    }

    #[test]
    fn written_units_become_the_base_unit_exactly() {
        for (unit, text, exact) in [
            (Unit::Fraction, "99.9 %", "0.999"),
            (Unit::Fraction, "99.995%", "0.99995"),
            (Unit::Fraction, "99.95％", "0.9995"),
            (Unit::Fraction, "0.9995", "0.9995"),
            (Unit::Fraction, "10 ppm", "0.00001"),
            (Unit::Second, "PT4H", "14400"),
            (Unit::Second, "P1DT12H", "129600"),
            (Unit::Second, "PT0.5S", "0.5"),
            (Unit::Second, "4 h", "14400"),
            (Unit::Second, "4h", "14400"),
            (Unit::Second, "4時間", "14400"),
            (Unit::Second, "0.5 s", "0.5"),
            (Unit::Second, "500 ms", "0.5"),
            (Unit::Second, "90 min", "5400"),
            (Unit::Second, "1e3 s", "1000"),
            (Unit::Second, "4 h 30 min", "16200"),
            (Unit::Second, "1min30s", "90"),
            (Unit::Second, "1.5 h 30 min", "7200"),
            (Unit::Second, "1日 2時間30分", "95400"),
            (Unit::Second, "1 s 5 ms", "1.005"),
            (Unit::Day, "1 d 12 h", "1.5"),
            (Unit::Millisecond, "0.02 s", "20"),
            (Unit::Millisecond, "15", "15"),
            (Unit::Day, "30 d", "30"),
            (Unit::Day, "36 h", "1.5"),
            (Unit::Day, "P2W", "14"),
            (Unit::Megabit, "1 Gbps", "1000"),
            (Unit::Megabit, "1.5 Gbit/s", "1500"),
            (Unit::Megabit, "10 MB/s", "80"),
            (Unit::PerSecond, "120 req/min", "2"),
            (Unit::HoursPerWeek, "168 h", "168"),
        ] {
            assert_eq!(read(unit, text), exact, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_exact_or_understood_is_refused() {
        assert_eq!(Unit::Day.read("1 h"), Err(UnitFault::NotExact));
        assert_eq!(Unit::PerSecond.read("100 req/min"), Err(UnitFault::NotExact));
        assert_eq!(Unit::Second.read("4 m"), Err(UnitFault::UnknownUnit("m".to_owned())));
        assert_eq!(Unit::Megabit.read("4 h"), Err(UnitFault::UnknownUnit("h".to_owned())));
        for text in [
            "1,000", "1 000", "1_000", "1'000", "h", "", "P1Y", "P1M", "PT", "P", "PT1H2H", "PT4",
            "1.2.3 s",
        ] {
            assert!(matches!(Unit::Second.read(text), Err(UnitFault::NotANumber(_))), "{text}");
        }
        assert!(
            matches!(Unit::Second.read("1,000"), Err(UnitFault::NotANumber(hint)) if hint.contains("grouping"))
        );
    }

    proptest! {
        #[test]
        fn conversion_is_the_exact_product(mantissa in 0_i64..1_000_000_000, scale in 0_u32..6) {
            let number = Decimal::new(mantissa, scale).normalize();
            for (unit, name, factor) in [
                (Unit::Second, "h", Decimal::from(3600)),
                (Unit::Second, "ms", Decimal::new(1, 3)),
                (Unit::Fraction, "%", Decimal::new(1, 2)),
                (Unit::Megabit, "Gbps", Decimal::from(1000)),
                (Unit::Day, "w", Decimal::from(7)),
            ] {
                let text = format!("{number} {name}");
                prop_assert_eq!(unit.read(&text), Ok((number * factor).normalize()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*", rest in "[PT0-9.HMSWDe+-]*") {
            for unit in Unit::ALL {
                let _ = unit.read(&text);
                let _ = unit.read(&rest);
            }
        }
    }
}
