//! Measurements that answer a question of the design, each beside a floor: the least that the same
//! machine could take for it. Add one by a module with a `run` and a line in [`Name`].

mod lifecycle;
mod load;
mod matcher;
mod measured;
mod page;
mod report;
mod restart;
mod search;
mod server;
mod studio;

use crate::place::Place;
use crate::say;
use anyhow::Result;
use clap::{Args, ValueEnum};
use report::Row;

/// The measurements there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// The market page with 20 of 10,000 offers, beside a static file from the same server.
    Page,
    /// The match index over 10k, 100k and 1M offers, beside reading the columns once and Polars.
    Match,
    /// A restart with 1M offers (see `--offers`): to listening, to the first ranked list, memory.
    Restart,
    /// Whole lives of services on SQLite and PostgreSQL, beside the commits of the same database.
    Lifecycle,
    /// The search in process and over HTTP with 100,000 offers, beside SQLite FTS5 over the same texts.
    Search,
    /// Frames of a drag in the requirement studio over 5,000 offers, beside an empty hand.
    Studio,
}

/// Options of `bench`.
#[derive(Debug, Args)]
pub struct Options {
    /// Which measurement; without a name they are listed.
    #[arg(value_enum)]
    name: Option<Name>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure the debug build that is there, instead of building the release build.
    #[arg(long)]
    debug: bool,
    /// Offers of the measurement `restart`.
    #[arg(long, default_value_t = restart::OFFERS)]
    offers: usize,
    /// Folder with the collected texts of the measurement `search`.
    #[arg(long)]
    data: Option<std::path::PathBuf>,
}

/// Runs a measurement and prints its rows.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    let Some(name) = options.name else {
        for name in Name::value_variants() {
            if let Some(value) = name.to_possible_value() {
                let help = value.get_help().map(ToString::to_string).unwrap_or_default();
                say::line(&format!("   {:<10} {help}", value.get_name()));
            }
        }
        return Ok(());
    };
    let rows: Vec<Row> = match name {
        Name::Page => page::run(place, options.debug)?,
        Name::Match => matcher::run(place, options.debug)?,
        Name::Restart => restart::run(place, options.debug, options.offers)?,
        Name::Lifecycle => lifecycle::run(place, options.debug)?,
        Name::Search => search::run(place, options.debug, options.data.as_deref())?,
        Name::Studio => studio::run(place, options.debug)?,
    };
    say::line(&if options.json { report::json(&rows)? } else { report::table(&rows) });
    Ok(())
}
