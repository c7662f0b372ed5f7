//! The shape of a need and of a promise, one axis per quality item, laid over each other.
//!
//! Outward is stricter. Axis order is the caller's and must be the same everywhere a pair is compared.

use std::f64::consts::TAU;

use leptos::prelude::*;

use super::svg::{Anchor, Svg, wrapped};
use crate::{
    ui::{Column, Table, disclosure},
    words::Words,
};

/// One corner of the shape.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeAxis {
    /// The item's short name.
    pub label: String,
    /// What is needed, from 0 (anything will do) to 1 (strictest on the scale); `None` when nothing is asked.
    pub need: Option<f64>,
    /// What is promised on the same scale; `None` when nothing is promised, which leaves a gap.
    pub promise: Option<f64>,
    /// The need in its unit, for the table.
    pub need_text: String,
    /// The promise in its unit, for the table.
    pub promise_text: String,
}

/// One or two shapes.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeChart {
    /// Unique on the page; begins the ids inside.
    pub id: String,
    /// Names the chart.
    pub title: String,
    /// One sentence that says what is to be seen.
    pub description: String,
    /// Three to about sixteen axes, in their fixed order.
    pub axes: Vec<ShapeAxis>,
    /// Whether a need is drawn.
    pub show_need: bool,
    /// Whether a promise is drawn.
    pub show_promise: bool,
}

const SIZE: (f64, f64) = (440.0, 300.0);
const CENTRE: (f64, f64) = (220.0, 152.0);
const RADIUS: f64 = 112.0;
/// The innermost ring stands for the least strict value, so that it is seen as a shape too.
const LEAST: f64 = 0.08;

/// Draws the shapes with their legend and, folded away, the data as a table.
pub fn shape_chart(words: Words, chart: &ShapeChart) -> AnyView {
    let svg = drawing(chart);
    let need = chart
        .show_need
        .then(|| view! { <span class="key need">{words.common_shape_need()}</span> });
    let promise = chart
        .show_promise
        .then(|| view! { <span class="key promise">{words.common_shape_promise()}</span> });
    view! {
        <figure class="chart shape">
            <div class="canvas" inner_html=svg></div>
            <figcaption>{need}{promise}</figcaption>
            {disclosure(words.common_chart_table(), table(words, chart))}
        </figure>
    }
    .into_any()
}

fn table(words: Words, chart: &ShapeChart) -> AnyView {
    let mut columns = vec![Column::text(words.common_shape_item())];
    if chart.show_need {
        columns.push(Column::number(words.common_shape_need()));
    }
    if chart.show_promise {
        columns.push(Column::number(words.common_shape_promise()));
    }
    let rows = chart.axes.iter().map(|axis| {
        let mut cells = vec![axis.label.clone().into_any()];
        if chart.show_need {
            cells.push(text_or_dash(&axis.need_text));
        }
        if chart.show_promise {
            cells.push(text_or_dash(&axis.promise_text));
        }
        cells
    });
    Table::new(chart.title.clone(), columns).scrolling().rows(rows).view()
}

fn text_or_dash(text: &str) -> AnyView {
    if text.is_empty() { "–".into_any() } else { text.to_owned().into_any() }
}

fn drawing(chart: &ShapeChart) -> String {
    let count = chart.axes.len();
    let mut svg = Svg::new(&chart.id, SIZE, &chart.title, &chart.description);
    for ring in 1..=4 {
        let points: Vec<_> =
            (0..count).map(|index| corner(index, count, f64::from(ring) / 4.0)).collect();
        svg.path("ring", &points, true);
    }
    for (index, axis) in chart.axes.iter().enumerate() {
        svg.line("axis", CENTRE, corner(index, count, 1.0));
        label(&mut svg, index, count, &axis.label);
    }
    if chart.show_promise {
        let values: Vec<_> = chart.axes.iter().map(|axis| axis.promise).collect();
        outline(&mut svg, "promise", &values);
    }
    if chart.show_need {
        let values: Vec<_> = chart.axes.iter().map(|axis| axis.need).collect();
        outline(&mut svg, "need", &values);
    }
    svg.finish()
}

