//! Many streams over one connection, as yamux does it: each stream has a window of its own, so that one that nobody reads
//! neither fills memory nor holds up the others. What a stream is for is its first words. Two purposes are of the session
//! itself: asking whether the other side is there, and saying goodbye.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};
use tokio_util::sync::CancellationToken;
use yamux::{Config, Connection, DEFAULT_CREDIT, Mode};

use super::pace::{Meter, Paced};

/// Streams that one side has open at a time.
const OWN_STREAMS_MAX: usize = 128;
/// Streams of one connection at a time: those of both sides, and those that one side has ended and the other not yet.
const STREAMS_MAX: usize = 4 * OWN_STREAMS_MAX;
/// Streams that wait to be opened or taken.
const WAITING: usize = 32;
/// Between two questions whether the other side is there.
const PULSE_EVERY: Duration = Duration::from_secs(1);
/// A side that is silent for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(6);
/// For the first words of a stream.
const WORDS_LIMIT: Duration = Duration::from_secs(10);

/// Gives back each byte at once.
const PULSE: &[u8] = b"pulse";
/// The link is taken down.
const BYE: &[u8] = b"bye";

/// One stream, as its user has it.
#[derive(Debug)]
pub(crate) struct Stream {
    bytes: Compat<yamux::Stream>,
    /// Of one that this side has opened.
    _place: Option<OwnedSemaphorePermit>,
}

/// A stream that the other side has opened.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// What it is for.
    pub purpose: Vec<u8>,
    pub stream: Stream,
}

type Opened = io::Result<yamux::Stream>;

/// One connection with its streams.
#[derive(Debug)]
pub(crate) struct Session {
    wanted: mpsc::Sender<oneshot::Sender<Opened>>,
    places: Arc<Semaphore>,
    pub meter: Arc<Meter>,
    pub ended: CancellationToken,
    bye: AtomicBool,
}

impl Session {
    /// Begins to carry over a connection; ends when either side does.
    pub(crate) fn begin<S>(
        connection: S,
        called: bool,
        mbps: u32,
        meter: Arc<Meter>,
    ) -> (Arc<Self>, mpsc::Receiver<Arrived>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (wanted, waiting) = mpsc::channel(WAITING);
        let (tell, arriving) = mpsc::channel(WAITING);
        let paced = Paced::new(connection, mbps, Arc::clone(&meter)).compat();
        let mode = if called { Mode::Client } else { Mode::Server };
        let connection = Connection::new(paced, config(), mode);
        let session = Arc::new(Self {
            wanted,
            places: Arc::new(Semaphore::new(OWN_STREAMS_MAX)),
            meter,
            ended: CancellationToken::new(),
            bye: AtomicBool::new(false),
        });
        tokio::spawn(Arc::clone(&session).drive(connection, waiting, tell));
        tokio::spawn(Arc::clone(&session).pulse());
        (session, arriving)
    }

