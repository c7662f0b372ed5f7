//! A provider ends a contract, with at least the notice that the version it signed promises
//! (`exit.termination_notice`), and its customer is told at once.
//!
//! Where the signed version promises none, the least notice of the market holds: absent is not zero, and no
//! contract binds a provider for ever. What a customer owes when it ends a contract itself is nothing
//! (docs/adr/0011).

use super::end::{END_STATES, clear_for_end};
use super::read::parse_cursor;
use super::{DataAtEnd, DeliveredContract, GiveNotice, PromisedNotice, TerminationView};
use crate::audit::{Entry, record};
use crate::error::shown_moment;
use crate::names::text_fault;
use crate::notices::{ContractNews, NoticeKind};
use crate::{Broker, BrokerError, Listed, OpContext};
use domain::{Action, ContractId, ContractState, DurationUs, OrganisationId, Timestamp};
use rust_decimal::prelude::ToPrimitive;
use std::collections::HashMap;
use storage::contracts::{self, Contract, ContractHead, Termination};
use storage::{Tx, lock, providers};

/// The item that the signed version promises it with.
const ITEM: &str = "exit.termination_notice";
/// Microseconds in a day, the unit of the item.
const DAY_US: DurationUs = 86_400 * 1_000_000;
/// The least notice where the signed version promises none: long enough to find, sign and set up
/// something else, and to take the data along.
const MARKET_NOTICE_US: DurationUs = 90 * DAY_US;
/// Characters of a reason.
const REASON_MAX: usize = 500;
/// How far ahead a notice can lie.
const AHEAD_MAX_US: DurationUs = super::END_MAX_US;
/// Contracts that are ended in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 50;

/// What the signed version promises; the market's least notice where it promises nothing.
fn promised(offer_document: &str) -> PromisedNotice {
    match signed_notice(offer_document) {
        Some(notice_us) => PromisedNotice { notice_us, signed: true },
        None => PromisedNotice { notice_us: MARKET_NOTICE_US, signed: false },
    }
}

/// The notice that a version promises.
pub(crate) fn signed_notice(offer_document: &str) -> Option<DurationUs> {
    let signed = sla::parse_offer(offer_document).ok()?;
    let days = signed.item(ITEM)?.value.as_number()?;
    (days * rust_decimal::Decimal::from(DAY_US)).to_i64()
}

impl TerminationView {
    pub(super) fn of(row: &Termination) -> Self {
        Self {
            reason: row.reason.clone(),
            notice_us: row.notice_us,
            given_at: row.given_at,
            ends_at: row.ends_at,
            state: row.state.clone(),
            closed_at: row.closed_at,
        }
    }
}

