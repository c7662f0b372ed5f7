//! The standby list: a projection of the market for each running service and each watched need, kept
//! fresh by a reconciler, so that nobody has to search when it is urgent (F7.4.1, P6.1.i6).

use super::candidates::{Orderable, Runs, Seeker};
use super::strategy::Strategy;
use super::{Candidate, StandbyRole, StandbyRow, StandbyView};
use crate::audit::{Entry, record};
use crate::contracts::Plan;
use crate::documents::read_requirement;
use crate::requirements::{day_of, owned, start_of};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, DurationUs, OfferId, ProviderId, RequirementId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use storage::StorageError;
use storage::securing::{
    self, Age, CONTRACT, NeedToRenew, NewStandbyList, REQUIREMENT, ServiceToRenew, StandbyList,
};
use uuid::Uuid;

/// Lists written together.
const CHUNK: u32 = 200;
/// A list is made anew after this time also when the market stood still.
const OLD_AFTER_US: DurationUs = 3600 * 1_000_000;

impl Broker {
    /// Makes every missing or old list anew; returns how many. Takes no input, may run at any time in
    /// any number of processes, and costs a constant number of statements for 200 lists.
    pub async fn renew_standby_lists(&self) -> Result<usize, BrokerError> {
        self.sync_market().await?;
        let role = StandbyRole::Any;
        let now = self.now();
        let today = start_of(day_of(now));
        let age = Age {
            market_until: self.inner.shelf.whole().seen_until.unwrap_or(Timestamp(0)),
            // Evidence is judged by the day.
            computed_after: today.max(now.plus_us(-OLD_AFTER_US)),
        };
        let (mut renewed, mut after) = (0, None);
        loop {
            let mut tx = self.begin_read().await?;
            let rows =
                securing::services_to_renew(&mut tx, role.as_str(), after, age, CHUNK).await?;
            drop(tx);
            after = rows.last().map(|row| row.id);
            let full = rows.len() == CHUNK as usize;
            let subjects = rows.iter().filter_map(of_service).collect();
            renewed += self.renew_lists(subjects, (CONTRACT, role), age).await?;
            if !full || self.is_closing() {
                break;
            }
        }
        let mut after = None;
        loop {
            let mut tx = self.begin_read().await?;
            let rows = securing::needs_to_renew(&mut tx, role.as_str(), after, age, CHUNK).await?;
            drop(tx);
            after = rows.last().map(|row| row.id);
            let full = rows.len() == CHUNK as usize;
            let subjects = rows.iter().filter_map(of_need).collect();
            renewed += self.renew_lists(subjects, (REQUIREMENT, role), age).await?;
            if !full || self.is_closing() {
                break;
            }
        }
        Ok(renewed)
    }

