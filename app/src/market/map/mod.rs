//! Regions on a map that the server draws: an outline of the land, a point for each place, and beside it the same
//! as a list. Nothing comes from elsewhere, and nothing needs a script.
//!
//! The outline is that of Natural Earth (public domain, 1:110m, Japan 1:50m; taken from the npm package `world-atlas`
//! 2.0.2, ISC), simplified to half a degree, Japan to less; a line for each piece of land, in twentieths of a degree
//! from the upper left corner.

mod places;

use leptos::prelude::*;
use std::fmt::Write as _;

use crate::{ui::Views, words::Words};

pub use places::Known;

/// Pieces of land as paths.
const OUTLINE: &str = include_str!("outline.txt");
/// Units of the outline in a degree.
const DEGREE: f64 = 20.0;
/// Least width of what is shown, degrees: all of Japan around any of its cities.
const WIDTH_MIN: f64 = 36.0;
/// Height of the map in its width.
const RATIO: f64 = 0.55;
/// Share of the width between the outermost points and the edge.
const MARGIN: f64 = 0.12;
/// Regions on one map.
const POINTS_MAX: usize = 120;

/// A region to be shown.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its name for people.
    pub label: String,
    /// Where it is; `None`: only in the list.
    pub at: Option<(f64, f64)>,
    /// How many there are, where that is counted.
    pub count: Option<u64>,
    /// Where the name leads.
    pub href: Option<String>,
}

impl Point {
    /// A region with its name.
    pub fn new(region: Known<'_>, label: String) -> Self {
        Self { label, at: places::place(region), count: None, href: None }
    }
}

/// The map with its list; nothing where there is no region.
pub fn map(words: Words, points: &[Point]) -> AnyView {
    let shown: Vec<&Point> = points.iter().take(POINTS_MAX).collect();
    if shown.is_empty() {
        return ().into_any();
    }
    let drawing = drawing(&shown);
    let items: Views = shown.into_iter().map(|point| item(words, point)).collect();
    view! {
        <figure class="map">
            <div class="sheet" inner_html=drawing></div>
            <figcaption><ul>{items}</ul></figcaption>
        </figure>
    }
    .into_any()
}

fn item(words: Words, point: &Point) -> AnyView {
    let name = match &point.href {
        Some(href) => view! { <a href=href.clone()>{point.label.clone()}</a> }.into_any(),
        None => point.label.clone().into_any(),
    };
    let count = point.count.map(|count| format!(" ({count})"));
    let missing = point.at.is_none().then(|| format!(" – {}", words.catalog_map_unknown()));
    view! { <li>{name}{count}{missing}</li> }.into_any()
}

/// What is seen: the left upper corner and the size, in units of the outline.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sheet {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Sheet {
    fn around(places: &[(f64, f64)]) -> Self {
        let ends = |of: fn(&(f64, f64)) -> f64| {
            places
                .iter()
                .map(of)
                .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
        };
        let ((left, right), (top, bottom)) = (ends(|(x, _)| *x), ends(|(_, y)| *y));
        let room = 1.0 + 2.0 * MARGIN;
        let width = ((right - left) * room)
            .max((bottom - top) * room / RATIO)
            .clamp(WIDTH_MIN * DEGREE, 360.0 * DEGREE);
        let height = width * RATIO;
        let (middle_x, middle_y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        Self { left: middle_x - width / 2.0, top: middle_y - height / 2.0, width, height }
    }
}

