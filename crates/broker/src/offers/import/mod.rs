//! Importing a file of offers: every row is taken or none, in one transaction and few statements. What was done is
//! kept as an upload, so that it can be looked at again and undone; a large file waits for its turn as one.

mod kept;
mod plan;
mod progress;
mod queue;
mod undo;
mod view;

pub(crate) use progress::UnderWay;

pub use progress::{Phase, UploadProgress};
pub use view::{Savable, Undone, UploadCounts, UploadView};

use self::kept::Belongs;
use self::plan::Intake;
use self::progress::Progress;
use crate::audit::{Entry, record};
use crate::documents::field_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, OfferId, OfferState, UploadId};
use sha2::{Digest, Sha256};
use sla::exchange::{self, Import};
use std::fmt;
use storage::lock;
use storage::providers::Provider;

pub use sla::exchange::Format as OfferFormat;
pub use sla::exchange::meti::Head as ChecklistHead;

/// A file of offers.
#[derive(Debug, Clone, Default)]
pub struct OfferFile {
    /// Its text.
    pub text: String,
    /// As its sender's machine calls it; may be empty.
    pub file_name: String,
    /// Its form; `None`: as the text looks.
    pub format: Option<OfferFormat>,
    /// Whether everybody shall see the offers at once; else new ones are drafts, and the public goes on
    /// seeing the version it sees.
    pub publish: bool,
    /// Whether to tell what would become of it and do nothing.
    pub dry_run: bool,
    /// Whether rows without a fault are taken although others have one; else every row is taken or none.
    pub valid_rows_only: bool,
    /// What a METI checklist does not say about its offer; not looked at for other forms.
    pub checklist: ChecklistHead,
}

/// Where the faults of a checklist's head are, and what its fields are called.
const CHECKLIST_FIELDS: [(&str, &str); 5] = [
    ("/metadata/name", "name"),
    ("/metadata/title", "title"),
    ("/spec/service/model", "model"),
    ("/spec/service/regions/0/country", "country"),
    ("/spec/service/regions", "region"),
];

/// What became of one offer of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// A new offer.
    Created,
    /// A new version of an offer.
    Revised,
    /// The offer says the same already.
    Unchanged,
}

impl ImportOutcome {
    const ALL: [Self; 3] = [Self::Created, Self::Revised, Self::Unchanged];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Revised => "revised",
            Self::Unchanged => "unchanged",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// Whether an offer of a file went on the market.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Entrance {
    /// It was not to, or everybody saw this version already.
    #[default]
    None,
    /// Everybody sees it.
    Published,
    /// It waits for a person.
    Submitted,
}

impl Entrance {
    /// The word stored and sent; empty where it did not.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Published => "published",
            Self::Submitted => "submitted",
        }
    }

    fn from_word(word: &str) -> Self {
        [Self::Published, Self::Submitted]
            .into_iter()
            .find(|entrance| entrance.as_str() == word)
            .unwrap_or_default()
    }
}

/// How an offer was before a file came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Its newest version.
    pub version: i64,
    /// Where it stood.
    pub state: OfferState,
    /// The version that the public saw.
    pub published: Option<i64>,
}

/// One offer of a file.
#[derive(Debug, Clone)]
pub struct ImportedRow {
    /// Row as a spreadsheet counts, or the number of the document.
    pub row: usize,
    /// metadata.name.
    pub name: String,
    /// The offer.
    pub id: OfferId,
    /// Its newest version.
    pub version: i64,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// Whether it went on the market.
    pub entered: Entrance,
    /// How it was before; `None`: it was not there.
    pub before: Option<Before>,
}

/// One fault of a file.
#[derive(Debug, Clone)]
pub struct ImportFault {
    /// Row as a spreadsheet counts (the header is row 1), or the number of the document; 0: the file.
    pub row: usize,
    /// The column, or the JSON pointer into the document; empty: the whole row.
    pub column: String,
    /// What was found, what is allowed.
    pub fault: FieldFault,
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.column.as_str()) {
            (0, "") => f.write_str("the file")?,
            (0, column) => f.write_str(column)?,
            (row, "") => write!(f, "row {row}")?,
            (row, column) => write!(f, "row {row}, {column}")?,
        }
        write!(f, ": {}", self.fault.message)?;
        if !self.fault.found.is_empty() {
            write!(f, "; found `{}`", self.fault.found)?;
        }
        write!(f, "; allowed: {}", self.fault.allowed)
    }
}

