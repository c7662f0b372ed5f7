//! Items of the market on the pages: proposed with a preview, decided with what they meet, shown everywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::OpContext;
use domain::{OfferId, Role};
use support::Site;

const KEY: &str = "x-hokusei.ticket_reply";
/// The form as it is sent, with something said otherwise.
fn form<'a>(step: &'a str, other: &[(&str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let fields = [
        ("key", KEY),
        ("version", "0"),
        ("titleEn", "First reply"),
        ("titleJa", "初回応答"),
        ("helpEn", "Until a person answers."),
        ("helpJa", "人が答えるまで。"),
        ("type", "duration"),
        ("direction", "lower"),
        ("unit", "s"),
        ("curve", "log"),
        ("worst", "86400"),
        ("best", "600"),
        ("words", ""),
        ("note", ""),
        ("step", step),
    ];
    let said = |name: &str, value| {
        other.iter().find(|(field, _)| *field == name).map_or(value, |(_, value)| *value)
    };
    fields.into_iter().map(|(name, value)| (name, said(name, value))).collect()
}

/// Saves and publishes the provider's demo offer under another name, with one promise more.
async fn published(site: &Site, name: &str, value: &str) -> OfferId {
    let (market, broker) = (&site.market, &site.market.broker);
    let provider = market.person(Role::Provider).await;
    let offer = market.offer("hokusei-gov-iaas").await;
    let page = broker.offer(&OpContext::stranger("test"), offer).await.unwrap();
    let promise = format!("  items:\n    - {{item: {KEY}, value: {value}, commitment: objective}}");
    let text = page.yaml.replace("hokusei-gov-iaas", name).replacen("  items:", &promise, 1);
    let id = broker.save_offer(&provider, &text).await.unwrap().card.id;
    broker.publish_offer(&provider, id).await.unwrap();
    id
}

#[tokio::test]
async fn a_provider_proposes_a_key_and_a_broker_decides_with_what_it_meets_in_sight() {
    let site = Site::open().await;
    let hours = published(&site, "says-hours", "14400").await;
    let words = published(&site, "says-words", "soon").await;
    let site = site.signed_in(Role::Provider).await;
    let own = site.page(&format!("/provider/offers/{hours}")).await;
    assert!(own.contains("/provider/items/new?key=x-hokusei.ticket_reply"), "{own}");

    let preview = site.post("/provider/items", &form("preview", &[])).await;
    assert_eq!(preview.status, StatusCode::OK);
    for part in ["First reply", "初回応答", "1 d (centre)", "10 min (rim)"] {
        assert!(preview.text.contains(part), "{part}: {}", preview.text);
    }
    let wrong = form("propose", &[("best", "96400"), ("titleJa", "")]);
    let refused = site.post("/provider/items", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["field-titleJa-error", "field-best-error"] {
        assert!(refused.text.contains(field), "{field}: {}", refused.text);
    }
    let made = site.post("/provider/items", &form("propose", &[])).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let own = site.page(&made.location).await;
    assert!(own.contains("Take back") && !own.contains("/decide"), "{own}");
    assert!(!own.contains("on the market name it"), "the desk alone is told");

    let site = site.signed_in(Role::Broker).await;
    let there = made.location.replace("/provider/", "/desk/");
    let page = site.page(&there).await;
    for part in ["2 offers on the market name it.", "One offer says it otherwise"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains(&format!("/market/offers/{words}")), "{page}");
    let done = site.post(&format!("{there}/decide"), &[("step", "accept"), ("reason", "")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(site.page("/desk/items").await.contains(KEY));
    assert!(site.page(&format!("/desk/items/{KEY}")).await.contains("Retire"));

    let offer = site.page(&format!("/market/offers/{hours}")).await;
    assert!(offer.contains("First reply") && offer.contains("4 h"), "{offer}");
    let offer = site.page(&format!("/market/offers/{words}")).await;
    assert!(offer.contains("soon") && offer.contains("Unregistered value"), "{offer}");
    let item = site.get(&format!("/items/{KEY}"), "ja").await.text;
    assert!(item.contains("初回応答") && item.contains("この市場が追加した項目"), "{item}");
    assert!(site.page("/items").await.contains("Items of this market"));
    let need = site.page("/needs/new?by=form").await;
    assert!(need.contains(KEY), "the form of a need knows it");
    let schema = site.page("/schemas/v1alpha1/offer.json").await;
    assert!(schema.contains("value.x-hokusei.ticket_reply"));
    let site = site.signed_in(Role::Provider).await;
    let inbox = site.page("/inbox").await;
    assert!(inbox.contains("First reply is an item of the market now"), "{inbox}");
}
