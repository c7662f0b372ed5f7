//! The work that goes on by itself: workflows, search, monitoring, tidying.
//!
//! Each loop is a reconciler: it takes no input, may run at any time, and a run that fails is
//! logged and repeated. None of them ends the process.

use crate::{Broker, BrokerError, lifecycle};
use domain::DurationUs;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use storage::{idempotency, notices, observations, sessions, uploads};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use workflow::{Engine, EngineConfig, Parts};

/// A published offer is found after this time at the latest, also when another replica published it.
const SYNC_EVERY: Duration = Duration::from_millis(500);
/// How soon a category or an item of the market holds that was accepted in another process.
const CATEGORIES_EVERY: Duration = Duration::from_secs(2);
/// How soon the market's filter and order by what was measured follow the samples.
const OBSERVED_EVERY: Duration = Duration::from_secs(60);
/// How soon offers follow when a cloud opens or closes a region, or answers for the first time.
const CLOUDS_EVERY: Duration = Duration::from_secs(10);
/// How soon it is noticed that a cloud has something else than was ordered.
const INVENTORY_EVERY: Duration = Duration::from_secs(60);
/// How soon those who watch a need are told about a change of the market.
const NOTICES_EVERY: Duration = Duration::from_secs(1);
/// How soon an offer is published or withdrawn when its moment comes.
const OFFERS_EVERY: Duration = Duration::from_secs(1);
/// How soon a file of offers that was sent gets its turn.
const UPLOADS_EVERY: Duration = Duration::from_millis(500);
/// How soon a change of another market is mirrored.
const MIRROR_EVERY: Duration = Duration::from_secs(5);
/// How often contracts are looked for whose beginning or end has come, or the moment of a change.
const END_EVERY: Duration = Duration::from_secs(1);
/// How soon lists of candidates follow a change of the market.
const STANDBY_EVERY: Duration = Duration::from_secs(2);
/// How soon an examination begins that a provider asked for.
const EXAMINE_EVERY: Duration = Duration::from_secs(2);
/// How often what has expired is removed.
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// Raw samples are kept for 30 days.
const SAMPLES_KEPT_US: DurationUs = 30 * 24 * 3600 * 1_000_000;
/// A notice is kept for half a year, read or not.
const NOTICES_KEPT_US: DurationUs = 183 * 24 * 3600 * 1_000_000;
/// What became of a file of offers is kept, and can be undone, for 30 days.
const UPLOADS_KEPT_US: DurationUs = 30 * 24 * 3600 * 1_000_000;
/// A repeated request gets its first answer for a day.
const ANSWERS_KEPT_US: DurationUs = 24 * 3600 * 1_000_000;

impl Broker {
    /// The engine that runs the contracts' workflows.
    pub fn engine(&self) -> Result<Engine<Self>, BrokerError> {
        let seconds = u64::try_from(self.inner.config.lease_seconds).unwrap_or(30).max(1);
        let config = EngineConfig {
            workers: self.inner.config.workers,
            lease: Duration::from_secs(seconds),
            ..EngineConfig::default()
        };
        let parts = self.engine_parts(config);
        Engine::new(parts).map_err(|error| BrokerError::Internal(error.to_string()))
    }

    /// What an engine is made of; tests add faults to it.
    #[must_use]
    pub fn engine_parts(&self, config: EngineConfig) -> Parts<Self> {
        Parts {
            db: self.inner.db.clone(),
            env: Arc::new(self.clone()),
            clock: Arc::clone(&self.inner.clock),
            ids: Arc::clone(&self.inner.ids),
            definitions: lifecycle::definitions(),
            signals: self.inner.signals.clone(),
            config,
        }
    }

