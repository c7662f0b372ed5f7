//! Statements on `monitoring`, and a setting on the wire.

use provider_api::{AllocationId, Monitoring, MonitoringRequest, MonitoringState, Reading};
use sqlx::FromRow;

use super::{Store, Tx};
use crate::error::OpError;

/// One row.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct MonitoringRow {
    pub allocation_id: String,
    pub running: bool,
    metrics: String,
    pub interval_seconds: i64,
    pub set_at: i64,
    pub read_at: Option<i64>,
    readings: Option<String>,
}

const SELECT: &str = "
    SELECT allocation_id, running, metrics, interval_seconds, set_at, read_at, readings FROM monitoring";

impl MonitoringRow {
    pub(crate) fn metrics(&self) -> Result<Vec<String>, OpError> {
        Ok(serde_json::from_str(&self.metrics)?)
    }

    /// What was read last; nothing before the first reading.
    pub(crate) fn readings(&self) -> Result<Vec<Reading>, OpError> {
        let readings = self.readings.as_deref().map(serde_json::from_str).transpose()?;
        Ok(readings.unwrap_or_default())
    }

    /// Whether it is time to read; after a clock that was set back it is, rather than never.
    pub(crate) fn is_due(&self, now_us: i64) -> bool {
        let interval_us = self.interval_seconds.saturating_mul(1_000_000);
        self.read_at
            .is_none_or(|read_at| now_us < read_at || now_us.saturating_sub(read_at) >= interval_us)
    }

    pub(crate) fn view(&self) -> Result<Monitoring, OpError> {
        let running = self.running;
        Ok(Monitoring {
            allocation_id: AllocationId(self.allocation_id.clone()),
            state: if running { MonitoringState::Running } else { MonitoringState::Stopped },
            metrics: self.metrics()?,
            interval_seconds: u32::try_from(self.interval_seconds).ok(),
            set_at_us: Some(self.set_at),
            read_at_us: self.read_at,
        })
    }
}

impl Store {
    pub(crate) async fn monitoring(&self, id: &str) -> Result<Option<MonitoringRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE allocation_id = $1"), id).await
    }

    /// Every setting by which readings are taken now.
    pub(crate) async fn monitored(&self) -> Result<Vec<MonitoringRow>, sqlx::Error> {
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} WHERE running")))
            .fetch_all(&self.pool)
            .await
    }

    /// Writes down a reading, unless what is measured was set anew or stopped meanwhile.
    pub(crate) async fn note_readings(
        &self,
        row: &MonitoringRow,
        readings: &[Reading],
        now_us: i64,
    ) -> Result<(), OpError> {
        sqlx::query(
            "UPDATE monitoring SET read_at = $1, readings = $2 WHERE allocation_id = $3 AND set_at = $4 AND running",
        )
        .bind(now_us)
        .bind(serde_json::to_string(readings)?)
        .bind(&row.allocation_id)
        .bind(row.set_at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Sets what is measured. Stopping keeps the last reading, starting begins without one.
pub(crate) async fn set_monitoring(
    tx: &mut Tx,
    id: &str,
    request: &MonitoringRequest,
    now_us: i64,
) -> Result<(), OpError> {
    sqlx::query(
        "INSERT INTO monitoring (allocation_id, running, metrics, interval_seconds, set_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (allocation_id) DO UPDATE SET running = $2, metrics = $3, interval_seconds = $4, set_at = $5,
             read_at = CASE WHEN $2 THEN NULL ELSE read_at END, readings = CASE WHEN $2 THEN NULL ELSE readings END",
    )
    .bind(id)
    .bind(request.running)
    .bind(serde_json::to_string(&request.metrics)?)
    .bind(i64::from(request.interval_seconds))
    .bind(now_us)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stops what is measured of an allocation that is given back.
pub(crate) async fn end_monitoring(tx: &mut Tx, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE monitoring SET running = FALSE WHERE allocation_id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
