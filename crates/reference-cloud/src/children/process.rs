//! One process of the system: who it is for certain, what it uses, and how it is ended.
//! A process id alone is no name, since ids are used again; start time and boot id make it one.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// A process, unmistakably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessId {
    pub pid: i32,
    /// Clock ticks between boot and the start of the process.
    pub start_ticks: u64,
    /// The kernel's random id of this boot.
    pub boot_id: String,
}

/// Clock ticks per second that Linux shows to programs, on every architecture.
const TICKS_PER_SECOND: i64 = 100;
/// How often an ending process is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// The fields of `/proc/<pid>/stat` that matter here.
struct Stat {
    zombie: bool,
    start_ticks: u64,
    cpu_ticks: i64,
}

impl ProcessId {
    /// This process.
    pub(crate) fn own() -> io::Result<Self> {
        let pid = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        let stat = stat(pid).ok_or_else(|| io::Error::other("the process cannot see itself"))?;
        Ok(Self { pid, start_ticks: stat.start_ticks, boot_id: boot_id() })
    }

    /// The process named in a file, if there is one.
    pub(crate) fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }

    /// Whether it runs; a dead process that was not yet collected does not.
    pub(crate) fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|stat| !stat.zombie && stat.start_ticks == self.start_ticks)
            && self.boot_id == boot_id()
    }

    /// Processor time in microseconds and resident memory in bytes.
    pub(crate) fn usage(&self) -> Option<(i64, i64)> {
        let cpu_us = stat(self.pid)?.cpu_ticks * (1_000_000 / TICKS_PER_SECOND);
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: i64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
        Some((cpu_us, kibibytes * 1024))
    }

    /// Asks it to end, kills it when it does not, and returns when it is gone.
    pub(crate) async fn end(&self, grace: Duration) -> io::Result<()> {
        self.signal(Signal::TERM)?;
        if self.gone_within(grace).await {
            return Ok(());
        }
        self.signal(Signal::KILL)?;
        if self.gone_within(grace).await {
            Ok(())
        } else {
            Err(io::Error::other("a killed process is still there"))
        }
    }

    /// Makes it stand still and returns when it does, with all its threads.
    pub(crate) async fn pause(&self, limit: Duration) -> io::Result<()> {
        self.signal(Signal::STOP)?;
        let begun = Instant::now();
        while self.is_alive() && !self.stands_still() {
            if begun.elapsed() > limit {
                self.go_on()?;
                return Err(io::Error::other("a process does not stand still"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Lets it go on; fine when it does.
    pub(crate) fn go_on(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// A signal is only asked for: a thread may still be in the middle of a write when the asking returns.
    fn stands_still(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid)) else {
            return true;
        };
        threads.flatten().all(|thread| {
            let text = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // A thread that has ended meanwhile writes nothing any more.
            text.rsplit_once(')')
                .is_none_or(|(_, rest)| rest.trim_start().starts_with(['T', 't', 'Z', 'X']))
        })
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(pid) = Pid::from_raw(self.pid) else { return Ok(()) };
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(rustix::io::Errno::SRCH) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        // The handle stays with its process, so a check after opening cannot be outrun by a reused id.
        if !self.is_alive() {
            return Ok(());
        }
        match pidfd_send_signal(handle, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn gone_within(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > limit {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        true
    }
}

fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn stat(pid: i32) -> Option<Stat> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(text: &str) -> Option<Stat> {
    // The second field is the program's name in brackets and may hold anything, brackets too.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<i64>().ok();
    Some(Stat {
        zombie: matches!(*fields.first()?, "Z" | "X"),
        start_ticks: fields.get(19)?.parse().ok()?,
        cpu_ticks: number(11)? + number(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let text = "42 (a) Z (b) S 1 42 42 0 -1 4194304 100 0 0 0 7 3 0 0 20 0 1 0 5555 1000 20 18446744073709551615";
        let stat = parse(text).unwrap();
        assert!(!stat.zombie);
        assert_eq!((stat.start_ticks, stat.cpu_ticks), (5555, 10));
    }

    #[test]
    fn the_same_number_with_another_start_is_another_process() {
        let own = ProcessId::own().unwrap();
        assert!(own.is_alive());
        assert!(!ProcessId { start_ticks: own.start_ticks + 1, ..own.clone() }.is_alive());
        assert!(!ProcessId { boot_id: "another".into(), ..own }.is_alive());
    }

    #[tokio::test]
    async fn a_paused_process_stands_still_until_it_may_go_on() {
        let mut child = tokio::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id().unwrap()).unwrap();
        let process =
            ProcessId { pid, start_ticks: stat(pid).unwrap().start_ticks, boot_id: boot_id() };
        assert!(!process.stands_still());
        process.pause(Duration::from_secs(5)).await.unwrap();
        assert!(process.stands_still() && process.is_alive());
        process.go_on().unwrap();
        let begun = Instant::now();
        while process.stands_still() {
            assert!(begun.elapsed() < Duration::from_secs(5), "it does not go on");
            tokio::time::sleep(LOOK).await;
        }
        process.end(Duration::from_secs(5)).await.unwrap();
        child.wait().await.unwrap();
    }

    #[tokio::test]
    async fn ending_a_process_returns_when_it_is_gone() {
        let mut child = tokio::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id().unwrap()).unwrap();
        let process =
            ProcessId { pid, start_ticks: stat(pid).unwrap().start_ticks, boot_id: boot_id() };
        process.end(Duration::from_secs(5)).await.unwrap();
        assert!(!process.is_alive());
        assert!(!child.wait().await.unwrap().success());
        process.end(Duration::from_secs(1)).await.unwrap();
    }
}
