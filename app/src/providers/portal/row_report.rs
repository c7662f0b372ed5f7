//! What would become of each row of a file, as a table to take away (CSV).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use broker::offers::{ImportOutcome, ImportReport};

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
    let head = vec![
        words.exchange_import_row().to_owned(),
        words.exchange_import_offer().to_owned(),
        words.exchange_import_outcome().to_owned(),
        words.exchange_import_column().to_owned(),
        words.exchange_import_fault().to_owned(),
    ];
    let taken = report.offers.iter().map(|row| {
        let outcome = match row.outcome {
            ImportOutcome::Created => words.exchange_import_outcome_created(),
            ImportOutcome::Revised => words.exchange_import_outcome_revised(),
            ImportOutcome::Unchanged => words.exchange_import_outcome_unchanged(),
        };
        let (none, name) = (String::new, row.name.clone());
        (row.row, vec![row.row.to_string(), name, outcome.to_owned(), none(), none()])
    });
    let refused = report.faults.iter().map(|found| {
        let (outcome, place) = (words.exchange_import_outcome_refused(), found.column.clone());
        let fault = fault_text(words, &found.fault);
        let row = found.row.to_string();
        (found.row, vec![row, String::new(), outcome.to_owned(), place, fault])
    });
    let mut lines: Vec<(usize, Vec<String>)> = taken.chain(refused).collect();
    lines.sort_by_key(|(row, _)| *row);
    let lines = lines.into_iter().map(|(_, line)| line);
    sla::exchange::sheet(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn an_empty_file_has_a_header() {
        let text = table(Locale::En.words(), &ImportReport::default());
        assert!(text.starts_with('\u{feff}') && text.ends_with("\r\n"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}
