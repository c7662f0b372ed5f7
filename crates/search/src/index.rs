//! Opening, feeding and asking the index.

use crate::query::{FacetField, FacetValue, SearchQuery, SearchResult, SearchSort};
use crate::schema::{Fields, register_tokenizers, schema};
use crate::{OfferDocument, SearchError};
use domain::OfferId;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::agg_result::{AggregationResult, BucketResult};
use tantivy::aggregation::{AggContextParams, AggregationCollector, Key};
use tantivy::collector::{Count, TopDocs};
use tantivy::directory::MmapDirectory;
use tantivy::query::{AllQuery, BooleanQuery};
use tantivy::schema::Value;
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher};
use tantivy::{TantivyDocument, Term};

/// Memory of the writer; Tantivy asks for at least 15 MB.
const WRITER_BYTES: usize = 30_000_000;
/// Values of one facet that are counted; the list on the page is shorter.
const FACET_VALUES_MAX: u32 = 60;
/// Different values that are told apart when they are only counted.
const DISTINCT_MAX: u32 = 10_000;
/// Results in one answer.
const LIMIT_MAX: usize = 200;

/// The index of published offers of this process.
pub struct OfferIndex {
    index: Index,
    fields: Fields,
    reader: IndexReader,
    writer: Mutex<IndexWriter>,
}

impl fmt::Debug for OfferIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfferIndex").finish_non_exhaustive()
    }
}

