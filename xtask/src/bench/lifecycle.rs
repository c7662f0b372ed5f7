//! Whole lives of services on both databases with a cloud that answers at once, beside how often the same
//! database commits. The measuring itself is `crates/testkit/examples/lifecycle`. PostgreSQL runs as it is
//! delivered, with every commit on the disk.

use super::measured::{example, lines};
use super::report::Row;
use crate::place::Place;
use crate::test::postgres::{self, Cluster, Durability};
use crate::{say, setup, tool};
use anyhow::Result;
use std::time::Duration;

const BENCH: &str = "lifecycle";
const MEASURE_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool) -> Result<Vec<Row>> {
    let program = example(place, "testkit", "lifecycle", debug)?;
    // Where TMPDIR lies in memory, commits cost nothing, ours and the raw ones alike.
    let below = std::env::temp_dir();
    let mut measured = Vec::new();
    say::step("on SQLite", || {
        let mut measure = tool::command(&program);
        measure.arg("sqlite");
        measured.extend(lines(&mut measure, MEASURE_LIMIT)?);
        Ok(())
    })?;
    match setup::postgresql_programs() {
        None => say::line("   PostgreSQL: server programs are not installed"),
        Some(programs) => say::step("on PostgreSQL", || {
            let cluster = Cluster::start(&programs, &below, Durability::Full)?;
            let mut measure = tool::command(&program);
            measure.arg("postgres").env(postgres::ADDRESS, cluster.url());
            measured.extend(lines(&mut measure, MEASURE_LIMIT)?);
            Ok(())
        })?,
    }
    measured.into_iter().map(|measured| measured.row(BENCH)).collect()
}
