//! What people do with searches for more room: ask for one, read them, give back what was secured.

use super::{
    RoomAnswer, SecureInput, SecurePlace, SecureRequest, SecureRow, SecuringView, definition,
};
use crate::audit::{Entry, record};
use crate::contracts::{Plan, class_of, contract_cards, contract_id, engine};
use crate::documents::read_requirement;
use crate::securing::candidates::{Runs, Seeker};
use crate::securing::standby::read_candidates;
use crate::securing::{Candidate, StandbyRole, Strategy};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, ContractState, SecuringId};
use std::collections::HashMap;
use storage::contracts::{self, Contract};
use storage::securing::{self, more};
use storage::{StorageError, Tx, lock};

impl Broker {
    /// Begins to secure more room for a running service; read it until it is no longer `searching`.
    ///
    /// # Errors
    /// `not_running`: the service does not run. `securing_under_way`: another search has not ended.
    /// `/instances`: not 1 to 16.
    pub async fn secure(
        &self,
        ctx: &OpContext,
        contract: ContractId,
        request: &SecureRequest,
    ) -> Result<SecuringId, BrokerError> {
        let organisation = ctx.actor.organisation();
        let mut tx = self.begin_read().await?;
        let service = self.securable(ctx, &mut tx, contract).await?;
        let id = securing_id(&service, &request.idempotency_key);
        if more::find(&mut tx, id).await?.is_some() {
            return Ok(id);
        }
        drop(tx);
        let plan: Plan = read_plan(&service.plan)?;
        let plan = Plan { instances: request.instances, ..plan };
        let faults: Vec<_> = plan
            .faults()
            .into_iter()
            .map(|mut fault| {
                fault.pointer = fault.pointer.replace("/plan/", "/");
                fault
            })
            .collect();
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let input = self.search(ctx, &service, plan, request).await?;
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, contract).await?;
        if more::find(&mut tx, id).await?.is_some() {
            return Ok(id);
        }
        let head = contracts::find_head(&mut tx, contract).await?;
        if head.is_none_or(|head| head.state != ContractState::Active) {
            let detail = "only a service that runs can be given more room".to_owned();
            return Err(BrokerError::Conflict { code: "not_running", detail });
        }
        let earlier = more::list(&mut tx, contract).await?;
        if earlier.iter().any(|one| one.state == "searching") {
            let detail = "another search for this service has not ended".to_owned();
            return Err(BrokerError::Conflict { code: "securing_under_way", detail });
        }
        let row = more::Securing {
            id,
            contract_id: contract,
            instances: request.instances,
            strategy: input.strategy.as_str().to_owned(),
            state: "searching".to_owned(),
            failure: None,
            places: serde_json::to_string(&input.places)
                .map_err(|error| BrokerError::Internal(error.to_string()))?,
            asked_by: input.asked_by.clone(),
            created_at: self.now(),
            ended_at: None,
        };
        more::insert(&mut tx, &row).await?;
        let owner = organisation.map(|id| id.to_string()).unwrap_or_default();
        let from = self.origin(&owner, class_of(&service.requirement_document)?);
        let started = workflow::start(&mut tx, from, &definition(), &id.to_string(), &input).await;
        started.map_err(engine)?;
        let entry = Entry::new("securing.asked", id)
            .with("contract", contract.to_string())
            .with("instances", request.instances)
            .with("strategy", row.strategy.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(id)
    }

    /// Everything that the search needs to know.
    async fn search(
        &self,
        ctx: &OpContext,
        service: &Contract,
        plan: Plan,
        request: &SecureRequest,
    ) -> Result<SecureInput, BrokerError> {
        let (requirement, _) = read_requirement(&service.requirement_document)
            .map_err(|faults| BrokerError::Internal(format!("the signed need: {faults}")))?;
        let strategy = request.strategy.unwrap_or_else(|| Strategy::of(&requirement));
        let mut tx = self.begin_read().await?;
        let id = service.head.id;
        let own_first = securing::own_first(&mut tx, id).await?.unwrap_or(true);
        let kept = securing::find(&mut tx, id.uuid(), StandbyRole::Any.as_str()).await?;
        drop(tx);
        let found = match kept {
            Some(kept) => read_candidates(&kept.candidates)?,
            // The list is made within seconds; nobody waits for it.
            None => self.candidates_now(service, requirement, &plan, own_first).await?,
        };
        let place = |candidate: Candidate| SecurePlace {
            candidate,
            answer: RoomAnswer::NotAsked,
            taken: 0,
            round_trip_us: None,
            free_mbps: None,
            reserve: None,
        };
        let head = &service.head;
        Ok(SecureInput {
            service: id,
            organisation: head.organisation_id,
            asked_by: ctx.actor.viewer().map_or_else(String::new, |who| who.user.to_string()),
            service_name: head.service_name.clone(),
            plan,
            requirement: head.requirement_id,
            requirement_version: head.requirement_version,
            requirement_document: service.requirement_document.clone(),
            requirement_hash: service.requirement_hash.clone(),
            strategy,
            own_first,
            limit: request.limit,
            places: found.into_iter().map(place).collect(),
        })
    }

