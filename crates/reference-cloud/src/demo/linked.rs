//! Asks the services that this one is linked with, at the sockets its cloud keeps for them while their tunnels stand.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::Request;
use serde::Serialize;

use crate::children::send;

/// A service at the other end of a tunnel may be far away, not as far as this.
const LIMIT: Duration = Duration::from_secs(5);
/// Bytes of an answer at most.
const BODY_MAX: usize = 1024 * 1024;
/// Links that are asked at most.
const LINKS_MAX: usize = 16;

/// What a linked service said.
#[derive(Debug, Serialize)]
pub(super) struct Linked {
    /// The name of the socket.
    inner: String,
    /// What it keeps; absent when it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<serde_json::Value>,
}

/// The sockets whose paths begin so, in order.
pub(super) fn sockets(beginning: Option<&Path>) -> io::Result<Vec<PathBuf>> {
    let place = beginning.and_then(|path| Some((path.parent()?, path.file_name()?.to_str()?)));
    let Some((folder, name)) = place else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let own = path.file_name().and_then(|own| own.to_str()).unwrap_or_default();
        if own.starts_with(name) && own.ends_with(".sock") {
            all.push(path);
        }
    }
    all.sort();
    all.truncate(LINKS_MAX);
    Ok(all)
}

pub(super) async fn ask(socket: &Path) -> Linked {
    let inner = socket.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let state = match tokio::time::timeout(LIMIT, state(socket)).await {
        Ok(Ok(state)) => Some(state),
        _ => None,
    };
    Linked { inner, state }
}

async fn state(socket: &Path) -> io::Result<serde_json::Value> {
    let request = Request::get("/state").header(hyper::header::HOST, "linked").body(Body::empty());
    let response = send(socket, request.map_err(io::Error::other)?).await?;
    let body = Limited::new(response.into_body(), BODY_MAX).collect().await;
    Ok(serde_json::from_slice(&body.map_err(io::Error::other)?.to_bytes())?)
}
