//! The archive of an export: a POSIX tar (ustar, with extended headers where a name or size needs one), written entry by
//! entry by a cloud and read by whoever checks it. The same files give the same bytes, so that a download can go on.

use sha2::{Digest, Sha256};

use crate::wire::BackedUpFile;

/// The content type of the archive.
pub const MEDIA_TYPE: &str = "application/x-tar";
/// Everything in a tar is a multiple of this.
pub const BLOCK: u64 = 512;
/// Two empty blocks end it.
pub const END: u64 = 2 * BLOCK;

const NAME: usize = 100;
/// The largest size that fits into 11 octal digits.
const SIZE_MAX: u64 = 0o777_7777_7777;

/// The archive is none, or not whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: {fault}")]
pub struct NotAnArchive {
    pub at: usize,
    pub fault: &'static str,
}

/// The head of one entry; a name that ends with `/` is a folder.
#[must_use]
pub fn head(name: &str, bytes: u64, modified_seconds: u64) -> Vec<u8> {
    let mut head = Vec::new();
    let mut records = Vec::new();
    if name.len() > NAME || !name.is_ascii() {
        records.extend(record("path", name));
    }
    if bytes > SIZE_MAX {
        records.extend(record("size", &bytes.to_string()));
    }
    if !records.is_empty() {
        let length = u64::try_from(records.len()).unwrap_or_default();
        head.extend(block("extended-header", length, 0, b'x'));
        head.extend(&records);
        head.resize(head.len().next_multiple_of(512), 0);
    }
    let kind = if name.ends_with('/') { b'5' } else { b'0' };
    head.extend(block(name, bytes.min(SIZE_MAX), modified_seconds.min(SIZE_MAX), kind));
    head
}

/// How many zeros follow a content of so many bytes.
#[must_use]
pub fn padding(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK).saturating_sub(bytes)
}

/// A whole archive of a few small files, in the order given.
#[must_use]
pub fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut whole = Vec::new();
    for (name, content) in files {
        whole.extend(head(name, u64::try_from(content.len()).unwrap_or(u64::MAX), 0));
        whole.extend(*content);
        whole.resize(whole.len().next_multiple_of(512), 0);
    }
    whole.resize(whole.len() + 1024, 0);
    whole
}

/// One record of an extended header; its length counts its own digits.
fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

fn block(name: &str, bytes: u64, modified_seconds: u64, kind: u8) -> Vec<u8> {
    let mut block = Vec::with_capacity(512);
    let mut field = |text: &[u8], width: usize| {
        block.extend(text.iter().take(width));
        block.resize(block.len() + width.saturating_sub(text.len()), 0);
    };
    let mode: &[u8] = if kind == b'5' { b"0000755" } else { b"0000644" };
    field(name.as_bytes(), NAME);
    field(mode, 8);
    field(b"0000000", 8);
    field(b"0000000", 8);
    field(format!("{bytes:011o}").as_bytes(), 12);
    field(format!("{modified_seconds:011o}").as_bytes(), 12);
    // The sum counts its own field as blanks.
    field(b"        ", 8);
    field(&[kind], 1);
    field(b"", 100);
    field(b"ustar\x0000", 8);
    field(b"", 247);
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    for (place, byte) in block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *place = byte;
    }
    block
}

/// What an archive holds, with the digest of each file, in its order.
///
/// # Errors
/// When it is no tar of this form, or it was cut off.
pub fn read(archive: &[u8]) -> Result<Vec<BackedUpFile>, NotAnArchive> {
    let mut files = Vec::new();
    let (mut at, mut long) = (0_usize, None);
    loop {
        let fault = |fault| NotAnArchive { at, fault };
        let block = archive.get(at..at + 512).ok_or_else(|| fault("the archive is cut off"))?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(files);
        }
        let octal = |from: usize, to: usize| {
            let text = std::str::from_utf8(block.get(from..to)?).ok()?;
            u64::from_str_radix(text.trim_end_matches(['\0', ' ']), 8).ok()
        };
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let own: u64 = block.iter().skip(148).take(8).map(|byte| u64::from(*byte)).sum();
        if octal(148, 156) != Some(sum - own + 8 * u64::from(b' ')) {
            return Err(fault("the sum of a head is wrong"));
        }
        let length = octal(124, 136).and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or_else(|| fault("a size is no number"))?;
        let start = at + 512;
        let content = start.checked_add(length).and_then(|end| archive.get(start..end));
        let content = content.ok_or_else(|| fault("the archive is cut off"))?;
        let name = long.take().or_else(|| short(block)).ok_or_else(|| fault("a name is wrong"))?;
        at = start + length.next_multiple_of(512);
        match block.get(156) {
            Some(b'x') => long = path_of(content).or(Some(String::new())),
            Some(b'0' | b'5') => files.push(BackedUpFile {
                path: name,
                bytes: i64::try_from(length).unwrap_or(i64::MAX),
                sha256: crate::wire::hexadecimal(&Sha256::digest(content)),
            }),
            _ => return Err(NotAnArchive { at: start, fault: "neither a file nor a folder" }),
        }
    }
}

fn short(block: &[u8]) -> Option<String> {
    let name = block.get(..NAME)?.split(|byte| *byte == 0).next()?;
    String::from_utf8(name.to_vec()).ok()
}

/// The path in the records of an extended header.
fn path_of(records: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(records).ok()?;
    let found = text.lines().find_map(|line| line.split_once(" path=").map(|(_, path)| path));
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_also_with_long_and_japanese_names() {
        let long = format!("{}/file", "folder".repeat(40));
        let files: [(&str, &[u8]); 4] =
            [("a", b"one"), ("empty/", b""), ("雲/市.txt", &[7; 1024]), (&long, b"")];
        let whole = pack(&files);
        assert_eq!(padding(7), 505);
        assert_eq!(whole.len() % 512, 0);
        let found = read(&whole).unwrap();
        let names: Vec<_> = found.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
        let expected: Vec<_> =
            files.iter().map(|(name, content)| (*name, content.len() as i64)).collect();
        assert_eq!(names, expected);
        assert_eq!(found[0].sha256, crate::wire::hexadecimal(&Sha256::digest(b"one")));
    }

    #[test]
    fn an_archive_that_was_cut_off_or_changed_is_not_read() {
        let mut whole = pack(&[("a", &[1; 600])]);
        for length in [0, 100, 512, 1000, 1536] {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        whole[0] = b'b';
        assert_eq!(read(&whole).unwrap_err().fault, "the sum of a head is wrong");
    }
}
