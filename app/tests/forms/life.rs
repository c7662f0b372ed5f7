//! The life of an offer through the pages of its provider, the desk and the market.

use super::{Answer, Site, assert_linked, error_at};
use axum::http::StatusCode;
use domain::Role;
use std::collections::BTreeSet;

const RULES: [(&str, &str); 4] =
    [("version", "0"), ("publishedLeast", "0"), ("refusalDays", "90"), ("pricePercent", "0")];

impl Site {
    async fn page(&self, role: Option<Role>, path: &str, language: &str) -> String {
        let answer = self.get(role, path, language).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let ids: Vec<_> = answer.text.split(" id=\"").skip(1).collect();
        let ids: Vec<_> = ids.iter().filter_map(|rest| rest.split('"').next()).collect();
        let once: BTreeSet<_> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "{path}: an id stands twice: {ids:?}");
        answer.text
    }

    async fn sent(&self, role: Role, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let answer = self.post(Some(role), path, "en", pairs).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        answer
    }

    /// A draft of the demo provider.
    async fn draft(&self, name: &str) -> String {
        let ctx = broker::OpContext {
            actor: self.actor(Role::Provider),
            ..broker::OpContext::system("test")
        };
        let offer = self.market.offer("hokusei-gov-iaas").await;
        let text = self.market.broker.offer(&ctx, offer).await.unwrap().yaml;
        let text = text.replace("hokusei-gov-iaas", name);
        self.market.broker.save_offer(&ctx, &text).await.unwrap().card.id.to_string()
    }

    async fn review_all(&self) {
        let mut rules = RULES.to_vec();
        rules.push(("switches", "reviewAll"));
        self.sent(Role::Broker, "/desk/rules", &rules).await;
    }
}

