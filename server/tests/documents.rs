//! `kumoichi sla …` as people call it: files in, text and exit codes out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with files to work on.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

fn run(words: &[&str], files: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kumoichi"));
    command.arg("sla").args(words).args(files).output().unwrap()
}

/// What was printed, of a run that went well.
fn printed(words: &[&str], files: &[&Path]) -> String {
    let output = run(words, files);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The complaint of a run that found faults.
fn refused(words: &[&str], files: &[&Path]) -> String {
    let output = run(words, files);
    assert_eq!(output.status.code(), Some(2), "{words:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn example(at: usize) -> &'static str {
    sla::EXAMPLE_OFFERS[at].yaml
}

#[test]
fn files_are_checked_and_every_fault_has_its_place() {
    let desk = Desk::new();
    let good = desk.file("good.yaml", example(1));
    assert!(printed(&["check"], &[&good]).contains("good.yaml: 1 document without a fault"));
    let both = desk.file("both.yaml", &format!("{}\n---\n{}", example(0), example(1)));
    assert!(printed(&["check"], &[&both]).contains("both.yaml: 2 documents without a fault"));
    let table = desk.file("one.csv", &printed(&["convert", "--to", "csv"], &[&good]));
    assert!(printed(&["check"], &[&table]).contains("one.csv: 1 offer without a fault"));
    let damaged = desk.file("damaged.yaml", &example(1).replace("value: 7200", "value: soon"));
    let complaint = refused(&["check"], &[&good, &damaged]);
    assert!(complaint.contains("damaged.yaml: /spec/items/1/value"), "{complaint}");
    let table = desk.file("table.csv", "name,availability.mttr\nabc,soon\n");
    let complaint = refused(&["check"], &[&table]);
    assert!(complaint.contains("row 2, availability.mttr"), "{complaint}");
    let missing = run(&["check"], &[Path::new("/no/such/file")]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn a_renamed_row_of_a_checklist_and_another_encoding_are_told() {
    let desk = Desk::new();
    let one = desk.file("one.yaml", example(0));
    let sheet = printed(&["convert", "--to", "meti"], &[&one]);
    let renamed = desk.file("sheet.csv", &sheet.replace("サービス稼働率", "サービス稼動率X"));
    let complaint = refused(&["check"], &[&renamed]);
    assert!(complaint.contains("サービス稼動率X: the checklist has no row of"), "{complaint}");
    assert!(complaint.contains("allowed: サービス稼働率"), "{complaint}");
    let other = desk.0.path().join("shift-jis.csv");
    // 名前 in Shift_JIS.
    fs::write(&other, b"name,\x96\xbc\x91\x4f\n").unwrap();
    let told = run(&["check"], &[&other]);
    let told = (told.status.code(), String::from_utf8(told.stderr).unwrap());
    assert_eq!(told.0, Some(1));
    assert!(told.1.contains("is not UTF-8; save a table as CSV UTF-8"), "{}", told.1);
}

#[test]
fn two_versions_are_compared_in_words_and_as_json() {
    let desk = Desk::new();
    let old = desk.file("old.yaml", example(1));
    let new = desk.file("new.yaml", &example(1).replace("value: 7200", "value: 3600"));
    let words = printed(&["diff"], &[&old, &new]);
    assert_eq!(words.trim(), "Mean time to repair, value: 2 h → 1 h (better)");
    assert!(printed(&["diff", "--language", "ja"], &[&old, &new]).contains("改善"));
    let json: serde_json::Value =
        serde_json::from_str(&printed(&["diff", "--json"], &[&old, &new])).unwrap();
    assert_eq!(json["verdict"], "better");
    assert_eq!(json["parts"][0]["subject"], "availability.mttr");
    assert_eq!(printed(&["diff"], &[&old, &old]).trim(), "nothing changed");
    let drill = desk.file("drill.yaml", &example(0).replace("PT3H10M", "PT5H"));
    let told = printed(&["diff"], &[&desk.file("before.yaml", example(0)), &drill]);
    assert!(told.contains("PT3H10M → ") && told.contains("PT5H"), "{told}");
    let other = run(&["diff"], &[&old, &desk.file("other.yaml", example(2))]);
    let aside = String::from_utf8(other.stderr).unwrap();
    assert!(aside.contains("these are not two versions of one offer"), "{aside}");
}

#[test]
fn offers_go_through_every_form() {
    let desk = Desk::new();
    let (one, two) = (desk.file("1.yaml", example(0)), desk.file("2.yaml", example(2)));
    let csv = desk.file("all.csv", &printed(&["convert", "--to", "csv"], &[&one, &two]));
    let json = desk.file("all.json", &printed(&["convert", "--to", "json"], &[&csv]));
    let again = printed(&["convert", "--to", "csv"], &[&json]);
    assert_eq!(again, fs::read_to_string(&csv).unwrap());
    let slo = printed(&["convert", "--to", "openslo"], &[&one]);
    assert!(slo.contains("apiVersion: openslo/v1") && slo.contains("kind: SLO"));
    // Numbers alone do not make an offer, so that it is no form to read.
    assert_eq!(
        run(&["convert", "--from", "openslo", "--to", "yaml"], &[&one]).status.code(),
        Some(2)
    );
    let sheet = desk.file("sheet.csv", &printed(&["convert", "--to", "meti"], &[&one]));
    let offer = printed(
        &["convert", "--to", "yaml", "--name", "from-sheet", "--region", "jp-east", "JP"],
        &[&sheet],
    );
    assert!(offer.contains("name: from-sheet") && offer.contains("availability.service_uptime"));
    let page = printed(&["columns"], &[]);
    assert_eq!(page, include_str!("../../docs/csv.md"));
    assert!(printed(&["schema"], &[]).contains("https://json-schema.org/draft/2020-12/schema"));
}

#[test]
fn a_signed_file_is_verified_and_a_changed_one_is_refused() {
    let desk = Desk::new();
    let key = desk.file("key.json", &printed(&["key"], &[]));
    let public = desk.file("public.json", &printed(&["public"], &[&key]));
    assert!(!fs::read_to_string(&public).unwrap().contains("\"d\""));
    let plain = desk.file("plain.yaml", example(0));
    let with_key = |word: &'static str, file: &Path, key: &Path| {
        run(&[word, "--key", key.to_str().unwrap()], &[file])
    };
    let signed = with_key("sign", &plain, &key);
    let signed = desk.file("signed.yaml", &String::from_utf8(signed.stdout).unwrap());
    let verified = with_key("verify", &signed, &public);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let text = fs::read_to_string(&signed).unwrap();
    let changed = desk.file("changed.yaml", &text.replace("version: 7", "version: 8"));
    let told = with_key("verify", &changed, &public);
    let told = (told.status.code(), String::from_utf8(told.stderr).unwrap());
    assert_eq!(told.0, Some(2), "{}", told.1);
    assert!(told.1.contains("was not made for this document, whose SHA-256 is"), "{}", told.1);
    let unsigned = desk.file("unsigned.yaml", example(1));
    let told = with_key("verify", &unsigned, &public);
    assert!(String::from_utf8(told.stderr).unwrap().contains("the document is not signed"));
}
