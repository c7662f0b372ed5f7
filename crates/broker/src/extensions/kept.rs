//! The market's items in memory, as a registry that is swapped whole. Every process reads them again as it follows
//! the market.

use super::entry;
use crate::documents::field_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Timestamp};
use sla::{Extension, Offer, Registered, Registry, Requirement};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use storage::{StorageError, extensions};

/// The items of this process.
pub(crate) type Kept = RwLock<Option<Arc<Extensions>>>;

/// An item as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionEntry {
    /// What it is.
    pub extension: Extension,
    /// Counts the accepted proposals from 1.
    pub version: i64,
    /// New documents cannot name it.
    pub retired: bool,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// Every item of the market, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    entries: Vec<ExtensionEntry>,
}

impl Extensions {
    pub(super) fn of(rows: &[extensions::ExtensionRow]) -> Result<Self, StorageError> {
        Ok(Self { entries: rows.iter().map(entry).collect::<Result<_, _>>()? })
    }

    /// The item of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&ExtensionEntry> {
        self.entries.iter().find(|entry| entry.extension.key == key)
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[ExtensionEntry] {
        &self.entries
    }

    /// The program's items and these.
    #[must_use]
    pub fn registry(&self) -> &'static Registry {
        let of = |entry: &ExtensionEntry| {
            let registered = Registered { version: entry.version, retired: entry.retired };
            (entry.extension.clone(), registered)
        };
        Registry::with_extensions(&self.entries.iter().map(of).collect::<Vec<_>>())
    }
}

impl Broker {
    /// The market's items, as this process knows them.
    #[must_use]
    pub fn known_extensions(&self) -> Arc<Extensions> {
        let kept = self.inner.extensions.read().unwrap_or_else(PoisonError::into_inner);
        kept.clone().unwrap_or_default()
    }

    /// The registry that an answer goes by from its beginning to its end: see [`sla::following`].
    #[must_use]
    pub fn registry(&self) -> &'static Registry {
        self.known_extensions().registry()
    }

    /// The market's items, for whoever may read the market.
    pub fn extensions(&self, ctx: &OpContext) -> Result<Arc<Extensions>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        Ok(self.known_extensions())
    }

    /// Reads the items again. Where one is another now, what is kept of offers is made anew at the next look at the
    /// market.
    pub(crate) async fn refresh_extensions(&self) -> Result<(), BrokerError> {
        let mut tx = self.look().await?;
        let rows = extensions::list(&mut tx).await?;
        drop(tx);
        let fresh = Extensions::of(&rows)?;
        let mut kept = self.inner.extensions.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_deref() != Some(&fresh) {
            sla::install(fresh.registry());
            if kept.is_some() {
                self.inner.shelf.doubtful.store(true, Ordering::Release);
            }
            *kept = Some(Arc::new(fresh));
        }
        Ok(())
    }

    /// An offer that is about to be written, with the values of the market's items in their own form.
    pub(crate) fn held_offer(&self, offer: Offer, known: bool) -> Result<Offer, BrokerError> {
        sla::hold_offer(offer, sla::registry(), known).map_err(|faults| invalid(&faults))
    }

    /// The same for a requirement.
    pub(crate) fn held_requirement(
        &self,
        requirement: Requirement,
        known: bool,
    ) -> Result<Requirement, BrokerError> {
        sla::hold_requirement(requirement, sla::registry(), known)
            .map_err(|faults| invalid(&faults))
    }

    /// Whether a version that is about to be published says what the market's items ask for now.
    pub(crate) fn check_extensions(&self, offer: &Offer) -> Result<(), BrokerError> {
        let faults = sla::extension_faults(offer, sla::registry());
        if faults.is_empty() { Ok(()) } else { Err(invalid(&faults)) }
    }
}

fn invalid(faults: &[sla::Fault]) -> BrokerError {
    BrokerError::Invalid(faults.iter().map(field_fault).collect::<Vec<FieldFault>>())
}
