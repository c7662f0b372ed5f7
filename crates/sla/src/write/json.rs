//! JSON text of a tree, numbers with their exact digits.

use crate::node::Node;
use std::fmt::Write as _;

pub(super) fn pretty(node: &Node) -> String {
    let mut out = String::new();
    print(node, Some(0), &mut out);
    out.push('\n');
    out
}

/// One line without spaces.
#[cfg(feature = "exchange")]
pub(super) fn compact(node: &Node) -> String {
    let mut out = String::new();
    print(node, None, &mut out);
    out
}

/// `indent` is the depth, or none for text without spaces.
fn print(node: &Node, indent: Option<usize>, out: &mut String) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Node::Number(number) => out.push_str(&number.value.normalize().to_string()),
        Node::Text(text) => quote(text, out),
        Node::List(nodes) => {
            // Lists of words are read more easily in one line.
            let inner =
                if nodes.iter().all(is_scalar) { None } else { indent.map(|depth| depth + 1) };
            surround(['[', ']'], nodes, indent.filter(|_| inner.is_some()), out, |node, out| {
                print(node, inner, out);
            });
        }
        Node::Map(entries) => {
            let inner = indent.map(|depth| depth + 1);
            surround(['{', '}'], entries, indent, out, |(name, node), out| {
                quote(name, out);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                print(node, inner, out);
            });
        }
    }
}

fn surround<T>(
    [open, close]: [char; 2],
    entries: &[T],
    indent: Option<usize>,
    out: &mut String,
    mut entry: impl FnMut(&T, &mut String),
) {
    out.push(open);
    for (index, each) in entries.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if let Some(depth) = indent {
            new_line(depth + 1, out);
        }
        entry(each, out);
    }
    if let (Some(depth), false) = (indent, entries.is_empty()) {
        new_line(depth, out);
    }
    out.push(close);
}

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

pub(super) const fn is_scalar(node: &Node) -> bool {
    !matches!(node, Node::List(_) | Node::Map(_))
}

/// A JSON string that is a YAML double-quoted scalar as well.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_plain(c) => out.push(c),
            // Everything else that must be escaped lies in the first plane.
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
}

/// Characters that both YAML and JSON show as they are, without line separators and byte-order marks.
const fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}
