//! Streams of one connection: each its own bytes, none in the way of another, and all end together.

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
            let sent = vec![number; window() + 1000 * usize::from(number)];
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
    assert!(one.meter.sent.load(Ordering::Relaxed) > i64::try_from(20 * window()).unwrap());
}

#[tokio::test]
async fn a_stream_that_nobody_reads_holds_up_no_other_and_fills_no_memory() {
    let ((one, _at_one), (_other, mut at_other)) = pair(1000);
    let mut stuck = one.open(b"stuck").await.unwrap();
    let left_alone = at_other.recv().await.unwrap();
    let all = vec![1; 4 * window()];
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
