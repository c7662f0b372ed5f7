//! Fingerprints of inputs, kept as stamp files, so that a step whose inputs did not change is skipped.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Collects what a step depends on.
#[derive(Debug, Default)]
pub struct Inputs {
    hash: Sha256,
}

impl Inputs {
    /// Starts with the name and the rule version of a step.
    pub fn of(step: &str) -> Self {
        let mut inputs = Self::default();
        inputs.text(step);
        inputs
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.hash.update((text.len() as u64).to_le_bytes());
        self.hash.update(text.as_bytes());
    }

    /// Adds a file, or every file below a folder, by relative path and content; absent adds nothing.
    pub fn path(&mut self, path: &Path) -> Result<()> {
        for file in files_below(path)? {
            let name = file.strip_prefix(path).unwrap_or(&file);
            self.text(&name.to_string_lossy());
            let bytes =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.hash.update((bytes.len() as u64).to_le_bytes());
            self.hash.update(&bytes);
        }
        Ok(())
    }

    /// The fingerprint in hexadecimal.
    pub fn finish(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

/// The first characters of a content hash, for file names that may be cached for ever.
#[cfg(feature = "web")]
pub fn short_hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

/// Every file below a path in a stable order; the path itself when it is a file.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(next) = open.pop() {
        if next.is_dir() {
            for entry in fs::read_dir(&next)? {
                let entry = entry?.path();
                let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    open.push(entry);
                }
            }
        } else if next.is_file() {
            found.push(next);
        }
    }
    found.sort();
    Ok(found)
}

/// A stamp file that remembers the fingerprint a step last ran with.
#[derive(Debug)]
pub struct Stamp {
    file: PathBuf,
    wanted: String,
}

impl Stamp {
    /// A stamp for a step inside a folder.
    pub fn new(folder: &Path, step: &str, wanted: String) -> Self {
        Self { file: folder.join(format!("{step}.stamp")), wanted }
    }

    /// Says whether the step already ran with these inputs and its results are still there.
    pub fn is_fresh(&self, results: &[&Path]) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|had| had == self.wanted)
            && results.iter().all(|result| result.exists())
    }

    /// Remembers that the step ran with these inputs.
    pub fn keep(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.wanted).context("cannot write a stamp file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print_of(path: &Path) -> String {
        let mut inputs = Inputs::of("test");
        inputs.path(path).unwrap();
        inputs.finish()
    }

    #[test]
    fn fingerprint_follows_content_and_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "one").unwrap();
        let first = print_of(folder.path());
        assert_eq!(first, print_of(folder.path()));
        fs::write(folder.path().join("a"), "two").unwrap();
        let second = print_of(folder.path());
        assert_ne!(first, second);
        fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_ne!(second, print_of(folder.path()));
    }

    #[test]
    fn stamp_is_stale_when_a_result_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let result = folder.path().join("result");
        let stamp = Stamp::new(folder.path(), "step", "abc".to_owned());
        assert!(!stamp.is_fresh(&[]));
        stamp.keep().unwrap();
        assert!(stamp.is_fresh(&[]));
        assert!(!stamp.is_fresh(&[&result]));
        assert!(!Stamp::new(folder.path(), "step", "abd".to_owned()).is_fresh(&[]));
    }
}
