//! How fast a link may carry, and how much it has: a connection that lets so many bytes a second pass in each direction,
//! with a little ahead of time, and counts them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// What may pass at once after a pause.
const AHEAD: Duration = Duration::from_millis(20);
/// Bytes that pass at a time, so that a slow link takes many short breaths.
const PIECE: usize = 16 * 1024;

/// What a connection has carried, and how it is.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub sent: AtomicI64,
    pub received: AtomicI64,
    /// Microseconds of the last round trip; 0 before the first.
    pub rtt_us: AtomicI64,
}

/// One direction of one link.
#[derive(Debug)]
struct Pace {
    bytes_per_second: u64,
    next: Instant,
    wait: Pin<Box<Sleep>>,
}

impl Pace {
    fn of_mbps(mbps: u32) -> Self {
        let next = Instant::now();
        let bytes_per_second = u64::from(mbps.max(1)) * 125_000;
        Self { bytes_per_second, next, wait: Box::pin(sleep_until(next)) }
    }

    /// Ready when the next bytes may pass.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.next <= Instant::now() {
            return Poll::Ready(());
        }
        if self.wait.deadline() != self.next {
            self.wait.as_mut().reset(self.next);
        }
        self.wait.as_mut().poll(cx)
    }

    /// Notes what passed; what follows waits for its time.
    fn passed(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let nanos = bytes.saturating_mul(1_000_000_000).div_ceil(self.bytes_per_second);
        let now = Instant::now();
        let begin = self.next.max(now.checked_sub(AHEAD).unwrap_or(now));
        self.next = begin + Duration::from_nanos(nanos);
    }
}

/// A connection of one link.
#[derive(Debug)]
pub(super) struct Paced<S> {
    connection: S,
    out: Pace,
    back: Pace,
    meter: Arc<Meter>,
}

impl<S> Paced<S> {
    pub(super) fn new(connection: S, mbps: u32, meter: Arc<Meter>) -> Self {
        Self { connection, out: Pace::of_mbps(mbps), back: Pace::of_mbps(mbps), meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let own = self.get_mut();
        ready!(own.back.poll_turn(cx));
        let room = buf.remaining().min(PIECE);
        let mut piece = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut own.connection).poll_read(cx, &mut piece))?;
        let count = piece.filled().len();
        buf.advance(count);
        own.back.passed(count);
        own.meter.received.fetch_add(as_i64(count), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let own = self.get_mut();
        ready!(own.out.poll_turn(cx));
        let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or_default();
        let count = ready!(Pin::new(&mut own.connection).poll_write(cx, piece))?;
        own.out.passed(count);
        own.meter.sent.fetch_add(as_i64(count), Ordering::Relaxed);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_shutdown(cx)
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn what_passes_takes_the_time_that_was_booked_in_each_direction() {
        for slow_writer in [true, false] {
            let (near, far) = tokio::io::duplex(PIECE);
            let meter = Arc::new(Meter::default());
            let [near_mbps, far_mbps] = if slow_writer { [8, 1000] } else { [1000, 8] };
            let mut near = Paced::new(near, near_mbps, Arc::default());
            let mut far = Paced::new(far, far_mbps, Arc::clone(&meter));
            let begun = Instant::now();
            let sending = tokio::spawn(async move {
                near.write_all(&[7; 400_000]).await.unwrap();
                near.shutdown().await.unwrap();
            });
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.unwrap();
            sending.await.unwrap();
            assert!(all.len() == 400_000 && all.iter().all(|byte| *byte == 7));
            assert_eq!(meter.received.load(Ordering::Relaxed), 400_000);
            // The last of 400,000 bytes at a million a second begins so late, but for what may pass ahead.
            let least = Duration::from_millis(380) - AHEAD;
            assert!(begun.elapsed() >= least, "{:?}", begun.elapsed());
        }
    }
}
