//! Addresses of pages with the state of their view in the query. Pure.

use std::fmt;

use crate::format::percent_encode;

/// A path and the pairs of its query, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    /// A path without a query.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), pairs: Vec::new() }
    }

    /// Adds a pair; a name may stand several times.
    pub fn and(mut self, name: &str, value: impl Into<String>) -> Self {
        self.pairs.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a pair unless its value is empty.
    pub fn and_some(self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if value.is_empty() { self } else { self.and(name, value) }
    }

    /// Replaces every pair of that name by one.
    pub fn set(self, name: &str, value: impl Into<String>) -> Self {
        self.without(name).and(name, value)
    }

    /// Takes every pair of that name out.
    pub fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(known, _)| known != name);
        self
    }

    /// Takes one value of a name out.
    pub fn without_value(mut self, name: &str, value: &str) -> Self {
        self.pairs.retain(|(known, given)| known != name || given != value);
        self
    }

    /// The first value of a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Its pairs, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Whether anything stands in the query.
    pub fn is_plain(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// The address as it stands in a link; values are percent-encoded.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            let before = if index == 0 { '?' } else { '&' };
            write!(f, "{before}{}={}", percent_encode(name), percent_encode(value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_names_repeat() {
        let address = Address::new("/market").and("q", "a&b 雲").and("cert", "x").and("cert", "y");
        assert_eq!(address.to_string(), "/market?q=a%26b%20%E9%9B%B2&cert=x&cert=y");
        assert_eq!(address.without_value("cert", "x").without("q").to_string(), "/market?cert=y");
    }

    #[test]
    fn empty_values_leave_no_trace() {
        let address = Address::new("/market").and_some("q", "").and("page", "2").set("page", "3");
        assert_eq!(address.to_string(), "/market?page=3");
        assert!(address.without("page").is_plain());
    }
}
