//! Checks of what is noticed at an address, and of sources that are kept out.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::events::read;
use super::lives::closed;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{
    AllocationId, Block, BlockPage, BlockRequest, BlockState, CloudEvent, SecurityEvent,
    SecurityEventPage, SecurityKind, SecuritySupport,
};

/// So many refused requests within ten seconds are always too many.
const TOO_MANY: usize = 50;
/// How often it is looked whether something was noticed.
const LOOK: Duration = Duration::from_millis(100);
/// Everybody, in both families of addresses.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// What the cloud notices; a cloud that says nothing of it is not examined for it.
fn support<'a>(desk: &'a Desk<'_>) -> Result<&'a SecuritySupport, Stop> {
    let told = desk.room.capabilities.security.as_ref();
    told.ok_or_else(|| Stop::Skip("the cloud does not say that it notices anything".to_owned()))
}

fn must_block(desk: &Desk<'_>) -> Outcome {
    if support(desk)?.blocks {
        return Ok(());
    }
    Err(Stop::Skip("the cloud does not say that it blocks sources".to_owned()))
}

/// A service with its address open, and the address.
async fn open(desk: &Desk<'_>) -> Result<(AllocationId, String), Stop> {
    let ready = desk.running().await?;
    let Some(endpoint) = ready.endpoint else {
        return Err(Stop::Skip("the cloud lends no addresses".to_owned()));
    };
    // Says so itself when addresses of services may not be asked from here.
    closed(desk, &endpoint.url, "before access is allowed").await?;
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    Ok((ready.id, endpoint.url))
}

async fn answers(desk: &Desk<'_>, url: &str, when: &str) -> Outcome {
    match desk.room.probe.probe(url).await {
        Ok(answer) => holds(&format!("users get an answer {when}"), answer.is_up(), answer.status),
        Err(error) => Err(finding(format!("users get an answer {when}"), error)),
    }
}

async fn page<T: DeserializeOwned>(
    desk: &Desk<'_>,
    route: &str,
    id: &AllocationId,
) -> Result<T, Stop> {
    desk.get(route, id.as_str()).await.value()
}

async fn block(desk: &Desk<'_>, name: &str, id: &AllocationId, source: &str) -> Answer {
    let request = BlockRequest { source: source.to_owned(), reason: "conformance".to_owned() };
    desk.send(&desk.ask_on(name, 1, paths::BLOCKS, id).json(&request)).await
}

async fn lift(desk: &Desk<'_>, name: &str, epoch: i64, block: &Block) -> Answer {
    let ask = Ask::new("DELETE", paths::with(paths::BLOCK, block.id.as_str()));
    desk.send(&ask.key(desk.key(name)).epoch(epoch)).await
}

pub(in crate::suite) async fn noticed(desk: &Desk<'_>) -> Outcome {
    if !support(desk)?.kinds.contains(&SecurityKind::TooManyBadRequests) {
        return Err(Stop::Skip("the cloud does not report too many bad requests".to_owned()));
    }
    let (id, url) = open(desk).await?;
    let before: SecurityEventPage = page(desk, paths::SECURITY_EVENTS, &id).await?;
    same("what was noticed before anybody came", before.items.len(), 0)?;
    answers(desk, &url, "when access is allowed").await?;
    for number in 0..TOO_MANY {
        let _ = desk.room.probe.probe(&format!("{url}conform-no-such-page-{number}")).await;
    }
    let seen = wait_for(desk, &id).await?;
    same("the allocation of what was noticed", &seen.allocation_id, &id)?;
    let whole = seen.count > 1 && seen.at_us > 0 && seen.source.is_some();
    holds("what was noticed says from where, how often and when", whole, format!("{seen:?}"))?;
    let (events, _) = read(desk, None).await?;
    let kind = format!("{}{}", CloudEvent::SECURITY_PREFIX, seen.kind.as_str());
    let told = events.iter().filter(|event| event.kind == kind).count();
    same("how often the feed tells what was noticed", told, 1)
}

