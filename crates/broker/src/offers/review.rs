//! The broker's side of a review: what waits, what changed, approve, refuse with a reason; and what is said on
//! both sides about single places of a version. Whoever submitted does not decide.

use super::life::{Done, LifeStep, checked_reason, history};
use super::rules::{published_of, read_version};
use super::write::taken;
use super::{CommentView, ReviewCard, ReviewPage, ReviewView};
use crate::audit::{Entry, record};
use crate::contracts::parse_cursor;
use crate::documents::offer_yaml;
use crate::names::text_fault;
use crate::notices::{NoticeKind, ReviewNews};
use crate::{Broker, BrokerError, FieldFault, Listed, OpContext};
use domain::{
    Action, CommentId, OfferId, ReviewEvent, ReviewId, ReviewState, Role, is_second_pair_of_eyes,
};
use storage::offers::{self, Comment, ReviewListing, ReviewStep};
use storage::{Tx, lock};

/// Characters of a comment.
pub const COMMENT_MAX: usize = 2_000;
/// Comments and answers of one offer.
const COMMENTS_MAX: usize = 500;

/// Something said about a place of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewComment {
    /// JSON pointer into the document; empty: the whole of it. Not looked at for an answer.
    pub pointer: String,
    /// What is said, 1 to 2000 characters.
    pub text: String,
    /// The comment that this answers.
    pub answers: Option<CommentId>,
}

impl Broker {
    /// What waits for a person, whoever waits longest first; or what was decided, the latest first.
    pub async fn reviews(
        &self,
        ctx: &OpContext,
        waiting: bool,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<ReviewCard>, BrokerError> {
        ctx.may(Action::ReviewOffer, None, "review")?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.look().await?;
        let page = if waiting {
            offers::list_waiting_reviews(&mut tx, cursor.as_ref(), limit).await?
        } else {
            offers::list_decided_reviews(&mut tx, cursor.as_ref(), limit).await?
        };
        let items = page.items.into_iter().map(ReviewCard::of).collect::<Result<_, _>>()?;
        Ok(Listed { items, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// One version under review: what it says, what changed against what is published, what was said.
    pub async fn review(&self, ctx: &OpContext, id: ReviewId) -> Result<ReviewPage, BrokerError> {
        ctx.may(Action::ReviewOffer, None, "review")?;
        let mut tx = self.begin_read().await?;
        let row = offers::find_review(&mut tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "review" })?;
        let offer = offers::find(&mut tx, row.review.offer_id).await?;
        let offer = offer.ok_or(BrokerError::NotFound { what: "offer" })?.offer;
        let document = read_version(&mut tx, &offer, row.review.version).await?;
        let against = published_of(offer.state, offer.published_version)
            .filter(|version| *version != row.review.version);
        let changes = match against {
            Some(version) => {
                Some(sla::diff(&read_version(&mut tx, &offer, version).await?, &document))
            }
            None => None,
        };
        let comments = comments(&mut tx, offer.id).await?;
        let own = !second_eyes(ctx, &row);
        Ok(ReviewPage {
            slug: offer.slug,
            state: offer.state,
            yaml: offer_yaml(&document),
            document,
            against,
            changes,
            comments,
            history: history(offers::list_steps(&mut tx, offer.id).await?),
            own,
            card: ReviewCard::of(row)?,
        })
    }

    /// Begins to look at a version, so that others see who does. Repeating it changes nothing.
    pub async fn begin_review(
        &self,
        ctx: &OpContext,
        id: ReviewId,
    ) -> Result<ReviewPage, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable(ctx, &mut tx, id).await?;
        if row.review.state != ReviewState::InReview {
            self.decide(ctx, &mut tx, &row, (ReviewEvent::Begin, None)).await?;
            tx.commit().await?;
        } else {
            drop(tx);
        }
        self.review(ctx, id).await
    }

    /// Approves a version: it is published at once or at its moment. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `own_submission` for whoever submitted it, `provider_not_admitted`, `wrong_state`.
    pub async fn approve_offer(
        &self,
        ctx: &OpContext,
        id: ReviewId,
    ) -> Result<ReviewPage, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable(ctx, &mut tx, id).await?;
        if matches!(row.review.state, ReviewState::Approved | ReviewState::Published) {
            drop(tx);
            return self.review(ctx, id).await;
        }
        let offer = offers::find(&mut tx, row.review.offer_id).await?;
        let offer = offer.ok_or(BrokerError::NotFound { what: "offer" })?.offer;
        self.must_be_admitted(&mut tx, offer.provider_id).await?;
        self.decide(ctx, &mut tx, &row, (ReviewEvent::Approve, None)).await?;
        let now = self.now();
        let waits = row.review.publish_at.is_some_and(|at| at > now);
        if !waits {
            self.publish_reviewed(ctx, &mut tx, &offer, &row.review).await?;
        }
        let kind = if waits { NoticeKind::ReviewApproved } else { NoticeKind::OfferPublished };
        let news = ReviewNews { at: row.review.publish_at, ..ReviewNews::about(&row) };
        self.tell_provider(&mut tx, kind, &row, &news).await?;
        tx.commit().await?;
        if !waits {
            self.sync_market().await?;
        }
        self.review(ctx, id).await
    }

    /// Refuses a version; its provider reads the reason and may submit again. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/reason`; `Conflict` `own_submission` for whoever submitted it, `wrong_state`.
    pub async fn refuse_offer(
        &self,
        ctx: &OpContext,
        id: ReviewId,
        reason: &str,
    ) -> Result<ReviewPage, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable(ctx, &mut tx, id).await?;
        let reason = checked_reason("/reason", reason, 1, "say to the provider why it is refused")?;
        if row.review.state == ReviewState::Refused && row.review.reason.as_deref() == Some(reason)
        {
            drop(tx);
            return self.review(ctx, id).await;
        }
        self.decide(ctx, &mut tx, &row, (ReviewEvent::Refuse, Some(reason))).await?;
        let news = ReviewNews { reason: Some(reason.to_owned()), ..ReviewNews::about(&row) };
        self.tell_provider(&mut tx, NoticeKind::ReviewRefused, &row, &news).await?;
        tx.commit().await?;
        self.review(ctx, id).await
    }

