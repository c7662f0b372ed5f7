//! What the market and its providers announce: news, maintenance windows, incidents (S6, G10).
//!
//! Everybody reads them: the market's own stand on every page while they matter, a provider's on its page. Customers
//! of a provider hear of its maintenance and its incidents. What has begun is history and cannot be taken back.

mod read;
mod write;

use domain::{AnnouncementId, AnnouncementKind, AnnouncementPhase, ProviderId, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use storage::announcements::Announcement;

pub use storage::announcements::AnnouncementText;

/// Longest title.
pub const TITLE_MAX: usize = crate::names::TITLE_MAX;
/// Longest text.
pub const TEXT_MAX: usize = crate::names::TEXT_MAX;
/// Announcements that one speaker writes in a day: each goes to many inboxes.
pub const DAILY_MAX: i64 = 20;
/// The market's own that stand on every page at once.
const SHOWN_MAX: u32 = 3;

/// What somebody wants to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announce {
    /// What it is.
    pub kind: AnnouncementKind,
    /// English title; one of the two titles may stay empty.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// English text; may stay empty.
    pub text_en: String,
    /// Japanese text; may stay empty.
    pub text_ja: String,
    /// When it begins; `None`: now.
    pub starts_at: Option<Timestamp>,
    /// When it ends; `None`: nobody knows yet.
    pub ends_at: Option<Timestamp>,
}

/// A provider that speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeakerView {
    /// Its id.
    pub id: ProviderId,
    /// Short name.
    pub slug: String,
    /// English name.
    pub name_en: String,
    /// Japanese name.
    pub name_ja: String,
}

/// An announcement as everybody reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementView {
    /// Its id.
    pub id: AnnouncementId,
    /// Who speaks; `None`: the market itself.
    pub provider: Option<SpeakerView>,
    /// What it is.
    pub kind: AnnouncementKind,
    /// Where it stands.
    pub phase: AnnouncementPhase,
    /// English title; the Japanese one where there is none.
    pub title_en: String,
    /// Japanese title; the English one where there is none.
    pub title_ja: String,
    /// English text; the Japanese one where there is none; may be empty.
    pub text_en: String,
    /// Japanese text; the English one where there is none; may be empty.
    pub text_ja: String,
    /// As it was written, for whoever changes it.
    pub written: AnnouncementText,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends; `None`: nobody knows yet.
    pub ends_at: Option<Timestamp>,
    /// Counts the changes from 1.
    pub revision: i64,
    /// When it was written.
    pub made_at: Timestamp,
    /// When it was last changed; `None`: as it was made.
    pub changed_at: Option<Timestamp>,
    /// Whether it can still be taken back.
    pub removable: bool,
}

impl AnnouncementView {
    fn of(row: Announcement, now: Timestamp) -> Self {
        let or = |one: &str, other: &str| {
            if one.is_empty() { other.to_owned() } else { one.to_owned() }
        };
        let provider = row.provider_id.map(|id| SpeakerView {
            id,
            slug: row.slug.unwrap_or_default(),
            name_en: row.name_en.unwrap_or_default(),
            name_ja: row.name_ja.unwrap_or_default(),
        });
        let text = &row.text;
        Self {
            id: row.id,
            provider,
            kind: text.kind,
            phase: AnnouncementPhase::at(now, text.starts_at, text.ends_at),
            title_en: or(&text.title_en, &text.title_ja),
            title_ja: or(&text.title_ja, &text.title_en),
            text_en: or(&text.text_en, &text.text_ja),
            text_ja: or(&text.text_ja, &text.text_en),
            starts_at: text.starts_at,
            ends_at: text.ends_at,
            revision: row.revision,
            made_at: row.made_at,
            changed_at: row.changed_at,
            removable: domain::can_take_back(now, text.starts_at, row.made_at),
            written: row.text,
        }
    }
}

/// What a notice says of a provider's announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementNews {
    /// The announcement.
    pub announcement: AnnouncementId,
    /// Short name of the provider.
    pub slug: String,
    /// Its English name.
    pub provider_en: String,
    /// Its Japanese name.
    pub provider_ja: String,
    /// What is announced.
    pub kind: AnnouncementKind,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends; `None`: nobody knows yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
}

impl From<&AnnouncementView> for AnnouncementNews {
    fn from(view: &AnnouncementView) -> Self {
        let named = |name: fn(&SpeakerView) -> &String| {
            view.provider.as_ref().map(name).cloned().unwrap_or_default()
        };
        Self {
            announcement: view.id,
            slug: named(|speaker| &speaker.slug),
            provider_en: named(|speaker| &speaker.name_en),
            provider_ja: named(|speaker| &speaker.name_ja),
            kind: view.kind,
            title_en: view.title_en.clone(),
            title_ja: view.title_ja.clone(),
            starts_at: view.starts_at,
            ends_at: view.ends_at,
        }
    }
}

/// What stands on every page, read a moment ago.
pub(crate) type Shown = Mutex<Option<(Timestamp, Arc<Vec<AnnouncementView>>)>>;
