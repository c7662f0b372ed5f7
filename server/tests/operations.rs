//! The document and the routes are the same thing, and who may do what is written in one table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use broker::contracts::{OrderMember, SignOrder};
use broker::market::OfferCard;
use broker::requirements::RequirementSource;
use std::collections::BTreeSet;

use axum::http::StatusCode;
use common::{Person, Sent, Site, offer, requirement};
use domain::{NoticeId, OfferId, RequirementId, Role, SecuringId};
use serde_json::json;
use server::api;

/// What one operation answers to those whom it does not concern.
struct Row {
    method: &'static str,
    path: &'static str,
    body: Body,
    /// Nobody is signed in; a customer of another organisation; a provider of another organisation.
    answers: [u16; 3],
}

#[derive(Clone, Copy)]
enum Body {
    Nothing,
    Requirement,
    Offer,
    Ranking,
    Quote,
    Plan,
    Sign,
    Order,
    Adopt,
    SignUp,
    Token,
    Reason,
    Signal,
    Connection,
    Table,
    Key,
    Until,
    End,
    Notice,
    Policy,
    Firm,
    Booking,
    Secure,
    Mode,
    Consent,
    Taken,
    Start,
    Renewal,
    Where,
    Move,
    Change,
    Again,
    Rating,
    Words,
    Submission,
    Comment,
    Rules,
    Accept,
    Channels,
}

const fn row(method: &'static str, path: &'static str, body: Body, answers: [u16; 3]) -> Row {
    Row { method, path, body, answers }
}

