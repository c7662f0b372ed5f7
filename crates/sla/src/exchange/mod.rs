//! Offers in other forms: tables (CSV), the METI checklist, OpenSLO, and signed documents.
//!
//! Leaves files to the caller: text comes in, text goes out. A file is read whole: either every row
//! is right, or the report says for each fault in which row and column it is, what was found and
//! what is allowed.

pub mod csv;
pub mod jws;
pub mod meti;
pub mod openslo;
mod quotes;
mod report;
mod sheet;
#[cfg(test)]
mod tests;

pub use report::{Import, ImportedOffer, RowFault};
pub use sheet::sheet;

use crate::read::parse_each;
use crate::{AsDocument, Document, FaultCode, Faults, Offer, to_json, to_yaml};

crate::words::words! {
    /// The forms in which offers are exchanged.
    Format {
        /// The document itself, one after the other.
        Yaml = "yaml",
        /// The document itself, as a list where there are several.
        Json = "json",
        /// A table with one row for each offer; see [`csv`].
        Csv = "csv",
        /// The METI checklist for cloud services, one row for each item; see [`meti`].
        Meti = "meti",
        /// OpenSLO v1: written, not read; see [`openslo`].
        OpenSlo = "openslo",
    }
}

/// Most offers that one file may hold.
pub const MAX_OFFERS: usize = 10_000;
/// Longest table that is read, bytes: 10,000 rows of wide tables stay below.
pub const MAX_TABLE_BYTES: usize = MAX_TABLE_MEGABYTES as usize * 1024 * 1024;
const MAX_TABLE_MEGABYTES: u32 = 24;

impl Format {
    /// The form that a file's name says, by its ending.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let ending = name.rsplit('.').next()?.to_ascii_lowercase();
        match ending.as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "csv" | "tsv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The form that a text has: a table begins with its header, a document with `apiVersion`.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if meti::is_checklist(text) {
            Self::Meti
        } else if text.trim_start().starts_with(['{', '[']) {
            Self::Json
        } else if csv::is_table(text) {
            Self::Csv
        } else {
            Self::Yaml
        }
    }
}

/// Reads offers in any form but OpenSLO and the checklist, which is only the promises of an offer
/// ([`meti::read`] takes the rest beside it).
#[must_use]
pub fn read(format: Format, text: &str) -> Import {
    match format {
        Format::Csv => csv::read(text),
        Format::Yaml | Format::Json => documents(text),
        Format::Meti | Format::OpenSlo => Import::refused(report::fault(
            FaultCode::UnknownKind,
            Some(format.to_string()),
            [Format::Yaml, Format::Json, Format::Csv].map(|form| form.to_string()).to_vec(),
            "this form holds no whole offers",
        )),
    }
}

/// Writes offers in any form.
#[must_use]
pub fn write(format: Format, offers: &[Offer]) -> String {
    match format {
        Format::Yaml => offers.iter().map(to_yaml).collect::<Vec<_>>().join("---\n"),
        Format::Json => match offers {
            [offer] => to_json(offer),
            _ => json_list(offers),
        },
        Format::Csv => csv::write(offers),
        Format::Meti => meti::write(offers),
        Format::OpenSlo => openslo::write(offers),
    }
}

fn json_list(offers: &[impl AsDocument]) -> String {
    let documents: Vec<String> =
        offers.iter().map(|offer| to_json(offer).trim_end().to_owned()).collect();
    format!("[\n{}\n]\n", documents.join(",\n"))
}

/// Every document of a YAML or JSON text; requirements are not offers.
fn documents(text: &str) -> Import {
    let (documents, faults) = match parse_each(text) {
        Ok(found) => found,
        Err(Faults(faults)) => return Import::of_document_faults(faults).finish(),
    };
    let mut import = Import::of_document_faults(faults);
    import.rows = documents.len();
    for (index, document) in documents.into_iter().enumerate() {
        match document {
            Some(Document::Offer(offer)) => {
                import.offers.push(ImportedOffer { row: index + 1, offer });
            }
            Some(Document::Requirement(_)) => import.faults.push(report::other_kind(index + 1)),
            None => {}
        }
    }
    import.refuse_too_many();
    import.refuse_twins();
    import.finish()
}
