//! The public pages of the market over the demo market, in both languages.

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

const HOKUSEI: &str = "Hokusei Cloud public-sector IaaS";

/// The part of a page between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("the page has no {from}"));
    let rest = &page[start..];
    &rest[..rest.find(to).unwrap_or(rest.len())]
}

fn title(page: &str) -> &str {
    between(page, "<title>", "</title>")
}

#[tokio::test]
async fn every_public_page_answers_in_both_languages_with_its_own_title_and_one_heading() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let offer = format!("/market/offers/{id}");
    let mut seen = std::collections::BTreeSet::new();
    for path in [
        "/",
        "/market",
        "/market?q=Osaka",
        "/market/compare",
        &offer,
        "/needs/new",
        "/needs/new?by=form",
        "/needs/new?by=yaml",
        "/needs/templates/certificate-service",
        "/needs/templates/collaboration-service",
        "/needs/templates/tracking-service",
        "/items",
        "/items/availability.rto",
        "/items/security.assurance_level",
        "/providers",
        "/providers/hokusei",
        "/how-ranking-works",
    ] {
        for language in ["en", "ja"] {
            let answer = site.get(path, language).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.text.matches("<h1").count(), 1, "{path}");
            assert!(answer.text.contains(&format!("<html lang=\"{language}\"")), "{path}");
            let title = format!("{language} {}", title(&answer.text));
            assert!(seen.insert(title.clone()), "{path} shares its title: {title}");
        }
    }
}

#[tokio::test]
async fn the_first_page_leads_to_templates_search_and_the_running_part() {
    let site = Site::open().await;
    let page = site.page("/").await;
    for link in [
        "href=\"/needs/templates/certificate-service\"",
        "href=\"/needs/templates/tracking-service\"",
        "action=\"/market\"",
        "href=\"/market?backed=1\"",
    ] {
        assert!(page.contains(link), "{link}");
    }
}

#[tokio::test]
async fn a_search_narrows_and_each_filter_can_be_taken_away() {
    let site = Site::open().await;
    let all = site.page("/market").await;
    let page = site.page("/market?country=JP&model=IaaS&cert=ismap").await;
    assert!(page.contains("href=\"/market?model=IaaS&amp;country=JP\""), "the chip of ISMAP");
    assert!(page.matches("class=\"offer\"").count() < all.matches("class=\"offer\"").count());
    assert!(page.contains(HOKUSEI));
    let empty = site.page("/market?q=nothinglikethis").await;
    assert!(empty.contains("No offer fits these filters") && empty.contains("href=\"/market\""));
}

#[tokio::test]
async fn a_price_that_is_no_amount_is_said_and_kept() {
    let page = Site::open().await.page("/market?max=cheap&currency=JPY").await;
    assert!(page.contains("“cheap” is not possible here") && page.contains("value=\"cheap\""));
}

#[tokio::test]
async fn an_offer_shows_every_core_item_and_what_is_not_declared() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let page = site.page(&format!("/market/offers/{id}")).await;
    for item in sla::registry().core() {
        assert!(page.contains(&format!("href=\"/items/{}\"", item.key)), "{}", item.key);
    }
    assert!(page.contains("not declared") && page.contains("99.95 %") && page.contains("No data"));
    assert!(page.contains("¥182,000 a month") && page.contains("<svg"));
    let missing = site.get("/market/offers/ofr_00000000000000000000000000", "en").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_offer_is_judged_against_a_chosen_need() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let judged = |need: &str| format!("/market/offers/{id}?need={need}");
    let enough = site.page(&judged("template%3Acertificate-service")).await;
    assert!(enough.contains("The promise contains the need."));
    let short = site.page(&judged("template%3Atracking-service")).await;
    assert!(short.contains("The promise does not contain the need.") && short.contains("short by"));
    let unreadable = site.page(&judged("doc%3A%21%21")).await;
    assert!(unreadable.contains("The need of this link cannot be read"));
}

