//! Marking what was found in a text that is shown.

use crate::analyse::{Analyser, DenseRun, Piece, Run};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

/// Characters before the first hit of an excerpt.
const BEFORE: usize = 24;

/// Knows what a question was about; an empty one marks nothing.
#[derive(Debug, Clone, Default)]
pub struct Marker {
    analyser: Option<Analyser>,
    words: HashSet<String>,
    forms: HashSet<String>,
    dense: BTreeSet<Vec<char>>,
}

/// A part of a text with what was found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Parts in their order, and whether each was found.
    pub parts: Vec<(String, bool)>,
    /// Something of the text stands before it.
    pub cut_before: bool,
    /// Something of the text stands behind it.
    pub cut_behind: bool,
}

impl Excerpt {
    /// Whether anything was found in it.
    #[must_use]
    pub fn has_hits(&self) -> bool {
        self.parts.iter().any(|(_, hit)| *hit)
    }
}

impl Marker {
    pub(crate) fn new(analyser: Analyser) -> Self {
        Self { analyser: Some(analyser), ..Self::default() }
    }

    pub(crate) fn word(&mut self, word: &str) {
        self.words.insert(word.to_owned());
    }

    pub(crate) fn form(&mut self, form: &str) {
        self.forms.insert(form.to_owned());
    }

    pub(crate) fn dense(&mut self, run: &[char]) {
        self.dense.insert(run.to_vec());
    }

    /// Whether there is anything to mark.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.dense.is_empty()
    }

    /// The whole text with what was found in it.
    #[must_use]
    pub fn whole(&self, text: &str) -> Excerpt {
        Excerpt { parts: parts(text, 0..text.len(), &self.hits(text)), ..Excerpt::default() }
    }

    /// About so many characters of the text around the first hits; its beginning where there are none.
    #[must_use]
    pub fn excerpt(&self, text: &str, characters: usize) -> Excerpt {
        let hits = self.hits(text);
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        if starts.len() <= characters {
            return Excerpt { parts: parts(text, 0..text.len(), &hits), ..Excerpt::default() };
        }
        let number = |byte: usize| starts.partition_point(|at| *at < byte);
        let first = densest(&hits, &starts, characters).map_or(0, number);
        let from = first.saturating_sub(BEFORE).min(starts.len() - characters);
        let from = if from == 0 { 0 } else { word_start(text, &starts, from, first) };
        let to = from + characters;
        let end = starts.get(to).map_or(text.len(), |_| word_end(text, &starts, to));
        let range = starts[from]..end;
        Excerpt {
            cut_before: range.start > 0,
            cut_behind: range.end < text.len(),
            parts: parts(text, range, &hits),
        }
    }

    /// The places of everything that was found, in order and apart from each other.
    fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let Some(analyser) = self.analyser.as_ref().filter(|_| !self.is_empty()) else {
            return Vec::new();
        };
        let mut hits = Vec::new();
        for run in analyser.runs(text) {
            match run {
                Run::Word(piece) => hits.extend(self.piece(&piece)),
                Run::Dense(run) => {
                    hits.extend(run.words.iter().filter_map(|piece| self.piece(piece)));
                    self.characters(&run, &mut hits);
                }
            }
        }
        hits.sort_by_key(|hit| (hit.start, hit.end));
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(hits.len());
        for hit in hits {
            match apart.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => apart.push(hit),
            }
        }
        apart
    }

    fn piece(&self, piece: &Piece) -> Option<Range<usize>> {
        let form = piece.form.as_ref().unwrap_or(&piece.text);
        let hit = self.words.contains(&piece.text) || self.forms.contains(form);
        hit.then_some(piece.start..piece.end)
    }

    fn characters(&self, run: &DenseRun, hits: &mut Vec<Range<usize>>) {
        for wanted in self.dense.iter().filter(|wanted| !wanted.is_empty()) {
            for (at, window) in run.folded.windows(wanted.len()).enumerate() {
                if window == wanted.as_slice() {
                    hits.push(run.places[at].0..run.places[at + wanted.len() - 1].1);
                }
            }
        }
    }
}

