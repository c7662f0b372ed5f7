//! The shape of a need and of the promise in focus as SVG: a radar, or a weighted rose.
//!
//! Radar: every axis at the same angle, outward is stricter, what is not promised is a gap. Rose: the
//! angle of a sector is its weight, so that the picture does not depend on the order of the axes.
//! The same text is drawn by the server and, on every frame of a drag, by the browser: numbers are
//! written with one decimal by hand, because printing floats would weigh more than all of this.

use std::{f64::consts::TAU, fmt::Write as _};

use super::html::escape;

const CENTRE: (f64, f64) = (220.0, 156.0);
const RADIUS: f64 = 112.0;
/// The least strict place is drawn here, so that it is seen as a shape too.
const LEAST: f64 = 0.08;

/// One item on the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Position of its ask.
    pub ask: usize,
    /// Its name.
    pub label: String,
    /// The name in lines.
    pub lines: Vec<String>,
    /// Where the need stands, 0 to 1.
    pub need: Option<f64>,
    /// Where the promise stands; `None` is not promised.
    pub promise: Option<f64>,
    /// The need in words.
    pub need_text: String,
    /// Part of all weight, 0 to 1.
    pub share: f64,
    /// Whether the corner can be moved.
    pub moves: bool,
}

/// How the shapes are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Corners on axes of equal angle.
    #[default]
    Radar,
    /// Sectors of the weight's angle.
    Rose,
}

/// What changes while a corner moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moving {
    /// Path of the need.
    pub need: String,
    /// Path of the promise.
    pub promise: String,
    /// Path of the sectors without a promise; empty in a radar, where the line breaks.
    pub gaps: String,
    /// Where each corner stands, as a `transform`.
    pub corners: Vec<String>,
}

/// The words of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Titles<'a> {
    /// Names it.
    pub title: &'a str,
    /// Says what is to be seen.
    pub description: &'a str,
}

/// Angles of each axis: begin, middle, end; clockwise from the top.
fn angles(axes: &[Axis], form: Form) -> Vec<(f64, f64, f64)> {
    let count = axes.len().max(1) as f64;
    let total: f64 = axes.iter().map(|axis| axis.share).sum();
    let span = |axis: &Axis| match form {
        Form::Rose if total > 0.0 => axis.share / total * TAU,
        _ => TAU / count,
    };
    // The first axis points up.
    let mut begin = -axes.first().map_or(0.0, span) / 2.0;
    let each = |axis: &Axis| {
        let (from, to) = (begin, begin + span(axis));
        begin = to;
        (from, f64::midpoint(from, to), to)
    };
    axes.iter().map(each).collect()
}

/// The angle of each corner, for following the hand.
#[must_use]
pub fn corner_angles(axes: &[Axis], form: Form) -> Vec<f64> {
    angles(axes, form).into_iter().map(|(_, middle, _)| middle).collect()
}

/// The place on an axis that is nearest to a point of the drawing.
#[must_use]
pub fn place_of(angle: f64, x: f64, y: f64) -> f64 {
    let along = (x - CENTRE.0) * angle.sin() - (y - CENTRE.1) * angle.cos();
    ((along / RADIUS - LEAST) / (1.0 - LEAST)).clamp(0.0, 1.0)
}

fn reach(place: f64) -> f64 {
    (LEAST + place.clamp(0.0, 1.0) * (1.0 - LEAST)) * RADIUS
}

fn at(angle: f64, radius: f64) -> (f64, f64) {
    (CENTRE.0 + angle.sin() * radius, CENTRE.1 - angle.cos() * radius)
}

/// Writes a number with one decimal.
fn number(out: &mut String, value: f64) {
    let tenths = (value * 10.0 + if value < 0.0 { -0.5 } else { 0.5 }) as i32;
    let sign = if tenths < 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10);
}

fn point(out: &mut String, command: char, (x, y): (f64, f64)) {
    out.push(command);
    number(out, x);
    out.push(' ');
    number(out, y);
}

/// What moves, anew.
#[must_use]
pub fn moving(axes: &[Axis], form: Form) -> Moving {
    let angles = angles(axes, form);
    let corners = axes.iter().zip(&angles).map(|(axis, (_, middle, _))| {
        let (x, y) = at(*middle, reach(axis.need.unwrap_or(0.0)));
        let mut text = String::from("translate(");
        number(&mut text, x);
        text.push(' ');
        number(&mut text, y);
        text.push(')');
        text
    });
    let corners = corners.collect();
    let (need, promise): (Vec<_>, Vec<_>) =
        axes.iter().map(|axis| (axis.need, axis.promise)).unzip();
    match form {
        Form::Radar => Moving {
            need: line(&need, &angles),
            promise: line(&promise, &angles),
            gaps: String::new(),
            corners,
        },
        Form::Rose => {
            let absent: Vec<_> = promise
                .iter()
                .map(|place| if place.is_some() { None } else { Some(1.0) })
                .collect();
            Moving {
                need: sectors(&need, &angles),
                promise: sectors(&promise, &angles),
                gaps: sectors(&absent, &angles),
                corners,
            }
        }
    }
}

