//! `kumoichi doctor`: is everything well, and if not, what to do.

use std::path::Path;
use std::process::ExitCode;

use broker::{Broker, OpContext};
use clap::Args;
use domain::{Clock, Timestamp};
use search::OfferIndex;
use storage::{Db, StorageError, audit, offers};

use super::{block_on, say};
use crate::SystemClock;
use crate::api::problem::chain;
use crate::clouds::{self, Places};
use crate::config::{ConfigArgs, Settings};
use crate::wiring::{self, NO_DATABASE_ADVICE};

/// Before this nobody had this program: 2026-01-01.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_767_225_600);
/// A clock beyond is wrong, and ids would run out of order for decades: 2100-01-01.
const LATEST: Timestamp = Timestamp::from_seconds(4_102_444_800);
/// Clocks of two replicas may differ by as much.
const DRIFT_SECONDS: i64 = 60;

/// Only settings.
#[derive(Debug, Args)]
#[command(
    after_help = "Changes nothing of the market. Exit code 0 when all is well, 1 when there is a fault."
)]
pub struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// What was found, one line for each check.
#[derive(Debug, Default)]
struct Findings {
    faults: usize,
}

impl Findings {
    fn well(&mut self, what: &str, found: &str) {
        say(&format!("ok     {what:14} {found}"));
    }

    fn warning(&mut self, what: &str, found: &str, advice: &str) {
        say(&format!("WARN   {what:14} {found}\n       {:14} → {advice}", ""));
    }

    fn fault(&mut self, what: &str, found: &str, advice: &str) {
        self.faults += 1;
        say(&format!("FAULT  {what:14} {found}\n       {:14} → {advice}", ""));
    }
}

/// Checks everything and prints one line for each check.
pub fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    match args.config.resolve() {
        Ok(settings) => {
            settings.start_log("error");
            block_on(async { check(&settings, &mut findings).await })?;
        }
        Err(error) => {
            let advice = "correct the file, the environment or the flag; see kumoichi.example.toml";
            findings.fault("configuration", &format!("{error:#}"), advice);
        }
    }
    if findings.faults == 0 {
        say("all is well");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{} to look at", findings.faults));
    Ok(ExitCode::FAILURE)
}

async fn check(settings: &Settings, findings: &mut Findings) -> anyhow::Result<()> {
    check_settings(settings, findings);
    check_dictionary(settings, findings);
    check_key(settings, findings);
    let Some(db) = check_database(settings, findings).await else { return Ok(()) };
    check_clock(&db, findings).await?;
    // With PostgreSQL the folder may be missing all the same: it is told above and not made here.
    if settings.data.is_dir() {
        let running = check_index(settings, &db, findings).await?;
        check_providers(settings, &db, running, findings).await;
    }
    db.close().await;
    Ok(())
}

fn check_settings(settings: &Settings, findings: &mut Findings) {
    let data = settings.data.display();
    if settings.data.is_dir() {
        findings
            .well("configuration", &format!("data in {data}, to listen on {}", settings.listen));
    } else {
        let found = format!("the data folder {data} does not exist");
        findings.fault("configuration", &found, NO_DATABASE_ADVICE);
    }
    match &settings.site {
        Some(site) if site.join("manifest.json").is_file() => {
            findings.well("site", &site.display().to_string());
        }
        Some(site) => {
            let found = format!("{} has no manifest.json", site.display());
            findings.fault("site", &found, "build it with `cargo xtask build`, or correct `site`");
        }
        None => findings.well("site", "none was built: pages work, islands do not wake up"),
    }
}

/// Without a dictionary the market works, less well for readers of Japanese: a warning and no fault.
fn check_dictionary(settings: &Settings, findings: &mut Findings) {
    let advice =
        "install mecab-ipadic, run `kumoichi dictionary --into FOLDER` and name it in `dictionary`";
    match &settings.dictionary {
        None => {
            findings.warning("dictionary", "none: Japanese is found by pairs of characters", advice)
        }
        Some(folder) => match search::Dictionary::open(folder) {
            Ok(_) => findings.well("dictionary", &folder.display().to_string()),
            Err(error) => findings.fault("dictionary", &error.to_string(), advice),
        },
    }
}

fn check_key(settings: &Settings, findings: &mut Findings) {
    let path = &settings.sealing_key;
    if !path.exists() {
        findings.well("sealing key", "none yet: the first start makes one");
        return;
    }
    let open = is_open(path);
    match wiring::sealing_key(path) {
        Ok(_) if open => {
            let advice = format!("chmod 600 {}", path.display());
            findings.fault("sealing key", "others may read it", &advice);
        }
        Ok(_) => findings.well("sealing key", &path.display().to_string()),
        Err(error) => {
            let advice =
                "put the right key back from your backup, or remove it and connect providers again";
            findings.fault("sealing key", &format!("{error:#}"), advice);
        }
    }
}

fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

/// The database when it can be used. A missing one is not created here.
async fn check_database(settings: &Settings, findings: &mut Findings) -> Option<Db> {
    let db = match Db::open_existing(&settings.database).await {
        Ok(db) => db,
        Err(error @ (StorageError::NoDatabase(_) | StorageError::NoTables)) => {
            findings.fault("database", &error.to_string(), NO_DATABASE_ADVICE);
            return None;
        }
        Err(error) => {
            let advice =
                "check the address in `database`, that the server runs and lets this user in";
            findings.fault("database", &chain(&error), advice);
            return None;
        }
    };
    for statement in storage::all_statements() {
        if let Err(error) = db.prepare(statement).await {
            let advice = "run `kumoichi migrate`; after that, restore a backup or report it";
            let found = format!("the tables are not up to date: {}", chain(&error));
            findings.fault("database", &found, advice);
            return None;
        }
    }
    findings.well("database", &format!("{}, tables up to date", db.engine()));
    Some(db)
}

/// Returns whether a broker is running on this data folder.
async fn check_index(
    settings: &Settings,
    db: &Db,
    findings: &mut Findings,
) -> anyhow::Result<bool> {
    let Some(_lock) = wiring::lock_index(settings)? else {
        findings.well("index", "in use by a running broker, which keeps it up to date");
        return Ok(true);
    };
    let folder = settings.index_folder();
    if !folder.is_dir() {
        findings.well("index", "not there yet: the next start builds it");
        return Ok(false);
    }
    let published = offers::counts(&mut db.begin_read().await?).await?.on_market();
    let looked = tokio::task::spawn_blocking(move || {
        let index = OfferIndex::open(&folder, None)?;
        Ok::<_, search::SearchError>((index.damaged_files()?, index.len()))
    });
    let advice = "run `kumoichi reindex`; nothing is lost, it is built from the database";
    match looked.await? {
        Ok((damaged, _)) if !damaged.is_empty() => {
            findings.fault("index", &format!("damaged: {}", damaged.join(", ")), advice);
        }
        Ok((_, count)) if i64::try_from(count).ok() != Some(published) => {
            let found = format!("{count} offers, but {published} are published");
            findings.fault("index", &found, advice);
        }
        Ok((_, count)) => findings.well("index", &format!("{count} offers, as published")),
        Err(error) => findings.fault("index", &chain(&error), advice),
    }
    Ok(false)
}

async fn check_clock(db: &Db, findings: &mut Findings) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let advice = "set the clock of this machine, best by a time service";
    if now < EARLIEST || now > LATEST {
        findings.fault("clock", "this cannot be the present year", advice);
        return Ok(());
    }
    let mut tx = db.begin_read().await?;
    let newest = audit::page(&mut tx, None, None, 1).await?.items.into_iter().next();
    match newest {
        Some(line) if line.at > now.plus_seconds(DRIFT_SECONDS) => {
            let ahead = line.at.since(now) / 1_000_000;
            let found = format!("the newest audit line lies {ahead} seconds in the future");
            findings.fault("clock", &found, advice);
        }
        _ => findings.well("clock", "not behind anything that was written"),
    }
    Ok(())
}

async fn check_providers(settings: &Settings, db: &Db, running: bool, findings: &mut Findings) {
    let reached = async {
        let broker: Broker = wiring::open_broker(settings, db.clone(), None).await?;
        anyhow::Ok(broker.reach_clouds(&OpContext::system("doctor")).await?)
    };
    let clouds = match reached.await {
        Ok(clouds) => clouds,
        Err(error) => {
            findings.fault("providers", &format!("{error:#}"), "look at the faults above first");
            return;
        }
    };
    if clouds.is_empty() {
        findings.well("providers", "none is connected: all offers are catalogue only");
    }
    let demo = demo_addresses(settings);
    for cloud in clouds {
        let what = format!("{} at {}", cloud.provider.slug, cloud.url);
        match cloud.fault {
            None => findings.well("provider", &format!("{what} answers")),
            Some(_) if !running && demo.contains(&cloud.url) => {
                findings.well("provider", &format!("{what} runs together with `serve --demo`"));
            }
            Some(fault) => {
                let advice = "start the cloud, correct address and token at the desk, or add its network to allowed_networks";
                findings.fault("provider", &format!("{what}: {fault}"), advice);
            }
        }
    }
}

/// The clouds that run only while the broker does.
fn demo_addresses(settings: &Settings) -> Vec<String> {
    let folder = settings.clouds_folder();
    if !clouds::exist(&folder) {
        return Vec::new();
    }
    let places = Places::open(&folder, settings.clouds_port);
    places.map(|places| places.clouds.iter().map(clouds::Place::url).collect()).unwrap_or_default()
}
