//! Readings in the form of the OpenTelemetry protocol (OTLP/HTTP, JSON encoding): the body of an
//! `ExportMetricsServiceRequest`. A value that was not measured has no metric: no data is not zero.

use serde_json::{Value, json};

use crate::wire::{MetricKind, MetricSpec, MetricUnit, Reading};

/// The content type of the body.
pub const MEDIA_TYPE: &str = "application/json";
/// Since the machines were started; `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u8 = 2;

/// The body of an export of readings, oldest first; `labels` become attributes of the resource.
#[must_use]
pub fn export(
    labels: &[(&str, &str)],
    chosen: &[String],
    readings: &[(i64, Vec<Reading>)],
) -> Value {
    let attributes: Vec<Value> = labels
        .iter()
        .map(|(name, value)| {
            json!({"key": format!("kumoichi.{name}"), "value": {"stringValue": value}})
        })
        .collect();
    let specs = chosen.iter().filter_map(|name| MetricSpec::named(name));
    let metrics: Vec<Value> = specs.filter_map(|metric| of_metric(metric, readings)).collect();
    json!({"resourceMetrics": [{
        "resource": {"attributes": attributes},
        "scopeMetrics": [{"scope": {"name": "kumoichi", "version": "1"}, "metrics": metrics}],
    }]})
}

fn of_metric(metric: &MetricSpec, readings: &[(i64, Vec<Reading>)]) -> Option<Value> {
    let points: Vec<Value> = metric
        .points(readings)
        .map(|(at_us, reading)| {
            // 64-bit integers are text in the JSON of protobuf.
            let at = at_us.saturating_mul(1000).to_string();
            match metric.unit {
                MetricUnit::Seconds => {
                    json!({"timeUnixNano": at, "asDouble": seconds(reading.value)})
                }
                _ => json!({"timeUnixNano": at, "asInt": reading.value.to_string()}),
            }
        })
        .collect();
    if points.is_empty() {
        return None;
    }
    let data = match metric.kind {
        MetricKind::Gauge => ("gauge", json!({"dataPoints": points})),
        MetricKind::Counter => (
            "sum",
            json!({"dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true}),
        ),
    };
    // Units as UCUM writes them.
    let unit = match metric.unit {
        MetricUnit::Seconds => "s",
        MetricUnit::Bytes => "By",
        MetricUnit::Requests => "{request}",
        MetricUnit::Errors => "{error}",
    };
    Some(json!({"name": metric.family, "description": metric.text, "unit": unit, data.0: data.1}))
}

/// Microseconds as the seconds that OTLP counts in, which has no exact decimals.
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_has_no_metric_and_every_moment_is_a_point() {
        let reading = |name: &str, value| Reading { name: name.to_owned(), value };
        let readings = [
            (1_000_001, vec![reading("usage.cpuUs", 1_500_000), reading("response.count", 0)]),
            (2_000_002, vec![reading("usage.cpuUs", 2_500_000)]),
        ];
        let chosen = ["response.count", "response.p95Us", "usage.cpuUs"].map(str::to_owned);
        let told = export(&[("allocation", "alc_1")], &chosen, &readings);
        let resource = &told["resourceMetrics"][0];
        assert_eq!(resource["resource"]["attributes"][0]["key"], "kumoichi.allocation");
        let metrics = resource["scopeMetrics"][0]["metrics"].as_array().unwrap();
        let names: Vec<_> = metrics.iter().map(|each| each["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["kumoichi_response_window_requests", "kumoichi_usage_cpu_seconds"]);
        assert_eq!(metrics[0]["gauge"]["dataPoints"][0]["asInt"], "0");
        let sum = &metrics[1]["sum"];
        assert_eq!(
            (sum["isMonotonic"].as_bool(), metrics[1]["unit"].as_str()),
            (Some(true), Some("s"))
        );
        assert_eq!(sum["dataPoints"][1], json!({"timeUnixNano": "2000002000", "asDouble": 2.5}));
    }
}
