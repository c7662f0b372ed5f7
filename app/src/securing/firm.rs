//! The firm list: what it would do, the places that are held with their time, booking one, dropping all.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::BrokerError;
use broker::contracts::service_name_fault;
use broker::securing::{FirmAnswer, FirmPlace, FirmRequest, FirmRow, FirmView, Strategy};
use domain::FirmListId;
use leptos::prelude::*;
use std::time::Duration;

use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    contracts::state::reason,
    fault::fault_text,
    form::FormState,
    format,
    layout::{error_page::error_page, fail},
    market::text,
    needs::{read_source, source_href, source_text},
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Look, RadioGroup, Table, breadcrumbs, countdown, definitions, empty,
        error_summary, link_button, money, page_head, section,
    },
    words::Words,
};

/// Places that are held; the page says so.
const PLACES: usize = 3;
/// How long a page waits for the clouds before it says that they are still being asked.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// The way from a need to its firm list.
pub(crate) fn way(words: Words, need: &str) -> AnyView {
    let href = format!("/firm/new?need={}", format::percent_encode(need));
    view! { <p>{words.securing_firm_beside()}" "<a href=href>{words.securing_firm_link()}</a></p> }
        .into_any()
}

/// What holding would do.
pub(super) async fn ask(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    question(&ctx, &state, &query, StatusCode::OK).await
}

