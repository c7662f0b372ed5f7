//! `secure`: own → standby → divide → set up.
//!
//! Asking secures nothing. The own cloud is asked first and the others only when it has not enough, or costs more
//! than the limit, all at once.
//! What is taken of whom is decided once; the contracts are written in the transaction that logs it, and a
//! child sets them up: everything held before anything is booked, clouds that hold nothing last, all of it or nothing (F7.4.4). When it comes to
//! nothing, the contracts have failed and say why, and so does the search.

use super::divide::{divide, order};
use super::rooms::ask_all;
use super::{RoomAnswer, SEATS_MAX, SecureInput, SecurePlace, part_id};
use crate::audit::{Entry, record};
use crate::contracts::{Charges, Plan, plan_charges};
use crate::lifecycle::order::{self as orders, Member, OrderInput};
use crate::lifecycle::{self, ActivateInput, own_fault};
use crate::securing::Strategy;
use crate::shelf::Shelved;
use crate::{Broker, OpContext};
use domain::{
    ContractEvent, ContractId, ContractState, Money, OrderId, SecuringId, Sight, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use storage::Tx;
use storage::contracts::{self, NewContract, Order, Seat, StateChange};
use storage::securing::more;
use workflow::{Done, FinalInput, Step, StepInput, StepResult, Stop, WorkflowDefinition};

/// The kind in the database.
const SECURE: &str = "secure";

const STEPS: &[Step<Broker>] = &[
    Step::new("own", |input| Box::pin(ask_own(input))),
    Step::new("standby", |input| Box::pin(ask_standby(input))),
    Step::new("divide", |input| Box::pin(sign_parts(input)))
        .undo(|input| Box::pin(end_parts(input))),
    Step::new("set_up", |input| Box::pin(set_up(input)))
        .undo(|input| Box::pin(async move { input.undo_child().await })),
];

pub(crate) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(SECURE, 1, STEPS)
        .on_done(|input, tx| Box::pin(secured(input, tx)))
        .on_undone(|input, tx| Box::pin(failed(input, tx)))
}

/// One contract of a search.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    contract: ContractId,
    wanted: ActivateInput,
}

/// P6.1.b1: the cloud that the service runs at.
async fn ask_own(input: StepInput<Broker>) -> StepResult {
    let wanted: SecureInput = input.run.input()?;
    let is_first = |place: &SecurePlace| wanted.own_first && place.candidate.own;
    let (own, others): (Vec<SecurePlace>, Vec<SecurePlace>) =
        wanted.places.iter().cloned().partition(is_first);
    let mut places = ask_all(&input, &wanted, own).await;
    places.extend(others);
    Done::with(&places)
}

/// P6.1.b2: what is missing, or too dear, at the matched clouds.
async fn ask_standby(input: StepInput<Broker>) -> StepResult {
    let wanted: SecureInput = input.run.input()?;
    let mut places: Vec<SecurePlace> = input.run.output("own")?;
    let own_has_it = divide(&mut places, wanted.plan.instances, wanted.own_first);
    if !own_has_it || !affordable(&input, &wanted, &places).await? {
        let open = |place: &SecurePlace| place.answer == RoomAnswer::NotAsked;
        let (others, asked): (Vec<SecurePlace>, Vec<SecurePlace>) =
            places.into_iter().partition(open);
        places = asked;
        places.extend(ask_all(&input, &wanted, others).await);
    }
    let (enough, paid) = choose(&input, &wanted, &mut places).await?;
    let mut told = places.clone();
    if !paid {
        told.iter_mut().for_each(|place| place.taken = 0);
    }
    let (id, text) = (securing_id(&input.run.subject)?, serde_json::to_string(&told)?);
    Ok(Done::with(&(enough, &places))?.commit(move |tx| {
        Box::pin(async move {
            more::set_places(tx, id, &text).await?;
            Ok(())
        })
    }))
}

/// Takes machines in the order of securing; where that costs more than the limit, the same without the own cloud
/// first, and then whatever is cheapest. Says whether there is room, and whether the limit is kept.
async fn choose(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    places: &mut [SecurePlace],
) -> Result<(bool, bool), Stop> {
    let wish = (wanted.strategy, wanted.own_first);
    let ways = [wish, (wanted.strategy, false), (Strategy::CostFirst, false)];
    let instances = wanted.plan.instances;
    for (strategy, own_first) in ways {
        order(places, strategy, own_first);
        let kept =
            divide(places, instances, own_first) && affordable(input, wanted, places).await?;
        if kept {
            return Ok((true, true));
        }
    }
    order(places, wanted.strategy, wanted.own_first);
    Ok((divide(places, instances, wanted.own_first), false))
}

