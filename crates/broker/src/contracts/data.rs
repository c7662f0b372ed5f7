//! The data of a service that ends: they wait at the cloud until their owner has taken them or gives
//! them up (F7.10.1c, F7.10.1e).
//!
//! The archive runs through the broker and is never kept. A digest over what was sent tells whether all of
//! it came; a customer who took it in parts says the digest of what is there.

use crate::audit::{Entry, record};
use crate::contracts::engine;
use crate::lifecycle::{self, RETURNING, TAKE_WITHIN, TAKEN, Taken};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, Timestamp, WorkflowId};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use provider_api::{AllocationId, ArchivePart, Driver, DriverError, ExportManifest, ProblemCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::{fmt, io};
use storage::contracts::{self, ContractHead};
use storage::workflow::{WorkflowRow, of_subject, signals};
use storage::{Tx, lock};

/// What the workflow is told when an archive was sent whole.
const SENT: &str = "data_sent";
/// Workflows of a contract that are looked through.
const RUNS_MAX: i64 = 20;

/// One file that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedFile {
    /// Its path in the archive.
    pub path: String,
    /// Its length in bytes.
    pub bytes: i64,
    /// Lower-case hex SHA-256.
    pub sha256: String,
}

/// The data that wait for their owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedData {
    /// Every file, in the order of the archive; `None`: the cloud does not answer now.
    pub archive: Option<ReturnedArchive>,
    /// When they are erased although nobody came.
    pub until: Timestamp,
    /// When an archive was last sent whole; `None`: not yet.
    pub sent_at: Option<Timestamp>,
}

/// The archive as the cloud would send it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedArchive {
    /// Every file, in the order of the archive.
    pub files: Vec<ReturnedFile>,
    /// Bytes of the archive.
    pub bytes: i64,
    /// Lower-case hex SHA-256 of the archive.
    pub sha256: String,
}

/// How the customer says that the data may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeData {
    /// The archive was sent whole, or this is the digest of what is there.
    Taken {
        /// SHA-256 of the archive in hexadecimal digits; needed unless it was sent whole.
        sha256: Option<String>,
    },
    /// They are not wanted.
    Waived,
}

/// An archive on its way.
pub struct DataStream {
    /// The first byte that comes.
    pub from: u64,
    /// Bytes of the whole archive.
    pub whole: u64,
    /// Changes with the archive.
    pub etag: String,
    /// What comes; it ends with an error when it breaks off.
    pub pieces: BoxStream<'static, Result<Vec<u8>, String>>,
}

impl fmt::Debug for DataStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = (self.from, self.whole);
        f.debug_struct("DataStream").field("of", &of).finish_non_exhaustive()
    }
}

impl DataStream {
    /// What comes, for the body of an answer.
    pub fn pieces_for_a_body(
        self,
    ) -> impl Stream<Item = Result<Vec<u8>, io::Error>> + Send + 'static {
        self.pieces.map(|piece| piece.map_err(io::Error::other))
    }
}

/// What was sent whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    sha256: String,
    at: Timestamp,
}

/// A contract whose data wait.
struct Waiting {
    head: ContractHead,
    run: WorkflowRow,
    allocation: AllocationId,
}

impl Broker {
    /// The data that wait for their owner; `None`: none do.
    pub async fn returned_data(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Option<ReturnedData>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let Some(waiting) = self.waiting(ctx, &mut tx, id).await? else { return Ok(None) };
        let sent = sent(&mut tx, waiting.run.id).await?;
        drop(tx);
        let manifest = match self.way(&waiting).await {
            Ok(driver) => driver.export(&waiting.allocation).await.ok(),
            Err(_) => None,
        };
        let limit = i64::try_from(TAKE_WITHIN.as_micros()).unwrap_or(i64::MAX);
        Ok(Some(ReturnedData {
            archive: manifest.map(archive),
            until: waiting.run.created_at.plus_us(limit),
            sent_at: sent.map(|sent| sent.at),
        }))
    }

