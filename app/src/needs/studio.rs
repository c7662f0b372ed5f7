//! What the studio is given: the asked items with everything to show and change them, and what every
//! offer promises on them. Ranking by it is [`crate::studio`]'s, here and in the browser.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use broker::requirements::{Candidates, RequirementSource};
use leptos::prelude::{Owner, RenderHtml};
use matching::{Mode, Value, Wish};
use sla::{
    Demand, Direction, ItemDef, ItemKind, Operator, ProfileName, Requirement, RequirementItem, Unit,
};

use super::{
    form as fields, guided,
    item_field::{example, range_example, scheme_levels},
    read_source, say, start, times,
};
use crate::{
    AppState, PageContext, etag,
    fault::{fault_page, status_of},
    form::FormState,
    market::text,
    studio::{Ask, AskKind, Refusal, Stalls, StudioData},
    ui::chart::wrapped,
    words::Words,
};

/// Half-width characters in one line of a label on the chart.
const LABEL_WIDTH: usize = 15;

/// The market as one need sees it, for the browser to rank by itself: `/needs/candidates?need=…`.
pub(super) async fn candidates(
    ctx: PageContext,
    State(state): State<AppState>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&raw.unwrap_or_default());
    let Some(source) = read_source(query.value("need")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    answer(&ctx, &state, &source, &headers, None).await
}

/// The same for a need whose fields were changed: the fields of the page, and the document they belong
/// to in `document`. What they cannot make a need of is said field by field.
pub(super) async fn edited(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let text = RequirementSource::Text(form.value("document").to_owned());
    let base = match state.broker.resolve_requirement(&ctx.op(), &text).await {
        Ok((base, _)) => base,
        Err(error) => return status_of(&error).into_response(),
    };
    // An item of one's own that is only half written yet waits for its other half.
    let own = fields::NEW_OWN.map(|name| form.value(name).trim().to_owned());
    let half = own[0].is_empty() != own[2].is_empty();
    let own: Vec<_> = fields::NEW_OWN.into_iter().zip(own).filter(|_| half).collect();
    for (name, _) in &own {
        form = form.with(name, "");
    }
    let written = |form: FormState| {
        own.iter().fold(form, |form, (name, value)| form.with(name, value.clone()))
    };
    let Some(whole) = guided::edited(&ctx, &state, &mut form, Some(&base)) else {
        let faults = form.errors().iter().map(|error| (error.field.clone(), error.message.clone()));
        let faults = faults.collect();
        let refusal = Refusal { faults, sheet: sheet_of(&ctx, &written(form), Some(&base)) };
        return (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(refusal)).into_response();
    };
    let sheet = sheet_of(&ctx, &written(start::filled(&state, &whole)), Some(&whole));
    let source = RequirementSource::Text(sla::to_yaml(&whole));
    answer(&ctx, &state, &source, &HeaderMap::new(), Some(sheet)).await
}

