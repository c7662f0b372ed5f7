//! The check of the feed of events.

use crate::paths;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::suite::sweep;
use crate::wire::{AllocationId, CloudEvent, EventPage};

/// Pages that are followed at most.
const PAGES_MAX: usize = 50;

pub(in crate::suite) async fn feed(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    // Somebody else's hold, of which this label must not tell.
    let label = format!("{}{}", desk.label(), sweep::SECOND);
    let mut other = desk.ask_hold("other", desk.room.group(), 60);
    other.replace(&desk.label(), &label);
    desk.send(&other).await.in_state(desk.secured())?;
    let (before, _) = read(desk, None).await?;
    same("the events of a label before anything was done", before.len(), 0)?;
    let held = desk.hold("hold").await?;
    let (first, place) = read(desk, None).await?;
    told(&first, &held.id, &[S::Held])?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    // A repetition changes nothing, so nothing is told.
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    desk.act("release", 1, paths::RELEASE, &held.id).await.in_state(S::Released)?;
    let (later, _) = read(desk, place).await?;
    told(&later, &held.id, &[S::Reserved, S::Released])?;
    let (again, _) = read(desk, None).await?;
    let whole: Vec<CloudEvent> = first.into_iter().chain(later).collect();
    let same_again = again == whole;
    holds("the feed read again from the beginning is the same", same_again, format!("{again:?}"))
}

/// What happened under the check's label after a place, and the place to go on from.
pub(super) async fn read(
    desk: &Desk<'_>,
    mut after: Option<String>,
) -> Result<(Vec<CloudEvent>, Option<String>), Stop> {
    let mut all = Vec::new();
    for _ in 0..PAGES_MAX {
        let label = desk.label();
        let place = after.iter().map(|after| ("after", after.as_str()));
        let query: Vec<(&str, &str)> =
            [("label", label.as_str()), ("limit", "2")].into_iter().chain(place).collect();
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let ask = Ask::new("GET", format!("{}?{query}", paths::EVENTS));
        let page: EventPage = desk.send(&ask).await.value()?;
        all.extend(page.items);
        after = Some(page.next);
        if !page.more {
            return Ok((all, after));
        }
    }
    Err(finding("the feed of a label ends", format!("{PAGES_MAX} pages and more")))
}

/// The events are exactly these states of the allocation, each whole.
fn told(events: &[CloudEvent], id: &AllocationId, states: &[S]) -> Outcome {
    let found: Vec<S> = events.iter().map(|event| event.data.state).collect();
    same("the states told, in order", found.as_slice(), states)?;
    let mut place = i64::MIN;
    for event in events {
        same("the version of CloudEvents", event.specversion.as_str(), "1.0")?;
        same("the subject", event.subject.as_str(), id.as_str())?;
        let kind = format!("{}{}", CloudEvent::PREFIX, event.data.state);
        same("the type", &event.kind, &kind)?;
        let whole = !event.source.is_empty() && event.time.ends_with('Z');
        holds("an event has a source and a time in UTC", whole, format!("{event:?}"))?;
        let number: i64 = event.id.parse().unwrap_or(i64::MIN);
        holds("a later event has a larger id", number > place, &event.id)?;
        place = number;
    }
    Ok(())
}
