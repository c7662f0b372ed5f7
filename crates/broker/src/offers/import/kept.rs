//! What is kept of a file: how it is read, what was found, what became of each offer.

use super::{
    Before, ChecklistHead, Entrance, ImportFault, ImportOutcome, ImportReport, ImportedRow,
    OfferFile, OfferFormat,
};
use crate::error::shown;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{UploadId, UploadState};
use serde::{Deserialize, Serialize};
use storage::providers::Provider;
use storage::uploads::{self, NewUpload, Turn, UploadFound, UploadRow};
use storage::{StorageError, Tx};

/// To which upload a file belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Belongs {
    /// It becomes one where it changes something.
    Itself,
    /// It waited as this one.
    To(UploadId),
}

/// How a file is read, without its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    format: Option<String>,
    name: String,
    title: String,
    model: String,
    region: String,
    country: String,
}

/// How a file is taken in, without its text.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub file_name: String,
    pub reading: Reading,
    pub publish: bool,
    pub dry_run: bool,
    pub valid_rows_only: bool,
}

impl Way {
    /// The row of an upload of this provider by this person.
    pub fn row<'a>(
        &'a self,
        (broker, id): (&Broker, UploadId),
        provider: &Provider,
        (hash, reading): (&'a str, &'a str),
        (made_by, made_by_name): (&'a str, &'a str),
    ) -> NewUpload<'a> {
        NewUpload {
            id,
            provider_id: provider.id,
            file_name: &self.file_name,
            file_hash: hash,
            text: None,
            reading,
            publish: self.publish,
            dry_run: self.dry_run,
            valid_rows_only: self.valid_rows_only,
            made_by,
            made_by_name,
            made_at: broker.now(),
            state: UploadState::Saved,
        }
    }
}

impl OfferFile {
    pub(super) fn way(&self) -> Way {
        let head = &self.checklist;
        Way {
            file_name: shown(&self.file_name),
            reading: Reading {
                format: self.format.map(|format| format.as_str().to_owned()),
                name: head.name.clone(),
                title: head.title.clone(),
                model: head.model.clone(),
                region: head.region.clone(),
                country: head.country.clone(),
            },
            publish: self.publish,
            dry_run: self.dry_run,
            valid_rows_only: self.valid_rows_only,
        }
    }

    /// The file of an upload that waits.
    pub(super) fn of(
        row: &uploads::Upload,
        text: uploads::UploadText,
    ) -> Result<Self, BrokerError> {
        let reading: Reading = read_json("offer_upload.reading", &text.reading)?;
        Ok(Self {
            text: text.text,
            file_name: row.file_name.clone(),
            format: reading.format.as_deref().and_then(OfferFormat::from_word),
            publish: row.publish,
            dry_run: row.dry_run,
            valid_rows_only: row.valid_rows_only,
            checklist: ChecklistHead {
                name: reading.name,
                title: reading.title,
                model: reading.model,
                region: reading.region,
                country: reading.country,
                provider: None,
            },
        })
    }
}

/// A fault as it is kept, with what pages in other languages need.
#[derive(Debug, Serialize, Deserialize)]
struct KeptFault {
    row: usize,
    column: String,
    pointer: String,
    code: String,
    found: String,
    allowed: String,
    message: String,
    expected: Option<sla::Expected>,
}

impl From<&ImportFault> for KeptFault {
    fn from(found: &ImportFault) -> Self {
        let fault = found.fault.clone();
        Self {
            row: found.row,
            column: found.column.clone(),
            pointer: fault.pointer,
            code: fault.code,
            found: fault.found,
            allowed: fault.allowed,
            message: fault.message,
            expected: fault.expected,
        }
    }
}

impl From<KeptFault> for ImportFault {
    fn from(kept: KeptFault) -> Self {
        let fault =
            FieldFault::new(&kept.pointer, &kept.code, &kept.found, &kept.allowed, &kept.message);
        let fault = FieldFault { expected: kept.expected, ..fault };
        Self { row: kept.row, column: kept.column, fault }
    }
}

impl Broker {
    /// Keeps what was saved as an upload, in the caller's unit of work.
    ///
    /// # Errors
    /// `Conflict` where it waited and somebody stopped it meanwhile.
    pub(super) async fn keep(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        (provider, belongs): (&Provider, Belongs),
        way: &Way,
        (report, hash): (&ImportReport, &str),
    ) -> Result<UploadId, BrokerError> {
        let id = match belongs {
            Belongs::To(id) => id,
            Belongs::Itself => {
                let (id, reading) = (UploadId::new(self.ids()), write_json(&way.reading)?);
                let (by, by_name) = signature(ctx);
                let row = way.row((self, id), provider, (hash, &reading), (&by, &by_name));
                uploads::insert(
                    tx,
                    &NewUpload { state: UploadState::Running, text: Some(""), ..row },
                )
                .await?;
                id
            }
        };
        self.keep_outcome(tx, id, UploadState::Saved, report).await?;
        Ok(id)
    }

