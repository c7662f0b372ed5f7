//! Serves the interface on 127.0.0.1:7610 over a demo market without clouds, to work on pages.
//!
//! `KUMOICHI_ROLE` signs in as `customer`, `provider` or `broker`; `KUMOICHI_SITE` names a built site
//! folder, without which the parts compiled in are used and no island wakes up.
#![allow(clippy::print_stdout)]

use std::{error::Error, path::Path};

use app::{AppState, assets::Assets, router};
use axum::{Extension, Router};
use domain::{Actor, Role};
use storage::testing::Engine;
use testkit::TestBroker;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let assets = match std::env::var_os("KUMOICHI_SITE") {
        Some(site) => Assets::load(Path::new(&site))?,
        None => Assets::built_in(),
    };
    let market = TestBroker::catalogue(Engine::Sqlite).await;
    let role = match std::env::var("KUMOICHI_ROLE").as_deref() {
        Ok("customer") => Some(Role::Customer),
        Ok("provider") => Some(Role::Provider),
        Ok("broker") => Some(Role::Broker),
        _ => None,
    };
    let mut pages: Router = router().with_state(AppState::new(market.broker.clone(), assets));
    if let Some(role) = role
        && let Actor::Person(viewer) = market.person(role).await.actor
    {
        pages = pages.layer(Extension(viewer));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:7610").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, pages).await?;
    Ok(())
}