/// Whether what is taken costs no more than the limit; everything does where there is none.
async fn affordable(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    places: &[SecurePlace],
) -> Result<bool, Stop> {
    let Some(limit) = wanted.limit else { return Ok(true) };
    let mut total = Money::new(0, limit.currency);
    for place in places.iter().filter(|place| place.taken > 0) {
        let (_, _, price) = priced(input, wanted, place).await?;
        match total.plus(price.month) {
            Ok(sum) => total = sum,
            Err(_) => return Ok(false),
        }
    }
    Ok(total.minor <= limit.minor)
}

/// What is taken of a place, at the offer as it is now.
async fn priced(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    place: &SecurePlace,
) -> Result<(Arc<Shelved>, Plan, Charges), Stop> {
    let offer = input
        .env
        .shelved(Sight::Of(wanted.organisation), place.candidate.offer)
        .await
        .map_err(own_fault)?;
    let gone = || Stop::failed("offer_gone", "an offer is not on the market any more");
    let offer = offer.ok_or_else(gone)?;
    let region = place.candidate.region.clone();
    let plan = Plan { instances: place.taken, region, ..wanted.plan.clone() };
    let price =
        plan_charges(&offer, &plan).map_err(|error| Stop::failed("no_price", error.to_string()))?;
    Ok((offer, plan, price))
}

/// P6.1.b3: the contracts of what is taken, written together with the decision.
async fn sign_parts(input: StepInput<Broker>) -> StepResult {
    let wanted: SecureInput = input.run.input()?;
    let (enough, places): (bool, Vec<SecurePlace>) = input.run.output("standby")?;
    if !enough {
        let detail = "all clouds together have not enough room for the whole";
        return Err(Stop::failed("no_capacity", detail));
    }
    let (id, now) = (securing_id(&input.run.subject)?, input.clock.now());
    let taken: Vec<SecurePlace> = places.into_iter().filter(|place| place.taken > 0).collect();
    // The same number whenever this is repeated.
    let order =
        (taken.len() > 1).then(|| OrderId(part_id(wanted.organisation, id, SEATS_MAX + 1).uuid()));
    let (mut rows, mut parts) = (Vec::new(), Vec::new());
    for (place, seat) in taken.iter().zip(1..) {
        let row = signed(&input, &wanted, place, (id, seat, order)).await?;
        let plan: Plan = serde_json::from_str(&row.plan)?;
        let service_name = row.service_name.clone();
        let wanted = ActivateInput { provider: row.provider_id, plan, service_name };
        parts.push(Part { contract: row.id, wanted });
        rows.push(row);
    }
    within_limit(&rows, wanted.limit)?;
    let order = order.map(|id| Order { id, organisation_id: wanted.organisation, signed_at: now });
    let broker = Arc::clone(&input.env);
    Ok(Done::with(&parts)?.commit(move |tx| {
        Box::pin(async move { write(&broker, tx, id, order.as_ref(), &rows).await })
    }))
}

/// The contract of one seat, from the offer as it is now.
async fn signed(
    input: &StepInput<Broker>,
    wanted: &SecureInput,
    place: &SecurePlace,
    (id, seat, order): (SecuringId, usize, Option<OrderId>),
) -> Result<NewContract, Stop> {
    let (offer, plan, price) = priced(input, wanted, place).await?;
    let number = i64::try_from(seat).unwrap_or(i64::MAX);
    Ok(NewContract {
        id: part_id(wanted.organisation, id, seat),
        organisation_id: wanted.organisation,
        provider_id: offer.card.provider.id,
        offer_id: offer.card.id,
        offer_version: offer.card.version,
        offer_document: offer.text.clone(),
        offer_hash: offer.hash.clone(),
        requirement_id: wanted.requirement,
        requirement_version: wanted.requirement_version,
        requirement_document: wanted.requirement_document.clone(),
        requirement_hash: wanted.requirement_hash.clone(),
        service_name: format!("{} +{seat}", wanted.service_name),
        plan: serde_json::to_string(&plan)?,
        price: price.month,
        // The cloud that the service runs at has charged before.
        once: price.once.filter(|_| !place.candidate.own),
        signed_by: wanted.asked_by.clone(),
        signed_at: input.clock.now(),
        starts_at: None,
        order: order.map(|order| Seat { order, number }),
    })
}

