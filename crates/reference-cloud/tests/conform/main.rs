//! The conformance suite over real HTTP: green against the reference cloud, and each deliberate fault of a broken
//! provider is caught by the check that should.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails its test")]

#[path = "../common/mod.rs"]
mod common;

mod broken;
mod document;
mod faults;

use std::sync::Arc;
use std::time::Duration;

use broken::{Broken, Fault};
use common::{Local, Moved, target};
use provider_api::suite::{self, CATALOGUE, CheckResult, Options, Report, Verdict};
use reference_cloud::Securing;

async fn examine(local: &Local, url: &str, options: &Options) -> Report {
    let mut target = target(url);
    // The second cloud is the same one, without what stands before it.
    target.second = Some(common::target(&local.cloud.url()).config);
    suite::run(&target, options, Arc::new(Moved(local.clock.clone()))).await
}

#[tokio::test]
async fn the_reference_cloud_passes_every_check_and_nothing_stays() {
    let local = Local::start().await;
    let report = examine(&local, &local.cloud.url(), &Options::new("green", 0)).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{}", report.text(true));
    assert_eq!(report.passed(), CATALOGUE.len(), "{}", report.text(true));
    assert_eq!(report.left_behind, Vec::<String>::new());
    assert!(common::child_pids(&local.dir).is_empty());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_provider_behind_a_proxy_without_faults_passes_too() {
    let local = Local::start().await;
    let broken = Broken::before(&local, None).await;
    let report = examine(&local, &broken.url, &Options::new("straight", 0)).await;
    assert_eq!(report.passed(), CATALOGUE.len(), "{}", report.text(true));
    local.cloud.shutdown().await;
}

/// A cloud that holds nothing and charges for what is cancelled.
async fn booking_at_once() -> Local {
    let charge = provider_api::Charge { currency: "JPY".to_owned(), minor: 500 };
    Local::start_with(|config| config.securing = Securing::Booking(Some(charge))).await
}

#[tokio::test]
async fn f7_4_3_a_cloud_without_holds_is_examined_for_what_it_declares_and_passes() {
    let local = booking_at_once().await;
    let report = examine(&local, &local.cloud.url(), &Options::new("at-once", 0)).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{}", report.text(true));
    assert_eq!(report.left_behind, Vec::<String>::new());
    let about_holds = |check: &suite::CheckReport| matches!(&check.result, CheckResult::Skipped { reason } if reason.contains("books at once"));
    let left_out: Vec<&str> =
        report.checks.iter().filter(|check| about_holds(check)).map(|check| &*check.id).collect();
    for id in ["hold.ttl", "hold.expiry", "hold.extend", "hold.drop"] {
        assert!(left_out.contains(&id), "{left_out:?}");
    }
    for id in ["hold.repeat", "hold.race", "hold.whole", "hold.declared", "hold.cancelled"] {
        let check = report.checks.iter().find(|check| check.id == id).unwrap();
        assert_eq!(check.result, CheckResult::Passed, "{id}");
    }
    assert_eq!(left_out.len(), report.skipped(), "nothing else is left out");
    assert!(report.passed() >= 90, "{}", report.text(true));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn each_fault_of_a_cloud_without_holds_is_caught_by_the_check_that_should() {
    let missed = missed(faults::BOOKING_AT_ONCE.iter(), booking_at_once).await;
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Runs every fault that a check of these groups must catch; fails with those that were missed.
async fn all_are_caught(groups: &[&str]) {
    let meant = |fault: &&Fault| groups.iter().any(|group| fault.check.starts_with(group));
    assert!(faults::all().any(|fault| meant(&fault)));
    let missed = missed(faults::all().filter(meant), Local::start).await;
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// The faults that are not caught, each before a fresh cloud.
async fn missed(
    faults: impl Iterator<Item = &'static Fault>,
    cloud: impl AsyncFn() -> Local,
) -> Vec<String> {
    let mut missed = Vec::new();
    for fault in faults {
        let local = cloud().await;
        let broken = Broken::before(&local, Some(fault)).await;
        let mut options = Options::new("faulty", 0);
        options.only = vec![fault.check.to_owned()];
        options.answer_limit = Duration::from_secs(10);
        options.read_limit = Duration::from_millis(900);
        let report = examine(&local, &broken.url, &options).await;
        let found = report.failed().next();
        match found.map(|check| (check.id.as_str(), &check.result)) {
            Some((id, CheckResult::Failed { expected, found }))
                if id == fault.check && found_says(fault.says, expected, found) => {}
            _ => missed.push(format!("{}: {}", fault.name, report.text(true))),
        }
        local.cloud.shutdown().await;
    }
    missed
}

#[tokio::test]
async fn each_fault_at_the_door_is_caught_by_the_check_that_should() {
    all_are_caught(&["door", "places"]).await;
}

#[tokio::test]
async fn each_fault_of_holds_is_caught_by_the_check_that_should() {
    all_are_caught(&["hold"]).await;
}

#[tokio::test]
async fn each_fault_towards_callers_that_crash_is_caught_by_the_check_that_should() {
    all_are_caught(&["crash", "fence", "trouble"]).await;
}

#[tokio::test]
async fn each_fault_in_the_life_of_a_service_is_caught_by_the_check_that_should() {
    all_are_caught(&["life"]).await;
}

#[tokio::test]
async fn each_fault_in_watching_is_caught_by_the_check_that_should() {
    all_are_caught(&["watch"]).await;
}

#[tokio::test]
async fn each_fault_of_backups_is_caught_by_the_check_that_should() {
    all_are_caught(&["backup"]).await;
}

#[tokio::test]
async fn each_fault_at_the_end_is_caught_by_the_check_that_should() {
    all_are_caught(&["end"]).await;
}

#[tokio::test]
async fn each_fault_with_images_is_caught_by_the_check_that_should() {
    all_are_caught(&["image"]).await;
}

#[tokio::test]
async fn each_fault_of_links_is_caught_by_the_check_that_should() {
    all_are_caught(&["link"]).await;
}

#[test]
fn there_are_faults_for_every_group_and_each_is_named_once() {
    let names: std::collections::BTreeSet<&str> = faults::all().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults::all().count());
    assert!(names.len() >= 120, "{}", names.len());
    for check in CATALOGUE {
        let (group, _) = check.id.split_once('.').unwrap();
        assert!(faults::all().any(|fault| fault.check.starts_with(group)), "{group}");
    }
    assert!(faults::all().all(|fault| CATALOGUE.iter().any(|check| check.id == fault.check)));
}

/// The finding is about the fault and not about something else.
fn found_says(word: &str, expected: &str, found: &str) -> bool {
    format!("{expected} {found}").contains(word)
}

#[tokio::test]
async fn a_cloud_that_cannot_be_examined_is_said_to_be_so() {
    let local = Local::start().await;
    let mut wrong = target(&local.cloud.url());
    wrong.config.token = provider_api::Secret::new("wrong-token");
    let clock = || Arc::new(Moved(local.clock.clone()));
    let report = suite::run(&wrong, &Options::new("wrong", 0), clock()).await;
    assert_eq!(report.verdict, Verdict::NotRun);
    assert!(report.reason.unwrap().contains("refuses the token"));
    let mut options = Options::new("unknown", 0);
    options.only = vec!["dance".to_owned()];
    let report = examine(&local, &local.cloud.url(), &options).await;
    assert_eq!(report.reason.as_deref(), Some("no check begins with \"dance\""));
    let url = local.cloud.url();
    local.cloud.shutdown().await;
    let report = suite::run(&target(&url), &Options::new("gone", 0), clock()).await;
    assert_eq!(report.verdict, Verdict::NotRun);
}

#[tokio::test]
async fn a_run_that_may_not_fill_says_what_it_left_out() {
    let local = Local::start().await;
    let mut options = Options::new("gentle", 0);
    options.fill = false;
    options.only = vec!["hold.race".to_owned(), "places.full".to_owned(), "hold.drop".to_owned()];
    let report = examine(&local, &local.cloud.url(), &options).await;
    assert_eq!((report.passed(), report.skipped()), (1, 2), "{}", report.text(true));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_report_names_no_token_and_reads_back_the_same() {
    let local = Local::start().await;
    let mut options = Options::new("told", 5);
    options.only = vec!["door".to_owned(), "hold.repeat".to_owned()];
    let report = examine(&local, &local.cloud.url(), &options).await;
    let json = serde_json::to_string(&report).unwrap();
    for form in [&json, &report.text(true), &report.html()] {
        assert!(!form.contains(common::TOKEN) && !form.contains(common::ADMIN));
    }
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    assert!(report.html().contains("hold.repeat") && !report.html().contains("<script"));
    local.cloud.shutdown().await;
}
