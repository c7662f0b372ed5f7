//! Response times at one address over the last minute.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use provider_api::ResponseMetrics;

/// The window the API reports.
const WINDOW: Duration = Duration::from_secs(60);
/// Answers kept; beyond this the oldest go first, so that a flood cannot fill memory.
const KEPT_MAX: usize = 50_000;

/// What was seen at one address.
#[derive(Debug, Default)]
pub(crate) struct Stats(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    answers: VecDeque<Answer>,
    /// Answered and not yet written to the meter.
    unwritten: i64,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    at: Instant,
    us: i64,
    error: bool,
}

impl Stats {
    /// Notes one answer.
    pub(crate) fn note(&self, at: Instant, took: Duration, error: bool) {
        let mut inner = self.lock();
        inner.unwritten += 1;
        if inner.answers.len() == KEPT_MAX {
            inner.answers.pop_front();
        }
        inner.answers.push_back(Answer {
            at,
            us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            error,
        });
    }

    /// Takes the answers that the meter has not counted yet.
    pub(crate) fn take_unwritten(&self) -> i64 {
        std::mem::take(&mut self.lock().unwritten)
    }

    /// The last minute before `now`.
    pub(crate) fn window(&self, now: Instant) -> ResponseMetrics {
        let mut inner = self.lock();
        while inner.answers.front().is_some_and(|answer| now.duration_since(answer.at) > WINDOW) {
            inner.answers.pop_front();
        }
        let mut times: Vec<i64> = inner.answers.iter().map(|answer| answer.us).collect();
        let errors = inner.answers.iter().filter(|answer| answer.error).count();
        drop(inner);
        times.sort_unstable();
        ResponseMetrics {
            window_seconds: 60,
            count: i64::try_from(times.len()).unwrap_or(i64::MAX),
            errors: i64::try_from(errors).unwrap_or(i64::MAX),
            p50_us: percentile(&times, 50),
            p95_us: percentile(&times, 95),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nearest rank: the smallest time that at least `percent` of all times do not exceed.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_answers_there_are_no_percentiles() {
        let seen = Stats::default().window(Instant::now());
        assert_eq!((seen.count, seen.p50_us, seen.p95_us), (0, None, None));
    }

    #[test]
    fn percentiles_are_nearest_rank_and_old_answers_drop_out() {
        let stats = Stats::default();
        let start = Instant::now();
        stats.note(start, Duration::from_secs(9), true);
        for ms in 1..=20 {
            stats.note(start + Duration::from_secs(30), Duration::from_millis(ms), ms == 20);
        }
        let seen = stats.window(start + Duration::from_secs(61));
        assert_eq!((seen.count, seen.errors), (20, 1));
        assert_eq!((seen.p50_us, seen.p95_us), (Some(10_000), Some(19_000)));
    }

    #[test]
    fn an_answer_is_handed_to_the_meter_once() {
        let stats = Stats::default();
        stats.note(Instant::now(), Duration::ZERO, false);
        assert_eq!((stats.take_unwritten(), stats.take_unwritten()), (1, 0));
    }
}
