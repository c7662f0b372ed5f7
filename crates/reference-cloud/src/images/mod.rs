//! The files of images: taken chunk by chunk, looked through, made into another format, put onto a volume. What was
//! declared and what it means is in `operations`.

mod tar;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use provider_api::{ImageFormat, ImageManifest};
use sha2::{Digest, Sha256};

use crate::copies::{CopyError, Pace};
use crate::volume;

/// Files are read and written in pieces of this size.
const PIECE: usize = 64 * 1024;
/// Files and folders of one image at most.
const ENTRIES_MAX: usize = 10_000;
/// Bytes of a name and of a path at most: what file systems take, with room for the folder it comes into.
const NAME_MAX: usize = 255;
const PATH_MAX: usize = 2048;
/// Bytes of a manifest at most.
const MANIFEST_MAX: u64 = 64 * 1024;

/// All images of one cloud, one file each.
#[derive(Clone, Debug)]
pub(crate) struct ImageFiles {
    dir: PathBuf,
}

/// Why bytes are no image, or could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageFault {
    #[error("a file of the image could not be read or written")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Invalid(String),
}

/// What is in an image.
#[derive(Debug)]
pub(crate) struct Contents {
    pub manifest: ImageManifest,
    /// Bytes of the archive without compression.
    pub tar_bytes: i64,
    /// Bytes of what is put onto a volume.
    pub content_bytes: i64,
}

impl ImageFiles {
    pub(crate) fn new(data_dir: &Path) -> io::Result<Self> {
        let dir = data_dir.join("images");
        crate::children::create_private(&dir)?;
        Ok(Self { dir })
    }

    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    /// Where every image is, by its id.
    pub(crate) fn folder(&self) -> &Path {
        &self.dir
    }

    /// When it returns, what is there survives a power cut.
    pub(crate) fn settle(&self, id: &str) -> io::Result<()> {
        File::open(self.path(id))?.sync_all()?;
        File::open(&self.dir)?.sync_all()
    }

    /// Writes a chunk behind what is there; when it returns, it survives a power cut. What a crash left behind the
    /// offset is overwritten.
    pub(crate) fn append(&self, id: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut options = File::options();
        let mut file = options.create(true).write(true).truncate(false).open(self.path(id))?;
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        File::open(&self.dir)?.sync_all()
    }

    /// SHA-256 of what is there.
    pub(crate) fn digest(&self, id: &str) -> io::Result<String> {
        let mut hash = Sha256::new();
        let mut file = File::open(self.path(id))?;
        let mut piece = vec![0; PIECE];
        loop {
            let length = file.read(&mut piece)?;
            match piece.get(..length).filter(|part| !part.is_empty()) {
                Some(part) => hash.update(part),
                None => return Ok(hex::encode(hash.finalize())),
            }
        }
    }

    /// Looks through a whole image that unpacks to so many bytes at most.
    pub(crate) fn look(
        &self,
        id: &str,
        format: ImageFormat,
        max: i64,
    ) -> Result<Contents, ImageFault> {
        let mut source = Counted { source: self.unpacked(id, format)?, read: 0, max };
        let mut found = Found::default();
        let mut reader = tar::Reader::new(&mut source);
        while let Some(entry) = reader.next()? {
            found.note(&entry)?;
            if entry.name == ImageManifest::FILE {
                if entry.bytes > MANIFEST_MAX {
                    let fault = format!("{} is larger than a manifest", ImageManifest::FILE);
                    return Err(ImageFault::Invalid(fault));
                }
                let mut text = Vec::new();
                reader.read_to_end(&mut text).map_err(tar::cut_off)?;
                found.manifest = Some(manifest(&text)?);
            }
        }
        let none = || ImageFault::Invalid(format!("there is no {} in it", ImageManifest::FILE));
        Ok(Contents {
            manifest: found.manifest.ok_or_else(none)?,
            tar_bytes: source.read,
            content_bytes: i64::try_from(found.bytes).unwrap_or(i64::MAX),
        })
    }

