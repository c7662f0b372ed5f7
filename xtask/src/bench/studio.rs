//! Whether the list follows a dragged corner at 60 frames a second over 5,000 offers: drawn frames and
//! the work of each, read from the browser's own trace. Printed, never asserted: it is this machine's.

use super::report::{Row, percentile};
use super::server::Server;
use crate::place::Place;
use crate::tool;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::time::Duration;

const OFFERS: usize = 5_000;
const LIMIT: Duration = Duration::from_secs(180);

/// What the browser reports of one stretch of time; milliseconds.
#[derive(Debug, Deserialize)]
struct Stretch {
    /// Between drawn frames.
    between: Vec<f64>,
    /// Work of the main thread in each frame: script, style, layout and paint.
    whole: Vec<f64>,
    /// Of it our own script.
    script: Vec<f64>,
    /// Of it matching styles.
    style: Vec<f64>,
    /// Of it laying out.
    layout: Vec<f64>,
    /// Of it painting.
    paint: Vec<f64>,
    /// Frames that were not drawn.
    dropped: u32,
    /// Frames that were.
    drawn: u32,
    /// Moves of the hand, one a frame.
    moves: u32,
    /// Moves after which the drawing was another one.
    changed: u32,
}

#[derive(Debug, Deserialize)]
struct Report {
    /// The pointer moves and holds nothing: what the browser does by itself.
    still: Stretch,
    /// The pointer moves a corner.
    moving: Stretch,
    /// Offers ranked in every frame.
    offers: usize,
}

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool) -> Result<Vec<Row>> {
    let server = Server::with_offers(place, OFFERS, debug)?;
    let mut node = tool::command("node");
    node.arg("bench/studio.mjs")
        .arg(format!("http://127.0.0.1:{}", server.port))
        .current_dir(place.inside("end2end"));
    let text = tool::output_within(&mut node, LIMIT)?;
    let report: Report = serde_json::from_str(text.trim()).context("no report of the browser")?;
    ensure!(report.offers >= OFFERS, "only {} offers were ranked", report.offers);
    let (moves, changed) = (report.moving.moves, report.moving.changed);
    ensure!(changed * 10 >= moves * 9, "only {changed} of {moves} moves changed the drawing");
    Ok(rows(&report))
}

fn rows(report: &Report) -> Vec<Row> {
    let frames = |name: &str, stretch: &Stretch| {
        Row::new("studio", name, "ms", &stretch.between).with_p99(&stretch.between)
    };
    let still = frames("between frames, nothing held", &report.still);
    let moving = frames("between frames, corner held", &report.moving).over(still.median);
    let rate = |stretch: &Stretch| {
        let seconds = stretch.between.iter().sum::<f64>() / 1000.0;
        if seconds > 0.0 { f64::from(stretch.drawn) / seconds } else { 0.0 }
    };
    let rates = Row::new("studio", "frames, corner held", "1/s", &[rate(&report.moving)])
        .over(rate(&report.still));
    let part = |name: &str, work: &[f64]| Row::new("studio", name, "ms", work).with_p99(work);
    let work = &report.moving;
    vec![
        still,
        moving,
        rates,
        part("main thread a frame, 5,000 offers", &work.whole)
            .over(percentile(&report.still.whole, 0.5)),
        part("of it rank and write", &work.script),
        part("of it style", &work.style),
        part("of it layout", &work.layout),
        part("of it paint", &work.paint),
        Row::new("studio", "frames dropped", "count", &[f64::from(work.dropped)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_is_compared_with_an_empty_hand() {
        let stretch = |gap: f64| {
            let work = || vec![2.0];
            let (whole, script, style, layout, paint) = (work(), work(), work(), work(), work());
            let between = vec![gap; 10];
            let (dropped, drawn, moves, changed) = (1, 10, 10, 10);
            Stretch { between, whole, script, style, layout, paint, dropped, drawn, moves, changed }
        };
        let rows = rows(&Report { still: stretch(16.0), moving: stretch(32.0), offers: OFFERS });
        assert_eq!(rows[1].ratio, Some(2.0));
        assert_eq!(rows[2].ratio, Some(0.5));
        assert!((rows[3].median - 2.0).abs() < 1e-9);
    }
}