    /// Removes the lists of what has ended.
    pub(crate) async fn tidy_standby_lists(&self) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        securing::delete_ended(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    async fn renew_lists(
        &self,
        subjects: Vec<(Uuid, Seeker)>,
        (kind, role): (&'static str, StandbyRole),
        age: Age,
    ) -> Result<usize, BrokerError> {
        if subjects.is_empty() {
            return Ok(0);
        }
        let orderable = self.orderable_offers().await?;
        let (ids, seekers): (Vec<Uuid>, Vec<Seeker>) = subjects.into_iter().unzip();
        let found = self.candidates_of(&seekers, &orderable).await?;
        let now = self.now();
        let mut lists = Vec::with_capacity(ids.len());
        for ((subject, seeker), candidates) in ids.into_iter().zip(&seekers).zip(found) {
            let candidates = serde_json::to_string(&candidates)
                .map_err(|error| BrokerError::Internal(error.to_string()))?;
            let list = StandbyList {
                own_first: seeker.own_first,
                market_until: age.market_until,
                computed_at: now,
                candidates,
            };
            lists.push(NewStandbyList { subject, kind, role: role.as_str(), list });
        }
        let mut tx = self.begin().await?;
        securing::put(&mut tx, &lists).await?;
        tx.commit().await?;
        Ok(lists.len())
    }

    /// Published offers of connected clouds that passed.
    pub(super) async fn orderable_offers(&self) -> Result<Orderable, BrokerError> {
        let found = securing::orderable(&mut self.begin_read().await?).await?;
        Ok(Arc::new(found.into_iter().collect::<HashMap<OfferId, ProviderId>>()))
    }

    /// Where a running service could be secured next.
    pub async fn standby_of_contract(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<StandbyView, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        let own_first = securing::own_first(&mut tx, id).await?.unwrap_or(true);
        let found = securing::find(&mut tx, id.uuid(), StandbyRole::Any.as_str()).await?;
        drop(tx);
        self.standby_view(ctx, found, own_first).await
    }

    /// Where a watched need could be secured.
    pub async fn standby_of_requirement(
        &self,
        ctx: &OpContext,
        id: RequirementId,
    ) -> Result<StandbyView, BrokerError> {
        let mut tx = self.begin_read().await?;
        owned(ctx, &mut tx, Action::ReadRequirement, id).await?;
        let found = securing::find(&mut tx, id.uuid(), StandbyRole::Any.as_str()).await?;
        drop(tx);
        self.standby_view(ctx, found, false).await
    }

    async fn standby_view(
        &self,
        ctx: &OpContext,
        found: Option<StandbyList>,
        own_first: bool,
    ) -> Result<StandbyView, BrokerError> {
        let Some(found) = found else {
            return Ok(StandbyView { computed_at: None, own_first, rows: Vec::new() });
        };
        let candidates = read_candidates(&found.candidates)?;
        let rows = self.rows_of(ctx, candidates).await?;
        Ok(StandbyView { computed_at: Some(found.computed_at), own_first, rows })
    }

    /// Candidates whose offers are still on the market, as far as the actor may know of them.
    pub(super) async fn rows_of(
        &self,
        ctx: &OpContext,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<StandbyRow>, BrokerError> {
        let mut ids: Vec<OfferId> = candidates.iter().map(|each| each.offer).collect();
        ids.sort_unstable();
        ids.dedup();
        let offers = self.shelved_of(&self.inner.shelf.seen_by(ctx.sight()), &ids).await?;
        let cards: HashMap<OfferId, _> =
            offers.iter().map(|offer| (offer.card.id, &offer.card)).collect();
        let providers: Vec<ProviderId> = candidates.iter().map(|each| each.provider).collect();
        let terms = self.at_once(&providers).await?;
        let row = |candidate: Candidate| {
            let card = (*cards.get(&candidate.offer)?).clone();
            let at_once = terms.get(&candidate.provider).copied();
            Some(StandbyRow { candidate, card, at_once })
        };
        Ok(candidates.into_iter().filter_map(row).collect())
    }

    /// Says whether the service's own cloud comes first when it is secured (F7.4.2); repeating it changes
    /// nothing.
    pub async fn set_own_first(
        &self,
        ctx: &OpContext,
        id: ContractId,
        own_first: bool,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        self.locked(ctx, &mut tx, id, Action::SecureService).await?;
        if securing::own_first(&mut tx, id).await?.unwrap_or(true) == own_first {
            return Ok(());
        }
        securing::set_own_first(&mut tx, id, own_first, self.now()).await?;
        let entry = Entry::new("contract.own_first_set", id).with("ownFirst", own_first);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.renew_standby_lists().await.map(drop)
    }
}

/// The candidates of a stored list.
pub(super) fn read_candidates(text: &str) -> Result<Vec<Candidate>, BrokerError> {
    serde_json::from_str(text).map_err(|error| {
        let detail = error.to_string();
        StorageError::Corrupt { what: "standby_list.candidates", detail }.into()
    })
}

/// What is looked for for a service; one that cannot be read is logged and left out.
fn of_service(row: &ServiceToRenew) -> Option<(Uuid, Seeker)> {
    let read = read_requirement(&row.requirement_document);
    let plan: Result<Plan, _> = serde_json::from_str(&row.plan);
    match (read, plan) {
        (Ok((requirement, _)), Ok(plan)) => {
            let runs = Runs { provider: row.provider_id, offer: row.offer_id, plan };
            let (runs, order) = (Some(runs), Strategy::of(&requirement).order());
            let (organisation, own_first) = (row.organisation_id, row.own_first);
            let seeker = Seeker { organisation, requirement, runs, own_first, order };
            Some((row.id.uuid(), seeker))
        }
        _ => {
            tracing::error!(contract.id = %row.id, "the signed texts cannot be read; it has no standby list");
            None
        }
    }
}

fn of_need(row: &NeedToRenew) -> Option<(Uuid, Seeker)> {
    match read_requirement(&row.document) {
        Ok((requirement, _)) => {
            let order = Strategy::of(&requirement).order();
            let organisation = row.organisation_id;
            let seeker = Seeker { organisation, requirement, runs: None, own_first: false, order };
            Some((row.id.uuid(), seeker))
        }
        Err(faults) => {
            tracing::error!(requirement.id = %row.id, %faults, "a need cannot be read; it has no standby list");
            None
        }
    }
}
