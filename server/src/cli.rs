//! The command line: what there is, and one module of `command` for each.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command;

/// Kumoichi (雲市): a broker marketplace for clouds.
///
/// Providers publish what they promise, customers say what a service needs, Kumoichi finds the
/// offers that contain the need, closes the contract and does the work at the provider.
#[derive(Debug, Parser)]
#[command(
    name = "kumoichi",
    version,
    propagate_version = true,
    after_help = "Try it: `kumoichi serve --demo`, then open http://127.0.0.1:7600.\n\
                  Settings: flags win over the environment, the environment wins over kumoichi.toml;\n\
                  every key is explained in kumoichi.example.toml."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the broker: pages, API, workers and monitoring.
    Serve(command::serve::ServeArgs),
    /// Runs a small reference cloud that speaks the Inter-cloud Provider API.
    Cloud(command::cloud::CloudArgs),
    /// Examines a cloud: does it keep the contract of the Inter-cloud Provider API?
    Conform(command::conform::ConformArgs),
    /// Matches a case file (requirement and offers) and prints the result as JSON.
    Match(command::match_case::MatchArgs),
    /// Fills the market: the demo market, or a synthetic one of any size.
    Seed(command::seed::SeedArgs),
    /// Imports a file of offers, in CSV, YAML or JSON, for one provider.
    Import(command::import::ImportArgs),
    /// Sends files of offers to a market over its REST API.
    Publish(command::publish::PublishArgs),
    /// Mirrors the catalogue of another market, up to its latest change.
    Mirror(command::mirror::MirrorArgs),
    /// Checks, compares, converts, signs and verifies documents; needs no database.
    Sla(command::sla::SlaArgs),
    /// Creates the database when it is missing and brings its tables up to date.
    Migrate(command::migrate::MigrateArgs),
    /// Builds the search index anew from the database and prints the counts.
    Reindex(command::reindex::ReindexArgs),
    /// Compiles the Japanese dictionary that the search cuts texts by.
    Dictionary(command::dictionary::DictionaryArgs),
    /// Checks configuration, database, index, clock and providers; says what to do about each fault.
    Doctor(command::doctor::DoctorArgs),
    /// Prints the OpenAPI 3.1 document of the REST API.
    Openapi(command::openapi::OpenapiArgs),
    /// The demo application; started by a reference cloud, not by hand.
    #[command(hide = true)]
    DemoApp(reference_cloud::DemoAppArgs),
}

/// Runs a command to its end; faults go to the standard error with their causes.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    // Losing a race against another installer is fine: then there is a provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = match cli.command {
        Command::Serve(args) => command::serve::run(&args),
        Command::Cloud(args) => command::cloud::run(args),
        Command::Conform(args) => command::conform::run(&args),
        Command::Match(args) => command::match_case::run(&args),
        Command::Seed(args) => command::seed::run(&args),
        Command::Import(args) => command::import::run(&args),
        Command::Publish(args) => command::publish::run(&args),
        Command::Mirror(args) => command::mirror::run(&args),
        Command::Sla(args) => command::sla::run(&args),
        Command::Migrate(args) => command::migrate::run(&args),
        Command::Reindex(args) => command::reindex::run(&args),
        Command::Dictionary(args) => command::dictionary::run(&args),
        Command::Doctor(args) => command::doctor::run(&args),
        Command::Openapi(args) => command::openapi::run(&args),
        Command::DemoApp(args) => command::demo_app::run(args),
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "kumoichi: {error:#}");
        ExitCode::FAILURE
    })
}
