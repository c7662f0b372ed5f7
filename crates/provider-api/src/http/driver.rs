//! `Driver` spoken over HTTP.

use async_trait::async_trait;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::archive;
use super::client::{self, Outgoing, Payload};
use super::config::{ConfigError, DriverConfig};
use crate::driver::{
    AcceptLinkCommand, AdoptCommand, AllocationCommand, ArchivePart, AttachCommand, BackupCommand,
    BeginImageCommand, Call, ChunkCommand, CloseLinkCommand, ConfirmCommand, ConvertCommand,
    DrainCommand, Driver, DriverError, ExtendCommand, HoldCommand, ImageCommand, LinkCommand,
    MonitorCommand, PullCommand, PullImageCommand, ReserveCommand, ResizeCommand, ShareCommand,
    StartCommand,
};
use crate::erasure::ErasureStatement;
use crate::paths;
use crate::problem::ProblemCode;
use crate::resource::ResourceGraph;
use crate::wire::{
    Allocation, AllocationId, AllocationPage, AttachRequest, BackedUpFile, Backup, BackupFilePage,
    BackupId, BackupPage, Capabilities, ConfirmRequest, DiscoverAnswer, DiscoverRequest, EventPage,
    ExportManifest, ExtendRequest, IdempotencyKey, Image, ImageId, ImagePage, Link, LinkId,
    LinkPage, LinkProbe, Liveness, LongOperation, LongOperationPage, Metrics, Monitoring,
    OperationId, OperationRecord, ResolvedRecipe, StartRequest, TenantQuota, UsageRecord,
};

/// One cloud over HTTP.
#[derive(Clone, Debug)]
pub struct HttpDriver {
    client: reqwest::Client,
    config: DriverConfig,
}

/// Pages of a list that are followed at most; a label has a handful of allocations. The files of a volume may be
/// many: a list that goes on after so many pages is an error, never cut short.
const PAGES_MAX: usize = 100;

/// A page of any list: what it holds, and where the next one begins.
type Page<T> = (Vec<T>, Option<String>);

impl HttpDriver {
    /// Builds a driver; nothing is sent yet.
    ///
    /// # Errors
    /// When the address is not allowed or the configuration is malformed.
    pub fn new(config: DriverConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { client: client::build(&config)?, config })
    }

    async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, DriverError> {
        let outgoing = Outgoing { method: Method::GET, path, body: Payload::None, call: None };
        client::send(&self.client, &self.config, &outgoing).await
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: &(impl Serialize + Sync),
        call: &Call,
    ) -> Result<T, DriverError> {
        let body = to_json(body)?;
        // A call without values has no body at all.
        let body = if body.is_null() { Payload::None } else { Payload::Json(body) };
        let outgoing = Outgoing { method, path, body, call: Some(call) };
        client::send(&self.client, &self.config, &outgoing).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        route: &str,
        command: &AllocationCommand,
    ) -> Result<T, DriverError> {
        self.change(
            Method::POST,
            paths::with(route, command.allocation_id.as_str()),
            &(),
            &command.call,
        )
        .await
    }

    /// A change of one backup.
    async fn change_backup<T: DeserializeOwned>(
        &self,
        method: Method,
        route: &str,
        command: &BackupCommand,
    ) -> Result<T, DriverError> {
        let path = paths::with(route, command.backup_id.as_str());
        self.change(method, path, &(), &command.call).await
    }

    /// A list over all its pages.
    async fn whole<P: DeserializeOwned, T>(
        &self,
        route: &str,
        filter: Option<(&str, &str)>,
        open: fn(P) -> Page<T>,
    ) -> Result<Vec<T>, DriverError> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let page: P = self.get(list_path(route, filter, after.as_deref())).await?;
            let (items, next) = open(page);
            all.extend(items);
            match next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
        Err(DriverError::Transient {
            retry_after: None,
            detail: "the list does not end".to_owned(),
        })
    }
}

