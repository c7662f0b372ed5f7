//! Where a service and a need could be secured next, as pages.

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

const OFFER: &str = "hokusei-gov-iaas";

#[tokio::test]
async fn f7_4_2_a_service_shows_where_it_could_be_secured_and_who_comes_first() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let customer = site.market.person(Role::Customer).await;
    let id = site.market.sign(&customer, OFFER, "one").await.unwrap();
    let address = format!("/contracts/{id}");
    assert!(!site.page(&address).await.contains("id=\"standby\""), "it does not run yet");
    site.market.run_workflows().await;
    let page = site.page(&address).await;
    assert!(page.contains("The list is not made yet"), "{page}");
    site.market.broker.renew_standby_lists().await.unwrap();
    let page = site.page(&address).await;
    for said in ["it runs here", "own cloud", "another hazard zone", "JP-27", "Made"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let japanese = site.get(&address, "ja").await.text;
    assert!(
        japanese.contains("次に確保できる場所") && japanese.contains("自クラウド"),
        "{japanese}"
    );

    let changed = site.post(&format!("{address}/own-first"), &[("ownFirst", "no")]).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text);
    assert!(site.page(&address).await.contains("Ask the own cloud first"));
    let other = site.signed_in_as_other_customer().await;
    let refused = other.post(&format!("{address}/own-first"), &[("ownFirst", "no")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    other.market.finish().await;
}

#[tokio::test]
async fn p6_1_i6_a_need_shows_its_places_while_it_is_watched() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let customer = site.market.person(Role::Customer).await;
    let broker = &site.market.broker;
    let template = broker.templates().into_iter().next().unwrap().requirement;
    let text = sla::canonical_json(&template);
    let saved = broker.save_requirement(&customer, &text, None).await.unwrap();
    let address = format!("/needs/{}/standby", saved.card.id);
    assert!(site.page(&format!("/needs/{}", saved.card.id)).await.contains(&address));
    broker.watch_requirement(&customer, saved.card.id, false).await.unwrap();
    assert!(site.page(&address).await.contains("This need is not watched"));
    broker.watch_requirement(&customer, saved.card.id, true).await.unwrap();
    broker.renew_standby_lists().await.unwrap();
    let page = site.page(&address).await;
    assert!(page.contains("contains the need") && page.contains("/contracts/new?offer="), "{page}");
    let other = site.signed_in_as_other_customer().await;
    assert_eq!(other.get(&address, "en").await.status, StatusCode::NOT_FOUND);
    other.market.finish().await;
}

#[tokio::test]
async fn f7_4_4_places_are_held_shown_with_their_time_booked_and_let_go() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let need = "template:certificate-service";
    let page = site.page("/needs/templates/certificate-service").await;
    let way = "/firm/new?need=template%3Acertificate-service";
    assert!(page.contains(way), "{page}");
    let page = site.page(way).await;
    assert!(page.contains("as the need says: a strong promise"), "{page}");
    let japanese = site.get(way, "ja").await.text;
    assert!(japanese.contains("問い合わせて仮押さえする"), "{japanese}");

    let asked = site.post("/firm/new", &[("need", need), ("strategy", "cost_first")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let address = asked.location.clone();
    assert!(site.page(&address).await.contains("The clouds are being asked"));
    site.market.settle().await;
    let page = site.page(&address).await;
    for said in ["held for you", "Bookable", "a low price", "Let all of them go", "there and back"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let (booking, nameless) = (format!("{address}/book"), [("place", "1"), ("serviceName", " ")]);
    let nameless = site.post(&booking, &nameless).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nameless.text.contains("field-serviceName-error"), "{}", nameless.text);
    let start = page.find("name=\"place\"").unwrap();
    let number = page[start..].split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("place", number), ("serviceName", "Certificates")];
    let booked = site.post(&format!("{address}/book"), &fields).await;
    assert!(booked.location.starts_with("/contracts/ctr_"), "{} {}", booked.location, booked.text);
    site.market.run_workflows().await;
    assert!(site.page(&booked.location).await.contains("running"));
    let page = site.page(&address).await;
    assert!(page.contains("A place was booked") && page.contains(&booked.location), "{page}");

    let asked = site.post("/firm/new", &[("need", need)]).await;
    site.market.settle().await;
    let dropped = site.post(&format!("{}/drop", asked.location), &[]).await;
    assert_eq!(dropped.location, asked.location);
    site.market.settle().await;
    let page = site.page(&asked.location).await;
    assert!(page.contains("Everything was let go") && page.contains("Ask again"), "{page}");
    let other = site.signed_in_as_other_customer().await;
    assert_eq!(other.get(&address, "en").await.status, StatusCode::NOT_FOUND);
    other.market.finish().await;
}

#[tokio::test]
async fn a_firm_list_counts_down_and_tells_its_end_to_whoever_comes_then() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let need = "template:certificate-service";
    let address = site.post("/firm/new", &[("need", need)]).await.location;
    site.market.settle().await;
    let page = site.page(&address).await;
    for said in ["role=\"timer\"", "in 2 minutes", "{minutes} min {seconds} s left"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let japanese = site.get(&address, "ja").await.text;
    assert!(japanese.contains("残り {minutes} 分 {seconds} 秒"), "{japanese}");
    site.market.clock.advance_us(170_000_000);
    let page = site.page(&address).await;
    assert!(page.contains("The time is over; the places are being let go"), "{page}");
    assert!(page.contains("Look again") && !page.contains("Book this place"), "{page}");
    assert!(!page.contains("role=\"timer\""), "nothing is loaded again by itself: {page}");
    site.market.settle().await;
    let page = site.page(&address).await;
    assert!(page.contains("The time is over; everything was let go"), "{page}");
}

#[tokio::test]
async fn p6_1_b1_more_room_is_secured_shown_place_by_place_and_given_back() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let customer = site.market.person(Role::Customer).await;
    let id = site.market.sign(&customer, OFFER, "one").await.unwrap();
    site.market.run_workflows().await;
    site.market.broker.renew_standby_lists().await.unwrap();
    let address = format!("/contracts/{id}/secure");
    assert!(site.page(&format!("/contracts/{id}")).await.contains(&address));
    let page = site.page(&address).await;
    assert!(
        page.contains("Nothing was secured yet") && page.contains("At most per month"),
        "{page}"
    );
    let fields = |instances, limit| [("instances", instances), ("limit", limit), ("key", "k")];
    for (instances, limit) in [("many", ""), ("17", ""), ("1", "a lot")] {
        let wrong = site.post(&address, &fields(instances, limit)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{instances} {limit}");
        assert!(wrong.text.contains("-error"), "{}", wrong.text);
    }
    let sent = site.post(&address, &fields("2", "")).await;
    assert_eq!((sent.status, sent.location.as_str()), (StatusCode::SEE_OTHER, address.as_str()));
    site.market.run_workflows().await;
    let page = site.page(&address).await;
    for said in ["2 more machines", "All of it is secured", "room for 2", "Give all of it back"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let japanese = site.get(&address, "ja").await.text;
    assert!(japanese.contains("すべて確保しました"), "{japanese}");
    let start = page.find("/securings/sec_").unwrap();
    let back = page[start..].split('"').next().unwrap().to_owned();
    let given = site.post(&back, &[]).await;
    assert_eq!(given.location, address, "{}", given.text);
    site.market.run_workflows().await;
    assert!(!site.page(&address).await.contains("Give all of it back"));
    let other = site.signed_in_as_other_customer().await;
    assert_eq!(other.get(&address, "en").await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.post(&back, &[]).await.status, StatusCode::NOT_FOUND);
    other.market.finish().await;
}