    async fn candidates_now(
        &self,
        service: &Contract,
        requirement: sla::Requirement,
        plan: &Plan,
        own_first: bool,
    ) -> Result<Vec<Candidate>, BrokerError> {
        let order = Strategy::of(&requirement).order();
        let head = &service.head;
        let runs = Runs { provider: head.provider_id, offer: head.offer_id, plan: plan.clone() };
        let seeker = Seeker {
            organisation: head.organisation_id,
            requirement,
            runs: Some(runs),
            own_first,
            order,
        };
        let orderable = self.orderable_offers().await?;
        Ok(self.candidates_of(&[seeker], &orderable).await?.pop().unwrap_or_default())
    }

    /// The service, for whoever may have it secured.
    async fn securable(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ContractId,
    ) -> Result<Contract, BrokerError> {
        let found = contracts::find(tx, id).await?;
        // Strangers learn nothing, not even whether it exists.
        let owner = found.as_ref().map(|contract| contract.head.organisation_id);
        ctx.may(Action::SecureService, owner, "contract")?;
        found.ok_or(BrokerError::NotFound { what: "contract" })
    }

    /// The searches of a service, newest first.
    pub async fn securings(
        &self,
        ctx: &OpContext,
        contract: ContractId,
    ) -> Result<Vec<SecuringView>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, contract).await?;
        let rows = more::list(&mut tx, contract).await?;
        drop(tx);
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(self.securing_view(ctx, row).await?);
        }
        Ok(views)
    }

    /// One search.
    pub async fn securing(
        &self,
        ctx: &OpContext,
        id: SecuringId,
    ) -> Result<SecuringView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = self.found(ctx, &mut tx, id, Action::ReadContract).await?;
        drop(tx);
        self.securing_view(ctx, row).await
    }

    /// The service that a contract was secured for.
    pub async fn secured_for(
        &self,
        ctx: &OpContext,
        part: ContractId,
    ) -> Result<Option<ContractId>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, part).await?;
        Ok(more::service_of(&mut tx, part).await?)
    }

    /// Gives back everything that a search secured: each part is released as a contract is. Repeating it
    /// changes nothing.
    pub async fn give_back_secured(
        &self,
        ctx: &OpContext,
        id: SecuringId,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = self.found(ctx, &mut tx, id, Action::SecureService).await?;
        let parts = more::parts(&mut tx, row.id).await?;
        let mut running = Vec::new();
        for part in parts {
            let head = contracts::find_head(&mut tx, part).await?;
            running.extend(head.filter(|head| head.state == ContractState::Active));
        }
        drop(tx);
        for head in running {
            self.release(ctx, head.id).await?;
        }
        Ok(())
    }

    async fn found(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: SecuringId,
        action: Action,
    ) -> Result<more::Securing, BrokerError> {
        let row = more::find(tx, id).await?;
        let owner = match &row {
            Some(row) => contracts::find_head(tx, row.contract_id).await?,
            None => None,
        };
        ctx.may(action, owner.map(|head| head.organisation_id), "securing")?;
        row.ok_or(BrokerError::NotFound { what: "securing" })
    }

    async fn securing_view(
        &self,
        ctx: &OpContext,
        row: more::Securing,
    ) -> Result<SecuringView, BrokerError> {
        let places: Vec<SecurePlace> = serde_json::from_str(&row.places).map_err(|error| {
            StorageError::Corrupt { what: "securing.places", detail: error.to_string() }
        })?;
        let candidates = places.iter().map(|place| place.candidate.clone()).collect();
        let found = self.rows_of(ctx, candidates).await?;
        let cards: HashMap<_, _> =
            found.into_iter().map(|row| (row.candidate.offer, row.card)).collect();
        let rows = places.into_iter().filter_map(|place| {
            let card = cards.get(&place.candidate.offer)?.clone();
            Some(SecureRow { place, card })
        });
        let mut tx = self.begin_read().await?;
        let mut heads = Vec::new();
        for part in more::parts(&mut tx, row.id).await? {
            heads.extend(contracts::find_head(&mut tx, part).await?);
        }
        let parts = contract_cards(&mut tx, &heads).await?;
        Ok(SecuringView {
            id: row.id,
            contract: row.contract_id,
            instances: row.instances,
            strategy: Strategy::from_word(&row.strategy).unwrap_or(Strategy::AssuranceFirst),
            state: row.state,
            failure: row.failure,
            created_at: row.created_at,
            ended_at: row.ended_at,
            rows: rows.collect(),
            parts,
        })
    }
}

/// The same key for the same service names the same search.
fn securing_id(service: &Contract, key: &str) -> SecuringId {
    let key = format!("secure {} {key}", service.head.id);
    SecuringId(contract_id(service.head.organisation_id.uuid(), &key).uuid())
}

fn read_plan(text: &str) -> Result<Plan, BrokerError> {
    serde_json::from_str(text).map_err(|error| {
        StorageError::Corrupt { what: "contract.plan", detail: error.to_string() }.into()
    })
}
