//! Asking the index.

use crate::analyse::Run;
use crate::ask::Asked;
use crate::cache::Key;
use crate::facets::{Counted, FacetCollector};
use crate::index::OfferIndex;
use crate::query::{
    Closeness, FacetValue, Filters, MachineFilter, SearchQuery, SearchResult, SearchSort,
    hidden_from, seen,
};
use crate::schema::{FacetField, ID_HIGH, ID_LOW};
use crate::vocabulary::Vocabulary;
use crate::words::{Reader, Worded, telling};
use crate::{SearchError, spelling, suggest};
use domain::{OfferId, Sight};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tantivy::collector::{Count, TopDocs};
use tantivy::columnar::Column;
use tantivy::query::Query;
use tantivy::{DocAddress, Order, Searcher};
use uuid::Uuid;

/// Results in one answer.
const LIMIT_MAX: usize = 5_000;

/// A filter or the text that could be dropped, and how many offers there would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayOut {
    /// What is dropped.
    pub dropped: Dropped,
    /// Offers that are then found.
    pub count: u64,
}

/// What of a question is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dropped {
    /// The text.
    Text,
    /// The price range and its currency.
    Price,
    /// The bounds of numbers.
    Numbers,
    /// What a machine type has to have.
    Machine,
    /// One value of a facet of which all have to be there.
    Value(FacetField, String),
    /// All values of a facet.
    Facet(FacetField),
}

/// A question that was read and matched with what there is.
struct Understood {
    text: Option<Box<dyn Query>>,
    filters: Filters,
    worded: Worded,
    closeness: Closeness,
}

impl OfferIndex {
    /// Answers a question.
    pub fn search(&self, query: &SearchQuery) -> Result<SearchResult, SearchError> {
        let searcher = self.reader.searcher();
        let asked = Asked::read(&query.text);
        let (understood, counted) = self.understand(&searcher, query, &asked)?;
        let all = understood.filters.around(understood.text.as_deref(), None);
        let ids = self.ids_of(&searcher, all.as_ref(), query, understood.text.is_some())?;
        let meant = match understood.closeness {
            Closeness::Exact => None,
            Closeness::Close => self.meant(&searcher, query, &asked)?,
        };
        Ok(SearchResult {
            total: counted.total,
            ids,
            facets: self.facets(&searcher, query, &understood, &counted)?,
            closeness: understood.closeness,
            meant,
            marker: understood.worded.marker,
        })
    }

    /// The offers of an answer alone.
    pub fn ids(&self, query: &SearchQuery) -> Result<Vec<OfferId>, SearchError> {
        let searcher = self.reader.searcher();
        let asked = Asked::read(&query.text);
        let filters = Filters::of(query, &asked, &searcher, &self.fields);
        let vocabulary = self.vocabulary(&searcher, query.sight);
        let text = self.reader_of(&vocabulary).exact(&asked).query;
        let all = filters.around(text.as_deref(), None);
        let found = self.ids_of(&searcher, all.as_ref(), query, text.is_some())?;
        if !found.is_empty() || text.is_none() {
            return Ok(found);
        }
        // Nothing: past the end, under these filters, or nowhere as it stands.
        let (text, filters) = self.text_and_filters(&searcher, query, &asked)?;
        let all = filters.around(text.as_deref(), None);
        self.ids_of(&searcher, all.as_ref(), query, text.is_some())
    }

    /// How many different values the offers that a reader may know of have in a field.
    pub fn distinct(&self, sight: Sight, facet: FacetField) -> Result<u64, SearchError> {
        let searcher = self.reader.searcher();
        let counter = FacetCollector { facets: vec![facet] };
        let seen = seen(None, hidden_from(sight, &searcher, &self.fields).as_deref());
        let counted = searcher.search(seen.as_ref(), &counter)?;
        Ok(counted.values.get(&facet).map_or(0, |values| values.len() as u64))
    }

    /// Names that go on with what was typed, the most frequent first, of offers that the reader may know of.
    pub fn suggest(
        &self,
        sight: Sight,
        typed: &str,
        most: usize,
    ) -> Result<Vec<String>, SearchError> {
        let searcher = self.reader.searcher();
        let hidden = hidden_from(sight, &searcher, &self.fields);
        suggest::names(&searcher, &self.fields, (typed, most), hidden.as_deref())
    }

