//! What people do with firm lists: ask for one, read it, book a place, drop it.

use super::run::DECIDED;
use super::{
    ASKED_MAX, FirmAnswer, FirmInput, FirmPlace, FirmRequest, FirmRow, FirmView, HELD_MAX,
    OPEN_MAX, booking_key, definition, label, places_of,
};
use crate::audit::{Entry, record};
use crate::contracts::Existing;
use crate::contracts::{Charges, Plan, Shown, Sign, class_of, engine, plan_charges, plan_for};
use crate::documents::{read_requirement, stored};
use crate::requirements::RequirementSource;
use crate::securing::Strategy;
use crate::securing::candidates::Seeker;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, FirmListId, OrganisationId, Sight};
use provider_api::AllocationId;
use sla::Document;
use std::collections::HashMap;
use storage::lock;
use storage::securing::firm::{self, FirmEnd, FirmList};
use storage::{StorageError, Tx};

/// A place that a signature takes over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Take {
    list: FirmListId,
    number: u32,
}

impl Broker {
    /// Has the best places for a need held for a few minutes; ask for the list until it is `open`.
    ///
    /// # Errors
    /// `firm_lists_open`: three lists of the organisation are open. `/places`: not 1 to 3.
    pub async fn open_firm_list(
        &self,
        ctx: &OpContext,
        request: &FirmRequest,
    ) -> Result<FirmListId, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SignContract, organisation, "contract")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        if !(1..=HELD_MAX).contains(&request.places) {
            let (found, allowed) = (request.places.to_string(), "1 to 3");
            let message = "so many places cannot be held";
            return Err(BrokerError::field("/places", "range", &found, allowed, message));
        }
        let faults = request.plan.as_ref().map_or_else(Vec::new, Plan::faults);
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let (requirement, _) = self.resolve_requirement(ctx, &request.need).await?;
        let strategy = request.strategy.unwrap_or_else(|| Strategy::of(&requirement));
        let plan = request.plan.as_ref();
        let places = self.places_for(organisation, &requirement, strategy, plan).await?;
        let text = stored(&Document::Requirement(requirement));
        let requirement_id = match request.need {
            RequirementSource::Saved(id) => Some(id),
            _ => None,
        };
        let id = FirmListId::new(self.ids());
        let input =
            FirmInput { organisation, strategy, holds: request.places, places: places.clone() };
        let mut tx = self.begin().await?;
        lock::organisation(&mut tx, organisation).await?;
        if firm::list_unfinished(&mut tx, organisation).await?.len() >= OPEN_MAX {
            let detail = "three firm lists are open: book or drop one first".to_owned();
            return Err(BrokerError::Conflict { code: "firm_lists_open", detail });
        }
        let owner = organisation.to_string();
        let from = self.origin(&owner, class_of(&text.text)?);
        let started = workflow::start(&mut tx, from, &definition(), &id.to_string(), &input).await;
        let list = FirmList {
            id,
            organisation_id: organisation,
            requirement_id,
            document: text.text,
            title_en: text.title_en,
            title_ja: text.title_ja,
            strategy: strategy.as_str().to_owned(),
            state: "asking".to_owned(),
            places: serde_json::to_string(&places)
                .map_err(|error| BrokerError::Internal(error.to_string()))?,
            created_at: self.now(),
            closes_at: None,
            ended_at: None,
            contract_id: None,
            workflow_id: Some(started.map_err(engine)?.id),
        };
        firm::insert(&mut tx, &list).await?;
        let entry = Entry::new("firm_list.asked", id).with("strategy", strategy.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(id)
    }

    /// The places that are asked, best first by the market's ranking.
    async fn places_for(
        &self,
        organisation: OrganisationId,
        requirement: &sla::Requirement,
        strategy: Strategy,
        plan: Option<&Plan>,
    ) -> Result<Vec<FirmPlace>, BrokerError> {
        self.sync_market().await?;
        let seeker = Seeker {
            requirement: requirement.clone(),
            organisation,
            runs: None,
            own_first: false,
            order: strategy.order(),
        };
        let orderable = self.orderable_offers().await?;
        let found = self.candidates_of(&[seeker], &orderable).await?.pop().unwrap_or_default();
        let ids: Vec<_> = found.iter().map(|candidate| candidate.offer).collect();
        let stock = self.inner.shelf.seen_by(Sight::Of(organisation));
        let offers = self.shelved_of(&stock, &ids).await?;
        let offers: HashMap<_, _> = offers.iter().map(|offer| (offer.card.id, offer)).collect();
        let mut places = Vec::new();
        for mut candidate in found {
            let Some(offer) = offers.get(&candidate.offer) else { continue };
            let region = candidate.region.clone();
            let plan = plan.cloned().unwrap_or_else(|| plan_for(&offer.card));
            let plan = Plan { region, ..plan };
            // Without a price nothing can be signed.
            let Ok(charges) = plan_charges(offer, &plan) else { continue };
            (candidate.price, candidate.once) = (Some(charges.month), charges.once);
            places.push(FirmPlace {
                number: u32::try_from(places.len() + 1).unwrap_or(u32::MAX),
                candidate,
                plan,
                answer: FirmAnswer::NotAsked,
                round_trip_us: None,
                free_mbps: None,
                ready_in_seconds: None,
                held: None,
                cancel_charge: None,
            });
        }
        places.truncate(ASKED_MAX);
        Ok(places)
    }

    /// A firm list as it stands.
    pub async fn firm_list(
        &self,
        ctx: &OpContext,
        id: FirmListId,
    ) -> Result<FirmView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = firm::find(&mut tx, id).await?;
        drop(tx);
        let list = owned(ctx, found)?;
        let places = places_of(&list)?;
        let candidates = places.iter().map(|place| place.candidate.clone()).collect();
        let rows = self.rows_of(ctx, candidates).await?;
        let cards: HashMap<_, _> =
            rows.into_iter().map(|row| (row.candidate.offer, row.card)).collect();
        let row = |place: FirmPlace| {
            let card = cards.get(&place.candidate.offer)?.clone();
            let own = label(list.organisation_id, id, place.number);
            let place = match list.ended_at {
                Some(_) => place.ended(list.contract_id == Some(own)),
                None => place,
            };
            Some(FirmRow { place, card })
        };
        let need = match list.requirement_id {
            Some(id) => RequirementSource::Saved(id),
            None => {
                let read = read_requirement(&list.document);
                let (requirement, _) = read.map_err(|faults| StorageError::Corrupt {
                    what: "firm_list.document",
                    detail: faults.to_string(),
                })?;
                RequirementSource::Shared(self.share_code(&requirement))
            }
        };
        let rows = places.into_iter().filter_map(row).collect();
        Ok(FirmView {
            id,
            title_en: list.title_en,
            title_ja: list.title_ja,
            need,
            strategy: Strategy::from_word(&list.strategy).unwrap_or(Strategy::AssuranceFirst),
            state: list.state,
            created_at: list.created_at,
            closes_at: list.closes_at,
            contract: list.contract_id,
            rows,
        })
    }

    /// Signs a contract that takes over what is held at a place; the other places are dropped. Repeating it
    /// gives the same contract.
    ///
    /// # Errors
    /// `firm_list_over`: it was booked, dropped or ended before. `place_not_held`: nothing is held there. As those of [`Broker::sign`] otherwise.
    pub async fn book_firm_place(
        &self,
        ctx: &OpContext,
        id: FirmListId,
        number: u32,
        service_name: &str,
    ) -> Result<ContractId, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = firm::find(&mut tx, id).await?;
        drop(tx);
        let list = owned(ctx, found)?;
        let place = places_of(&list)?.into_iter().find(|place| place.number == number);
        let place = place.ok_or(BrokerError::NotFound { what: "place" })?;
        let known = self.shelved(ctx.sight(), place.candidate.offer).await?;
        let shown = place.candidate.price.map(|month| Shown {
            charges: Charges { month, once: place.candidate.once },
            // The cloud was asked for this list and holds the place: nothing of it is old.
            as_of: known.map(|offer| self.price_age(&offer).day),
        });
        let sign = Sign {
            offer: place.candidate.offer,
            offer_version: place.candidate.offer_version,
            requirement: match list.requirement_id {
                Some(id) => RequirementSource::Saved(id),
                None => RequirementSource::Text(list.document),
            },
            service_name: service_name.to_owned(),
            plan: Some(place.plan),
            shown_price: shown,
            starts_at: None,
            idempotency_key: booking_key(id, number),
        };
        let contract = {
            let take = Take { list: id, number };
            self.sign_for(ctx, sign, Existing::Held(&take)).await?
        };
        self.inner.signals.wake();
        Ok(contract)
    }

    /// What the contract takes over, within the unit of work that signs it.
    pub(crate) async fn take_over(
        &self,
        tx: &mut Tx,
        take: &Take,
        contract: ContractId,
    ) -> Result<AllocationId, BrokerError> {
        let found = firm::lock(tx, take.list).await?;
        let list = found.ok_or(BrokerError::NotFound { what: "firm list" })?;
        let now = self.now();
        let place = places_of(&list)?.into_iter().find(|place| place.number == take.number);
        if list.state != "open" || list.closes_at.is_none_or(|closes_at| now >= closes_at) {
            return Err(over());
        }
        let held = place.and_then(|place| place.held).ok_or_else(|| {
            let detail = "this place is not held for you; order the offer by its quote".to_owned();
            BrokerError::Conflict { code: "place_not_held", detail }
        })?;
        debug_assert_eq!(label(list.organisation_id, list.id, take.number), contract);
        let end = FirmEnd { from: "open", to: "taken", contract: Some(contract), at: now };
        if !firm::end(tx, list.id, end).await? {
            return Err(over());
        }
        self.tell_firm_list(tx, &list).await?;
        Ok(held.allocation)
    }

    /// Lets go of everything that a list holds; repeating it changes nothing.
    pub async fn drop_firm_list(&self, ctx: &OpContext, id: FirmListId) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let found = firm::lock(&mut tx, id).await?;
        let list = owned(ctx, found)?;
        if list.ended_at.is_some() {
            return Ok(());
        }
        let end = FirmEnd { from: &list.state, to: "dropped", contract: None, at: self.now() };
        firm::end(&mut tx, id, end).await?;
        self.tell_firm_list(&mut tx, &list).await?;
        record(self, ctx, &mut tx, Entry::new("firm_list.dropped", id)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }

    async fn tell_firm_list(&self, tx: &mut Tx, list: &FirmList) -> Result<(), BrokerError> {
        let Some(workflow) = list.workflow_id else { return Ok(()) };
        let told = workflow::signal(tx, workflow, DECIDED, &true, self.now()).await;
        told.map_err(engine).map(drop)
    }
}

fn over() -> BrokerError {
    let detail = "this firm list was booked, dropped or has ended: ask for a new one".to_owned();
    BrokerError::Conflict { code: "firm_list_over", detail }
}

/// The list, for the organisation it is held for.
fn owned(ctx: &OpContext, found: Option<FirmList>) -> Result<FirmList, BrokerError> {
    let owner: Option<OrganisationId> = found.as_ref().map(|list| list.organisation_id);
    // Strangers learn nothing, not even whether it exists.
    ctx.may(Action::SignContract, owner, "firm list")?;
    found.ok_or(BrokerError::NotFound { what: "firm list" })
}
