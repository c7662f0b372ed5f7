//! `kumoichi conform` as its users run it: report, page and exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use provider_api::suite::{CheckResult, Report, Verdict};
use server::SystemClock;
use testkit::TestCloud;

fn conform(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kumoichi")).arg("conform").args(args).output().unwrap()
}

async fn conform_aside(args: Vec<String>) -> Output {
    let run = move || conform(&args.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn args(url: &str, token: &str, more: &[&str]) -> Vec<String> {
    let all = [url, "--token", token].into_iter().chain(more.iter().copied());
    all.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_conforms_gives_zero_and_a_page() {
    let cloud = TestCloud::start(&testkit::zones(), 4, Arc::new(SystemClock)).await;
    let (url, token) = cloud.connection();
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    // Checks of every kind that do not wait for holds to end: the whole is the reference cloud's own test.
    let only = ["door", "hold.race", "life.access", "end.statement"];
    let mut more = vec!["--html", page.to_str().unwrap(), "--json"];
    more.extend(only.iter().flat_map(|name| ["--only", name]));
    let output = conform_aside(args(&url, &token, &more)).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let report: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(report.verdict, Verdict::Conforms);
    // Whether tenants see nothing of each other needs the token of a second one.
    let others = report.checks.iter().filter(|check| check.result != CheckResult::Passed);
    assert_eq!(others.map(|check| check.id.as_str()).collect::<Vec<_>>(), ["door.tenants"]);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("life.access") && !html.contains(&token), "{html}");
    cloud.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_cannot_be_examined_gives_two_and_says_why() {
    let cloud = TestCloud::start(&testkit::zones(), 4, Arc::new(SystemClock)).await;
    let (url, _) = cloud.connection();
    for (wrong, why) in [
        (args(&url, "another-token", &[]), "refuses the token"),
        (args("ftp://127.0.0.1", "t", &[]), "must begin with https"),
        (args("http://10.0.0.1", "t", &[]), "not a public address"),
        (args(&url, "t", &["--only", "dance"]), "no check begins with \"dance\""),
    ] {
        let output = conform_aside(wrong).await;
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(why), "{text}");
    }
    cloud.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_deviates_gives_one_and_shows_what_was_sent_and_came() {
    // It tells its capabilities and nothing else.
    let told = serde_json::json!({
        "apiVersion": "1", "provider": "Half a cloud", "hold": "nativeGroup",
        "zones": [{"id": "a", "region": "a", "country": "JP", "hazardZone": "a",
            "capacity": {"instances": 9, "vcpu": 9, "ramMb": 9000, "storageGb": 9, "mbps": 900}}],
        "holdTtlDefaultSeconds": 60, "holdTtlMaxSeconds": 600, "endpoints": [], "applications": [], "metrics": [],
    });
    let router = axum::Router::new()
        .route("/v1/capabilities", axum::routing::get(move || async move { axum::Json(told) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, router).await });
    let output = conform_aside(args(&url, "any-token", &["--only", "end.gone"])).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in
        ["FAIL end.gone", "expected:", "found:", "sent:     GET /v1/allocations/", "came:     404"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    task.abort();
    assert!(!Path::new("report.html").exists());
}

#[test]
fn a_page_that_cannot_be_written_is_told_before_the_examination() {
    let output = conform(&["http://127.0.0.1:1", "--token", "x", "--html", "/nowhere/x.html"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("/nowhere/x.html cannot be written"), "{text}");
}
