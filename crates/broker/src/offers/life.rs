//! The life of an offer on the market: paused and resumed, ending with a notice, withdrawn. Every step is kept
//! with who, when and why (docs/adr/0014).

use super::OwnOffer;
use super::write::taken;
use crate::audit::{Entry, record};
use crate::contracts::signed_notice;
use crate::error::shown_moment;
use crate::names::text_fault;
use crate::{Broker, BrokerError, OpContext};
use domain::{AuditId, DurationUs, OfferEvent, OfferId, OfferState, Timestamp};
use storage::offers::{self, Offer, OfferStep};
use storage::{Tx, lock};

/// Microseconds in a day.
const DAY_US: DurationUs = 86_400 * 1_000_000;
/// How long an offer is shown as ending where its document promises no notice: long enough for whoever
/// compares offers today to come back and sign.
const NOTICE_US: DurationUs = 30 * DAY_US;
/// How far ahead an end or a publication can lie.
pub(super) const AHEAD_MAX_US: DurationUs = 3_650 * DAY_US;
/// Characters of a reason or note.
pub const REASON_MAX: usize = 500;
/// Offers that are withdrawn in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 200;

/// What happened to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeStep {
    /// Its first version was saved.
    Drafted,
    /// Another version was saved.
    Revised,
    /// A version was submitted.
    Submitted,
    /// Somebody began to look at it.
    ReviewBegun,
    /// It was approved.
    Approved,
    /// It was refused.
    Refused,
    /// Its provider took it back.
    TakenBack,
    /// Its moment was moved.
    Rescheduled,
    /// It was published.
    Published,
    /// The offer was paused.
    Paused,
    /// It went on.
    Resumed,
    /// Its end was announced.
    Announced,
    /// It stays, after all.
    Stayed,
    /// It left the market.
    Withdrawn,
}

impl LifeStep {
    /// Every step.
    pub const ALL: [Self; 14] = [
        Self::Drafted,
        Self::Revised,
        Self::Submitted,
        Self::ReviewBegun,
        Self::Approved,
        Self::Refused,
        Self::TakenBack,
        Self::Rescheduled,
        Self::Published,
        Self::Paused,
        Self::Resumed,
        Self::Announced,
        Self::Stayed,
        Self::Withdrawn,
    ];

    /// The word of the audit list; without its first part the one stored and sent.
    #[must_use]
    pub const fn audited(self) -> &'static str {
        match self {
            Self::Drafted => "offer.drafted",
            Self::Revised => "offer.revised",
            Self::Submitted => "offer.submitted",
            Self::ReviewBegun => "offer.review_begun",
            Self::Approved => "offer.approved",
            Self::Refused => "offer.refused",
            Self::TakenBack => "offer.taken_back",
            Self::Rescheduled => "offer.rescheduled",
            Self::Published => "offer.published",
            Self::Paused => "offer.paused",
            Self::Resumed => "offer.resumed",
            Self::Announced => "offer.end_announced",
            Self::Stayed => "offer.end_taken_back",
            Self::Withdrawn => "offer.withdrawn",
        }
    }

    /// The word stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.audited().trim_start_matches("offer.")
    }

    /// Reads the word; `None` for one of another version of the program.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == word)
    }
}

/// One line of an offer's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub step: LifeStep,
    /// To which version.
    pub version: i64,
    /// A user id, `system`, or `rules` where no person decided.
    pub actor: String,
    /// The name at that time.
    pub actor_name: String,
    /// The moment it is about: of publication, or of the end.
    pub moment: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// How an offer is to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// What everybody reads, 1 to 500 characters.
    pub reason: String,
    /// When it leaves the market; `None`: when its notice has run.
    pub ends_at: Option<Timestamp>,
}

/// A step as it is noted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done<'a> {
    pub step: LifeStep,
    pub version: i64,
    pub moment: Option<Timestamp>,
    pub reason: &'a str,
}

impl Done<'_> {
    pub const fn new(step: LifeStep, version: i64) -> Self {
        Self { step, version, moment: None, reason: "" }
    }
}

