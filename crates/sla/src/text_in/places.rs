//! Where the values of a text stand: line and column by JSON pointer, so that a fault can be shown at
//! its place. Leaves reading to `yaml` and `json`; JSON is read here as the YAML that it is.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser};
use serde::{Deserialize, Serialize};

use crate::node::{MAX_BYTES, MAX_DEPTH, MAX_NODES};

/// A place in a text, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// The places of a text's values by their pointers, as far as the text can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    by_pointer: BTreeMap<String, Place>,
}

impl Places {
    /// Finds the places of a YAML or JSON text; of several documents with the number of each in front, as
    /// faults have it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.len() > MAX_BYTES {
            return Self::default();
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut finder = Finder::default();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let (line, column) = (number(span.start.line()), number(span.start.col() + 1));
            if !finder.take(&event, Place { line, column }) {
                break;
            }
        }
        finder.finish()
    }

    /// Where a pointer leads; of what is not there, where the nearest thing around it begins.
    #[must_use]
    pub fn find(&self, pointer: &str) -> Option<Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.by_pointer.get(pointer) {
                return Some(*place);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }
}

#[derive(Default)]
struct Finder {
    /// How many documents have begun; those that hold nothing are passed over.
    documents: usize,
    open: Vec<Open>,
    found: Vec<(usize, String, Place)>,
    /// Elements of the list that stands alone at the top, which are documents by themselves.
    listed: Option<usize>,
}

/// A collection that has begun, its own pointer, and where in it we are.
struct Open {
    pointer: String,
    inside: Inside,
}

enum Inside {
    List(usize),
    /// The key that waits for its value, and where it stands.
    Map(Option<(String, Place)>),
}

impl Finder {
    /// Takes one event; `false`: the text is no document from here on.
    fn take(&mut self, event: &Event<'_>, at: Place) -> bool {
        match event {
            Event::Scalar(text, ..) => self.scalar(text, at),
            Event::SequenceStart(..) => self.begin(Inside::List(0), at),
            Event::MappingStart(..) => self.begin(Inside::Map(None), at),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { pointer, inside: Inside::List(elements) }) = self.open.pop()
                    && pointer.is_empty()
                {
                    self.listed = Some(elements);
                }
                true
            }
            Event::Alias(_) => false,
            _ => true,
        }
    }

    fn scalar(&mut self, text: &str, at: Place) -> bool {
        if let Some(Open { inside: Inside::Map(key @ None), .. }) = self.open.last_mut() {
            *key = Some((text.to_owned(), at));
            return true;
        }
        if self.open.is_empty() && !text.is_empty() {
            self.documents += 1;
        }
        self.place(at).is_some()
    }

    fn begin(&mut self, inside: Inside, at: Place) -> bool {
        if self.open.len() >= MAX_DEPTH {
            return false;
        }
        if self.open.is_empty() {
            self.documents += 1;
        }
        let Some((pointer, key)) = self.next() else { return false };
        // What is missing in a mapping is best told at its name.
        self.note(&pointer, key.unwrap_or(at));
        self.open.push(Open { pointer, inside });
        self.found.len() <= MAX_NODES
    }

    /// Notes a value that holds nothing else.
    fn place(&mut self, at: Place) -> Option<()> {
        let (pointer, key) = self.next()?;
        // On another line than its name only an empty or a wrapped one stands: it is told at its name.
        self.note(&pointer, key.filter(|key| key.line != at.line).unwrap_or(at));
        (self.found.len() <= MAX_NODES).then_some(())
    }

    fn note(&mut self, pointer: &str, at: Place) {
        let document = self.documents.saturating_sub(1);
        self.found.push((document, pointer.to_owned(), at));
    }

    /// The pointer of the value that comes now, and where its name stands.
    fn next(&mut self) -> Option<(String, Option<Place>)> {
        let Some(open) = self.open.last_mut() else { return Some((String::new(), None)) };
        match &mut open.inside {
            Inside::List(index) => {
                *index += 1;
                Some((format!("{}/{}", open.pointer, *index - 1), None))
            }
            Inside::Map(key) => {
                let (name, at) = key.take()?;
                let name = name.replace('~', "~0").replace('/', "~1");
                Some((format!("{}/{name}", open.pointer), Some(at)))
            }
        }
    }

    fn finish(self) -> Places {
        let several = self.documents > 1;
        // A list of one document is that document.
        let alone = !several && self.listed == Some(1);
        let mut places = Places::default();
        for (document, pointer, at) in self.found {
            let pointer = match pointer.strip_prefix("/0") {
                Some(inside) if alone => inside.to_owned(),
                _ if several => format!("/{document}{pointer}"),
                _ => pointer,
            };
            // Of a field that stands twice the second is the fault.
            places.by_pointer.insert(pointer, at);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str, pointer: &str) -> Option<(u32, u32)> {
        Places::of(text).find(pointer).map(|place| (place.line, place.column))
    }

    #[test]
    fn values_of_yaml_are_found_at_their_line_and_column() {
        let text = "a: 1\nb:\n  - c: x\n  - {d: y, e: [z]}\n\"q/r\": 2\n";
        assert_eq!(at(text, "/a"), Some((1, 4)));
        assert_eq!(at(text, "/b"), Some((2, 1)), "a collection is told at its name");
        assert_eq!(at(text, "/b/0/c"), Some((3, 8)));
        assert_eq!(at(text, "/b/1/e/0"), Some((4, 16)));
        assert_eq!(at(text, "/q~1r"), Some((5, 8)));
    }

    #[test]
    fn what_is_missing_is_told_at_what_should_hold_it() {
        let text = "metadata:\n  version: 1\nspec:\n  items: []\n";
        assert_eq!(at(text, "/metadata/name"), Some((1, 1)));
        assert_eq!(at(text, "/spec/items/3/value"), Some((4, 3)));
        assert_eq!(at(text, "/nothing"), Some((1, 1)), "the document itself");
    }

    #[test]
    fn json_and_several_documents_are_found_too() {
        let json = "{\n  \"a\": {\"b\": 1.5},\n  \"c\": [true]\n}";
        assert_eq!(at(json, "/a/b"), Some((2, 14)));
        assert_eq!(at(json, "/c/0"), Some((3, 9)));
        assert_eq!(at("[{\n\"a\": 1}]", "/a"), Some((2, 6)), "a list of one is that document");
        assert_eq!(at("[{\"a\": 1},\n{\"a\": 2}]", "/1/a"), Some((2, 7)));
        assert_eq!(at("a: 1\n---\na: 2\n", "/1/a"), Some((3, 4)));
    }

    #[test]
    fn a_text_that_ends_badly_is_found_as_far_as_it_can_be_read() {
        assert_eq!(at("a: 1\nb: [", "/a"), Some((1, 4)));
        assert_eq!(at("", "/a"), None);
        assert_eq!(at("a: 1\na: 2\n", "/a"), Some((2, 4)), "the second is the fault");
    }

    proptest! {
        #[test]
        fn any_text_is_passed_through(text in "[-:,#&*!|>'\"%@`?{}\\[\\] a1\\n]*") {
            let _ = Places::of(&text).find("/a/0");
        }
    }
}
