//! Data through a tunnel, as files with digests: one side gives what was shared on the link, the other takes it piece by
//! piece and goes on where it was cut off. What is given is a folder, whatever it is the content of; whether it may be
//! given, and what it becomes, is decided in `operations`.

use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provider_api::{BackedUpFile, digest};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::hello::{hear, say};
use super::mux::{Session, Stream};
use crate::copies::{CopyError, Pace};

/// To what the other side has shared.
pub(super) const PARCEL: &[u8] = b"parcel";
/// Bytes of a list of files at most.
const LIST_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one path at most.
const PATH_MAX: usize = 1024;
/// Read and written in pieces of this size.
const PIECE: usize = 64 * 1024;

/// What is given: a list of files, and the folder they stand in.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub files: Vec<BackedUpFile>,
    pub folder: PathBuf,
}

/// What is asked of the side that gives.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "get", rename_all = "camelCase")]
enum Ask {
    List,
    File { path: String, offset: u64 },
}

/// The line before the bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase")]
enum Answer {
    Bytes { bytes: u64 },
    Refused { detail: String },
}

/// Why something did not arrive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParcelError {
    /// The tunnel was cut; worth going on when it is up again.
    #[error("the tunnel was cut")]
    Cut(#[source] io::Error),
    /// The other side does not give it.
    #[error("the other side gives nothing: {0}")]
    Refused(String),
    /// What came is not what it should be.
    #[error("what arrived is not what was to be sent: {0}")]
    Wrong(String),
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// Gives what was asked for on one stream; `parcel` is a refusal's words when nothing is given.
pub(super) async fn give(
    stream: &mut Stream,
    parcel: impl Future<Output = Result<Parcel, String>>,
) -> io::Result<()> {
    let ask: Ask = hear(stream).await?;
    let parcel = match parcel.await {
        Ok(parcel) => parcel,
        Err(detail) => return refuse(stream, detail).await,
    };
    match ask {
        Ask::List => {
            let list = serde_json::to_vec(&parcel.files)?;
            let bytes = u64::try_from(list.len()).unwrap_or(u64::MAX);
            say(stream, &Answer::Bytes { bytes }).await?;
            stream.write_all(&list).await?;
        }
        Ask::File { path, offset } => {
            // Only what is on the list: a path is a name here and never leads anywhere else.
            let Some(known) = parcel.files.iter().find(|file| file.path == path) else {
                return refuse(stream, "there is no such file".to_owned()).await;
            };
            let mut file = File::open(parcel.folder.join(&known.path)).await?;
            file.seek(SeekFrom::Start(offset)).await?;
            let whole = u64::try_from(known.bytes).unwrap_or_default();
            let rest = whole.saturating_sub(offset);
            say(stream, &Answer::Bytes { bytes: rest }).await?;
            tokio::io::copy(&mut file.take(rest), stream).await?;
        }
    }
    stream.shutdown().await
}

async fn refuse(stream: &mut Stream, detail: String) -> io::Result<()> {
    say(stream, &Answer::Refused { detail }).await?;
    stream.shutdown().await
}

async fn asked(session: &Arc<Session>, ask: &Ask) -> Result<(Stream, u64), ParcelError> {
    let mut stream = session.open(PARCEL).await.map_err(ParcelError::Cut)?;
    say(&mut stream, ask).await.map_err(ParcelError::Cut)?;
    match hear(&mut stream).await.map_err(ParcelError::Cut)? {
        Answer::Bytes { bytes } => Ok((stream, bytes)),
        Answer::Refused { detail } => Err(ParcelError::Refused(detail)),
    }
}

/// Asks what there is; a list that could lead out of a folder is not taken.
pub(crate) async fn list(session: &Arc<Session>) -> Result<Vec<BackedUpFile>, ParcelError> {
    let (mut stream, bytes) = asked(session, &Ask::List).await?;
    if bytes > LIST_MAX {
        return Err(ParcelError::Wrong(format!("its list has {bytes} bytes")));
    }
    let mut list = vec![0; usize::try_from(bytes).unwrap_or_default()];
    stream.read_exact(&mut list).await.map_err(ParcelError::Cut)?;
    let files: Vec<BackedUpFile> = serde_json::from_slice(&list)
        .map_err(|_| ParcelError::Wrong("its list cannot be read".to_owned()))?;
    match files.iter().find(|file| !is_plain(file)) {
        Some(file) => Err(ParcelError::Wrong(format!("{:?} is no name of a file", file.path))),
        None => Ok(files),
    }
}

/// Whether a file is named below the folder, with a size that makes sense.
fn is_plain(file: &BackedUpFile) -> bool {
    let name = file.path.strip_suffix('/').unwrap_or(&file.path);
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    file.bytes >= 0 && name.len() <= PATH_MAX && name.split('/').all(part)
}

/// Takes every file into a folder, going on with what is there already. When it returns, each file and all together have
/// the digests of the list.
pub(crate) async fn take(
    session: &Arc<Session>,
    files: &[BackedUpFile],
    folder: &Path,
    pace: &(dyn Pace + Send + Sync),
) -> Result<(), ParcelError> {
    for file in files {
        let place = folder.join(&file.path);
        if file.path.ends_with('/') {
            std::fs::create_dir_all(&place).map_err(CopyError::from)?;
            continue;
        }
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(CopyError::from)?;
        }
        pace.file()?;
        take_one(session, file, &place, pace).await?;
    }
    Ok(())
}

