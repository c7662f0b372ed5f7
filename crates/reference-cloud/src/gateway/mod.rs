//! The addresses of services. While access is denied there is no listener at all; while it is allowed, requests go
//! to the machines of the allocation in turn and their times are noted.

mod gate;
mod guard;
mod proxy;
mod stats;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use gate::{Gate, Pass};
pub(crate) use guard::Guard;
pub(crate) use stats::Stats;

use crate::children::Children;
use crate::http_server;
use crate::switches::Panel;

/// Every open address, and the times seen at each.
#[derive(Debug)]
pub(crate) struct Gateway {
    children: Arc<Children>,
    switches: Arc<Panel>,
    doors: Mutex<HashMap<String, Door>>,
    stats: Mutex<HashMap<String, Arc<Stats>>>,
    guards: Mutex<HashMap<String, Arc<Guard>>>,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

#[derive(Debug)]
struct Door {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Gateway {
    pub(crate) fn new(children: Arc<Children>, switches: Arc<Panel>) -> Self {
        Self {
            children,
            switches,
            doors: Mutex::default(),
            stats: Mutex::default(),
            guards: Mutex::default(),
            gates: Mutex::default(),
        }
    }

    /// Opens the address of an allocation; fine when it is open.
    pub(crate) async fn open(&self, id: &str, address: SocketAddr) -> io::Result<()> {
        if self.listens(id) {
            return Ok(());
        }
        let listener = TcpListener::bind(address).await?;
        let stop = CancellationToken::new();
        let proxy = proxy::Proxy::new(
            id.to_owned(),
            Arc::clone(&self.children),
            self.stats(id),
            self.guard(id),
            self.gate(id),
            Arc::clone(&self.switches),
        );
        let guard = self.guard(id);
        let refuses: http_server::Refuses = Arc::new(move |peer| guard.refuses(peer.ip()));
        let task = tokio::spawn(http_server::serve(listener, proxy, stop.clone(), refuses));
        lock(&self.doors).insert(id.to_owned(), Door { stop, task });
        tracing::info!(allocation.id = %id, %address, "an address was opened");
        Ok(())
    }

    /// Closes the address; when it returns, connections are refused.
    pub(crate) async fn close(&self, id: &str) {
        let door = lock(&self.doors).remove(id);
        if let Some(door) = door {
            door.stop.cancel();
            if let Err(error) = door.task.await {
                tracing::error!(allocation.id = %id, %error, "an address ended badly");
            }
            tracing::info!(allocation.id = %id, "an address was closed");
        }
    }

    pub(crate) async fn close_all(&self) {
        let ids: Vec<String> = lock(&self.doors).keys().cloned().collect();
        for id in ids {
            self.close(&id).await;
        }
    }

    /// Whether newcomers are let in.
    pub(crate) fn is_open(&self, id: &str) -> bool {
        self.listens(id) && !lock(&self.gates).get(id).is_some_and(|gate| gate.is_draining())
    }

    fn listens(&self, id: &str) -> bool {
        lock(&self.doors).get(id).is_some_and(|door| !door.task.is_finished())
    }

    /// What was seen at an address, kept over closing and opening.
    pub(crate) fn stats(&self, id: &str) -> Arc<Stats> {
        Arc::clone(lock(&self.stats).entry(id.to_owned()).or_default())
    }

    /// Who is kept out of an address and what was noticed there, kept over closing and opening.
    pub(crate) fn guard(&self, id: &str) -> Arc<Guard> {
        Arc::clone(lock(&self.guards).entry(id.to_owned()).or_default())
    }

    /// The same where there is one: looking at what never had an address leaves nothing behind.
    pub(crate) fn known_guard(&self, id: &str) -> Option<Arc<Guard>> {
        lock(&self.guards).get(id).map(Arc::clone)
    }

    /// Who is inside an address, kept over closing and opening.
    pub(crate) fn gate(&self, id: &str) -> Arc<Gate> {
        Arc::clone(lock(&self.gates).entry(id.to_owned()).or_default())
    }

    pub(crate) fn forget(&self, id: &str) {
        lock(&self.gates).remove(id);
        lock(&self.stats).remove(id);
        lock(&self.guards).remove(id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
