//! Ways to clouds that were read a moment ago: steps of many services follow one another at one cloud, and each
//! would read and unseal the same row.

use crate::ports::CloudConnection;
use domain::{DurationUs, ProviderId, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a way that was read is used. A step that began so much earlier would have used it too: what a cloud
/// refuses because its token was changed meanwhile, it refuses either way.
const FRESH_US: DurationUs = 1_000_000;

/// The ways, by provider.
#[derive(Debug, Default)]
pub(crate) struct KnownClouds(Mutex<HashMap<ProviderId, (Timestamp, CloudConnection)>>);

impl KnownClouds {
    /// The way that was read a moment before `now`.
    pub fn get(&self, provider: ProviderId, now: Timestamp) -> Option<CloudConnection> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, connection) = known.get(&provider)?;
        (0..FRESH_US).contains(&now.since(*read_at)).then(|| connection.clone())
    }

    /// Keeps a way that was read at that moment, or later.
    pub fn keep(&self, connection: &CloudConnection, read_at: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(connection.provider, (read_at, connection.clone()));
    }

    /// Forgets a way that was changed.
    pub fn forget(&self, provider: ProviderId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&provider);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SequentialIds;

    #[test]
    fn a_way_is_used_for_a_moment_and_not_after_it_was_changed() {
        let provider = ProviderId::new(&SequentialIds::new(1));
        let url = "https://cloud.example".to_owned();
        let way = CloudConnection { provider, url, token: "token".to_owned() };
        let known = KnownClouds::default();
        let read_at = Timestamp(5_000_000);
        assert!(known.get(provider, read_at).is_none());
        known.keep(&way, read_at);
        let found = |us| known.get(provider, read_at.plus_us(us)).is_some();
        assert!(found(0) && found(FRESH_US - 1));
        assert!(!found(FRESH_US) && !found(-1), "neither later nor by a clock that was set back");
        known.forget(provider);
        assert!(!found(0));
    }
}
