//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::{group, holds, tenants};

pub(super) const CHECKS: &[Check] = &[
    check!(
        Holds,
        "hold.repeat",
        ["IF4", "F7.4.4"],
        "a hold repeated with its key is the same hold",
        holds::repeat
    ),
    check!(
        Holds,
        "hold.same-moment",
        ["IF4", "F7.4.4"],
        "one key sent several times at once is one hold",
        holds::same_moment
    ),
    check!(
        Holds,
        "hold.key-reused",
        ["IF4"],
        "a key cannot be used for something else",
        holds::key_reused
    ),
    check!(
        Holds,
        "hold.refusal-forgotten",
        ["IF4"],
        "a refused call may be asked again with its key",
        holds::refusal_forgotten
    ),
    check!(
        Holds,
        "hold.whole",
        ["F7.4.3"],
        "a group that does not fit whole is refused whole",
        holds::whole
    ),
    check!(
        Holds,
        "hold.race",
        ["F7.4.4"],
        "of callers racing for the last capacity one wins",
        holds::race
    ),
    check!(
        Holds,
        "hold.ttl",
        ["F7.4.4"],
        "a hold ends when it was asked to, within the bounds told",
        holds::ttl
    ),
    check!(
        Holds,
        "hold.expiry",
        ["F7.4.4"],
        "a hold ends by itself and dropping it afterwards is fine",
        holds::expiry
    ),
    check!(Holds, "hold.extend", ["F7.4.4"], "an extended hold lasts longer", holds::extend),
    check!(
        Holds,
        "hold.drop",
        ["IF4", "F7.4.4"],
        "a dropped hold gives everything back, however often it is dropped",
        holds::drop_it
    ),
    check!(
        Holds,
        "hold.links",
        ["F7.4.3", "F7.4.4", "IF3", "IF6"],
        "room for links is held, booked and given back with its group, and later links stand in it",
        group::links
    ),
    check!(
        Holds,
        "hold.links-whole",
        ["F7.4.3", "F7.4.4", "IF6"],
        "a group whose links have no room is not held at all",
        group::links_whole
    ),
    check!(
        Holds,
        "hold.endpoints",
        ["F7.4.1", "F7.4.3", "IF6"],
        "an address is held with its group, told by discovery and given back with it",
        group::endpoints
    ),
    check!(
        Holds,
        "hold.quota",
        ["F7.4.4"],
        "a tenant gets no more than its quota, and is told which",
        tenants::quota
    ),
];
