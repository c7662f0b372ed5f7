//! The page of a contract: is it well, what can I do, what happened, what was agreed.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::BrokerError;
use broker::contracts::{ContractPage, PlaceView, ReturnedData, Timeline};
use broker::inventory::{GROUP, RepairView};
use broker::securing::StandbyView;
use domain::{ContractState, Role};
use leptos::prelude::*;

use super::{
    alternatives, changes, charges, contract_id, data, documents, end, inventory, measured, newer,
    plan, preemption, start,
    state::{CALLED_OFF, CANCELLED, lead, reason, state_badge},
    steps,
};
use crate::{
    AppState, PageContext,
    account::guard,
    layout::fail,
    market::text,
    render::{Page, page},
    securing::standby,
    ui::{
        self, Column, Kind, Look, Table, breadcrumbs, definitions, disclosure, empty, link_button,
        live_timeline, money, notice, page_head, section, time,
    },
    words::Words,
};

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let found = match contract_id(&id) {
        Ok(id) => state.broker.contract(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    let contract = match found {
        Ok(contract) => contract,
        Err(error) => return fail(&ctx, error),
    };
    let series = match measured::series(&ctx, &state, &contract).await {
        Ok(series) => series,
        Err(error) => return fail(&ctx, error),
    };
    let data = match data_of(&ctx, &state, &contract).await {
        Ok(data) => data,
        Err(error) => return fail(&ctx, error),
    };
    let repair = if contract.differs {
        match state.broker.repair_view(&ctx.op(), contract.card.id).await {
            Ok(view) => Some(view),
            Err(error) => return fail(&ctx, error),
        }
    } else {
        None
    };
    let places = match standby::of_contract(&ctx, &state, &contract).await {
        Ok(places) => places,
        Err(error) => return fail(&ctx, error),
    };
    sheet(&ctx, &contract, &series, (repair.as_ref(), data.as_ref(), places.as_ref()))
}

/// The data that wait for whoever looks; none but their owner sees them.
async fn data_of(
    ctx: &PageContext,
    state: &AppState,
    contract: &ContractPage,
) -> Result<Option<ReturnedData>, BrokerError> {
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    if !own || contract.card.state != ContractState::Releasing {
        return Ok(None);
    }
    state.broker.returned_data(&ctx.op(), contract.card.id).await
}

fn sheet(
    ctx: &PageContext,
    contract: &ContractPage,
    series: &measured::Series,
    (repair, data, places): (Option<&RepairView>, Option<&ReturnedData>, Option<&StandbyView>),
) -> Response {
    let words = ctx.words();
    let card = &contract.card;
    let title = card.service_name.clone();
    let actions = match card.state {
        ContractState::Active => [
            card.ends_at.map(|_| {
                let href = format!("/contracts/{}/renew", card.id);
                link_button(Look::Secondary, words.renew_open(), href)
            }),
            Some(link_button(
                Look::Secondary,
                words.changes_page_open(),
                format!("/contracts/{}/change", card.id),
            )),
            Some(link_button(
                Look::Secondary,
                words.moves_open(),
                format!("/contracts/{}/move", card.id),
            )),
            Some(link_button(
                Look::Secondary,
                words.preempt_open(),
                format!("/contracts/{}/preemption", card.id),
            )),
            Some(link_button(
                Look::Secondary,
                words.ratings_open(),
                format!("/contracts/{}/rating", card.id),
            )),
            Some(link_button(
                Look::Danger,
                words.contracts_release_open(),
                format!("/contracts/{}/release", card.id),
            )),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ContractState::Released if contract.activated_at.is_some() => vec![link_button(
            Look::Secondary,
            words.ratings_open(),
            format!("/contracts/{}/rating", card.id),
        )],
        _ => vec![],
    };
    let sentence = match data {
        Some(_) => words.contracts_data_lead(),
        None => lead(words, card, contract.failure.as_deref()),
    };
    page(ctx, Page::new(title.clone()).private(), || {
        let chart = measured::chart(ctx, contract, series);
        // How a running service does comes before how it came to run.
        let (before, after) =
            if card.state == ContractState::Active { (chart, None) } else { (None, chart) };
        view! {
            {breadcrumbs(words, vec![above(ctx)])}
            {page_head(title, Some(sentence.to_owned()), actions)}
            {section("now", words.contracts_page_now(), now(ctx, contract))}
            {repair.and_then(|repair| inventory::differs(ctx, card.id, repair))}
            {data.map(|data| data::waiting(ctx, card.id, data))}
            {failure(ctx, contract)}
            {preemption::awaited(ctx, contract)}
            {preemption::standing(ctx, contract)}
            {provider_ends(ctx, contract)}
            {newer::part(ctx, contract)}
            {start::waits(ctx, card)}
            {(card.state == ContractState::Released).then(|| documents::after_release(ctx, contract))}
            {before}
            {section("progress", words.contracts_page_progress(), progress(ctx, contract))}
            {after}
            {standby::part(ctx, contract, places)}
            {section("plan", words.contracts_plan_title(), plan::facts(ctx, &contract.plan))}
            {charges::charged_once(ctx, contract)}
            {changes::history(ctx, contract)}
            {section("resources", words.contracts_page_resources(), resources(words, contract))}
            {section("documents", words.contracts_documents_title(), documents::frozen(ctx, contract))}
        }
        .into_any()
    })
}

/// The page above: a customer's services; a broker has no list of them and came from the desk.
fn above(ctx: &PageContext) -> (String, String) {
    let words = ctx.words();
    match ctx.viewer.as_ref().map(|viewer| viewer.role) {
        Some(Role::Broker) => (words.common_way_desk().to_owned(), "/desk".to_owned()),
        _ => (words.common_way_services().to_owned(), "/services".to_owned()),
    }
}

fn now(ctx: &PageContext, contract: &ContractPage) -> AnyView {
    let words = ctx.words();
    let card = &contract.card;
    let mut facts = vec![(words.contracts_page_state().to_owned(), state_badge(words, card))];
    if let Some(address) = &card.address {
        let href = address.clone();
        facts.push((
            words.contracts_page_address().to_owned(),
            view! { <a class="address" href=href rel="noreferrer">{address.clone()}</a> }
                .into_any(),
        ));
    }
    let offer = ctx.locale.pick(&card.offer_title_en, &card.offer_title_ja).to_owned();
    let provider = ctx.locale.pick(&card.provider_en, &card.provider_ja).to_owned();
    facts.push((
        words.contracts_offer_title().to_owned(),
        view! {
            <a href=format!("/market/offers/{}", contract.offer)>{offer}</a>
            " "{words.contracts_offer_version(contract.offer_version)}
        }
        .into_any(),
    ));
    facts.push((words.contracts_offer_provider().to_owned(), provider.into_any()));
    facts.push((
        words.contracts_price_title().to_owned(),
        view! { {money(card.price.minor, card.price.currency.code())}" "{words.contracts_price_month()} }
            .into_any(),
    ));
    if let Some(order) = contract.order {
        let href = format!("/orders/{order}");
        let link = view! { <a href=href>{words.contracts_order_link()}</a> };
        facts.push((words.contracts_order_fact().to_owned(), link.into_any()));
    }
    if let Some(place) = runs_in(contract) {
        facts
            .push((words.contracts_page_runs_in().to_owned(), place_text(words, place).into_any()));
    }
    facts.push((words.contracts_page_signed().to_owned(), time(ctx, card.signed_at.0)));
    if let Some(at) = contract.activated_at {
        facts.push((words.contracts_page_activated().to_owned(), time(ctx, at.0)));
    }
    facts.extend(end::fact(ctx, card));
    if let Some(at) = contract.released_at {
        facts.push((words.contracts_page_released().to_owned(), time(ctx, at.0)));
    }
    facts.push((words.contracts_page_id().to_owned(), ui::id(ctx, &card.id.to_string())));
    definitions(facts)
}

/// Where the cloud says it runs; nothing before it runs and after it ended.
fn runs_in(contract: &ContractPage) -> Option<&PlaceView> {
    let living = matches!(contract.card.state, ContractState::Active | ContractState::Releasing);
    contract.resources.iter().rfind(|one| living && one.kind == GROUP)?.place.as_ref()
}

fn place_text(words: Words, place: &PlaceView) -> String {
    words.contracts_page_place(text::region(words, &place.region, &place.country), &place.zone)
}

fn failure(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    // The sentence about the whole says all that there is to a cancelled one.
    let code =
        contract.failure.as_deref().filter(|code| ![CANCELLED, CALLED_OFF].contains(code))?;
    let need = format!("saved:{}", contract.requirement);
    let more = alternatives::view(ctx, contract.offer, &contract.alternatives, &need);
    let owed: Vec<_> = contract
        .bookings
        .iter()
        .filter_map(|booking| booking.owed)
        .map(|owed| crate::format::money(owed.minor, owed.currency.code()))
        .map(|owed| view! { <p>{words.contracts_at_once_owed(owed)}</p> })
        .collect();
    let undone = owed.is_empty().then(|| view! { <p>{words.contracts_failure_undone()}</p> });
    let body = view! { {undone}{owed}{more} }.into_any();
    Some(notice(Kind::Problem, reason(words, code), body))
}

/// The provider has given notice: when, why, and where to go.
fn provider_ends(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let notice_given = contract.termination.as_ref()?;
    let provider = ctx.locale.pick(&contract.card.provider_en, &contract.card.provider_ja);
    let at = crate::format::exact_time(ctx.locale, notice_given.ends_at.0);
    let title = match notice_given.state.as_str() {
        "pending" => words.notice_customer_ends(provider, at),
        _ => words.notice_customer_ended(provider, at),
    };
    let need = format!("saved:{}", contract.requirement);
    let body = view! {
        <p>{words.notice_customer_reason(notice_given.reason.clone())}</p>
        <p>{words.notice_customer_data()}</p>
        {alternatives::view(ctx, contract.offer, &contract.alternatives, &need)}
    };
    Some(notice(Kind::Attention, title, body.into_any()))
}

/// The newest run live, earlier ones folded away.
fn progress(ctx: &PageContext, contract: &ContractPage) -> AnyView {
    let words = ctx.words();
    let Some((newest, earlier)) = contract.timelines.split_last() else {
        return view! { <p>{words.contracts_page_no_progress()}</p> }.into_any();
    };
    let initial = steps::view(ctx.locale, newest);
    let label = steps::kind_word(words, &newest.kind);
    let events = format!("/contracts/{}/events", contract.card.id);
    let earlier: Vec<_> = earlier.iter().rev().map(|run| folded(ctx, run)).collect();
    view! {
        <h3>{label.clone()}</h3>
        {live_timeline(words, label, initial, events)}
        {earlier}
    }
    .into_any()
}

fn folded(ctx: &PageContext, run: &Timeline) -> AnyView {
    let words = ctx.words();
    let label = steps::kind_word(words, &run.kind);
    let view = steps::view(ctx.locale, run);
    let summary = format!("{label}: {}", view.headline);
    disclosure(summary, ui::timeline(label, view.steps))
}

fn resources(words: Words, contract: &ContractPage) -> AnyView {
    let resources = &contract.resources;
    if resources.is_empty() {
        return empty(
            words.contracts_resources_none(),
            words.contracts_resources_none_text(),
            None,
        );
    }
    let columns = vec![
        Column::text(words.contracts_resources_kind()),
        Column::text(words.contracts_resources_native()),
        Column::text(words.contracts_resources_place()),
        Column::text(words.contracts_page_state()),
    ];
    let rows = resources.iter().map(|resource| {
        vec![
            resource_kind(words, &resource.kind).into_any(),
            view! { <code>{resource.native_id.clone()}</code> }.into_any(),
            match &resource.place {
                Some(place) => place_text(words, place).into_any(),
                None => words.common_unknown().into_any(),
            },
            resource_state(words, &resource.state).into_any(),
        ]
    });
    let table = Table::new(words.contracts_page_resources(), columns).rows(rows).view();
    let href = format!("/contracts/{}/inventory", contract.card.id);
    view! { {table}<p><a href=href>{words.contracts_inventory_link()}</a></p> }.into_any()
}

fn resource_kind(words: Words, kind: &str) -> String {
    match kind {
        "group" => words.contracts_resources_group().to_owned(),
        "orphan" => words.contracts_resources_orphan().to_owned(),
        "arriving" => words.moves_resources_arriving().to_owned(),
        "left" => words.moves_resources_left().to_owned(),
        other => other.to_owned(),
    }
}

pub(super) fn resource_state(words: Words, state: &str) -> String {
    let text = match state {
        "held" => words.contracts_resources_held(),
        "reserved" => words.contracts_resources_reserved(),
        "provisioning" => words.contracts_resources_provisioning(),
        "ready" => words.contracts_resources_ready(),
        "active" => words.contracts_resources_active(),
        "draining" => words.contracts_resources_draining(),
        "released" => words.contracts_resources_released(),
        "erased" => words.contracts_resources_erased(),
        "failed" => words.contracts_resources_failed(),
        "expired" => words.contracts_resources_expired(),
        "unknown" => words.common_unknown(),
        other => return other.to_owned(),
    };
    text.to_owned()
}
