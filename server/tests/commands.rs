//! `kumoichi reindex`, `doctor`, `import`, `migrate`, `seed` and `serve` where something is not there
//! or held by another: what they say, how they end, and that they leave everything as it was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn kumoichi(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kumoichi"));
    command.args(words).env_remove("KUMOICHI_DATABASE").env_remove("KUMOICHI_DATA");
    command
}

/// Exit code and everything that was said.
fn told(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
    (output.status.code(), text.concat())
}

fn run(words: &[&str], data: &Path) -> (Option<i32>, String) {
    told(&kumoichi(words).arg("--data").arg(data).output().unwrap())
}

/// A folder beside one with a market, named with a typing mistake.
struct Place {
    _folder: tempfile::TempDir,
    data: PathBuf,
    typo: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, typo) = (folder.path().join("data"), folder.path().join("dota"));
        Self { _folder: folder, data, typo }
    }

    fn with_market() -> Self {
        let place = Self::new();
        let (code, text) = run(&["seed", "--offers", "3"], &place.data);
        assert_eq!(code, Some(0), "{text}");
        place
    }
}

#[test]
fn a_mistyped_data_folder_is_refused_and_not_created() {
    let place = Place::with_market();
    let file = place.data.join("offers.csv");
    std::fs::write(&file, "name\nx\n").unwrap();
    let import = ["import", file.to_str().unwrap(), "--provider", "x"];
    for words in [&["reindex"][..], &["doctor"], &import] {
        let (code, text) = run(words, &place.typo);
        assert_eq!(code, Some(1), "{words:?}: {text}");
        assert!(text.contains(place.typo.to_str().unwrap()), "{words:?}: {text}");
        assert!(text.contains("name the right folder with --data"), "{words:?}: {text}");
        assert!(!place.typo.exists(), "{words:?} created the folder");
    }
    let (code, text) = run(&["reindex"], &place.data);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("3 offers indexed in"), "{text}");
    assert!(text.contains(place.data.join("index").to_str().unwrap()), "{text}");
}

#[test]
fn a_data_folder_without_a_database_is_refused_with_the_path_of_the_file() {
    let place = Place::new();
    std::fs::create_dir(&place.data).unwrap();
    for word in ["reindex", "doctor"] {
        let (code, text) = run(&[word], &place.data);
        assert_eq!(code, Some(1), "{word}: {text}");
        let file = place.data.join("kumoichi.db");
        assert!(text.contains(&format!("there is no database at {}", file.display())), "{text}");
        assert!(text.contains("or begin a new market with `kumoichi migrate`"), "{text}");
        assert_eq!(std::fs::read_dir(&place.data).unwrap().count(), 0, "{word} left something");
    }
}

/// A running broker that does not outlive its test.
struct Broker(Child);

impl Broker {
    fn start(data: &Path) -> Self {
        let mut command = kumoichi(&["serve", "--listen", "127.0.0.1:0", "--workers", "0"]);
        command.arg("--data").arg(data).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut broker = Self(command.stderr(Stdio::null()).spawn().unwrap());
        let lines = BufReader::new(broker.0.stdout.take().unwrap()).lines();
        // The output ends when the broker does, so a broker that cannot start is no endless wait.
        let open = lines.map_while(Result::ok).any(|line| line.contains("is open: http://"));
        assert!(open, "the broker did not open");
        broker
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_index_that_a_running_broker_holds_is_not_built_anew_and_the_reason_is_told() {
    let place = Place::with_market();
    let broker = Broker::start(&place.data);
    let (code, text) = run(&["reindex"], &place.data);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("a running broker holds the index in"), "{text}");
    assert!(text.contains("nothing was changed"), "{text}");
    assert!(text.contains("stop the broker, run this command"), "{text}");
    drop(broker);
    let (code, text) = run(&["reindex"], &place.data);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_postgresql_server_that_is_not_there_is_told_at_once_and_without_the_password() {
    let place = Place::new();
    // It was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let database = format!("postgres://reader:s3cret@127.0.0.1:{port}/market");
    for words in [
        &["migrate"][..],
        &["doctor"],
        &["seed", "--offers", "1"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let began = Instant::now();
        let output = kumoichi(words)
            .args(["--database", &database, "--data"])
            .arg(&place.data)
            .output()
            .unwrap();
        let (code, text) = told(&output);
        assert!(began.elapsed() < Duration::from_secs(5), "{words:?} took {:?}", began.elapsed());
        assert_eq!(code, Some(1), "{words:?}: {text}");
        let expected = format!("connection refused at 127.0.0.1:{port}; is PostgreSQL running?");
        assert!(text.contains(&expected), "{words:?}: {text}");
        assert!(!text.contains("s3cret") && !text.contains("timed out"), "{words:?}: {text}");
    }
}

#[test]
fn the_help_of_match_names_the_page_of_cases_and_its_smallest_case_runs() {
    let (code, help) = told(&kumoichi(&["match", "--help"]).output().unwrap());
    assert_eq!(code, Some(0));
    assert!(help.contains("docs/match-cases.md"), "{help}");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/match-cases.md");
    assert!(Path::new(page).is_file());
    let case = help.split("Smallest case:").nth(1).unwrap().split("Exit codes").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smallest.json");
    std::fs::write(&file, case).unwrap();
    let (code, text) = told(&kumoichi(&["match"]).arg(&file).output().unwrap());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("\"matches\": [\n      \"a\"\n    ]"), "{text}");
}

#[test]
fn a_case_that_is_no_text_and_one_that_would_lose_digits_are_faults_of_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let case = |bytes: &[u8]| {
        let file = folder.path().join("case.json");
        std::fs::write(&file, bytes).unwrap();
        told(&kumoichi(&["match"]).arg(&file).output().unwrap())
    };
    let (code, text) = case(b"{\"items\": \"\xff\"}");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("no text in UTF-8: byte 12 does not belong"), "{text}");
    let item = r#"{"id":"u","type":"higher","scale":"nines","worst":"90","best":"99.999"}"#;
    let with = |value: &str| {
        format!(
            r#"{{"items":[{item}],"requirement":[{{"item":"u","value":"99.9"}}],
               "offers":[{{"id":"a","values":{{"u":{value}}}}}]}}"#
        )
    };
    let (code, text) = case(with("99.89999999999999999999").as_bytes());
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("/offers/0/values/u: the number 99.89999999999999999999 has"), "{text}");
    let (code, text) = case(with("99.95, \"u\": 3").as_bytes());
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("/offers/0/values/u: the key \"u\" stands twice"), "{text}");
    assert_eq!(case(with("99.95").as_bytes()).0, Some(0));
}