impl Broker {
    /// Takes a published offer off the market for a while: it is neither found nor ordered, and contracts
    /// go on. Repeating it changes nothing.
    pub async fn pause_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
        reason: &str,
    ) -> Result<OwnOffer, BrokerError> {
        let reason = checked_reason("/reason", reason, 0, "say why it pauses, or nothing")?;
        let turn = (OfferEvent::Pause, OfferState::Paused);
        self.turn_to(ctx, id, turn, (LifeStep::Paused, reason)).await
    }

    /// Brings a paused offer back as it was. Repeating it changes nothing.
    pub async fn resume_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<OwnOffer, BrokerError> {
        let turn = (OfferEvent::Resume, OfferState::Published);
        self.turn_to(ctx, id, turn, (LifeStep::Resumed, "")).await
    }

    /// Announces the end of an offer: everybody sees it as ending, and orders it until then. A version that is
    /// under review is taken back. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/endsAt` `notice_too_short` with the earliest moment; `/reason`; `Conflict` `wrong_state`.
    pub async fn announce_end(
        &self,
        ctx: &OpContext,
        id: OfferId,
        ending: &Ending,
    ) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin().await?;
        let found = self.writable(ctx, &mut tx, id).await?.offer;
        let again = found.state == OfferState::Withdrawing
            && ending.ends_at.is_none_or(|at| Some(at) == found.ends_at);
        if again {
            drop(tx);
            return self.my_offer(ctx, id).await;
        }
        let message = "say to customers why the offer ends";
        let reason = checked_reason("/reason", &ending.reason, 1, message)?;
        found.state.apply(OfferEvent::Announce)?;
        let now = self.now();
        let earliest = now.plus_us(self.notice_of(&mut tx, &found).await?);
        let ends_at = ending.ends_at.unwrap_or(earliest);
        if ends_at < earliest || ends_at.since(now) > AHEAD_MAX_US {
            let (found, allowed) = (shown_moment(ends_at), shown_moment(earliest));
            let allowed = format!("{allowed} to ten years ahead");
            let message = "the end lies before the notice has run, or too far ahead";
            return Err(BrokerError::field(
                "/endsAt",
                "notice_too_short",
                &found,
                &allowed,
                message,
            ));
        }
        self.take_back_open(ctx, &mut tx, id).await?;
        let done =
            Done { moment: Some(ends_at), reason, ..Done::new(LifeStep::Announced, shown(&found)) };
        let event = (OfferEvent::Announce, Some(ends_at));
        self.turn(ctx, &mut tx, &found, event, done).await?;
        tx.commit().await?;
        self.sync_market().await?;
        self.my_offer(ctx, id).await
    }

    /// Takes the announcement back: the offer stays. Repeating it changes nothing.
    pub async fn take_end_back(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<OwnOffer, BrokerError> {
        let turn = (OfferEvent::Stay, OfferState::Published);
        self.turn_to(ctx, id, turn, (LifeStep::Stayed, "")).await
    }

    /// Turns an offer once and shows the market; one that is there already stays as it is.
    async fn turn_to(
        &self,
        ctx: &OpContext,
        id: OfferId,
        (event, to): (OfferEvent, OfferState),
        (step, reason): (LifeStep, &str),
    ) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin().await?;
        let found = self.writable(ctx, &mut tx, id).await?.offer;
        if found.state != to {
            if event == OfferEvent::Resume {
                self.must_be_admitted(&mut tx, found.provider_id).await?;
            }
            let done = Done { reason, ..Done::new(step, shown(&found)) };
            self.turn(ctx, &mut tx, &found, (event, None), done).await?;
            tx.commit().await?;
            self.sync_market().await?;
        }
        self.my_offer(ctx, id).await
    }

    /// Takes an offer off the market at once; contracts made from it go on, and a version under review is
    /// taken back. Repeating it changes nothing.
    pub async fn withdraw_offer(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<OwnOffer, BrokerError> {
        let mut tx = self.begin().await?;
        let found = self.writable(ctx, &mut tx, id).await?.offer;
        if found.state != OfferState::Withdrawn {
            found.state.apply(OfferEvent::Withdraw)?;
            self.take_back_open(ctx, &mut tx, id).await?;
            let done = Done::new(LifeStep::Withdrawn, shown(&found));
            self.turn(ctx, &mut tx, &found, (OfferEvent::Withdraw, None), done).await?;
            tx.commit().await?;
            self.sync_market().await?;
        }
        self.my_offer(ctx, id).await
    }

    /// Withdraws the offers whose notice has run; returns how many. May run in several processes at once.
    pub async fn withdraw_due(&self) -> Result<usize, BrokerError> {
        let mut tx = self.look().await?;
        let due = offers::list_ended(&mut tx, self.now(), DUE_AT_ONCE).await?;
        drop(tx);
        let mut gone = 0;
        for row in due {
            match self.withdraw_ended(row.id).await {
                Ok(ended) => gone += usize::from(ended),
                // One that cannot be withdrawn does not keep the others on the market.
                Err(error) => tracing::error!(offer.id = %row.id, %error,
                    "an offer whose notice has run could not be withdrawn; it is tried again"),
            }
        }
        if gone > 0 {
            self.sync_market().await?;
        }
        Ok(gone)
    }

    /// Looks again behind the lock: meanwhile the end may have been taken back.
    async fn withdraw_ended(&self, id: OfferId) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        lock::offer(&mut tx, id).await?;
        let found = offers::find(&mut tx, id).await?.map(|row| row.offer);
        let ended = |offer: &Offer| {
            offer.state == OfferState::Withdrawing
                && offer.ends_at.is_some_and(|at| at <= self.now())
        };
        let Some(found) = found.filter(ended) else { return Ok(false) };
        let ctx = OpContext::system("notice of an offer");
        let done = Done { moment: found.ends_at, ..Done::new(LifeStep::Withdrawn, shown(&found)) };
        self.turn(&ctx, &mut tx, &found, (OfferEvent::Withdraw, None), done).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How long the notice of an offer is: as its published version promises, or the market's.
    pub(super) async fn notice_of(
        &self,
        tx: &mut Tx,
        offer: &Offer,
    ) -> Result<DurationUs, BrokerError> {
        let version = offers::find_version(tx, offer.id, shown(offer)).await?;
        Ok(version.and_then(|row| signed_notice(&row.document)).unwrap_or(NOTICE_US))
    }

    /// Applies an event to an offer and notes it, in one unit of work.
    async fn turn(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        offer: &Offer,
        (event, ends_at): (OfferEvent, Option<Timestamp>),
        done: Done<'_>,
    ) -> Result<(), BrokerError> {
        let to = (offer.state.apply(event)?, ends_at);
        offers::set_state(tx, offer.id, offer.revision, to, self.now()).await.map_err(taken)?;
        self.note(ctx, tx, offer.id, done).await
    }

    /// Keeps a step in the offer's history and in the audit list.
    pub(super) async fn note(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: OfferId,
        done: Done<'_>,
    ) -> Result<(), BrokerError> {
        let mut entry = Entry::new(done.step.audited(), id).with("version", done.version);
        if let Some(moment) = done.moment {
            entry = entry.with("moment", moment.0);
        }
        record(self, ctx, tx, entry).await?;
        Ok(offers::insert_steps(tx, &[self.step_row(ctx, id, done)]).await?)
    }

    pub(super) fn step_row(&self, ctx: &OpContext, id: OfferId, done: Done<'_>) -> OfferStep {
        OfferStep {
            id: AuditId::new(self.ids()),
            offer_id: id,
            at: self.now(),
            actor: ctx.actor.audit_name(),
            actor_name: ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default(),
            step: done.step.as_str().to_owned(),
            version: done.version,
            moment: done.moment,
            reason: done.reason.to_owned(),
        }
    }
}

/// The version that everybody sees, or saw.
fn shown(offer: &Offer) -> i64 {
    offer.published_version.unwrap_or(offer.current_version)
}

/// A reason without the blanks around it, if it can be read and is neither too short nor too long.
pub(super) fn checked_reason<'a>(
    pointer: &str,
    text: &'a str,
    least: usize,
    message: &str,
) -> Result<&'a str, BrokerError> {
    let text = text.trim();
    match text_fault(pointer, text, least..=REASON_MAX, ("reason", message)) {
        Some(fault) => Err(BrokerError::Invalid(vec![fault])),
        None => Ok(text),
    }
}

/// The history as it is shown; a step of another version of the program is left out.
pub(super) fn history(rows: Vec<OfferStep>) -> Vec<HistoryLine> {
    let line = |row: OfferStep| {
        Some(HistoryLine {
            at: row.at,
            step: LifeStep::from_word(&row.step)?,
            version: row.version,
            actor: row.actor,
            actor_name: row.actor_name,
            moment: row.moment,
            reason: row.reason,
        })
    };
    rows.into_iter().filter_map(line).collect()
}
