//! Statements on `monitoring`, and a setting on the wire.

use provider_api::{
    AllocationId, Monitoring, MonitoringRequest, MonitoringState, OtlpPush, Reading,
};
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
    pub otlp_url: Option<String>,
    pub otlp_token: Option<String>,
    pub otlp_pushed_at: Option<i64>,
    pub otlp_failures: i64,
    pub otlp_next_at: i64,
    pub otlp_suspended: bool,
    pub otlp_error: Option<String>,
}

/// What is kept of earlier readings of one allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub readings_max: i64,
    pub age_max_us: i64,
}

const SELECT: &str = "
    SELECT allocation_id, running, metrics, interval_seconds, set_at, read_at, readings, otlp_url, otlp_token,
           otlp_pushed_at, otlp_failures, otlp_next_at, otlp_suspended, otlp_error
    FROM monitoring";

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
            otlp: self.otlp_url.clone().map(|url| OtlpPush {
                url,
                suspended: self.otlp_suspended,
                failures: self.otlp_failures,
                pushed_at_us: self.otlp_pushed_at,
                last_error: self.otlp_error.clone(),
            }),
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
        (now_us, kept): (i64, Kept),
    ) -> Result<(), OpError> {
        let written = serde_json::to_string(readings)?;
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE monitoring SET read_at = $1, readings = $2 WHERE allocation_id = $3 AND set_at = $4 AND running",
        )
        .bind(now_us)
        .bind(&written)
        .bind(&row.allocation_id)
        .bind(row.set_at)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 1 {
            sqlx::query(
                "INSERT INTO readings (allocation_id, at, readings) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(&row.allocation_id)
            .bind(now_us)
            .bind(&written)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "DELETE FROM readings WHERE allocation_id = $1 AND at NOT IN
                     (SELECT at FROM readings WHERE allocation_id = $1 ORDER BY at DESC LIMIT $2)",
            )
            .bind(&row.allocation_id)
            .bind(kept.readings_max)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets readings of before a moment, whosever they are.
    pub(crate) async fn forget_readings(&self, before_us: i64) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM readings WHERE at < $1")
            .bind(before_us)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Kept readings after a moment, oldest first.
    pub(crate) async fn readings_since(
        &self,
        id: &str,
        since_us: i64,
    ) -> Result<Vec<(i64, Vec<Reading>)>, OpError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT at, readings FROM readings WHERE allocation_id = $1 AND at > $2 ORDER BY at",
        )
        .bind(id)
        .bind(since_us)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(at, text)| Ok((at, serde_json::from_str(&text)?))).collect()
    }

    /// Settings whose collector lacks a reading and may be asked again by now.
    pub(crate) async fn to_push(&self, now_us: i64) -> Result<Vec<MonitoringRow>, sqlx::Error> {
        let text = format!(
            "{SELECT} WHERE otlp_url IS NOT NULL AND NOT otlp_suspended AND otlp_next_at <= $1
                 AND read_at IS NOT NULL AND (otlp_pushed_at IS NULL OR read_at > otlp_pushed_at)"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(now_us).fetch_all(&self.pool).await
    }

    /// Writes down how a push went, unless it was set anew meanwhile.
    pub(crate) async fn note_push(&self, row: &MonitoringRow) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE monitoring SET otlp_pushed_at = $1, otlp_failures = $2, otlp_next_at = $3, otlp_suspended = $4,
                 otlp_error = $5
             WHERE allocation_id = $6 AND set_at = $7",
        )
        .bind(row.otlp_pushed_at)
        .bind(row.otlp_failures)
        .bind(row.otlp_next_at)
        .bind(row.otlp_suspended)
        .bind(&row.otlp_error)
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
        "INSERT INTO monitoring (allocation_id, running, metrics, interval_seconds, set_at, otlp_url, otlp_token)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (allocation_id) DO UPDATE SET running = $2, metrics = $3, interval_seconds = $4, set_at = $5,
             otlp_url = $6, otlp_token = $7, otlp_pushed_at = NULL, otlp_failures = 0, otlp_next_at = 0,
             otlp_suspended = FALSE, otlp_error = NULL,
             read_at = CASE WHEN $2 THEN NULL ELSE read_at END, readings = CASE WHEN $2 THEN NULL ELSE readings END",
    )
    .bind(id)
    .bind(request.running)
    .bind(serde_json::to_string(&request.metrics)?)
    .bind(i64::from(request.interval_seconds))
    .bind(now_us)
    .bind(request.otlp.as_ref().map(|target| target.url.as_str()))
    .bind(request.otlp.as_ref().and_then(|target| target.token.as_deref()))
    .execute(&mut **tx)
    .await?;
    if request.running {
        // What is measured begins anew.
        sqlx::query("DELETE FROM readings WHERE allocation_id = $1")
            .bind(id)
            .execute(&mut **tx)
            .await?;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_readings_are_kept_than_so_many_and_none_for_longer_than_that() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("cloud.db")).await.unwrap();
        sqlx::query(
            "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each, storage_gb,
                                      mbps, has_endpoint, secret, created_at, held_until)
             VALUES ('alc_1', 'l', 'active', 1, 1, 1, 1, 1, 1, 1, FALSE, 's', 0, 0)",
        )
        .execute(&store.pool)
        .await
        .unwrap();
        let request = MonitoringRequest {
            running: true,
            metrics: vec!["response.count".into()],
            interval_seconds: 1,
            otlp: None,
        };
        let mut tx = store.begin().await.unwrap();
        set_monitoring(&mut tx, "alc_1", &request, 0).await.unwrap();
        tx.commit().await.unwrap();
        let row = store.monitoring("alc_1").await.unwrap().unwrap();
        let kept = Kept { readings_max: 3, age_max_us: 100 };
        for at in 1..=5 {
            let reading = Reading { name: "response.count".into(), value: at };
            store.note_readings(&row, &[reading], (at, kept)).await.unwrap();
        }
        let moments = async |since| {
            let all = store.readings_since("alc_1", since).await.unwrap();
            all.iter().map(|(at, readings)| (*at, readings[0].value)).collect::<Vec<_>>()
        };
        assert_eq!(moments(0).await, [(3, 3), (4, 4), (5, 5)]);
        assert_eq!(moments(4).await, [(5, 5)]);
        store.forget_readings(5).await.unwrap();
        assert_eq!(moments(0).await, [(5, 5)]);
        // What is set anew begins without any.
        let mut tx = store.begin().await.unwrap();
        set_monitoring(&mut tx, "alc_1", &request, 6).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(moments(0).await, []);
    }
}
