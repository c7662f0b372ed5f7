//! The parts a broker is made of, and its background work.

use crate::lifecycle::KnownClouds;
use crate::notices::Watch;
use crate::ports::{Channels, Drivers};
use crate::seal::Sealer;
use crate::shelf::Shelf;
use crate::{BrokerError, OpContext};
use domain::{Action, Clock, IdSource, OrganisationId, Timestamp, authorise};
use provider_api::Probe;
use search::{Dictionary, OfferIndex};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{Db, Tx};
use tokio::sync::Semaphore;
use workflow::Signals;

/// Password hashes computed at once; each takes about 20 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// What can be set; all have defaults.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// Workflow workers in this process; 0 leaves the work to another process.
    pub workers: usize,
    /// Seconds between two samples of an active service.
    pub monitor_interval_seconds: i64,
    /// Seconds until a cloud is examined again by itself; 0: never.
    pub examine_interval_seconds: i64,
    /// Days after which prices are asked anew before they are signed; 0: never.
    pub price_days_max: i64,
    /// Whether only admitted providers come on the market; otherwise everybody does who is not suspended.
    pub admission_required: bool,
    /// Seconds an unfinished workflow stays with a worker that gives no sign of life.
    pub lease_seconds: i64,
    /// Memory of one password hash, KiB; [`crate::PASSWORD_MEMORY_KIB`] unless a test is in a hurry.
    pub password_memory_kib: u32,
    /// Folder of the search index; `None` keeps it in memory.
    pub index_dir: Option<PathBuf>,
    /// Folder of the compiled Japanese dictionary; `None`: Japanese is found by pairs of characters.
    pub dictionary_dir: Option<PathBuf>,
    /// 32 bytes that seal provider tokens at rest.
    pub sealing_key: SealingKey,
}

/// The key that seals secrets at rest; its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SealingKey(pub [u8; 32]);

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// The concrete parts, brought by `server` or `testkit`.
#[derive(Debug)]
pub struct BrokerParts {
    /// Open and migrated.
    pub db: Db,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// New identities.
    pub ids: Arc<dyn IdSource>,
    /// Clouds.
    pub drivers: Arc<dyn Drivers>,
    /// Services as their users see them.
    pub probe: Arc<dyn Probe>,
    /// Mail and webhooks.
    pub channels: Channels,
    /// Settings.
    pub config: BrokerConfig,
}

/// The marketplace; cheap to clone.
#[derive(Debug, Clone)]
pub struct Broker {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub drivers: Arc<dyn Drivers>,
    pub probe: Arc<dyn Probe>,
    pub channels: Channels,
    pub config: BrokerConfig,
    pub sealer: Sealer,
    pub index: OfferIndex,
    pub shelf: Shelf,
    pub watch: Watch,
    pub hashing: Semaphore,
    pub known_clouds: KnownClouds,
    pub signals: Signals,
    pub announced: crate::announcements::Shown,
    pub uploads: crate::offers::UnderWay,
    pub catalogue: crate::categories::Kept,
    pub extensions: crate::extensions::Kept,
}

impl Broker {
    /// Opens the search index; [`Broker::sync_market`] then brings it up to date.
    pub async fn open(parts: BrokerParts) -> Result<Self, BrokerError> {
        let dictionary = dictionary(parts.config.dictionary_dir.as_deref());
        let index = match &parts.config.index_dir {
            Some(folder) => OfferIndex::open(folder, dictionary),
            None => OfferIndex::in_memory(dictionary),
        };
        let inner = Inner {
            sealer: Sealer::new(&parts.config.sealing_key),
            index: index.map_err(|error| BrokerError::Search(Box::new(error)))?,
            shelf: Shelf::default(),
            watch: Watch::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            known_clouds: KnownClouds::default(),
            signals: Signals::default(),
            announced: crate::announcements::Shown::default(),
            uploads: crate::offers::UnderWay::default(),
            catalogue: crate::categories::Kept::default(),
            extensions: crate::extensions::Kept::default(),
            db: parts.db,
            clock: parts.clock,
            ids: parts.ids,
            drivers: parts.drivers,
            probe: parts.probe,
            channels: parts.channels,
            config: parts.config,
        };
        let broker = Self { inner: Arc::new(inner) };
        broker.refresh_categories().await?;
        broker.refresh_extensions().await?;
        broker.sync_market().await?;
        Ok(broker)
    }

    /// The database, for sessions and `doctor`.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// The present moment of the injected clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn ids(&self) -> &dyn IdSource {
        self.inner.ids.as_ref()
    }

    pub(crate) async fn begin(&self) -> Result<Tx, BrokerError> {
        Ok(self.inner.db.begin().await?)
    }

    /// For one statement that reads.
    pub(crate) async fn look(&self) -> Result<Tx, BrokerError> {
        Ok(self.inner.db.look().await?)
    }

    pub(crate) async fn begin_read(&self) -> Result<Tx, BrokerError> {
        Ok(self.inner.db.begin_read().await?)
    }
}

impl OpContext {
    /// Decides by the policy table; `what` names the thing in the answer.
    pub(crate) fn may(
        &self,
        action: Action,
        owner: Option<OrganisationId>,
        what: &'static str,
    ) -> Result<(), BrokerError> {
        authorise(&self.actor, action, owner).map_err(|refusal| BrokerError::refused(refusal, what))
    }
}

/// Opens the dictionary; one that cannot be read is told and done without.
fn dictionary(folder: Option<&Path>) -> Option<Arc<Dictionary>> {
    match Dictionary::open(folder?) {
        Ok(dictionary) => Some(Arc::new(dictionary)),
        Err(error) => {
            tracing::warn!(%error, "Japanese is found by pairs of characters only");
            None
        }
    }
}