/// The JSON pointer of a row and a column, either of which may be absent.
fn pointer(row: usize, column: &str) -> String {
    let column = column.trim_start_matches('/');
    match (row, column) {
        (0, "") => String::new(),
        (0, column) => format!("/{column}"),
        (row, "") => format!("/rows/{row}"),
        (row, column) => format!("/rows/{row}/{column}"),
    }
}

/// What an import did. With a single fault it did nothing, unless rows without a fault were to be taken.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Offers that the file holds.
    pub rows: usize,
    /// What became of those that were taken, in the order of the file.
    pub offers: Vec<ImportedRow>,
    /// The first faults, at most a thousand.
    pub faults: Vec<ImportFault>,
    /// All faults.
    pub fault_count: usize,
    /// Offers whose newest version everybody sees that did not before.
    pub published: usize,
    /// Offers whose newest version waits for a person.
    pub submitted: usize,
    /// Whether all this is so; otherwise it would be, and new offers have no number yet.
    pub saved: bool,
    /// What it is kept as, and undone by; `None`: it changed nothing.
    pub upload: Option<UploadId>,
}

impl ImportReport {
    /// Whether something of the file is taken: all of it is right, or the rows that are were wished for.
    #[must_use]
    pub fn is_taken(&self, valid_rows_only: bool) -> bool {
        self.fault_count == 0 || valid_rows_only && !self.offers.is_empty()
    }

    /// How many offers came out how.
    #[must_use]
    pub fn counts(&self) -> UploadCounts {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        UploadCounts {
            rows: number(self.rows),
            created: number(self.count(ImportOutcome::Created)),
            revised: number(self.count(ImportOutcome::Revised)),
            unchanged: number(self.count(ImportOutcome::Unchanged)),
            published: number(self.published),
            submitted: number(self.submitted),
            refused: number(self.refused_rows()),
            faults: number(self.fault_count),
        }
    }

    /// How many offers of the file were not taken.
    #[must_use]
    pub fn refused_rows(&self) -> usize {
        self.rows.saturating_sub(self.offers.len())
    }

    /// How many offers came out so.
    #[must_use]
    pub fn count(&self, outcome: ImportOutcome) -> usize {
        self.offers.iter().filter(|row| row.outcome == outcome).count()
    }

    fn refused(import: &Import) -> Self {
        let fault = |found: &exchange::RowFault| {
            // What no row of a checklist says has a field of its own beside the file.
            let mut fields = CHECKLIST_FIELDS.iter().filter(|_| found.row == 0);
            let beside = fields.find(|(place, _)| found.column.starts_with(place));
            let column =
                beside.map_or_else(|| found.column.clone(), |(_, field)| (*field).to_owned());
            let pointer = pointer(found.row, &column);
            let fault = FieldFault { pointer, ..field_fault(&found.fault) };
            ImportFault { row: found.row, column, fault }
        };
        let faults = import.faults.iter().map(fault).collect();
        Self { rows: import.rows, faults, fault_count: import.fault_count, ..Self::default() }
    }

    fn note(&mut self, row: usize, error: BrokerError) -> Result<(), BrokerError> {
        let BrokerError::Invalid(found) = error else { return Err(error) };
        for fault in found {
            self.fault_count += 1;
            let column = fault.pointer.clone();
            let pointer = pointer(row, &column);
            self.faults.push(ImportFault { row, column, fault: FieldFault { pointer, ..fault } });
        }
        Ok(())
    }
}

impl Broker {
    /// Checks a file of offers without saving anything; needs no account.
    pub async fn check_offer_file(&self, file: OfferFile) -> Result<ImportReport, BrokerError> {
        Ok(ImportReport::refused(&read(file).await?.0))
    }

    /// Saves the offers of a file, at most 10,000: new ones and next versions of those that are there, in one
    /// transaction. Either every row is right, or the report lists the faults and nothing is done; with
    /// `valid_rows_only` the rows that are right are saved all the same. The same file again changes nothing.
    pub async fn import_offers(
        &self,
        ctx: &OpContext,
        file: OfferFile,
    ) -> Result<ImportReport, BrokerError> {
        ctx.may(Action::WriteOffer, ctx.actor.organisation(), "offer")?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        drop(tx);
        self.import_into(ctx, &provider, file).await
    }

