//! Checks of links between two clouds: consent of both, a tunnel that carries no more than was booked, and its end. The
//! second cloud is spoken to through the driver: it is not what is examined.

use std::time::{Duration, Instant};

use crate::driver::{
    AcceptLinkCommand, AllocationCommand, Call, CloseLinkCommand, ConfirmCommand, Driver,
    DriverError, HoldCommand, ImageCommand, LinkCommand, PullCommand, PullImageCommand,
    ReserveCommand, ShareCommand, StartCommand,
};
use crate::http::HttpDriver;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::suite::work::begun;
use crate::wire::{
    AllocationId, BackupFilePage, BackupId, EventPage, HoldRequest, HoldSupport, IdempotencyKey,
    Image, ImageId, ImageRequest, ImageState, Link, LinkIsolation, LinkOffer, LinkPage, LinkPeer,
    LinkProbe, LinkRequest, LinkShare, LinkState, LinkSupport, LongOperation, Quota,
    ReserveRequest, ShareSource, StartRequest, WorkKind, WorkState,
};

/// What a link of a check carries, in megabits per second.
const MBPS: u32 = 8;
/// A measurement may be so much above what was booked: what passes ahead of time, in percent.
const ABOVE_PERCENT: i64 = 150;
/// How long a tunnel may take to come up or to be told as down.
const LIMIT: Duration = Duration::from_secs(15);
/// How often that is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// The second cloud with an allocation of its own.
struct Other {
    driver: HttpDriver,
    id: AllocationId,
    peer: LinkPeer,
}

/// A refusal of the second cloud is no finding of the first: nothing can be said.
#[expect(clippy::needless_pass_by_value, reason = "it is a step of map_err")]
fn skip(error: DriverError) -> Stop {
    Stop::Skip(format!("the second cloud does not do its part: {error}"))
}

fn call(desk: &Desk<'_>, name: &str) -> Result<Call, Stop> {
    let key = IdempotencyKey::parse(desk.key(&format!("other-{name}")));
    Ok(Call { key: key.map_err(|error| Stop::Skip(error.to_string()))?, epoch: 1 })
}

fn support<'a>(desk: &'a Desk<'_>) -> Result<&'a LinkSupport, Stop> {
    let told = desk.room.capabilities.links.as_ref();
    told.ok_or_else(|| Stop::Skip("the cloud does not say that it makes links".to_owned()))
}

async fn other(desk: &Desk<'_>) -> Result<Other, Stop> {
    support(desk)?;
    let Some(config) = &desk.room.target.second else {
        return Err(Stop::Skip("no second cloud was given".to_owned()));
    };
    let driver = HttpDriver::new(config.clone()).map_err(|error| Stop::Skip(error.to_string()))?;
    let told = driver.capabilities().await.map_err(skip)?;
    let (Some(links), Some(zone)) = (told.links, told.zones.first()) else {
        return Err(Stop::Skip("the second cloud does not say that it makes links".to_owned()));
    };
    let (label, region) = (format!("{}-other", desk.label()), zone.zone.region.clone());
    let resources = desk.room.group();
    let id = if told.hold == HoldSupport::None {
        let request = ReserveRequest { label, region, resources, quota: Quota::default() };
        let command = ReserveCommand { call: call(desk, "hold")?, request };
        driver.reserve(command).await.map_err(skip)?.id
    } else {
        let request =
            HoldRequest { label, region, resources, links: Vec::new(), ttl_seconds: Some(60) };
        let command = HoldCommand { call: call(desk, "hold")?, request };
        let allocation_id = driver.hold(command).await.map_err(skip)?.id;
        let (call, quota) = (call(desk, "confirm")?, Quota::default());
        let command = ConfirmCommand { call, allocation_id, quota };
        driver.confirm(command).await.map_err(skip)?.id
    };
    Ok(Other { driver, id, peer: links.peer })
}

impl Other {
    async fn accept(&self, desk: &Desk<'_>, name: &str, offer: LinkOffer) -> Result<Link, Stop> {
        let allocation_id = self.id.clone();
        let command = AcceptLinkCommand { call: call(desk, name)?, allocation_id, offer };
        self.driver.accept_link(command).await.map_err(skip)
    }

