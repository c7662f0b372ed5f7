//! What changed from version to version of an offer, and who signed which.

use crate::BrokerError;
use crate::documents::read_offer;
use domain::OfferId;
use std::collections::BTreeMap;
use storage::offers::VersionDocument;
use storage::{Tx, keys, offers};

/// Versions whose changes are worked out; who wants to know of older ones compares documents.
const COMPARED: u32 = 20;

/// The newest versions of an offer.
#[derive(Debug)]
pub(super) struct History {
    changes: BTreeMap<i64, sla::Diff>,
    signers: BTreeMap<i64, String>,
}

impl History {
    pub async fn of(tx: &mut Tx, id: OfferId) -> Result<Self, BrokerError> {
        let documents = offers::list_documents(tx, id, COMPARED + 1).await?;
        let signatures = keys::list_signatures(tx, id).await?;
        Ok(Self {
            changes: documents.windows(2).filter_map(change).collect(),
            signers: signatures.into_iter().map(|row| (row.version, row.kid)).collect(),
        })
    }

    /// What changed since the version before this one; `None` for the first and for old ones.
    pub fn changes(&mut self, version: i64) -> Option<sla::Diff> {
        self.changes.remove(&version)
    }

    /// The key that signed a version.
    pub fn signed_by(&mut self, version: i64) -> Option<String> {
        self.signers.remove(&version)
    }
}

/// Compares a version with the one before it, which follows it in the list.
fn change(pair: &[VersionDocument]) -> Option<(i64, sla::Diff)> {
    let [newer, older] = pair else { return None };
    // A version that cannot be read any more has no changes to show; its page says so elsewhere.
    let (new, _) = read_offer(&newer.document).ok()?;
    let (old, _) = read_offer(&older.document).ok()?;
    Some((newer.version, sla::diff(&old, &new)))
}
