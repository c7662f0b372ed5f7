//! What is wrong with a document, all of it at once, and what was changed with a notice.
//! Leaves the finding to `read`; translating by `code` is the caller's.

use crate::Expected;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

crate::words::words! {
    /// Stable reason of a fault; pages translate by it.
    FaultCode {
        /// The text is neither YAML nor JSON.
        Syntax = "syntax",
        /// The text is longer, deeper or fuller than a document may be.
        TooLarge = "too_large",
        /// Nothing was found where a document was expected.
        Empty = "empty",
        /// One document was expected, several were found.
        TooMany = "too_many",
        /// The same field stands twice in one mapping.
        DuplicateField = "duplicate_field",
        /// A field that the schema does not know.
        UnknownField = "unknown_field",
        /// A field that must be there is not.
        Missing = "missing",
        /// The value has the wrong shape, for example a list instead of a number.
        WrongType = "wrong_type",
        /// A word outside a closed list.
        UnknownWord = "unknown_word",
        /// `apiVersion` or `kind` is not one this version reads.
        UnknownKind = "unknown_kind",
        /// The item key is not in the registry.
        UnknownItem = "unknown_item",
        /// The same item stands twice in one list.
        DuplicateItem = "duplicate_item",
        /// The level is not in the item's or scheme's list.
        UnknownLevel = "unknown_level",
        /// The member is not in the item's list.
        UnknownMember = "unknown_member",
        /// The security scheme is not in the registry.
        UnknownScheme = "unknown_scheme",
        /// The text is not an exact number.
        NotANumber = "not_a_number",
        /// The unit does not belong to the item.
        WrongUnit = "wrong_unit",
        /// The number is outside the allowed range.
        OutOfRange = "out_of_range",
        /// The operator does not fit the item's type.
        WrongOperator = "wrong_operator",
        /// The text does not follow the required form (name, date, country, URL).
        WrongForm = "wrong_form",
        /// The text is empty or only spaces.
        EmptyText = "empty_text",
        /// The text has more characters than the field takes.
        TextTooLong = "text_too_long",
        /// The text holds characters that nobody can see, such as U+0000.
        ControlCharacter = "control_character",
        /// The commitment class needs something that is not declared.
        Unsupported = "unsupported",
        /// A row of a table has another number of cells than its header.
        CellCount = "cell_count",
        /// A quotation mark opens a cell of a table and is never closed.
        OpenQuote = "open_quote",
        /// A row of a checklist has a name that the checklist does not know, and an answer.
        UnknownRow = "unknown_row",
        /// Two fields of the document contradict each other.
        Contradiction = "contradiction",
    }
}

/// One fault: where, what was found, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// JSON pointer (RFC 6901), for example `/spec/items/3/value`. Where a text holds several
    /// documents it begins with the document's index: `/1/spec/items/3/value`.
    pub path: String,
    /// Stable reason.
    pub code: FaultCode,
    /// What was found, shortened; absent where nothing was.
    pub found: Option<String>,
    /// What is allowed: a list of words, or one sentence.
    pub allowed: Vec<String>,
    /// The same for pages that say it in another language; absent where `allowed` are words.
    pub expected: Option<Expected>,
    /// One English sentence, lower case, without a full stop.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(f, "{path}: {}", self.message)?;
        if let Some(found) = &self.found {
            write!(f, "; found `{found}`")?;
        }
        if !self.allowed.is_empty() {
            write!(f, "; allowed: {}", self.allowed.join(", "))?;
        }
        Ok(())
    }
}

/// Every fault of a text, in reading order; never empty when returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{}", self.lines())]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Goes through the faults in reading order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a fault stands at this JSON pointer.
    pub fn at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Fault> {
        self.0.iter().filter(move |fault| fault.path == path)
    }

    fn lines(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

crate::words::words! {
    /// Stable reason of a notice.
    NoticeCode {
        /// SAS 70 was withdrawn in 2011; its place is taken by today's reports.
        Sas70Rewritten = "sas70_rewritten",
        /// An item that the broker derives or computes was declared by a provider.
        DerivedDeclared = "derived_declared",
    }
}

/// Something that was changed or is worth saying, without being a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// JSON pointer, as in `Fault`.
    pub path: String,
    /// Stable reason.
    pub code: NoticeCode,
    /// One English sentence, lower case, without a full stop.
    pub message: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