    async fn becomes(&self, link: &Link, state: LinkState) -> Outcome {
        let begun = Instant::now();
        loop {
            let seen = self.driver.link(&link.id).await.map_err(skip)?;
            if seen.state == state {
                return Ok(());
            }
            if begun.elapsed() > LIMIT {
                let expected = format!("the link becomes {} at the second cloud", state.as_str());
                return Err(finding(expected, seen.state.as_str()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Gives back what was booked at the second cloud, whatever was found.
    async fn then_release(self, desk: &Desk<'_>, outcome: Outcome) -> Outcome {
        let command =
            AllocationCommand { call: call(desk, "release")?, allocation_id: self.id.clone() };
        let released = self.driver.release(command).await;
        outcome?;
        released.map(|_| ()).map_err(skip)
    }
}

async fn booked(desk: &Desk<'_>) -> Result<AllocationId, Stop> {
    let id = desk.hold("hold").await?.id;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    Ok(id)
}

fn request(peer: &LinkPeer) -> LinkRequest {
    LinkRequest { peer: peer.clone(), mbps: MBPS, isolation: LinkIsolation::Tunnel }
}

async fn ask(desk: &Desk<'_>, name: &str, id: &AllocationId, request: &LinkRequest) -> Answer {
    desk.send(&desk.ask_on(name, 1, paths::LINKS, id).json(request)).await
}

async fn look(desk: &Desk<'_>, link: &Link) -> Result<Link, Stop> {
    desk.get(paths::LINK, link.id.as_str()).await.value()
}

async fn close(desk: &Desk<'_>, name: &str, link: &Link) -> Answer {
    let ask = Ask::new("DELETE", paths::with(paths::LINK, link.id.as_str()));
    desk.send(&ask.key(desk.key(name)).epoch(1)).await
}

async fn becomes(desk: &Desk<'_>, link: &Link, state: LinkState, when: &str) -> Result<Link, Stop> {
    let begun = Instant::now();
    loop {
        let seen = look(desk, link).await?;
        if seen.state == state {
            same("the common state of the link", seen.common, state.common())?;
            return Ok(seen);
        }
        if begun.elapsed() > LIMIT {
            return Err(finding(
                format!("{when} the link is {}", state.as_str()),
                seen.state.as_str(),
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A link that the examined cloud was asked for and the second accepted, with its tunnel up.
async fn up(desk: &Desk<'_>, id: &AllocationId, other: &Other) -> Result<(Link, Link), Stop> {
    let asked: Link = ask(desk, "link", id, &request(&other.peer)).await.value()?;
    let accepted = other.accept(desk, "accept", offered(&asked)?).await?;
    let asked = becomes(desk, &asked, LinkState::Up, "after both consented").await?;
    other.becomes(&accepted, LinkState::Up).await?;
    Ok((asked, accepted))
}

fn offered(asked: &Link) -> Result<LinkOffer, Stop> {
    asked.offer.clone().ok_or_else(|| finding("a link that waits tells its offer", "none"))
}

pub(in crate::suite) async fn consent(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = consented(desk, &other).await;
    other.then_release(desk, outcome).await
}

async fn consented(desk: &Desk<'_>, other: &Other) -> Outcome {
    let id = booked(desk).await?;
    let asked: Link = ask(desk, "link", &id, &request(&other.peer)).await.value()?;
    same("the state of a link that was asked for", asked.state, LinkState::Requested)?;
    let offer = offered(&asked)?;
    same("the link of the offer", &offer.link_id, &asked.id)?;
    same("where the offer says to call", &offer.peer, &support(desk)?.peer)?;
    // What one side alone says brings nothing up, and neither does a wrong key.
    let wrong = LinkOffer { activation_key: "not-the-key".to_owned(), ..offer.clone() };
    let guessed = other.accept(desk, "guess", wrong).await?;
    tokio::time::sleep(LOOK * 10).await;
    same("the state after a wrong key", look(desk, &asked).await?.state, LinkState::Requested)?;
    let command = CloseLinkCommand { call: call(desk, "close")?, link_id: guessed.id };
    other.driver.close_link(command).await.map_err(skip)?;
    let accepted = other.accept(desk, "accept", offer).await?;
    let seen = becomes(desk, &asked, LinkState::Up, "after both consented").await?;
    other.becomes(&accepted, LinkState::Up).await?;
    holds("an offer that was accepted is told no more", seen.offer.is_none(), "it is")?;
    same("the link at the other side", seen.peer_link_id, Some(accepted.id))
}

pub(in crate::suite) async fn accepts(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = accepted(desk, &other).await;
    other.then_release(desk, outcome).await
}

async fn accepted(desk: &Desk<'_>, other: &Other) -> Outcome {
    let id = booked(desk).await?;
    let command = LinkCommand {
        call: call(desk, "link")?,
        allocation_id: other.id.clone(),
        request: request(&support(desk)?.peer),
    };
    let asked = other.driver.open_link(command).await.map_err(skip)?;
    let accept = desk.ask_on("accept", 1, paths::ACCEPT_LINK, &id).json(&offered(&asked)?);
    let mut links: Vec<Link> = Vec::new();
    for _ in 0..2 {
        links.push(desk.send(&accept).await.value()?);
    }
    let [link, again] = &links[..] else { return Ok(()) };
    same("the id of a link accepted twice with one key", &again.id, &link.id)?;
    becomes(desk, link, LinkState::Up, "after it accepted").await?;
    other.becomes(&asked, LinkState::Up).await
}

pub(in crate::suite) async fn carries(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = carried(desk, &other).await;
    other.then_release(desk, outcome).await
}

async fn carried(desk: &Desk<'_>, other: &Other) -> Outcome {
    let id = booked(desk).await?;
    let before = desk.free().await?;
    let (link, _) = up(desk, &id, other).await?;
    let after = desk.free().await?;
    // A second cloud that is the first takes its part too.
    let taken = before.mbps.saturating_sub(after.mbps);
    holds("a link takes bandwidth", taken >= i64::from(MBPS), format_args!("{taken} Mbit/s"))?;
    let path = paths::with(paths::PROBE_LINK, link.id.as_str());
    let probe: LinkProbe = desk.send(&Ask::new("POST", path)).await.value()?;
    holds("a round trip takes time", probe.rtt_us > 0, probe.rtt_us)?;
    let most = i64::from(MBPS) * 10 * ABOVE_PERCENT;
    let fits = (1..=most).contains(&probe.throughput_kbps);
    let expected = format!("some throughput, and no more than {MBPS} Mbit/s were booked");
    holds(&expected, fits, format_args!("{} kbit/s", probe.throughput_kbps))?;
    let seen = look(desk, &link).await?;
    let counted = seen.sent_bytes >= probe.bytes && probe.bytes > 0;
    holds("what a link carried is counted", counted, format_args!("{} bytes", seen.sent_bytes))
}

pub(in crate::suite) async fn down(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = taken_down(desk, &other).await;
    other.then_release(desk, outcome).await
}

async fn taken_down(desk: &Desk<'_>, other: &Other) -> Outcome {
    let id = booked(desk).await?;
    let before = desk.free().await?;
    let (link, accepted) = up(desk, &id, other).await?;
    for name in ["close", "close", "close-again"] {
        let closed: Link = close(desk, name, &link).await.value()?;
        same("the state of the link after it was taken down", closed.state, LinkState::Down)?;
    }
    let path = paths::with(paths::PROBE_LINK, link.id.as_str());
    desk.send(&Ask::new("POST", path)).await.refused(Code::WrongState)?;
    other.becomes(&accepted, LinkState::Down).await?;
    desk.free_is(before, "after the link was taken down").await?;
    let page: LinkPage = desk.get(paths::LINKS, id.as_str()).await.value()?;
    let listed: Vec<_> = page.items.iter().map(|each| (&each.id, each.state)).collect();
    same("the links that are listed", listed, vec![(&link.id, LinkState::Down)])
}

pub(in crate::suite) async fn refused(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let good = request(&support(desk)?.peer);
    let held = desk.hold("held").await?;
    ask(desk, "early", &held.id, &good).await.refused(Code::WrongState)?;
    let id = booked(desk).await?;
    let none = LinkRequest { mbps: 0, ..good.clone() };
    ask(desk, "none", &id, &none).await.names("/mbps")?;
    let peer = LinkPeer { public_key: "no key".to_owned(), ..good.peer.clone() };
    ask(desk, "key", &id, &LinkRequest { peer, ..good.clone() }).await.names("/peer/publicKey")?;
    if !support(desk)?.isolation.contains(&LinkIsolation::Segment) {
        let other = LinkRequest { isolation: LinkIsolation::Segment, ..good.clone() };
        ask(desk, "isolation", &id, &other).await.refused(Code::Unsupported)?;
    }
    let first: Link = ask(desk, "link", &id, &good).await.value()?;
    let again: Link = ask(desk, "link", &id, &good).await.value()?;
    same("the id of a link asked for twice with one key", &again.id, &first.id)?;
    desk.get(paths::LINK, super::door::NEVER).await.refused(Code::NotFound)?;
    Ok(())
}

pub(in crate::suite) async fn released(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = after_release(desk, &other).await;
    other.then_release(desk, outcome).await
}

async fn after_release(desk: &Desk<'_>, other: &Other) -> Outcome {
    let id = booked(desk).await?;
    let (link, accepted) = up(desk, &id, other).await?;
    desk.act("release", 1, paths::RELEASE, &id).await.in_state(S::Released)?;
    same("the state after the release", look(desk, &link).await?.state, LinkState::Down)?;
    other.becomes(&accepted, LinkState::Down).await?;
    let path = format!("{}?label={}", paths::EVENTS, desk.label());
    let feed: EventPage = desk.send(&Ask::new("GET", path)).await.value()?;
    let told: Vec<&str> = feed
        .items
        .iter()
        .filter_map(|event| event.data.link.as_ref())
        .filter(|told| told.id == link.id)
        .map(|told| told.state.as_str())
        .collect();
    same("what the feed tells of the link", told, vec!["requested", "accepted", "up", "down"])
}

pub(in crate::suite) async fn shares(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = shared(desk, &other).await;
    other.then_end(desk, outcome).await
}

/// The examined cloud gives, the second takes.
async fn shared(desk: &Desk<'_>, other: &Other) -> Outcome {
    let ready = super::backups::serving(desk).await?;
    super::backups::use_it(desk, &ready).await?;
    let id = ready.id;
    let work = begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
    let backup_id = backup_of(desk.succeeded(&work).await?)?;
    let (link, accepted) = up(desk, &id, other).await?;
    let early = other.pull(desk, "early", &accepted).await?;
    same("how a pull ends of which nothing is shared", early.state, WorkState::Failed)?;
    let source = Some(ShareSource::Backup { backup_id: backup_id.clone() });
    let path = paths::with(paths::SHARE, link.id.as_str());
    let ask = Ask::new("PUT", path).json(&LinkShare { source: source.clone() });
    let told: Link = desk.send(&ask.key(desk.key("share")).epoch(1)).await.value()?;
    same("what the link shares", told.shared, source)?;
    let pulled = other.pull(desk, "pull", &accepted).await?;
    same("how a pull of what is shared ends", pulled.state, WorkState::Succeeded)?;
    let page: BackupFilePage = desk.get(paths::BACKUP_FILES, backup_id.as_str()).await.value()?;
    let arrived = other.driver.backup_files(&backup_of(pulled)?).await.map_err(skip)?;
    same("the files that have arrived at the second cloud", arrived, page.items)
}

pub(in crate::suite) async fn pulls(desk: &Desk<'_>) -> Outcome {
    let other = other(desk).await?;
    let outcome = pulled(desk, &other).await;
    other.then_end(desk, outcome).await
}

/// The second cloud gives, the examined takes.
async fn pulled(desk: &Desk<'_>, other: &Other) -> Outcome {
    let backup_id = other.backup(desk).await?;
    let id = booked(desk).await?;
    let (link, accepted) = up(desk, &id, other).await?;
    let share = LinkShare { source: Some(ShareSource::Backup { backup_id: backup_id.clone() }) };
    let command = ShareCommand { call: call(desk, "share")?, link_id: accepted.id, share };
    other.driver.share_data(command).await.map_err(skip)?;
    let ask = Ask::new("POST", paths::with(paths::PULL, link.id.as_str()));
    let ask = ask.key(desk.key("pull")).epoch(1);
    let (first, again) = (begun(&desk.send(&ask).await)?, begun(&desk.send(&ask).await)?);
    same("the id of a pull sent twice with one key", &again.id, &first.id)?;
    same("the kind of the work", first.kind, WorkKind::Pull)?;
    let done = desk.succeeded(&first).await?;
    let page: BackupFilePage =
        desk.get(paths::BACKUP_FILES, backup_of(done)?.as_str()).await.value()?;
    let sent = other.driver.backup_files(&backup_id).await.map_err(skip)?;
    same("the files that have arrived", page.items, sent)?;
    // What was pulled is data: nothing of it is given back without an erasure.
    desk.act("early", 1, paths::RELEASE, &id).await.refused(Code::NotErased)?;
    desk.start("start", &id).await?.in_state(S::Ready)?;
    desk.ended(&id, 1).await?;
    Ok(())
}

/// An image goes through the link, whichever side the examined cloud is on.
pub(in crate::suite) async fn images(desk: &Desk<'_>) -> Outcome {
    let (image, bytes) = super::images::some(desk).await?;
    let other = other(desk).await?;
    let outcome = images_pulled(desk, &other, &image, &bytes).await;
    other.then_release(desk, outcome).await
}

async fn images_pulled(desk: &Desk<'_>, other: &Other, given: &Image, bytes: &[u8]) -> Outcome {
    let id = booked(desk).await?;
    let (link, accepted) = up(desk, &id, other).await?;
    let request = super::images::request(desk, bytes)?;
    // It gives: what is shared arrives whole at the second cloud.
    let share = LinkShare { source: Some(ShareSource::Image { image_id: given.id.clone() }) };
    let ask = Ask::new("PUT", paths::with(paths::SHARE, link.id.as_str())).json(&share);
    let told: Link = desk.send(&ask.key(desk.key("share")).epoch(1)).await.value()?;
    same("what the link shares", told.shared, share.source)?;
    let image = request.clone();
    let link_id = accepted.id.clone();
    let command = PullImageCommand { call: call(desk, "pull-image")?, link_id, image };
    let work = other.driver.pull_image(command).await.map_err(skip)?;
    let work = other.end_of(&work).await?;
    same("how the pull of an image that is shared ends", work.state, WorkState::Succeeded)?;
    let arrived = other.driver.image(&image_of(work)?).await.map_err(skip)?;
    same("the digest that arrived at the second cloud", &arrived.sha256, &given.sha256)?;
    let share = LinkShare { source: Some(ShareSource::Image { image_id: arrived.id.clone() }) };
    let command = ShareCommand { call: call(desk, "share")?, link_id: accepted.id, share };
    other.driver.share_data(command).await.map_err(skip)?;
    let made = image_taken(desk, &link, &request, given).await?;
    super::images::delete_all(desk, &[made, given.id.clone()]).await?;
    let command = ImageCommand { call: call(desk, "delete-image")?, image_id: arrived.id };
    other.driver.delete_image(command).await.map(|_| ()).map_err(skip)
}

/// It takes: what is shared comes once for each key, and nothing else than was declared.
async fn image_taken(
    desk: &Desk<'_>,
    link: &Link,
    request: &ImageRequest,
    given: &Image,
) -> Result<ImageId, Stop> {
    let pull = |name: &str, request: &ImageRequest| {
        let ask = Ask::new("POST", paths::with(paths::PULL_IMAGE, link.id.as_str()));
        ask.json(request).key(desk.key(name)).epoch(1)
    };
    let ask = pull("pull", request);
    let (first, again) = (begun(&desk.send(&ask).await)?, begun(&desk.send(&ask).await)?);
    same("the id of a pull sent twice with one key", &again.id, &first.id)?;
    same("the kind of the work", first.kind, WorkKind::Pull)?;
    let made = image_of(desk.succeeded(&first).await?)?;
    let taken: Image = desk.get(paths::IMAGE, made.as_str()).await.value()?;
    same("the state of an image that was pulled", taken.state, ImageState::Ready)?;
    same("the digest that has arrived", &taken.sha256, &given.sha256)?;
    same("the link that it came through", taken.pulled_through.as_ref(), Some(&link.id))?;
    let other_digest = ImageRequest { sha256: "0".repeat(64), ..request.clone() };
    let wrong = begun(&desk.send(&pull("wrong", &other_digest)).await)?;
    let ended = desk.ended_work(&wrong).await?;
    same("how a pull of something else than was declared ends", ended.state, WorkState::Failed)?;
    let code = ended.problem.as_ref().map(|problem| problem.code);
    same("why it failed", code, Some(Code::DigestMismatch))?;
    let failed: Image = desk.get(paths::IMAGE, image_of(ended)?.as_str()).await.value()?;
    same("the state of what was something else", failed.state, ImageState::Failed)?;
    Ok(made)
}

/// The image that a piece of work is about.
fn image_of(work: LongOperation) -> Result<ImageId, Stop> {
    work.image_id.ok_or_else(|| finding("the work names its image", "it does not"))
}

/// The backup that a piece of work is about.
fn backup_of(work: LongOperation) -> Result<BackupId, Stop> {
    work.backup_id.ok_or_else(|| finding("the work names its backup", "it does not"))
}

impl Other {
    /// Takes what is shared, to its end.
    async fn pull(&self, desk: &Desk<'_>, name: &str, link: &Link) -> Result<LongOperation, Stop> {
        let command = PullCommand { call: call(desk, name)?, link_id: link.id.clone() };
        let work = self.driver.pull_data(command).await.map_err(skip)?;
        self.end_of(&work).await
    }

    async fn end_of(&self, work: &LongOperation) -> Result<LongOperation, Stop> {
        let begun = Instant::now();
        loop {
            let seen = self.driver.long_operation(&work.id).await.map_err(skip)?;
            if seen.state != WorkState::Running {
                return Ok(seen);
            }
            if begun.elapsed() > LIMIT {
                return Err(finding("work of the second cloud ends in time", "it did not"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A backup of a service that has run.
    async fn backup(&self, desk: &Desk<'_>) -> Result<BackupId, Stop> {
        let Some(application) = desk.room.application() else {
            return Err(Stop::Skip("the cloud names no application to start".to_owned()));
        };
        let request = StartRequest {
            application: Some(application.to_owned()),
            image: None,
            service_name: "Conformance".to_owned(),
            settings: Default::default(),
            values: Default::default(),
        };
        let allocation_id = self.id.clone();
        let start = StartCommand { call: call(desk, "start")?, allocation_id, request };
        self.driver.start(start).await.map_err(skip)?;
        let open = self.driver.allow(self.command(desk, "allow")?).await.map_err(skip)?;
        if let Some(endpoint) = &open.endpoint {
            // Where addresses may not be asked from here, there are no files to compare.
            let _ = desk.room.probe.probe(&endpoint.url).await;
        }
        let work = self.driver.backup(self.command(desk, "backup")?).await.map_err(skip)?;
        backup_of(self.end_of(&work).await?)
    }

    fn command(&self, desk: &Desk<'_>, name: &str) -> Result<AllocationCommand, Stop> {
        Ok(AllocationCommand { call: call(desk, name)?, allocation_id: self.id.clone() })
    }

    /// As [`Self::then_release`], of what may hold data.
    async fn then_end(self, desk: &Desk<'_>, outcome: Outcome) -> Outcome {
        let stopped = self.driver.stop(self.command(desk, "stop")?).await;
        let erased = self.driver.erase(self.command(desk, "erase")?).await;
        let outcome = self.then_release(desk, outcome).await;
        outcome?;
        stopped.map_err(skip)?;
        erased.map(|_| ()).map_err(skip)
    }
}
