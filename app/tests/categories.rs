//! Categories, machine types, maps and members on the pages.

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

const DESK: &str = "/desk/categories";

/// Publishes the provider's demo offer under another name, with more about its service.
async fn published(site: &Site, service: &str) -> OfferId {
    let (market, broker) = (&site.market, &site.market.broker);
    let provider = market.person(Role::Provider).await;
    let offer = market.offer("hokusei-gov-iaas").await;
    let page = broker.offer(&OpContext::stranger("test"), offer).await.unwrap();
    let text = page.yaml.replace("hokusei-gov-iaas", "own-service");
    let text = text.replacen("deployment: ", &format!("{service}\n    deployment: "), 1);
    let id = broker.save_offer(&provider, &text).await.unwrap().card.id;
    broker.publish_offer(&provider, id).await.unwrap();
    id
}

#[tokio::test]
async fn f7_1_3_apps_images_and_recipes_are_shown_compared_and_found() {
    let site = Site::open().await;
    let service = "apps: [Nextcloud 31]\n    images: [Debian 13, {name: Debian, version: 13, architecture: arm64}]\n    \
        recipes: [{name: Three nodes, version: 2.1, installs: [PostgreSQL 17, Patroni]}]";
    let id = published(&site, service).await;
    let page = site.page(&format!("/market/offers/{id}")).await;
    for part in [
        "Applications",
        "Nextcloud 31",
        "Debian 13, Debian 13 (arm64)",
        "Three nodes 2.1 (PostgreSQL 17, Patroni)",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let japanese = site.get(&format!("/market/offers/{id}"), "ja").await.text;
    assert!(japanese.contains("アプリケーション") && japanese.contains("レシピ"));
    let other = site.market.offer("edge-burst-tokyo").await;
    let compared = site.page(&format!("/market/compare?offer={id}&offer={other}")).await;
    assert!(compared.contains("Three nodes 2.1 (PostgreSQL 17, Patroni)"), "{compared}");
    for question in ["nextcloud", "patroni", "debian 13", "three nodes"] {
        let question = question.replace(' ', "+");
        let list = site.page(&format!("/market?q={question}")).await;
        assert!(list.contains(&format!("/market/offers/{id}")), "{question}: {list}");
    }
    let faceted = site.page("/market?middleware=Nextcloud").await;
    assert!(faceted.contains(&format!("/market/offers/{id}")), "{faceted}");
}

#[tokio::test]
async fn f7_1_3_an_offer_shows_category_attributes_machine_types_and_a_map() {
    let site = Site::open().await;
    let service = "category: managed-database\n    attributes: {engine: postgresql, max_storage: 1.5}\n    \
        machineTypes: [{name: db.small, vcpu: 0.5, ramGib: 2, price: {unit: instance-hour, per: 100, \
        amount: 4, currency: USD}}]";
    let id = published(&site, service).await;
    let page = site.page(&format!("/market/offers/{id}")).await;
    for part in [
        "Managed database",
        "Engine",
        "PostgreSQL",
        "1.5 TiB",
        "db.small",
        "$4.00 per 100 h",
        "class=\"land\"",
        "class=\"place\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let japanese = site.get(&format!("/market/offers/{id}"), "ja").await.text;
    assert!(japanese.contains("マネージドデータベース") && japanese.contains("マシンタイプ"));
    let other = site.market.offer("edge-burst-tokyo").await;
    let compared = site.page(&format!("/market/compare?offer={id}&offer={other}")).await;
    assert!(compared.contains("db.small (0.5 vCPU, 2 GiB)"), "{compared}");

    let list = site.page("/market?category=managed-database").await;
    assert!(list.contains("min.managed-database.max_storage"), "bounds of its numbers");
    assert!(
        list.contains("Engine: PostgreSQL") && list.contains("Where the offers of this list are")
    );
    let found = |list: &str| list.contains(&format!("/market/offers/{id}"));
    assert!(found(&list));
    let small = "/market?category=managed-database&min.managed-database.max_storage=1.6";
    assert!(!found(&site.page(small).await));
    assert!(found(&site.page("/market?vcpu=0.5&ram=2").await));
    assert!(!found(&site.page("/market?vcpu=0.6&ram=2").await));
    let wrong = site.page("/market?vcpu=many&arch=abacus").await;
    assert!(wrong.contains("many") && wrong.contains("x86_64"), "{wrong}");
    let provider = site.page("/providers/hokusei").await;
    assert!(provider.contains("Regions on a map") && provider.contains("class=\"place\""));
}

#[tokio::test]
async fn a_broker_proposes_a_category_and_cannot_decide_about_it() {
    let site = Site::open().await;
    assert!(site.page("/categories").await.contains("Managed database"));
    let one = site.page("/categories/managed-database").await;
    assert!(one.contains("Engine") && one.contains("max_storage"), "{one}");
    assert_eq!(site.get("/categories/nowhere", "en").await.status, StatusCode::NOT_FOUND);
    let site = site.signed_in(Role::Broker).await;
    let sent = [
        ("version", "0"),
        ("key", "queues"),
        ("titleEn", "Queues"),
        ("a1.key", "protocol"),
        ("a1.type", "choice"),
        ("a1.en", "Protocol"),
        ("a1.ja", "プロトコル"),
        ("a1.choices", "amqp | AMQP"),
    ];
    let refused = site.post(DESK, &sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("amqp | AMQP"), "what was typed stays: {}", refused.text);
    let mut sound = sent.to_vec();
    sound.retain(|(name, _)| *name != "a1.choices");
    sound.push(("a1.choices", "amqp | AMQP | AMQP"));
    let refused = site.post(DESK, &sound).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "no Japanese name");
    sound.push(("titleJa", "キュー"));
    let made = site.post(DESK, &sound).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let proposal = site.page(&made.location).await;
    assert!(proposal.contains("You proposed this") && !proposal.contains("Accept"), "{proposal}");
    let own = site.post(&format!("{}/decide", made.location), &[("step", "accept")]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert!(own.text.contains("Whoever proposes does not decide"), "{}", own.text);
    assert!(site.page(DESK).await.contains("Queues"));
    assert!(!site.page("/categories").await.contains("Queues"));
}

#[tokio::test]
async fn a_provider_sees_its_members_and_nobody_elses() {
    let site = Site::open().await.signed_in(Role::Provider).await;
    let page = site.page("/provider/members").await;
    assert!(page.contains("Taro Kita") && page.contains("provider@demo.example"), "{page}");
    assert!(!page.contains("customer@demo.example"));
}