/// Nobody pays more than was said. Amounts that cannot be added are over every limit.
fn within_limit(rows: &[NewContract], limit: Option<Money>) -> Result<(), Stop> {
    let Some(limit) = limit else { return Ok(()) };
    let start = Money::new(0, limit.currency);
    let total = rows.iter().try_fold(start, |sum, row| sum.plus(row.price));
    match total {
        Ok(total) if total.minor <= limit.minor => Ok(()),
        Ok(total) => {
            Err(Stop::failed("over_limit", format!("it would cost {total}, the limit is {limit}")))
        }
        Err(error) => Err(Stop::failed("over_limit", error.to_string())),
    }
}

async fn write(
    broker: &Arc<Broker>,
    tx: &mut Tx,
    id: SecuringId,
    order: Option<&Order>,
    rows: &[NewContract],
) -> Result<(), Stop> {
    if let Some(order) = order {
        contracts::insert_order(tx, order).await?;
    }
    let ctx = OpContext::system("securing");
    for (row, seat) in rows.iter().zip(1..) {
        contracts::insert(tx, row).await?;
        more::add_part(tx, id, seat, row.id).await?;
        let entry = Entry::new("contract.signed", row.id)
            .with("offer", row.offer_id.to_string())
            .with("offerVersion", row.offer_version)
            .with("offerHash", row.offer_hash.as_str())
            .with("securing", id.to_string());
        record(broker, &ctx, tx, entry).await.map_err(own_fault)?;
    }
    Ok(())
}

/// Contracts whose setting up never began have failed; the others were ended by the child.
async fn end_parts(input: StepInput<Broker>) -> StepResult {
    let code = input.run.failure.as_ref().map_or("unknown", |failure| failure.code.as_str());
    let (id, code, now) = (securing_id(&input.run.subject)?, code.to_owned(), input.clock.now());
    Ok(Done::empty().commit(move |tx| Box::pin(async move { fail(tx, id, &code, now).await })))
}

async fn fail(tx: &mut Tx, id: SecuringId, code: &str, at: Timestamp) -> Result<(), Stop> {
    for part in more::parts(tx, id).await? {
        let head = contracts::find_head(tx, part).await?;
        let Some(head) = head.filter(|head| head.state == ContractState::Activating) else {
            continue;
        };
        let state = head.state.apply(ContractEvent::ActivationFailed);
        let state = state.map_err(|error| Stop::failed("wrong_state", error.to_string()))?;
        let change = StateChange { failure: Some(code), ..StateChange::to(&head, state, at) };
        contracts::set_state(tx, &change).await?;
    }
    Ok(())
}

/// As an activation alone, or as an order of several.
async fn set_up(input: StepInput<Broker>) -> StepResult {
    let parts: Vec<Part> = input.run.output("divide")?;
    if let [part] = parts.as_slice() {
        let subject = part.contract.to_string();
        return input.child(&lifecycle::activation(), &subject, &part.wanted);
    }
    let missing = || Stop::failed("internal", "no workflow for so many contracts");
    let definition = orders::of(parts.len()).ok_or_else(missing)?;
    let wanted: SecureInput = input.run.input()?;
    let id = securing_id(&input.run.subject)?;
    let order = OrderId(part_id(wanted.organisation, id, SEATS_MAX + 1).uuid());
    let members =
        parts.into_iter().map(|part| Member { contract: part.contract, wanted: part.wanted });
    input.child(&definition, &order.to_string(), &OrderInput { members: members.collect() })
}

async fn secured(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    finish(&input, tx, ("secured", None)).await
}

async fn failed(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let code = input.run.failure.as_ref().map_or("unknown", |failure| failure.code.as_str());
    finish(&input, tx, ("failed", Some(code))).await
}

async fn finish(
    input: &FinalInput<Broker>,
    tx: &mut Tx,
    end: (&str, Option<&str>),
) -> Result<(), Stop> {
    let id = securing_id(&input.run.subject)?;
    more::end(tx, id, end, input.clock.now()).await?;
    let ctx = OpContext::system("securing");
    let action = if end.1.is_none() { "securing.done" } else { "securing.failed" };
    let entry = Entry::new(action, id).with("failure", end.1);
    record(&input.env, &ctx, tx, entry).await.map_err(own_fault)
}

fn securing_id(subject: &str) -> Result<SecuringId, Stop> {
    subject.parse().map_err(|error: domain::IdError| Stop::failed("internal", error.to_string()))
}
