//! Turns `locales/{en,ja}/*.toml` into typed functions on `Words` and joins the style sheets.
//!
//! A key that one language lacks, or placeholders that differ, stop the build with the key's name.
//! The server half has words, and the studio, which writes sentences about what moves under the hand;
//! other islands are handed translated strings.

#[path = "build/words.rs"]
mod words;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

/// Sheets and folders that come first, in this order; those of features follow by name.
const LAYERS: [&str; 4] = ["tokens", "base", "layout", "components"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build/words.rs");
    let server = env::var_os("CARGO_FEATURE_SSR").is_some();
    if !server && env::var_os("CARGO_FEATURE_STUDIO").is_none() {
        return Ok(());
    }
    for folder in ["locales", "style"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    fs::write(out.join("words.rs"), words::generate(&root.join("locales"))?)?;
    if server {
        fs::write(out.join("style.css"), joined(&root.join("style"))?)?;
    }
    Ok(())
}

fn joined(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut names = Vec::new();
    collect(folder, "", &mut names)?;
    names.sort_by_key(|name| {
        let layer = name.split(['/', '.']).next().unwrap_or_default();
        (LAYERS.iter().position(|known| *known == layer).unwrap_or(LAYERS.len()), name.clone())
    });
    let mut sheet = String::new();
    for name in names {
        sheet.push_str(&fs::read_to_string(folder.join(name))?);
    }
    Ok(sheet)
}

/// Lists the sheets below a folder by their path inside it.
fn collect(folder: &Path, inside: &str, names: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let name = format!("{inside}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(folder, &format!("{name}/"), names)?;
        } else if name.ends_with(".css") {
            names.push(name);
        }
    }
    Ok(())
}
