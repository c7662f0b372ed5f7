//! `activate_contract`: plan → discover → hold → confirm → start → probe → allow → verify.
//!
//! Order: what cannot fail comes first, what costs money as late as possible, and users are let in
//! only when the service is up inside and watched (`watching`); `verify` then looks from outside, as they will. Undo walks
//! back: access closed, stopped and erased, released, hold dropped. Each undo first looks at the
//! allocation and does what is still to do there, also what a call that arrived late has done
//! (`take_down`), so repeating it is harmless, and a hold whose answer was lost is found again by its
//! key (F7.4.4). An order does the same for several contracts.

use super::at_once;
use super::cloud::{Cloud, contract_id, stop};
use super::place::{Placing, country_of};
use super::rows::{Ending, GroupDetail, done_with, end};
use super::seat::{Seat, parts};
use super::{take_down, watching};
use crate::contracts::Plan;
use crate::{Broker, preemption};
use domain::{ContractEvent, ProviderId};
use provider_api::{
    Allocation, AllocationId, ComputeSpec, ConfirmCommand, DiscoverAnswer, DiscoverRequest,
    EndpointKind, ExtendCommand, HoldCommand, HoldRequest, MonitoringRequest, NetworkSpec, Quota,
    ReserveTerms, ResourceGroup, ResourceState, StartCommand, StartRequest, StorageSpec,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use storage::workflow::Along;
use workflow::{
    Done, FinalInput, RetryPolicy, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
const ACTIVATE: &str = "activate_contract";

/// Long enough to confirm even when the broker restarts in between; capacity is not blocked longer.
const HOLD_TTL_SECONDS: u32 = 300;
/// Starting brings up real machines.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(90);
/// The built-in application of the reference clouds.
const APPLICATION: &str = "demo";
/// Bytes in a GB of storage.
const GB: i64 = 1_000_000_000;

/// What activation is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActivateInput {
    /// Whose cloud.
    pub provider: ProviderId,
    /// The bill of quantities.
    pub plan: Plan,
    /// How the customer calls the service.
    pub service_name: String,
}

/// An activation that takes over what a firm list holds under the contract's label.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TakenOver {
    /// As without a hold.
    #[serde(flatten)]
    pub wanted: ActivateInput,
    /// What is held already.
    pub held: AllocationId,
}

/// The same as it is read: also of an activation that takes nothing over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MayTakeOver {
    #[serde(default)]
    held: Option<AllocationId>,
}

/// What the look at the cloud told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Discovered {
    #[serde(flatten)]
    pub detail: GroupDetail,
    /// What is to be measured; absent where the cloud measures nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<MonitoringRequest>,
    /// What booking without a hold means; absent where the cloud holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<ReserveTerms>,
}

