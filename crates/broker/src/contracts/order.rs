//! Several contracts signed together: all of them are set up, or none.

use super::read::cards;
use super::ready::{Ready, new_contract, order_name_fault};
use super::sign::{class_of, contract_id, engine};
use super::{Charges, ContractCard, Plan, Quote, Shown, Sign};
use crate::audit::{Entry, record};
use crate::lifecycle::order::{self, Member, OrderInput, SEATS_MAX};
use crate::lifecycle::{self, ActivateInput};
use crate::requirements::RequirementSource;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, OfferId, OrderId, Timestamp, Viewer};
use std::collections::BTreeSet;
use storage::Tx;
use storage::contracts::{self, NewContract, Order, Seat};
use storage::requirements::CurrentRequirement;
use workflow::WorkflowState;

/// One offer of an order.
#[derive(Debug, Clone)]
pub struct OrderMember {
    /// The offer.
    pub offer: OfferId,
    /// The version that was shown; a newer one makes a conflict.
    pub offer_version: i64,
    /// The bill of quantities; `None`: the one quoted.
    pub plan: Option<Plan>,
    /// The price that was shown; `None`: whoever signs did not see one.
    pub shown_price: Option<Shown>,
}

/// The customer's decision for several offers together.
#[derive(Debug, Clone)]
pub struct SignOrder {
    /// Two or three different offers.
    pub members: Vec<OrderMember>,
    /// The need it is for.
    pub requirement: RequirementSource,
    /// How the customer calls the whole; each service adds its number.
    pub service_name: String,
    /// Names this order; repeating it makes no second one.
    pub idempotency_key: String,
}

/// What signing several offers together would bring.
#[derive(Debug, Clone)]
pub struct OrderQuote {
    /// In the order asked for.
    pub members: Vec<MemberQuote>,
    /// What all cost; `None`: one has no price, or they are in different currencies.
    pub total: Option<Charges>,
}

/// One offer of an order as it would be signed.
#[derive(Debug, Clone)]
pub struct MemberQuote {
    /// The offer with its verdicts, and what is quoted for it.
    pub quote: Quote,
    /// What the quantities asked for cost; `None`: they have faults, or the offer has no price.
    pub price: Option<Charges>,
    /// Faults of the quantities, at `/members/N/plan/…`.
    pub faults: Vec<FieldFault>,
}

/// Contracts that were signed together.
#[derive(Debug, Clone)]
pub struct OrderPage {
    /// The order.
    pub id: OrderId,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Its contracts, in the order they were signed in.
    pub contracts: Vec<ContractCard>,
    /// Whether what was begun is being taken back, because one of them could not be set up.
    pub undoing: bool,
}

impl Broker {
    /// What signing these offers together would bring; a plan that is not given is the one quoted.
    ///
    /// # Errors
    /// `/members`: not two or three different offers. As those of [`Broker::quote`] otherwise.
    pub async fn quote_order(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        members: &[(OfferId, Option<Plan>)],
    ) -> Result<OrderQuote, BrokerError> {
        check_members(members.iter().map(|(offer, _)| *offer))?;
        let mut quoted = Vec::new();
        for (at, (offer, plan)) in members.iter().enumerate() {
            let quote = self.quote(ctx, *offer, source).await?;
            let plan = plan.as_ref().unwrap_or(&quote.plan);
            let (price, faults) = match self.estimate(ctx, *offer, plan).await {
                Ok(priced) => (Some(priced.charges()), Vec::new()),
                Err(BrokerError::NotFound { what: "price" }) => (None, Vec::new()),
                Err(BrokerError::Invalid(faults)) => {
                    (None, faults.into_iter().map(|fault| of_member(fault, at)).collect())
                }
                Err(error) => return Err(error),
            };
            quoted.push(MemberQuote { quote, price, faults });
        }
        let total = total(quoted.iter().map(|member| member.price));
        Ok(OrderQuote { members: quoted, total })
    }

