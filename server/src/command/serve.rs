//! `kumoichi serve`: pages, API, workers and monitoring in one process; with `--demo` a whole market.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use broker::seed::{DEMO_PASSWORD, DEMO_PEOPLE};
use broker::{Broker, OpContext};
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{block_on, say};
use crate::clouds::{Clouds, Places};
use crate::config::{ConfigArgs, Settings};
use crate::web::{self, Readiness, Web};
use crate::wiring;

/// Running requests end within this time after a stop; what is left then is cut off.
const DRAIN: Duration = Duration::from_secs(10);
/// How long the start waits for the demo clouds before it listens without them.
const CLOUDS_PATIENCE: Duration = Duration::from_secs(2);
/// How long it goes on asking them after that.
const CLOUDS_LIMIT: Duration = Duration::from_secs(60);

/// What to run.
#[derive(Debug, Args)]
#[command(
    after_help = "Ctrl-C or SIGTERM stops: running requests end, workers give their leases back, \
    demo clouds and their services end.\n\n\
    Examples:\n  kumoichi serve --demo\n  PORT=8080 KUMOICHI_DATABASE=postgres://… kumoichi serve --workers 0"
)]
pub struct ServeArgs {
    /// Loads the demo market and runs its three reference clouds beside the broker
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Serves until it is told to stop.
pub fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = args.config.resolve()?;
    settings.start_log("info");
    block_on(serve(settings, args.demo))
}

async fn serve(settings: Settings, demo: bool) -> anyhow::Result<ExitCode> {
    settings.create_data()?;
    // First of all: a taken port is told before anything is started.
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!("cannot listen on {}; choose another port with PORT", settings.listen)
    })?;
    let address = listener.local_addr()?;
    let clouds = if demo { Some(start_clouds(&settings)?) } else { None };
    let stop = CancellationToken::new();
    let served = serve_market(&settings, listener, clouds.as_ref(), address, &stop).await;
    stop.cancel();
    if let Some(clouds) = clouds {
        clouds.shutdown().await;
    }
    served?;
    say("stopped");
    Ok(ExitCode::SUCCESS)
}

fn start_clouds(settings: &Settings) -> anyhow::Result<Clouds> {
    let folder = settings.clouds_folder();
    let places = Places::open(&folder, settings.clouds_port)?;
    Clouds::start(places, &folder)
}

async fn serve_market(
    settings: &Settings,
    listener: TcpListener,
    clouds: Option<&Clouds>,
    address: SocketAddr,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let opened = wiring::open(settings).await?;
    let broker = opened.broker.clone();
    if opened.index_lock.is_none() {
        let index = settings.index_folder();
        tracing::warn!(index = %index.display(), "another process holds the index; this broker keeps its own in memory until it is restarted");
    }
    if !broker.has_dictionary() {
        tracing::warn!(
            "there is no Japanese dictionary: Japanese is found by pairs of characters; `kumoichi doctor` says what to do"
        );
    }
    if let Some(clouds) = clouds {
        broker.seed_demo(&OpContext::system("demo"), &clouds.places().connections()).await?;
    }
    let mut web = Web::new(broker.clone(), settings, stop.clone());
    web.pages.demo = clouds.is_some();
    let readiness = web.readiness.clone();
    let router = web.router()?;
    if let Some(clouds) = clouds {
        wait_for_clouds(clouds.places().clone(), &readiness, stop).await?;
    }
    let work = tokio::spawn({
        let (broker, stop) = (broker.clone(), stop.clone());
        async move { broker.run(stop).await }
    });
    let server = web::listen(listener, router, web::Limits::default(), stop.clone());
    let mut server = tokio::spawn(server);
    announce(address, clouds);
    tokio::select! {
        signal = web::stop_signal() => signal.context("signals cannot be received")?,
        ended = &mut server => ended.context("the server broke off")??,
    }
    say("stopping …");
    stop.cancel();
    if tokio::time::timeout(DRAIN, &mut server).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
        server.abort();
    }
    finish(&broker, work).await;
    drop(opened);
    Ok(())
}

/// Lets the workers end their steps and gives everything back.
async fn finish(broker: &Broker, work: tokio::task::JoinHandle<Result<(), broker::BrokerError>>) {
    match work.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the background work ended with a fault"),
        Err(error) => tracing::error!(%error, "the background work broke off"),
    }
    broker.db().close().await;
}

/// Waits a moment; clouds that need longer are waited for beside the running broker.
async fn wait_for_clouds(
    places: Places,
    readiness: &Readiness,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    if Clouds::wait(&places, CLOUDS_PATIENCE).await?.is_empty() {
        return Ok(());
    }
    readiness.set(false);
    let (readiness, stop) = (readiness.clone(), stop.clone());
    tokio::spawn(async move {
        let waited = tokio::select! {
            waited = Clouds::wait(&places, CLOUDS_LIMIT) => waited,
            () = stop.cancelled() => return,
        };
        match waited {
            Ok(silent) if silent.is_empty() => tracing::info!("all demo clouds answer"),
            Ok(silent) => tracing::error!(?silent, "demo clouds do not answer; see their logs"),
            Err(error) => tracing::error!(%error, "the demo clouds could not be asked"),
        }
        readiness.set(true);
    });
    Ok(())
}

fn announce(address: SocketAddr, clouds: Option<&Clouds>) {
    say(&format!("\nKumoichi (雲市) is open: http://{address}\n"));
    let Some(clouds) = clouds else {
        say("Ctrl-C stops it.");
        return;
    };
    say("Sign in as");
    for person in DEMO_PEOPLE {
        say(&format!("  {:9} {:24} password {DEMO_PASSWORD}", person.role.as_str(), person.email));
    }
    say("\nClouds");
    for place in &clouds.places().clouds {
        say(&format!("  {:9} {}", place.name, place.url()));
    }
    say("\nCtrl-C stops the broker, the clouds and their services.");
}
