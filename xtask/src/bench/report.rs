//! How results are shown: a table for people, one JSON object a line for programs.

use anyhow::Result;
use serde::Serialize;

/// One measured case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub bench: &'static str,
    pub case: String,
    /// How many measurements stand behind the numbers.
    pub n: usize,
    /// Unit of `median`, `p99` and `floor`.
    pub unit: &'static str,
    pub median: f64,
    /// Absent for rates and counts.
    pub p99: Option<f64>,
    /// The least the same machine takes for the same kind of thing; absent for the floor itself.
    pub floor: Option<f64>,
    /// `median / floor`.
    pub ratio: Option<f64>,
}

impl Row {
    /// A case without a floor.
    pub fn new(
        bench: &'static str,
        case: impl Into<String>,
        unit: &'static str,
        values: &[f64],
    ) -> Self {
        let median = percentile(values, 0.5);
        Self {
            bench,
            case: case.into(),
            n: values.len(),
            unit,
            median,
            p99: None,
            floor: None,
            ratio: None,
        }
    }

    /// Adds the 99th percentile.
    pub fn with_p99(self, values: &[f64]) -> Self {
        Self { p99: Some(percentile(values, 0.99)), ..self }
    }

    /// Adds a floor and the ratio to it.
    pub fn over(self, floor: f64) -> Self {
        let ratio = (floor > 0.0).then_some(self.median / floor);
        Self { floor: Some(floor), ratio, ..self }
    }
}

/// The value below which a share of the values lies; 0 without values.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Nearest rank: small samples give a value that was measured.
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// One JSON object a line.
pub fn json(rows: &[Row]) -> Result<String> {
    let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    Ok(lines?.join("\n"))
}

/// A table with aligned columns.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<8} {:<34} {:>6} {:>10} {:>10} {:>10} {:>10} {:>7}",
        "bench", "case", "n", "unit", "median", "p99", "floor", "ratio"
    );
    let shown =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    for row in rows {
        text.push_str(&format!(
            "\n{:<8} {:<34} {:>6} {:>10} {:>10} {:>10} {:>10} {:>7}",
            row.bench,
            row.case,
            row.n,
            row.unit,
            shown(Some(row.median)),
            shown(row.p99),
            shown(row.floor),
            shown(row.ratio)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "nearest rank returns a measured value unchanged")]
    fn percentile_is_a_measured_value() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(percentile(&values, 0.5), 2.0);
        assert_eq!(percentile(&values, 0.99), 4.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn json_has_one_object_a_line_with_all_fields() {
        let row = Row::new("page", "market", "ms", &[1.0, 3.0]).with_p99(&[1.0, 3.0]).over(0.5);
        let text = json(&[row.clone(), row]).unwrap();
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let fields: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields.len(), 8);
        assert_eq!(first["ratio"], 2.0);
        assert_eq!(text.lines().count(), 2);
    }
}
