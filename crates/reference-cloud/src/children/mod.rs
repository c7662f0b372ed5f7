//! Confirmed compute as real processes: start, adopt after a restart, watch and end them.
//! A child is known by a file it writes itself (process id, start time, boot id) and holds a lock on its slot, so
//! that neither a crash of the cloud nor a reused process id can lead to two children, or to ending a stranger.

mod launch;
mod process;
mod socket;
mod still;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use provider_api::{Instance, Usage};

pub(crate) use launch::StartFailure;
pub(crate) use process::ProcessId;
pub(crate) use socket::{SECRET_HEADER, ask, send, tell};
pub(crate) use still::Standstill;

use crate::config::ChildCommand;
use crate::store::AllocationRow;
use crate::volume;

/// Environment variable with the secret shared by the cloud and its children.
pub(crate) const SECRET_VARIABLE: &str = "KUMOICHI_APP_SECRET";
/// Environment variable with the settings as a JSON object.
pub(crate) const SETTINGS_VARIABLE: &str = "KUMOICHI_APP_SETTINGS";
/// Time for a child to end by itself before it is killed.
pub(crate) const END_GRACE: Duration = Duration::from_secs(3);

/// All children of one cloud.
#[derive(Debug)]
pub(crate) struct Children {
    command: ChildCommand,
    /// Process files and slot locks.
    run_dir: PathBuf,
    /// Sockets; elsewhere when the run directory's path is too long for one.
    socket_dir: PathBuf,
    log_dir: PathBuf,
    link_dir: PathBuf,
    /// Which slots answered at the last look, by allocation.
    healthy: Mutex<HashMap<String, Vec<bool>>>,
    /// Allocations whose machines stand still on purpose.
    still: Mutex<HashSet<String>>,
}

/// The place of one child: allocation and machine.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub name: String,
    pub socket: PathBuf,
    pub process_file: PathBuf,
    pub lock_file: PathBuf,
    pub log_file: PathBuf,
    /// The beginning of the paths of sockets to linked services.
    pub links: PathBuf,
}

/// Longest path of a socket that every system takes (104 on some, with the ending zero).
const SOCKET_PATH_MAX: usize = 100;
/// Length of `alc_` + 20 + `-63.sock` and the separator.
const SOCKET_NAME_MAX: usize = 34;

impl Children {
    pub(crate) fn new(command: ChildCommand, data_dir: &Path) -> io::Result<Self> {
        let run_dir = data_dir.join("run");
        let log_dir = data_dir.join("logs");
        create_private(&run_dir)?;
        create_private(&log_dir)?;
        let mut socket_dir = run_dir.clone();
        if run_dir.as_os_str().len() + SOCKET_NAME_MAX > SOCKET_PATH_MAX {
            let name = crate::keys::short_hash(data_dir.as_os_str().as_encoded_bytes());
            socket_dir = std::env::temp_dir().join(format!("kumoichi-{name}"));
            create_private(&socket_dir)?;
            must_be_private(&socket_dir)?;
        }
        Ok(Self {
            command,
            run_dir,
            socket_dir,
            log_dir,
            link_dir: crate::links::socket_dir(data_dir),
            healthy: Mutex::default(),
            still: Mutex::default(),
        })
    }

    pub(crate) fn slot(&self, id: &str, index: i64) -> Slot {
        let name = format!("{id}-{index}");
        Slot {
            socket: self.socket_dir.join(format!("{name}.sock")),
            process_file: self.run_dir.join(format!("{name}.json")),
            lock_file: self.run_dir.join(format!("{name}.lock")),
            log_file: self.log_dir.join(format!("{name}.log")),
            links: self.link_dir.join(format!("{id}-")),
            name,
        }
    }

    /// Starts what is missing and waits until every machine answers.
    pub(crate) async fn ensure(
        &self,
        row: &AllocationRow,
        volume: &Path,
        limit: Duration,
    ) -> Result<(), StartFailure> {
        for index in 0..row.instances {
            let slot = self.slot(&row.id, index);
            launch::ensure(&self.command, row, &slot, volume, limit).await?;
        }
        self.lock().insert(row.id.clone(), vec![true; usize::try_from(row.instances).unwrap_or(0)]);
        Ok(())
    }

    /// Asks every machine of an allocation; returns whether all answer. Those that stand still on purpose are as they
    /// were.
    pub(crate) async fn check(&self, row: &AllocationRow) -> bool {
        if self.stands_still(&row.id) {
            return true;
        }
        let mut answers = Vec::new();
        for index in 0..row.instances {
            let slot = self.slot(&row.id, index);
            answers.push(ask(&slot.socket, &row.secret, "/_control/ping").await.is_ok());
        }
        let all = answers.iter().all(|answer| *answer);
        if !all && self.stands_still(&row.id) {
            return true;
        }
        self.lock().insert(row.id.clone(), answers);
        all
    }

    /// Ends every child of an allocation and returns when none is left.
    pub(crate) async fn stop(&self, id: &str) -> io::Result<()> {
        self.lock().remove(id);
        let prefix = format!("{id}-");
        for slot in self.slots_on_disk()? {
            if slot.starts_with(&prefix) {
                self.end(&slot).await?;
            }
        }
        Ok(())
    }

