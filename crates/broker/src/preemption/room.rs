//! Room for a lifeline that finds none: whom it is taken of is decided once, behind the locks of those services, and
//! its activation waits for it.

use super::choose::{choose, gain, keeps, missing};
use super::rows::tell;
use crate::audit::{Entry, record};
use crate::contracts::{Plan, class_of};
use crate::lifecycle::{Placing, group_of, own_fault};
use crate::notices::NoticeKind;
use crate::{Broker, BrokerError, OpContext};
use domain::{ContractId, ContractState, DurationUs, PreemptionState, ProviderId};
use provider_api::{Amounts, DiscoverAnswer, ResourceGroup};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use storage::contracts::{self, Preemptible, Preemption};
use storage::{Tx, lock};
use workflow::{Priority, StepInput, Stop};

/// How often an activation looks whether its room is there.
const LOOK: Duration = Duration::from_secs(1);
/// How long an activation waits for room in all: the longest notice, and what giving up machines may take.
const WAIT_MAX_US: DurationUs = super::NOTICE_MAX_US + 1800 * 1_000_000;
/// Services that were asked for room for one in all: others may have taken what was freed.
const ASKED_MAX: usize = 64;

/// How a search for room stands.
enum Room {
    /// Machines are being given up, or will be.
    Awaited,
    /// There is none to take.
    None,
}

/// What an activation does that finds no room: a lifeline waits for what others give, any other ends.
pub(crate) async fn make_room(
    input: &StepInput<Broker>,
    (contract, provider): (ContractId, ProviderId),
    placing: &Placing,
    answer: &DiscoverAnswer,
) -> Stop {
    let waited = input.clock.now().since(input.first_started_at);
    let asked = match waited > WAIT_MAX_US {
        true => Ok(Room::None),
        false => input.env.ask_for_room((contract, provider), placing, answer).await,
    };
    match asked {
        Ok(Room::Awaited) => {
            Stop::sleep(LOOK, "room_awaited", "services that agreed to it make room for this one")
        }
        Ok(Room::None) => placing.full(),
        Err(error) => own_fault(error),
    }
}

/// Where a group is, as its row says it.
#[derive(Deserialize)]
struct Where {
    zone: String,
}

/// A service that may give room, with what it has and what that frees.
struct Giver {
    row: Preemptible,
    instances: i64,
    whole: ResourceGroup,
    /// Machines that stay: as many as were agreed, or more where fewer are needed.
    keep: u32,
}

impl Broker {
    async fn ask_for_room(
        &self,
        (contract, provider): (ContractId, ProviderId),
        placing: &Placing,
        answer: &DiscoverAnswer,
    ) -> Result<Room, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = contracts::find(&mut tx, contract).await?;
        let lifeline = match &found {
            Some(found) => class_of(&found.requirement_document)? == Priority::Lifeline,
            None => false,
        };
        drop(tx);
        if !lifeline {
            return Ok(Room::None);
        }
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, contract).await?;
        let asked = contracts::list_preemptions_for(&mut tx, contract).await?;
        let under_way = |row: &Preemption| {
            matches!(row.state, PreemptionState::Noticed | PreemptionState::Taking)
        };
        if asked.iter().any(under_way) {
            return Ok(Room::Awaited);
        }
        if asked.len() >= ASKED_MAX {
            return Ok(Room::None);
        }
        let before: BTreeSet<ContractId> = asked.iter().map(|row| row.contract_id).collect();
        let mut givers = contracts::list_preemptible(&mut tx, provider).await?;
        givers.retain(|row| !before.contains(&row.contract_id));
        let givers = lowest_class_first(givers).into_iter();
        let Some(chosen) = select(by_zone(givers, &placing.region), placing, answer) else {
            return if is_leaving(&mut tx, &asked).await? {
                Ok(Room::Awaited)
            } else {
                Ok(Room::None)
            };
        };
        // Nobody writes to two of them in another order.
        let mut ids: Vec<ContractId> = chosen.iter().map(|giver| giver.row.contract_id).collect();
        ids.sort_unstable();
        for id in ids {
            lock::contract(&mut tx, id).await?;
        }
        for giver in &chosen {
            if !self.give_notice_of_preemption(&mut tx, contract, giver).await? {
                // It changed since the list was read; nothing of this is kept, and it is looked again.
                return Ok(Room::Awaited);
            }
        }
        tx.commit().await?;
        Ok(Room::Awaited)
    }

    /// Tells a service's customer; `false` if it no longer stands as it was read.
    async fn give_notice_of_preemption(
        &self,
        tx: &mut Tx,
        contract: ContractId,
        giver: &Giver,
    ) -> Result<bool, BrokerError> {
        let (row, now) = (&giver.row, self.now());
        let id = row.contract_id;
        let consent = contracts::find_consent(tx, id).await?;
        let head = contracts::find_head(tx, id).await?;
        let Some(head) = head.filter(|head| head.state == ContractState::Active) else {
            return Ok(false);
        };
        let holds = consent.is_some_and(|consent| {
            consent.withdrawn_at.is_none()
                && (consent.notice_us, consent.keep_instances)
                    == (row.notice_us, row.keep_instances)
        });
        if !holds
            || contracts::find_open_preemption(tx, id).await?.is_some()
            || contracts::find_open_change(tx, id)
                .await?
                .is_some_and(|change| change.state == domain::ChangeState::Running)
        {
            return Ok(false);
        }
        let new = Preemption {
            contract_id: id,
            number: 0,
            for_contract: contract,
            state: PreemptionState::Noticed,
            instances: giver.instances,
            keep_instances: giver.keep.into(),
            percent: row.percent,
            price: head.price,
            noticed_at: now,
            due_at: now.plus_us(row.notice_us),
            begun_at: None,
            ended_at: None,
            owed_minor: None,
            try_at: None,
            tries: 0,
            revision: 1,
        };
        let number = contracts::insert_preemption(tx, &new).await?;
        tell(self, tx, NoticeKind::PreemptionNoticed, &head, &new).await?;
        let entry = Entry::new("contract.preemption_noticed", id)
            .with("number", number)
            .with("for", contract.to_string())
            .with("dueAt", new.due_at.0)
            .with("keepInstances", new.keep_instances);
        record(self, &OpContext::system("pre-emption"), tx, entry).await?;
        Ok(true)
    }
}

