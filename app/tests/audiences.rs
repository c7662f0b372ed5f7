//! S1 on the pages: offers that are shown to invited organisations only, and favourites.

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

const AUDIENCES: &str = "/provider/audiences";
const OFFER: &str = "hokusei-gov-iaas";

/// The first address that begins so.
fn address(page: &str, start: &str) -> String {
    let at = page.find(start).unwrap_or_else(|| panic!("{start} in {page}"));
    page[at..].split(['"', '#']).next().unwrap().to_owned()
}

/// What is in the market's list.
async fn lists(site: &Site, title: &str) -> bool {
    site.page("/market?q=public-sector").await.contains(title)
}

#[tokio::test]
async fn s1_an_offer_is_shown_to_an_organisation_that_enters_the_code_of_its_provider() {
    let site = Site::open().await;
    let id = site.market.offer(OFFER).await;
    let shown = site.page(&format!("/market/offers/{id}")).await;
    let title = "Hokusei Cloud public-sector IaaS";
    assert!(shown.contains(title) && lists(&site, title).await);

    let provider = site.signed_in(Role::Provider).await;
    assert!(provider.page(AUDIENCES).await.contains("You have no audience yet"));
    let nameless = provider.post(AUDIENCES, &[("kind", "private"), ("name", " ")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = provider.post(AUDIENCES, &[("kind", "private"), ("name", "Ministry")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let audience = made.location.clone();
    let unknown = [("organisation", "Nobody Ltd"), ("days", "14")];
    let unknown = provider.post(&format!("{audience}/invitations"), &unknown).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text.contains("There is no organisation with this id or name"));
    assert!(unknown.text.contains("Nobody Ltd"), "what was typed stays");
    let invited = [("organisation", ""), ("note", "via <Sato>"), ("days", "7")];
    let invited = provider.post(&format!("{audience}/invitations"), &invited).await;
    assert_eq!(invited.status, StatusCode::CREATED);
    let code = address(&invited.text, "kmc_").split('<').next().unwrap().to_owned();
    let again = provider.page(&audience).await;
    assert!(!again.contains(&code), "it is shown once");
    assert!(again.contains("via &lt;Sato&gt;") && again.contains("Whoever brings the code"));

    let own = format!("/provider/offers/{id}");
    let chosen = audience.rsplit('/').next().unwrap().to_owned();
    let before = provider.page(&own).await;
    assert!(before.contains("Who may know of it"));
    // Its document speaks of a community cloud.
    assert!(before.contains("for one organisation or a community, and everybody"), "{before}");
    let choice = provider.post(&format!("{own}/audience"), &[("audience", &chosen)]).await;
    assert!(choice.flash("It was noted who may know of the offer"), "{}", choice.cookies);
    let after = provider.page(&own).await;
    assert!(after.contains("Who may know of it") && !after.contains("and everybody may know"));
    assert!(provider.page(&audience).await.contains(title));
    assert!(provider.page(&format!("/market/offers/{id}")).await.contains("Invited only"));

    let site = provider.signed_in(Role::Customer).await;
    let hidden = site.get(&format!("/market/offers/{id}"), "en").await;
    let nowhere = site.get("/market/offers/ofr_0000000000000000000000000z", "en").await;
    assert_eq!((hidden.status, nowhere.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(!lists(&site, title).await);
    assert!(site.page("/account").await.contains("/invitations"));
    let wrong = site.post("/invitations/code", &[("code", "kmc_wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("This code is not good"), "{}", wrong.text);
    let entered = site.post("/invitations/code", &[("code", &code)]).await;
    assert!(entered.flash("finds the offers of this audience"), "{}", entered.cookies);
    let mine = site.page("/invitations").await;
    assert!(mine.contains("Ministry") && mine.contains("Leave") && !mine.contains("via &lt;"));
    assert!(lists(&site, title).await && lists(&site, "For you only").await);
    let japanese = site.get(&format!("/market/offers/{id}"), "ja").await;
    assert_eq!(japanese.status, StatusCode::OK);
    assert!(japanese.text.contains("貴組織専用"), "{}", japanese.text);

    let leave =
        format!("{}/decline", address(&mine, "/invitations/inv_").trim_end_matches("/decline"));
    let left = site.post(&leave, &[]).await;
    assert!(left.flash("left the audience"), "{}", left.cookies);
    assert!(!lists(&site, title).await);
}

#[tokio::test]
async fn s1_who_is_invited_by_name_accepts_and_the_provider_takes_it_back() {
    let site = Site::open().await;
    let id = site.market.offer(OFFER).await;
    let customer = site.market.person(Role::Customer).await;
    let organisation = customer.actor.organisation().unwrap().to_string();
    let provider = site.signed_in(Role::Provider).await;
    let made = provider.post(AUDIENCES, &[("kind", "community"), ("name", "Cities")]).await;
    let invited = [("organisation", organisation.as_str())];
    let invited = provider.post(&format!("{}/invitations", made.location), &invited).await;
    assert!(invited.flash("The organisation is invited"), "{}", invited.cookies);
    let chosen = made.location.rsplit('/').next().unwrap();
    let at = format!("/provider/offers/{id}/audience");
    provider.post(&at, &[("audience", chosen)]).await;
    let site = provider.signed_in(Role::Customer).await;
    let inbox = site.page("/inbox").await;
    assert!(inbox.contains("invites you to its offers for “Cities”"), "{inbox}");
    let mine = site.page("/invitations").await;
    let accept = address(&mine, "/invitations/inv_");
    assert!(accept.ends_with("/accept") && mine.contains("Not answered"));
    let accepted = site.post(&accept, &[]).await;
    assert!(accepted.flash("finds the offers of this audience"), "{}", accepted.cookies);
    let shown = site.get(&format!("/market/offers/{id}"), "en").await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains("By invitation"));
    let foreign = site.get(&made.location, "en").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let provider = site.signed_in(Role::Provider).await;
    let back = address(&provider.page(&made.location).await, "/provider/invitations/inv_");
    let taken = provider.post(&back, &[]).await;
    assert!(taken.flash("The invitation was taken back"), "{}", taken.cookies);
    let site = provider.signed_in(Role::Customer).await;
    let shown = site.get(&format!("/market/offers/{id}"), "en").await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
    assert!(site.page("/invitations").await.contains("Taken back"));
    let desk = site.signed_in(Role::Broker).await;
    let audit = desk.page("/desk/audit").await;
    for action in ["Audience made", "Audience of an offer chosen", "Invitation accepted"] {
        assert!(audit.contains(action), "{action}");
    }
}

#[tokio::test]
async fn a_favourite_is_kept_with_one_press_and_stays_when_the_offer_is_withdrawn() {
    let site = Site::open().await;
    let id = site.market.offer(OFFER).await;
    assert!(!site.page("/market").await.contains("☆"), "nobody to keep it for");
    let stranger = site.get("/market/favourites", "en").await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    let provider = site.market.person(Role::Provider).await;
    let site = site.signed_in(Role::Customer).await;
    assert!(site.page("/market/favourites").await.contains("You have no favourites yet"));
    let offer = format!("/market/offers/{id}");
    assert!(site.page(&offer).await.contains("as a favourite"));
    let keep = [("keep", id.to_string()), ("back", "/market?q=public-sector".to_owned())];
    let keep: Vec<(&str, &str)> =
        keep.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let kept = site.post("/market/favourites", &keep).await;
    assert_eq!(kept.location, "/market?q=public-sector");
    site.post("/market/favourites", &keep).await;
    let away = [("keep", keep[0].1), ("back", "https://elsewhere.example/")];
    let away = site.post("/market/favourites", &away).await;
    assert!(!away.location.contains("elsewhere"), "{}", away.location);
    assert!(site.page("/market?q=public-sector").await.contains("★"));
    let list = site.page("/market/favourites").await;
    assert!(list.contains(&offer) && list.contains("/market/compare"), "{list}");
    site.market.broker.withdraw_offer(&provider, id).await.unwrap();
    site.market.broker.sync_market().await.unwrap();
    let list = site.page("/market/favourites").await;
    assert!(list.contains("withdrawn") && !list.contains(&format!("href=\"{offer}\"")), "{list}");
    let dropped = site.post("/market/favourites", &[("drop", keep[0].1)]).await;
    assert_eq!(dropped.location, "/market/favourites");
    assert!(site.page("/market/favourites").await.contains("You have no favourites yet"));
    let unknown = site.post("/market/favourites", &[("keep", "ofr_1")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