    /// What to drop where nothing is found, the one that brings most first.
    pub fn ways_out(&self, query: &SearchQuery) -> Result<Vec<WayOut>, SearchError> {
        let searcher = self.reader.searcher();
        let mut dropped = Vec::new();
        if !query.text.trim().is_empty() {
            dropped.push((Dropped::Text, SearchQuery { text: String::new(), ..query.clone() }));
        }
        if query.currency.is_some() || query.price_min.is_some() || query.price_max.is_some() {
            let without =
                SearchQuery { currency: None, price_min: None, price_max: None, ..query.clone() };
            dropped.push((Dropped::Price, without));
        }
        if !query.numbers.is_empty() {
            dropped.push((Dropped::Numbers, SearchQuery { numbers: Vec::new(), ..query.clone() }));
        }
        if !query.machine.is_empty() {
            let machine = MachineFilter::default();
            dropped.push((Dropped::Machine, SearchQuery { machine, ..query.clone() }));
        }
        for (at, (facet, value)) in query.chosen.iter().enumerate() {
            let mut without = query.clone();
            let what = if facet.needs_all() {
                without.chosen.remove(at);
                Dropped::Value(*facet, value.clone())
            } else {
                without.chosen.retain(|(other, _)| other != facet);
                Dropped::Facet(*facet)
            };
            if dropped.iter().all(|(known, _)| *known != what) {
                dropped.push((what, without));
            }
        }
        let mut ways = Vec::new();
        for (dropped, without) in dropped {
            let asked = Asked::read(&without.text);
            let (text, filters) = self.text_and_filters(&searcher, &without, &asked)?;
            let all = filters.around(text.as_deref(), None);
            let count = searcher.search(all.as_ref(), &Count)? as u64;
            if count > 0 {
                ways.push(WayOut { dropped, count });
            }
        }
        ways.sort_by_key(|way| std::cmp::Reverse(way.count));
        Ok(ways)
    }

    fn text_and_filters(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        asked: &Asked,
    ) -> Result<(Option<Box<dyn Query>>, Filters), SearchError> {
        let filters = Filters::of(query, asked, searcher, &self.fields);
        let vocabulary = self.vocabulary(searcher, query.sight);
        let reader = self.reader_of(&vocabulary);
        let exact = reader.exact(asked).query;
        if let Some(text) = &exact
            && !asked.words.is_empty()
            && searcher.search(filters.unfiltered(text.as_ref()).as_ref(), &Count)? == 0
        {
            return Ok((reader.close(asked).query, filters));
        }
        Ok((exact, filters))
    }

