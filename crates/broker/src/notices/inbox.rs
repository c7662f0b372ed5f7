//! The inbox of an organisation. It is shared: what one person has read, everybody has.

use super::{
    ContractNews, EvidenceNews, MarkedRead, Notice, NoticeKind, NoticeList, NoticeNeed,
    NoticeOffer, ReviewNews,
};
use crate::admissions::AdmissionNews;
use crate::announcements::AnnouncementNews;
use crate::audience::InvitationNews;
use crate::contracts::parse_cursor;
use crate::extensions::ExtensionNews;
use crate::requirements::owned;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, NoticeId, OrganisationId, RequirementId, Timestamp};
use storage::Tx;
use storage::notices::{self, Marking, Notice as Row};

/// Unread notices are counted so far; a higher number says nothing more.
pub const NOTICES_COUNTED: u32 = 100;

impl Broker {
    /// The organisation's notices, or those about one need: unread ones first.
    pub async fn notices(
        &self,
        ctx: &OpContext,
        requirement: Option<RequirementId>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<NoticeList, BrokerError> {
        let organisation = reader(ctx)?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        if let Some(id) = requirement {
            owned(ctx, &mut tx, Action::ReadRequirement, id).await?;
        }
        let page =
            notices::list(&mut tx, organisation, requirement, cursor.as_ref(), limit).await?;
        Ok(NoticeList {
            items: page.items.iter().filter_map(notice).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// How many notices nobody has read, at most [`NOTICES_COUNTED`]; none for a stranger, without
    /// asking the database.
    pub async fn unread_notices(&self, ctx: &OpContext) -> Result<u32, BrokerError> {
        if ctx.actor.organisation().is_none() {
            return Ok(0);
        }
        let organisation = reader(ctx)?;
        let mut tx = self.begin_read().await?;
        let count = notices::count_unread(&mut tx, organisation, NOTICES_COUNTED).await?;
        Ok(u32::try_from(count).unwrap_or(NOTICES_COUNTED))
    }

    /// Marks a notice as read or as unread; repeating it changes nothing.
    pub async fn mark_notice(
        &self,
        ctx: &OpContext,
        id: NoticeId,
        read: bool,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        readable(ctx, &mut tx, id).await?;
        if read {
            notices::mark_read(&mut tx, id, self.now(), &ctx.actor.audit_name()).await?;
        } else {
            notices::mark_unread(&mut tx, id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Marks everything as read up to a notice that was shown; what came later stays unread.
    pub async fn mark_notices_read(
        &self,
        ctx: &OpContext,
        requirement: Option<RequirementId>,
        until: NoticeId,
    ) -> Result<MarkedRead, BrokerError> {
        let mut tx = self.begin().await?;
        let organisation_id = readable(ctx, &mut tx, until).await?;
        if let Some(id) = requirement {
            owned(ctx, &mut tx, Action::ReadRequirement, id).await?;
        }
        let (at, by) = (self.now(), ctx.actor.audit_name());
        let marking = Marking { organisation_id, requirement_id: requirement, until, at, by: &by };
        let count = notices::mark_all_read(&mut tx, &marking).await?;
        tx.commit().await?;
        Ok(MarkedRead { count, at })
    }

    /// Takes back what was marked as read at one moment; returns how many are unread again.
    pub async fn mark_notices_unread(
        &self,
        ctx: &OpContext,
        at: Timestamp,
    ) -> Result<u64, BrokerError> {
        let organisation = reader(ctx)?;
        let mut tx = self.begin().await?;
        let count = notices::mark_unread_again(&mut tx, organisation, at).await?;
        tx.commit().await?;
        Ok(count)
    }
}

/// The organisation whose inbox the actor reads.
fn reader(ctx: &OpContext) -> Result<OrganisationId, BrokerError> {
    let organisation = ctx.actor.organisation();
    ctx.may(Action::ReadNotices, organisation, "inbox")?;
    organisation.ok_or(BrokerError::SignInFirst)
}

/// The owner of a notice that the actor may read.
async fn readable(
    ctx: &OpContext,
    tx: &mut Tx,
    id: NoticeId,
) -> Result<OrganisationId, BrokerError> {
    let found = notices::find(tx, id).await?;
    let owner = found.map(|row| row.organisation_id);
    ctx.may(Action::ReadNotices, owner, "notice")?;
    owner.ok_or(BrokerError::NotFound { what: "notice" })
}

/// What a row says, by its kind.
enum Said {
    Need(NoticeNeed, Vec<NoticeOffer>),
    Contract(Box<ContractNews>),
    Review(ReviewNews),
    Evidence(EvidenceNews),
    Announcement(AnnouncementNews),
    Invitation(InvitationNews),
    Item(ExtensionNews),
    Admission(AdmissionNews),
}

fn said(row: &Row, kind: NoticeKind) -> Option<Said> {
    if kind.is_of_contract() {
        return serde_json::from_str(&row.payload).ok().map(Said::Contract);
    }
    if kind.is_of_review() {
        return serde_json::from_str(&row.payload).ok().map(Said::Review);
    }
    if kind.is_of_evidence() {
        return serde_json::from_str(&row.payload).ok().map(Said::Evidence);
    }
    if kind.is_of_announcement() {
        return serde_json::from_str(&row.payload).ok().map(Said::Announcement);
    }
    if kind.is_of_invitation() {
        return serde_json::from_str(&row.payload).ok().map(Said::Invitation);
    }
    if kind.is_of_item() {
        return serde_json::from_str(&row.payload).ok().map(Said::Item);
    }
    if kind == NoticeKind::AdmissionChanged {
        return serde_json::from_str(&row.payload).ok().map(Said::Admission);
    }
    let need = NoticeNeed {
        id: row.requirement_id?,
        version: row.requirement_version?,
        title_en: row.title_en.clone().unwrap_or_default(),
        title_ja: row.title_ja.clone().unwrap_or_default(),
    };
    Some(Said::Need(need, serde_json::from_str(&row.payload).ok()?))
}

/// One that cannot be read, such as of a newer version of the program, is left out and logged.
pub(crate) fn notice(row: &Row) -> Option<Notice> {
    let kind = NoticeKind::from_word(&row.kind);
    let Some((kind, said)) = kind.and_then(|kind| Some((kind, said(row, kind)?))) else {
        tracing::error!(notice.id = %row.id, notice.kind = row.kind,
            "a notice cannot be read and is left out of the inbox");
        return None;
    };
    let (mut need, mut contract, mut review) = (None, None, None);
    let (mut evidence, mut announcement, mut invitation, mut item) = (None, None, None, None);
    let mut admission = None;
    let mut offers = Vec::new();
    match said {
        Said::Need(of, named) => (need, offers) = (Some(of), named),
        Said::Contract(news) => contract = Some(*news),
        Said::Review(news) => review = Some(news),
        Said::Evidence(news) => evidence = Some(news),
        Said::Announcement(news) => announcement = Some(news),
        Said::Invitation(news) => invitation = Some(news),
        Said::Item(news) => item = Some(news),
        Said::Admission(news) => admission = Some(news),
    }
    Some(Notice {
        id: row.id,
        kind,
        need,
        contract,
        review,
        evidence,
        announcement,
        invitation,
        item,
        admission,
        count: u64::try_from(row.offers).unwrap_or(0),
        offers,
        created_at: row.created_at,
        read_at: row.read_at,
    })
}
