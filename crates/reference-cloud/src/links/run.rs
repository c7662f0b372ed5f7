//! The life of tunnels: one side is called, the other calls and goes on calling until the link is down. Whoever is cut
//! off, by a crash of either cloud or a broken line, comes together again by itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use provider_api::LinkState;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

use super::hello::{Hello, Welcome, hear, say};
use super::mux::Session;
use super::{LinkKey, Live, streams, tls};
use crate::cloud::Cloud;
use crate::error::{CloudError, OpError};
use crate::store::LinkRow;

/// For a connection, its TLS and the first words.
const BEGIN_LIMIT: Duration = Duration::from_secs(5);
/// How often it is looked which links want a tunnel.
const LOOK: Duration = Duration::from_millis(200);
/// Strangers and calls that begin, at a time.
const BEGINNING_MAX: usize = 64;
/// The key says who answers; the name of TLS says nothing.
const NAME: &str = "link.invalid";
/// Why a link is down that the other side took down.
const BY_PEER: &str = "taken down by the other side";

/// Lets other clouds in until `stop`.
pub(crate) async fn serve(
    cloud: Arc<Cloud>,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), CloudError> {
    let config = tls::server(&cloud.links.key, Arc::clone(&cloud.links.known));
    let acceptor = TlsAcceptor::from(config.map_err(CloudError::Tls)?);
    let places = Arc::new(Semaphore::new(BEGINNING_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
        let accepted = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let (Ok((stream, from)), true) = (accepted, cloud.switches.links_reachable()) else {
            // Out of file handles, or cut on order: wait rather than spin.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let (cloud, acceptor, stop) = (Arc::clone(&cloud), acceptor.clone(), stop.clone());
        tokio::spawn(async move {
            let welcomed =
                tokio::time::timeout(BEGIN_LIMIT, welcome(&cloud, stream, acceptor)).await;
            drop(place);
            match welcomed {
                Ok(Ok(Some((row, stream)))) => carry(cloud, row, stream, false, stop).await,
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::warn!(%from, %error, "a cloud was not let in"),
                Err(_) => tracing::warn!(%from, "a cloud took too long to say what it wants"),
            }
        });
    }
}

type Called = tokio_rustls::server::TlsStream<TcpStream>;

/// Hears what a cloud wants; the link and its connection when a tunnel begins.
async fn welcome(
    cloud: &Cloud,
    stream: TcpStream,
    acceptor: TlsAcceptor,
) -> Result<Option<(LinkRow, Called)>, OpError> {
    stream.set_nodelay(true)?;
    let mut stream = acceptor.accept(stream).await?;
    let proved = LinkKey::proved(stream.get_ref().1.peer_certificates());
    let hello: Hello = hear(&mut stream).await?;
    let (verdict, row) = match cloud.admit_peer(&hello, proved).await? {
        Ok(row) => (Welcome::Come, Some(row)),
        Err(verdict) => (verdict, None),
    };
    say(&mut stream, &verdict).await?;
    match row {
        Some(row) if hello.bye => {
            cloud.link_is_down(&row.id, BY_PEER).await?;
            Ok(None)
        }
        row => Ok(row.map(|row| (row, stream))),
    }
}

/// Calls the other side of every link that this side accepted and that has no tunnel, until `stop`.
pub(crate) async fn keep(cloud: Arc<Cloud>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        if !cloud.switches.links_reachable() {
            continue;
        }
        let rows = match cloud.store.links_to_call().await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "links could not be looked up");
                continue;
            }
        };
        for row in rows {
            if cloud.links.may_call(&row.id) {
                let (cloud, stop) = (Arc::clone(&cloud), stop.clone());
                tokio::spawn(async move { call(cloud, row, stop).await });
            }
        }
    }
}

