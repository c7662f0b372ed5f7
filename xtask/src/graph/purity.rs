//! Looks through program text for what a package must not touch: files, sockets, clocks and chance in
//! pure packages, SQL outside storage.

use super::edges::Package;
use super::rules::Rules;
use crate::place::Place;
use crate::source::{self, Source};
use anyhow::Result;
use std::path::Path;

/// Adds a fault for every banned use.
pub fn check(
    place: &Place,
    packages: &[Package],
    rules: &Rules,
    faults: &mut Vec<String>,
) -> Result<()> {
    for package in packages {
        let folder = Path::new(&package.folder).join("src");
        let sources = source::rust_below(place, &folder.to_string_lossy())?;
        if rules.pure.packages.contains(&package.name) {
            collect(&sources, &rules.pure.banned, "a pure package must not use", faults);
        }
        if !rules.sql.packages.contains(&package.name) {
            collect(&sources, &rules.sql.banned, "only storage contains SQL, found", faults);
        }
    }
    Ok(())
}

fn collect(sources: &[Source], banned: &[String], why: &str, faults: &mut Vec<String>) {
    for source in sources {
        for (number, line) in source.program() {
            for word in banned.iter().filter(|word| holds(line, word)) {
                faults.push(format!("{}:{number}: {why} {word}", source.path));
            }
        }
    }
}

/// Says whether a line holds a word that does not continue another one (`operand::` is not `rand::`).
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_in_program_text_is_a_fault_with_its_line() {
        let text = "//! head\nfn now() {\n    SystemTime::now()\n}\n";
        let source = Source { path: "a.rs".to_owned(), text: text.to_owned() };
        let mut faults = Vec::new();
        collect(&[source], &["SystemTime::now".to_owned()], "must not use", &mut faults);
        assert_eq!(faults, ["a.rs:3: must not use SystemTime::now"]);
    }

    #[test]
    fn word_inside_another_word_does_not_count() {
        assert!(holds("use rand::Rng;", "rand::"));
        assert!(!holds("use operand::Left;", "rand::"));
    }
}
