//! Copies of volumes: take one with a digest for each file, keep it with its list, read it again, and what differs.
//! When to copy, and what the machines do meanwhile, is decided in `operations`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use provider_api::{BackedUpFile, Damage, DamageKind, digest};
use sha2::{Digest, Sha256};

use crate::volume::{self, Content};

/// Files are read and written in pieces of this size.
const PIECE: usize = 64 * 1024;
/// The list of files, beside the copied files.
const LIST: &str = "files.json";
/// The digest of the list that files are gathered for.
const OF_LIST: &str = "list.sha256";
/// The copied files.
const DATA: &str = "data";

/// All copies of one cloud.
#[derive(Clone, Debug)]
pub(crate) struct Copies {
    backups: PathBuf,
    staging: PathBuf,
}

/// Why a copy was not taken or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("a file could not be copied or read")]
    Io(#[from] io::Error),
    #[error("{0} is neither a file nor a folder with a name in UTF-8; only such can be copied")]
    Odd(String),
    #[error("the volume is gone")]
    NoVolume,
    #[error("the copy is not what was copied")]
    Damaged(Vec<Damage>),
    #[error("the cloud's storage is full")]
    Full,
    #[error("the machines would have to stand still for too long; stop the service first")]
    TooLong,
    /// The cloud ends; the work goes on when it starts again.
    #[error("the cloud is ending")]
    Ending,
}

/// What slows a copy down, stops it or counts how far it is.
pub(crate) trait Pace {
    /// Before each file.
    fn file(&self) -> Result<(), CopyError>;
    /// After each piece of so many bytes.
    fn piece(&self, bytes: usize) -> Result<(), CopyError>;
}

impl Copies {
    pub(crate) fn new(data_dir: &Path) -> io::Result<Self> {
        let (backups, staging) = (data_dir.join("backups"), data_dir.join("staging"));
        crate::children::create_private(&backups)?;
        crate::children::create_private(&staging)?;
        Ok(Self { backups, staging })
    }

    /// Where a backup is kept.
    pub(crate) fn path(&self, backup: &str) -> PathBuf {
        self.backups.join(backup)
    }

    /// Where long work makes what is not whole yet.
    pub(crate) fn staging(&self, operation: &str) -> PathBuf {
        self.staging.join(operation)
    }

    /// Where a volume waits while another is put in its place.
    pub(crate) fn aside(&self, operation: &str) -> PathBuf {
        self.staging.join(format!("{operation}.old"))
    }

    /// Copies a volume into staging; the files as they were copied. Nothing is synchronised yet.
    pub(crate) fn take(
        &self,
        operation: &str,
        volume: &Path,
        pace: &dyn Pace,
    ) -> Result<Vec<BackedUpFile>, CopyError> {
        if !volume.is_dir() {
            return Err(CopyError::NoVolume);
        }
        let staging = self.staging(operation);
        volume::erase(&staging)?;
        crate::children::create_private(&staging)?;
        read(volume, Some(&staging.join(DATA)), pace)
    }