async fn call(cloud: Arc<Cloud>, row: LinkRow, stop: CancellationToken) {
    let outcome = match tokio::time::timeout(BEGIN_LIMIT, begin(&cloud, &row, false)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(io::Error::other("the other side does not answer")),
    };
    let noted = match outcome {
        Ok((Welcome::Come, stream)) => {
            carry(Arc::clone(&cloud), row.clone(), stream, true, stop).await;
            cloud.links.called(&row.id, true);
            return;
        }
        Ok((Welcome::Gone, _)) => cloud.link_is_down(&row.id, BY_PEER).await,
        Ok((Welcome::Refused { detail }, _)) => cloud.link_waits(&row.id, &detail).await,
        Err(error) => cloud.link_waits(&row.id, &error.to_string()).await,
    };
    cloud.links.called(&row.id, false);
    if let Err(error) = noted {
        tracing::error!(link.id = %row.id, %error, "what became of a call could not be written down");
    }
}

type Calling = tokio_rustls::client::TlsStream<TcpStream>;

/// Connects to the other side and says which link it is about.
async fn begin(cloud: &Cloud, row: &LinkRow, bye: bool) -> io::Result<(Welcome, Calling)> {
    let address: SocketAddr = row.peer_address.parse().map_err(io::Error::other)?;
    let pinned = LinkKey::parse(&row.peer_key).ok_or_else(|| io::Error::other("no key"))?;
    let config = tls::client(&cloud.links.key, pinned).map_err(io::Error::other)?;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
    let mut stream = TlsConnector::from(config).connect(name, stream).await?;
    say(&mut stream, &row.hello(bye)).await?;
    let verdict = hear(&mut stream).await?;
    Ok((verdict, stream))
}

/// Tells the other side of a link without a tunnel that it is down; once, since it hears so too when it calls.
pub(crate) async fn say_bye(cloud: Arc<Cloud>, row: LinkRow) {
    if !cloud.switches.links_reachable() {
        return;
    }
    match tokio::time::timeout(BEGIN_LIMIT, begin(&cloud, &row, true)).await {
        Ok(Ok(_)) => {}
        _ => tracing::info!(link.id = %row.id, "the other side did not hear that a link is down"),
    }
}

/// Carries until the tunnel ends, by either side, by a cut or by `stop`.
async fn carry<S>(cloud: Arc<Cloud>, row: LinkRow, stream: S, called: bool, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mbps = u32::try_from(row.mbps).unwrap_or(1);
    let (session, arriving) = Session::begin(stream, called, mbps, Arc::default());
    let meter = Arc::clone(&session.meter);
    let live = Live {
        session: Arc::clone(&session),
        meter,
        since_us: cloud.now_us(),
        noted: CancellationToken::new(),
    };
    // It is told before it is shown, so that nobody takes down what was never up. Between the welcome and here the link
    // may have been taken down, and once more between being told and being shown.
    let stands = async {
        if !cloud.link_is_up(&row.id).await? {
            return Ok(false);
        }
        cloud.links.put(&row.id, live.clone());
        let seen = cloud.store.link(&row.id).await?;
        Ok::<_, OpError>(seen.is_some_and(|link| link.state != LinkState::Down.as_str()))
    };
    match stands.await {
        Ok(true) => tokio::select! {
            () = streams::carry(&cloud, &row, &session, arriving) => {}
            () = stop.cancelled() => {}
            () = cut_on_order(&cloud) => {}
        },
        Ok(false) => {}
        Err(error) => tracing::error!(link.id = %row.id, %error, "a tunnel could not be noted"),
    }
    session.ended.cancel();
    let own = cloud.links.take(&row.id, &session);
    let ending = stop.is_cancelled();
    let noted = async {
        cloud.store.count_carried(&row.id, live.carried()).await?;
        live.noted.cancel();
        if session.heard_bye() {
            return cloud.link_is_down(&row.id, BY_PEER).await;
        }
        if own && !ending { cloud.link_is_cut(&row.id).await } else { Ok(()) }
    };
    if let Err(error) = noted.await {
        tracing::error!(link.id = %row.id, %error, "the end of a tunnel could not be written down");
    }
}

/// Returns when links are cut by a switch.
async fn cut_on_order(cloud: &Cloud) {
    while cloud.switches.links_reachable() {
        tokio::time::sleep(LOOK / 2).await;
    }
}
