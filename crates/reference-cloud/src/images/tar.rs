//! Reads a tar entry by entry, as tar programs write it (ustar, extended headers, long names of GNU), and trusts nothing
//! in it: no links, no devices, no name that leads out of the folder it is put into.

use std::io::{self, Read};

use super::ImageFault;

const BLOCK: usize = 512;
/// Of a name, and of the records of an extended header.
const RECORDS_MAX: u64 = 64 * 1024;

/// One file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// With `/` between folders, without one at its end.
    pub name: String,
    pub folder: bool,
    pub bytes: u64,
}

/// A tar that is read; between two entries it reads as the content of the last one.
pub(super) struct Reader<R> {
    source: R,
    /// Of the content of this entry, and of the zeros behind it.
    left: u64,
    padding: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, left: 0, padding: 0 }
    }

    /// The next entry; nothing at the end, when everything behind it was read too.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, ImageFault> {
        let (mut long, mut size) = (None, None);
        loop {
            self.skip()?;
            let mut block = [0; BLOCK];
            self.source.read_exact(&mut block).map_err(cut_off)?;
            if block.iter().all(|byte| *byte == 0) {
                io::copy(&mut self.source, &mut io::sink()).map_err(cut_off)?;
                return Ok(None);
            }
            check(&block)?;
            let kind = block.get(156).copied().unwrap_or_default();
            let bytes = size.take().map_or_else(|| octal(&block, 124, 136), Ok)?;
            self.left = bytes;
            self.padding = bytes.next_multiple_of(512).saturating_sub(bytes);
            match kind {
                b'x' => (long, size) = records(&self.text()?)?,
                // Of all entries: nothing that matters here.
                b'g' => {}
                b'L' => long = Some(self.text()?.trim_end_matches('\0').to_owned()),
                b'0' | b'5' | 0 => {
                    let written = long.take().map_or_else(|| short(&block), Ok)?;
                    let folder = kind == b'5' || written.ends_with('/');
                    let name = tame(&written)?;
                    return Ok(Some(Entry { name, folder, bytes }));
                }
                _ => {
                    let name = long.take().map_or_else(|| short(&block), Ok)?;
                    let fault = format!("{name:?} is neither a file nor a folder");
                    return Err(ImageFault::Invalid(fault));
                }
            }
        }
    }

    /// The whole content of a small entry.
    fn text(&mut self) -> Result<String, ImageFault> {
        if self.left > RECORDS_MAX {
            return Err(ImageFault::Invalid("a name in the archive is too long".to_owned()));
        }
        let mut text = String::new();
        self.read_to_string(&mut text).map_err(cut_off)?;
        Ok(text)
    }

    fn skip(&mut self) -> Result<(), ImageFault> {
        let behind = self.left.saturating_add(std::mem::take(&mut self.padding));
        self.left = 0;
        let skipped = io::copy(&mut self.source.by_ref().take(behind), &mut io::sink());
        let skipped = skipped.map_err(cut_off)?;
        if skipped == behind { Ok(()) } else { Err(cut_off(io::ErrorKind::UnexpectedEof.into())) }
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.source.by_ref().take(self.left).read(into)?;
        if length == 0 && self.left > 0 && !into.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(u64::try_from(length).unwrap_or(self.left));
        Ok(length)
    }
}

/// A file that ends too early is a fault of the image and not of the medium.
pub(super) fn cut_off(error: io::Error) -> ImageFault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ImageFault::Invalid("the archive is cut off".to_owned()),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            ImageFault::Invalid(format!("the archive cannot be read: {error}"))
        }
        _ => ImageFault::Io(error),
    }
}

fn check(block: &[u8; BLOCK]) -> Result<(), ImageFault> {
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = block.iter().skip(148).take(8).map(|byte| u64::from(*byte)).sum();
    if octal(block, 148, 156)? == sum - own + 8 * u64::from(b' ') {
        return Ok(());
    }
    Err(ImageFault::Invalid("the archive is no tar, or is damaged".to_owned()))
}

fn octal(block: &[u8; BLOCK], from: usize, to: usize) -> Result<u64, ImageFault> {
    let field = block.get(from..to).and_then(|field| std::str::from_utf8(field).ok());
    let text = field.map(|field| field.trim_matches(['\0', ' ']));
    let number = text.and_then(|text| u64::from_str_radix(text, 8).ok());
    number.ok_or_else(|| ImageFault::Invalid("a number in the archive is none".to_owned()))
}