impl OfferIndex {
    /// Opens the index in `folder`; a missing, foreign or broken one is created anew and empty.
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        std::fs::create_dir_all(folder).map_err(SearchError::Folder)?;
        match Self::open_existing(folder) {
            Ok(index) => Ok(index),
            Err(error) => {
                tracing::warn!(%error, "the search index could not be opened and is built anew");
                std::fs::remove_dir_all(folder).map_err(SearchError::Folder)?;
                std::fs::create_dir_all(folder).map_err(SearchError::Folder)?;
                Self::open_existing(folder)
            }
        }
    }

    fn open_existing(folder: &Path) -> Result<Self, SearchError> {
        let directory = MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?;
        let (schema, fields) = schema();
        Self::from_index(Index::open_or_create(directory, schema)?, fields)
    }

    /// An index in memory, for tests and for processes without a folder.
    pub fn in_memory() -> Result<Self, SearchError> {
        let (schema, fields) = schema();
        Self::from_index(Index::create_in_ram(schema), fields)
    }

    fn from_index(index: Index, fields: Fields) -> Result<Self, SearchError> {
        register_tokenizers(&index)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let writer = Mutex::new(index.writer_with_num_threads(1, WRITER_BYTES)?);
        Ok(Self { index, fields, reader, writer })
    }

    /// Puts offers in (replacing older states) and takes others out; visible when it returns, and
    /// `note` with it.
    pub fn apply(
        &self,
        upserts: &[OfferDocument],
        removals: &[OfferId],
        note: &str,
    ) -> Result<(), SearchError> {
        let ids = removals.iter().copied().chain(upserts.iter().map(|offer| offer.id));
        self.remove(&ids.collect::<Vec<_>>())?;
        self.add(upserts)?;
        self.publish(note)
    }

    /// Begins anew: what [`OfferIndex::add`] brings from now on replaces everything once it is
    /// published. Readers see the old content until then.
    pub fn clear(&self) -> Result<(), SearchError> {
        let mut writer = self.writer()?;
        // Whatever a broken rebuild left behind.
        writer.rollback()?;
        writer.delete_all_documents()?;
        Ok(())
    }

    /// Takes offers out; visible after [`OfferIndex::publish`].
    pub fn remove(&self, offers: &[OfferId]) -> Result<(), SearchError> {
        let writer = self.writer()?;
        for id in offers {
            writer.delete_term(Term::from_field_text(self.fields.id, &id.to_string()));
        }
        Ok(())
    }

    /// Adds offers that are not in it; not visible before [`OfferIndex::publish`].
    pub fn add(&self, offers: &[OfferDocument]) -> Result<(), SearchError> {
        let writer = self.writer()?;
        for offer in offers {
            writer.add_document(offer.to_tantivy(&self.fields))?;
        }
        Ok(())
    }

    /// Makes everything visible and lasting, with a note that is read back by [`OfferIndex::note`].
    pub fn publish(&self, note: &str) -> Result<(), SearchError> {
        let mut writer = self.writer()?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(note);
        commit.commit()?;
        self.reader.reload()?;
        Ok(())
    }

    /// The note of the last publication; `None` for an index that was never published.
    pub fn note(&self) -> Result<Option<String>, SearchError> {
        Ok(self.index.load_metas()?.payload)
    }

    fn writer(&self) -> Result<MutexGuard<'_, IndexWriter>, SearchError> {
        self.writer.lock().map_err(|_| SearchError::WriterGone)
    }

    /// Offers in the index.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether the index holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads all files and compares their checksums; the names of damaged files.
    pub fn damaged_files(&self) -> Result<Vec<String>, SearchError> {
        let damaged = self.index.validate_checksum()?;
        Ok(damaged.into_iter().map(|path| path.display().to_string()).collect())
    }

    /// How many different values the offers have in a field.
    pub fn distinct(&self, facet: FacetField) -> Result<u64, SearchError> {
        let searcher = self.reader.searcher();
        let found = self.count_values(&searcher, &AllQuery, facet, DISTINCT_MAX)?;
        Ok(found.len() as u64)
    }

    /// Answers a question.
    pub fn search(&self, query: &SearchQuery) -> Result<SearchResult, SearchError> {
        let searcher = self.reader.searcher();
        let built = query.build(&self.fields, None);
        let total = searcher.search(&built, &Count)? as u64;
        let ids = self.ids_of(&searcher, &built, query)?;
        Ok(SearchResult { total, ids, facets: self.facets(&searcher, query)? })
    }

    /// The offers of an answer alone.
    pub fn ids(&self, query: &SearchQuery) -> Result<Vec<OfferId>, SearchError> {
        let searcher = self.reader.searcher();
        self.ids_of(&searcher, &query.build(&self.fields, None), query)
    }

    fn ids_of(
        &self,
        searcher: &Searcher,
        built: &BooleanQuery,
        query: &SearchQuery,
    ) -> Result<Vec<OfferId>, SearchError> {
        let top = || TopDocs::with_limit(query.limit.clamp(1, LIMIT_MAX)).and_offset(query.offset);
        let addresses: Vec<DocAddress> = match query.sort {
            SearchSort::Relevance if query.has_text() => {
                let found = searcher.search(built, &top().order_by_score())?;
                found.into_iter().map(|(_, address)| address).collect()
            }
            SearchSort::Relevance => {
                let order = top().order_by_fast_field::<u64>("title_rank", Order::Asc);
                searcher.search(built, &order)?.into_iter().map(|(_, address)| address).collect()
            }
            SearchSort::Price => {
                let order = top().order_by_fast_field::<u64>("price_rank", Order::Asc);
                searcher.search(built, &order)?.into_iter().map(|(_, address)| address).collect()
            }
            SearchSort::Newest => {
                let order = top().order_by_fast_field::<i64>("published_at", Order::Desc);
                searcher.search(built, &order)?.into_iter().map(|(_, address)| address).collect()
            }
        };
        addresses.into_iter().map(|address| self.id_at(searcher, address)).collect()
    }

    fn id_at(&self, searcher: &Searcher, address: DocAddress) -> Result<OfferId, SearchError> {
        let document: TantivyDocument = searcher.doc(address)?;
        document
            .get_first(self.fields.id)
            .and_then(|value| value.as_str())
            .and_then(|text| text.parse().ok())
            .ok_or(SearchError::Corrupt)
    }

    fn facets(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
    ) -> Result<Vec<FacetValue>, SearchError> {
        let mut values = Vec::new();
        for facet in FacetField::ALL {
            // Chosen certifications must all be held, so their own choice narrows their counts.
            let without = (facet != FacetField::Certification).then_some(facet);
            let built = query.build(&self.fields, without);
            values.extend(self.count_values(searcher, &built, facet, FACET_VALUES_MAX)?);
        }
        Ok(values)
    }

    fn count_values(
        &self,
        searcher: &Searcher,
        query: &dyn tantivy::query::Query,
        facet: FacetField,
        most: u32,
    ) -> Result<Vec<FacetValue>, SearchError> {
        const NAME: &str = "values";
        let terms =
            format!(r#"{{"{NAME}":{{"terms":{{"field":"{}","size":{most}}}}}}}"#, facet.name());
        let wanted: Aggregations = serde_json::from_str(&terms)
            .map_err(|error| tantivy::TantivyError::InternalError(error.to_string()))?;
        let collector = AggregationCollector::from_aggs(
            wanted,
            AggContextParams::new(Default::default(), self.index.tokenizers().clone()),
        );
        let result = searcher.search(query, &collector)?;
        let Some(AggregationResult::BucketResult(BucketResult::Terms { buckets, .. })) =
            result.0.get(NAME)
        else {
            return Ok(Vec::new());
        };
        Ok(buckets
            .iter()
            .filter_map(|bucket| match &bucket.key {
                Key::Str(value) => {
                    Some(FacetValue { field: facet, value: value.clone(), count: bucket.doc_count })
                }
                _ => None,
            })
            .collect())
    }
}
