//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::{recipes, volumes};

pub(super) const CHECKS: &[Check] = &[
    check!(
        Life,
        "life.recipe",
        ["F7.6.2", "F7.6.0"],
        "variables are resolved by the cloud, as a dry run says and as the service receives them",
        recipes::resolved
    ),
    check!(
        Life,
        "life.recipe-unresolved",
        ["F7.6.2"],
        "a variable that nobody knows blocks the start and is named",
        recipes::unresolved
    ),
    check!(
        Life,
        "life.volume",
        ["IF5", "F7.6.0"],
        "a volume by itself is lent to one service after the other with its data",
        volumes::lent
    ),
    check!(
        Life,
        "life.volume-order",
        ["IF5", "F7.5.1"],
        "a volume that is lent is not lent again, started or given back",
        volumes::order
    ),
    check!(
        Backups,
        "backup.metered",
        ["IF2", "IF7"],
        "the meter counts the backups that are kept and how long",
        volumes::metered
    ),
];
