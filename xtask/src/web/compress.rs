//! Writes Brotli and gzip versions beside files, so that the server compresses nothing twice.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Kinds that shrink; pictures and fonts are compressed already.
const SHRINKING: &[&str] =
    &["css", "js", "wasm", "svg", "json", "txt", "html", "xml", "webmanifest"];

/// Writes `FILE.br` and `FILE.gz` for a file whose kind shrinks; returns the Brotli size in bytes.
pub fn beside(file: &Path) -> Result<Option<u64>> {
    let kind = file.extension().unwrap_or_default().to_string_lossy().into_owned();
    if !SHRINKING.contains(&kind.as_str()) {
        return Ok(None);
    }
    let bytes = fs::read(file)?;
    let brotli =
        brotli_of(&bytes).with_context(|| format!("cannot compress {}", file.display()))?;
    fs::write(with_suffix(file, "br"), &brotli)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&bytes)?;
    fs::write(with_suffix(file, "gz"), gzip.finish()?)?;
    Ok(Some(brotli.len() as u64))
}

fn brotli_of(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    // Quality 11 and a window of 4 MB: slow once, small for every visitor.
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn both_versions_give_the_file_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.css");
        let text = "a { color: red }\n".repeat(200);
        fs::write(&file, &text).unwrap();
        let size = beside(&file).unwrap().unwrap();
        assert!(size < 200);
        let mut back = String::new();
        let packed = fs::read(folder.path().join("a.css.br")).unwrap();
        brotli::Decompressor::new(&packed[..], 4096).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
        back.clear();
        let packed = fs::read(folder.path().join("a.css.gz")).unwrap();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn pictures_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        fs::write(&file, "x").unwrap();
        assert_eq!(beside(&file).unwrap(), None);
        assert!(!folder.path().join("a.png.br").exists());
    }
}
