//! Boxes with lines between them, in columns from left to right: what belongs to what.
//!
//! Which column a box stands in says the caller; what stands within a frame is drawn inside it. A box
//! that asks for attention has a thick border and a mark, so that colour is not needed.

use leptos::prelude::*;

use super::svg::{Anchor, Svg, wrapped};

const BOX: (f64, f64) = (164.0, 58.0);
const GAP: (f64, f64) = (36.0, 16.0);
const MARGIN: f64 = 14.0;
/// Room for the name of a frame above its boxes.
const HEAD: f64 = 22.0;
/// Half-width characters of a line in a box.
const LETTERS: usize = 24;

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphBox {
    /// Unique in the drawing.
    pub id: String,
    /// From the left, from 0.
    pub column: usize,
    /// What it is.
    pub title: String,
    /// How it is, in words.
    pub state: String,
    /// Whether it is not as it should be.
    pub attention: bool,
}

/// A drawing of boxes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GraphChart {
    /// Tells drawings on one page apart.
    pub id: String,
    /// For those who do not see it.
    pub title: String,
    /// The same in a sentence.
    pub description: String,
    /// From top to bottom within each column.
    pub boxes: Vec<GraphBox>,
    /// From box to box, by id.
    pub lines: Vec<(String, String)>,
    /// A frame around the boxes of its columns, with its name.
    pub frame: Option<(String, Vec<usize>)>,
}

/// Draws it; wider than a phone, it scrolls by itself.
pub fn graph_chart(chart: &GraphChart) -> AnyView {
    let svg = drawing(chart);
    view! {
        <div class="graph" tabindex="0" role="group" aria-label=chart.title.clone() inner_html=svg></div>
    }
    .into_any()
}

fn drawing(chart: &GraphChart) -> String {
    let places = places(chart);
    let columns = chart.boxes.iter().map(|one| one.column + 1).max().unwrap_or(1);
    let rows = |column: usize| chart.boxes.iter().filter(|one| one.column == column).count();
    let most = (0..columns).map(rows).max().unwrap_or(1).max(1);
    let width = MARGIN.mul_add(2.0, left(columns) - MARGIN - GAP.0);
    let height = top(most) - GAP.1 + MARGIN * 2.0;
    let mut svg = Svg::new(&chart.id, (width, height), &chart.title, &chart.description);
    frame(&mut svg, chart, height);
    for (from, to) in &chart.lines {
        let at = |id: &String| chart.boxes.iter().position(|one| one.id == *id);
        if let (Some(from), Some(to)) = (at(from), at(to)) {
            line(&mut svg, places[from], places[to]);
        }
    }
    for (one, at) in chart.boxes.iter().zip(&places) {
        card(&mut svg, one, *at);
    }
    svg.finish()
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has few boxes")]
fn left(column: usize) -> f64 {
    (BOX.0 + GAP.0).mul_add(column as f64, MARGIN)
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has few boxes")]
fn top(row: usize) -> f64 {
    (BOX.1 + GAP.1).mul_add(row as f64, MARGIN + HEAD)
}

/// The upper left corner of each box.
fn places(chart: &GraphChart) -> Vec<(f64, f64)> {
    let above = |at: usize| {
        let column = chart.boxes[at].column;
        chart.boxes[..at].iter().filter(|one| one.column == column).count()
    };
    (0..chart.boxes.len()).map(|at| (left(chart.boxes[at].column), top(above(at)))).collect()
}

fn frame(svg: &mut Svg, chart: &GraphChart, height: f64) {
    let Some((name, columns)) = &chart.frame else { return };
    let (Some(first), Some(last)) = (columns.iter().min(), columns.iter().max()) else { return };
    let (x, y) = (left(*first) - MARGIN / 2.0, MARGIN / 2.0);
    let (right, bottom) = (left(*last) + BOX.0 + MARGIN / 2.0, height - MARGIN / 2.0);
    svg.path("frame", &[(x, y), (right, y), (right, bottom), (x, bottom)], true);
    svg.text("frame-name", (x + 8.0, y + 16.0), Anchor::Start, name);
}

fn line(svg: &mut Svg, from: (f64, f64), to: (f64, f64)) {
    let middle = |at: (f64, f64)| at.1 + BOX.1 / 2.0;
    let points = if to.0 > from.0 {
        [(from.0 + BOX.0, middle(from)), (to.0, middle(to))]
    } else if to.0 < from.0 {
        [(from.0, middle(from)), (to.0 + BOX.0, middle(to))]
    } else {
        let (upper, lower) = if from.1 < to.1 { (from, to) } else { (to, from) };
        [(upper.0 + BOX.0 / 2.0, upper.1 + BOX.1), (lower.0 + BOX.0 / 2.0, lower.1)]
    };
    svg.path("tie", &points, false);
}

fn card(svg: &mut Svg, one: &GraphBox, (x, y): (f64, f64)) {
    let class = if one.attention { "box attention" } else { "box" };
    let corners = [(x, y), (x + BOX.0, y), (x + BOX.0, y + BOX.1), (x, y + BOX.1)];
    svg.path(class, &corners, true);
    let title = wrapped(&one.title, LETTERS);
    let state = wrapped(&one.state, LETTERS);
    // Two lines of each at most; all of it stands in the table.
    let lines = title.iter().take(1).map(|text| ("name", text));
    let lines = lines.chain(state.iter().take(2).map(|text| ("state", text)));
    let mut down = y + 20.0;
    for (class, text) in lines {
        svg.text(class, (x + 10.0, down), Anchor::Start, text);
        down += 15.0;
    }
    if one.attention {
        svg.text("mark", (x + BOX.0 - 10.0, y + 20.0), Anchor::End, "!");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> GraphChart {
        let one = |id: &str, column: usize, attention: bool| GraphBox {
            id: id.to_owned(),
            column,
            title: id.to_uppercase(),
            state: "in use".to_owned(),
            attention,
        };
        GraphChart {
            id: "graph".to_owned(),
            title: "<Service>".to_owned(),
            description: "what belongs to what".to_owned(),
            boxes: vec![one("a", 0, false), one("b", 1, true), one("c", 1, false)],
            lines: vec![
                ("a".to_owned(), "b".to_owned()),
                ("b".to_owned(), "c".to_owned()),
                ("c".to_owned(), "nowhere".to_owned()),
            ],
            frame: Some(("network".to_owned(), vec![0, 1])),
        }
    }

    #[test]
    fn every_box_and_every_line_between_two_of_them_is_drawn() {
        let svg = drawing(&chart());
        assert_eq!(svg.matches(r#"class="tie""#).count(), 2, "a line to nowhere is none");
        assert_eq!(svg.matches(r#"class="box""#).count(), 2);
        assert_eq!(svg.matches(r#"class="box attention""#).count(), 1);
        assert_eq!(svg.matches(">!</text>").count(), 1, "colour alone says nothing");
        assert!(svg.contains(">network</text>") && !svg.contains("<Service>"));
    }

    #[test]
    fn boxes_of_a_column_do_not_cover_each_other() {
        let all = places(&chart());
        assert!(all[1].0 >= all[0].0 + BOX.0 + GAP.0);
        assert!(all[2].1 >= all[1].1 + BOX.1 + GAP.1);
        assert_eq!(all[1].0.to_bits(), all[2].0.to_bits());
    }
}
