//! What reading a file of offers brought: the offers, or every fault with its row and column.

use crate::expected::Allowed;
use crate::{Expected, Fault, FaultCode, Offer};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Faults that a report lists; the rest are counted.
const MAX_LISTED: usize = 1000;

/// An offer and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedOffer {
    /// Row as a spreadsheet counts (the header is row 1), or the number of the document from 1.
    pub row: usize,
    /// The offer.
    pub offer: Offer,
}

/// One fault of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// Row as a spreadsheet counts (the header is row 1), or the number of the document from 1; 0 for
    /// the file as a whole.
    pub row: usize,
    /// Name of the column, or the JSON pointer into the document; empty for the whole row.
    pub column: String,
    /// What was found, what is allowed.
    pub fault: Fault,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.column.as_str()) {
            (0, "") => f.write_str("the file")?,
            (0, column) => f.write_str(column)?,
            (row, "") => write!(f, "row {row}")?,
            (row, column) => write!(f, "row {row}, {column}")?,
        }
        write!(f, ": {}", self.fault.message)?;
        if let Some(found) = &self.fault.found {
            write!(f, "; found `{found}`")?;
        }
        if !self.fault.allowed.is_empty() {
            write!(f, "; allowed: {}", self.fault.allowed.join(", "))?;
        }
        Ok(())
    }
}

/// What a file holds. Whoever takes only whole files takes `offers`; whoever takes what is right takes [`Import::sound_rows`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Offers or rows that the file holds, faulty ones included.
    pub rows: usize,
    /// The offers, in the order of the file; empty when there is a fault.
    pub offers: Vec<ImportedOffer>,
    /// The first thousand faults, in the order of the file.
    pub faults: Vec<RowFault>,
    /// All faults, also those that are not listed.
    pub fault_count: usize,
    /// Offers of rows without a fault, where other rows have one.
    pub(super) sound: Vec<ImportedOffer>,
    /// Rows with a fault, also those that are not listed; 0 is the file.
    pub(super) faulty: BTreeSet<usize>,
}

impl Import {
    /// Whether everything was right.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    /// The offers of the rows that have no fault, in the order of the file; none where the file as a whole has one.
    #[must_use]
    pub fn sound_rows(self) -> Vec<ImportedOffer> {
        if self.is_sound() { self.offers } else { self.sound }
    }

    /// A file that is refused as a whole.
    pub(super) fn refused(fault: Fault) -> Self {
        Self::default().with(0, "", fault).finish()
    }

    /// A file that is refused because of its size.
    pub(super) fn too_large(message: impl Into<String>) -> Self {
        let expected = Expected::SmallerFile { megabytes: super::MAX_TABLE_MEGABYTES };
        Self::refused(fault(FaultCode::TooLarge, None, expected, message))
    }

    pub(super) fn with(mut self, row: usize, column: &str, fault: Fault) -> Self {
        self.note(row, column, fault);
        self
    }

    pub(super) fn note(&mut self, row: usize, column: &str, fault: Fault) {
        self.fault_count += 1;
        self.faulty.insert(row);
        if self.faults.len() < MAX_LISTED {
            self.faults.push(RowFault { row, column: column.to_owned(), fault });
        }
    }

    /// Faults of a text with documents, whose paths begin with the document's index if it has several.
    pub(super) fn of_document_faults(faults: Vec<Fault>) -> Self {
        let mut import = Self::default();
        for fault in faults {
            let (row, column) = place(&fault.path);
            import.rows = import.rows.max(row);
            import.note(row, &column, fault);
        }
        import
    }

    /// Told first, however many faults its rows have.
    pub(super) fn refuse_too_many(&mut self) {
        if self.rows > super::MAX_OFFERS {
            let message = format!("the file holds {} offers", self.rows);
            let most = u32::try_from(super::MAX_OFFERS).unwrap_or(u32::MAX);
            let found = Some(self.rows.to_string());
            let fault = fault(FaultCode::TooMany, found, Expected::Offers { most }, message);
            self.fault_count += 1;
            self.faulty.insert(0);
            self.faults.insert(0, RowFault { row: 0, column: String::new(), fault });
            self.faults.truncate(MAX_LISTED);
        }
    }

    /// Two offers of one name in a file would be one offer, and which of them is anybody's guess.
    pub(super) fn refuse_twins(&mut self) {
        let mut seen: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
        let mut twins = Vec::new();
        for ImportedOffer { row, offer } in &self.offers {
            let metadata = &offer.metadata;
            let name = (metadata.provider.clone(), metadata.name.clone());
            if let Some(first) = seen.get(&name) {
                twins.push((*row, metadata.name.clone(), *first));
            } else {
                seen.insert(name, *row);
            }
        }
        for (row, name, first) in twins {
            let message = format!("the name stands in row {first} already");
            let expected = Expected::OtherThanRow { row: first };
            self.note(row, "name", fault(FaultCode::DuplicateItem, Some(name), expected, message));
        }
    }

    /// Drops the offers where anything is wrong, and puts the faults in the order of the file.
    pub(super) fn finish(mut self) -> Self {
        self.fault_count = self.fault_count.max(self.faults.len());
        if !self.faults.is_empty() {
            let faulty = self.faults.iter().map(|fault| fault.row);
            self.faulty.extend(faulty);
            let offers = std::mem::take(&mut self.offers);
            if !self.faulty.contains(&0) {
                self.sound = offers;
                self.sound.retain(|offer| !self.faulty.contains(&offer.row));
            }
            self.faults.sort_by_key(|fault| fault.row);
        }
        self
    }
}

/// Splits `/3/spec/items` into the document's number from 1 and the pointer inside it.
fn place(path: &str) -> (usize, String) {
    let rest = path.strip_prefix('/').unwrap_or_default();
    let (index, pointer) = rest.split_once('/').unwrap_or((rest, ""));
    match index.parse::<usize>() {
        Ok(index) => (index.saturating_add(1), format!("/{pointer}")),
        Err(_) => (1, path.to_owned()),
    }
}

pub(super) fn other_kind(row: usize) -> RowFault {
    let message = "the document is a requirement; only offers are imported";
    let found = Some("QualityRequirement".to_owned());
    let fault = fault(FaultCode::UnknownKind, found, vec!["ServiceLevelOffer".to_owned()], message);
    RowFault { row, column: "/kind".to_owned(), fault }
}

pub(super) fn fault(
    code: FaultCode,
    found: Option<String>,
    allowed: impl Into<Allowed>,
    message: impl Into<String>,
) -> Fault {
    let found = found.map(|text| short(&text));
    let Allowed { words: allowed, expected } = allowed.into();
    Fault { path: String::new(), code, found, allowed, expected, message: message.into() }
}

/// What was found, in at most 60 characters.
pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
