//! Two tabs, or two people, on the same saved need or offer: nobody saves over what was not seen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::OpContext;
use domain::{RequirementId, Role};
use support::{Answer, Site};

const NEED: &str = "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
    metadata: {name: shared, version: 1, title: {en: Repair, ja: 修理}}\n\
    spec: {userRegions: [JP], profiles: {normal: {items: [\
    {item: availability.mttr, op: lte, value: 5 h, level: must}]}}}\n";
const MTTR: &str = "availability.mttr";

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&")
}

async fn saved_need() -> (Site, OpContext, RequirementId) {
    let site = Site::open().await;
    let customer = site.market.person(Role::Customer).await;
    let id = site.market.broker.save_requirement(&customer, NEED, None).await.unwrap().card.id;
    (site.signed_in(Role::Customer).await, customer, id)
}

/// How long a repair may take as the need is saved now, with its version.
async fn repair(site: &Site, customer: &OpContext, id: RequirementId) -> (i64, String) {
    let saved = site.market.broker.requirement(customer, id).await.unwrap();
    let items = &saved.document.spec.profiles.normal.items;
    let item = items.iter().find(|item| item.item == MTTR).unwrap();
    (saved.card.version, sla::format_requirement_item(item, sla::Locale::En))
}

#[tokio::test]
async fn the_older_tab_of_a_need_does_not_save_over_the_newer_one_and_keeps_what_was_typed() {
    let (site, customer, id) = saved_need().await;
    let need = format!("saved:{id}");
    let page = site.page(&format!("/needs/new?by=form&need={need}")).await;
    let opened = hidden(&page, "version");
    assert_eq!(opened, "1");
    let bench = site.page(&format!("/needs/{id}")).await;
    assert_eq!(hidden(&bench, "version"), "1", "also the fields beside the lists are of a version");
    let send = async |value: &str, version: &str, language: &str| {
        let fields = [
            ("need", need.as_str()),
            ("version", version),
            ("title_en", "Repair"),
            ("title_ja", "修理"),
            ("user_regions", "JP"),
            ("value-availability.mttr", value),
            ("level-availability.mttr", "must"),
            ("do", "save"),
        ];
        site.post_in("/needs/new", language, &fields).await
    };
    assert_eq!(send("4 h", &opened, "en").await.status, StatusCode::SEE_OTHER);
    // A second click is no second change.
    assert_eq!(send("4 h", &opened, "en").await.status, StatusCode::SEE_OTHER);

    let refused = send("3 h", &opened, "en").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    for told in ["Version 2 was saved meanwhile", "Save mine as version 3", "Open version 2"] {
        assert!(refused.text.contains(told), "{told}: {}", refused.text);
    }
    assert!(refused.text.contains("value=\"3 h\""), "what was typed is kept");
    assert!(refused.text.contains("href=\"/needs/new?by=form&amp;need="));
    assert_eq!(repair(&site, &customer, id).await, (2, "4 h".to_owned()));
    let japanese = send("3 h", &opened, "ja").await;
    assert!(japanese.text.contains("第 2 版が先に保存されました"), "{}", japanese.text);
    assert_eq!(send("3 h", "none", "en").await.status, StatusCode::CONFLICT);

    let chosen = hidden(&refused.text, "version");
    assert_eq!(send("3 h", &chosen, "en").await.status, StatusCode::SEE_OTHER);
    assert_eq!(repair(&site, &customer, id).await, (3, "3 h".to_owned()));
}

#[tokio::test]
async fn the_older_tab_of_a_needs_document_does_not_save_over_the_newer_one() {
    let (site, customer, id) = saved_need().await;
    let need = format!("saved:{id}");
    let opened = hidden(&site.page(&format!("/needs/new?by=yaml&need={need}")).await, "version");
    let send = async |value: &str, version: &str| {
        let text = NEED.replace("5 h", value);
        let fields =
            [("need", need.as_str()), ("version", version), ("text", &text), ("do", "save")];
        site.post("/needs/new/yaml", &fields).await
    };
    assert_eq!(send("4 h", &opened).await.status, StatusCode::SEE_OTHER);
    let refused = send("3 h", &opened).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("Version 2 was saved meanwhile"), "{}", refused.text);
    assert!(refused.text.contains("value: 3 h"), "what was typed is kept");
    assert_eq!(repair(&site, &customer, id).await, (2, "4 h".to_owned()));
    let again = send("3 h", &hidden(&refused.text, "version")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(repair(&site, &customer, id).await, (3, "3 h".to_owned()));
}

