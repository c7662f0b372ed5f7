//! One item: what it means, how it is measured, drawn and put together, how to ask for it, who
//! promises it, and where it stands in other standards.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::market::Promising;
use leptos::prelude::*;
use sla::{Compose, ItemDef, ItemKind, Parts, Scheme, Word};

use super::{direction_text, example, scale, unit_text};
use crate::{
    AppState, PageContext,
    address::Address,
    fault::fault_page,
    format,
    market::text,
    render::{Page, Width, page},
    ui::{
        Column, Kind, Look, Table, Views, breadcrumbs, definitions, empty, link_button, notice,
        page_head, section,
    },
    words::Words,
};

/// Offers shown on the page.
const SHOWN: usize = 20;

/// The item and who promises it.
struct Shown {
    item: &'static ItemDef,
    count: u64,
    offers: Vec<Promising>,
    /// The form with a need that asks this item.
    start: Option<String>,
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    let op = ctx.op();
    let offers = match state.broker.offers_promising(&op, &key, SHOWN).await {
        Ok(offers) => offers,
        Err(error) => return fault_page(&ctx, &error),
    };
    let counts = match state.broker.promised_items(&op).await {
        Ok(counts) => counts,
        Err(error) => return fault_page(&ctx, &error),
    };
    let Some(item) = sla::registry().item(&key) else {
        return fault_page(&ctx, &broker::BrokerError::NotFound { what: "item" });
    };
    let count = counts.get(&key).copied().unwrap_or(0);
    let start = example::need(item).map(|need| {
        // A level of a scheme has no field in the form.
        let way = if item.kind == ItemKind::SchemeLevel { "yaml" } else { "form" };
        let need = format!("doc:{}", state.broker.share_code(&need));
        Address::new("/needs/new").and("by", way).and("need", need).to_string()
    });
    view(&ctx, &Shown { item, count, offers, start })
}

fn view(ctx: &PageContext, shown: &Shown) -> Response {
    let words = ctx.words();
    let locale = ctx.locale.sla();
    let item = shown.item;
    let label = item.label(locale).to_owned();
    let about = Page::new(words.items_title_of(&label))
        .description(item.help(locale))
        .width(Width::Reading);
    page(ctx, about, || {
        let trail = vec![(words.items_title().to_owned(), "/items".to_owned())];
        view! {
            {breadcrumbs(words, trail)}
            {page_head(label, Some(item.help(locale).to_owned()), vec![])}
            {item.is_retired().then(|| notice(Kind::Note, words.extend_retired_text(), ().into_any()))}
            {facts(words, item)}
            {measured(words, item)}
            {section("ask", words.items_ask(), ask(words, item, shown.start.clone()))}
            {values(words, item)}
            {drawn(words, item)}
            {section("together", words.items_together(), together(words, item))}
            {section("offers", words.items_offers(i64::try_from(shown.count).unwrap_or(i64::MAX)), offers(ctx, shown))}
            {elsewhere(words, item)}
        }
        .into_any()
    })
}

pub(crate) fn facts(words: Words, item: &ItemDef) -> AnyView {
    let group = sla::registry().groups().iter().find(|group| group.key == item.group);
    let group = group.map(|group| group.label.get(words.0.sla()).to_owned()).unwrap_or_default();
    let key = item.key.clone();
    let mut pairs = vec![
        (words.items_key().to_owned(), view! { <code>{key}</code> }.into_any()),
        (words.items_group().to_owned(), group.into_any()),
        (words.items_unit().to_owned(), unit_text(words, item).into_any()),
        (words.items_direction().to_owned(), direction_text(words, item.direction).into_any()),
    ];
    if let Some(bounds) = item.scale.bounds() {
        let show = |number| sla::format_number(item.unit, number, words.0.sla());
        let range = words.items_range(show(bounds.worst), show(bounds.best));
        pairs.push((words.items_scale().to_owned(), range.into_any()));
    }
    if let Some(registered) = item.registered.filter(|registered| registered.version > 0) {
        let text = words.extend_origin(registered.version);
        pairs.push((words.items_origin().to_owned(), text.into_any()));
    }
    if item.derived {
        pairs.push((words.items_origin().to_owned(), words.items_derived().into_any()));
    }
    definitions(pairs)
}

/// Levels from the weakest, members, or schemes with their levels.
pub(crate) fn values(words: Words, item: &ItemDef) -> Option<AnyView> {
    let body = match &item.kind {
        ItemKind::Level(levels) => word_table(words, words.items_levels_title(), levels),
        ItemKind::Set(members) => word_table(words, words.items_members_title(), members),
        ItemKind::SchemeLevel => schemes(words),
        _ => return None,
    };
    let title = match item.kind {
        ItemKind::Set(_) => words.items_members_title(),
        _ => words.items_levels_title(),
    };
    Some(section("values", title, body))
}

fn word_table(words: Words, caption: &str, list: &[Word]) -> AnyView {
    let columns = vec![Column::text(words.items_word()), Column::text(words.items_written())];
    let rows = list.iter().map(|word| {
        let key = word.key.clone();
        vec![
            word.label.get(words.0.sla()).to_owned().into_any(),
            view! { <code>{key}</code> }.into_any(),
        ]
    });
    Table::new(caption, columns).scrolling().rows(rows).view()
}

