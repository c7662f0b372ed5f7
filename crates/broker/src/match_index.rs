//! The match index over published offers, and its snapshot in the data folder.
//!
//! The snapshot spares a restart the reading of every document. It is not trusted: what is damaged or
//! of another version is not used, and what it says has to agree with the database (`load`).

use crate::shelf::{Closed, Shelved, State, Stock};
use crate::{Broker, BrokerError, sync};
use domain::{OfferId, Timestamp};
use matching::index::{AnyDocument, DocumentMoment, DocumentRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// The index of one moment of the market.
pub(crate) type MatchIndex = DocumentMoment;

/// Beside the folder of the search index.
const FILE: &str = "match-index";

impl AsRef<sla::Offer> for Shelved {
    fn as_ref(&self) -> &sla::Offer {
        self.today()
    }
}

/// An offer on its way into the index.
pub(crate) fn row(offer: &Arc<Shelved>) -> DocumentRow {
    let document: AnyDocument = Arc::<Shelved>::clone(offer);
    DocumentRow {
        id: offer.card.id.to_string(),
        mark: State::from(offer.as_ref()).into(),
        document,
    }
}

/// What a snapshot says beside the index.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    providers: BTreeMap<String, (String, String)>,
    /// Ids as text, which is what keys of JSON are.
    unreadable: BTreeMap<String, i64>,
    /// When the next prices of offers count.
    #[serde(default)]
    repriced_at: BTreeMap<String, i64>,
    /// The latest change in it.
    seen_until: i64,
    /// Every change before then is in it.
    caught_up: i64,
}

/// The stock that the snapshot holds, and from when on changes may be missing in it; `None` where it
/// cannot be used.
pub(crate) fn restore(file: &Path) -> Option<(Stock, Timestamp)> {
    let refused = |reason: &dyn std::fmt::Display| {
        tracing::warn!(file = %file.display(), %reason, "the snapshot of the match index is not used; it is built anew");
    };
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            refused(&error);
            return None;
        }
    };
    let (index, note) = match MatchIndex::restore_documents(&bytes) {
        Ok(restored) => restored,
        Err(reason) => {
            refused(&reason);
            return None;
        }
    };
    let note: Note = match serde_json::from_str(&note) {
        Ok(note) => note,
        Err(error) => {
            refused(&error);
            return None;
        }
    };
    let unreadable = note.unreadable.into_iter();
    let stock = Stock {
        index,
        providers: note.providers,
        unreadable: unreadable
            .filter_map(|(id, at)| Some((id.parse::<OfferId>().ok()?, at)))
            .collect(),
        seen_until: Some(Timestamp(note.seen_until)),
        repriced_at: (note.repriced_at.into_iter())
            .filter_map(|(id, at)| Some((id.parse::<OfferId>().ok()?, Timestamp(at))))
            .collect(),
        // Read of the database: who may know of what is never taken from a file.
        closed: Closed::default(),
    };
    Some((stock, Timestamp(note.caught_up)))
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
        // Before the stock: a look that is later than the stock would hide changes.
        let looked_at = shelf.looked_at.load(Ordering::Acquire);
        let stock = shelf.whole();
        let kept = shelf.kept.lock().unwrap_or_else(PoisonError::into_inner).as_ptr();
        if kept == Arc::as_ptr(&stock) {
            return Ok(());
        }
        let caught_up = sync::caught_up(&stock, looked_at);
        let written = Arc::downgrade(&stock);
        let fault = |error: String| BrokerError::Internal(format!("match index: {error}"));
        tokio::task::spawn_blocking(move || {
            let unreadable = stock.unreadable.iter().map(|(id, at)| (id.to_string(), *at));
            let note = Note {
                providers: stock.providers.clone(),
                unreadable: unreadable.collect(),
                repriced_at: (stock.repriced_at.iter())
                    .map(|(id, at)| (id.to_string(), at.0))
                    .collect(),
                seen_until: stock.seen_until.unwrap_or(Timestamp(0)).0,
                caught_up: caught_up.0,
            };
            let note = serde_json::to_string(&note).map_err(io::Error::other)?;
            write(&file, &stock.index.snapshot_documents(&note))
        })
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
