//! Several offers signed together (`/orders`): what was asked, the signature, the order itself.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{OrderMember, OrderQuote, Plan, Requote, SignOrder, order_name_fault},
    requirements::RequirementSource,
};
use domain::{ContractId, OfferId};

use super::{charges, need::read_need, order_page, plan};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfCustomer, guard},
    fault::{fault_text, note_faults},
    form::FormState,
    layout::fail,
    render::redirect,
};

/// What the page shows beside the form.
pub(super) struct OrderView {
    pub quote: OrderQuote,
    /// After a refusal for the price: what would be signed now, beside what was shown, of each offer it is so of.
    pub requotes: Vec<Requote>,
    /// After a signature with a used key: a contract that it signed first.
    pub signed_before: Option<ContractId>,
    /// Why one of them cannot be signed.
    pub obstacle: Option<&'static str>,
}

impl OrderView {
    fn of(quote: OrderQuote) -> Self {
        let obstacle = quote.members.iter().find_map(|member| member.quote.obstacle);
        Self { quote, requotes: Vec::new(), signed_before: None, obstacle }
    }
}

/// The ending of the names of one member's fields.
pub(super) fn ending(at: usize) -> String {
    (at + 1).to_string()
}

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let (offers, source) = match asked(&query) {
        Ok(asked) => asked,
        Err(error) => return fail(&ctx, error),
    };
    let members: Vec<_> = offers.into_iter().map(|offer| (offer, None)).collect();
    let quote = match state.broker.quote_order(&ctx.op(), &source, &members).await {
        Ok(quote) => quote,
        Err(error) => return fail(&ctx, error),
    };
    let mut form = FormState::empty()
        .with("need", query.value("need"))
        .with("key", ctx.new_key())
        .with("serviceName", name_of(&ctx, &quote));
    let mut regions = query.values("region");
    for (at, member) in quote.members.iter().enumerate() {
        let (card, plan) = (&member.quote.ranked.card, &member.quote.plan);
        form = form.and("offer", card.id.to_string());
        let wanted = regions.next().unwrap_or_default();
        let region = card.served.iter().find(|served| *served == wanted);
        let region = region.unwrap_or(&plan.region).clone();
        form = plan::prefill(form, &Plan { region, ..plan.clone() }, &ending(at));
    }
    order_page::sheet(&ctx, &form, &OrderView::of(quote), StatusCode::OK)
}

