//! Another size for a service that runs: the quantities, the price now and then, and the confirmation.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    changes::{Scale, ScaleQuote},
    contracts::{ContractPage, Plan},
};
use domain::{ChangeState, ContractId, ContractState, Money};
use leptos::prelude::*;

use super::{
    contract_id,
    own::{own_contract, read_moment},
    plan,
};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    fault::note_faults,
    form::{FormState, shown_again},
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, Field, Kind, Look, breadcrumbs, definitions, error_summary, link_button, money,
        notice, page_head, section,
    },
    words::Words,
};

/// The field with the price that is shown.
const SHOWN_PRICE: &str = "price";
/// The field with the moment of the beginning.
const FROM: &str = "from";

/// What stands beside the form.
#[derive(Default)]
struct Beside {
    quote: Option<ScaleQuote>,
    /// The sentence about a price that was not confirmed.
    about_price: Option<&'static str>,
}

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    let form = plan::prefill(FormState::empty(), &contract.plan, "").with("key", ctx.new_key());
    sheet(&ctx, &contract, &form, &Beside::default(), StatusCode::OK)
}

pub(super) async fn answer(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    let words = ctx.words();
    // The region is no field: it stays.
    form = form.with("region", contract.plan.region.clone());
    let typed = plan::read(&mut form, words, "");
    let from = read_moment(&ctx, &mut form, FROM);
    let asks = form.value("step") == "ask";
    let shown = shown_price(&form);
    if let (Some(plan), true, true, Some(_)) = (&typed, asks, form.is_sound(), shown) {
        let wish = Scale {
            plan: plan.clone(),
            shown_price: shown,
            from,
            idempotency_key: form.value("key").to_owned(),
        };
        let scheduled = from.is_some();
        return match state.broker.scale(&ctx.op(), contract.card.id, wish).await {
            Ok(_) => {
                let text = if scheduled {
                    words.changes_page_scheduled()
                } else {
                    words.changes_page_asked()
                };
                let to = format!("/contracts/{}", contract.card.id);
                redirect(&to, Some((FlashKind::Done, text.to_owned())))
            }
            Err(BrokerError::Conflict { code: "price_changed", .. }) => {
                let note = words.changes_page_price_other();
                priced(&ctx, &state, &contract, form, (plan, Some(note))).await
            }
            Err(error) => refused(&ctx, &contract, form, error),
        };
    }
    match typed.filter(|_| form.is_sound()) {
        Some(plan) => {
            let note = asks.then(|| words.changes_page_price_first());
            priced(&ctx, &state, &contract, form, (&plan, note)).await
        }
        None => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            sheet(&ctx, &contract, &form, &Beside::default(), status)
        }
    }
}

/// Takes a scheduled change back.
pub(super) async fn call_off(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path((id, number)): Path<(String, String)>,
) -> Response {
    let words = ctx.words();
    let named = contract_id(&id).and_then(|id| {
        let number = number.parse::<i64>().map_err(|_| BrokerError::NotFound { what: "change" })?;
        Ok((id, number))
    });
    let (id, number) = match named {
        Ok(named) => named,
        Err(error) => return fail(&ctx, error),
    };
    match state.broker.call_off_change(&ctx.op(), id, number).await {
        Ok(()) => back(id, FlashKind::Done, words.changes_list_called_off()),
        Err(BrokerError::Conflict { .. }) => back(id, FlashKind::Note, words.changes_list_over()),
        Err(error) => fail(&ctx, error),
    }
}

fn back(id: ContractId, kind: FlashKind, text: &str) -> Response {
    redirect(&format!("/contracts/{id}"), Some((kind, text.to_owned())))
}

/// The price that the form was shown with.
fn shown_price(form: &FormState) -> Option<Money> {
    let (minor, currency) = form.value(SHOWN_PRICE).split_once(' ')?;
    Some(Money::new(minor.parse().ok()?, currency.parse().ok()?))
}

