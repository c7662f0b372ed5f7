//! What demand tells the provider: what its offers miss most, and where each of them stands.

use axum::{extract::State, response::Response};
use broker::demand::{Demand, MissedItem, ORGANISATIONS_MIN, RealDemand};
use leptos::prelude::*;

use super::{
    Part,
    market::{contained, count, few, part_of, position},
    parts,
};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    format,
    layout::fail,
    market::text,
    render::{Page, page},
    ui::{Column, Table, Views, chart::Bar, chart::bars, empty, page_head, section},
    words::Words,
};

pub(super) async fn show(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    let found = match state.broker.provider_demand(&ctx.op()).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.demand_title()).private(), || {
        let misses = match &found.real {
            Some(real) => misses(words, real, found.offers.len() as u64),
            None => few(words),
        };
        view! {
            {page_head(words.demand_title(), Some(words.demand_lead().to_owned()), vec![])}
            {parts(words, Part::Demand)}
            {section("misses", words.demand_misses_title(), misses)}
            {section("offers", words.demand_offers_title(), offers(&ctx, &found))}
        }
        .into_any()
    })
}

fn misses(words: Words, real: &RealDemand, offers: u64) -> AnyView {
    let lead = words.demand_misses_lead(count(real.needs), real.organisations, real.contained);
    if real.items.is_empty() {
        return view! { <p>{lead}</p><p>{words.demand_real_items_none()}</p> }.into_any();
    }
    let columns = vec![
        Column::text(words.demand_real_item()),
        Column::number(words.demand_real_asked_by()),
        Column::number(words.demand_misses_offers()),
        Column::text(words.demand_misses_median()),
    ];
    let rows = real.items.iter().map(|item| row(words, item, (real.needs, offers)));
    let bar = |item: &MissedItem| Bar {
        label: text::item_label(words.0, &item.item),
        text: format::share(item.missed_permille, 1000),
        share: item.missed_permille as f64 / 1000.0,
        highlighted: item.missed_permille > 0,
    };
    view! {
        <p>{lead}</p>
        {bars(words.demand_misses_bars(), real.items.iter().map(bar).collect())}
        {Table::new(words.demand_misses_title(), columns).rows(rows).view()}
        <p class="hint">{words.demand_real_items_few(ORGANISATIONS_MIN.to_string())}</p>
    }
    .into_any()
}

fn row(words: Words, item: &MissedItem, (needs, offers): (u64, u64)) -> Views {
    let hint = words.demand_misses_offers_hint();
    vec![
        view! { <a href=format!("/items/{}", item.item)>{text::item_label(words.0, &item.item)}</a> }
            .into_any(),
        part_of(words, item.needs, needs).into_any(),
        view! { <span>{part_of(words, item.offers_missing, offers)}<span class="hint line">{hint}</span></span> }
            .into_any(),
        match &item.asked {
            Some(asked) => text::value(words.0, &item.item, asked).into_any(),
            None => words.demand_misses_none().into_any(),
        },
    ]
}

fn offers(ctx: &PageContext, found: &Demand) -> AnyView {
    let words = ctx.words();
    if found.offers.is_empty() {
        return empty(words.demand_offers_none(), words.demand_offers_none_text(), None);
    }
    let title = |template: &broker::requirements::Template| {
        template.requirement.metadata.title.get(ctx.locale.sla()).to_owned()
    };
    let columns = std::iter::once(Column::text(words.portal_list_offer()))
        .chain(found.templates.iter().map(|template| Column::text(title(template))));
    let rows = found.offers.iter().map(|offer| {
        let name = ctx.locale.pick(&offer.title_en, &offer.title_ja).to_owned();
        let href = format!("/provider/offers/{}#ranking", offer.offer);
        let offer_cell = view! { <a href=href>{name}</a> }.into_any();
        let cells = offer.standings.iter().map(|standing| {
            view! { <span>{position(words, *standing)}" "{contained(words, *standing)}</span> }
                .into_any()
        });
        std::iter::once(offer_cell).chain(cells).collect::<Views>()
    });
    view! {
        <p>{words.demand_offers_lead()}</p>
        {Table::new(words.demand_offers_title(), columns.collect()).rows(rows).view()}
    }
    .into_any()
}
