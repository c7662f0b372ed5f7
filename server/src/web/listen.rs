//! The accept loop of the server, with limits for clients that are slow on purpose.
//!
//! `axum::serve` waits for ever for the head of a request; whoever opens many connections and sends a
//! byte now and then would hold them all. Time limits for the rest of a request stand in `errors`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Limits of the connections of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for the head of a request, from its first byte or the end of the answer before.
    pub head: Duration,
    /// Connections at a time; more wait in the kernel's queue.
    pub connections: usize,
}

impl Default for Limits {
    /// A head is sent at once by every browser; a file handle is all that a connection costs.
    fn default() -> Self {
        Self { head: Duration::from_secs(15), connections: 4096 }
    }
}

/// Serves until `stop`, then lets answers under way end; whoever waits for this sets the limit.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let tracker = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (router, stop) = (router.clone(), stop.clone());
        tracker.spawn(async move {
            connection(stream, router, limits, stop).await;
            drop(place);
        });
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            // Out of file handles, most likely: wait for some to come free rather than spin.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, router: Router, limits: Limits, stop: CancellationToken) {
    let peer = stream.peer_addr();
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may wait a moment");
    }
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Ok(peer) = &peer {
            request.extensions_mut().insert(ConnectInfo(*peer));
        }
        router.clone().oneshot(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    tokio::pin!(connection);
    let mut asked = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            () = stop.cancelled(), if !asked => {
                asked = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Far longer than the limit under test, far shorter than for ever.
    const PATIENCE: Duration = Duration::from_secs(20);

    async fn server(head: Duration) -> (std::net::SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "here" }));
        let limits = Limits { head, connections: 2 };
        tokio::spawn(listen(listener, router, limits, stop.clone()));
        (address, stop)
    }

    async fn read(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut text));
        read.await.expect("the connection stays open").ok();
        text
    }

    #[tokio::test]
    async fn a_head_that_never_ends_ends_its_connection_and_leaves_room_for_others() {
        let (address, stop) = server(Duration::from_millis(300)).await;
        let mut slow = Vec::new();
        // As many as there are places.
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
            slow.push(stream);
        }
        let mut honest = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        honest.write_all(request).await.unwrap();
        assert!(read(&mut honest).await.ends_with("here"));
        for mut stream in slow {
            assert!(!read(&mut stream).await.contains("here"));
        }
        stop.cancel();
    }

    #[tokio::test]
    async fn a_stop_ends_waiting_connections_and_the_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "here" }));
        let served = tokio::spawn(listen(listener, router, Limits::default(), stop.clone()));
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        idle.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        stop.cancel();
        tokio::time::timeout(PATIENCE, served).await.expect("an end").unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
