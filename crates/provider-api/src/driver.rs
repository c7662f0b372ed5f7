//! The port to one cloud: a method per operation and four classes of error.
//! It decides nothing; when to call and what an error means for a contract is the broker's.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::erasure::ErasureStatement;
use crate::problem::{Problem, ProblemCode};
use crate::resource::ResourceGraph;
use crate::wire::{
    AdoptRequest, Allocation, AllocationId, BackedUpFile, Backup, BackupId, Capabilities,
    ConvertRequest, DiscoverAnswer, DiscoverRequest, DrainRequest, EventPage, ExportManifest,
    HoldRequest, IdempotencyKey, Image, ImageId, ImageRequest, Link, LinkId, LinkOffer, LinkProbe,
    LinkRequest, LinkShare, Liveness, LongOperation, Metrics, Monitoring, MonitoringRequest,
    OperationId, OperationRecord, Quota, ReserveRequest, ResizeRequest, ResolvedRecipe,
    StartRequest, TenantQuota, UsageRecord,
};

/// What every changing call carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Names the intent; the same key does nothing twice.
    pub key: IdempotencyKey,
    /// Fencing token; must never fall for one allocation, whichever workflow calls.
    pub epoch: i64,
}

/// Hold a group (IF4 to IF6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldCommand {
    pub call: Call,
    pub request: HoldRequest,
}

/// Book a group at once, where nothing is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveCommand {
    pub call: Call,
    pub request: ReserveRequest,
}

/// Move the end of a hold to `ttl_seconds` from now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub ttl_seconds: u32,
}

/// Book what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub quota: Quota,
}

/// Put what is booked under another label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub request: AdoptRequest,
}

/// Set what is measured of an allocation, and start or stop it (IF11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub request: MonitoringRequest,
}

/// Make what is booked larger or smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResizeCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub request: ResizeRequest,
}

/// Start the service (IF7, IF8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub request: StartRequest,
}

/// Drop, stop, allow, deny, back up, erase or release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocationCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
}

/// Stop without cutting off users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrainCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub request: DrainRequest,
}

/// Verify, restore or delete a backup; the epoch is that of its allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupCommand {
    pub call: Call,
    pub backup_id: BackupId,
}

/// Lend a volume to a service that does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachCommand {
    pub call: Call,
    /// The service.
    pub allocation_id: AllocationId,
    pub volume: AllocationId,
}

/// Begin an upload (F7.6.3); images have an epoch of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginImageCommand {
    pub call: Call,
    pub request: ImageRequest,
}

/// The next chunk of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkCommand {
    pub call: Call,
    pub image_id: ImageId,
    /// How many bytes of the image come before it.
    pub offset: i64,
    pub bytes: Vec<u8>,
}

/// Complete or delete an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageCommand {
    pub call: Call,
    pub image_id: ImageId,
}

/// Make an image of another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertCommand {
    pub call: Call,
    pub image_id: ImageId,
    pub request: ConvertRequest,
}
/// An archive from some byte on.
#[derive(Debug)]
pub struct ArchivePart {
    /// The first byte that comes.
    pub from: u64,
    /// Bytes of the whole archive.
    pub whole: u64,
    /// Changes with the archive.
    pub etag: String,
    pub pieces: Box<dyn Pieces>,
}

/// What comes piece by piece.
#[async_trait]
pub trait Pieces: fmt::Debug + Send {
    /// The next piece; nothing when that was all.
    ///
    /// # Errors
    /// When it broke off: ask for the rest anew.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, DriverError>;
}

/// Ask for a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub request: LinkRequest,
}

/// Accept a link with what its other side gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptLinkCommand {
    pub call: Call,
    pub allocation_id: AllocationId,
    pub offer: LinkOffer,
}

/// Take a link down; the epoch is that of its allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseLinkCommand {
    pub call: Call,
    pub link_id: LinkId,
}

/// Set what the other side of a link may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareCommand {
    pub call: Call,
    pub link_id: LinkId,
    pub share: LinkShare,
}

/// Take what the other side of a link shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCommand {
    pub call: Call,
    pub link_id: LinkId,
}

/// Takes an image that the other side of a link shares.
#[derive(Clone, Debug)]
pub struct PullImageCommand {
    pub call: Call,
    pub link_id: LinkId,
    /// What is to come, as the other cloud tells it.
    pub image: ImageRequest,
}

