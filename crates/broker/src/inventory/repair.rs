//! What can be done where a cloud has something else than was ordered, and doing it: when somebody asks
//! for it, or by itself where the customer has decided so.

use super::parts::{GROUP, Part};
use super::read_parts;
use crate::audit::{Entry, record};
use crate::contracts::engine;
use crate::lifecycle::{self, RepairInput};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, ContractState, DurationUs, Timestamp};
use provider_api::ResourceKind;
use serde::{Deserialize, Serialize};
use storage::contracts::{self, ContractHead};
use storage::workflow::{WorkflowRow, of_subject};
use storage::{Tx, inventory};
use workflow::Priority;

/// After a repair this long none begins by itself: what breaks again at once needs a person.
const PAUSE_US: DurationUs = 600 * 1_000_000;
/// Workflows of a contract that are looked through.
const RUNS_MAX: i64 = 50;

/// What can be done about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Machines stand still: they are started on the data that are there, and users let in.
    Start,
    /// Only access is closed: users are let in.
    Open,
    /// Nothing: the cloud lends another size than was ordered; the provider is asked, or the order is changed.
    Size,
    /// Nothing: the volume is lost, and nothing is started on an empty one.
    VolumeLost,
    /// Nothing: the cloud no longer has what the contract was held by.
    Gone,
}

impl Remedy {
    /// Whether a repair can do it.
    #[must_use]
    pub fn is_possible(self) -> bool {
        matches!(self, Self::Start | Self::Open)
    }

    /// The word for it in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Open => "open",
            Self::Size => "size",
            Self::VolumeLost => "volume_lost",
            Self::Gone => "gone",
        }
    }
}

/// What happens when a difference is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairMode {
    /// It is told, and repaired when somebody asks for it.
    #[default]
    Ask,
    /// It is repaired at once.
    Automatic,
}

impl RepairMode {
    /// The word for it in database and API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Automatic => "automatic",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ask, Self::Automatic].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// How a contract's difference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepairView {
    /// What can be done now; `None`: the cloud has what was ordered, or the service does not run.
    pub remedy: Option<Remedy>,
    /// What happens when a difference is found.
    pub mode: RepairMode,
    /// Whether a repair is going on.
    pub running: bool,
}

/// What can be done about the differences of these parts; `None`: there are none.
pub(crate) fn remedy(parts: &[Part]) -> Option<Remedy> {
    let observed = |kind: &str| {
        let part = parts.iter().find(|part| part.kind == kind)?;
        part.observed.as_deref()
    };
    match (observed(GROUP), observed(ResourceKind::Storage.as_str())) {
        (Some("unknown" | "released" | "erased" | "held" | "expired"), _) => Some(Remedy::Gone),
        (_, Some("failed")) => Some(Remedy::VolumeLost),
        (Some("ready"), _) if observed(ResourceKind::Compute.as_str()).is_none() => {
            Some(Remedy::Open)
        }
        _ if parts.iter().any(|part| part.observed.is_some()) => Some(Remedy::Start),
        _ => parts.iter().any(Part::differs).then_some(Remedy::Size),
    }
}

impl Broker {
    /// How the difference of a contract stands (F7.5.3).
    pub async fn repair_view(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<RepairView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let runs = of_subject(&mut tx, &id.to_string(), RUNS_MAX).await?;
        Ok(RepairView {
            remedy: self.remedy_of(&mut tx, &contract.head).await?,
            mode: mode(&mut tx, id).await?,
            running: runs.iter().any(|run| run.kind == lifecycle::REPAIR && goes_on(run)),
        })
    }

