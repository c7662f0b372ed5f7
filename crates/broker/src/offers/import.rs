//! Importing a file of offers: every row is taken or none, in one transaction and few statements.

use super::gate::{Entered, Passage, Wanted, passages};
use super::version::{Newest, Next, next};
use super::write::{check_provider, taken};
use crate::audit::{Entry, record};
use crate::documents::field_fault;
use crate::keys::Keyring;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, OfferEvent, OfferId, OfferState, ProviderId, Timestamp};
use sha2::{Digest, Sha256};
use sla::exchange::{self, Import, ImportedOffer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use storage::offers::{self, Advance, NewOffer, OfferHead, OfferVersion};
use storage::providers::Provider;
use storage::{Tx, keys, lock};

pub use sla::exchange::Format as OfferFormat;
pub use sla::exchange::meti::Head as ChecklistHead;

/// A file of offers.
#[derive(Debug, Clone, Default)]
pub struct OfferFile {
    /// Its text.
    pub text: String,
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
}

impl ImportReport {
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
        let (publish, dry_run, valid) = (file.publish, file.dry_run, file.valid_rows_only);
        let (import, hash) = read(file).await?;
        let report = ImportReport::refused(&import);
        if !import.is_sound() && !valid {
            return Ok(report);
        }
        let mut tx = self.begin().await?;
        lock::provider(&mut tx, provider.id).await?;
        let intake = Intake { offers: import.sound_rows(), publish, valid };
        let plan = self.plan(ctx, &mut tx, provider, intake, report).await?;
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
        plan.write(&mut tx, self.now()).await?;
        let entry = Entry::new("offers.imported", provider.id)
            .with("file", hash)
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

    /// Decides for each offer of the file what it becomes.
    async fn plan(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        provider: &Provider,
        Intake { offers: file, publish, valid }: Intake,
        report: ImportReport,
    ) -> Result<Plan, BrokerError> {
        let names: BTreeSet<&str> =
            file.iter().map(|found| found.offer.metadata.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let heads = offers::heads(tx, provider.id, &names).await?;
        let heads: BTreeMap<String, OfferHead> =
            heads.into_iter().map(|head| (head.slug.clone(), head)).collect();
        let keys = Keyring::of(tx, provider.id).await?;
        let now = self.now();
        let mut plan = Plan { report, ..<_>::default() };
        let mut rows = Vec::with_capacity(file.len());
        for ImportedOffer { row, mut offer } in file {
            let name = offer.metadata.name.clone();
            let head = heads.get(&name);
            let id = head.map_or_else(|| OfferId::new(self.ids()), |head| head.id);
            let newest =
                head.map(|head| Newest { version: head.current_version, hash: &head.hash });
            let checked = check_provider(&offer, provider)
                .and_then(|()| self.check_category(&offer, head.is_some()));
            // A file that names no provider speaks for the one that sends it, if it is not signed.
            if offer.metadata.signature.is_none() && offer.metadata.provider.is_none() {
                offer.metadata.provider = Some(provider.did.clone());
            }
            if let (Some(head), true) = (head, publish)
                && let Err(refused) = head.state.apply(OfferEvent::Publish)
            {
                if !valid {
                    return Err(refused.into());
                }
                let state = head.state.as_str();
                let (allowed, message) =
                    ("an offer that can be published", "it cannot be published");
                let fault = FieldFault::new("/metadata/name", "state", state, allowed, message);
                plan.report.note(row, BrokerError::Invalid(vec![fault]))?;
                continue;
            }
            let document = publish.then(|| offer.clone());
            let decided = checked.and_then(|()| next(ctx, &keys, id, newest, offer, now));
            match decided {
                Ok(next) => {
                    let place = Place { row, provider: provider.id, name, id, head };
                    rows.push((place, next, document));
                }
                Err(error) => plan.report.note(row, error)?,
            }
        }
        if plan.report.fault_count == 0 || valid {
            self.enter_all(ctx, tx, &mut plan, rows).await?;
        }
        Ok(plan)
    }

    /// Notes what becomes of each row, and, where it is to be published, what the rules say about it.
    async fn enter_all(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        plan: &mut Plan,
        rows: Vec<(Place<'_>, Next, Option<sla::Offer>)>,
    ) -> Result<(), BrokerError> {
        let mut wanted = Vec::new();
        let mut places = Vec::with_capacity(rows.len());
        for (place, next, document) in rows {
            let asked = document.map(|document| {
                let (id, version, head) = (place.id, next.version, place.head);
                wanted.push(Wanted { id, version, head, document });
            });
            places.push((place, next, asked.is_some()));
        }
        let Some(provider) = places.first().map(|(place, _, _)| place.provider) else {
            return Ok(());
        };
        let (passages, open) = match wanted.is_empty() {
            true => <_>::default(),
            false => passages(self, tx, provider, &wanted).await?,
        };
        let mut passages = passages.into_iter();
        for (place, next, asked) in places {
            let (id, version) = (place.id, next.version);
            if next.row.is_some() {
                plan.entered.wrote((self, ctx), id, version);
            }
            let passage = if asked { passages.next() } else { None };
            let published = matches!(passage, Some(Passage::Published(_)));
            plan.report.published += usize::from(published);
            plan.report.submitted += usize::from(matches!(passage, Some(Passage::Waits(_))));
            if let Some(passage) = passage {
                plan.entered.entered((self, ctx), (id, version), passage, open.get(&id))?;
            }
            plan.take(place, next, published);
        }
        Ok(())
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
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| BrokerError::Internal(format!("reading a file of offers: {error}")))
}

/// What of a file is taken in.
struct Intake {
    offers: Vec<ImportedOffer>,
    publish: bool,
    /// Whether rows without a fault are taken although others have one.
    valid: bool,
}

/// Where a row of the file goes.
#[derive(Debug)]
struct Place<'a> {
    row: usize,
    provider: ProviderId,
    name: String,
    id: OfferId,
    head: Option<&'a OfferHead>,
}

/// Everything that an import writes.
#[derive(Debug, Default)]
struct Plan {
    report: ImportReport,
    drafts: Vec<NewOffer>,
    published: Vec<NewOffer>,
    versions: Vec<OfferVersion>,
    signatures: Vec<keys::OfferSignature>,
    advances: Vec<Advance>,
    entered: Entered,
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.drafts.is_empty()
            && self.published.is_empty()
            && self.advances.is_empty()
            && self.signatures.is_empty()
            && self.entered.is_empty()
    }

    fn take(
        &mut self,
        Place { row, provider, name, id, head }: Place<'_>,
        next: Next,
        published: bool,
    ) {
        let Next { version, row: changed, signature } = next;
        let outcome = match (head, &changed) {
            (None, _) => ImportOutcome::Created,
            (Some(_), Some(_)) => ImportOutcome::Revised,
            (Some(_), None) => ImportOutcome::Unchanged,
        };
        match head {
            None => {
                let created_at = changed.as_ref().map_or(Timestamp(0), |row| row.created_at);
                let new = NewOffer { id, provider_id: provider, slug: name.clone(), created_at };
                if published { self.published.push(new) } else { self.drafts.push(new) }
            }
            Some(head) if changed.is_some() || published => self.advances.push(Advance {
                id,
                revision: head.revision,
                version,
                state: if published { OfferState::Published } else { head.state },
                published_version: if published { Some(version) } else { head.published_version },
            }),
            Some(_) => {}
        }
        self.versions.extend(changed);
        // A version that is signed already keeps its signature.
        let signed = outcome == ImportOutcome::Unchanged && head.is_some_and(|head| head.signed);
        self.signatures.extend(signature.filter(|_| !signed));
        self.report.offers.push(ImportedRow { row, name, id, version, outcome });
    }

    async fn write(&self, tx: &mut Tx, now: Timestamp) -> Result<(), BrokerError> {
        offers::insert_offers(tx, &self.drafts, OfferState::Draft).await?;
        offers::insert_offers(tx, &self.published, OfferState::Published).await?;
        offers::insert_versions(tx, &self.versions).await.map_err(taken)?;
        keys::insert_signatures(tx, &self.signatures).await?;
        offers::advance(tx, &self.advances, now).await.map_err(taken)?;
        self.entered.write(tx, now).await
    }
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
