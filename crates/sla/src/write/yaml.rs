//! Canonical YAML of a tree: block style, lists of words in one line, quotes where a reader of any
//! YAML version could take text for something else.

use super::json::{is_scalar, quote};
use crate::node::Node;

pub(super) fn print(node: &Node) -> String {
    let mut out = String::new();
    block(node, 0, &mut out);
    out
}

/// Prints a mapping or list whose first line is already indented; ends with a line break.
fn block(node: &Node, depth: usize, out: &mut String) {
    match node {
        Node::Map(entries) if !entries.is_empty() => {
            for (index, (name, node)) in entries.iter().enumerate() {
                if index > 0 {
                    indent(depth, out);
                }
                scalar_text(name, out);
                out.push(':');
                if is_block(node) {
                    out.push('\n');
                    indent(depth + 1, out);
                    block(node, depth + 1, out);
                } else {
                    out.push(' ');
                    flow(node, out);
                    out.push('\n');
                }
            }
        }
        Node::List(nodes) if is_block(node) => {
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    indent(depth, out);
                }
                out.push_str("- ");
                block(node, depth + 1, out);
            }
        }
        other => {
            flow(other, out);
            out.push('\n');
        }
    }
}

/// Whether a node takes lines of its own.
fn is_block(node: &Node) -> bool {
    match node {
        Node::Map(entries) => !entries.is_empty(),
        Node::List(nodes) => !nodes.iter().all(is_scalar),
        _ => false,
    }
}

fn flow(node: &Node, out: &mut String) {
    match node {
        Node::Null => out.push('~'),
        Node::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Node::Number(number) => out.push_str(&number.value.normalize().to_string()),
        Node::Text(text) => scalar_text(text, out),
        Node::List(nodes) => {
            out.push('[');
            for (index, node) in nodes.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                flow(node, out);
            }
            out.push(']');
        }
        Node::Map(_) => out.push_str("{}"),
    }
}

fn scalar_text(text: &str, out: &mut String) {
    // Words that YAML 1.1 takes for booleans or nothing; Norway is the famous one.
    const RESERVED: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+'))
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if plain { out.push_str(text) } else { quote(text, out) }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}
