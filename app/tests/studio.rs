//! The fields of the studio sent as a form: ranges, schemes with what is accepted, items of one's own
//! and other times than every day; and the same fields answered for the script of the page.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::requirements::RequirementSource;
use broker::{Broker, OpContext};
use domain::Role;
use sla::{ProfileName, Requirement, Value};
use support::Site;

const UPTIME: &str = "availability.service_uptime";
const FLOOR_UPTIME: &str = "floor-disaster:availability.service_uptime";
const FLOOR_PLACES: &str = "floor-disaster:security.data_location";
const RTO: &str = "availability.rto";

/// Every field of a page's form by name, as a browser would send it.
fn fields(page: &str) -> Vec<(String, String)> {
    let (_, form) = page.split_once("data-wishes").unwrap();
    let form = form.split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&"))
    };
    let mut found = Vec::new();
    for part in form.split('<').skip(1) {
        let tag = part.split('>').next().unwrap();
        let Some(name) = attribute(tag, "name") else { continue };
        if tag.starts_with("select") {
            let (_, rest) = form.split_once(&format!("name=\"{name}\"")).unwrap();
            let options = rest.split("</select>").next().unwrap();
            let chosen = options.split("<option").find(|option| option.contains(" selected"));
            let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap_or("");
            found.push((name, attribute(chosen, "value").unwrap_or_default()));
        } else if !tag.contains("type=\"checkbox\"") || tag.contains(" checked") {
            found.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    found
}

/// The fields with some of them changed.
fn changed(mut all: Vec<(String, String)>, edits: &[(&str, &str)]) -> Vec<(String, String)> {
    for (name, _) in edits {
        all.retain(|(known, _)| known != name);
    }
    all.extend(edits.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}

async fn post(site: &Site, path: &str, pairs: &[(String, String)]) -> support::Answer {
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    site.post(path, &pairs).await
}

async fn need_of(broker: &Broker, location: &str) -> Requirement {
    let code = location.split("doc=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let source = RequirementSource::Shared(code);
    broker.resolve_requirement(&OpContext::stranger("test"), &source).await.unwrap().0
}

fn normal<'a>(need: &'a Requirement, key: &str) -> &'a sla::RequirementItem {
    need.spec.profiles.normal.items.iter().find(|item| item.item == key).unwrap()
}

#[tokio::test]
async fn the_fields_of_a_need_sent_unchanged_are_the_need() {
    let site = Site::open().await;
    for template in ["certificate-service", "collaboration-service", "tracking-service"] {
        for language in ["en", "ja"] {
            let page = site.get(&format!("/needs/templates/{template}"), language).await.text;
            let sent = post(&site, "/needs/new", &fields(&page)).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{template}: {}", sent.text);
            let example = sla::EXAMPLE_REQUIREMENTS.iter().find(|one| one.name == template);
            let need = sla::parse_requirement(example.unwrap().yaml).unwrap();
            assert_eq!(need_of(&site.market.broker, &sent.location).await, need, "{template}");
        }
    }
}

#[tokio::test]
async fn ranges_schemes_own_items_and_floors_are_edited_without_script() {
    let site = Site::open().await;
    let all = fields(&site.page("/needs/templates/certificate-service").await);
    let edits = [
        ("value-performance.e2e_response_time", "1 to 5 s"),
        ("value-security.assurance_level", "ismap:ismap"),
        ("accept-security.assurance_level", "us-fips199:high"),
        ("own-key", "x-acme.colour"),
        ("own-op", "eq"),
        ("own-value", "indigo"),
        ("floor-disaster:availability.service_uptime", "95 %"),
        ("value-disaster:availability.rto", "8 h"),
        ("more-overload", "capacity.scale_out_time"),
        ("recovery-disaster", "speed_first"),
    ];
    let sent = post(&site, "/needs/new", &changed(all, &edits)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let need = need_of(&site.market.broker, &sent.location).await;
    let range = Value::Range { min: 1.into(), max: 5.into() };
    assert_eq!(normal(&need, "performance.e2e_response_time").value, Some(range));
    let level = normal(&need, "security.assurance_level");
    assert_eq!((level.scheme.as_deref(), level.accept.len()), (Some("ismap"), 1));
    assert_eq!(normal(&need, "x-acme.colour").value, Some(Value::level("indigo")));
    let disaster = need.spec.profiles.disaster.as_ref().unwrap();
    assert_eq!(disaster.recovery_priority, Some(sla::RecoveryPriority::SpeedFirst));
    let floor = disaster.relax.iter().find(|entry| entry.item == UPTIME).unwrap();
    assert_eq!(floor.floor, Some(Value::Number("0.95".parse().unwrap())));
    let rto = disaster.items.iter().find(|item| item.item == RTO).unwrap();
    assert_eq!(rto.value, Some(Value::Number(28_800.into())));
    assert_eq!(rto.min_commitment, Some(sla::Commitment::Objective));
    let overload = need.spec.profiles.overload.as_ref().unwrap();
    assert_eq!(overload.items[0].item, "capacity.scale_out_time");
    // And once more through the page, which shows all of it.
    for language in ["en", "ja"] {
        let page = site.get(&sent.location, language).await.text;
        let again = post(&site, "/needs/new", &fields(&page)).await;
        assert_eq!(need_of(&site.market.broker, &again.location).await, need, "{language}");
    }
    let emptied = [("value-x-acme.colour", ""), ("value-overload:capacity.scale_out_time", "")];
    let all = fields(&site.page(&sent.location).await);
    let sent = post(&site, "/needs/new", &changed(all, &emptied)).await;
    let need = need_of(&site.market.broker, &sent.location).await;
    assert!(need.spec.profiles.normal.items.iter().all(|item| item.item != "x-acme.colour"));
    assert!(need.spec.profiles.overload.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_floor_that_nobody_touched_follows_what_is_asked_every_day() {
    let site = Site::open().await;
    let all = fields(&site.page("/needs/templates/certificate-service").await);
    let lower = [("value-availability.service_uptime", "98 %")];
    let sent = post(&site, "/needs/new", &changed(all, &lower)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let need = need_of(&site.market.broker, &sent.location).await;
    let relax = need.spec.profiles.disaster.unwrap().relax;
    assert_eq!(relax[0].floor, Some(Value::Number("0.98".parse().unwrap())));
}

#[tokio::test]
async fn faults_of_these_fields_stand_at_them_with_and_without_script() {
    let site = Site::open().await;
    let all = fields(&site.page("/needs/templates/certificate-service").await);
    for (field, value, said) in [
        ("floor-disaster:availability.service_uptime", "99.99 %", "99.99 %"),
        ("floor-disaster:availability.service_uptime", "lots", "lots"),
        ("value-disaster:availability.rto", "soon", "soon"),
        ("value-performance.e2e_response_time", "5 s to 1 s", "5"),
        ("own-key", "colour", "colour"),
    ] {
        let faulty = changed(all.clone(), &[(field, value), ("own-value", "indigo")]);
        let faulty = if field == "own-key" {
            faulty
        } else {
            faulty.into_iter().filter(|(name, _)| name != "own-value").collect()
        };
        let answer = post(&site, "/needs/new", &faulty).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.text.contains(&format!("field-{field}-error")), "{field} {value}");
        assert!(answer.text.contains(&format!("value=\"{value}\"")), "{field} keeps {value}");

        let document = serde_json::to_string(&certificate()).unwrap();
        let with_document = changed(faulty, &[("document", &document)]);
        let answer = post(&site, "/needs/candidates?lang=en", &with_document).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let refusal: app::studio::Refusal = serde_json::from_str(&answer.text).unwrap();
        let at = refusal.faults.iter().find(|(name, _)| name == field);
        assert!(at.unwrap_or_else(|| panic!("{:?}", refusal.faults)).1.contains(said), "{field}");
    }
}

#[tokio::test]
async fn a_floor_above_every_day_says_what_is_allowed_and_names_the_members_of_a_list() {
    let site = Site::open().await;
    let all = fields(&site.page("/needs/templates/certificate-service").await);
    for (edit, language, found, allowed) in [
        (
            (FLOOR_UPTIME, "99.99 %"),
            "en",
            "“99.99 %” is not possible here",
            "Allowed: at most as strict as every day (at least 99.9 %)",
        ),
        (
            (FLOOR_UPTIME, "99.99 %"),
            "ja",
            "99.99 %",
            "通常時（99.9 %以上）と同じか、それより緩い値",
        ),
        ((FLOOR_PLACES, "FR, DE"), "en", "“Germany, France”", "(only: Japan)"),
    ] {
        let faulty = changed(all.clone(), &[edit]);
        let pairs: Vec<(&str, &str)> =
            faulty.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = site.post_in("/needs/new", language, &pairs).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let said = answer.text.split(&format!("id=\"field-{}-error\"", edit.0)).nth(1).unwrap();
        let said = said.split("</p>").next().unwrap();
        assert!(said.contains(found) && said.contains(allowed), "{said}");
    }
}

#[tokio::test]
async fn a_reversed_range_is_quoted_as_typed_and_two_different_ends_are_the_example() {
    let site = Site::open().await;
    let page = site.page("/needs/templates/certificate-service").await;
    assert!(page.contains("Both ends ask for a range: 99.9 % to 99.99 %."), "{page}");
    assert!(!page.contains("99.9 % to 99.9 %") && !page.contains("4 h to 4 h"));
    let faulty = changed(fields(&page), &[("value-availability.service_uptime", "99.99 - 99.9 %")]);
    let answer = post(&site, "/needs/new", &faulty).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = answer.text.split("id=\"field-value-availability.service_uptime-error\"").nth(1);
    let said = said.unwrap().split("</p>").next().unwrap();
    assert!(said.contains("“99.99 - 99.9 %” is not possible here"), "{said}");
}

#[tokio::test]
async fn only_a_stranger_is_told_to_sign_in_for_what_no_link_can_hold() {
    let site = Site::open().await;
    let mut need = certificate();
    for index in 0..150 {
        need.spec.profiles.normal.items.push(sla::RequirementItem {
            level: sla::Demand::Prefer,
            op: Some(sla::Operator::Eq),
            value: Some(Value::Level("indigo".to_owned())),
            ..sla::RequirementItem::best_effort(&format!("x-acme.colour{index}"))
        });
    }
    let document = sla::to_yaml(&need);
    let send = async |site: &Site| {
        let sent = [("text", document.as_str()), ("do", "rank")];
        let answer = site.post("/needs/new/yaml", &sent).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        answer.text
    };
    let told = send(&site).await;
    assert!(told.contains("too long for a link. Sign in and save it instead."), "{told}");
    let told = send(&site.signed_in(Role::Customer).await).await;
    assert!(told.contains("too long for a link. Save it instead."), "{told}");
}

#[tokio::test]
async fn the_lists_are_one_link_away_and_the_fields_fold_without_script() {
    let site = Site::open().await;
    let page = site.page("/needs/templates/certificate-service").await;
    let (_, jump) = page.split_once("<p class=\"jump\"><a href=\"#results\"").unwrap();
    let jump = jump.split("</a>").next().unwrap();
    assert!(jump.contains(" fall short: to the list"), "{jump}");
    let (before, fold) = page.split_once("class=\"fold\"").unwrap();
    assert!(!before.contains("data-wishes"), "the fields stand inside the fold");
    let tag = [before.rsplit('<').next().unwrap(), fold.split('>').next().unwrap()].concat();
    assert!(tag.starts_with("details") && !tag.contains(" open"), "folded at first: {tag}");
    assert!(fold.split("</details>").next().unwrap().contains("8 asked"), "{fold}");
    let (fields, _) = page.split_once("id=\"results\"").unwrap();
    assert!(fields.contains("class=\"jump\""), "the way to the lists stands before them");
}

fn certificate() -> Requirement {
    sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[0].yaml).unwrap()
}

#[tokio::test]
async fn changed_fields_bring_the_market_as_the_changed_need_sees_it() {
    let site = Site::open().await;
    let all = fields(&site.page("/needs/templates/certificate-service").await);
    let document = serde_json::to_string(&certificate()).unwrap();
    let edits = [("value-disaster:availability.rto", "8 h"), ("document", document.as_str())];
    let answer = post(&site, "/needs/candidates?lang=ja", &changed(all, &edits)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let data: app::studio::StudioData = serde_json::from_str(&answer.text).unwrap();
    let rto = data.asks.iter().find(|ask| ask.key == RTO).unwrap();
    assert_eq!((rto.time, rto.value.as_str()), (Some(ProfileName::Disaster), "8 時間"));
    assert!(rto.label.ends_with("（災害時）"), "{}", rto.label);
    assert_eq!(data.bundle.profiles.len(), 2);
    assert!(data.sheet.contains("8 h"), "the sheet shows what was typed");
    let refused = site.post("/needs/candidates", &[("document", "{}")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_row_says_at_which_time_it_is_short_of_what() {
    let site = Site::open().await;
    let mut need = certificate();
    let disaster = need.spec.profiles.disaster.as_mut().unwrap();
    let rto = disaster.items.iter_mut().find(|item| item.item == RTO).unwrap();
    rto.value = Some(Value::Number(60.into()));
    let code = site.market.broker.share_code(&need);
    let page = site.page(&format!("/needs?doc={code}&show=200")).await;
    let near = page.split("id=\"near\"").nth(1).unwrap();
    assert!(near.contains("Fits every day. Short in a disaster:"), "{near}");
    assert!(near.contains("4 h, needs 1 min"), "{near}");
    let page = site.get(&format!("/needs?doc={code}&show=200"), "ja").await.text;
    assert!(page.contains("通常時は満たします。災害時に不足："), "{page}");
    let fits = site.page("/needs/templates/certificate-service").await;
    assert!(fits.contains("Everything asked is promised, every day and in a disaster."));
}
