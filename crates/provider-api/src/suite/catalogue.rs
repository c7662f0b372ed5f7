//! Every check with its stable name, its fact and what asks for it. Names are never reused for something else.

use std::future::Future;
use std::pin::Pin;

use super::answer::Outcome;
use super::checks::{
    backups, crash, door, drain, ending, events, export, fence, holds, images, links, lives,
    monitoring, order, recipes, regions, resize, security, tenants, trouble, volumes, watch,
    webhook,
};
use super::desk::Desk;
use super::group::Group;

pub(super) type Run =
    for<'a> fn(&'a Desk<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One fact every provider must show.
#[derive(Clone, Copy)]
pub struct Check {
    /// Stable name, such as `hold.repeat`.
    pub id: &'static str,
    pub group: Group,
    /// The fact, as a sentence.
    pub fact: &'static str,
    /// What asks for it: functional requirements and interfaces.
    pub requirements: &'static [&'static str],
    pub(super) run: Run,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("id", &self.id)
            .field("fact", &self.fact)
            .finish_non_exhaustive()
    }
}

macro_rules! check {
    ($group:ident, $id:literal, [$($requirement:literal),*], $fact:literal, $run:path) => {
        Check {
            id: $id,
            group: Group::$group,
            fact: $fact,
            requirements: &[$($requirement),*],
            run: |desk| Box::pin($run(desk)),
        }
    };
}

/// Every check, in the order of a run.
pub const CATALOGUE: &[Check] = &[
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
    check!(
        Holds,
        "hold.repeat",
        ["IF4", "F7.4.4"],
        "a hold repeated with its key is the same hold",
        holds::repeat
    ),
    check!(
        Holds,
        "hold.declared",
        ["F7.4.3"],
        "what it does not offer of holding and booking at once is refused and does nothing",
        holds::declared
    ),
    check!(
        Holds,
        "hold.cancelled",
        ["F7.4.4", "IF7"],
        "a booking that is cancelled before the start costs what was declared, and that once",
        holds::cancelled
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
        "hold.quota",
        ["F7.4.4"],
        "a tenant gets no more than its quota, and is told which",
        tenants::quota
    ),
    check!(Crash, "crash.by-key", ["IF4"], "what became of a key can be asked", crash::by_key),
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
    check!(
        Fence,
        "fence.stale",
        ["G5"],
        "an epoch behind the highest seen is refused",
        fence::stale
    ),
    check!(
        Fence,
        "fence.refused-counts",
        ["G5"],
        "an epoch counts even when its call was refused",
        fence::refused_counts
    ),
    check!(
        Fence,
        "fence.old-key",
        ["IF7"],
        "an old key repeated later changes nothing",
        fence::old_key
    ),
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
        Trouble,
        "trouble.lost-answer",
        ["F7.4.4"],
        "an answer lost after acting is found again by the key",
        trouble::lost_answer
    ),
    check!(
        Trouble,
        "trouble.fail-after",
        ["F7.4.4"],
        "a fault after acting leaves one hold, found by the key",
        trouble::fail_after
    ),
    check!(
        Trouble,
        "trouble.fail-before",
        ["F7.4.4"],
        "a fault before acting leaves nothing",
        trouble::fail_before
    ),
    check!(
        Trouble,
        "trouble.disk-full",
        ["IF2"],
        "a full disk refuses backups and holds and leaves nothing half made",
        trouble::disk_full
    ),
    check!(
        Trouble,
        "trouble.lost-volume",
        ["IF2", "IF12"],
        "a lost volume is told and comes back from a backup",
        trouble::lost_volume
    ),
    check!(
        Images,
        "image.upload",
        ["F7.6.3"],
        "an image comes in chunks, is whole, and is found by its name and its digest",
        images::upload
    ),
    check!(
        Images,
        "image.resume",
        ["F7.6.3"],
        "an upload that was cut off goes on where it was, and nothing wrong is kept",
        images::resume
    ),
    check!(
        Images,
        "image.digest",
        ["F7.6.3"],
        "what is not what was declared is refused and nothing starts from it",
        images::digest
    ),
    check!(
        Images,
        "image.start",
        ["F7.6.3", "F7.6.2"],
        "a service that starts from an image shows what came in it",
        images::start
    ),
    check!(
        Images,
        "image.fresh",
        ["F7.6.3"],
        "an image is put onto a fresh volume and never over data",
        images::fresh
    ),
    check!(
        Images,
        "image.convert",
        ["F7.6.3"],
        "what is made of an image is an image with a digest of its own",
        images::convert
    ),
    check!(
        Images,
        "image.refused",
        ["F7.6.3"],
        "an image that the cloud does not take is refused by its place",
        images::refused
    ),
    check!(
        Images,
        "image.fence",
        ["F7.6.3", "G5"],
        "an epoch behind the highest seen changes no image",
        images::fence
    ),
    check!(
        Images,
        "image.deleted",
        ["F7.6.3"],
        "a deleted image is gone, however often it is deleted",
        images::deleted
    ),
    check!(
        Images,
        "image.told",
        ["F7.6.3", "F7.5.3"],
        "what becomes of an image is told as events",
        images::told
    ),
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_check_says_what_asks_for_it() {
        let mut names = HashSet::new();
        for check in CATALOGUE {
            assert!(names.insert(check.id), "{} twice", check.id);
            assert!(!check.requirements.is_empty(), "{}", check.id);
            assert!(!check.fact.ends_with('.'), "{}", check.id);
        }
        for group in Group::ALL {
            assert!(CATALOGUE.iter().any(|check| check.group == group), "{group:?} is empty");
            assert_eq!(serde_json::to_value(group).unwrap(), group.as_str());
        }
    }
}
