//! Examples of links between two clouds.

use super::{ID, LABEL, NOW_US, SECOND_US};
use crate::wire::*;

pub(super) fn peer() -> LinkPeer {
    LinkPeer {
        address: "192.0.2.20:7699".to_owned(),
        public_key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned(),
    }
}

pub(super) fn support() -> LinkSupport {
    LinkSupport {
        peer: LinkPeer { address: "192.0.2.10:7699".to_owned(), ..peer() },
        isolation: vec![LinkIsolation::Tunnel],
        mbps_max: 1000,
        accept_seconds: 3600,
        links_max: Some(16),
        held: true,
    }
}

pub(super) fn places() -> Vec<LinkPlace> {
    vec![LinkPlace { mbps: 50, isolation: LinkIsolation::Tunnel }]
}

pub(super) fn request() -> LinkRequest {
    LinkRequest { peer: peer(), mbps: 50, isolation: LinkIsolation::Tunnel }
}

pub(super) fn offer() -> LinkOffer {
    LinkOffer {
        link_id: LinkId::from("lnk_7d1e5a90c4"),
        peer: support().peer,
        activation_key: "7f0c2a61b9d84e35a1f2c3d4e5f60718".to_owned(),
        mbps: 50,
        isolation: LinkIsolation::Tunnel,
    }
}

pub(super) fn requested() -> Link {
    Link {
        id: offer().link_id,
        allocation_id: AllocationId::from(ID),
        label: LABEL.to_owned(),
        side: LinkSide::Asked,
        state: LinkState::Requested,
        common: LinkState::Requested.common(),
        peer: peer(),
        peer_link_id: None,
        mbps: 50,
        isolation: LinkIsolation::Tunnel,
        offer: Some(offer()),
        shared: None,
        created_at_us: NOW_US,
        waits_until_us: Some(NOW_US + 3600 * SECOND_US),
        up_since_us: None,
        down_at_us: None,
        reason: None,
        rtt_us: None,
        sent_bytes: 0,
        received_bytes: 0,
    }
}

pub(super) fn up() -> Link {
    Link {
        state: LinkState::Up,
        common: LinkState::Up.common(),
        peer_link_id: Some(LinkId::from("lnk_02b6f7e811")),
        offer: None,
        waits_until_us: None,
        up_since_us: Some(NOW_US + SECOND_US),
        rtt_us: Some(4200),
        sent_bytes: 1_048_576,
        received_bytes: 20_480,
        ..requested()
    }
}

pub(super) fn share() -> LinkShare {
    LinkShare { source: Some(ShareSource::Backup { backup_id: BackupId::from("bak_1f8e6a2b40") }) }
}

pub(super) fn probe() -> LinkProbe {
    LinkProbe {
        rtt_us: 4200,
        throughput_kbps: 48_900,
        bytes: 3_056_250,
        took_us: 500_000,
        at_us: NOW_US,
    }
}
