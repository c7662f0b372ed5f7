//! Tunnels to other clouds (IF3, IF6, IF9): who may come in, which tunnels stand, and how bytes pass. What a link is and
//! when it may be made is decided in `operations`; rows are in `store`.

mod hello;
mod mux;
mod pace;
mod parcel;
mod run;
mod streams;
mod tls;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use tokio_util::sync::CancellationToken;

pub(crate) use hello::{Hello, VERSION, Welcome};
pub(crate) use mux::Session;
pub(crate) use parcel::{Parcel, ParcelError, digest_of, list, take, take_one};
pub(crate) use run::{keep, say_bye, serve};
pub(crate) use streams::probe;
pub(crate) use tls::LinkKey;

use pace::Meter;
use tls::Known;

/// Unix domain sockets allow 107 bytes of path; a long data directory gets its sockets elsewhere.
const SOCKET_DIR_MAX: usize = 107 - 40;
/// Waits between attempts to call the other side.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Every tunnel of one cloud.
pub(crate) struct Links {
    key: SigningKey,
    pub known: Arc<Known>,
    /// Where it is called; unset when the cloud makes no links.
    address: OnceLock<SocketAddr>,
    sockets: PathBuf,
    live: Mutex<HashMap<String, Live>>,
    calls: Mutex<HashMap<String, Calling>>,
    parcels: Mutex<HashMap<String, (String, Parcel)>>,
}

/// A tunnel that stands.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub session: Arc<Session>,
    pub meter: Arc<Meter>,
    pub since_us: i64,
    /// Cancelled when what it has carried is written down.
    pub noted: CancellationToken,
}

/// How often the other side was called in vain.
#[derive(Clone, Copy, Debug)]
struct Calling {
    under_way: bool,
    wait: Duration,
    next: Instant,
}

impl Live {
    /// What this tunnel has carried: sent and received.
    pub(crate) fn carried(&self) -> (i64, i64) {
        (self.meter.sent.load(Ordering::Relaxed), self.meter.received.load(Ordering::Relaxed))
    }

    /// Microseconds of the last round trip; nothing before the first.
    pub(crate) fn rtt_us(&self) -> Option<i64> {
        let rtt = self.meter.rtt_us.load(Ordering::Relaxed);
        (rtt > 0).then_some(rtt)
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("address", &self.address).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the sockets are that lead to linked services.
pub(crate) fn socket_dir(data_dir: &Path) -> PathBuf {
    let sockets = data_dir.join("links");
    if sockets.as_os_str().len() <= SOCKET_DIR_MAX {
        return sockets;
    }
    let name = crate::keys::short_hash(data_dir.as_os_str().as_encoded_bytes());
    std::env::temp_dir().join(format!("kumoichi-links-{name}"))
}

impl Links {
    pub(crate) fn new(key: SigningKey, data_dir: &Path) -> io::Result<Self> {
        let sockets = socket_dir(data_dir);
        crate::children::create_private(&sockets)?;
        Ok(Self {
            key,
            known: Arc::default(),
            address: OnceLock::new(),
            sockets,
            live: Mutex::default(),
            calls: Mutex::default(),
            parcels: Mutex::default(),
        })
    }

    /// The key that this cloud proves.
    pub(crate) fn own_key(&self) -> LinkKey {
        LinkKey::of(&self.key)
    }

    /// Where this cloud is called; nothing when it makes no links.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address.get().copied()
    }

    pub(crate) fn listens_at(&self, address: SocketAddr) {
        // Set once, at the start.
        let _ = self.address.set(address);
    }

    /// The tunnel of a link, while it stands.
    pub(crate) fn live(&self, link: &str) -> Option<Live> {
        lock(&self.live).get(link).filter(|live| !live.session.ended.is_cancelled()).cloned()
    }

    /// Puts a tunnel in the place of an earlier one, which ends.
    fn put(&self, link: &str, live: Live) {
        if let Some(earlier) = lock(&self.live).insert(link.to_owned(), live) {
            earlier.session.ended.cancel();
        }
    }

    /// Takes this tunnel away, unless another is in its place; whether it was the one.
    fn take(&self, link: &str, session: &Arc<Session>) -> bool {
        let mut live = lock(&self.live);
        let own = live.get(link).is_some_and(|known| Arc::ptr_eq(&known.session, session));
        if own {
            live.remove(link);
        }
        own
    }

    /// Whether the other side is to be called now; then it counts as under way.
    fn may_call(&self, link: &str) -> bool {
        if self.live(link).is_some() {
            return false;
        }
        let mut calls = lock(&self.calls);
        let fresh = Calling { under_way: false, wait: FIRST_WAIT, next: Instant::now() };
        let calling = calls.entry(link.to_owned()).or_insert(fresh);
        if calling.under_way || calling.next > Instant::now() {
            return false;
        }
        calling.under_way = true;
        true
    }

    /// Notes how a call ended; one in vain is made again after a longer while.
    fn called(&self, link: &str, reached: bool) {
        let mut calls = lock(&self.calls);
        if let Some(calling) = calls.get_mut(link) {
            let wait = if reached { FIRST_WAIT } else { calling.wait };
            let next = Instant::now() + wait;
            *calling = Calling { under_way: false, wait: (wait * 2).min(LONGEST_WAIT), next };
        }
    }

    /// What a link gives, when it was read before and is still of this version.
    pub(crate) fn parcel(&self, link: &str, version: &str) -> Option<Parcel> {
        let parcels = lock(&self.parcels);
        parcels.get(link).filter(|(known, _)| known == version).map(|(_, parcel)| parcel.clone())
    }

    pub(crate) fn keep_parcel(&self, link: &str, version: String, parcel: Parcel) {
        lock(&self.parcels).insert(link.to_owned(), (version, parcel));
    }

    pub(crate) fn forget(&self, link: &str) {
        lock(&self.parcels).remove(link);
        lock(&self.calls).remove(link);
    }
}
