//! The public feed of changes: which offers came, changed and went, and which providers changed (IF1, G1).
//!
//! `write` is the reconciler that finds what the feed does not say yet; here is where anybody reads it. Events are
//! numbered without a gap and never changed, so that a follower goes on where it stopped.

mod write;

use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, EventId, OfferId, ProviderId, Timestamp};
use storage::feed::{self, Event};

/// Events are kept for 400 days; whoever was away for longer compares the whole catalogue.
pub(crate) const EVENTS_KEPT_US: DurationUs = 400 * 24 * 3600 * 1_000_000;
/// Events of one page at most.
pub const EVENTS_MAX: u32 = 200;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An offer came on the market.
    OfferPublished,
    /// A new version of it: other promises, another price, other words.
    VersionPublished,
    /// It left the market.
    OfferWithdrawn,
    /// What everybody sees of a provider is different.
    ProviderChanged,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::OfferPublished, Self::VersionPublished, Self::OfferWithdrawn, Self::ProviderChanged];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfferPublished => "offer.published",
            Self::VersionPublished => "sla.version.published",
            Self::OfferWithdrawn => "offer.withdrawn",
            Self::ProviderChanged => "provider.changed",
        }
    }

    /// Reads the word; `None` for a kind of another version of the program.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The provider of an event, as it is called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedProvider {
    /// Its id.
    pub id: ProviderId,
    /// Its short name for addresses.
    pub slug: String,
    /// English name.
    pub name_en: String,
    /// Japanese name.
    pub name_ja: String,
}

/// The offer of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedOffer {
    /// Its id.
    pub id: OfferId,
    /// Its short name.
    pub slug: String,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// The version that the public sees from then on; `None`: none.
    pub version: Option<i64>,
    /// The version that it saw before; `None`: none.
    pub version_before: Option<i64>,
    /// Lower-case hex SHA-256 of the version's canonical text.
    pub hash: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEvent {
    /// From 1, without a gap: the cursor behind it.
    pub number: i64,
    /// Its id; the same for whoever reads it whenever.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// To whom.
    pub provider: FeedProvider,
    /// To which offer; `None`: to the provider itself.
    pub offer: Option<FeedOffer>,
    /// What changed, of a new version.
    pub changes: Option<sla::Diff>,
    /// When it became known.
    pub at: Timestamp,
}

/// Some events in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The events in the order that was asked for.
    pub events: Vec<FeedEvent>,
    /// The number of the latest event there is.
    pub head: i64,
    /// Events up to this one were removed because of their age.
    pub removed: i64,
}

impl Broker {
    /// Events behind a number, oldest first; `None`: from the oldest that is kept.
    ///
    /// # Errors
    /// `Conflict` `feed_gap` when events behind the number were removed, or it lies behind the latest one: what a
    /// follower knows is no beginning of this feed, and it compares the whole catalogue.
    pub async fn feed_after(
        &self,
        ctx: &OpContext,
        number: Option<i64>,
        limit: u32,
    ) -> Result<FeedPage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "feed")?;
        let mut tx = self.begin_read().await?;
        let head = feed::read(&mut tx).await?;
        let number = number.unwrap_or(head.removed);
        if number < head.removed || number > head.number {
            let detail = format!("the feed has the events {} to {}", head.removed + 1, head.number);
            return Err(BrokerError::Conflict { code: "feed_gap", detail });
        }
        let events = feed::list_after(&mut tx, number, limit.clamp(1, EVENTS_MAX)).await?;
        Ok(page(&head, events))
    }

    /// Events before a number, newest first; `None`: the latest ones.
    pub async fn feed_before(
        &self,
        ctx: &OpContext,
        number: Option<i64>,
        limit: u32,
    ) -> Result<FeedPage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "feed")?;
        let mut tx = self.begin_read().await?;
        let head = feed::read(&mut tx).await?;
        let before = number.unwrap_or(i64::MAX);
        let events = feed::list_before(&mut tx, before, limit.clamp(1, EVENTS_MAX)).await?;
        Ok(page(&head, events))
    }
}

impl Broker {
    /// What happened to one offer on the market, newest first; `None`: from the latest event on.
    ///
    /// # Errors
    /// `NotFound` for an offer that the feed says nothing of.
    pub async fn offer_events(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<FeedPage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "offer")?;
        let mut tx = self.begin_read().await?;
        let head = feed::read(&mut tx).await?;
        let (number, limit) = (before.unwrap_or(i64::MAX), limit.clamp(1, EVENTS_MAX));
        // One that is not public any more has no past for those who may not know of it.
        self.may_know(ctx, &mut tx, offer).await?;
        let events = feed::list_of_offer(&mut tx, offer, number, limit).await?;
        if events.is_empty() && before.is_none() {
            return Err(BrokerError::NotFound { what: "offer" });
        }
        Ok(page(&head, events))
    }
}

fn page(head: &feed::Head, events: Vec<Event>) -> FeedPage {
    FeedPage {
        events: events.into_iter().filter_map(event).collect(),
        head: head.number,
        removed: head.removed,
    }
}

/// One of a newer version of the program is left out.
fn event(row: Event) -> Option<FeedEvent> {
    let kind = EventKind::from_word(&row.kind)?;
    let parts = row.changes.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let (slug, version, version_before) = (row.offer_slug, row.version, row.version_before);
    let offer = row.offer_id.map(|id| FeedOffer {
        id,
        slug: slug.unwrap_or_default(),
        title_en: row.title_en.unwrap_or_default(),
        title_ja: row.title_ja.unwrap_or_default(),
        version,
        version_before,
        hash: row.hash,
    });
    Some(FeedEvent {
        number: row.number,
        id: row.id,
        kind,
        provider: FeedProvider {
            id: row.provider_id,
            slug: row.provider_slug,
            name_en: row.provider_name_en,
            name_ja: row.provider_name_ja,
        },
        offer,
        changes: parts.map(|parts| sla::Diff { parts }),
        at: row.at,
    })
}
