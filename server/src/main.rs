//! The program `kumoichi`; everything is in the library beside it.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    server::run(server::Cli::parse())
}
