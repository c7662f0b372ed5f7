//! The checks of one chapter, in the order of a run.

use super::{Check, Group, check};
use crate::suite::checks::backups;

pub(super) const CHECKS: &[Check] = &[
    check!(
        Backups,
        "backup.made",
        ["IF2", "F7.5.2"],
        "a backup answers at once and ends as a copy with a digest of every file",
        backups::made
    ),
    check!(
        Backups,
        "backup.repeat",
        ["IF2"],
        "a repeated backup is the same work and one copy",
        backups::repeat
    ),
    check!(
        Backups,
        "backup.listed",
        ["IF2", "F7.5.3"],
        "backups and long work are listed whole, oldest first",
        backups::listed
    ),
    check!(
        Backups,
        "backup.order",
        ["IF2"],
        "nothing is backed up before the start or restored while it runs",
        backups::order
    ),
    check!(
        Backups,
        "backup.verified",
        ["IF2"],
        "a copy read again says when and how it was found",
        backups::verified
    ),
    check!(
        Backups,
        "backup.restored",
        ["IF2"],
        "what is restored is what was copied",
        backups::restored
    ),
    check!(
        Backups,
        "backup.deleted",
        ["IF2"],
        "a deleted backup is gone, however often it is deleted",
        backups::deleted
    ),
    check!(
        Backups,
        "backup.fence",
        ["IF2", "G5"],
        "an epoch behind the highest seen changes no backup",
        backups::fence
    ),
    check!(
        Backups,
        "backup.told",
        ["IF2", "F7.5.3"],
        "the beginning and the end of long work are told as events",
        backups::told
    ),
    check!(
        Backups,
        "backup.gone",
        ["IF2"],
        "a backup or work that does not exist is not found",
        backups::gone
    ),
    check!(
        Backups,
        "backup.erased",
        ["IF2", "IF10"],
        "backups are erased with the data and stand in the statement",
        backups::erased
    ),
];
