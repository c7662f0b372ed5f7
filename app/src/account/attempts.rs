//! Slows the guessing of passwords down, for each account and address of who asks.
//!
//! Nobody can keep an owner out: the count belongs to the address that guesses, and the longest wait is
//! a minute. Counts live in memory; a restart or another replica begins anew.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Wrong passwords that cost nothing: people mistype.
const FREE: u32 = 5;
/// The longest wait, seconds; also what somebody behind the same proxy may have to wait.
const WAIT_MAX_S: i64 = 60;
/// After this long without a try a count is forgotten, seconds.
const FORGET_S: i64 = 3600;
/// Counts kept at most, about 2 MB; the oldest go first.
const COUNTS_MAX: usize = 10_000;
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// Failed sign-ins of late.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<(String, String), Count>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    /// Of the last failure, microseconds UTC.
    at: i64,
}

impl Count {
    fn until(self) -> i64 {
        let Some(over) = self.failures.checked_sub(FREE) else { return self.at };
        // 2^6 is already longer than the longest wait.
        self.at + (1_i64 << over.min(6)).min(WAIT_MAX_S) * SECOND
    }
}

impl Attempts {
    /// Seconds until the next try is looked at; `None`: at once. `now` in microseconds UTC.
    pub fn wait(&self, account: &str, address: &str, now: i64) -> Option<i64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = counts.get(&key(account, address))?.until() - now;
        (left > 0).then_some(left.div_euclid(SECOND) + i64::from(left % SECOND > 0))
    }

    /// Counts a wrong password, also of an account that does not exist.
    pub fn failed(&self, account: &str, address: &str, now: i64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= COUNTS_MAX {
            counts.retain(|_, count| now - count.at < FORGET_S * SECOND);
        }
        if counts.len() >= COUNTS_MAX {
            let oldest = counts.iter().min_by_key(|(_, count)| count.at);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                counts.remove(&oldest);
            }
        }
        let count = counts.entry(key(account, address)).or_insert(Count { failures: 0, at: now });
        if now - count.at >= FORGET_S * SECOND {
            count.failures = 0;
        }
        *count = Count { failures: count.failures.saturating_add(1), at: now };
    }

    /// The right password forgets what was mistyped.
    pub fn succeeded(&self, account: &str, address: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&key(account, address));
    }
}

/// Accounts are compared as the use case compares them; no real address is longer than this.
fn key(account: &str, address: &str) -> (String, String) {
    let account = account.trim().to_lowercase().chars().take(254).collect();
    (account, address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_takes_longer_and_longer_and_at_most_a_minute() {
        let attempts = Attempts::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..15 {
            attempts.failed("a@b", "192.0.2.1", now);
            let wait = attempts.wait(" A@B ", "192.0.2.1", now).unwrap_or(0);
            waits.push(wait);
            now += wait * SECOND;
            assert_eq!(attempts.wait("a@b", "192.0.2.1", now), None);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
    }

    #[test]
    fn the_owner_at_another_address_never_waits_and_a_right_password_forgets() {
        let attempts = Attempts::default();
        for _ in 0..50 {
            attempts.failed("a@b", "192.0.2.1", 0);
        }
        assert_eq!(attempts.wait("a@b", "198.51.100.7", 0), None);
        assert!(attempts.wait("a@b", "192.0.2.1", 0).is_some());
        attempts.succeeded("a@b", "192.0.2.1");
        assert_eq!(attempts.wait("a@b", "192.0.2.1", 0), None);
    }

    #[test]
    fn an_hour_forgets_and_memory_is_bounded() {
        let attempts = Attempts::default();
        for _ in 0..20 {
            attempts.failed("a@b", "192.0.2.1", 0);
        }
        attempts.failed("a@b", "192.0.2.1", FORGET_S * SECOND);
        assert_eq!(attempts.wait("a@b", "192.0.2.1", FORGET_S * SECOND), None);
        for number in 0..COUNTS_MAX + 10 {
            attempts.failed(&format!("{number}@b"), "192.0.2.1", FORGET_S * SECOND);
        }
        assert!(attempts.0.lock().unwrap().len() <= COUNTS_MAX);
    }
}
