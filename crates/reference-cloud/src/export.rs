//! The archive of a volume: where everything stands in it, its digests, and any part of it. Only pieces are in memory.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use provider_api::{BackedUpFile, archive};
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::mpsc;

use crate::copies::CopyError;

/// Files are read in pieces of this size.
const PIECE: usize = 64 * 1024;
/// Files of one export at most: the manifest names each of them.
pub(crate) const FILES_MAX: usize = 10_000;
/// A reader that takes nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where everything stands in an archive.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    entries: Vec<Entry>,
    /// Of the whole archive.
    pub bytes: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    file: PathBuf,
    head: Vec<u8>,
    bytes: u64,
    modified: SystemTime,
    /// Where its head begins.
    start: u64,
}

/// Who takes the pieces; an error tells why there are no more.
type Taker = mpsc::Sender<io::Result<Bytes>>;

impl Layout {
    /// Looks at a volume whose files do not change; blocking.
    pub(crate) fn of(volume: &Path) -> Result<Self, CopyError> {
        let mut entries = Vec::new();
        folder(volume, "", &mut entries)?;
        entries.sort_by(|one, other| one.name.as_bytes().cmp(other.name.as_bytes()));
        let mut bytes = 0_u64;
        for entry in &mut entries {
            entry.start = bytes;
            bytes = bytes
                .saturating_add(u64::try_from(entry.head.len()).unwrap_or_default())
                .saturating_add(entry.bytes)
                .saturating_add(archive::padding(entry.bytes));
        }
        Ok(Self { entries, bytes: bytes.saturating_add(archive::END) })
    }

    pub(crate) fn files(&self) -> usize {
        self.entries.len()
    }

    /// The entity tag: another as soon as a file is another.
    pub(crate) fn etag(&self) -> String {
        let mut hash = Sha256::new();
        for entry in &self.entries {
            let since = entry.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
            hash.update(&entry.head);
            hash.update(format!("{} {}\0", entry.bytes, since.as_nanos()));
        }
        format!("\"{}\"", hex::encode(hash.finalize()))
    }

    /// Reads everything once: the digest of each file and of the archive.
    pub(crate) async fn digests(&self) -> io::Result<(Vec<BackedUpFile>, String)> {
        let mut whole = Sha256::new();
        let mut files = Vec::new();
        for entry in &self.entries {
            let mut own = Sha256::new();
            whole.update(&entry.head);
            let mut source = Source::open(entry, 0).await?;
            while let Some(piece) = source.next().await? {
                own.update(&piece);
                whole.update(&piece);
            }
            whole.update(zeros(archive::padding(entry.bytes)));
            files.push(BackedUpFile {
                path: entry.name.clone(),
                bytes: i64::try_from(entry.bytes).unwrap_or(i64::MAX),
                sha256: hex::encode(own.finalize()),
            });
        }
        whole.update(zeros(archive::END));
        Ok((files, hex::encode(whole.finalize())))
    }

    /// Hands out a part of the archive; it breaks off when a file has become another meanwhile.
    pub(crate) async fn send(self, part: Range<u64>, taker: Taker) {
        let mut out = Out { left: part, at: 0, taker };
        if let Err(error) = self.send_to(&mut out).await {
            tracing::info!(%error, "an export broke off");
            let _ = out.taker.send(Err(error)).await;
        }
    }

    async fn send_to(&self, out: &mut Out) -> io::Result<()> {
        for entry in &self.entries {
            let head = u64::try_from(entry.head.len()).unwrap_or_default();
            let padding = archive::padding(entry.bytes);
            let end = entry.start + head + entry.bytes + padding;
            if out.left.start >= end {
                continue;
            }
            if out.is_done() {
                return Ok(());
            }
            out.at = entry.start;
            out.give(Bytes::copy_from_slice(&entry.head)).await?;
            let skipped = out.left.start.saturating_sub(entry.start + head).min(entry.bytes);
            out.at = entry.start + head + skipped;
            let mut source = Source::open(entry, skipped).await?;
            while !out.is_done()
                && let Some(piece) = source.next().await?
            {
                out.give(Bytes::from(piece)).await?;
            }
            out.give(Bytes::from(zeros(padding))).await?;
        }
        out.at = self.bytes.saturating_sub(archive::END);
        out.give(Bytes::from(zeros(archive::END))).await
    }
}

/// The content of one file, checked to be what was looked at.
struct Source<'a> {
    entry: &'a Entry,
    file: Option<File>,
    left: u64,
}

