//! Cutting texts into what is looked up: words of scripts with spaces, and of Japanese both the words of
//! the dictionary and all pairs of characters.

use crate::dictionary::Dictionary;
use crate::fold::{self, Normalised, is_dense, is_kana};
use frostem::{Algorithm, Stemmer};
use std::fmt;
use std::sync::Arc;

/// Longer words are noise, such as encoded data pasted into a description.
const WORD_CHARACTERS_MAX: usize = 60;
/// Shorter words have no endings worth taking off.
const STEMMED_FROM: usize = 4;

/// Cuts texts, with the Japanese dictionary where there is one.
#[derive(Clone)]
pub(crate) struct Analyser {
    dictionary: Option<Arc<Dictionary>>,
    stemmer: Arc<Stemmer>,
}

impl fmt::Debug for Analyser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analyser").field("dictionary", &self.dictionary.is_some()).finish()
    }
}

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The word as it stands, folded.
    pub text: String,
    /// Its stem or dictionary form, which may be the word itself; `None` for words that have no forms.
    pub form: Option<String>,
    /// Place among the words of the text; words that say nothing take one too.
    pub position: usize,
    /// Bytes of the source.
    pub start: usize,
    /// Bytes of the source.
    pub end: usize,
}

/// A part of a text in one kind of script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Run {
    /// A word between spaces or signs.
    Word(Piece),
    /// Characters of a script without spaces.
    Dense(DenseRun),
}

impl Run {
    /// Its words.
    pub fn pieces(&self) -> &[Piece] {
        match self {
            Self::Word(piece) => std::slice::from_ref(piece),
            Self::Dense(run) => &run.words,
        }
    }
}

/// Characters of a script without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DenseRun {
    /// Its characters, folded.
    pub folded: Vec<char>,
    /// For each character the bytes of the source.
    pub places: Vec<(usize, usize)>,
    /// Its words; empty without a dictionary.
    pub words: Vec<Piece>,
    /// Whether it is all kana, or has a word that the dictionary does not know.
    pub uncertain: bool,
}

impl Analyser {
    pub fn new(dictionary: Option<Arc<Dictionary>>) -> Self {
        Self { dictionary, stemmer: Arc::new(Stemmer::new(Algorithm::English)) }
    }

    pub const fn has_dictionary(&self) -> bool {
        self.dictionary.is_some()
    }

    /// The parts of a text in their order.
    pub fn runs(&self, text: &str) -> Vec<Run> {
        let normalised = fold::normalise(text);
        let mut runs = Vec::new();
        let mut position = 0;
        let mut at = 0;
        while let Some(&character) = normalised.characters.get(at) {
            let length = if is_dense(character) {
                let run = normalised.characters[at..].iter();
                run.take_while(|character| is_dense(**character)).count()
            } else {
                word_length(&normalised.characters[at..])
            };
            if length == 0 {
                at += 1;
                continue;
            }
            let range = at..at + length;
            if is_dense(character) {
                runs.push(Run::Dense(self.dense(&normalised, range, &mut position)));
            } else if length <= WORD_CHARACTERS_MAX {
                runs.push(Run::Word(self.word(&normalised, range, position)));
                position += 1;
            }
            at += length;
        }
        runs
    }

    fn word(
        &self,
        normalised: &Normalised,
        range: std::ops::Range<usize>,
        position: usize,
    ) -> Piece {
        let text: String = normalised.characters[range.clone()].iter().collect();
        let form = self.form(&text);
        let (start, end) = place(normalised, &range);
        Piece { text, form, position, start, end }
    }

    /// The stem of an English word, which may be the word itself; `None` for what has no endings.
    pub fn form(&self, word: &str) -> Option<String> {
        let is_english = word.bytes().all(|byte| byte.is_ascii_lowercase());
        is_english.then(|| {
            if word.len() < STEMMED_FROM {
                word.to_owned()
            } else {
                self.stemmer.stem(word).into_owned()
            }
        })
    }

