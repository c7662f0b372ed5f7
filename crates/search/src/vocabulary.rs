//! The words there are: what a word may be the beginning of, and what is written like it.

use crate::SearchError;
use crate::document::FORM_MARK;
use crate::query::{keyword, seen};
use std::collections::HashMap;
use tantivy::collector::Count;
use tantivy::query::{FuzzyTermQuery, Query};
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// Words that one beginning or one misspelling stands for at most; the most frequent ones.
const WORDS_MAX: usize = 12;
/// Words looked at for one beginning.
const LOOKED_AT_MAX: usize = 500;
/// Shorter words have too many neighbours.
const ONE_ERROR_FROM: usize = 4;
const TWO_ERRORS_FROM: usize = 8;

/// The words of a field.
pub(crate) struct Vocabulary<'a> {
    searcher: &'a Searcher,
    field: Field,
    /// Offers that the reader may not know of: a word that only they use is not used.
    hidden: Option<Box<dyn Query>>,
}

impl<'a> Vocabulary<'a> {
    pub fn new(searcher: &'a Searcher, field: Field, hidden: Option<Box<dyn Query>>) -> Self {
        Self { searcher, field, hidden }
    }

    /// In how many documents a word stands.
    pub fn frequency(&self, word: &str) -> u64 {
        let Some(hidden) = &self.hidden else {
            return self.searcher.doc_freq(&Term::from_field_text(self.field, word)).unwrap_or(0);
        };
        let used = seen(Some(keyword(self.field, word).as_ref()), Some(hidden.as_ref()));
        self.searcher.search(used.as_ref(), &Count).unwrap_or(0) as u64
    }

    /// Longer words that begin with it, most frequent first.
    pub fn beginning_with(&self, beginning: &str) -> Vec<String> {
        let mut found = HashMap::new();
        // A fault of a file is told by the search itself.
        let _ = self.walk_beginning(beginning, &mut found);
        frequent_first(found).into_iter().map(|(word, _)| word).collect()
    }

    fn walk_beginning(
        &self,
        beginning: &str,
        found: &mut HashMap<String, u64>,
    ) -> Result<(), SearchError> {
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.field)?;
            let range = inverted.terms().range().gt(beginning.as_bytes());
            let mut words = range.into_stream().map_err(tantivy::TantivyError::from)?;
            let mut looked_at = 0;
            while looked_at < LOOKED_AT_MAX && words.advance() {
                looked_at += 1;
                if !words.key().starts_with(beginning.as_bytes()) {
                    break;
                }
                if let Ok(word) = std::str::from_utf8(words.key()) {
                    *found.entry(word.to_owned()).or_default() += u64::from(words.value().doc_freq);
                }
            }
        }
        Ok(())
    }

    /// Words one or two errors away, the frequent ones first, with their frequency; numbers have no
    /// misspellings.
    pub fn written_like(&self, word: &str) -> Vec<(String, u64)> {
        let length = word.chars().count();
        if length < ONE_ERROR_FROM || word.chars().any(char::is_numeric) {
            return Vec::new();
        }
        let most = if length < TWO_ERRORS_FROM { 1 } else { 2 };
        for errors in 1..=most {
            let mut found = HashMap::new();
            let _ = self.walk_like(word, errors, &mut found);
            if !found.is_empty() {
                return frequent_first(found);
            }
        }
        Vec::new()
    }

    fn walk_like(
        &self,
        word: &str,
        errors: u8,
        found: &mut HashMap<String, u64>,
    ) -> Result<(), SearchError> {
        let like = FuzzyTermQuery::new(Term::from_field_text(self.field, word), errors, true);
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.field)?;
            let near = inverted.terms().search(like.automaton()?);
            let mut words = near.into_stream().map_err(tantivy::TantivyError::from)?;
            while words.advance() {
                let Ok(near) = std::str::from_utf8(words.key()) else { continue };
                if near != word && !near.starts_with(FORM_MARK) {
                    *found.entry(near.to_owned()).or_default() += u64::from(words.value().doc_freq);
                }
            }
        }
        Ok(())
    }
}

fn frequent_first(found: HashMap<String, u64>) -> Vec<(String, u64)> {
    let mut words: Vec<(String, u64)> = found.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words.truncate(WORDS_MAX);
    words
}
