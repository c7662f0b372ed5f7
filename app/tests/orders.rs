//! Several offers signed together: the form, what is wrong with it, the order, and who may see it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use domain::Role;
use support::{Answer, Site};

/// Two offers of the provider whose cloud is connected.
const OFFERS: [&str; 2] = ["hokusei-gov-iaas", "hokusei-standard-iaas"];
const NEED: &str = "template:certificate-service";

/// Every value of the fields of this name, as the page holds them.
fn values(page: &str, name: &str) -> Vec<String> {
    let of = |tag: &str| {
        tag.split("value=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let tags = page.split("<input").skip(1).map(|tag| tag.split('>').next().unwrap());
    tags.filter(|tag| tag.contains(&format!("name=\"{name}\""))).filter_map(of).collect()
}

/// Sends the form as the page filled it in, with changes.
async fn send(site: &Site, page: &str, changes: &[(&str, &str)]) -> Answer {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for name in ["need", "key", "offer", "shown", "serviceName"] {
        for value in values(page, name) {
            pairs.push((name.to_owned(), value));
        }
    }
    for at in 1..=OFFERS.len() {
        for field in ["instances", "vcpu", "ramMb", "storageGb", "networkMbps"] {
            let name = format!("{field}{at}");
            pairs.push((name.clone(), values(page, &name).remove(0)));
        }
        pairs.push((format!("region{at}"), "jp-sapporo-1".to_owned()));
    }
    for (name, value) in changes {
        pairs.retain(|(known, _)| known != name);
        pairs.push(((*name).to_owned(), (*value).to_owned()));
    }
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    site.post("/orders/new", &pairs).await
}

#[tokio::test]
async fn two_offers_are_signed_together_and_each_leads_to_the_other() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let mut address = format!("/orders/new?need={NEED}");
    for name in OFFERS {
        let offer = testkit::offer_named(&site.market.broker, name).await;
        address.push_str(&format!("&offer={offer}"));
    }
    let page = site.page(&address).await;
    assert!(page.contains("Sign all contracts") && page.contains("Price of all"), "{page}");
    assert_eq!(values(&page, "shown").len(), 2, "each price is shown");

    let wrong = [("step", "sign"), ("serviceName", " "), ("instances2", "99")];
    let told = send(&site, &page, &wrong).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["serviceName", "instances2"] {
        assert!(told.text.contains(&format!("field-{field}-error")), "{field}: {}", told.text);
    }
    let long = "x".repeat(79);
    let told = send(&site, &page, &[("step", "sign"), ("serviceName", &long)]).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text.contains("Too long. Allowed: text of 1 to 78 characters"), "{}", told.text);
    let dearer = send(&site, &page, &[("step", "sign"), ("instances1", "2")]).await;
    assert_eq!(dearer.status, StatusCode::CONFLICT, "the price of these was not shown");
    assert!(dearer.text.contains("An offer or a price changed meanwhile"), "{}", dearer.text);

    let signed = send(&site, &page, &[("step", "sign")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    assert!(signed.location.starts_with("/orders/ord_"), "{}", signed.location);
    assert_eq!(send(&site, &page, &[("step", "sign")]).await.location, signed.location);
    site.market.run_workflows().await;
    let order = site.page(&signed.location).await;
    assert_eq!(order.matches("href=\"/contracts/ctr_").count(), 2, "{order}");
    let start = order.find("/contracts/ctr_").unwrap();
    let contract = site.page(order[start..].split('"').next().unwrap()).await;
    assert!(contract.contains(&format!("href=\"{}\"", signed.location)), "{contract}");

    // The first contract has the name with its number, at the limit too.
    let page = site.page(&address).await;
    let longest = "y".repeat(78);
    let changes = [("step", "sign"), ("serviceName", &longest), ("key", "another")];
    let signed = send(&site, &page, &changes).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    site.market.run_workflows().await;
    assert!(site.page(&signed.location).await.contains(&format!("{longest} 2")));

    let other = site.signed_in_as_other_customer().await;
    assert_eq!(other.get(&signed.location, "en").await.status, StatusCode::NOT_FOUND);
    let provider = other.signed_in(Role::Provider).await;
    let refused = provider.get(&signed.location, "en").await.status;
    assert!(matches!(refused, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN), "{refused}");
    provider.market.finish().await;
}
