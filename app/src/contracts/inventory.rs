//! What a contract consists of: now, at any past moment, and between two moments.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use broker::BrokerError;
use broker::inventory::{
    AllocationView, GROUP, Inventory, InventoryChange, LOOK, Part, PartChange, RepairView,
};
use domain::{ContractId, ContractState, Timestamp};
use leptos::prelude::*;
use std::collections::BTreeMap;

use super::{contract_id, repair, show, steps};
use crate::{
    AppState, PageContext,
    account::guard,
    form::FormState,
    format,
    layout::fail,
    render::{Page, page},
    ui::{Button, Column, Kind, Select, Table, breadcrumbs, empty, notice, page_head, section},
    words::Words,
};

/// The moment that is shown.
const AT: &str = "at";
/// The moment that it is compared with; 0 is before everything.
const FROM: &str = "from";

/// States in which something is held at a cloud that can be asked about.
const LIVE: [ContractState; 2] = [ContractState::Activating, ContractState::Active];

/// What the page shows.
struct Shown {
    name: String,
    id: ContractId,
    /// The whole history, to choose from.
    now: Inventory,
    /// The chosen moment, if it is not now.
    then: Option<Inventory>,
    /// The other moment and what differs.
    compared: Option<(Timestamp, Vec<PartChange>)>,
    /// Whether the service runs or is to run.
    running: bool,
    /// What can be done where the cloud has something else.
    repair: RepairView,
    /// A moment of the address that is none.
    unreadable: bool,
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let query = FormState::from_urlencoded(query.as_deref().unwrap_or_default());
    match read(&ctx, &state, &id, &query).await {
        Ok(shown) => sheet(&ctx, &shown, &query),
        Err(error) => fail(&ctx, error),
    }
}

async fn read(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    query: &FormState,
) -> Result<Shown, BrokerError> {
    let id = contract_id(id)?;
    let moment = |name: &str| query.filled(name).map(read_moment);
    let (at, from) = (moment(AT), moment(FROM));
    let unreadable = at == Some(None) || from == Some(None);
    let (at, from) = (at.flatten().map(Timestamp), from.flatten().map(Timestamp));
    let op = ctx.op();
    let contract = state.broker.contract(&op, id).await?;
    let now = state.broker.inventory(&op, id, None).await?;
    let then = match at {
        Some(at) => Some(state.broker.inventory(&op, id, Some(at)).await?),
        None => None,
    };
    let compared = match from {
        Some(from) => {
            let to = at.unwrap_or(now.at);
            let span = (from.min(to), to.max(from));
            Some((from, state.broker.inventory_differences(&op, id, span).await?))
        }
        None => None,
    };
    let repair = state.broker.repair_view(&op, id).await?;
    let running = LIVE.contains(&contract.card.state);
    Ok(Shown {
        name: contract.card.service_name,
        id,
        now,
        then,
        compared,
        running,
        repair,
        unreadable,
    })
}

/// A moment of the address. The page's own links name microseconds; people and programs say it as REST takes it
/// (RFC 3339), also with the plus sign of an offset as it is, which an address reads as a space.
fn read_moment(text: &str) -> Option<i64> {
    let stamp = |text: &str| sla::Timestamp::parse(text).map(|at| at.unix_micros());
    let plus = || text.rsplit_once(' ').and_then(|(at, offset)| stamp(&format!("{at}+{offset}")));
    text.parse::<i64>().ok().or_else(|| stamp(text)).or_else(plus)
}

fn sheet(ctx: &PageContext, shown: &Shown, query: &FormState) -> Response {
    let words = ctx.words();
    let title = words.contracts_inventory_title();
    page(ctx, Page::new(format!("{title}: {}", shown.name)).private(), || {
        let way = (shown.name.clone(), format!("/contracts/{}", shown.id));
        let (inventory, heading) = match &shown.then {
            Some(then) => (then, words.contracts_inventory_at(exact(ctx, then.at))),
            None => (&shown.now, words.contracts_inventory_now().to_owned()),
        };
        let wrong = shown
            .unreadable
            .then(|| notice(Kind::Problem, words.contracts_inventory_wrong(), ().into_any()));
        let picture = shown.running.then(|| {
            let href = format!("/contracts/{}/graph", shown.id);
            view! { <p><a href=href>{words.contracts_graph_link()}</a></p> }
        });
        view! {
            {breadcrumbs(words, vec![way])}
            {page_head(title, Some(words.contracts_inventory_lead().to_owned()), vec![])}
            {wrong}
            {difference(ctx, shown)}
            {section("then", heading, view! { {allocations(words, inventory)}{picture} }.into_any())}
            {compared(ctx, shown)}
            {section("history", words.contracts_inventory_history(), history(ctx, shown))}
            {section("compare", words.contracts_inventory_compare(), choose(ctx, shown, query))}
            {shown.running.then(|| repair::mode(ctx, shown.id, shown.repair.mode))}
        }
        .into_any()
    })
}

