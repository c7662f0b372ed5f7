//! The parts a broker is made of, and its background work.

use crate::BrokerError;
use crate::ports::{Drivers, ServiceProbe};
use domain::{Clock, IdSource};
use std::path::PathBuf;
use std::sync::Arc;
use storage::Db;
use tokio_util::sync::CancellationToken;

/// What can be set; all have defaults.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// Workflow workers in this process; 0 leaves the work to another process.
    pub workers: usize,
    /// Seconds between two samples of an active service.
    pub monitor_interval_seconds: i64,
    /// Folder of the search index.
    pub index_dir: PathBuf,
    /// 32 bytes that seal provider tokens at rest.
    pub sealing_key: [u8; 32],
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
    pub probe: Arc<dyn ServiceProbe>,
    /// Settings.
    pub config: BrokerConfig,
}

/// The marketplace; cheap to clone.
#[derive(Debug, Clone)]
pub struct Broker {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    parts: BrokerParts,
}

impl Broker {
    /// Opens the search index and loads the published offers.
    pub async fn open(parts: BrokerParts) -> Result<Self, BrokerError> {
        todo!()
    }

    /// Runs workers, monitors and reconcilers until `shutdown`; returns when all have stopped.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), BrokerError> {
        todo!()
    }

    /// Brings search and matching up to date with everything committed so far.
    pub async fn sync_market(&self) -> Result<(), BrokerError> {
        todo!()
    }

    /// Builds the search index anew while the old one answers.
    pub async fn reindex(&self) -> Result<u64, BrokerError> {
        todo!()
    }

    /// The database, for sessions and `doctor`.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.parts.db
    }
}
