//! What a rendered market page costs beside a static file of the same server, and how many SQL
//! statements it takes with a small and a large market (the number must not grow).

use super::load::{self, Client, Effort, Load};
use super::report::Row;
use super::server::Server;
use crate::place::Place;
use anyhow::{Context, Result};
use std::fs;
use std::time::Duration;

const PAGE: &str = "/market?per_page=20";
const OFFERS: usize = 10_000;
/// For comparing the number of statements only.
const FEW_OFFERS: usize = 100;
/// The answer header with the number of SQL statements of the request.
const STATEMENTS: &str = "x-sql-statements";
const ROUNDS: usize = 5;
const WARM_UP: Effort = Effort { connections: 2, requests: 50, limit: Duration::from_secs(10) };
const ROUND: Effort = Effort { connections: 4, requests: 2_000, limit: Duration::from_secs(4) };

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool) -> Result<Vec<Row>> {
    let few = {
        let server = Server::with_offers(place, FEW_OFFERS, debug)?;
        statements(server.port, PAGE)?
    };
    let server = Server::with_offers(place, OFFERS, debug)?;
    let file = rounds(server.port, &static_file(place)?)?;
    let page = rounds(server.port, PAGE)?;
    let mut rows = latency_and_rate(&file, &page);
    for (case, count) in [
        ("statements, 100 offers", few),
        ("statements, 10,000 offers", statements(server.port, PAGE)?),
    ] {
        if let Some(count) = count {
            rows.push(Row::new("page", case, "count", &[count]));
        }
    }
    Ok(rows)
}

/// The style sheet: a file every page asks for.
fn static_file(place: &Place) -> Result<String> {
    let text = fs::read_to_string(place.site().join("manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    let name = manifest["css"].as_str().context("the manifest names no style sheet")?;
    Ok(format!("/pkg/{name}"))
}

fn rounds(port: u16, path: &str) -> Result<Vec<Load>> {
    load::run(port, path, WARM_UP)?;
    (0..ROUNDS).map(|_| load::run(port, path, ROUND)).collect()
}

/// The number of statements of one request; `None` when the server does not report it.
pub(super) fn statements(port: u16, path: &str) -> Result<Option<f64>> {
    let mut client = Client::connect(port)?;
    client.get(path)?;
    let answer = client.get(path)?;
    Ok(answer.header(STATEMENTS).map(str::parse).transpose()?)
}

fn latency_and_rate(file: &[Load], page: &[Load]) -> Vec<Row> {
    let times = |loads: &[Load]| -> Vec<f64> {
        loads.iter().flat_map(|load| load.times_ms.clone()).collect()
    };
    let rates = |loads: &[Load]| -> Vec<f64> { loads.iter().map(|load| load.rate).collect() };
    let (file_times, page_times) = (times(file), times(page));
    let file_time = Row::new("page", "static file", "ms", &file_times).with_p99(&file_times);
    let file_rate = Row::new("page", "static file", "1/s", &rates(file));
    let page_time =
        Row::new("page", "market, 20 of 10,000", "ms", &page_times).with_p99(&page_times);
    let page_rate = Row::new("page", "market, 20 of 10,000", "1/s", &rates(page));
    let page_time = page_time.over(file_time.median);
    let page_rate = page_rate.over(file_rate.median);
    vec![file_time, page_time, file_rate, page_rate]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_compared_with_the_file() {
        let load = |time: f64, rate: f64| Load { times_ms: vec![time; 3], rate };
        let rows = latency_and_rate(&[load(0.5, 4000.0)], &[load(2.0, 1000.0)]);
        assert_eq!(rows[1].ratio, Some(4.0));
        assert_eq!(rows[3].ratio, Some(0.25));
        assert_eq!(rows[1].n, 3);
    }
}