    /// Repairs the service; asking again while that goes on changes nothing.
    pub async fn repair(&self, ctx: &OpContext, id: ContractId) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let head = self.locked(ctx, &mut tx, id, Action::RepairService).await?;
        let runs = of_subject(&mut tx, &id.to_string(), RUNS_MAX).await?;
        if let Some(other) = runs.iter().find(|run| goes_on(run)) {
            return match other.kind.as_str() {
                lifecycle::REPAIR => Ok(()),
                kind => Err(conflict("contract_busy", format!("{kind} is going on"))),
            };
        }
        match self.remedy_of(&mut tx, &head).await? {
            Some(remedy) if remedy.is_possible() => {}
            Some(Remedy::Size) => {
                return Err(conflict("size_differs", "the cloud lends another size"));
            }
            Some(Remedy::VolumeLost) => {
                return Err(conflict("volume_lost", "the volume is lost at the cloud"));
            }
            Some(_) => return Err(conflict("gone", "the cloud no longer has the service")),
            None => return Err(conflict("nothing_to_repair", "the cloud has what was ordered")),
        }
        self.begin_repair(ctx, &mut tx, &head).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }

    /// Decides what happens when a difference is found; repeating it changes nothing.
    pub async fn set_repair_mode(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wanted: RepairMode,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        self.locked(ctx, &mut tx, id, Action::RepairService).await?;
        if mode(&mut tx, id).await? == wanted {
            return Ok(());
        }
        contracts::set_care(&mut tx, id, wanted.as_str(), self.now()).await?;
        let entry = Entry::new("contract.repair_mode_set", id).with("repair", wanted.as_str());
        record(self, ctx, &mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Repairs by itself what differs, where that was decided; whether it began. May run in several
    /// processes at once.
    pub(super) async fn repair_by_itself(&self, id: ContractId) -> Result<bool, BrokerError> {
        if mode(&mut self.begin_read().await?, id).await? != RepairMode::Automatic {
            return Ok(false);
        }
        let ctx = OpContext::system("inventory");
        let mut tx = self.begin().await?;
        let head = self.locked(&ctx, &mut tx, id, Action::RepairService).await?;
        let runs = of_subject(&mut tx, &id.to_string(), RUNS_MAX).await?;
        let now = self.now();
        let remedy = self.remedy_of(&mut tx, &head).await?;
        if runs.iter().any(|run| goes_on(run) || is_fresh_repair(run, now))
            || !remedy.is_some_and(Remedy::is_possible)
            || mode(&mut tx, id).await? != RepairMode::Automatic
        {
            return Ok(false);
        }
        self.begin_repair(&ctx, &mut tx, &head).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(true)
    }

    /// What can be done for the allocation that an active contract runs on.
    async fn remedy_of(
        &self,
        tx: &mut Tx,
        head: &ContractHead,
    ) -> Result<Option<Remedy>, BrokerError> {
        if head.state != ContractState::Active {
            return Ok(None);
        }
        let rows = contracts::list_resources(tx, head.id).await?;
        let own = rows.iter().rev().find(|row| row.kind == lifecycle::GROUP);
        let found = inventory::at(tx, head.id, self.now()).await?;
        let newest =
            found.iter().find(|one| own.is_some_and(|row| row.native_id == one.allocation));
        Ok(newest.map(read_parts).transpose()?.and_then(|parts| remedy(&parts)))
    }

    async fn begin_repair(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        head: &ContractHead,
    ) -> Result<(), BrokerError> {
        let input =
            RepairInput { provider: head.provider_id, service_name: head.service_name.clone() };
        let owner = head.organisation_id.to_string();
        let from = self.origin(&owner, Priority::Normal);
        workflow::start(tx, from, &lifecycle::repair(), &head.id.to_string(), &input)
            .await
            .map_err(engine)?;
        record(self, ctx, tx, Entry::new("contract.repair_asked", head.id)).await
    }
}

async fn mode(tx: &mut Tx, id: ContractId) -> Result<RepairMode, BrokerError> {
    let care = contracts::find_care(tx, id).await?;
    Ok(care.and_then(|care| RepairMode::from_word(&care.repair)).unwrap_or_default())
}

fn goes_on(run: &WorkflowRow) -> bool {
    run.finished_at.is_none()
}

fn is_fresh_repair(run: &WorkflowRow, now: Timestamp) -> bool {
    run.kind == lifecycle::REPAIR && now.since(run.created_at) < PAUSE_US
}

fn conflict(code: &'static str, detail: impl Into<String>) -> BrokerError {
    BrokerError::Conflict { code, detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn parts(observed: &[(&str, &str)]) -> Vec<Part> {
        let part = |kind: &&str| Part {
            kind: (*kind).to_owned(),
            state: "active".to_owned(),
            observed: observed
                .iter()
                .find(|(name, _)| name == kind)
                .map(|(_, state)| (*state).to_owned()),
            attributes: BTreeMap::new(),
            observed_attributes: BTreeMap::new(),
        };
        [GROUP, "compute", "storage", "network", "endpoint"].iter().map(part).collect()
    }

    #[test]
    fn f7_5_3_every_difference_has_one_remedy_and_what_is_lost_has_none() {
        let lost = [(GROUP, "failed"), ("storage", "failed")];
        let none: &[(&str, &str)] = &[];
        let cases = [
            (none, None),
            (&[(GROUP, "ready")], Some(Remedy::Open)),
            (&[(GROUP, "draining")], Some(Remedy::Start)),
            (&[(GROUP, "failed"), ("compute", "failed")], Some(Remedy::Start)),
            (&[("compute", "failed")], Some(Remedy::Start)),
            (&[(GROUP, "ready"), ("compute", "failed")], Some(Remedy::Start)),
            (&lost, Some(Remedy::VolumeLost)),
            (&[(GROUP, "unknown")], Some(Remedy::Gone)),
            (&[(GROUP, "erased"), ("storage", "failed")], Some(Remedy::Gone)),
        ];
        for (observed, expected) in cases {
            assert_eq!(remedy(&parts(observed)), expected, "{observed:?}");
        }
        let mut larger = parts(none);
        larger[1].observed_attributes = [("count".to_owned(), "2".to_owned())].into();
        assert_eq!(remedy(&larger), Some(Remedy::Size));
        larger[0].observed = Some("draining".to_owned());
        assert_eq!(remedy(&larger), Some(Remedy::Start), "it runs first");
        assert!(!Remedy::Size.is_possible());
        assert!(!Remedy::Gone.is_possible() && !Remedy::VolumeLost.is_possible());
    }

    #[test]
    fn words_of_the_mode_are_read_back() {
        for mode in [RepairMode::Ask, RepairMode::Automatic] {
            assert_eq!(RepairMode::from_word(mode.as_str()), Some(mode));
        }
        assert_eq!(RepairMode::from_word("never"), None);
    }
}
