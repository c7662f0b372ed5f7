//! Reading source files for checks: which files there are, and which lines are program text.

use crate::fingerprint::files_below;
use crate::place::Place;
use crate::tool;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A text file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The ending after the last dot.
    pub fn kind(&self) -> &str {
        Path::new(&self.path).extension().and_then(|kind| kind.to_str()).unwrap_or_default()
    }

    /// Says whether the whole file is tests.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
    }

    /// Lines of program text with their numbers: without comments and without what follows
    /// `#[cfg(test)]`, which by convention ends a file.
    pub fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let lines = lines.take_while(|(_, line)| {
            !self.is_test() && !line.trim_start().starts_with("#[cfg(test)]")
        });
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// The path of every file that belongs to the repository, also those not yet committed.
pub fn names(place: &Place) -> Result<Vec<String>> {
    let mut git = tool::command("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(&place.root);
    match tool::output_within(&mut git, Duration::from_secs(30)) {
        Ok(list) => Ok(list.lines().map(str::to_owned).collect()),
        Err(_) => names_below(&place.root),
    }
}

/// Every text file that belongs to the repository, also those not yet committed.
pub fn of_repository(place: &Place) -> Result<Vec<Source>> {
    Ok(names(place)?.into_iter().filter_map(|path| read(&place.root, path)).collect())
}

/// Every Rust file below a folder of the repository.
pub fn rust_below(place: &Place, folder: &str) -> Result<Vec<Source>> {
    let names = files_below(&place.inside(folder))?;
    let names = names.iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    let mut sources = Vec::new();
    for file in names {
        let path = file.strip_prefix(&place.root)?.to_string_lossy().into_owned();
        sources
            .push(Source { text: fs::read_to_string(file).with_context(|| path.clone())?, path });
    }
    Ok(sources)
}

fn names_below(root: &Path) -> Result<Vec<String>> {
    let files = files_below(root)?;
    Ok(files
        .iter()
        .filter_map(|file| Some(file.strip_prefix(root).ok()?.to_string_lossy().into_owned()))
        .collect())
}

/// Reads a file; what is gone or is no text is nobody's business here.
fn read(root: &Path, path: String) -> Option<Source> {
    let text = fs::read_to_string(root.join(&path)).ok()?;
    Some(Source { path, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_are_no_program_text() {
        let text = "//! head\nlet a = 1;\n    // std::fs\n#[cfg(test)]\nmod tests { std::fs }\n";
        let source = Source { path: "crates/sla/src/lib.rs".to_owned(), text: text.to_owned() };
        assert_eq!(source.program().collect::<Vec<_>>(), [(2, "let a = 1;")]);
    }

    #[test]
    fn files_of_tests_are_recognised() {
        let source = |path: &str| Source { path: path.to_owned(), text: "let a;".to_owned() };
        assert!(source("crates/sla/tests/paper.rs").is_test());
        assert!(source("crates/sla/src/value/tests.rs").is_test());
        assert!(!source("crates/testkit/src/lib.rs").is_test());
        assert_eq!(source("crates/sla/tests/paper.rs").program().count(), 0);
    }
}
