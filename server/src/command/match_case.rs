//! `kumoichi match`: the matching definition on a neutral case file, without a database.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use matching::CaseFault;

/// Exit code for a case that cannot be read; 1 is for a file that cannot be opened.
const FAULTY_CASE: u8 = 2;

/// The case.
#[derive(Debug, Args)]
#[command(
    after_help = "The keys of a case, their units and ranges and an example to run: docs/match-cases.md.\n\n\
        Smallest case:\n  \
        {\"items\": [{\"id\": \"uptime\", \"type\": \"higher\", \"scale\": \"nines\", \"worst\": \"90\", \"best\": \"99.999\"}],\n   \
        \"requirement\": [{\"item\": \"uptime\", \"value\": \"99.9\"}],\n   \
        \"offers\": [{\"id\": \"a\", \"values\": {\"uptime\": \"99.95\"}}]}\n\n\
        Exit codes: 0 the result was printed; 1 the file cannot be opened; \
        2 the case has a fault, told with its JSON pointer."
)]
pub struct MatchArgs {
    /// Case file (JSON); a file of offers it names lies beside it
    #[arg(value_name = "CASE.json")]
    case: PathBuf,
}

/// Prints the result object.
pub fn run(args: &MatchArgs) -> anyhow::Result<ExitCode> {
    let path = &args.case;
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let json = match String::from_utf8(bytes) {
        Ok(json) => json,
        Err(fault) => {
            let at = fault.utf8_error().valid_up_to() + 1;
            let message = format!("this is no text in UTF-8: byte {at} does not belong into one");
            return Ok(refused(path, &CaseFault { pointer: String::new(), message }));
        }
    };
    let name = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let folder = path.parent().map(ToOwned::to_owned).unwrap_or_default();
    let load = |file: &str| std::fs::read_to_string(folder.join(file));
    match matching::run_named_case(&name, &json, load) {
        Ok(result) => {
            super::say(&result);
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => Ok(refused(path, &fault)),
    }
}

fn refused(path: &Path, CaseFault { pointer, message }: &CaseFault) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{}{pointer}: {message}", path.display());
    ExitCode::from(FAULTY_CASE)
}
