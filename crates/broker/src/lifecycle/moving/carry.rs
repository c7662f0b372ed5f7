//! The data of a service that is moved: a link between the two clouds, the old service halted, its volume taken over
//! through the link and compared (IF2, IF3, F7.10.1). Nothing of it happens to a move without data.

use super::super::cloud::{Cloud, stop};
use super::super::halt as halting;
use super::super::rows::{GROUP, done_with};
use super::super::target::Target;
use super::{MoveInput, Standing};
use crate::Broker;
use domain::DurationUs;
use provider_api::{
    AcceptLinkCommand, Allocation, AllocationId, BackedUpFile, BackupId, CloseLinkCommand, Driver,
    DriverError, Link, LinkCommand, LinkId, LinkIsolation, LinkPeer, LinkRequest, LinkShare,
    LinkSide, LinkState, LinkSupport, LongOperation, ProblemCode, PullCommand, ShareCommand,
    ShareSource, WorkKind, WorkState,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use workflow::{Done, StepInput, StepResult, Stop};

/// Megabits per second that a link is asked for with, from the first that both clouds have room for.
const PACES_MBPS: [u32; 4] = [1000, 100, 25, 5];
/// How often is looked for what a cloud does by itself.
const LOOK: Duration = Duration::from_secs(1);
/// How long a tunnel may take to come up.
const TUNNEL_US: DurationUs = 300 * 1_000_000;
/// How long is waited for what a cloud brings to its end by itself, when a move is taken back.
const SETTLE_US: DurationUs = 600 * 1_000_000;

/// The two ends of a link: at the cloud that is left, and at the new one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ends {
    left: LinkId,
    new: LinkId,
}

/// Both clouds, and what is held there.
struct Both {
    left: Target,
    new: Cloud,
    new_id: AllocationId,
}

impl Both {
    async fn of(input: &StepInput<Broker>) -> Result<Self, Stop> {
        let wanted: MoveInput = input.run.input()?;
        let held: Allocation = input.run.output("hold")?;
        let new = Cloud::of(input, wanted.wanted.provider).await?;
        Ok(Self { left: left(input).await?, new, new_id: held.id })
    }
}

/// The allocation that is left, whatever the contract stands on by now.
pub(super) async fn left(input: &StepInput<Broker>) -> Result<Target, Stop> {
    let wanted: MoveInput = input.run.input()?;
    let standing: Standing = input.run.output("check")?;
    let cloud = Cloud::of(input, wanted.left).await?;
    Ok(Target { cloud, id: standing.allocation, detail: standing.detail })
}

fn carries(input: &StepInput<Broker>) -> Result<bool, Stop> {
    Ok(input.run.input::<MoveInput>()?.carries_data)
}

/// Both clouds say that they make links.
pub(super) async fn check(input: &StepInput<Broker>, left: &Target) -> Result<(), Stop> {
    let wanted: MoveInput = input.run.input()?;
    let new = Cloud::of(input, wanted.wanted.provider).await?;
    support(&*left.cloud.driver).await?;
    support(&*new.driver).await.map(drop)
}

async fn support(driver: &dyn Driver) -> Result<LinkSupport, Stop> {
    let told = driver.capabilities().await.map_err(stop)?.links;
    told.ok_or_else(|| Stop::failed("data_not_carried", "a cloud makes no links with others"))
}

/// A tunnel that both clouds consented to. The words that prove the consent of one are not kept: whoever has them can
/// accept.
pub(super) async fn link(input: StepInput<Broker>) -> StepResult {
    if !carries(&input)? {
        return Ok(Done::empty());
    }
    let both = Both::of(&input).await?;
    let ends = match standing(&both).await? {
        Some(ends) => ends,
        None => make(&both).await?,
    };
    for (driver, id) in [(&both.left.cloud.driver, &ends.left), (&both.new.driver, &ends.new)] {
        let link = driver.link(id).await.map_err(stop)?;
        if link.state == LinkState::Down {
            return Err(Stop::failed("link_down", "the link between the clouds was taken down"));
        }
        if link.state != LinkState::Up {
            let waited = input.clock.now().since(input.first_started_at);
            return Err(waits(waited, TUNNEL_US, "link_down", "the tunnel is not up yet"));
        }
    }
    Done::with(&ends)
}

