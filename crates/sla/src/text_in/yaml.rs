//! YAML 1.2 as trees: core schema, scalars kept as written, aliases and tags refused.

use super::TextFault;
use crate::fault::FaultCode;
use crate::node::{MAX_DEPTH, MAX_NODES, Node};
use granit_parser::{Event, Parser, ScalarStyle};

pub(super) fn parse(text: &str) -> Result<Vec<Node>, TextFault> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|fault| TextFault {
            code: FaultCode::Syntax,
            line: fault.marker().line(),
            column: fault.marker().col() + 1,
            message: format!("not YAML: {}", fault.info()),
        })?;
        builder.take(event).map_err(|(code, message)| TextFault {
            code,
            line: span.start.line(),
            column: span.start.col() + 1,
            message: message.to_owned(),
        })?;
    }
    Ok(builder.documents)
}

type Refusal = (FaultCode, &'static str);

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    nodes: usize,
}

/// A collection that has begun; a mapping waits for a key or for the value of one.
enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), Refusal> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain_node(anchor, tag.is_some())?;
                self.place(scalar(&text, style))
            }
            Event::SequenceStart(_, anchor, tag) => {
                plain_node(anchor, tag.is_some())?;
                self.begin(Open::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                plain_node(anchor, tag.is_some())?;
                self.begin(Open::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(nodes)) => self.place(Node::List(nodes)),
                Some(Open::Map(entries, _)) => self.place(Node::Map(entries)),
                None => Err((FaultCode::Syntax, "a collection ends that did not begin")),
            },
            Event::Alias(_) => {
                Err((FaultCode::Syntax, "aliases are not read: write the value out"))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), Refusal> {
        if self.open.len() >= MAX_DEPTH {
            return Err((FaultCode::TooLarge, "nested too deeply"));
        }
        if matches!(self.open.last(), Some(Open::Map(_, None))) {
            return Err((FaultCode::Syntax, "a field name must be text"));
        }
        self.open.push(open);
        Ok(())
    }

    fn place(&mut self, node: Node) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err((FaultCode::TooLarge, "too many values"));
        }
        match self.open.last_mut() {
            // `---` with nothing after it is no document.
            None if node == Node::Null => {}
            None => self.documents.push(node),
            Some(Open::List(nodes)) => nodes.push(node),
            Some(Open::Map(entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(field_name(node)?),
            },
        }
        Ok(())
    }
}

fn plain_node(anchor: usize, tagged: bool) -> Result<(), Refusal> {
    if anchor != 0 {
        return Err((FaultCode::Syntax, "anchors are not read: write the value out"));
    }
    if tagged {
        return Err((FaultCode::Syntax, "tags are not read"));
    }
    Ok(())
}

fn field_name(node: Node) -> Result<String, Refusal> {
    match node {
        Node::Text(text) => Ok(text),
        Node::Number(number) => Ok(number.text),
        Node::Bool(true) => Ok("true".to_owned()),
        Node::Bool(false) => Ok("false".to_owned()),
        _ => Err((FaultCode::Syntax, "a field name must be text")),
    }
}

/// Reads a scalar by the core schema, decimal numbers only.
fn scalar(text: &str, style: ScalarStyle) -> Node {
    if style != ScalarStyle::Plain {
        return Node::text(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" => Node::Bool(true),
        "false" | "False" | "FALSE" => Node::Bool(false),
        _ => Node::from_number_text(text).unwrap_or_else(|| Node::text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn several_documents_and_exact_scalars_are_read() {
        let nodes = parse("a: 0.1\n---\n# nothing\n---\n- NO\n- '1'\n- 8.40\n- ~\n").unwrap();
        assert_eq!(nodes.len(), 2);
        assert_eq!(nodes[0].get("a"), Node::from_number_text("0.1").as_ref());
        let Node::List(items) = &nodes[1] else { panic!("not a list") };
        assert_eq!(items[..2], [Node::text("NO"), Node::text("1")]);
        assert!(matches!(&items[2], Node::Number(number) if number.text == "8.40"));
        assert_eq!(items[3], Node::Null);
    }

    #[test]
    fn anchors_aliases_tags_and_odd_keys_are_refused() {
        for bad in ["a: &x 1", "a: *x", "a: !!str 1", "? [a]\n: 1", "a: [", "{a: 1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(parse(&deep).unwrap_err().code, FaultCode::TooLarge);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\PC\\n\\t]*") {
            let _ = parse(&text);
        }

        #[test]
        fn any_yaml_like_text_is_read_or_refused(text in "[-:,#&*!|>'\"%@`?{}\\[\\] a1\\n]*") {
            let _ = parse(&text);
        }
    }
}
