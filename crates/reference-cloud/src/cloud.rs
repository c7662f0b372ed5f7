//! The running cloud: its parts, its start and its end.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Clock, Timestamp};
use provider_api::http::WebhookSender;
use tokio::net::TcpListener;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::children::Children;
use crate::config::CloudConfig;
use crate::copies::Copies;
use crate::error::CloudError;
use crate::faults::Faults;
use crate::gateway::Gateway;
use crate::images::ImageFiles;
use crate::keys::Signer;
use crate::links::{self, Links};
use crate::operations::Progress;
use crate::store::Store;
use crate::switches::Panel;
use crate::volume::Volumes;
use crate::{api, http_server, operations, watch};

/// The parts of one cloud, shared by its API and its watch.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub config: CloudConfig,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub signer: Signer,
    pub children: Arc<Children>,
    pub gateway: Gateway,
    pub volumes: Volumes,
    pub copies: Copies,
    pub images: ImageFiles,
    pub links: Links,
    pub faults: Faults,
    pub switches: Arc<Panel>,
    /// Posts events to the subscriber.
    pub webhooks: WebhookSender,
    /// Operations under way; they run to their end even when their callers go away.
    pub work: TaskTracker,
    /// Long work that is being done, and how far it is.
    pub at_work: Mutex<HashMap<String, Arc<Progress>>>,
    ending: AtomicBool,
    locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Cloud {
    pub(crate) fn now_us(&self) -> i64 {
        self.clock.now().0.saturating_add(self.switches.skew_us())
    }

    /// Whether the cloud is shutting down; long work then stops and goes on with the next start.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Waits until no other operation works on the allocation.
    pub(crate) async fn lock(&self, id: &str) -> OwnedMutexGuard<()> {
        self.lock_of(id).lock_owned().await
    }

    /// The same without waiting; nothing when an operation is at work.
    pub(crate) fn try_lock(&self, id: &str) -> Option<OwnedMutexGuard<()>> {
        self.lock_of(id).try_lock_owned().ok()
    }

    fn lock_of(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // Locks nobody holds or waits for are dropped, so that the table stays as small as the work.
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(id.to_owned()).or_default())
    }
}

/// A cloud that serves; dropping it without [`RunningCloud::shutdown`] leaves its children to the next start.
#[derive(Debug)]
pub struct RunningCloud {
    address: SocketAddr,
    cloud: Arc<Cloud>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    // Held as long as the cloud uses its data directory.
    _lock: File,
}

impl RunningCloud {
    /// Where the API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The API's address as text, such as `http://127.0.0.1:8601`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the API and every service address and ends every child. What should run starts again with the next start.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.cloud.ending.store(true, Ordering::Relaxed);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the cloud ended badly");
            }
        }
        // Operations whose callers were cut off end first, so that none starts a child behind our back.
        self.cloud.work.close();
        self.cloud.work.wait().await;
        self.cloud.gateway.close_all().await;
        watch::end_children(&self.cloud).await;
        self.cloud.store.close().await;
        tracing::info!(cloud.name = %self.cloud.config.name, "the cloud has stopped");
    }
}

