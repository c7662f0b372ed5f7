//! A catalogue of real machine types goes through the public import, and the three needs of the
//! paper's Table 1 are ranked over it. Skipped with a message where the collected data are absent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]
#![allow(clippy::print_stdout, reason = "times are printed for people and never asserted")]

#[path = "real_catalogue/build.rs"]
mod build;
mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use axum::http::StatusCode;
use common::{Sent, Site};
use domain::Role;
use serde_json::{Value, json};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

#[tokio::test]
async fn five_thousand_real_machine_types_are_imported_and_ranked() {
    let data = Path::new(DATA);
    if !data.join("sparecores/server.csv").exists() {
        println!("skipped: no collected data at ../shared/data");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = build::tables(data, folder.path());
    let rows: usize = files.iter().map(|file| file.rows).sum();
    assert_eq!((files.len(), rows), (7, 5176));

    let site = Site::demo().await;
    let before = site.get(None, "/offers?limit=1").await.json()["total"].as_u64();
    let begun = Instant::now();
    let mut imported = 0;
    for file in &files {
        let provider = site.person(&file.vendor, Role::Provider).await;
        let text = std::fs::read_to_string(&file.path).unwrap();
        let one = Instant::now();
        let path = "/provider/offers/import?publish=true";
        let reply = site.api(Some(&provider), "POST", path, Sent::Csv(&text)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}: {:.2000}", file.vendor, reply.body);
        let report = reply.json();
        assert_eq!(report["created"], json!(file.rows), "{}", file.vendor);
        assert_eq!(report["published"], json!(file.rows), "{}", file.vendor);
        imported += file.rows;
        println!(
            "{:9} {:5} offers, {:7} bytes, {:?}",
            file.vendor,
            file.rows,
            text.len(),
            one.elapsed()
        );
    }
    println!("imported and searchable: {imported} offers in {:?}", begun.elapsed());
    if let Some(before) = before {
        let after = site.get(None, "/offers?limit=1").await.json()["total"].as_u64().unwrap();
        assert_eq!(after, before + 5176);
    }
    rank(&site, 5176).await;
}

/// Each need looks at every offer and finds the demo provider that the paper's table suggests.
async fn rank(site: &Site, imported: u64) {
    for (need, best) in [
        ("certificate-service", "hokusei-gov-iaas"),
        ("collaboration-service", "rheinland-business-cloud"),
        ("tracking-service", "edge-burst-tokyo"),
    ] {
        let begun = Instant::now();
        let body = json!({"need": {"template": need}, "limit": 50});
        let reply = site.api(None, "POST", "/rankings", Sent::Json(body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let found = reply.json();
        let took = begun.elapsed();
        let considered = found["considered"].as_u64().unwrap();
        assert!(considered > imported, "{considered}");
        let ids = |list: &str| ids(&found[list]);
        let (matches, near) = (ids("matches"), ids("nearMisses"));
        println!(
            "{need}: {considered} offers judged, {} match, {} near misses shown, {took:?}",
            found["matched"],
            near.len()
        );
        assert!(matches.is_disjoint(&near));
        let named = site.get(None, &format!("/offers?q={best}&limit=50")).await.json();
        let wanted = ids_of_slug(&named, best, site).await;
        assert!(wanted.is_subset(&matches), "{need}: {best} is among {matches:?}");
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    let rows = list.as_array().unwrap();
    rows.iter().map(|row| row["offer"]["id"].as_str().unwrap().to_owned()).collect()
}

/// The offers whose document has this name.
async fn ids_of_slug(found: &Value, slug: &str, site: &Site) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for offer in found["items"].as_array().unwrap() {
        let id = offer["id"].as_str().unwrap();
        let document = site.get(None, &format!("/offers/{id}/sla")).await.json();
        if document["metadata"]["name"] == slug {
            ids.insert(id.to_owned());
        }
    }
    assert_eq!(ids.len(), 1, "one offer is called {slug}");
    ids
}
