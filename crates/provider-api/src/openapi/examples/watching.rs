//! Examples of monitoring and of the subscription.

use super::{ID, LABEL, NOW_US, SECOND_US, metrics};
use crate::openmetrics;
use crate::wire::{
    METRICS, MetricSpec, Monitoring, MonitoringRequest, MonitoringState, MonitoringSupport,
    OtlpPush, OtlpTarget, ReadingHistory, Webhook, WebhookRequest, WebhookState,
};

fn chosen() -> Vec<String> {
    ["response.count", "response.p95Us", "usage.memoryBytes"].map(str::to_owned).to_vec()
}

pub(super) fn support() -> MonitoringSupport {
    let metrics = METRICS.iter().map(MetricSpec::info).collect();
    MonitoringSupport {
        interval_min_seconds: 1,
        interval_max_seconds: 3600,
        metrics,
        history: Some(ReadingHistory { readings_max: 1000, age_max_seconds: 86_400 }),
        otlp: true,
    }
}

pub(super) fn request() -> MonitoringRequest {
    MonitoringRequest {
        running: true,
        metrics: chosen(),
        interval_seconds: 10,
        otlp: Some(OtlpTarget {
            url: COLLECTOR.to_owned(),
            token: Some("token-of-the-collector".to_owned()),
        }),
    }
}

pub(super) fn monitoring() -> Monitoring {
    Monitoring {
        allocation_id: ID.into(),
        state: MonitoringState::Running,
        metrics: chosen(),
        interval_seconds: Some(10),
        set_at_us: Some(NOW_US - 60 * SECOND_US),
        read_at_us: Some(NOW_US),
        otlp: Some(OtlpPush {
            url: COLLECTOR.to_owned(),
            suspended: false,
            failures: 0,
            pushed_at_us: Some(NOW_US),
            last_error: None,
        }),
    }
}

pub(super) fn readings() -> String {
    let measured = metrics();
    let chosen = chosen();
    let specs = chosen.iter().filter_map(|name| MetricSpec::named(name));
    let readings: Vec<_> = specs.filter_map(|metric| metric.read(&measured)).collect();
    openmetrics::write(&[("allocation", ID), ("label", LABEL)], &chosen, &[(NOW_US, readings)])
}

/// The same in OTLP.
pub(super) fn otlp() -> serde_json::Value {
    let measured = metrics();
    let chosen = chosen();
    let specs = chosen.iter().filter_map(|name| MetricSpec::named(name));
    let readings: Vec<_> = specs.filter_map(|metric| metric.read(&measured)).collect();
    crate::otlp::export(&[("allocation", ID), ("label", LABEL)], &chosen, &[(NOW_US, readings)])
}

const COLLECTOR: &str = "https://collector.example/v1/metrics";

const RECEIVER: &str = "https://broker.example/clouds/minato";

pub(super) fn subscribe() -> WebhookRequest {
    let secret = "whsec_bm90IGEgc2VjcmV0IGJ1dCBhbiBleGFtcGxl".to_owned();
    WebhookRequest { url: RECEIVER.to_owned(), secret }
}

pub(super) fn subscription() -> Webhook {
    Webhook {
        state: WebhookState::Active,
        epoch: Some(7),
        url: Some(RECEIVER.to_owned()),
        delivered: Some("42".to_owned()),
        failures: 0,
        last_error: None,
        set_at_us: Some(NOW_US),
    }
}
