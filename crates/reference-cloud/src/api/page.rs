//! The cloud's page for people: capacity and what is lent. It changes nothing and names no secret.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use provider_api::Amounts;

use super::answer::problem;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::operations::Room;
use crate::words::{Words, escape};

/// The style of the cloud's page and of the demo application; system colours follow light and dark by themselves.
pub(crate) const STYLE: &str = ":root{color-scheme:light dark}\
body{font:1rem/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:start;padding:.3rem .6rem;border-block-end:1px solid GrayText;overflow-wrap:anywhere}\
td.n,th.n{text-align:end;font-variant-numeric:tabular-nums}\
textarea{font:inherit;width:100%;box-sizing:border-box}button{font:inherit;padding:.4rem 1rem;min-height:2.75rem}\
li{overflow-wrap:anywhere;white-space:pre-wrap}dt{font-weight:600}";

pub(super) async fn show(State(cloud): State<Arc<Cloud>>, headers: HeaderMap) -> Response {
    match render(&cloud, Words::for_visitor(&headers)).await {
        Ok(page) => Html(page).into_response(),
        Err(error) => problem(&error),
    }
}

async fn render(cloud: &Cloud, words: &Words) -> Result<String, OpError> {
    let now_us = cloud.now_us();
    let used = cloud.store.used(now_us).await?;
    let name = escape(&cloud.config.name);
    let mut page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{name}</title><style>{STYLE}</style></head><body><main><h1>{name}</h1>\
         <p>{}</p><h2>{}</h2>",
        words.language,
        words.get("cloud.intro"),
        words.get("cloud.capacity"),
    );
    for (room, each) in cloud.all_rooms(&used).zip(&cloud.config.zones) {
        capacity(&mut page, words, &room, &each.capacity);
    }
    // The page needs no token: where there are several tenants it tells what is free and nothing of whom.
    if cloud.config.tenants.len() == 1 {
        lent(&mut page, words, cloud).await?;
    }
    page.push_str("</main></body></html>");
    Ok(page)
}

async fn lent(page: &mut String, words: &Words, cloud: &Cloud) -> Result<(), OpError> {
    let now_us = cloud.now_us();
    let _ = write!(page, "<h2>{}</h2>", words.get("cloud.allocations"));
    let rows = cloud.store.living().await?;
    if rows.is_empty() {
        let _ = write!(page, "<p>{}</p>", words.get("cloud.none"));
    } else {
        let heads = ["cloud.label", "cloud.zone", "cloud.state", "cloud.address"]
            .map(|key| format!("<th>{}</th>", words.get(key)));
        let _ = write!(page, "<table><thead><tr>{}</tr></thead><tbody>", heads.concat());
        for row in rows {
            let address = row.endpoint().map(|address| address.to_string()).unwrap_or_default();
            let (label, state) = (escape(&row.label), row.state_at(now_us));
            let zone = escape(&row.zone().id);
            let _ = write!(
                page,
                "<tr><td>{label}</td><td>{zone}</td><td>{state}</td><td>{address}</td></tr>"
            );
        }
        page.push_str("</tbody></table>");
    }
    Ok(())
}

fn capacity(page: &mut String, words: &Words, room: &Room<'_>, total: &Amounts) {
    let (zone, free) = (room.zone, &room.free);
    let _ = write!(
        page,
        "<h3>{} {}</h3><p>{} · {} · {}</p><table><thead><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead><tbody>",
        words.get("cloud.zone"),
        escape(&zone.id),
        escape(&zone.region),
        escape(&zone.country),
        escape(&zone.hazard_zone),
        words.get("cloud.resource"),
        words.get("cloud.free"),
        words.get("cloud.total"),
    );
    let rows = [
        ("cloud.instances", free.instances, total.instances),
        ("cloud.vcpu", free.vcpu, total.vcpu),
        ("cloud.ram", free.ram_mb, total.ram_mb),
        ("cloud.storage", free.storage_gb, total.storage_gb),
        ("cloud.mbps", free.mbps, total.mbps),
    ];
    for (key, free, total) in rows {
        let name = words.get(key);
        let _ = write!(
            page,
            "<tr><th>{name}</th><td class=\"n\">{}</td><td class=\"n\">{total}</td></tr>",
            free.max(0)
        );
    }
    page.push_str("</tbody></table>");
}