    /// Ends the turn of an upload with what was found.
    pub(super) async fn keep_outcome(
        &self,
        tx: &mut Tx,
        id: UploadId,
        to: UploadState,
        report: &ImportReport,
    ) -> Result<(), BrokerError> {
        let keeps_text = matches!(to, UploadState::Tried | UploadState::Refused);
        let turn = Turn { from: UploadState::Running, to, failure: "", at: self.now(), keeps_text };
        uploads::turn(tx, id, turn).await?;
        uploads::set_found(tx, id, &found(report)?).await?;
        let rows: Vec<UploadRow> = report.offers.iter().map(kept_row).collect();
        Ok(uploads::put_rows(tx, id, &rows).await?)
    }
}

/// Who did it and the name at that time.
pub(super) fn signature(ctx: &OpContext) -> (String, String) {
    let name = ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default();
    (ctx.actor.audit_name(), name)
}

fn found(report: &ImportReport) -> Result<UploadFound, BrokerError> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let faults: Vec<KeptFault> = report.faults.iter().map(KeptFault::from).collect();
    Ok(UploadFound {
        row_count: number(report.rows),
        created: number(report.count(ImportOutcome::Created)),
        revised: number(report.count(ImportOutcome::Revised)),
        unchanged: number(report.count(ImportOutcome::Unchanged)),
        published: number(report.published),
        submitted: number(report.submitted),
        fault_count: number(report.fault_count),
        faults: write_json(&faults)?,
    })
}

pub(super) fn kept_faults(text: &str) -> Result<Vec<ImportFault>, BrokerError> {
    let faults: Vec<KeptFault> = read_json("offer_upload.faults", text)?;
    Ok(faults.into_iter().map(ImportFault::from).collect())
}

fn kept_row(row: &ImportedRow) -> UploadRow {
    let before = row.before;
    UploadRow {
        row_number: i64::try_from(row.row).unwrap_or(i64::MAX),
        name: row.name.clone(),
        offer_id: row.id,
        version: row.version,
        outcome: row.outcome.as_str().to_owned(),
        entered: row.entered.as_str().to_owned(),
        before_version: before.map(|before| before.version),
        before_state: before.map(|before| before.state),
        before_published: before.and_then(|before| before.published),
        undone: None,
    }
}

pub(super) fn imported_row(row: UploadRow) -> Result<ImportedRow, BrokerError> {
    let outcome = ImportOutcome::from_word(&row.outcome).ok_or_else(|| StorageError::Corrupt {
        what: "offer_upload_row.outcome",
        detail: row.outcome.clone(),
    })?;
    let before = row.before_version.zip(row.before_state);
    Ok(ImportedRow {
        row: usize::try_from(row.row_number).unwrap_or_default(),
        name: row.name,
        id: row.offer_id,
        version: row.version,
        outcome,
        entered: Entrance::from_word(&row.entered),
        before: before.map(|(version, state)| Before {
            version,
            state,
            published: row.before_published,
        }),
    })
}

pub(super) fn write_json<T: Serialize>(value: &T) -> Result<String, BrokerError> {
    serde_json::to_string(value)
        .map_err(|error| BrokerError::Internal(format!("writing an upload: {error}")))
}

fn read_json<T: for<'de> Deserialize<'de>>(
    what: &'static str,
    text: &str,
) -> Result<T, BrokerError> {
    serde_json::from_str(text).map_err(|error| {
        BrokerError::Storage(StorageError::Corrupt { what, detail: error.to_string() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_was_kept() {
        let fault = FieldFault {
            expected: Some(sla::Expected::Once),
            ..FieldFault::new("/rows/3/name", "twice", "a", "once", "it is there twice")
        };
        let one = ImportFault { row: 3, column: "name".to_owned(), fault };
        let text = write_json(&vec![KeptFault::from(&one)]).expect("it is written");
        let read = kept_faults(&text).expect("it is read");
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].row, &read[0].column, &read[0].fault), (3, &one.column, &one.fault));
        assert!(kept_faults("no JSON").is_err());
    }
}
