//! The portal's pages of uploads: how far a file is, what became of it, saving after all, undoing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use domain::Role;
use support::Site;

const IMPORT: &str = "/provider/offers/import";

/// A file that is too large to be taken in at once.
fn large(fault: &str) -> String {
    let mut text = "name,title.en,title.ja,model,deployment,regions,calendar,timezone,slice_seconds,\
        min_outage_seconds,commitment,availability.service_uptime,price.monthly,price.currency,description.en\n"
        .to_owned();
    let long = "wide ".repeat(300);
    for number in 0..160 {
        let uptime = if number == 7 { fault } else { "99.9 %" };
        text.push_str(&format!(
            "kita-{number},Kita {number},北{number},IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,\
             {uptime},{},JPY,{long}\n",
            90_000 + number
        ));
    }
    text
}

async fn provider() -> Site {
    Site::open().await.signed_in(Role::Provider).await
}

#[tokio::test]
async fn a_large_file_is_followed_saved_and_undone() {
    let site = provider().await;
    let empty = site.page("/provider/uploads").await;
    assert!(empty.contains("No file was sent yet"), "{empty}");
    let text = large("99.9 %");
    let sent = site.upload(IMPORT, &[("file", &text), ("publish", "yes")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let at = sent.location.clone();
    assert!(at.starts_with("/provider/uploads/upl_"), "{at}");
    let waiting = site.page(&at).await;
    assert!(waiting.contains("<progress") && waiting.contains("waits for its turn"), "{waiting}");
    assert!(waiting.contains("Show where it stands now"), "without script there is a link");
    let progress = site.page(&format!("{at}/progress")).await;
    assert_eq!(progress, "\nThe file waits for its turn.");
    assert_eq!(site.market.broker.take_uploads().await.unwrap(), 1);
    assert_eq!(site.page(&format!("{at}/progress")).await, "", "it is over");
    let done = site.page(&at).await;
    assert!(done.contains("160 new") && done.contains("160 published"), "{done}");
    assert!(done.contains("Undo this upload") && !done.contains("<progress"));
    let report = site.page(&format!("{at}/report")).await;
    assert_eq!(report.lines().count(), 161);
    assert!(site.page("/market?q=Kita").await.contains("Kita"));

    let ask = site.page(&format!("{at}/undo")).await;
    assert!(ask.contains("160 offers leave the market"), "{ask}");
    assert!(
        site.get(&format!("{at}/undo"), "ja").await.text.contains("160 件を市場から取り下げます")
    );
    let undone = site.post(&format!("{at}/undo"), &[]).await;
    assert_eq!((undone.status, undone.location.as_str()), (StatusCode::SEE_OTHER, at.as_str()));
    let page = site.page(&at).await;
    assert!(page.contains("Undone") && !page.contains("Undo this upload"), "{page}");
    assert!(!site.page("/market?q=Kita").await.contains("Kita 1<"));
    let list = site.page("/provider/uploads").await;
    assert!(list.contains(&at) && list.contains(">160<"), "{list}");
}

#[tokio::test]
async fn a_large_file_with_a_fault_is_refused_and_its_other_rows_are_saved_by_a_button() {
    let site = provider().await;
    let sent = site.upload(IMPORT, &[("file", &large("very high")), ("publish", "no")]).await;
    let at = sent.location.clone();
    site.market.broker.take_uploads().await.unwrap();
    let refused = site.page(&at).await;
    for part in
        ["rows have faults", "availability.service_uptime", "very high", "Save the 159 rows"]
    {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let again = site.post(&format!("{at}/save"), &[("rows", "valid")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    let stopped = site.post(&format!("{at}/cancel"), &[]).await;
    assert_eq!(stopped.status, StatusCode::SEE_OTHER);
    assert!(site.page(&at).await.contains("nothing of it was saved"));
    let late = site.post(&format!("{at}/save"), &[("rows", "valid")]).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER, "the page tells why");
    assert!(!site.page("/provider/offers").await.contains("Kita 8"));
}

#[tokio::test]
async fn a_small_file_is_taken_at_once_and_is_an_upload_as_well() {
    let site = provider().await;
    let text = large("99.9 %").lines().take(3).collect::<Vec<_>>().join("\n");
    let done = site.upload(IMPORT, &[("file", &text), ("publish", "yes")]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let start = done.text.find("/provider/uploads/upl_").unwrap();
    let at = done.text[start..].split('"').next().unwrap();
    let page = site.page(at).await;
    assert!(page.contains("2 new") && page.contains("Undo this upload"), "{page}");
    for unknown in ["/provider/uploads/upl_x", "/provider/uploads/upl_00000000000000000000000000"] {
        assert_eq!(site.get(unknown, "en").await.status, StatusCode::NOT_FOUND);
    }
    let stranger = Site::open().await;
    for address in [at, "/provider/uploads"] {
        assert_ne!(stranger.get(address, "en").await.status, StatusCode::OK);
    }
    let customer = Site::open().await.signed_in(Role::Customer).await;
    for address in [at.to_owned(), format!("{at}/undo"), format!("{at}/report")] {
        assert_ne!(customer.get(&address, "en").await.status, StatusCode::OK);
    }
}