    /// Opens a stream for a purpose the other side knows.
    pub(crate) async fn open(&self, purpose: &[u8]) -> io::Result<Stream> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| io::Error::other("too many streams are open on the link"))?;
        let (answer, opened) = oneshot::channel();
        let opening = async {
            self.wanted.send(answer).await.map_err(|_| gone())?;
            opened.await.map_err(|_| gone())?
        };
        let bytes = tokio::select! {
            opened = opening => opened?.compat(),
            () = self.ended.cancelled() => return Err(gone()),
        };
        let mut stream = Stream { bytes, _place: Some(place) };
        let length = u8::try_from(purpose.len()).map_err(io::Error::other)?;
        stream.write_u8(length).await?;
        stream.write_all(purpose).await?;
        Ok(stream)
    }

    /// Says goodbye: the link is taken down, not cut. Returns when that was heard or cannot be.
    pub(crate) async fn say_bye(&self) {
        let bye = async {
            if let Ok(_stream) = self.open(BYE).await {
                // Whoever hears it ends the session.
                self.ended.cancelled().await;
            }
        };
        let _ = tokio::time::timeout(PULSE_EVERY, bye).await;
        self.ended.cancel();
    }

    /// Whether the other side has said goodbye.
    pub(crate) fn heard_bye(&self) -> bool {
        self.bye.load(Ordering::Acquire)
    }

    /// Moves bytes and hands out streams until the session ends; then every stream ends.
    async fn drive<T>(
        self: Arc<Self>,
        mut connection: Connection<T>,
        mut waiting: mpsc::Receiver<oneshot::Sender<Opened>>,
        tell: mpsc::Sender<Arrived>,
    ) where
        T: futures::AsyncRead + futures::AsyncWrite + Unpin,
    {
        let mut asked: Option<oneshot::Sender<Opened>> = None;
        let moving = poll_fn(|cx| {
            loop {
                if asked.is_none()
                    && let Poll::Ready(Some(next)) = waiting.poll_recv(cx)
                {
                    asked = Some(next);
                }
                if asked.is_some()
                    && let Poll::Ready(opened) = connection.poll_new_outbound(cx)
                {
                    if let Some(answer) = asked.take() {
                        // Whoever asked may have gone; then the stream is dropped, which ends it.
                        let _ = answer.send(opened.map_err(io::Error::other));
                    }
                    continue;
                }
                match std::task::ready!(connection.poll_next_inbound(cx)) {
                    Some(Ok(stream)) => {
                        tokio::spawn(Arc::clone(&self).receive(stream, tell.clone()));
                    }
                    Some(Err(error)) => {
                        tracing::debug!(%error, "a tunnel broke");
                        return Poll::Ready(());
                    }
                    None => return Poll::Ready(()),
                }
            }
        });
        tokio::select! {
            () = moving => {}
            () = self.ended.cancelled() => {}
        }
        self.ended.cancel();
    }

    /// Hears what a stream is for, and hands it on.
    async fn receive(self: Arc<Self>, stream: yamux::Stream, tell: mpsc::Sender<Arrived>) {
        let mut stream = Stream { bytes: stream.compat(), _place: None };
        let words = async {
            let mut purpose = vec![0; stream.read_u8().await?.into()];
            stream.read_exact(&mut purpose).await.map(|_| purpose)
        };
        // One that says nothing is dropped, which ends it.
        let Ok(Ok(purpose)) = tokio::time::timeout(WORDS_LIMIT, words).await else { return };
        match purpose.as_slice() {
            PULSE => {
                while let Ok(byte) = stream.read_u8().await {
                    if stream.write_u8(byte).await.is_err() {
                        break;
                    }
                }
            }
            BYE => {
                self.bye.store(true, Ordering::Release);
                self.ended.cancel();
            }
            // Nobody takes it: dropped, which ends the stream.
            _ => drop(tell.try_send(Arrived { purpose, stream })),
        }
    }

    /// Asks now and then whether the other side is there, and ends when it is not.
    async fn pulse(self: Arc<Self>) {
        let beating = async {
            let mut stream = self.open(PULSE).await?;
            loop {
                let asked = Instant::now();
                stream.write_u8(1).await?;
                self.hear_pulse(&mut stream).await?;
                let rtt = i64::try_from(asked.elapsed().as_micros()).unwrap_or(i64::MAX);
                self.meter.rtt_us.store(rtt.max(1), Ordering::Relaxed);
                tokio::time::sleep(PULSE_EVERY).await;
            }
        };
        let _: io::Result<()> = tokio::select! {
            done = beating => done,
            () = self.ended.cancelled() => Ok(()),
        };
        self.ended.cancel();
    }

    /// Waits for an answer as long as anything is heard: behind much that was sent it comes late.
    async fn hear_pulse(&self, stream: &mut Stream) -> io::Result<()> {
        loop {
            let before = self.meter.received.load(Ordering::Relaxed);
            match tokio::time::timeout(SILENCE_MAX, stream.read_u8()).await {
                Ok(heard) => return heard.map(|_| ()),
                Err(_) if self.meter.received.load(Ordering::Relaxed) > before => {}
                Err(_) => return Err(io::Error::other("the other side is silent")),
            }
        }
    }
}

/// Windows do not grow, so that what waits to be read is bounded for each stream and in all.
fn config() -> Config {
    let mut config = Config::default();
    config.set_max_num_streams(STREAMS_MAX);
    config.set_max_connection_receive_window(Some(STREAMS_MAX * window()));
    config
}

/// Bytes of a stream that may be on their way to the other side.
fn window() -> usize {
    usize::try_from(DEFAULT_CREDIT).unwrap_or(usize::MAX / STREAMS_MAX)
}

fn gone() -> io::Error {
    io::Error::other("the tunnel is not up")
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().bytes).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().bytes).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().bytes).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().bytes).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
