//! Which registry a piece of work goes by: the program's own items, or those with what a market added.
//!
//! A process installs the newest registry of its market; an answer that must not see two of them is made
//! [`within`] one, or as a future [`following`] one. Registries are few, since people decide about each change, and
//! are kept for the life of the process, so that whoever holds an item holds it without counting.

use super::extension::{EXTENSION_GROUP, Extension, Registered};
use super::{Group, Registry, built_in};
use crate::Text;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};

/// The newest registry of the market that this process serves.
static INSTALLED: RwLock<Option<&'static Registry>> = RwLock::new(None);

/// What was made before: the same extensions make the same registry.
static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());

thread_local! {
    static PINNED: Cell<Option<&'static Registry>> = const { Cell::new(None) };
}

struct Made {
    of: Vec<(Extension, Registered)>,
    registry: &'static Registry,
}

/// The registry that this work goes by: the one it is done [`within`], else the newest of the process, else the
/// program's own.
#[must_use]
pub fn registry() -> &'static Registry {
    PINNED.get().unwrap_or_else(installed)
}

/// The newest registry of the process.
#[must_use]
pub fn installed() -> &'static Registry {
    INSTALLED.read().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(built_in)
}

/// Makes this the newest registry of the process.
pub fn install(registry: &'static Registry) {
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = Some(registry);
}

/// Does something by one registry, whatever is installed meanwhile.
pub fn within<T>(registry: &'static Registry, work: impl FnOnce() -> T) -> T {
    let _restored = Restored(PINNED.replace(Some(registry)));
    work()
}

/// Puts back what was pinned before, also where the work panics.
struct Restored(Option<&'static Registry>);

impl Drop for Restored {
    fn drop(&mut self) {
        PINNED.set(self.0);
    }
}

/// A future that sees one registry from its first step to its last, on whichever thread.
pub fn following<F: Future>(registry: &'static Registry, work: F) -> Following<F> {
    Following { registry, work: Box::pin(work) }
}

/// See [`following`].
#[derive(Debug)]
pub struct Following<F> {
    registry: &'static Registry,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Following<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let registry = self.registry;
        within(registry, || self.work.as_mut().poll(context))
    }
}

impl Registry {
    /// The program's items and these behind them, in this order; the program's own where there are none. Keys that
    /// are no extensions are left out.
    #[must_use]
    pub fn with_extensions(extensions: &[(Extension, Registered)]) -> &'static Self {
        if extensions.is_empty() {
            return built_in();
        }
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.iter().find(|known| known.of == extensions) {
            return known.registry;
        }
        let registry: &'static Self = Box::leak(Box::new(extended(extensions)));
        made.push(Made { of: extensions.to_vec(), registry });
        registry
    }
}

/// What is retired stands behind all others: it is known, but not among the items to choose from.
fn extended(extensions: &[(Extension, Registered)]) -> Registry {
    let own = built_in();
    let (mut groups, mut items) = (own.groups.clone(), own.items.clone());
    let sound = |(extension, _): &&(Extension, Registered)| Extension::is_key(&extension.key);
    let (retired, active): (Vec<_>, Vec<_>) =
        extensions.iter().filter(sound).partition(|(_, registered)| registered.retired);
    let open = items.len() + active.len();
    items.extend(
        active.iter().chain(&retired).map(|(extension, registered)| extension.item(*registered)),
    );
    for (position, item) in items.iter_mut().enumerate() {
        item.position = position;
    }
    groups.push(Group {
        key: EXTENSION_GROUP.to_owned(),
        label: Text::new("Items of this market", "この市場の項目"),
    });
    let positions = items.iter().map(|item| (item.key.clone(), item.position)).collect();
    Registry { version: own.version, groups, items, schemes: own.schemes.clone(), positions, open }
}
