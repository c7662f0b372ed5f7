//! The inbox and the switch of watched needs, as their readers see them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::offers::OfferFile;
use domain::{RequirementId, Role};
use support::Site;

const NEED: &str = "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
    metadata: {name: watched, version: 1, title: {en: Repair, ja: 修理}}\n\
    spec: {userRegions: [JP], profiles: {normal: {items: [\
    {item: availability.mttr, op: lte, value: 18000, level: must}]}}}\n";

/// A customer's site with a watched need.
async fn site() -> (Site, RequirementId) {
    let site = Site::open().await;
    let customer = site.market.person(Role::Customer).await;
    let saved = site.market.broker.save_requirement(&customer, NEED, None).await.unwrap();
    site.market.broker.tell_watchers().await.unwrap();
    (site.signed_in(Role::Customer).await, saved.card.id)
}

/// Offers of one promise, named by number, and the notices they make.
async fn offer(site: &Site, numbers: std::ops::Range<usize>, mttr: &str, price: usize) {
    let mut text =
        "name,title.en,title.ja,model,deployment,regions,calendar,timezone,slice_seconds,\
        min_outage_seconds,commitment,availability.mttr,price.monthly,price.currency\n"
            .to_owned();
    for number in numbers {
        text.push_str(&format!(
            "row-{number},Row {number},行 {number},IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,\
             objective,{mttr},{price},JPY\n"
        ));
    }
    let provider = site.market.person(Role::Provider).await;
    let file = OfferFile { text, publish: true, ..OfferFile::default() };
    let report = site.market.broker.import_offers(&provider, file).await.unwrap();
    assert_eq!(report.fault_count, 0, "{report:?}");
    site.market.clock.advance_seconds(1);
    site.market.broker.tell_watchers().await.unwrap();
}

/// The value of the first field of that name after a place in the page.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let marker = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&marker).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap()
}

/// What the way to the inbox says of its number.
fn unread(page: &str) -> String {
    let (_, rest) = page.split_once("<span class=\"count\">").expect("a number in the head");
    let (number, rest) = rest.split_once("<span class=\"said\">").expect("what it counts");
    let (said, _) = rest.split_once("</span>").expect("an end");
    format!("{number}{said}").replace("<!>", "")
}

