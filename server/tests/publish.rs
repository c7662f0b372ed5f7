//! `kumoichi publish`: files of offers from the command line to a market that runs, as a provider sends them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use domain::Role;
use server::web::Web;
use std::net::SocketAddr;
use std::path::Path;
use testkit::{Engine, TestBroker};
use tokio::process::Command;

const HEAD: &str = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
    min_outage_seconds,commitment,availability.service_uptime,price.monthly,price.currency\n";

fn row(name: &str, uptime: &str) -> String {
    format!(
        "{name},{name},IaaS,public,jp-tokyo-1 JP,1M,Asia/Tokyo,60,60,objective,{uptime},9000,JPY\n"
    )
}

async fn serve(market: &TestBroker) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Web::plain(market.broker.clone()).router().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Exit code and everything that was said.
async fn publish(to: &str, token: &str, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kumoichi"));
    command.arg("publish").args(["--to", to]).args(words).env_remove("KUMOICHI_TOKEN");
    if !token.is_empty() {
        command.env("KUMOICHI_TOKEN", token);
    }
    let output = command.output().await.unwrap();
    let text = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
    (output.status.code(), text.concat())
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_1_1_files_are_published_row_by_row_or_whole_with_a_report() {
    let market = TestBroker::catalogue(Engine::Sqlite).await;
    let provider = market.person(Role::Provider).await;
    let (_, token) = market.broker.create_token(&provider, "publish").await.unwrap();
    let to = format!("http://{}", serve(&market).await);
    let folder = tempfile::tempdir().unwrap();
    let good = written(folder.path(), "good.csv", &[HEAD, &row("cli-one", "99.9 %")].concat());
    let text = [HEAD, &row("cli-two", "99.9 %"), &row("cli-three", "very high")].concat();
    let mixed = written(folder.path(), "mixed.csv", &text);
    let report = folder.path().join("rows.csv");
    let report_path = report.to_str().unwrap();

    let (code, said) = publish(&to, &token, &[&good, "--dry-run"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 offer: 1 new") && said.contains("nothing was saved"), "{said}");
    let names = async || {
        let own = market.broker.my_offers(&provider, None, 200).await.unwrap().items;
        let names = own.into_iter().map(|card| card.slug);
        names.filter(|name| name.starts_with("cli-")).collect::<Vec<_>>()
    };
    assert!(names().await.is_empty());

    // A file with a fault is refused whole; the other one is taken.
    let (code, said) = publish(&to, &token, &[&good, &mixed, "--report", report_path]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("[1/2]") && said.contains("1 published"), "{said}");
    assert!(said.contains("nothing was taken (422") && said.contains("very high"), "{said}");
    assert_eq!(names().await, ["cli-one"]);
    let table = std::fs::read_to_string(&report).unwrap();
    assert!(table.contains(",cli-one,") && table.contains(",created,"), "{table}");
    assert!(table.contains(",3,,,,refused,/rows/3/"), "{table}");

    let (code, said) = publish(&to, &token, &[&mixed, "--valid-rows-only"]).await;
    assert_eq!(code, Some(2), "what was refused is told by the exit code: {said}");
    assert!(said.contains("2 offers: 1 new") && said.contains("1 refused"), "{said}");
    let mut both = names().await;
    both.sort();
    assert_eq!(both, ["cli-one", "cli-two"]);
    let (code, said) = publish(&to, &token, &[&good]).await;
    assert!(code == Some(0) && said.contains("1 unchanged"), "{said}");
    // A dearer version, and the same as before.
    let dearer = text.replace("9000", "9900");
    let dearer = written(folder.path(), "dearer.csv", &dearer);
    let (_, said) = publish(&to, &token, &[&dearer, "--valid-rows-only"]).await;
    let at = said.find("upl_").unwrap_or_else(|| panic!("{said}"));
    let upload = &said[at..at + 30];
    for _ in 0..2 {
        let (code, said) = publish(&to, &token, &["--undo", upload]).await;
        assert!(code == Some(0) && said.contains("1 as before"), "{said}");
    }
    let listed = market.broker.uploads(&provider, None, 10).await.unwrap().items;
    assert_eq!(listed[0].file_name, "dearer.csv");
    let (code, said) = publish(&to, &token, &["--undo", "upl_00000000000000000000000000"]).await;
    assert!(code == Some(1) && said.contains("404"), "{code:?} {said}");
    market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_sent_says_why_and_tells_no_token() {
    let market = TestBroker::catalogue(Engine::Sqlite).await;
    let to = format!("http://{}", serve(&market).await);
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "one.csv", &[HEAD, &row("cli-one", "99.9 %")].concat());
    let (code, said) = publish(&to, "", &[&file]).await;
    assert!(code == Some(1) && said.contains("set KUMOICHI_TOKEN"), "{said}");
    let (code, said) = publish(&to, "kmi_wrong-and-secret", &[&file]).await;
    assert!(code == Some(1) && said.contains("401"), "{code:?} {said}");
    assert!(!said.contains("wrong-and-secret"), "{said}");
    let customer = market.person(Role::Customer).await;
    let (_, token) = market.broker.create_token(&customer, "publish").await.unwrap();
    let kept = written(folder.path(), "token", &format!("{token}\n"));
    let (code, said) = publish(&to, "", &[&file, "--token-file", &kept]).await;
    assert!(code == Some(1) && said.contains("403"), "{code:?} {said}");
    // Nobody listens there.
    let (code, said) = publish("http://127.0.0.1:1", &token, &[&file]).await;
    assert!(code == Some(1) && said.contains("127.0.0.1:1 cannot be reached"), "{said}");
    assert!(!said.contains(&token), "{said}");
    let (code, said) = publish("ftp://127.0.0.1", &token, &[&file]).await;
    assert!(code == Some(1) && said.contains("--to begins with"), "{said}");
    market.finish().await;
}