/// Why a call did not give what was asked, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Nothing was done; the same call may be repeated later.
    #[error("the cloud cannot answer for the moment: {detail}")]
    Transient {
        /// How long the cloud asks to wait.
        retry_after: Option<Duration>,
        detail: String,
    },
    /// Nothing was done and repeating the same call will not help.
    #[error("the cloud refused ({}): {}", .problem.code.as_str(), .problem.detail)]
    Rejected { problem: Box<Problem> },
    /// The thing named does not exist at the cloud, or no longer.
    #[error("the cloud does not know it: {detail}")]
    Gone { detail: String },
    /// The call may have had its effect: ask by key or by id before going on; repeating with the same key is safe.
    #[error("it is not known whether the cloud acted: {detail}")]
    Unknown { detail: String },
}

impl DriverError {
    /// A refusal made on this side of the wire.
    #[must_use]
    pub fn rejected(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::Rejected { problem: Box::new(Problem::new(code, detail)) }
    }

    /// The stable code of a refusal, if it is one.
    #[must_use]
    pub fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Rejected { problem } => Some(problem.code),
            _ => None,
        }
    }

    /// Whether the same call may be repeated with hope.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transient { .. } | Self::Unknown { .. })
    }
}

/// One cloud as a broker sees it. Every method is safe to repeat with the same arguments.
#[async_trait]
pub trait Driver: fmt::Debug + Send + Sync {
    /// What the cloud can do; also the way to check that it answers.
    async fn capabilities(&self) -> Result<Capabilities, DriverError>;
    /// What the tenant of the token may have; nothing when the cloud knows no quotas.
    async fn quota(&self) -> Result<Option<TenantQuota>, DriverError> {
        Ok(None)
    }
    /// Whether a group could be held now; secures nothing (F7.4.1).
    async fn discover(&self, request: &DiscoverRequest) -> Result<DiscoverAnswer, DriverError>;
    /// Holds a whole group or nothing (F7.4.3, F7.4.4).
    async fn hold(&self, command: HoldCommand) -> Result<Allocation, DriverError>;
    /// Books a whole group at once or nothing. Drivers of clouds that hold leave it as it is.
    async fn reserve(&self, _: ReserveCommand) -> Result<Allocation, DriverError> {
        Err(unsupported("this cloud holds before it books"))
    }
    /// Moves the end of a hold.
    async fn extend(&self, command: ExtendCommand) -> Result<Allocation, DriverError>;
    /// Lets a hold go; fine when it ended before.
    async fn drop_hold(&self, command: AllocationCommand) -> Result<Allocation, DriverError>;
    /// Books what is held.
    async fn confirm(&self, command: ConfirmCommand) -> Result<Allocation, DriverError>;
    /// Starts the service and answers when it is ready (IF7).
    async fn start(&self, command: StartCommand) -> Result<Allocation, DriverError>;
    /// Stops the service and closes access (IF7).
    async fn stop(&self, command: AllocationCommand) -> Result<Allocation, DriverError>;
    /// Opens access for users (IF13).
    async fn allow(&self, command: AllocationCommand) -> Result<Allocation, DriverError>;
    /// Closes access for users (IF13).
    async fn deny(&self, command: AllocationCommand) -> Result<Allocation, DriverError>;
    /// Erases all data of a stopped service; repeated, gives the same statement (IF10).
    async fn erase(&self, command: AllocationCommand) -> Result<ErasureStatement, DriverError>;
    /// Gives the capacity back.
    async fn release(&self, command: AllocationCommand) -> Result<Allocation, DriverError>;
    /// One allocation as it is now; `Gone` when the cloud does not know it.
    async fn allocation(&self, id: &AllocationId) -> Result<Allocation, DriverError>;
    /// What an allocation consists of, as the cloud sees it now (F7.5.1, F7.5.2).
    async fn resources(&self, id: &AllocationId) -> Result<ResourceGraph, DriverError>;
    /// All allocations with a label, also ended ones, oldest first.
    async fn list(&self, label: &str) -> Result<Vec<Allocation>, DriverError>;
    /// What became of a key; nothing when it had no effect.
    async fn operation(&self, key: &IdempotencyKey)
    -> Result<Option<OperationRecord>, DriverError>;
    /// A part of the feed of events after a place, of one label or of all (F7.5.3).
    async fn events(
        &self,
        after: Option<&str>,
        label: Option<&str>,
    ) -> Result<EventPage, DriverError>;
    /// Whether the service is up, as its cloud sees it.
    async fn liveness(&self, id: &AllocationId) -> Result<Liveness, DriverError>;
    /// How the service performs and what it uses (IF12).
    async fn metrics(&self, id: &AllocationId) -> Result<Metrics, DriverError>;
    /// What to bill so far; `is_final` after release.
    async fn meter(&self, id: &AllocationId) -> Result<UsageRecord, DriverError>;