/// The name in the block itself; its beginning may stand in a field of its own.
fn short(block: &[u8; BLOCK]) -> Result<String, ImageFault> {
    let field = |from: usize, to: usize| {
        let bytes = block.get(from..to)?.split(|byte| *byte == 0).next()?;
        String::from_utf8(bytes.to_vec()).ok()
    };
    let fault = || ImageFault::Invalid("a name in the archive is not UTF-8".to_owned());
    let name = field(0, 100).ok_or_else(fault)?;
    let posix = block.get(257..263) == Some(b"ustar\0".as_slice());
    match field(345, 500).filter(|prefix| posix && !prefix.is_empty()) {
        Some(prefix) => Ok(format!("{prefix}/{name}")),
        None => Ok(name),
    }
}

/// Path and size in the records of an extended header.
fn records(text: &str) -> Result<(Option<String>, Option<u64>), ImageFault> {
    let (mut path, mut size) = (None, None);
    for line in text.lines() {
        let record = line.split_once(' ').and_then(|(_, record)| record.split_once('='));
        match record {
            Some(("path", value)) => path = Some(value.to_owned()),
            Some(("size", value)) => size = value.parse().ok(),
            Some(_) => {}
            None => {
                let fault = "a header of the archive is damaged".to_owned();
                return Err(ImageFault::Invalid(fault));
            }
        }
    }
    Ok((path, size))
}

/// The name without anything that leads elsewhere.
fn tame(written: &str) -> Result<String, ImageFault> {
    let trimmed = written.trim_end_matches('/');
    let odd = || ImageFault::Invalid(format!("{written:?} leads out of the image"));
    if written.starts_with('/') || written.chars().any(char::is_control) {
        return Err(odd());
    }
    let parts: Vec<&str> = trimmed.split('/').filter(|part| *part != ".").collect();
    if parts.iter().any(|part| part.is_empty() || *part == "..") && !trimmed.is_empty() {
        return Err(odd());
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use provider_api::archive;

    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, ImageFault> {
        let mut reader = Reader::new(bytes);
        let mut found = Vec::new();
        while let Some(entry) = reader.next()? {
            let mut content = Vec::new();
            reader.read_to_end(&mut content).map_err(cut_off)?;
            found.push((entry, content));
        }
        Ok(found)
    }

    #[test]
    fn what_is_packed_is_read_again_with_short_and_long_names() {
        let long = format!("volume/{}/雲.txt", "folder".repeat(40));
        let whole =
            archive::pack(&[("image.json", b"{}"), ("./volume/a", &[7; 600]), (&long, b"x")]);
        let found = all(&whole).unwrap();
        let names: Vec<_> = found.iter().map(|(entry, _)| entry.name.as_str()).collect();
        assert_eq!(names, ["image.json", "volume/a", long.as_str()]);
        assert_eq!(found[1].1, vec![7; 600]);
    }

    #[test]
    fn what_the_usual_tar_writes_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let name = "n".repeat(150);
        std::fs::create_dir(dir.path().join("volume")).unwrap();
        std::fs::write(dir.path().join("volume").join(&name), "long").unwrap();
        for format in ["gnu", "posix", "ustar"] {
            let mut tar = std::process::Command::new("tar");
            tar.arg("-C").arg(dir.path()).args(["--format", format, "-cf", "-", "./volume"]);
            let made = tar.output().unwrap().stdout;
            if format == "ustar" {
                // Too long a name for this form: only the folder is in it.
                assert_eq!(all(&made).unwrap().len(), 1);
                continue;
            }
            let found = all(&made).unwrap();
            assert_eq!(found[1].0.name, format!("volume/{name}"), "{format}");
            assert!(found[0].0.folder && found[1].1 == b"long");
        }
    }

    #[test]
    fn nothing_leads_out_of_an_image_and_nothing_broken_is_read() {
        for name in ["/etc/passwd", "a/../../b", "..", "a//b", "a\nb"] {
            let whole = archive::pack(&[(name, b"x")]);
            assert!(matches!(all(&whole), Err(ImageFault::Invalid(_))), "{name:?}");
        }
        let mut whole = archive::pack(&[("a", &[1; 600])]);
        for length in [0, 100, 512, 1000, 1536] {
            assert!(matches!(all(&whole[..length]), Err(ImageFault::Invalid(_))), "{length}");
        }
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link")).unwrap();
        let mut tar = std::process::Command::new("tar");
        let made =
            tar.arg("-C").arg(dir.path()).args(["-cf", "-", "link"]).output().unwrap().stdout;
        assert!(matches!(all(&made), Err(ImageFault::Invalid(_))));
        whole[0] = b'b';
        assert!(all(&whole).is_err());
    }
}