/// Looks again in a moment, up to a limit.
fn waits(waited: DurationUs, limit: DurationUs, code: &str, message: &str) -> Stop {
    if waited < limit { Stop::sleep(LOOK, code, message) } else { Stop::failed(code, message) }
}

/// What an earlier attempt made, both ends of it.
async fn standing(both: &Both) -> Result<Option<Ends>, Stop> {
    let there = both.new.driver.links(&both.new_id).await.map_err(stop)?;
    let here = both.left.cloud.driver.links(&both.left.id).await.map_err(stop)?;
    let whole = there.iter().filter(|link| link.state != LinkState::Down).find_map(|new| {
        let left = here.iter().find(|left| Some(&left.id) == new.peer_link_id.as_ref())?;
        let stands = left.side == LinkSide::Asked && left.state != LinkState::Down;
        stands.then(|| Ends { left: left.id.clone(), new: new.id.clone() })
    });
    Ok(whole)
}

/// Asked for at the cloud that is left, accepted at the new one, with the pace that both have room for.
async fn make(both: &Both) -> Result<Ends, Stop> {
    let (here, there) =
        (support(&*both.left.cloud.driver).await?, support(&*both.new.driver).await?);
    let most = here.mbps_max.min(there.mbps_max);
    for mbps in PACES_MBPS.into_iter().filter(|mbps| *mbps <= most) {
        let Some(asked) = room(ask(both, &there.peer, mbps).await)? else { continue };
        if asked.state == LinkState::Down {
            continue;
        }
        let Some(offer) = asked.offer.clone() else {
            return Err(Stop::failed("link_down", "the link was accepted by somebody else"));
        };
        let allocation_id = both.new_id.clone();
        let call = both.new.call(&format!("-accept-{mbps}"))?;
        let command = AcceptLinkCommand { call, allocation_id, offer };
        match room(both.new.driver.accept_link(command).await)? {
            Some(accepted) => return Ok(Ends { left: asked.id, new: accepted.id }),
            None => close(&both.left.cloud, &asked, "-close").await?,
        }
    }
    Err(Stop::failed("no_capacity", "the clouds have no room for a link between them"))
}

async fn ask(both: &Both, peer: &LinkPeer, mbps: u32) -> Result<Link, DriverError> {
    let call = both.left.cloud.call(&format!("-{mbps}")).map_err(|error| {
        DriverError::rejected(ProblemCode::InvalidRequest, error.reason().to_string())
    })?;
    let request = LinkRequest { peer: peer.clone(), mbps, isolation: LinkIsolation::Tunnel };
    let allocation_id = both.left.id.clone();
    both.left.cloud.driver.open_link(LinkCommand { call, allocation_id, request }).await
}