    /// Ends the machines from a number on, with their logs; the others go on. They take no new requests before they end,
    /// and finish those they have.
    pub(crate) async fn end_from(&self, id: &str, first: i64) -> io::Result<()> {
        if let Some(healthy) = self.lock().get_mut(id) {
            healthy.truncate(usize::try_from(first).unwrap_or(0));
        }
        for name in self.slots_on_disk()? {
            let Some((of, index)) = name.rsplit_once('-') else { continue };
            if of == id && index.parse::<i64>().is_ok_and(|index| index >= first) {
                self.end(&name).await?;
                volume::erase_file(&self.log_dir.join(format!("{name}.log")))?;
            }
        }
        Ok(())
    }

    /// Tells every machine how much the volume may hold from now on.
    pub(crate) async fn tell_quota(&self, row: &AllocationRow) -> io::Result<()> {
        let path = format!("/_control/quota/{}", row.quota_bytes.unwrap_or(0));
        for index in 0..row.instances {
            tell(&self.slot(&row.id, index).socket, &row.secret, &path).await?;
        }
        Ok(())
    }

    /// Names of slots that have or had a child, by their lock files.
    pub(crate) fn slots_on_disk(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.run_dir)? {
            let name = entry?.file_name();
            if let Some(slot) = name.to_str().and_then(|name| name.strip_suffix(".lock")) {
                names.push(slot.to_owned());
            }
        }
        Ok(names)
    }

    /// Ends the child of one slot and removes its traces.
    async fn end(&self, name: &str) -> io::Result<()> {
        let (id, index) = name.rsplit_once('-').unwrap_or((name, "0"));
        let slot = self.slot(id, index.parse().unwrap_or(0));
        // Holding the lock means no child is left, also none that had not yet written its file.
        let lock = std::fs::File::options().create(true).append(true).open(&slot.lock_file)?;
        let mut patience = 200;
        while lock.try_lock().is_err() {
            if let Some(process) = ProcessId::read(&slot.process_file) {
                process.end(END_GRACE).await?;
            }
            patience -= 1;
            if patience == 0 {
                return Err(io::Error::other(format!("a child of {name} does not end")));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for file in [&slot.process_file, &slot.socket, &slot.lock_file] {
            remove_if_there(file)?;
        }
        Ok(())
    }

    /// Sockets of the machines that answered last time.
    pub(crate) fn sockets(&self, id: &str) -> Vec<PathBuf> {
        let healthy = self.lock().get(id).cloned().unwrap_or_default();
        let up = (0_i64..).zip(healthy).filter(|(_, up)| *up);
        up.map(|(index, _)| self.slot(id, index).socket).collect()
    }

    /// Drops a machine from the round until the next check; its socket did not answer.
    pub(crate) fn suspect(&self, id: &str, socket: &Path) {
        let place = (0_i64..64).find(|index| self.slot(id, *index).socket == socket);
        if let (Some(index), Some(healthy)) = (place, self.lock().get_mut(id))
            && let Some(up) = usize::try_from(index).ok().and_then(|index| healthy.get_mut(index))
        {
            *up = false;
        }
    }

    /// The machines of an allocation that should run.
    pub(crate) fn instances(&self, row: &AllocationRow) -> Vec<Instance> {
        if !row.running_wanted {
            return Vec::new();
        }
        let healthy = self.lock().get(&row.id).cloned().unwrap_or_default();
        let all = (0..row.instances).zip(0_u32..).map(|(place, index)| {
            let process = ProcessId::read(&self.slot(&row.id, place).process_file)
                .filter(ProcessId::is_alive);
            let answers = usize::try_from(place).ok().and_then(|place| healthy.get(place).copied());
            Instance {
                index,
                running: process.is_some() && answers.unwrap_or(false),
                native: process.map(|process| format!("pid {}", process.pid)),
            }
        });
        all.collect()
    }

    /// Processor time and memory of all machines; absent when none runs.
    pub(crate) fn usage(&self, row: &AllocationRow) -> Usage {
        let mut usage = Usage::default();
        for index in 0..row.instances {
            let process = ProcessId::read(&self.slot(&row.id, index).process_file)
                .filter(ProcessId::is_alive);
            if let Some((cpu_us, memory)) = process.and_then(|process| process.usage()) {
                usage.cpu_us = Some(usage.cpu_us.unwrap_or(0) + cpu_us);
                usage.memory_bytes = Some(usage.memory_bytes.unwrap_or(0) + memory);
            }
        }
        usage
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<bool>>> {
        self.healthy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a directory only its owner may enter.
pub(crate) fn create_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Refuses a directory that another user made first: it stands where everybody may write.
fn must_be_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let data = dir.symlink_metadata()?;
    let own = data.is_dir()
        && data.uid() == rustix::process::geteuid().as_raw()
        && data.mode() & 0o077 == 0;
    if own {
        Ok(())
    } else {
        Err(io::Error::other(format!("{} belongs to someone else", dir.display())))
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
