//! Writing SVG text: numbers with two decimals, escaped words, lines broken to a width.

use std::fmt::Write as _;

use crate::render::push_escaped;

/// A drawing under way.
#[derive(Debug)]
pub(super) struct Svg(String);

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

impl Svg {
    /// Begins a drawing of this many units, named for those who do not see it.
    pub fn new(id: &str, size: (f64, f64), title: &str, description: &str) -> Self {
        let mut text = String::with_capacity(4096);
        let _ = write!(
            text,
            r#"<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{id}-title {id}-desc" class="drawing"><title id="{id}-title">"#,
            size.0, size.1
        );
        push_escaped(&mut text, title);
        let _ = write!(text, r#"</title><desc id="{id}-desc">"#);
        push_escaped(&mut text, description);
        text.push_str("</desc>");
        Self(text)
    }

    /// Appends ready-made SVG.
    pub fn raw(&mut self, svg: &str) {
        self.0.push_str(svg);
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = write!(
            self.0,
            r#"<line class="{class}" x1="{:.2}" y1="{:.2}" x2="{:.2}" y2="{:.2}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    /// A path through points; closed when it comes back to the first.
    pub fn path(&mut self, class: &str, points: &[(f64, f64)], closed: bool) {
        let _ = write!(self.0, r#"<path class="{class}" d=""#);
        for (index, (x, y)) in points.iter().enumerate() {
            let _ = write!(self.0, "{}{x:.2} {y:.2}", if index == 0 { 'M' } else { 'L' });
        }
        self.0.push_str(if closed { "Z\"/>" } else { "\"/>" });
    }

    /// A dot.
    pub fn dot(&mut self, class: &str, at: (f64, f64), radius: f64) {
        let _ = write!(
            self.0,
            r#"<circle class="{class}" cx="{:.2}" cy="{:.2}" r="{radius}"/>"#,
            at.0, at.1
        );
    }

    /// One line of words.
    pub fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, words: &str) {
        let _ = write!(
            self.0,
            r#"<text class="{class}" x="{:.2}" y="{:.2}" text-anchor="{}">"#,
            at.0,
            at.1,
            anchor.word()
        );
        push_escaped(&mut self.0, words);
        self.0.push_str("</text>");
    }

    /// The finished drawing.
    pub fn finish(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }
}

/// Breaks words into lines of at most `width` half-width characters; wide scripts count double.
pub(crate) fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(words) {
        let joined = size(&line) + size(piece);
        if !line.is_empty() && joined > width {
            lines.push(line.trim_end().to_owned());
            line = String::new();
        }
        line.push_str(piece);
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Never at the beginning of a line (JIS X 4051): closing brackets, full stops, commas, long vowels.
const ENDS: &str =
    "）」』】〉》〕］｝)]、。，．・：；！？ーゝ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ〜％";
/// Never at the end of a line: opening brackets.
const OPENS: &str = "（「『【〈《〔［｛([";

/// Words with their space, and each wide character by itself: there a line may break. What may not stand
/// at the beginning of a line stays with what is before it, and an opening bracket with what follows.
fn pieces(words: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (index, character) in words.char_indices() {
        let end = index + character.len_utf8();
        let next = words.get(end..).and_then(|rest| rest.chars().next());
        let bound = OPENS.contains(character) || next.is_some_and(|next| ENDS.contains(next));
        if (character == ' ' || !character.is_ascii()) && !bound {
            pieces.push(&words[start..end]);
            start = end;
        }
    }
    if start < words.len() {
        pieces.push(&words[start..]);
    }
    pieces
}

fn size(text: &str) -> usize {
    text.chars().map(|character| if u32::from(character) < 0x1100 { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_labels_break_at_spaces_and_between_wide_characters() {
        assert_eq!(wrapped("Recovery time objective", 14), ["Recovery time", "objective"]);
        assert_eq!(wrapped("目標復旧時間の上限値", 12), ["目標復旧時間", "の上限値"]);
        assert_eq!(wrapped("Cost", 14), ["Cost"]);
    }

    #[test]
    fn no_line_begins_with_a_closing_bracket_or_ends_with_an_opening_one() {
        assert_eq!(wrapped("目標復旧時間（災害時）", 20), ["目標復旧時間（災害", "時）"]);
        assert_eq!(wrapped("復旧時間（災害時）", 10), ["復旧時間", "（災害時）"]);
        for locale in [sla::Locale::En, sla::Locale::Ja] {
            for item in sla::registry().items() {
                for line in wrapped(item.label(locale), 15) {
                    assert!(!line.starts_with(|first| ENDS.contains(first)), "{line}");
                    assert!(!line.ends_with(|last| OPENS.contains(last)), "{line}");
                }
            }
        }
    }

    #[test]
    fn words_are_escaped() {
        let mut svg = Svg::new("x", (1.0, 1.0), "<b>", "a & b");
        svg.text("label", (0.0, 0.0), Anchor::Start, "\"<script>\"");
        let text = svg.finish();
        assert!(!text.contains("<b>") && !text.contains("<script>") && text.contains("a &amp; b"));
    }
}