    /// Makes what was taken a backup: everything survives a power cut before it has its name.
    pub(crate) fn keep(
        &self,
        operation: &str,
        backup: &str,
        files: &[BackedUpFile],
    ) -> Result<(), CopyError> {
        let staging = self.staging(operation);
        let list = serde_json::to_vec(files).map_err(io::Error::from)?;
        std::fs::write(staging.join(LIST), list)?;
        if let Err(error) = std::fs::remove_file(staging.join(OF_LIST))
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error.into());
        }
        synchronise(&staging)?;
        // A crash after the renaming and before the cloud wrote it down.
        volume::erase(&self.path(backup))?;
        std::fs::rename(&staging, self.path(backup))?;
        File::open(&self.backups)?.sync_all()?;
        Ok(())
    }

    /// Where the files of a backup stand.
    pub(crate) fn data(&self, backup: &str) -> PathBuf {
        self.path(backup).join(DATA)
    }

    /// Where files that come from elsewhere are gathered; what is there already stays when it is of the same list.
    pub(crate) fn prepare(&self, operation: &str, sha256: &str) -> Result<PathBuf, CopyError> {
        let (staging, mark) = (self.staging(operation), self.staging(operation).join(OF_LIST));
        if std::fs::read_to_string(&mark).is_ok_and(|known| known == sha256) {
            return Ok(staging.join(DATA));
        }
        volume::erase(&staging)?;
        crate::children::create_private(&staging)?;
        crate::children::create_private(&staging.join(DATA))?;
        std::fs::write(&mark, sha256)?;
        Ok(staging.join(DATA))
    }

    /// The list of a backup's files; `Damaged` when it is not the one with this digest.
    pub(crate) fn files(&self, backup: &str, sha256: &str) -> Result<Vec<BackedUpFile>, CopyError> {
        let whole = |what| CopyError::Damaged(vec![Damage { path: String::new(), what }]);
        let bytes = match std::fs::read(self.path(backup).join(LIST)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(whole(DamageKind::Missing));
            }
            bytes => bytes?,
        };
        match serde_json::from_slice::<Vec<BackedUpFile>>(&bytes) {
            Ok(files) if digest(&files) == sha256 => Ok(files),
            _ => Err(whole(DamageKind::Changed)),
        }
    }

    /// Reads every byte of a backup and compares; with `to`, what is read is written there too.
    pub(crate) fn check(
        &self,
        backup: &str,
        sha256: &str,
        to: Option<&Path>,
        pace: &dyn Pace,
    ) -> Result<(), CopyError> {
        let listed = self.files(backup, sha256)?;
        let found = read(&self.path(backup).join(DATA), to, pace)?;
        let damage = compare(&listed, found);
        if !damage.is_empty() {
            return Err(CopyError::Damaged(damage));
        }
        if let Some(to) = to {
            synchronise(to)?;
        }
        Ok(())
    }

    /// What a backup takes on the medium.
    pub(crate) fn content(&self, backup: &str) -> io::Result<Content> {
        volume::content(&self.path(backup))
    }

    /// Overwrites and removes a backup; fine when there is none.
    pub(crate) fn erase(&self, backup: &str) -> io::Result<()> {
        volume::erase(&self.path(backup))
    }

    /// What long work that was cut off left in staging and beside it.
    pub(crate) fn cut_off(&self, operation: &str) -> io::Result<Content> {
        let (fresh, aside) =
            (volume::content(&self.staging(operation))?, volume::content(&self.aside(operation))?);
        Ok(Content {
            bytes: fresh.bytes.saturating_add(aside.bytes),
            items: fresh.items.saturating_add(aside.items),
        })
    }

    /// Overwrites and removes what long work left in staging.
    pub(crate) fn clear(&self, operation: &str) -> io::Result<()> {
        volume::erase(&self.staging(operation))
    }

    /// Names of long work that left something in staging.
    pub(crate) fn leftovers(&self) -> io::Result<Vec<String>> {
        let names = std::fs::read_dir(&self.staging)?.map(|entry| Ok(entry?.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        Ok(names?.iter().filter_map(|name| name.to_str()).map(str::to_owned).collect())
    }
}

/// What is not as it is listed.
fn compare(listed: &[BackedUpFile], found: Vec<BackedUpFile>) -> Vec<Damage> {
    let mut found: BTreeMap<String, BackedUpFile> =
        found.into_iter().map(|file| (file.path.clone(), file)).collect();
    let mut damage = Vec::new();
    for file in listed {
        let what = match found.remove(&file.path) {
            None => DamageKind::Missing,
            Some(seen) if seen != *file => DamageKind::Changed,
            Some(_) => continue,
        };
        damage.push(Damage { path: file.path.clone(), what });
    }
    damage.extend(found.into_keys().map(|path| Damage { path, what: DamageKind::Added }));
    damage.truncate(provider_api::Backup::DAMAGE_MAX);
    damage
}

/// Reads a folder file by file; with `to`, makes the same there. A folder that is missing holds nothing.
fn read(from: &Path, to: Option<&Path>, pace: &dyn Pace) -> Result<Vec<BackedUpFile>, CopyError> {
    let mut files = Vec::new();
    if let Some(to) = to {
        crate::children::create_private(to)?;
    }
    if from.is_dir() {
        folder(&Place { from, to, name: "" }, pace, &mut files)?;
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// One folder that is read.
struct Place<'a> {
    from: &'a Path,
    to: Option<&'a Path>,
    /// Below the volume: empty, or ending with `/`.
    name: &'a str,
}

fn folder(
    place: &Place<'_>,
    pace: &dyn Pace,
    files: &mut Vec<BackedUpFile>,
) -> Result<(), CopyError> {
    let mut empty = true;
    for entry in std::fs::read_dir(place.from)? {
        let entry = entry?;
        empty = false;
        let odd = || CopyError::Odd(format!("{}{}", place.name, entry.file_name().display()));
        let name = entry.file_name().into_string().map_err(|_| odd())?;
        let path = format!("{}{name}", place.name);
        let to = place.to.map(|to| to.join(&name));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if let Some(to) = &to {
                crate::children::create_private(to)?;
            }
            let inner = format!("{path}/");
            folder(&Place { from: &entry.path(), to: to.as_deref(), name: &inner }, pace, files)?;
        } else if kind.is_file() {
            pace.file()?;
            files.push(file(path, &entry.path(), to.as_deref(), pace)?);
        } else {
            return Err(odd());
        }
    }
    if empty && !place.name.is_empty() {
        let sha256 = hex::encode(Sha256::digest(b""));
        files.push(BackedUpFile { path: place.name.to_owned(), bytes: 0, sha256 });
    }
    Ok(())
}

fn file(
    path: String,
    from: &Path,
    to: Option<&Path>,
    pace: &dyn Pace,
) -> Result<BackedUpFile, CopyError> {
    let mut source = File::open(from)?;
    let mut target = to.map(File::create_new).transpose()?;
    let mut hash = Sha256::new();
    let mut bytes = 0_i64;
    let mut piece = vec![0_u8; PIECE];
    loop {
        let length = source.read(&mut piece)?;
        let Some(part) = piece.get(..length).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
        if let Some(target) = &mut target {
            target.write_all(part)?;
        }
        bytes = bytes.saturating_add(i64::try_from(length).unwrap_or(i64::MAX));
        pace.piece(length)?;
    }
    if let Some(target) = target {
        target.set_permissions(source.metadata()?.permissions())?;
    }
    Ok(BackedUpFile { path, bytes, sha256: hex::encode(hash.finalize()) })
}

/// Makes a folder with everything in it survive a power cut.
pub(crate) fn synchronise(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            synchronise(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
