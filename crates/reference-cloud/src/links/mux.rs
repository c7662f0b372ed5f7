//! Many streams over one connection. Frames have a head of seven bytes: kind, stream, length. Each stream has a window:
//! what was sent and not yet taken at the other side is bounded, so that one slow stream neither fills memory nor holds
//! up the others.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::pace::Pace;

/// Bytes of a stream that may be on their way to the other side.
const WINDOW: usize = 256 * 1024;
/// Bytes of one frame.
const PIECE: usize = 16 * 1024;
/// Streams of one connection at a time.
const STREAMS_MAX: usize = 256;
/// Between two questions whether the other side is there.
const PING_EVERY: Duration = Duration::from_secs(1);
/// A side that is silent for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(6);
/// Frames that wait to be written.
const WAITING: usize = 8;

const OPEN: u8 = 1;
const DATA: u8 = 2;
const END: u8 = 3;
const RESET: u8 = 4;
const CREDIT: u8 = 5;
const PING: u8 = 6;
const PONG: u8 = 7;
const BYE: u8 = 8;

#[derive(Debug)]
struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// What a connection has carried, and how it is.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub sent: AtomicI64,
    pub received: AtomicI64,
    /// Microseconds of the last round trip; 0 before the first.
    pub rtt_us: AtomicI64,
}

/// A stream that the other side has opened.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// What it is for.
    pub purpose: Vec<u8>,
    pub stream: DuplexStream,
}

/// One connection with its streams.
#[derive(Debug)]
pub(crate) struct Session {
    data: mpsc::Sender<Frame>,
    urgent: mpsc::Sender<Frame>,
    streams: Mutex<HashMap<u32, Entry>>,
    next: AtomicU32,
    /// What this side opens has these lowest bits.
    parity: u32,
    pub meter: Arc<Meter>,
    pub ended: CancellationToken,
    bye: AtomicBool,
    heard: Mutex<Instant>,
    pinged: Mutex<(u64, Instant)>,
    paces: [Pace; 2],
}

#[derive(Debug)]
struct Entry {
    arrived: mpsc::UnboundedSender<Piece>,
    credit: Arc<Semaphore>,
    /// Bytes that arrived and were not yet taken.
    untaken: Arc<AtomicUsize>,
    /// Its two directions that have not ended.
    open: u8,
}

