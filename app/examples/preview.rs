//! Serves the pages that need no market on 127.0.0.1, to work on layout and parts.
//!
//! `KUMOICHI_SITE` names a built site folder; without it the parts compiled in are used.
#![allow(clippy::print_stdout)]

use std::{
    error::Error,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use app::{AppState, assets::Assets, router};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let assets = match std::env::var_os("KUMOICHI_SITE") {
        Some(site) => Assets::load(Path::new(&site))?,
        None => Assets::built_in(),
    };
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:7610").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router().with_state(AppState::new(assets, now))).await?;
    Ok(())
}