const STEPS: &[Step<Broker>] = &[
    Step::new("plan", |input| Box::pin(plan(input))),
    Step::new("discover", |input| Box::pin(discover(input))),
    Step::new("hold", |input| Box::pin(hold(input))).undo(|input| Box::pin(drop_hold(input))),
    Step::new("confirm", |input| Box::pin(confirm(input))).undo(|input| Box::pin(give_back(input))),
    Step::new("start", |input| Box::pin(start(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(stop_and_erase(input))),
    Step::new("probe", |input| Box::pin(probe(input))).undo(|input| Box::pin(stop_watching(input))),
    Step::new("allow", |input| Box::pin(allow(input))).undo(|input| Box::pin(deny(input))),
    Step::new("verify", |input| Box::pin(verify(input))),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(ACTIVATE, 1, STEPS)
        .on_done(|input, tx| Box::pin(activated(input, tx)))
        .on_undone(|input, tx| Box::pin(failed(input, tx)))
}

/// P6.1.i1: the bill of quantities in the provider's terms, and where it is to be.
pub(super) async fn plan(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let plan = seat.wanted.plan.clone();
    let resources = group_of(&plan)?;
    let country = country_of(&input, &seat, &plan.region).await?;
    Done::with(&Placing { region: plan.region, country, resources })
}

/// A bill of quantities in the provider's terms.
pub(crate) fn group_of(plan: &Plan) -> Result<ResourceGroup, Stop> {
    let fit = |value: i64| {
        u32::try_from(value).map_err(|_| Stop::failed("plan", "a quantity is out of range"))
    };
    Ok(ResourceGroup {
        compute: ComputeSpec {
            count: fit(plan.instances)?,
            vcpu: fit(plan.vcpu)?,
            ram_mb: fit(plan.ram_mb)?,
        },
        storage: StorageSpec { gb: fit(plan.storage_gb)? },
        network: NetworkSpec { mbps: fit(plan.network_mbps)?, endpoint: EndpointKind::Http },
    })
}

/// What the volume may hold: the gigabytes that were ordered.
pub(super) fn quota_of(plan: &Plan) -> Quota {
    Quota { storage_bytes: Some(plan.storage_gb.saturating_mul(GB)) }
}

/// F7.4.1: a live answer; the catalogue is trusted neither for room nor for where the cloud is.
pub(super) async fn discover(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let placing: Placing = seat.output(&input.run, "plan")?;
    let capabilities = cloud.driver.capabilities().await.map_err(stop)?;
    placing.check(&capabilities)?;
    let request = DiscoverRequest {
        region: placing.region.clone(),
        resources: placing.resources.clone(),
        links: Vec::new(),
    };
    let answer = cloud.driver.discover(&request).await.map_err(stop)?;
    placing.check_zone(&answer.zone)?;
    // What is held for this contract already may be what fills the cloud.
    if !answer.available && taken_over(&input, &cloud, &seat).await?.is_none() {
        return Err(no_room(&input, &seat, &placing, &answer).await);
    }
    let monitoring = watching::wanted(&capabilities);
    let at_once = at_once::terms(&capabilities);
    let detail = GroupDetail::of(capabilities.erasure_key, &answer.zone);
    Done::with(&Discovered { detail, monitoring, at_once })
}

/// F7.4.6: a service that is set up for the first time may be a lifeline for which others make room; one that is moved
/// runs where it is.
async fn no_room(
    input: &StepInput<Broker>,
    seat: &Seat,
    placing: &Placing,
    answer: &DiscoverAnswer,
) -> Stop {
    if seat.change.is_none() {
        let whose = (seat.contract, seat.wanted.provider);
        return preemption::make_room(input, whose, placing, answer).await;
    }
    placing.full()
}

/// F7.4.3, F7.4.4: compute, storage and network together or not at all, for a limited time; booked where
/// the cloud holds nothing.
pub(super) async fn hold(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    if let Some(terms) = at_once::terms_of(&input, &seat)? {
        return at_once::book(&input, &seat, &cloud, &terms).await;
    }
    let placing: Placing = seat.output(&input.run, "plan")?;
    let request = HoldRequest {
        label: seat.contract.to_string(),
        region: placing.region.clone(),
        resources: placing.resources.clone(),
        links: Vec::new(),
        ttl_seconds: Some(HOLD_TTL_SECONDS),
    };
    let allocation = match taken_over(&input, &cloud, &seat).await? {
        // From here on the hold is the contract's: its epoch is above that of the list.
        Some(held) => {
            let call = cloud.call("-take")?;
            let command =
                ExtendCommand { call, allocation_id: held.id, ttl_seconds: HOLD_TTL_SECONDS };
            cloud.driver.extend(command).await.map_err(stop)?
        }
        None => {
            let command = HoldCommand { call: cloud.call("")?, request };
            cloud.driver.hold(command).await.map_err(stop)?
        }
    };
    ours(&seat, &allocation, None)?;
    placing.check_zone(&allocation.zone)?;
    note(&input, &seat, &allocation)
}

/// In an order: a cloud that holds nothing waits until all others hold.
pub(super) async fn hold_only(input: StepInput<Broker>) -> StepResult {
    match at_once::terms_of(&input, &Seat::of(&input)?)? {
        Some(_) => Ok(Done::empty()),
        None => hold(input).await,
    }
}

/// Books what could not be held; what is held has nothing to do here.
pub(super) async fn reserve(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    match at_once::terms_of(&input, &seat)? {
        Some(terms) => at_once::book(&input, &seat, &cloud(&input, &seat).await?, &terms).await,
        None => hold_longer(&input, &seat).await,
    }
}

/// What is held waits for what is booked at other clouds; where that has taken half of its time, it is held longer.
async fn hold_longer(input: &StepInput<Broker>, seat: &Seat) -> StepResult {
    let held: Option<Allocation> = seat.output_if_done(&input.run, "hold")?;
    let Some((held, until_us)) = held.and_then(|held| held.held_until_us.map(|at| (held, at)))
    else {
        return Ok(Done::empty());
    };
    let left_us = until_us.saturating_sub(input.clock.now().0);
    if left_us < i64::from(HOLD_TTL_SECONDS) * 1_000_000 / 2 {
        let cloud = cloud(input, seat).await?;
        let command = ExtendCommand {
            call: cloud.call("-extend")?,
            allocation_id: held.id,
            ttl_seconds: HOLD_TTL_SECONDS,
        };
        cloud.driver.extend(command).await.map_err(stop)?;
    }
    Ok(Done::empty())
}

/// Lets go of what the step held or booked.
pub(super) async fn drop_hold(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let held: Option<Option<Allocation>> = seat.output_if_done(&input.run, parts(input.name).0)?;
    let id = match held.flatten() {
        Some(allocation) => Some(allocation.id),
        None => cloud.made_by(&input.forward_key()).await?,
    };
    // What would have been taken over goes too.
    let held =
        taken_over(&input, &cloud, &seat).await?.filter(|held| Some(&held.id) != id.as_ref());
    if let Some(held) = held {
        let gone = take_down::let_go(&cloud, held).await?;
        if id.is_none() {
            return note(&input, &seat, &gone);
        }
    }
    let Some(allocation) = look(&cloud, &seat, id).await? else {
        return Ok(Done::empty());
    };
    let gone = take_down::let_go(&cloud, allocation).await?;
    at_once::note_cancelled(&input, &seat, &cloud, &gone).await
}

/// What a firm list holds for the contract, while it is still held.
async fn taken_over(
    input: &StepInput<Broker>,
    cloud: &Cloud,
    seat: &Seat,
) -> Result<Option<Allocation>, Stop> {
    let held = input.run.input::<MayTakeOver>()?.held;
    let found = look(cloud, seat, held).await?;
    Ok(found.filter(|allocation| allocation.state == ResourceState::Held))
}

pub(super) async fn confirm(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    if at_once::terms_of(&input, &seat)?.is_some() {
        return at_once::booked(&input, &seat, &cloud).await;
    }
    let id = allocation_id(&input, &seat)?;
    let command = ConfirmCommand {
        call: cloud.call("")?,
        allocation_id: id.clone(),
        quota: quota_of(&seat.wanted.plan),
    };
    let allocation = cloud.driver.confirm(command).await.map_err(stop)?;
    ours(&seat, &allocation, Some(&id))?;
    seat.output::<Placing>(&input.run, "plan")?.check_zone(&allocation.zone)?;
    note(&input, &seat, &allocation)
}

pub(super) async fn give_back(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let Some(allocation) = look(&cloud, &seat, Some(allocation_id(&input, &seat)?)).await? else {
        return Ok(Done::empty());
    };
    note(&input, &seat, &take_down::give_back(&cloud, allocation).await?)
}

/// F7.6.2: started remotely with the values it needs to know.
pub(super) async fn start(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let id = allocation_id(&input, &seat)?;
    let command = StartCommand {
        call: cloud.call("")?,
        allocation_id: id.clone(),
        request: start_request(&seat.wanted.service_name),
    };
    let allocation = cloud.driver.start(command).await.map_err(stop)?;
    ours(&seat, &allocation, Some(&id))?;
    seat.output::<Placing>(&input.run, "plan")?.check_zone(&allocation.zone)?;
    note(&input, &seat, &allocation)
}

/// What is started, and the values it needs to know.
pub(super) fn start_request(service_name: &str) -> StartRequest {
    StartRequest {
        application: Some(APPLICATION.to_owned()),
        image: None,
        service_name: service_name.to_owned(),
        settings: BTreeMap::new(),
        values: BTreeMap::new(),
    }
}

pub(super) async fn stop_and_erase(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let Some(allocation) = look(&cloud, &seat, Some(allocation_id(&input, &seat)?)).await? else {
        return Ok(Done::empty());
    };
    note(&input, &seat, &take_down::stop_and_erase(&cloud, allocation).await?)
}

/// The cloud's own view of the service, and the beginning of watching (P6.1.i5), before anybody is let in.
pub(super) async fn probe(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let id = allocation_id(&input, &seat)?;
    let liveness = cloud.driver.liveness(&id).await.map_err(stop)?;
    if !liveness.alive {
        return Err(Stop::retry("not_alive", "the service does not answer inside its cloud"));
    }
    let seen: Discovered = seat.output(&input.run, "discover")?;
    let alive_at = input.clock.now();
    let watches = watching::begin(&cloud, &id, seen.monitoring, alive_at).await?;
    Ok(Done::with(&liveness)?.along(watching::rows(seat.contract, watches, alive_at)))
}

pub(super) async fn stop_watching(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let seen: Discovered = seat.output(&input.run, "discover")?;
    let Some(monitoring) = seen.monitoring else { return Ok(Done::empty()) };
    let cloud = cloud(&input, &seat).await?;
    let id = allocation_id(&input, &seat)?;
    if look(&cloud, &seat, Some(id.clone())).await?.is_some() {
        watching::end(&cloud, &id, monitoring).await?;
    }
    Ok(Done::empty())
}

/// IF13: closed until everything before has passed.
pub(super) async fn allow(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let id = allocation_id(&input, &seat)?;
    let allocation = cloud.driver.allow(cloud.command("", &id)?).await.map_err(stop)?;
    ours(&seat, &allocation, Some(&id))?;
    seat.output::<Placing>(&input.run, "plan")?.check_zone(&allocation.zone)?;
    note(&input, &seat, &allocation)
}

pub(super) async fn deny(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let cloud = cloud(&input, &seat).await?;
    let Some(allocation) = look(&cloud, &seat, Some(allocation_id(&input, &seat)?)).await? else {
        return Ok(Done::empty());
    };
    if allocation.state != ResourceState::Active {
        return Ok(Done::empty());
    }
    let command = cloud.command("", &allocation.id)?;
    let allocation = cloud.driver.deny(command).await.map_err(stop)?;
    note(&input, &seat, &allocation)
}

/// P6.1.i4: the job ends only when a probe through the customer-facing address passes.
pub(super) async fn verify(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let opened: Allocation = seat.output(&input.run, "allow")?;
    let (url, response_us) = ask(&input, &opened).await?;
    // What users get is watched from the first answer on.
    let sample = watching::answered(&input, seat.contract, response_us);
    Ok(Done::with(&url)?.along(Along::Sampled(sample)))
}

/// Whether the opened address answers as its users would see it.
pub(super) async fn answers(input: &StepInput<Broker>, opened: &Allocation) -> StepResult {
    Done::with(&ask(input, opened).await?.0)
}

/// The address that answered, and after how many microseconds.
async fn ask(input: &StepInput<Broker>, opened: &Allocation) -> Result<(String, i64), Stop> {
    let endpoint = opened
        .endpoint
        .as_ref()
        .ok_or_else(|| Stop::failed("no_address", "the cloud named no address of the service"))?;
    match input.env.inner.probe.probe(&endpoint.url).await {
        Ok(answer) if answer.is_up() => Ok((endpoint.url.clone(), answer.response_us)),
        Ok(answer) => {
            Err(Stop::retry("address_silent", format!("the service answers {}", answer.status)))
        }
        Err(error) => Err(Stop::retry("address_silent", error.to_string())),
    }
}

pub(super) async fn activated(input: FinalInput<Broker>, tx: &mut storage::Tx) -> Result<(), Stop> {
    let address: String = input.run.output("verify")?;
    let ending = Ending {
        event: ContractEvent::Activated,
        failure: None,
        address: Some(&address),
        audit: "contract.activated",
    };
    end(&input.env, tx, contract_id(&input.run)?, ending).await
}

pub(super) async fn failed(input: FinalInput<Broker>, tx: &mut storage::Tx) -> Result<(), Stop> {
    let failure = input.run.failure.as_ref().map_or("unknown", |failure| failure.code.as_str());
    let ending = Ending {
        event: ContractEvent::ActivationFailed,
        failure: Some(failure),
        address: None,
        audit: "contract.activation_failed",
    };
    end(&input.env, tx, contract_id(&input.run)?, ending).await
}

async fn cloud(input: &StepInput<Broker>, seat: &Seat) -> Result<Cloud, Stop> {
    Cloud::of(input, seat.wanted.provider).await
}

/// The held, booked or adopted allocation; every step after that has it.
pub(super) fn allocation_id(input: &StepInput<Broker>, seat: &Seat) -> Result<AllocationId, Stop> {
    if let Some(adopted) = seat.output_if_done::<Allocation>(&input.run, "adopt")? {
        return Ok(adopted.id);
    }
    let booked: Option<Option<Allocation>> = seat.output_if_done(&input.run, "reserve")?;
    match booked.flatten() {
        Some(booked) => Ok(booked.id),
        None => Ok(seat.output::<Allocation>(&input.run, "hold")?.id),
    }
}

/// The allocation as it is now, if it is this contract's: whatever a cloud answered, nothing of another
/// contract is taken down.
pub(super) async fn look(
    cloud: &Cloud,
    seat: &Seat,
    id: Option<AllocationId>,
) -> Result<Option<Allocation>, Stop> {
    let Some(id) = id else { return Ok(None) };
    let found = cloud.look(&id).await?;
    Ok(found.filter(|allocation| ours(seat, allocation, Some(&id)).is_ok()))
}

/// A cloud that answers with another allocation than was asked about is not believed.
pub(super) fn ours(
    seat: &Seat,
    allocation: &Allocation,
    asked: Option<&AllocationId>,
) -> Result<(), Stop> {
    let labelled = allocation.label == seat.contract.to_string();
    if labelled && asked.is_none_or(|asked| *asked == allocation.id) {
        return Ok(());
    }
    let detail = "the cloud answered with an allocation that is not this contract's";
    Err(Stop::failed("wrong_answer", detail))
}

pub(super) fn note(input: &StepInput<Broker>, seat: &Seat, allocation: &Allocation) -> StepResult {
    let detail: GroupDetail = seat.output(&input.run, "discover")?;
    done_with(input, seat.contract, allocation, (seat.kind(), &detail))
}