    fn dense(
        &self,
        normalised: &Normalised,
        range: std::ops::Range<usize>,
        position: &mut usize,
    ) -> DenseRun {
        let characters = &normalised.characters[range.clone()];
        let mut run = DenseRun {
            folded: Vec::with_capacity(characters.len()),
            places: Vec::with_capacity(characters.len()),
            words: Vec::new(),
            uncertain: characters.iter().all(|character| is_kana(*character)),
        };
        let mut before = range.start;
        for part in characters.chunk_by(|a, b| is_kana(*a) == is_kana(*b)) {
            let folded = fold::folded(part);
            for (number, (character, at)) in folded.iter().enumerate() {
                // What was folded away belongs to the character before it.
                let next = folded.get(number + 1).map_or(part.len(), |(_, next)| *next);
                run.folded.push(*character);
                run.places.push(place(normalised, &(before + at..before + next)));
            }
            before += part.len();
        }
        let Some(dictionary) = &self.dictionary else { return run };
        let text: String = characters.iter().collect();
        let mut at = range.start;
        for word in dictionary.words(&text) {
            let surface = text.get(word.start..word.end).unwrap_or_default();
            let length = surface.chars().count();
            let range = at..at + length;
            at += length;
            run.uncertain |= !word.known;
            if !word.empty {
                let (start, end) = place(normalised, &range);
                let text = fold::kana(&normalised.characters[range]);
                let form = word.base.map(|base| fold::kana(&base.chars().collect::<Vec<_>>()));
                let form = Some(form.unwrap_or_else(|| text.clone()));
                run.words.push(Piece { text, form, position: *position, start, end });
            }
            *position += 1;
        }
        run
    }
}

fn place(normalised: &Normalised, range: &std::ops::Range<usize>) -> (usize, usize) {
    let first = normalised.places.get(range.start).map_or(0, |place| place.0);
    let last = normalised.places.get(range.end.saturating_sub(1)).map_or(first, |place| place.1);
    (first, last)
}

/// Letters and digits, and a point between digits: `8.4` is one word.
fn word_length(characters: &[char]) -> usize {
    let is_letter = |at: usize| {
        characters
            .get(at)
            .is_some_and(|character| character.is_alphanumeric() && !is_dense(*character))
    };
    let is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let mut length = 0;
    loop {
        if is_letter(length) {
            length += 1;
        } else if length > 0
            && characters.get(length) == Some(&'.')
            && is_digit(length - 1)
            && is_digit(length + 1)
        {
            length += 2;
        } else {
            return length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let word = |run: Run| match run {
            Run::Word(piece) => piece.text,
            Run::Dense(run) => run.folded.into_iter().collect(),
        };
        Analyser::new(None).runs(text).into_iter().map(word).collect()
    }

    #[test]
    fn a_text_is_cut_at_signs_and_where_the_script_changes() {
        assert_eq!(words("東京IaaS 札"), ["東京", "iaas", "札"]);
        assert_eq!(words("jp-osaka-1, MySQL 8.4.2."), ["jp", "osaka", "1", "mysql", "8.4.2"]);
        assert_eq!(words("サーバー管理 v1.28"), ["さーば管理", "v1.28"]);
        assert_eq!(words("+-&&||!(){}[]^\"~*?:\\/ 　"), [] as [&str; 0]);
    }

    #[test]
    fn endings_are_taken_off_english_words() {
        let runs = Analyser::new(None).runs("Databases");
        let Run::Word(piece) = &runs[0] else { panic!("a word") };
        assert_eq!((piece.text.as_str(), piece.form.as_deref()), ("databases", Some("databas")));
    }

    #[test]
    fn each_word_knows_where_it_stood() {
        let runs = Analyser::new(None).runs("Ｘ 雲市 y");
        let places = runs.iter().map(|run| match run {
            Run::Word(piece) => (piece.start, piece.end),
            Run::Dense(run) => (run.places[0].0, run.places[1].1),
        });
        assert_eq!(places.collect::<Vec<_>>(), [(0, 3), (4, 10), (11, 12)]);
    }
}
