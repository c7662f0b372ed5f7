//! The real clock and the real source of identities.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use domain::{Clock, IdSource, Timestamp};
use uuid::Uuid;

/// The system's clock, truncated to microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Bits of the counter beside the milliseconds (RFC 9562, section 6.2, method 1).
const COUNTER_BITS: u32 = 12;

/// UUIDs of version 7: milliseconds, a counter, random bits. Lists that are sorted by id rely on
/// ids of one process growing, also within a millisecond and when the clock is set back.
#[derive(Debug, Default)]
pub struct SystemIds {
    /// Milliseconds and counter of the newest id.
    newest: Mutex<u64>,
}

impl SystemIds {
    /// Milliseconds and counter of the next id: later than now or than the newest, by one.
    fn next_moment(&self) -> u64 {
        let millis = u64::try_from(SystemClock.now().0 / 1000).unwrap_or(0);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (millis << COUNTER_BITS).max(*newest + 1);
        *newest
    }
}

impl IdSource for SystemIds {
    fn next_uuid(&self) -> Uuid {
        let moment = self.next_moment();
        let (millis, counter) = (moment >> COUNTER_BITS, moment & 0xfff);
        let mut random = [0; 8];
        fill(&mut random);
        let high = (millis << 16) | (7 << COUNTER_BITS) | counter;
        let low = (u64::from_be_bytes(random) >> 2) | (0b10 << 62);
        Uuid::from_u64_pair(high, low)
    }

    fn next_secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        fill(&mut secret);
        secret
    }
}

/// Fills with bytes from the system's random source.
#[expect(clippy::expect_used, reason = "without a random source no id and no secret is safe")]
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has a random source");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_process_grow_and_are_of_version_7() {
        let ids = SystemIds::default();
        let series: Vec<Uuid> = (0..10_000).map(|_| ids.next_uuid()).collect();
        assert!(series.is_sorted_by(|a, b| a < b));
        assert!(series.iter().all(|id| id.get_version_num() == 7));
        assert!(series.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
    }

    #[test]
    fn secrets_are_never_the_same() {
        let ids = SystemIds::default();
        assert_ne!(ids.next_secret(), ids.next_secret());
    }
}
