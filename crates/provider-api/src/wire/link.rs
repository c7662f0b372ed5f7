//! Links between allocations of two clouds (IF3, IF6, IF9): asked for by one side, accepted by the other, then a tunnel.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, BackupId, ImageId, LinkId};
use crate::state::ResourceState;

/// That a cloud links allocations with other clouds, and where its end of tunnels is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkSupport {
    /// What the other cloud is told of this one.
    pub peer: LinkPeer,
    /// How a link can be kept from other traffic.
    pub isolation: Vec<LinkIsolation>,
    /// Megabits per second of one link at most.
    pub mbps_max: u32,
    /// Seconds a link that was asked for waits to be accepted.
    pub accept_seconds: u32,
    /// Links of one allocation at most that are not down; absent when not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_max: Option<u32>,
    /// Whether room for links can be held together with a group.
    #[serde(default)]
    pub held: bool,
}

/// Room for one link, held with a group and booked with it (F7.4.3). A link of the same size that is made later, with
/// whatever cloud, stands in it and takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkPlace {
    /// Megabits per second in each direction, at least 1.
    #[schema(minimum = 1)]
    pub mbps: u32,
    pub isolation: LinkIsolation,
}

/// The end of a tunnel at one cloud. Both sides are told the other's, and talk to nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkPeer {
    /// Address and port.
    pub address: String,
    /// The Ed25519 key that the cloud proves in TLS, 32 bytes in standard base64.
    pub public_key: String,
}

/// How a link is kept from other traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LinkIsolation {
    /// An encrypted tunnel of its own between the two clouds.
    Tunnel,
    /// A segment of the network of its own, such as a VLAN or a leased line.
    Segment,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

/// Asks for a link from an allocation to another cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkRequest {
    /// The other cloud, as its capabilities tell it.
    pub peer: LinkPeer,
    /// Megabits per second in each direction, at least 1; they count in the network capacity of both clouds.
    #[schema(minimum = 1)]
    pub mbps: u32,
    pub isolation: LinkIsolation,
}

/// What the side that asked gives to the other side, through whoever may speak for both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkOffer {
    /// The link at the side that asked.
    pub link_id: LinkId,
    /// The side that asked.
    pub peer: LinkPeer,
    /// Proves the consent of the side that asked; whoever has it can accept, so it is kept secret.
    pub activation_key: String,
    pub mbps: u32,
    pub isolation: LinkIsolation,
}

impl fmt::Debug for LinkOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkOffer")
            .field("link_id", &self.link_id)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// A link as one of its sides has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub id: LinkId,
    pub allocation_id: AllocationId,
    /// The label of the allocation.
    pub label: String,
    pub side: LinkSide,
    pub state: LinkState,
    /// The same in the common states.
    pub common: ResourceState,
    pub peer: LinkPeer,
    /// The link at the other side; absent until both have consented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_link_id: Option<LinkId>,
    pub mbps: u32,
    pub isolation: LinkIsolation,
    /// For the other side; present at the side that asked, until the other has accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<LinkOffer>,
    /// What the other side may take from here; absent when nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<ShareSource>,
    /// Microseconds UTC.
    pub created_at_us: i64,
    /// Microseconds UTC when it ends unless it is accepted; absent afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until_us: Option<i64>,
    /// Microseconds UTC of the last time that the tunnel came up; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_since_us: Option<i64>,
    /// Microseconds UTC; absent until it is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_at_us: Option<i64>,
    /// Why it is down, or why the tunnel does not come up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last measured round trip through the tunnel in microseconds; absent while it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_us: Option<i64>,
    /// Bytes carried to the other side since the link was made.
    pub sent_bytes: i64,
    /// Bytes carried from the other side.
    pub received_bytes: i64,
}

/// Sets what the other side of a link may take; it replaces what was set before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkShare {
    /// Absent: nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ShareSource>,
}

/// What can be taken through a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ShareSource {
    /// The volume, while nothing runs on it.
    Volume,
    /// One of its backups.
    Backup {
        #[serde(rename = "backupId")]
        backup_id: BackupId,
    },
    /// An image that is ready.
    Image {
        #[serde(rename = "imageId")]
        image_id: ImageId,
    },
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

/// Which side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LinkSide {
    /// It asked.
    Asked,
    /// It accepted.
    Accepted,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LinkState {
    /// One side has consented and waits for the other.
    Requested,
    /// Both have consented; the tunnel is not up, and comes up by itself when it can.
    Accepted,
    /// The tunnel is up.
    Up,
    /// Taken down by either side, or never accepted; it does not come up again.
    Down,
}

impl LinkState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Requested, Self::Accepted, Self::Up, Self::Down];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Accepted => "accepted",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// Reads the word on the wire; nothing when it is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The same in the common states of resources.
    #[must_use]
    pub fn common(self) -> ResourceState {
        match self {
            Self::Requested => ResourceState::Held,
            Self::Accepted => ResourceState::Provisioning,
            Self::Up => ResourceState::Active,
            Self::Down => ResourceState::Released,
        }
    }
}

/// A page of links, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkPage {
    pub items: Vec<Link>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a probe measured through the tunnel, from this side to the other and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkProbe {
    /// The median of the round trips of this probe, in microseconds.
    pub rtt_us: i64,
    /// Kilobits per second that arrived at the other side, as it acknowledged.
    pub throughput_kbps: i64,
    /// Bytes that were sent and acknowledged.
    pub bytes: i64,
    /// Microseconds that took.
    pub took_us: i64,
    /// Microseconds UTC.
    pub at_us: i64,
}

/// A link that came into another state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkNotice {
    pub id: LinkId,
    pub state: LinkState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_text_and_every_state_is_a_common_one() {
        for state in LinkState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(LinkState::from_word(state.as_str()), Some(state));
            assert_ne!(state.common(), ResourceState::Unknown);
        }
        let isolation: LinkIsolation = serde_json::from_str("\"quantum\"").unwrap();
        assert_eq!(isolation, LinkIsolation::Other);
    }
}