/// Whether a service that was asked is just being released: that makes room too.
async fn is_leaving(tx: &mut Tx, asked: &[Preemption]) -> Result<bool, BrokerError> {
    for row in asked {
        let head = contracts::find_head(tx, row.contract_id).await?;
        if head.is_some_and(|head| head.state == ContractState::Releasing) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Services of a lower class give before those of a higher one; a lifeline never does.
fn lowest_class_first(givers: Vec<Preemptible>) -> Vec<Preemptible> {
    let class =
        |row: &Preemptible| class_of(&row.requirement_document).unwrap_or(Priority::Lifeline);
    let mut classed: Vec<_> = givers.into_iter().map(|row| (class(&row), row)).collect();
    classed.retain(|(class, _)| *class < Priority::Lifeline);
    classed.sort_by_key(|(class, _)| *class);
    classed.into_iter().map(|(_, row)| row).collect()
}

/// Those in the region, zone by zone: what is freed in two zones is no room for one group.
fn by_zone(
    givers: impl Iterator<Item = Preemptible>,
    region: &str,
) -> BTreeMap<String, Vec<Giver>> {
    let mut zones: BTreeMap<String, Vec<Giver>> = BTreeMap::new();
    for row in givers {
        let (Ok(plan), Ok(place)) =
            (serde_json::from_str::<Plan>(&row.plan), serde_json::from_str::<Where>(&row.detail))
        else {
            tracing::error!(contract.id = %row.contract_id, "what a service consists of is unreadable");
            continue;
        };
        let keep = u32::try_from(row.keep_instances).unwrap_or(u32::MAX);
        let Ok(whole) = group_of(&plan) else { continue };
        if plan.region == region && row.keep_instances < plan.instances {
            let instances = plan.instances;
            zones.entry(place.zone).or_default().push(Giver { row, instances, whole, keep });
        }
    }
    zones
}

/// Whom to take room of: in the zone that the cloud spoke of, where it is known what is free, and else in one where
/// that is not known and counts for nothing.
fn select(
    mut zones: BTreeMap<String, Vec<Giver>>,
    placing: &Placing,
    answer: &DiscoverAnswer,
) -> Option<Vec<Giver>> {
    let wanted = placing.resources.amounts();
    let told = zones.remove(&answer.zone.id).map(|givers| (givers, answer.free));
    let others = zones.into_values().map(|givers| (givers, Amounts::default()));
    told.into_iter().chain(others).find_map(|(givers, free)| {
        let gains: Vec<Amounts> =
            givers.iter().map(|giver| gain(&giver.whole, giver.keep)).collect();
        let short = missing(&wanted, &free);
        let places = choose(&short, &gains)?;
        let chosen = givers.into_iter().enumerate().filter(|(place, _)| places.contains(place));
        let mut chosen: Vec<Giver> = chosen.map(|(_, giver)| giver).collect();
        let sizes: Vec<_> = chosen.iter().map(|one| (one.whole.clone(), one.keep)).collect();
        for (giver, keep) in chosen.iter_mut().zip(keeps(&short, &sizes)) {
            giver.keep = keep;
        }
        Some(chosen)
    })
}
