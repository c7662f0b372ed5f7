//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::trouble;

pub(super) const CHECKS: &[Check] = &[
    check!(
        Trouble,
        "trouble.lost-answer",
        ["F7.4.4"],
        "an answer lost after acting is found again by the key",
        trouble::lost_answer
    ),
    check!(
        Trouble,
        "trouble.fail-after",
        ["F7.4.4"],
        "a fault after acting leaves one hold, found by the key",
        trouble::fail_after
    ),
    check!(
        Trouble,
        "trouble.fail-before",
        ["F7.4.4"],
        "a fault before acting leaves nothing",
        trouble::fail_before
    ),
    check!(
        Trouble,
        "trouble.disk-full",
        ["IF2"],
        "a full disk refuses backups and holds and leaves nothing half made",
        trouble::disk_full
    ),
    check!(
        Trouble,
        "trouble.lost-volume",
        ["IF2", "IF12"],
        "a lost volume is told and comes back from a backup",
        trouble::lost_volume
    ),
];
