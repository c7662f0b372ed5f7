//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::{ending, export};

pub(super) const CHECKS: &[Check] = &[
    check!(
        Ending,
        "end.order",
        ["F7.10.1c", "IF10"],
        "data must be erased before release",
        ending::order
    ),
    check!(
        Ending,
        "end.export",
        ["F7.10.1c"],
        "what is exported is whole, as its manifest says, and gone with the data",
        export::whole
    ),
    check!(
        Ending,
        "end.export-part",
        ["F7.10.1c"],
        "a download of an export that was cut off can go on",
        export::part
    ),
    check!(
        Ending,
        "end.statement",
        ["IF10"],
        "the erasure is stated, signed by the key told and the same each time",
        ending::statement
    ),
    check!(Ending, "end.erased", ["IF10"], "nothing starts on erased data", ending::erased),
    check!(
        Ending,
        "end.capacity",
        ["F7.10.1b"],
        "what was released is free again and its address closed",
        ending::capacity
    ),
    check!(Ending, "end.gone", ["F7.5.1"], "what does not exist is not found", ending::gone),
];