async fn question(
    ctx: &PageContext,
    state: &AppState,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let need = form.value("need").to_owned();
    let Some(source) = read_source(&need) else { return error_page(ctx, StatusCode::NOT_FOUND) };
    let requirement = match state.broker.resolve_requirement(&ctx.op(), &source).await {
        Ok((requirement, _)) => requirement,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let title = words.securing_firm_title();
    let name = requirement.metadata.title.get(ctx.locale.sla()).to_owned();
    let derived = Strategy::of(&requirement);
    page(ctx, Page::new(title).status(status).private(), || {
        let own = words.securing_strategy_own(strategy_word(words, derived));
        let choices = Strategy::ALL.into_iter().fold(
            RadioGroup::new("strategy", words.securing_strategy_label()).option("", own),
            |group, each| group.option(each.as_str(), strategy_word(words, each)),
        );
        let above = source_href(&source).map(|href| (name, href));
        view! {
            {breadcrumbs(words, above.into_iter().collect())}
            {page_head(title, Some(words.securing_firm_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            <form class="form" method="post" action="/firm/new">
                <input type="hidden" name="need" value=need/>
                {choices.chosen([form.value("strategy")]).view()}
                <p class="actions">{Button::primary(words.securing_firm_button()).view()}</p>
            </form>
        }
        .into_any()
    })
}

pub(super) async fn open(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let Some(need) = read_source(form.value("need")) else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let strategy = form.filled("strategy").and_then(Strategy::from_word);
    let request = FirmRequest { need, strategy, plan: None, places: PLACES };
    match state.broker.open_firm_list(&ctx.op(), &request).await {
        Ok(id) => redirect(&format!("/firm/{id}"), None),
        Err(BrokerError::Conflict { code: "firm_lists_open", .. }) => {
            form.fail("strategy", words.securing_firm_too_many());
            question(&ctx, &state, &form, StatusCode::CONFLICT).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<FirmListId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let answered = async {
        loop {
            let view = state.broker.firm_list(&ctx.op(), id).await?;
            // Who comes at the end is told what became of it, not that it is about to end.
            let moves = view.state == "asking" || is_over(&ctx, &view);
            if !moves {
                return Ok::<FirmView, BrokerError>(view);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let view = match tokio::time::timeout(PATIENCE, answered).await {
        Ok(answered) => answered,
        Err(_) => state.broker.firm_list(&ctx.op(), id).await,
    };
    match view {
        Ok(view) => sheet(&ctx, &view, &FormState::empty(), StatusCode::OK),
        Err(error) => fail(&ctx, error),
    }
}

fn sheet(ctx: &PageContext, view: &FirmView, form: &FormState, status: StatusCode) -> Response {
    let words = ctx.words();
    let name = ctx.locale.pick(&view.title_en, &view.title_ja).to_owned();
    let title = words.securing_firm_for(&name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let above = source_href(&view.need).map(|href| (name, href));
        view! {
            {breadcrumbs(words, above.into_iter().collect())}
            {page_head(title, Some(state_text(ctx, view).to_owned()), vec![])}
            {error_summary(form, words)}
            {facts(ctx, view)}
            {(view.state == "open" && !is_over(ctx, view)).then(|| booking(ctx, view, form))}
            {after(ctx, view)}
            {section("places", words.securing_firm_places(), places(ctx, view))}
        }
        .into_any()
    })
}

/// Whether the time is over while the list has not been ended yet.
fn is_over(ctx: &PageContext, view: &FirmView) -> bool {
    view.state == "open" && view.closes_at.is_some_and(|at| at.0 <= ctx.now)
}

fn facts(ctx: &PageContext, view: &FirmView) -> AnyView {
    let words = ctx.words();
    let strategy = strategy_word(words, view.strategy).into_any();
    let mut facts = vec![(words.securing_strategy_label().to_owned(), strategy)];
    if view.state == "open"
        && !is_over(ctx, view)
        && let Some(closes_at) = view.closes_at
    {
        let until = format::exact_time(ctx.locale, closes_at.0);
        let left = view! { {countdown(ctx, closes_at.0)}" ("{until}")" }.into_any();
        facts.push((words.securing_firm_until().to_owned(), left));
    }
    definitions(facts)
}

/// Which place, under which name; and the way to let all of them go.
fn booking(ctx: &PageContext, view: &FirmView, form: &FormState) -> AnyView {
    let words = ctx.words();
    let held: Vec<&FirmRow> = view.rows.iter().filter(|row| row.place.held.is_some()).collect();
    let first = held.first().map(|row| row.place.number.to_string()).unwrap_or_default();
    let typed = form.filled("place").map_or(first, str::to_owned);
    let choices = held.into_iter().fold(
        RadioGroup::new("place", words.securing_firm_choose()),
        |group, row| {
            let (label, about) = (offer_text(ctx, row), measured(ctx, &row.place));
            group.option_about(row.place.number.to_string(), label, about)
        },
    );
    let name = ctx.locale.pick(&view.title_en, &view.title_ja).to_owned();
    let form = if form.value("serviceName").is_empty() && form.is_sound() {
        form.clone().with("serviceName", name)
    } else {
        form.clone()
    };
    let action = format!("/firm/{}", view.id);
    view! {
        <form class="form" method="post" action=format!("{action}/book")>
            {choices.chosen([typed]).view()}
            {Field::text("serviceName", words.contracts_sign_name()).of(&form).required().max_length(80).view()}
            <p>{words.securing_firm_book_text()}</p>
            <p class="actions">{Button::primary(words.securing_firm_book()).view()}</p>
        </form>
        <form method="post" action=format!("{action}/drop")>
            <p class="actions">{Button::secondary(words.securing_firm_drop()).view()}</p>
        </form>
    }
    .into_any()
}

/// What can be done when nothing is held any more, or not yet.
fn after(ctx: &PageContext, view: &FirmView) -> Option<AnyView> {
    let words = ctx.words();
    let again = || {
        let need = source_text(&view.need).unwrap_or_default();
        let href = format!("/firm/new?need={}", format::percent_encode(&need));
        link_button(Look::Primary, words.securing_firm_again(), href)
    };
    let way = match (view.state.as_str(), view.contract) {
        ("open", _) if !is_over(ctx, view) => return None,
        ("asking" | "open", _) => {
            link_button(Look::Secondary, words.securing_firm_look(), format!("/firm/{}", view.id))
        }
        (_, Some(contract)) => {
            let href = format!("/contracts/{contract}");
            link_button(Look::Primary, words.securing_firm_contract(), href)
        }
        _ => again(),
    };
    Some(view! { <p class="actions">{way}</p> }.into_any())
}

fn places(ctx: &PageContext, view: &FirmView) -> AnyView {
    let words = ctx.words();
    if view.rows.is_empty() {
        return empty(words.securing_standby_none(), words.securing_standby_none_text(), None);
    }
    let columns = vec![
        Column::text(words.securing_firm_answer()),
        Column::text(words.securing_standby_offer()),
        Column::text(words.securing_standby_place()),
        Column::number(words.securing_standby_price()),
        Column::text(words.securing_firm_measured()),
    ];
    let rows = view.rows.iter().map(|row| {
        let candidate = &row.place.candidate;
        let price = match candidate.price {
            Some(price) => {
                let once = candidate.once.map(|once| {
                    let once = format::money(once.minor, once.currency.code());
                    view! { <br/><small>{words.prices_once(once)}</small> }
                });
                view! { <div>{money(price.minor, price.currency.code())}{once}</div> }.into_any()
            }
            None => words.contracts_price_none().into_any(),
        };
        vec![
            answer_of(words, &row.place).into_any(),
            offer_text(ctx, row).into_any(),
            text::region(words, &candidate.region, &candidate.country).into_any(),
            price,
            measured(ctx, &row.place).into_any(),
        ]
    });
    Table::new(words.securing_firm_places(), columns).rows(rows).view()
}

/// Title and provider in one line.
fn offer_text(ctx: &PageContext, row: &FirmRow) -> String {
    let card = &row.card;
    let title = ctx.locale.pick(&card.title_en, &card.title_ja);
    let provider = ctx.locale.pick(&card.provider.name_en, &card.provider.name_ja);
    ctx.words().securing_firm_offer(title, provider)
}

/// What decides the order, where it is known.
fn measured(ctx: &PageContext, place: &FirmPlace) -> String {
    let words = ctx.words();
    let known = [
        place
            .round_trip_us
            .map(|us| words.securing_firm_round_trip(format::duration(ctx.locale, us))),
        place.free_mbps.map(|mbps| words.securing_firm_free(format::integer(mbps))),
        place.ready_in_seconds.map(|ready| words.securing_firm_ready(ready)),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    if known.is_empty() {
        return words.securing_firm_not_measured().to_owned();
    }
    known.join(words.market_list_comma())
}

/// The answer; of a cloud that is not held also what holding it would cost.
fn answer_of(words: Words, place: &FirmPlace) -> String {
    let answer = answer_text(words, &place.answer);
    let Some(charge) = &place.cancel_charge else { return answer };
    let cost = words.contracts_at_once_firm(format::money(charge.minor, &charge.currency));
    format!("{answer} {cost}")
}

fn answer_text(words: Words, answer: &FirmAnswer) -> String {
    match answer {
        FirmAnswer::NotAsked => words.securing_answer_not_asked().to_owned(),
        FirmAnswer::Silent => words.securing_answer_silent().to_owned(),
        FirmAnswer::Refused(code) => words.securing_answer_refused(reason(words, code)),
        FirmAnswer::Full => words.securing_answer_full().to_owned(),
        FirmAnswer::HasRoom => words.securing_answer_has_room().to_owned(),
        FirmAnswer::Held => words.securing_answer_held().to_owned(),
        FirmAnswer::Booked => words.securing_answer_booked().to_owned(),
        FirmAnswer::LetGo => words.securing_answer_let_go().to_owned(),
    }
}

fn state_text(ctx: &PageContext, view: &FirmView) -> &'static str {
    let words = ctx.words();
    match view.state.as_str() {
        "asking" => words.securing_state_asking(),
        "open" if is_over(ctx, view) => words.securing_state_closing(),
        "open" => words.securing_state_open(),
        "empty" => words.securing_state_empty(),
        "taken" => words.securing_state_taken(),
        "dropped" => words.securing_state_dropped(),
        "expired" => words.securing_state_expired(),
        _ => words.securing_state_failed(),
    }
}

pub(super) fn strategy_word(words: Words, strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::LatencyFirst => words.securing_strategy_latency(),
        Strategy::BandwidthFirst => words.securing_strategy_bandwidth(),
        Strategy::CostFirst => words.securing_strategy_cost(),
        Strategy::AssuranceFirst => words.securing_strategy_assurance(),
    }
}

pub(super) async fn book(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let Ok(id) = id.parse::<FirmListId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let words = ctx.words();
    let view = match state.broker.firm_list(&ctx.op(), id).await {
        Ok(view) => view,
        Err(error) => return fail(&ctx, error),
    };
    let name = form.value("serviceName").to_owned();
    if let Some(fault) = service_name_fault(&name) {
        form.fail("serviceName", fault_text(words, &fault));
        return sheet(&ctx, &view, &form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let Ok(number) = form.value("place").parse::<u32>() else {
        form.fail("place", words.securing_firm_choose_one());
        return sheet(&ctx, &view, &form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    match state.broker.book_firm_place(&ctx.op(), id, number, &name).await {
        Ok(contract) => redirect(&format!("/contracts/{contract}"), None),
        Err(BrokerError::Conflict { code, .. }) => {
            let text = match code {
                "firm_list_over" => words.securing_firm_over(),
                "place_not_held" => words.securing_firm_not_held(),
                _ => words.securing_firm_changed(),
            };
            redirect(&format!("/firm/{id}"), Some((FlashKind::Note, text.to_owned())))
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn drop_all(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<FirmListId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    match state.broker.drop_firm_list(&ctx.op(), id).await {
        Ok(()) => redirect(&format!("/firm/{id}"), None),
        Err(error) => fail(&ctx, error),
    }
}