/// An offer of the demo provider with a short form, at its first version: its page.
async fn offer() -> (Site, String) {
    let site = Site::open().await.signed_in(Role::Provider).await;
    let preview = site.post("/provider/offers/new", &form("5")).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    let saved = save(&site, &preview).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    (site, saved.location)
}

fn form(price: &str) -> [(&str, &str); 11] {
    [
        ("name", "two-tabs"),
        ("title_en", "Two tabs"),
        ("title_ja", "二つの画面"),
        ("model", "IaaS"),
        ("deployment", "public"),
        ("region", "jp-sapporo-1"),
        ("country", "JP"),
        ("price", price),
        ("currency", "JPY"),
        ("commitment", "objective"),
        ("availability.service_uptime", "99.9 %"),
    ]
}

/// Presses "save" on a preview.
async fn save(site: &Site, preview: &Answer) -> Answer {
    let (_, ways) = preview.text.split_once("<div class=\"ways-on\">").unwrap();
    let ways = ways.split("</form>").next().unwrap();
    let names = ["yaml", "offer", "version"];
    let there = names.into_iter().filter(|name| ways.contains(&format!("name=\"{name}\"")));
    let fields: Vec<(&str, String)> = there.map(|name| (name, hidden(ways, name))).collect();
    let mut fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("step", "save"));
    site.post("/provider/offers", &fields).await
}

#[tokio::test]
async fn an_older_preview_of_an_offer_does_not_save_over_the_newer_version() {
    let (site, page) = offer().await;
    let edit = format!("{page}/edit");
    let opened = site.page(&format!("{edit}?as=form")).await;
    let (id, version) = (hidden(&opened, "offer"), hidden(&opened, "version"));
    assert_eq!(version, "1");
    let change = async |price: &str, version: &str| {
        let mut fields = form(price).to_vec();
        fields.extend([("offer", id.as_str()), ("version", version)]);
        site.post(&edit, &fields).await
    };
    let (mine, theirs) = (change("7", &version).await, change("6", &version).await);
    assert!(!mine.text.contains("meanwhile"), "{}", mine.text);
    assert_eq!(save(&site, &theirs).await.status, StatusCode::SEE_OTHER);
    assert_eq!(save(&site, &theirs).await.status, StatusCode::SEE_OTHER, "sent twice");
    let refused = save(&site, &mine).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("Version 2 was saved after you opened version 1"));
    assert!(refused.text.contains(&format!("href=\"{page}\"")), "the newer one is one link away");
    assert!(site.page(&page).await.contains("Publish version 2"));

    // The old form says so as soon as it is looked at, and each choice is there.
    let late = change("8", &version).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    let text = hidden(&late.text, "yaml");
    let decided = [
        ("yaml", text.as_str()),
        ("offer", &id),
        ("version", &version),
        ("seen", "2"),
        ("choice:/spec/price", "yours"),
    ];
    let preview = site.post("/provider/offers/merge", &decided).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert_eq!(save(&site, &preview).await.status, StatusCode::SEE_OTHER);
    assert!(site.page(&page).await.contains("Publish version 3"));
}

#[tokio::test]
async fn an_offers_document_knows_the_version_it_was_opened_at() {
    let (site, page) = offer().await;
    let opened = site.page(&format!("{page}/edit?as=yaml")).await;
    let (id, version) = (hidden(&opened, "offer"), hidden(&opened, "version"));
    let edit = format!("{page}/edit");
    let preview = async |price: &str| {
        let drawn = site.post(&edit, &form(price)).await.text;
        let text = hidden(drawn.split_once("<div class=\"ways-on\">").unwrap().1, "yaml");
        let fields = [("yaml", text.as_str()), ("offer", &id), ("version", &version)];
        site.post("/provider/offers/document", &fields).await
    };
    let mine = preview("7").await;
    assert!(!mine.text.contains("next version of an offer you have"), "{}", mine.text);
    assert_eq!(save(&site, &mine).await.status, StatusCode::SEE_OTHER);
    let late = preview("8").await;
    assert!(late.text.contains("Version 2 was saved after you opened version 1"), "{}", late.text);
}
