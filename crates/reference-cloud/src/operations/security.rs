//! What the gateway noticed (F7.6), and keeping sources out of an address (F7.2).

use std::time::Instant;

use provider_api::{
    Block, BlockPage, BlockRequest, BlockState, FieldFault, ProblemCode, ResourceState,
    SecurityEventPage, SecurityKind, SecuritySupport, SourcePrefix,
};

use super::Intent;
use super::hold::{invalid, random};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow, BlockRow, SecurityRow};

/// Sources kept out of one address at a time; more belong into a prefix.
const BLOCKS_MAX: i64 = 1000;
const REASON_MAX: usize = 200;
/// Entries on one page at most.
const PAGE_MAX: i64 = 100;

impl Cloud {
    pub(super) fn security_support(&self) -> SecuritySupport {
        SecuritySupport { kinds: SecurityKind::ALL.to_vec(), blocks: true }
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn security_events(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<SecurityEventPage, OpError> {
        let row = self.row(allocation).await?;
        self.note_security(&row).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.security_events(allocation, after, limit + 1).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        Ok(SecurityEventPage { items: rows.iter().map(SecurityRow::view).collect(), next })
    }

    /// Writes down what the gateway noticed and turned away since the last time. Safe at any time.
    pub(crate) async fn note_security(&self, row: &AllocationRow) -> Result<(), OpError> {
        let Some(guard) = self.gateway.known_guard(&row.id) else { return Ok(()) };
        for (block, refused) in guard.take_refused() {
            self.store.count_refused(&block, refused).await?;
        }
        let noticed = guard.take_noticed();
        if noticed.is_empty() {
            return Ok(());
        }
        let (now, now_us) = (Instant::now(), self.now_us());
        let mut tx = self.store.begin().await?;
        for each in noticed {
            let ago = i64::try_from(now.duration_since(each.at).as_micros()).unwrap_or(0);
            let seen = SecurityRow {
                seq: 0,
                id: format!("sec_{}", hex::encode(random::<10>()?)),
                allocation_id: row.id.clone(),
                label: row.label.clone(),
                kind: each.kind.as_str().to_owned(),
                source: Some(each.source.to_string()),
                count: each.count,
                at: now_us.saturating_sub(ago),
            };
            store::insert_security(&mut tx, &seen).await?;
            tracing::warn!(allocation.id = %row.id, security.kind = %seen.kind, "something was noticed at an address");
        }
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn block(
        &self,
        intent: &Intent,
        id: &str,
        request: &BlockRequest,
    ) -> Result<Block, OpError> {
        let prefix = check(request)?;
        let source = prefix.to_string();
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        if admitted.replay
            && let Some(made) = self.store.block_of(intent.key.as_str()).await?
        {
            return Ok(made.view());
        }
        let row = &mut admitted.row;
        must_have_address(row)?;
        let known = store::active_block(&mut tx, id, &source).await?;
        if admitted.replay {
            return known.map(|row| row.view()).ok_or_else(|| none(&source));
        }
        let block = match known {
            Some(known) => known,
            None if store::count_blocks(&mut tx, id).await? >= BLOCKS_MAX => {
                let detail = format!("{BLOCKS_MAX} blocks are active; lift one or block a prefix");
                return Err(OpError::refuse(ProblemCode::CapacityExhausted, detail));
            }
            None => BlockRow {
                seq: 0,
                id: format!("blk_{}", hex::encode(random::<10>()?)),
                allocation_id: row.id.clone(),
                label: row.label.clone(),
                state: BlockState::Active.as_str().to_owned(),
                source: Some(source),
                reason: Some(request.reason.clone()),
                key: intent.key.as_str().to_owned(),
                refused: 0,
                created_at: self.now_us(),
                lifted_at: None,
            },
        };
        store::save(&mut tx, row, self.now_us()).await?;
        if block.seq == 0 {
            store::insert_block(&mut tx, &block).await?;
        }
        store::record_key(&mut tx, &intent.done(id, self.now_us())).await?;
        tx.commit().await?;
        // Before it answers: whoever hears of the block finds the source kept out.
        self.gateway.guard(id).block(&block.id, prefix);
        tracing::info!(allocation.id = %id, block.id = %block.id, "a source is kept out");
        Ok(block.view())
    }

    pub(crate) async fn lift(&self, intent: &Intent, block: &str) -> Result<Block, OpError> {
        let id = self.block_row(block).await?.allocation_id;
        let _guard = self.lock(&id).await;
        self.note_refused(&id).await?;
        let (mut tx, mut admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.one_block(block).await;
        }
        store::save(&mut tx, &mut admitted.row, self.now_us()).await?;
        store::lift_blocks(&mut tx, &id, Some(block), self.now_us()).await?;
        store::record_key(&mut tx, &intent.done(&id, self.now_us())).await?;
        tx.commit().await?;
        self.gateway.guard(&id).lift(block);
        tracing::info!(allocation.id = %id, block.id = %block, "a source is let in again");
        self.one_block(block).await
    }

    /// Writes down what blocks have turned away.
    async fn note_refused(&self, id: &str) -> Result<(), OpError> {
        let Some(guard) = self.gateway.known_guard(id) else { return Ok(()) };
        for (block, refused) in guard.take_refused() {
            self.store.count_refused(&block, refused).await?;
        }
        Ok(())
    }

    async fn block_row(&self, id: &str) -> Result<BlockRow, OpError> {
        self.store.block(id).await?.ok_or_else(|| none(id))
    }

    pub(crate) async fn one_block(&self, id: &str) -> Result<Block, OpError> {
        let allocation = self.block_row(id).await?.allocation_id;
        self.note_refused(&allocation).await?;
        Ok(self.block_row(id).await?.view())
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn blocks(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<BlockPage, OpError> {
        self.row(allocation).await?;
        self.note_refused(allocation).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.blocks(allocation, after, limit + 1).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        Ok(BlockPage { items: rows.iter().map(BlockRow::view).collect(), next })
    }

    /// Keeps out after a restart what was kept out before, ahead of the first open address.
    pub(crate) async fn resume_blocks(&self) -> Result<(), OpError> {
        for row in self.store.active_blocks().await? {
            if let Some(prefix) = row.source.as_deref().and_then(|source| source.parse().ok()) {
                self.gateway.guard(&row.allocation_id).block(&row.id, prefix);
            }
        }
        Ok(())
    }
}

fn none(id: &str) -> OpError {
    OpError::refuse(ProblemCode::NotFound, format!("there is no block {id}"))
}

fn must_have_address(row: &AllocationRow) -> Result<(), OpError> {
    let state = ResourceState::from_word(&row.state);
    if row.endpoint().is_some() && !state.is_final() {
        return Ok(());
    }
    let detail = format!("the allocation is {state} and has no address to keep anybody out of");
    Err(OpError::refuse(ProblemCode::WrongState, detail))
}

fn check(request: &BlockRequest) -> Result<SourcePrefix, OpError> {
    let fault = |pointer: &str, detail: String| {
        Err(invalid(vec![FieldFault { pointer: pointer.to_owned(), detail }]))
    };
    let length = request.reason.chars().count();
    if length > REASON_MAX || request.reason.chars().any(char::is_control) {
        let detail = format!(
            "found {length} characters, allowed are {REASON_MAX} without control characters"
        );
        return fault("/reason", detail);
    }
    match request.source.parse() {
        Ok(prefix) => Ok(prefix),
        Err(error) => {
            let found: String = request.source.chars().take(60).collect();
            fault("/source", format!("found {found:?}, {error}"))
        }
    }
}
