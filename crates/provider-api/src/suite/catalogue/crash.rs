//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::crash;

pub(super) const CHECKS: &[Check] = &[
    check!(Crash, "crash.by-key", ["IF4"], "what became of a key can be asked", crash::by_key),
    check!(
        Crash,
        "crash.other-keys",
        ["F7.4.4"],
        "keys of calls on images and on the subscription are known too",
        crash::other_keys
    ),
    check!(
        Crash,
        "crash.by-label",
        ["F7.5.1"],
        "what belongs to a label can be asked, also after its end",
        crash::by_label
    ),
    check!(
        Crash,
        "crash.pages",
        ["F7.5.1"],
        "a long list comes whole, in pages, oldest first",
        crash::pages
    ),
    check!(
        Crash,
        "crash.hold-cut",
        ["F7.4.4"],
        "a caller that hangs up while holding finds one hold or none",
        crash::hold_cut
    ),
    check!(
        Crash,
        "crash.start-cut",
        ["IF7"],
        "a caller that hangs up while starting can go on",
        crash::start_cut
    ),
    check!(
        Crash,
        "crash.half-made",
        ["F7.10.1d"],
        "what was booked and never started can be given back",
        crash::half_made
    ),
];