impl<'a> Source<'a> {
    async fn open(entry: &'a Entry, skipped: u64) -> io::Result<Self> {
        let left = entry.bytes.saturating_sub(skipped);
        if entry.name.ends_with('/') {
            return Ok(Self { entry, file: None, left });
        }
        let mut file = File::open(&entry.file).await?;
        file.seek(SeekFrom::Start(skipped)).await?;
        let mut source = Self { entry, file: Some(file), left };
        source.must_be_the_same().await?;
        Ok(source)
    }

    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.file.as_mut().filter(|_| self.left > 0) else { return Ok(None) };
        let wanted = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; wanted];
        file.read_exact(&mut piece).await?;
        self.left = self.left.saturating_sub(u64::try_from(wanted).unwrap_or(self.left));
        // Before the last piece is given away: nobody takes a mixture for the whole.
        if self.left == 0 {
            self.must_be_the_same().await?;
        }
        Ok(Some(piece))
    }

    async fn must_be_the_same(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let seen = file.metadata().await?;
        if seen.len() == self.entry.bytes && seen.modified()? == self.entry.modified {
            return Ok(());
        }
        Err(io::Error::other("a file was changed in the middle of an export"))
    }
}

/// Gives away only what lies in the part that was asked for.
struct Out {
    left: Range<u64>,
    /// Where the next byte that is given stands in the archive.
    at: u64,
    taker: Taker,
}

impl Out {
    fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    async fn give(&mut self, piece: Bytes) -> io::Result<()> {
        let length = u64::try_from(piece.len()).unwrap_or_default();
        let begin = self.left.start.saturating_sub(self.at).min(length);
        let end = self.left.end.saturating_sub(self.at).min(length);
        self.at = self.at.saturating_add(length);
        if begin >= end {
            return Ok(());
        }
        self.left.start = self.left.start.saturating_add(end - begin);
        let place = |at: u64| usize::try_from(at).unwrap_or_default();
        let sent = self.taker.send(Ok(piece.slice(place(begin)..place(end))));
        match tokio::time::timeout(PATIENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(io::Error::other("the reader has gone")),
        }
    }
}

fn zeros(length: u64) -> Vec<u8> {
    vec![0; usize::try_from(length).unwrap_or_default()]
}

fn folder(dir: &Path, below: &str, entries: &mut Vec<Entry>) -> Result<(), CopyError> {
    let mut empty = true;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        empty = false;
        let odd = || CopyError::Odd(format!("{below}{}", entry.file_name().display()));
        let name = entry.file_name().into_string().map_err(|_| odd())?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            folder(&entry.path(), &format!("{below}{name}/"), entries)?;
        } else if kind.is_file() {
            let data = entry.metadata()?;
            let name = format!("{below}{name}");
            entries.push(one(name, entry.path(), data.len(), data.modified()?));
        } else {
            return Err(odd());
        }
        if entries.len() > FILES_MAX {
            break;
        }
    }
    if empty && !below.is_empty() {
        let modified = std::fs::metadata(dir)?.modified()?;
        entries.push(one(below.to_owned(), dir.to_owned(), 0, modified));
    }
    Ok(())
}

fn one(name: String, file: PathBuf, bytes: u64, modified: SystemTime) -> Entry {
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    let head = archive::head(&name, bytes, since.as_secs());
    Entry { name, file, head, bytes, modified, start: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn part(layout: &Layout, part: Range<u64>) -> io::Result<Vec<u8>> {
        let (taker, mut pieces) = mpsc::channel(1);
        let sent = tokio::spawn(layout.clone().send(part, taker));
        let mut all = Vec::new();
        while let Some(piece) = pieces.recv().await {
            all.extend(piece?);
        }
        sent.await.unwrap();
        Ok(all)
    }

    fn volume() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("b/empty")).unwrap();
        std::fs::write(dir.path().join("a"), vec![1; PIECE + 700]).unwrap();
        std::fs::write(dir.path().join("b/雲"), b"cloud").unwrap();
        dir
    }

    #[tokio::test]
    async fn the_archive_holds_every_file_and_any_two_parts_make_the_whole() {
        let dir = volume();
        let layout = Layout::of(dir.path()).unwrap();
        let whole = part(&layout, 0..layout.bytes).await.unwrap();
        assert_eq!(whole.len() as u64, layout.bytes);
        let (files, sha256) = layout.digests().await.unwrap();
        assert_eq!(archive::read(&whole).unwrap(), files);
        assert_eq!(sha256, hex::encode(Sha256::digest(&whole)));
        let names: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names, ["a", "b/empty/", "b/雲"]);
        for cut in [1, 511, 512, 513, 60_000, 66_236, 66_300, 67_584, layout.bytes - 1] {
            let mut joined = part(&layout, 0..cut).await.unwrap();
            assert_eq!(joined.len() as u64, cut);
            joined.extend(part(&layout, cut..layout.bytes).await.unwrap());
            assert!(joined == whole, "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_file_that_became_another_breaks_the_export_off() {
        let dir = volume();
        let layout = Layout::of(dir.path()).unwrap();
        let before = layout.etag();
        std::fs::write(dir.path().join("a"), vec![2; PIECE + 701]).unwrap();
        assert!(part(&layout, 0..layout.bytes).await.is_err());
        assert_ne!(Layout::of(dir.path()).unwrap().etag(), before);
    }
}
