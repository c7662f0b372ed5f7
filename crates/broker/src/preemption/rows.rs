//! What becomes of a pre-emption: its events, what is owed, and how it stands to other work on the service.

use super::PreemptionRow;
use crate::audit::{Entry, record};
use crate::lifecycle;
use crate::notices::{ContractNews, NoticeKind};
use crate::{Broker, BrokerError, OpContext};
use domain::{
    ContractId, DurationUs, Money, PreemptionEvent, PreemptionState, Timestamp, compensation,
};
use storage::Tx;
use storage::contracts::{self, ContractHead, Preemption};

/// How soon after the taking it is first tried to give the room back: the lifeline takes it meanwhile.
const RETURN_AFTER_US: DurationUs = 5 * 1_000_000;
/// The longest pause between two tries.
const RETURN_PAUSE_MAX_US: DurationUs = 600 * 1_000_000;

impl PreemptionRow {
    pub(crate) fn of(row: &Preemption, now: Timestamp) -> Self {
        Self {
            number: row.number,
            state: row.state,
            instances: row.instances,
            keep_instances: row.keep_instances,
            noticed_at: row.noticed_at,
            due_at: row.due_at,
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            owed: match row.owed_minor {
                Some(minor) => Some(Money::new(minor, row.price.currency)),
                None if row.state.is_short() => owed(row, now),
                None => None,
            },
        }
    }
}

/// What is owed if the service has its room back at `at`.
fn owed(row: &Preemption, at: Timestamp) -> Option<Money> {
    let lasted = at.since(row.begun_at?);
    let taken = row.instances.saturating_sub(row.keep_instances);
    compensation(row.price, row.percent, (taken, row.instances), lasted)
}

/// What is said about an event: to the customer of the service, and in the audit list.
fn words(event: PreemptionEvent) -> (Option<NoticeKind>, &'static str) {
    use PreemptionEvent as E;
    match event {
        E::Begin => (None, "contract.preemption_begun"),
        E::CallOff => (Some(NoticeKind::PreemptionCalledOff), "contract.preemption_called_off"),
        E::Take => (Some(NoticeKind::Preempted), "contract.preempted"),
        E::TakeFailed => (Some(NoticeKind::PreemptionCalledOff), "contract.preemption_failed"),
        E::Return => (None, "contract.preemption_return_begun"),
        E::ReturnDone => (Some(NoticeKind::RoomReturned), "contract.preemption_returned"),
        E::ReturnFailed => (None, "contract.preemption_return_failed"),
        E::End => (None, "contract.preemption_ended"),
    }
}

/// Applies an event to a row, with its moments, what is owed, the news and the audit line. The contract is locked.
pub(crate) async fn settle(
    broker: &Broker,
    tx: &mut Tx,
    row: &Preemption,
    event: PreemptionEvent,
) -> Result<(), BrokerError> {
    let now = broker.now();
    let mut next = row.clone();
    next.state = row.state.apply(event)?;
    match event {
        PreemptionEvent::Begin => next.begun_at = Some(now),
        PreemptionEvent::Take => next.try_at = Some(now.plus_us(RETURN_AFTER_US)),
        PreemptionEvent::ReturnFailed => {
            next.tries = row.tries.saturating_add(1);
            next.try_at = Some(now.plus_us(pause(next.tries)));
        }
        PreemptionEvent::ReturnDone | PreemptionEvent::End => {
            next.ended_at = Some(now);
            next.owed_minor = owed(row, now).map(|owed| owed.minor);
            next.try_at = None;
        }
        // Nothing was taken in the end.
        PreemptionEvent::TakeFailed => next.ended_at = Some(now),
        PreemptionEvent::CallOff | PreemptionEvent::Return => {}
    }
    contracts::set_preemption(tx, &next).await?;
    let (told, audited) = words(event);
    let id = row.contract_id;
    let head = contracts::find_head(tx, id).await?;
    let head = head.ok_or(BrokerError::NotFound { what: "contract" })?;
    if let Some(kind) = told {
        tell(broker, tx, kind, &head, &next).await?;
    }
    let lifeline = match event {
        PreemptionEvent::Take => Some(NoticeKind::RoomGiven),
        PreemptionEvent::ReturnDone | PreemptionEvent::End => Some(NoticeKind::RoomSettled),
        _ => None,
    };
    if let Some(kind) = lifeline
        && let Some(head) = contracts::find_head(tx, row.for_contract).await?
    {
        tell(broker, tx, kind, &head, &next).await?;
    }
    let entry = Entry::new(audited, id)
        .with("number", row.number)
        .with("for", row.for_contract.to_string())
        .with("owedMinor", next.owed_minor)
        .with("currency", row.price.currency.code());
    record(broker, &OpContext::system("pre-emption"), tx, entry).await
}

