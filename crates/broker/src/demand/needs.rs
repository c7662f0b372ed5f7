//! What others need, compiled for judging: the latest saved needs, among them all that were signed.

use super::ORGANISATIONS_MIN;
use crate::documents::read_requirement;
use crate::requirements::Question;
use crate::{Broker, BrokerError};
use domain::{OrganisationId, Timestamp};
use matching::{Mode, Order, SlaMatcher};
use sla::Requirement;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use storage::Tx;
use storage::requirements::{self, Needed, NeededLimits};

/// What is read: enough for shares that mean something, few enough to judge while somebody waits.
const LIMITS: NeededLimits = NeededLimits { recent: 5_000, of_each: 5, all: 200 };
/// Offers judged for one answer over all needs; a very large market is asked for fewer needs.
const JUDGED_MAX: usize = 20_000_000;

/// The need of somebody.
pub(super) struct RealNeed {
    pub organisation: OrganisationId,
    pub requirement: Requirement,
    pub matcher: Arc<SlaMatcher>,
}

impl RealNeed {
    fn of(row: &Needed, today: Timestamp) -> Result<Self, BrokerError> {
        let (requirement, _) = read_requirement(&row.document)
            .map_err(|faults| BrokerError::Internal(format!("a saved need: {faults}")))?;
        let matcher = Question::new(requirement.clone(), Order::Balanced, today)?.matcher;
        Ok(Self { organisation: row.organisation_id, requirement, matcher })
    }

    /// Keys of what it asks, each once.
    pub fn asked(&self) -> BTreeSet<&str> {
        let items = self.requirement.spec.profiles.normal.items.iter();
        let asked = items.filter(|item| item.level != sla::Demand::BestEffort);
        asked.map(|item| item.item.as_str()).collect()
    }
}

/// Whether a row is asked for at all.
pub(super) const fn is_asked(mode: Mode) -> bool {
    matches!(mode, Mode::Must | Mode::Prefer)
}

/// Who asks for what, so that a group is told of only when enough organisations are in it.
#[derive(Default)]
pub(super) struct Groups<'a> {
    all: BTreeSet<OrganisationId>,
    by_item: BTreeMap<&'a str, (BTreeSet<OrganisationId>, u64)>,
}

impl<'a> Groups<'a> {
    pub fn of(needs: &'a [RealNeed]) -> Self {
        let mut groups = Self::default();
        for need in needs {
            groups.all.insert(need.organisation);
            for item in need.asked() {
                let (organisations, asking) = groups.by_item.entry(item).or_default();
                organisations.insert(need.organisation);
                *asking += 1;
            }
        }
        groups
    }

    /// How many organisations need something; `None`: too few to tell.
    pub fn organisations(&self) -> Option<u64> {
        enough(&self.all)
    }

    /// The items that enough organisations ask for, with how many organisations and needs.
    pub fn items(&self) -> impl Iterator<Item = (&'a str, u64, u64)> + '_ {
        self.by_item.iter().filter_map(|(item, (organisations, needs))| {
            Some((*item, enough(organisations)?, *needs))
        })
    }
}

fn enough(organisations: &BTreeSet<OrganisationId>) -> Option<u64> {
    let many = organisations.len();
    (many >= ORGANISATIONS_MIN).then_some(many as u64)
}

impl Broker {
    /// What others than an organisation need.
    pub(super) async fn real_needs(
        &self,
        tx: &mut Tx,
        but: OrganisationId,
    ) -> Result<Vec<RealNeed>, BrokerError> {
        let most = JUDGED_MAX / self.inner.shelf.whole().len().max(1);
        let limits = NeededLimits { all: LIMITS.all.min(most as u32), ..LIMITS };
        let rows = requirements::list_needed(tx, but, limits).await?;
        let today = self.now();
        let read = |row: Needed| match RealNeed::of(&row, today) {
            Ok(need) => Some(need),
            Err(error) => {
                tracing::error!(requirement.id = %row.id, %error, "a saved need cannot be read and is not counted");
                None
            }
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }
}
