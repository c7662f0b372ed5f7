//! Statements on `security_events` and `blocks`, and both on the wire.

use provider_api::{
    AllocationId, Block, BlockId, BlockState, SecurityEvent, SecurityEventId, SecurityKind,
};
use sqlx::FromRow;

use super::{Store, Tx, events};

/// One thing noticed, with the label of its allocation.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct SecurityRow {
    pub seq: i64,
    pub id: String,
    pub allocation_id: String,
    pub label: String,
    pub kind: String,
    pub source: Option<String>,
    pub count: i64,
    pub at: i64,
}

/// One block, with the label of its allocation.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct BlockRow {
    pub seq: i64,
    pub id: String,
    pub allocation_id: String,
    pub label: String,
    pub state: String,
    pub source: Option<String>,
    pub reason: Option<String>,
    pub key: String,
    pub refused: i64,
    pub created_at: i64,
    pub lifted_at: Option<i64>,
}

const EVENTS: &str = "
    SELECT s.seq, s.id, s.allocation_id, a.label, s.kind, s.source, s.count, s.at
    FROM security_events s JOIN allocations a ON a.id = s.allocation_id";

const BLOCKS: &str = "
    SELECT b.seq, b.id, b.allocation_id, a.label, b.state, b.source, b.reason, b.key, b.refused, b.created_at, b.lifted_at
    FROM blocks b JOIN allocations a ON a.id = b.allocation_id";

impl SecurityRow {
    pub(crate) fn view(&self) -> SecurityEvent {
        SecurityEvent {
            id: SecurityEventId(self.id.clone()),
            allocation_id: AllocationId(self.allocation_id.clone()),
            label: self.label.clone(),
            kind: SecurityKind::from_word(&self.kind),
            source: self.source.clone(),
            count: self.count,
            at_us: self.at,
        }
    }
}

impl BlockRow {
    pub(crate) fn state(&self) -> BlockState {
        BlockState::from_word(&self.state).unwrap_or(BlockState::Lifted)
    }

    pub(crate) fn view(&self) -> Block {
        Block {
            id: BlockId(self.id.clone()),
            allocation_id: AllocationId(self.allocation_id.clone()),
            label: self.label.clone(),
            state: self.state(),
            source: self.source.clone(),
            reason: self.reason.clone(),
            refused: self.refused,
            created_at_us: self.created_at,
            lifted_at_us: self.lifted_at,
        }
    }
}

impl Store {
    /// What was noticed at an allocation after a place, oldest first.
    pub(crate) async fn security_events(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<SecurityRow>, sqlx::Error> {
        let text =
            format!("{EVENTS} WHERE s.allocation_id = $1 AND s.seq > $2 ORDER BY s.seq LIMIT $3");
        self.page(text, allocation, (after, limit)).await
    }

    pub(crate) async fn block(&self, id: &str) -> Result<Option<BlockRow>, sqlx::Error> {
        self.one(format!("{BLOCKS} WHERE b.id = $1"), id).await
    }

    /// The block that a key made.
    pub(crate) async fn block_of(&self, key: &str) -> Result<Option<BlockRow>, sqlx::Error> {
        self.one(format!("{BLOCKS} WHERE b.key = $1"), key).await
    }

    /// Blocks of an allocation after a place, oldest first.
    pub(crate) async fn blocks(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<BlockRow>, sqlx::Error> {
        let text =
            format!("{BLOCKS} WHERE b.allocation_id = $1 AND b.seq > $2 ORDER BY b.seq LIMIT $3");
        self.page(text, allocation, (after, limit)).await
    }

    /// Blocks that keep sources out now.
    pub(crate) async fn active_blocks(&self) -> Result<Vec<BlockRow>, sqlx::Error> {
        let text = format!("{BLOCKS} WHERE b.state = 'active' ORDER BY b.seq");
        sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(&self.pool).await
    }

    /// Adds to what a block has turned away.
    pub(crate) async fn count_refused(&self, id: &str, refused: i64) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE blocks SET refused = refused + $1 WHERE id = $2")
            .bind(refused)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets what was noticed before a moment.
    pub(crate) async fn forget_security(&self, before_us: i64) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM security_events WHERE at < $1")
            .bind(before_us)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Writes down what was noticed, and tells it.
pub(crate) async fn insert_security(tx: &mut Tx, row: &SecurityRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO security_events (id, allocation_id, kind, source, count, at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.id)
    .bind(&row.allocation_id)
    .bind(&row.kind)
    .bind(&row.source)
    .bind(row.count)
    .bind(row.at)
    .execute(&mut **tx)
    .await?;
    events::note_security(tx, row).await
}

/// The block that keeps a source out now.
pub(crate) async fn active_block(
    tx: &mut Tx,
    allocation: &str,
    source: &str,
) -> Result<Option<BlockRow>, sqlx::Error> {
    let text =
        format!("{BLOCKS} WHERE b.allocation_id = $1 AND b.source = $2 AND b.state = 'active'");
    sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(allocation)
        .bind(source)
        .fetch_optional(&mut **tx)
        .await
}

/// How many blocks keep sources out of an allocation now.
pub(crate) async fn count_blocks(tx: &mut Tx, allocation: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COUNT(*) FROM blocks WHERE allocation_id = $1 AND state = 'active'")
        .bind(allocation)
        .fetch_one(&mut **tx)
        .await
}

/// Writes a block, and tells it.
pub(crate) async fn insert_block(tx: &mut Tx, row: &BlockRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO blocks (id, allocation_id, state, source, reason, key, created_at)
         VALUES ($1, $2, 'active', $3, $4, $5, $6)",
    )
    .bind(&row.id)
    .bind(&row.allocation_id)
    .bind(&row.source)
    .bind(&row.reason)
    .bind(&row.key)
    .bind(row.created_at)
    .execute(&mut **tx)
    .await?;
    events::note_block(tx, &row.id, row.created_at).await
}

/// Lifts one block of an allocation, or all of them, and tells it; what is lifted stays so.
pub(crate) async fn lift_blocks(
    tx: &mut Tx,
    allocation: &str,
    id: Option<&str>,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let open = "state = 'active' AND allocation_id = $1 AND ($2 IS NULL OR id = $2)";
    let ids: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT id FROM blocks WHERE {open}")))
            .bind(allocation)
            .bind(id)
            .fetch_all(&mut **tx)
            .await?;
    for id in ids {
        sqlx::query("UPDATE blocks SET state = 'lifted', lifted_at = $1 WHERE id = $2")
            .bind(now_us)
            .bind(&id)
            .execute(&mut **tx)
            .await?;
        events::note_block(tx, &id, now_us).await?;
    }
    Ok(())
}

/// Takes away who came: sources are addresses of people and go with the data.
pub(crate) async fn forget_sources(tx: &mut Tx, allocation: &str) -> Result<(), sqlx::Error> {
    for text in [
        "UPDATE security_events SET source = NULL WHERE allocation_id = $1",
        "UPDATE blocks SET source = NULL, reason = NULL WHERE allocation_id = $1",
    ] {
        sqlx::query(text).bind(allocation).execute(&mut **tx).await?;
    }
    Ok(())
}
