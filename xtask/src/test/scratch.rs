//! Where tests put their throw-away files: in memory where the machine has room for them, because
//! each commit of an embedded database waits for the disk, and thousands are made in a run.

use crate::{say, tool};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// The memory that Linux offers as a folder.
const MEMORY: &str = "/dev/shm";
/// Several times what a run needs, KiB; containers often have 64 MiB.
const ROOM_KIB: u64 = 2 * 1024 * 1024;
const ASK_LIMIT: Duration = Duration::from_secs(10);

/// A folder that is removed at the end, with whatever a killed test left in it.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// Makes the folder; a person who set `TMPDIR` has chosen already.
    pub fn create() -> Result<Self> {
        let chosen = std::env::var_os("TMPDIR").is_some();
        let place = if chosen { None } else { in_memory(Path::new(MEMORY)) };
        let place = place.unwrap_or_else(std::env::temp_dir);
        say::line(&format!("   throw-away files: in {}", place.display()));
        let mut builder = tempfile::Builder::new();
        builder.prefix("kumoichi-test-");
        // Others may pass through: the unprivileged owner of a PostgreSQL has a folder below.
        let passable = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        Ok(Self { folder: builder.permissions(passable).tempdir_in(place)? })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets a program put its temporary files here.
    pub fn offer_to(&self, command: &mut Command) {
        command.env("TMPDIR", self.folder());
    }
}

/// The folder, when it is one with enough room.
fn in_memory(folder: &Path) -> Option<PathBuf> {
    let mut ask = tool::command("df");
    let answer = tool::output_within(ask.arg("-Pk").arg(folder), ASK_LIMIT).ok()?;
    (free_kib(&answer)? >= ROOM_KIB).then(|| folder.to_path_buf())
}

/// Reads the fourth column of the second line of `df -Pk`.
fn free_kib(answer: &str) -> Option<u64> {
    answer.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_room_is_read_from_the_answer_of_df() {
        let answer = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                      tmpfs 24000000 8 23999992 1% /dev/shm";
        assert_eq!(free_kib(answer), Some(23_999_992));
        assert_eq!(free_kib("Filesystem 1024-blocks Used Available"), None);
    }

    #[test]
    fn folder_that_does_not_exist_is_no_place() {
        assert_eq!(in_memory(Path::new("/kumoichi-no-such-folder")), None);
    }

    #[test]
    fn programs_write_there_and_everything_is_gone_afterwards() {
        let scratch = Scratch::create().unwrap();
        let mut command = tool::command("sh");
        scratch.offer_to(command.args(["-c", "mktemp -d"]));
        let made = PathBuf::from(tool::output_within(&mut command, ASK_LIMIT).unwrap());
        assert!(made.is_dir() && made.starts_with(scratch.folder()));
        drop(scratch);
        assert!(!made.exists());
    }
}
