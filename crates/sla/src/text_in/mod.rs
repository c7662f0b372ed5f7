//! From text to trees: YAML (several documents) and JSON. Leaves the schema to `read`.

mod json;
mod places;
mod yaml;

pub use places::{Place, Places};

use crate::Expected;
use crate::fault::{Fault, FaultCode, Faults};
use crate::node::{MAX_BYTES, Node};

/// Why a text is no tree: `line` and `column` from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextFault {
    pub(crate) code: FaultCode,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl From<TextFault> for Faults {
    fn from(fault: TextFault) -> Self {
        let TextFault { code, line, column, message } = fault;
        let message =
            if line == 0 { message } else { format!("{message} (line {line}, column {column})") };
        let place = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let expected = match code {
            FaultCode::TooLarge => Expected::Smaller,
            _ => Expected::Syntax { line: place(line), column: place(column) },
        };
        Self(vec![Fault {
            path: String::new(),
            code,
            found: None,
            allowed: vec![expected.to_string()],
            expected: Some(expected),
            message,
        }])
    }
}

/// Reads every document of a text. Text that begins like JSON is read as JSON first; an array at the
/// top holds several documents. Empty YAML documents are passed over.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, Faults> {
    if text.len() > MAX_BYTES {
        let message = format!("the text is longer than {MAX_BYTES} bytes");
        return Err(TextFault { code: FaultCode::TooLarge, line: 0, column: 0, message }.into());
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(yaml::parse(text)?);
    }
    match json::parse(text) {
        // An empty list holds no document: it is told as what it is.
        Ok(Node::List(documents)) if !documents.is_empty() => Ok(documents),
        Ok(document) => Ok(vec![document]),
        // YAML's flow style begins like JSON; the JSON fault is the clearer one if both fail.
        Err(fault) => Ok(yaml::parse(text).map_err(|_| fault)?),
    }
}

/// Reads one JSON value and nothing else.
#[cfg(feature = "exchange")]
pub(crate) fn parse_json(text: &str) -> Option<Node> {
    if text.len() > MAX_BYTES { None } else { json::parse(text).ok() }
}