    /// Sets what is measured, and starts or stops it (IF11). Drivers of clouds that measure nothing on order leave this and
    /// what follows as it is.
    async fn set_monitoring(&self, _: MonitorCommand) -> Result<Monitoring, DriverError> {
        Err(unsupported("this cloud monitors nothing on order"))
    }
    /// What is measured of an allocation, and when it was read last (IF11).
    async fn monitoring(&self, _: &AllocationId) -> Result<Monitoring, DriverError> {
        Err(unsupported("this cloud monitors nothing on order"))
    }

    /// What a start would do, without starting anything (F7.6.2). Drivers of clouds that resolve nothing leave it.
    async fn check_recipe(
        &self,
        _: &AllocationId,
        _: &StartRequest,
    ) -> Result<ResolvedRecipe, DriverError> {
        Err(unsupported("this cloud resolves no variables"))
    }
    /// Begins to turn newcomers away; the work ends with the stop, when nothing is in flight or the deadline has come
    /// (F7.10.1a).
    async fn drain(&self, _: DrainCommand) -> Result<LongOperation, DriverError> {
        Err(unsupported("this cloud only stops at once"))
    }
    /// What may be taken along of a stopped service, with digests (F7.10.1c).
    async fn export(&self, _: &AllocationId) -> Result<ExportManifest, DriverError> {
        Err(unsupported("this cloud hands no data out"))
    }
    /// The archive of an export from byte `from` on. With the tag of what is there already, an archive that
    /// has changed since comes whole: look at where the part begins.
    async fn export_archive(
        &self,
        _: &AllocationId,
        _from: u64,
        _etag: Option<&str>,
    ) -> Result<ArchivePart, DriverError> {
        Err(unsupported("this cloud hands no data out"))
    }
    /// Makes what is booked larger or smaller; all of it or nothing. Drivers of clouds that cannot leave it as it is.
    async fn resize(&self, _: ResizeCommand) -> Result<Allocation, DriverError> {
        Err(DriverError::rejected(ProblemCode::Unsupported, "this cloud resizes nothing"))
    }

    /// Puts what is booked under another label, as it stands. Drivers of clouds that cannot leave it as it is.
    async fn adopt(&self, _: AdoptCommand) -> Result<Allocation, DriverError> {
        Err(unsupported("this cloud gives nothing another label"))
    }

    /// Begins to copy the volume (IF2). Drivers of clouds without backups leave this and what follows as it is.
    async fn backup(&self, _: AllocationCommand) -> Result<LongOperation, DriverError> {
        Err(no_backups())
    }
    /// Begins to read a copy again and to compare it.
    async fn verify(&self, _: BackupCommand) -> Result<LongOperation, DriverError> {
        Err(no_backups())
    }
    /// Begins to put a copy into the volume of a stopped service.
    async fn restore(&self, _: BackupCommand) -> Result<LongOperation, DriverError> {
        Err(no_backups())
    }
    /// Deletes a backup; fine when it is deleted.
    async fn delete_backup(&self, _: BackupCommand) -> Result<Backup, DriverError> {
        Err(no_backups())
    }
    /// All backups of an allocation, also deleted ones, oldest first.
    async fn backups(&self, _: &AllocationId) -> Result<Vec<Backup>, DriverError> {
        Err(no_backups())
    }
    /// One backup as it is now; `Gone` when the cloud does not know it.
    async fn one_backup(&self, _: &BackupId) -> Result<Backup, DriverError> {
        Err(no_backups())
    }
    /// What a backup holds, in the order of the paths.
    async fn backup_files(&self, _: &BackupId) -> Result<Vec<BackedUpFile>, DriverError> {
        Err(no_backups())
    }
    /// The long work on an allocation, also what has ended, oldest first.
    async fn long_operations(&self, _: &AllocationId) -> Result<Vec<LongOperation>, DriverError> {
        Err(no_backups())
    }
    /// Long work as it is now; ask until it has ended.
    async fn long_operation(&self, _: &OperationId) -> Result<LongOperation, DriverError> {
        Err(no_backups())
    }

