//! Turns `locales/{en,ja}/*.toml` into typed functions on `Words` and joins the style sheets.
//!
//! A key that one language lacks, or placeholders that differ, stop the build with the key's name.
//! Only the server half has words; islands are handed translated strings.

#[path = "build/words.rs"]
mod words;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

/// Sheets that come first, in this order; those of features follow by name.
const LAYERS: [&str; 4] = ["tokens.css", "base.css", "layout.css", "components.css"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build/words.rs");
    if env::var_os("CARGO_FEATURE_SSR").is_none() {
        return Ok(());
    }
    for folder in ["locales", "style"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    fs::write(out.join("words.rs"), words::generate(&root.join("locales"))?)?;
    fs::write(out.join("style.css"), joined(&root.join("style"))?)?;
    Ok(())
}

fn joined(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut names = Vec::new();
    for file in fs::read_dir(folder)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".css") {
            let rank = LAYERS.iter().position(|known| *known == name).unwrap_or(LAYERS.len());
            names.push((rank, name));
        }
    }
    names.sort();
    let mut sheet = String::new();
    for (_, name) in names {
        sheet.push_str(&fs::read_to_string(folder.join(name))?);
    }
    Ok(sheet)
}
