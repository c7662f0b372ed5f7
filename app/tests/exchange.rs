//! The portal's pages for files of offers and for keys, and what versions and offers say about them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use domain::Role;
use sla::exchange::jws::PrivateKey;
use support::Site;

const TABLE: &str = "name,title.en,title.ja,model,deployment,regions,calendar,timezone,\
    slice_seconds,min_outage_seconds,commitment,availability.service_uptime,price.monthly,price.currency\n\
    kita-a,Kita A,北A,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,99.9 %,98000,JPY\n\
    kita-b,Kita B,北B,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,99.5 %,48000,JPY\n";

const IMPORT: &str = "/provider/offers/import";

async fn provider() -> Site {
    Site::open().await.signed_in(Role::Provider).await
}

#[tokio::test]
async fn a_table_is_imported_and_every_row_is_told() {
    let site = provider().await;
    let done = site.upload(IMPORT, &[("file", TABLE), ("text", ""), ("publish", "yes")]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.text.contains("2 offers were imported") && done.text.contains("kita-b"));
    assert!(site.page("/market?q=Kita").await.contains("Kita A"));

    let dearer = TABLE.replace("98000", "99000").replace("99.9 %", "99.95 %");
    let again = site.upload(IMPORT, &[("text", &dearer), ("publish", "no")]).await;
    assert!(again.text.contains("1 with a new version") && again.text.contains("1 unchanged"));
    let start = again.text.find("/provider/offers/ofr_").unwrap();
    let offer = again.text[start..].split('"').next().unwrap();
    let page = site.page(offer).await;
    assert!(page.contains("What changed"), "{page}");
    assert!(page.contains("99.9 % → 99.95 % (better)"), "{page}");
    assert!(page.contains("98000 JPY → 99000 JPY (worse)"), "{page}");
    let japanese = site.get(offer, "ja").await.text;
    assert!(japanese.contains("99.9 % → 99.95 %（改善）"), "{japanese}");
}

