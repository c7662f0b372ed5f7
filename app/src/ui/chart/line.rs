//! One measured series over time with the promise as a line in the same chart.
//!
//! A sample without a value is drawn as a hatched stretch, never as zero.

use leptos::prelude::*;

use super::svg::{Anchor, Svg};
use crate::{
    context::PageContext,
    format,
    ui::{Column, Table, disclosure},
};

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// Unique on the page; begins the ids inside.
    pub id: String,
    /// Names the chart.
    pub title: String,
    /// One sentence that says what is to be seen.
    pub description: String,
    /// The unit of the values, shown at the scale and in the table.
    pub unit: String,
    /// Moments in microseconds UTC, in order, evenly spaced, with what was measured.
    pub points: Vec<(i64, Option<f64>)>,
    /// What was promised, on the same scale.
    pub promise: Option<f64>,
    /// Stands at the promise's line.
    pub promise_label: String,
    /// Whether only whole numbers occur, so that the scale has no others.
    pub whole: bool,
}

const SIZE: (f64, f64) = (440.0, 190.0);
/// Left, top, right, bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (44.0, 20.0, 432.0, 162.0);
/// Rows of the table; more would only be scrolled past.
const TABLE_ROWS: usize = 48;

/// Draws the series with legend and, folded away, the latest values as a table.
pub fn line_chart(ctx: &PageContext, chart: &LineChart) -> AnyView {
    let words = ctx.words();
    let svg = drawing(ctx, chart);
    let promise = chart
        .promise
        .map(|_| view! { <span class="key promise">{chart.promise_label.clone()}</span> });
    let missing = chart.points.iter().any(|(_, value)| value.is_none());
    let missing =
        missing.then(|| view! { <span class="key missing">{words.common_chart_no_data()}</span> });
    view! {
        <figure class="chart line">
            <div class="canvas" inner_html=svg></div>
            <figcaption><span class="key observed">{chart.title.clone()}</span>{promise}{missing}</figcaption>
            {disclosure(words.common_chart_table(), table(ctx, chart))}
        </figure>
    }
    .into_any()
}

fn table(ctx: &PageContext, chart: &LineChart) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.common_chart_time()),
        Column::number(words.common_chart_value(&chart.unit)),
    ];
    let rows = chart.points.iter().rev().take(TABLE_ROWS).map(|(at, value)| {
        let value = value.map_or_else(|| words.common_chart_no_data().to_owned(), readable);
        vec![format::exact_time(ctx.locale, *at).into_any(), value.into_any()]
    });
    Table::new(chart.title.clone(), columns).scrolling().rows(rows).view()
}