/// Nothing where a cloud has no room for it.
fn room(answer: Result<Link, DriverError>) -> Result<Option<Link>, Stop> {
    match answer {
        Ok(link) => Ok(Some(link)),
        Err(error)
            if matches!(
                error.code(),
                Some(ProblemCode::CapacityExhausted | ProblemCode::QuotaExceeded)
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(stop(error)),
    }
}

async fn close(cloud: &Cloud, link: &Link, part: &str) -> Result<(), Stop> {
    let call = cloud.call(&format!("{part}-{}", link.id))?;
    let command = CloseLinkCommand { call, link_id: link.id.clone() };
    match cloud.driver.close_link(command).await {
        Ok(_) | Err(DriverError::Gone { .. }) => Ok(()),
        Err(error) => Err(stop(error)),
    }
}

/// Takes down whatever links the two allocations have: nothing but a move links them. The cloud that goes on comes
/// first, so that it does not wait for the other.
pub(super) async fn unlink(input: StepInput<Broker>) -> StepResult {
    if !carries(&input)? {
        return Ok(Done::empty());
    }
    let wanted: MoveInput = input.run.input()?;
    let left = left(&input).await?;
    close_all(&left.cloud, &left.id).await?;
    let held: Option<Allocation> = input.run.output_if_done("hold")?;
    if let Some(held) = held {
        let new = Cloud::of(&input, wanted.wanted.provider).await?;
        close_all(&new, &held.id).await?;
        // Without the link it comes to its end soon; until then it holds the volume.
        let waited = input.clock.now().since(input.first_started_at);
        if waited < SETTLE_US && is_pulling(&new, &held.id).await? {
            return Err(Stop::sleep(LOOK, "pulling", "what was being brought over ends"));
        }
    }
    Ok(Done::empty())
}

fn is_pull(work: &LongOperation) -> bool {
    work.kind == WorkKind::Pull && work.state == WorkState::Running
}

async fn is_pulling(cloud: &Cloud, id: &AllocationId) -> Result<bool, Stop> {
    match cloud.driver.long_operations(id).await {
        Ok(all) => Ok(all.iter().any(is_pull)),
        Err(DriverError::Gone { .. }) => Ok(false),
        Err(error) if error.code() == Some(ProblemCode::Unsupported) => Ok(false),
        Err(error) => Err(stop(error)),
    }
}

async fn close_all(cloud: &Cloud, id: &AllocationId) -> Result<(), Stop> {
    let links = match cloud.driver.links(id).await {
        Ok(links) => links,
        Err(DriverError::Gone { .. }) => return Ok(()),
        Err(error) => return Err(stop(error)),
    };
    for link in links.iter().filter(|link| link.state != LinkState::Down) {
        close(cloud, link, "").await?;
    }
    Ok(())
}

/// What is carried stands still.
pub(super) async fn halt(input: StepInput<Broker>) -> StepResult {
    if !carries(&input)? {
        return Ok(Done::empty());
    }
    let target = left(&input).await?;
    let found = halting::halt(&input, &target).await?;
    note_left(&input, &target, &found, GROUP)
}

/// The service goes on where it was.
pub(super) async fn resume(input: StepInput<Broker>) -> StepResult {
    if !carries(&input)? {
        return Ok(Done::empty());
    }
    let target = left(&input).await?;
    let wanted: MoveInput = input.run.input()?;
    let opened = halting::resume(&input, &target, &wanted.wanted.service_name).await?;
    note_left(&input, &target, &opened, GROUP)
}

/// The volume comes over, whole, as the new cloud compares it.
pub(super) async fn pull(input: StepInput<Broker>) -> StepResult {
    if !carries(&input)? {
        return Ok(Done::empty());
    }
    let both = Both::of(&input).await?;
    let ends: Ends = input.run.output("link")?;
    let share = ShareCommand {
        call: both.left.cloud.call("-share")?,
        link_id: ends.left,
        share: LinkShare { source: Some(ShareSource::Volume) },
    };
    both.left.cloud.driver.share_data(share).await.map_err(stop)?;
    let command = PullCommand { call: both.new.call("")?, link_id: ends.new };
    let work = both.new.driver.pull_data(command).await.map_err(stop)?;
    match (work.state, work.backup_id, work.problem) {
        (WorkState::Running, ..) => {
            let text = format!("{} of 100 parts of the data are there", work.progress);
            Err(Stop::sleep(LOOK, "pulling", text))
        }
        (WorkState::Succeeded, Some(backup), _) => Done::with(&backup),
        (_, _, problem) => {
            let text = problem.map_or_else(String::new, |problem| problem.detail);
            Err(Stop::failed("pull_failed", text))
        }
    }
}

/// What arrived is what was there, file by file, as each cloud says for itself.
pub(super) async fn compare(input: StepInput<Broker>) -> StepResult {
    if !carries(&input)? {
        return Ok(Done::empty());
    }
    let both = Both::of(&input).await?;
    let backup: BackupId = input.run.output("pull")?;
    let arrived = both.new.driver.backup_files(&backup).await.map_err(stop)?;
    if both.left.cloud.driver.capabilities().await.map_err(stop)?.export {
        let manifest = both.left.cloud.driver.export(&both.left.id).await.map_err(stop)?;
        if by_path(&manifest.files) != by_path(&arrived) {
            return Err(Stop::failed("data_differ", "what arrived is not what was there"));
        }
    }
    Done::with(&arrived.len())
}

fn by_path(files: &[BackedUpFile]) -> BTreeMap<&str, (i64, &str)> {
    files.iter().map(|each| (each.path.as_str(), (each.bytes, each.sha256.as_str()))).collect()
}

/// Notes what the cloud that is left answered: as the contract's own before the switch, as `left` after it.
pub(super) fn note_left(
    input: &StepInput<Broker>,
    target: &Target,
    allocation: &Allocation,
    kind: &'static str,
) -> StepResult {
    let contract = super::contract_id(&input.run)?;
    done_with(input, contract, allocation, (kind, &target.detail))
}