    /// Puts what is below the folder of the volume into an empty folder; when it returns, it survives a power cut.
    pub(crate) fn unpack(
        &self,
        id: &str,
        format: ImageFormat,
        to: &Path,
    ) -> Result<(), ImageFault> {
        crate::children::create_private(to)?;
        let mut reader = tar::Reader::new(self.unpacked(id, format)?);
        while let Some(entry) = reader.next()? {
            let Some(name) = entry.name.strip_prefix(ImageManifest::VOLUME) else { continue };
            let place = to.join(name);
            if entry.folder {
                crate::children::create_private(&place)?;
                continue;
            }
            if let Some(parent) = place.parent() {
                crate::children::create_private(parent)?;
            }
            let mut file = File::create_new(&place)?;
            io::copy(&mut reader, &mut file).map_err(tar::cut_off)?;
        }
        crate::copies::synchronise(to)?;
        Ok(())
    }

    /// Makes an image of another format; its size and digest. Repeated after a crash it does the same once more.
    pub(crate) fn convert(
        &self,
        from: (&str, ImageFormat),
        to: (&str, ImageFormat),
        pace: &dyn Pace,
    ) -> Result<(i64, String), CopyError> {
        let source = self.unpacked(from.0, from.1)?;
        let target = Hashed::new(File::create(self.path(to.0))?);
        pace.file()?;
        let target = match to.1 {
            ImageFormat::TarGz => {
                // Without a time: the same image gives the same bytes.
                let mut packed: GzEncoder<Hashed> =
                    GzBuilder::new().mtime(0).write(target, Compression::default());
                transfer(source, &mut packed, pace)?;
                packed.finish()?
            }
            ImageFormat::Tar | ImageFormat::Other => {
                let mut plain = target;
                transfer(source, &mut plain, pace)?;
                plain
            }
        };
        target.file.sync_all()?;
        File::open(&self.dir)?.sync_all()?;
        Ok((target.bytes, hex::encode(target.hash.finalize())))
    }

    fn unpacked(&self, id: &str, format: ImageFormat) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(self.path(id))?;
        Ok(match format {
            ImageFormat::TarGz => Box::new(MultiGzDecoder::new(io::BufReader::new(file))),
            ImageFormat::Tar | ImageFormat::Other => Box::new(io::BufReader::new(file)),
        })
    }

    /// Overwrites and removes an image; fine when there is none.
    pub(crate) fn erase(&self, id: &str) -> io::Result<()> {
        volume::erase_file(&self.path(id))?;
        File::open(&self.dir)?.sync_all()
    }
}

fn transfer(
    mut source: Box<dyn Read + Send>,
    target: &mut impl Write,
    pace: &dyn Pace,
) -> Result<(), CopyError> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = source.read(&mut piece)?;
        let Some(part) = piece.get(..length).filter(|part| !part.is_empty()) else { return Ok(()) };
        target.write_all(part)?;
        pace.piece(length)?;
    }
}

fn manifest(text: &[u8]) -> Result<ImageManifest, ImageFault> {
    let manifest: ImageManifest = serde_json::from_slice(text)
        .map_err(|error| ImageFault::Invalid(format!("{}: {error}", ImageManifest::FILE)))?;
    if manifest.version != ImageManifest::VERSION {
        let fault = format!(
            "{}: found version {}, allowed is {}",
            ImageManifest::FILE,
            manifest.version,
            ImageManifest::VERSION
        );
        return Err(ImageFault::Invalid(fault));
    }
    Ok(manifest)
}

/// What was found so far in an image.
#[derive(Default)]
struct Found {
    manifest: Option<ImageManifest>,
    files: HashSet<String>,
    folders: HashSet<String>,
    bytes: u64,
}

