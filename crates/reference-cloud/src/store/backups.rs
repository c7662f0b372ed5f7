//! Statements on `backups`, and a backup on the wire.

use provider_api::{AllocationId, Backup, BackupId, BackupState, Damage, RestorePoint};
use sqlx::FromRow;

use super::{Store, Tx};
use crate::error::OpError;

/// One row, with the label of its allocation.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct BackupRow {
    pub seq: i64,
    pub id: String,
    pub allocation_id: String,
    pub label: String,
    pub state: String,
    pub created_at: i64,
    pub restore_point: Option<String>,
    pub taken_at: Option<i64>,
    pub files: Option<i64>,
    pub bytes: Option<i64>,
    pub sha256: Option<String>,
    pub verified_at: Option<i64>,
    pub damage: Option<String>,
    pub erasing_bytes: Option<i64>,
    pub erasing_items: Option<i64>,
    pub deleted_at: Option<i64>,
}

const SELECT: &str = "
    SELECT b.seq, b.id, b.allocation_id, a.label, b.state, b.created_at, b.restore_point, b.taken_at, b.files, b.bytes,
           b.sha256, b.verified_at, b.damage, b.erasing_bytes, b.erasing_items, b.deleted_at
    FROM backups b JOIN allocations a ON a.id = b.allocation_id";

impl BackupRow {
    /// How it stands for callers: what is on its way out is gone for them.
    pub(crate) fn state(&self) -> BackupState {
        match self.state.as_str() {
            "deleting" | "erasing" => BackupState::Deleted,
            word => BackupState::from_word(word),
        }
    }

    pub(crate) fn view(&self) -> Result<Backup, OpError> {
        let damage = self.damage.as_deref().map(serde_json::from_str::<Vec<Damage>>);
        Ok(Backup {
            id: BackupId(self.id.clone()),
            allocation_id: AllocationId(self.allocation_id.clone()),
            label: self.label.clone(),
            source: format!("{}/storage", self.allocation_id),
            state: self.state(),
            created_at_us: self.created_at,
            restore_point: self.point(),
            verified_at_us: self.verified_at,
            damage: damage.transpose()?.unwrap_or_default(),
            deleted_at_us: self.deleted_at,
        })
    }

    fn point(&self) -> Option<RestorePoint> {
        if self.state() == BackupState::Deleted {
            return None;
        }
        Some(RestorePoint {
            id: self.restore_point.clone()?,
            taken_at_us: self.taken_at?,
            files: self.files?,
            bytes: self.bytes?,
            sha256: self.sha256.clone()?,
        })
    }

    /// Takes away what tells of the data.
    pub(crate) fn forget(&mut self, now_us: i64) {
        self.state = BackupState::Deleted.as_str().to_owned();
        self.restore_point = None;
        self.sha256 = None;
        self.damage = None;
        self.deleted_at = Some(now_us);
    }
}

impl Store {
    pub(crate) async fn backup(&self, id: &str) -> Result<Option<BackupRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE b.id = $1"), id).await
    }

    /// Backups of an allocation after a place, oldest first.
    pub(crate) async fn backups(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<BackupRow>, sqlx::Error> {
        let text =
            format!("{SELECT} WHERE b.allocation_id = $1 AND b.seq > $2 ORDER BY b.seq LIMIT $3");
        self.page(text, allocation, (after, limit)).await
    }

    /// Backups that were being deleted when the cloud was cut off.
    pub(crate) async fn deleting(&self) -> Result<Vec<BackupRow>, sqlx::Error> {
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} WHERE b.state = 'deleting'")))
            .fetch_all(&self.pool)
            .await
    }

    /// Backups of an allocation that take room now.
    pub(crate) async fn count_backups(&self, allocation: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM backups
             WHERE allocation_id = $1 AND state IN ('making', 'ready', 'damaged', 'deleting')",
        )
        .bind(allocation)
        .fetch_one(&self.pool)
        .await
    }

    /// Bytes of the backups of an allocation that are kept, and bytes times seconds of all since they were made.
    pub(crate) async fn backups_kept(
        &self,
        allocation: &str,
        now_us: i64,
    ) -> Result<(i64, i64), sqlx::Error> {
        sqlx::query_as(
            "SELECT CAST(COALESCE(SUM(CASE WHEN deleted_at IS NULL THEN bytes ELSE 0 END), 0) AS BIGINT),
                    CAST(COALESCE(SUM(bytes * (MAX(COALESCE(deleted_at, $2) - taken_at, 0) / 1000000)), 0) AS BIGINT)
             FROM backups WHERE allocation_id = $1 AND bytes IS NOT NULL AND taken_at IS NOT NULL",
        )
        .bind(allocation)
        .bind(now_us)
        .fetch_one(&self.pool)
        .await
    }

    /// Bytes of all backups that are kept in a zone.
    pub(crate) async fn backups_kept_in(&self, zone: Option<&str>) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT CAST(COALESCE(SUM(b.bytes), 0) AS BIGINT)
             FROM backups b JOIN allocations a ON a.id = b.allocation_id
             WHERE a.zone_id = $1 AND b.state IN ('ready', 'damaged', 'deleting', 'erasing')",
        )
        .bind(zone)
        .fetch_one(&self.pool)
        .await
    }

    /// Backups that go with the data of an allocation.
    pub(crate) async fn erasing(&self, allocation: &str) -> Result<Vec<BackupRow>, sqlx::Error> {
        let text =
            format!("{SELECT} WHERE b.allocation_id = $1 AND b.state = 'erasing' ORDER BY b.seq");
        sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(allocation).fetch_all(&self.pool).await
    }
}

pub(crate) async fn load_backup(tx: &mut Tx, id: &str) -> Result<Option<BackupRow>, sqlx::Error> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} WHERE b.id = $1")))
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

pub(crate) async fn insert_backup(
    tx: &mut Tx,
    id: &str,
    allocation: &str,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO backups (id, allocation_id, state, created_at) VALUES ($1, $2, 'making', $3)",
    )
    .bind(id)
    .bind(allocation)
    .bind(now_us)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes back every field that may change.
pub(crate) async fn save_backup(tx: &mut Tx, row: &BackupRow) -> Result<(), sqlx::Error> {
    let done = sqlx::query(
        "UPDATE backups SET state = $1, restore_point = $2, taken_at = $3, files = $4, bytes = $5, sha256 = $6,
             verified_at = $7, damage = $8, erasing_bytes = $9, erasing_items = $10, deleted_at = $11
         WHERE id = $12",
    )
    .bind(&row.state)
    .bind(&row.restore_point)
    .bind(row.taken_at)
    .bind(row.files)
    .bind(row.bytes)
    .bind(&row.sha256)
    .bind(row.verified_at)
    .bind(&row.damage)
    .bind(row.erasing_bytes)
    .bind(row.erasing_items)
    .bind(row.deleted_at)
    .bind(&row.id)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(())
}

/// Marks every backup that has something left as going with the data of its allocation.
pub(crate) async fn mark_erasing(tx: &mut Tx, allocation: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE backups SET state = 'erasing', damage = NULL
         WHERE allocation_id = $1 AND state IN ('ready', 'damaged', 'deleting')",
    )
    .bind(allocation)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