    /// Runs workers, monitors and reconcilers until `shutdown`; returns when all have stopped.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), BrokerError> {
        let engine = self.engine()?;
        let mut tasks = JoinSet::new();
        let stop = shutdown.clone();
        tasks.spawn(async move { engine.run(stop).await });
        let (closing, stop) = (Arc::clone(&self.inner), shutdown.clone());
        closing.shelf.reader.closing.store(false, Ordering::Relaxed);
        tasks.spawn(async move {
            stop.cancelled().await;
            closing.shelf.reader.closing.store(true, Ordering::Relaxed);
        });
        let start = self.clone();
        tasks.spawn(async move { start.finish_start().await });
        let sync = self.clone();
        tasks.spawn(every(SYNC_EVERY, shutdown.clone(), "market sync", move || {
            let broker = sync.clone();
            async move { broker.sync_market().await }
        }));
        let categories = self.clone();
        tasks.spawn(every(CATEGORIES_EVERY, shutdown.clone(), "categories", move || {
            let broker = categories.clone();
            async move { broker.refresh_categories().await }
        }));
        let items = self.clone();
        tasks.spawn(every(CATEGORIES_EVERY, shutdown.clone(), "items of the market", move || {
            let broker = items.clone();
            async move { broker.refresh_extensions().await }
        }));
        let measured = self.clone();
        tasks.spawn(every(OBSERVED_EVERY, shutdown.clone(), "what was measured", move || {
            let broker = measured.clone();
            async move { broker.follow_observed().await }
        }));
        if self.inner.config.workers > 0 {
            let seconds = u64::try_from(self.inner.config.monitor_interval_seconds).unwrap_or(1);
            let pause = Duration::from_secs(seconds.max(1));
            let monitor = self.clone();
            tasks.spawn(every(pause, shutdown.clone(), "monitoring", move || {
                let broker = monitor.clone();
                async move { broker.observe_services().await.map(drop) }
            }));
            let end = self.clone();
            tasks.spawn(every(END_EVERY, shutdown.clone(), "ends of contracts", move || {
                let broker = end.clone();
                async move {
                    broker.start_due().await?;
                    broker.change_due().await?;
                    broker.end_due().await?;
                    broker.terminate_due().await.map(drop)
                }
            }));
            let offers = self.clone();
            tasks.spawn(every(OFFERS_EVERY, shutdown.clone(), "moments of offers", move || {
                let broker = offers.clone();
                async move {
                    broker.publish_due().await?;
                    broker.withdraw_due().await.map(drop)
                }
            }));
            let files = self.clone();
            tasks.spawn(every(UPLOADS_EVERY, shutdown.clone(), "files of offers", move || {
                let broker = files.clone();
                async move { broker.take_uploads().await.map(drop) }
            }));
            let preempt = self.clone();
            tasks.spawn(every(END_EVERY, shutdown.clone(), "pre-emption", move || {
                let broker = preempt.clone();
                async move {
                    broker.preempt_due().await?;
                    broker.return_due().await.map(drop)
                }
            }));
            let tell = self.clone();
            tasks.spawn(every(NOTICES_EVERY, shutdown.clone(), "notices", move || {
                let broker = tell.clone();
                async move {
                    broker.tell_watchers().await?;
                    broker.tell_holders().await?;
                    broker.remind_of_evidence().await?;
                    broker.write_feed().await.map(drop)
                }
            }));
            if !self.inner.channels.mirrors.is_empty() {
                let follow = self.clone();
                tasks.spawn(every(MIRROR_EVERY, shutdown.clone(), "mirrors", move || {
                    let broker = follow.clone();
                    async move { broker.follow_markets().await }
                }));
            }
            let deliver = self.clone();
            tasks.spawn(every(NOTICES_EVERY, shutdown.clone(), "deliveries", move || {
                let broker = deliver.clone();
                async move { broker.deliver_due().await.map(drop) }
            }));
            let look = self.clone();
            tasks.spawn(every(CLOUDS_EVERY, shutdown.clone(), "looking at clouds", move || {
                let broker = look.clone();
                async move { broker.look_at_clouds().await.map(drop) }
            }));
            let compare = self.clone();
            tasks.spawn(every(INVENTORY_EVERY, shutdown.clone(), "inventory", move || {
                let broker = compare.clone();
                async move {
                    broker.look_at_services().await?;
                    broker.look_for_left_holds().await?;
                    broker.look_for_orphans().await.map(drop)
                }
            }));
            let standby = self.clone();
            tasks.spawn(every(STANDBY_EVERY, shutdown.clone(), "standby lists", move || {
                let broker = standby.clone();
                async move { broker.renew_standby_lists().await.map(drop) }
            }));
            let examine = self.clone();
            tasks.spawn(every(EXAMINE_EVERY, shutdown.clone(), "examining clouds", move || {
                let broker = examine.clone();
                async move { broker.examine_clouds().await.map(drop) }
            }));
            let tidy = self.clone();
            tasks.spawn(every(TIDY_EVERY, shutdown, "tidying", move || {
                let broker = tidy.clone();
                async move { broker.tidy().await }
            }));
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a background task broke off");
            }
        }
        if let Err(error) = self.keep_match_index().await {
            tracing::warn!(%error, "the match index could not be kept; the next start takes longer");
        }
        Ok(())
    }

    /// Whether the process is stopping: long work ends where it can go on later.
    pub(crate) fn is_closing(&self) -> bool {
        self.inner.shelf.reader.closing.load(Ordering::Relaxed)
    }

    /// Removes what has expired and keeps what would take a restart long.
    pub async fn tidy(&self) -> Result<(), BrokerError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        sessions::delete_expired(&mut tx, now).await?;
        idempotency::delete_older_than(&mut tx, now.plus_us(-ANSWERS_KEPT_US)).await?;
        observations::delete_older_than(&mut tx, now.plus_us(-SAMPLES_KEPT_US)).await?;
        notices::delete_older_than(&mut tx, now.plus_us(-NOTICES_KEPT_US)).await?;
        uploads::delete_older_than(&mut tx, now.plus_us(-UPLOADS_KEPT_US)).await?;
        tx.commit().await?;
        self.tidy_feed().await?;
        self.tidy_standby_lists().await?;
        self.turn_the_day(now).await?;
        self.keep_match_index().await
    }
}

/// Repeats `work` with a pause until the shutdown; a failure is logged and tried again.
async fn every<F, W>(pause: Duration, shutdown: CancellationToken, name: &'static str, work: W)
where
    F: Future<Output = Result<(), BrokerError>>,
    W: Fn() -> F,
{
    loop {
        if let Err(error) = work().await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(task = name, %error, cause, "background work failed and is repeated");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