/// The contract's page tells that its cloud has something else than was ordered, and leads here.
pub(super) fn differs(ctx: &PageContext, id: ContractId, repair: &RepairView) -> Option<AnyView> {
    let href = format!("/contracts/{id}/inventory");
    let way = view! { <p><a href=href>{ctx.words().contracts_inventory_link()}</a></p> };
    repair::difference(ctx, id, repair, Some(way.into_any()))
}

/// Now with what can be done about it; a past moment only tells.
fn difference(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    let Some(then) = &shown.then else {
        return repair::difference(ctx, shown.id, &shown.repair, None);
    };
    let mut parts = then.allocations.iter().flat_map(|one| &one.parts);
    parts
        .any(Part::differs)
        .then(|| notice(Kind::Problem, words.contracts_inventory_differed(), ().into_any()))
}

fn allocations(words: Words, inventory: &Inventory) -> AnyView {
    if inventory.allocations.is_empty() {
        let text = words.contracts_inventory_none_text();
        return empty(words.contracts_inventory_none(), text, None);
    }
    let tables: Vec<AnyView> =
        inventory.allocations.iter().map(|one| allocation(words, one)).collect();
    tables.into_any()
}

fn allocation(words: Words, one: &AllocationView) -> AnyView {
    let columns = vec![
        Column::text(words.contracts_inventory_part()),
        Column::text(words.contracts_page_state()),
        Column::text(words.contracts_inventory_size()),
        Column::text(words.contracts_inventory_observed()),
    ];
    let rows = one.parts.iter().map(|part| {
        let observed = match seen(words, part) {
            text if text.is_empty() => words.contracts_inventory_agrees().to_owned(),
            text => text,
        };
        vec![
            part_word(words, &part.kind).into_any(),
            state_word(words, part, &part.state).into_any(),
            size(words, &part.attributes).into_any(),
            observed.into_any(),
        ]
    });
    Table::new(one.allocation.clone(), columns).with_caption().rows(rows).view()
}

fn compared(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let (from, changes) = shown.compared.as_ref()?;
    let words = ctx.words();
    let at = shown.then.as_ref().map_or(shown.now.at, |then| then.at);
    let from = if from.0 == 0 {
        words.contracts_inventory_before_all().to_owned()
    } else {
        exact(ctx, *from)
    };
    let heading = words.contracts_inventory_compared(from, exact(ctx, at));
    let body = if changes.is_empty() {
        view! { <p>{words.contracts_inventory_same()}</p> }.into_any()
    } else {
        changed(words, changes)
    };
    Some(section("compared", heading, body))
}

fn history(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let until = shown.then.as_ref().unwrap_or(&shown.now);
    if until.history.is_empty() {
        return view! { <p>{words.contracts_inventory_history_none()}</p> }.into_any();
    }
    let columns = vec![
        Column::text(words.contracts_inventory_when()),
        Column::text(words.contracts_inventory_why()),
        Column::text(words.contracts_inventory_what()),
    ];
    let rows = until.history.iter().map(|change| {
        let href = format!("/contracts/{}/inventory?{AT}={}", shown.id, change.at.0);
        let who = match &change.actor {
            Some(name) => words.contracts_inventory_who(name),
            None => words.contracts_inventory_broker().to_owned(),
        };
        vec![
            view! { <a href=href>{exact(ctx, change.at)}</a> }.into_any(),
            view! { <div>{cause(words, &change.cause)}<br/><small>{who}</small></div> }.into_any(),
            changed(words, &change.changes),
        ]
    });
    let cut = until.cut.then(|| view! { <p>{words.contracts_inventory_cut()}</p> });
    let table = Table::new(words.contracts_inventory_history(), columns).rows(rows).view();
    view! { {table}{cut} }.into_any()
}

fn choose(ctx: &PageContext, shown: &Shown, query: &FormState) -> AnyView {
    let words = ctx.words();
    let moment = |change: &InventoryChange| {
        let text = format!("{} · {}", exact(ctx, change.at), cause(words, &change.cause));
        (change.at.0.to_string(), text)
    };
    let from = shown.now.history.iter().map(moment).fold(
        Select::new(FROM, words.contracts_inventory_compare_from())
            .option("0", words.contracts_inventory_before_all()),
        |select, (value, label)| select.option(value, label),
    );
    let to = shown.now.history.iter().map(moment).fold(
        Select::new(AT, words.contracts_inventory_compare_to())
            .option("", words.contracts_inventory_now()),
        |select, (value, label)| select.option(value, label),
    );
    let action = format!("/contracts/{}/inventory", shown.id);
    view! {
        <form class="filter" method="get" action=action>
            {from.of(query).view()}
            {to.of(query).view()}
            {Button::secondary(words.contracts_inventory_compare_button()).view()}
        </form>
    }
    .into_any()
}

