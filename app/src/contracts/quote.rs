//! The quote of an offer for a need, and the signature.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{Alternatives, Charges, Priced, Quote, Requote, Sign, service_name_fault},
    requirements::RequirementSource,
};
use domain::{ContractId, OfferId, Role};

use super::{
    need::{quote_address, read_need},
    plan, quote_page, start, workload,
};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfCustomer, guard},
    fault::{fault_text, note_faults},
    form::FormState,
    layout::fail,
    needs::saved,
    render::redirect,
};

/// What the page shows beside the form.
pub(super) struct QuoteView {
    pub quote: Quote,
    /// The price of the plan as typed; `None` while it has faults.
    pub price: Option<Priced>,
    /// After a refusal for the price: what would be signed now, beside what was shown.
    pub requote: Option<Requote>,
    /// After a change of the quantities: the price shown before, or that none was.
    pub price_before: Option<Option<Charges>>,
    /// After a signature with a used key: the contract it signed first.
    pub signed_before: Option<ContractId>,
    /// A service of the same name that runs already.
    pub same_name: Option<ContractId>,
    /// What was worked out from the workload, when that was asked for.
    pub workload: Option<workload::Outcome>,
    /// Why it cannot be signed.
    pub obstacle: Option<&'static str>,
    /// What can be signed instead.
    pub alternatives: Alternatives,
}

impl QuoteView {
    /// A quote with nothing to say beside it.
    fn of(quote: Quote) -> Self {
        Self {
            quote,
            price: None,
            requote: None,
            price_before: None,
            signed_before: None,
            same_name: None,
            workload: None,
            obstacle: None,
            alternatives: Alternatives::default(),
        }
    }
}

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let Ok(offer) = query.value("offer").parse::<OfferId>() else {
        return fail(&ctx, BrokerError::NotFound { what: "offer" });
    };
    let Some(source) = read_need(query.value("need")) else {
        return choose_need(&ctx, &state, offer).await;
    };
    let quote = match state.broker.quote(&ctx.op(), offer, &source).await {
        Ok(quote) => quote,
        Err(error) => return fail(&ctx, error),
    };
    let form = FormState::empty()
        .with("offer", offer.to_string())
        .with("need", query.value("need"))
        .with("version", quote.ranked.card.version.to_string())
        .with("key", ctx.new_key())
        .with("serviceName", default_name(&ctx, &quote));
    let form = plan::prefill(form, &quote.plan, "");
    let form = workload::prefill(with_region(form, &quote, query.value("region")));
    let obstacle = quote.obstacle;
    let price = quote.priced.clone();
    let view = QuoteView { price, obstacle, ..QuoteView::of(quote) };
    let view = with_alternatives(&ctx, &state, &source, view).await;
    quote_page::sheet(&ctx, &form, &view, StatusCode::OK)
}