#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    End,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Begins to carry over a connection; ends when either side does. The side that called opens odd streams.
    pub(crate) fn begin<S>(
        connection: S,
        called: bool,
        mbps: u32,
        meter: Arc<Meter>,
    ) -> (Arc<Self>, mpsc::Receiver<Arrived>)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (data, data_waiting) = mpsc::channel(WAITING);
        let (urgent, urgent_waiting) = mpsc::channel(STREAMS_MAX);
        let (tell, arriving) = mpsc::channel(STREAMS_MAX);
        let session = Arc::new(Self {
            data,
            urgent,
            streams: Mutex::default(),
            next: AtomicU32::new(1),
            parity: u32::from(called),
            meter,
            ended: CancellationToken::new(),
            bye: AtomicBool::new(false),
            heard: Mutex::new(Instant::now()),
            pinged: Mutex::new((0, Instant::now())),
            paces: [Pace::of_mbps(mbps), Pace::of_mbps(mbps)],
        });
        let (read, write) = tokio::io::split(connection);
        let works = [
            tokio::spawn(Arc::clone(&session).write(write, data_waiting, urgent_waiting)),
            tokio::spawn(Arc::clone(&session).read(read, tell)),
            tokio::spawn(Arc::clone(&session).ping()),
        ];
        let own = Arc::clone(&session);
        tokio::spawn(async move {
            own.ended.cancelled().await;
            for work in works {
                work.abort();
            }
            // Whoever waits for credit or for bytes hears that there are no more.
            for (_, entry) in lock(&own.streams).drain() {
                entry.credit.close();
            }
        });
        (session, arriving)
    }

    /// Opens a stream for a purpose the other side knows.
    pub(crate) async fn open(self: &Arc<Self>, purpose: &[u8]) -> io::Result<DuplexStream> {
        if lock(&self.streams).len() >= STREAMS_MAX {
            return Err(io::Error::other("too many streams are open on the link"));
        }
        let id =
            self.next.fetch_add(1, Ordering::Relaxed).wrapping_mul(2).wrapping_add(self.parity);
        let stream = self.make(id, Some(purpose));
        if self.ended.is_cancelled() {
            return Err(gone());
        }
        Ok(stream)
    }

    /// Says goodbye: the link is taken down, not cut. Returns when that was written or cannot be.
    pub(crate) async fn say_bye(&self) {
        let frame = Frame { kind: BYE, stream: 0, payload: Vec::new() };
        if self.urgent.send(frame).await.is_ok() {
            // The writer ends the session behind it.
            let _ = tokio::time::timeout(PING_EVERY, self.ended.cancelled()).await;
        }
        self.ended.cancel();
    }

    /// Whether the other side has said goodbye.
    pub(crate) fn heard_bye(&self) -> bool {
        self.bye.load(Ordering::Acquire)
    }

    /// A stream with its two pumps; one that this side opens tells its purpose first.
    fn make(self: &Arc<Self>, id: u32, purpose: Option<&[u8]>) -> DuplexStream {
        let (own, other) = tokio::io::duplex(PIECE * 2);
        let (read, write) = tokio::io::split(other);
        let (arrived, pieces) = mpsc::unbounded_channel();
        let credit = Arc::new(Semaphore::new(WINDOW));
        let untaken = Arc::new(AtomicUsize::new(0));
        let entry =
            Entry { arrived, credit: Arc::clone(&credit), untaken: Arc::clone(&untaken), open: 2 };
        lock(&self.streams).insert(id, entry);
        let head = purpose.map(<[u8]>::to_vec);
        tokio::spawn(Arc::clone(self).pump_out(id, head, read, credit));
        tokio::spawn(Arc::clone(self).pump_in(id, pieces, write, untaken));
        own
    }

    /// From the user of a stream to the other side.
    async fn pump_out(
        self: Arc<Self>,
        id: u32,
        purpose: Option<Vec<u8>>,
        mut from: ReadHalf<DuplexStream>,
        credit: Arc<Semaphore>,
    ) {
        let work = async {
            if let Some(payload) = purpose {
                self.send(Frame { kind: OPEN, stream: id, payload }).await?;
            }
            let mut buffer = vec![0; PIECE];
            loop {
                let count = from.read(&mut buffer).await.ok()?;
                if count == 0 {
                    return self.send(Frame { kind: END, stream: id, payload: Vec::new() }).await;
                }
                let asked = u32::try_from(count).ok()?;
                credit.acquire_many(asked).await.ok()?.forget();
                let payload = buffer.get(..count)?.to_vec();
                self.send(Frame { kind: DATA, stream: id, payload }).await?;
            }
        };
        let done = tokio::select! {
            done = work => done,
            () = self.ended.cancelled() => None,
        };
        if done.is_none() {
            let _ = self.urgent.try_send(Frame { kind: RESET, stream: id, payload: Vec::new() });
        }
        self.close_half(id);
    }

    async fn send(&self, frame: Frame) -> Option<()> {
        self.data.send(frame).await.ok()
    }

    /// From the other side to the user of a stream; what was taken is credited.
    async fn pump_in(
        self: Arc<Self>,
        id: u32,
        mut pieces: mpsc::UnboundedReceiver<Piece>,
        mut to: WriteHalf<DuplexStream>,
        untaken: Arc<AtomicUsize>,
    ) {
        let work = async {
            while let Some(piece) = pieces.recv().await {
                let Piece::Bytes(bytes) = piece else { break };
                let taken = to.write_all(&bytes).await;
                untaken.fetch_sub(bytes.len(), Ordering::AcqRel);
                if taken.is_err() {
                    let reset = Frame { kind: RESET, stream: id, payload: Vec::new() };
                    let _ = self.urgent.send(reset).await;
                    break;
                }
                let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                let payload = count.to_be_bytes().to_vec();
                if self.urgent.send(Frame { kind: CREDIT, stream: id, payload }).await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = self.ended.cancelled() => {}
        }
        let _ = to.shutdown().await;
        self.close_half(id);
    }

    fn close_half(&self, id: u32) {
        let mut streams = lock(&self.streams);
        if let Some(entry) = streams.get_mut(&id) {
            entry.open = entry.open.saturating_sub(1);
            if entry.open == 0 {
                streams.remove(&id);
            }
        }
    }

    async fn write<W: AsyncWrite>(
        self: Arc<Self>,
        write: W,
        mut data: mpsc::Receiver<Frame>,
        mut urgent: mpsc::Receiver<Frame>,
    ) {
        tokio::pin!(write);
        loop {
            let frame = tokio::select! {
                biased;
                frame = urgent.recv() => frame,
                frame = data.recv() => frame,
            };
            let Some(frame) = frame else { break };
            let mut bytes = vec![frame.kind];
            bytes.extend(frame.stream.to_be_bytes());
            bytes.extend(u16::try_from(frame.payload.len()).unwrap_or_default().to_be_bytes());
            bytes.extend(&frame.payload);
            if frame.kind == DATA {
                self.paces[0].pass(bytes.len()).await;
            }
            if write.write_all(&bytes).await.is_err() || write.flush().await.is_err() {
                break;
            }
            self.meter.sent.fetch_add(as_i64(bytes.len()), Ordering::Relaxed);
            if frame.kind == BYE {
                let _ = write.shutdown().await;
                break;
            }
        }
        self.ended.cancel();
    }

    async fn read<R: AsyncRead>(self: Arc<Self>, read: R, tell: mpsc::Sender<Arrived>) {
        tokio::pin!(read);
        loop {
            let mut head = [0; 7];
            if read.read_exact(&mut head).await.is_err() {
                break;
            }
            let [kind, a, b, c, d, high, low] = head;
            let stream = u32::from_be_bytes([a, b, c, d]);
            let length = usize::from(u16::from_be_bytes([high, low]));
            let mut payload = vec![0; length];
            if length > PIECE || read.read_exact(&mut payload).await.is_err() {
                break;
            }
            *lock(&self.heard) = Instant::now();
            self.meter.received.fetch_add(as_i64(length + head.len()), Ordering::Relaxed);
            if kind == DATA {
                self.paces[1].pass(length).await;
            }
            if self.take(Frame { kind, stream, payload }, &tell).is_none() {
                break;
            }
        }
        self.ended.cancel();
    }

    /// What a frame means; nothing when the other side breaks the rules or says goodbye.
    fn take(self: &Arc<Self>, frame: Frame, tell: &mpsc::Sender<Arrived>) -> Option<()> {
        let Frame { kind, stream, payload } = frame;
        match kind {
            OPEN => {
                if stream % 2 == self.parity % 2 || lock(&self.streams).contains_key(&stream) {
                    return None;
                }
                if lock(&self.streams).len() >= STREAMS_MAX {
                    let _ =
                        self.urgent.try_send(Frame { kind: RESET, stream, payload: Vec::new() });
                    return Some(());
                }
                let arrived = Arrived { purpose: payload, stream: self.make(stream, None) };
                // Nobody takes it: dropped, which ends the stream.
                let _ = tell.try_send(arrived);
            }
            DATA => {
                let streams = lock(&self.streams);
                // One that has ended here meanwhile.
                let Some(entry) = streams.get(&stream) else { return Some(()) };
                let untaken = entry.untaken.fetch_add(payload.len(), Ordering::AcqRel);
                if untaken.saturating_add(payload.len()) > WINDOW {
                    return None;
                }
                let _ = entry.arrived.send(Piece::Bytes(payload));
            }
            END => {
                let streams = lock(&self.streams);
                if let Some(entry) = streams.get(&stream) {
                    let _ = entry.arrived.send(Piece::End);
                }
            }
            RESET => {
                if let Some(entry) = lock(&self.streams).remove(&stream) {
                    entry.credit.close();
                }
            }
            CREDIT => {
                let count = u32::from_be_bytes(payload.try_into().ok()?);
                let streams = lock(&self.streams);
                if let Some(entry) = streams.get(&stream) {
                    let more = usize::try_from(count).ok()?;
                    if entry.credit.available_permits().saturating_add(more) > WINDOW {
                        return None;
                    }
                    entry.credit.add_permits(more);
                }
            }
            PING => {
                let _ = self.urgent.try_send(Frame { kind: PONG, stream: 0, payload });
            }
            PONG => {
                let number = u64::from_be_bytes(payload.try_into().ok()?);
                let (asked, at) = *lock(&self.pinged);
                if number == asked {
                    let rtt = i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX);
                    self.meter.rtt_us.store(rtt.max(1), Ordering::Relaxed);
                }
            }
            BYE => {
                self.bye.store(true, Ordering::Release);
                return None;
            }
            _ => return None,
        }
        Some(())
    }

    /// Asks now and then whether the other side is there, and ends when it is not.
    async fn ping(self: Arc<Self>) {
        loop {
            let number = {
                let mut pinged = lock(&self.pinged);
                *pinged = (pinged.0.wrapping_add(1), Instant::now());
                pinged.0
            };
            let payload = number.to_be_bytes().to_vec();
            let _ = self.urgent.try_send(Frame { kind: PING, stream: 0, payload });
            tokio::time::sleep(PING_EVERY).await;
            if lock(&self.heard).elapsed() > SILENCE_MAX {
                break;
            }
        }
        self.ended.cancel();
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn gone() -> io::Error {
    io::Error::other("the tunnel is not up")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Side = (Arc<Session>, mpsc::Receiver<Arrived>);

    fn pair(mbps: u32) -> (Side, Side) {
        let (near, far) = tokio::io::duplex(8192);
        let side = |end, called| Session::begin(end, called, mbps, Arc::default());
        (side(near, true), side(far, false))
    }

    #[tokio::test]
    async fn many_streams_in_both_directions_carry_each_its_own_bytes() {
        let ((one, mut at_one), (other, mut at_other)) = pair(1000);
        let echo = |mut arrived: Arrived| async move {
            let mut all = arrived.purpose.clone();
            arrived.stream.read_to_end(&mut all).await.unwrap();
            arrived.stream.write_all(&all).await.unwrap();
            arrived.stream.shutdown().await.unwrap();
        };
        for arriving in [&mut at_one, &mut at_other] {
            let (_, empty) = mpsc::channel(1);
            let mut arriving = std::mem::replace(arriving, empty);
            tokio::spawn(async move {
                while let Some(arrived) = arriving.recv().await {
                    tokio::spawn(echo(arrived));
                }
            });
        }
        let mut works = Vec::new();
        for number in 0_u8..40 {
            let from = if number % 2 == 0 { Arc::clone(&one) } else { Arc::clone(&other) };
            works.push(tokio::spawn(async move {
                // Beyond the window, so that credit has to come back.
                let sent = vec![number; WINDOW + 1000 * usize::from(number)];
                let stream = from.open(&[number]).await.unwrap();
                let (mut read, mut write) = tokio::io::split(stream);
                let bytes = sent.clone();
                let writing = tokio::spawn(async move {
                    write.write_all(&bytes).await.unwrap();
                    write.shutdown().await.unwrap();
                });
                let mut heard = Vec::new();
                read.read_to_end(&mut heard).await.unwrap();
                writing.await.unwrap();
                assert_eq!((heard.len(), heard.first()), (sent.len() + 1, Some(&number)));
                assert!(heard.iter().all(|byte| *byte == number));
            }));
        }
        for work in works {
            work.await.unwrap();
        }
        assert!(one.meter.sent.load(Ordering::Relaxed) > as_i64(20 * WINDOW));
    }

    #[tokio::test]
    async fn a_stream_that_nobody_reads_holds_up_no_other_and_fills_no_memory() {
        let ((one, _at_one), (_other, mut at_other)) = pair(1000);
        let mut stuck = one.open(b"stuck").await.unwrap();
        let left_alone = at_other.recv().await.unwrap();
        let all = vec![1; 4 * WINDOW];
        let stuffed = tokio::time::timeout(Duration::from_millis(300), stuck.write_all(&all)).await;
        assert!(stuffed.is_err(), "no more than a window and two buffers go out");
        let mut next = one.open(b"next").await.unwrap();
        let mut arrived = at_other.recv().await.unwrap();
        next.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        arrived.stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        drop(left_alone);
    }

    #[tokio::test]
    async fn an_end_of_the_connection_ends_every_stream_and_a_goodbye_is_heard() {
        let ((one, _at_one), (other, mut at_other)) = pair(1000);
        let mut stream = one.open(b"x").await.unwrap();
        let _arrived = at_other.recv().await.unwrap();
        other.say_bye().await;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(one.ended.is_cancelled() && one.heard_bye() && !other.heard_bye());
        assert!(one.open(b"late").await.is_err());
    }
}
