//! The document and the routes are the same thing, and who may do what is written in one table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;
#[path = "operations/table.rs"]
mod table;

use broker::OpContext;
use broker::contracts::{OrderMember, SignOrder};
use broker::market::OfferCard;
use broker::requirements::RequirementSource;
use std::collections::BTreeSet;

use axum::http::StatusCode;
use common::{Person, Sent, Site, offer, requirement};
use domain::{NoticeId, OfferId, RequirementId, Role, SecuringId};
use serde_json::{Value, json};
use server::api;
use table::{Body, TABLE};

/// Things that belong to one organisation, to be asked for by others.
struct Things {
    offer: OfferId,
    version: i64,
    provider: String,
    requirement: String,
    contract: String,
    order: String,
    workflow: String,
    token: String,
    notice: NoticeId,
    firm_list: String,
    review: String,
    comment: String,
    announcement: String,
    upload: String,
    bundle: String,
    proposal: String,
    audience: String,
    invitation: String,
}

impl Things {
    async fn of(site: &Site, owner: &Person) -> Self {
        let provider = site.broker.provider(&owner.ctx, "hokusei").await.unwrap();
        let card = provider.offers.iter().find(|offer| offer.price.is_some()).unwrap();
        let saved = site.broker.save_requirement(&owner.ctx, requirement(), None).await.unwrap();
        site.broker.write_feed().await.unwrap();
        let mut things = Self {
            offer: card.id,
            version: card.version,
            provider: provider.card.id.to_string(),
            requirement: saved.card.id.to_string(),
            contract: String::new(),
            order: order(site, owner, &provider.offers).await,
            workflow: String::new(),
            token: site.broker.tokens(&owner.ctx).await.unwrap()[0].id.to_string(),
            notice: notice(site, owner, saved.card.id, card.id).await,
            firm_list: String::new(),
            review: String::new(),
            comment: String::new(),
            announcement: announcement(site).await,
            upload: upload(site).await,
            bundle: bundle(site, &provider.offers).await,
            proposal: proposal(site).await,
            audience: String::new(),
            invitation: String::new(),
        };
        (things.audience, things.invitation) = invitation(site).await;
        (things.review, things.comment) = review(site).await;
        let signed = site.api(Some(owner), "POST", "/contracts", things.body(Body::Sign)).await;
        assert_eq!(signed.status, StatusCode::CREATED, "{}", signed.body);
        let signed = signed.json();
        let opened = site.api(Some(owner), "POST", "/firm-lists", things.body(Body::Firm)).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
        things.firm_list = opened.json()["id"].as_str().unwrap().to_owned();
        things.contract = signed["id"].as_str().unwrap().to_owned();
        things.workflow = signed["timelines"][0]["id"].as_str().unwrap().to_owned();
        things
    }

    fn path(&self, path: &str) -> String {
        path.replace("{offer}", &self.offer.to_string())
            .replace("{provider}", &self.provider)
            .replace("{item}", "availability.service_uptime")
            .replace("{schema}", "document")
            .replace("{requirement}", &self.requirement)
            .replace("{contract}", &self.contract)
            .replace("{order}", &self.order)
            .replace("{change}", "1")
            .replace("{version}", "2")
            .replace("{channel}", "mail")
            .replace("{workflow}", &self.workflow)
            .replace("{securing}", &SecuringId(uuid::Uuid::from_u128(7)).to_string())
            .replace("{firmList}", &self.firm_list)
            .replace("{token}", &self.token)
            .replace("{notice}", &self.notice.to_string())
            .replace("{review}", &self.review)
            .replace("{comment}", &self.comment)
            .replace("{announcement}", &self.announcement)
            .replace("{upload}", &self.upload)
            .replace("{bundle}", &self.bundle)
            .replace("{category}", "compute")
            .replace("{proposal}", &self.proposal)
            .replace("{audience}", &self.audience)
            .replace("{invitation}", &self.invitation)
            .replace("{key}", &key().kid())
    }

