//! What passes through a tunnel: users of the linked service, probes, and data that were shared. The inner address of the other side is a socket
//! of this cloud that only exists while the tunnel stands.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use provider_api::LinkProbe;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::Links;
use super::mux::{Arrived, Session, Stream};
use super::parcel;
use crate::cloud::Cloud;
use crate::store::LinkRow;

/// To a machine of the linked allocation.
const SERVICE: &[u8] = b"service";
/// Takes everything and says how much it was.
const SINK: &[u8] = b"sink";
/// Gives back what it hears, byte by byte.
const ECHO: &[u8] = b"echo";

/// How long a probe sends.
const PROBE_TIME: Duration = Duration::from_millis(500);
/// For a whole probe.
const PROBE_LIMIT: Duration = Duration::from_secs(10);
/// Round trips of a probe.
const ROUND_TRIPS: usize = 9;
/// What a probe sends at a time.
const PIECE: usize = 16 * 1024;

fn inner_socket(links: &Links, row: &LinkRow) -> PathBuf {
    links.sockets.join(format!("{}-{}.sock", row.allocation_id, row.seq))
}

/// Carries both ways until the session ends.
pub(super) async fn carry(
    cloud: &Arc<Cloud>,
    row: &LinkRow,
    session: &Arc<Session>,
    mut arriving: mpsc::Receiver<Arrived>,
) {
    let socket = inner_socket(&cloud.links, row);
    // Of a cloud that was killed.
    let _ = std::fs::remove_file(&socket);
    let inner = match UnixListener::bind(&socket) {
        Ok(inner) => inner,
        Err(error) => {
            tracing::error!(link.id = %row.id, %error, "an inner address could not be opened");
            return;
        }
    };
    loop {
        tokio::select! {
            () = session.ended.cancelled() => break,
            accepted = inner.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(go_out(Arc::clone(session), stream));
                }
            }
            arrived = arriving.recv() => {
                let Some(arrived) = arrived else { break };
                tokio::spawn(take_in(Arc::clone(cloud), row.clone(), arrived));
            }
        }
    }
    let _ = std::fs::remove_file(&socket);
}

/// A connection of the own service to the other one.
async fn go_out(session: Arc<Session>, mut inner: UnixStream) {
    let carried = async {
        let mut stream = session.open(SERVICE).await?;
        copy_bidirectional(&mut inner, &mut stream).await
    };
    if let Err(error) = carried.await {
        tracing::debug!(%error, "a connection through a link broke");
    }
}

/// A stream that the other side has opened.
async fn take_in(cloud: Arc<Cloud>, row: LinkRow, arrived: Arrived) {
    let Arrived { purpose, mut stream } = arrived;
    let done = match purpose.as_slice() {
        SERVICE => to_machine(&cloud, &row, &mut stream).await,
        parcel::PARCEL => parcel::give(&mut stream, cloud.parcel(&row.id)).await,
        SINK => count(&mut stream).await,
        ECHO => echo(&mut stream).await,
        _ => Err(io::Error::other("a purpose of a later version")),
    };
    if let Err(error) = done {
        tracing::debug!(link.id = %row.id, %error, "a stream of a link broke");
    }
}

async fn to_machine(cloud: &Cloud, row: &LinkRow, stream: &mut Stream) -> io::Result<()> {
    if !cloud.switches.services_reachable() {
        return Err(io::Error::other("services are cut off on order"));
    }
    // Of a service that is drained newcomers are turned away, however they come.
    let Some(_pass) = cloud.gateway.gate(&row.allocation_id).enter() else {
        return Err(io::Error::other("the service is drained"));
    };
    let sockets = cloud.children.sockets(&row.allocation_id);
    let Some(socket) = sockets.first() else { return Err(io::Error::other("nothing runs")) };
    let mut machine = UnixStream::connect(socket).await?;
    copy_bidirectional(stream, &mut machine).await?;
    Ok(())
}

async fn count(stream: &mut Stream) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut all: u64 = 0;
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        all = all.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    stream.write_u64(all).await?;
    stream.shutdown().await
}

async fn echo(stream: &mut Stream) -> io::Result<()> {
    while let Ok(byte) = stream.read_u8().await {
        stream.write_u8(byte).await?;
    }
    stream.shutdown().await
}

/// Measures through a tunnel: first how long a byte takes there and back, then how much arrives in a while.
pub(crate) async fn probe(session: &Arc<Session>, at_us: i64) -> io::Result<LinkProbe> {
    let measured = async {
        let rtt_us = round_trip(session).await?;
        let begun = Instant::now();
        let mut stream = session.open(SINK).await?;
        let piece = vec![0; PIECE];
        while begun.elapsed() < PROBE_TIME {
            stream.write_all(&piece).await?;
        }
        stream.shutdown().await?;
        let arrived = i64::try_from(stream.read_u64().await?).unwrap_or(i64::MAX);
        let took_us = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX).max(1);
        let throughput_kbps = arrived.saturating_mul(8000) / took_us;
        Ok(LinkProbe { rtt_us, throughput_kbps, bytes: arrived, took_us, at_us })
    };
    match tokio::time::timeout(PROBE_LIMIT, measured).await {
        Ok(measured) => measured,
        Err(_) => Err(io::Error::other("the other side did not acknowledge in time")),
    }
}

/// The median of some round trips, in microseconds.
async fn round_trip(session: &Arc<Session>) -> io::Result<i64> {
    let mut stream = session.open(ECHO).await?;
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let begun = Instant::now();
        stream.write_u8(1).await?;
        stream.read_u8().await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let median = times.get(ROUND_TRIPS / 2).copied().unwrap_or_default();
    Ok(i64::try_from(median.as_micros()).unwrap_or(i64::MAX).max(1))
}
