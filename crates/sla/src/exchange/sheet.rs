//! Tables that people open in a spreadsheet: reports, not documents.

/// Writes rows as CSV (RFC 4180) with the mark by which spreadsheets tell UTF-8. What somebody wrote never becomes a
/// formula of whoever opens the table: a cell that would gets an apostrophe in front.
#[must_use]
pub fn sheet(rows: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new();
    writer.terminator(csv::Terminator::CRLF).flexible(true);
    let mut out = writer.from_writer("\u{feff}".as_bytes().to_vec());
    for row in rows {
        // Writing to memory does not fail.
        let _ = out.write_record(row.iter().map(|cell| guarded(cell)));
    }
    let bytes = out.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn guarded(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_keeps_its_quotes_and_lines() {
        let rows = [
            vec!["a".to_owned(), "=X(\"1\")".to_owned()],
            vec!["b,c".to_owned(), "d\ne".to_owned()],
        ];
        assert_eq!(sheet(&rows), "\u{feff}a,\"'=X(\"\"1\"\")\"\r\n\"b,c\",\"d\ne\"\r\n");
        assert_eq!(sheet(&[]), "\u{feff}");
    }
}