fn changed(words: Words, changes: &[PartChange]) -> AnyView {
    let line = |change: &PartChange| {
        let part = part_word(words, &change.kind);
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => {
                let sized = before.attributes != after.attributes;
                let (before, after) = (whole(words, before, sized), whole(words, after, sized));
                // Some steps are of one word for a part that is only used.
                (before != after).then(|| words.contracts_inventory_from_to(part, before, after))
            }
            (None, Some(after)) => {
                Some(words.contracts_inventory_came(part, whole(words, after, true)))
            }
            _ => Some(words.contracts_inventory_went(part)),
        }
    };
    let lines = changes.iter().filter_map(line).map(|text| view! { <li>{text}</li> });
    view! { <ul>{lines.collect::<Vec<_>>()}</ul> }.into_any()
}

/// State, size where it matters and, where it differs, what the cloud has.
fn whole(words: Words, part: &Part, sized: bool) -> String {
    let observed = Some(seen(words, part)).filter(|text| !text.is_empty());
    let observed = observed.map(|text| format!("{}: {text}", words.contracts_inventory_observed()));
    let size = Some(size(words, &part.attributes)).filter(|size| sized && !size.is_empty());
    let all = [Some(state_word(words, part, &part.state)), size, observed];
    all.into_iter().flatten().collect::<Vec<_>>().join(words.contracts_inventory_comma())
}

pub(super) fn part_word(words: Words, kind: &str) -> String {
    let text = match kind {
        GROUP => words.contracts_inventory_group(),
        "compute" => words.contracts_inventory_compute(),
        "storage" => words.contracts_inventory_storage(),
        "network" => words.contracts_inventory_network(),
        "endpoint" => words.contracts_inventory_endpoint(),
        other => return other.to_owned(),
    };
    text.to_owned()
}

/// Only the whole and its machines run; the other parts are in use.
fn state_word(words: Words, part: &Part, state: &str) -> String {
    let runs = matches!(part.kind.as_str(), GROUP | "compute" | "endpoint");
    match state {
        "ready" | "active" if !runs => words.contracts_inventory_in_use().to_owned(),
        state => show::resource_state(words, state),
    }
}

/// What the cloud was found to have instead; empty where it agrees.
fn seen(words: Words, part: &Part) -> String {
    let state = part.observed.as_ref().map(|state| state_word(words, part, state));
    let size = size(words, &part.observed_attributes);
    let all = state.into_iter().chain((!size.is_empty()).then_some(size));
    all.collect::<Vec<_>>().join(words.contracts_inventory_comma())
}

/// What is known of the size and place of a part.
fn size(words: Words, attributes: &BTreeMap<String, String>) -> String {
    let value = |name: &str| attributes.get(name).map(String::as_str);
    let amount = |name: &str| value(name)?.parse().ok().map(format::integer);
    let count = value("count").and_then(|count| count.parse::<i64>().ok());
    let known = [
        count.map(|count| words.contracts_inventory_count(count)),
        amount("vcpu").map(|amount| words.contracts_inventory_vcpu(amount)),
        amount("ramMb").map(|amount| words.contracts_inventory_ram(amount)),
        amount("gb").map(|amount| words.contracts_inventory_gb(amount)),
        amount("mbps").map(|amount| words.contracts_inventory_mbps(amount)),
        value("url").map(str::to_owned),
        value("zone").map(|zone| words.contracts_inventory_zone(zone)),
    ];
    known.into_iter().flatten().collect::<Vec<_>>().join(words.contracts_inventory_comma())
}

fn cause(words: Words, cause: &str) -> String {
    match cause.split_once('/') {
        _ if cause == LOOK => words.contracts_inventory_look().to_owned(),
        Some((kind, step)) => words.contracts_inventory_of_step(
            steps::kind_word(words, kind),
            steps::step_word(words, step),
        ),
        None => cause.to_owned(),
    }
}

fn exact(ctx: &PageContext, at: Timestamp) -> String {
    format::exact_time(ctx.locale, at.0)
}

#[cfg(test)]
mod tests {
    use super::read_moment;

    #[test]
    fn a_moment_of_the_address_is_microseconds_or_rfc_3339() {
        let at = 1_795_743_000_000_000;
        for text in [
            "1795743000000000",
            "2026-11-27T01:30:00Z",
            "2026-11-27T10:30:00+09:00",
            "2026-11-27T10:30:00 09:00",
            "2026-11-27T01:30:00.000000Z",
        ] {
            assert_eq!(read_moment(text), Some(at), "{text}");
        }
        for text in ["soon", "2026-11-27", " ", "2026-11-27T01:30:00"] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }
}