/// The page with the price of what was typed.
async fn priced(
    ctx: &PageContext,
    state: &AppState,
    contract: &ContractPage,
    form: FormState,
    (plan, about_price): (&Plan, Option<&'static str>),
) -> Response {
    match state.broker.quote_scale(&ctx.op(), contract.card.id, plan).await {
        Ok(quote) => {
            let status = if about_price.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
            let beside = Beside { quote: Some(quote), about_price };
            sheet(ctx, contract, &form, &beside, status)
        }
        Err(error) => refused(ctx, contract, form, error),
    }
}

fn refused(
    ctx: &PageContext,
    contract: &ContractPage,
    mut form: FormState,
    error: BrokerError,
) -> Response {
    let words = ctx.words();
    let code = match &error {
        BrokerError::Invalid(faults) => faults.first().map(|fault| fault.code.as_str()),
        _ => None,
    };
    let status = match code {
        Some("nothing_changes") => {
            form.fail("", words.changes_page_nothing());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Some("begin") => {
            form.fail(FROM, words.changes_page_from_allowed());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ if note_faults(&mut form, words, &error) => crate::fault::status_of(&error),
        _ => return fail(ctx, error),
    };
    sheet(ctx, contract, &form, &Beside::default(), status)
}

/// Why the service cannot be changed now.
pub(super) fn not_now(words: Words, contract: &ContractPage) -> Option<&'static str> {
    let open = |state: ChangeState| !state.is_final();
    match contract.card.state {
        ContractState::Scheduled | ContractState::Activating => {
            Some(words.changes_page_not_now_setting_up())
        }
        ContractState::Active if contract.changes.iter().any(|one| open(one.state)) => {
            Some(words.changes_page_not_now_changing())
        }
        ContractState::Active => None,
        _ => Some(words.changes_page_not_now_ended()),
    }
}

fn sheet(
    ctx: &PageContext,
    contract: &ContractPage,
    form: &FormState,
    beside: &Beside,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let card = &contract.card;
    let home = format!("/contracts/{}", card.id);
    let title = words.changes_page_title(&card.service_name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let body = match not_now(words, contract) {
            Some(why) => view! {
                {notice(Kind::Note, words.changes_page_not_now(), view! { <p>{why}</p> }.into_any())}
                <p class="actions">{link_button(Look::Secondary, words.changes_page_back(), home.clone())}</p>
            }
            .into_any(),
            None => fields(ctx, contract, form, beside),
        };
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), home.clone()),
            ])}
            {page_head(title, Some(words.changes_page_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {beside.about_price.map(|text| notice(Kind::Attention, text, ().into_any()))}
            {body}
        }
        .into_any()
    })
}

fn fields(
    ctx: &PageContext,
    contract: &ContractPage,
    form: &FormState,
    beside: &Beside,
) -> AnyView {
    let words = ctx.words();
    let id = contract.card.id;
    let key = shown_again(form.value("key"));
    let shown = beside.quote.as_ref().map(|quote| {
        let price = quote.after.price;
        let value = format!("{} {}", price.minor, price.currency.code());
        view! { <input type="hidden" name=SHOWN_PRICE value=value/> }
    });
    let size = view! {
        <p>{words.changes_page_quantities_text()}</p>
        <div class="quantities">{plan::quantities(words, form, &contract.plan, ("", &[]))}</div>
        {Field::moment(FROM, words.changes_page_from()).hint(words.changes_page_from_hint()).of(form).view()}
    };
    let confirm = beside
        .quote
        .is_some()
        .then(|| Button::primary(words.changes_page_confirm()).sends("step", "ask").view());
    view! {
        <form class="quote" method="post" action=format!("/contracts/{id}/change")>
            <input type="hidden" name="key" value=key/>
            {shown}
            {section("size", words.changes_page_quantities(), size.into_any())}
            {section("price", words.changes_page_price(), view! {
                {prices(words, contract, beside)}
                <div class="actions">
                    {confirm}
                    {Button::secondary(words.changes_page_show_price()).sends("step", "price").view()}
                    {link_button(Look::Quiet, words.common_cancel(), format!("/contracts/{id}"))}
                </div>
            }.into_any())}
        </form>
    }
    .into_any()
}

/// The price now, and beside it then and the difference once it is known.
fn prices(words: Words, contract: &ContractPage, beside: &Beside) -> AnyView {
    let a_month = |amount: Money| {
        view! { {money(amount.minor, amount.currency.code())}" "{words.changes_page_month()} }
            .into_any()
    };
    let mut facts = vec![(words.changes_page_now().to_owned(), a_month(contract.card.price))];
    if let Some(quote) = &beside.quote {
        let more = Money::new(quote.more_minor, quote.after.price.currency);
        facts.push((words.changes_page_then().to_owned(), a_month(quote.after.price)));
        facts.push((words.changes_page_difference().to_owned(), a_month(more)));
    }
    view! { <div role="status">{definitions(facts)}</div> }.into_any()
}
