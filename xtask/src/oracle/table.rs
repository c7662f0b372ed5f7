//! Random decision tables: as cases for `kumoichi match`, and as arrays for the oracle.

use serde_json::{Value, json};

/// A table of alternatives and criteria. All numbers are whole thousandths.
#[derive(Debug)]
pub struct Table {
    /// Per criterion: lower bound, upper bound, and whether more is better.
    criteria: Vec<(i64, i64, bool)>,
    weights: Vec<i64>,
    /// Rows are alternatives; every value lies within its bounds.
    rows: Vec<Vec<i64>>,
}

impl Table {
    /// The table of a number; the same number always gives the same table.
    pub fn random(number: u64) -> Self {
        let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1));
        let criteria: Vec<(i64, i64, bool)> = (0..random.between(1, 9))
            .map(|_| {
                let low = random.between(-100_000, 100_000);
                (low, low + random.between(1, 1_000_000), random.between(0, 1) == 1)
            })
            .collect();
        let weights = criteria.iter().map(|_| random.between(1, 10_000)).collect();
        let rows = (0..random.between(1, 12))
            .map(|_| criteria.iter().map(|(low, high, _)| random.between(*low, *high)).collect())
            .collect();
        Self { criteria, weights, rows }
    }

    /// The neutral case: every criterion preferred at its best bound, which is SPOTIS's ideal point.
    pub fn case(&self) -> Value {
        let ends = |(low, high, more): &(i64, i64, bool)| {
            if *more { (*low, *high) } else { (*high, *low) }
        };
        let item = |(at, criterion): (usize, &(i64, i64, bool))| {
            let (worst, best) = ends(criterion);
            let kind = if criterion.2 { "higher" } else { "lower" };
            json!({"id": format!("c{at}"), "type": kind, "scale": "linear",
                "worst": decimal(worst), "best": decimal(best)})
        };
        let asked = |(at, (criterion, weight)): (usize, (&(i64, i64, bool), &i64))| {
            json!({"item": format!("c{at}"), "value": decimal(ends(criterion).1), "mode": "prefer",
                "weight": decimal(*weight)})
        };
        let offer = |(at, row): (usize, &Vec<i64>)| {
            let values: serde_json::Map<String, Value> = row
                .iter()
                .enumerate()
                .map(|(at, value)| (format!("c{at}"), decimal(*value).into()))
                .collect();
            json!({"id": name(at), "values": values})
        };
        let weighted = self.criteria.iter().zip(&self.weights).enumerate();
        json!({
            "items": self.criteria.iter().enumerate().map(item).collect::<Vec<_>>(),
            "requirement": weighted.map(asked).collect::<Vec<_>>(),
            "offers": self.rows.iter().enumerate().map(offer).collect::<Vec<_>>(),
        })
    }

    /// The same as arrays.
    pub fn arrays(&self) -> Value {
        let number = |thousandths: &i64| *thousandths as f64 / 1000.0;
        let bounds = self.criteria.iter().map(|(low, high, _)| [number(low), number(high)]);
        let rows = self.rows.iter().map(|row| row.iter().map(number).collect::<Vec<_>>());
        json!({
            "bounds": bounds.collect::<Vec<_>>(),
            "types": self.criteria.iter().map(|(.., more)| if *more { 1 } else { -1 }).collect::<Vec<_>>(),
            "weights": self.weights.iter().map(number).collect::<Vec<_>>(),
            "matrix": rows.collect::<Vec<_>>(),
        })
    }
}

/// The id of an alternative.
pub fn name(at: usize) -> String {
    format!("a{at:02}")
}

/// Whole thousandths as a decimal string.
fn decimal(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let size = thousandths.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

/// SplitMix64 (Steele, Lea, Flood 2014): good enough for tables, and no dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from one end to the other, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low) + 1;
        low + i64::try_from(self.next() % width).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_written_as_decimals() {
        assert_eq!(decimal(-5), "-0.005");
        assert_eq!(decimal(12_345), "12.345");
    }

    #[test]
    fn a_table_keeps_its_values_within_its_bounds_and_is_the_same_each_time() {
        for number in 0..100 {
            let table = Table::random(number);
            assert_eq!(table.case(), Table::random(number).case());
            for row in &table.rows {
                for (value, (low, high, _)) in row.iter().zip(&table.criteria) {
                    assert!(low < high && (low..=high).contains(&value));
                }
            }
        }
    }
}
