//! A need and the offers that contain it, best first; what is nearly enough; what would bring more.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::requirements::{RankedList, RankedOffer, Relaxing, RequirementCard, RequirementSource};
use leptos::prelude::*;
use matching::Order;
use sla::ProfileName;

use super::{
    combined::combined,
    rows, say,
    source::{source_address, source_text},
    workbench,
};
use crate::{
    AppState, PageContext,
    address::Address,
    fault::{fault_page, placed_texts},
    form::FormState,
    inbox,
    layout::error_page::{ErrorPage, error_page},
    render::{Page, page},
    securing,
    ui::{
        Kind, Look, Tab, Views, breadcrumbs, empty, link_button, notice, page_head, section, tabs,
    },
    words::Words,
};

/// Values to ask instead that are named per item.
const STEPS_SHOWN: usize = 2;
/// Rows of each list that are shown, and what "more" leads to.
const SHOWN: [usize; 3] = [10, 50, 200];

pub(super) async fn template(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(key): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    show(&ctx, &state, RequirementSource::Template(key), raw).await
}

pub(super) async fn saved(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    match id.parse() {
        Ok(id) => show(&ctx, &state, RequirementSource::Saved(id), raw).await,
        Err(_) => error_page(&ctx, StatusCode::NOT_FOUND),
    }
}

/// Everything the page shows.
pub(super) struct Shown {
    pub list: RankedList,
    /// The page without its order and length.
    pub here: Address,
    /// The value of `need` for links to offers and contracts.
    pub need: String,
    /// The saved need.
    pub saved: Option<RequirementCard>,
    /// Rows of each list.
    pub rows: usize,
    /// The offer whose reasons are open.
    pub open: Option<String>,
    /// That offer, where it stands further down than what is shown.
    apart: Option<RankedOffer>,
    /// The fields of other times and of items of one's own, as markup.
    pub sheet: String,
    /// Where the need is that asks less of one item: with each step, and without it.
    pub relaxations: Vec<RelaxedLinks>,
}

/// The addresses of needs that ask less of one item.
pub(super) struct RelaxedLinks {
    item: String,
    profile: ProfileName,
    /// What to ask instead, how many more offers, where that need is.
    steps: Vec<(matching::Value, u64, String)>,
    /// How many more offers without the item, and where that need is.
    without: Option<(u64, String)>,
}

/// Ranks offers for a source and shows the result.
pub(super) async fn show(
    ctx: &PageContext,
    state: &AppState,
    source: RequirementSource,
    raw: Option<String>,
) -> Response {
    let query = FormState::from_urlencoded(&raw.unwrap_or_default());
    let order = Order::from_name(query.value("order")).unwrap_or_default();
    let wanted = query.value("show").parse().unwrap_or(SHOWN[0]);
    let rows = SHOWN.into_iter().find(|rows| *rows >= wanted).unwrap_or(SHOWN[2]);
    let list = match state.broker.rank(&ctx.op(), &source, order, rows).await {
        Ok(list) => list,
        Err(error) => return refused(ctx, &error),
    };
    let (Some(here), Some(need)) = (source_address(&source), source_text(&source)) else {
        return error_page(ctx, StatusCode::BAD_REQUEST);
    };
    let saved = match &source {
        RequirementSource::Saved(id) => match state.broker.requirement(&ctx.op(), *id).await {
            Ok(saved) => Some(saved.card),
            Err(error) => return fault_page(ctx, &error),
        },
        _ => None,
    };
    let open = query.filled("open").map(str::to_owned);
    let shown = Shown {
        relaxations: relaxations(state, &list, order),
        apart: apart(ctx, state, &source, &list, open.as_deref()).await,
        sheet: super::studio::sheet(ctx, state, &list.requirement),
        list,
        here,
        need,
        saved,
        rows,
        open,
    };
    view(ctx, &shown)
}

