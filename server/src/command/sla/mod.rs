//! `kumoichi sla …`: documents without a database: check, compare, convert, sign, verify.

mod files;
mod sign;

pub(crate) use files::ChecklistArgs;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

/// Exit code for a file with faults; 1 is for a file that cannot be opened.
const FAULTY: u8 = 2;

/// What to do with documents.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is well; 1 a file cannot be opened; 2 a file has faults, \
    told with their places; `-` stands for the standard input."
)]
pub struct SlaArgs {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Checks documents and tables, and tells every fault with its place.
    Check(files::CheckArgs),
    /// Tells what is better, neutral, worse or incomparable in a newer version of an offer.
    Diff(files::DiffArgs),
    /// Writes offers in another form.
    Convert(files::ConvertArgs),
    /// Prints the JSON Schema of the documents.
    Schema,
    /// Prints the page about the columns of tables.
    Columns,
    /// Makes a new key pair to sign with, as a private JSON Web Key.
    Key,
    /// Prints the public part of a private key, for registering it.
    Public(sign::PublicArgs),
    /// Signs a document.
    Sign(sign::SignArgs),
    /// Checks the signature of a document.
    Verify(sign::VerifyArgs),
}

/// A form of offers, as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Documents in YAML
    Yaml,
    /// Documents in JSON
    Json,
    /// A table, one row for each offer
    Csv,
    /// The METI checklist for cloud services, one row for each item
    Meti,
    /// OpenSLO v1, numbers only
    Openslo,
}

/// A form that offers can be read from, as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// Documents in YAML
    Yaml,
    /// Documents in JSON
    Json,
    /// A table, one row for each offer
    Csv,
    /// The METI checklist for cloud services, one row for each item
    Meti,
}

impl From<Source> for sla::exchange::Format {
    fn from(source: Source) -> Self {
        match source {
            Source::Yaml => Self::Yaml,
            Source::Json => Self::Json,
            Source::Csv => Self::Csv,
            Source::Meti => Self::Meti,
        }
    }
}

impl From<Form> for sla::exchange::Format {
    fn from(form: Form) -> Self {
        match form {
            Form::Yaml => Self::Yaml,
            Form::Json => Self::Json,
            Form::Csv => Self::Csv,
            Form::Meti => Self::Meti,
            Form::Openslo => Self::OpenSlo,
        }
    }
}

/// Does the task.
pub fn run(args: &SlaArgs) -> anyhow::Result<ExitCode> {
    match &args.task {
        Task::Check(args) => files::check(args),
        Task::Diff(args) => files::diff(args),
        Task::Convert(args) => files::convert(args),
        Task::Schema => {
            super::say(&serde_json::to_string_pretty(&sla::schema::document())?);
            Ok(ExitCode::SUCCESS)
        }
        Task::Columns => {
            say_exactly(&sla::exchange::csv::documentation());
            Ok(ExitCode::SUCCESS)
        }
        Task::Key => sign::key(),
        Task::Public(args) => sign::public(args),
        Task::Sign(args) => sign::sign(args),
        Task::Verify(args) => sign::verify(args),
    }
}

/// What a file is called, without its folders; empty: it comes from the input.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name != "-")
        .unwrap_or_default()
}

/// Reads a file, or the standard input for `-`, no further than is read at all.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let most = sla::exchange::MAX_TABLE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes).context("the input cannot be read")?;
    } else {
        let file =
            File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        file.take(most)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{} cannot be read", path.display()))?;
    }
    // Cut inside a character: it is too long anyway.
    let text = if bytes.len() as u64 == most {
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        String::from_utf8(bytes).with_context(|| {
            format!("{} is not UTF-8; save a table as CSV UTF-8", path.display())
        })?
    };
    Ok(text)
}

/// Tells faults, one in each line, and gives the exit code for them.
pub(crate) fn refuse(
    path: &Path,
    faults: impl IntoIterator<Item = impl std::fmt::Display>,
) -> ExitCode {
    for fault in faults {
        let _ = writeln!(std::io::stderr(), "{}: {fault}", path.display());
    }
    ExitCode::from(FAULTY)
}

/// Writes text as it is to the standard output.
fn say_exactly(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
