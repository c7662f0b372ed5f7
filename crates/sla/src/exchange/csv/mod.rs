//! Offers as a table: one row for each offer, one column for each field.
//!
//! The columns come from the registry ([`columns`] lists them with their help); a file names those it
//! needs, in any order. Lists and nested fields are written in a short form people can type, or as
//! JSON in the cell. Reading makes the same document that a provider would upload, so that every
//! rule of documents holds and every fault is tied to its column.

mod cell;
mod columns;
mod layout;
mod read;
mod write;

pub use columns::{ColumnHelp, columns, documentation};
pub use read::read;
pub use write::{keeps_signature, write};

/// Whether a text begins like a table of offers: its first line names columns.
#[must_use]
pub fn is_table(text: &str) -> bool {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = char::from(read::delimiter(header));
    let mut names = header.split(delimiter).map(|name| name.trim().trim_matches('"'));
    !header.contains(": ") && names.any(|name| name == "name")
}