/// Takes one file to a place, going on with what is there already. When it returns, it has the digest of the list.
pub(crate) async fn take_one(
    session: &Arc<Session>,
    file: &BackedUpFile,
    place: &Path,
    pace: &(dyn Pace + Send + Sync),
) -> Result<(), ParcelError> {
    let whole = u64::try_from(file.bytes).unwrap_or_default();
    let io = |error: io::Error| ParcelError::Copy(error.into());
    let mut target = tokio::fs::OpenOptions::new();
    let mut target =
        target.read(true).write(true).create(true).truncate(false).open(place).await.map_err(io)?;
    let mut hash = Sha256::new();
    let mut have = 0_u64;
    let mut piece = vec![0_u8; PIECE];
    loop {
        let count = target.read(&mut piece).await.map_err(io)?;
        let Some(part) = piece.get(..count).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
        have = have.saturating_add(u64::try_from(count).unwrap_or_default());
        pace.piece(count)?;
    }
    if have < whole {
        let ask = Ask::File { path: file.path.clone(), offset: have };
        let (mut stream, rest) = asked(session, &ask).await?;
        if rest != whole - have {
            return Err(ParcelError::Wrong(format!("{} has another size", file.path)));
        }
        let mut left = rest;
        while left > 0 {
            let wanted = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            let count = match piece.get_mut(..wanted) {
                Some(room) => stream.read(room).await.map_err(ParcelError::Cut)?,
                None => 0,
            };
            if count == 0 {
                return Err(ParcelError::Cut(io::ErrorKind::UnexpectedEof.into()));
            }
            let part = piece.get(..count).unwrap_or_default();
            hash.update(part);
            target.write_all(part).await.map_err(io)?;
            // Handed on before it counts as there.
            target.flush().await.map_err(io)?;
            left = left.saturating_sub(u64::try_from(count).unwrap_or(left));
            pace.piece(count)?;
        }
    }
    if have <= whole && hex::encode(hash.finalize()) == file.sha256 {
        return Ok(());
    }
    // What is wrong is not gone on with.
    drop(target);
    std::fs::remove_file(place).map_err(CopyError::from)?;
    Err(ParcelError::Wrong(format!("{} has another digest", file.path)))
}

/// The digest over a whole list.
pub(crate) fn digest_of(files: &[BackedUpFile]) -> String {
    digest(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    struct Freely;

    impl Pace for Freely {
        fn file(&self) -> Result<(), CopyError> {
            Ok(())
        }
        fn piece(&self, _: usize) -> Result<(), CopyError> {
            Ok(())
        }
    }

    fn of(path: &str, content: &[u8]) -> BackedUpFile {
        let bytes = i64::try_from(content.len()).unwrap();
        BackedUpFile { path: path.to_owned(), bytes, sha256: hex::encode(Sha256::digest(content)) }
    }

    /// A session whose other side gives this parcel, as often as it is asked.
    fn giving(parcel: Parcel) -> Arc<Session> {
        let (near, far) = tokio::io::duplex(8192);
        let (near, _) = Session::begin(near, true, 1000, Arc::default());
        let (_, mut arriving): (_, mpsc::Receiver<super::super::mux::Arrived>) =
            Session::begin(far, false, 1000, Arc::default());
        tokio::spawn(async move {
            while let Some(mut arrived) = arriving.recv().await {
                let parcel = parcel.clone();
                tokio::spawn(async move {
                    give(&mut arrived.stream, async { Ok(parcel) }).await.unwrap();
                });
            }
        });
        near
    }

    #[tokio::test]
    async fn what_is_there_already_is_gone_on_with_and_what_is_wrong_is_never_kept() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let long = vec![7_u8; 3 * PIECE + 11];
        std::fs::create_dir_all(from.path().join("a/b")).unwrap();
        std::fs::write(from.path().join("a/b/long"), &long).unwrap();
        std::fs::write(from.path().join("雲"), b"cloud").unwrap();
        let files = vec![of("a/b/long", &long), of("e/", b""), of("雲", b"cloud")];
        let parcel = Parcel { files: files.clone(), folder: from.path().to_owned() };
        let session = giving(parcel.clone());
        assert_eq!(list(&session).await.unwrap(), files);
        // Half of one file is there, and another file that is not what it should be.
        std::fs::create_dir_all(to.path().join("a/b")).unwrap();
        std::fs::write(to.path().join("a/b/long"), &long[..PIECE + 3]).unwrap();
        std::fs::write(to.path().join("雲"), b"crowd").unwrap();
        let before = session.meter.received.load(std::sync::atomic::Ordering::Relaxed);
        let wrong = take(&session, &files, to.path(), &Freely).await.unwrap_err();
        assert!(matches!(wrong, ParcelError::Wrong(_)), "{wrong}");
        let came = session.meter.received.load(std::sync::atomic::Ordering::Relaxed) - before;
        assert!(usize::try_from(came).unwrap() < 2 * PIECE + 2000, "only the rest came: {came}");
        assert!(!to.path().join("雲").exists());
        take(&session, &files, to.path(), &Freely).await.unwrap();
        assert_eq!(std::fs::read(to.path().join("a/b/long")).unwrap(), long);
        assert_eq!(std::fs::read(to.path().join("雲")).unwrap(), b"cloud");
        assert!(to.path().join("e").is_dir());
    }

    #[tokio::test]
    async fn a_name_that_leads_out_of_the_folder_is_not_taken() {
        for path in ["../out", "/etc/passwd", "a//b", "a/../../b", ".", "a\0b"] {
            let files = vec![of(path, b"")];
            let session = giving(Parcel { files, folder: "/nowhere".into() });
            let refused = list(&session).await.unwrap_err();
            assert!(matches!(refused, ParcelError::Wrong(_)), "{path:?}: {refused}");
        }
    }
}