    fn vocabulary<'a>(&self, searcher: &'a Searcher, sight: Sight) -> Vocabulary<'a> {
        let hidden = hidden_from(sight, searcher, &self.fields);
        Vocabulary::new(searcher, self.fields.words, hidden)
    }

    fn reader_of<'a>(&'a self, vocabulary: &'a Vocabulary<'a>) -> Reader<'a> {
        Reader {
            fields: &self.fields,
            analyser: &self.analyser,
            synonyms: &self.synonyms,
            vocabulary,
        }
    }

    /// Reads a question exactly, or closely where the texts have nothing for it as it stands. Where only the
    /// filters leave nothing, it stays exact: dropping one is the way out.
    fn understand(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        asked: &Asked,
    ) -> Result<(Understood, Arc<Counted>), SearchError> {
        let vocabulary = self.vocabulary(searcher, query.sight);
        let reader = self.reader_of(&vocabulary);
        let exact =
            self.understood(searcher, reader.exact(asked), (query, asked), Closeness::Exact);
        let counted = self.counted(searcher, query, &exact, None)?;
        let Some(text) = exact.text.as_ref().filter(|_| counted.total == 0) else {
            return Ok((exact, counted));
        };
        let has_words = !asked.words.is_empty();
        let unfiltered = exact.filters.unfiltered(text.as_ref());
        if !has_words
            || (!exact.filters.is_empty() && searcher.search(unfiltered.as_ref(), &Count)? > 0)
        {
            return Ok((exact, counted));
        }
        let close =
            self.understood(searcher, reader.close(asked), (query, asked), Closeness::Close);
        let counted = self.counted(searcher, query, &close, None)?;
        Ok((close, counted))
    }

    fn understood(
        &self,
        searcher: &Searcher,
        worded: Worded,
        (query, asked): (&SearchQuery, &Asked),
        closeness: Closeness,
    ) -> Understood {
        let filters = Filters::of(query, asked, searcher, &self.fields);
        let text = worded.query.as_ref().map(|query| query.box_clone());
        Understood { text, filters, worded, closeness }
    }

    /// The offers and the values of all facets under all filters but those of one facet.
    fn counted(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        understood: &Understood,
        except: Option<FacetField>,
    ) -> Result<Arc<Counted>, SearchError> {
        let generation = searcher.generation().generation_id();
        let key = Key::of(query, understood.closeness == Closeness::Close, except);
        if let Some(known) = self.counts.get(generation, &key) {
            return Ok(known);
        }
        let facets = except.map_or_else(|| FacetField::ALL.to_vec(), |facet| vec![facet]);
        let all = understood.filters.around(understood.text.as_deref(), except);
        let counted = Arc::new(searcher.search(all.as_ref(), &FacetCollector { facets })?);
        self.counts.put(generation, key, &counted);
        Ok(counted)
    }

    fn facets(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        understood: &Understood,
        counted: &Counted,
    ) -> Result<Vec<FacetValue>, SearchError> {
        let mut values = Vec::new();
        for facet in FacetField::ALL {
            let chosen = query.chosen.iter().any(|(field, _)| *field == facet);
            // Where all chosen values have to be there, their own choice narrows their counts.
            if chosen && !facet.needs_all() {
                let around = self.counted(searcher, query, understood, Some(facet))?;
                values.extend(around.most_frequent(facet));
            } else {
                values.extend(counted.most_frequent(facet));
            }
        }
        Ok(values)
    }

    fn ids_of(
        &self,
        searcher: &Searcher,
        all: &dyn Query,
        query: &SearchQuery,
        has_text: bool,
    ) -> Result<Vec<OfferId>, SearchError> {
        let top = || TopDocs::with_limit(query.limit.clamp(1, LIMIT_MAX)).and_offset(query.offset);
        let by_rank = |field: &str| -> tantivy::Result<Vec<DocAddress>> {
            let found =
                searcher.search(all, &top().order_by_fast_field::<u64>(field, Order::Asc))?;
            Ok(found.into_iter().map(|(_, address)| address).collect())
        };
        let addresses: Vec<DocAddress> = match query.sort {
            SearchSort::Relevance if has_text => {
                let found = searcher.search(all, &top().order_by_score())?;
                found.into_iter().map(|(_, address)| address).collect()
            }
            SearchSort::Relevance => by_rank("title_rank")?,
            SearchSort::Price => by_rank("price_rank")?,
            SearchSort::Observed => by_rank("observed_rank")?,
            SearchSort::Newest => {
                let order = top().order_by_fast_field::<i64>("published_at", Order::Desc);
                searcher.search(all, &order)?.into_iter().map(|(_, address)| address).collect()
            }
        };
        ids_at(searcher, &addresses)
    }

    /// The question with the words that nobody uses replaced by ones that are written like them, if that
    /// finds something.
    fn meant(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        asked: &Asked,
    ) -> Result<Option<(String, u64)>, SearchError> {
        let vocabulary = self.vocabulary(searcher, query.sight);
        let mut text = query.text.clone();
        let mut changed = false;
        // From the end, so that the places before stay.
        for run in telling(self.analyser.runs(&query.text)).iter().rev() {
            let (start, end) = match run {
                Run::Word(piece) => (piece.start, piece.end),
                Run::Dense(run) => {
                    let first = run.places.first().map_or(0, |place| place.0);
                    (first, run.places.last().map_or(first, |place| place.1))
                }
            };
            let typed = query.text.get(start..end).unwrap_or_default();
            if asked.words.contains(typed)
                && let Some(better) = spelling::better(run, &vocabulary, &self.synonyms)
            {
                text.replace_range(start..end, &better);
                changed = true;
            }
        }
        if !changed {
            return Ok(None);
        }
        let meant = SearchQuery { text, ..query.clone() };
        let asked = Asked::read(&meant.text);
        let exact = self.reader_of(&vocabulary).exact(&asked).query;
        let filters = Filters::of(&meant, &asked, searcher, &self.fields);
        let all = filters.around(exact.as_deref(), None);
        let count = searcher.search(all.as_ref(), &Count)? as u64;
        Ok((count > 0).then_some((meant.text, count)))
    }
}

/// The ids of documents; the columns of each segment are opened once.
fn ids_at(searcher: &Searcher, addresses: &[DocAddress]) -> Result<Vec<OfferId>, SearchError> {
    let mut columns: HashMap<u32, (Column<u64>, Column<u64>)> = HashMap::new();
    let mut ids = Vec::with_capacity(addresses.len());
    for address in addresses {
        let (high, low) = match columns.entry(address.segment_ord) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let fast = searcher.segment_reader(address.segment_ord).fast_fields();
                unknown.insert((fast.u64(ID_HIGH)?, fast.u64(ID_LOW)?))
            }
        };
        let (Some(high), Some(low)) = (high.first(address.doc_id), low.first(address.doc_id))
        else {
            return Err(SearchError::Corrupt);
        };
        ids.push(OfferId(Uuid::from_u64_pair(high, low)));
    }
    Ok(ids)
}
