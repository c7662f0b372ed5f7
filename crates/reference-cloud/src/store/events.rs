//! Statements on `events`: written with each change, read page by page, forgotten after a month.

use provider_api::{
    AllocationId, BackupId, BlockId, BlockNotice, BlockState, EventData, LinkId, LinkNotice,
    LinkState, OperationEvent, OperationId, ResourceState, SecurityEventId, SecurityKind,
    SecurityNotice, SizeNotice, WorkKind, WorkState,
};
use sqlx::FromRow;

use super::security::SecurityRow;
use super::{AllocationRow, Store, Tx};

/// One event with its place in the feed.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub seq: i64,
    pub data: EventData,
}

/// One row.
#[derive(Clone, Debug, FromRow)]
struct EventRow {
    seq: i64,
    allocation_id: String,
    label: String,
    before: Option<String>,
    state: String,
    generation: i64,
    epoch: i64,
    at: i64,
    operation_id: Option<String>,
    operation_kind: Option<String>,
    operation_state: Option<String>,
    backup_id: Option<String>,
    security_id: Option<String>,
    security_kind: Option<String>,
    security_source: Option<String>,
    security_count: Option<i64>,
    block_id: Option<String>,
    block_state: Option<String>,
    block_source: Option<String>,
    link_id: Option<String>,
    link_state: Option<String>,
    resized: Option<String>,
}

impl EventRow {
    fn data(&self) -> EventData {
        EventData {
            allocation_id: Some(AllocationId(self.allocation_id.clone())),
            label: self.label.clone(),
            before: self.before.as_deref().map(ResourceState::from_word),
            state: ResourceState::from_word(&self.state),
            generation: self.generation,
            epoch: self.epoch,
            at_us: self.at,
            operation: self.operation(),
            security: self.security(),
            block: self.block(),
            image: None,
            link: self.link(),
            resized: self.resized.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        }
    }

    fn security(&self) -> Option<SecurityNotice> {
        Some(SecurityNotice {
            id: SecurityEventId(self.security_id.clone()?),
            kind: SecurityKind::from_word(self.security_kind.as_deref().unwrap_or_default()),
            source: self.security_source.clone(),
            count: self.security_count.unwrap_or_default(),
        })
    }

    fn block(&self) -> Option<BlockNotice> {
        Some(BlockNotice {
            id: BlockId(self.block_id.clone()?),
            state: BlockState::from_word(self.block_state.as_deref()?)?,
            source: self.block_source.clone(),
        })
    }

    fn link(&self) -> Option<LinkNotice> {
        let state = LinkState::from_word(self.link_state.as_deref()?)?;
        Some(LinkNotice { id: LinkId(self.link_id.clone()?), state })
    }

    fn operation(&self) -> Option<OperationEvent> {
        Some(OperationEvent {
            id: OperationId(self.operation_id.clone()?),
            kind: WorkKind::from_word(self.operation_kind.as_deref()?),
            state: WorkState::from_word(self.operation_state.as_deref()?)?,
            backup_id: self.backup_id.clone().map(BackupId),
        })
    }
}

