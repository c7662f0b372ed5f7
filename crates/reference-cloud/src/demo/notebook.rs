//! The state on the volume: a visit counter and notes, shared by all machines of a service.
//! Every change happens under a file lock and replaces a whole file, so a crash never leaves half a change.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

/// The volume of the application.
#[derive(Clone, Debug)]
pub(crate) struct Notebook {
    volume: PathBuf,
    quota_bytes: Arc<AtomicI64>,
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub visits: i64,
    pub notes: Vec<String>,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotebookError {
    #[error("the volume is full")]
    Full,
    #[error("a note has 1 to {NOTE_MAX} characters")]
    Length,
    #[error("the volume failed")]
    Io(#[from] io::Error),
}

/// Longest note in characters.
pub(crate) const NOTE_MAX: usize = 2000;

impl Notebook {
    pub(crate) fn new(volume: &Path, quota_bytes: i64) -> Self {
        Self { volume: volume.to_owned(), quota_bytes: Arc::new(AtomicI64::new(quota_bytes)) }
    }

    /// Every change that begins from now on keeps to it, and none is under way that did not.
    pub(crate) fn set_quota(&self, bytes: i64) -> Result<(), NotebookError> {
        let _lock = self.lock()?;
        self.quota_bytes.store(bytes, Ordering::SeqCst);
        Ok(())
    }

    fn lock(&self) -> io::Result<File> {
        let lock =
            File::options().create(true).append(true).open(self.volume.join("notebook.lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    pub(crate) fn quota_bytes(&self) -> i64 {
        self.quota_bytes.load(Ordering::SeqCst)
    }

    /// Counts one visit and returns what is kept; a full volume still shows its content.
    pub(crate) fn visit(&self) -> Result<Kept, NotebookError> {
        match self.change(|kept| kept.visits += 1) {
            Err(NotebookError::Full) => self.read(),
            done => done,
        }
    }

    pub(crate) fn add(&self, note: &str) -> Result<Kept, NotebookError> {
        let note = note.trim();
        let length = note.chars().count();
        if length == 0 || length > NOTE_MAX {
            return Err(NotebookError::Length);
        }
        self.change(|kept| kept.notes.push(note.to_owned()))
    }

    pub(crate) fn read(&self) -> Result<Kept, NotebookError> {
        match std::fs::read(self.file()) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_err(io::Error::from)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Bytes on the volume.
    pub(crate) fn used(&self) -> io::Result<i64> {
        Ok(crate::volume::content(&self.volume)?.bytes)
    }

    fn file(&self) -> PathBuf {
        self.volume.join("notebook.json")
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<Kept, NotebookError> {
        let _lock = self.lock()?;
        let mut kept = self.read()?;
        change(&mut kept);
        let text = serde_json::to_vec(&kept).map_err(io::Error::from)?;
        let old = self.file().metadata().map_or(0, |data| data.len());
        let grown = i64::try_from(text.len()).unwrap_or(i64::MAX) - i64::try_from(old).unwrap_or(0);
        if self.used()?.saturating_add(grown) > self.quota_bytes() {
            return Err(NotebookError::Full);
        }
        let beside = self.volume.join("notebook.new");
        let mut file = File::create(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(beside, self.file())?;
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_beyond_the_quota_is_refused_and_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let notebook = Notebook::new(dir.path(), 100);
        notebook.add("first").unwrap();
        let before = notebook.read().unwrap();
        assert!(matches!(notebook.add(&"x".repeat(200)), Err(NotebookError::Full)));
        assert_eq!(notebook.read().unwrap(), before);
        assert!(notebook.used().unwrap() <= 100);
    }

    #[test]
    fn a_full_volume_still_shows_its_content() {
        let dir = tempfile::tempdir().unwrap();
        Notebook::new(dir.path(), 1000).add("kept").unwrap();
        let full = Notebook::new(dir.path(), 1);
        assert_eq!(full.visit().unwrap(), Kept { visits: 0, notes: vec!["kept".into()] });
    }

    #[test]
    fn many_writers_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let notebook = Notebook::new(dir.path(), 1_000_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10).for_each(|_| drop(notebook.visit().unwrap())));
            }
        });
        assert_eq!(notebook.read().unwrap().visits, 40);
    }
}
