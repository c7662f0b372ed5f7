//! Asking for a change, behind the contract's lock: one at a time, and the same request once.

use super::{MoveFacts, Terms};
use crate::audit::{Entry, record};
use crate::contracts::{Charges, END_MAX_US, engine};
use crate::error::shown_moment;
use crate::lifecycle::{self, ScaleInput};
use crate::preemption::{clear_preemption, must_have_its_room};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ChangeEvent, ChangeKind, ChangeState, ContractId, ContractState, Timestamp};
use storage::contracts::{
    self, Change, Contract, ContractHead, Frozen, Move, NewChange, NewMove, OneTimeCharge,
};
use storage::{Tx, lock};
use workflow::Priority;

/// A request for a change, whatever its kind.
pub(super) struct Asked<'a> {
    pub kind: ChangeKind,
    pub key: &'a str,
    pub shown_price: Option<Charges>,
    pub from: Option<Timestamp>,
    /// What only a move has.
    pub moves: Option<MoveFacts>,
}

/// What was asked for, worked out.
pub(super) struct Request {
    pub after: Terms,
    /// The text of the offer that is signed anew; `None` where its version stays.
    pub offer: Option<Frozen>,
}

impl Request {
    /// Other terms within the version of the offer that was signed.
    pub fn within(after: Terms) -> Self {
        Self { after, offer: None }
    }
}

impl MoveFacts {
    fn of(&self, head: &ContractHead, number: i64) -> NewMove {
        NewMove {
            contract_id: head.id,
            number,
            provider_before: head.provider_id,
            provider_after: self.provider,
            finish_by: self.finish_by,
            carries_data: self.carries_data,
        }
    }

    /// What the new provider charges once, for the change that leads there.
    fn charge(&self, change: &NewChange, after: &Terms) -> Option<OneTimeCharge> {
        Some(OneTimeCharge {
            contract_id: change.contract_id,
            number: change.number,
            provider_id: self.provider,
            offer_id: after.offer,
            offer_version: after.offer_version,
            amount: self.once?,
            agreed_at: change.asked_at,
            charged_at: None,
        })
    }

    /// Whether a move that was asked for says the same; a moment that was not said is none.
    fn is_of(self, first: &Move) -> bool {
        self.carries_data == first.carries_data
            && (!self.stated || self.finish_by == first.finish_by)
    }
}

