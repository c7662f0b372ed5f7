//! Gives back what checks made, from whatever state it is in, and tells what cannot be given back.

use std::time::Duration;

use super::answer::{Stop, finding};
use super::desk::{Ask, Desk};
use super::room::Room;
use crate::paths;
use crate::state::ResourceState;
use crate::wire::{Allocation, AllocationPage, Image, ImagePage, ImageState};

/// The beginning of every label of the suite; nobody else may use it.
pub(super) const LABELS: &str = "conform-";
/// A second label of a check, where it needs one.
pub(super) const SECOND: &str = "-b";
/// Pages of one list that are followed.
const PAGES_MAX: usize = 100;
/// Calls for one allocation: stop, erase, release and some to spare.
const STEPS_MAX: usize = 8;
/// For clearing away after one check.
const LIMIT: Duration = Duration::from_secs(45);
/// What is older than the longest run was left by one that was cut off.
const EARLIER_US: i64 = 3_600_000_000;

/// Allocations of a label, or of all, over all pages; `limit` is the size of a page.
pub(super) async fn list(
    desk: &Desk<'_>,
    label: Option<&str>,
    limit: Option<u32>,
) -> Result<Vec<Allocation>, Stop> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let path = page_path(label, limit, after.as_deref());
        let page: AllocationPage = desk.send(&Ask::new("GET", path)).await.value()?;
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
    Err(finding("a list ends", format!("{PAGES_MAX} pages and a next one")))
}

fn page_path(label: Option<&str>, limit: Option<u32>, after: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(label) = label {
        query.append_pair("label", label);
    }
    if let Some(limit) = limit {
        query.append_pair("limit", &limit.to_string());
    }
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    format!("{}?{}", paths::ALLOCATIONS, query.finish())
}

/// Gives back everything under a check's labels; returns what stays.
pub(super) async fn clear(room: &Room, prefix: &str) -> Vec<String> {
    let desk = Desk::new(room, "sweep");
    let work = async {
        let mut left = Vec::new();
        for label in [prefix.to_owned(), format!("{prefix}{SECOND}")] {
            match list(&desk, Some(&label), None).await {
                // A cloud that ignores the label must not make us touch what belongs to others.
                Ok(mut all) => {
                    // Volumes can be given back once no service has them.
                    all.sort_by_key(|each| each.resources.is_volume());
                    for allocation in all.into_iter().filter(|each| each.label == label) {
                        left.extend(give_back(&desk, allocation).await);
                    }
                }
                Err(_) => left.push(format!("the list of {label} could not be read")),
            }
        }
        left.extend(clear_images(&desk, prefix).await);
        left
    };
    match tokio::time::timeout(LIMIT, work).await {
        Ok(left) => left,
        Err(_) => vec![format!("{prefix} could not be cleared away in {} s", LIMIT.as_secs())],
    }
}

/// Deletes every image whose name begins so, after what was started from it; returns what stays.
async fn clear_images(desk: &Desk<'_>, prefix: &str) -> Vec<String> {
    if desk.room.capabilities.images.is_none() {
        return Vec::new();
    }
    let mut left = Vec::new();
    let Ok(all) = images(desk).await else {
        return vec!["the list of images could not be read".to_owned()];
    };
    let kept = |image: &Image| image.state != ImageState::Deleted;
    for image in all.into_iter().filter(|each| each.name.starts_with(prefix) && kept(each)) {
        let path = paths::with(paths::IMAGE, image.id.as_str());
        let ask = Ask::new("DELETE", path).key(desk.key(image.id.as_str()));
        let gone: Result<Image, Stop> = desk.send(&ask.epoch(image.epoch.max(1))).await.value();
        if gone.map_or(true, |image| kept(&image)) {
            left.push(format!("{} ({})", image.id, image.state.as_str()));
        }
    }
    left
}

/// All images, over all pages.
async fn images(desk: &Desk<'_>) -> Result<Vec<Image>, Stop> {
    let (mut all, mut path) = (Vec::new(), paths::IMAGES.to_owned());
    for _ in 0..PAGES_MAX {
        let page: ImagePage = desk.send(&Ask::new("GET", path)).await.value()?;
        all.extend(page.items);
        match page.next {
            Some(next) => path = format!("{}?after={next}", paths::IMAGES),
            None => return Ok(all),
        }
    }
    Err(finding("a list ends", format!("{PAGES_MAX} pages and a next one")))
}

/// Gives back what runs that were cut off left behind more than an hour ago.
pub(super) async fn earlier_runs(room: &Room) {
    let desk = Desk::new(room, "sweep");
    let work = async {
        let Ok(answer) = desk.discover(&room.region, room.group()).await else { return };
        let Ok(all) = list(&desk, None, None).await else { return };
        let mut all = all;
        all.sort_by_key(|each| each.resources.is_volume());
        let old = all.into_iter().filter(|each| {
            each.label.starts_with(LABELS)
                && each.created_at_us < answer.at_us.saturating_sub(EARLIER_US)
                && each.state.takes_capacity()
        });
        for allocation in old {
            tracing::info!(allocation.id = %allocation.id, label = %allocation.label, "an earlier run left this");
            give_back(&desk, allocation).await;
        }
    };
    // What is not cleared now is cleared by the next run.
    let _ = tokio::time::timeout(LIMIT, work).await;
}

/// Ends one allocation; returns its id and state when that did not work.
async fn give_back(desk: &Desk<'_>, mut allocation: Allocation) -> Option<String> {
    use ResourceState as S;
    for step in 0..STEPS_MAX {
        let route = match allocation.state {
            S::Released | S::Erased | S::Expired => return None,
            S::Held | S::Candidate => paths::HOLD,
            S::Reserved | S::Draining if allocation.volume.is_some() => paths::DETACH,
            S::Reserved => paths::RELEASE,
            S::Draining if allocation.erasure.is_some() => paths::RELEASE,
            S::Draining => paths::ERASE,
            S::Provisioning | S::Ready | S::Active | S::Failed | S::Unknown => paths::STOP,
        };
        let name = format!("{}-{step}", allocation.id);
        let epoch = allocation.epoch.max(1);
        desk.act(&name, epoch, route, &allocation.id).await;
        match desk.look(&allocation.id).await {
            Ok(seen) => allocation = seen,
            Err(_) => break,
        }
    }
    if allocation.state.is_final() {
        return None;
    }
    Some(format!("{} ({})", allocation.id, allocation.state))
}
