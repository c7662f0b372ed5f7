//! Readings as OpenMetrics 1.0 text: written by a cloud, read by whoever collects. A value that was not measured has its
//! family and no sample, so that nobody takes "no data" for zero.

use std::fmt::Write;

use crate::wire::{MetricKind, MetricSpec, MetricUnit, Reading};

/// The content type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The last line; without it the text was cut off.
const END: &str = "# EOF\n";
const MICROS: i64 = 1_000_000;

/// One sample of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub family: String,
    pub value: String,
    /// The moment of the reading as written; absent when the text tells none.
    pub at: Option<String>,
}

/// The text is not OpenMetrics as this API writes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct NotOpenMetrics {
    pub line: usize,
    pub fault: &'static str,
}

/// The text of readings, oldest first: every chosen value with its family, and a sample of each moment at which it was
/// measured.
#[must_use]
pub fn write(
    labels: &[(&str, &str)],
    chosen: &[String],
    readings: &[(i64, Vec<Reading>)],
) -> String {
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    let labels = labels.join(",");
    let mut text = String::new();
    for metric in chosen.iter().filter_map(|name| MetricSpec::named(name)) {
        let (family, kind, unit) = (metric.family, metric.kind.as_str(), metric.unit.as_str());
        let _ = writeln!(text, "# TYPE {family} {kind}");
        let _ = writeln!(text, "# UNIT {family} {unit}");
        let _ = writeln!(text, "# HELP {family} {}", metric.text);
        let end = if metric.kind == MetricKind::Counter { "_total" } else { "" };
        for (at_us, reading) in metric.points(readings) {
            let value = match metric.unit {
                MetricUnit::Seconds => decimal(reading.value),
                _ => reading.value.to_string(),
            };
            let _ = writeln!(text, "{family}{end}{{{labels}}} {value} {}", decimal(at_us));
        }
    }
    text.push_str(END);
    text
}

/// Microseconds as seconds, exactly.
fn decimal(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let us = us.unsigned_abs();
    let micros = MICROS.unsigned_abs();
    format!("{sign}{}.{:06}", us / micros, us % micros)
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The samples of a text, in its order.
///
/// # Errors
/// When a line is none of OpenMetrics, a sample is outside its family, or the end is missing.
pub fn read(text: &str) -> Result<Vec<Sample>, NotOpenMetrics> {
    let lines: Vec<&str> = text.lines().collect();
    let fault = |line: usize, fault| Err(NotOpenMetrics { line: line + 1, fault });
    if !text.ends_with(END) {
        return fault(lines.len(), "the text ends with # EOF and a line break");
    }
    let mut samples: Vec<Sample> = Vec::new();
    let mut family = String::new();
    for (number, line) in lines.iter().enumerate() {
        if number + 1 == lines.len() {
            break;
        }
        if let Some(told) = line.strip_prefix("# TYPE ") {
            family = told.split(' ').next().unwrap_or_default().to_owned();
            continue;
        }
        if let Some(told) = line.strip_prefix("# UNIT ").or(line.strip_prefix("# HELP ")) {
            if told.split(' ').next() != Some(family.as_str()) {
                return fault(number, "unit and help follow the type of their family");
            }
            continue;
        }
        match sample(line, &family) {
            Some(sample) => samples.push(sample),
            None => return fault(number, "a sample is name{labels} value timestamp in its family"),
        }
    }
    Ok(samples)
}

fn sample(line: &str, family: &str) -> Option<Sample> {
    let rest = line.strip_prefix(family).filter(|_| !family.is_empty())?;
    let rest = rest.strip_prefix("_total").unwrap_or(rest);
    let values = match rest.strip_prefix('{') {
        // A label's value may hold anything; the last brace ends the labels.
        Some(labelled) => labelled.rsplit_once('}')?.1,
        None => rest,
    };
    let mut values = values.strip_prefix(' ')?.split(' ');
    let value = values.next().filter(|value| is_number(value))?.to_owned();
    let at = match values.next() {
        Some(at) if is_number(at) => Some(at.to_owned()),
        Some(_) => return None,
        None => None,
    };
    values.next().is_none().then(|| Sample { family: family.to_owned(), value, at })
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen() -> Vec<String> {
        ["response.count", "response.p95Us", "usage.cpuUs"].map(str::to_owned).to_vec()
    }

    #[test]
    fn what_was_not_measured_has_a_family_and_no_sample() {
        let readings = [
            Reading { name: "response.count".into(), value: 0 },
            Reading { name: "usage.cpuUs".into(), value: 5_400_001 },
        ];
        let text = write(
            &[("label", "a\"b\n}")],
            &chosen(),
            &[(1_795_651_200_000_007, readings.to_vec())],
        );
        assert!(text.contains("# TYPE kumoichi_response_p95_seconds gauge\n"), "{text}");
        assert!(text.contains(
            "\nkumoichi_usage_cpu_seconds_total{label=\"a\\\"b\\n}\"} 5.400001 1795651200.000007\n"
        ));
        let samples = read(&text).unwrap();
        let found: Vec<_> = samples.iter().map(|each| (&*each.family, &*each.value)).collect();
        let expected = [
            ("kumoichi_response_window_requests", "0"),
            ("kumoichi_usage_cpu_seconds", "5.400001"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_text_that_was_cut_off_or_is_none_is_not_read() {
        let whole = write(&[], &chosen(), &[]);
        assert_eq!(read(&whole).unwrap(), []);
        assert!(read(whole.trim_end()).is_err() && read("").is_err());
        assert!(read("a 1\n# EOF\n").is_err(), "a sample without a family");
        assert!(read("# TYPE a gauge\nb 1\n# EOF\n").is_err(), "a sample of another family");
        assert!(read("# TYPE a gauge\na NaN\n# EOF\n").is_err());
        assert_eq!(read("# TYPE a gauge\na -1.5\n# EOF\n").unwrap()[0].value, "-1.5");
    }
}