async fn wait_for(desk: &Desk<'_>, id: &AllocationId) -> Result<SecurityEvent, Stop> {
    let (began, limit) = (Instant::now(), desk.room.options.answer_limit);
    loop {
        let seen: SecurityEventPage = page(desk, paths::SECURITY_EVENTS, id).await?;
        let wanted = |event: &SecurityEvent| event.kind == SecurityKind::TooManyBadRequests;
        if let Some(found) = seen.items.into_iter().find(wanted) {
            return Ok(found);
        }
        if began.elapsed() > limit {
            let expected = format!("{TOO_MANY} refused requests are noticed within {limit:?}");
            return Err(finding(expected, "nothing was noticed"));
        }
        tokio::time::sleep(LOOK).await;
    }
}

pub(in crate::suite) async fn blocked(desk: &Desk<'_>) -> Outcome {
    must_block(desk)?;
    let (id, url) = open(desk).await?;
    answers(desk, &url, "before anybody is blocked").await?;
    let mut blocks = Vec::new();
    for source in EVERYBODY {
        let answer = block(desk, source, &id, source).await;
        let made: Block = answer.value()?;
        same("the status of a block", answer.status(), Some(201))?;
        same("the state of a block", made.state, BlockState::Active)?;
        same("the source of a block", made.source.as_deref(), Some(source))?;
        blocks.push(made);
    }
    closed(desk, &url, "while everybody is blocked").await?;
    for made in &blocks {
        let lifted: Block = lift(desk, &format!("lift-{}", made.id), 1, made).await.value()?;
        same("the state of a lifted block", lifted.state, BlockState::Lifted)?;
        holds("the moment of lifting is told", lifted.lifted_at_us.is_some(), "it is absent")?;
    }
    answers(desk, &url, "after the blocks were lifted").await?;
    let seen: BlockPage = page(desk, paths::BLOCKS, &id).await?;
    let refused: i64 = seen.items.iter().map(|each| each.refused).sum();
    holds("what was turned away is counted", refused >= 1, refused)?;
    let (events, _) = read(desk, None).await?;
    let told = |state: BlockState| {
        let kind = format!("{}{}", CloudEvent::BLOCK_PREFIX, state.as_str());
        events.iter().filter(|event| event.kind == kind).count()
    };
    let counts = (told(BlockState::Active), told(BlockState::Lifted));
    same("the blocks the feed tells as set and as lifted", counts, (2, 2))
}

pub(in crate::suite) async fn repeated(desk: &Desk<'_>) -> Outcome {
    must_block(desk)?;
    let held = desk.hold("hold").await?;
    if held.endpoint.is_none() {
        return Err(Stop::Skip("the cloud lends no addresses".to_owned()));
    }
    let id = held.id;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    for source in ["", "somebody", "192.0.2.1/33"] {
        block(desk, "wrong", &id, source).await.names("/source")?;
    }
    let first: Block = block(desk, "block", &id, "192.0.2.77/24").await.value()?;
    same("the source in its one form", first.source.as_deref(), Some("192.0.2.0/24"))?;
    for name in ["block", "block-again"] {
        let again: Block = block(desk, name, &id, "192.0.2.77/24").await.value()?;
        same("the block of a repeated call", &again.id, &first.id)?;
    }
    for name in ["lift", "lift", "lift-again"] {
        let lifted: Block = lift(desk, name, 2, &first).await.value()?;
        same("the state of a lifted block", lifted.state, BlockState::Lifted)?;
    }
    lift(desk, "stale", 1, &first).await.refused(Code::StaleEpoch)?;
    let seen: Block = desk.get(paths::BLOCK, first.id.as_str()).await.value()?;
    same("the state of the block seen later", seen.state, BlockState::Lifted)?;
    let answer = desk.get(paths::BLOCK, "conform-no-such-block").await;
    answer.refused(Code::NotFound)?;
    let all: BlockPage = page(desk, paths::BLOCKS, &id).await?;
    same("the number of blocks after repetitions", all.items.len(), 1)
}