/// The offer that the address opens, unless it stands among the rows that are shown.
async fn apart(
    ctx: &PageContext,
    state: &AppState,
    source: &RequirementSource,
    list: &RankedList,
    open: Option<&str>,
) -> Option<RankedOffer> {
    let id = open?.parse::<domain::OfferId>().ok()?;
    if list.matches.iter().chain(&list.near_misses).any(|row| row.card.id == id) {
        return None;
    }
    // An offer that left the market has no row; the list is whole without it.
    state.broker.explain(&ctx.op(), source, id).await.ok()
}

/// A link that cannot be read says what is wrong with it.
fn refused(ctx: &PageContext, error: &broker::BrokerError) -> Response {
    let broker::BrokerError::Invalid(faults) = error else { return fault_page(ctx, error) };
    let words = ctx.words();
    let mut about = ErrorPage::of_status(ctx, StatusCode::UNPROCESSABLE_ENTITY);
    about.title = words.needs_unreadable().to_owned();
    let broken = faults.iter().all(|fault| fault.code == "share_code");
    about.text =
        if broken { words.needs_unreadable_text().to_owned() } else { placed_texts(words, faults) };
    about.next = Some((words.common_way_describe().to_owned(), "/needs/new".to_owned()));
    about.respond(ctx)
}

/// Where the needs are that ask less of one item.
fn relaxations(state: &AppState, list: &RankedList, order: Order) -> Vec<RelaxedLinks> {
    let address = |need: &sla::Requirement| {
        let code = state.broker.share_code(need);
        ordered(Address::new("/needs").and("doc", code), order).to_string()
    };
    let links = |gain: &Relaxing| RelaxedLinks {
        item: gain.item.clone(),
        profile: gain.profile,
        steps: gain
            .steps
            .iter()
            .map(|step| (step.to.clone(), step.admits, address(&step.need)))
            .collect(),
        without: gain.without.as_ref().map(|need| (gain.dropped, address(need))),
    };
    list.relaxations.iter().map(links).collect()
}

/// An address with the order, unless it is the default.
pub(super) fn ordered(address: Address, order: Order) -> Address {
    if order == Order::default() { address } else { address.set("order", order.name()) }
}

fn view(ctx: &PageContext, shown: &Shown) -> Response {
    let words = ctx.words();
    let list = &shown.list;
    let title = list.requirement.metadata.title.get(ctx.locale.sla()).to_owned();
    let (matched, all) = (count(list.matched), count(list.considered));
    let about = Page::new(words.needs_title(&title))
        .description(words.needs_fit(matched, crate::format::integer(all)));
    let about = if shown.saved.is_some() { about.private() } else { about };
    page(ctx, about, || {
        let trail = if shown.saved.is_some() {
            (words.common_way_needs().to_owned(), "/needs".to_owned())
        } else {
            (words.common_way_describe().to_owned(), "/needs/new".to_owned())
        };
        let fits = view! {
            <div class="fits">
                {notices(words, list)}
                {orders(words, shown)}
                {followed(ctx, shown)}
                {(shown.list.matched > 0).then(|| securing::firm::way(words, &shown.need))}
                {matches(ctx, shown)}
                {combined(ctx, shown)}
                {relaxed(words, shown)}
                {near(ctx, shown)}
                {more(words, shown)}
            </div>
        };
        view! {
            {breadcrumbs(words, vec![trail])}
            {page_head(title, Some(words.needs_fit(matched, crate::format::integer(all))), vec![])}
            {shown.saved.as_ref().map(|card| inbox::switch(ctx, card))}
            {shown.saved.as_ref().map(|card| securing::standby::way(words, card.id))}
            {workbench::view(ctx, shown, fits.into_any())}
        }
        .into_any()
    })
}

pub(super) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn notices(words: Words, list: &RankedList) -> Option<AnyView> {
    if list.notices.is_empty() {
        return None;
    }
    let all: Views = list
        .notices
        .iter()
        .map(|text| {
            if text.contains("SAS 70") {
                view! { <li>{words.needs_notice_sas70()}</li> }.into_any()
            } else {
                view! { <li lang="en">{text.clone()}</li> }.into_any()
            }
        })
        .collect();
    Some(notice(Kind::Note, words.needs_notice(), view! { <ul>{all}</ul> }.into_any()))
}

