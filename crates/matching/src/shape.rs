//! The geometry of the shapes that are laid over each other: which axes, how far out, which line.
//! Drawing, words and colour are left to whoever renders it, on the server or in the browser.
//!
//! Every axis starts at the same distance and their order is fixed, so polygon A lies in polygon B
//! exactly when it does on every axis; what is not promised is a gap in the line and never a zero
//! (`matching.md` 4, P6.0.1 and P6.0.3). Pictures show; `prepared` decides.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use crate::{
    item::Kind,
    members::Members,
    nano::PICO_ONE,
    prepared::{Prepared, Row},
    value::{Held, Offer},
    wanted::Wanted,
};

/// One axis with the two shapes on it; both ends from 0 (worst) to 1 (best).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Axis {
    /// Item id.
    pub item: String,
    /// Where the requirement stands; `None` where nothing definite is asked.
    pub asked: Option<f64>,
    /// Where the promise stands; `None` where nothing is promised.
    pub promised: Option<f64>,
}

/// A point on the unit circle's disc; y grows downwards as on a screen, axis 0 points up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// To the right, -1 to 1.
    pub x: f64,
    /// Downwards, -1 to 1.
    pub y: f64,
}

/// The line of one shape: one closed run, or open runs between gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outline {
    /// Whether the only run closes on itself, which it does when no axis is missing.
    pub closed: bool,
    /// Neighbouring points in the order of the axes; a run of one point is a dot.
    pub runs: Vec<Vec<Point>>,
}

impl Prepared<'_> {
    /// The axes of all asked items in the order of the dictionary, with the offer on them.
    #[must_use]
    pub fn axes(&self, offer: &Offer) -> Vec<Axis> {
        let mut axes = Vec::new();
        for (index, item) in self.dictionary.items().iter().enumerate() {
            // Of several rows on one item the firmest is drawn.
            let rows = self.rows.iter().filter(|row| row.item == index);
            let Some(row) = rows.min_by_key(|row| row.mode as u8) else { continue };
            let (asked, promised) = row_radii(row, offer, &item.kind);
            axes.push(Axis { item: item.id.clone(), asked, promised });
        }
        axes
    }
}

/// How far out an offer stands on one item of the dictionary when nothing is asked.
#[must_use]
pub fn promised_radius(
    dictionary: &crate::item::Dictionary,
    position: usize,
    offer: &Offer,
) -> Option<f64> {
    let kind = &dictionary.items().get(position)?.kind;
    offer.held(position).map(|held| radius(held, kind))
}

fn row_radii(row: &Row, offer: &Offer, kind: &Kind) -> (Option<f64>, Option<f64>) {
    let held = offer.held(row.item);
    match &row.wanted {
        None => (None, held.map(|held| radius(held, kind))),
        Some(Wanted::Higher { u, .. } | Wanted::Lower { u, .. } | Wanted::Level { u, .. }) => {
            (Some(share(*u)), held.map(|held| radius(held, kind)))
        }
        // A set has no length of its own: what is asked is the rim, and the promise reaches as much of it as it covers.
        Some(Wanted::Includes { .. } | Wanted::Within { .. } | Wanted::Any { .. }) => {
            (Some(1.0), held.map(|_| share(PICO_ONE - row.judge(offer).short)))
        }
    }
}

fn radius(held: &Held, kind: &Kind) -> f64 {
    match held {
        Held::Number { u, .. } | Held::Level { u, .. } => share(*u),
        Held::Set(set) => set_radius(set, kind),
    }
}

/// The part of the universe that is covered, or avoided where staying within is the point.
fn set_radius(set: &Members, kind: &Kind) -> f64 {
    let universe = kind.words().len();
    if universe == 0 || set.is_empty() {
        return f64::from(u8::from(!set.is_empty()));
    }
    let avoided = set.universe_outside(universe) as f64 / universe as f64;
    if matches!(kind, Kind::SetWithin(_)) { avoided } else { 1.0 - avoided }
}

pub(crate) fn share(u: i64) -> f64 {
    u as f64 / PICO_ONE as f64
}

/// The point at that radius on axis `index` of `count`.
#[must_use]
pub fn point(index: usize, count: usize, radius: f64) -> Point {
    let angle = TAU * index as f64 / count.max(1) as f64;
    Point { x: radius * libm::sin(angle), y: -radius * libm::cos(angle) }
}

/// The line through the radii, interrupted at every missing one.
#[must_use]
pub fn outline(radii: &[Option<f64>]) -> Outline {
    let count = radii.len();
    let closed = count > 0 && radii.iter().all(Option::is_some);
    // Start behind a gap, so that a run across the top is not cut there.
    let start = radii.iter().position(Option::is_none).map_or(0, |gap| gap + 1);
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut connected = false;
    for index in (0..count).map(|step| (start + step) % count) {
        match radii.get(index).copied().flatten() {
            Some(radius) => {
                let point = point(index, count, radius);
                match runs.last_mut() {
                    Some(run) if connected => run.push(point),
                    _ => runs.push(vec![point]),
                }
                connected = true;
            }
            None => connected = false,
        }
    }
    Outline { closed, runs }
}

impl Outline {
    /// The `d` attribute of an SVG path, with two decimals, around `(centre, centre)`.
    #[must_use]
    pub fn svg_path(&self, centre: f64, radius: f64) -> String {
        let mut path = String::new();
        for run in &self.runs {
            for (index, point) in run.iter().enumerate() {
                let command = if index == 0 { 'M' } else { 'L' };
                let (x, y) = (centre + radius * point.x, centre + radius * point.y);
                path.push_str(&format!("{command}{x:.2} {y:.2}"));
            }
            if run.len() == 1 {
                // A line of no length: drawn as a dot by round caps.
                path.push_str("h0");
            }
        }
        if self.closed {
            path.push('Z');
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_promise_is_a_gap_and_not_a_zero() {
        let line = outline(&[Some(1.0), None, Some(0.5), Some(0.0)]);
        assert!(!line.closed);
        assert_eq!(line.runs.len(), 1, "the run continues across the top");
        assert_eq!(line.svg_path(100.0, 100.0), "M100.00 150.00L100.00 100.00L100.00 0.00");
        assert_eq!(outline(&[None, Some(1.0), None, Some(1.0)]).runs.len(), 2);
        assert_eq!(outline(&[None, None]).runs.len(), 0);
    }

    #[test]
    fn a_full_shape_closes() {
        let line = outline(&[Some(1.0), Some(1.0), Some(1.0), Some(1.0)]);
        assert!(line.closed);
        assert_eq!(line.svg_path(50.0, 50.0), "M50.00 0.00L100.00 50.00L50.00 100.00L0.00 50.00Z");
    }

    #[test]
    fn a_lonely_promise_is_a_dot() {
        assert_eq!(outline(&[Some(1.0), None, None]).svg_path(10.0, 10.0), "M10.00 0.00h0");
    }
}