    /// Writes all contracts of an order and starts setting them up, in one unit of work.
    ///
    /// # Errors
    /// As those of [`Broker::sign`], with `/members/N` before the pointer; nothing is written then.
    pub async fn sign_order(
        &self,
        ctx: &OpContext,
        sign: SignOrder,
    ) -> Result<OrderId, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SignContract, organisation, "contract")?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        check_members(sign.members.iter().map(|member| member.offer))?;
        let id = OrderId(contract_id(viewer.organisation.uuid(), &seat_key(&sign, 0)).uuid());
        if contracts::find_order(&mut self.look().await?, id).await?.is_some() {
            return self.ordered_before(ctx, id, &sign).await;
        }
        let (mut ready, mut requotes) = (Vec::new(), Vec::new());
        let mut faults: Vec<FieldFault> =
            order_name_fault(&sign.service_name).into_iter().collect();
        for at in 0..sign.members.len() {
            match self.ready(ctx, &alone(&sign, at)).await {
                Ok(found) => ready.push(found),
                Err(BrokerError::Invalid(own)) => {
                    faults.extend(own.into_iter().map(|fault| of_member(fault, at)));
                }
                Err(BrokerError::Requote(own)) => requotes.extend(own),
                Err(error) => return Err(error),
            }
        }
        // What is wrong with the name is told once, as it was typed.
        let mut told = BTreeSet::new();
        faults.retain(|fault| told.insert(fault.pointer.clone()));
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        if !requotes.is_empty() {
            return Err(BrokerError::Requote(requotes));
        }
        let new = match sign.requirement {
            RequirementSource::Saved(_) => None,
            ref source => Some(self.resolve_requirement(ctx, source).await?.0),
        };

        let mut tx = self.begin().await?;
        if contracts::find_order(&mut tx, id).await?.is_some() {
            drop(tx);
            return self.ordered_before(ctx, id, &sign).await;
        }
        let need = self.need_within(ctx, &mut tx, &sign.requirement, new).await?;
        let order = Order { id, organisation_id: viewer.organisation, signed_at: self.now() };
        if let Err(error) = contracts::insert_order(&mut tx, &order).await {
            // The other click committed while this one waited for it: nothing of this one stays.
            drop(tx);
            return match contracts::is_ordered_already(&error) {
                true => self.ordered_before(ctx, id, &sign).await,
                false => Err(error.into()),
            };
        }
        self.write_members(ctx, &mut tx, &order, viewer, &sign, &need, ready).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(id)
    }

    #[allow(clippy::too_many_arguments, reason = "all of it is one unit of work")]
    async fn write_members(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        order: &Order,
        viewer: &Viewer,
        sign: &SignOrder,
        need: &CurrentRequirement,
        ready: Vec<Ready>,
    ) -> Result<(), BrokerError> {
        let mut members = Vec::new();
        for (at, ready) in ready.into_iter().enumerate() {
            let id = contract_id(order.organisation_id.uuid(), &seat_key(sign, at + 1));
            let number = i64::try_from(at + 1).unwrap_or(i64::MAX);
            let name = alone(sign, at).service_name;
            let seat = Some(Seat { order: order.id, number });
            let row = new_contract(id, viewer, &ready, need, (&name, order.signed_at), seat)?;
            contracts::insert(tx, &row).await?;
            self.note_signed(ctx, tx, &row).await?;
            members.push(member(&row, ready.plan));
        }
        let entry = Entry::new("order.signed", order.id).with("contracts", members.len());
        record(self, ctx, tx, entry).await?;
        let missing = || BrokerError::Internal("no workflow for so many contracts".to_owned());
        let definition = order::of(members.len()).ok_or_else(missing)?;
        let owner = order.organisation_id.to_string();
        let from = self.origin(&owner, class_of(&need.document)?);
        let subject = order.id.to_string();
        workflow::start(tx, from, &definition, &subject, &OrderInput { members })
            .await
            .map_err(engine)?;
        Ok(())
    }

    /// The contracts that were signed together, if the actor may read them.
    pub async fn order(&self, ctx: &OpContext, id: OrderId) -> Result<OrderPage, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = contracts::find_order(&mut tx, id).await?;
        // Strangers learn nothing, not even whether it exists.
        let owner = found.as_ref().map(|order| order.organisation_id);
        ctx.may(Action::ReadContract, owner, "order")?;
        let order = found.ok_or(BrokerError::NotFound { what: "order" })?;
        let heads = contracts::contracts_of_order(&mut tx, id).await?;
        let contracts = cards(&mut tx, &heads).await?;
        let (known, subject) = (lifecycle::definitions(), id.to_string());
        let runs = workflow::views_of_subject(&mut tx, &known, &subject).await.map_err(engine)?;
        let undoing = runs.iter().any(|run| run.summary.state == WorkflowState::Undoing);
        Ok(OrderPage { id: order.id, signed_at: order.signed_at, contracts, undoing })
    }

    /// The same order again, unless the key was used for something else.
    async fn ordered_before(
        &self,
        ctx: &OpContext,
        id: OrderId,
        sign: &SignOrder,
    ) -> Result<OrderId, BrokerError> {
        let mut tx = self.begin_read().await?;
        let heads = contracts::contracts_of_order(&mut tx, id).await?;
        let first =
            heads.first().map(|head| head.id).ok_or(BrokerError::NotFound { what: "order" })?;
        let mut same = heads.len() == sign.members.len();
        for (at, head) in heads.iter().enumerate().take(sign.members.len()) {
            if let Some(contract) = contracts::find(&mut tx, head.id).await? {
                same &= self.is_repeated(ctx, &contract, &alone(sign, at)).await?;
            }
        }
        if same { Ok(id) } else { Err(BrokerError::SignedBefore { contract: first }) }
    }
}