/// Table 1 of the paper: which of the three example offers contain which need.
#[tokio::test]
async fn the_three_needs_match_the_example_offers_that_contain_them() {
    let site = Site::open().await;
    for (need, matching) in [
        ("certificate-service", "hokusei-gov-iaas"),
        ("collaboration-service", "rheinland-business-cloud"),
        ("tracking-service", "edge-burst-tokyo"),
    ] {
        for language in ["en", "ja"] {
            let answer = site.get(&format!("/needs/templates/{need}?show=200"), language).await;
            assert_eq!(answer.status, StatusCode::OK);
            let fits = between(&answer.text, "id=\"matches\"", "</section>");
            for example in sla::EXAMPLE_OFFERS {
                let offer = sla::parse_offer(example.yaml).unwrap();
                let locale = if language == "en" { sla::Locale::En } else { sla::Locale::Ja };
                let title = offer.metadata.title.get(locale);
                let expected = offer.metadata.name == matching;
                assert_eq!(fits.contains(title), expected, "{need} and {title}");
            }
        }
    }
}

#[tokio::test]
async fn a_ranked_list_can_be_reproduced_from_its_link() {
    let site = Site::open().await;
    let page = site.page("/needs/templates/tracking-service?order=value").await;
    let (_, rest) = page.split_once("href=\"/needs?doc=").unwrap();
    let link = format!("/needs?doc={}", rest.split('"').next().unwrap().replace("&amp;", "&"));
    assert!(link.ends_with("order=value"), "{link}");
    let again = site.page(&link).await;
    let places = |page: &str| -> Vec<String> {
        page.split("/market/offers/").skip(1).map(|rest| rest[..30].to_owned()).collect()
    };
    assert!(!places(&page).is_empty());
    assert_eq!(places(&again), places(&page));
    let cut = site.get("/needs?doc=abc", "en").await;
    assert_eq!(cut.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(cut.text.contains("This link cannot be read"));
    let bare = site.get("/needs?doc=e30", "en").await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, allowed) in [("kind: ", "QualityRequirement"), ("metadata: ", "Allowed: ")] {
        let (_, rest) = bare.text.split_once(field).unwrap_or_else(|| panic!("no {field}"));
        assert!(rest.split(" / ").next().unwrap().contains(allowed), "{field}{rest}");
    }
}

#[tokio::test]
async fn a_form_with_faults_keeps_what_was_typed_and_marks_the_field() {
    let site = Site::open().await;
    let typed = [
        ("title_en", "Booking <site>"),
        ("user_regions", "JP"),
        ("value-availability.service_uptime", "99,9"),
        ("level-availability.service_uptime", "must"),
        ("do", "rank"),
    ];
    let answer = site.post("/needs/new", &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("value=\"99,9\"") && answer.text.contains("Booking &lt;site&gt;"));
    assert!(answer.text.contains("field-value-availability.service_uptime-error"));
}

#[tokio::test]
async fn a_sound_form_leads_to_the_ranked_list_of_its_need() {
    let site = Site::open().await;
    let typed = [
        ("title_en", "Booking site"),
        ("user_regions", "JP"),
        ("value-availability.service_uptime", "99.9 %"),
        ("level-availability.service_uptime", "must"),
        ("value-security.certifications", "ismap"),
        ("level-security.certifications", "prefer"),
        ("weight-security.certifications", "2"),
    ];
    let answer = site.post("/needs/new", &typed).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = site.page(&answer.location).await;
    assert!(page.contains("Booking site") && page.contains("at least 99.9 %"));
    assert!(page.contains("all of: ISMAP"));
    let asked = between(&page, "data-item=\"security.certifications\"", "</fieldset>");
    assert!(asked.contains("value=\"prefer\" selected") && asked.contains("value=\"2\""));
}