impl Found {
    /// Takes an entry that can be put onto a volume beside all the others.
    fn note(&mut self, entry: &tar::Entry) -> Result<(), ImageFault> {
        let fault = |text: &str| Err(ImageFault::Invalid(format!("{:?} {text}", entry.name)));
        let root = ImageManifest::VOLUME.trim_end_matches('/');
        // `tar -C folder .` writes the folder itself too.
        let known =
            entry.name == ImageManifest::FILE || entry.name.is_empty() || entry.name == root;
        if !known && !entry.name.starts_with(ImageManifest::VOLUME) {
            return fault("is neither the manifest nor below the folder of the volume");
        }
        if self.files.len() + self.folders.len() >= ENTRIES_MAX {
            return fault("is one file too many");
        }
        if entry.name.len() > PATH_MAX {
            return fault("has a path that is too long");
        }
        let mut parent = String::new();
        for part in entry.name.split('/') {
            if part.len() > NAME_MAX {
                return fault("has a name that is longer than 255 bytes");
            }
            if self.files.contains(&parent) {
                return fault("is below a file");
            }
            if !parent.is_empty() {
                self.folders.insert(parent.clone());
                parent.push('/');
            }
            parent.push_str(part);
        }
        let twice = match entry.folder {
            true => self.files.contains(&entry.name),
            false => self.folders.contains(&entry.name) || self.files.contains(&entry.name),
        };
        if twice {
            return fault("is in it twice");
        }
        if entry.folder {
            self.folders.insert(entry.name.clone());
        } else {
            self.files.insert(entry.name.clone());
        }
        if entry.name != ImageManifest::FILE {
            self.bytes = self.bytes.saturating_add(entry.bytes);
        }
        Ok(())
    }
}

/// Counts what is read and ends with a fault where it is too much.
struct Counted<R> {
    source: R,
    read: i64,
    max: i64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(into)?;
        self.read = self.read.saturating_add(i64::try_from(length).unwrap_or(i64::MAX));
        if self.read > self.max {
            let fault = format!("it unpacks to more than {} bytes", self.max);
            return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
        }
        Ok(length)
    }
}

/// A file with the digest of what was written.
struct Hashed {
    file: File,
    hash: Sha256,
    bytes: i64,
}

