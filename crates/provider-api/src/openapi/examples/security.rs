//! Examples of what is noticed at an address and of sources that are kept out.

use super::{ID, LABEL, NOW_US, SECOND_US};
use crate::wire::{
    Block, BlockRequest, BlockState, SecurityEvent, SecurityEventPage, SecurityKind,
    SecuritySupport,
};

const SOURCE: &str = "203.0.113.7";

pub(super) fn support() -> SecuritySupport {
    SecuritySupport { kinds: SecurityKind::ALL.to_vec(), blocks: true }
}

pub(super) fn events() -> SecurityEventPage {
    let noticed = SecurityEvent {
        id: "sec_8a1f".into(),
        allocation_id: ID.into(),
        label: LABEL.to_owned(),
        kind: SecurityKind::TooManyBadRequests,
        source: Some(SOURCE.to_owned()),
        count: 20,
        at_us: NOW_US,
    };
    SecurityEventPage { items: vec![noticed], next: None }
}

pub(super) fn request() -> BlockRequest {
    BlockRequest { source: SOURCE.to_owned(), reason: "guesses addresses".to_owned() }
}

pub(super) fn block() -> Block {
    Block {
        id: "blk_17c3".into(),
        allocation_id: ID.into(),
        label: LABEL.to_owned(),
        state: BlockState::Active,
        source: Some(SOURCE.to_owned()),
        reason: Some("guesses addresses".to_owned()),
        refused: 0,
        created_at_us: NOW_US + 30 * SECOND_US,
        lifted_at_us: None,
    }
}
