//! `kumoichi dictionary`: the Japanese dictionary, compiled from the source that Debian packages.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use search::{Dictionary, IPADIC_SOURCE};

use super::say;

/// From where, and where to.
#[derive(Debug, Args)]
#[command(
    after_help = "Debian and Ubuntu bring the source as the package mecab-ipadic. A broker finds the result beside its \
    program, or where --dictionary names it, at its next start; the search index is then built anew by itself. \
    Without a dictionary Japanese is found by pairs of characters."
)]
pub struct DictionaryArgs {
    /// The source: a folder of MeCab's IPADIC
    #[arg(long, value_name = "FOLDER", default_value = IPADIC_SOURCE)]
    from: PathBuf,
    /// Where the compiled dictionary is put; replaced when it is there
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
}

/// Compiles the dictionary.
pub fn run(args: &DictionaryArgs) -> anyhow::Result<ExitCode> {
    let shown = args.from.display();
    Dictionary::build(&args.from, &args.into).with_context(|| {
        format!("the dictionary in {shown} cannot be compiled; install the package mecab-ipadic")
    })?;
    Dictionary::open(&args.into)?;
    say(&format!("the Japanese dictionary is in {}", args.into.display()));
    Ok(ExitCode::SUCCESS)
}
