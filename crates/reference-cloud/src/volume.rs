//! Volumes as real directories: create, measure, exchange, erase. What a copy of one holds is in `copies`.
//! The quota is kept by the application that writes; the cloud only measures and reports.

use std::fs::{DirEntry, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// All volumes of one cloud, one directory each.
#[derive(Clone, Debug)]
pub(crate) struct Volumes {
    dir: PathBuf,
}

/// What a volume holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub bytes: i64,
    pub items: i64,
}

/// How erasure is done, as the statement tells it.
pub(crate) const TECHNIQUE: &str = "every file of the volume and of its backups was overwritten with zeros and \
     synchronised, then removed with its directory; absence was verified afterwards; what the cloud's database held was \
     overwritten and its log emptied; copies that the medium itself keeps are out of reach";
/// Zeros are written in pieces of this size.
const PIECE: usize = 64 * 1024;

impl Volumes {
    pub(crate) fn new(data_dir: &Path) -> io::Result<Self> {
        let dir = data_dir.join("volumes");
        crate::children::create_private(&dir)?;
        Ok(Self { dir })
    }

    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    /// Makes an empty volume that survives a power cut; fine when it is there.
    pub(crate) fn create(&self, id: &str) -> io::Result<()> {
        crate::children::create_private(&self.path(id))?;
        File::open(&self.dir)?.sync_all()
    }

    /// Whether the volume is there.
    pub(crate) fn is_there(&self, id: &str) -> bool {
        self.path(id).is_dir()
    }

    /// What the volume holds; nothing when there is no volume.
    pub(crate) fn content(&self, id: &str) -> io::Result<Content> {
        content(&self.path(id))
    }

    /// Overwrites and removes everything; when it returns, nothing is left. Safe to repeat after a crash.
    pub(crate) fn erase(&self, id: &str) -> io::Result<()> {
        erase(&self.path(id))
    }

    /// Puts `fresh` in the place of the volume, whole or not at all; what was there is then at `fresh` or `aside`.
    pub(crate) fn exchange(&self, id: &str, fresh: &Path, aside: &Path) -> io::Result<()> {
        let volume = self.path(id);
        if volume.is_dir() {
            match renameat_with(CWD, fresh, CWD, &volume, RenameFlags::EXCHANGE) {
                // Some file systems cannot exchange; a crash between the two steps is mended by `settle`.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    std::fs::rename(&volume, aside)?;
                    std::fs::rename(fresh, &volume)?;
                }
                done => done?,
            }
        } else {
            std::fs::rename(fresh, &volume)?;
        }
        File::open(&self.dir)?.sync_all()
    }

    /// After a crash in the middle of an exchange: the old volume goes back to its place, or away.
    pub(crate) fn settle(&self, id: &str, aside: &Path) -> io::Result<()> {
        if aside.is_dir() && !self.is_there(id) {
            std::fs::rename(aside, self.path(id))?;
        }
        erase(aside)
    }
}

/// What a directory holds; nothing when there is none.
pub(crate) fn content(dir: &Path) -> io::Result<Content> {
    let mut content = Content::default();
    walk(dir, &mut |entry| {
        let length = entry.metadata()?.len();
        content.bytes += i64::try_from(length).unwrap_or(i64::MAX);
        content.items += 1;
        Ok(())
    })?;
    Ok(content)
}

/// Overwrites and removes a directory; when it returns, nothing is left. Safe to repeat after a crash.
pub(crate) fn erase(dir: &Path) -> io::Result<()> {
    walk(dir, &mut |entry| {
        if entry.file_type()?.is_file() {
            overwrite(&entry.path())?;
        }
        std::fs::remove_file(entry.path())
    })?;
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // The removal itself must survive a power cut before anything is stated.
    if let Some(parent) = dir.parent() {
        File::open(parent)?.sync_all()?;
    }
    if dir.symlink_metadata().is_ok() {
        return Err(io::Error::other("the directory is still there"));
    }
    Ok(())
}

/// Overwrites and removes one file; fine when there is none.
pub(crate) fn erase_file(file: &Path) -> io::Result<()> {
    match overwrite(file).and_then(|()| std::fs::remove_file(file)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Calls `each` on everything that is not a directory; links are not followed, so nothing outside is touched.
fn walk(dir: &Path, each: &mut dyn FnMut(&DirEntry) -> io::Result<()>) -> io::Result<()> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), each)?;
        } else {
            match each(&entry) {
                // A file removed meanwhile by a running application.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
    }
    Ok(())
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    let zeros = [0_u8; PIECE];
    while left > 0 {
        let piece = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        file.write_all(zeros.get(..piece).unwrap_or(&zeros))?;
        left -= u64::try_from(piece).unwrap_or(left);
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erasing_overwrites_the_bytes_before_it_removes_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let volumes = Volumes::new(dir.path()).unwrap();
        volumes.create("a").unwrap();
        std::fs::create_dir(volumes.path("a").join("sub")).unwrap();
        let file = volumes.path("a").join("sub/secret");
        std::fs::write(&file, vec![7; PIECE + 5]).unwrap();
        // A second name outside keeps the bytes visible after the first is gone.
        let witness = dir.path().join("witness");
        std::fs::hard_link(&file, &witness).unwrap();
        assert_eq!(volumes.content("a").unwrap(), Content { bytes: 65_541, items: 1 });
        volumes.erase("a").unwrap();
        assert!(!volumes.path("a").exists());
        assert_eq!(std::fs::read(&witness).unwrap(), vec![0; PIECE + 5]);
        volumes.erase("a").unwrap();
    }

    #[test]
    fn an_exchange_leaves_the_new_volume_in_place_and_a_crash_in_between_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let volumes = Volumes::new(dir.path()).unwrap();
        let (fresh, aside) = (dir.path().join("fresh"), dir.path().join("aside"));
        let write = |dir: &Path, text: &str| {
            std::fs::create_dir_all(dir).unwrap();
            std::fs::write(dir.join("file"), text).unwrap();
        };
        let read = || std::fs::read_to_string(volumes.path("a").join("file")).unwrap();
        write(&volumes.path("a"), "old");
        write(&fresh, "new");
        volumes.exchange("a", &fresh, &aside).unwrap();
        assert_eq!(read(), "new");
        // Where the file system cannot exchange and the cloud dies after the first of two steps.
        std::fs::rename(volumes.path("a"), &aside).unwrap();
        volumes.settle("a", &aside).unwrap();
        assert_eq!(read(), "new");
        // And after the second.
        write(&aside, "old");
        volumes.settle("a", &aside).unwrap();
        assert!(read() == "new" && !aside.exists());
        // A volume that is lost is put in place all the same.
        volumes.erase("a").unwrap();
        write(&fresh, "newer");
        volumes.exchange("a", &fresh, &aside).unwrap();
        assert_eq!(read(), "newer");
    }

    #[test]
    fn a_link_out_of_the_volume_is_removed_and_its_target_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let volumes = Volumes::new(dir.path()).unwrap();
        volumes.create("a").unwrap();
        let outside = dir.path().join("outside");
        std::fs::write(&outside, "mine").unwrap();
        std::os::unix::fs::symlink(&outside, volumes.path("a").join("link")).unwrap();
        volumes.erase("a").unwrap();
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "mine");
    }
}
