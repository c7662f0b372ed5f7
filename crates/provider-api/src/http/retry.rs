//! How long to wait between two tries.

use std::time::Duration;

use super::config::RetryPolicy;

/// The wait before try number `next` (2 is the first repetition), or nothing when the tries are used up.
/// `dice` is a random number: waits of many callers must not fall together.
pub(super) fn wait_before(
    policy: &RetryPolicy,
    next: u32,
    asked: Option<Duration>,
    dice: u32,
) -> Option<Duration> {
    if next > policy.attempts.max(1) {
        return None;
    }
    if let Some(asked) = asked {
        return (asked <= policy.longest_wait).then_some(asked);
    }
    let doublings = next.saturating_sub(2).min(16);
    let full = policy.first_wait.saturating_mul(1 << doublings).min(policy.longest_wait);
    let half = full / 2;
    Some(half + half.mul_f64(f64::from(dice) / f64::from(u32::MAX)))
}

/// A random number for `wait_before`; without randomness the waits just lose their jitter.
pub(super) fn dice() -> u32 {
    getrandom::u32().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 4,
        first_wait: Duration::from_millis(200),
        longest_wait: Duration::from_millis(500),
    };

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> =
            (2..=5).map(|next| wait_before(&POLICY, next, None, u32::MAX)).collect();
        let ms = |n| Some(Duration::from_millis(n));
        assert_eq!(waits, [ms(200), ms(400), ms(500), None]);
    }

    #[test]
    fn jitter_takes_at_most_half() {
        assert_eq!(wait_before(&POLICY, 2, None, 0), Some(Duration::from_millis(100)));
    }

    #[test]
    fn a_wait_asked_for_is_kept_or_handed_back() {
        let asked = |secs| wait_before(&POLICY, 2, Some(Duration::from_millis(secs)), 9);
        assert_eq!(asked(450), Some(Duration::from_millis(450)));
        assert_eq!(asked(501), None);
    }
}