fn orders(words: Words, shown: &Shown) -> AnyView {
    let (_, explained) = order_words(words, shown.list.order);
    let all = Order::ALL
        .into_iter()
        .map(|order| Tab {
            label: order_words(words, order).0.to_owned(),
            href: with_rows(ordered(shown.here.clone(), order), shown.rows).to_string(),
            current: order == shown.list.order,
        })
        .collect();
    view! {
        {tabs(words.needs_order(), all)}
        <p class="hint">{explained}" "<a href="/how-ranking-works">{words.common_way_ranking()}</a></p>
    }
    .into_any()
}

pub(super) fn order_words(words: Words, order: Order) -> (&'static str, &'static str) {
    match order {
        Order::Balanced => (words.needs_order_balanced(), words.needs_order_balanced_text()),
        Order::Fit => (words.needs_order_fit(), words.needs_order_fit_text()),
        Order::Value => (words.needs_order_value(), words.needs_order_value_text()),
        Order::Strength => (words.needs_order_strength(), words.needs_order_strength_text()),
    }
}

fn with_rows(address: Address, rows: usize) -> Address {
    if rows == SHOWN[0] { address } else { address.set("show", rows.to_string()) }
}

/// The offer that a link led to, above the rows it stands below.
fn followed(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let row = rows::alone(ctx, shown, shown.apart.as_ref()?);
    Some(section("followed", ctx.words().inbox_followed(), row))
}

fn matches(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let list = &shown.list;
    let body = if list.matches.is_empty() {
        empty(words.needs_none(), words.needs_none_text(), None)
    } else {
        rows::list(ctx, shown, &list.matches, "m")
    };
    section("matches", words.needs_matches(count(list.matched)), body)
}

fn near(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    if shown.list.near_misses.is_empty() {
        return None;
    }
    let body = view! {
        <p class="lead small">{words.needs_near_text()}</p>
        {rows::list(ctx, shown, &shown.list.near_misses, "n")}
    };
    Some(section("near", words.needs_near(), body.into_any()))
}

/// What would bring more offers, one item at a time: asking less of it, or nothing.
fn relaxed(words: Words, shown: &Shown) -> Option<AnyView> {
    if shown.relaxations.is_empty() {
        return None;
    }
    let link =
        |href: &str, text: String| view! { <li><a href=href.to_owned()>{text}</a></li> }.into_any();
    let mut all: Views = Vec::new();
    for relaxed in &shown.relaxations {
        let label = say::label_then(words, &relaxed.item, relaxed.profile);
        for (to, more, href) in relaxed.steps.iter().take(STEPS_SHOWN) {
            let value = say::value_text(words.0, &relaxed.item, to);
            all.push(link(href, words.needs_relax_step(count(*more), &label, value)));
        }
        if let Some((more, href)) = &relaxed.without {
            all.push(link(href, words.needs_relax_item(count(*more), &label)));
        }
    }
    let body = view! { <ul class="relaxations">{all}</ul> }.into_any();
    Some(section("relax", words.needs_relax(), body))
}

fn more(words: Words, shown: &Shown) -> Option<AnyView> {
    let list = &shown.list;
    let hidden = list.matched > list.matches.len() as u64
        || list.considered.saturating_sub(list.matched) > list.near_misses.len() as u64;
    let next = SHOWN.into_iter().find(|rows| *rows > shown.rows).filter(|_| hidden)?;
    let href = ordered(shown.here.clone(), list.order).set("show", next.to_string()).to_string();
    Some(view! { <p class="actions">{link_button(Look::Secondary, words.needs_show_more(), href)}</p> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_order_leaves_no_trace_in_the_address() {
        let here = || Address::new("/needs/templates/tracking-service");
        assert_eq!(
            ordered(here(), Order::Balanced).to_string(),
            "/needs/templates/tracking-service"
        );
        let value = with_rows(ordered(here(), Order::Value), 50).to_string();
        assert_eq!(value, "/needs/templates/tracking-service?order=value&show=50");
    }
}
