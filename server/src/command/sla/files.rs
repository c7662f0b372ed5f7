//! Checking, comparing and converting files.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sla::exchange::{self, Format, Import, meti};
use sla::{Locale, Offer};

use super::{Form, Source, read, refuse, say_exactly};
use crate::command::{counted, say};

/// Files to check.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Documents in YAML or JSON, or tables
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Two versions.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The version before
    old: PathBuf,
    /// The version after
    new: PathBuf,
    /// Prints a JSON object instead of sentences
    #[arg(long)]
    json: bool,
    /// Language of the sentences
    #[arg(long, default_value = "en", value_parser = ["en", "ja"])]
    language: String,
}

/// What to convert, and what a checklist does not say.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// Offers as documents, tables or one filled checklist
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The form to write
    #[arg(long, value_enum)]
    to: Form,
    /// The form of the files; as they look unless stated
    #[arg(long, value_enum)]
    from: Option<Source>,
    /// Provider (a DID or address) of the offer that a checklist describes
    #[arg(long)]
    provider: Option<String>,
    #[command(flatten)]
    checklist: ChecklistArgs,
}

/// What a checklist does not say about its offer.
#[derive(Debug, Args)]
pub(crate) struct ChecklistArgs {
    /// Name of the offer that a checklist describes
    #[arg(long, default_value = "my-service")]
    name: String,
    /// Title of the offer that a checklist describes
    #[arg(long, default_value = "サービス")]
    title: String,
    /// Service model of the offer that a checklist describes
    #[arg(long, default_value = "SaaS")]
    model: String,
    /// Region and country of the offer that a checklist describes
    #[arg(long, num_args = 2, value_names = ["ID", "COUNTRY"], default_values = ["jp", "JP"])]
    region: Vec<String>,
}

impl ChecklistArgs {
    /// The same for reading a checklist.
    pub(crate) fn head(&self, provider: Option<String>) -> meti::Head {
        let region = |at: usize| self.region.get(at).cloned().unwrap_or_default();
        meti::Head {
            name: self.name.clone(),
            provider,
            title: self.title.clone(),
            model: self.model.clone(),
            region: region(0),
            country: region(1),
        }
    }
}

/// Says for each file how many offers and requirements it holds, or every fault.
pub fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut done = ExitCode::SUCCESS;
    for path in &args.files {
        let text = read(path)?;
        let name = path.display();
        match Format::of_text(&text) {
            Format::Yaml | Format::Json => match sla::parse(&text) {
                Ok(parsed) => {
                    let documents = counted(parsed.documents.len(), "document");
                    say(&format!("{name}: {documents} without a fault"));
                    parsed.notices.iter().for_each(|notice| say(&format!("{name}: {notice}")));
                }
                Err(faults) => done = refuse(path, &faults),
            },
            Format::Meti => {
                let import = meti::read(&text, &unknown());
                match import.is_sound() {
                    true => say(&format!("{name}: a checklist without a fault")),
                    false => done = refuse(path, &import.faults),
                }
            }
            format => {
                let import = exchange::read(format, &text);
                match import.is_sound() {
                    true => {
                        let offers = counted(import.rows, "offer");
                        say(&format!("{name}: {offers} without a fault"));
                    }
                    false => done = refuse(path, &import.faults),
                }
            }
        }
    }
    Ok(done)
}

/// Prints what changed.
pub fn diff(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let mut offers = Vec::new();
    for path in [&args.old, &args.new] {
        match sla::parse_offer(&read(path)?) {
            Ok(offer) => offers.push(offer),
            Err(faults) => return Ok(refuse(path, &faults)),
        }
    }
    let [old, new] = offers.as_slice() else { return Ok(ExitCode::FAILURE) };
    if old.metadata.name != new.metadata.name {
        let names = format!("`{}` and `{}`", old.metadata.name, new.metadata.name);
        let _ = writeln!(std::io::stderr(), "these are not two versions of one offer: {names}");
    }
    let found = sla::diff(old, new);
    if args.json {
        let verdict = found.verdict();
        let whole = serde_json::json!({"verdict": verdict, "parts": found.parts});
        say(&serde_json::to_string_pretty(&whole)?);
        return Ok(ExitCode::SUCCESS);
    }
    let locale = if args.language == "ja" { Locale::Ja } else { Locale::En };
    if found.is_empty() {
        say(if locale == Locale::Ja { "変更はありません" } else { "nothing changed" });
    }
    found.lines(locale).iter().for_each(|line| say(line));
    Ok(ExitCode::SUCCESS)
}

/// Prints the offers in the other form.
pub fn convert(args: &ConvertArgs) -> anyhow::Result<ExitCode> {
    let mut offers: Vec<Offer> = Vec::new();
    for path in &args.files {
        let text = read(path)?;
        let format = args.from.map_or_else(|| Format::of_text(&text), Format::from);
        let import = match format {
            Format::Meti => meti::read(&text, &args.checklist.head(args.provider.clone())),
            format => exchange::read(format, &text),
        };
        if !import.is_sound() {
            return Ok(refuse(path, &import.faults));
        }
        offers.extend(found(import));
    }
    if args.to == Form::Csv {
        let lost = |offer: &&Offer| {
            offer.metadata.signature.is_some() && !exchange::csv::keeps_signature(offer)
        };
        for offer in offers.iter().filter(lost) {
            let name = &offer.metadata.name;
            let why =
                "the items that were signed stand in another order than the columns of a table";
            let _ = writeln!(std::io::stderr(), "{name}: the signature is left out: {why}");
        }
    }
    say_exactly(&exchange::write(args.to.into(), &offers));
    Ok(ExitCode::SUCCESS)
}

fn found(import: Import) -> impl Iterator<Item = Offer> {
    import.offers.into_iter().map(|found| found.offer)
}

/// Placeholders for what a checklist does not say, where it is only checked.
fn unknown() -> meti::Head {
    meti::Head {
        name: "checked".to_owned(),
        title: "-".to_owned(),
        model: "SaaS".to_owned(),
        region: "jp".to_owned(),
        country: "JP".to_owned(),
        provider: None,
    }
}
