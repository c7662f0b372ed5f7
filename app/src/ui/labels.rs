//! What the fields of a page are called, so that the summary above them can name each.
//!
//! Fields note their label while they are made; the summary is written out after all of them, when
//! the page becomes text. Without a page around them nothing is noted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use leptos::prelude::use_context;

use crate::words::Words;

/// The labels of one page, by the name of the field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels(Arc<Mutex<BTreeMap<String, String>>>);

/// Notes what a field is called.
pub(super) fn note(field: &str, label: &str) {
    if let Some(labels) = use_context::<Labels>() {
        let mut labels = labels.0.lock().unwrap_or_else(PoisonError::into_inner);
        labels.insert(field.to_owned(), label.to_owned());
    }
}

impl Labels {
    /// The message of a field with the field's name before it.
    pub(super) fn placed(&self, words: Words, field: &str, message: &str) -> String {
        let labels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(label) = labels.get(field) else { return message.to_owned() };
        // The parts of a quality item are called alike for all items.
        let item = field.split_once('-').and_then(|(_, key)| sla::registry().item(key));
        let label = match item {
            Some(item) => words.common_fault_part(item.label(words.0.sla()), label),
            None => label.clone(),
        };
        words.common_fault_placed(label, message)
    }
}
