//! What somebody who types may go on to type: names of offers, providers, middleware, regions.

use crate::SearchError;
use crate::document::{SUGGESTION_MARK, found_by};
use crate::query::{keyword, seen};
use crate::schema::Fields;
use std::collections::HashMap;
use tantivy::Searcher;
use tantivy::collector::Count;
use tantivy::query::Query;

/// Entries looked at for one beginning.
const LOOKED_AT_MAX: usize = 400;

/// Names that go on with what was typed, the most frequent first; only of offers that are published now and
/// that the reader may know of.
pub(crate) fn names(
    searcher: &Searcher,
    fields: &Fields,
    (typed, most): (&str, usize),
    hidden: Option<&dyn Query>,
) -> Result<Vec<String>, SearchError> {
    let beginning = found_by(typed.trim());
    if beginning.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: HashMap<String, u64> = HashMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(fields.suggestions)?;
        let range = inverted.terms().range().ge(beginning.as_bytes());
        let mut entries = range.into_stream().map_err(tantivy::TantivyError::from)?;
        let mut looked_at = 0;
        while looked_at < LOOKED_AT_MAX && entries.advance() {
            looked_at += 1;
            if !entries.key().starts_with(beginning.as_bytes()) {
                break;
            }
            if let Ok(entry) = std::str::from_utf8(entries.key()) {
                *found.entry(entry.to_owned()).or_default() += u64::from(entries.value().doc_freq);
            }
        }
    }
    let mut entries: Vec<(String, u64)> = found.into_iter().collect();
    // How often a name stands in hidden offers says nothing, not even by the order.
    for (entry, times) in entries.iter_mut().filter(|_| hidden.is_some()) {
        let named = keyword(fields.suggestions, entry);
        *times = searcher.search(seen(Some(named.as_ref()), hidden).as_ref(), &Count)? as u64;
    }
    entries.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut names: Vec<String> = Vec::with_capacity(most);
    for (entry, _) in entries {
        let Some((_, name)) = entry.split_once(SUGGESTION_MARK) else { continue };
        if names.iter().any(|known| known == name) {
            continue;
        }
        // The words of an offer stay in the index for a while after it was withdrawn.
        let named = keyword(fields.suggestions, &entry);
        if searcher.search(seen(Some(named.as_ref()), hidden).as_ref(), &Count)? > 0 {
            names.push(name.to_owned());
        }
        if names.len() == most {
            break;
        }
    }
    Ok(names)
}
