//! Undoing a whole upload: what it added goes, what it replaced comes back, and what was changed since stays.

use super::UploadView;
use super::kept::signature;
use super::view::ROWS_AT_ONCE;
use crate::audit::{Entry, record};
use crate::documents::{number, read_offer};
use crate::offers::life::{Done, LifeStep};
use crate::offers::write::{taken, version_row};
use crate::{Broker, BrokerError, OpContext};
use domain::{
    Action, OfferId, OfferState, ProviderId, ReviewId, UploadEvent, UploadId, UploadState,
};
use std::collections::HashMap;
use storage::offers::{self, Advance, OfferHead, OfferStep, OfferVersion, Review};
use storage::uploads::{self, UndoneCounts, UploadRow};
use storage::{StorageError, Tx, lock};

/// What becomes of one offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// The upload changed nothing of it.
    Nothing,
    /// It was changed since, and stays.
    Keep,
    /// It never was more than a draft, and goes.
    Delete,
    /// It leaves the market; the version that is its newest again, if that was another one.
    Withdraw(Option<i64>),
    /// It says again what it said.
    Restore {
        /// The version that everybody saw.
        shown: Option<i64>,
        /// The newest one, if that was another one.
        draft: Option<i64>,
        /// Where it stands.
        state: OfferState,
    },
}

impl Deed {
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Keep => Some("kept"),
            Self::Delete => Some("deleted"),
            Self::Withdraw(_) => Some("withdrawn"),
            Self::Restore { .. } => Some("restored"),
        }
    }

    /// The older versions whose documents come back, in the order in which they become versions again.
    fn sources(self) -> impl Iterator<Item = i64> {
        let (first, second) = match self {
            Self::Nothing | Self::Keep | Self::Delete => (None, None),
            Self::Withdraw(draft) => (None, draft),
            Self::Restore { shown, draft, .. } => (shown, draft),
        };
        first.into_iter().chain(second)
    }

    const fn is_seen(self) -> bool {
        matches!(self, Self::Withdraw(_) | Self::Restore { shown: Some(_), .. })
    }

    /// Decides from what the upload did, and how the offer is today.
    fn of(row: &UploadRow, head: Option<&OfferHead>) -> Self {
        let (entered, changed) = (!row.entered.is_empty(), row.outcome != "unchanged");
        if !entered && !changed {
            return Self::Nothing;
        }
        let Some(head) = head.filter(|head| head.current_version == row.version) else {
            return Self::Keep;
        };
        let is_shown = head.published_version == Some(row.version);
        let by_hand = is_shown && !entered && row.before_published != Some(row.version);
        if by_hand || is_shown && head.state == OfferState::Withdrawing {
            return Self::Keep;
        }
        let Some((before, state)) = row.before_version.zip(row.before_state) else {
            return match (head.published_version, head.state) {
                (None, OfferState::Draft) => Self::Delete,
                (_, OfferState::Withdrawn | OfferState::Draft) => Self::Keep,
                _ => Self::Withdraw(None),
            };
        };
        let draft = Some(before).filter(|before| *before != row.version);
        if !is_shown || head.state == OfferState::Withdrawn {
            return Self::Restore { shown: None, draft, state: head.state };
        }
        let was_seen =
            matches!(state, OfferState::Published | OfferState::Paused | OfferState::Withdrawing);
        match row.before_published.filter(|_| was_seen) {
            None => Self::Withdraw(draft),
            Some(shown) => Self::Restore {
                shown: Some(shown),
                draft: Some(before).filter(|before| *before != shown),
                // Whoever paused it since wants it paused.
                state: if head.state == OfferState::Published && state == OfferState::Paused {
                    state
                } else {
                    head.state
                },
            },
        }
    }
}

