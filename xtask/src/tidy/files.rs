//! Size, head and white space of source files, and open work without an issue.

use super::Fault;
use super::exceptions::Exceptions;
use crate::source::Source;
use std::path::Path;

/// From here on a file needs a reason to be in one piece (style.md, section 1).
const MOST_LINES: usize = 600;
/// No picture or locked list of ours comes near it.
const MOST_BYTES: u64 = 1 << 20;
const CODE: &[&str] = &["rs", "mjs", "js", "css", "sql"];
const TEXT: &[&str] = &["toml", "md", "yml", "yaml", "sh"];

/// Adds the faults of all files.
pub fn check(sources: &[Source], exceptions: &mut Exceptions, faults: &mut Vec<Fault>) {
    for source in sources {
        let code = CODE.contains(&source.kind());
        if code {
            check_size(source, exceptions, faults);
            if !source.is_test() {
                check_head(source, faults);
            }
            check_open_work(source, faults);
        }
        if code || TEXT.contains(&source.kind()) {
            check_space(source, faults);
        }
    }
}

/// What a program left behind is not source: nothing large belongs to the repository.
pub fn check_weight(root: &Path, names: &[String], faults: &mut Vec<Fault>) {
    for name in names {
        let bytes = std::fs::metadata(root.join(name)).map_or(0, |file| file.len());
        if bytes > MOST_BYTES {
            faults
                .push(Fault::of(name, format!("{bytes} bytes; at most {MOST_BYTES} belong here")));
        }
    }
}

fn check_size(source: &Source, exceptions: &mut Exceptions, faults: &mut Vec<Fault>) {
    let lines = source.text.lines().count();
    if lines > MOST_LINES && !exceptions.long_file(&source.path) {
        faults.push(Fault::of(
            &source.path,
            format!("{lines} lines; split it or give a reason in docs/tidy-exceptions.toml"),
        ));
    }
}

/// Every file says first what it is for.
fn check_head(source: &Source, faults: &mut Vec<Fault>) {
    let first = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let (heads, wanted): (&[&str], _) = match source.kind() {
        "rs" => (&["//!", "#![doc"], "//!"),
        "css" => (&["/*"], "/*"),
        "sql" => (&["--"], "--"),
        _ => (&["//", "/*"], "//"),
    };
    if !heads.iter().any(|head| first.starts_with(head)) {
        faults.push(Fault::of(
            &source.path,
            format!("does not open with a line `{wanted}` that says what it is for"),
        ));
    }
}

/// Open work names its issue: `(#12)`.
fn check_open_work(source: &Source, faults: &mut Vec<Fault>) {
    // Put together, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    for (index, line) in source.text.lines().enumerate() {
        if marks.iter().any(|mark| line.contains(mark)) && !names_issue(line) {
            faults.push(Fault::at(&source.path, index + 1, "open work without an issue number"));
        }
    }
}

fn names_issue(line: &str) -> bool {
    line.match_indices('#')
        .any(|(at, _)| line[at + 1..].starts_with(|next: char| next.is_ascii_digit()))
}

fn check_space(source: &Source, faults: &mut Vec<Fault>) {
    for (index, line) in source.text.lines().enumerate() {
        if line.contains('\t') {
            faults.push(Fault::at(&source.path, index + 1, "a tab"));
        }
        if line.ends_with(' ') {
            faults.push(Fault::at(&source.path, index + 1, "space at the end of the line"));
        }
    }
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        faults.push(Fault::of(&source.path, "no line break at the end of the file"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        let mut faults = Vec::new();
        check(&[source], &mut Exceptions::default(), &mut faults);
        faults.into_iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect()
    }

    #[test]
    fn tidy_file_has_no_faults() {
        assert_eq!(faults_of("a.rs", "//! For this.\n\nfn a() {}\n"), [""; 0]);
        assert_eq!(faults_of("a.rs", "#![doc = include_str!(\"../README.md\")]\n"), [""; 0]);
        assert_eq!(faults_of("m.sql", "-- Because.\nSELECT 1;\n"), [""; 0]);
    }

    #[test]
    fn missing_head_tab_and_trailing_space_are_found_with_their_lines() {
        let faults = faults_of("a.rs", "fn a() {\n\tb();\n} \n");
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert_eq!(faults[1], "a.rs:2: a tab");
        assert_eq!(faults[2], "a.rs:3: space at the end of the line");
    }

    #[test]
    fn long_file_needs_a_reason() {
        let text = format!("//! Long.\n{}", "// x\n".repeat(MOST_LINES));
        assert!(faults_of("a.rs", &text)[0].starts_with("a.rs: 601 lines"));
        let mut exceptions = Exceptions::parse("[long-files]\n\"a.rs\" = \"one table\"").unwrap();
        let mut faults = Vec::new();
        check(&[Source { path: "a.rs".to_owned(), text }], &mut exceptions, &mut faults);
        assert_eq!(faults, []);
    }

    #[test]
    fn what_a_program_left_behind_is_found_by_its_weight() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("price.bin"), vec![0; 1 << 20 | 1]).unwrap();
        std::fs::write(folder.path().join("market.png"), vec![0; 1 << 20]).unwrap();
        let names = ["price.bin", "market.png", "gone.rs"].map(str::to_owned);
        let mut faults = Vec::new();
        check_weight(folder.path(), &names, &mut faults);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].place == "price.bin" && faults[0].what.starts_with("1048577 bytes"));
    }

    #[test]
    fn open_work_needs_an_issue() {
        let mark = concat!("TO", "DO");
        assert_eq!(faults_of("a.rs", &format!("//! For this.\n// {mark}: later\n")).len(), 1);
        assert_eq!(faults_of("a.rs", &format!("//! For this.\n// {mark} (#12): later\n")), [""; 0]);
    }
}