    fn body(&self, body: Body) -> Sent<'static> {
        let need = json!({"template": "certificate-service"});
        let offer_id = self.offer.to_string();
        match body {
            Body::Nothing => Sent::Nothing,
            Body::Accept => Sent::Json(json!({})),
            Body::Channels => Sent::Json(json!({"mail": false, "webhook": false})),
            Body::Requirement => Sent::Yaml(requirement()),
            Body::Offer => Sent::Yaml(offer()),
            Body::Ranking => Sent::Json(json!({"need": need, "limit": 2})),
            Body::Quote => Sent::Json(json!({"offer": offer_id, "need": need})),
            Body::Plan => Sent::Json(json!({
                "need": need,
                "workload": {"peakPerSecond": 20, "processorMs": 30},
                "goal": {"responseSeconds": 1},
                "offer": offer_id,
            })),
            Body::Sign => Sent::Json(json!({
                "offer": offer_id,
                "offerVersion": self.version,
                "need": need,
                "serviceName": "Certificates",
            })),
            Body::Adopt => Sent::Json(json!({
                "allocation": "alc_1",
                "offerVersion": self.version,
                "need": need,
                "serviceName": "Certificates",
            })),
            // One offer is no order; whoever may sign is told so.
            Body::Order => Sent::Json(json!({
                "members": [{"offer": offer_id, "offerVersion": self.version}],
                "need": need,
                "serviceName": "Certificates",
            })),
            Body::SignUp => Sent::Json(json!({
                "email": "new@example.org",
                "password": "correct horse battery",
                "name": "New",
                "organisation": "New",
                "role": "customer",
            })),
            Body::Token => Sent::Json(json!({"name": "a token"})),
            Body::Table => Sent::Csv(common::table()),
            Body::Key => {
                let jwk: serde_json::Value = serde_json::from_str(&key().to_jwk()).unwrap();
                Sent::Json(json!({"key": jwk}))
            }
            Body::Taken => Sent::Json(json!({"waive": true})),
            Body::Announcement => Sent::Json(announced()),
            Body::Category => Sent::Json(proposed("storage")),
            Body::Item => Sent::Json(json!({"kind": "retire", "item": {"key": "x-a.b"}})),
            Body::OtherAnnouncement => {
                Sent::Json(json!({"revision": 1, "announcement": announced()}))
            }
            Body::Audience => Sent::Json(json!({"kind": "private", "name": "Ministry"})),
            Body::Invitation => Sent::Json(json!({"note": "by telephone"})),
            Body::Code => Sent::Json(json!({"code": "kmc_nobodys"})),
            Body::OfferAudience => Sent::Json(json!({"audience": null})),
            Body::Rating => Sent::Json(json!({"service": 4, "ordering": 5})),
            Body::Words => Sent::Json(json!({"answer": "We thank you."})),
            Body::Mode => Sent::Json(json!({"mode": "automatic"})),
            Body::Consent => Sent::Json(json!({"noticeSeconds": 300, "keepInstances": 0})),
            Body::Change => {
                let plan = json!({"instances": 2, "vcpu": 8, "ramMb": 32_768, "storageGb": 500,
                    "networkMbps": 100, "region": "jp-sapporo-1"});
                Sent::Json(json!({"plan": plan}))
            }
            Body::Renewal => {
                Sent::Json(json!({"endsAt": "2027-03-31T18:00:00+09:00", "offerVersion": 1}))
            }
            Body::Where => Sent::Json(json!({"offer": offer_id})),
            Body::Move => Sent::Json(json!({
                "offer": offer_id,
                "offerVersion": self.version,
                "carriesData": true,
            })),
            Body::Start => Sent::Json(json!({"startsAt": "2027-03-31T18:00:00+09:00"})),
            Body::End => Sent::Json(json!({"endsAt": "2027-03-31T18:00:00+09:00"})),
            Body::Notice => {
                Sent::Json(json!({"endsAt": "2029-03-31T18:00:00+09:00", "reason": "we close"}))
            }
            Body::Firm => Sent::Json(json!({"need": need})),
            Body::Secure => Sent::Json(json!({"instances": 1})),
            Body::Booking => Sent::Json(json!({"place": 1, "serviceName": "Certificates"})),
            Body::Policy => Sent::Json(json!({"ownFirst": false})),
            Body::Until => Sent::Json(json!({"until": self.notice.to_string()})),
            Body::Again => Sent::Json(json!({"at": "2026-10-01T00:00:00Z"})),
            Body::Submission => Sent::Json(json!({"publishAt": "2027-03-31T18:00:00+09:00"})),
            Body::Comment => Sent::Json(json!({"pointer": "", "text": "is this so?"})),
            Body::Rules => Sent::Json(json!({"madeOf": 0, "rules": {
                "reviewAll": true,
                "harmlessChange": true,
                "publishedLeast": 0,
                "refusalDays": 0,
                "pricePercent": 0,
            }})),
            Body::Bundle => Sent::Json(bundled(&[offer_id])),
            Body::BundleChange => {
                Sent::Json(json!({"revision": 1, "bundle": bundled(&[offer_id])}))
            }
            Body::Rows => Sent::Json(json!({"rows": "valid"})),
            Body::Application => Sent::Json(json!({"statement": "we", "revision": 0})),
            Body::AdmissionTurn => Sent::Json(json!({"event": "begin", "revision": 0})),
            Body::AdmissionAnswer => {
                Sent::Json(json!({"check": "contact", "answer": "met", "revision": 0}))
            }
            Body::AdmissionCheck => Sent::Json(json!({"key": "insurance", "madeOf": 0, "place": 1,
                "required": false, "titleEn": "Insurance", "titleJa": "保険"})),
            Body::Reason => Sent::Json(json!({"reason": "no longer needed"})),
            Body::Signal => Sent::Json(json!({"signal": "approved", "reason": "they called"})),
            Body::Connection => {
                Sent::Json(json!({"url": common::SILENT_CLOUD, "token": "another-token"}))
            }
        }
    }
}

