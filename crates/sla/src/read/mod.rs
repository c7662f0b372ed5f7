//! From trees to documents: every rule of the schema, every fault at once.

pub(crate) mod cursor;
mod evidence;
pub(crate) mod limits;
mod metadata;
mod offer;
mod price;
mod profile;
mod remedy;
mod requirement;
pub(crate) mod sas70;
pub(crate) mod scalar;
mod service;
#[cfg(test)]
mod tests;
pub(crate) mod value;

use crate::fault::{Fault, FaultCode, Faults, Notice};
use crate::node::Node;
use crate::{API_VERSION, Document, DocumentKind, Expected, Offer, Requirement, text_in};
use cursor::{At, Fields, Sink};

/// What a text holds: documents, and notices about what was changed in reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The documents, in order, at least one.
    pub documents: Vec<Document>,
    /// What was changed or is worth saying.
    pub notices: Vec<Notice>,
}

/// Reads every document of a YAML or JSON text (several YAML documents, or a JSON array), and the
/// notices.
///
/// # Errors
/// Every fault of every document; then no document is given.
pub fn parse(text: &str) -> Result<Parsed, Faults> {
    let nodes = text_in::parse(text)?;
    let mut sink = Sink::default();
    let several = nodes.len() > 1;
    let documents: Vec<_> = nodes
        .iter()
        .enumerate()
        .filter_map(|(index, node)| {
            let numbered = At::ROOT.index(index);
            document(node, if several { &numbered } else { &At::ROOT }, &mut sink)
        })
        .collect();
    if nodes.is_empty() {
        let message = "the text holds no document";
        sink.fault::<()>(&At::ROOT, FaultCode::Empty, None, Expected::Document, message);
    }
    if sink.faults.is_empty() {
        Ok(Parsed { documents, notices: sink.notices })
    } else {
        Err(Faults(sink.faults))
    }
}

/// Reads every document of a text on its own: those that are right, in the order of the text, and the faults of the
/// others, whose paths begin with the document's index if it has several.
///
/// # Errors
/// The text as a whole cannot be read, or holds no document.
pub(crate) fn parse_each(text: &str) -> Result<(Vec<Option<Document>>, Vec<Fault>), Faults> {
    let nodes = text_in::parse(text)?;
    let several = nodes.len() > 1;
    let (mut documents, mut faults) = (Vec::with_capacity(nodes.len()), Vec::new());
    for (index, node) in nodes.iter().enumerate() {
        let mut sink = Sink::default();
        let numbered = At::ROOT.index(index);
        let read = document(node, if several { &numbered } else { &At::ROOT }, &mut sink);
        documents.push(read.filter(|_| sink.faults.is_empty()));
        faults.extend(sink.faults);
    }
    if nodes.is_empty() {
        let mut sink = Sink::default();
        let message = "the text holds no document";
        sink.fault::<()>(&At::ROOT, FaultCode::Empty, None, Expected::Document, message);
        return Err(Faults(sink.faults));
    }
    Ok((documents, faults))
}

/// Reads every document of a text; see [`parse`] for the notices.
///
/// # Errors
/// Every fault of every document.
pub fn parse_documents(text: &str) -> Result<Vec<Document>, Faults> {
    parse(text).map(|parsed| parsed.documents)
}

/// Reads the one offer of a text.
///
/// # Errors
/// Every fault, or that the text holds something else.
pub fn parse_offer(text: &str) -> Result<Offer, Faults> {
    match single(text)? {
        Document::Offer(offer) => Ok(offer),
        Document::Requirement(_) => Err(other_kind(DocumentKind::Requirement, DocumentKind::Offer)),
    }
}

/// Reads the one requirement of a text.
///
/// # Errors
/// Every fault, or that the text holds something else.
pub fn parse_requirement(text: &str) -> Result<Requirement, Faults> {
    match single(text)? {
        Document::Requirement(requirement) => Ok(requirement),
        Document::Offer(_) => Err(other_kind(DocumentKind::Offer, DocumentKind::Requirement)),
    }
}

fn single(text: &str) -> Result<Document, Faults> {
    let mut documents = parse_documents(text)?;
    match documents.pop() {
        Some(document) if documents.is_empty() => Ok(document),
        _ => {
            let mut sink = Sink::default();
            let message = format!("expected one document, found {}", documents.len() + 1);
            let found = Node::text((documents.len() + 1).to_string());
            let (code, expected) = (FaultCode::TooMany, Expected::OneDocument);
            sink.fault::<()>(&At::ROOT, code, Some(&found), expected, message);
            Err(Faults(sink.faults))
        }
    }
}

fn other_kind(found: DocumentKind, expected: DocumentKind) -> Faults {
    let mut sink = Sink::default();
    let allowed = vec![expected.to_string()];
    let (at, node) = (At::ROOT, Node::text(found.as_str()));
    let message = "the document is of the other kind";
    sink.fault::<()>(&at.field("kind"), FaultCode::UnknownKind, Some(&node), allowed, message);
    Faults(sink.faults)
}

/// Reads a tree as a document; faults carry no document index.
pub(crate) fn from_node(node: &Node) -> Result<Document, Faults> {
    let mut sink = Sink::default();
    match document(node, &At::ROOT, &mut sink) {
        Some(document) if sink.faults.is_empty() => Ok(document),
        _ => Err(Faults(sink.faults)),
    }
}

fn document(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Document> {
    if !matches!(node, Node::Map(_)) {
        return sink.wrong_type(at, node, Expected::Document);
    }
    let mut fields = Fields::open(node, at, sink)?;
    fields.required(sink, "apiVersion", |node, at, sink| {
        let known = *node == Node::text(API_VERSION);
        let allowed = vec![API_VERSION.to_owned()];
        let message = "unknown version of the document format";
        known
            .then_some(())
            .or_else(|| sink.fault(at, FaultCode::UnknownKind, Some(node), allowed, message))
    });
    let kind = fields.required(sink, "kind", |node, at, sink| {
        let kind = match node {
            Node::Text(text) => DocumentKind::from_word(text),
            _ => None,
        };
        let allowed: Vec<String> = DocumentKind::WORDS.iter().map(ToString::to_string).collect();
        let message = "unknown kind of document";
        kind.or_else(|| sink.fault(at, FaultCode::UnknownKind, Some(node), allowed, message))
    });
    let metadata = fields.required(sink, "metadata", metadata::metadata);
    let document = match kind {
        Some(DocumentKind::Offer) => {
            let spec = fields.required(sink, "spec", offer::spec);
            spec.zip(metadata).map(|(spec, metadata)| Document::Offer(Offer { metadata, spec }))
        }
        Some(DocumentKind::Requirement) => {
            let spec = fields.required(sink, "spec", requirement::spec);
            spec.zip(metadata)
                .map(|(spec, metadata)| Document::Requirement(Requirement { metadata, spec }))
        }
        None => {
            fields.node("spec");
            None
        }
    };
    fields.close(sink);
    document
}