async fn answer(
    ctx: &PageContext,
    state: &AppState,
    source: &RequirementSource,
    headers: &HeaderMap,
    shown: Option<String>,
) -> Response {
    let found = match state.broker.candidates(&ctx.op(), source).await {
        Ok(found) => found,
        Err(error) if status_of(&error).is_client_error() => {
            return status_of(&error).into_response();
        }
        Err(error) => return fault_page(ctx, &error),
    };
    let sheet = shown.unwrap_or_else(|| sheet(ctx, state, &found.requirement));
    let Ok(body) = serde_json::to_string(&data(ctx.words(), found, sheet)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = tag_of(&body);
    let fresh = || ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    let mut answer = etag::tagged(headers, &tag, fresh);
    let into = answer.headers_mut();
    // The market changes; what is kept is asked for again each time and mostly answered with 304.
    into.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    into.insert(header::VARY, HeaderValue::from_static("cookie, accept-language, accept-encoding"));
    answer
}

/// The fields of other times and of items of one's own, filled with a need.
pub(super) fn sheet(ctx: &PageContext, state: &AppState, requirement: &Requirement) -> String {
    sheet_of(ctx, &start::filled(state, requirement), Some(requirement))
}

fn sheet_of(ctx: &PageContext, form: &FormState, base: Option<&Requirement>) -> String {
    let words = ctx.words();
    Owner::new().with(|| times::sheet(words, form, start::normal(base)).to_html())
}

/// A weak tag, because the answer may travel compressed.
fn tag_of(body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

fn data(words: Words, found: Candidates, sheet: String) -> StudioData {
    let mut stalls = Stalls::default();
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    for card in &found.cards {
        let provider = text::provider_name(words.0, &card.provider);
        let place = format!("{provider} · {}", text::countries(words, card, &[]));
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        let index = *known.entry(place).or_insert_with_key(|place| {
            stalls.places.push(place.clone());
            next
        });
        stalls.place.push(index);
        stalls.titles.push(text::title(words.0, card));
        stalls.prices.push(text::price_text(words, card.price));
        stalls.backed.push(card.backed);
        stalls.elsewhere.push(card.stalled.is_some());
        stalls.priced.push(card.price.is_some());
    }
    let values: Vec<&Value> =
        found.columns.items.iter().flat_map(|column| &column.values).collect();
    StudioData {
        need: serde_json::to_value(&found.requirement).unwrap_or_default(),
        asks: asks(words, &found.requirement, &values),
        bundle: found.bundle,
        columns: found.columns,
        stalls,
        sheet,
    }
}

/// What is asked every day in the registry's order, extensions last, then what other times ask;
/// `values` are those that may be shown.
pub(crate) fn asks(words: Words, requirement: &Requirement, values: &[&Value]) -> Vec<Ask> {
    let wishes = matching::wishes(requirement);
    // One that is asked by itself at several times may not become weaker than every day, and one that
    // is written at several times does not change at one of them alone.
    let shared = |wish: &Wish| {
        let same = |other: &&Wish| !other.floor && other.item.item == wish.item.item;
        let written = |name: &&ProfileName| {
            let items = requirement.profile(**name).map(|profile| &profile.items);
            items.is_some_and(|items| items.iter().any(|item| item.item == wish.item.item))
        };
        !wish.floor
            && (wishes.iter().filter(same).count() > 1
                || wish.profiles.iter().filter(written).count() > 1)
    };
    let mut asks: Vec<Ask> = wishes
        .iter()
        .map(|wish| {
            let made = ask(words, wish, values);
            let shared = shared(wish);
            // A floor has no row in the document but what every day says.
            Ask { local: made.local && !shared && !wish.floor, shared, ..made }
        })
        .collect();
    let place = |ask: &Ask| sla::registry().item(&ask.key).map_or(usize::MAX, |item| item.position);
    asks.sort_by_key(|ask| (ask.time, place(ask)));
    asks
}

fn ask(words: Words, wish: &Wish, values: &[&Value]) -> Ask {
    let (item, locale) = (&wish.item, words.0.sla());
    // A need that was written before the item was registered goes by its own value.
    let said_otherwise =
        |def: &&sla::ItemDef| item.value.as_ref().is_some_and(|value| def.differs_from(value));
    let def = sla::registry().item(&item.item).filter(|def| !said_otherwise(def));
    let time = Some(wish.profile()).filter(|profile| *profile != ProfileName::Normal);
    let label = say::label_then(words, &item.item, wish.profile());
    let typed = broker::requirements::form_item(item);
    let value = match &item.value {
        Some(sla::Value::Number(number)) => {
            let unit = def.map_or(Unit::None, |def| def.unit);
            sla::format_number(unit, *number, locale).replace(',', "")
        }
        Some(value @ sla::Value::Range { .. }) => def
            .map_or_else(String::new, |def| sla::format_value(def, value, locale))
            .replace(',', ""),
        _ => typed.value,
    };
    let op = item.op.or_else(|| def.and_then(|def| def.operators().first().copied()));
    let help = def.map_or_else(|| words.needs_form_own_help(), |def| def.help(locale));
    let example = example(def.map_or(Unit::None, |def| def.unit));
    let mut hint = words.needs_form_example(example);
    if let Some(ends) = def.and_then(|def| range_example(def, locale)) {
        hint = [hint, words.needs_form_range(ends)].join(words.needs_summary_space());
    }
    Ask {
        op: op.map(|op| op.as_str().to_owned()).unwrap_or_default(),
        lines: wrapped(&label, LABEL_WIDTH),
        label,
        name: text::item_label(words.0, &item.item),
        time,
        floor: wish.floor,
        help: help.to_owned(),
        kind: kind_of(def),
        unit: def.map_or(Unit::None, |def| def.unit),
        direction: def.map_or(Direction::Higher, |def| def.direction),
        pattern: say::operator_text(words, op, "{}".to_owned()),
        words: names(words, def, item, values),
        local: is_local(def, item),
        shared: false,
        mode: mode_of(item.level),
        weight: item.weight.map(|weight| weight.normalize().to_string()).unwrap_or_default(),
        tolerance: item.tolerance.map(|size| slack(words, def, size)).unwrap_or_default(),
        value,
        accept: typed.accept,
        example: hint,
        terms: say::terms_text(words, item).unwrap_or_default(),
        rows: wish.rows.clone().collect(),
        key: item.item.clone(),
    }
}

fn slack(words: Words, def: Option<&ItemDef>, size: sla::Decimal) -> String {
    match def.filter(|def| def.kind.is_number()) {
        Some(def) => sla::format_number(def.unit, size, words.0.sla()).replace(',', ""),
        None => size.normalize().to_string(),
    }
}

pub(super) const fn mode_of(level: Demand) -> Mode {
    match level {
        Demand::Must => Mode::Must,
        Demand::Prefer => Mode::Prefer,
        Demand::BestEffort => Mode::BestEffort,
    }
}

fn kind_of(def: Option<&ItemDef>) -> AskKind {
    match def.map(|def| &def.kind) {
        Some(ItemKind::Ratio | ItemKind::Duration | ItemKind::Number) => AskKind::Number,
        Some(ItemKind::Level(_)) => AskKind::Level,
        Some(ItemKind::SchemeLevel) => AskKind::Scheme,
        Some(ItemKind::Set(_)) => AskKind::Set,
        Some(ItemKind::Countries) => AskKind::Countries,
        None => AskKind::Own,
    }
}

/// Whether promises are read the same whatever the value is (`matching::from_sla`).
fn is_local(def: Option<&ItemDef>, item: &RequirementItem) -> bool {
    let Some(def) = def else { return false };
    match (&def.kind, &item.value) {
        (_, None) | (ItemKind::SchemeLevel, _) => false,
        (kind, _) if kind.is_number() => {
            def.scale.bounds().is_some() && matches!(item.value, Some(sla::Value::Number(_)))
        }
        (ItemKind::Level(_), _) => true,
        _ => item.op != Some(Operator::NoneOf),
    }
}

/// The names of everything that may be shown: the item's own words, and what occurs beside them.
fn names(
    words: Words,
    def: Option<&ItemDef>,
    item: &RequirementItem,
    values: &[&Value],
) -> Vec<(String, String)> {
    let locale = words.0.sla();
    let Some(def) = def else { return Vec::new() };
    let own = def.words().iter().map(|word| (word.key.clone(), word.label.get(locale).to_owned()));
    let mut names: Vec<(String, String)> = own.collect();
    let mut codes: BTreeSet<&str> = BTreeSet::new();
    match def.kind {
        ItemKind::Countries => {
            let sets = values.iter().filter_map(|value| match value {
                Value::Set(members) => Some(members),
                _ => None,
            });
            codes.extend(sets.flatten().map(String::as_str));
            let asked = item.value.as_ref().and_then(sla::Value::as_set);
            codes.extend(asked.into_iter().flatten().map(String::as_str));
            codes.retain(|code| sla::COUNTRIES.contains(code));
            names.extend(
                codes.into_iter().map(|code| (code.to_owned(), text::country(words, code))),
            );
        }
        ItemKind::SchemeLevel => names.extend(scheme_levels(words)),
        _ => {}
    }
    names
}
