//! The items of quality: what each means, in which unit, on which scale (`/items`).
//!
//! Holds pages, their parts and view structs; what offers promise comes from the use cases of `broker`.

mod about;
mod example;
mod scale;
mod schema;

pub(crate) use about::{drawn, facts, values};

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use leptos::prelude::*;
use sla::{Direction, ItemDef, ItemKind, Unit};

use crate::{
    AppState, PageContext,
    fault::fault_page,
    form::FormState,
    format,
    render::{Page, page},
    ui::{Button, Column, Field, Look, Table, Views, empty, link_button, page_head},
    words::Words,
};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/items", get(show))
        .route("/items/{key}", get(about::show))
        .route("/schemas/{version}/{file}", get(schema::show))
}

async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Response {
    let form = FormState::from_urlencoded(&raw.unwrap_or_default());
    match state.broker.promised_items(&ctx.op()).await {
        Ok(counts) => view(&ctx, &counts, &form),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn view(ctx: &PageContext, counts: &BTreeMap<String, u64>, form: &FormState) -> Response {
    let words = ctx.words();
    let registry = sla::registry();
    let wanted: Vec<String> = form.value("q").split_whitespace().map(str::to_lowercase).collect();
    page(ctx, Page::new(words.items_title()).description(words.items_lead()), || {
        let sections: Views = registry
            .groups()
            .iter()
            .filter_map(|group| {
                let label = group.label.get(ctx.locale.sla()).to_owned();
                let items: Vec<&ItemDef> =
                    registry.in_group(&group.key).filter(|item| speaks_of(item, &wanted)).collect();
                (!items.is_empty()).then(|| {
                    view! {
                        <div class="section items" id=group.key.clone()>
                            <h2>{label.clone()}</h2>
                            {table(words, label, &items, counts)}
                        </div>
                    }
                    .into_any()
                })
            })
            .collect();
        let none = sections.is_empty().then(|| {
            let all = link_button(Look::Secondary, words.items_all(), "/items");
            empty(words.items_none(), words.items_none_text(), Some(all))
        });
        view! {
            {page_head(words.items_title(), Some(words.items_lead().to_owned()), vec![])}
            {search(words, form)}
            {sections}
            {none}
        }
        .into_any()
    })
}

fn search(words: Words, form: &FormState) -> AnyView {
    let field = Field::search("q", words.items_search()).hint(words.items_search_hint());
    view! {
        <form class="search" method="get" action="/items" role="search">
            {field.of(form).max_length(100).view()}
            {Button::secondary(words.common_search()).view()}
        </form>
    }
    .into_any()
}

/// Whether an item, its words or its standards hold every one of these, in either language.
fn speaks_of(item: &ItemDef, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let mut text = item.key.to_lowercase();
    let mut add = |words: &sla::Text| {
        for words in words.0.values() {
            text.push('\n');
            text.push_str(&words.to_lowercase());
        }
    };
    add(&item.label);
    add(&item.help);
    for word in item.words() {
        add(&word.label);
    }
    for mapping in item.notes().into_iter().flat_map(|notes| &notes.maps) {
        add(&mapping.at);
        if let Some(standard) = sla::notes().standard(&mapping.to) {
            add(&standard.label);
        }
    }
    wanted.iter().all(|word| text.contains(word))
}

fn table(
    words: Words,
    caption: String,
    items: &[&ItemDef],
    counts: &BTreeMap<String, u64>,
) -> AnyView {
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.items_unit()),
        Column::text(words.items_direction()),
        Column::number(words.items_promised_by()),
    ];
    let rows = items.iter().map(|item| {
        let label = item.label(words.0.sla()).to_owned();
        let count = counts.get(&item.key).copied().unwrap_or(0);
        vec![
            view! { <a href=format!("/items/{}", item.key)>{label}</a> }.into_any(),
            unit_text(words, item).into_any(),
            direction_text(words, item.direction).into_any(),
            format::integer(i64::try_from(count).unwrap_or(i64::MAX)).into_any(),
        ]
    });
    Table::new(caption, columns).rows(rows).view()
}

/// Unit of a number, or what stands in its place.
fn unit_text(words: Words, item: &ItemDef) -> String {
    match (&item.kind, item.unit) {
        (ItemKind::Level(levels), _) => {
            words.items_levels(i64::try_from(levels.len()).unwrap_or(i64::MAX))
        }
        (ItemKind::SchemeLevel, _) => words.items_scheme().to_owned(),
        (ItemKind::Set(_), _) => words.items_list().to_owned(),
        (ItemKind::Countries, _) => words.items_countries().to_owned(),
        (_, Unit::Fraction) => "%".to_owned(),
        (_, Unit::Second | Unit::Millisecond | Unit::Day) => words.items_time().to_owned(),
        (_, Unit::HoursPerWeek) => words.items_hours().to_owned(),
        (_, Unit::YenPerMonth) => words.items_money().to_owned(),
        (_, Unit::Ratio | Unit::None) => words.items_plain().to_owned(),
        (_, unit) => unit.as_str().to_owned(),
    }
}

/// Which way is better.
pub(crate) fn direction_text(words: Words, direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => words.items_higher(),
        Direction::Lower => words.items_lower(),
        Direction::MustInclude => words.items_include(),
        Direction::SubsetOf => words.items_within(),
        Direction::OneOf => words.items_one_of(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        let wanted: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let items = sla::registry().items().iter().filter(|item| speaks_of(item, &wanted));
        items.map(|item| item.key.as_str()).collect()
    }

    #[test]
    fn items_are_found_by_their_words_in_either_language_and_by_standards() {
        assert_eq!(found("").len(), sla::registry().items().len());
        assert!(found("uptime").contains(&"availability.service_uptime"));
        assert!(found("稼働率").contains(&"availability.service_uptime"));
        assert!(found("FedRAMP").contains(&"security.assurance_level"));
        assert_eq!(found("data act Art. 29"), ["exit.switching_charge"]);
        assert!(found("no such words").is_empty());
    }
}
