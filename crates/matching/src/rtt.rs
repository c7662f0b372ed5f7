//! Measured round-trip times between countries: what stands in where an offer states no time to
//! where the users are. The figures are in `data/rtt.csv`; adding them up is `from_sla`'s.

use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Sorted by the two countries, of which the first is the smaller.
static TABLE: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let mut lines: Vec<Line> = include_str!("../data/rtt.csv").lines().filter_map(read).collect();
    lines.sort_unstable_by_key(|(countries, _)| *countries);
    lines
});

type Line = ((&'static str, &'static str), Rtt);

/// One measured round trip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rtt {
    /// Milliseconds, above 0; of all region pairs of the two countries the slowest average.
    pub rtt_ms: Decimal,
    /// Set of measurements it comes from: `aws` or `gcp` pings between regions.
    pub dataset: String,
    /// Day of the measurement, days since 1970-01-01; `None` where it was not recorded.
    pub measured_on: Option<i64>,
}

/// The measured round-trip time between two countries (ISO 3166-1 alpha-2), either way round;
/// `None` is "not measured", which is not 0.
#[must_use]
pub fn measured_rtt(one: &str, other: &str) -> Option<&'static Rtt> {
    let key = if one <= other { (one, other) } else { (other, one) };
    let at = TABLE.binary_search_by(|(countries, _)| (*countries).cmp(&key)).ok()?;
    TABLE.get(at).map(|(_, rtt)| rtt)
}

/// How many pairs of countries the table holds.
#[must_use]
pub fn measured_pairs() -> usize {
    TABLE.len()
}

fn read(line: &'static str) -> Option<Line> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.split(',');
    let key = (fields.next()?, fields.next()?);
    let rtt_ms = fields.next()?.parse().ok()?;
    let dataset = fields.next()?.to_owned();
    let measured_on = fields.next().and_then(sla::Date::parse).map(|date| date.last_day());
    Some((key, Rtt { rtt_ms, dataset, measured_on }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_once_and_lies_the_right_way_round() {
        let lines: Vec<&str> = include_str!("../data/rtt.csv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .collect();
        assert_eq!(lines.len(), measured_pairs());
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for ((one, other), _) in TABLE.iter() {
            assert!(one <= other, "{one} {other}");
            assert!(sla::COUNTRIES.contains(one) && sla::COUNTRIES.contains(other));
        }
        assert!(TABLE.iter().all(|(_, rtt)| rtt.rtt_ms > Decimal::ZERO));
    }

    #[test]
    fn a_pair_is_found_either_way_and_an_unmeasured_one_is_absent() {
        let there = measured_rtt("JP", "DE").unwrap();
        assert_eq!(Some(there), measured_rtt("DE", "JP"));
        assert_eq!(there.measured_on, sla::Date::parse("2020-06-05").map(|date| date.last_day()));
        assert!(measured_rtt("JP", "JP").unwrap().measured_on.is_none());
        assert_eq!(measured_rtt("DE", "DE"), None);
        assert_eq!(measured_rtt("JP", "AQ"), None);
    }
}
