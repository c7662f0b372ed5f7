//! Builds both halves: the wasm module, its bindings, the site folder, the server. Every step is
//! skipped when its inputs did not change, so that a second start is quick.

#[cfg(feature = "web")]
mod bindings;
#[cfg(feature = "web")]
mod compress;
#[cfg(feature = "web")]
mod gather;
#[cfg(feature = "web")]
mod styles;
#[cfg(feature = "web")]
mod wasm;

use crate::place::Place;
use crate::setup;
use crate::{say, tool};
use anyhow::Result;
use clap::Args;
use std::time::Instant;

/// Options of `build` and `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// Build the server optimised and shrink the wasm module when end2end's wasm-opt is installed.
    #[arg(long)]
    pub release: bool,
    /// Build only the browser half and the site folder.
    #[arg(long)]
    pub site_only: bool,
    /// Arguments handed to `kumoichi serve` (after `--`).
    #[arg(last = true)]
    pub rest: Vec<String>,
}

/// Builds everything that is not up to date.
pub fn build(place: &Place, options: &Options) -> Result<()> {
    let start = Instant::now();
    setup::ensure_compiler()?;
    site(place, options.release)?;
    if !options.site_only {
        server(place, options.release)?;
        let profile = if options.release { "release" } else { "debug" };
        crate::dictionary::ensure(place, &place.broker(profile));
    }
    say::line(&format!(
        "   built in {}; the site is in {}",
        say::elapsed(start.elapsed()),
        place.site().display()
    ));
    Ok(())
}

/// Builds and then becomes the broker, so that Ctrl-C goes straight to it.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    use std::os::unix::process::CommandExt;
    build(place, &Options { site_only: false, ..options.clone() })?;
    let profile = if options.release { "release" } else { "debug" };
    let mut broker = tool::command(place.broker(profile));
    broker
        .args(["serve", "--demo"])
        .args(&options.rest)
        .env("KUMOICHI_SITE", place.site())
        .current_dir(&place.root);
    // Only returns when the broker could not be started.
    Err(anyhow::Error::new(broker.exec()).context("cannot start the broker"))
}

/// Builds the wasm module, its bindings and the site folder.
#[cfg(feature = "web")]
pub fn site(place: &Place, release: bool) -> Result<()> {
    let modules = wasm::build(place)?;
    let plain = bindings::generate(place, "kumoichi", &modules.plain, release)?;
    let studio = bindings::generate(place, "studio", &modules.studio, release)?;
    gather::gather(place, &plain, &studio)
}

#[cfg(not(feature = "web"))]
pub fn site(_: &Place, _: bool) -> Result<()> {
    anyhow::bail!("this xtask was built without the bindings generator; use: cargo xtask build")
}

fn server(place: &Place, release: bool) -> Result<()> {
    say::step("server", || {
        let mut cargo = tool::cargo();
        cargo.args(["build", "--package", "server"]).current_dir(&place.root);
        if release {
            cargo.arg("--release");
        }
        tool::run(&mut cargo)
    })
}
