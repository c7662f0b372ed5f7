//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::regions;

pub(super) const CHECKS: &[Check] = &[
    check!(Places, "places.told", ["F7.4.1"], "every zone is told whole", regions::told),
    check!(
        Places,
        "places.live",
        ["F7.4.1"],
        "a live answer is true, valid for a while and secures nothing",
        regions::live
    ),
    check!(
        Places,
        "places.kept",
        ["F7.4.3"],
        "a hold is in the region that was asked for and stays there",
        regions::kept
    ),
    check!(
        Places,
        "places.unknown",
        ["F7.4.1"],
        "a region it does not have is refused by its name",
        regions::unknown
    ),
    check!(
        Places,
        "places.full",
        ["F7.4.1"],
        "a full region leaves the others free and nothing is put elsewhere",
        regions::full
    ),
];
