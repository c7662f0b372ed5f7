//! A service that runs at a cloud already comes under a contract: how to show that it is yours, what was found, and the signature.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{Adopt, AdoptDifference, Adoptable, Adoption, Requote, Sign},
    market::OfferCard,
};
use domain::OfferId;
use leptos::prelude::*;

use super::{
    charges,
    need::{adopt_address, quote_address, read_need},
    plan,
    quote_page::shown_price,
};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    fault::{note_faults, status_of},
    form::{FormState, shown_again},
    format,
    layout::fail,
    market::text,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, Table, breadcrumbs, definitions, empty, error_summary,
        id, link_button, notice, page_head, section, whole,
    },
    words::Words,
};

/// What the page is about.
struct View {
    card: OfferCard,
    adoption: Adoption,
    /// After a refusal for the price: what would be signed now, beside what was shown.
    requote: Option<Requote>,
}

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = FormState::from_urlencoded(&query.unwrap_or_default());
    let form = form.with("key", ctx.new_key());
    sheet(&ctx, &state, form, (StatusCode::OK, None)).await
}

pub(super) async fn answer(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let offer = form.value("offer").parse::<OfferId>();
    let version = form.value("version").parse::<i64>();
    let (Ok(offer), Ok(offer_version)) = (offer, version) else {
        return fail(&ctx, BrokerError::NotFound { what: "offer" });
    };
    let Some(requirement) = read_need(form.value("need")) else {
        return fail(&ctx, BrokerError::NotFound { what: "requirement" });
    };
    let sign = Sign {
        offer,
        offer_version,
        requirement,
        service_name: form.value("serviceName").to_owned(),
        plan: None,
        shown_price: shown_price(&form),
        starts_at: None,
        idempotency_key: form.value("key").to_owned(),
    };
    let adopt = Adopt { sign, allocation: form.value("allocation").to_owned() };
    let words = ctx.words();
    match state.broker.adopt(&ctx.op(), adopt).await {
        Ok(id) => {
            let text = words.adopt_done().to_owned();
            redirect(&format!("/contracts/{id}"), Some((FlashKind::Done, text)))
        }
        Err(BrokerError::Requote(quotes)) => {
            let requote = quotes.into_iter().next();
            sheet(&ctx, &state, form, (StatusCode::CONFLICT, requote)).await
        }
        // Shown again as it is now.
        Err(error @ (BrokerError::Conflict { .. } | BrokerError::SignedBefore { .. })) => {
            form.fail("", words.adopt_changed());
            let form = form.with("key", ctx.new_key());
            sheet(&ctx, &state, form, (status_of(&error), None)).await
        }
        Err(error) => {
            if !note_faults(&mut form, words, &error) {
                return fail(&ctx, error);
            }
            sheet(&ctx, &state, form, (status_of(&error), None)).await
        }
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    form: FormState,
    (status, requote): (StatusCode, Option<Requote>),
) -> Response {
    let Ok(offer) = form.value("offer").parse::<OfferId>() else {
        return fail(ctx, BrokerError::NotFound { what: "offer" });
    };
    if read_need(form.value("need")).is_none() {
        // The quote asks for a need first.
        return redirect(&quote_address(form.value("offer"), ""), None);
    }
    let op = ctx.op();
    let card = match state.broker.offer(&op, offer).await {
        Ok(found) => found.card,
        Err(error) => return fail(ctx, error),
    };
    match state.broker.adoptable(&op, offer).await {
        Ok(adoption) => shown(ctx, &form, &View { card, adoption, requote }, status),
        Err(error) => fail(ctx, error),
    }
}

fn shown(ctx: &PageContext, form: &FormState, view: &View, status: StatusCode) -> Response {
    let words = ctx.words();
    let offer = ctx.locale.pick(&view.card.title_en, &view.card.title_ja).to_owned();
    let title = words.adopt_title();
    let quote = quote_address(form.value("offer"), form.value("need"));
    page(ctx, Page::new(title).status(status).private(), || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_market().to_owned(), "/market".to_owned()),
                (offer.clone(), format!("/market/offers/{}", view.card.id)),
                (words.contracts_quote_title(&offer), quote),
            ])}
            {page_head(title, Some(words.adopt_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {view.requote.as_ref().map(|requote| view! { <div role="alert">{charges::requote(ctx, requote)}</div> })}
            {section("proof", words.adopt_proof(), proof(ctx, form, view))}
            {section("found", words.adopt_found(), found(ctx, form, view))}
        }
        .into_any()
    })
}

