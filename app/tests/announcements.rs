//! Announcements on the pages: written at the desk and in the portal, read by everybody, told to customers.

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

const DESK: &str = "/desk/announcements";
const PORTAL: &str = "/provider/announcements";

/// The address of the only announcement of a list of one's own.
fn only(page: &str, at: &str) -> String {
    let start = page.find(&format!("{at}/ann_")).expect("an announcement in the list");
    page[start..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_the_market_announces_stands_on_every_page_until_it_is_over() {
    let site = Site::open().await;
    assert!(site.page("/announcements").await.contains("Nothing has been announced"));
    assert!(!site.page("/").await.contains("class=\"announced\""));
    let site = site.signed_in(Role::Broker).await;
    assert!(site.page(DESK).await.contains("You have not announced anything yet"));
    let nothing = site.post(DESK, &[("kind", "maintenance"), ("textEn", "kept")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["Write a title in at least one language", "Maintenance needs an end", "kept"] {
        assert!(nothing.text.contains(part), "{part}: {}", nothing.text);
    }
    let said = [("kind", "incident"), ("titleEn", "Mail is <late>"), ("textJa", "一行目\n二行目")];
    let made = site.post(DESK, &said).await;
    assert_eq!((made.status, made.location.as_str()), (StatusCode::SEE_OTHER, DESK));
    assert!(made.flash("It is published"), "{}", made.cookies);
    let own = only(&site.page(DESK).await, DESK);
    for path in ["/", "/market", "/providers", "/nowhere"] {
        let shown = site.get(path, "en").await.text;
        assert!(shown.contains("Incident: Mail is &lt;late&gt;"), "{path}: {shown}");
    }
    let public = own.replace(DESK, "/announcements");
    let japanese = site.get(&public, "ja").await.text;
    assert!(japanese.contains("障害") && japanese.contains("一行目"), "{japanese}");

    let change = site.page(&own).await;
    assert!(change.contains("It is over now") && change.contains("Take it back"), "{change}");
    let late = [("kind", "incident"), ("titleEn", "Mail"), ("revision", "7")];
    let late = site.post(&own, &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("Somebody changed this announcement"), "{}", late.text);
    let over = site.post(&own, &[("step", "end")]).await;
    assert!(over.flash("It is over, and said so"), "{}", over.cookies);
    assert!(!site.page("/").await.contains("Mail is"), "what is over stands on no page");
    assert!(site.page("/announcements").await.contains("Mail is &lt;late&gt;"), "but in the list");
}

#[tokio::test]
async fn g10_what_a_provider_announces_stands_on_its_page_and_comes_to_its_customers() {
    let site = Site::open_with_cloud(2).await;
    assert!(site.page("/providers/hokusei").await.contains("This provider has announced nothing"));
    let customer = site.market.person(Role::Customer).await;
    site.market.sign(&customer, "hokusei-gov-iaas", "told").await.unwrap();
    site.market.run_workflows().await;
    let site = site.signed_in(Role::Provider).await;
    let said = [("kind", "incident"), ("titleJa", "ストレージが遅い")];
    let made = site.post(PORTAL, &said).await;
    assert!(made.flash("It is published"), "{}", made.cookies);
    let own = only(&site.page(PORTAL).await, PORTAL);
    let public = site.page("/providers/hokusei").await;
    assert!(public.contains("Incidents and maintenance") && public.contains("ストレージが遅い"));
    assert!(!site.page("/market").await.contains("ストレージが遅い"), "not on every page");
    let desk = site.signed_in(Role::Broker).await;
    let foreign = own.replace(PORTAL, DESK);
    assert_eq!(desk.get(&foreign, "en").await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.get(PORTAL, "en").await.status, StatusCode::FORBIDDEN);
    let reader = desk.signed_in(Role::Customer).await;
    assert_eq!(reader.get(DESK, "en").await.status, StatusCode::FORBIDDEN);
    let inbox = reader.page("/inbox").await;
    for part in
        ["Incident – ストレージが遅い", "/announcements?of=hokusei", "About a provider of yours"]
    {
        assert!(inbox.contains(part), "{part}: {inbox}");
    }
    let list = reader.page("/announcements?of=hokusei").await;
    assert!(list.contains("ストレージが遅い") && list.contains("Announcements of everybody"));
    assert_eq!(reader.get("/announcements?of=nobody", "en").await.status, StatusCode::NOT_FOUND);
    assert_eq!(reader.get("/announcements/ann_1", "en").await.status, StatusCode::NOT_FOUND);
}
