//! `kumoichi publish`: files of offers to a market over its REST API, as the provider that a token stands for.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use domain::{IdSource, UploadId};
use provider_api::http::{AddressPolicy, AddressRange, HttpReader, Sending};
use serde_json::Value;
use sla::exchange::sheet;
use url::{Host, Url};

use super::{block_on, counted, say, sla as documents};
use crate::system::SystemIds;

/// The variable with the token; a command line is seen by everybody on the machine.
const TOKEN: &str = "KUMOICHI_TOKEN";
/// A file of ten thousand offers takes some seconds.
const LIMIT: Duration = Duration::from_secs(120);
/// Ten thousand rows of an answer take about two megabytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often a file is sent before the market counts as not reachable.
const ATTEMPTS: u32 = 3;
/// Before the second attempt; doubled before the third.
const PAUSE: Duration = Duration::from_millis(500);

/// What to publish, and where.
#[derive(Debug, Args)]
#[command(
    after_help = "The token of a provider's member is read from KUMOICHI_TOKEN or --token-file.\n\
        Exit codes: 0 everything was taken; 1 the market or a file cannot be reached; 2 offers were refused.\n\
        Example: KUMOICHI_TOKEN=… kumoichi publish offers.csv --to https://market.example\n\
        What was sent is listed at /provider/uploads for 30 days, and undone with --undo upl_…"
)]
pub struct PublishArgs {
    /// Tables (CSV), documents in YAML or JSON, or filled METI checklists (CSV)
    #[arg(required_unless_present = "undo")]
    files: Vec<PathBuf>,
    /// Undoes everything that an earlier upload saved, as the market named it (`upl_…`)
    #[arg(long, value_name = "UPLOAD", conflicts_with_all = ["files", "dry_run", "valid_rows_only", "no_submit", "report"])]
    undo: Option<UploadId>,
    /// Scheme and host of the market
    #[arg(long, value_name = "URL")]
    to: Url,
    /// A file with the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Says what would become of the offers and saves nothing
    #[arg(long)]
    dry_run: bool,
    /// Takes the rows without a fault although others have one
    #[arg(long)]
    valid_rows_only: bool,
    /// Saves drafts and shows nothing to anybody
    #[arg(long)]
    no_submit: bool,
    /// Writes what became of each row as a table (CSV)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What became of one file.
struct Sent {
    file: String,
    status: u16,
    body: Value,
}

/// Sends every file and prints what was done.
pub fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let token = token(args.token_file.as_deref())?;
    let address = address(args)?;
    if let Some(upload) = args.undo {
        return block_on(undo(address, token, upload));
    }
    block_on(async move {
        let client = client()?;
        let ids = SystemIds::default();
        let mut all = Vec::new();
        for (at, file) in args.files.iter().enumerate() {
            let text = documents::read(file)?;
            let name = file.display().to_string();
            // Repeating it with the same key never makes two of one.
            let key = ids.next_uuid().to_string();
            let mut address = address.clone();
            address.query_pairs_mut().append_pair("file", &documents::file_name(file));
            let (status, body) = send(&client, &address, (&token, &key), &text).await?;
            say(&format!("[{}/{}] {name}: {}", at + 1, args.files.len(), summary(status, &body)));
            for line in faults(&body) {
                say(&format!("  {line}"));
            }
            let refused_entry = matches!(status, 401 | 403);
            all.push(Sent { file: name, status, body });
            // The next file would be answered the same.
            if refused_entry {
                break;
            }
        }
        if let Some(report) = &args.report {
            let written = std::fs::write(report, table(&all));
            written.with_context(|| format!("{} cannot be written", report.display()))?;
        }
        let whole = all.iter().all(|sent| succeeded(sent.status) && count(sent, "refused") == 0);
        let reached = all.iter().all(|sent| succeeded(sent.status) || sent.status == 422);
        Ok(match (whole, reached) {
            (true, _) => ExitCode::SUCCESS,
            (false, true) => ExitCode::from(2),
            (false, false) => ExitCode::FAILURE,
        })
    })
}

fn client() -> anyhow::Result<HttpReader> {
    // Whoever starts the command names the market, which may stand in their own network.
    let anywhere: Vec<AddressRange> = vec!["0.0.0.0/0".parse()?, "::/0".parse()?];
    Ok(HttpReader::new(LIMIT, AddressPolicy::allowing(anywhere))?)
}

/// Undoes an upload and prints what became of its offers.
async fn undo(mut address: Url, token: String, upload: UploadId) -> anyhow::Result<ExitCode> {
    address.set_query(None);
    address.set_path(&format!("/api/v1/provider/uploads/{upload}/undo"));
    let key = SystemIds::default().next_uuid().to_string();
    let (status, body) = send(&client()?, &address, (&token, &key), "").await?;
    if !succeeded(status) {
        say(&format!("{upload}: {}", summary(status, &body)));
        return Ok(if status == 409 { ExitCode::from(2) } else { ExitCode::FAILURE });
    }
    let did = &body["undone"];
    say(&format!(
        "{upload}: {} withdrawn, {} as before, {} deleted; {} changed since and left as they are",
        number(did, "withdrawn"),
        number(did, "restored"),
        number(did, "deleted"),
        number(did, "kept"),
    ));
    Ok(ExitCode::SUCCESS)
}

