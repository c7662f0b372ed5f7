//! Saved needs that are watched, and the inbox in which news about them, and about contracts, arrives.
//!
//! A need is held against each change of the market once: what the public saw before, what it sees
//! now, both by the code that ranks lists (`judge`). `look` is the reconciler that finds the changes
//! and writes notices; `inbox` is where people read them. A notice holds data; its words are made
//! when it is shown.

mod affected;
mod contract;
mod event;
mod evidence;
mod holders;
mod inbox;
mod judge;
mod look;
mod need;
mod review;
mod tell;
mod watch;

use crate::Listed;
use crate::admissions::AdmissionNews;
use crate::announcements::AnnouncementNews;
use crate::audience::InvitationNews;
use crate::extensions::ExtensionNews;
use need::Need;

pub use affected::{Affected, AffectedContracts};
pub use contract::{ContractNews, NewerNews};
pub use evidence::EvidenceNews;
pub use inbox::NOTICES_COUNTED;
pub(crate) use inbox::notice as read_row;
pub use look::News;
pub(crate) use look::OVERLAP_US;
pub use review::ReviewNews;

use domain::{NoticeId, OfferId, RequirementId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64};

/// What a change of the market means for a watched need, or what somebody decided about a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// Offers contain the need that did not before.
    Gained,
    /// Offers no longer contain it.
    Lost,
    /// Offers still contain it and promise something else than before, or cost something else.
    Changed,
    /// The provider ends a contract.
    ProviderEnds,
    /// It does not, after all.
    ProviderStays,
    /// It has ended.
    ProviderEnded,
    /// A lifeline will take room of a service, as its customer agreed to.
    PreemptionNoticed,
    /// It will not, after all, or could not.
    PreemptionCalledOff,
    /// It has.
    Preempted,
    /// The service has its room back.
    RoomReturned,
    /// Others made room for a lifeline, which owes for it from now on.
    RoomGiven,
    /// It owes no more: they have their room back, or ended.
    RoomSettled,
    /// The customer of a contract rated its provider.
    RatingGiven,
    /// The provider answered a rating.
    RatingAnswered,
    /// A version of an offer was refused.
    ReviewRefused,
    /// It was approved, and waits for its moment.
    ReviewApproved,
    /// The broker said something about it.
    ReviewCommented,
    /// It was published by a person, or because its moment came.
    OfferPublished,
    /// The offer of a contract is published in a newer version.
    NewerVersion,
    /// Evidence of one's offer ends soon.
    EvidenceEnds,
    /// It has ended, and counts no longer.
    EvidenceEnded,
    /// A provider of one's contracts announces maintenance, or that something is broken.
    Announced,
    /// It said other times for it.
    AnnouncementChanged,
    /// It is over, or was taken back.
    AnnouncementOver,
    /// A provider invites the organisation to offers that are not public.
    Invited,
    /// It does not any more: the offers are not shown.
    InvitationTakenBack,
    /// An item that the organisation proposed for the registry was accepted.
    ItemAccepted,
    /// It was refused.
    ItemRefused,
    /// The market looks at one's application, admits, refuses or suspends one.
    AdmissionChanged,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 29] = [
        Self::Gained,
        Self::Lost,
        Self::Changed,
        Self::ProviderEnds,
        Self::ProviderStays,
        Self::ProviderEnded,
        Self::PreemptionNoticed,
        Self::PreemptionCalledOff,
        Self::Preempted,
        Self::RoomReturned,
        Self::RoomGiven,
        Self::RoomSettled,
        Self::RatingGiven,
        Self::RatingAnswered,
        Self::ReviewRefused,
        Self::ReviewApproved,
        Self::ReviewCommented,
        Self::OfferPublished,
        Self::NewerVersion,
        Self::EvidenceEnds,
        Self::EvidenceEnded,
        Self::Announced,
        Self::AnnouncementChanged,
        Self::AnnouncementOver,
        Self::Invited,
        Self::InvitationTakenBack,
        Self::ItemAccepted,
        Self::ItemRefused,
        Self::AdmissionChanged,
    ];

    /// Whether it is about a contract and not about a watched need.
    #[must_use]
    pub const fn is_of_contract(self) -> bool {
        !matches!(self, Self::Gained | Self::Lost | Self::Changed)
            && !self.is_of_review()
            && !self.is_of_evidence()
            && !self.is_of_announcement()
            && !self.is_of_invitation()
            && !self.is_of_item()
            && !matches!(self, Self::AdmissionChanged)
    }

    /// Whether it is about an item that was proposed for the registry.
    #[must_use]
    pub const fn is_of_item(self) -> bool {
        matches!(self, Self::ItemAccepted | Self::ItemRefused)
    }

    /// Whether it is about an invitation to offers that are not public.
    #[must_use]
    pub const fn is_of_invitation(self) -> bool {
        matches!(self, Self::Invited | Self::InvitationTakenBack)
    }

    /// Whether it is about a version that was submitted.
    #[must_use]
    pub const fn is_of_review(self) -> bool {
        matches!(
            self,
            Self::ReviewRefused
                | Self::ReviewApproved
                | Self::ReviewCommented
                | Self::OfferPublished
        )
    }

    /// Whether it is about evidence of one's own offer.
    #[must_use]
    pub const fn is_of_evidence(self) -> bool {
        matches!(self, Self::EvidenceEnds | Self::EvidenceEnded)
    }

    /// Whether it is about what a provider announces.
    #[must_use]
    pub const fn is_of_announcement(self) -> bool {
        matches!(self, Self::Announced | Self::AnnouncementChanged | Self::AnnouncementOver)
    }

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gained => "offer_gained",
            Self::Lost => "offer_lost",
            Self::Changed => "offer_changed",
            Self::ProviderEnds => "provider_ends",
            Self::ProviderStays => "provider_stays",
            Self::ProviderEnded => "provider_ended",
            Self::PreemptionNoticed => "preemption_noticed",
            Self::PreemptionCalledOff => "preemption_called_off",
            Self::Preempted => "preempted",
            Self::RoomReturned => "room_returned",
            Self::RoomGiven => "room_given",
            Self::RoomSettled => "room_settled",
            Self::RatingGiven => "rating_given",
            Self::RatingAnswered => "rating_answered",
            Self::ReviewRefused => "review_refused",
            Self::ReviewApproved => "review_approved",
            Self::ReviewCommented => "review_commented",
            Self::OfferPublished => "offer_published",
            Self::NewerVersion => "newer_version",
            Self::EvidenceEnds => "evidence_ends",
            Self::EvidenceEnded => "evidence_ended",
            Self::Announced => "announced",
            Self::AnnouncementChanged => "announcement_changed",
            Self::AnnouncementOver => "announcement_over",
            Self::Invited => "invited",
            Self::InvitationTakenBack => "invitation_taken_back",
            Self::ItemAccepted => "item_accepted",
            Self::ItemRefused => "item_refused",
            Self::AdmissionChanged => "admission_changed",
        }
    }

    /// Reads the word; `None` for a kind of another version of the program.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What made the news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The offer came on the market.
    Published,
    /// A new version of it.
    Version,
    /// It left the market.
    Withdrawn,
    /// A day began, and evidence counts no longer or counts now.
    Evidence,
    /// It was on the market, and is shown to the reader now.
    Shown,
    /// It is on the market, and not shown to the reader any more.
    Hidden,
}

