//! How fast a link may carry: so many bytes a second, with a little ahead of time.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// What may pass at once after a pause.
const AHEAD: Duration = Duration::from_millis(20);

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

    #[tokio::test]
    async fn what_passes_takes_the_time_that_was_booked() {
        let pace = Pace::of_mbps(8);
        let begun = Instant::now();
        for _ in 0..20 {
            pace.pass(20_000).await;
        }
        // The last of 400,000 bytes at a million a second begins so late, but for what may pass ahead.
        let least = Duration::from_millis(380) - AHEAD;
        assert!(begun.elapsed() >= least, "{:?}", begun.elapsed());
    }
}
