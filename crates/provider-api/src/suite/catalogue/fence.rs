//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::fence;

pub(super) const CHECKS: &[Check] = &[
    check!(
        Fence,
        "fence.stale",
        ["G5"],
        "an epoch behind the highest seen is refused",
        fence::stale
    ),
    check!(
        Fence,
        "fence.refused-counts",
        ["G5"],
        "an epoch counts even when its call was refused",
        fence::refused_counts
    ),
    check!(
        Fence,
        "fence.old-key",
        ["IF7"],
        "an old key repeated later changes nothing",
        fence::old_key
    ),
];
