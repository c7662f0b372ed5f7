//! The items of quality: what each means, in which unit, on which scale (`/items`).
//!
//! Holds pages, their parts and view structs; what offers promise comes from the use cases of `broker`.

mod about;

use std::collections::BTreeMap;

use axum::{Router, extract::State, response::Response, routing::get};
use leptos::prelude::*;
use sla::{Direction, ItemDef, ItemKind, Unit};

use crate::{
    AppState, PageContext,
    fault::fault_page,
    format,
    render::{Page, page},
    ui::{Column, Table, Views, page_head},
    words::Words,
};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new().route("/items", get(show)).route("/items/{key}", get(about::show))
}

async fn show(ctx: PageContext, State(state): State<AppState>) -> Response {
    match state.broker.promised_items(&ctx.op()) {
        Ok(counts) => view(&ctx, &counts),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn view(ctx: &PageContext, counts: &BTreeMap<String, u64>) -> Response {
    let words = ctx.words();
    let registry = sla::registry();
    page(ctx, Page::new(words.items_title()).description(words.items_lead()), || {
        let sections: Views = registry
            .groups()
            .iter()
            .map(|group| {
                let label = group.label.get(ctx.locale.sla()).to_owned();
                let items: Vec<&ItemDef> = registry.in_group(&group.key).collect();
                view! {
                    <div class="section items" id=group.key.clone()>
                        <h2>{label.clone()}</h2>
                        {table(words, label, &items, counts)}
                    </div>
                }
                .into_any()
            })
            .collect();
        view! { {page_head(words.items_title(), Some(words.items_lead().to_owned()), vec![])}{sections} }.into_any()
    })
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
fn direction_text(words: Words, direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => words.items_higher(),
        Direction::Lower => words.items_lower(),
        Direction::MustInclude => words.items_include(),
        Direction::SubsetOf => words.items_within(),
        Direction::OneOf => words.items_one_of(),
    }
}