#[tokio::test]
async fn faults_of_a_file_are_listed_with_row_and_column_and_nothing_is_imported() {
    let site = provider().await;
    let faulty = TABLE.replace("99.5 %", "99.5").replace("48000,JPY", "48000,YEN");
    let answer = site.upload(IMPORT, &[("text", &faulty), ("publish", "yes")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["The file has 2 faults", "availability.service_uptime", "price.currency", "YEN"] {
        assert!(answer.text.contains(part), "{part}");
    }
    assert!(answer.text.contains("kita-a"), "the text is kept");
    assert!(!site.page("/provider/offers").await.contains("Kita A"));
    let nothing = site.upload(IMPORT, &[("text", " "), ("publish", "no")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn faults_stand_at_the_field_that_the_offers_came_in() {
    let site = provider().await;
    let faulty = TABLE.replace("99.5 %", "99.5");
    for (field, other) in [("file", "text"), ("text", "file")] {
        let answer = site.upload(IMPORT, &[(field, &faulty), ("publish", "no")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(&format!("id=\"field-{field}-error\"")), "{field}");
        assert!(!answer.text.contains(&format!("id=\"field-{other}-error\"")), "{other}");
    }
}

#[tokio::test]
async fn a_table_in_another_encoding_is_told_how_to_be_saved() {
    let site = provider().await;
    // 名前 in Shift_JIS.
    let table = b"name,title.ja\nkita,\x96\xbc\x91\x4f\n";
    for (language, said) in [("en", "“CSV UTF-8”"), ("ja", "「CSV UTF-8（コンマ区切り）」")]
    {
        let path = format!("{IMPORT}?lang={language}");
        let answer = site.upload_bytes(&path, &[("file", table)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("offer.yaml") && answer.text.contains(said), "{language}");
    }
}

const CHECKLIST: &str = "No,サービスレベル項目,回答\n5,サービス稼働率,99.9％以上\n\
    6,平均復旧時間,4時間以内\n7,データの外部保存方針,日本国内\n";

#[tokio::test]
async fn a_filled_checklist_is_known_by_its_header_and_becomes_an_offer() {
    let site = provider().await;
    let form = [
        ("file", CHECKLIST),
        ("name", "kita-saas"),
        ("title", "北クラウド"),
        ("model", "SaaS"),
        ("region", "jp-1"),
        ("country", "jp"),
        ("publish", "yes"),
    ];
    let done = site.upload(IMPORT, &form).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.text.contains("One offer was imported") && done.text.contains("kita-saas"));
    let start = done.text.find("/provider/offers/ofr_").unwrap();
    let id = done.text[start..].split(['"', '/']).nth(3).unwrap();
    let offer = site.page(&format!("/market/offers/{id}")).await;
    assert!(offer.contains("99.9 %") && offer.contains("4 h"), "{offer}");
}

#[tokio::test]
async fn faults_of_a_checklist_stand_in_the_report_and_at_the_fields_beside_it() {
    let site = provider().await;
    let faulty = CHECKLIST.replace("4時間以内", "早め");
    let sound = [("name", "kita-saas"), ("title", "北"), ("region", "jp-1"), ("country", "JP")];
    let mut form = vec![("text", faulty.as_str()), ("format", "meti"), ("model", "SaaS")];
    form.extend(sound);
    let answer = site.upload(IMPORT, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("平均復旧時間") && answer.text.contains("早め"));
    assert!(answer.text.contains("value=\"kita-saas\""), "what was typed stays");
    for language in ["en", "ja"] {
        let path = format!("{IMPORT}?lang={language}");
        let answer = site.upload(&path, &[("text", CHECKLIST), ("model", "SaaS")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["name", "title", "region", "country"] {
            let error = format!("id=\"field-{field}-error\"");
            assert!(answer.text.contains(&error), "{language}: {field}");
        }
    }
    assert!(!site.page("/provider/offers").await.contains("kita-saas"));
}

#[tokio::test]
async fn keys_are_registered_listed_and_revoked() {
    let site = provider().await;
    let key = PrivateKey::from_seed(&[4; 32]);
    let private = site.post("/provider/keys", &[("key", &key.to_jwk())]).await;
    assert_eq!(private.status, StatusCode::UNPROCESSABLE_ENTITY);
    let secret = key.to_jwk().split("\"d\":\"").nth(1).unwrap()[..43].to_owned();
    assert!(!private.text.contains(&secret), "a private key is not sent back");

    let added = site.post("/provider/keys", &[("key", &key.public().to_jwk())]).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let kid = key.public().kid();
    let page = site.page("/provider/keys").await;
    assert!(page.contains(&kid) && page.contains("in use"));
    let revoked = site.post("/provider/keys/revoke", &[("kid", &kid)]).await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER);
    assert!(!site.page("/provider/keys").await.contains("action=\"/provider/keys/revoke\""));
    for (language, said) in [("en", "cannot come back"), ("ja", "再登録できません")] {
        let path = format!("/provider/keys?lang={language}");
        let again = site.post(&path, &[("key", &key.public().to_jwk())]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.text.contains(said), "{language}");
    }
}

#[tokio::test]
async fn the_pages_answer_in_both_languages_and_only_to_providers() {
    let site = provider().await;
    for path in [IMPORT, "/provider/keys"] {
        for language in ["en", "ja"] {
            let answer = site.get(path, language).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.text.matches("<h1").count(), 1, "{path}");
        }
    }
    let customer = Site::open().await.signed_in(Role::Customer).await;
    let stranger = Site::open().await;
    for path in [IMPORT, "/provider/keys"] {
        assert_eq!(customer.get(path, "en").await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(stranger.get(path, "en").await.status, StatusCode::SEE_OTHER, "{path}");
    }
    for (path, form) in
        [("/provider/keys", [("key", "{}")]), ("/provider/keys/revoke", [("kid", "x")])]
    {
        assert_eq!(customer.post(path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(stranger.post(path, &form).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    let refused = customer.upload(IMPORT, &[("text", TABLE)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_offer_says_that_it_is_not_signed() {
    let site = provider().await;
    let done = site.upload(IMPORT, &[("text", TABLE), ("publish", "yes")]).await;
    let start = done.text.find("/provider/offers/ofr_").unwrap();
    let id = done.text[start..].split(['"', '/']).nth(3).unwrap();
    assert!(site.page(&format!("/market/offers/{id}")).await.contains("not signed"));
}
