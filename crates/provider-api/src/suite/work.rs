//! Long work in the checks: what a call began, its end, and the backup it is about.

use std::time::{Duration, Instant};

use super::answer::{Answer, Outcome, Stop, finding, holds, same};
use super::desk::{Ask, Desk};
use crate::paths;
use crate::wire::{AllocationId, Backup, BackupId, LongOperation, WorkState};

/// How often long work is looked at.
const WORK_LOOK: Duration = Duration::from_millis(100);

/// The long work that a call began, and where to look for its end.
pub(super) fn begun(answer: &Answer) -> Result<LongOperation, Stop> {
    let work: LongOperation = answer.value()?;
    same("the status of a call that begins long work", answer.status(), Some(202))?;
    let place = answer.header("location").unwrap_or_default();
    let path = paths::with(paths::LONG_OPERATION, work.id.as_str());
    holds(&format!("Location leads to {path}"), place.ends_with(&path), format!("{place:?}"))?;
    whole(&work)?;
    Ok(work)
}

/// What is told of long work fits its state.
pub(super) fn whole(work: &LongOperation) -> Outcome {
    let (done, failed) = (work.state == WorkState::Succeeded, work.state == WorkState::Failed);
    same("whether work is at 100", work.progress == 100, done)?;
    same("whether the end of work is told", work.ended_at_us.is_some(), done || failed)?;
    same("whether a result is told", work.result.is_some(), done)?;
    same("whether a problem is told", work.problem.is_some(), failed)
}

impl Desk<'_> {
    /// A call on one backup.
    pub(super) fn ask_backup(&self, name: &str, epoch: i64, route: &str, id: &BackupId) -> Ask {
        Ask::new("POST", paths::with(route, id.as_str())).key(self.key(name)).epoch(epoch)
    }

    /// Waits for the end of long work, which is a good one.
    pub(super) async fn succeeded(&self, work: &LongOperation) -> Result<LongOperation, Stop> {
        let limit = self.room.options.answer_limit;
        let began = Instant::now();
        loop {
            let seen: LongOperation =
                self.get(paths::LONG_OPERATION, work.id.as_str()).await.value()?;
            whole(&seen)?;
            match seen.state {
                WorkState::Succeeded => return Ok(seen),
                WorkState::Failed => {
                    return Err(finding("long work succeeds", format!("{:?}", seen.problem)));
                }
                WorkState::Running if began.elapsed() > limit => {
                    let expected = format!("long work comes to an end within {limit:?}");
                    return Err(finding(expected, "it is still running"));
                }
                WorkState::Running => tokio::time::sleep(WORK_LOOK).await,
            }
        }
    }

    /// Waits for the end of long work, good or not.
    pub(super) async fn ended_work(&self, work: &LongOperation) -> Result<LongOperation, Stop> {
        let began = Instant::now();
        let limit = self.room.options.answer_limit;
        loop {
            let seen: LongOperation =
                self.get(paths::LONG_OPERATION, work.id.as_str()).await.value()?;
            whole(&seen)?;
            if seen.state != WorkState::Running {
                return Ok(seen);
            }
            if began.elapsed() > limit {
                let expected = format!("long work comes to an end within {limit:?}");
                return Err(finding(expected, "it is still running"));
            }
            tokio::time::sleep(WORK_LOOK).await;
        }
    }

    /// The backup that long work is about.
    pub(super) async fn backup(&self, work: &LongOperation) -> Result<Backup, Stop> {
        let Some(id) = &work.backup_id else {
            return Err(finding("work on a backup names it", format!("{work:?}")));
        };
        self.get(paths::BACKUP, id.as_str()).await.value()
    }

    /// A backup that was made now.
    pub(super) async fn backed_up(&self, name: &str, id: &AllocationId) -> Result<Backup, Stop> {
        let answer = self.act(name, 1, paths::BACKUPS, id).await;
        let work = begun(&answer)?;
        let done = self.succeeded(&work).await?;
        self.backup(&done).await
    }
}