fn token(file: Option<&Path>) -> anyhow::Result<String> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?,
        None => std::env::var(TOKEN)
            .with_context(|| format!("no token: set {TOKEN} or name a file with --token-file"))?,
    };
    let token = text.trim().to_owned();
    anyhow::ensure!(!token.is_empty(), "the token is empty");
    Ok(token)
}

fn address(args: &PublishArgs) -> anyhow::Result<Url> {
    let mut address = args.to.clone();
    anyhow::ensure!(
        matches!(address.scheme(), "http" | "https"),
        "--to begins with https:// or http://"
    );
    if address.scheme() == "http" && !is_of_this_machine(&address) {
        let warning = "the token goes unencrypted: whoever stands between can read it; use https";
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
    address.set_path("/api/v1/provider/offers/import");
    let rows = if args.valid_rows_only { "valid" } else { "all" };
    address
        .query_pairs_mut()
        .clear()
        .append_pair("publish", if args.no_submit { "false" } else { "true" })
        .append_pair("dryRun", if args.dry_run { "true" } else { "false" })
        .append_pair("rows", rows);
    Ok(address)
}

fn is_of_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Sends a file; what cannot be reached or is busy is tried again with the same key.
async fn send(
    client: &HttpReader,
    url: &Url,
    (token, key): (&str, &str),
    text: &str,
) -> anyhow::Result<(u16, Value)> {
    let sending = Sending { url, token, key, media_type: "text/csv", text };
    let (mut attempt, mut pause) = (1, PAUSE);
    loop {
        let answer = client.post(sending, ANSWER_BYTES_MAX).await;
        let again = attempt < ATTEMPTS;
        match answer {
            Ok(read) if read.status >= 500 && again => {}
            Ok(read) => {
                return Ok((read.status, serde_json::from_slice(&read.body).unwrap_or_default()));
            }
            Err(_) if again => {}
            Err(error) => anyhow::bail!("{} cannot be reached: {error}", origin(url)),
        }
        attempt += 1;
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

fn origin(address: &Url) -> String {
    address.origin().ascii_serialization()
}

const fn succeeded(status: u16) -> bool {
    matches!(status, 200..=299)
}

fn number(body: &Value, name: &str) -> usize {
    body[name].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

fn count(sent: &Sent, name: &str) -> usize {
    number(&sent.body, name)
}

fn summary(status: u16, body: &Value) -> String {
    if !succeeded(status) {
        let title = body["title"].as_str().unwrap_or("the market gave no reason");
        let detail = body["detail"].as_str().map(|text| format!(": {text}")).unwrap_or_default();
        return format!("nothing was taken ({status} {title}{detail})");
    }
    let saved = match (&body["saved"], body["upload"].as_str()) {
        (Value::Bool(true), Some(upload)) => format!("; {upload}"),
        (Value::Bool(true), None) => String::new(),
        _ => "; nothing was saved".to_owned(),
    };
    format!(
        "{}: {} new, {} with a new version, {} unchanged, {} refused; {} published, {} wait for a person{saved}",
        counted(number(body, "rows"), "offer"),
        number(body, "created"),
        number(body, "revised"),
        number(body, "unchanged"),
        number(body, "refused"),
        number(body, "published"),
        number(body, "submitted"),
    )
}

/// Faults of an answer: of the whole file, or of the rows that were left out.
fn listed(body: &Value) -> impl Iterator<Item = &Value> {
    [&body["errors"], &body["faults"]].into_iter().filter_map(Value::as_array).flatten()
}

fn faults(body: &Value) -> impl Iterator<Item = String> {
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    listed(body).map(move |fault| {
        let (place, message) = (text(fault, "pointer"), text(fault, "message"));
        format!(
            "{place}: {message}; found `{}`; allowed: {}",
            text(fault, "found"),
            text(fault, "allowed")
        )
    })
}

/// A line for each offer that was taken and for each fault.
fn table(all: &[Sent]) -> String {
    let head = ["file", "row", "name", "offer", "version", "outcome", "place", "fault"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for Sent { file, body, .. } in all {
        for taken in body["offers"].as_array().into_iter().flatten() {
            let cells =
                ["row", "name", "offer", "version", "outcome"].map(|name| plain(&taken[name]));
            rows.push([vec![file.clone()], cells.to_vec(), vec![String::new(); 2]].concat());
        }
        for fault in listed(body) {
            let place = plain(&fault["pointer"]);
            let row = place.strip_prefix("/rows/").and_then(|rest| rest.split('/').next());
            let row = row.unwrap_or_default().to_owned();
            let (none, refused) = (String::new, "refused".to_owned());
            let message = plain(&fault["message"]);
            rows.push(vec![file.clone(), row, none(), none(), none(), refused, place, message]);
        }
    }
    sheet(&rows)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_need_no_encryption() {
        let of_this = |text: &str| is_of_this_machine(&text.parse().unwrap());
        assert!(
            of_this("http://127.0.0.1:7600")
                && of_this("http://[::1]")
                && of_this("http://localhost")
        );
        assert!(!of_this("http://10.0.0.1") && !of_this("http://localhost.example"));
    }
}