    /// The archive from byte `from` on; with the tag of what is there already, one that has changed since
    /// comes whole.
    pub async fn returned_archive(
        &self,
        ctx: &OpContext,
        id: ContractId,
        (from, etag): (u64, Option<&str>),
    ) -> Result<DataStream, BrokerError> {
        let mut tx = self.begin_read().await?;
        let waiting = self.waiting(ctx, &mut tx, id).await?;
        drop(tx);
        let waiting = waiting.ok_or(BrokerError::NotFound { what: "data" })?;
        let driver = self.way(&waiting).await?;
        let manifest = driver.export(&waiting.allocation).await.map_err(|error| silent(&error))?;
        let part = driver.export_archive(&waiting.allocation, from, etag).await;
        let bytes = manifest.archive.bytes;
        let part = part.map_err(|error| match error.code() {
            Some(ProblemCode::RangeUnsatisfiable) => BrokerError::BeyondEnd { whole: bytes },
            _ => silent(&error),
        })?;
        let (begins, whole, etag) = (part.from, part.whole, part.etag.clone());
        let way = Way {
            broker: self.clone(),
            run: waiting.run.id,
            contract: id,
            expected: manifest.archive.sha256,
            hash: (begins == 0).then(Sha256::new),
            left: whole.saturating_sub(begins),
            part,
        };
        // Fused: a layer that changes a body asks again after its end.
        let pieces = stream::unfold(Some(way), next).fuse().boxed();
        Ok(DataStream { from: begins, whole, etag, pieces })
    }

    /// Takes the customer's word that the data may be erased; repeating it changes nothing.
    pub async fn take_data(
        &self,
        ctx: &OpContext,
        id: ContractId,
        take: &TakeData,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin_read().await?;
        let waiting = self.waiting(ctx, &mut tx, id).await?;
        let sent = match &waiting {
            Some(waiting) => sent(&mut tx, waiting.run.id).await?,
            None => None,
        };
        drop(tx);
        let Some(waiting) = waiting else {
            let detail = "no data of this service wait".to_owned();
            return Err(BrokerError::Conflict { code: "no_data_wait", detail });
        };
        let taken = match take {
            TakeData::Waived => Taken::Waived,
            TakeData::Taken { sha256: None } if sent.is_some() => Taken::Verified,
            TakeData::Taken { sha256: None } => {
                let detail = "the archive was not sent whole; say the digest of what is there";
                return Err(conflict("data_not_verified", detail));
            }
            TakeData::Taken { sha256: Some(digest) } => {
                self.check_digest(&waiting, digest).await?;
                Taken::Verified
            }
        };
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let told = workflow::signal(&mut tx, waiting.run.id, TAKEN, &taken, self.now()).await;
        if !told.map_err(engine)? {
            return Ok(());
        }
        let action = match taken {
            Taken::Waived => "contract.data_waived",
            _ => "contract.data_taken",
        };
        record(self, ctx, &mut tx, Entry::new(action, id)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }

    async fn check_digest(&self, waiting: &Waiting, digest: &str) -> Result<(), BrokerError> {
        let digest = digest.trim().to_ascii_lowercase();
        let driver = self.way(waiting).await?;
        let manifest = driver.export(&waiting.allocation).await.map_err(|error| silent(&error))?;
        if digest == manifest.archive.sha256 {
            return Ok(());
        }
        let message = "this is not the digest of the archive";
        let allowed = "the SHA-256 of the whole archive, 64 hexadecimal digits";
        Err(BrokerError::field("/sha256", "digest", &digest, allowed, message))
    }

    /// Whose data they are comes before whether any wait.
    async fn waiting(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ContractId,
    ) -> Result<Option<Waiting>, BrokerError> {
        let head = contracts::find_head(tx, id).await?;
        let owner = head.as_ref().map(|head| head.organisation_id);
        ctx.may(Action::TakeData, owner, "contract")?;
        let head = head.ok_or(BrokerError::NotFound { what: "contract" })?;
        let runs = of_subject(tx, &id.to_string(), RUNS_MAX).await?;
        let run = runs.into_iter().find(|run| run.kind == RETURNING && run.finished_at.is_none());
        let rows = contracts::list_resources(tx, id).await?;
        let group = rows.into_iter().rev().find(|row| row.kind == lifecycle::GROUP);
        let told = match &run {
            Some(run) => signals(tx, run.id).await?.iter().any(|(name, _)| name == TAKEN),
            None => true,
        };
        Ok(run.zip(group).filter(|_| !told).map(|(run, group)| Waiting {
            head,
            run,
            allocation: AllocationId(group.native_id),
        }))
    }

    async fn way(&self, waiting: &Waiting) -> Result<Arc<dyn Driver>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let connection = self.cloud_of(&mut tx, waiting.head.provider_id).await?;
        drop(tx);
        let connection =
            connection.ok_or_else(|| conflict("cloud_silent", "no cloud is connected"))?;
        let driver = self.inner.drivers.driver(&connection);
        driver.map_err(|reason| conflict("cloud_silent", reason))
    }