const TABLE: &[Row] = &[
    row("GET", "/offers", Body::Nothing, [200, 200, 200]),
    row("GET", "/suggestions", Body::Nothing, [200, 200, 200]),
    row("GET", "/offers/{offer}", Body::Nothing, [200, 200, 200]),
    row("GET", "/offers/{offer}/sla", Body::Nothing, [200, 200, 200]),
    row("GET", "/offers/{offer}/events", Body::Nothing, [200, 200, 200]),
    row("GET", "/providers", Body::Nothing, [200, 200, 200]),
    row("GET", "/providers/{provider}", Body::Nothing, [200, 200, 200]),
    row("GET", "/catalogue", Body::Nothing, [200, 200, 200]),
    row("GET", "/events", Body::Nothing, [200, 200, 200]),
    row("GET", "/items", Body::Nothing, [200, 200, 200]),
    row("GET", "/items/{item}", Body::Nothing, [200, 200, 200]),
    row("GET", "/schemas/{schema}", Body::Nothing, [200, 200, 200]),
    row("GET", "/templates", Body::Nothing, [200, 200, 200]),
    row("POST", "/requirements/check", Body::Requirement, [200, 200, 200]),
    row("GET", "/requirements", Body::Nothing, [401, 200, 200]),
    row("POST", "/requirements", Body::Requirement, [401, 201, 201]),
    row("GET", "/requirements/{requirement}", Body::Nothing, [401, 404, 404]),
    row("PUT", "/requirements/{requirement}", Body::Requirement, [401, 404, 404]),
    row("PUT", "/requirements/{requirement}/watch", Body::Nothing, [401, 404, 404]),
    row("DELETE", "/requirements/{requirement}/watch", Body::Nothing, [401, 404, 404]),
    row("GET", "/requirements/{requirement}/standby", Body::Nothing, [401, 404, 404]),
    row("GET", "/notices", Body::Nothing, [401, 200, 200]),
    row("PUT", "/notices/{notice}/read", Body::Nothing, [401, 404, 404]),
    row("DELETE", "/notices/{notice}/read", Body::Nothing, [401, 404, 404]),
    row("POST", "/notices/read", Body::Until, [401, 404, 404]),
    // Taking back what one's own organisation marked at a moment when it marked nothing.
    row("POST", "/notices/unread", Body::Again, [401, 200, 200]),
    row("POST", "/notices/{notice}/deliveries/{channel}", Body::Nothing, [401, 404, 404]),
    row("GET", "/deliveries", Body::Nothing, [401, 200, 200]),
    row("GET", "/channels", Body::Nothing, [401, 200, 200]),
    row("PUT", "/channels", Body::Channels, [401, 200, 200]),
    // Neither said where events are to be posted.
    row("POST", "/channels/secret", Body::Nothing, [401, 409, 409]),
    row("POST", "/rankings", Body::Ranking, [200, 200, 200]),
    row("POST", "/quotes", Body::Quote, [200, 200, 200]),
    row("POST", "/plans", Body::Plan, [200, 200, 200]),
    row("POST", "/orders", Body::Order, [401, 422, 403]),
    row("GET", "/orders/{order}", Body::Nothing, [401, 404, 403]),
    // The second has nothing that answers, and is told so in the list.
    row("POST", "/firm-lists", Body::Firm, [401, 201, 403]),
    row("GET", "/firm-lists/{firmList}", Body::Nothing, [401, 404, 403]),
    row("DELETE", "/firm-lists/{firmList}", Body::Nothing, [401, 404, 403]),
    row("POST", "/firm-lists/{firmList}/bookings", Body::Booking, [401, 404, 403]),
    // Both have nothing that answers.
    row("GET", "/offers/{offer}/adoption", Body::Nothing, [401, 409, 403]),
    row("POST", "/offers/{offer}/adoption", Body::Adopt, [401, 409, 403]),
    row("GET", "/contracts", Body::Nothing, [401, 200, 403]),
    row("POST", "/contracts", Body::Sign, [401, 201, 403]),
    row("GET", "/contracts/{contract}", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/timelines", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/observations", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/inventory", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/inventory/differences", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/standby", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/securings", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/securings", Body::Secure, [401, 404, 403]),
    row("GET", "/securings/{securing}", Body::Nothing, [401, 404, 403]),
    row("POST", "/securings/{securing}/release", Body::Nothing, [401, 404, 403]),
    row("PUT", "/contracts/{contract}/securing-policy", Body::Policy, [401, 404, 403]),
    row("GET", "/contracts/{contract}/graph", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/repair", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/repair", Body::Nothing, [401, 404, 403]),
    row("PUT", "/contracts/{contract}/repair", Body::Mode, [401, 404, 403]),
    row("GET", "/contracts/{contract}/preemption", Body::Nothing, [401, 404, 403]),
    row("PUT", "/contracts/{contract}/preemption", Body::Consent, [401, 404, 403]),
    row("DELETE", "/contracts/{contract}/preemption", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/preemption/hasten", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/release", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/data", Body::Nothing, [401, 404, 403]),
    row("GET", "/contracts/{contract}/data/archive", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/data/taken", Body::Taken, [401, 404, 403]),
    row("GET", "/contracts/{contract}/rating", Body::Nothing, [401, 404, 403]),
    row("PUT", "/contracts/{contract}/rating", Body::Rating, [401, 404, 403]),
    row("DELETE", "/contracts/{contract}/rating", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/changes/quote", Body::Change, [401, 404, 403]),
    row("GET", "/contracts/{contract}/changes", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/changes", Body::Change, [401, 404, 403]),
    row("GET", "/contracts/{contract}/changes/{change}", Body::Nothing, [401, 404, 403]),
    row("DELETE", "/contracts/{contract}/changes/{change}", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/renewals/quote", Body::End, [401, 404, 403]),
    row("POST", "/contracts/{contract}/renewals", Body::Renewal, [401, 404, 403]),
    row("GET", "/contracts/{contract}/newer-versions", Body::Nothing, [401, 404, 403]),
    row(
        "PUT",
        "/contracts/{contract}/newer-versions/{version}/acceptance",
        Body::Accept,
        [401, 404, 403],
    ),
    row(
        "PUT",
        "/contracts/{contract}/newer-versions/{version}/keep",
        Body::Nothing,
        [401, 404, 403],
    ),
    row("GET", "/contracts/{contract}/moves/offers", Body::Nothing, [401, 404, 403]),
    row("POST", "/contracts/{contract}/moves/quote", Body::Where, [401, 404, 403]),
    row("POST", "/contracts/{contract}/moves", Body::Move, [401, 404, 403]),
    row("PUT", "/contracts/{contract}/start", Body::Start, [401, 404, 403]),
    row("DELETE", "/contracts/{contract}/start", Body::Nothing, [401, 404, 403]),
    row("PUT", "/contracts/{contract}/end", Body::End, [401, 404, 403]),
    row("DELETE", "/contracts/{contract}/end", Body::Nothing, [401, 404, 403]),
    row("POST", "/provider/offers/check", Body::Offer, [200, 200, 200]),
    row("GET", "/provider/offers", Body::Nothing, [401, 403, 200]),
    row("POST", "/provider/offers", Body::Offer, [401, 403, 422]),
    row("GET", "/provider/offers/{offer}", Body::Nothing, [401, 403, 404]),
    row("PUT", "/provider/offers/{offer}", Body::Offer, [401, 403, 404]),
    row("POST", "/provider/offers/import", Body::Table, [401, 403, 200]),
    row("GET", "/provider/offers/{offer}/affected", Body::Nothing, [401, 403, 404]),
    row("GET", "/provider/offers/{offer}/ranking", Body::Nothing, [401, 403, 404]),
    row("GET", "/provider/demand", Body::Nothing, [401, 403, 200]),
    row("GET", "/provider/contracts", Body::Nothing, [401, 403, 200]),
    row("PUT", "/provider/contracts/{contract}/termination", Body::Notice, [401, 403, 404]),
    row("DELETE", "/provider/contracts/{contract}/termination", Body::Nothing, [401, 403, 404]),
    row("GET", "/provider/contracts/{contract}/rating", Body::Nothing, [401, 403, 404]),
    row("PUT", "/provider/contracts/{contract}/rating", Body::Words, [401, 403, 404]),
    row("DELETE", "/provider/contracts/{contract}/rating", Body::Nothing, [401, 403, 404]),
    row("GET", "/provider/keys", Body::Nothing, [401, 403, 200]),
    row("DELETE", "/provider/keys/{key}", Body::Nothing, [401, 403, 404]),
    row("POST", "/provider/keys", Body::Key, [401, 403, 201]),
    row("GET", "/providers/{provider}/keys", Body::Nothing, [200, 200, 200]),
    row("GET", "/providers/{provider}/ratings", Body::Nothing, [200, 200, 200]),
    row("GET", "/providers/{provider}/record", Body::Nothing, [200, 200, 200]),
    row("GET", "/providers/{provider}/conformance", Body::Nothing, [200, 200, 200]),
    row("POST", "/provider/examination", Body::Nothing, [401, 403, 409]),
    row("POST", "/provider/offers/{offer}/publish", Body::Nothing, [401, 403, 404]),
    row("POST", "/provider/offers/{offer}/withdraw", Body::Nothing, [401, 403, 404]),
    row("PUT", "/provider/offers/{offer}/submission", Body::Submission, [401, 403, 404]),
    row("DELETE", "/provider/offers/{offer}/submission", Body::Nothing, [401, 403, 404]),
    row("PUT", "/provider/offers/{offer}/submission/schedule", Body::Submission, [401, 403, 404]),
    row("PUT", "/provider/offers/{offer}/pause", Body::Reason, [401, 403, 404]),
    row("DELETE", "/provider/offers/{offer}/pause", Body::Nothing, [401, 403, 404]),
    row("PUT", "/provider/offers/{offer}/end", Body::Reason, [401, 403, 404]),
    row("DELETE", "/provider/offers/{offer}/end", Body::Nothing, [401, 403, 404]),
    row("POST", "/reviews/{review}/comments", Body::Comment, [401, 403, 404]),
    row("POST", "/comments/{comment}/settle", Body::Nothing, [401, 403, 404]),
    row("GET", "/desk/reviews", Body::Nothing, [401, 403, 403]),
    row("GET", "/desk/reviews/{review}", Body::Nothing, [401, 403, 403]),
    row("POST", "/desk/reviews/{review}/begin", Body::Nothing, [401, 403, 403]),
    row("POST", "/desk/reviews/{review}/approve", Body::Nothing, [401, 403, 403]),
    row("POST", "/desk/reviews/{review}/refuse", Body::Reason, [401, 403, 403]),
    row("GET", "/desk/review-rules", Body::Nothing, [401, 403, 403]),
    row("PUT", "/desk/review-rules", Body::Rules, [401, 403, 403]),
    row("GET", "/desk/workflows", Body::Nothing, [401, 403, 403]),
    row("GET", "/desk/workflows/{workflow}", Body::Nothing, [401, 403, 403]),
    row("POST", "/desk/workflows/{workflow}/retry", Body::Nothing, [401, 403, 403]),
    row("POST", "/desk/workflows/{workflow}/skip", Body::Reason, [401, 403, 403]),
    row("POST", "/desk/workflows/{workflow}/mark-undone", Body::Reason, [401, 403, 403]),
    row("POST", "/desk/workflows/{workflow}/cancel", Body::Reason, [401, 403, 403]),
    row("POST", "/desk/workflows/{workflow}/abandon", Body::Reason, [401, 403, 403]),
    row("GET", "/desk/signals", Body::Nothing, [401, 403, 403]),
    row("POST", "/desk/workflows/{workflow}/signal", Body::Signal, [401, 403, 403]),
    row("GET", "/desk/statistics", Body::Nothing, [401, 403, 403]),
    row("GET", "/desk/clouds", Body::Nothing, [401, 403, 403]),
    row("GET", "/desk/audit", Body::Nothing, [401, 403, 403]),
    row("PUT", "/desk/providers/{provider}/connection", Body::Connection, [401, 403, 403]),
    // The second and third find the address taken.
    row("POST", "/accounts", Body::SignUp, [201, 422, 422]),
    row("GET", "/me", Body::Nothing, [401, 200, 200]),
    row("GET", "/tokens", Body::Nothing, [401, 200, 200]),
    row("POST", "/tokens", Body::Token, [401, 201, 201]),
    row("DELETE", "/tokens/{token}", Body::Nothing, [401, 404, 404]),
];

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
        };
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