impl Hashed {
    fn new(file: File) -> Self {
        Self { file, hash: Sha256::new(), bytes: 0 }
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.hash.update(bytes.get(..length).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(i64::try_from(length).unwrap_or(i64::MAX));
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use provider_api::{archive, sha256_of};

    use super::*;

    struct Free;

    impl Pace for Free {
        fn file(&self) -> Result<(), CopyError> {
            Ok(())
        }

        fn piece(&self, _: usize) -> Result<(), CopyError> {
            Ok(())
        }
    }

    const MANIFEST: &[u8] = br#"{"version":1,"application":"demo","settings":{"a":"b"}}"#;

    fn files() -> (tempfile::TempDir, ImageFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files = ImageFiles::new(dir.path()).unwrap();
        (dir, files)
    }

    fn look(bytes: &[u8], format: ImageFormat, max: i64) -> Result<Contents, ImageFault> {
        let (_dir, files) = files();
        files.append("i", 0, bytes).unwrap();
        files.look("i", format, max)
    }

    #[test]
    fn what_is_put_onto_a_volume_is_what_was_packed_in_either_format() {
        let (dir, files) = files();
        let content = vec![5; 3 * PIECE];
        let whole = archive::pack(&[
            (ImageManifest::FILE, MANIFEST),
            ("volume/files/", b""),
            ("volume/files/a/b.bin", &content),
        ]);
        let (first, rest) = whole.split_at(1000);
        files.append("i", 0, first).unwrap();
        // A chunk that was cut off in the middle is written over.
        files.append("i", 1000, &rest[..100]).unwrap();
        files.append("i", 1000, rest).unwrap();
        assert_eq!(files.digest("i").unwrap(), sha256_of(&whole));
        let (bytes, sha256) =
            files.convert(("i", ImageFormat::Tar), ("z", ImageFormat::TarGz), &Free).unwrap();
        assert_eq!(sha256, files.digest("z").unwrap());
        assert_eq!(bytes, i64::try_from(files.path("z").metadata().unwrap().len()).unwrap());
        assert!(bytes < 5000, "it is compressed");
        let back = files.convert(("z", ImageFormat::TarGz), ("t", ImageFormat::Tar), &Free);
        assert_eq!(back.unwrap().1, sha256_of(&whole));
        for (number, (name, format)) in
            [("i", ImageFormat::Tar), ("z", ImageFormat::TarGz)].into_iter().enumerate()
        {
            let found = files.look(name, format, 1 << 20).unwrap();
            assert_eq!(found.manifest.application, "demo");
            let lengths = (whole.len() as i64, content.len() as i64);
            assert_eq!((found.tar_bytes, found.content_bytes), lengths);
            let to = dir.path().join(format!("out-{number}"));
            files.unpack(name, format, &to).unwrap();
            assert_eq!(std::fs::read(to.join("files/a/b.bin")).unwrap(), content);
            assert!(!to.join("image.json").exists());
        }
        files.erase("z").unwrap();
        files.erase("z").unwrap();
        assert!(!files.path("z").exists());
    }

    #[test]
    fn what_is_no_image_is_told_in_words() {
        let fault = |entries: &[(&str, &[u8])]| {
            let whole = archive::pack(entries);
            match look(&whole, ImageFormat::Tar, 1 << 20) {
                Err(ImageFault::Invalid(fault)) => fault,
                other => panic!("{other:?}"),
            }
        };
        let manifest = (ImageManifest::FILE, MANIFEST);
        assert!(fault(&[("volume/a", b"x")]).contains("no image.json"));
        assert!(fault(&[manifest, ("other", b"x")]).contains("neither the manifest"));
        assert!(fault(&[manifest, ("volume/a", b"x"), ("volume/a", b"y")]).contains("twice"));
        assert!(
            fault(&[manifest, ("volume/a", b"x"), ("volume/a/b", b"y")]).contains("below a file")
        );
        assert!(fault(&[manifest, ("volume/a/b", b"x"), ("volume/a", b"y")]).contains("twice"));
        assert!(fault(&[(ImageManifest::FILE, b"{}")]).contains("version"));
        let long = format!("volume/{}", "z".repeat(300));
        assert!(fault(&[manifest, (&long, b"x")]).contains("longer than 255 bytes"));
        let deep = format!("volume/{}x", "a/".repeat(1100));
        assert!(fault(&[manifest, (&deep, b"x")]).contains("too long"));
        let later = br#"{"version":2,"application":"demo"}"#;
        assert!(fault(&[(ImageManifest::FILE, later)]).contains("found version 2"));
        let none = look(b"no gzip at all", ImageFormat::TarGz, 100).unwrap_err();
        assert!(matches!(none, ImageFault::Invalid(_)), "{none:?}");
    }

    #[test]
    fn a_small_file_that_unpacks_to_a_huge_one_is_refused_and_not_unpacked() {
        let zeros = vec![0; 4 << 20];
        let whole = archive::pack(&[(ImageManifest::FILE, MANIFEST), ("volume/zeros", &zeros)]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&whole).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 10_000);
        let Err(ImageFault::Invalid(fault)) = look(&packed, ImageFormat::TarGz, 1 << 20) else {
            panic!("it was taken")
        };
        assert!(fault.contains("unpacks to more than 1048576 bytes"), "{fault}");
        let cut = look(&packed[..packed.len() - 20], ImageFormat::TarGz, 8 << 20);
        assert!(matches!(cut, Err(ImageFault::Invalid(_))), "{cut:?}");
    }
}