/// Starts a cloud and returns when it listens; children of an earlier run are adopted first.
///
/// # Errors
/// When the configuration is wrong, another cloud uses the data directory, or a file or the address cannot be used.
pub async fn start(config: CloudConfig, clock: Arc<dyn Clock>) -> Result<RunningCloud, CloudError> {
    config.check()?;
    crate::children::create_private(&config.data_dir)
        .map_err(CloudError::io("creating the data directory"))?;
    let data_dir =
        config.data_dir.canonicalize().map_err(CloudError::io("finding the data directory"))?;
    let lock = take(&data_dir)?;
    let store = Store::open(&data_dir.join("cloud.db")).await?;
    if let Some(first) = config.zones.first() {
        store.settle(&first.zone).await?;
    }
    if let Some(first) = config.tenants.first() {
        store.settle_tenant(&first.name).await?;
    }
    let signer = Signer::open(&data_dir.join("signing.key"))?;
    let children = Children::new(config.demo_app.clone(), &data_dir)
        .map_err(CloudError::io("creating run files"))?;
    let children = Arc::new(children);
    let volumes = Volumes::new(&data_dir).map_err(CloudError::io("creating volumes"))?;
    let copies = Copies::new(&data_dir).map_err(CloudError::io("creating backups"))?;
    let images = ImageFiles::new(&data_dir).map_err(CloudError::io("creating images"))?;
    let link_key = Signer::open(&data_dir.join("link.key"))?.key;
    let links = Links::new(link_key, &data_dir).map_err(CloudError::io("creating links"))?;
    let switches = Arc::new(Panel::default());
    let webhooks = operations::sender(&config).map_err(CloudError::Sender)?;
    let cloud = Arc::new(Cloud {
        store,
        clock,
        signer,
        gateway: Gateway::new(Arc::clone(&children), Arc::clone(&switches)),
        children,
        volumes,
        copies,
        images,
        links,
        faults: Faults::default(),
        switches,
        webhooks,
        work: TaskTracker::new(),
        at_work: Mutex::default(),
        ending: AtomicBool::new(false),
        locks: Mutex::default(),
        config,
    });
    let listener =
        TcpListener::bind(cloud.config.listen).await.map_err(CloudError::io("listening"))?;
    let address = listener.local_addr().map_err(CloudError::io("listening"))?;
    let link_listener = listen_for_links(&cloud).await?;
    watch::resume(&cloud).await?;
    let stop = CancellationToken::new();
    let mut tasks = vec![
        tokio::spawn(http_server::serve(
            listener,
            api::router(Arc::clone(&cloud)),
            stop.clone(),
            http_server::nobody(),
        )),
        tokio::spawn(watch::watch(Arc::clone(&cloud), stop.clone())),
    ];
    if let Some(listener) = link_listener {
        let (own, stop) = (Arc::clone(&cloud), stop.clone());
        tasks.push(tokio::spawn(links::keep(Arc::clone(&own), stop.clone())));
        tasks.push(tokio::spawn(async move {
            if let Err(error) = links::serve(own, listener, stop).await {
                tracing::error!(%error, "other clouds cannot be let in");
            }
        }));
    }
    // One for each tenant, so that a receiver that takes its time holds up nobody else.
    for tenant in &cloud.config.tenants {
        let name = tenant.name.clone();
        tasks.push(tokio::spawn(operations::deliver(Arc::clone(&cloud), name, stop.clone())));
    }
    tasks.push(tokio::spawn(operations::push_readings(Arc::clone(&cloud), stop.clone())));
    tracing::info!(cloud.name = %cloud.config.name, %address, "the cloud listens");
    Ok(RunningCloud { address, cloud, stop, tasks, _lock: lock })
}

/// The address that other clouds call, where there is one; they are told it from now on.
async fn listen_for_links(cloud: &Cloud) -> Result<Option<TcpListener>, CloudError> {
    let Some(address) = cloud.config.link_listen else { return Ok(None) };
    let failed = || CloudError::io(format!("listening for links at {address}"));
    let listener = TcpListener::bind(address).await.map_err(failed())?;
    cloud.links.listens_at(listener.local_addr().map_err(failed())?);
    Ok(Some(listener))
}

fn take(data_dir: &Path) -> Result<File, CloudError> {
    let file = data_dir.join("cloud.lock");
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&file)
        .map_err(CloudError::io("opening the lock"))?;
    lock.try_lock().map_err(|_| CloudError::InUse(data_dir.display().to_string()))?;
    Ok(lock)
}

/// Runs a cloud until Ctrl-C or a termination signal, then stops it cleanly.
///
/// # Errors
/// As [`start`].
pub async fn run(config: CloudConfig) -> Result<(), CloudError> {
    let cloud = start(config, Arc::new(SystemClock)).await?;
    stop_signal().await.map_err(CloudError::io("waiting for signals"))?;
    cloud.shutdown().await;
    Ok(())
}

/// Returns at Ctrl-C or a termination signal.
pub(crate) async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}
