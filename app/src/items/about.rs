//! One item: what it means, which way is better, its levels, how to ask it, who promises it.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::market::Promising;
use leptos::prelude::*;
use sla::{ItemDef, ItemKind, Operator, Scheme, Word};

use super::{direction_text, unit_text};
use crate::{
    AppState, PageContext,
    fault::fault_page,
    format,
    market::text,
    render::{Page, Width, page},
    ui::{
        Column, Look, Table, Views, breadcrumbs, definitions, empty, link_button, page_head,
        section,
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
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    let op = ctx.op();
    let offers = match state.broker.offers_promising(&op, &key, SHOWN) {
        Ok(offers) => offers,
        Err(error) => return fault_page(&ctx, &error),
    };
    let counts = match state.broker.promised_items(&op) {
        Ok(counts) => counts,
        Err(error) => return fault_page(&ctx, &error),
    };
    let Some(item) = sla::registry().item(&key) else {
        return fault_page(&ctx, &broker::BrokerError::NotFound { what: "item" });
    };
    let count = counts.get(&key).copied().unwrap_or(0);
    view(&ctx, &Shown { item, count, offers })
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
            {facts(words, item)}
            {values(words, item)}
            {section("ask", words.items_ask(), ask(words, item))}
            {section("offers", words.items_offers(i64::try_from(shown.count).unwrap_or(i64::MAX)), offers(ctx, shown))}
        }
        .into_any()
    })
}

fn facts(words: Words, item: &ItemDef) -> AnyView {
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
    if item.derived {
        pairs.push((words.items_origin().to_owned(), words.items_derived().into_any()));
    }
    definitions(pairs)
}

/// Levels from the weakest, members, or schemes with their levels.
fn values(words: Words, item: &ItemDef) -> Option<AnyView> {
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

fn ask(words: Words, item: &ItemDef) -> AnyView {
    let line = example_line(item);
    view! {
        <div class="stack">
            <p>{words.items_ask_text()}</p>
            <pre tabindex="0">{line}</pre>
            <p>{link_button(Look::Secondary, words.common_way_describe(), "/needs/new?by=form")}</p>
        </div>
    }
    .into_any()
}

/// How the item stands in a requirement document.
fn example_line(item: &ItemDef) -> String {
    let op = item.operators().first().copied().map_or("gte", Operator::as_str);
    let middle = item.words().get(item.words().len() / 2);
    let value = match (&item.kind, middle) {
        (ItemKind::Level(_), Some(word)) => format!("\"{}\"", word.key),
        (ItemKind::Set(_), Some(word)) => format!("[{}]", word.key),
        (ItemKind::Countries, _) => "[JP]".to_owned(),
        (ItemKind::SchemeLevel, _) => "moderate, scheme: us-fips199".to_owned(),
        _ => {
            let text = crate::needs::example(item.unit);
            format!("\"{}\"", text.split(", ").next().unwrap_or(text))
        }
    };
    format!("- {{item: {}, op: {op}, value: {value}, level: must, weight: 1}}", item.key)
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
    view! { {table}{more} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_reads_as_a_requirement() {
        for item in sla::registry().items() {
            let line = example_line(item);
            let extra =
                if item.key == "performance.e2e_response_time" { ", percentile: 95}" } else { "}" };
            let line = format!("{}{extra}", line.trim_end_matches('}'));
            let text = format!(
                "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\nmetadata: {{name: one-item, version: 1, title: {{en: One}}}}\nspec:\n  userRegions: [JP]\n  profiles:\n    normal:\n      items:\n        {line}\n"
            );
            assert!(
                sla::parse_requirement(&text).is_ok(),
                "{line}: {:?}",
                sla::parse_requirement(&text)
            );
        }
    }
}
