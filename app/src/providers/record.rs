//! Promised and observed, offer by offer.

use broker::ratings::{OfferRecord, ProviderRecord};
use leptos::prelude::*;
use sla::OfferItem;

use crate::{
    PageContext, format,
    market::text,
    ui::{Column, Table, section},
};

/// The part of the provider's page; nothing where nothing is offered.
pub(super) fn part(ctx: &PageContext, record: &ProviderRecord) -> Option<AnyView> {
    let words = ctx.words();
    if record.offers.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.ratings_record_offer()),
        Column::number(words.ratings_record_uptime()),
        Column::number(words.ratings_record_observed()),
        Column::number(words.ratings_record_response()),
        Column::number(words.ratings_record_mean()),
        Column::number(words.ratings_record_samples()),
        Column::number(words.ratings_record_contracts()),
        Column::number(words.ratings_record_notice()),
    ];
    let rows = record.offers.iter().map(|row| cells(ctx, row));
    let table = Table::new(words.ratings_record_title(), columns).rows(rows).view();
    let ended = match record.contracts {
        0 => words.ratings_record_ended_none().to_owned(),
        all => words
            .ratings_record_ended(format::integer(record.ended_by_provider), format::integer(all)),
    };
    let body = view! {
        <p>{words.ratings_record_lead()}</p>
        {table}
        <p>{ended}</p>
        <p class="hint">{words.ratings_record_formula()}</p>
    };
    Some(section("record", words.ratings_record_title(), body.into_any()))
}

fn cells(ctx: &PageContext, row: &OfferRecord) -> Vec<AnyView> {
    let words = ctx.words();
    let promised = |item: &Option<OfferItem>| match item {
        Some(item) => text::promise(ctx.locale, item).into_any(),
        None => words.common_not_declared().into_any(),
    };
    let whole = |count: u64| format::integer(i64::try_from(count).unwrap_or(i64::MAX));
    let measured = &row.measured;
    let no_data = || words.ratings_record_no_data().into_any();
    let observed = match measured.samples {
        0 => no_data(),
        samples => format::share(measured.ok, samples).into_any(),
    };
    let mean = measured
        .mean_response_us
        .map_or_else(no_data, |us| format::duration(ctx.locale, us).into_any());
    let title = ctx.locale.pick(&row.title_en, &row.title_ja).to_owned();
    vec![
        view! { <a href=format!("/market/offers/{}", row.offer)>{title}</a> }.into_any(),
        promised(&row.uptime),
        observed,
        promised(&row.response),
        mean,
        whole(measured.samples).into_any(),
        whole(measured.contracts).into_any(),
        promised(&row.notice),
    ]
}
