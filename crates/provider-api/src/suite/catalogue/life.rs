//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::{adopt, drain, lives, order, resize, security};

pub(super) const CHECKS: &[Check] = &[
    check!(
        Life,
        "life.whole",
        ["IF7", "IF8", "IF13"],
        "a whole life works with every call made twice",
        lives::whole
    ),
    check!(
        Life,
        "life.access",
        ["IF13"],
        "users get in only while access is allowed",
        lives::access
    ),
    check!(
        Life,
        "life.application",
        ["F7.6.2"],
        "an application that is not offered is refused",
        lives::application
    ),
    check!(Life, "life.restart", ["IF7"], "what was stopped can be started again", lives::restart),
    check!(
        Life,
        "life.generation",
        ["F7.5.4"],
        "every change grows the generation and nothing else does",
        lives::generation
    ),
    check!(
        Life,
        "life.order",
        ["F7.5.1"],
        "calls out of order are refused and change nothing",
        order::order
    ),
    check!(
        Life,
        "life.drain",
        ["F7.10.1a", "IF13"],
        "a drain turns newcomers away, lets requests in flight finish, then stops",
        drain::finishes
    ),
    check!(
        Life,
        "life.drain-work",
        ["F7.10.1a", "F7.4.4", "F7.5.3"],
        "a drain is long work that is begun once and told until its end",
        drain::work
    ),
    check!(
        Life,
        "life.drain-deadline",
        ["F7.10.1a"],
        "a drain ends at its deadline at the latest and the service can start again",
        drain::deadline
    ),
    check!(
        Life,
        "life.drain-order",
        ["F7.5.1"],
        "what does not run cannot be drained",
        drain::order
    ),
    check!(
        Life,
        "life.resize",
        ["IF4", "F7.5.3"],
        "what is booked becomes as large as was asked, users stay in, and each size is metered for its time",
        resize::whole
    ),
    check!(
        Life,
        "life.resize-room",
        ["F7.4.3"],
        "a size that does not fit whole is refused whole",
        resize::room
    ),
    check!(
        Life,
        "life.resize-data",
        ["IF2"],
        "a volume becomes no smaller than what it holds",
        resize::data
    ),
    check!(
        Life,
        "life.resize-order",
        ["F7.5.1"],
        "what is only held, or has ended, cannot be resized",
        resize::order
    ),
    check!(
        Life,
        "life.adopt",
        ["F7.5.1", "F7.5.3"],
        "what runs gets another label as it stands, and whoever had it before is refused",
        adopt::as_it_stands
    ),
    check!(
        Life,
        "life.adopt-consent",
        ["F7.5.1"],
        "only what is booked gets another label, and only from whoever knows the one it has",
        adopt::consent
    ),
    check!(
        Life,
        "life.blocked",
        ["F7.2"],
        "a blocked source gets no answer until its block is lifted",
        security::blocked
    ),
    check!(
        Life,
        "life.block-repeat",
        ["F7.2", "G5"],
        "a source is blocked once, by one form, and lifted once",
        security::repeated
    ),
    check!(
        Life,
        "life.resources",
        ["F7.5.1", "F7.5.2"],
        "what an allocation consists of is told as a graph",
        lives::resources
    ),
];