pub(super) async fn answer(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    if ctx.viewer.is_none() {
        let back = quote_address(form.value("offer"), form.value("need"));
        return redirect(&guard::sign_in_address(&back), None);
    }
    if let Some(refusal) = guard::refuse(&ctx, Role::Customer) {
        return refusal;
    }
    let Ok(offer) = form.value("offer").parse::<OfferId>() else {
        return fail(&ctx, BrokerError::NotFound { what: "offer" });
    };
    let Some(source) = read_need(form.value("need")) else {
        return choose_need(&ctx, &state, offer).await;
    };
    if form.value("step") == "propose" {
        return proposed(&ctx, &state, form, (offer, &source)).await;
    }
    let words = ctx.words();
    let typed = plan::read(&mut form, words, "");
    // All faults of a form are told at once; what the plan leaves open, signing finds.
    if form.value("step") == "sign"
        && typed.is_none()
        && let Some(fault) = service_name_fault(form.value("serviceName"))
    {
        form.fail("serviceName", fault_text(words, &fault));
    }
    // The page puts the version and the key there itself; without them it was not this page.
    if form.value("step") == "sign" && form.value("version").parse::<i64>().is_err() {
        form.fail("", words.common_fault_old_page());
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return again(&ctx, &state, form, (offer, &source), status, |_| {}).await;
    }
    let starts_at = super::own::read_moment(&ctx, &mut form, start::AT);
    let shown_price = quote_page::shown_price(&form);
    if form.value("step") == "sign"
        && form.error(start::AT).is_none()
        && let Some(plan) = &typed
    {
        // After faults no price was shown: it comes first.
        if shown_price.is_none() {
            let note = |view: &mut QuoteView| view.price_before = view.price.as_ref().map(|_| None);
            return again(&ctx, &state, form, (offer, &source), StatusCode::CONFLICT, note).await;
        }
        match same_name(&ctx, &state, &form).await {
            Ok(None) => {}
            Ok(Some(contract)) => {
                let known = form.value("serviceName").to_owned();
                let form = form.with(quote_page::KNOWN_NAME, known);
                let note = |view: &mut QuoteView| view.same_name = Some(contract);
                let status = StatusCode::CONFLICT;
                return again(&ctx, &state, form, (offer, &source), status, note).await;
            }
            Err(error) => return fail(&ctx, error),
        }
        let sign = Sign {
            offer,
            offer_version: form.value("version").parse().unwrap_or_default(),
            requirement: source.clone(),
            service_name: form.value("serviceName").to_owned(),
            plan: Some(plan.clone()),
            shown_price,
            starts_at,
            idempotency_key: form.value("key").to_owned(),
        };
        match state.broker.sign(&ctx.op(), sign).await {
            Ok(id) => {
                let text = words.contracts_quote_signed().to_owned();
                return redirect(&format!("/contracts/{id}"), Some((FlashKind::Done, text)));
            }
            Err(error) => return refused(&ctx, &state, form, offer, &source, error).await,
        }
    }
    let sound = typed.is_some() && form.error(start::AT).is_none();
    let status = if sound { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    again(&ctx, &state, form, (offer, &source), status, |_| {}).await
}

/// A service that already has the name, which nobody has been told of; two of one name are meant
/// seldom, and made easily by going back and signing again.
async fn same_name(
    ctx: &PageContext,
    state: &AppState,
    form: &FormState,
) -> Result<Option<ContractId>, BrokerError> {
    let name = form.value("serviceName");
    if form.value(quote_page::KNOWN_NAME) == name {
        return Ok(None);
    }
    state.broker.service_named(&ctx.op(), name, form.value("key")).await
}

/// The page with the quantities that were worked out from the workload.
async fn proposed(
    ctx: &PageContext,
    state: &AppState,
    mut form: FormState,
    asked: (OfferId, &RequirementSource),
) -> Response {
    let outcome = match workload::propose(ctx, state, &mut form, asked).await {
        Ok(outcome) => outcome,
        Err(error) => return fail(ctx, error),
    };
    let status = match &outcome {
        workload::Outcome::Planned(planned) => {
            form = workload::fill(form, planned);
            StatusCode::OK
        }
        workload::Outcome::OutOfReach(_) => StatusCode::OK,
        workload::Outcome::Faults => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let note = |view: &mut QuoteView| view.workload = Some(outcome);
    again(ctx, state, form, asked, status, note).await
}

/// The page again after a refusal, with what can be done about it.
async fn refused(
    ctx: &PageContext,
    state: &AppState,
    mut form: FormState,
    offer: OfferId,
    source: &RequirementSource,
    error: BrokerError,
) -> Response {
    let asked = (offer, source);
    match error {
        BrokerError::Requote(quotes) => {
            let requote = quotes.into_iter().next();
            let note = move |view: &mut QuoteView| {
                // What is shown is what would be signed, also where the cloud named it.
                view.price = requote.as_ref().map(|requote| requote.now.clone());
                view.requote = requote;
            };
            again(ctx, state, form, asked, StatusCode::CONFLICT, note).await
        }
        BrokerError::SignedBefore { contract } => {
            // Back after signing, then something else: it is another signature.
            let form = form.with("key", ctx.new_key());
            let note = move |view: &mut QuoteView| view.signed_before = Some(contract);
            again(ctx, state, form, asked, StatusCode::CONFLICT, note).await
        }
        BrokerError::NotOrderable { code, .. } => {
            let note = move |view: &mut QuoteView| view.obstacle = Some(code);
            again(ctx, state, form, asked, StatusCode::CONFLICT, note).await
        }
        error if note_faults(&mut form, ctx.words(), &error) => {
            again(ctx, state, form, asked, StatusCode::UNPROCESSABLE_ENTITY, |_| {}).await
        }
        error => fail(ctx, error),
    }
}

/// Quotes again and shows the form as typed, for the version that is on offer now.
async fn again(
    ctx: &PageContext,
    state: &AppState,
    mut form: FormState,
    (offer, source): (OfferId, &RequirementSource),
    status: StatusCode,
    note: impl FnOnce(&mut QuoteView),
) -> Response {
    let quote = match state.broker.quote(&ctx.op(), offer, source).await {
        Ok(quote) => quote,
        Err(error) => return fail(ctx, error),
    };
    let (mut status, mut price) = (status, None);
    if form.is_sound()
        && let Some(plan) = plan::read(&mut form, ctx.words(), "")
    {
        match state.broker.estimate(&ctx.op(), offer, &plan).await {
            Ok(found) => price = Some(found),
            // Whoever has no price is told so as an obstacle.
            Err(BrokerError::NotFound { .. }) => {}
            Err(error) if note_faults(&mut form, ctx.words(), &error) => {
                status = StatusCode::UNPROCESSABLE_ENTITY;
            }
            Err(error) => return fail(ctx, error),
        }
    }
    let form = with_version(form, quote.ranked.card.version);
    let obstacle = quote.obstacle;
    let mut view = QuoteView { price, obstacle, ..QuoteView::of(quote) };
    note(&mut view);
    let view = with_alternatives(ctx, state, source, view).await;
    quote_page::sheet(ctx, &form, &view, status)
}

/// The region that the address names, where it can be ordered.
fn with_region(form: FormState, quote: &Quote, region: &str) -> FormState {
    match quote.ranked.card.served.iter().find(|served| *served == region) {
        Some(region) => form.with("region", region.clone()),
        None => form,
    }
}

fn with_version(form: FormState, version: i64) -> FormState {
    form.with("version", version.to_string())
}

async fn with_alternatives(
    ctx: &PageContext,
    state: &AppState,
    source: &RequirementSource,
    mut view: QuoteView,
) -> QuoteView {
    if view.obstacle.is_none() {
        return view;
    }
    let op = ctx.op();
    let except = view.quote.ranked.card.id;
    // Without alternatives the page still says what is in the way.
    let found = state.broker.alternatives(&op, source, except, None).await;
    view.alternatives = found.unwrap_or_default();
    view
}

fn default_name(ctx: &PageContext, quote: &Quote) -> String {
    let title = &quote.requirement.metadata.title;
    title.get(ctx.locale.sla()).chars().take(80).collect()
}

async fn choose_need(ctx: &PageContext, state: &AppState, offer: OfferId) -> Response {
    let op = ctx.op();
    let card = match state.broker.offer(&op, offer).await {
        Ok(offer) => offer.card,
        Err(error) => return fail(ctx, error),
    };
    let saved = match saved(ctx, state).await {
        Ok(saved) => saved,
        Err(error) => return fail(ctx, error),
    };
    quote_page::choose_need(ctx, &card, &saved, &state.broker.templates())
}
