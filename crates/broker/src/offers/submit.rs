//! From a draft to the market: submitted, approved by rules that say so or looked at by a person, published at
//! once or at its moment. A version that is under review is taken back by whoever submits another one.

use super::life::{AHEAD_MAX_US, Done, LifeStep, checked_reason};
use super::write::taken;
use super::{OwnOffer, ReviewView};
use crate::error::shown_moment;
use crate::notices::{NoticeKind, ReviewNews};
use crate::{Broker, BrokerError, OpContext};
use domain::{
    Evaluation, OfferEvent, OfferId, OfferState, ReviewEvent, ReviewId, ReviewState, Timestamp,
};
use storage::offers::{self, Offer, OfferStep, Review, ReviewStep};
use storage::{StorageError, Tx, lock};

/// Versions that are published in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 200;
/// Who the history names where no person decided.
const RULES: &str = "rules";

/// How a version is to be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// What whoever looks at it is told; may be empty.
    pub note: String,
    /// From when it is to be published; `None`: as soon as it is approved.
    pub publish_at: Option<Timestamp>,
}

/// One version of one offer on its way to the market.
#[derive(Debug)]
pub(super) struct Entering {
    pub offer: OfferId,
    pub version: i64,
    pub publish_at: Option<Timestamp>,
    pub evaluation: Evaluation,
}

impl Broker {
    /// Publishes the newest version, if the rules or a person approve it; repeating it changes nothing.
    pub async fn publish_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<OwnOffer, BrokerError> {
        self.submit_offer(ctx, id, &Submission::default()).await
    }

