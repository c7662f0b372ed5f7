//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::links;

pub(super) const CHECKS: &[Check] = &[
    check!(
        Links,
        "link.consent",
        ["IF3", "IF6"],
        "a tunnel comes up when both sides have consented and not before",
        links::consent
    ),
    check!(
        Links,
        "link.accepts",
        ["IF3", "IF9"],
        "a link that another cloud asked for is accepted once and comes up",
        links::accepts
    ),
    check!(
        Links,
        "link.carries",
        ["IF9", "F7.6.4"],
        "a link carries what was booked and no more, and counts it",
        links::carries
    ),
    check!(
        Links,
        "link.down",
        ["IF3", "IF9"],
        "a link that was taken down carries nothing and gives its bandwidth back",
        links::down
    ),
    check!(
        Links,
        "link.refused",
        ["IF6"],
        "a link that cannot be made is refused by its place, and none is made twice",
        links::refused
    ),
    check!(
        Links,
        "link.released",
        ["F7.10.1d", "F7.5.3"],
        "a release takes links down and the feed tells every change",
        links::released
    ),
    check!(
        Links,
        "link.shares",
        ["IF3", "IF2"],
        "a link gives nothing but what was shared on it, and that whole",
        links::shares
    ),
    check!(
        Links,
        "link.pulls",
        ["IF3", "IF2"],
        "what another cloud shares arrives whole and compared, once for each key",
        links::pulls
    ),
    check!(
        Links,
        "link.images",
        ["IF3", "F7.6.3"],
        "an image goes through a link in either direction, compared with what was declared",
        links::images
    ),
];
