//! Statements on intervals of use and measured values.

use provider_api::UseInterval;

use super::{Store, Tx};

impl Store {
    /// The intervals of one allocation, oldest first.
    pub(crate) async fn intervals(&self, id: &str) -> Result<Vec<UseInterval>, sqlx::Error> {
        let rows: Vec<(i64, Option<i64>)> = sqlx::query_as(
            "SELECT started_at, stopped_at FROM intervals WHERE allocation_id = $1 ORDER BY id",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(started_at_us, stopped_at_us)| UseInterval { started_at_us, stopped_at_us })
            .collect())
    }

    /// Adds answered requests and notes the size of the volume; no new generation, since nothing was decided.
    pub(crate) async fn note(
        &self,
        id: &str,
        requests: i64,
        storage_bytes: Option<i64>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE allocations SET requests = requests + $1, storage_bytes = COALESCE($2, storage_bytes) WHERE id = $3",
        )
        .bind(requests)
        .bind(storage_bytes)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Opens an interval unless one is open.
pub(crate) async fn open_interval(tx: &mut Tx, id: &str, now_us: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO intervals (allocation_id, started_at)
         SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM intervals WHERE allocation_id = $1 AND stopped_at IS NULL)",
    )
    .bind(id)
    .bind(now_us)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Closes the open interval, if any.
pub(crate) async fn close_interval(tx: &mut Tx, id: &str, now_us: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE intervals SET stopped_at = $1 WHERE allocation_id = $2 AND stopped_at IS NULL",
    )
    .bind(now_us)
    .bind(id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
