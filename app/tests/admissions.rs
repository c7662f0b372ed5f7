//! Admissions on the pages: the desk's list, checks and decisions, and the provider's application.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::admissions::{AdmissionView, Application};
use domain::Role;
use support::Site;
use testkit::provider_of;

const OWN: &str = "/provider/admission";

/// What a field that comes first in its tag's attributes holds.
fn value(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// A newcomer whose application waits.
async fn applied(site: &Site) -> AdmissionView {
    let provider = provider_of(&site.market, "minami").await;
    let application = Application {
        statement: "We are Minami".to_owned(),
        links: vec!["https://minami.example/registry".to_owned()],
        send: true,
    };
    site.market.broker.apply_for_admission(&provider, &application, 0).await.unwrap()
}

#[tokio::test]
async fn a_broker_finds_who_waits_answers_the_checks_and_admits() {
    let site = Site::open().await;
    let slug = applied(&site).await.card.slug;
    let site = site.signed_in(Role::Broker).await;
    let at = format!("/desk/admissions/{slug}");
    assert!(site.page("/desk").await.contains("/desk/admissions?state=applied"));
    let list = site.page("/desk/admissions").await;
    let (first, demo) = (list.find(&at).unwrap(), list.find("/desk/admissions/hokusei").unwrap());
    assert!(first < demo, "who waits stands first");
    let none = site.page("/desk/admissions?state=refused").await;
    assert!(none.contains("No providers here") && !none.contains(&at));
    let page = site.page(&at).await;
    for part in ["We are Minami", "https://minami.example/registry", "5 required checks are open"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let read = value(&page, "revision");
    let turn = format!("{at}/turn");
    let begun = site.post(&turn, &[("step", "begin"), ("revision", &read)]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    let read = value(&site.page(&at).await, "revision");
    let refused = site.post(&turn, &[("step", "refuse"), ("revision", &read)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a refusal needs a reason");
    let early = site.post(&turn, &[("step", "admit"), ("revision", &read)]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(early.text.contains("Required checks are still open"), "{}", early.text);
    for check in ["legal_identity", "contact", "email_domain", "terms", "data_location"] {
        let read = value(&site.page(&at).await, "revision");
        let answer = [
            ("check", check.to_owned()),
            ("revision", read),
            (&format!("answer.{check}"), "met".to_owned()),
            (&format!("note.{check}"), "seen in the register".to_owned()),
        ];
        let answer: Vec<_> = answer.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let kept = site.post(&format!("{at}/answer"), &answer).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{check}: {}", kept.text);
    }
    let page = site.page(&at).await;
    assert!(page.contains("seen in the register") && page.contains("Every required check"));
    let read = value(&page, "revision");
    let done = site.post(&turn, &[("step", "admit"), ("revision", &read)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(site.page(&format!("/providers/{slug}")).await.contains("Admitted since"));
    let suspend = [("step", "suspend"), ("reason", "silent"), ("revision", "0")];
    let stale = site.post(&turn, &suspend).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "over another revision");
}

#[tokio::test]
async fn a_broker_changes_the_list_of_checks() {
    let site = Site::open().await.signed_in(Role::Broker).await;
    let at = "/desk/admission-checks";
    assert!(site.page(at).await.contains("Certificates seen"));
    let japanese = site.get(at, "ja").await.text;
    assert!(japanese.contains("法人としての実在"), "{japanese}");
    let sent = [("key", "insurance"), ("madeOf", "0"), ("place", "15"), ("titleEn", "Insurance")];
    let refused = site.post(at, &sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "no Japanese title");
    let sound = [&sent[..], &[("titleJa", "保険"), ("options", "required")]].concat();
    assert_eq!(site.post(at, &sound).await.status, StatusCode::SEE_OTHER);
    let page = site.page(&format!("{at}?check=insurance")).await;
    assert_eq!(value(&page, "madeOf"), "1");
    assert!(page.contains("Insurance"));
}

#[tokio::test]
async fn a_provider_sees_where_its_application_stands_and_everybody_that_it_is_suspended() {
    let site = Site::open().await.signed_in(Role::Provider).await;
    let page = site.page(OWN).await;
    assert!(page.contains("Entered by the market itself"), "{page}");
    let read = value(&page, "revision");
    let wrong = [("statement", "we"), ("links", "nowhere"), ("revision", &read), ("step", "keep")];
    let refused = site.post(OWN, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("nowhere"), "what was typed stays: {}", refused.text);
    let kept = [("statement", "we"), ("links", ""), ("revision", &read), ("step", "keep")];
    assert_eq!(site.post(OWN, &kept).await.status, StatusCode::SEE_OTHER);
    let desk = site.market.person(Role::Broker).await;
    let broker = &site.market.broker;
    let revision = broker.admission(&desk, "hokusei").await.unwrap().revision;
    let turn = (domain::AdmissionEvent::Suspend, "does not answer");
    broker.turn_admission(&desk, "hokusei", turn, revision).await.unwrap();
    assert!(site.page(OWN).await.contains("does not answer"));
    assert!(site.page("/inbox").await.contains("was suspended"));
    let public = site.page("/providers/hokusei").await;
    assert!(public.contains("Suspended by the market"), "{public}");
    assert_eq!(site.get("/desk/admissions", "en").await.status, StatusCode::FORBIDDEN);
}