/// How many folded parts of a page are open.
fn open_rows(page: &str) -> usize {
    let tags = page.split("<details").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter(|tag| tag.contains(" open")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_told_in_both_languages_with_the_way_to_its_row() {
    let (site, need) = site().await;
    let empty = site.page("/inbox").await;
    assert!(empty.contains("Nothing has changed for your needs"));
    assert!(!empty.contains("class=\"count\""));
    offer(&site, 0..1, "4 h", 1000).await;
    offer(&site, 0..1, "4 h", 900).await;
    offer(&site, 0..1, "9 h", 900).await;
    let page = site.page("/inbox").await;
    assert!(page.contains("Row 0 now contains “Repair”"), "{page}");
    assert!(page.contains("Row 0 still contains “Repair”, and is better"));
    assert!(page.contains("Row 0 no longer contains “Repair”"));
    assert!(page.contains("No longer met: "));
    assert!(page.contains("(better)") && page.contains("(worse)"), "changes are said in words");
    assert_eq!(unread(&page), "3 unread");
    let customer = site.market.person(Role::Customer).await;
    let notices = site.market.broker.notices(&customer, None, None, 9).await.unwrap().items;
    let open = format!("/needs/{need}?open={}", notices[0].offers[0].id);
    assert!(page.contains(&format!("href=\"{open}\"")));
    let list = site.page(&open).await;
    assert_eq!(open_rows(&list), 1);
    assert!(!list.contains("The offer you came for"), "it is one of the rows that are shown");

    let page = site.get("/inbox", "ja").await.text;
    assert!(page.contains("行 0 が「修理」を満たすようになりました"), "{page}");
    assert!(page.contains("行 0 は「修理」を満たしたまま、条件が良くなりました"));
    assert!(page.contains("行 0 が「修理」を満たさなくなりました"));
    assert_eq!(unread(&page), "3 件が未読");
    site.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_one_notice_that_names_three() {
    let (site, _) = site().await;
    offer(&site, 0..9, "4 h", 1000).await;
    let page = site.page("/inbox").await;
    assert!(page.contains("9 offers now contain “Repair”"), "{page}");
    assert_eq!(page.matches("open=ofr_").count(), 3);
    // One that stands further down than the list shows is put above it.
    offer(&site, 0..12, "4 h", 1000).await;
    offer(&site, 12..13, "4 h", 90_000_000).await;
    let customer = site.market.person(Role::Customer).await;
    let last = site.market.broker.notices(&customer, None, None, 1).await.unwrap().items.remove(0);
    assert_eq!((last.count, last.offers[0].title_en.as_str()), (1, "Row 12"));
    let path = format!("/needs/{}?open={}", last.need.as_ref().unwrap().id, last.offers[0].id);
    let list = site.page(&path).await;
    assert!(list.contains("The offer you came for"), "{list}");
    assert_eq!(open_rows(&list), 1);
    let page = site.get("/inbox", "ja").await.text;
    assert!(page.contains("9 件の提供条件が「修理」を満たすようになりました"));
    site.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_are_marked_alone_or_together_and_taken_back() {
    let (site, need) = site().await;
    offer(&site, 0..3, "4 h", 1000).await;
    let customer = site.market.person(Role::Customer).await;
    let id = site.market.broker.notices(&customer, None, None, 9).await.unwrap().items[0].id;
    let answer = site.post(&format!("/inbox/{id}/read"), &[]).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
    let page = site.page("/inbox").await;
    assert_eq!(unread(&page), "2 unread");
    assert!(page.contains("Mark as unread: Row 2"), "{page}");
    // What is taken back is told apart by its moment.
    site.market.clock.advance_seconds(1);
    let (until, need) = (field(&page, "until").to_owned(), need.to_string());
    let answer = site.post("/inbox/read", &[("until", &until), ("need", &need)]).await;
    assert!(answer.location.starts_with(&format!("/inbox?need={need}&marked=2&at=")));
    let page = site.page(&answer.location).await;
    assert!(page.contains("2 notices were marked as read") && !page.contains("class=\"count\""));
    assert!(!page.contains("name=\"until\""), "nothing is left to mark");
    let at = field(&page, "at").to_owned();
    let answer = site.post("/inbox/unread", &[("at", &at), ("need", &need)]).await;
    assert_eq!(answer.location, format!("/inbox?need={need}"));
    assert_eq!(unread(&site.page("/inbox").await), "2 unread");
    site.post(&format!("/inbox/{id}/unread"), &[]).await;
    assert_eq!(unread(&site.page("/inbox").await), "3 unread");
    site.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_says_that_it_is_watched_and_switches_it_off_and_on() {
    let (site, need) = site().await;
    let path = format!("/needs/{need}");
    let page = site.page(&path).await;
    assert!(page.contains("Watched: the inbox tells you") && page.contains("Stop telling me"));
    let answer = site.post(&format!("{path}/watch"), &[("watch", "off")]).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, path.as_str()));
    assert!(site.page(&path).await.contains("Not watched: "));
    offer(&site, 0..1, "4 h", 1000).await;
    let list = site.page("/needs").await;
    assert!(list.contains("aria-label=\"Tell me about new matches: Repair\""), "{list}");
    site.post(&format!("{path}/watch"), &[("watch", "on")]).await;
    assert!(site.page("/needs").await.contains("aria-label=\"Stop telling me: Repair\""));
    assert!(site.page("/inbox").await.contains("Nothing has changed"));
    // A need of nobody's in particular has no switch.
    let template = site.page("/needs/templates/certificate-service").await;
    assert!(!template.contains("/watch\""));
    site.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_sign_in_first_and_other_tenants_find_nothing() {
    let stranger = Site::open().await;
    for answer in [
        stranger.get("/inbox", "en").await,
        stranger.post("/inbox/read", &[("until", "x")]).await,
        stranger.post("/inbox/unread", &[("at", "1")]).await,
        stranger.post("/inbox/ntc_00000000000000000000000001/read", &[]).await,
        stranger.post("/inbox/ntc_00000000000000000000000001/unread", &[]).await,
        stranger.post("/needs/req_00000000000000000000000001/watch", &[("watch", "off")]).await,
    ] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location.starts_with("/account/sign-in"), "{}", answer.location);
    }
    assert!(!stranger.page("/market").await.contains("/inbox"));
    stranger.market.finish().await;

    let (site, need) = site().await;
    offer(&site, 0..1, "4 h", 1000).await;
    let customer = site.market.person(Role::Customer).await;
    let id = site.market.broker.notices(&customer, None, None, 9).await.unwrap().items[0].id;
    let other = site.signed_in_as_other_customer().await;
    assert!(other.page("/inbox").await.contains("Nothing has changed"));
    let until = id.to_string();
    for answer in [
        other.get(&format!("/inbox?need={need}"), "en").await,
        other.get("/inbox?need=nonsense", "en").await,
        other.post(&format!("/inbox/{id}/read"), &[]).await,
        other.post("/inbox/nonsense/read", &[]).await,
        other.post("/inbox/read", &[("until", &until)]).await,
        other.post("/inbox/read", &[("until", "nonsense")]).await,
        other.post("/inbox/unread", &[("at", "soon")]).await,
        other.post(&format!("/needs/{need}/watch"), &[("watch", "off")]).await,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(other.market.broker.unread_notices(&customer).await.unwrap(), 1);
    other.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_statements_does_not_grow_with_the_notices() {
    let (site, _) = site().await;
    offer(&site, 0..1, "4 h", 1000).await;
    let (_, few) = storage::stats::counting(site.page("/inbox")).await;
    for number in 1..8 {
        offer(&site, number..number + 1, "4 h", 1000).await;
    }
    let (page, many) = storage::stats::counting(site.page("/inbox")).await;
    assert_eq!(unread(&page), "8 unread");
    assert_eq!(few, many);
    site.market.finish().await;
}
