//! Walking a tree while collecting faults: where we are, what was wrong, which fields are known.
//! Knows nothing of the schema.

use crate::Expected;
use crate::expected::Allowed;
use crate::fault::{Fault, FaultCode, Notice, NoticeCode};
use crate::nearest::nearest;
use crate::node::Node;
use std::collections::BTreeSet;

/// The place in the tree, kept on the stack and written out only for a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    pub(crate) const ROOT: At<'static> = At { parent: None, step: Step::Root };

    pub(crate) const fn field(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Field(name) }
    }

    pub(crate) const fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index) }
    }

    /// The JSON pointer (RFC 6901).
    pub(crate) fn pointer(&self) -> String {
        let mut out = self.parent.map(At::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                out.push('/');
                out.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
        out
    }
}

/// What was found wrong, and what was changed, so far.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) faults: Vec<Fault>,
    pub(crate) notices: Vec<Notice>,
}

/// More faults than this help nobody.
const MAX_FAULTS: usize = 500;

impl Sink {
    /// Notes a fault and gives `None`, so that a reader can end with it.
    pub(crate) fn fault<T>(
        &mut self,
        at: &At<'_>,
        code: FaultCode,
        found: Option<&Node>,
        allowed: impl Into<Allowed>,
        message: impl Into<String>,
    ) -> Option<T> {
        if self.faults.len() < MAX_FAULTS {
            let found = found.map(shorten);
            let message = message.into();
            let (path, Allowed { words: allowed, expected }) = (at.pointer(), allowed.into());
            self.faults.push(Fault { path, code, found, allowed, expected, message });
        }
        None
    }

    pub(crate) fn notice(&mut self, at: &At<'_>, code: NoticeCode, message: impl Into<String>) {
        self.notices.push(Notice { path: at.pointer(), code, message: message.into() });
    }

    pub(crate) fn wrong_type<T>(
        &mut self,
        at: &At<'_>,
        found: &Node,
        allowed: impl Into<Allowed>,
    ) -> Option<T> {
        let allowed = allowed.into();
        let message = format!("expected {allowed}, found {}", found.describe());
        self.fault(at, FaultCode::WrongType, Some(found), allowed, message)
    }
}

/// What was found, in at most 60 characters.
fn shorten(node: &Node) -> String {
    let text = match node {
        // Nothing between quotes is something that was found.
        Node::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Node::Text(text) => text.clone(),
        Node::Number(number) => number.text.clone(),
        Node::Bool(yes) => yes.to_string(),
        other => other.describe().to_owned(),
    };
    if text.chars().count() <= 60 {
        return text;
    }
    text.chars().take(59).chain(['…']).collect()
}

/// The fields of one mapping. Every field is asked for once; `close` reports those nobody asked for.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    entries: &'a [(String, Node)],
    at: &'a At<'a>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Opens a mapping and reports fields that stand twice.
    pub(crate) fn open(node: &'a Node, at: &'a At<'a>, sink: &mut Sink) -> Option<Self> {
        let Node::Map(entries) = node else {
            return sink.wrong_type(at, node, Expected::Mapping);
        };
        for (index, (name, _)) in entries.iter().enumerate() {
            if entries.iter().take(index).any(|(other, _)| other == name) {
                let code = FaultCode::DuplicateField;
                let message = format!("the field `{name}` stands twice");
                let found = Node::text(name.as_str());
                sink.fault::<()>(&at.field(name), code, Some(&found), Expected::Once, message);
            }
        }
        Some(Self { entries, at, known: Vec::new() })
    }

    /// Where the mapping stands.
    pub(crate) const fn at(&self) -> &'a At<'a> {
        self.at
    }

    /// Whether a field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, node)| key == name && *node != Node::Null)
    }

    /// The node of a field that another rule looks at; absent or null is `None`.
    pub(crate) fn peek(&self, name: &str) -> Option<&'a Node> {
        let entry = self.entries.iter().find(|(key, _)| key == name);
        entry.map(|(_, node)| node).filter(|node| **node != Node::Null)
    }

    /// The node of a field, unless absent or null.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<&'a Node> {
        self.known.push(name);
        self.peek(name)
    }

    /// Reports entries of a list field whose `name` was seen before in the list.
    pub(crate) fn unique(&self, sink: &mut Sink, list: &str, name: &str, code: FaultCode) {
        let entry = self.entries.iter().find(|(key, _)| key == list);
        let Some((_, Node::List(nodes))) = entry else { return };
        let at = self.at.field(list);
        let mut seen = BTreeSet::new();
        for (index, node) in nodes.iter().enumerate() {
            let found = node.get(name);
            let Some(Node::Text(word)) = found else { continue };
            if !seen.insert(word) {
                let message = format!("`{word}` stands twice in the list");
                let at = at.index(index);
                sink.fault::<()>(&at.field(name), code, found, Expected::Once, message);
            }
        }
    }

    pub(crate) fn optional<T>(
        &mut self,
        sink: &mut Sink,
        name: &'static str,
        read: impl FnOnce(&Node, &At<'_>, &mut Sink) -> Option<T>,
    ) -> Option<T> {
        let at = self.at.field(name);
        self.node(name).and_then(|node| read(node, &at, sink))
    }

    pub(crate) fn required<T>(
        &mut self,
        sink: &mut Sink,
        name: &'static str,
        read: impl FnOnce(&Node, &At<'_>, &mut Sink) -> Option<T>,
    ) -> Option<T> {
        let at = self.at.field(name);
        match self.node(name) {
            Some(node) => read(node, &at, sink),
            None => {
                // What the field would take is what it says to nothing.
                let mut probe = Sink::default();
                let _ = read(&Node::Null, &at, &mut probe);
                let allowed = match probe.faults.into_iter().next() {
                    Some(fault) => Allowed { words: fault.allowed, expected: fault.expected },
                    None => Expected::Value.into(),
                };
                let message = format!("the field `{name}` is missing");
                sink.fault(&at, FaultCode::Missing, None, allowed, message)
            }
        }
    }

    /// The entries of a list field that can be read; absent is empty.
    pub(crate) fn list<T>(
        &mut self,
        sink: &mut Sink,
        name: &'static str,
        read: impl FnMut(&Node, &At<'_>, &mut Sink) -> Option<T>,
    ) -> Vec<T> {
        self.optional(sink, name, |node, at, sink| list(node, at, sink, read)).unwrap_or_default()
    }

    /// Reports every field that was not asked for.
    pub(crate) fn close(self, sink: &mut Sink) {
        for (name, _) in self.entries {
            if self.known.contains(&name.as_str()) {
                continue;
            }
            let allowed: Vec<String> = self.known.iter().map(ToString::to_string).collect();
            let message = match nearest(name, self.known.iter().copied()) {
                Some(meant) => format!("unknown field `{name}`; did you mean `{meant}`?"),
                None => format!("unknown field `{name}`"),
            };
            let (at, found) = (self.at.field(name), Node::text(name.as_str()));
            sink.fault::<()>(&at, FaultCode::UnknownField, Some(&found), allowed, message);
        }
    }
}

/// The entries of a list that can be read.
pub(crate) fn list<T>(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    mut read: impl FnMut(&Node, &At<'_>, &mut Sink) -> Option<T>,
) -> Option<Vec<T>> {
    let Node::List(nodes) = node else {
        return sink.wrong_type(at, node, Expected::List);
    };
    let entries = nodes.iter().enumerate();
    Some(entries.filter_map(|(index, node)| read(node, &at.index(index), sink)).collect())
}
