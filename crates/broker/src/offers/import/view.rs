//! Uploads as their provider sees them.

use super::kept::{imported_row, kept_faults};
use super::{ImportReport, UploadProgress};
use crate::contracts::parse_cursor;
use crate::{Broker, BrokerError, Listed, OpContext};
use domain::{Action, Timestamp, UploadEvent, UploadId, UploadState};
use std::collections::BTreeSet;
use storage::uploads::{self, UndoneCounts, Upload};

/// Rows of a file that are read at once.
pub(super) const ROWS_AT_ONCE: u32 = 500;

/// How many offers of a file came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UploadCounts {
    /// Offers that the file holds.
    pub rows: i64,
    /// New offers.
    pub created: i64,
    /// Next versions.
    pub revised: i64,
    /// Offers that say the same already.
    pub unchanged: i64,
    /// Versions that everybody sees because of it.
    pub published: i64,
    /// Versions that wait for a person.
    pub submitted: i64,
    /// Offers that were not taken.
    pub refused: i64,
    /// All faults.
    pub faults: i64,
}

/// What undoing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// When.
    pub at: Timestamp,
    /// Who, the name at that time.
    pub by_name: String,
    /// How many offers it did what with.
    pub counts: UndoneCounts,
}

/// One upload.
#[derive(Debug, Clone)]
pub struct UploadView {
    /// Its id.
    pub id: UploadId,
    /// As its sender's machine calls it; may be empty.
    pub file_name: String,
    /// Lower-case hex SHA-256 of the text.
    pub file_hash: String,
    /// Whether it is published.
    pub publish: bool,
    /// Whether it is only tried.
    pub dry_run: bool,
    /// Whether rows without a fault are taken although others have one.
    pub valid_rows_only: bool,
    /// Who sent it, the name at that time; empty: the market itself.
    pub made_by_name: String,
    /// When.
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: UploadState,
    /// How far it is, where this process takes it in.
    pub progress: Option<UploadProgress>,
    /// What was found.
    pub counts: UploadCounts,
    /// Why it failed, as a stable code; empty: it did not.
    pub failure: String,
    /// When it was saved, tried, refused or stopped.
    pub finished_at: Option<Timestamp>,
    /// What undoing did; `None`: it was not undone.
    pub undone: Option<Undone>,
    faults: String,
}

impl UploadView {
    fn of(row: Upload, progress: Option<UploadProgress>, counts: UndoneCounts) -> Self {
        let found = &row.found;
        let taken = found.created + found.revised + found.unchanged;
        let undone = row.undone_at.map(|at| Undone {
            at,
            by_name: row.undone_by_name.unwrap_or_default(),
            counts,
        });
        Self {
            id: row.id,
            file_name: row.file_name,
            file_hash: row.file_hash,
            publish: row.publish,
            dry_run: row.dry_run,
            valid_rows_only: row.valid_rows_only,
            made_by_name: row.made_by_name,
            made_at: row.made_at,
            state: row.state,
            progress,
            counts: UploadCounts {
                rows: found.row_count,
                created: found.created,
                revised: found.revised,
                unchanged: found.unchanged,
                published: found.published,
                submitted: found.submitted,
                refused: found.row_count.saturating_sub(taken).max(0),
                faults: found.fault_count,
            },
            failure: row.failure,
            finished_at: row.finished_at,
            undone,
            faults: row.found.faults,
        }
    }

    /// Whether it can be undone.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        self.state.apply(UploadEvent::Undo).is_ok()
            && self.counts.created + self.counts.revised + self.counts.published > 0
    }

    /// Whether it can be saved after all, and which rows.
    #[must_use]
    pub fn can_save(&self) -> Option<Savable> {
        let in_part = self.counts.faults > 0;
        match (self.state, self.sound_rows()) {
            (UploadState::Tried, _) if !in_part => Some(Savable::All),
            (UploadState::Tried | UploadState::Refused, None) => Some(Savable::Sound(None)),
            (UploadState::Tried | UploadState::Refused, Some(1..)) => {
                Some(Savable::Sound(self.sound_rows()))
            }
            _ => None,
        }
    }

    /// How many rows have no fault; `None`: not all faults are kept, so nobody knows.
    fn sound_rows(&self) -> Option<i64> {
        let faults = kept_faults(&self.faults).ok()?;
        let rows: BTreeSet<usize> = faults.iter().map(|found| found.row).collect();
        if rows.contains(&0) {
            return Some(0);
        }
        let kept = i64::try_from(faults.len()).ok()?;
        let faulty = i64::try_from(rows.len()).ok()?;
        (kept >= self.counts.faults).then(|| self.counts.rows.saturating_sub(faulty))
    }
}

/// What of an upload can be saved after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Savable {
    /// All rows: none has a fault.
    All,
    /// The rows without a fault; how many, where that is known.
    Sound(Option<i64>),
}

impl Broker {
    /// The provider's uploads, the latest first; they are kept for 30 days.
    pub async fn uploads(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<UploadView>, BrokerError> {
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        ctx.may(Action::ReadOwnOffer, provider.organisation_id, "upload")?;
        let page = uploads::list(&mut tx, provider.id, cursor.as_ref(), limit).await?;
        let view = |row: Upload| {
            let progress = self.inner.uploads.of(row.id);
            UploadView::of(row, progress, UndoneCounts::default())
        };
        let items = page.items.into_iter().map(view).collect();
        Ok(Listed { items, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// One upload.
    pub async fn upload(&self, ctx: &OpContext, id: UploadId) -> Result<UploadView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let (_, row) = self.own_upload(ctx, &mut tx, Action::ReadOwnOffer, id).await?;
        let counts = match row.state {
            UploadState::Undone => uploads::count_undone(&mut tx, id).await?,
            _ => UndoneCounts::default(),
        };
        Ok(UploadView::of(row, self.inner.uploads.of(id), counts))
    }

    /// What became of the offers of an upload: its rows after this one in the order of the file, and its faults.
    pub async fn upload_report(
        &self,
        ctx: &OpContext,
        view: &UploadView,
        (after, limit): (usize, u32),
    ) -> Result<ImportReport, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.own_upload(ctx, &mut tx, Action::ReadOwnOffer, view.id).await?;
        let (mut offers, mut after) = (Vec::new(), i64::try_from(after).unwrap_or(i64::MAX));
        let limit = limit as usize;
        loop {
            let wanted = u32::try_from(limit - offers.len()).unwrap_or(u32::MAX);
            let rows =
                uploads::list_rows(&mut tx, view.id, after, wanted.min(ROWS_AT_ONCE)).await?;
            let Some(last) = rows.last() else { break };
            after = last.row_number;
            for row in rows {
                offers.push(imported_row(row)?);
            }
            if offers.len() >= limit {
                break;
            }
        }
        let number = |count: i64| usize::try_from(count).unwrap_or_default();
        Ok(ImportReport {
            rows: number(view.counts.rows),
            offers,
            faults: kept_faults(&view.faults)?,
            fault_count: number(view.counts.faults),
            published: number(view.counts.published),
            submitted: number(view.counts.submitted),
            saved: matches!(view.state, UploadState::Saved | UploadState::Undone),
            upload: Some(view.id),
        })
    }
}
