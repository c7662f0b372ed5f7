//! A restart with a large market: from the start of the process to the first answer, the first ranked
//! list and the first market page, and what the process then holds in memory. The floor is the time to
//! read once what was kept in the data folder for it.

use super::load::Client;
use super::report::Row;
use super::server::Server;
use crate::place::Place;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Offers where nothing is said: what the design asks for.
pub const OFFERS: usize = 1_000_000;
/// Restarts that are measured; the start before them builds everything.
const RESTARTS: usize = 3;
/// The snapshot in the data folder.
const KEPT: &str = "match-index";
const NEED: &str = r#"{"need":{"template":"certificate-service"},"limit":50}"#;
const PAGE: &str = "/market?per_page=20";

/// What one start took, in seconds from the start of the process.
#[derive(Debug, Clone, Copy)]
struct Started {
    listening: f64,
    ranked: f64,
    page: f64,
    memory_mb: f64,
}

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool, offers: usize) -> Result<Vec<Row>> {
    let stopped = Server::with_offers(place, offers, debug)?.stop()?;
    fs::remove_file(stopped.folder().join(KEPT)).context("the match index was not kept")?;
    let mut server = stopped.start(place)?;
    let cold = measured(&server)?;
    let mut restarts = Vec::new();
    for _ in 0..RESTARTS {
        let stopped = server.stop()?;
        let floor = read_once(stopped.folder())?;
        server = stopped.start(place)?;
        restarts.push((measured(&server)?, floor));
    }
    Ok(rows(offers, cold, &restarts))
}

/// Asks the running process.
fn measured(server: &Server) -> Result<Started> {
    let begun = server.started();
    let listening = server.healthy_after().as_secs_f64();
    let mut client = Client::connect(server.port)?;
    // The data outlives the process, so each start asks under a name of its own.
    let key = format!("restart-{}", server.process());
    let answer = client.post("/api/v1/rankings", &key, NEED)?;
    ensure!(answer.status == 200, "the ranking answered {}", answer.status);
    let ranked = begun.elapsed().as_secs_f64();
    let answer = client.get(PAGE)?;
    ensure!(answer.status == 200, "the market page answered {}", answer.status);
    let page = begun.elapsed().as_secs_f64();
    Ok(Started { listening, ranked, page, memory_mb: memory_mb(server.process())? })
}

/// Resident memory of a process.
fn memory_mb(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|text| text.split_whitespace().next());
    let kilobytes: f64 = kilobytes.context("no VmRSS")?.parse()?;
    Ok(kilobytes / 1000.0)
}

/// Seconds to read the kept match index once.
fn read_once(data: &Path) -> Result<f64> {
    let start = Instant::now();
    let bytes = fs::read(data.join(KEPT)).context("the match index was not kept")?;
    ensure!(!bytes.is_empty(), "the match index is empty");
    Ok(start.elapsed().as_secs_f64())
}

fn rows(offers: usize, cold: Started, restarts: &[(Started, f64)]) -> Vec<Row> {
    let of = |value: fn(&Started) -> f64| -> Vec<f64> {
        restarts.iter().map(|(started, _)| value(started)).collect()
    };
    let floors: Vec<f64> = restarts.iter().map(|(_, floor)| *floor).collect();
    let floor = Row::new("restart", format!("{offers} offers: read the match index"), "s", &floors);
    let row = |case: &str, value: fn(&Started) -> f64| {
        let values = of(value);
        let case = format!("{offers} offers: {case}");
        Row::new("restart", case, "s", &values).with_p99(&values).over(floor.median)
    };
    let once = |case: &str, unit, value: f64| {
        Row::new("restart", format!("{offers} offers: {case}"), unit, &[value])
    };
    let memory = of(|started| started.memory_mb);
    vec![
        once("first start, nothing kept, to listening", "s", cold.listening),
        once("first start, to the first ranked list", "s", cold.ranked),
        row("restart to listening", |started| started.listening),
        row("restart to the first ranked list", |started| started.ranked),
        row("restart to the first market page", |started| started.page),
        Row::new("restart", format!("{offers} offers: resident memory"), "MB", &memory),
        floor,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_are_set_beside_reading_what_was_kept() {
        let started = |ranked| Started { listening: 1.0, ranked, page: 3.0, memory_mb: 700.0 };
        let rows = rows(1000, started(60.0), &[(started(2.0), 0.5), (started(4.0), 0.5)]);
        let ranked = &rows[3];
        assert_eq!(ranked.case, "1000 offers: restart to the first ranked list");
        assert_eq!((ranked.n, ranked.median, ranked.ratio), (2, 2.0, Some(4.0)));
        assert_eq!((rows[5].unit, rows[5].median), ("MB", 700.0));
    }

    #[test]
    fn a_folder_without_a_match_index_is_no_restart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_once(folder.path()).is_err());
        fs::write(folder.path().join(KEPT), "x").unwrap();
        assert!(read_once(folder.path()).unwrap() >= 0.0);
    }

    #[test]
    fn memory_of_a_process_is_read() {
        assert!(memory_mb(std::process::id()).unwrap() > 1.0);
    }
}
