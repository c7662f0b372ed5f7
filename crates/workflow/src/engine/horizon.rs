//! What an engine knows of the next moment at which something becomes due, so that its workers do not all
//! ask the database for it, or try to claim, each time they come to rest. A convenience: work is claimed from
//! the database, and no worker sleeps longer than the poll whatever stands here.

use domain::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shared by the workers of an engine.
#[derive(Debug)]
pub(crate) struct Horizon(Mutex<Known>);

#[derive(Debug)]
struct Known {
    /// When the database was asked.
    seen_at: Timestamp,
    /// How far ahead.
    until: Timestamp,
    /// What it named as the next moment before that.
    due: Option<Timestamp>,
    /// The next moment that a runner of this engine wrote; the database may not have shown it yet.
    noted: Option<Timestamp>,
    /// How many words had come when a claim last told that nothing else was due.
    heard: Option<u64>,
}

impl Default for Horizon {
    fn default() -> Self {
        let never = Timestamp(i64::MIN);
        Self(Mutex::new(Known {
            seen_at: never,
            until: never,
            due: None,
            noted: None,
            heard: None,
        }))
    }
}

impl Horizon {
    /// The next moment to look for work, if that is known without asking.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let known = self.known();
        let next = [known.due, known.noted].into_iter().flatten().fold(known.until, Timestamp::min);
        (known.seen_at <= now && now < next).then_some(next)
    }

    /// Takes in what the database answered, and yields the next moment to look for work.
    pub fn see(&self, now: Timestamp, until: Timestamp, due: Option<Timestamp>) -> Timestamp {
        let mut known = self.known();
        let noted = known.noted.filter(|noted| *noted > now);
        *known = Known { seen_at: now, until, due, noted, heard: known.heard };
        [due, noted].into_iter().flatten().fold(until, Timestamp::min)
    }

    /// An instance is about to rest until that moment.
    pub fn note(&self, moment: Timestamp) {
        let mut known = self.known();
        known.noted = Some(known.noted.map_or(moment, |noted| noted.min(moment)));
    }

    /// A claim told that nothing else was due; `heard` is the count of words from before it.
    pub fn nothing_else(&self, heard: u64) {
        let mut known = self.known();
        known.heard = known.heard.max(Some(heard));
    }

    /// Whether a claim would find nothing: nobody has said a word since one did, and no moment has come.
    pub fn is_quiet(&self, now: Timestamp, words: u64) -> bool {
        self.known().heard == Some(words) && self.next(now).is_some()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(us: i64) -> Timestamp {
        Timestamp(us)
    }

    #[test]
    fn what_was_seen_holds_until_it_is_due_and_no_longer_than_was_looked_ahead() {
        let horizon = Horizon::default();
        assert_eq!(horizon.next(at(0)), None, "nobody has looked yet");
        assert_eq!(horizon.see(at(0), at(100), None), at(100));
        assert_eq!(horizon.next(at(99)), Some(at(100)));
        assert_eq!(horizon.next(at(100)), None);
        assert_eq!(horizon.see(at(100), at(200), Some(at(150))), at(150));
        assert_eq!(horizon.next(at(149)), Some(at(150)));
        assert_eq!(horizon.next(at(150)), None, "it is due now");
        assert_eq!(horizon.next(at(99)), None, "the clock was set back");
    }

    #[test]
    fn it_is_quiet_from_a_claim_that_found_nothing_else_until_the_next_word_or_moment() {
        let horizon = Horizon::default();
        horizon.nothing_else(3);
        assert!(!horizon.is_quiet(at(0), 3), "nobody has looked ahead yet");
        horizon.see(at(0), at(100), Some(at(80)));
        assert!(horizon.is_quiet(at(10), 3));
        assert!(!horizon.is_quiet(at(10), 4), "somebody said something");
        assert!(!horizon.is_quiet(at(80), 3), "something is due");
        horizon.nothing_else(4);
        horizon.nothing_else(3);
        assert!(horizon.is_quiet(at(10), 4), "a slow claim takes nothing back");
    }

    #[test]
    fn what_a_runner_wrote_counts_although_the_database_did_not_show_it_yet() {
        let horizon = Horizon::default();
        horizon.see(at(0), at(100), None);
        horizon.note(at(70));
        horizon.note(at(50));
        horizon.note(at(i64::MAX));
        assert_eq!(horizon.next(at(10)), Some(at(50)));
        assert_eq!(horizon.see(at(20), at(120), None), at(50));
        assert_eq!(horizon.next(at(50)), None);
        assert_eq!(horizon.see(at(50), at(150), None), at(150), "what has passed is forgotten");
    }
}
