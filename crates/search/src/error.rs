//! What can go wrong in the index.

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
    /// A document in the index has no readable id.
    #[error("the search index holds an unreadable document; build it again")]
    Corrupt,
    /// Another thread failed while writing; build the index again.
    #[error("the writer of the search index is gone")]
    WriterGone,
}