/// The id with this prefix that a page names first.
fn first_id(page: &str, prefix: &str) -> String {
    let start = page.find(prefix).unwrap_or_else(|| panic!("no {prefix} in {page}"));
    page[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

#[tokio::test]
async fn the_broker_keeps_rules_whose_faults_stand_at_their_fields() {
    let site = Site::open().await;
    for language in ["en", "ja"] {
        let page = site.page(Some(Role::Broker), "/desk/rules", language).await;
        assert!(page.contains("name=\"publishedLeast\""));
        for (field, wrong) in
            [("refusalDays", "-1"), ("pricePercent", "1001"), ("publishedLeast", "x")]
        {
            let mut pairs: Vec<_> = RULES.into_iter().filter(|(name, _)| *name != field).collect();
            pairs.push((field, wrong));
            let answer = site.post(Some(Role::Broker), "/desk/rules", language, &pairs).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
            assert!(error_at(&answer.text, field).is_some(), "{field}");
            assert!(answer.text.contains(&format!("value=\"{wrong}\"")), "what was typed is kept");
            assert_linked(&answer.text, field);
        }
    }
    site.review_all().await;
    let late = site.post(Some(Role::Broker), "/desk/rules", "en", &RULES).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "made of rules that hold no longer");
    assert!(late.text.contains("changed the rules meanwhile"));
    for role in [None, Some(Role::Customer), Some(Role::Provider)] {
        for path in ["/desk/rules", "/desk/reviews"] {
            assert_ne!(site.get(role, path, "en").await.status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn a_version_goes_through_review_with_comments_a_refusal_and_an_approval() {
    let site = Site::open().await;
    site.review_all().await;
    let id = site.draft("kita-pages").await;
    let own = format!("/provider/offers/{id}");
    let public = format!("/market/offers/{id}");
    site.sent(Role::Provider, &format!("{own}/publish"), &[]).await;
    let page = site.page(Some(Role::Provider), &own, "en").await;
    assert!(page.contains("class=\"here\">submitted"), "{page}");
    assert!(page.contains("A person looks at everything") && page.contains("Take version 1 back"));
    assert_eq!(site.get(None, &public, "en").await.status, StatusCode::NOT_FOUND);

    let desk = site.page(Some(Role::Broker), "/desk", "en").await;
    assert!(desk.contains("/desk/reviews/rev_"), "the first page of the desk names what waits");
    let list = site.page(Some(Role::Broker), "/desk/reviews", "ja").await;
    let review = first_id(&list, "rev_");
    let at = format!("/desk/reviews/{review}");
    let page = site.page(Some(Role::Broker), &at, "en").await;
    assert!(page.contains("Approve and publish") && page.contains("nothing to compare with"));
    site.sent(Role::Broker, &format!("{at}/begin"), &[]).await;

    let comments = format!("{at}/comments");
    let empty = [("review", review.as_str()), ("pointer", "/spec/items/0"), ("text", " ")];
    let answer = site.post(Some(Role::Broker), &comments, "en", &empty).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error_at(&answer.text, "text").is_some());
    let said =
        [("review", review.as_str()), ("pointer", "/spec/items/0"), ("text", "Measured how?")];
    site.sent(Role::Broker, &comments, &said).await;
    let page = site.page(Some(Role::Provider), &own, "en").await;
    let at_item = page.split("id=\"promised\"").nth(1).unwrap();
    assert!(at_item.contains("Measured how?"), "the comment stands at the item");
    let comment = first_id(&page, "cmt_");
    let field = format!("answer-{comment}");
    let answer = [
        ("review", review.as_str()),
        ("answers", comment.as_str()),
        (field.as_str(), "By <probes>"),
    ];
    site.sent(Role::Provider, &format!("{own}/comments"), &answer).await;
    let page = site.page(Some(Role::Broker), &at, "en").await;
    assert!(page.contains("By &lt;probes&gt;"));
    let settle = [("comment", comment.as_str())];
    site.sent(Role::Provider, &format!("{own}/comments/settle"), &settle).await;

    let refuse = format!("{at}/refuse");
    let answer = site.post(Some(Role::Broker), &refuse, "ja", &[("reason", "")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error_at(&answer.text, "reason").is_some());
    site.sent(Role::Broker, &refuse, &[("reason", "Prices for storage are missing")]).await;
    let page = site.page(Some(Role::Provider), &own, "en").await;
    assert!(
        page.contains("Version 1 was refused") && page.contains("Prices for storage are missing")
    );
    let inbox = site.page(Some(Role::Provider), "/inbox", "en").await;
    assert!(inbox.contains("was refused") && inbox.contains(&own), "{inbox}");

    site.sent(Role::Provider, &format!("{own}/publish"), &[]).await;
    let list = site.page(Some(Role::Broker), "/desk/reviews", "en").await;
    let again = first_id(&list, "rev_");
    assert_ne!(again, review);
    site.sent(Role::Broker, &format!("/desk/reviews/{again}/approve"), &[]).await;
    assert!(site.page(None, &public, "en").await.contains("<h1"));
    let late =
        site.sent(Role::Broker, &format!("/desk/reviews/{again}/refuse"), &[("reason", "x")]).await;
    assert!(late.location.ends_with(&again), "what is decided stays decided");
    let decided = site.page(Some(Role::Broker), "/desk/reviews?list=decided", "en").await;
    assert!(decided.contains(&review) && decided.contains(&again));
    let history = site.page(Some(Role::Provider), &own, "ja").await;
    for word in ["版を提出した", "審査を始めた", "版を却下した", "版を承認した", "公開した"]
    {
        assert!(history.contains(word), "{word}");
    }
}

#[tokio::test]
async fn an_offer_is_scheduled_paused_announced_to_end_and_kept() {
    let site = Site::open().await;
    let id = site.draft("kita-moments").await;
    let own = format!("/provider/offers/{id}");
    let public = format!("/market/offers/{id}");
    let submit = format!("{own}/submit");
    for language in ["en", "ja"] {
        let answer =
            site.post(Some(Role::Provider), &submit, language, &[("publishAt", "soon")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error_at(&answer.text, "publishAt").is_some());
        assert_linked(&answer.text, "publishAt");
    }
    let when = [("publishAt", "2026-12-24T10:00"), ("note", "for the new year")];
    site.sent(Role::Provider, &submit, &when).await;
    let page = site.page(Some(Role::Provider), &own, "en").await;
    assert!(page.contains("class=\"here\">scheduled") && page.contains("for the new year"));
    assert!(
        page.contains("value=\"2026-12-24T10:00\""),
        "the moment can be moved from where it is"
    );
    let moved = [("step", "set"), ("publishAt", "2026-12-25T10:00")];
    site.sent(Role::Provider, &format!("{own}/schedule"), &moved).await;
    site.sent(Role::Provider, &format!("{own}/take-back"), &[]).await;
    let page = site.page(Some(Role::Provider), &own, "en").await;
    assert!(page.contains("class=\"here\">draft"));
    site.sent(Role::Provider, &format!("{own}/publish"), &[]).await;
    assert!(site.page(None, &public, "en").await.contains("<h1"));

    site.sent(Role::Provider, &format!("{own}/pause"), &[("reason", "a wrong price")]).await;
    assert_eq!(site.get(None, &public, "en").await.status, StatusCode::NOT_FOUND);
    let page = site.page(Some(Role::Provider), &own, "en").await;
    assert!(page.contains("class=\"here\">paused") && page.contains("a wrong price"));
    site.sent(Role::Provider, &format!("{own}/resume"), &[]).await;

    let question = site.page(Some(Role::Provider), &format!("{own}/withdraw"), "ja").await;
    assert!(question.contains("name=\"endsAt\""));
    let end = format!("{own}/end");
    for (pairs, field) in [
        (vec![("reason", "")], "reason"),
        (vec![("reason", "x"), ("endsAt", "2026-12-01T10:00")], "endsAt"),
        (vec![("reason", "x"), ("endsAt", "later")], "endsAt"),
    ] {
        let answer = site.post(Some(Role::Provider), &end, "en", &pairs).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{pairs:?}");
        assert!(error_at(&answer.text, field).is_some(), "{pairs:?}");
        assert_linked(&answer.text, field);
    }
    site.sent(Role::Provider, &end, &[("reason", "A new generation comes")]).await;
    let seen = site.page(None, &public, "en").await;
    assert!(seen.contains("This offer ends at") && seen.contains("A new generation comes"));
    assert!(
        site.page(None, "/market?q=kita+moments", "ja").await.contains("に終了"),
        "the list says so too"
    );
    let refused = site.sent(Role::Provider, &format!("{own}/publish"), &[]).await;
    assert_eq!(refused.location, own, "why not is said on the page");
    site.sent(Role::Provider, &format!("{own}/stay"), &[]).await;
    assert!(!site.page(None, &public, "en").await.contains("This offer ends at"));
}

#[tokio::test]
async fn a_file_is_tried_and_nothing_is_saved() {
    let site = Site::open().await;
    let before = site.done().await;
    let csv = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,min_outage_seconds,commitment,availability.service_uptime\n\
        kita-tried,Tried,IaaS,public,jp-tokyo-1 JP,1M,Asia/Tokyo,60,60,objective,99.9 %\n";
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let body =
        [part("text", csv), part("publish", "yes"), part("step", "try"), "--b--\r\n".to_owned()];
    let request = axum::http::Request::post("/provider/offers/import")
        .header("content-type", "multipart/form-data; boundary=b")
        .header("accept-language", "en")
        .body(axum::body::Body::from(body.concat()))
        .unwrap();
    let answer = site.send(Some(Role::Provider), request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("Nothing was saved") && answer.text.contains("kita-tried"));
    assert!(site.done().await == before, "something was stored");
}