/// Two offers that the owner signed together.
async fn order(site: &Site, owner: &Person, offers: &[OfferCard]) -> String {
    let priced = offers.iter().filter(|offer| offer.price.is_some() && offer.backed);
    let member = |card: &OfferCard| OrderMember {
        offer: card.id,
        offer_version: card.version,
        plan: None,
        shown_price: None,
    };
    let sign = SignOrder {
        members: priced.take(2).map(member).collect(),
        requirement: RequirementSource::Template("certificate-service".to_owned()),
        service_name: "Certificates".to_owned(),
        idempotency_key: "the order".to_owned(),
    };
    site.broker.sign_order(&owner.ctx, sign).await.unwrap().to_string()
}

/// A version under review of a provider that none of the askers belongs to, and a comment on it.
async fn review(site: &Site) -> (String, String) {
    let owner = site.person("publisher", Role::Provider).await;
    let desk = site.person("reviewer", Role::Broker).await;
    let rules = domain::ReviewRules { review_all: true, ..domain::ReviewRules::DEFAULT };
    site.broker.keep_review_rules(&desk.ctx, rules, 0).await.unwrap();
    let did = site.broker.my_provider(&owner.ctx).await.unwrap().did;
    let text = offer().replace("did:web:hokusei.example", &did);
    let id = site.broker.save_offer(&owner.ctx, &text).await.unwrap().card.id;
    let submitted = site.broker.publish_offer(&owner.ctx, id).await.unwrap();
    let review = submitted.reviews[0].id;
    let said = broker::offers::NewComment { text: "hello".to_owned(), ..<_>::default() };
    let comment = site.broker.comment_on_offer(&desk.ctx, review, &said).await.unwrap();
    (review.to_string(), comment.to_string())
}

fn bundled(offers: &[String]) -> Value {
    json!({"title": {"en": "Both"}, "shown": true, "offers": offers})
}