/// Where an excerpt of that length would hold the most hits.
fn densest(hits: &[Range<usize>], starts: &[usize], characters: usize) -> Option<usize> {
    let number = |byte: usize| starts.partition_point(|at| *at < byte);
    let numbers: Vec<usize> = hits.iter().map(|hit| number(hit.start)).collect();
    let within = |first: usize| {
        let end = numbers[first] + characters.saturating_sub(BEFORE);
        numbers[first..].iter().take_while(|at| **at < end).count()
    };
    let best = (0..hits.len()).max_by_key(|first| (within(*first), std::cmp::Reverse(*first)))?;
    Some(hits[best].start)
}

/// The next beginning of a word, so that no word is cut; where there is none, the place itself.
fn word_start(text: &str, starts: &[usize], from: usize, before: usize) -> usize {
    let space = |at: usize| text[starts[at - 1]..].starts_with(char::is_whitespace);
    (from..=before).find(|at| space(*at)).unwrap_or(from)
}

fn word_end(text: &str, starts: &[usize], to: usize) -> usize {
    let space = |at: &usize| text[starts[*at]..].starts_with(char::is_whitespace);
    let near = (to.saturating_sub(BEFORE)..=to).rev().find(space);
    starts[near.unwrap_or(to)]
}

fn parts(text: &str, range: Range<usize>, hits: &[Range<usize>]) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let mut at = range.start;
    for hit in hits.iter().filter(|hit| hit.start < range.end && hit.end > range.start) {
        let hit = hit.start.max(at)..hit.end.min(range.end);
        if at < hit.start {
            parts.push((text[at..hit.start].to_owned(), false));
        }
        parts.push((text[hit.clone()].to_owned(), true));
        at = hit.end;
    }
    if at < range.end {
        parts.push((text[at..range.end].to_owned(), false));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(words: &[&str], dense: &[&str]) -> Marker {
        let mut marker = Marker::new(Analyser::new(None));
        words.iter().for_each(|word| marker.word(word));
        dense.iter().for_each(|run| marker.dense(&run.chars().collect::<Vec<_>>()));
        marker
    }

    fn shown(excerpt: &Excerpt) -> String {
        let part = |(text, hit): &(String, bool)| match hit {
            true => format!("[{text}]"),
            false => text.clone(),
        };
        excerpt.parts.iter().map(part).collect()
    }

    #[test]
    fn hits_are_marked_in_the_spelling_of_the_text() {
        let marker = marker(&["postgresql"], &["さーば"]);
        let excerpt = marker.whole("ＰｏｓｔｇｒｅＳＱＬ <b> サーバー");
        assert_eq!(shown(&excerpt), "[ＰｏｓｔｇｒｅＳＱＬ] <b> [サーバー]");
        assert!(excerpt.has_hits() && !excerpt.cut_before);
    }

    #[test]
    fn an_excerpt_stands_around_the_most_hits_and_cuts_no_word() {
        let text = format!(
            "{} osaka {} osaka backup in osaka {}",
            "word ".repeat(30),
            "more ".repeat(30),
            "end ".repeat(30)
        );
        let excerpt = marker(&["osaka", "backup"], &[]).excerpt(&text, 80);
        let shown = shown(&excerpt);
        assert!(shown.contains("[osaka] [backup] in [osaka]"), "{shown}");
        assert!(excerpt.cut_before && excerpt.cut_behind);
        assert!(shown.starts_with("more") && shown.ends_with("end"), "{shown}");
    }

    #[test]
    fn texts_without_hits_and_empty_markers_mark_nothing() {
        assert!(!marker(&["x"], &[]).excerpt("abc", 2).has_hits());
        assert_eq!(Marker::default().whole("abc").parts, [("abc".to_owned(), false)]);
        assert_eq!(marker(&["x"], &["雲"]).excerpt("", 5).parts, []);
    }
}
