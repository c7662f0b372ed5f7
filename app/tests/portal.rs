//! The provider's pages: by form, by document, versions, publication.

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

const FORM: [(&str, &str); 12] = [
    ("name", "kita-small"),
    ("title_en", "Kita small <servers>"),
    ("title_ja", "北の小型サーバー"),
    ("model", "IaaS"),
    ("deployment", "public"),
    ("region", "jp-sapporo-1"),
    ("country", "JP"),
    ("price", "98000"),
    ("currency", "JPY"),
    ("commitment", "objective"),
    ("availability.service_uptime", "99.95 %"),
    ("security.data_location", "JP"),
];

async fn provider() -> Site {
    Site::open().await.signed_in(Role::Provider).await
}

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = FORM
        .into_iter()
        .filter(|(name, _)| changes.iter().all(|(known, _)| known != name))
        .collect();
    form.extend_from_slice(changes);
    form
}

/// The document that a preview would save.
fn yaml_of(preview: &Answer) -> String {
    let start =
        preview.text.find("name=\"yaml\" value=\"").unwrap() + "name=\"yaml\" value=\"".len();
    let text = preview.text[start..].split('"').next().unwrap();
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn an_offer_from_the_form_is_previewed_published_and_found() {
    let site = provider().await;
    let preview = site.post("/provider/offers/new", &FORM).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert!(
        preview.text.contains("Kita small &lt;servers&gt;") && preview.text.contains("99.95 %")
    );
    assert!(!site.page("/provider/offers").await.contains("Kita small"), "nothing is saved yet");

    let saved =
        site.post("/provider/offers", &[("yaml", &yaml_of(&preview)), ("step", "publish")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let page = site.page(&saved.location).await;
    assert!(page.contains("Kita small &lt;servers&gt;") && page.contains("/withdraw"));
    let id = saved.location.rsplit('/').next().unwrap();
    assert!(site.page(&format!("/market/offers/{id}")).await.contains("Kita small"));
}

#[tokio::test]
async fn faults_of_the_form_stand_at_their_fields_and_nothing_typed_is_lost() {
    let site = provider().await;
    let form = with(&[
        ("name", "Not A Name"),
        ("availability.service_uptime", "lots"),
        ("price", "1,5x"),
        ("description_en", "</textarea><b>bold"),
    ]);
    let answer = site.post("/provider/offers/new", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["name", "availability.service_uptime", "price"] {
        assert!(answer.text.contains(&format!("id=\"field-{field}-error\"")), "{field}");
    }
    assert!(
        answer.text.contains("value=\"lots\"") && answer.text.contains("value=\"jp-sapporo-1\"")
    );
    assert!(!answer.text.contains("<b>bold"));
}

#[tokio::test]
async fn going_back_from_the_preview_keeps_every_value() {
    let site = provider().await;
    let form = with(&[("step", "change")]);
    let answer = site.post("/provider/offers/new", &form).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.text.contains("value=\"kita-small\"") && answer.text.contains("value=\"99.95 %\"")
    );
}

#[tokio::test]
async fn a_document_is_checked_with_every_fault_and_its_place() {
    let site = provider().await;
    let broken =
        "apiVersion: kumoichi.dev/v1\nkind: ServiceLevelOffer\nmetadata:\n  name: X\nspec: {}\n";
    let answer = site.post("/provider/offers/document", &[("yaml", broken)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("/metadata/name"), "{}", answer.text);
    assert!(answer.text.contains("kind: ServiceLevelOffer"), "the text is kept");
    let nothing = site.post("/provider/offers/document", &[("yaml", " ")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn faults_of_an_uploaded_document_stand_at_the_file_with_its_name() {
    let site = provider().await;
    let faulty =
        "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer\nmetadata: {name: X}\n";
    for sent in [faulty, "words", "a: [", "apiVersion: 1\n---\napiVersion: 2\n"] {
        for (field, other) in [("file", "yaml"), ("yaml", "file")] {
            let answer = site.upload("/provider/offers/document", &[(field, sent)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{sent}");
            assert!(
                answer.text.contains(&format!("id=\"field-{field}-error\"")),
                "{field}: {sent}"
            );
            assert!(
                !answer.text.contains(&format!("id=\"field-{other}-error\"")),
                "{field}: {sent}"
            );
            assert_eq!(answer.text.contains("“offer.yaml”: "), field == "file", "{sent}");
        }
    }
    let empty = site.upload("/provider/offers/document", &[("yaml", ""), ("file", " ")]).await;
    assert!(empty.text.contains("“offer.yaml” is empty."), "{}", empty.text);
    assert!(!empty.text.contains("id=\"field-yaml-error\""));
    let large = "a".repeat(1_200_000);
    let large = site.upload("/provider/offers/document", &[("file", &large)]).await;
    assert!(large.text.contains("“offer.yaml”: This is too large."), "{}", large.text);
}

#[tokio::test]
async fn an_uploaded_document_becomes_an_offer() {
    let site = provider().await;
    let yaml = yaml_of(&site.post("/provider/offers/new", &FORM).await);
    let preview = site.upload("/provider/offers/document", &[("yaml", ""), ("file", &yaml)]).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    let saved =
        site.post("/provider/offers", &[("yaml", &yaml_of(&preview)), ("step", "save")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let id = saved.location.rsplit('/').next().unwrap().to_owned();
    let public = site.get(&format!("/market/offers/{id}"), "en").await;
    assert_eq!(public.status, StatusCode::NOT_FOUND, "a draft is its provider's alone");
    let published = site.post(&format!("{}/publish", saved.location), &[]).await;
    assert_eq!(published.location, saved.location);
    assert_eq!(site.get(&format!("/market/offers/{id}"), "en").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_document_of_another_provider_is_refused() {
    let site = provider().await;
    let own = yaml_of(&site.post("/provider/offers/new", &FORM).await);
    let did = own.lines().find(|line| line.contains("provider: ")).unwrap();
    let foreign = own.replace(did, "  provider: did:web:elsewhere.example");
    let answer = site.post("/provider/offers", &[("yaml", &foreign), ("step", "save")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("/metadata/provider"));
}

#[tokio::test]
async fn a_change_makes_a_version_and_the_published_one_stays_until_told() {
    let site = provider().await;
    let preview = site.post("/provider/offers/new", &FORM).await;
    let saved =
        site.post("/provider/offers", &[("yaml", &yaml_of(&preview)), ("step", "publish")]).await;
    let edit = format!("{}/edit", saved.location);
    assert!(site.page(&edit).await.contains("value=\"jp-sapporo-1\""));
    let form = with(&[("title_en", "Kita smaller servers"), ("name", "renamed")]);
    let preview = site.post(&edit, &form).await;
    assert!(yaml_of(&preview).contains("name: kita-small"), "the name is fixed");
    let again =
        site.post("/provider/offers", &[("yaml", &yaml_of(&preview)), ("step", "save")]).await;
    assert_eq!(again.location, saved.location);
    // What saving wrote into the document is nothing that the form would drop.
    let form = site.page(&edit).await;
    assert!(form.contains("name=\"title_en\"") && !form.contains("Saving from the form drops"));
    let page = site.page(&saved.location).await;
    assert!(page.contains("Kita smaller servers") && page.contains("Publish version 2"));
    let id = saved.location.rsplit('/').next().unwrap();
    let public = site.page(&format!("/market/offers/{id}")).await;
    assert!(public.contains("Kita small &lt;servers&gt;") && !public.contains("Kita smaller"));

    let question = site.page(&format!("{}/withdraw", saved.location)).await;
    assert!(question.contains("Kita smaller servers"));
    site.post(&format!("{}/withdraw", saved.location), &[]).await;
    let gone = site.get(&format!("/market/offers/{id}"), "en").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_offer_with_more_than_the_form_shows_is_changed_as_a_document() {
    let site = provider().await;
    let list = site.page("/provider/offers").await;
    let start = list.find("/provider/offers/ofr_").unwrap();
    let offer = list[start..].split(['"', '/']).take(4).collect::<Vec<_>>().join("/");
    let page = site.page(&format!("{offer}/edit")).await;
    assert!(page.contains("field-yaml") && page.contains("kind: ServiceLevelOffer"));
    let form = site.page(&format!("{offer}/edit?as=form")).await;
    assert!(form.contains("holds more than this form shows"));
}

#[tokio::test]
async fn every_page_of_the_portal_answers_in_both_languages_with_one_heading() {
    let site = provider().await;
    for path in [
        "/provider",
        "/provider/offers",
        "/provider/offers/new",
        "/provider/offers/new?as=yaml",
        "/provider/offers/document",
        "/provider/connection",
    ] {
        for language in ["en", "ja"] {
            let answer = site.get(path, language).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.text.matches("<h1").count(), 1, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_has_its_cloud_examined_and_everybody_sees_the_report() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Provider).await;
    let before = site.page("/provider/connection").await;
    assert!(
        before.contains("Nobody has examined here yet") && before.contains("Examine the cloud now")
    );
    assert!(site.page("/providers/hokusei").await.contains("reference cloud of this program"));
    let asked = site.post("/provider/connection/examine", &[]).await;
    assert_eq!(
        (asked.status, asked.location.as_str()),
        (StatusCode::SEE_OTHER, "/provider/connection")
    );
    assert!(site.page("/provider/connection").await.contains("an examination is on its way"));
    site.market.broker.examine_clouds().await.unwrap();
    for path in ["/provider/connection", "/providers/hokusei"] {
        let page = site.page(path).await;
        assert!(page.contains("keeps the contract") && page.contains("checks passed"), "{page}");
        assert!(site.get(path, "ja").await.text.contains("適合"), "{path}");
    }
    site.market.finish().await;
}

#[tokio::test]
async fn nobody_but_a_provider_with_a_cloud_has_one_examined() {
    let customer = Site::open().await.signed_in(Role::Customer).await;
    let refused = customer.post("/provider/connection/examine", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let stranger = Site::open().await.post("/provider/connection/examine", &[]).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    assert!(stranger.location.starts_with("/account/sign-in"), "{}", stranger.location);
    let catalogue = provider().await;
    assert!(!catalogue.page("/provider/connection").await.contains("Examine the cloud now"));
    let none = catalogue.post("/provider/connection/examine", &[]).await;
    assert_eq!(none.status, StatusCode::CONFLICT);
    assert!(none.text.contains("No cloud is connected"), "{}", none.text);
}

#[tokio::test]
async fn a_new_offer_cannot_take_the_name_of_another_and_a_document_says_whose_next_version_it_is()
{
    let site = provider().await;
    let first = site.post("/provider/offers/new", &FORM).await;
    let first =
        site.post("/provider/offers", &[("yaml", &yaml_of(&first)), ("step", "publish")]).await;
    let again = with(&[("title_en", "Other thing"), ("price", "5")]);
    let answer = site.post("/provider/offers/new", &again).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("id=\"field-name-error\""));
    assert!(answer.text.contains("“Kita small &lt;servers&gt;” has this name already"));
    assert!(answer.text.contains("value=\"Other thing\""), "what was typed is kept");

    let edit = format!("{}/edit", first.location);
    let changed = site.post(&edit, &again).await;
    assert_eq!(changed.status, StatusCode::OK, "on its own page it may change");
    let document = yaml_of(&changed);
    let preview = site.post("/provider/offers/document", &[("yaml", &document)]).await;
    assert!(preview.text.contains("This becomes the next version of an offer you have"));
    assert!(preview.text.contains("customers see version 1 until"));
    let other = document.replace("name: kita-small", "name: kita-other");
    let preview = site.post("/provider/offers/document", &[("yaml", &other)]).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert!(!preview.text.contains("This becomes the next version"));
}

#[tokio::test]
async fn f7_1_1_the_preview_and_the_offer_say_how_it_would_rank_and_stands_in_its_category() {
    let site = provider().await;
    let preview = site.post("/provider/offers/new", &FORM).await;
    for said in ["How it would rank", "Certificate service", "What misses", "Too few to tell"] {
        assert!(preview.text.contains(said), "{said}: {}", preview.text);
    }
    assert!(preview.text.contains("Beside the middle of its service model"), "{}", preview.text);
    let saved =
        site.post("/provider/offers", &[("yaml", &yaml_of(&preview)), ("step", "save")]).await;
    let page = site.page(&saved.location).await;
    assert!(page.contains("id=\"ranking\"") && page.contains("id=\"beside\""), "{page}");
    let japanese = site.get(&saved.location, "ja").await.text;
    assert!(japanese.contains("順位の見込み") && japanese.contains("件中"), "{japanese}");
}

#[tokio::test]
async fn demand_is_a_page_of_the_portal_that_names_each_offer_and_template() {
    let site = provider().await;
    let page = site.page("/provider/demand").await;
    assert!(page.contains("What your offers miss most") && page.contains("Too few to tell"));
    assert!(page.contains("Certificate service") && page.contains("#ranking"), "{page}");
    let japanese = site.get("/provider/demand", "ja").await.text;
    assert!(japanese.contains("足りないことの多い項目"), "{japanese}");
    let customer = Site::open().await.signed_in(Role::Customer).await;
    assert_ne!(customer.get("/provider/demand", "en").await.status, StatusCode::OK);
}

#[tokio::test]
async fn faults_of_a_document_stand_at_their_lines_and_are_those_of_the_form() {
    let site = provider().await;
    let yaml = yaml_of(&site.post("/provider/offers/new", &FORM).await);
    let number = 1 + yaml.lines().position(|line| line.contains("0.9995")).unwrap();
    let broken = yaml.replace("0.9995", "7.5");
    for language in ["en", "ja"] {
        let answer =
            site.post_in("/provider/offers/document", language, &[("yaml", &broken)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(&format!("href=\"#line-{number}\"")), "{}", answer.text);
        assert!(answer.text.contains(&format!("id=\"line-{number}\"")), "{}", answer.text);
        assert!(answer.text.contains("<mark>7.5</mark>"), "{}", answer.text);
    }
    let cut = site.post("/provider/offers/document", &[("yaml", "a: 1\nb: [\n")]).await;
    assert!(cut.text.contains("class=\"faulty\""), "{}", cut.text);
}

/// The answer without script after somebody pressed a button of the editor.
async fn pressed(site: &Site, path: &str, step: &str, changes: &[(&str, &str)]) -> Answer {
    let mut form = with(changes);
    form.push(("step", step));
    site.post(path, &form).await
}

#[tokio::test]
async fn what_was_typed_is_offered_again_without_script_until_it_is_saved_or_discarded() {
    let site = provider().await;
    let kept = pressed(&site, "/provider/offers/new", "keep", &[("price", "12,,x")]).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert!(kept.text.contains("Kept as your working copy"), "{}", kept.text);
    assert!(kept.text.contains("value=\"12,,x\""), "no fault, and everything stays");
    for language in ["en", "ja"] {
        let back = site.get("/provider/offers/new", language).await.text;
        assert!(back.contains("as=form&amp;go=on") && !back.contains("12,,x"), "{back}");
    }
    let on = site.page("/provider/offers/new?as=form&go=on").await;
    assert!(on.contains("value=\"12,,x\"") && on.contains("value=\"kita-small\""), "{on}");
    let gone = site.post("/provider/offers/working-copy/drop", &[]).await;
    assert_eq!(gone.location, "/provider/offers/new");
    assert!(!site.page("/provider/offers/new").await.contains("go=on"));

    let preview = site.post("/provider/offers/new", &FORM).await;
    assert!(site.page("/provider/offers/new").await.contains("go=on"), "a check keeps it too");
    site.post("/provider/offers", &[("yaml", &yaml_of(&preview)), ("step", "save")]).await;
    assert!(!site.page("/provider/offers/new").await.contains("go=on"), "it is saved");
}

#[tokio::test]
async fn the_script_keeps_the_document_as_it_is_typed() {
    let site = provider().await;
    let address = "/provider/offers/working-copy?way=document";
    let kept = site.post_in(address, "ja", &[("yaml", "a: [\n")]).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert!(kept.text.starts_with("作業中の内容を残しました"), "{}", kept.text);
    let on = site.page("/provider/offers/new?as=yaml&go=on").await;
    assert!(on.contains("a: ["), "{on}");
}

#[tokio::test]
async fn changes_of_two_people_are_merged_or_a_person_chooses() {
    let site = provider().await;
    let first = yaml_of(&site.post("/provider/offers/new", &FORM).await);
    let saved = site.post("/provider/offers", &[("yaml", &first), ("step", "save")]).await;
    let id = saved.location.rsplit('/').next().unwrap().to_owned();
    let theirs = first.replace("0.9995", "0.999");
    let made = [("offer", id.as_str()), ("version", "1"), ("step", "save")];
    let form = |yaml: &str| {
        let mut form: Vec<(String, String)> =
            made.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        form.push(("yaml".into(), yaml.into()));
        form
    };
    let send = async |path: &str, form: &[(String, String)]| {
        let pairs: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        site.post(path, &pairs).await
    };
    assert_eq!(send("/provider/offers", &form(&theirs)).await.status, StatusCode::SEE_OTHER);

    let other = first.replace("98000", "77000");
    let merged = send("/provider/offers", &form(&other)).await;
    assert_eq!(merged.status, StatusCode::CONFLICT);
    assert!(merged.text.contains("brought together"), "{}", merged.text);
    let yaml = yaml_of(&merged);
    assert!(yaml.contains("0.999") && !yaml.contains("0.9995") && yaml.contains("77000"), "{yaml}");

    let clash = first.replace("0.9995", "0.99");
    let asked = send("/provider/offers", &form(&clash)).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    let field = "choice:/spec/items/availability.service_uptime";
    assert!(asked.text.contains(&format!("name=\"{field}\"")), "{}", asked.text);
    let mut decided = form(&clash);
    decided.push(("seen".into(), "2".into()));
    let undecided = send("/provider/offers/merge", &decided).await;
    assert!(undecided.text.contains("Choose one of the three"), "{}", undecided.text);
    decided.push((field.into(), "yours".into()));
    let preview = send("/provider/offers/merge", &decided).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert!(yaml_of(&preview).contains("value: 0.99\n"), "{}", yaml_of(&preview));
    assert!(preview.text.contains("name=\"version\" value=\"2\""), "saved over the newest");
}