/// Draws the runs of neighbouring axes that have a value; a lone one is a dot.
fn outline(svg: &mut Svg, class: &str, values: &[Option<f64>]) {
    let count = values.len();
    let at = |index: usize| values[index].map(|value| corner(index, count, scaled(value)));
    if let Some(points) = (0..count).map(at).collect::<Option<Vec<_>>>() {
        svg.path(&format!("{class} area"), &points, true);
    } else {
        for run in runs(values) {
            let points: Vec<_> = run.iter().filter_map(|index| at(*index)).collect();
            if points.len() > 1 {
                svg.path(class, &points, false);
            }
        }
    }
    for point in (0..count).filter_map(at) {
        svg.dot(&format!("{class} dot"), point, 3.0);
    }
}

/// Indices of neighbouring values around the circle, broken at every gap.
fn runs(values: &[Option<f64>]) -> Vec<Vec<usize>> {
    let count = values.len();
    let Some(gap) = values.iter().position(Option::is_none) else {
        return vec![(0..count).collect()];
    };
    let mut runs = vec![Vec::new()];
    for step in 1..=count {
        let index = (gap + step) % count;
        match (values[index], runs.last_mut()) {
            (Some(_), Some(run)) => run.push(index),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn scaled(value: f64) -> f64 {
    LEAST + value.clamp(0.0, 1.0) * (1.0 - LEAST)
}

#[allow(clippy::cast_precision_loss)] // a handful of axes
fn angle(index: usize, count: usize) -> f64 {
    index as f64 / count as f64 * TAU
}

fn corner(index: usize, count: usize, distance: f64) -> (f64, f64) {
    let angle = angle(index, count);
    (CENTRE.0 + angle.sin() * RADIUS * distance, CENTRE.1 - angle.cos() * RADIUS * distance)
}

fn label(svg: &mut Svg, index: usize, count: usize, words: &str) {
    let sine = angle(index, count).sin();
    let cosine = angle(index, count).cos();
    let anchor = if sine > 0.2 {
        Anchor::Start
    } else if sine < -0.2 {
        Anchor::End
    } else {
        Anchor::Middle
    };
    let lines = wrapped(words, 15);
    let (x, y) = corner(index, count, 1.09);
    let height = 13.0;
    #[allow(clippy::cast_precision_loss)] // two or three lines
    let block = (lines.len() as f64 - 1.0) * height;
    // Above the centre the last line touches the axis, below it the first, beside it the middle.
    let mut top = y + 4.0 - block * f64::midpoint(1.0, cosine);
    for line in lines {
        svg.text("label", (x, top), anchor, &line);
        top += height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(promises: &[Option<f64>]) -> ShapeChart {
        let axes = promises
            .iter()
            .map(|promise| ShapeAxis {
                label: "Uptime".to_owned(),
                need: Some(0.5),
                promise: *promise,
                need_text: "99 %".to_owned(),
                promise_text: String::new(),
            })
            .collect();
        ShapeChart {
            id: "t".to_owned(),
            title: "Shape".to_owned(),
            description: "d".to_owned(),
            axes,
            show_need: true,
            show_promise: true,
        }
    }

    #[test]
    fn a_missing_promise_opens_the_outline() {
        let whole = drawing(&chart(&[Some(0.1), Some(0.2), Some(0.3)]));
        assert!(whole.contains("class=\"promise area\""));
        let open = drawing(&chart(&[Some(0.1), None, Some(0.3), Some(0.4)]));
        assert!(!open.contains("class=\"promise area\"") && open.contains("class=\"promise\""));
        assert_eq!(open.matches("promise dot").count(), 3);
    }

    #[test]
    fn runs_go_around_the_circle() {
        assert_eq!(runs(&[Some(1.0), None, Some(1.0), Some(1.0)]), [vec![2, 3, 0]]);
        assert_eq!(runs(&[Some(1.0), None, Some(1.0), None]), [vec![2], vec![0]]);
        assert!(runs(&[None, None]).is_empty());
    }
}