/// The line through the places, interrupted at every missing one; a lonely one is a dot by round caps.
fn line(places: &[Option<f64>], angles: &[(f64, f64, f64)]) -> String {
    let count = places.len();
    let gap = places.iter().position(Option::is_none);
    let start = gap.map_or(0, |gap| gap + 1);
    let mut path = String::new();
    let mut joined = false;
    let mut alone = false;
    for index in (0..count).map(|step| (start + step) % count.max(1)) {
        let place = places.get(index).copied().flatten().zip(angles.get(index));
        match place {
            Some((place, (_, middle, _))) => {
                point(&mut path, if joined { 'L' } else { 'M' }, at(*middle, reach(place)));
                alone = !joined;
                joined = true;
            }
            None => {
                if alone {
                    path.push_str("h0");
                }
                (joined, alone) = (false, false);
            }
        }
    }
    if gap.is_none() && count > 0 {
        path.push('Z');
    } else if alone {
        path.push_str("h0");
    }
    path
}

fn sectors(places: &[Option<f64>], angles: &[(f64, f64, f64)]) -> String {
    let mut path = String::new();
    for (place, (from, _, to)) in places.iter().zip(angles) {
        let Some(place) = place else { continue };
        let radius = reach(*place);
        // A whole circle would end where it begins and not be drawn.
        let to = to.min(from + TAU - 0.001);
        point(&mut path, 'M', CENTRE);
        point(&mut path, 'L', at(*from, radius));
        path.push('A');
        number(&mut path, radius);
        path.push(' ');
        number(&mut path, radius);
        path.push_str(if to - from > TAU / 2.0 { " 0 1 1 " } else { " 0 0 1 " });
        let (x, y) = at(to, radius);
        number(&mut path, x);
        path.push(' ');
        number(&mut path, y);
        path.push('Z');
    }
    path
}

