//! Reading contracts: lists, one page, observations.

use super::end::END_STATES;
use super::sign::contract_id;
use super::{
    Alternatives, BookingView, Bucket, ChargedOnce, ContractCard, ContractList, ContractPage,
    NewerOffer, Plan, ResourceView, StatementView, TerminationView,
};
use crate::changes::ChangeView;
use crate::preemption::PreemptionRow;
use crate::requirements::RequirementSource;
use crate::{Broker, BrokerError, OpContext, inventory, lifecycle};
use domain::{Action, ChangeState, ContractId, ContractState, Role, Sight, Timestamp};
use rust_decimal::prelude::ToPrimitive;
use std::collections::HashMap;
use storage::contracts::{self, Contract, ContractHead, OneTimeCharge};
use storage::observations::{self, ObservationKind};
use storage::{Page, StorageError, Tx, lock};

/// Why a contract came to nothing that was cancelled at the desk, or called off before it began.
const CANCELLED: [&str; 2] = ["cancelled", "called_off"];

/// Bars of a chart at most.
const BUCKETS_MAX: u32 = 500;
/// The item that the response chart is compared with.
const RESPONSE_ITEM: &str = "performance.online_response_time";

impl Broker {
    /// The organisation's contracts (all active ones for a broker), newest first.
    pub async fn contracts(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ContractList, BrokerError> {
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        ctx.may(Action::ReadContract, Some(viewer.organisation), "contract")?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let page: Page<ContractHead> = if viewer.role == Role::Broker {
            contracts::list_by_state(&mut tx, ContractState::Active, cursor.as_ref(), limit).await?
        } else {
            let organisation = viewer.organisation;
            contracts::list_by_organisation(&mut tx, organisation, cursor.as_ref(), limit).await?
        };
        let items = cards(&mut tx, &page.items).await?;
        Ok(ContractList { items, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// A service of one's own that has the name and has not ended, other than the one that the key signed.
    pub async fn service_named(
        &self,
        ctx: &OpContext,
        name: &str,
        key: &str,
    ) -> Result<Option<ContractId>, BrokerError> {
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let organisation = viewer.organisation;
        ctx.may(Action::ReadContract, Some(organisation), "contract")?;
        let mut tx = self.begin_read().await?;
        let found = contracts::find_live_by_name(&mut tx, organisation, name.trim()).await?;
        let signed = contract_id(organisation.uuid(), key);
        Ok(found.map(|head| head.id).filter(|id| *id != signed))
    }

    /// What the provider has published since the contract was made (F7.1.4).
    async fn newer_offer(
        &self,
        contract: &contracts::Contract,
    ) -> Result<Option<NewerOffer>, BrokerError> {
        // Whoever holds a contract of it is told, whether or not it is shown to them today.
        let shown = self.shelved(Sight::Everything, contract.head.offer_id).await?;
        let Some(shown) = shown else { return Ok(None) };
        let version = shown.card.version;
        if version <= contract.head.offer_version {
            return Ok(None);
        }
        let signed = sla::parse_offer(&contract.offer_document).ok();
        let changes = signed.map(|signed| sla::diff(&signed, &shown.document));
        Ok(changes.map(|changes| NewerOffer { version, changes }))
    }

    /// One contract with all that belongs to it.
    pub async fn contract(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<ContractPage, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let card = card(&mut tx, &contract.head).await?;
        let timelines = self.read_timelines(&mut tx, &contract.head).await?;
        let order = contract.head.order_id;
        let resources = contracts::list_resources(&mut tx, id).await?;
        let watches = contracts::list_watches(&mut tx, id).await?;
        let ended_by = contracts::list_terminations(&mut tx, id).await?;
        let preemption = contracts::find_open_preemption(&mut tx, id).await?;
        let awaited = match contract.head.state {
            ContractState::Activating => contracts::list_preemptions_for(&mut tx, id).await?,
            _ => Vec::new(),
        };
        let bookings = contracts::find_bookings(&mut tx, id).await?;
        let charged = contracts::list_charges(&mut tx, id).await?;
        let differs = inventory::differs(&mut tx, id, self.now()).await?;
        let statement = contracts::find_erasure_statement(&mut tx, id).await?;
        let usage = contracts::find_usage(&mut tx, id).await?;
        let changes = crate::changes::views(&mut tx, id).await?;
        let found = contracts::list_newer(&mut tx, id).await?;
        drop(tx);
        let newer_versions = crate::changes::newer_views(&contract.head, found, self.now())?;
        let newer = self.newer_offer(&contract).await?;
        let mut page = ContractPage {
            newer,
            newer_versions,
            card,
            offer: contract.head.offer_id,
            offer_version: contract.head.offer_version,
            promised_response_us: promised_response_us(&contract.offer_document),
            offer_document: contract.offer_document,
            offer_hash: contract.offer_hash,
            requirement: contract.head.requirement_id,
            requirement_version: contract.head.requirement_version,
            requirement_document: contract.requirement_document,
            requirement_hash: contract.requirement_hash,
            plan: read_plan(&contract.plan)?,
            failure: contract.head.failure,
            alternatives: Alternatives::default(),
            timelines,
            resources: resources
                .into_iter()
                .map(|row| ResourceView {
                    place: lifecycle::place(&row.detail),
                    kind: row.kind,
                    native_id: row.native_id,
                    state: row.state,
                })
                .collect(),
            watches,
            termination: ended_by
                .iter()
                .find(|row| ["pending", "ended"].contains(&row.state.as_str()))
                .map(TerminationView::of),
            preemption: preemption.map(|row| PreemptionRow::of(&row, self.now())),
            awaited: awaited
                .iter()
                .filter(|row| !row.state.is_final())
                .map(|row| PreemptionRow::of(row, self.now()))
                .collect(),
            bookings: bookings.iter().map(BookingView::of).collect(),
            charged_once: charged_once(charged, &changes),
            differs,
            statement: statement.map(|row| StatementView {
                statement: row.statement,
                verified_with: row.verified_with,
                received_at: row.received_at,
            }),
            usage: usage.map(|row| row.meter),
            activated_at: contract.head.activated_at,
            released_at: contract.head.released_at,
            order,
            changes,
        };
        // A cancelled one failed for nothing that another offer would mend.
        let failed = page.failure.as_deref().is_some_and(|code| !CANCELLED.contains(&code));
        // So does one that its provider ends need something instead.
        if failed || page.termination.is_some() {
            let source = RequirementSource::Text(page.requirement_document.clone());
            let region = page.plan.region.clone();
            page.alternatives = self.alternatives(ctx, &source, page.offer, Some(&region)).await?;
        }
        Ok(page)
    }

    /// Response times between two moments in `buckets` (1 to 500) equal parts.
    pub async fn observations(
        &self,
        ctx: &OpContext,
        id: ContractId,
        from: Timestamp,
        to: Timestamp,
        buckets: u32,
    ) -> Result<Vec<Bucket>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        let count = i64::from(buckets.clamp(1, BUCKETS_MAX));
        let width = (to.since(from) / count).max(1);
        let end = from.plus_us(width.saturating_mul(count));
        let found =
            observations::buckets(&mut tx, id, ObservationKind::Response, (from, end), width)
                .await?;
        let mut series: Vec<Bucket> = (0..count)
            .map(|number| Bucket {
                at: from.plus_us(number * width),
                samples: 0,
                ok: 0,
                mean_us: None,
                max_us: None,
            })
            .collect();
        for bucket in found {
            if let Some(place) = usize::try_from(bucket.number).ok().and_then(|n| series.get_mut(n))
            {
                place.samples = bucket.samples;
                place.ok = bucket.ok_samples;
                place.mean_us = bucket.value_mean_us;
                place.max_us = bucket.value_max_us;
            }
        }
        Ok(series)
    }

    /// The contract, if the actor may read it.
    pub(crate) async fn readable(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ContractId,
    ) -> Result<Contract, BrokerError> {
        let found = contracts::find(tx, id).await?;
        // Strangers learn nothing, not even whether it exists.
        let owner = found.as_ref().map(|contract| contract.head.organisation_id);
        ctx.may(Action::ReadContract, owner, "contract")?;
        found.ok_or(BrokerError::NotFound { what: "contract" })
    }
}

impl Broker {
    /// The contract behind its lock, for whoever may act on it. Strangers learn nothing, not even whether it
    /// exists.
    pub(crate) async fn locked(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ContractId,
        action: Action,
    ) -> Result<ContractHead, BrokerError> {
        lock::contract(tx, id).await?;
        let head = contracts::find_head(tx, id).await?;
        ctx.may(action, head.as_ref().map(|head| head.organisation_id), "contract")?;
        head.ok_or(BrokerError::NotFound { what: "contract" })
    }
}

/// Cards of contracts, with one statement for all of them.
pub(crate) async fn cards(
    tx: &mut Tx,
    heads: &[ContractHead],
) -> Result<Vec<ContractCard>, StorageError> {
    let active = heads.iter().filter(|head| head.state == ContractState::Active);
    let active: Vec<ContractId> = active.map(|head| head.id).collect();
    let seen = observations::latest(tx, &active, ObservationKind::Liveness).await?;
    let seen: HashMap<ContractId, bool> =
        seen.into_iter().map(|sample| (sample.contract_id, sample.ok)).collect();
    let at_rest = contracts::list_at_rest(tx, &active).await?;
    let card = |head: &ContractHead| ContractCard {
        id: head.id,
        service_name: head.service_name.clone(),
        offer_title_en: head.offer_title_en.clone(),
        offer_title_ja: head.offer_title_ja.clone(),
        provider_en: head.provider_name_en.clone(),
        provider_ja: head.provider_name_ja.clone(),
        state: head.state,
        price: head.price,
        address: head.address.clone().filter(|_| head.state == ContractState::Active),
        signed_at: head.signed_at,
        starts_at: head.starts_at.filter(|_| head.state == ContractState::Scheduled),
        ends_at: head.ends_at.filter(|_| END_STATES.contains(&head.state)),
        // Whoever stands still is neither well nor ill.
        healthy: seen.get(&head.id).copied().filter(|_| !at_rest.contains(&head.id)),
        at_rest: at_rest.contains(&head.id),
    };
    Ok(heads.iter().map(card).collect())
}

async fn card(tx: &mut Tx, head: &ContractHead) -> Result<ContractCard, BrokerError> {
    let card = cards(tx, std::slice::from_ref(head)).await?.pop();
    card.ok_or(BrokerError::NotFound { what: "contract" })
}

/// Reads a cursor that an earlier page handed out.
pub(crate) fn parse_cursor(text: Option<&str>) -> Result<Option<storage::Cursor>, BrokerError> {
    text.map(str::parse).transpose().map_err(|error: storage::CursorError| {
        let found = text.unwrap_or_default();
        BrokerError::field(
            "/cursor",
            "cursor",
            found,
            "`next` of the page before",
            &error.to_string(),
        )
    })
}

/// What is or was charged once; a move that came to nothing charges nothing.
fn charged_once(rows: Vec<OneTimeCharge>, changes: &[ChangeView]) -> Vec<ChargedOnce> {
    let came_to_nothing = |row: &OneTimeCharge| {
        let change = changes.iter().find(|change| change.number == row.number);
        change.is_some_and(|change| {
            matches!(change.state, ChangeState::Failed | ChangeState::CalledOff)
        })
    };
    rows.into_iter()
        .filter(|row| row.charged_at.is_some() || !came_to_nothing(row))
        .map(|row| ChargedOnce {
            amount: row.amount,
            change: Some(row.number).filter(|number| *number != contracts::WITH_SIGNATURE),
            offer: row.offer_id,
            offer_version: row.offer_version,
            agreed_at: row.agreed_at,
            charged_at: row.charged_at,
        })
        .collect()
}

fn read_plan(text: &str) -> Result<Plan, BrokerError> {
    serde_json::from_str(text).map_err(|error| {
        StorageError::Corrupt { what: "contract.plan", detail: error.to_string() }.into()
    })
}

/// The promised response time of the frozen offer, if it promises one.
fn promised_response_us(document: &str) -> Option<i64> {
    let (offer, _) = crate::documents::read_offer(document).ok()?;
    let seconds = offer.item(RESPONSE_ITEM)?.value.as_number()?;
    (seconds * rust_decimal::Decimal::from(1_000_000)).to_i64()
}
