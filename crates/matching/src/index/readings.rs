//! Ways to read documents, each with a name, and which of them are in use. Leaves documents and columns
//! to `documents`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{from_sla::SlaMatcher, item::KindName, value::Held};

/// Readings kept. The registry has 63 items; most requirements ask for the same variant of each.
pub(crate) const READINGS_KEPT: usize = 512;

/// Names a reading: everything that what is read depends on, besides the document.
pub(crate) type Signature = Arc<str>;

/// What is read of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Row(usize),
    Price,
}

/// One way to read documents.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) matcher: Arc<SlaMatcher>,
    pub(crate) what: What,
}

impl Reading {
    pub(crate) fn kind(&self) -> KindName {
        let dictionary = self.matcher.prepared().dictionary();
        let item = match self.what {
            What::Row(row) => self.matcher.prepared().rows.get(row).map(|row| row.item),
            What::Price => dictionary.price(),
        };
        let item = item.and_then(|item| dictionary.items().get(item));
        item.map_or(KindName::SetAny, |item| item.kind.name())
    }

    pub(crate) fn held(&self, document: &sla::Offer) -> Option<Held> {
        match self.what {
            What::Row(row) => self.matcher.held(row, document),
            What::Price => self.matcher.held_price(document),
        }
    }

    /// The only day on which it holds; `None`: any.
    pub(crate) fn day(&self) -> Option<i64> {
        match self.what {
            What::Row(row) => self.matcher.is_dated(row).then(|| self.matcher.day()),
            What::Price => None,
        }
    }
}

/// A reading with its name.
pub(crate) type Named = (Signature, Reading);

/// The readings in use, each with when it was last asked for.
#[derive(Debug, Default)]
pub(crate) struct Known {
    clock: u64,
    readings: BTreeMap<Signature, (u64, Reading)>,
}

/// The readings of an index, shared by its moments.
#[derive(Debug, Clone, Default)]
pub struct Readings(Arc<Mutex<Known>>);

impl Readings {
    /// Remembers that a reading was asked for; forgets the one that was not for longest.
    pub(crate) fn use_again(&self, signature: &Signature, reading: &Reading) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clock += 1;
        let now = known.clock;
        known
            .readings
            .entry(Arc::clone(signature))
            .and_modify(|(used, _)| *used = now)
            .or_insert_with(|| (now, reading.clone()));
        if known.readings.len() > READINGS_KEPT {
            let oldest = known.readings.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(signature, _)| Arc::clone(signature)) {
                known.readings.remove(&oldest);
            }
        }
    }

    pub(crate) fn all(&self) -> Vec<Named> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = known.readings.iter();
        all.map(|(signature, (_, reading))| (Arc::clone(signature), reading.clone())).collect()
    }

    pub(crate) fn retain(&self, keep: impl Fn(&Reading) -> bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.readings.retain(|_, (_, reading)| keep(reading));
    }

    pub(crate) fn has(&self, signature: &Signature) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.readings.contains_key(signature)
    }
}
