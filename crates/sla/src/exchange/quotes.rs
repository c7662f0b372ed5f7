//! Cells that begin with a quotation mark and have none at their end: they swallow the rest of a
//! table without a word, so they are looked for before its rows are taken.

use super::report::fault;
use crate::{Expected, Fault, FaultCode};

/// Where a quotation mark opens and is never closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenQuote {
    /// Row as a spreadsheet counts.
    pub row: usize,
    /// Number of the cell in its row, from 0.
    pub cell: usize,
    /// What stands behind the mark.
    text: String,
}

impl OpenQuote {
    /// The fault at that place.
    pub fn fault(&self) -> Fault {
        let message = "a quotation mark opens here and is never closed";
        let found = Some(self.text.clone());
        fault(FaultCode::OpenQuote, found, Expected::ClosingQuote, message)
    }
}

/// Where a cell opens a quotation mark that is never closed, if one does.
pub(super) fn open_quote(text: &str, delimiter: u8) -> Option<OpenQuote> {
    let at = open_at(text.as_bytes(), delimiter)?;
    let (before, after) = (text.get(..at)?, text.get(at..)?);
    // The cells in front of the mark, read as the table is read; the mark begins one more.
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(before.as_bytes())
        .into_records();
    let (mut count, mut cells) = (0, 0);
    while let Some(Ok(record)) = rows.next() {
        count += 1;
        cells = record.len();
    }
    let first = before.is_empty() || before.ends_with(['\n', '\r']);
    let (row, cell) = if first { (count + 1, 0) } else { (count, cells.saturating_sub(1)) };
    Some(OpenQuote { row, cell, text: after.lines().next().unwrap_or_default().to_owned() })
}

/// The byte at which a cell begins with a mark that nothing closes.
fn open_at(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let (mut open, mut begins) = (None, true);
    let mut rest = bytes.iter().copied().enumerate().peekable();
    while let Some((at, byte)) = rest.next() {
        if open.is_some() {
            // A doubled mark stands for itself.
            if byte == b'"' && rest.next_if(|(_, next)| *next == b'"').is_none() {
                open = None;
            }
        } else if byte == b'"' && begins {
            open = Some(at);
        }
        begins = open.is_none() && (byte == delimiter || byte == b'\n' || byte == b'\r');
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<(usize, usize)> {
        open_quote(text, b',').map(|open| (open.row, open.cell))
    }

    #[test]
    fn a_mark_that_is_never_closed_is_found_with_its_row_and_cell() {
        assert_eq!(place("a,b\nc,\"d\n"), Some((2, 1)));
        assert_eq!(place("a,b\n\"c,d\ne,f\n"), Some((2, 0)));
        assert_eq!(place("\"a,b\n"), Some((1, 0)));
        assert_eq!(place("a,b\r\n\"x\ny\",\"z"), Some((2, 1)));
        assert_eq!(place("a,b\nc,\"d\"\"\n"), Some((2, 1)), "a doubled mark closes nothing");
    }

    #[test]
    fn closed_and_inner_marks_are_no_fault() {
        for text in ["", "a,b\n", "a,\"b\"\n", "a,\"b \"\"c\"\"\nd\"\n", "a,5\" disk\n", "a,\"\"\n"]
        {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
