//! A PostgreSQL server of its own for one test run: loopback only, without durability, removed at
//! the end whatever happened.

use crate::place::free_port;
use crate::setup::is_root;
use crate::tool;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The environment variable with the address of a server for tests.
pub const ADDRESS: &str = "KUMOICHI_TEST_POSTGRES";

const INIT_LIMIT: Duration = Duration::from_secs(120);
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "autovacuum=off",
    // Its folder may lie in memory.
    "max_wal_size=256MB",
];

/// Fast and forgetful: the data lives as long as the run.
const FORGETFUL: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// Whether what is committed survives a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does not, and commits cost next to nothing: for tests.
    None,
    /// As PostgreSQL is delivered: for measurements.
    Full,
}

/// A running server; dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    durability: Durability,
    server: Option<Child>,
}

impl Cluster {
    /// Creates and starts a server below a folder, and waits until it answers.
    pub fn start(programs: &Path, below: &Path, durability: Durability) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("kumoichi-pg-").tempdir_in(below)?;
        let owner = if is_root() { Some(unprivileged_user()?) } else { None };
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))?;
        }
        let mut cluster = Self {
            folder,
            programs: programs.to_path_buf(),
            owner,
            port: free_port()?,
            durability,
            server: None,
        };
        cluster.initialise()?;
        cluster.serve()?;
        Ok(cluster)
    }

    /// The address for [`ADDRESS`].
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs, as a user it accepts.
    fn program(&self, name: &str) -> Command {
        let mut command = tool::command(self.programs.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn initialise(&self) -> Result<()> {
        let mut initdb = self.program("initdb");
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-D",
        ]);
        tool::run_within(initdb.arg(self.data()), INIT_LIMIT)
    }

    fn serve(&mut self) -> Result<()> {
        let log = self.folder.path().join("log");
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        let forgetful = match self.durability {
            Durability::None => FORGETFUL,
            Durability::Full => &[],
        };
        for setting in SETTINGS.iter().chain(forgetful) {
            server.args(["-c", setting]);
        }
        server.stderr(fs::File::create(&log)?);
        let child = self.server.insert(server.spawn().context("cannot start PostgreSQL")?);
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if child.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                bail!(
                    "PostgreSQL does not answer: {}",
                    fs::read_to_string(&log).unwrap_or_default()
                );
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        self.wait_ready(start)
    }

    /// The port opens before the server takes connections.
    fn wait_ready(&self, start: Instant) -> Result<()> {
        let port = self.port.to_string();
        while tool::run_within(
            self.program("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]),
            STOP_LIMIT,
        )
        .is_err()
        {
            if start.elapsed() > START_LIMIT {
                bail!("PostgreSQL takes no connections");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        // Nothing is worth keeping, so the quick stop is the right one. An interrupt from the
        // terminal may have stopped the server already.
        let stop = self
            .program("pg_ctl")
            .args(["stop", "-m", "immediate", "-s", "-D"])
            .arg(self.data())
            .spawn();
        if let Ok(mut stop) = stop {
            let _ = stop.wait();
        }
        let start = Instant::now();
        while start.elapsed() < STOP_LIMIT {
            if !matches!(server.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = server.kill();
        let _ = server.wait();
    }
}

/// The user and group ids of an account that is not root, preferably PostgreSQL's own.
fn unprivileged_user() -> Result<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| ids_of(&accounts, name))
        .context("PostgreSQL refuses to run as root and there is no other user")
}

fn ids_of(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::scratch::Scratch;

    #[test]
    fn account_line_gives_user_and_group() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/bash\n";
        assert_eq!(ids_of(accounts, "postgres"), Some((101, 104)));
        assert_eq!(ids_of(accounts, "post"), None);
    }

    #[test]
    fn cluster_is_gone_after_use() {
        let Some(programs) = crate::setup::postgresql_programs() else { return };
        let scratch = Scratch::create().unwrap();
        let cluster = Cluster::start(&programs, scratch.folder(), Durability::None).unwrap();
        let (folder, port) = (cluster.folder.path().to_path_buf(), cluster.port);
        assert!(cluster.url().starts_with("postgres://postgres@127.0.0.1:"));
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(cluster);
        assert!(!folder.exists());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
