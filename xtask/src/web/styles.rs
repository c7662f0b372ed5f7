//! Joins the style sheets in layer order into one, so that a page asks for one file.

use crate::fingerprint::files_below;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Layers that come first, in this order; other files follow by name.
const LAYERS: &[&str] = &["layers", "tokens", "reset", "base", "layout", "components"];

/// Reads every `.css` file below a folder and joins them.
pub fn joined(folder: &Path) -> Result<String> {
    let mut sheets = Vec::new();
    for file in files_below(folder)? {
        let name = file.strip_prefix(folder)?.to_string_lossy().into_owned();
        if name.ends_with(".css") {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
            sheets.push((rank(&name), name, text));
        }
    }
    sheets.sort();
    let mut all = String::new();
    for (_, name, text) in sheets {
        all.push_str(&format!("/* {name} */\n{}\n", text.trim()));
    }
    Ok(all)
}

/// The place of a sheet: its layer is its first folder or its file name.
fn rank(name: &str) -> usize {
    let first = name.split('/').next().unwrap_or(name);
    let layer = first.strip_suffix(".css").unwrap_or(first);
    LAYERS.iter().position(|known| *known == layer).unwrap_or(LAYERS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_before_components_and_features_last() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("components")).unwrap();
        for name in ["account.css", "components/button.css", "base.css", "tokens.css", "readme.txt"]
        {
            fs::write(folder.path().join(name), "a {}").unwrap();
        }
        let sheet = joined(folder.path()).unwrap();
        let names: Vec<&str> = sheet.lines().filter(|line| line.starts_with("/*")).collect();
        assert_eq!(
            names,
            [
                "/* tokens.css */",
                "/* base.css */",
                "/* components/button.css */",
                "/* account.css */"
            ]
        );
    }
}
