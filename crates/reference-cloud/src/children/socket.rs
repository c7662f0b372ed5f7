//! HTTP to a child over its private socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::http::request::Builder;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

/// Header with the shared secret; the gateway removes it from what users send.
pub(crate) const SECRET_HEADER: &str = "x-kumoichi-secret";
/// A child that is alive answers the cloud at once; more means it hangs.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);
/// Control answers are a line.
const ASK_BODY_MAX: usize = 16 * 1024;

/// Sends one request and returns the answer's head; the body follows as it comes.
pub(crate) async fn send(socket: &Path, request: Request<Body>) -> io::Result<Response<Incoming>> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a child broke");
        }
    });
    sender.send_request(request).await.map_err(io::Error::other)
}

/// One control question with the secret; an error unless the child says 200.
pub(crate) async fn ask(socket: &Path, secret: &str, path: &str) -> io::Result<Vec<u8>> {
    control(socket, secret, Request::get(path)).await
}

/// One control order with the secret; an error unless the child says 200.
pub(crate) async fn tell(socket: &Path, secret: &str, path: &str) -> io::Result<Vec<u8>> {
    control(socket, secret, Request::post(path)).await
}

async fn control(socket: &Path, secret: &str, to: Builder) -> io::Result<Vec<u8>> {
    let request = to
        .header(hyper::header::HOST, "child")
        .header(SECRET_HEADER, secret)
        .body(Body::empty())
        .map_err(io::Error::other)?;
    let asked = async {
        let response = send(socket, request).await?;
        if !response.status().is_success() {
            return Err(io::Error::other(format!(
                "the child answered {}",
                response.status().as_u16()
            )));
        }
        let body = Limited::new(response.into_body(), ASK_BODY_MAX)
            .collect()
            .await
            .map_err(io::Error::other)?;
        Ok(body.to_bytes().to_vec())
    };
    tokio::time::timeout(ASK_TIMEOUT, asked).await.map_err(io::Error::other)?
}