pub(super) async fn answer(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let (offers, source) = match asked(&form) {
        Ok(asked) => asked,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let plans: Vec<_> =
        (0..offers.len()).map(|at| plan::read(&mut form, words, &ending(at))).collect();
    let signs = form.value("step") == "sign";
    if signs && let Some(fault) = order_name_fault(form.value("serviceName")) {
        form.fail("serviceName", fault_text(words, &fault));
    }
    let shown = shown(&form);
    // After faults no price was shown: it comes first.
    let complete = shown.len() == offers.len();
    if !signs || !form.is_sound() || !complete {
        let status = match (form.is_sound(), signs) {
            (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, true) => StatusCode::CONFLICT,
            (true, false) => StatusCode::OK,
        };
        return again(&ctx, &state, form, (&offers, &source), status, |_| {}).await;
    }
    let members = offers.iter().zip(plans).zip(&shown).map(|((offer, plan), shown)| OrderMember {
        offer: *offer,
        offer_version: shown.version,
        plan,
        shown_price: Some(shown.price.clone()),
    });
    let sign = SignOrder {
        members: members.collect(),
        requirement: source.clone(),
        service_name: form.value("serviceName").to_owned(),
        idempotency_key: form.value("key").to_owned(),
    };
    match state.broker.sign_order(&ctx.op(), sign).await {
        Ok(id) => {
            let text = words.contracts_order_signed().to_owned();
            redirect(&format!("/orders/{id}"), Some((FlashKind::Done, text)))
        }
        Err(error) => refused(&ctx, &state, form, (&offers, &source), error).await,
    }
}

/// The page again after a refusal, with what can be done about it.
async fn refused(
    ctx: &PageContext,
    state: &AppState,
    mut form: FormState,
    asked: (&[OfferId], &RequirementSource),
    error: BrokerError,
) -> Response {
    match error {
        BrokerError::Requote(quotes) => {
            let note = move |view: &mut OrderView| view.requotes = quotes;
            again(ctx, state, form, asked, StatusCode::CONFLICT, note).await
        }
        BrokerError::SignedBefore { contract } => {
            let form = form.with("key", ctx.new_key());
            let note = move |view: &mut OrderView| view.signed_before = Some(contract);
            again(ctx, state, form, asked, StatusCode::CONFLICT, note).await
        }
        BrokerError::NotOrderable { code, .. } => {
            let note = move |view: &mut OrderView| view.obstacle = Some(code);
            again(ctx, state, form, asked, StatusCode::CONFLICT, note).await
        }
        BrokerError::Invalid(faults) => {
            for fault in &faults {
                form.fail(&field_of(&fault.pointer), fault_text(ctx.words(), fault));
            }
            again(ctx, state, form, asked, StatusCode::UNPROCESSABLE_ENTITY, |_| {}).await
        }
        error if note_faults(&mut form, ctx.words(), &error) => {
            again(ctx, state, form, asked, StatusCode::CONFLICT, |_| {}).await
        }
        error => fail(ctx, error),
    }
}

/// Quotes again and shows the form as typed, for what is on offer now.
async fn again(
    ctx: &PageContext,
    state: &AppState,
    mut form: FormState,
    (offers, source): (&[OfferId], &RequirementSource),
    mut status: StatusCode,
    note: impl FnOnce(&mut OrderView),
) -> Response {
    // What cannot be read has its fault already.
    let mut fields = form.clone();
    let members: Vec<_> = offers
        .iter()
        .enumerate()
        .map(|(at, offer)| (*offer, plan::read(&mut fields, ctx.words(), &ending(at))))
        .collect();
    let mut quote = match state.broker.quote_order(&ctx.op(), source, &members).await {
        Ok(quote) => quote,
        Err(error) => return fail(ctx, error),
    };
    for (member, (_, plan)) in quote.members.iter_mut().zip(&members) {
        for fault in &member.faults {
            form.fail(&field_of(&fault.pointer), fault_text(ctx.words(), fault));
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        if plan.is_none() {
            (member.price, quote.total) = (None, None);
        }
    }
    let mut view = OrderView::of(quote);
    note(&mut view);
    order_page::sheet(ctx, &form, &view, status)
}

pub(super) async fn read(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let Ok(id) = id.parse() else { return fail(&ctx, BrokerError::NotFound { what: "order" }) };
    match state.broker.order(&ctx.op(), id).await {
        Ok(order) => order_page::order(&ctx, &order),
        Err(error) => fail(&ctx, error),
    }
}

/// Which offers, for which need.
fn asked(form: &FormState) -> Result<(Vec<OfferId>, RequirementSource), BrokerError> {
    let missing = |what| BrokerError::NotFound { what };
    let offers = form.values("offer").map(|text| text.parse().map_err(|_| missing("offer")));
    let offers = offers.collect::<Result<_, _>>()?;
    Ok((offers, read_need(form.value("need")).ok_or(missing("requirement"))?))
}

/// Version and price of one offer as the page showed them.
pub(super) struct Shown {
    pub version: i64,
    pub price: broker::contracts::Shown,
}

impl Shown {
    /// As it stands in the form.
    pub fn text(&self) -> String {
        format!("{} {}", self.version, charges::shown_text(&self.price))
    }
}

fn shown(form: &FormState) -> Vec<Shown> {
    form.values("shown")
        .filter_map(|text| {
            let (version, price) = text.split_once(' ')?;
            Some(Shown { version: version.parse().ok()?, price: charges::read_shown(price)? })
        })
        .collect()
}

fn name_of(ctx: &PageContext, quote: &OrderQuote) -> String {
    let first = quote.members.first().map(|member| &member.quote.requirement.metadata);
    let title = first.map(|metadata| metadata.title.get(ctx.locale.sla()));
    // Room for the number that each service gets.
    title.unwrap_or_default().chars().take(76).collect()
}

/// `/members/0/plan/vcpu` is the field `vcpu1`.
fn field_of(pointer: &str) -> String {
    let member = pointer.strip_prefix("/members/").and_then(|rest| rest.split('/').next());
    match member.and_then(|at| at.parse::<usize>().ok()) {
        Some(at) => format!("{}{}", last(pointer), ending(at)),
        None => last(pointer).to_owned(),
    }
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_a_member_stand_at_its_own_fields() {
        assert_eq!(field_of("/members/0/plan/vcpu"), "vcpu1");
        assert_eq!(field_of("/members/2/plan/region"), "region3");
        assert_eq!(field_of("/serviceName"), "serviceName");
    }
}
