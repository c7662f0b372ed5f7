//! A life over REST: a service grows, moves to another provider and shrinks, and its inventory reads correctly at any
//! moment of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use axum::http::StatusCode;
use broker::OpContext;
use broker::seed::DemoClouds;
use common::{Person, Sent, Site};
use domain::Role;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{SystemClock, TestCloud, offer_named, zone};
use workflow::EngineConfig;

/// How long a change may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

struct Life {
    site: Site,
    customer: Person,
    clouds: Vec<TestCloud>,
    contract: String,
}

impl Life {
    async fn open() -> Self {
        testkit::encrypts();
        let site = Site::empty().await;
        let mut clouds = Vec::new();
        let mut connections = DemoClouds::new();
        for (slug, region) in [("hokusei", "jp-sapporo-1"), ("minato", "jp-tokyo-e3")] {
            let cloud = TestCloud::start(&[zone(region, "JP")], 4, Arc::new(SystemClock)).await;
            connections.insert(slug.to_owned(), cloud.connection());
            clouds.push(cloud);
        }
        site.broker.seed_demo(&OpContext::system("test"), &connections).await.unwrap();
        site.broker.look_at_clouds().await.unwrap();
        let customer = site.person("mover", Role::Customer).await;
        let mut life = Self { site, customer, clouds, contract: String::new() };
        let need = json!({
            "apiVersion": "sla.kumoichi/v1alpha1",
            "kind": "QualityRequirement",
            "metadata": {"name": "anywhere", "version": 1, "title": {"en": "Anywhere", "ja": "どこでも"}},
            "spec": {"userRegions": ["JP"], "profiles": {"normal": {"items": [
                {"item": "availability.service_uptime", "op": "gte", "value": 0.9, "level": "must",
                    "weight": 1},
            ]}}},
        });
        let (offer, version) = life.offer("hokusei-standard-iaas").await;
        let sign = json!({"offer": offer, "offerVersion": version, "need": {"document": need},
            "serviceName": "A life", "plan": plan(1, "jp-sapporo-1")});
        let signed = life.post("/contracts", sign, StatusCode::CREATED).await;
        life.contract = signed["id"].as_str().unwrap().to_owned();
        life.until(&format!("/contracts/{}", life.contract), "state", "active").await;
        life
    }

    async fn offer(&self, name: &str) -> (String, i64) {
        let id = offer_named(&self.site.broker, name).await;
        let card = self.site.broker.offer(&self.customer.ctx, id).await.unwrap().card;
        (id.to_string(), card.version)
    }

    async fn post(&self, path: &str, body: Value, status: StatusCode) -> Value {
        let reply = self.site.api(Some(&self.customer), "POST", path, Sent::Json(body)).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        reply.json()
    }

    async fn get(&self, path: &str) -> Value {
        let reply = self.site.get(Some(&self.customer), path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.json()
    }

    /// Drives the workflows until the field says the word.
    async fn until(&self, path: &str, field: &str, word: &str) {
        let parts = self.site.broker.engine_parts(EngineConfig::by_clock());
        let engine = workflow::Engine::new(parts).unwrap();
        let begun = Instant::now();
        loop {
            engine.run_until_idle(1_000).await.unwrap();
            let found = self.get(path).await;
            if found[field] == word {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} is not {word}: {found:#}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks for a change and waits for its end; the moment after it.
    async fn change(&self, path: &str, body: Value) -> String {
        let path = format!("/contracts/{}{path}", self.contract);
        let asked = self.post(&path, body, StatusCode::CREATED).await;
        let one = format!("/contracts/{}/changes/{}", self.contract, asked["number"]);
        self.until(&one, "state", "done").await;
        self.now().await
    }

    async fn now(&self) -> String {
        let found = self.get(&format!("/contracts/{}/inventory", self.contract)).await;
        found["at"].as_str().unwrap().to_owned()
    }

    /// Machines of what stood at a moment, with its region.
    async fn then(&self, at: &str) -> Vec<(String, String)> {
        let path = format!("/contracts/{}/inventory?at={at}", self.contract);
        let found = self.get(&path.replace('+', "%2B")).await;
        let part = |one: &Value, kind: &str| {
            let parts = one["parts"].as_array().unwrap();
            parts.iter().find(|part| part["kind"] == kind).unwrap().clone()
        };
        let all = found["allocations"].as_array().unwrap();
        let stood = all.iter().filter(|one| part(one, "group")["state"] == "active");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        stood
            .map(|one| {
                let region = text(&part(one, "group")["attributes"]["region"]);
                (text(&part(one, "compute")["attributes"]["count"]), region)
            })
            .collect()
    }
}

fn plan(instances: i64, region: &str) -> Value {
    json!({"instances": instances, "vcpu": 2, "ramMb": 2_048, "storageGb": 10, "networkMbps": 10,
        "region": region})
}

fn stood(machines: &str, region: &str) -> Vec<(String, String)> {
    vec![(machines.to_owned(), region.to_owned())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn must_show_6_the_inventory_of_a_contract_that_grew_moved_and_shrank_reads_over_rest() {
    let life = Life::open().await;
    let small = life.now().await;
    let large = life.change("/changes", json!({"plan": plan(2, "jp-sapporo-1")})).await;
    let (offer, version) = life.offer("minato-burst-compute").await;
    let offers = life.get(&format!("/contracts/{}/moves/offers", life.contract)).await;
    let offers = offers["items"].as_array().unwrap();
    assert!(offers.iter().any(|row| row["offer"]["id"] == json!(offer)), "{offers:?}");
    let path = format!("/contracts/{}/moves/quote", life.contract);
    let quote = life.post(&path, json!({"offer": offer}), StatusCode::OK).await;
    assert_eq!(quote["canCarry"], true);
    assert_eq!(quote["after"]["plan"]["region"], "jp-tokyo-e3");
    let price = &quote["after"]["price"];
    let wish = json!({"offer": offer, "offerVersion": version, "carriesData": true,
        "shownPrice": {"minor": price["minor"], "currency": price["currency"]}});
    let moved = life.change("/moves", wish).await;
    let shrunk = life.change("/changes", json!({"plan": plan(1, "jp-tokyo-e3")})).await;

    assert_eq!(life.then(&small).await, stood("1", "jp-sapporo-1"));
    assert_eq!(life.then(&large).await, stood("2", "jp-sapporo-1"));
    assert_eq!(life.then(&moved).await, stood("2", "jp-tokyo-e3"));
    assert_eq!(life.then(&shrunk).await, stood("1", "jp-tokyo-e3"));
    assert_eq!(life.then("2026-01-01T00:00:00Z").await, []);
    let query = format!("from={large}&to={moved}").replace('+', "%2B");
    let path = format!("/contracts/{}/inventory/differences?{query}", life.contract);
    assert!(life.get(&path).await.to_string().contains("jp-tokyo-e3"));
    let changes = life.get(&format!("/contracts/{}/changes", life.contract)).await;
    let kinds: Vec<&Value> =
        changes["items"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["scale", "move", "scale"]);
    let told = &changes["items"][1]["moved"];
    assert!(told["switchedAt"].is_string() && told["statement"].is_string(), "{told}");
    assert!(told["usage"]["usedSeconds"].is_i64(), "{told}");
    for cloud in life.clouds {
        cloud.shutdown().await;
    }
}
