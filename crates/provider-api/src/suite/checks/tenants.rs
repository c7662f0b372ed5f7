//! Checks of tenants: what one may have, and that another neither sees nor changes what is not its own.

use super::door::NEVER;
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Bearer, Desk};
use crate::wire::{Allocation, AllocationPage, ResourceGroup, TenantQuota};

/// An epoch that would fence everybody else.
const HIGH: i64 = 1_000_000;

pub(in crate::suite) async fn apart(desk: &Desk<'_>) -> Outcome {
    let Some(other) = &desk.room.target.other_token else {
        return Err(Stop::Skip("no token of a second tenant was given".to_owned()));
    };
    let as_other = |mut ask: Ask| {
        ask.bearer = Bearer::Other(other.reveal().to_owned());
        ask
    };
    let held = desk.hold("hold").await?;
    for route in [paths::ALLOCATION, paths::RESOURCES, paths::LIVENESS, paths::METER] {
        let mut said = Vec::new();
        for id in [held.id.as_str(), NEVER] {
            let ask = as_other(Ask::new("GET", paths::with(route, id)));
            let problem = desk.send(&ask).await.refused(Code::NotFound)?;
            said.push(problem.detail.replace(id, "ID"));
        }
        same(
            "what is said of another tenant's id, as of one that does not exist",
            &said[0..1],
            &said[1..2],
        )?;
    }
    let drop = desk.ask_on("fence", HIGH, desk.let_go_route(), &held.id);
    desk.send(&as_other(drop)).await.refused(Code::NotFound)?;
    let seen = desk.look(&held.id).await?;
    same("the state after another tenant's call", seen.state, desk.secured())?;
    same("the epoch after another tenant's call", seen.epoch, held.epoch)?;
    let by_key = Ask::new("GET", paths::with(paths::OPERATION, &desk.key("hold")));
    desk.send(&as_other(by_key)).await.refused(Code::NotFound)?;
    // The same key and body, and yet a hold of its own.
    let ask = as_other(desk.ask_hold("hold", desk.room.group(), 60));
    let theirs: Allocation = desk.send(&ask).await.value()?;
    holds("a key is its tenant's own", theirs.id != held.id, "it was another tenant's hold")?;
    let mut list = Ask::new("GET", format!("{}?label={}", paths::ALLOCATIONS, desk.label()));
    let mine: AllocationPage = desk.send(&list).await.value()?;
    list = as_other(list);
    let listed: AllocationPage = desk.send(&list).await.value()?;
    let dropped = as_other(desk.ask_on("drop", 1, desk.let_go_route(), &theirs.id));
    desk.send(&dropped).await.in_state(S::Released)?;
    let ids =
        |page: &AllocationPage| page.items.iter().map(|each| each.id.clone()).collect::<Vec<_>>();
    same("what the first tenant lists", ids(&mine), vec![held.id])?;
    same("what the second tenant lists", ids(&listed), vec![theirs.id])
}

pub(in crate::suite) async fn quota(desk: &Desk<'_>) -> Outcome {
    if !desk.room.capabilities.quota {
        return Err(Stop::Skip("the cloud knows no quotas".to_owned()));
    }
    let told = ask(desk).await?;
    let held = desk.hold("hold").await?;
    let after = ask(desk).await?;
    let grown = after.used.minus(&told.used);
    same("what is used more after a hold", grown, held.resources.amounts())?;
    desk.drop_hold("drop", &held.id).await.in_state(S::Released)?;
    same("what is used after the hold was dropped", ask(desk).await?.used, told.used)?;
    let (group, pointer) = beyond(desk, &told)?;
    let problem = desk.hold_group("beyond", group, 60).await.refused(Code::QuotaExceeded)?;
    let named = problem.errors.iter().any(|fault| fault.pointer == pointer);
    holds(&format!("the quota is named by {pointer}"), named, format!("{:?}", problem.errors))?;
    same("the number of allocations after the refusal", desk.list(&desk.label()).await?.len(), 1)
}

async fn ask(desk: &Desk<'_>) -> Result<TenantQuota, Stop> {
    let told: TenantQuota = desk.send(&Ask::new("GET", paths::QUOTA)).await.value()?;
    if told.tenant.is_empty() {
        return Err(finding("the tenant has a name", "none"));
    }
    Ok(told)
}

/// A group that goes beyond one limit by one, where the API can say that.
fn beyond(desk: &Desk<'_>, told: &TenantQuota) -> Result<(ResourceGroup, &'static str), Stop> {
    let left = told.limits.left(&told.used);
    let ask = |rest: i64, most: i64| {
        let more = rest.saturating_add(1).max(1);
        if more <= most { u32::try_from(more).ok() } else { None }
    };
    let mut group = desk.room.group();
    if let Some(gb) = ask(left.storage_gb, 1_048_576) {
        group.storage.gb = gb;
        return Ok((group, "/resources/storage/gb"));
    }
    if let Some(mbps) = ask(left.mbps, 1_000_000) {
        group.network.mbps = mbps;
        return Ok((group, "/resources/network/mbps"));
    }
    if let Some(count) = ask(left.instances, 64) {
        group.compute.count = count;
        return Ok((group, "/resources/compute/count"));
    }
    if let Some(vcpu) = ask(left.vcpu, 1024) {
        group.compute.vcpu = vcpu;
        return Ok((group, "/resources/compute/vcpu"));
    }
    Err(Stop::Skip("no limit of the tenant is within what one hold can ask for".to_owned()))
}