/// How an owner shows that something is theirs.
fn proof(ctx: &PageContext, form: &FormState, view: &View) -> AnyView {
    let words = ctx.words();
    if !view.adoption.supported {
        let body = view! { <p>{words.adopt_unsupported_text()}</p> }.into_any();
        return notice(Kind::Attention, words.adopt_unsupported(), body);
    }
    let again = adopt_address(form.value("offer"), form.value("need"));
    let present = words.adopt_present();
    let body = serde_json::json!({ "from": present, "label": view.adoption.code }).to_string();
    view! {
        <p>{words.adopt_proof_text()}</p>
        {definitions(vec![
            (words.adopt_code().to_owned(), whole(words, &view.adoption.code)),
            (words.adopt_body().to_owned(), whole(words, &body)),
        ])}
        <p class="actions">{link_button(Look::Secondary, words.adopt_again(), again)}</p>
    }
    .into_any()
}

fn found(ctx: &PageContext, form: &FormState, view: &View) -> AnyView {
    let words = ctx.words();
    if view.adoption.found.is_empty() {
        return empty(words.adopt_none(), words.adopt_none_text(), None);
    }
    let each = view.adoption.found.iter();
    each.map(|one| one_found(ctx, form, view, one)).collect::<Vec<_>>().into_any()
}

fn one_found(ctx: &PageContext, form: &FormState, view: &View, one: &Adoptable) -> AnyView {
    let words = ctx.words();
    let place = &one.place;
    let region = text::region(words, &place.region, &place.country);
    let mut facts = vec![
        (words.adopt_allocation().to_owned(), id(ctx, &one.allocation)),
        (
            words.contracts_page_runs_in().to_owned(),
            words.contracts_page_place(region, &place.zone).into_any(),
        ),
    ];
    if let Some(price) = one.price {
        let price = charges::plain(words, &price);
        facts.push((words.contracts_price_title().to_owned(), price));
    }
    view! {
        {definitions(facts)}
        {plan::facts(ctx, &one.plan)}
        {differences(words, &one.differences)}
        {match one.obstacle {
            Some(code) => {
                let body = view! { <p>{obstacle(words, code)}</p> }.into_any();
                notice(Kind::Attention, words.adopt_not(), body)
            }
            None => signature(words, form, view, one),
        }}
    }
    .into_any()
}

/// What is otherwise than the offer describes.
fn differences(words: Words, all: &[AdoptDifference]) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.adopt_item()),
        Column::text(words.adopt_offered()),
        Column::text(words.adopt_there()),
    ];
    let rows = all.iter().map(|one| {
        let (name, unit) = match one.item {
            "region" => (words.contracts_plan_region(), ""),
            item => (plan::label(words, item), plan::unit(item)),
        };
        let amount = |value: &str| {
            let value = value.parse().map_or_else(|_| value.to_owned(), format::integer);
            format!("{value} {unit}").trim().to_owned().into_any()
        };
        vec![name.into_any(), amount(&one.offered), amount(&one.found)]
    });
    Some(Table::new(words.adopt_differences(), columns).rows(rows).view())
}

fn obstacle(words: Words, code: &str) -> &'static str {
    match code {
        "owned" => words.adopt_owned(),
        "no_address" => words.adopt_no_address(),
        "region" => words.adopt_region(),
        _ => words.adopt_not_running(),
    }
}

fn signature(words: Words, form: &FormState, view: &View, one: &Adoptable) -> AnyView {
    let hidden = |name: &'static str, value: String| {
        view! { <input type="hidden" name=name value=value/> }
    };
    let card = &view.card;
    let requote = view.requote.as_ref().filter(|_| form.value("allocation") == one.allocation);
    let shown = requote.map(charges::requoted).or(one.price.map(Into::into));
    let price = shown.as_ref().map(charges::shown_text);
    view! {
        <form class="form" method="post" action="/contracts/adopt">
            {hidden("offer", card.id.to_string())}
            {hidden("version", card.version.to_string())}
            {hidden("need", shown_again(form.value("need")))}
            {hidden("key", shown_again(form.value("key")))}
            {hidden("allocation", one.allocation.clone())}
            {price.map(|price| hidden("price", price))}
            <p>{words.adopt_terms()}</p>
            {Field::text("serviceName", words.contracts_sign_name()).hint(words.contracts_sign_name_hint()).of(form).required().max_length(80).view()}
            <div class="actions">{Button::primary(words.adopt_button()).view()}</div>
        </form>
    }
    .into_any()
}
