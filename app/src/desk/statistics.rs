//! How the market does: figures, a chart of each kind of event, who delivers, and all of it as a table to take away.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use broker::BrokerError;
use broker::statistics::{DAYS_USUAL, DayFigures, MarketStatistics, ProviderFigures};
use leptos::prelude::*;

use super::{Part, parts};
use crate::{
    AppState, PageContext,
    account::OfBroker,
    form::FormState,
    format,
    layout::fail,
    render::{Page, Width, page},
    ui::{
        Column, Look, Table,
        chart::{LineChart, line_chart},
        empty, link_button, page_head, section, stat, stats,
    },
    words::Words,
};

/// The lengths that the page offers, in days.
const LENGTHS: [i64; 4] = [7, DAYS_USUAL, 90, 366];
/// Read by programs: the same in every language.
const HEAD: &str = "day,signed,activated,failed,released,needs_saved,offer_versions\r\n";

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    match read(&ctx, &state, query).await {
        Ok((days, found)) => sheet(&ctx, days, &found),
        Err(refusal) => *refusal,
    }
}

pub(super) async fn table(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let (days, found) = match read(&ctx, &state, query).await {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let name = format!("attachment; filename=\"kumoichi-{days}-days.csv\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], csv(&found))
        .into_response()
}

async fn read(
    ctx: &PageContext,
    state: &AppState,
    query: Option<String>,
) -> Result<(i64, MarketStatistics), Box<Response>> {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let days = query.filled("days").map_or(Ok(DAYS_USUAL), str::parse);
    // What is no number is none of the lengths.
    let days = days.unwrap_or(0);
    match state.broker.market_statistics(&ctx.op(), days).await {
        Ok(found) => Ok((days, found)),
        Err(BrokerError::Invalid(_)) => {
            Err(Box::new(fail(ctx, BrokerError::NotFound { what: "statistics" })))
        }
        Err(error) => Err(Box::new(fail(ctx, error))),
    }
}

fn sheet(ctx: &PageContext, days: i64, found: &MarketStatistics) -> Response {
    let words = ctx.words();
    let about = Page::new(words.statistics_title()).width(Width::Wide).private();
    page(ctx, about, || {
        view! {
            {page_head(words.statistics_title(), Some(words.statistics_lead(days)), vec![])}
            {parts(words, Part::Statistics)}
            {lengths(words, days)}
            {section("figures", words.statistics_figures(), figures(words, found))}
            {section("days", words.statistics_days(), charts(ctx, found))}
            {section("providers", words.statistics_providers(), providers(ctx, &found.providers))}
        }
        .into_any()
    })
}

/// The lengths to choose from, and the table.
fn lengths(words: Words, shown: i64) -> AnyView {
    let links: Vec<_> = LENGTHS
        .into_iter()
        .map(|days| {
            let here = (days == shown).then_some("true");
            let href = format!("/desk/statistics?days={days}");
            view! { <a href=href aria-current=here>{words.statistics_last(days)}</a> }
        })
        .collect();
    let csv = format!("/desk/statistics.csv?days={shown}");
    view! {
        <nav class="lengths" aria-label=words.statistics_lengths()>
            {links}
            {link_button(Look::Quiet, words.statistics_csv(), csv)}
        </nav>
    }
    .into_any()
}

fn figures(words: Words, found: &MarketStatistics) -> AnyView {
    let total = found.total();
    let mut shown = vec![
        stat(words.statistics_signed(), format::integer(total.signed), None),
        stat(words.statistics_activated(), format::integer(total.activated), None),
        stat(words.statistics_failed(), format::integer(total.failed), None),
        stat(words.statistics_released(), format::integer(total.released), None),
        stat(words.statistics_needs(), format::integer(total.needs), None),
        stat(words.statistics_versions(), format::integer(total.versions), None),
    ];
    shown.extend(found.running.iter().map(|(price, contracts)| {
        let amount = format::money(price.minor, price.currency.code());
        stat(words.statistics_running(), amount, Some(words.statistics_contracts(*contracts)))
    }));
    stats(shown)
}

fn charts(ctx: &PageContext, found: &MarketStatistics) -> AnyView {
    let words = ctx.words();
    type Figure = fn(&DayFigures) -> i64;
    let kinds: [(&str, &str, Figure); 4] = [
        ("signed", words.statistics_signed(), |day| day.signed),
        ("activated", words.statistics_activated(), |day| day.activated),
        ("failed", words.statistics_failed(), |day| day.failed),
        ("released", words.statistics_released(), |day| day.released),
    ];
    let drawn: Vec<_> = kinds
        .into_iter()
        .map(|(id, title, of)| {
            let total: i64 = found.days.iter().map(of).sum();
            let chart = LineChart {
                id: format!("day-{id}"),
                title: title.to_owned(),
                description: words.statistics_chart(title, format::integer(total)),
                unit: words.statistics_a_day().to_owned(),
                points: found.days.iter().map(|day| (day.at.0, Some(drawable(of(day))))).collect(),
                promise: None,
                promise_label: String::new(),
                whole: true,
            };
            line_chart(ctx, &chart)
        })
        .collect();
    view! { <div class="charts">{drawn}</div><p class="hint">{words.statistics_utc()}</p> }
        .into_any()
}

#[allow(clippy::cast_precision_loss)] // pixels need no more than f64 gives
fn drawable(count: i64) -> f64 {
    count as f64
}

fn providers(ctx: &PageContext, rows: &[ProviderFigures]) -> AnyView {
    let words = ctx.words();
    if rows.is_empty() {
        return empty(words.statistics_none(), words.statistics_none_text(), None);
    }
    let columns = vec![
        Column::text(words.desk_providers_name()),
        Column::number(words.statistics_now()),
        Column::number(words.statistics_signed()),
        Column::number(words.statistics_activated()),
        Column::number(words.statistics_failed()),
    ];
    let rows = rows.iter().map(|row| {
        let name = ctx.locale.pick(&row.name_en, &row.name_ja).to_owned();
        vec![
            view! { <a href=format!("/providers/{}", row.slug)>{name}</a> }.into_any(),
            format::integer(row.running).into_any(),
            format::integer(row.signed).into_any(),
            format::integer(row.activated).into_any(),
            format::integer(row.failed).into_any(),
        ]
    });
    Table::new(words.statistics_providers(), columns).rows(rows).view()
}

/// RFC 4180: numbers and days alone, so nothing needs quotes.
fn csv(found: &MarketStatistics) -> String {
    let mut text = HEAD.to_owned();
    for day in &found.days {
        let date = format::machine_time(day.at.0);
        let date = date.get(..10).unwrap_or(&date);
        let line = [day.signed, day.activated, day.failed, day.released, day.needs, day.versions]
            .map(|count| count.to_string())
            .join(",");
        text.push_str(&format!("{date},{line}\r\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn the_table_has_a_line_for_each_day() {
        let day = DayFigures { signed: 3, ..DayFigures::quiet(Timestamp(86_400_000_000)) };
        let found =
            MarketStatistics { days: vec![day], running: Vec::new(), providers: Vec::new() };
        assert_eq!(csv(&found), format!("{HEAD}1970-01-02,3,0,0,0,0,0\r\n"));
    }
}