fn schemes(words: Words) -> AnyView {
    let all: Views = sla::registry()
        .schemes()
        .iter()
        .map(|scheme: &Scheme| {
            let label = scheme.label.get(words.0.sla()).to_owned();
            view! { <h3>{label.clone()}</h3>{word_table(words, &label, &scheme.levels)} }.into_any()
        })
        .collect();
    view! { <div class="stack"><p>{words.items_schemes()}</p>{all}</div> }.into_any()
}

/// What a value is found by; of items that the market added nothing more is known than their help says.
fn measured(words: Words, item: &ItemDef) -> Option<AnyView> {
    let how = item.notes()?.measured.get(words.0.sla()).to_owned();
    Some(section("measured", words.items_measured(), view! { <p>{how}</p> }.into_any()))
}

pub(crate) fn drawn(words: Words, item: &ItemDef) -> Option<AnyView> {
    let picture = scale::drawing(words, item);
    let text = match &item.kind {
        ItemKind::Set(_) | ItemKind::Countries => words.items_scale_sets(),
        ItemKind::SchemeLevel => words.items_scale_schemes(),
        _ => words.items_scale_text(),
    };
    let body = view! { <div class="stack"><p>{text}</p>{picture}</div> };
    Some(section("scale", words.items_scale_title(), body.into_any()))
}

fn together(words: Words, item: &ItemDef) -> AnyView {
    let parts = match item.compose.parts {
        Parts::Every => words.items_parts_every(),
        Parts::Hosting => words.items_parts_hosting(),
        Parts::Network => words.items_parts_network(),
    };
    definitions(vec![
        (words.items_chain().to_owned(), compose_text(words, item.compose.chain).into_any()),
        (words.items_pair().to_owned(), compose_text(words, item.compose.pair).into_any()),
        (words.items_parts().to_owned(), parts.into_any()),
    ])
}

fn compose_text(words: Words, rule: Compose) -> &'static str {
    match rule {
        Compose::Product => words.items_compose_product(),
        Compose::Sum => words.items_compose_sum(),
        Compose::Minimum => words.items_compose_minimum(),
        Compose::Maximum => words.items_compose_maximum(),
        Compose::Loss => words.items_compose_loss(),
        Compose::Union => words.items_compose_union(),
        Compose::Intersection => words.items_compose_intersection(),
        Compose::Equal => words.items_compose_equal(),
        Compose::Mean => words.items_compose_mean(),
        Compose::Failover => words.items_compose_failover(),
        Compose::Recompute => words.items_compose_recompute(),
    }
}

/// Where the item stands in other standards.
fn elsewhere(words: Words, item: &ItemDef) -> Option<AnyView> {
    let notes = item.notes()?;
    let locale = words.0.sla();
    let columns = vec![Column::text(words.items_standard()), Column::text(words.items_place())];
    let rows = notes.maps.iter().map(|mapping| {
        let standard = sla::notes().standard(&mapping.to);
        let label = standard.map_or(mapping.to.as_str(), |standard| standard.label.get(locale));
        vec![label.to_owned().into_any(), mapping.at.get(locale).to_owned().into_any()]
    });
    let table = Table::new(words.items_maps(), columns).rows(rows).view();
    Some(section("maps", words.items_maps(), table))
}

fn ask(words: Words, item: &ItemDef, start: Option<String>) -> AnyView {
    let (asked, promised) = (example::asking(item), example::promising(item));
    let start = start.map(|href| {
        let label = words.items_start();
        view! { <p>{link_button(Look::Primary, label, href)}</p> }
    });
    let promise = (!item.derived).then(|| {
        let text = words.items_promise_text();
        view! { <p>{text}</p><pre tabindex="0">{promised}</pre> }
    });
    view! {
        <div class="stack">
            <p>{words.items_ask_text()}</p>
            <pre tabindex="0">{asked}</pre>
            {start}
            {promise}
        </div>
    }
    .into_any()
}

fn offers(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    if shown.offers.is_empty() {
        let out = link_button(Look::Secondary, words.common_way_market(), "/market");
        return empty(words.items_nobody(), words.items_nobody_text(), Some(out));
    }
    let columns = vec![
        Column::text(words.items_offer()),
        Column::text(words.market_facet_provider()),
        Column::text(words.common_shape_promise()),
        Column::text(words.market_promise_commitment()),
    ];
    let rows = shown.offers.iter().map(|row| {
        let title = text::title(ctx.locale, &row.card);
        vec![
            view! { <a href=text::offer_href(&row.card)>{title}</a> }.into_any(),
            text::provider_name(ctx.locale, &row.card.provider).into_any(),
            text::promise(ctx.locale, &row.promise).into_any(),
            text::commitment(words, row.promise.commitment.as_str()).into_any(),
        ]
    });
    let table = Table::new(words.items_offers_caption(), columns).rows(rows).view();
    let more = (shown.count > shown.offers.len() as u64).then(|| {
        let first = format::integer(i64::try_from(shown.offers.len()).unwrap_or(i64::MAX));
        view! { <p class="hint">{words.items_first(first)}</p> }
    });
    let market = link_button(Look::Quiet, words.items_market(), "/market");
    view! { {table}{more}<p>{market}</p> }.into_any()
}
