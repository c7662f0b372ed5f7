//! Examples of backups and of the long work around them.

use super::{LABEL, NOW_US, SECOND_US};
use crate::paths;
use crate::problem::{Problem, ProblemCode};
use crate::wire::*;

pub(super) const ID: &str = "bak_77c02a41d9";

pub(super) fn backup() -> Backup {
    let files = files();
    Backup {
        id: ID.into(),
        allocation_id: super::ID.into(),
        label: LABEL.to_owned(),
        source: format!("{}/storage", super::ID),
        state: BackupState::Ready,
        created_at_us: NOW_US - 3 * SECOND_US,
        restore_point: Some(RestorePoint {
            id: "rp_0b9f5e2c44".to_owned(),
            taken_at_us: NOW_US - 2 * SECOND_US,
            files: 1,
            bytes: files.iter().map(|file| file.bytes).sum(),
            sha256: digest(&files),
        }),
        verified_at_us: Some(NOW_US),
        damage: Vec::new(),
        deleted_at_us: None,
    }
}

pub(super) fn files() -> Vec<BackedUpFile> {
    vec![BackedUpFile {
        path: "notebook.json".to_owned(),
        bytes: 12_288,
        sha256: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".to_owned(),
    }]
}

fn work(kind: WorkKind, state: WorkState) -> Option<LongOperation> {
    let ended = state != WorkState::Running;
    Some(LongOperation {
        id: "opr_19ad3370be".into(),
        kind,
        state,
        progress: 0,
        allocation_id: Some(super::ID.into()),
        label: LABEL.to_owned(),
        backup_id: Some(ID.into()),
        image_id: None,
        key: IdempotencyKey::parse(format!("4f1c2a-{}", kind.as_str())).ok()?,
        created_at_us: NOW_US - 3 * SECOND_US,
        ended_at_us: ended.then_some(NOW_US),
        result: None,
        problem: None,
    })
}

pub(super) fn running() -> Option<LongOperation> {
    Some(LongOperation { progress: 40, ..work(WorkKind::Backup, WorkState::Running)? })
}

pub(super) fn done() -> Option<LongOperation> {
    let result = Some(paths::with(paths::BACKUP, ID));
    Some(LongOperation { progress: 100, result, ..work(WorkKind::Verify, WorkState::Succeeded)? })
}

pub(super) fn failed() -> Option<LongOperation> {
    let problem = Problem::new(ProblemCode::BackupDamaged, "notebook.json is changed");
    let problem = Some(problem);
    Some(LongOperation { progress: 99, problem, ..work(WorkKind::Restore, WorkState::Failed)? })
}

/// The files of the backup as an archive.
pub(super) fn export() -> ExportManifest {
    let files = files();
    ExportManifest {
        allocation_id: super::ID.into(),
        label: LABEL.to_owned(),
        provider: "Minato Cloud".to_owned(),
        at_us: NOW_US,
        bytes: files.iter().map(|file| file.bytes).sum(),
        sha256: digest(&files),
        files,
        archive: ExportArchive {
            path: paths::with(paths::EXPORT_ARCHIVE, super::ID),
            media_type: crate::archive::MEDIA_TYPE.to_owned(),
            bytes: 16_896,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            etag: "\"5d41402abc4b2a76b9719d911017c592\"".to_owned(),
        },
    }
}
