//! What is noticed of the sources at one address, and which of them are kept out.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use provider_api::{SecurityKind, SourcePrefix};

/// Refused requests of one source within [`WINDOW`] that are too many; well below what the API calls too many.
const BAD_MAX: usize = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// The same about the same source is told again after so long.
const QUIET: Duration = Duration::from_secs(60);
/// Sources that are watched at a time; beyond this, new ones are not, so that a crowd cannot fill memory.
const SOURCES_MAX: usize = 1024;
/// What was noticed and not yet written down; the watch comes by every second.
const NOTICED_MAX: usize = 64;

/// The guard of one address, kept over closing and opening.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    blocked: RwLock<Vec<Blocked>>,
    watched: Mutex<Watched>,
}

#[derive(Debug)]
struct Blocked {
    id: String,
    prefix: SourcePrefix,
    refused: AtomicI64,
}

/// One thing noticed.
#[derive(Clone, Debug)]
pub(crate) struct Noticed {
    pub kind: SecurityKind,
    pub source: IpAddr,
    pub count: i64,
    pub at: Instant,
}

#[derive(Debug, Default)]
struct Watched {
    sources: HashMap<IpAddr, Source>,
    noticed: VecDeque<Noticed>,
}

#[derive(Debug)]
struct Source {
    seen: Instant,
    bad: VecDeque<Instant>,
    told: HashMap<SecurityKind, Instant>,
}

impl Guard {
    /// Whether the source is kept out; every time it is, that is counted.
    pub(crate) fn refuses(&self, source: IpAddr) -> bool {
        let blocked = self.blocked.read().unwrap_or_else(PoisonError::into_inner);
        let hit = blocked.iter().find(|each| each.prefix.contains(source));
        if let Some(hit) = hit {
            hit.refused.fetch_add(1, Ordering::Relaxed);
        }
        hit.is_some()
    }

    /// Keeps a source out from now on; fine when it is.
    pub(crate) fn block(&self, id: &str, prefix: SourcePrefix) {
        let mut blocked = self.blocked.write().unwrap_or_else(PoisonError::into_inner);
        if !blocked.iter().any(|each| each.id == id) {
            blocked.push(Blocked { id: id.to_owned(), prefix, refused: AtomicI64::new(0) });
        }
    }

    /// Lets a source in again; fine when it is not kept out.
    pub(crate) fn lift(&self, id: &str) {
        let mut blocked = self.blocked.write().unwrap_or_else(PoisonError::into_inner);
        blocked.retain(|each| each.id != id);
    }

    /// What each block has turned away and was not written down yet.
    pub(crate) fn take_refused(&self) -> Vec<(String, i64)> {
        let blocked = self.blocked.read().unwrap_or_else(PoisonError::into_inner);
        let counts =
            blocked.iter().map(|each| (each.id.clone(), each.refused.swap(0, Ordering::Relaxed)));
        counts.filter(|(_, refused)| *refused > 0).collect()
    }

    /// Notes a request that the application refused.
    pub(crate) fn note_bad(&self, source: IpAddr, now: Instant) {
        let mut watched = self.lock();
        let Some(of) = watched.source(source, now) else { return };
        of.bad.push_back(now);
        while of.bad.front().is_some_and(|at| now.duration_since(*at) > WINDOW) {
            of.bad.pop_front();
        }
        if of.bad.len() >= BAD_MAX {
            let count = std::mem::take(&mut of.bad).len();
            watched.notice(SecurityKind::TooManyBadRequests, source, count, now);
        }
    }

    /// Notes a request for what users may never reach.
    pub(crate) fn note_denied(&self, source: IpAddr, now: Instant) {
        let mut watched = self.lock();
        if watched.source(source, now).is_some() {
            watched.notice(SecurityKind::DeniedAccess, source, 1, now);
        }
    }

    /// Takes what was noticed since the last time.
    pub(crate) fn take_noticed(&self) -> Vec<Noticed> {
        std::mem::take(&mut self.lock().noticed).into()
    }

    /// Forgets who came, written down or not.
    pub(crate) fn forget(&self) {
        *self.lock() = Watched::default();
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// What is known of a source; nothing when there are too many to watch.
    fn source(&mut self, address: IpAddr, now: Instant) -> Option<&mut Source> {
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&address) {
            self.sources.retain(|_, source| now.duration_since(source.seen) <= QUIET);
            if self.sources.len() >= SOURCES_MAX {
                return None;
            }
        }
        let fresh = || Source { seen: now, bad: VecDeque::new(), told: HashMap::new() };
        let source = self.sources.entry(address).or_insert_with(fresh);
        source.seen = now;
        Some(source)
    }

    fn notice(&mut self, kind: SecurityKind, source: IpAddr, count: usize, now: Instant) {
        let Some(of) = self.sources.get_mut(&source) else { return };
        if of.told.get(&kind).is_some_and(|told| now.duration_since(*told) < QUIET) {
            return;
        }
        if self.noticed.len() < NOTICED_MAX {
            of.told.insert(kind, now);
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.noticed.push_back(Noticed { kind, source, count, at: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn kinds(guard: &Guard) -> Vec<(SecurityKind, i64)> {
        guard.take_noticed().into_iter().map(|each| (each.kind, each.count)).collect()
    }

    #[test]
    fn many_bad_requests_are_told_once_and_again_only_after_a_while() {
        let (guard, start) = (Guard::default(), Instant::now());
        for _ in 1..BAD_MAX {
            guard.note_bad(SOURCE, start);
        }
        assert_eq!(kinds(&guard), []);
        for _ in 0..BAD_MAX * 3 {
            guard.note_bad(SOURCE, start);
        }
        assert_eq!(kinds(&guard), [(SecurityKind::TooManyBadRequests, 20)]);
        for _ in 0..BAD_MAX {
            guard.note_bad(SOURCE, start + QUIET);
        }
        assert_eq!(kinds(&guard), [(SecurityKind::TooManyBadRequests, 20)]);
    }

    #[test]
    fn bad_requests_far_apart_are_nothing() {
        let (guard, start) = (Guard::default(), Instant::now());
        for second in 0..100 {
            guard.note_bad(SOURCE, start + Duration::from_secs(4 * second));
        }
        assert_eq!(kinds(&guard), []);
    }

    #[test]
    fn a_crowd_of_sources_fills_no_memory() {
        let (guard, start) = (Guard::default(), Instant::now());
        for number in 0..10_000_u32 {
            guard.note_denied(std::net::Ipv4Addr::from_bits(number).into(), start);
        }
        assert_eq!(guard.lock().sources.len(), SOURCES_MAX);
        assert_eq!(guard.take_noticed().len(), NOTICED_MAX);
    }

    #[test]
    fn a_blocked_source_is_refused_and_counted_until_it_is_let_in() {
        let guard = Guard::default();
        guard.block("blk_1", "10.0.0.0/24".parse().unwrap());
        guard.block("blk_1", "10.0.0.0/24".parse().unwrap());
        assert!(guard.refuses(SOURCE) && guard.refuses(SOURCE));
        assert!(!guard.refuses([10, 0, 1, 1].into()));
        assert_eq!(guard.take_refused(), [("blk_1".to_owned(), 2)]);
        assert_eq!(guard.take_refused(), []);
        guard.lift("blk_1");
        assert!(!guard.refuses(SOURCE));
    }
}