#[tokio::test]
async fn a_document_shows_all_its_faults_with_their_paths() {
    let site = Site::open().await;
    let text = sla::EXAMPLE_REQUIREMENTS[2]
        .yaml
        .replace("0.98", "1.98")
        .replace("value: 0.1", "value: soon");
    let answer = site.post("/needs/new/yaml", &[("text", &text)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in ["/spec/profiles/normal/items/0/value", "/spec/profiles/normal/items/1/value"] {
        assert!(answer.text.contains(path), "{path}");
    }
    let answer = site.post("/needs/new/yaml", &[("text", sla::EXAMPLE_REQUIREMENTS[2].yaml)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_need_is_saved_edited_and_listed_after_sign_in() {
    let site = Site::open().await;
    let page = site.page("/needs/templates/certificate-service").await;
    assert!(page.contains("/account/sign-in?next=%2Fneeds%3Fdoc%3D"));
    let site = site.signed_in(Role::Customer).await;
    let page = site.page("/needs/templates/certificate-service").await;
    let (_, rest) = page.split_once("name=\"doc\" value=\"").unwrap();
    let code = rest.split('"').next().unwrap().to_owned();
    let saved = site.post("/needs/save", &[("doc", &code)]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert!(site.page(&saved.location).await.contains("Certificate service"));
    // Sent three times at once, and once more: it is saved already.
    let pairs = [("doc", code.as_str())];
    let click = || site.post("/needs/save", &pairs);
    let (a, b, c) = tokio::join!(click(), click(), click());
    for again in [a, b, c, click().await] {
        assert_eq!((again.status, &again.location), (StatusCode::SEE_OTHER, &saved.location));
    }
    assert_eq!(site.page("/needs").await.matches("href=\"/needs/req_").count(), 1);
    let need = format!("saved:{}", saved.location.trim_start_matches("/needs/"));
    let edit = site.page(&format!("/needs/new?by=form&need={}", need.replace(':', "%3A"))).await;
    assert!(edit.contains("stay as they are"), "the parts the form cannot show are named");
    let typed = [
        ("need", need.as_str()),
        ("title_en", "Certificates, relaxed"),
        ("user_regions", "JP"),
        ("value-availability.service_uptime", "99 %"),
        ("level-availability.service_uptime", "must"),
        ("do", "save"),
    ];
    let answer = site.post("/needs/new", &typed).await;
    assert_eq!(answer.location, saved.location, "{}", answer.text);
    let page = site.page(&answer.location).await;
    assert!(page.contains("at least 99 %") && page.contains("Security assurance level"));
    assert!(site.page("/needs").await.contains("Certificates, relaxed"));
}

#[tokio::test]
async fn f7_1_3_what_was_searched_for_is_marked_and_what_was_meant_is_offered() {
    let site = Site::open().await;
    let page = site.page("/market?q=backups%20postgres").await;
    assert!(page.contains("<mark>backups</mark>"), "in the description: {page}");
    assert!(page.contains("<mark>PostgreSQL</mark> 16"), "in what is installed");
    let japanese = site.get("/market?q=%E8%87%AA%E6%B2%BB%E4%BD%93", "ja").await.text;
    assert!(japanese.contains("<mark>自治体</mark>"), "{japanese}");
    let hostile = site.page("/market?q=%3Cscript%3Ex%20postgres").await;
    assert!(!hostile.contains("<script>x") && !hostile.contains("<mark><"));
    let misspelt = site.page("/market?q=postgersql").await;
    assert!(
        misspelt.contains("Did you mean") && misspelt.contains("href=\"/market?q=postgresql\"")
    );
    assert!(misspelt.contains("No offer has all the words of “postgersql”"));
    let kana = site
        .get("/market?q=%E3%83%87%E3%83%BC%E3%82%BF%E3%83%99%E3%82%A4%E3%82%B9", "ja")
        .await
        .text;
    assert!(kana.contains("もしかして") && kana.contains(">データベース</a>"), "{kana}");
    let known = site.page("/market?q=postgresql").await;
    assert!(!known.contains("Did you mean"));
}

#[tokio::test]
async fn an_empty_list_names_what_to_leave_out_and_what_that_brings() {
    let site = Site::open().await;
    let way = site.page("/market?q=kafka&country=DE").await;
    assert!(way.contains("There are offers when one thing is left out"), "{way}");
    assert!(way.contains("without Germany") && way.contains("without “kafka”"), "{way}");
    let link = way.split("class=\"ways-out\"").nth(1).unwrap();
    let href = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let found = site.page(&href.replace("&amp;", "&")).await;
    assert!(!found.contains("class=\"ways-out\"") && found.contains("class=\"offer\""), "{href}");
}

#[tokio::test]
async fn what_was_picked_for_a_comparison_stays_while_the_list_goes_on() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let first = site.page(&format!("/market?q=kafka&offer={id}")).await;
    assert!(first.contains("Chosen on other pages") && first.contains(HOKUSEI));
    let tray = first.split("class=\"tray\"").nth(1).unwrap();
    assert!(tray.contains(&format!("value=\"{id}\" checked")), "{tray}");
    let here = site.page(&format!("/market?provider=hokusei&offer={id}")).await;
    assert!(!here.contains("Chosen on other pages"), "it stands in the list itself");
    assert!(here.contains(&format!("value=\"{id}\" checked")));
    let pages = site.page("/market").await;
    assert!(pages.contains("name=\"page\" value=\"2\" formaction=\"/market\""), "{pages}");
    assert!(
        pages.contains("list=\"market-suggestions\"") && pages.contains("value=\"PostgreSQL\"")
    );
    assert!(pages.contains("provider:hokusei region:jp-osaka"), "the help names the fields");
}

#[tokio::test]
async fn a_chosen_need_orders_the_list_and_stands_in_every_link() {
    let site = Site::open().await;
    let page = site.page("/market?need=template%3Acollaboration-service").await;
    let first = page.find("Rheinland Business Cloud").unwrap();
    assert!(first < page.find(HOKUSEI).unwrap_or(usize::MAX));
    assert!(page.contains("Fit to my need"));
    assert!(page.contains("href=\"/market?need=template%3Acollaboration-service&amp;sort=price\""));
    assert!(!site.page("/market").await.contains("Fit to my need"));
}

#[tokio::test]
async fn what_differs_is_marked_in_a_comparison() {
    let site = Site::open().await;
    let mut path = "/market/compare?".to_owned();
    for title in [HOKUSEI, "Hokusei Cloud managed database"] {
        path.push_str(&format!("offer={}&", site.offer_titled(title).await));
    }
    let page = site.page(&path).await;
    assert!(page.contains("class=\"differs\"") && page.contains("≠"));
    // Why a stated value may count as not promised.
    let need = format!("{path}need=template%3Atracking-service");
    assert!(site.page(&need).await.contains("Promised at least as: guaranteed"));
    let studio = site.get("/needs/templates/tracking-service", "ja").await.text;
    assert!(studio.contains("約束の種類："), "{studio}");
    let only = site.page(&format!("{path}only=differences")).await;
    assert!(only.matches("<tr").count() < page.matches("<tr").count());
}

#[tokio::test]
async fn hostile_input_is_shown_as_text_or_refused() {
    let site = Site::open().await;
    let long = format!("/market?q={}", "a".repeat(5000));
    for path in [
        "/market?q=%3Cscript%3Ealert(1)%3C/script%3E&provider=%3Cscript%3E&min=%3Cscript%3E",
        "/market?q=%00%00&page=99999999999999999999",
        "/market?q=%22%20OR%20(%5B%7B%5E~*%3F%3A%5C&page=-1&sort=x",
        &long,
        "/market/compare?offer=%3Cscript%3E&offer=x",
        "/market/offers/%3Cscript%3E",
        "/needs/templates/%3Cscript%3E",
        "/needs?doc=%3Cscript%3E",
        "/needs/new?by=%3Cscript%3E&need=template%3A%3Cscript%3E",
        "/needs/templates/tracking-service?order=%3Cscript%3E&show=-1&open=%3Cscript%3E",
        "/items/%3Cscript%3E",
        "/providers/%3Cscript%3E",
        "/needs/req_00000000000000000000000000",
    ] {
        let answer = site.get(path, "en").await;
        let known = answer.status == StatusCode::OK
            || answer.status.is_redirection()
            || answer.status.is_client_error();
        assert!(known, "{path}: {}", answer.status);
        assert!(!answer.text.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn an_offer_with_a_cloud_behind_it_leads_to_plan_and_price() {
    let site = Site::open().await;
    let broker = &site.market.broker;
    let system = broker::OpContext::system("test");
    let provider = broker.provider(&system, "hokusei").await.unwrap().card.id;
    let url = "http://127.0.0.1:9";
    broker.connect_provider(&system, provider, url, "token").await.unwrap();
    let waiting = site.page("/market?backed=1").await;
    assert!(!waiting.contains(HOKUSEI), "it has not passed an examination");
    broker.vouch_for(&system, provider, url).await.unwrap();
    let page = site.page("/needs/templates/certificate-service").await;
    let fits = between(&page, "id=\"matches\"", "</section>");
    assert!(fits.contains("can be contracted") && fits.contains("/contracts/new?offer=ofr_"));
    assert!(fits.contains("need=template%3Acertificate-service"));
    let near = between(&page, "id=\"near\"", "</section>");
    assert!(near.contains("catalogue only"));
    let backed = site.page("/market?backed=1").await;
    assert!(backed.contains(HOKUSEI) && !backed.contains("catalogue only"));
    let id = site.offer_titled(HOKUSEI).await;
    let offer = site.page(&format!("/market/offers/{id}")).await;
    assert!(offer.contains("formaction=\"/contracts/new\""));
}

#[tokio::test]
async fn every_item_has_a_page_that_says_how_to_ask_for_it_and_where_else_it_stands() {
    let site = Site::open().await;
    for item in sla::registry().items() {
        for language in ["en", "ja"] {
            let answer = site.get(&format!("/items/{}", item.key), language).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", item.key);
            for part in ["measured", "ask", "scale", "together", "offers", "maps"] {
                assert!(answer.text.contains(&format!("id=\"{part}\"")), "{} {part}", item.key);
            }
            assert!(answer.text.contains(&format!("{{item: {}, op:", item.key)), "{}", item.key);
        }
    }
}

#[tokio::test]
async fn a_need_can_be_started_from_the_page_of_an_item() {
    let site = Site::open().await;
    for key in ["availability.service_uptime", "security.assurance_level"] {
        let page = site.page(&format!("/items/{key}")).await;
        let (_, rest) = page.split_once("href=\"/needs/new?").unwrap();
        let address = rest.split('"').next().unwrap().replace("&amp;", "&");
        let form = site.get(&format!("/needs/new?{address}"), "en").await;
        assert_eq!(form.status, StatusCode::OK, "{address}");
        assert!(form.text.contains(key), "{key}");
    }
}

#[tokio::test]
async fn items_are_searched_in_both_languages_and_nothing_found_is_said() {
    let site = Site::open().await;
    let uptime = site.page("/items?q=uptime").await;
    assert!(uptime.contains("/items/availability.service_uptime"));
    assert!(!uptime.contains("/items/legal.governing_law"));
    let none = site.page("/items?q=nosuchword").await;
    assert!(none.contains("No item speaks of this") && none.contains("value=\"nosuchword\""));
}

#[tokio::test]
async fn an_expired_certificate_is_shown_as_counting_no_longer() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let page = site.page(&format!("/market/offers/{id}")).await;
    assert!(page.contains("Evidence for ISMAP until 2027-08-31"), "still counting");
    assert!(!page.contains("Expired, counts no longer"));
}

#[tokio::test]
async fn schemas_stand_at_addresses_that_stay_and_are_kept_by_their_tag() {
    let site = Site::open().await;
    for name in ["document", "offer", "requirement"] {
        let answer = site.get(&format!("/schemas/v1alpha1/{name}.json"), "en").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        let schema: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(schema, sla::schema::named(name).unwrap());
    }
    for path in ["/schemas/v1alpha1/other.json", "/schemas/v9/document.json"] {
        assert_eq!(site.get(path, "en").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// The address of a need for uptime in Japan that no single offer of the demo market contains.
async fn never_down(site: &Site) -> String {
    let text = "apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {name: never-down, version: 1, title: {en: Never down, ja: 止まらない業務}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items:
        - {item: availability.service_uptime, op: gte, value: 0.99999, level: must}
        - {item: security.data_location, op: subset_of, value: [JP], level: must}
";
    let answer = site.post("/needs/new/yaml", &[("text", text)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.location
}

#[tokio::test]
async fn where_no_single_offer_will_do_two_are_proposed_with_how_they_are_composed() {
    let site = Site::open().await;
    let address = never_down(&site).await;
    for (language, words) in [
        ("en", ["Primary", "Standby", "hazard zone JP-", "while it is down the standby", "Asked:"]),
        ("ja", ["主系", "待機系", "災害区域 JP-", "止まっているあいだは待機系", "要件："]),
    ] {
        let answer = site.get(&address, language).await;
        let section = between(&answer.text, "id=\"combinations\"", "id=\"relax\"");
        for word in words {
            assert!(section.contains(word), "{language} {word}");
        }
        assert!(section.contains("class=\"rank\""));
        assert!(section.contains("/market/offers/"));
    }
}

#[tokio::test]
async fn a_ranked_list_leads_to_needs_that_ask_a_little_less() {
    let site = Site::open().await;
    let page = site.page(&never_down(&site).await).await;
    let section = between(&page, "id=\"relax\"", "id=\"near\"");
    assert!(section.contains("“Service uptime”: 99.9"), "{section}");
    let (_, rest) = section.split_once("href=\"").unwrap();
    let link = rest.split('"').next().unwrap().replace("&amp;", "&");
    let relaxed = site.page(&link).await;
    assert!(relaxed.contains("offers fit") || relaxed.contains("One offer fits"));
    assert!(!relaxed.contains("No offer contains the whole need"));
}

#[tokio::test]
async fn an_offer_says_which_others_it_covers_and_a_comparison_too() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let page = site.page(&format!("/market/offers/{id}")).await;
    let section = between(&page, "id=\"coverage\"", "id=\"measured\"");
    assert!(section.contains("Covered by") && section.contains("other offers"));
    let other = site.offer_titled("Hokusei Cloud managed database").await;
    let both = site.page(&format!("/market/compare?offer={id}&offer={other}")).await;
    assert!(both.contains("Covers of these"));
}

#[tokio::test]
async fn an_offer_says_how_its_promises_are_measured() {
    let site = Site::open().await;
    let id = site.offer_titled(HOKUSEI).await;
    let page = site.page(&format!("/market/offers/{id}")).await;
    let (_, measured) = page.split_once("How it is measured").unwrap();
    for part in ["1M, Asia/Tokyo", "count from 3 min", "nothing is excluded"] {
        assert!(measured.contains(part), "{part}");
    }
    assert!(page.contains("transaction ref-web-1") && page.contains("announced-maintenance"));
}

#[tokio::test]
async fn an_offer_is_calculated_without_script_and_faults_stand_at_their_fields() {
    let site = Site::open().await;
    let offer = site.market.offer("hokusei-gov-iaas").await;
    let page = site.page(&format!("/market/offers/{offer}")).await;
    let at = format!("/market/offers/{offer}/cost");
    assert!(page.contains(&at), "the offer leads to its calculator");
    let usual = site.page(&at).await;
    for part in ["Reference basket", "182,000", "12 months", "not said by the provider"] {
        assert!(usual.contains(part), "{part}: {usual}");
    }
    let typed = "instances=2&vcpu=8&ramMb=32768&storageGb=500&networkMbps=100&months=3";
    let two = site.page(&format!("{at}?{typed}")).await;
    assert!(two.contains("364,000") && two.contains("1,092,000"), "{two}");
    let wrong = site.get(&format!("{at}?{}", typed.replace("months=3", "months=many")), "ja").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("120 以下の整数"), "{}", wrong.text);
}

#[tokio::test]
async fn the_prices_to_come_stand_beside_those_of_today_until_their_day() {
    let site = Site::open().await;
    let offer = site.market.offer("hokusei-gov-iaas").await;
    let reader = broker::OpContext::stranger("test");
    let mut document = site.market.broker.offer(&reader, offer).await.unwrap().document;
    let price = document.spec.price.as_mut().unwrap();
    let total = price.monthly_total.clone().map(|total| sla::Amount { minor: 190_000, ..total });
    price.next = Some(sla::NextPrices {
        valid_from: sla::Date::parse("2099-04-01").unwrap(),
        monthly_total: total,
        minimum: None,
        one_time: None,
        per_unit: price.per_unit.clone(),
    });
    let provider = site.market.person(domain::Role::Provider).await;
    site.market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    site.market.broker.publish_offer(&provider, offer).await.unwrap();
    let page = site.page(&format!("/market/offers/{offer}")).await;
    let section = between(&page, "id=\"next-prices\"", "id=\"places\"");
    for part in ["Prices from 2099-04-01 on", "Reference basket", "182,000", "190,000"] {
        assert!(section.contains(part), "{part}: {section}");
    }
    let calculator = site.get(&format!("/market/offers/{offer}/cost"), "ja").await.text;
    assert!(calculator.contains("2099-04-01 からの価格で計算した同じ明細"), "{calculator}");
    assert!(calculator.contains("190,000") && calculator.contains("id=\"next-prices\""));
}