/// A measured value with at most three decimals.
fn readable(value: f64) -> String {
    format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn drawing(ctx: &PageContext, chart: &LineChart) -> String {
    let mut svg = Svg::new(&chart.id, SIZE, &chart.title, &chart.description);
    let scale = Scale::of(chart);
    svg.raw(&format!(
        r#"<defs><pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>"#,
        chart.id
    ));
    for step in 0..=3 {
        let value = scale.most * f64::from(step) / 3.0;
        let y = scale.y(value);
        svg.line(if step == 0 { "base" } else { "ring" }, (PLOT.0, y), (PLOT.2, y));
        svg.text("label", (PLOT.0 - 6.0, y + 4.0), Anchor::End, &readable(value));
    }
    svg.text("label", (PLOT.0, 11.0), Anchor::Start, &chart.unit);
    for (from, to) in gaps(&chart.points) {
        let (left, right) = (scale.x(from), scale.x(to));
        let (at, size) = ((left, PLOT.1), ((right - left).max(2.0), PLOT.3 - PLOT.1));
        svg.raw(&format!(
            r#"<rect class="missing" fill="url(#{}-hatch)" x="{:.2}" y="{:.2}" width="{:.2}" height="{:.2}"/>"#,
            chart.id, at.0, at.1, size.0, size.1
        ));
    }
    for run in runs(&chart.points) {
        let points: Vec<_> =
            run.iter().map(|(at, value)| (scale.x(*at), scale.y(*value))).collect();
        match points.as_slice() {
            [single] => svg.dot("observed dot", *single, 2.0),
            many => svg.path("observed", many, false),
        }
    }
    if let Some(promise) = chart.promise {
        let y = scale.y(promise);
        svg.line("promise", (PLOT.0, y), (PLOT.2, y));
        svg.text("label promise-label", (PLOT.2, y - 5.0), Anchor::End, &chart.promise_label);
    }
    let clock =
        |at: i64| format::exact_time(ctx.locale, at).get(5..16).unwrap_or_default().to_owned();
    if let (Some((first, _)), Some((last, _))) = (chart.points.first(), chart.points.last()) {
        svg.text("label", (PLOT.0, SIZE.1 - 10.0), Anchor::Start, &clock(*first));
        svg.text("label", (PLOT.2, SIZE.1 - 10.0), Anchor::End, &clock(*last));
    }
    svg.finish()
}

/// From moments and values to units of the drawing.
#[derive(Debug)]
struct Scale {
    first: i64,
    span: f64,
    most: f64,
}

#[allow(clippy::cast_precision_loss)] // pixels need no more than f64 gives
impl Scale {
    fn of(chart: &LineChart) -> Self {
        let first = chart.points.first().map_or(0, |(at, _)| *at);
        let last = chart.points.last().map_or(1, |(at, _)| *at);
        let values = chart.points.iter().filter_map(|(_, value)| *value);
        let most = values.chain(chart.promise).fold(0.0_f64, f64::max);
        let most = if chart.whole { whole_thirds(most) } else { round_up(most * 1.1) };
        Self { first, span: (last - first).max(1) as f64, most }
    }

    fn x(&self, at: i64) -> f64 {
        PLOT.0 + (at - self.first) as f64 / self.span * (PLOT.2 - PLOT.0)
    }

    fn y(&self, value: f64) -> f64 {
        PLOT.3 - (value / self.most).clamp(0.0, 1.0) * (PLOT.3 - PLOT.1)
    }
}

/// The next of some numbers times a power of ten whose thirds are round, so that the scale reads well.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.2, 1.5, 2.4, 3.0, 4.5, 6.0, 7.5, 9.0, 12.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= value)
        .unwrap_or(value)
}

/// The next number whose thirds are whole and read well.
fn whole_thirds(value: f64) -> f64 {
    if value <= 12.0 {
        (value / 3.0).ceil().max(1.0) * 3.0
    } else {
        round_up(value / 3.0).ceil() * 3.0
    }
}

/// Neighbouring samples with a value.
fn runs(points: &[(i64, Option<f64>)]) -> Vec<Vec<(i64, f64)>> {
    points
        .split(|(_, value)| value.is_none())
        .map(|run| {
            run.iter().filter_map(|(at, value)| value.map(|value| (*at, value))).collect::<Vec<_>>()
        })
        .filter(|run| !run.is_empty())
        .collect()
}

/// From the last sample before to the first after each stretch without a value.
fn gaps(points: &[(i64, Option<f64>)]) -> Vec<(i64, i64)> {
    let mut gaps = Vec::new();
    let mut index = 0;
    while index < points.len() {
        if points[index].1.is_some() {
            index += 1;
            continue;
        }
        let from = points[index.saturating_sub(1)].0;
        while index < points.len() && points[index].1.is_none() {
            index += 1;
        }
        gaps.push((from, points[index.min(points.len() - 1)].0));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_samples_break_the_line_and_make_a_gap() {
        let points = [(1, Some(1.0)), (2, None), (3, None), (4, Some(2.0)), (5, Some(3.0))];
        assert_eq!(runs(&points), [vec![(1, 1.0)], vec![(4, 2.0), (5, 3.0)]]);
        assert_eq!(gaps(&points), [(1, 4)]);
        assert_eq!(gaps(&[(1, None), (2, None)]), [(1, 2)]);
    }

    #[test]
    fn the_scale_ends_on_a_readable_number() {
        assert!((round_up(0.83) - 0.9).abs() < 1e-9);
        assert!((round_up(137.0) - 150.0).abs() < 1e-9);
        assert!((round_up(0.0) - 1.0).abs() < 1e-9);
        for (most, end) in
            [(0.0, 3.0), (1.0, 3.0), (4.0, 6.0), (12.0, 12.0), (40.0, 45.0), (250.0, 270.0)]
        {
            assert!((whole_thirds(most) - end).abs() < 1e-9, "{most}: {}", whole_thirds(most));
        }
    }
}
