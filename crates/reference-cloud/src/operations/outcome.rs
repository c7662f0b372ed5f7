//! How long work ends: what callers are told, and what it means for the backup.

use std::io;

use provider_api::{BackedUpFile, BackupState, Damage, Problem, ProblemCode, WorkKind, digest};

use crate::copies::CopyError;
use crate::error::OpError;
use crate::store::{BackupRow, WorkRow};

/// What work has done.
pub(super) enum Done {
    Copied { taken_at_us: i64, files: Vec<BackedUpFile> },
    Compared(Vec<Damage>),
    Restored,
}

/// Why work has failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error(transparent)]
    Op(#[from] OpError),
    #[error("the cloud was restarted {0} times in the middle of this work; it is given up")]
    CutOff(i64),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Copy(error.into())
    }
}

impl From<super::work::CutOff> for Failure {
    fn from(cut_off: super::work::CutOff) -> Self {
        Self::Copy(cut_off.into())
    }
}

impl Failure {
    /// What callers are told.
    pub(super) fn problem(&self, row: &WorkRow) -> Problem {
        let copy = match self {
            Self::Copy(copy) => copy,
            Self::Op(OpError::Refused(problem)) => return problem.as_ref().clone(),
            Self::CutOff(_) => return Problem::new(ProblemCode::Internal, self.to_string()),
            Self::Op(error) => return broken(&row.id, error),
        };
        of_copy(&row.id, copy)
    }
}

/// What callers are told of work that copied.
pub(super) fn of_copy(operation: &str, copy: &CopyError) -> Problem {
    let code = match copy {
        CopyError::Io(error) if is_full(error) => ProblemCode::StorageFull,
        CopyError::Io(error) => return broken(operation, error),
        CopyError::Full => ProblemCode::StorageFull,
        CopyError::Odd(_) => ProblemCode::Unsupported,
        CopyError::NoVolume => ProblemCode::VolumeLost,
        CopyError::TooLong => ProblemCode::WrongState,
        CopyError::Damaged(_) => ProblemCode::BackupDamaged,
        CopyError::Ending => ProblemCode::Unavailable,
    };
    Problem::new(code, copy.to_string())
}

/// Causes go to the log only.
fn broken(operation: &str, error: &dyn std::error::Error) -> Problem {
    tracing::error!(operation.id = %operation, %error, "long work broke");
    Problem::new(ProblemCode::Internal, "something of the cloud broke; nothing half made is kept")
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// What the end of work means for its backup.
pub(super) fn mark(
    backup: &mut BackupRow,
    kind: WorkKind,
    outcome: &Result<Done, Failure>,
    now_us: i64,
) -> Result<(), OpError> {
    let stand = |backup: &mut BackupRow, state: BackupState| {
        backup.state = state.as_str().to_owned();
    };
    match outcome {
        Ok(Done::Copied { taken_at_us, files }) => {
            stand(backup, BackupState::Ready);
            backup.restore_point =
                Some(format!("rp_{}", hex::encode(super::hold::random::<10>()?)));
            backup.taken_at = Some(*taken_at_us);
            backup.files = Some(i64::try_from(files.len()).unwrap_or(i64::MAX));
            backup.bytes = Some(files.iter().map(|file| file.bytes).sum());
            backup.sha256 = Some(digest(files));
        }
        Ok(Done::Compared(damage)) => found(backup, damage, now_us)?,
        Err(Failure::Copy(CopyError::Damaged(damage))) => found(backup, damage, now_us)?,
        Err(_) if kind == WorkKind::Backup => stand(backup, BackupState::Failed),
        // What has arrived whole stays, even when it could not be put into the volume.
        Err(_) if kind == WorkKind::Pull && backup.state() == BackupState::Making => {
            stand(backup, BackupState::Failed);
        }
        Ok(Done::Restored) | Err(_) => {}
    }
    Ok(())
}

/// Notes what reading a copy again has found.
fn found(backup: &mut BackupRow, damage: &[Damage], now_us: i64) -> Result<(), OpError> {
    let state = if damage.is_empty() { BackupState::Ready } else { BackupState::Damaged };
    backup.state = state.as_str().to_owned();
    backup.damage = (!damage.is_empty()).then(|| serde_json::to_string(damage)).transpose()?;
    backup.verified_at = Some(now_us);
    Ok(())
}
