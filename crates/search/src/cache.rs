//! Counts that were worked out for the offers as they are now: turning a page or the order asks for the
//! same ones again.

use crate::facets::Counted;
use crate::query::{MachineFilter, NumberFilter, SearchQuery};
use crate::schema::FacetField;
use domain::Sight;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Questions whose counts are kept.
const KEPT_MAX: usize = 128;

/// What was asked of the texts and the filters, and which facets were counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    sight: Sight,
    text: String,
    close: bool,
    chosen: Vec<(FacetField, String)>,
    numbers: Vec<NumberFilter>,
    machine: MachineFilter,
    price: (Option<&'static str>, Option<i64>, Option<i64>),
    except: Option<FacetField>,
}

impl Key {
    pub fn of(query: &SearchQuery, close: bool, except: Option<FacetField>) -> Self {
        let mut chosen = query.chosen.clone();
        chosen.sort();
        let currency = query.currency.map(|currency| currency.code());
        let price = (currency, query.price_min, query.price_max);
        let (numbers, machine) = (query.numbers.clone(), query.machine.clone());
        let (sight, text) = (query.sight, query.text.clone());
        Self { sight, text, close, chosen, numbers, machine, price, except }
    }
}

/// The counts of one state of the index.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    generation: u64,
    counts: HashMap<Key, Arc<Counted>>,
}

impl Counts {
    /// What is kept of a state.
    pub fn get(&self, generation: u64, key: &Key) -> Option<Arc<Counted>> {
        // A poisoned lock still holds whole counts: each is put in by one call.
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation == generation { kept.counts.get(key).cloned() } else { None }
    }

    /// Keeps counts of a state; those of an older one are forgotten.
    pub fn put(&self, generation: u64, key: Key, counted: &Arc<Counted>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation > generation {
            return;
        }
        if kept.generation < generation || kept.counts.len() >= KEPT_MAX {
            kept.counts.clear();
            kept.generation = generation;
        }
        kept.counts.insert(key, Arc::clone(counted));
    }
}