impl Broker {
    /// Stores a change and starts it, or schedules it.
    pub(super) async fn ask_change(
        &self,
        ctx: &OpContext,
        id: ContractId,
        asked: Asked<'_>,
        work_out: impl FnOnce(&Contract, &Terms) -> Result<Request, BrokerError>,
    ) -> Result<i64, BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let contract = contracts::find(&mut tx, id).await?;
        let owner = contract.as_ref().map(|contract| contract.head.organisation_id);
        ctx.may(Action::ChangeContract, owner, "contract")?;
        let contract = contract.ok_or(BrokerError::NotFound { what: "contract" })?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        check_key(asked.key)?;
        if let Some(first) = contracts::find_change_by_key(&mut tx, id, asked.key).await? {
            let moves = contracts::list_moves(&mut tx, id).await?;
            let row = moves.into_iter().find(|row| row.number == first.number);
            return repeated((&first, row.as_ref()), &asked, &contract, work_out);
        }
        must_be_free(&mut tx, &contract.head).await?;
        if asked.kind != ChangeKind::Renew {
            must_be_at_rest(&mut tx, id).await?;
        }
        let now = self.now();
        check_from(&asked, &contract.head, now)?;
        let before = Terms::of(&contract)?;
        let request = work_out(&contract, &before)?;
        let once = asked.moves.and_then(|facts| facts.once);
        same_price(asked.shown_price, Charges { month: request.after.price, once })?;
        let last = contracts::list_changes(&mut tx, id).await?;
        let signed =
            Frozen { text: contract.offer_document.clone(), hash: contract.offer_hash.clone() };
        let new = NewChange {
            contract_id: id,
            number: last.first().map_or(1, |last| last.number.saturating_add(1)),
            idempotency_key: asked.key.to_owned(),
            kind: asked.kind,
            state: if asked.from.is_some() { ChangeState::Scheduled } else { ChangeState::Running },
            terms_before: before.to_text()?,
            terms_after: request.after.to_text()?,
            offer_before: request.offer.as_ref().map(|_| signed),
            offer_after: request.offer.clone(),
            asked_by: viewer.user.to_string(),
            asked_at: now,
            from_at: asked.from,
        };
        contracts::insert_change(&mut tx, &new).await?;
        if let Some(facts) = &asked.moves {
            contracts::insert_move(&mut tx, &facts.of(&contract.head, new.number)).await?;
            if let Some(charge) = facts.charge(&new, &request.after) {
                contracts::insert_charge(&mut tx, &charge).await?;
            }
        }
        if new.kind == ChangeKind::Renew {
            self.renew_now(&mut tx, &contract, &request.after, &new).await?;
            super::accept::note(self, ctx, &mut tx, id, (&before, &request.after)).await?;
        } else if new.state == ChangeState::Running {
            self.begin_change(&mut tx, &contract.head, new.kind, new.number).await?;
        }
        let entry = Entry::new("contract.change_asked", id)
            .with("change", new.number)
            .with("kind", new.kind.as_str())
            .with("fromAt", new.from_at.map(|at| at.0));
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(new.number)
    }

    /// Starts the workflow that makes the change.
    pub(super) async fn begin_change(
        &self,
        tx: &mut Tx,
        head: &ContractHead,
        kind: ChangeKind,
        number: i64,
    ) -> Result<(), BrokerError> {
        let owner = head.organisation_id.to_string();
        let from = self.origin(&owner, Priority::Normal);
        let subject = head.id.to_string();
        let started = match kind {
            ChangeKind::Scale => {
                let input = ScaleInput { provider: head.provider_id, change: number };
                workflow::start(tx, from, &lifecycle::scale(), &subject, &input).await
            }
            ChangeKind::Move => {
                let input = self.move_input(tx, head, number).await?;
                workflow::start(tx, from, &lifecycle::moving(), &subject, &input).await
            }
            // It is made at once.
            ChangeKind::Renew => {
                return Err(BrokerError::Internal(format!("no workflow makes a {kind}")));
            }
        };
        started.map_err(engine)?;
        Ok(())
    }

    /// A renewal is made with the request: nothing at a cloud is different.
    async fn renew_now(
        &self,
        tx: &mut Tx,
        contract: &Contract,
        after: &Terms,
        new: &NewChange,
    ) -> Result<(), BrokerError> {
        let terms = contract.terms();
        let terms = contracts::Terms {
            offer_version: after.offer_version,
            offer: new.offer_after.clone().unwrap_or_else(|| terms.offer.clone()),
            price: after.price,
            ends_at: after.ends_at,
            ..terms
        };
        let (head, now) = (&contract.head, self.now());
        contracts::set_terms(tx, (head.id, head.revision), &terms, now).await?;
        let change = contracts::find_change(tx, head.id, new.number).await?;
        let change = change.ok_or(BrokerError::NotFound { what: "change" })?;
        let state = change.state.apply(ChangeEvent::Finish)?;
        Ok(contracts::set_change_state(tx, &change, state, (None, Some(now))).await?)
    }

    /// Takes a change back that has not begun; repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `change_under_way` once it has begun, `change_ended` once it has ended.
    pub async fn call_off_change(
        &self,
        ctx: &OpContext,
        id: ContractId,
        number: i64,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        self.locked(ctx, &mut tx, id, Action::ChangeContract).await?;
        let change = contracts::find_change(&mut tx, id, number).await?;
        let change = change.ok_or(BrokerError::NotFound { what: "change" })?;
        match change.state {
            ChangeState::CalledOff => return Ok(()),
            ChangeState::Scheduled => {}
            ChangeState::Running => return Err(under_way()),
            ChangeState::Done | ChangeState::Failed => {
                let detail = "the change has come to its end".to_owned();
                return Err(BrokerError::Conflict { code: "change_ended", detail });
            }
        }
        call_off(&mut tx, &change, None, self.now()).await?;
        let entry = Entry::new("contract.change_called_off", id).with("change", number);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn call_off(
    tx: &mut Tx,
    change: &Change,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<(), BrokerError> {
    let state = change.state.apply(ChangeEvent::CallOff)?;
    Ok(contracts::set_change_state(tx, change, state, (failure, Some(now))).await?)
}

/// Why a scheduled change was called off that nobody took back.
const CONTRACT_ENDED: &str = "contract_ended";

/// Clears the way for the end of a contract: what is scheduled is called off; what is under way comes to
/// its end first, so that two workflows never work on one service.
pub(crate) async fn clear_way(
    broker: &Broker,
    tx: &mut Tx,
    contract: ContractId,
) -> Result<(), BrokerError> {
    let now = broker.now();
    match open_change(tx, contract, now).await? {
        None => {}
        Some(change) if change.state == ChangeState::Scheduled => {
            call_off(tx, &change, Some(CONTRACT_ENDED), now).await?;
        }
        Some(_) => return Err(under_way()),
    }
    clear_preemption(broker, tx, contract).await
}

/// The change that has not ended. One whose workflow was given up at the desk has: it failed.
async fn open_change(
    tx: &mut Tx,
    contract: ContractId,
    now: Timestamp,
) -> Result<Option<Change>, BrokerError> {
    let Some(change) = contracts::find_open_change(tx, contract).await? else { return Ok(None) };
    if change.state == ChangeState::Scheduled || at_work(tx, &change).await? {
        return Ok(Some(change));
    }
    let state = change.state.apply(ChangeEvent::Fail)?;
    contracts::set_change_state(tx, &change, state, (Some("abandoned"), Some(now))).await?;
    Ok(None)
}

async fn at_work(tx: &mut Tx, change: &Change) -> Result<bool, BrokerError> {
    let Some(kind) = lifecycle::kind_of(change.kind) else { return Ok(false) };
    let subject = change.contract_id.to_string();
    Ok(storage::workflow::unfinished(tx, kind, &subject).await?.is_some())
}

/// The service runs and nothing else changes it.
pub(super) async fn must_be_free(tx: &mut Tx, head: &ContractHead) -> Result<(), BrokerError> {
    match head.state {
        ContractState::Active => {}
        ContractState::Scheduled | ContractState::Activating => {
            let detail = "the service is not set up yet".to_owned();
            return Err(BrokerError::Conflict { code: "service_not_active", detail });
        }
        ContractState::Failed | ContractState::Releasing | ContractState::Released => {
            let detail = "the service has ended, or is about to".to_owned();
            return Err(BrokerError::Conflict { code: "contract_ended", detail });
        }
    }
    match contracts::find_open_change(tx, head.id).await? {
        None => Ok(()),
        Some(change) if change.state == ChangeState::Running && !at_work(tx, &change).await? => {
            Ok(())
        }
        Some(_) => Err(under_way()),
    }
}

/// Whether a repair works on the service: two workflows at once would each undo what the other did.
pub(super) async fn is_repaired(tx: &mut Tx, id: ContractId) -> Result<bool, BrokerError> {
    let found = storage::workflow::unfinished(tx, lifecycle::REPAIR, &id.to_string()).await?;
    Ok(found.is_some())
}

/// Nothing else than a change works on the service, and it has all that was ordered.
async fn must_be_at_rest(tx: &mut Tx, id: ContractId) -> Result<(), BrokerError> {
    if is_repaired(tx, id).await? {
        let detail = "the service is being repaired".to_owned();
        return Err(BrokerError::Conflict { code: "contract_busy", detail });
    }
    must_have_its_room(tx, id).await
}

fn under_way() -> BrokerError {
    let detail = "another change of this contract has not come to its end".to_owned();
    BrokerError::Conflict { code: "change_under_way", detail }
}

/// The first answer again, unless the key asked for something else.
fn repeated(
    (first, moves): (&Change, Option<&Move>),
    asked: &Asked<'_>,
    contract: &Contract,
    work_out: impl FnOnce(&Contract, &Terms) -> Result<Request, BrokerError>,
) -> Result<i64, BrokerError> {
    let (before, after) = (Terms::parse(&first.terms_before)?, Terms::parse(&first.terms_after)?);
    let same_move = match (asked.moves, moves) {
        (Some(asked), Some(first)) => asked.is_of(first),
        (asked, first) => asked.is_none() && first.is_none(),
    };
    let same_way = first.kind == asked.kind && first.from_at == asked.from && same_move;
    // What was asked for then, of the contract as it was then; prices may be those of another day by now.
    let again =
        work_out(contract, &before).map(|request| Terms { price: after.price, ..request.after });
    if same_way && again.is_ok_and(|again| again == after) {
        return Ok(first.number);
    }
    let detail = format!("this key asked for change {} before", first.number);
    Err(BrokerError::Conflict { code: "change_key_used", detail })
}

fn check_key(key: &str) -> Result<(), BrokerError> {
    if !key.is_empty() && key.len() <= 200 {
        return Ok(());
    }
    let message = "send a key that names this change";
    let (code, allowed) = ("idempotency_key", "1 to 200 characters");
    Err(BrokerError::field("/idempotencyKey", code, key, allowed, message))
}

/// A change begins after now and before the contract ends.
fn check_from(asked: &Asked<'_>, head: &ContractHead, now: Timestamp) -> Result<(), BrokerError> {
    let Some(from) = asked.from else { return Ok(()) };
    let too_late = head.ends_at.is_some_and(|ends| from >= ends);
    if from > now && from.since(now) <= END_MAX_US && !too_late {
        return Ok(());
    }
    let message = "the beginning lies in the past, after the end of the contract, or too far ahead";
    let allowed = "a moment after now and before the contract ends, at most ten years ahead";
    Err(BrokerError::field("/from", "begin", &shown_moment(from), allowed, message))
}

/// Nobody agrees to a price that was not shown.
fn same_price(shown: Option<Charges>, price: Charges) -> Result<(), BrokerError> {
    match shown {
        Some(shown) if shown != price => Err(BrokerError::Conflict {
            code: "price_changed",
            detail: format!("the price is {price}, and {shown} was shown"),
        }),
        _ => Ok(()),
    }
}