impl Store {
    /// A tenant's events of one label, or of all when it is absent, after a place, oldest first.
    pub(crate) async fn events(
        &self,
        tenant: &str,
        label: Option<&str>,
        (after, limit): (i64, i64),
    ) -> Result<Vec<Told>, sqlx::Error> {
        // One look at both tables: what is written in between belongs to the next page.
        let mut tx = self.pool.begin().await?;
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT e.seq, e.allocation_id, e.label, e.before, e.state, e.generation, e.epoch, e.at, e.operation_id,
                    e.operation_kind, e.operation_state, e.backup_id, e.security_id, s.kind AS security_kind,
                    s.source AS security_source, s.count AS security_count, e.block_id, e.block_state,
                    b.source AS block_source, e.link_id, e.link_state, e.resized
             FROM events e
             JOIN allocations a ON a.id = e.allocation_id AND a.tenant = $4
             LEFT JOIN security_events s ON s.id = e.security_id
             LEFT JOIN blocks b ON b.id = e.block_id
             WHERE e.seq > $1 AND ($2 IS NULL OR e.label = $2) ORDER BY e.seq LIMIT $3",
        )
        .bind(after)
        .bind(label)
        .bind(limit)
        .bind(tenant)
        .fetch_all(&mut *tx)
        .await?;
        let mut all = super::images::events(&mut tx, tenant, label, (after, limit)).await?;
        tx.commit().await?;
        all.extend(rows.iter().map(|row| Told { seq: row.seq, data: row.data() }));
        all.sort_by_key(|each| each.seq);
        all.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(all)
    }

    /// The first and the last event of a tenant that are kept.
    pub(crate) async fn event_bounds(
        &self,
        tenant: &str,
    ) -> Result<(Option<i64>, Option<i64>), sqlx::Error> {
        sqlx::query_as(
            "SELECT MIN(seq), MAX(seq) FROM (
                 SELECT e.seq FROM events e JOIN allocations a ON a.id = e.allocation_id WHERE a.tenant = $1
                 UNION ALL
                 SELECT e.seq FROM image_events e JOIN images i ON i.id = e.image_id WHERE i.tenant = $1)",
        )
        .bind(tenant)
        .fetch_one(&self.pool)
        .await
    }

    /// Forgets what happened before a moment; returns how many.
    pub(crate) async fn forget_events(&self, before_us: i64) -> Result<u64, sqlx::Error> {
        let mut forgotten = 0;
        for text in ["DELETE FROM events WHERE at < $1", "DELETE FROM image_events WHERE at < $1"] {
            let done = sqlx::query(text).bind(before_us).execute(&self.pool).await?;
            forgotten += done.rows_affected();
        }
        Ok(forgotten)
    }
}

/// Notes a new allocation or the new state of one.
pub(super) async fn note(
    tx: &mut Tx,
    row: &AllocationRow,
    before: Option<&str>,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&row.id)
    .bind(&row.label)
    .bind(before)
    .bind(&row.state)
    .bind(row.generation)
    .bind(row.epoch)
    .bind(at_us)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the holds that have ended by now are expired; to be called before they are marked.
pub(super) async fn note_expired(tx: &mut Tx, now_us: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at)
         SELECT id, label, 'held', 'expired', generation + 1, epoch, held_until FROM allocations
         WHERE state = 'held' AND held_until <= $1 ORDER BY held_until, seq",
    )
    .bind(now_us)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that long work on an allocation began or ended; the allocation is as it was.
pub(super) async fn note_work(
    tx: &mut Tx,
    allocation: &str,
    work: &OperationEvent,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at, operation_id, operation_kind,
                             operation_state, backup_id)
         SELECT id, label, state, state, generation, epoch, $2, $3, $4, $5, $6 FROM allocations WHERE id = $1",
    )
    .bind(allocation)
    .bind(at_us)
    .bind(work.id.as_str())
    .bind(work.kind.as_str())
    .bind(work.state.as_str())
    .bind(work.backup_id.as_ref().map(BackupId::as_str))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that an allocation has another size, in the state in which it was.
pub(super) async fn note_size(
    tx: &mut Tx,
    row: &AllocationRow,
    notice: &SizeNotice,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    let resized =
        serde_json::to_string(notice).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at, resized)
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7)",
    )
    .bind(&row.id)
    .bind(&row.label)
    .bind(&row.state)
    // As written down with the change, which follows in the same transaction.
    .bind(row.generation.saturating_add(1))
    .bind(row.epoch)
    .bind(at_us)
    .bind(resized)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes what was noticed at the address of an allocation, which is as it was.
pub(super) async fn note_security(tx: &mut Tx, row: &SecurityRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at, security_id)
         SELECT id, label, state, state, generation, epoch, $2, $3 FROM allocations WHERE id = $1",
    )
    .bind(&row.allocation_id)
    .bind(row.at)
    .bind(&row.id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes how a link stands now; its allocation is as it was.
pub(super) async fn note_link(
    tx: &mut Tx,
    link: &str,
    state: LinkState,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at, link_id, link_state)
         SELECT a.id, a.label, a.state, a.state, a.generation, a.epoch, $2, l.id, $3
         FROM links l JOIN allocations a ON a.id = l.allocation_id WHERE l.id = $1",
    )
    .bind(link)
    .bind(at_us)
    .bind(state.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes how a block stands now; to be called after it was written.
pub(super) async fn note_block(tx: &mut Tx, block: &str, at_us: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at, block_id, block_state)
         SELECT a.id, a.label, a.state, a.state, a.generation, a.epoch, $2, b.id, b.state
         FROM blocks b JOIN allocations a ON a.id = b.allocation_id WHERE b.id = $1",
    )
    .bind(block)
    .bind(at_us)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
