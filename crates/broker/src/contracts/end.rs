//! Ending a service: at once, or by itself at a moment that was said before.

use super::engine;
use crate::audit::{Entry, record};
use crate::changes::clear_way;
use crate::error::shown_moment;
use crate::lifecycle::{self, ReleaseInput};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractEvent, ContractId, ContractState, DurationUs, Timestamp};
use storage::contracts::{self, ContractHead, StateChange};
use storage::securing::more;
use storage::{Tx, lock};
use workflow::Priority;

/// States in which an end can be set: what has not come to its end already.
pub(super) const END_STATES: [ContractState; 3] =
    [ContractState::Scheduled, ContractState::Activating, ContractState::Active];
/// How far ahead an end can lie.
pub(crate) const END_MAX_US: DurationUs = 10 * 366 * 86_400 * 1_000_000;
/// Contracts that are ended in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 50;

/// What becomes of the data of a service that ends (F7.10.1c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataAtEnd {
    /// They are erased.
    #[default]
    Erase,
    /// They wait for their owner to take them, and are erased then.
    Return,
}

impl DataAtEnd {
    /// The word for it in API and forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Erase => "erase",
            Self::Return => "return",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Erase, Self::Return].into_iter().find(|choice| choice.as_str() == word)
    }
}

impl Broker {
    /// Ends the service and erases its data; repeating it changes nothing. What is scheduled to change is
    /// called off. A lifeline that waits for the room of others waits no longer: its activation is undone.
    ///
    /// # Errors
    /// `Conflict` `change_under_way` while a change is being made.
    pub async fn release(&self, ctx: &OpContext, id: ContractId) -> Result<(), BrokerError> {
        self.release_with(ctx, id, DataAtEnd::Erase).await
    }

    /// Ends the service; what becomes of its data is said with the first call and does not change.
    pub async fn release_with(
        &self,
        ctx: &OpContext,
        id: ContractId,
        data: DataAtEnd,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let head = self.locked(ctx, &mut tx, id, Action::ReleaseContract).await?;
        if matches!(head.state, ContractState::Releasing | ContractState::Released) {
            return Ok(());
        }
        // A lifeline may wait for room for an hour; nobody has to.
        if head.state == ContractState::Activating {
            return self.stop_waiting(ctx, tx, &head).await;
        }
        clear_way(self, &mut tx, id).await?;
        self.begin_release(&mut tx, &head, data).await?;
        let entry = Entry::new("contract.release_asked", id).with("data", data.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }

    /// Lets the service end by itself at `ends_at` (from the next second to ten years ahead), as
    /// [`Broker::release`] would then; `None` takes that back. Repeating it changes nothing.
    pub async fn end_at(
        &self,
        ctx: &OpContext,
        id: ContractId,
        ends_at: Option<Timestamp>,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let head = self.locked(ctx, &mut tx, id, Action::ReleaseContract).await?;
        if !END_STATES.contains(&head.state) {
            let detail = "the service has ended, or is about to".to_owned();
            return Err(BrokerError::Conflict { code: "contract_ended", detail });
        }
        if head.ends_at == ends_at {
            return Ok(());
        }
        let now = self.now();
        if let Some(at) = ends_at
            && (at <= head.starts_at.map_or(now, |starts| starts.max(now))
                || at.since(now) > END_MAX_US)
        {
            let message = "the end lies in the past, before the beginning, or too far ahead";
            let allowed = "a moment after now, at most ten years ahead";
            return Err(BrokerError::field("/endsAt", "end", &shown_moment(at), allowed, message));
        }
        contracts::set_end(&mut tx, &head, ends_at, now).await?;
        let entry = match ends_at {
            Some(at) => Entry::new("contract.end_set", id).with("endsAt", at.0),
            None => Entry::new("contract.end_taken_back", id),
        };
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Releases what is due; returns how many releases began. May run in several processes at once.
    pub async fn end_due(&self) -> Result<usize, BrokerError> {
        let due = contracts::list_due(&mut self.look().await?, self.now(), DUE_AT_ONCE).await?;
        let mut begun = 0;
        for head in due {
            match self.end_one(head.id).await {
                Ok(ended) => begun += usize::from(ended),
                // One that cannot be ended does not keep the others running.
                Err(error) => tracing::error!(contract.id = %head.id, %error,
                    "a contract whose end has come could not be released; it is tried again"),
            }
        }
        Ok(begun)
    }

    /// Looks again behind the lock: meanwhile the end may have been moved, or another process was first.
    async fn end_one(&self, id: ContractId) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let now = self.now();
        let is_due = |head: &ContractHead| {
            head.state == ContractState::Active && head.ends_at.is_some_and(|at| at <= now)
        };
        let head = contracts::find_head(&mut tx, id).await?;
        let Some(head) = head.filter(is_due) else { return Ok(false) };
        if !clear_for_end(self, &mut tx, id).await? {
            return Ok(false);
        }
        self.begin_release(&mut tx, &head, DataAtEnd::Erase).await?;
        let ctx = OpContext::system("end of a contract");
        record(self, &ctx, &mut tx, Entry::new("contract.end_came", id)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(true)
    }

    pub(super) async fn begin_release(
        &self,
        tx: &mut Tx,
        head: &ContractHead,
        data: DataAtEnd,
    ) -> Result<(), BrokerError> {
        if head.state == ContractState::Scheduled {
            let detail = "the contract has not begun: call it off instead".to_owned();
            return Err(BrokerError::Conflict { code: "not_begun", detail });
        }
        let state = head.state.apply(ContractEvent::AskRelease)?;
        contracts::set_state(tx, &StateChange::to(head, state, self.now())).await?;
        contracts::overtake_termination(tx, head.id, self.now()).await?;
        let input = ReleaseInput { provider: head.provider_id };
        let owner = head.organisation_id.to_string();
        let from = self.origin(&owner, Priority::Normal);
        let definition = match data {
            DataAtEnd::Erase => lifecycle::release(),
            DataAtEnd::Return => lifecycle::release_returning(),
        };
        workflow::start(tx, from, &definition, &head.id.to_string(), &input)
            .await
            .map_err(engine)?;
        self.end_parts(tx, head).await
    }

    /// What was secured for a service ends with it: its parts are due at once, and `end_due` releases each as soon as
    /// nothing else is done to it.
    async fn end_parts(&self, tx: &mut Tx, service: &ContractHead) -> Result<(), BrokerError> {
        let (now, ctx) = (self.now(), OpContext::system("end of a service"));
        for securing in more::list(tx, service.id).await? {
            for part in more::parts(tx, securing.id).await? {
                lock::contract(tx, part).await?;
                let head = contracts::find_head(tx, part).await?;
                let lasts = |head: &ContractHead| {
                    END_STATES.contains(&head.state) && head.ends_at.is_none_or(|at| at > now)
                };
                let Some(head) = head.filter(lasts) else { continue };
                contracts::set_end(tx, &head, Some(now), now).await?;
                let entry = Entry::new("contract.end_set", part)
                    .with("endsAt", now.0)
                    .with("with", service.id.to_string());
                record(self, &ctx, tx, entry).await?;
            }
        }
        Ok(())
    }
}

/// Calls off what is only scheduled; `false` while a change is being made: the contract ends as soon as that has
/// come to its end.
pub(super) async fn clear_for_end(
    broker: &Broker,
    tx: &mut Tx,
    id: ContractId,
) -> Result<bool, BrokerError> {
    match clear_way(broker, tx, id).await {
        Err(BrokerError::Conflict { code: "change_under_way", .. }) => Ok(false),
        done => done.map(|()| true),
    }
}
