//! What pages about items say beside the registry: how a value is found, and where the item stands
//! in other standards. A file of its own, so that programs that do not ask for it leave it out.

use super::{ItemDef, built_in as own_items};
use crate::fault::{FaultCode, Faults};
use crate::node::Node;
use crate::read::cursor::{At, Fields, Sink};
use crate::read::scalar::{text, words_for_people};
use crate::{Text, text_in};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SOURCE: &str = include_str!("../../registry/notes.yaml");

static NOTES: LazyLock<Notes> = LazyLock::new(built_in);

/// The notes on all items, and the standards they point into.
#[derive(Debug)]
pub struct Notes {
    standards: Vec<Standard>,
    items: BTreeMap<String, ItemNotes>,
}

/// A standard, guideline or law that items point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// Short key, for programs.
    pub key: String,
    /// As shown to people.
    pub label: Text,
}

/// The notes on one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemNotes {
    /// How a value is found: the service level indicator.
    pub measured: Text,
    /// Where the item stands in other standards.
    pub maps: Vec<Mapping>,
}

/// One place in one standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Key of the standard.
    pub to: String,
    /// Section, metric, field or word of it.
    pub at: Text,
}

impl Notes {
    /// Every standard, in order.
    #[must_use]
    pub fn standards(&self) -> &[Standard] {
        &self.standards
    }

    /// The standard of this key.
    #[must_use]
    pub fn standard(&self, key: &str) -> Option<&Standard> {
        self.standards.iter().find(|standard| standard.key == key)
    }

    /// The notes on an item; every item of the registry has them.
    #[must_use]
    pub fn item(&self, key: &str) -> Option<&ItemNotes> {
        self.items.get(key)
    }
}

/// The notes that are compiled in.
#[must_use]
pub fn notes() -> &'static Notes {
    &NOTES
}

#[expect(clippy::panic, reason = "the notes are part of the program; a test parses them")]
fn built_in() -> Notes {
    match load(SOURCE) {
        Ok(notes) => notes,
        Err(faults) => panic!("registry/notes.yaml: {faults}"),
    }
}

fn load(source: &str) -> Result<Notes, Faults> {
    let nodes = text_in::parse(source)?;
    let mut sink = Sink::default();
    let empty = Node::Null;
    let notes = read(nodes.first().unwrap_or(&empty), &At::ROOT, &mut sink);
    match notes {
        Some(notes) if sink.faults.is_empty() => Ok(notes),
        _ => Err(Faults(sink.faults)),
    }
}

fn read(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Notes> {
    let mut fields = Fields::open(node, at, sink)?;
    let standards = fields.list(sink, "standards", standard);
    let entries = fields.list(sink, "items", item);
    fields.close(sink);
    let known = |mapping: &Mapping| standards.iter().any(|standard| standard.key == mapping.to);
    let whole = entries.iter().all(|(key, notes)| {
        own_items().item(key).is_some() && !notes.maps.is_empty() && notes.maps.iter().all(known)
    });
    let count = entries.len();
    let items: BTreeMap<_, _> = entries.into_iter().collect();
    if !whole || items.len() != count || count != own_items().items().len() {
        let message = "every item of the registry has notes once, into standards that are listed";
        let none: Vec<String> = Vec::new();
        return sink.fault(at, FaultCode::UnknownItem, None, none, message);
    }
    Some(Notes { standards, items })
}

fn standard(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Standard> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "key", text);
    let label = fields.required(sink, "label", words_for_people);
    fields.close(sink);
    Some(Standard { key: key?, label: label? })
}

fn item(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<(String, ItemNotes)> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "key", text);
    let measured = fields.required(sink, "measured", words_for_people);
    let maps = fields.list(sink, "maps", mapping);
    fields.close(sink);
    Some((key?, ItemNotes { measured: measured?, maps }))
}

fn mapping(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Mapping> {
    let mut fields = Fields::open(node, at, sink)?;
    let to = fields.required(sink, "to", text);
    let place = fields.required(sink, "at", words_for_people);
    fields.close(sink);
    Some(Mapping { to: to?, at: place? })
}

impl ItemDef {
    /// How a value is found and where the item stands in other standards.
    #[must_use]
    pub fn notes(&self) -> Option<&'static ItemNotes> {
        notes().item(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn every_item_says_in_both_languages_how_it_is_measured_and_where_else_it_stands() {
        for item in registry().items() {
            let notes = item.notes().unwrap();
            assert!(notes.measured.0.contains_key("en") && notes.measured.0.contains_key("ja"));
            assert!(!notes.maps.is_empty(), "{}", item.key);
            for mapping in &notes.maps {
                assert!(super::notes().standard(&mapping.to).is_some(), "{}", mapping.to);
            }
        }
        for standard in notes().standards() {
            let used = |item: &ItemDef| {
                item.notes()
                    .is_some_and(|notes| notes.maps.iter().any(|map| map.to == standard.key))
            };
            assert!(
                registry().items().iter().any(used),
                "{} is pointed at by nothing",
                standard.key
            );
        }
    }

    #[test]
    fn notes_on_something_else_are_refused() {
        assert!(load("standards: []\nitems: []\n").is_err());
        assert!(load("standards: []\nitems: [{key: no.such, measured: {en: a}}]\n").is_err());
    }
}