/// The path of a page; a filter is the name of a parameter and what it is.
fn list_path(route: &str, filter: Option<(&str, &str)>, after: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in filter.into_iter().chain(after.map(|after| ("after", after))) {
        query.append_pair(name, value);
    }
    format!("{route}?{}", query.finish())
}

fn to_json(body: &impl Serialize) -> Result<serde_json::Value, DriverError> {
    serde_json::to_value(body)
        .map_err(|error| DriverError::rejected(ProblemCode::InvalidRequest, error.to_string()))
}

#[async_trait]
impl Driver for HttpDriver {
    async fn capabilities(&self) -> Result<Capabilities, DriverError> {
        self.get(paths::CAPABILITIES.to_owned()).await
    }

    async fn quota(&self) -> Result<Option<TenantQuota>, DriverError> {
        match self.get(paths::QUOTA.to_owned()).await {
            Ok(quota) => Ok(Some(quota)),
            // A cloud of an earlier version.
            Err(DriverError::Gone { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn discover(&self, request: &DiscoverRequest) -> Result<DiscoverAnswer, DriverError> {
        let path = paths::DISCOVER.to_owned();
        let body = Payload::Json(to_json(request)?);
        let outgoing = Outgoing { method: Method::POST, path, body, call: None };
        client::send(&self.client, &self.config, &outgoing).await
    }

    async fn hold(&self, command: HoldCommand) -> Result<Allocation, DriverError> {
        self.change(Method::POST, paths::HOLDS.to_owned(), &command.request, &command.call).await
    }

    async fn reserve(&self, command: ReserveCommand) -> Result<Allocation, DriverError> {
        let path = paths::RESERVATIONS.to_owned();
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn extend(&self, command: ExtendCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::EXTEND, command.allocation_id.as_str());
        self.change(
            Method::POST,
            path,
            &ExtendRequest { ttl_seconds: command.ttl_seconds },
            &command.call,
        )
        .await
    }

    async fn drop_hold(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::HOLD, command.allocation_id.as_str());
        self.change(Method::DELETE, path, &(), &command.call).await
    }

    async fn confirm(&self, command: ConfirmCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::CONFIRM, command.allocation_id.as_str());
        self.change(Method::POST, path, &ConfirmRequest { quota: command.quota }, &command.call)
            .await
    }

    async fn start(&self, command: StartCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::START, command.allocation_id.as_str());
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn adopt(&self, command: AdoptCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::ADOPT, command.allocation_id.as_str());
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn drain(&self, command: DrainCommand) -> Result<LongOperation, DriverError> {
        let path = paths::with(paths::DRAIN, command.allocation_id.as_str());
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn export(&self, id: &AllocationId) -> Result<ExportManifest, DriverError> {
        self.get(paths::with(paths::EXPORT, id.as_str())).await
    }

    async fn export_archive(
        &self,
        id: &AllocationId,
        from: u64,
        etag: Option<&str>,
    ) -> Result<ArchivePart, DriverError> {
        let path = paths::with(paths::EXPORT_ARCHIVE, id.as_str());
        archive::fetch(&self.client, &self.config, &path, (from, etag)).await
    }

    async fn resize(&self, command: ResizeCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::RESIZE, command.allocation_id.as_str());
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn stop(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.post(paths::STOP, &command).await
    }

    async fn allow(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.post(paths::ALLOW, &command).await
    }

    async fn deny(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.post(paths::DENY, &command).await
    }

    async fn erase(&self, command: AllocationCommand) -> Result<ErasureStatement, DriverError> {
        self.post(paths::ERASE, &command).await
    }

    async fn release(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.post(paths::RELEASE, &command).await
    }

    async fn allocation(&self, id: &AllocationId) -> Result<Allocation, DriverError> {
        self.get(paths::with(paths::ALLOCATION, id.as_str())).await
    }

    async fn resources(&self, id: &AllocationId) -> Result<ResourceGraph, DriverError> {
        self.get(paths::with(paths::RESOURCES, id.as_str())).await
    }

    async fn list(&self, label: &str) -> Result<Vec<Allocation>, DriverError> {
        let open = |page: AllocationPage| (page.items, page.next);
        self.whole(paths::ALLOCATIONS, Some(("label", label)), open).await
    }

    async fn operation(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<OperationRecord>, DriverError> {
        match self.get(paths::with(paths::OPERATION, key.as_str())).await {
            Ok(record) => Ok(Some(record)),
            Err(DriverError::Gone { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn events(
        &self,
        after: Option<&str>,
        label: Option<&str>,
    ) -> Result<EventPage, DriverError> {
        self.get(list_path(paths::EVENTS, label.map(|label| ("label", label)), after)).await
    }

    async fn liveness(&self, id: &AllocationId) -> Result<Liveness, DriverError> {
        self.get(paths::with(paths::LIVENESS, id.as_str())).await
    }

    async fn metrics(&self, id: &AllocationId) -> Result<Metrics, DriverError> {
        self.get(paths::with(paths::METRICS, id.as_str())).await
    }

    async fn set_monitoring(&self, command: MonitorCommand) -> Result<Monitoring, DriverError> {
        let path = paths::with(paths::MONITORING, command.allocation_id.as_str());
        self.change(Method::PUT, path, &command.request, &command.call).await
    }

    async fn monitoring(&self, id: &AllocationId) -> Result<Monitoring, DriverError> {
        self.get(paths::with(paths::MONITORING, id.as_str())).await
    }

    async fn meter(&self, id: &AllocationId) -> Result<UsageRecord, DriverError> {
        self.get(paths::with(paths::METER, id.as_str())).await
    }

    async fn check_recipe(
        &self,
        id: &AllocationId,
        request: &StartRequest,
    ) -> Result<ResolvedRecipe, DriverError> {
        let path = paths::with(paths::RECIPE_CHECK, id.as_str());
        let body = Payload::Json(to_json(request)?);
        let outgoing = Outgoing { method: Method::POST, path, body, call: None };
        client::send(&self.client, &self.config, &outgoing).await
    }

    async fn backup(&self, command: AllocationCommand) -> Result<LongOperation, DriverError> {
        self.post(paths::BACKUPS, &command).await
    }

    async fn verify(&self, command: BackupCommand) -> Result<LongOperation, DriverError> {
        self.change_backup(Method::POST, paths::VERIFY, &command).await
    }

    async fn restore(&self, command: BackupCommand) -> Result<LongOperation, DriverError> {
        self.change_backup(Method::POST, paths::RESTORE, &command).await
    }

    async fn delete_backup(&self, command: BackupCommand) -> Result<Backup, DriverError> {
        self.change_backup(Method::DELETE, paths::BACKUP, &command).await
    }

    async fn backups(&self, id: &AllocationId) -> Result<Vec<Backup>, DriverError> {
        let open = |page: BackupPage| (page.items, page.next);
        self.whole(&paths::with(paths::BACKUPS, id.as_str()), None, open).await
    }

    async fn one_backup(&self, id: &BackupId) -> Result<Backup, DriverError> {
        self.get(paths::with(paths::BACKUP, id.as_str())).await
    }

    async fn backup_files(&self, id: &BackupId) -> Result<Vec<BackedUpFile>, DriverError> {
        let open = |page: BackupFilePage| (page.items, page.next);
        self.whole(&paths::with(paths::BACKUP_FILES, id.as_str()), None, open).await
    }

    async fn long_operations(&self, id: &AllocationId) -> Result<Vec<LongOperation>, DriverError> {
        let open = |page: LongOperationPage| (page.items, page.next);
        self.whole(&paths::with(paths::LONG_OPERATIONS, id.as_str()), None, open).await
    }

    async fn open_link(&self, command: LinkCommand) -> Result<Link, DriverError> {
        let path = paths::with(paths::LINKS, command.allocation_id.as_str());
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn accept_link(&self, command: AcceptLinkCommand) -> Result<Link, DriverError> {
        let path = paths::with(paths::ACCEPT_LINK, command.allocation_id.as_str());
        self.change(Method::POST, path, &command.offer, &command.call).await
    }

    async fn close_link(&self, command: CloseLinkCommand) -> Result<Link, DriverError> {
        let path = paths::with(paths::LINK, command.link_id.as_str());
        self.change(Method::DELETE, path, &(), &command.call).await
    }

    async fn links(&self, id: &AllocationId) -> Result<Vec<Link>, DriverError> {
        let open = |page: LinkPage| (page.items, page.next);
        self.whole(&paths::with(paths::LINKS, id.as_str()), None, open).await
    }

    async fn link(&self, id: &LinkId) -> Result<Link, DriverError> {
        self.get(paths::with(paths::LINK, id.as_str())).await
    }

    async fn probe_link(&self, id: &LinkId) -> Result<LinkProbe, DriverError> {
        let path = paths::with(paths::PROBE_LINK, id.as_str());
        let outgoing = Outgoing { method: Method::POST, path, body: Payload::None, call: None };
        client::send(&self.client, &self.config, &outgoing).await
    }

    async fn share_data(&self, command: ShareCommand) -> Result<Link, DriverError> {
        let path = paths::with(paths::SHARE, command.link_id.as_str());
        self.change(Method::PUT, path, &command.share, &command.call).await
    }

    async fn pull_data(&self, command: PullCommand) -> Result<LongOperation, DriverError> {
        let path = paths::with(paths::PULL, command.link_id.as_str());
        self.change(Method::POST, path, &(), &command.call).await
    }

    async fn pull_image(&self, command: PullImageCommand) -> Result<LongOperation, DriverError> {
        let path = paths::with(paths::PULL_IMAGE, command.link_id.as_str());
        self.change(Method::POST, path, &command.image, &command.call).await
    }

    async fn long_operation(&self, id: &OperationId) -> Result<LongOperation, DriverError> {
        self.get(paths::with(paths::LONG_OPERATION, id.as_str())).await
    }

    async fn attach(&self, command: AttachCommand) -> Result<Allocation, DriverError> {
        let path = paths::with(paths::ATTACH, command.allocation_id.as_str());
        let body = AttachRequest { volume: command.volume };
        self.change(Method::POST, path, &body, &command.call).await
    }

    async fn detach(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.post(paths::DETACH, &command).await
    }

    async fn images(&self, name: &str) -> Result<Vec<Image>, DriverError> {
        let open = |page: ImagePage| (page.items, page.next);
        self.whole(paths::IMAGES, Some(("name", name)), open).await
    }

    async fn image(&self, id: &ImageId) -> Result<Image, DriverError> {
        self.get(paths::with(paths::IMAGE, id.as_str())).await
    }

    async fn begin_image(&self, command: BeginImageCommand) -> Result<Image, DriverError> {
        let path = paths::IMAGES.to_owned();
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn upload_chunk(&self, command: ChunkCommand) -> Result<Image, DriverError> {
        let path = paths::with(paths::IMAGE_CONTENT, command.image_id.as_str());
        let body = Payload::Chunk { offset: command.offset, bytes: &command.bytes };
        let outgoing = Outgoing { method: Method::PATCH, path, body, call: Some(&command.call) };
        client::send(&self.client, &self.config, &outgoing).await
    }

    async fn complete_image(&self, command: ImageCommand) -> Result<Image, DriverError> {
        let path = paths::with(paths::COMPLETE, command.image_id.as_str());
        self.change(Method::POST, path, &(), &command.call).await
    }

    async fn convert_image(&self, command: ConvertCommand) -> Result<LongOperation, DriverError> {
        let path = paths::with(paths::CONVERT, command.image_id.as_str());
        self.change(Method::POST, path, &command.request, &command.call).await
    }

    async fn delete_image(&self, command: ImageCommand) -> Result<Image, DriverError> {
        let path = paths::with(paths::IMAGE, command.image_id.as_str());
        self.change(Method::DELETE, path, &(), &command.call).await
    }
}