impl Broker {
    /// The contracts that the signed-in provider delivers, newest first, each with the earliest moment at
    /// which the provider could end it.
    pub async fn delivered_contracts(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<DeliveredContract>, BrokerError> {
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        ctx.may(Action::TerminateContract, provider.organisation_id, "contract")?;
        let page =
            contracts::list_whole_by_provider(&mut tx, provider.id, cursor.as_ref(), limit).await?;
        let mut last = HashMap::new();
        if let (Some(first), Some(end)) = (page.items.first(), page.items.last()) {
            let between = (&first.head, &end.head);
            let rows =
                contracts::list_latest_terminations(&mut tx, provider.id, between, limit).await?;
            last.extend(rows.into_iter().map(|row| (row.contract_id, row)));
        }
        let view = |one: &Contract| self.delivered(one, last.get(&one.head.id));
        let items = page.items.iter().map(view).collect();
        Ok(Listed { items, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// One of them.
    pub async fn delivered_contract(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<DeliveredContract, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = deliverer(ctx, &mut tx, id).await?;
        let last = contracts::list_terminations(&mut tx, id).await?;
        // One of a provider that the contract has left is not for this one to read.
        let own = last.iter().find(|row| row.provider_id == contract.head.provider_id);
        Ok(self.delivered(&contract, own))
    }

    fn delivered(&self, contract: &Contract, last: Option<&Termination>) -> DeliveredContract {
        let head = &contract.head;
        let notice = promised(&contract.offer_document);
        DeliveredContract {
            id: head.id,
            customer: head.organisation_name.clone(),
            service_name: head.service_name.clone(),
            offer_title_en: head.offer_title_en.clone(),
            offer_title_ja: head.offer_title_ja.clone(),
            offer_version: head.offer_version,
            state: head.state,
            price: head.price,
            signed_at: head.signed_at,
            ends_at: head.ends_at.filter(|_| END_STATES.contains(&head.state)),
            notice,
            earliest: END_STATES
                .contains(&head.state)
                .then(|| self.now().plus_us(notice.notice_us)),
            termination: last.map(TerminationView::of),
        }
    }

    /// Gives notice to a customer: the service ends at a moment that lies at least so far ahead as the signed
    /// version promises. Repeating it changes nothing; the customer is told at once.
    ///
    /// # Errors
    /// `/endsAt` `notice_too_short` with the earliest moment; `/reason`; `Conflict` `contract_ended`, or
    /// `notice_given` while another one is pending.
    pub async fn give_notice(
        &self,
        ctx: &OpContext,
        id: ContractId,
        wish: &GiveNotice,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let contract = deliverer(ctx, &mut tx, id).await?;
        let reason = wish.reason.trim();
        if let Some(pending) = contracts::find_pending_termination(&mut tx, id).await? {
            if pending.ends_at == wish.ends_at && pending.reason == reason {
                return Ok(());
            }
            let detail = "a notice is pending; withdraw it before giving another".to_owned();
            return Err(BrokerError::Conflict { code: "notice_given", detail });
        }
        if !END_STATES.contains(&contract.head.state) {
            let detail = "the service has ended, or is about to".to_owned();
            return Err(BrokerError::Conflict { code: "contract_ended", detail });
        }
        let now = self.now();
        let notice = promised(&contract.offer_document);
        check(wish, reason, now.plus_us(notice.notice_us), now)?;
        let given_by = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?.user.to_string();
        let earlier = contracts::list_terminations(&mut tx, id).await?;
        let row = Termination {
            contract_id: id,
            number: earlier.first().map_or(1, |last| last.number.saturating_add(1)),
            provider_id: contract.head.provider_id,
            reason: reason.to_owned(),
            notice_us: notice.notice_us,
            given_by,
            given_at: now,
            ends_at: wish.ends_at,
            state: "pending".to_owned(),
            closed_at: None,
        };
        contracts::insert_termination(&mut tx, &row).await?;
        let entry = Entry::new("contract.notice_given", id)
            .with("endsAt", row.ends_at.0)
            .with("noticeUs", row.notice_us)
            .with("number", row.number);
        record(self, ctx, &mut tx, entry).await?;
        self.tell_of_end(&mut tx, NoticeKind::ProviderEnds, &contract.head, &row).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a pending notice back; the service goes on, and its customer is told. Repeating it changes nothing.
    pub async fn withdraw_notice(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let contract = deliverer(ctx, &mut tx, id).await?;
        let Some(row) = contracts::find_pending_termination(&mut tx, id).await? else {
            return Ok(());
        };
        let which = (id, row.number);
        contracts::close_termination(&mut tx, which, "withdrawn", self.now()).await?;
        let entry = Entry::new("contract.notice_withdrawn", id).with("number", row.number);
        record(self, ctx, &mut tx, entry).await?;
        self.tell_of_end(&mut tx, NoticeKind::ProviderStays, &contract.head, &row).await?;
        Ok(tx.commit().await?)
    }

    /// Ends what is due; returns how many releases began. May run in several processes at once.
    pub async fn terminate_due(&self) -> Result<usize, BrokerError> {
        let mut tx = self.begin_read().await?;
        let due = contracts::list_due_terminations(&mut tx, self.now(), DUE_AT_ONCE).await?;
        drop(tx);
        let mut begun = 0;
        for row in due {
            match self.terminate_one(row.contract_id).await {
                Ok(ended) => begun += usize::from(ended),
                // One that cannot be ended does not keep the others running.
                Err(error) => tracing::error!(contract.id = %row.contract_id, %error,
                    "a contract that its provider ends could not be released; it is tried again"),
            }
        }
        Ok(begun)
    }

    /// Looks again behind the lock: meanwhile the notice may have been withdrawn, or another process was first.
    async fn terminate_one(&self, id: ContractId) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let now = self.now();
        let row = contracts::find_pending_termination(&mut tx, id).await?;
        let Some(row) = row.filter(|row| row.ends_at <= now) else { return Ok(false) };
        let head = contracts::find_head(&mut tx, id).await?;
        let head = head.ok_or(BrokerError::NotFound { what: "contract" })?;
        // What is still being set up is ended as soon as it runs.
        if matches!(head.state, ContractState::Activating | ContractState::Scheduled) {
            return Ok(false);
        }
        let ends = head.state == ContractState::Active && head.provider_id == row.provider_id;
        if ends && !clear_for_end(self, &mut tx, id).await? {
            return Ok(false);
        }
        let state = if ends { "ended" } else { "overtaken" };
        contracts::close_termination(&mut tx, (id, row.number), state, now).await?;
        if ends {
            // The customer did not choose the moment: its data wait for it.
            self.begin_release(&mut tx, &head, DataAtEnd::Return).await?;
            let ctx = OpContext::system("notice of a provider");
            let entry = Entry::new("contract.provider_ended", id).with("number", row.number);
            record(self, &ctx, &mut tx, entry).await?;
            self.tell_of_end(&mut tx, NoticeKind::ProviderEnded, &head, &row).await?;
        }
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(ends)
    }

    async fn tell_of_end(
        &self,
        tx: &mut Tx,
        kind: NoticeKind,
        head: &ContractHead,
        row: &Termination,
    ) -> Result<(), BrokerError> {
        let news = ContractNews {
            at: Some(row.ends_at),
            reason: Some(row.reason.clone()),
            ..ContractNews::about(head)
        };
        self.tell_organisation(tx, kind, head.organisation_id, &news).await
    }
}

fn check(
    wish: &GiveNotice,
    reason: &str,
    earliest: Timestamp,
    now: Timestamp,
) -> Result<(), BrokerError> {
    let mut faults = Vec::new();
    if wish.ends_at < earliest || wish.ends_at.since(now) > AHEAD_MAX_US {
        let allowed = format!("{} to ten years ahead", shown_moment(earliest));
        let message = "the end lies before the notice that was signed has passed, or too far ahead";
        faults.push(crate::FieldFault::new(
            "/endsAt",
            "notice_too_short",
            &shown_moment(wish.ends_at),
            &allowed,
            message,
        ));
    }
    let missing = ("reason", "say to the customer why the service ends");
    faults.extend(text_fault("/reason", reason, 1..=REASON_MAX, missing));
    if faults.is_empty() { Ok(()) } else { Err(BrokerError::Invalid(faults)) }
}

/// The contract, for the provider that delivers it. Others learn nothing, not even whether it exists.
async fn deliverer(ctx: &OpContext, tx: &mut Tx, id: ContractId) -> Result<Contract, BrokerError> {
    let found = contracts::find(tx, id).await?;
    let owner: Option<OrganisationId> = match &found {
        Some(contract) => providers::find(tx, contract.head.provider_id)
            .await?
            .and_then(|provider| provider.organisation_id),
        None => None,
    };
    ctx.may(Action::TerminateContract, owner, "contract")?;
    found.ok_or(BrokerError::NotFound { what: "contract" })
}
