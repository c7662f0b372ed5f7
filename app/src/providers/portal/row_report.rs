//! What would become of each row of a file, as a table to take away (CSV).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use broker::offers::{ImportOutcome, ImportReport};
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{PageContext, fault::fault_text, words::Words};

/// The name that browsers save it under.
const FILE: &str = "attachment; filename=\"kumoichi-rows.csv\"";

pub(super) fn answer(ctx: &PageContext, report: &ImportReport) -> Response {
    let mut response = (StatusCode::OK, table(ctx.words(), report)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(FILE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// One line for each offer that is taken and for each fault, in the order of the file.
fn table(words: Words, report: &ImportReport) -> String {
    let mut lines: BTreeMap<usize, Vec<[String; 5]>> = BTreeMap::new();
    for row in &report.offers {
        let outcome = match row.outcome {
            ImportOutcome::Created => words.exchange_import_outcome_created(),
            ImportOutcome::Revised => words.exchange_import_outcome_revised(),
            ImportOutcome::Unchanged => words.exchange_import_outcome_unchanged(),
        };
        let line = [
            row.row.to_string(),
            row.name.clone(),
            outcome.to_owned(),
            String::new(),
            String::new(),
        ];
        lines.entry(row.row).or_default().push(line);
    }
    for found in &report.faults {
        let refused = words.exchange_import_outcome_refused().to_owned();
        let place = found.column.clone();
        let line =
            [found.row.to_string(), String::new(), refused, place, fault_text(words, &found.fault)];
        lines.entry(found.row).or_default().push(line);
    }
    let heads = [
        words.exchange_import_row(),
        words.exchange_import_offer(),
        words.exchange_import_outcome(),
        words.exchange_import_column(),
        words.exchange_import_fault(),
    ];
    // Spreadsheets of Windows tell UTF-8 by its mark.
    let mut text = String::from("\u{feff}");
    line(&mut text, heads.into_iter());
    for cells in lines.values().flatten() {
        line(&mut text, cells.iter().map(String::as_str));
    }
    text
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (at, one) in cells.enumerate() {
        let between = if at == 0 { "" } else { "," };
        let _ = write!(text, "{between}\"{}\"", cell(one));
    }
    text.push_str("\r\n");
}

/// What a provider wrote never becomes a formula of whoever opens the table.
fn cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if risky { "'" } else { "" };
    format!("{guard}{}", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn a_cell_is_no_formula_and_keeps_its_quotes() {
        assert_eq!(cell("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"\"x\"\")");
        assert_eq!(cell("plain"), "plain");
    }

    #[test]
    fn an_empty_file_has_a_header() {
        let text = table(Locale::En.words(), &ImportReport::default());
        assert!(text.starts_with('\u{feff}') && text.ends_with("\r\n"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}
