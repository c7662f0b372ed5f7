//! From documents to text: canonical YAML for people, JSON for programs, sorted JSON for hashing.

mod jcs;
mod json;
mod nodes;
#[cfg(test)]
pub(crate) mod tests;
mod yaml;

pub(crate) use nodes::to_node;

use crate::{Document, Faults, Offer, Requirement};

/// Anything that is, or can be shown as, a whole document.
pub trait AsDocument {
    /// A copy as either kind of document.
    fn to_document(&self) -> Document;
}

impl AsDocument for Document {
    fn to_document(&self) -> Document {
        self.clone()
    }
}

impl AsDocument for Offer {
    fn to_document(&self) -> Document {
        Document::Offer(self.clone())
    }
}

impl AsDocument for Requirement {
    fn to_document(&self) -> Document {
        Document::Requirement(self.clone())
    }
}

/// Prints YAML in the order of the schema; reading it gives the same document.
#[must_use]
pub fn to_yaml(document: &impl AsDocument) -> String {
    yaml::print(&to_node(&document.to_document()))
}

/// Prints indented JSON in the order of the schema, numbers with their exact digits.
#[must_use]
pub fn to_json(document: &impl AsDocument) -> String {
    json::pretty(&to_node(&document.to_document()))
}

/// Prints JSON for hashing and signing by RFC 8785: keys sorted by UTF-16, no spaces, numbers as
/// ECMAScript writes them, no needless escapes; sets are sorted. Equal documents give equal bytes,
/// however they were written. The signature is left out, because it signs the rest.
#[must_use]
pub fn canonical_json(document: &impl AsDocument) -> String {
    let mut document = document.to_document();
    match &mut document {
        Document::Offer(offer) => offer.metadata.signature = None,
        Document::Requirement(requirement) => requirement.metadata.signature = None,
    }
    jcs::canonical(&to_node(&document))
}

/// Prints the same with the signature: without `metadata.signature` it is the canonical JSON, byte by
/// byte, so that signature and hash can be checked by whoever gets it.
#[must_use]
pub fn signed_json(document: &impl AsDocument) -> String {
    jcs::canonical(&to_node(&document.to_document()))
}

/// Checks a document that was built or changed in code, by every rule that reading applies.
///
/// # Errors
/// Every fault, with the same paths as for text.
pub fn validate(document: &impl AsDocument) -> Result<(), Faults> {
    crate::read::from_node(&to_node(&document.to_document())).map(|_| ())
}

/// A tree as JSON in one line, numbers with their exact digits.
#[cfg(feature = "exchange")]
pub(crate) fn compact(node: &crate::node::Node) -> String {
    json::compact(node)
}

/// A tree as YAML.
#[cfg(feature = "exchange")]
pub(crate) fn yaml_of(node: &crate::node::Node) -> String {
    yaml::print(node)
}
