//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::{door, tenants};

pub(super) const CHECKS: &[Check] = &[
    check!(
        Door,
        "door.token",
        ["IF4"],
        "without the right token nothing is told and nothing done",
        door::token
    ),
    check!(
        Door,
        "door.request-id",
        ["IF4"],
        "every answer names its request, each differently",
        door::request_id
    ),
    check!(
        Door,
        "door.problem",
        ["IF4"],
        "a refusal is a problem document with a stable type",
        door::problem
    ),
    check!(
        Door,
        "door.route",
        ["IF4"],
        "a route that does not exist is a problem document",
        door::route
    ),
    check!(Door, "door.key", ["IF4"], "a changing call without a proper key is refused", door::key),
    check!(
        Door,
        "door.epoch",
        ["IF4"],
        "a changing call without a proper epoch is refused",
        door::epoch
    ),
    check!(Door, "door.body", ["IF4"], "a body that is no JSON of the API is refused", door::body),
    check!(Door, "door.values", ["IF4"], "a wrong value is named by its place", door::values),
    check!(
        Door,
        "door.size",
        ["IF4"],
        "a huge request is turned away and harms nobody",
        door::size
    ),
    check!(Door, "door.time", ["IF12"], "questions are answered in time", door::time),
    check!(
        Door,
        "door.tenants",
        ["IF4"],
        "another tenant neither sees nor changes what is not its own",
        tenants::apart
    ),
];
