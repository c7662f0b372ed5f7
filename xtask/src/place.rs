//! Where things are: the repository, the target folder, the built site.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The folders every task works with, all absolute.
#[derive(Debug, Clone)]
pub struct Place {
    /// The root of the repository.
    pub root: PathBuf,
    /// Cargo's target folder; `CARGO_TARGET_DIR` or `target`.
    pub target: PathBuf,
}

impl Place {
    /// Finds the repository from this package's manifest and the target folder from the environment.
    pub fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask is not inside the repository")?.to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(root.join(dir))?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The folder the server serves files from; always inside the target folder, because it is
    /// emptied before it is filled.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// The broker's executable of a profile folder (`debug` or `release`).
    pub fn broker(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join("kumoichi")
    }

    /// A path inside the repository.
    pub fn inside(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }
}

/// A loopback port that is free now.
pub fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no free loopback port")?;
    Ok(listener.local_addr()?.port())
}
