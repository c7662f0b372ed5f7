//! Opening and feeding the index; asking it is in [`crate::find`].

use crate::analyse::Analyser;
use crate::cache::Counts;
use crate::dictionary::Dictionary;
use crate::schema::{Fields, schema};
use crate::synonyms::Synonyms;
use crate::{OfferDocument, SearchError};
use domain::OfferId;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::merge_policy::LogMergePolicy;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

/// Memory of the writer; Tantivy asks for at least 15 MB.
const WRITER_BYTES: usize = 30_000_000;

/// Parts of about the same size that are put together.
const PARTS_MAX: usize = 4;
/// Smaller parts count as of the same size.
const SMALL_PART: u32 = 1_000;
/// The share of offers that are gone from which on a part is written anew.
const GONE_MAX: f32 = 0.3;

/// The index of published offers of this process.
pub struct OfferIndex {
    pub(crate) index: Index,
    pub(crate) fields: Fields,
    pub(crate) reader: IndexReader,
    pub(crate) analyser: Analyser,
    pub(crate) synonyms: Synonyms,
    pub(crate) counts: Counts,
    writer: Mutex<IndexWriter>,
}

impl fmt::Debug for OfferIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfferIndex").field("analyser", &self.analyser).finish_non_exhaustive()
    }
}

impl OfferIndex {
    /// Opens the index in `folder`; a missing, foreign or broken one is created anew and empty. One that
    /// another process writes is left alone: [`SearchError::InUse`].
    pub fn open(folder: &Path, dictionary: Option<Arc<Dictionary>>) -> Result<Self, SearchError> {
        std::fs::create_dir_all(folder).map_err(SearchError::Folder)?;
        let opened = Self::open_existing(folder, dictionary.clone());
        match opened {
            Err(error) if is_broken(&error) => {
                tracing::warn!(%error, "the search index could not be opened and is built anew");
                empty(folder)?;
                Self::open_existing(folder, dictionary)
            }
            opened => opened,
        }
    }

    fn open_existing(
        folder: &Path,
        dictionary: Option<Arc<Dictionary>>,
    ) -> Result<Self, SearchError> {
        let directory = MmapDirectory::open(folder).map_err(TantivyError::from)?;
        // Asked before anything is read: what another process writes may look broken in between.
        drop(writer_lock(&directory, folder)?);
        let (schema, fields) = schema();
        let index = Index::open_or_create(directory, schema)?;
        Self::from_index(index, fields, dictionary).map_err(|error| in_use(error, folder))
    }

    /// An index in memory, for tests and for processes without a folder.
    pub fn in_memory(dictionary: Option<Arc<Dictionary>>) -> Result<Self, SearchError> {
        let (schema, fields) = schema();
        Self::from_index(Index::create_in_ram(schema), fields, dictionary)
    }

    fn from_index(
        index: Index,
        fields: Fields,
        dictionary: Option<Arc<Dictionary>>,
    ) -> Result<Self, SearchError> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        writer.set_merge_policy(Box::new(merges()));
        let writer = Mutex::new(writer);
        let analyser = Analyser::new(dictionary);
        let synonyms = Synonyms::load(&analyser);
        Ok(Self { index, fields, reader, analyser, synonyms, counts: Counts::default(), writer })
    }

    /// How texts are cut: an index that was made in another way has to be made again.
    #[must_use]
    pub const fn analysis(&self) -> &'static str {
        if self.analyser.has_dictionary() { "words" } else { "pairs" }
    }

    /// Whether Japanese is cut into the words of a dictionary, and not into pairs of characters only.
    #[must_use]
    pub const fn has_dictionary(&self) -> bool {
        self.analyser.has_dictionary()
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
            writer.add_document(offer.to_tantivy(&self.fields, &self.analyser))?;
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

    /// Puts all parts of the index together, so that a question looks into one. Takes seconds for a large
    /// market, in which it is asked and fed as always; one that is being put together already is left alone.
    pub fn compact(&self) -> Result<(), SearchError> {
        let parts = self.index.searchable_segment_ids()?;
        if parts.len() < 2 {
            return Ok(());
        }
        // The lock is gone before the work is waited for.
        let merging = self.writer()?.merge(&parts);
        if let Err(reason) = merging.wait() {
            tracing::debug!(%reason, "the parts of the search index are left as they are");
            return Ok(());
        }
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
}

/// When parts of the index are put together: every part costs each question.
fn merges() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(PARTS_MAX);
    policy.set_min_layer_size(SMALL_PART);
    policy.set_del_docs_ratio_before_merge(GONE_MAX);
    policy
}

/// Whether a new index in the same place would help; a lock that is taken or a disk that refuses would
/// still be there.
fn is_broken(error: &SearchError) -> bool {
    let SearchError::Tantivy(error) = error else { return false };
    !matches!(
        error,
        TantivyError::LockFailure(..)
            | TantivyError::OpenDirectoryError(_)
            | TantivyError::IoError(_)
    )
}

fn in_use(error: SearchError, folder: &Path) -> SearchError {
    match error {
        SearchError::Tantivy(TantivyError::LockFailure(LockError::LockBusy, _)) => {
            SearchError::InUse(folder.to_owned())
        }
        other => other,
    }
}

fn writer_lock(
    directory: &MmapDirectory,
    folder: &Path,
) -> Result<tantivy::directory::DirectoryLock, SearchError> {
    let lock = directory.acquire_lock(&INDEX_WRITER_LOCK);
    lock.map_err(|error| in_use(TantivyError::from(error).into(), folder))
}

/// Takes the files of a broken index away, while nobody else can write there.
fn empty(folder: &Path) -> Result<(), SearchError> {
    let directory = MmapDirectory::open(folder).map_err(TantivyError::from)?;
    let lock = writer_lock(&directory, folder)?;
    for entry in std::fs::read_dir(folder).map_err(SearchError::Folder)? {
        let path = entry.map_err(SearchError::Folder)?.path();
        if path.file_name() != INDEX_WRITER_LOCK.filepath.file_name() && !path.is_dir() {
            std::fs::remove_file(&path).map_err(SearchError::Folder)?;
        }
    }
    drop(lock);
    Ok(())
}
