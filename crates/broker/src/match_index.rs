//! The match index over the shelf, and its snapshot in the data folder.
//!
//! The snapshot spares a restart the reading of every document for every item. It is not trusted: what
//! is damaged, of another version or about another state of an offer is left out and read again.

use crate::shelf::{Shelved, Stock};
use crate::{Broker, BrokerError};
use domain::OfferId;
use matching::SlaMatcher;
use matching::index::{DocumentMoment, DocumentRow};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// The index of one moment of the market.
pub(crate) type MatchIndex = DocumentMoment<Shelved>;

/// Beside the folder of the search index.
const FILE: &str = "match-index";

impl AsRef<sla::Offer> for Shelved {
    fn as_ref(&self) -> &sla::Offer {
        &self.document
    }
}

/// The state of a document: the beginning of its hash.
fn stamp(offer: &Shelved) -> i64 {
    let start = offer.hash.get(..16).unwrap_or_default();
    u64::from_str_radix(start, 16).map_or(0, u64::cast_signed)
}

fn row(id: OfferId, offer: &Arc<Shelved>) -> DocumentRow<Shelved> {
    DocumentRow { id: id.to_string(), document: Arc::clone(offer) }
}

/// An index of all offers; what stands in the snapshot unchanged is taken from there.
pub(crate) fn build(
    stock: &Stock,
    before: &MatchIndex,
    snapshot: Option<&Path>,
    usual: &[Arc<SlaMatcher>],
) -> MatchIndex {
    let restored =
        snapshot.and_then(|file| restore(stock, file)).unwrap_or_else(|| before.emptied());
    usual.iter().for_each(|matcher| restored.warm(matcher));
    let missing = stock.offers.iter().filter(|(id, _)| !restored.contains(&id.to_string()));
    let missing: Vec<_> = missing.map(|(id, offer)| row(*id, offer)).collect();
    restored.apply(missing, &[])
}

/// The index after these offers changed, came or went; time grows with their number only.
pub(crate) fn follow(stock: &Stock, changed: &[OfferId]) -> MatchIndex {
    let there = changed.iter().filter_map(|id| Some(row(*id, stock.offers.get(id)?))).collect();
    let gone: Vec<String> = changed
        .iter()
        .filter(|id| !stock.offers.contains_key(id))
        .map(ToString::to_string)
        .collect();
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    stock.index.apply(there, &gone)
}

/// What the snapshot holds of offers that are still the same; `None` where it cannot be used.
fn restore(stock: &Stock, file: &Path) -> Option<MatchIndex> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "the snapshot of the match index cannot be read; it is built anew");
            return None;
        }
    };
    let find = |id: &str, then: i64| {
        let offer = stock.offers.get(&id.parse::<OfferId>().ok()?)?;
        (stamp(offer) == then).then(|| Arc::clone(offer))
    };
    match MatchIndex::restore_documents(&bytes, find) {
        Ok(index) => Some(index),
        Err(reason) => {
            tracing::warn!(file = %file.display(), %reason, "the snapshot of the match index is not used; it is built anew");
            None
        }
    }
}

impl Broker {
    /// Where the snapshot is kept; nowhere without a folder of our own.
    pub(crate) fn snapshot_file(&self) -> Option<PathBuf> {
        self.inner.config.index_dir.as_ref().map(|folder| folder.with_file_name(FILE))
    }

    /// Writes the match index beside the search index, for a quick restart, unless it is there.
    pub async fn keep_match_index(&self) -> Result<(), BrokerError> {
        let Some(file) = self.snapshot_file() else { return Ok(()) };
        let shelf = &self.inner.shelf;
        let stock = shelf.stock();
        let kept = shelf.kept.lock().unwrap_or_else(PoisonError::into_inner).as_ptr();
        if kept == Arc::as_ptr(&stock) {
            return Ok(());
        }
        let written = Arc::downgrade(&stock);
        let fault = |error: String| BrokerError::Internal(format!("match index: {error}"));
        tokio::task::spawn_blocking(move || write(&file, &stock.index.snapshot_documents(stamp)))
            .await
            .map_err(|error| fault(error.to_string()))?
            .map_err(|error| fault(error.to_string()))?;
        *shelf.kept.lock().unwrap_or_else(PoisonError::into_inner) = written;
        Ok(())
    }
}

/// Puts the file there whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut out = File::create(&new)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&new, file)
}
