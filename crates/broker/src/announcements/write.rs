//! Writing announcements: brokers speak for the market, providers for themselves.

use super::{Announce, AnnouncementNews, AnnouncementView, DAILY_MAX};
use crate::audit::{Entry, record};
use crate::error::shown_moment;
use crate::names::Said;
use crate::notices::NoticeKind;
use crate::providers::market_or_own;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{
    Action, AnnouncementId, AnnouncementKind, AnnouncementPhase, MAINTENANCE_DAYS_MAX, NoticeId,
    ProviderId, TimesFault, Timestamp, check_times,
};
use storage::announcements::{self, Announcement, AnnouncementText};
use storage::notices::{self, NewAlone};
use storage::{Tx, lock, providers};

/// The time in which [`DAILY_MAX`] counts.
const DAY_US: i64 = 86_400 * 1_000_000;

impl Broker {
    /// Announces something: a broker in the name of the market, a provider in its own. Customers of the provider hear
    /// of maintenance and incidents.
    ///
    /// # Errors
    /// `/title`, `/title/en`, `/title/ja`, `/text/en`, `/text/ja`, `/startsAt`, `/endsAt`; `Conflict`
    /// `too_many_announcements`.
    pub async fn announce(
        &self,
        ctx: &OpContext,
        wish: &Announce,
    ) -> Result<AnnouncementView, BrokerError> {
        let mut tx = self.begin().await?;
        let speaker = speaker(ctx, &mut tx).await?;
        let now = self.now();
        let text = check(wish, now)?;
        if let Some(provider) = speaker {
            lock::provider(&mut tx, provider).await?;
        }
        let lately = announcements::count_since(&mut tx, speaker, now.plus_us(-DAY_US)).await?;
        if lately >= DAILY_MAX {
            let detail = format!("{DAILY_MAX} announcements were made within a day; change one");
            return Err(BrokerError::Conflict { code: "too_many_announcements", detail });
        }
        let by = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?.user.to_string();
        let id = AnnouncementId::new(self.ids());
        announcements::insert(&mut tx, (id, speaker), &text, (&by, now)).await?;
        let view = self.written(ctx, &mut tx, id, "announcement.made").await?;
        self.tell_customers(&mut tx, &view, NoticeKind::Announced).await?;
        tx.commit().await?;
        self.forget_shown();
        Ok(view)
    }

    /// Writes an announcement anew, if it still is at the revision that was read. Repeating it changes nothing more
    /// than the revision.
    ///
    /// # Errors
    /// As for [`Broker::announce`]; `Conflict` `changed_meanwhile`.
    pub async fn change_announcement(
        &self,
        ctx: &OpContext,
        (id, revision): (AnnouncementId, i64),
        wish: &Announce,
    ) -> Result<AnnouncementView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = own(ctx, &mut tx, id).await?;
        let wish =
            Announce { starts_at: wish.starts_at.or(Some(row.text.starts_at)), ..wish.clone() };
        let text = check(&wish, self.now())?;
        if !announcements::update(&mut tx, (id, revision), &text, self.now()).await? {
            let detail = "the announcement was changed meanwhile; read it again".to_owned();
            return Err(BrokerError::Conflict { code: "changed_meanwhile", detail });
        }
        let view = self.written(ctx, &mut tx, id, "announcement.changed").await?;
        // A word put right fills nobody's inbox; other times do.
        if (row.text.starts_at, row.text.ends_at) != (view.starts_at, view.ends_at) {
            let over = view.phase == AnnouncementPhase::Over;
            let kind =
                if over { NoticeKind::AnnouncementOver } else { NoticeKind::AnnouncementChanged };
            self.tell_customers(&mut tx, &view, kind).await?;
        }
        tx.commit().await?;
        self.forget_shown();
        Ok(view)
    }

    /// Says that it is over, now. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `not_begun`: it lies ahead and can be taken back.
    pub async fn end_announcement(
        &self,
        ctx: &OpContext,
        id: AnnouncementId,
    ) -> Result<AnnouncementView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = own(ctx, &mut tx, id).await?;
        let now = self.now();
        match AnnouncementPhase::at(now, row.text.starts_at, row.text.ends_at) {
            AnnouncementPhase::Over => return Ok(AnnouncementView::of(row, now)),
            AnnouncementPhase::Coming => {
                let detail = "it has not begun yet; take it back instead".to_owned();
                return Err(BrokerError::Conflict { code: "not_begun", detail });
            }
            AnnouncementPhase::Running => {}
        }
        let text = AnnouncementText { ends_at: Some(now), ..row.text };
        if !announcements::update(&mut tx, (id, row.revision), &text, now).await? {
            let detail = "the announcement was changed meanwhile; read it again".to_owned();
            return Err(BrokerError::Conflict { code: "changed_meanwhile", detail });
        }
        let view = self.written(ctx, &mut tx, id, "announcement.ended").await?;
        self.tell_customers(&mut tx, &view, NoticeKind::AnnouncementOver).await?;
        tx.commit().await?;
        self.forget_shown();
        Ok(view)
    }

    /// Takes an announcement back that has not begun, or was written within the hour. Repeating it is `NotFound`.
    ///
    /// # Errors
    /// `Conflict` `begun`: it is history.
    pub async fn take_back_announcement(
        &self,
        ctx: &OpContext,
        id: AnnouncementId,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let row = own(ctx, &mut tx, id).await?;
        if !domain::can_take_back(self.now(), row.text.starts_at, row.made_at) {
            let detail = "it has begun and stays as history; say that it is over".to_owned();
            return Err(BrokerError::Conflict { code: "begun", detail });
        }
        announcements::delete(&mut tx, id).await?;
        let entry = Entry::new("announcement.taken_back", id)
            .with("kind", row.text.kind.as_str())
            .with("titleEn", row.text.title_en.clone())
            .with("titleJa", row.text.title_ja.clone());
        record(self, ctx, &mut tx, entry).await?;
        let view = AnnouncementView::of(row, self.now());
        self.tell_customers(&mut tx, &view, NoticeKind::AnnouncementOver).await?;
        tx.commit().await?;
        self.forget_shown();
        Ok(())
    }

    async fn written(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: AnnouncementId,
        action: &'static str,
    ) -> Result<AnnouncementView, BrokerError> {
        let row = announcements::find(tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "announcement" })?;
        let entry = Entry::new(action, id)
            .with("kind", row.text.kind.as_str())
            .with("startsAt", row.text.starts_at.0)
            .with("endsAt", row.text.ends_at.map(|at| at.0));
        record(self, ctx, tx, entry).await?;
        Ok(AnnouncementView::of(row, self.now()))
    }

    /// One notice for each organisation with a contract there, in the unit of work of the announcement.
    async fn tell_customers(
        &self,
        tx: &mut Tx,
        view: &AnnouncementView,
        kind: NoticeKind,
    ) -> Result<(), BrokerError> {
        let Some(provider) = &view.provider else { return Ok(()) };
        if view.kind == AnnouncementKind::Notice {
            return Ok(());
        }
        let payload = serde_json::to_string(&AnnouncementNews::from(view))
            .map_err(|error| BrokerError::Internal(format!("a notice: {error}")))?;
        let customers = announcements::list_customers(tx, provider.id).await?;
        let news: Vec<NewAlone> = customers
            .into_iter()
            .map(|organisation_id| NewAlone {
                id: NoticeId::new(self.ids()),
                organisation_id,
                kind: kind.as_str(),
                payload: payload.clone(),
                created_at: self.now(),
            })
            .collect();
        Ok(notices::insert_all_alone(tx, &news).await?)
    }
}