    /// Says something about a place of a version, or answers. A provider is told of what the broker says.
    ///
    /// # Errors
    /// `/pointer` where the document has no such place; `/text`; `/answers`.
    pub async fn comment_on_offer(
        &self,
        ctx: &OpContext,
        review: ReviewId,
        new: &NewComment,
    ) -> Result<CommentId, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.commentable(ctx, &mut tx, review).await?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let said = offers::list_comments(&mut tx, row.review.offer_id).await?;
        let pointer = self.place(&mut tx, &row, new, &said).await?;
        let text = new.text.trim();
        let twice = said.iter().rev().find(|old| {
            old.review_id == review
                && old.answers == new.answers
                && old.pointer == pointer
                && old.text == text
                && old.author == viewer.user.to_string()
        });
        if let Some(twice) = twice {
            return Ok(twice.id);
        }
        let comment = Comment {
            id: CommentId::new(self.ids()),
            review_id: review,
            answers: new.answers,
            pointer,
            text: text.to_owned(),
            author: viewer.user.to_string(),
            author_name: viewer.name.clone(),
            author_role: viewer.role,
            at: self.now(),
            settled_at: None,
            settled_by_name: None,
        };
        offers::insert_comment(&mut tx, &comment).await?;
        let entry = Entry::new("offer.commented", row.review.offer_id)
            .with("review", review.to_string())
            .with("comment", comment.id.to_string())
            .with("pointer", comment.pointer.as_str());
        record(self, ctx, &mut tx, entry).await?;
        if viewer.role == Role::Broker {
            let news = ReviewNews { reason: Some(comment.text.clone()), ..ReviewNews::about(&row) };
            self.tell_provider(&mut tx, NoticeKind::ReviewCommented, &row, &news).await?;
        }
        tx.commit().await?;
        Ok(comment.id)
    }

    /// Settles a comment, with its answers. Repeating it changes nothing.
    pub async fn settle_comment(&self, ctx: &OpContext, id: CommentId) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let found = offers::find_comment(&mut tx, id).await?;
        let review = found.as_ref().map(|comment| comment.review_id);
        let Some((found, review)) = found.zip(review) else {
            ctx.may(Action::CommentOffer, None, "comment")?;
            return Err(BrokerError::NotFound { what: "comment" });
        };
        let row = self.commentable(ctx, &mut tx, review).await?;
        // Read again behind the lock.
        let found = offers::find_comment(&mut tx, id).await?.unwrap_or(found);
        if found.answers.is_some() {
            return Err(BrokerError::NotFound { what: "comment" });
        }
        if found.settled_at.is_some() {
            return Ok(());
        }
        let name = ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default();
        offers::settle_comment(&mut tx, id, self.now(), &name).await?;
        let entry = Entry::new("offer.comment_settled", row.review.offer_id)
            .with("comment", id.to_string());
        record(self, ctx, &mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The review, locked with its offer, for somebody who may decide about it.
    async fn decidable(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ReviewId,
    ) -> Result<ReviewListing, BrokerError> {
        ctx.may(Action::ReviewOffer, None, "review")?;
        let row = locked(tx, id).await?.ok_or(BrokerError::NotFound { what: "review" })?;
        if second_eyes(ctx, &row) {
            return Ok(row);
        }
        let detail = "whoever submitted a version does not decide about it: somebody else has to";
        Err(BrokerError::Conflict { code: "own_submission", detail: detail.to_owned() })
    }

    /// The review, locked with its offer, for its provider and for brokers.
    async fn commentable(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ReviewId,
    ) -> Result<ReviewListing, BrokerError> {
        let row = locked(tx, id).await?;
        let owner = row.as_ref().and_then(|row| row.provider_organisation);
        ctx.may(Action::CommentOffer, owner, "review")?;
        row.ok_or(BrokerError::NotFound { what: "review" })
    }

    async fn decide(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        row: &ReviewListing,
        (event, reason): (ReviewEvent, Option<&str>),
    ) -> Result<(), BrokerError> {
        let (from, to) = (row.review.state, row.review.state.apply(event)?);
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let user = viewer.user.to_string();
        let reviewer = Some((user.as_str(), viewer.name.as_str()));
        let step = ReviewStep { from, to, reviewer, reason, at: self.now() };
        offers::step_review(tx, row.review.id, &step).await.map_err(taken)?;
        let life = match event {
            ReviewEvent::Begin => LifeStep::ReviewBegun,
            ReviewEvent::Refuse => LifeStep::Refused,
            _ => LifeStep::Approved,
        };
        let moment = row.review.publish_at.filter(|_| event == ReviewEvent::Approve);
        let reason = reason.unwrap_or_default();
        let done = Done { moment, reason, ..Done::new(life, row.review.version) };
        self.note(ctx, tx, row.review.offer_id, done).await
    }

    /// Where a comment stands, if it can: a place of the document, or that of what it answers.
    async fn place(
        &self,
        tx: &mut Tx,
        row: &ReviewListing,
        new: &NewComment,
        said: &[Comment],
    ) -> Result<String, BrokerError> {
        let about = ("reason", "say what it is about");
        let mut faults: Vec<FieldFault> =
            text_fault("/text", new.text.trim(), 1..=COMMENT_MAX, about).into_iter().collect();
        if said.len() >= COMMENTS_MAX {
            let detail = format!("an offer has at most {COMMENTS_MAX} comments and answers");
            return Err(BrokerError::Conflict { code: "too_many_comments", detail });
        }
        let mut pointer = new.pointer.trim().to_owned();
        if let Some(answered) = new.answers {
            let first = |old: &&Comment| {
                old.id == answered && old.review_id == row.review.id && old.answers.is_none()
            };
            match said.iter().find(first) {
                Some(first) => pointer.clone_from(&first.pointer),
                None => return Err(BrokerError::NotFound { what: "comment" }),
            }
        } else {
            let version = offers::find_version(tx, row.review.offer_id, row.review.version).await?;
            let text = version.map(|version| version.document).unwrap_or_default();
            let document: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if document.pointer(&pointer).is_none() {
                let (allowed, message) =
                    ("a JSON pointer such as /spec/items/0", "the version has no such place");
                faults.push(FieldFault::new("/pointer", "place", &pointer, allowed, message));
            }
        }
        if faults.is_empty() { Ok(pointer) } else { Err(BrokerError::Invalid(faults)) }
    }
}

