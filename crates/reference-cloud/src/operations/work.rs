//! Long work: begun by a call, done beside the API, ended in the database together with its event. What a crash cut off
//! is taken up again; what keeps being cut off is given up with a reason. What the work does is in `backups`.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use provider_api::{LongOperation, LongOperationPage, Problem, ProblemCode, WorkKind, WorkState};
use tokio::sync::OwnedMutexGuard;

use super::outcome::{self, Done, Failure};
use super::{Intent, not_found};
use crate::cloud::Cloud;
use crate::copies::{CopyError, Pace};
use crate::error::OpError;
use crate::store::{self, AllocationRow, Tx, WorkRow};
use crate::tenants::OwnKey;

/// Begun this often and cut off each time, work is given up: perhaps it is what brings the cloud down.
const RUNS_MAX: i64 = 3;
/// Entries on one page at most.
const PAGE_MAX: i64 = 100;
/// A caller who finds an allocation busy may come back after so long.
const BUSY_SECONDS: u32 = 1;
/// How often work that is slowed down looks whether it should stop.
const LOOK: Duration = Duration::from_millis(10);

/// How far a piece of work is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// What there is to do in all, known once the work has looked.
    pub(crate) fn expect(&self, bytes: i64) {
        self.total.store(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
    }

    /// As [`Self::expect`], for work that begins anew.
    pub(super) fn restart(&self, bytes: i64) {
        self.done.store(0, Ordering::Relaxed);
        self.expect(bytes);
    }

    pub(super) fn percent(&self) -> u8 {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(0);
        u8::try_from(percent.min(99)).unwrap_or(99)
    }
}

/// What work is about.
pub(super) struct About<'a> {
    pub kind: WorkKind,
    pub backup: &'a str,
    /// What it takes data through.
    pub link: Option<&'a str>,
}

impl<'a> About<'a> {
    /// Work on what is here.
    pub(super) fn here(kind: WorkKind, backup: &'a str) -> Self {
        Self { kind, backup, link: None }
    }
}

/// Goes as fast as the switches let it, until it should stop.
pub(super) struct WorkPace {
    pub cloud: Arc<Cloud>,
    pub progress: Arc<Progress>,
    /// Machines stand still no longer than this.
    pub until: Option<Instant>,
    /// Whether it needs room.
    pub writes: bool,
}

impl WorkPace {
    fn look(&self) -> Result<(), CopyError> {
        if self.cloud.is_ending() {
            return Err(CopyError::Ending);
        }
        if self.writes && self.cloud.switches.get().disk_full {
            return Err(CopyError::Full);
        }
        match self.until {
            Some(until) if Instant::now() > until => Err(CopyError::TooLong),
            _ => Ok(()),
        }
    }
}

impl Pace for WorkPace {
    fn file(&self) -> Result<(), CopyError> {
        let begun = Instant::now();
        let slow = Duration::from_millis(self.cloud.switches.get().slow_disk_ms.into());
        while begun.elapsed() < slow {
            self.look()?;
            // On a thread that may block; short, so that the cloud can end meanwhile.
            std::thread::sleep(LOOK.min(slow));
        }
        self.look()
    }

    fn piece(&self, bytes: usize) -> Result<(), CopyError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.progress.done.fetch_add(bytes, Ordering::Relaxed);
        self.look()
    }
}

impl Cloud {
    /// Makes sure that nobody else works on the volume while the guard lives. The caller holds the allocation's lock,
    /// and never waits here: long work may wait for that lock.
    pub(crate) async fn take_volume(&self, id: &str) -> Result<OwnedMutexGuard<()>, OpError> {
        // Work that a crash cut off has no guard until it is taken up again.
        match self.volume_lock(id) {
            Some(guard) if !self.store.has_running_work(id).await? => Ok(guard),
            _ => Err(busy()),
        }
    }

    fn volume_lock(&self, id: &str) -> Option<OwnedMutexGuard<()>> {
        self.try_lock(&format!("{id}/volume"))
    }