/// The whole drawing. With `hands` its corners are sliders; without, it is a picture.
#[must_use]
pub fn chart(axes: &[Axis], form: Form, titles: Titles<'_>, hands: bool) -> String {
    let angles = angles(axes, form);
    let role = if hands { "group" } else { "img" };
    let mut svg = format!(
        r#"<svg viewBox="0 0 440 312" role="{role}" aria-labelledby="studio-title studio-desc" class="drawing"><title id="studio-title">{}</title><desc id="studio-desc">{}</desc>"#,
        escape(titles.title),
        escape(titles.description),
    );
    rings(&mut svg, &angles, form);
    for (axis, (from, middle, _)) in axes.iter().zip(&angles) {
        let spoke = if form == Form::Radar { middle } else { from };
        let mut path = String::new();
        point(&mut path, 'M', CENTRE);
        point(&mut path, 'L', at(*spoke, RADIUS));
        let _ = write!(svg, r#"<path class="axis" d="{path}"/>"#);
        label(&mut svg, &axis.lines, *middle);
    }
    let moving = moving(axes, form);
    let whole = if form == Form::Rose || axes.iter().all(|axis| axis.promise.is_some()) {
        " area"
    } else {
        ""
    };
    let _ = write!(
        svg,
        r#"<path class="gaps" data-gaps d="{}"/><path class="promise{whole}" data-promise d="{}"/><path class="need area" data-need d="{}"/>"#,
        moving.gaps, moving.promise, moving.need
    );
    for (index, (axis, corner)) in axes.iter().zip(&moving.corners).enumerate() {
        if axis.need.is_none() {
            continue;
        }
        if hands && axis.moves {
            let _ = write!(
                svg,
                r#"<g class="corner" id="corner-{index}" data-corner="{index}" role="slider" tabindex="0" aria-label="{}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{}" aria-valuetext="{}" transform="{corner}"><circle class="reach" r="18"/><circle class="knob" r="6.5"/></g>"#,
                escape(&axis.label),
                hundredths(axis.need.unwrap_or(0.0)),
                escape(&axis.need_text),
            );
        } else {
            let _ = write!(svg, r#"<g transform="{corner}"><circle class="need dot" r="3"/></g>"#);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A place as a whole number of hundredths.
#[must_use]
pub fn hundredths(place: f64) -> i32 {
    (place * 100.0 + 0.5) as i32
}

fn rings(svg: &mut String, angles: &[(f64, f64, f64)], form: Form) {
    for ring in 1..=4 {
        let radius = RADIUS * f64::from(ring) / 4.0;
        if form == Form::Rose {
            svg.push_str(r#"<circle class="ring" cx="220" cy="156" r=""#);
            number(svg, radius);
            svg.push_str("\"/>");
            continue;
        }
        let mut path = String::new();
        for (index, (_, middle, _)) in angles.iter().enumerate() {
            point(&mut path, if index == 0 { 'M' } else { 'L' }, at(*middle, radius));
        }
        let _ = write!(svg, r#"<path class="ring" d="{path}Z"/>"#);
    }
}

fn label(svg: &mut String, lines: &[String], angle: f64) {
    const HEIGHT: f64 = 13.0;
    let (sine, cosine) = (angle.sin(), angle.cos());
    let anchor = if sine > 0.2 {
        "start"
    } else if sine < -0.2 {
        "end"
    } else {
        "middle"
    };
    let (x, y) = at(angle, RADIUS * 1.1);
    let block = (lines.len() as f64 - 1.0) * HEIGHT;
    // Above the centre the last line touches the axis, below it the first, beside it the middle.
    let mut top = y + 4.0 - block * f64::midpoint(1.0, cosine);
    for line in lines {
        svg.push_str(r#"<text class="label" x=""#);
        number(svg, x);
        svg.push_str(r#"" y=""#);
        number(svg, top);
        let _ = write!(svg, r#"" text-anchor="{anchor}">{}</text>"#, escape(line));
        top += HEIGHT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(promises: &[Option<f64>]) -> Vec<Axis> {
        let axis = |(ask, promise): (usize, &Option<f64>)| Axis {
            ask,
            label: "A & B".to_owned(),
            lines: vec!["A & B".to_owned()],
            need: Some(1.0),
            promise: *promise,
            need_text: "at least 1".to_owned(),
            share: if ask == 0 { 0.5 } else { 0.25 },
            moves: true,
        };
        promises.iter().enumerate().map(axis).collect()
    }

    const TITLES: Titles<'_> = Titles { title: "<t>", description: "d" };

    #[test]
    fn a_missing_promise_is_a_gap_in_the_line() {
        let whole = moving(&axes(&[Some(0.1), Some(0.2), Some(0.3)]), Form::Radar);
        assert!(whole.promise.ends_with('Z') && whole.gaps.is_empty());
        let open = moving(&axes(&[Some(0.1), None, Some(0.3), Some(0.4)]), Form::Radar).promise;
        assert_eq!((open.matches('M').count(), open.matches('L').count()), (1, 2), "{open}");
        assert!(!open.contains('Z'));
        let lonely = moving(&axes(&[None, Some(1.0), None]), Form::Radar).promise;
        assert!(lonely.ends_with("h0"), "{lonely}");
    }

    #[test]
    fn in_a_rose_weight_is_angle_and_a_missing_promise_is_an_empty_sector() {
        let rose = moving(&axes(&[Some(0.5), None, Some(1.0)]), Form::Rose);
        assert_eq!((rose.promise.matches('A').count(), rose.gaps.matches('A').count()), (2, 1));
        let angles = corner_angles(&axes(&[None, None, None]), Form::Rose);
        assert!(angles[0].abs() < 1e-9 && (angles[1] - TAU * 0.375).abs() < 1e-9, "{angles:?}");
    }

    #[test]
    fn a_corner_is_found_again_where_it_was_drawn() {
        let axes = axes(&[None; 5]);
        for (angle, place) in
            corner_angles(&axes, Form::Radar).into_iter().zip([0.0, 0.2, 0.5, 0.9, 1.0])
        {
            let (x, y) = at(angle, reach(place));
            assert!((place_of(angle, x, y) - place).abs() < 1e-9);
        }
    }

    #[test]
    fn words_are_escaped_and_corners_are_sliders_only_under_a_hand() {
        let still = chart(&axes(&[Some(0.1); 3]), Form::Radar, TITLES, false);
        assert!(
            still.contains("&lt;t&gt;") && still.contains("A &amp; B") && !still.contains("slider")
        );
        let moving = chart(&axes(&[Some(0.1); 3]), Form::Radar, TITLES, true);
        assert_eq!(moving.matches("role=\"slider\"").count(), 3);
        assert!(moving.contains("aria-valuetext=\"at least 1\""));
    }
}
