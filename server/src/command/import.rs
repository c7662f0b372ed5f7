//! `kumoichi import`: a file of offers into the market, as its provider's portal and the API do it.

use std::path::PathBuf;
use std::process::ExitCode;

use broker::OpContext;
use broker::offers::{ImportOutcome, OfferFile};
use clap::Args;

use super::{block_on, counted, say, sla as documents};
use crate::config::ConfigArgs;
use crate::wiring;

/// What to import.
#[derive(Debug, Args)]
#[command(
    after_help = "Every row is taken or none; the columns of tables are described in docs/csv.md.\n\
        Exit codes: 0 imported; 1 the file or the market cannot be opened; 2 the file has faults."
)]
pub struct ImportArgs {
    /// A table (CSV), documents in YAML or JSON, or a filled METI checklist (CSV)
    file: PathBuf,
    /// Short name of the provider whose offers these are
    #[arg(long)]
    provider: String,
    /// Shows the offers to everybody at once; else new ones are drafts
    #[arg(long)]
    publish: bool,
    /// Says what would become of the offers and saves nothing
    #[arg(long)]
    dry_run: bool,
    /// Imports the rows without a fault although others have one
    #[arg(long)]
    valid_rows_only: bool,
    /// The form of the file; as it looks unless stated
    #[arg(long, value_enum)]
    from: Option<documents::Source>,
    #[command(flatten)]
    checklist: documents::ChecklistArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Imports and prints what was done.
pub fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let settings = args.config.resolve()?;
    settings.start_log("warn");
    let text = documents::read(&args.file)?;
    let file = OfferFile {
        text,
        file_name: documents::file_name(&args.file),
        format: args.from.map(Into::into),
        publish: args.publish,
        dry_run: args.dry_run,
        valid_rows_only: args.valid_rows_only,
        checklist: args.checklist.head(None),
    };
    block_on(async move {
        let opened = wiring::open_existing(&settings).await?;
        let ctx = OpContext::system("import");
        let report = opened.broker.import_offers_of(&ctx, &args.provider, file).await?;
        if report.fault_count > 0 && report.offers.is_empty() {
            let refused = documents::refuse(&args.file, &report.faults);
            let count = counted(report.fault_count, "fault");
            say(&format!("{count}; nothing was imported"));
            return Ok(refused);
        }
        if report.fault_count > 0 {
            documents::refuse(&args.file, &report.faults);
            say(&format!("{} refused", counted(report.refused_rows(), "offer")));
        }
        say(&format!(
            "{}: {} new, {} with a new version, {} unchanged; {} published, {} submitted{}",
            counted(report.rows, "offer"),
            report.count(ImportOutcome::Created),
            report.count(ImportOutcome::Revised),
            report.count(ImportOutcome::Unchanged),
            report.published,
            report.submitted,
            if report.saved { "" } else { "; nothing was saved" }
        ));
        Ok(ExitCode::SUCCESS)
    })
}
