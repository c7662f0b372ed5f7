//! Bundles: made in the portal of one's own offers and at the desk of any, found by everybody.

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

#[tokio::test]
async fn a_provider_chooses_from_its_own_offers_and_everybody_finds_the_bundle() {
    let site = Site::open().await.signed_in(Role::Provider).await;
    let page = site.page("/provider/bundles").await;
    assert!(page.contains("You have no bundle") && page.contains("<select"), "{page}");
    assert!(page.contains("Hokusei Cloud standard IaaS") && !page.contains("Edge Burst Tokyo"));
    let one = site.offer_titled("Hokusei Cloud standard IaaS").await.to_string();
    let two = site.offer_titled("Hokusei Cloud managed database").await.to_string();
    let mut form = vec![("titleEn", ""), ("offer1", &*one), ("offer2", &*one), ("shown", "yes")];
    let faulty = site.post("/provider/bundles", &form).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["field-titleEn-error", "field-offer1-error"] {
        assert!(faulty.text.contains(field), "{field}: {}", faulty.text);
    }
    (form[0].1, form[2].1) = ("Both <together>", &two);
    let made = site.post("/provider/bundles", &form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let own = site.page("/provider/bundles").await;
    let start = own.find("/provider/bundles/bdl_").unwrap();
    let at = own[start..].split('"').next().unwrap().to_owned();
    let public = at.replace("/provider/", "/market/");

    let stranger = site.signed_in_as_other_customer().await;
    let shown = stranger.page(&public).await;
    assert!(shown.contains("Both &lt;together&gt;") && shown.contains("344,000"), "{shown}");
    assert!(stranger.page("/market/bundles").await.contains(&public));
    assert!(stranger.page(&format!("/market/offers/{one}")).await.contains(&public));
    assert_ne!(stranger.get(&at, "en").await.status, StatusCode::OK);
    assert_ne!(stranger.get("/desk/bundles", "en").await.status, StatusCode::OK);

    let site = stranger.signed_in(Role::Provider).await;
    let change = site.page(&at).await;
    assert!(change.contains(&format!("value=\"{one}\" selected")), "{change}");
    let hidden = [
        ("titleEn", "Both"),
        ("offer1", &*one),
        ("offer2", &*two),
        ("shown", "no"),
        ("revision", "1"),
    ];
    assert_eq!(site.post(&at, &hidden).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.post(&at, &hidden).await.status, StatusCode::CONFLICT, "somebody was faster");
    let stranger = site.signed_in(Role::Customer).await;
    assert_eq!(stranger.get(&public, "en").await.status, StatusCode::NOT_FOUND);
    let site = stranger.signed_in(Role::Provider).await;
    assert_eq!(site.post(&at, &[("step", "remove")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get(&at, "en").await.status, StatusCode::NOT_FOUND);
}