impl Cause {
    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Version => "version",
            Self::Withdrawn => "withdrawn",
            Self::Evidence => "evidence",
            Self::Shown => "shown",
            Self::Hidden => "hidden",
        }
    }
}

/// An offer as a notice names it: in the version that made the news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeOffer {
    /// The offer.
    pub id: OfferId,
    /// Its version.
    pub version: i64,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// English name of its provider.
    pub provider_en: String,
    /// Japanese name of its provider.
    pub provider_ja: String,
    /// What happened to it.
    pub cause: Cause,
    /// Must items of the need that it no longer meets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// What changed about it, as far as the need asks for it, and its price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<sla::PartDiff>,
}

impl NoticeOffer {
    /// All its changes taken together, for the customer.
    #[must_use]
    pub fn verdict(&self) -> sla::Verdict {
        self.changes.iter().fold(sla::Verdict::Neutral, |all, part| all.and(part.verdict))
    }
}

/// The need a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeNeed {
    /// The requirement.
    pub id: RequirementId,
    /// The version that was judged.
    pub version: i64,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What happened.
    pub kind: NoticeKind,
    /// To which need; `None`: it is about something else.
    pub need: Option<NoticeNeed>,
    /// To which contract; `None`: it is about something else.
    pub contract: Option<ContractNews>,
    /// To which submitted version; `None`: it is about something else.
    pub review: Option<ReviewNews>,
    /// To which evidence; `None`: it is about something else.
    pub evidence: Option<EvidenceNews>,
    /// To which announcement; `None`: it is about something else.
    pub announcement: Option<AnnouncementNews>,
    /// To which invitation; `None`: it is about something else.
    pub invitation: Option<InvitationNews>,
    /// To which proposed item; `None`: it is about something else.
    pub item: Option<ExtensionNews>,
    /// About which admission; `None`: it is about something else.
    pub admission: Option<AdmissionNews>,
    /// How many offers it speaks of.
    pub count: u64,
    /// The offer, or the best three of many.
    pub offers: Vec<NoticeOffer>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was marked as read; `None`: nobody has.
    pub read_at: Option<Timestamp>,
}

/// A page of the inbox. Unread ones first, the newest first in each part.
pub type NoticeList = Listed<Notice>;

/// What was marked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkedRead {
    /// How many were unread.
    pub count: u64,
    /// The moment by which it can be taken back.
    pub at: Timestamp,
}

/// What this process remembers between two looks.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The needs as they were compiled last.
    needs: Mutex<need::Needs>,
    /// Whether this process has looked at the whole market once.
    looked: AtomicBool,
    /// Until then it has: what changed before was looked at, here or by another process.
    until: AtomicI64,
    /// Changes of offers before this moment were told to the holders of contracts.
    pub(crate) told_until: AtomicI64,
    /// The day on which evidence was last looked through.
    pub(crate) reminded_day: AtomicI64,
    /// Changes of offers before this moment stand in the feed.
    pub(crate) written_until: AtomicI64,
}
