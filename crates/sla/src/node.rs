//! The plain tree behind YAML and JSON, with numbers as written. Knows nothing of the schema.

use crate::decimal::parse_decimal;
use rust_decimal::Decimal;

/// One value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    /// In the order written; a key may stand twice, which the reader reports.
    Map(Vec<(String, Self)>),
}

/// A number and the text it was read from: `8.40` is a number in one field and a version in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) text: String,
    pub(crate) value: Decimal,
}

/// Bounds that keep hostile input cheap; the largest real document so far has 400 nodes.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;
pub(crate) const MAX_NODES: usize = 400_000;
pub(crate) const MAX_DEPTH: usize = 32;

impl Node {
    pub(crate) fn number(value: Decimal) -> Self {
        let value = value.normalize();
        Self::Number(Number { text: value.to_string(), value })
    }

    pub(crate) fn integer(value: impl Into<Decimal>) -> Self {
        Self::number(value.into())
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number if the text is one, as unquoted YAML and JSON numbers are.
    pub(crate) fn from_number_text(text: &str) -> Option<Self> {
        let value = parse_decimal(text)?;
        Some(Self::Number(Number { text: text.to_owned(), value }))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// What the node is, in words for a fault.
    pub(crate) const fn describe(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}
