//! Monitoring (IF11, IF12): what is measured on order, and the last reading as text. Readings are taken by the watch.

use provider_api::{
    AllocationId, FieldFault, METRICS, MetricSpec, Monitoring, MonitoringRequest, MonitoringState,
    MonitoringSupport, ProblemCode, ResourceState, openmetrics,
};

use super::Intent;
use super::hold::invalid;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, MonitoringRow};

/// The watch goes its rounds every second.
const INTERVAL_MIN_SECONDS: u32 = 1;
/// Whoever wants less than a reading an hour can read the metrics themselves.
const INTERVAL_MAX_SECONDS: u32 = 3600;

impl Cloud {
    pub(super) fn monitoring_support(&self) -> MonitoringSupport {
        MonitoringSupport {
            interval_min_seconds: INTERVAL_MIN_SECONDS,
            interval_max_seconds: INTERVAL_MAX_SECONDS,
            metrics: METRICS.iter().map(MetricSpec::info).collect(),
        }
    }

    pub(crate) async fn set_monitoring(
        &self,
        intent: &Intent,
        id: &str,
        request: &MonitoringRequest,
    ) -> Result<Monitoring, OpError> {
        check(request)?;
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        if admitted.replay {
            return self.monitoring(id).await;
        }
        let row = &mut admitted.row;
        let state = ResourceState::from_word(&row.state);
        if state == ResourceState::Held || state.is_final() {
            let detail = format!("nothing is measured while {state}; confirm the hold first");
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        store::set_monitoring(&mut tx, id, request, self.now_us()).await?;
        self.finish(tx, row, intent).await?;
        // Whoever starts it waits for the first reading: it need not wait for the watch.
        if request.running
            && let Some(row) = self.store.monitoring(id).await?
            && let Err(error) = self.take_reading(&row, self.now_us()).await
        {
            tracing::warn!(allocation.id = %id, %error, "the first reading could not be taken");
        }
        self.monitoring(id).await
    }

    pub(crate) async fn monitoring(&self, id: &str) -> Result<Monitoring, OpError> {
        let allocation = self.row(id).await?;
        match self.store.monitoring(id).await? {
            Some(row) => row.view(),
            None => Ok(Monitoring {
                allocation_id: AllocationId(allocation.id),
                state: MonitoringState::Unset,
                metrics: Vec::new(),
                interval_seconds: None,
                set_at_us: None,
                read_at_us: None,
            }),
        }
    }

    /// The last reading as OpenMetrics text.
    pub(crate) async fn readings(&self, id: &str) -> Result<String, OpError> {
        let allocation = self.row(id).await?;
        let Some(row) = self.store.monitoring(id).await? else {
            let detail =
                "nobody has set what to measure; PUT the monitoring of the allocation first";
            return Err(OpError::refuse(ProblemCode::NotMonitored, detail));
        };
        let labels = [("allocation", id), ("label", allocation.label.as_str())];
        let (chosen, readings) = (row.metrics()?, row.readings()?);
        Ok(openmetrics::write(&labels, &chosen, &readings, row.read_at.unwrap_or_default()))
    }

    /// Takes every reading whose time has come. Safe at any time.
    pub(crate) async fn take_readings(&self) -> Result<(), OpError> {
        let now_us = self.now_us();
        let monitored = self.store.monitored().await?;
        for row in monitored.iter().filter(|row| row.is_due(now_us)) {
            if let Err(error) = self.take_reading(row, now_us).await {
                // One broken volume must not keep the others unwatched.
                tracing::error!(allocation.id = %row.allocation_id, %error, "a reading could not be taken");
            }
        }
        Ok(())
    }

    async fn take_reading(&self, row: &MonitoringRow, now_us: i64) -> Result<(), OpError> {
        let metrics = self.metrics(&row.allocation_id).await?;
        let chosen = row.metrics()?;
        let specs = chosen.iter().filter_map(|name| MetricSpec::named(name));
        let readings: Vec<_> = specs.filter_map(|metric| metric.read(&metrics)).collect();
        self.store.note_readings(row, &readings, now_us).await
    }
}

fn check(request: &MonitoringRequest) -> Result<(), OpError> {
    let mut faults = Vec::new();
    let mut fault = |pointer: String, detail: String| faults.push(FieldFault { pointer, detail });
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    let allowed = format!("allowed are {}, each once", names.join(", "));
    if request.metrics.is_empty() {
        fault("/metrics".to_owned(), format!("found none, {allowed}"));
    }
    for (place, name) in request.metrics.iter().enumerate() {
        let earlier = request.metrics.iter().take(place).any(|other| other == name);
        if earlier || MetricSpec::named(name).is_none() {
            let name: String = name.chars().take(100).collect();
            fault(format!("/metrics/{place}"), format!("found {name:?}, {allowed}"));
        }
    }
    let interval = request.interval_seconds;
    if !(INTERVAL_MIN_SECONDS..=INTERVAL_MAX_SECONDS).contains(&interval) {
        let detail = format!(
            "found {interval}, allowed is {INTERVAL_MIN_SECONDS} to {INTERVAL_MAX_SECONDS}"
        );
        fault("/intervalSeconds".to_owned(), detail);
    }
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
}