/// How long is waited after so many tries.
fn pause(tries: i64) -> DurationUs {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(10);
    RETURN_AFTER_US.saturating_mul(1 << doublings).min(RETURN_PAUSE_MAX_US)
}

/// Tells the customer of the service, or of the lifeline: when, and what is owed so far. How large the service is
/// and what it keeps is its own customer's business.
pub(super) async fn tell(
    broker: &Broker,
    tx: &mut Tx,
    kind: NoticeKind,
    head: &ContractHead,
    row: &Preemption,
) -> Result<(), BrokerError> {
    let own = head.id == row.contract_id;
    let news = ContractNews {
        at: Some(row.ended_at.or(row.begun_at).unwrap_or(row.due_at)),
        machines: own.then_some((row.keep_instances, row.instances)),
        owed: PreemptionRow::of(row, broker.now()).owed,
        ..ContractNews::about(head)
    };
    broker.tell_organisation(tx, kind, head.organisation_id, &news).await
}

/// Clears the way for the end of a service: a notice has nothing left to take, and what was taken is settled. While
/// machines are given up or come back the end waits.
pub(crate) async fn clear_preemption(
    broker: &Broker,
    tx: &mut Tx,
    contract: ContractId,
) -> Result<(), BrokerError> {
    let Some(row) = contracts::find_open_preemption(tx, contract).await? else { return Ok(()) };
    match row.state {
        PreemptionState::Noticed => settle(broker, tx, &row, PreemptionEvent::CallOff).await,
        PreemptionState::Taken => settle(broker, tx, &row, PreemptionEvent::End).await,
        _ => {
            let detail = "a pre-emption of this service is under way".to_owned();
            Err(BrokerError::Conflict { code: "change_under_way", detail })
        }
    }
}

/// A service of which room is taken, or about to be, is not changed otherwise.
pub(crate) async fn must_have_its_room(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<(), BrokerError> {
    match contracts::find_open_preemption(tx, contract).await? {
        None => Ok(()),
        Some(_) => {
            let detail = "room of this service is taken for a lifeline, or about to be".to_owned();
            Err(BrokerError::Conflict { code: "preempted", detail })
        }
    }
}

/// Whether the workflow that takes or returns has been given up at the desk; what it left is as before it began.
pub(super) async fn given_up(
    tx: &mut Tx,
    row: &Preemption,
) -> Result<Option<PreemptionEvent>, BrokerError> {
    let (kind, event) = match row.state {
        PreemptionState::Taking => (lifecycle::PREEMPT, PreemptionEvent::TakeFailed),
        PreemptionState::Returning => (lifecycle::RETURN_ROOM, PreemptionEvent::ReturnFailed),
        _ => return Ok(None),
    };
    let subject = row.contract_id.to_string();
    let runs = storage::workflow::unfinished(tx, kind, &subject).await?;
    Ok(runs.is_none().then_some(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_tries_grow_to_ten_minutes() {
        let seconds: Vec<i64> = (0..9).map(|tries| pause(tries) / 1_000_000).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(pause(i64::MAX), RETURN_PAUSE_MAX_US);
    }
}
