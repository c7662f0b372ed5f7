//! What happened at a cloud, as a feed that can be read again: CloudEvents 1.0 in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AllocationId, BackupId, BlockId, BlockState, ImageId, ImageState, LinkNotice, OperationId,
    ResourceGroup, SecurityEventId, SecurityKind, WorkKind, WorkState,
};
use crate::state::ResourceState;

/// One event (CloudEvents 1.0): an allocation, or something on one, came into another state, or something was noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CloudEvent {
    /// `1.0`.
    pub specversion: String,
    /// Unique at this cloud, and the place in the feed: a later event has a larger number.
    pub id: String,
    /// The cloud: a URI reference.
    pub source: String,
    /// [`CloudEvent::PREFIX`] and the new state, such as `kumoichi.allocation.held`; for long work
    /// [`CloudEvent::WORK_PREFIX`] and its state, such as `kumoichi.operation.succeeded`; for what was noticed at an
    /// address [`CloudEvent::SECURITY_PREFIX`] and its kind; for blocks [`CloudEvent::BLOCK_PREFIX`], for images
    /// [`CloudEvent::IMAGE_PREFIX`] and for links [`CloudEvent::LINK_PREFIX`], each with the new state; for another size
    /// [`CloudEvent::RESIZED`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The allocation's id, or the image's.
    pub subject: String,
    /// RFC 3339, the same moment as `data.atUs`.
    pub time: String,
    /// `application/json`.
    pub datacontenttype: String,
    pub data: EventData,
}

/// What an event tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// Absent in events of images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_id: Option<AllocationId>,
    /// The label of the allocation, or the name of the image.
    pub label: String,
    /// The state before; absent for the first event of an allocation, and the same when only long work went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ResourceState>,
    pub state: ResourceState,
    /// As written down with the change.
    pub generation: i64,
    pub epoch: i64,
    /// Microseconds UTC.
    pub at_us: i64,
    /// The long work that began or ended; absent for changes of the allocation itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationEvent>,
    /// What was noticed at the address; absent in all other events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<SecurityNotice>,
    /// The block that was set or lifted; absent in all other events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockNotice>,
    /// The image that came into another state; absent in all other events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageNotice>,
    /// The link that came into another state; absent in all other events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkNotice>,
    /// The size before and after; absent unless it was resized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resized: Option<SizeNotice>,
}

/// An allocation became larger or smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SizeNotice {
    pub before: ResourceGroup,
    pub after: ResourceGroup,
}

/// What was noticed at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityNotice {
    pub id: SecurityEventId,
    pub kind: SecurityKind,
    /// As in the list; absent once the data of the allocation were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub count: i64,
}

/// A block that was set or lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockNotice {
    pub id: BlockId,
    pub state: BlockState,
    /// As in the list; absent once the data of the allocation were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// An image that came into another state; `before` and `state` of the event are the same in the common states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageNotice {
    pub id: ImageId,
    pub state: ImageState,
}

/// Long work that began or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationEvent {
    pub id: OperationId,
    pub kind: WorkKind,
    pub state: WorkState,
    /// As in the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_id: Option<BackupId>,
}

/// A part of the feed, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    pub items: Vec<CloudEvent>,
    /// Pass as `after` to go on, now or when more has happened.
    pub next: String,
    /// Whether more can be read at once.
    pub more: bool,
    /// The first event that is kept; when it is beyond what a reader asked for, it has missed some and lists instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
}

impl CloudEvent {
    /// The beginning of the type of every change of an allocation.
    pub const PREFIX: &'static str = "kumoichi.allocation.";
    /// The beginning of the type of every change of long work.
    pub const WORK_PREFIX: &'static str = "kumoichi.operation.";
    /// The type of every change of a size.
    pub const RESIZED: &'static str = "kumoichi.size.changed";
    /// The beginning of the type of everything noticed at an address.
    pub const SECURITY_PREFIX: &'static str = "kumoichi.security.";
    /// The beginning of the type of every change of a block.
    pub const BLOCK_PREFIX: &'static str = "kumoichi.block.";
    /// The beginning of the type of every change of an image.
    pub const IMAGE_PREFIX: &'static str = "kumoichi.image.";

    /// The beginning of the type of every change of a link.
    pub const LINK_PREFIX: &'static str = "kumoichi.link.";

    /// The event of a change; `sequence` is its place in the feed.
    #[must_use]
    pub fn of(source: &str, sequence: i64, data: EventData) -> Self {
        let kind = Self::kind_of(&data);
        Self {
            specversion: "1.0".to_owned(),
            id: sequence.to_string(),
            source: source.to_owned(),
            kind,
            subject: subject(&data),
            time: rfc3339(data.at_us),
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }

    fn kind_of(data: &EventData) -> String {
        if let Some(work) = &data.operation {
            return format!("{}{}", Self::WORK_PREFIX, work.state.as_str());
        }
        if let Some(noticed) = &data.security {
            return format!("{}{}", Self::SECURITY_PREFIX, noticed.kind.as_str());
        }
        if let Some(image) = &data.image {
            return format!("{}{}", Self::IMAGE_PREFIX, image.state.as_str());
        }
        if let Some(link) = &data.link {
            return format!("{}{}", Self::LINK_PREFIX, link.state.as_str());
        }
        if data.resized.is_some() {
            return Self::RESIZED.to_owned();
        }
        match &data.block {
            Some(block) => format!("{}{}", Self::BLOCK_PREFIX, block.state.as_str()),
            None => format!("{}{}", Self::PREFIX, data.state),
        }
    }
}

/// What an event is about.
fn subject(data: &EventData) -> String {
    let image = || data.image.as_ref().map(|image| image.id.0.clone());
    data.allocation_id.as_ref().map(|id| id.0.clone()).or_else(image).unwrap_or_default()
}

const DAY_US: i64 = 86_400_000_000;

/// A moment as RFC 3339 with microseconds, in the proleptic Gregorian calendar.
fn rfc3339(at_us: i64) -> String {
    let (days, rest) = (at_us.div_euclid(DAY_US), at_us.rem_euclid(DAY_US));
    let (year, month, day) = civil(days);
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day of a day counted from 1970-01-01. Years begin in March here, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_calendars_do() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.000000Z"),
        ] {
            assert_eq!(rfc3339(seconds * 1_000_000), text);
        }
        assert_eq!(rfc3339(1_795_651_200_000_007), "2026-11-26T00:00:00.000007Z");
    }

    #[test]
    fn an_event_names_its_state_in_its_type() {
        let data = EventData {
            allocation_id: Some("a1".into()),
            label: "c1".into(),
            before: None,
            state: ResourceState::Held,
            generation: 1,
            epoch: 1,
            at_us: 0,
            operation: None,
            security: None,
            block: None,
            image: None,
            link: None,
            resized: None,
        };
        let json = serde_json::to_value(CloudEvent::of("urn:x", 7, data)).unwrap();
        assert_eq!(json["type"], "kumoichi.allocation.held");
        assert_eq!((json["id"].as_str(), json["specversion"].as_str()), (Some("7"), Some("1.0")));
        assert!(json["data"].get("before").is_none());
    }
}
