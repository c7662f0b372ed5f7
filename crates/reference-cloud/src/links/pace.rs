//! How fast a link may carry: so many bytes a second, with a little ahead of time.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// What may pass at once after a pause.
const AHEAD: Duration = Duration::from_millis(50);

/// One direction of one link.
#[derive(Debug)]
pub(super) struct Pace {
    bytes_per_second: u64,
    next: Mutex<Instant>,
}

impl Pace {
    pub(super) fn of_mbps(mbps: u32) -> Self {
        Self {
            bytes_per_second: u64::from(mbps.max(1)) * 125_000,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Returns when so many bytes may pass; callers pass one after the other.
    pub(super) async fn pass(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let nanos = bytes.saturating_mul(1_000_000_000).div_ceil(self.bytes_per_second);
        let mut next = self.next.lock().await;
        let now = Instant::now();
        let begin = (*next).max(now.checked_sub(AHEAD).unwrap_or(now));
        *next = begin + Duration::from_nanos(nanos);
        // Slept with the lock, so that nobody overtakes.
        tokio::time::sleep_until(begin).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_carries_what_was_booked_and_little_more() {
        let pace = Pace::of_mbps(8);
        let begun = Instant::now();
        for _ in 0..125 {
            pace.pass(16_000).await;
        }
        // Two million bytes at one million a second, and what may pass ahead.
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(1900) && took <= Duration::from_secs(2), "{took:?}");
    }
}
