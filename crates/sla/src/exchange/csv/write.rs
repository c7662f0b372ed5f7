//! From offers to a table that reads back as the same offers.

use super::cell::{self, Kind};
use super::layout::{self, ABOUT, FIXED, MARK, WORDS};
use crate::node::Node;
use crate::write::{compact, to_node};
use crate::{AsDocument, Offer, built_in};
use std::collections::{BTreeMap, BTreeSet};

/// Where a column stands: part, place in the part, name, place within the item.
type Order = (u8, usize, String, usize);

/// Writes offers as a table with the columns that any of them needs, in the order of the registry. A
/// signature that would not hold there is left out.
#[must_use]
pub fn write(offers: &[Offer]) -> String {
    let rows: Vec<BTreeMap<Order, String>> = offers.iter().map(cells).collect();
    let mut columns: BTreeSet<Order> = rows.iter().flat_map(|row| row.keys().cloned()).collect();
    // A table without rows still says what a row would begin with.
    columns.insert(order(0, 0, "name"));
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(columns.iter().map(|(_, _, name, _)| name));
    for row in &rows {
        let _ = out
            .write_record(columns.iter().map(|column| row.get(column).map_or("", String::as_str)));
    }
    let bytes = out.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether a signature still holds in a table: its items stand in the order of the registry, extensions
/// after them by name, and a signature is over the order in which they stood.
#[must_use]
pub fn keeps_signature(offer: &Offer) -> bool {
    let place = |item: &crate::OfferItem| {
        let known = built_in().item(&item.item);
        (known.map_or(usize::MAX, |known| known.position), item.item.clone())
    };
    offer.spec.items.is_sorted_by_key(place)
}

fn order(part: u8, place: usize, name: &str) -> Order {
    (part, place, name.to_owned(), 0)
}

/// The cells of an offer, by column.
fn cells(offer: &Offer) -> BTreeMap<Order, String> {
    let mut tree = to_node(&offer.to_document());
    let mut cells = BTreeMap::new();
    if !keeps_signature(offer) {
        let _ = take(&mut tree, &["metadata", "signature"]);
    }
    for (at, column) in FIXED.iter().enumerate() {
        if let Some(node) = take(&mut tree, column.path) {
            cells.insert(order(part_of(at), at, column.name), cell::write(column.kind, &node));
        }
    }
    for (at, (word, _)) in WORDS.iter().enumerate() {
        let Some(Node::Map(texts)) = take(&mut tree, &["metadata", word]) else { continue };
        for (language, text) in texts {
            let name = format!("{word}.{language}");
            cells.insert(order(1, at, &name), cell::write(Kind::Prose, &text));
        }
    }
    if let Some(Node::List(items)) = take(&mut tree, &["spec", "items"]) {
        items.into_iter().for_each(|item| item_cells(item, &mut cells));
    }
    for part in ["metadata", "spec"] {
        let rest = take(&mut tree, &[part]).map(pruned);
        if let Some(rest) =
            rest.filter(|rest| !matches!(rest, Node::Map(entries) if entries.is_empty()))
        {
            cells.insert(order(9, 0, &format!("{part}{MARK}{}", layout::MORE)), compact(&rest));
        }
    }
    cells
}

/// Name, provider and version come before the titles, everything else after them.
const fn part_of(at: usize) -> u8 {
    if at < 6 { 0 } else { 2 }
}

fn item_cells(item: Node, cells: &mut BTreeMap<Order, String>) {
    let Node::Map(mut fields) = item else { return };
    let mut field = |name: &str| {
        let at = fields.iter().position(|(key, _)| key == name)?;
        Some(fields.remove(at).1)
    };
    let Some(Node::Text(key)) = field("item") else { return };
    let known = built_in().item(&key);
    let (part, place) = known.map_or((4, 0), |item| (3, item.position));
    let value = field("value").map(|node| cell::write(layout::value_kind(known), &node));
    let value = match (field("scheme"), value) {
        (Some(Node::Text(scheme)), Some(level)) => Some(format!("{scheme}{MARK}{level}")),
        (_, value) => value,
    };
    cells.insert((part, place, key.clone(), 0), value.unwrap_or_default());
    for (at, (name, path, kind, _)) in
        ABOUT.iter().enumerate().filter(|(_, (_, path, ..))| !path.is_empty())
    {
        if let Some(node) = field(path) {
            let column = format!("{key}{MARK}{name}");
            cells.insert((part, place, column, at + 1), cell::write(*kind, &node));
        }
    }
    if !fields.is_empty() {
        let column = format!("{key}{MARK}{}", layout::MORE);
        cells.insert((part, place, column, ABOUT.len()), compact(&Node::Map(fields)));
    }
}

/// Takes a field out of a tree.
fn take(node: &mut Node, path: &[&str]) -> Option<Node> {
    let Node::Map(entries) = node else { return None };
    let [name, rest @ ..] = path else { return None };
    let at = entries.iter().position(|(key, _)| key == name)?;
    if rest.is_empty() {
        return Some(entries.remove(at).1);
    }
    take(&mut entries.get_mut(at)?.1, rest)
}

/// Drops mappings from which everything was taken.
fn pruned(node: Node) -> Node {
    match node {
        Node::Map(entries) => {
            let entries = entries.into_iter().map(|(name, node)| (name, pruned(node)));
            Node::Map(
                entries
                    .filter(|(_, node)| !matches!(node, Node::Map(inner) if inner.is_empty()))
                    .collect(),
            )
        }
        other => other,
    }
}