    /// The same for a provider by its short name, for who runs the market.
    pub async fn import_offers_of(
        &self,
        ctx: &OpContext,
        provider: &str,
        file: OfferFile,
    ) -> Result<ImportReport, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = storage::providers::find_by_slug(&mut tx, provider).await?;
        drop(tx);
        let owner = found.as_ref().and_then(|provider| provider.organisation_id);
        ctx.may(Action::WriteOffer, owner, "provider")?;
        let provider = found.ok_or(BrokerError::NotFound { what: "provider" })?;
        self.import_into(ctx, &provider, file).await
    }

    async fn import_into(
        &self,
        ctx: &OpContext,
        provider: &Provider,
        file: OfferFile,
    ) -> Result<ImportReport, BrokerError> {
        let progress = Progress::default();
        // It holds a plan, and a caller many of such futures.
        Box::pin(self.take_file(ctx, provider, file, (Belongs::Itself, &progress))).await
    }

    /// Takes a file in, in one unit of work, together with the upload that it is kept as.
    async fn take_file(
        &self,
        ctx: &OpContext,
        provider: &Provider,
        file: OfferFile,
        (belongs, progress): (Belongs, &Progress),
    ) -> Result<ImportReport, BrokerError> {
        let way = file.way();
        let (publish, dry_run, valid) = (file.publish, file.dry_run, file.valid_rows_only);
        let (import, hash) = read(file).await?;
        let report = ImportReport::refused(&import);
        if !import.is_sound() && !valid {
            return Ok(report);
        }
        let mut tx = self.begin().await?;
        lock::provider(&mut tx, provider.id).await?;
        let intake = Intake { offers: import.sound_rows(), publish, valid, progress };
        let mut plan = self.plan(ctx, &mut tx, provider, intake, report).await?;
        if plan.report.fault_count > 0 && !valid {
            return Ok(ImportReport {
                offers: Vec::new(),
                published: 0,
                submitted: 0,
                ..plan.report
            });
        }
        if plan.is_empty() || dry_run {
            return Ok(ImportReport { saved: !dry_run, ..plan.report });
        }
        plan.write(&mut tx, self.now(), progress).await?;
        let upload =
            self.keep(ctx, &mut tx, (provider, belongs), &way, (&plan.report, &hash)).await?;
        plan.report.upload = Some(upload);
        let entry = Entry::new("offers.imported", provider.id)
            .with("file", hash)
            .with("upload", upload.to_string())
            .with("created", plan.report.count(ImportOutcome::Created))
            .with("revised", plan.report.count(ImportOutcome::Revised))
            .with("published", plan.report.published)
            .with("submitted", plan.report.submitted)
            .with("refused", plan.report.refused_rows());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        if plan.report.published > 0 {
            self.sync_market().await?;
        }
        Ok(ImportReport { saved: true, ..plan.report })
    }
}

/// Reads a file beside the async workers: ten thousand rows take about a second.
async fn read(file: OfferFile) -> Result<(Import, String), BrokerError> {
    let work = move || {
        let format = file.format.unwrap_or_else(|| OfferFormat::of_text(&file.text));
        let hash = hex::encode(Sha256::digest(file.text.as_bytes()));
        let import = match format {
            OfferFormat::Meti => exchange::meti::read(&file.text, &file.checklist),
            format => exchange::read(format, &file.text),
        };
        (import, hash)
    };
    let registry = sla::registry();
    tokio::task::spawn_blocking(move || sla::within(registry, work))
        .await
        .map_err(|error| BrokerError::Internal(format!("reading a file of offers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_its_place_and_pointed_at_in_the_body() {
        for (row, column, place, at) in [
            (0, "", "the file", ""),
            (0, "country", "country", "/country"),
            (3, "", "row 3", "/rows/3"),
            (3, "name", "row 3, name", "/rows/3/name"),
            (3, "/spec/price", "row 3, /spec/price", "/rows/3/spec/price"),
        ] {
            let fault = FieldFault::new(&pointer(row, column), "x", "", "b", "it is a");
            assert_eq!(fault.pointer, at);
            let told = ImportFault { row, column: column.to_owned(), fault }.to_string();
            assert_eq!(told, format!("{place}: it is a; allowed: b"));
        }
    }
}