/// Two or three different offers.
fn check_members(offers: impl ExactSizeIterator<Item = OfferId>) -> Result<(), BrokerError> {
    let count = offers.len();
    let fault = |code: &str, found: String, message: &str| {
        BrokerError::field("/members", code, &found, "2 or 3 different offers", message)
    };
    if !(2..=SEATS_MAX).contains(&count) {
        return Err(fault("count", count.to_string(), "an order is over two or three offers"));
    }
    if offers.collect::<BTreeSet<OfferId>>().len() < count {
        return Err(fault("twice", String::new(), "an offer stands twice in the order"));
    }
    Ok(())
}

/// The sum, where all have a price and in one currency.
fn total(mut prices: impl Iterator<Item = Option<Charges>>) -> Option<Charges> {
    let first = prices.next()??;
    prices.try_fold(first, |sum, price| sum.plus(price?))
}

/// One member as it would be signed alone.
fn alone(sign: &SignOrder, at: usize) -> Sign {
    let member = &sign.members[at];
    let name = sign.service_name.trim();
    Sign {
        offer: member.offer,
        offer_version: member.offer_version,
        requirement: sign.requirement.clone(),
        // Without a name the fault is told once and for the name itself.
        service_name: if name.is_empty() { String::new() } else { format!("{name} {}", at + 1) },
        plan: member.plan.clone(),
        shown_price: member.shown_price.clone(),
        starts_at: None,
        idempotency_key: sign.idempotency_key.clone(),
    }
}

/// Another name than that of a contract signed alone with the same key; 0 is the order itself.
fn seat_key(sign: &SignOrder, seat: usize) -> String {
    format!("order {seat} {}", sign.idempotency_key)
}

/// The fault of one member in the body of the order.
fn of_member(fault: FieldFault, at: usize) -> FieldFault {
    let of_all = fault.pointer == "/serviceName" || fault.pointer == "/idempotencyKey";
    let pointer = match of_all {
        true => fault.pointer.clone(),
        false => format!("/members/{at}{}", fault.pointer),
    };
    FieldFault { pointer, ..fault }
}

fn member(row: &NewContract, plan: Plan) -> Member {
    let wanted =
        ActivateInput { provider: row.provider_id, plan, service_name: row.service_name.clone() };
    Member { contract: row.id, wanted }
}