    /// Lends a volume by itself to a service that does not run. Drivers of clouds without such volumes leave it.
    async fn attach(&self, _: AttachCommand) -> Result<Allocation, DriverError> {
        Err(no_volumes())
    }
    /// Takes the volume of a service back, with its data.
    async fn detach(&self, _: AllocationCommand) -> Result<Allocation, DriverError> {
        Err(no_volumes())
    }

    /// All images with a name, also deleted ones, oldest first (F7.6.3). Drivers of clouds without images leave this and
    /// what follows as it is.
    async fn images(&self, _name: &str) -> Result<Vec<Image>, DriverError> {
        Err(no_images())
    }
    /// One image as it is now; `Gone` when the cloud does not know it.
    async fn image(&self, _: &ImageId) -> Result<Image, DriverError> {
        Err(no_images())
    }
    /// Begins an upload.
    async fn begin_image(&self, _: BeginImageCommand) -> Result<Image, DriverError> {
        Err(no_images())
    }
    /// Uploads the next chunk.
    async fn upload_chunk(&self, _: ChunkCommand) -> Result<Image, DriverError> {
        Err(no_images())
    }
    /// Has the whole compared with what was declared; afterwards it can be started from.
    async fn complete_image(&self, _: ImageCommand) -> Result<Image, DriverError> {
        Err(no_images())
    }
    /// Begins to make an image of another format.
    async fn convert_image(&self, _: ConvertCommand) -> Result<LongOperation, DriverError> {
        Err(no_images())
    }
    /// Deletes an image; fine when it is deleted.
    async fn delete_image(&self, _: ImageCommand) -> Result<Image, DriverError> {
        Err(no_images())
    }

    /// Asks for a link to another cloud (IF3); the answer has the offer for its other side. Drivers of clouds without
    /// links leave this and what follows as it is.
    async fn open_link(&self, _: LinkCommand) -> Result<Link, DriverError> {
        Err(no_links())
    }
    /// Accepts a link that another cloud was asked for.
    async fn accept_link(&self, _: AcceptLinkCommand) -> Result<Link, DriverError> {
        Err(no_links())
    }
    /// Takes a link down; fine when it is down.
    async fn close_link(&self, _: CloseLinkCommand) -> Result<Link, DriverError> {
        Err(no_links())
    }
    /// All links of an allocation, also those that are down, oldest first.
    async fn links(&self, _: &AllocationId) -> Result<Vec<Link>, DriverError> {
        Err(no_links())
    }
    /// One link as it is now; `Gone` when the cloud does not know it.
    async fn link(&self, _: &LinkId) -> Result<Link, DriverError> {
        Err(no_links())
    }
    /// Measures through the tunnel of a link that is up.
    async fn probe_link(&self, _: &LinkId) -> Result<LinkProbe, DriverError> {
        Err(no_links())
    }
    /// Sets what the other side of a link may take.
    async fn share_data(&self, _: ShareCommand) -> Result<Link, DriverError> {
        Err(no_links())
    }
    /// Begins to take what the other side of a link shares into the volume of a stopped service (IF3).
    async fn pull_data(&self, _: PullCommand) -> Result<LongOperation, DriverError> {
        Err(no_links())
    }
    /// Begins to take an image that the other side shares.
    async fn pull_image(&self, _: PullImageCommand) -> Result<LongOperation, DriverError> {
        Err(no_links())
    }
}

fn no_volumes() -> DriverError {
    unsupported("this cloud lends no volumes by themselves")
}

fn no_images() -> DriverError {
    unsupported("this cloud takes no images")
}

fn no_links() -> DriverError {
    DriverError::rejected(ProblemCode::Unsupported, "this cloud links nothing with others")
}

fn no_backups() -> DriverError {
    unsupported("this cloud makes no backups")
}

fn unsupported(detail: &str) -> DriverError {
    DriverError::rejected(ProblemCode::Unsupported, detail)
}
