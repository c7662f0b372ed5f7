//! What was measured of a running service, beside what was promised.

use broker::{
    BrokerError,
    contracts::{Bucket, ContractPage, WatchKind},
};
use domain::Timestamp;
use leptos::prelude::*;

use crate::{
    AppState, PageContext, format,
    ui::{
        chart::{LineChart, line_chart},
        definitions, section, time,
    },
};

const MINUTE: i64 = 60_000_000;
/// Minutes shown at most.
const MINUTES_MAX: i64 = 60;
/// Minutes shown of a service that runs for less.
const MINUTES_MIN: i64 = 10;

/// Response times by minute, the oldest first; empty before activation.
pub(super) type Series = Vec<Bucket>;

/// Reads the last hour of a service that ran.
pub(super) async fn series(
    ctx: &PageContext,
    state: &AppState,
    contract: &ContractPage,
) -> Result<Series, BrokerError> {
    let Some(activated) = contract.activated_at else { return Ok(Vec::new()) };
    let end = contract.released_at.map_or(ctx.now, |at| at.0);
    let minutes = minutes(activated.0, end);
    let from = Timestamp(end - minutes * MINUTE);
    let buckets = u32::try_from(minutes).unwrap_or(60);
    let op = ctx.op();
    let mut series =
        state.broker.observations(&op, contract.card.id, from, Timestamp(end), buckets).await?;
    // The minute that is not over yet says nothing by being empty.
    if series.last().is_some_and(|bucket| bucket.samples == 0) {
        series.pop();
    }
    Ok(series)
}

/// How many minutes are worth showing.
fn minutes(activated: i64, end: i64) -> i64 {
    (end.saturating_sub(activated) / MINUTE + 1).clamp(MINUTES_MIN, MINUTES_MAX)
}

/// The chart with its table; nothing before activation.
pub(super) fn chart(
    ctx: &PageContext,
    contract: &ContractPage,
    series: &Series,
) -> Option<AnyView> {
    let words = ctx.words();
    contract.activated_at?;
    if series.iter().all(|bucket| bucket.samples == 0) {
        let none = view! { <p>{words.contracts_measured_none()}</p>{watches(ctx, contract)} };
        let none = none.into_any();
        return Some(section("measured", words.contracts_measured_title(), none));
    }
    let answered: i64 = series.iter().map(|bucket| bucket.ok).sum();
    let asked: i64 = series.iter().map(|bucket| bucket.samples).sum();
    let largest =
        series.iter().filter_map(|bucket| bucket.mean_us).chain(contract.promised_response_us);
    let in_seconds = largest.max().unwrap_or(0) >= 1_000_000;
    let scale = if in_seconds { 1_000_000.0 } else { 1_000.0 };
    let promised = contract.promised_response_us;
    let promise_text = promised
        .map(|us| words.contracts_measured_promise(format::duration(ctx.locale, us)))
        .unwrap_or_default();
    let chart = LineChart {
        id: "response".to_owned(),
        title: words.contracts_measured_response().to_owned(),
        description: words.contracts_measured_text(asked, format::integer(answered)),
        unit: if in_seconds { "s" } else { "ms" }.to_owned(),
        points: series
            .iter()
            .map(|bucket| (bucket.at.0, bucket.mean_us.map(|us| scaled(us, scale))))
            .collect(),
        promise: promised.map(|us| scaled(us, scale)),
        promise_label: promise_text,
        whole: false,
    };
    let body = view! {
        <p>{chart.description.clone()}</p>
        {line_chart(ctx, &chart)}
        {watches(ctx, contract)}
    }
    .into_any();
    Some(section("measured", words.contracts_measured_title(), body))
}

/// Since when what is watched; a kind that the cloud does not measure says so, and is not taken for good.
fn watches(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let facts: Vec<_> = contract
        .watches
        .iter()
        .map(|watch| {
            let name = match watch.kind {
                WatchKind::Liveness => words.contracts_measured_liveness(),
                WatchKind::Service => words.contracts_measured_service(),
                WatchKind::Resources => words.contracts_measured_resources(),
            };
            let since = match watch.first_at {
                Some(at) => time(ctx, at.0),
                None => words.contracts_measured_unmeasured().into_any(),
            };
            (name.to_owned(), since)
        })
        .collect();
    (!facts.is_empty()).then(|| definitions(facts))
}

#[allow(clippy::cast_precision_loss)] // pixels need no more than f64 gives
fn scaled(us: i64, scale: f64) -> f64 {
    us as f64 / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_service_is_shown_in_ten_minutes_and_an_old_one_in_an_hour() {
        assert_eq!(minutes(0, MINUTE), 10);
        assert_eq!(minutes(0, 30 * MINUTE), 31);
        assert_eq!(minutes(0, 5_000 * MINUTE), 60);
    }
}
