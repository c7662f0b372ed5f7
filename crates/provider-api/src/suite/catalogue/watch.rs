//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::{events, monitoring, security, watch, webhook};

pub(super) const CHECKS: &[Check] = &[
    check!(Watch, "watch.liveness", ["IF12"], "liveness says what is so", watch::liveness),
    check!(
        Watch,
        "watch.metrics",
        ["IF11", "IF12"],
        "what was not measured is absent and what was is told",
        watch::metrics
    ),
    check!(
        Watch,
        "watch.meter",
        ["IF7"],
        "the meter runs from start to stop and is final at the end",
        watch::meter
    ),
    check!(
        Watch,
        "watch.unset",
        ["IF11", "IF12"],
        "where nobody set what to measure there is no reading, and that is said",
        monitoring::unset
    ),
    check!(
        Watch,
        "watch.catalogue",
        ["IF11"],
        "what can be measured is told, and anything else is refused by its place",
        monitoring::catalogue
    ),
    check!(
        Watch,
        "watch.monitoring",
        ["IF11", "IF12"],
        "what is measured is set, read at its interval, and stopped",
        monitoring::whole
    ),
    check!(
        Watch,
        "watch.readings",
        ["IF11", "IF12"],
        "readings come as OpenMetrics, and what was not measured has no sample",
        monitoring::readings
    ),
    check!(
        Watch,
        "watch.security",
        ["F7.6", "F7.2.1"],
        "what is noticed at an address is told, as a list and in the feed",
        security::noticed
    ),
    check!(
        Watch,
        "watch.events",
        ["F7.5.3"],
        "every change of state is told once, in order, and can be read again",
        events::feed
    ),
    check!(
        Watch,
        "watch.webhook",
        ["F7.5.3"],
        "a subscription is set and taken away, and only public addresses are posted to",
        webhook::subscription
    ),
    check!(
        Watch,
        "watch.webhook-posted",
        ["F7.5.3", "F7.2.1"],
        "every event is posted in order and signed with the secret of the subscription",
        webhook::posted
    ),
];