    pub(crate) async fn long_operation(&self, id: &str) -> Result<LongOperation, OpError> {
        let none = || OpError::refuse(ProblemCode::NotFound, format!("there is no work {id}"));
        self.view_work(&self.store.work(id).await?.ok_or_else(none)?)
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn long_operations(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<LongOperationPage, OpError> {
        self.row(allocation).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.works(allocation, after, limit + 1).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        let items = rows.iter().map(|row| self.view_work(row)).collect::<Result<_, _>>()?;
        Ok(LongOperationPage { items, next })
    }

    pub(super) fn view_work(&self, row: &WorkRow) -> Result<LongOperation, OpError> {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        row.view(at_work.get(&row.id).map_or(0, |progress| progress.percent()))
    }

    /// The work that a repeated call began, as it is now.
    pub(super) async fn begun(&self, intent: &Intent) -> Result<LongOperation, OpError> {
        match self.store.work_of(intent.key.as_str()).await? {
            Some(row) => self.view_work(&row),
            None => Err(not_found(OwnKey::bare(intent.key.as_str()))),
        }
    }

    /// Writes down that work begins, with the key and the event, and lets it begin.
    pub(super) async fn begin(
        self: &Arc<Self>,
        mut tx: Tx,
        intent: &Intent,
        allocation: &AllocationRow,
        about: About<'_>,
        volume: OwnedMutexGuard<()>,
    ) -> Result<LongOperation, OpError> {
        let now_us = self.now_us();
        let id = format!("opr_{}", hex::encode(super::hold::random::<10>()?));
        let row = WorkRow {
            allocation_id: Some(allocation.id.clone()),
            backup_id: Some(about.backup.to_owned()),
            link_id: about.link.map(str::to_owned),
            ..WorkRow::begins(id, about.kind, &allocation.label, &intent.key, now_us)
        };
        store::insert_work(&mut tx, &row).await?;
        let key = intent.done(&allocation.id, now_us);
        store::record_key(&mut tx, &key).await?;
        tx.commit().await?;
        tracing::info!(operation.id = %row.id, operation.kind = %row.kind, allocation.id = %row.allocation(), "long work begins");
        let view = self.view_work(&row)?;
        self.do_work(row, volume);
        Ok(view)
    }

    /// Does the work beside everything else; the guard keeps others from what it is about until it has ended.
    pub(super) fn do_work(self: &Arc<Self>, row: WorkRow, guard: OwnedMutexGuard<()>) {
        let cloud = Arc::clone(self);
        let progress = Arc::new(Progress::default());
        self.at_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(row.id.clone(), Arc::clone(&progress));
        self.work.spawn(async move {
            if let Err(error) = cloud.work_to_the_end(&row, progress).await {
                tracing::error!(operation.id = %row.id, %error, "work could not be ended and is taken up again");
            }
            cloud.at_work.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
            drop(guard);
        });
    }

    async fn work_to_the_end(
        self: &Arc<Self>,
        row: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<(), OpError> {
        if row.kind() == WorkKind::Pull && row.image_id.is_some() {
            return self.pull_image_to_the_end(row, progress).await;
        }
        if row.kind() == WorkKind::Convert {
            return match self.convert_now(row, progress).await {
                Err(CopyError::Ending) => Ok(()),
                outcome => self.end_conversion(row, outcome).await,
            };
        }
        let outcome = match row.kind() {
            WorkKind::Verify => self.verify_now(row, progress).await,
            WorkKind::Restore => self.restore_now(row, progress).await,
            WorkKind::Pull => self.pull_now(row, progress).await,
            _ => self.copy_now(row, progress).await,
        };
        match outcome {
            // A cloud that ends leaves its work as it is, for the next start.
            Err(Failure::Copy(CopyError::Ending)) => Ok(()),
            outcome => self.end(row, outcome).await,
        }
    }

    /// Writes down how work ended, with what that means for its backup.
    async fn end(&self, row: &WorkRow, outcome: Result<Done, Failure>) -> Result<(), OpError> {
        self.clear_away(row, outcome.is_ok()).await?;
        let now_us = self.now_us();
        let problem = outcome.as_ref().err().map(|failure| failure.problem(row));
        let mut tx = self.store.begin().await?;
        if let Some(mut backup) = store::load_backup(&mut tx, row.backup()).await? {
            outcome::mark(&mut backup, row.kind(), &outcome, now_us)?;
            store::save_backup(&mut tx, &backup).await?;
        }
        let written = problem.as_ref().map(serde_json::to_string).transpose()?;
        store::end_work(&mut tx, row, written.as_deref(), now_us).await?;
        tx.commit().await?;
        match problem {
            None => tracing::info!(operation.id = %row.id, "long work is done"),
            Some(problem) => {
                tracing::warn!(operation.id = %row.id, problem.code = problem.code.as_str(), "long work failed");
            }
        }
        Ok(())
    }

    /// Nothing half made stays, whatever happened.
    async fn clear_away(&self, row: &WorkRow, done: bool) -> Result<(), OpError> {
        let (copies, volumes) = (self.copies.clone(), self.volumes.clone());
        let row = row.clone();
        blocking(move || {
            volumes.settle(row.allocation(), &copies.aside(&row.id))?;
            copies.clear(&row.id)?;
            if row.kind() == WorkKind::Backup && !done {
                copies.erase(row.backup())?;
            }
            Ok::<_, OpError>(())
        })
        .await
    }

    /// Takes up work that nobody does: a crash cut it off, or its end could not be written. Safe at any time.
    pub(crate) async fn take_up_work(self: &Arc<Self>) -> Result<(), OpError> {
        for row in self.store.running_work().await? {
            let guard = match row.allocation_id.as_deref() {
                Some(allocation) => self.volume_lock(allocation),
                None => self.conversion_lock(&row),
            };
            let Some(guard) = guard else { continue };
            // It may have ended between the list and the lock.
            let Some(row) = self.store.work(&row.id).await? else { continue };
            if row.state() != WorkState::Running {
                continue;
            }
            if row.runs >= RUNS_MAX {
                self.give_up_work(&row).await?;
                continue;
            }
            self.store.count_run(&row.id).await?;
            tracing::warn!(operation.id = %row.id, operation.runs = row.runs + 1, "long work is taken up again");
            self.do_work(row, guard);
        }
        Ok(())
    }

    /// Ends work that was cut off too often: perhaps it is what brings the cloud down.
    async fn give_up_work(&self, row: &WorkRow) -> Result<(), OpError> {
        if row.image_id.is_none() {
            return self.end(row, Err(Failure::CutOff(row.runs))).await;
        }
        if row.kind() == WorkKind::Pull {
            return self.end_pulled_image(row, Err(Failure::CutOff(row.runs))).await;
        }
        let text = format!("the cloud was restarted {} times in the middle of it", row.runs);
        self.end_conversion(row, Err(io::Error::other(text).into())).await
    }

    /// Puts right what a killed cloud left: machines that stand still, copies nobody works on, deletions half done.
    pub(crate) async fn clear_up(&self) -> Result<(), OpError> {
        let running = self.store.running_work().await?;
        for allocation in running.iter().filter_map(|work| work.allocation_id.as_deref()) {
            let row = self.row(allocation).await?;
            self.children.let_go_on(&row)?;
        }
        for name in self.copies.leftovers()? {
            let id = name.strip_suffix(".old").unwrap_or(&name);
            if !running.iter().any(|work| work.id == id) {
                self.copies.clear(&name)?;
            }
        }
        for backup in self.store.deleting().await? {
            self.finish_deletion(&backup.id, None).await?;
        }
        Ok(())
    }
}

/// Nothing was done, and it is worth coming back.
fn busy() -> OpError {
    let detail = "long work is under way on the allocation";
    let mut problem = Problem::new(ProblemCode::Unavailable, detail);
    problem.retry_after_seconds = Some(BUSY_SECONDS);
    OpError::Refused(Box::new(problem))
}

/// File work off the threads that serve.
pub(super) async fn blocking<T: Send + 'static, E: From<CutOff> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(CutOff.into()),
    }
}

/// File work that panicked or was never done.
#[derive(Debug)]
pub(super) struct CutOff;

impl From<CutOff> for OpError {
    fn from(_: CutOff) -> Self {
        Self::CutOff
    }
}

impl From<CutOff> for CopyError {
    fn from(_: CutOff) -> Self {
        Self::Io(io::Error::other("the work was cut off"))
    }
}