    /// Submits the newest version: the rules approve it, and then it is published at once or at its moment, or
    /// it waits for a person. Another version that is under review is taken back. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/publishAt`; `/note`; every fault of the document; `Conflict` `wrong_state` while the offer ends.
    pub async fn submit_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
        wish: &Submission,
    ) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin().await?;
        let found = self.writable(ctx, &mut tx, id).await?.offer;
        let publish_at = self.ahead(wish.publish_at)?;
        let note = checked_reason("/note", &wish.note, 0, "this is too long")?;
        let wish = Submission { note: note.to_owned(), publish_at };
        let published = self.submit_within(ctx, &mut tx, &found, &wish).await?;
        tx.commit().await?;
        if published {
            self.sync_market().await?;
        }
        self.my_offer(ctx, id).await
    }

    /// Takes the version back that is under review or waits for its moment. Repeating it changes nothing.
    pub async fn take_back_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin().await?;
        self.writable(ctx, &mut tx, id).await?;
        self.take_back_open(ctx, &mut tx, id).await?;
        tx.commit().await?;
        self.my_offer(ctx, id).await
    }

    /// Moves the moment of publication of the version that is under review or waits for it; `None`: as soon as
    /// it is approved. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/publishAt`; `Conflict` `not_submitted`.
    pub async fn schedule_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
        publish_at: Option<Timestamp>,
    ) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin().await?;
        let found = self.writable(ctx, &mut tx, id).await?.offer;
        let publish_at = self.ahead(publish_at)?;
        let Some(open) = offers::find_open_review(&mut tx, id).await? else {
            let detail = "no version is under review or waits for its moment".to_owned();
            return Err(BrokerError::Conflict { code: "not_submitted", detail });
        };
        let published = self.reschedule(ctx, &mut tx, (&found, open), publish_at).await?;
        tx.commit().await?;
        if published {
            self.sync_market().await?;
        }
        self.my_offer(ctx, id).await
    }

    /// Publishes approved versions whose moment has come; returns how many. May run in several processes at once.
    pub async fn publish_due(&self) -> Result<usize, BrokerError> {
        let mut tx = self.look().await?;
        let open = !self.inner.config.admission_required;
        let due = offers::list_due_reviews(&mut tx, self.now(), open, DUE_AT_ONCE).await?;
        drop(tx);
        let mut count = 0;
        for review in due {
            match self.publish_one(review.id, review.offer_id).await {
                Ok(published) => count += usize::from(published),
                // One that cannot be published does not keep the others waiting.
                Err(error) => tracing::error!(offer.id = %review.offer_id, %error,
                    "an offer whose moment has come could not be published; it is tried again"),
            }
        }
        if count > 0 {
            self.sync_market().await?;
        }
        Ok(count)
    }

    /// Looks again behind the lock: meanwhile it may have been taken back, or its moment moved.
    async fn publish_one(&self, id: ReviewId, offer: OfferId) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        lock::offer(&mut tx, offer).await?;
        let now = self.now();
        let found = offers::find_review(&mut tx, id).await?;
        let due = found.filter(|row| {
            row.review.state == ReviewState::Approved
                && row.review.publish_at.is_some_and(|at| at <= now)
        });
        let (Some(row), Some(found)) = (due, offers::find(&mut tx, offer).await?) else {
            return Ok(false);
        };
        if self.admitted(&mut tx, found.offer.provider_id).await? == Some(false) {
            return Ok(false);
        }
        let ctx = OpContext::system("publication");
        self.publish_reviewed(&ctx, &mut tx, &found.offer, &row.review).await?;
        let news = ReviewNews::about(&row);
        self.tell_provider(&mut tx, NoticeKind::OfferPublished, &row, &news).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Submits a version in the caller's unit of work; whether it was published.
    async fn submit_within(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        offer: &Offer,
        wish: &Submission,
    ) -> Result<bool, BrokerError> {
        offer.state.apply(OfferEvent::Publish)?;
        let shown = offer.state == OfferState::Published
            && offer.published_version == Some(offer.current_version);
        if shown {
            return Ok(false);
        }
        if let Some(open) = offers::find_open_review(tx, offer.id).await? {
            if open.version == offer.current_version {
                return self.reschedule(ctx, tx, (offer, open), wish.publish_at).await;
            }
            self.take_back(ctx, tx, &open).await?;
        }
        let evaluation = self.judge(tx, offer).await?;
        let approved = evaluation.approved;
        let (id, version) = (offer.id, offer.current_version);
        let entering = Entering { offer: id, version, publish_at: wish.publish_at, evaluation };
        let review = self.review_row(ctx, &entering, &wish.note)?;
        offers::insert_reviews(tx, std::slice::from_ref(&review)).await?;
        let submitted = Done {
            moment: wish.publish_at,
            reason: &wish.note,
            ..Done::new(LifeStep::Submitted, version)
        };
        if !approved {
            self.note(ctx, tx, id, submitted).await?;
            return Ok(false);
        }
        if review.state == ReviewState::Approved {
            self.note(ctx, tx, id, submitted).await?;
            let by_rules = self.rules_step(ctx, &entering, LifeStep::Approved);
            offers::insert_steps(tx, &[by_rules]).await?;
            return Ok(false);
        }
        let (revision, now) = (offer.revision, self.now());
        offers::publish(tx, id, revision, version, now).await.map_err(taken)?;
        self.note(
            ctx,
            tx,
            id,
            Done { reason: &wish.note, ..Done::new(LifeStep::Published, version) },
        )
        .await?;
        Ok(true)
    }

    /// The row of a version that enters, where the rules have it stand.
    pub(super) fn review_row(
        &self,
        ctx: &OpContext,
        entering: &Entering,
        note: &str,
    ) -> Result<Review, BrokerError> {
        let now = self.now();
        let state = match (entering.evaluation.approved, entering.publish_at) {
            (false, _) => ReviewState::Submitted,
            (true, Some(_)) => ReviewState::Approved,
            (true, None) => ReviewState::Published,
        };
        let evaluation = serde_json::to_string(&entering.evaluation)
            .map_err(|error| BrokerError::Internal(format!("an evaluation: {error}")))?;
        let viewer = ctx.actor.viewer();
        Ok(Review {
            id: ReviewId::new(self.ids()),
            offer_id: entering.offer,
            version: entering.version,
            state,
            submitted_by: ctx.actor.audit_name(),
            submitted_by_name: viewer.map(|viewer| viewer.name.clone()).unwrap_or_default(),
            submitted_at: now,
            note: note.to_owned(),
            publish_at: entering.publish_at,
            evaluation,
            reviewer: None,
            reviewer_name: None,
            decided_at: (state != ReviewState::Submitted).then_some(now),
            reason: None,
            published_at: (state == ReviewState::Published).then_some(now),
        })
    }

    /// What the rules did, in the history.
    fn rules_step(&self, ctx: &OpContext, entering: &Entering, step: LifeStep) -> OfferStep {
        let done = Done { moment: entering.publish_at, ..Done::new(step, entering.version) };
        let row = self.step_row(ctx, entering.offer, done);
        OfferStep { actor: RULES.to_owned(), actor_name: String::new(), ..row }
    }

    /// Moves the moment of an open review; one that is approved and has none any more is published.
    async fn reschedule(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        (offer, open): (&Offer, Review),
        publish_at: Option<Timestamp>,
    ) -> Result<bool, BrokerError> {
        if open.publish_at == publish_at {
            return Ok(false);
        }
        offers::reschedule_review(tx, open.id, publish_at).await.map_err(taken)?;
        let done = Done { moment: publish_at, ..Done::new(LifeStep::Rescheduled, open.version) };
        self.note(ctx, tx, offer.id, done).await?;
        if open.state != ReviewState::Approved || publish_at.is_some() {
            return Ok(false);
        }
        self.publish_reviewed(ctx, tx, offer, &open).await?;
        Ok(true)
    }

    /// Publishes an approved version.
    pub(super) async fn publish_reviewed(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        offer: &Offer,
        review: &Review,
    ) -> Result<(), BrokerError> {
        offer.state.apply(OfferEvent::Publish)?;
        self.must_be_admitted(tx, offer.provider_id).await?;
        let (now, version) = (self.now(), review.version);
        offers::publish(tx, offer.id, offer.revision, version, now).await.map_err(taken)?;
        let to = ReviewState::Approved.apply(ReviewEvent::Publish)?;
        let from = ReviewState::Approved;
        let step = ReviewStep { from, to, reviewer: None, reason: None, at: now };
        offers::step_review(tx, review.id, &step).await.map_err(taken)?;
        self.note(ctx, tx, offer.id, Done::new(LifeStep::Published, version)).await
    }

    /// Takes back what is under review, if anything is.
    pub(super) async fn take_back_open(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: OfferId,
    ) -> Result<(), BrokerError> {
        match offers::find_open_review(tx, id).await? {
            Some(open) => self.take_back(ctx, tx, &open).await,
            None => Ok(()),
        }
    }

    pub(super) async fn take_back(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        open: &Review,
    ) -> Result<(), BrokerError> {
        let (from, to) = (open.state, open.state.apply(ReviewEvent::TakeBack)?);
        let step = ReviewStep { from, to, reviewer: None, reason: None, at: self.now() };
        offers::step_review(tx, open.id, &step).await.map_err(taken)?;
        self.note(ctx, tx, open.offer_id, Done::new(LifeStep::TakenBack, open.version)).await
    }

    /// A moment of publication that lies ahead; one that is past means at once.
    fn ahead(&self, at: Option<Timestamp>) -> Result<Option<Timestamp>, BrokerError> {
        let now = self.now();
        match at {
            Some(at) if at.since(now) > AHEAD_MAX_US => {
                let (allowed, message) = ("at most ten years ahead", "this lies too far ahead");
                let found = shown_moment(at);
                Err(BrokerError::field("/publishAt", "too_late", &found, allowed, message))
            }
            at => Ok(at.filter(|at| *at > now)),
        }
    }
}

impl ReviewView {
    pub(super) fn of(row: Review) -> Result<Self, BrokerError> {
        let evaluation = serde_json::from_str(&row.evaluation).map_err(|error| {
            let what = "offer_review.evaluation";
            StorageError::Corrupt { what, detail: error.to_string() }
        })?;
        Ok(Self {
            id: row.id,
            offer: row.offer_id,
            version: row.version,
            state: row.state,
            submitted_by_name: row.submitted_by_name,
            submitted_at: row.submitted_at,
            note: row.note,
            publish_at: row.publish_at,
            evaluation,
            reviewer_name: row.reviewer_name,
            decided_at: row.decided_at,
            reason: row.reason,
            published_at: row.published_at,
        })
    }
}