/// A bundle of the market.
async fn bundle(site: &Site, offers: &[OfferCard]) -> String {
    let desk = site.person("bundler", Role::Broker).await;
    let offers: Vec<String> = offers.iter().take(2).map(|card| card.id.to_string()).collect();
    let made = site.api(Some(&desk), "POST", "/bundles", Sent::Json(bundled(&offers))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// A file that some other provider sent.
async fn upload(site: &Site) -> String {
    let sender = site.person("sender", Role::Provider).await;
    let file = broker::offers::OfferFile { text: "name\n".to_owned(), ..<_>::default() };
    site.broker.send_offer_file(&sender.ctx, file).await.unwrap().id.to_string()
}

/// A notice in the owner's inbox.
async fn notice(
    site: &Site,
    owner: &Person,
    requirement_id: RequirementId,
    offer: OfferId,
) -> NoticeId {
    let id = NoticeId(uuid::Uuid::from_u128(7));
    let notice = storage::notices::NewNotice {
        id,
        organisation_id: owner.viewer.organisation,
        kind: "offer_gained",
        requirement_id,
        requirement_version: 1,
        offers: vec![(offer, 1)],
        payload: "[]".to_owned(),
        created_at: site.broker.now(),
    };
    let mut tx = site.broker.db().begin().await.unwrap();
    storage::notices::insert(&mut tx, &[notice]).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// What somebody announces.
fn announced() -> serde_json::Value {
    json!({"kind": "notice", "title": {"en": "Closed on Sunday"}})
}

/// What somebody proposes about a category.
fn proposed(key: &str) -> serde_json::Value {
    json!({"kind": "retire", "category": {"key": key}})
}

/// A proposal that waits.
async fn proposal(site: &Site) -> String {
    let desk = site.person("categories", Role::Broker).await;
    site.broker.add_standard_categories(&OpContext::system("test")).await.unwrap();
    let sent = Sent::Json(proposed("compute"));
    let made = site.api(Some(&desk), "POST", "/desk/category-proposals", sent).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// What the market announced.
async fn announcement(site: &Site) -> String {
    let desk = site.person("desk", Role::Broker).await;
    let made = site.api(Some(&desk), "POST", "/announcements", Sent::Json(announced())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// The audience of a provider that none of the askers belongs to, and an invitation into it of somebody else.
async fn invitation(site: &Site) -> (String, String) {
    let guest = site.person("guest", Role::Customer).await;
    let host = site.person("host", Role::Provider).await;
    let kind = domain::AudienceKind::Private;
    let audience = site.broker.make_audience(&host.ctx, kind, "Ministry").await.unwrap().id;
    let wish = broker::audience::Invite {
        organisation: guest.viewer.organisation.to_string(),
        ..<_>::default()
    };
    let invitation = site.broker.invite(&host.ctx, audience, &wish).await.unwrap().0;
    (audience.to_string(), invitation.id.to_string())
}

/// A key that everybody could have made.
fn key() -> sla::exchange::jws::PublicKey {
    sla::exchange::jws::PrivateKey::from_seed(&[9; 32]).public()
}

#[tokio::test]
async fn every_operation_answers_strangers_and_other_tenants_as_the_table_says() {
    let site = Site::demo().await;
    let owner = site.person("owner", Role::Customer).await;
    let customer = site.person("customer", Role::Customer).await;
    let provider = site.person("provider", Role::Provider).await;
    let things = Things::of(&site, &owner).await;
    let mut wrong = Vec::new();
    for row in TABLE {
        for (who, expected) in [None, Some(&customer), Some(&provider)].into_iter().zip(row.answers)
        {
            let reply =
                site.api(who, row.method, &things.path(row.path), things.body(row.body)).await;
            if reply.status.as_u16() != expected {
                let who = who.map_or("a stranger", |person| person.viewer.name.as_str());
                wrong.push(format!(
                    "{} {} as {who}: {} {}",
                    row.method, row.path, reply.status, reply.body
                ));
            } else if expected >= 400 {
                reply.code();
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Nobody of them changed anything of the owner's.
    let contract = site.get(Some(&owner), &things.path("/contracts/{contract}")).await.json();
    assert_eq!(contract["state"], "activating");
    assert_eq!(site.get(Some(&owner), "/me").await.json()["name"], "owner");
    let inbox = site.get(Some(&owner), "/notices").await.json();
    assert_eq!(
        (&inbox["items"][0]["count"], &inbox["items"][0]["readAt"]),
        (&json!(1), &json!(null))
    );
    let need = site.get(Some(&owner), &things.path("/requirements/{requirement}")).await.json();
    assert_eq!(need["watched"], true);
}

#[test]
fn the_table_names_every_operation_of_the_document() {
    let documented: BTreeSet<(String, String)> = api::operations()
        .into_iter()
        .map(|operation| (operation.method.to_owned(), operation.path))
        .collect();
    let named: BTreeSet<(String, String)> =
        TABLE.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    assert_eq!(named, documented);
}

#[tokio::test]
async fn what_is_documented_is_routed_and_nothing_else() {
    let site = Site::empty().await;
    let documented: BTreeSet<_> =
        api::operations().into_iter().map(|operation| (operation.method, operation.path)).collect();
    let paths: BTreeSet<&String> = documented.iter().map(|(_, path)| path).collect();
    for path in paths {
        let concrete = path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let reply = site.api(None, method, &concrete, Sent::Nothing).await;
            let routed = documented.contains(&(method, path.clone()));
            assert_eq!(
                reply.status != StatusCode::METHOD_NOT_ALLOWED,
                routed,
                "{method} {path}: {}",
                reply.status
            );
            assert!(!reply.body.contains("there is nothing at this address"), "{method} {path}");
        }
    }
}

#[test]
fn routes_are_only_made_together_with_their_documentation() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api");
    let mut plain = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        plain.extend(text.lines().filter(|line| line.contains(".route(")).map(ToOwned::to_owned));
    }
    // The document itself is the only exception.
    assert_eq!(plain.len(), 1, "{plain:?}");
    assert!(plain[0].contains("/openapi.json"));
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_is_served() {
    let site = Site::empty().await;
    let reply = site.get(None, "/openapi.json").await;
    assert_eq!(reply.status, StatusCode::OK);
    let document = reply.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document, serde_json::to_value(api::document()).unwrap());
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            let key = operation["parameters"].to_string().contains("Idempotency-Key");
            assert_eq!(key, method == "post", "{method} {path}");
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#/").skip(1) {
        let pointer = format!("/{}", part.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}
