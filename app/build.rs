//! Turns `locales/{en,ja}/*.toml` into typed functions on `Words`.
//!
//! A key that one language lacks, or placeholders that differ, stop the build with the key's name.
//! Only the server half has words; islands are handed translated strings.

#[path = "build/words.rs"]
mod words;

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let locales = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../locales");
    println!("cargo::rerun-if-changed=build/words.rs");
    println!("cargo::rerun-if-changed={}", locales.display());
    if env::var_os("CARGO_FEATURE_SSR").is_none() {
        return Ok(());
    }
    let code = words::generate(&locales)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("words.rs"), code)?;
    Ok(())
}
