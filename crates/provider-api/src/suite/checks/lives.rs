//! Checks of whole lives: repetition of every call, access, restarts, generations, the graph of resources.

use crate::paths;
use crate::probe::{Probe, ProbeError};
use crate::problem::ProblemCode as Code;
use crate::resource::{ResourceGraph, ResourceKind};
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::Desk;
use crate::wire::{Allocation, AllocationId, UsageRecord};

pub(in crate::suite) async fn whole(desk: &Desk<'_>) -> Outcome {
    let id = desk.hold("hold").await?.id;
    for _ in 0..2 {
        desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    }
    for _ in 0..2 {
        let ready = desk.start("start", &id).await?.in_state(S::Ready)?;
        let open = ready.endpoint.as_ref().is_some_and(|endpoint| endpoint.open);
        holds("access is closed until it is allowed", !open, "endpoint.open is true")?;
        let running = ready.instances.iter().filter(|each| each.running).count();
        same("the machines that run", running, 1)?;
    }
    if has_address(desk) {
        for name in ["allow", "allow", "allow-again"] {
            desk.act(name, 1, paths::ALLOW, &id).await.in_state(S::Active)?;
        }
        for name in ["deny", "deny", "deny-again"] {
            desk.act(name, 1, paths::DENY, &id).await.in_state(S::Ready)?;
        }
    }
    for name in ["stop", "stop", "stop-again"] {
        let stopped = desk.act(name, 1, paths::STOP, &id).await.in_state(S::Draining)?;
        let still = stopped.instances.iter().all(|instance| !instance.running);
        holds("nothing runs after a stop", still, "a machine runs")?;
    }
    same("the state seen later", desk.look(&id).await?.state, S::Draining)?;
    desk.ended(&id, 1).await?;
    desk.act("release-again", 1, paths::RELEASE, &id).await.in_state(S::Erased)?;
    let end = desk.look(&id).await?;
    same("the state at the end", end.state, S::Erased)?;
    holds("no address stays", end.endpoint.is_none(), format!("{:?}", end.endpoint))
}

fn has_address(desk: &Desk<'_>) -> bool {
    desk.room.group().network.endpoint != crate::wire::EndpointKind::None
}

fn address(allocation: &Allocation) -> Result<String, Stop> {
    let endpoint = allocation.endpoint.as_ref();
    endpoint.map(|endpoint| endpoint.url.clone()).ok_or_else(|| {
        finding("an allocation with an http endpoint has an address", "there is none")
    })
}

pub(in crate::suite) async fn access(desk: &Desk<'_>) -> Outcome {
    if !has_address(desk) {
        return Err(Stop::Skip("the cloud lends no addresses".to_owned()));
    }
    let ready = desk.running().await?;
    let url = address(&ready)?;
    closed(desk, &url, "before access is allowed").await?;
    let open = desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    same("the address after access was allowed", address(&open)?, url.clone())?;
    let flag = open.endpoint.as_ref().is_some_and(|endpoint| endpoint.open);
    holds("endpoint.open says that access is allowed", flag, "it is false")?;
    match desk.room.probe.probe(&url).await {
        Ok(answer) => holds("users get an answer", answer.is_up(), answer.status)?,
        Err(error) => return Err(finding("users get an answer", error)),
    }
    desk.act("deny", 1, paths::DENY, &ready.id).await.in_state(S::Ready)?;
    closed(desk, &url, "after access was denied").await
}

/// Nobody gets in at an address.
pub(super) async fn closed(desk: &Desk<'_>, url: &str, when: &str) -> Outcome {
    let expected = format!("nobody gets in at {url} {when}");
    match desk.room.probe.probe(url).await {
        Ok(answer) => Err(finding(expected, format!("status {}", answer.status))),
        Err(ProbeError::Forbidden(why)) => {
            Err(Stop::Skip(format!("addresses of services may not be asked from here: {why}")))
        }
        Err(_) => Ok(()),
    }
}

pub(in crate::suite) async fn application(desk: &Desk<'_>) -> Outcome {
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    let mut ask = desk.ask_start("start", &held.id)?;
    let name = format!("\"{}\"", desk.room.application().unwrap_or_default());
    ask.replace(&name, "\"conform-no-such-application\"");
    desk.send(&ask).await.refused(Code::Unsupported)?;
    let mut ask = desk.ask_start("nameless", &held.id)?;
    ask.replace("\"Conformance\"", "\"\"");
    desk.send(&ask).await.names("/serviceName")?;
    same("the state after refusals", desk.look(&held.id).await?.state, S::Reserved)
}

pub(in crate::suite) async fn restart(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    desk.start("start-again", &id).await?.in_state(S::Ready)?;
    let meter: UsageRecord = desk.get(paths::METER, id.as_str()).await.value()?;
    same("the intervals of use", meter.intervals.len(), 2)
}

pub(in crate::suite) async fn generation(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let held = desk.hold("hold").await?;
    let grown = |what: &str, before: i64, after: i64| {
        let expected = format!("{what} grows the generation beyond {before}");
        holds(&expected, after > before, after)
    };
    let extended = desk.extend("extend", &held.id, 50).await.allocation()?;
    grown("extending", held.generation, extended.generation)?;
    let booked = desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    grown("booking", extended.generation, booked.generation)?;
    let same_one = |what: &str, found: i64| same(what, found, booked.generation);
    let replay = desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    same_one("the generation after a repetition", replay.generation)?;
    desk.act("wrong", 1, paths::ALLOW, &held.id).await.refused(Code::WrongState)?;
    same_one("the generation after a refusal", desk.look(&held.id).await?.generation)
}

pub(in crate::suite) async fn resources(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    use ResourceKind::{Application, Compute, Endpoint, Network, Storage};
    let held = desk.hold("hold").await?;
    let graph = graph(desk, &held.id).await?;
    for kind in [Compute, Storage, Network] {
        let there = graph.resources.iter().any(|each| each.kind == kind);
        holds(&format!("a held group has {}", kind.as_str()), there, "there is none")?;
    }
    for each in &graph.resources {
        same("the state of each part", each.state, S::Held)?;
        same("the label of each part", each.labels.get("label"), Some(&held.label))?;
        same("the zone of each part", &each.zone, &held.zone)?;
    }
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    desk.start("start", &held.id).await?.in_state(S::Ready)?;
    let graph = self::graph(desk, &held.id).await?;
    let application = graph.resources.iter().find(|each| each.kind == Application);
    holds("a started group has an application", application.is_some(), "there is none")?;
    if has_address(desk) {
        let there = graph.resources.iter().any(|each| each.kind == Endpoint);
        holds("a group with an address has an endpoint", there, "there is none")?;
    }
    let compute = graph.resources.iter().find(|each| each.kind == Compute);
    let observed = compute.and_then(|each| each.observed);
    same("what is seen of a started machine", observed, Some(S::Ready))
}

async fn graph(desk: &Desk<'_>, id: &AllocationId) -> Result<ResourceGraph, Stop> {
    let graph: ResourceGraph = desk.get(paths::RESOURCES, id.as_str()).await.value()?;
    same("the allocation of the graph", &graph.allocation_id, id)?;
    match graph.check() {
        Ok(()) => Ok(graph),
        Err(fault) => Err(finding("the graph is one of the resource model", fault)),
    }
}