/// In whose name the actor speaks: `None` is the market.
pub(super) async fn speaker(
    ctx: &OpContext,
    tx: &mut Tx,
) -> Result<Option<ProviderId>, BrokerError> {
    let actions = (Action::AnnounceForMarket, Action::AnnounceForProvider);
    market_or_own(ctx, tx, actions, "announcement").await
}

/// An announcement that the actor may change.
pub(super) async fn own(
    ctx: &OpContext,
    tx: &mut Tx,
    id: AnnouncementId,
) -> Result<Announcement, BrokerError> {
    let Some(row) = announcements::find(tx, id).await? else {
        // Who may announce nothing hears that, whatever there is.
        speaker(ctx, tx).await?;
        return Err(BrokerError::NotFound { what: "announcement" });
    };
    match row.provider_id {
        Some(provider) => {
            let provider = providers::find(tx, provider).await?;
            let owner = provider.and_then(|row| row.organisation_id);
            ctx.may(Action::AnnounceForProvider, owner, "announcement")?;
        }
        None => ctx.may(Action::AnnounceForMarket, None, "announcement")?,
    }
    Ok(row)
}

/// What is written, without blanks around it; or every fault.
fn check(wish: &Announce, now: Timestamp) -> Result<AnnouncementText, BrokerError> {
    let said = Said {
        title_en: &wish.title_en,
        title_ja: &wish.title_ja,
        text_en: &wish.text_en,
        text_ja: &wish.text_ja,
    }
    .trimmed();
    let mut faults = said.faults();
    let starts_at = wish.starts_at.unwrap_or(now);
    if let Err(fault) = check_times(wish.kind, now, starts_at, wish.ends_at) {
        faults.push(times(fault, starts_at, wish.ends_at));
    }
    if !faults.is_empty() {
        return Err(BrokerError::Invalid(faults));
    }
    let owned = str::to_owned;
    Ok(AnnouncementText {
        kind: wish.kind,
        title_en: owned(said.title_en),
        title_ja: owned(said.title_ja),
        text_en: owned(said.text_en),
        text_ja: owned(said.text_ja),
        starts_at,
        ends_at: wish.ends_at,
    })
}

fn times(fault: TimesFault, starts_at: Timestamp, ends_at: Option<Timestamp>) -> FieldFault {
    let end = ends_at.map(shown_moment).unwrap_or_default();
    let start = shown_moment(starts_at);
    let (pointer, code, found, allowed, message) = match fault {
        TimesFault::EndBeforeStart => (
            "/endsAt",
            "end_before_start",
            end,
            format!("after {start}"),
            "it ends before it begins",
        ),
        TimesFault::EndMissing => (
            "/endsAt",
            "end_missing",
            end,
            format!("at most {MAINTENANCE_DAYS_MAX} days after {start}"),
            "maintenance needs an end",
        ),
        TimesFault::TooLong => (
            "/endsAt",
            "too_long_a_window",
            end,
            format!("at most {MAINTENANCE_DAYS_MAX} days after {start}"),
            "the maintenance window is too long",
        ),
        TimesFault::IncidentAhead => (
            "/startsAt",
            "incident_ahead",
            start,
            "now or before".to_owned(),
            "an incident has begun when it is announced",
        ),
    };
    FieldFault::new(pointer, code, &found, &allowed, message)
}
