//! What can go wrong in the index.

use std::path::PathBuf;
use thiserror::Error;

/// A fault of the index; it can always be mended by building the index again.
#[derive(Debug, Error)]
pub enum SearchError {
    /// Tantivy refused or could not read its files.
    #[error("the search index did not answer")]
    Tantivy(#[from] tantivy::TantivyError),
    /// The folder cannot be used.
    #[error("the folder of the search index cannot be used")]
    Folder(#[source] std::io::Error),
    /// Another process, or another index of this one, writes in the folder; nothing was changed in it.
    #[error("the search index in {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A document in the index has no readable id.
    #[error("the search index holds an unreadable document; build it again")]
    Corrupt,
    /// Another thread failed while writing; build the index again.
    #[error("the writer of the search index is gone")]
    WriterGone,
    /// There is no dictionary at this place.
    #[error("there is no Japanese dictionary in {}", .0.display())]
    NoDictionary(PathBuf),
    /// The dictionary cannot be compiled or read.
    #[error("the Japanese dictionary cannot be used: {0}")]
    Dictionary(String),
}