/// Looks a review up behind the lock of its offer.
async fn locked(tx: &mut Tx, id: ReviewId) -> Result<Option<ReviewListing>, BrokerError> {
    let Some(row) = offers::find_review(tx, id).await? else { return Ok(None) };
    lock::offer(tx, row.review.offer_id).await?;
    Ok(offers::find_review(tx, id).await?)
}

fn second_eyes(ctx: &OpContext, row: &ReviewListing) -> bool {
    is_second_pair_of_eyes(&ctx.actor, &row.review.submitted_by, row.provider_organisation)
}

/// What was said about an offer: each comment with its answers behind it, in the order of saying.
pub(super) async fn comments(tx: &mut Tx, offer: OfferId) -> Result<Vec<CommentView>, BrokerError> {
    let rows = offers::list_comments(tx, offer).await?;
    let mut first: Vec<CommentView> = Vec::new();
    for row in rows {
        let view = CommentView::of(&row);
        let answered = row.answers.and_then(|id| first.iter_mut().find(|one| one.id == id));
        match answered {
            Some(one) => one.answers.push(view),
            None => first.push(view),
        }
    }
    Ok(first)
}

impl CommentView {
    fn of(row: &Comment) -> Self {
        Self {
            id: row.id,
            review: row.review_id,
            pointer: row.pointer.clone(),
            text: row.text.clone(),
            author_name: row.author_name.clone(),
            author_role: row.author_role,
            at: row.at,
            settled_at: row.settled_at,
            settled_by_name: row.settled_by_name.clone(),
            answers: Vec::new(),
        }
    }
}

impl ReviewCard {
    fn of(row: ReviewListing) -> Result<Self, BrokerError> {
        Ok(Self {
            title_en: row.title_en,
            title_ja: row.title_ja,
            provider_en: row.provider_name_en,
            provider_ja: row.provider_name_ja,
            published_version: row.published_version,
            view: ReviewView::of(row.review)?,
        })
    }
}