/// The picture. It stays silent for screen readers: the list says the same.
fn drawing(points: &[&Point]) -> String {
    let spots: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|point| point.at)
        .map(|(north, east)| ((east + 180.0) * DEGREE, (90.0 - north) * DEGREE))
        .collect();
    if spots.is_empty() {
        return String::new();
    }
    let sheet = Sheet::around(&spots);
    let Sheet { left, top, width, height } = sheet;
    let mut svg = format!(
        r#"<svg viewBox="{left:.0} {top:.0} {width:.0} {height:.0}" aria-hidden="true" focusable="false"><path class="land" vector-effect="non-scaling-stroke" d=""#
    );
    for piece in OUTLINE.lines().filter(|piece| is_seen(piece, sheet)) {
        svg.push_str(piece);
    }
    svg.push_str(r#""/>"#);
    let radius = width / 75.0;
    let mut done: Vec<(f64, f64)> = Vec::new();
    for (x, y) in spots {
        // One point for all regions of a place.
        if done.contains(&(x, y)) {
            continue;
        }
        done.push((x, y));
        let _ = write!(svg, r#"<circle class="place" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"/>"#);
    }
    svg.push_str("</svg>");
    svg
}

/// Whether a piece of land reaches into the sheet.
fn is_seen(piece: &str, sheet: Sheet) -> bool {
    let Some((left, top, right, bottom)) = bounds(piece) else { return false };
    left < sheet.left + sheet.width
        && right > sheet.left
        && top < sheet.top + sheet.height
        && bottom > sheet.top
}

/// The corners of a piece of land: `M x y l dx dy …z`, where a sign may stand for a space.
fn bounds(piece: &str) -> Option<(f64, f64, f64, f64)> {
    let mut numbers: Vec<f64> = Vec::new();
    let mut number = String::new();
    for sign in piece.chars().chain([' ']) {
        if sign.is_ascii_digit() || (sign == '-' && number.is_empty()) {
            number.push(sign);
            continue;
        }
        numbers.extend(number.parse::<f64>());
        number.clear();
        if sign == '-' {
            number.push(sign);
        }
    }
    let mut pairs = numbers.chunks_exact(2).map(|pair| (pair.first(), pair.last()));
    let (Some(x), Some(y)) = pairs.next()? else { return None };
    let (mut x, mut y) = (*x, *y);
    let mut bounds = (x, y, x, y);
    for (dx, dy) in pairs {
        x += dx?;
        y += dy?;
        bounds = (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y));
    }
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(id: &str) -> Point {
        Point::new(Known { id, ..Known::default() }, id.to_owned())
    }

    fn drawn(ids: &[&str]) -> String {
        let points: Vec<Point> = ids.iter().map(|id| point(id)).collect();
        drawing(&points.iter().collect::<Vec<_>>())
    }

    #[test]
    fn every_piece_of_land_lies_on_the_earth() {
        assert!(OUTLINE.lines().count() > 50);
        for piece in OUTLINE.lines() {
            let (left, top, right, bottom) = bounds(piece).unwrap();
            assert!(left >= 0.0 && right <= 360.0 * DEGREE, "{piece}");
            assert!(top >= 0.0 && bottom <= 180.0 * DEGREE, "{piece}");
            assert!(right - left < 200.0 * DEGREE, "none goes around the earth: {piece}");
            assert!(piece.starts_with('M') && piece.ends_with('z'), "{piece}");
        }
    }

    #[test]
    fn bounds_follow_steps_whose_sign_is_their_space() {
        assert_eq!(bounds("M100 50l10-20-5 0 3 40z"), Some((100.0, 30.0, 110.0, 70.0)));
        assert_eq!(bounds("M1 2"), Some((1.0, 2.0, 1.0, 2.0)));
    }

    #[test]
    fn regions_of_japan_show_japan_and_one_point_for_each_place() {
        let japan = drawn(&["jp-tokyo-1", "jp-tokyo-2", "jp-osaka-1"]);
        assert_eq!(japan.matches("<circle").count(), 2);
        assert!(japan.len() < 5_000, "land far away is left out: {}", japan.len());
        let world = drawn(&["jp-tokyo-1", "br-sao-paulo", "us-oregon"]);
        assert!(world.len() > japan.len());
        assert_eq!(drawn(&["moon-1"]), "", "nothing is drawn of what is nowhere");
    }
}