/// Everything that undoing some rows writes.
#[derive(Debug, Default)]
struct Undo {
    counts: UndoneCounts,
    marks: Vec<(i64, &'static str)>,
    drafts: Vec<(OfferId, i64)>,
    versions: Vec<OfferVersion>,
    advances: Vec<Advance>,
    steps: Vec<OfferStep>,
    reviews: Vec<ReviewId>,
    is_seen: bool,
}

impl Broker {
    /// Undoes everything that an upload saved, in one unit of work: offers that it added and that stayed drafts
    /// are deleted, published ones leave the market; those that it changed say again what they said before, as
    /// their next version; what was submitted is taken back. Offers that somebody changed since stay as they
    /// are. Contracts go on as they were signed. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `wrong_state` where nothing was saved.
    pub async fn undo_upload(
        &self,
        ctx: &OpContext,
        id: UploadId,
    ) -> Result<UploadView, BrokerError> {
        let mut tx = self.begin().await?;
        let (provider, found) = self.own_upload(ctx, &mut tx, Action::WriteOffer, id).await?;
        if found.state == UploadState::Undone {
            drop(tx);
            return self.upload(ctx, id).await;
        }
        found.state.apply(UploadEvent::Undo)?;
        lock::provider(&mut tx, provider.id).await?;
        let (mut counts, mut is_seen, mut after) = (UndoneCounts::default(), false, 0);
        loop {
            let rows = uploads::list_rows(&mut tx, id, after, ROWS_AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            after = last.row_number;
            let undo = self.undo_of(ctx, &mut tx, provider.id, &rows).await?;
            if undo.advances.iter().any(|one| one.state.is_on_market()) {
                self.must_be_admitted(&mut tx, provider.id).await?;
            }
            undo.write(&mut tx, (id, self.now())).await?;
            add(&mut counts, undo.counts);
            is_seen |= undo.is_seen;
        }
        let (_, by_name) = signature(ctx);
        uploads::set_undone(&mut tx, id, self.now(), &by_name).await.map_err(taken)?;
        let entry = Entry::new("offers.upload_undone", provider.id)
            .with("upload", id.to_string())
            .with("deleted", counts.deleted)
            .with("withdrawn", counts.withdrawn)
            .with("restored", counts.restored)
            .with("kept", counts.kept);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        if is_seen {
            self.sync_market().await?;
        }
        self.upload(ctx, id).await
    }

    /// What undoing would do now.
    pub async fn undo_preview(
        &self,
        ctx: &OpContext,
        id: UploadId,
    ) -> Result<UndoneCounts, BrokerError> {
        let mut tx = self.begin_read().await?;
        let (provider, _) = self.own_upload(ctx, &mut tx, Action::ReadOwnOffer, id).await?;
        let (mut counts, mut after) = (UndoneCounts::default(), 0);
        loop {
            let rows = uploads::list_rows(&mut tx, id, after, ROWS_AT_ONCE).await?;
            let Some(last) = rows.last() else { return Ok(counts) };
            after = last.row_number;
            let heads = heads_of(&mut tx, provider.id, &rows).await?;
            for row in &rows {
                count(&mut counts, Deed::of(row, heads.get(&row.offer_id)));
            }
        }
    }

    async fn undo_of(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        provider: ProviderId,
        rows: &[UploadRow],
    ) -> Result<Undo, BrokerError> {
        let heads = heads_of(tx, provider, rows).await?;
        let deeds: Vec<(&UploadRow, Deed)> =
            rows.iter().map(|row| (row, Deed::of(row, heads.get(&row.offer_id)))).collect();
        let ids: Vec<OfferId> = heads.keys().copied().collect();
        let open = offers::list_open_reviews(tx, &ids).await?;
        let open: HashMap<OfferId, Review> =
            open.into_iter().map(|review| (review.offer_id, review)).collect();
        let wanted: Vec<(OfferId, i64)> = deeds
            .iter()
            .flat_map(|(row, deed)| deed.sources().map(|version| (row.offer_id, version)))
            .collect();
        let texts = offers::texts(tx, &wanted).await?;
        let texts: HashMap<(OfferId, i64), String> =
            texts.into_iter().map(|text| ((text.offer_id, text.version), text.document)).collect();
        let mut undo = Undo::default();
        for (row, deed) in deeds {
            count(&mut undo.counts, deed);
            undo.marks.extend(deed.word().map(|word| (row.row_number, word)));
            let Some(head) = heads.get(&row.offer_id) else { continue };
            if matches!(deed, Deed::Nothing | Deed::Keep) {
                continue;
            }
            if deed == Deed::Delete {
                undo.drafts.push((head.id, head.revision));
                continue;
            }
            if let Some(open) = open.get(&head.id).filter(|open| open.version == row.version) {
                undo.reviews.push(open.id);
                let done = Done::new(LifeStep::TakenBack, open.version);
                undo.steps.push(self.step_row(ctx, head.id, done));
            }
            undo.is_seen |= deed.is_seen();
            let documents = deed.sources().map(|version| texts.get(&(head.id, version)));
            let documents = documents.collect::<Option<Vec<&String>>>().ok_or_else(|| {
                let (what, detail) = ("offer_version", format!("{} lacks a version", head.id));
                StorageError::Corrupt { what, detail }
            })?;
            self.turn_back(ctx, &mut undo, (head, deed), &documents)?;
        }
        Ok(undo)
    }

    /// Notes the versions and steps that bring one offer back.
    fn turn_back(
        &self,
        ctx: &OpContext,
        undo: &mut Undo,
        (head, deed): (&OfferHead, Deed),
        documents: &[&String],
    ) -> Result<(), BrokerError> {
        let mut step = |step: LifeStep, version: i64| {
            undo.steps.push(self.step_row(ctx, head.id, Done::new(step, version)));
        };
        let (mut version, mut published_version) = (head.current_version, head.published_version);
        let state = match deed {
            Deed::Withdraw(_) => {
                step(LifeStep::Withdrawn, version);
                OfferState::Withdrawn
            }
            Deed::Restore { state, .. } => state,
            Deed::Nothing | Deed::Keep | Deed::Delete => return Ok(()),
        };
        for (place, text) in documents.iter().enumerate() {
            version += 1;
            let (mut offer, _) = read_offer(text).map_err(|faults| {
                let (what, detail) = ("offer_version.document", faults.to_string());
                StorageError::Corrupt { what, detail }
            })?;
            number(&mut offer.metadata, version);
            undo.versions.push(version_row(ctx, head.id, version, &offer, self.now())?);
            step(LifeStep::Revised, version);
            if place == 0 && matches!(deed, Deed::Restore { shown: Some(_), .. }) {
                step(LifeStep::Published, version);
                published_version = Some(version);
            }
        }
        if version != head.current_version || state != head.state {
            let (id, revision) = (head.id, head.revision);
            undo.advances.push(Advance { id, revision, version, state, published_version });
        }
        Ok(())
    }
}

impl Undo {
    async fn write(
        &self,
        tx: &mut Tx,
        (id, now): (UploadId, domain::Timestamp),
    ) -> Result<(), BrokerError> {
        offers::delete_drafts(tx, &self.drafts).await.map_err(taken)?;
        offers::insert_versions(tx, &self.versions).await.map_err(taken)?;
        offers::advance(tx, &self.advances, now).await.map_err(taken)?;
        offers::take_back_reviews(tx, &self.reviews, now).await?;
        offers::insert_steps(tx, &self.steps).await?;
        Ok(uploads::mark_undone(tx, id, &self.marks).await?)
    }
}

/// The offers of these rows as they are now.
async fn heads_of(
    tx: &mut Tx,
    provider: ProviderId,
    rows: &[UploadRow],
) -> Result<HashMap<OfferId, OfferHead>, BrokerError> {
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let heads = offers::heads(tx, provider, &names).await?;
    Ok(heads.into_iter().map(|head| (head.id, head)).collect())
}

fn count(counts: &mut UndoneCounts, deed: Deed) {
    match deed {
        Deed::Nothing => {}
        Deed::Keep => counts.kept += 1,
        Deed::Delete => counts.deleted += 1,
        Deed::Withdraw(_) => counts.withdrawn += 1,
        Deed::Restore { .. } => counts.restored += 1,
    }
}

fn add(sum: &mut UndoneCounts, more: UndoneCounts) {
    sum.deleted += more.deleted;
    sum.withdrawn += more.withdrawn;
    sum.restored += more.restored;
    sum.kept += more.kept;
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn row(
        before: Option<(i64, OfferState, Option<i64>)>,
        version: i64,
        entered: &str,
    ) -> UploadRow {
        let outcome = match before {
            None => "created",
            Some((old, _, _)) if old == version => "unchanged",
            Some(_) => "revised",
        };
        UploadRow {
            row_number: 2,
            name: "small".to_owned(),
            offer_id: OfferId(Uuid::nil()),
            version,
            outcome: outcome.to_owned(),
            entered: entered.to_owned(),
            before_version: before.map(|(version, _, _)| version),
            before_state: before.map(|(_, state, _)| state),
            before_published: before.and_then(|(_, _, published)| published),
            undone: None,
        }
    }

    fn head(version: i64, state: OfferState, published: Option<i64>) -> OfferHead {
        OfferHead {
            id: OfferId(Uuid::nil()),
            slug: "small".to_owned(),
            state,
            current_version: version,
            published_version: published,
            revision: 3,
            hash: String::new(),
            signed: false,
        }
    }

    #[test]
    fn what_undoing_does_follows_from_what_was_done_and_how_the_offer_is() {
        use OfferState::{Draft, Paused, Published, Withdrawing, Withdrawn};
        let back = |shown, draft, state| Deed::Restore { shown, draft, state };
        let cases = [
            ("a new draft goes", row(None, 1, ""), head(1, Draft, None), Deed::Delete),
            (
                "a new one under review goes",
                row(None, 1, "submitted"),
                head(1, Draft, None),
                Deed::Delete,
            ),
            (
                "a new one leaves the market",
                row(None, 1, "published"),
                head(1, Published, Some(1)),
                Deed::Withdraw(None),
            ),
            (
                "also when it was approved later",
                row(None, 1, "submitted"),
                head(1, Published, Some(1)),
                Deed::Withdraw(None),
            ),
            (
                "what was revised since stays",
                row(None, 1, "published"),
                head(2, Published, Some(1)),
                Deed::Keep,
            ),
            (
                "what was published by hand stays",
                row(None, 1, ""),
                head(1, Published, Some(1)),
                Deed::Keep,
            ),
            (
                "what was withdrawn since stays",
                row(None, 1, "published"),
                head(1, Withdrawn, Some(1)),
                Deed::Keep,
            ),
            (
                "what is ending since stays",
                row(None, 1, "published"),
                head(1, Withdrawing, Some(1)),
                Deed::Keep,
            ),
            (
                "the version before is shown again",
                row(Some((4, Published, Some(4))), 5, "published"),
                head(5, Published, Some(5)),
                back(Some(4), None, Published),
            ),
            (
                "and the draft before comes after it",
                row(Some((4, Published, Some(3))), 5, "published"),
                head(5, Published, Some(5)),
                back(Some(3), Some(4), Published),
            ),
            (
                "a published draft too",
                row(Some((4, Published, Some(3))), 4, "published"),
                head(4, Published, Some(4)),
                back(Some(3), Some(4), Published),
            ),
            (
                "a draft comes back as a draft",
                row(Some((4, Published, Some(3))), 5, ""),
                head(5, Published, Some(3)),
                back(None, Some(4), Published),
            ),
            (
                "what was paused is paused again",
                row(Some((1, Paused, Some(1))), 2, "published"),
                head(2, Published, Some(2)),
                back(Some(1), None, Paused),
            ),
            (
                "what was paused since stays paused",
                row(Some((1, Published, Some(1))), 2, "published"),
                head(2, Paused, Some(2)),
                back(Some(1), None, Paused),
            ),
            (
                "a draft that was published leaves again",
                row(Some((1, Draft, None)), 2, "published"),
                head(2, Published, Some(2)),
                Deed::Withdraw(Some(1)),
            ),
            (
                "one that was withdrawn leaves again",
                row(Some((1, Withdrawn, Some(1))), 1, "published"),
                head(1, Published, Some(1)),
                Deed::Withdraw(None),
            ),
            (
                "a submission is taken back",
                row(Some((1, Draft, None)), 1, "submitted"),
                head(1, Draft, None),
                back(None, None, Draft),
            ),
            (
                "what said the same already is no matter",
                row(Some((1, Draft, None)), 1, ""),
                head(1, Draft, None),
                Deed::Nothing,
            ),
        ];
        for (why, row, head, deed) in cases {
            assert_eq!(Deed::of(&row, Some(&head)), deed, "{why}");
        }
        assert_eq!(Deed::of(&row(None, 1, ""), None), Deed::Keep, "it is gone");
    }
}