    /// Notes that the archive was sent whole, with the digest it should have.
    async fn note_sent(&self, run: WorkflowId, id: ContractId, sha256: String) {
        let noted = async {
            let mut tx = self.begin().await?;
            let sent = Sent { sha256, at: self.now() };
            let told = workflow::signal(&mut tx, run, SENT, &sent, self.now()).await;
            if told.map_err(engine)? {
                let ctx = OpContext::system("export");
                record(self, &ctx, &mut tx, Entry::new("contract.data_sent", id)).await?;
                tx.commit().await?;
            }
            Ok::<(), BrokerError>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(contract.id = %id, %error, "it could not be noted that data were sent");
        }
    }
}

/// What one answer knows while it is sent.
struct Way {
    broker: Broker,
    run: WorkflowId,
    contract: ContractId,
    expected: String,
    /// Only of an archive that is sent from its beginning.
    hash: Option<Sha256>,
    /// Bytes that are still to be handed over.
    left: u64,
    part: ArchivePart,
}

impl Way {
    /// The digest to note, once, when all bytes were handed over and are what the cloud says they should be.
    fn sent_whole(&mut self) -> Option<String> {
        let hash = self.hash.take_if(|_| self.left == 0)?;
        let digest = hex::encode(hash.finalize());
        (digest == self.expected).then_some(digest)
    }
}

impl Drop for Way {
    /// Whoever sends a body of a known length does not ask for more once it has all of it: the stream is
    /// dropped after its last piece.
    fn drop(&mut self) {
        let Some(digest) = self.sent_whole() else { return };
        let (broker, run, contract) = (self.broker.clone(), self.run, self.contract);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { broker.note_sent(run, contract, digest).await });
        }
    }
}

async fn next(way: Option<Way>) -> Option<(Result<Vec<u8>, String>, Option<Way>)> {
    let mut way = way?;
    match way.part.pieces.next().await {
        Ok(Some(piece)) => {
            if let Some(hash) = &mut way.hash {
                hash.update(&piece);
            }
            way.left = way.left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            Some((Ok(piece), Some(way)))
        }
        Ok(None) => {
            if let Some(digest) = way.sent_whole() {
                way.broker.note_sent(way.run, way.contract, digest).await;
            }
            None
        }
        Err(error) => Some((Err(error.to_string()), None)),
    }
}

async fn sent(tx: &mut Tx, run: WorkflowId) -> Result<Option<Sent>, BrokerError> {
    let told = signals(tx, run).await?;
    let text = told.iter().find(|(name, _)| name == SENT).map(|(_, text)| text);
    Ok(text.and_then(|text| serde_json::from_str(text).ok()))
}

fn archive(manifest: ExportManifest) -> ReturnedArchive {
    let file = |file: provider_api::BackedUpFile| ReturnedFile {
        path: file.path,
        bytes: file.bytes,
        sha256: file.sha256,
    };
    ReturnedArchive {
        files: manifest.files.into_iter().map(file).collect(),
        bytes: manifest.archive.bytes,
        sha256: manifest.archive.sha256,
    }
}

fn silent(error: &DriverError) -> BrokerError {
    if error.code() == Some(ProblemCode::WrongState) {
        let detail =
            "the service is still being stopped; its data can be taken once it stands still";
        return conflict("data_not_ready", detail);
    }
    conflict("cloud_silent", error.to_string())
}

fn conflict(code: &'static str, detail: impl Into<String>) -> BrokerError {
    BrokerError::Conflict { code, detail: detail.into() }
}
