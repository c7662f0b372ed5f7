//! The requirement studio under the hand: the page's own fields, drawing and lists, made to follow.
//!
//! The island draws nothing itself on waking, so that nothing moves: it takes hold of what the server
//! drew, fetches the market once, and from the first change on draws over it with [`crate::studio`].
//! Without script the form around the fields is sent instead.

#[cfg(feature = "studio")]
mod desk;
#[cfg(feature = "studio")]
mod dom;
#[cfg(feature = "studio")]
mod hands;
#[cfg(feature = "studio")]
mod lists;
#[cfg(feature = "studio")]
mod server;

use leptos::{html::Div, prelude::*};

/// Wakes the bench inside it.
#[island]
pub fn Studio(
    /// The need as in addresses: `template:KEY`, `saved:ID` or `doc:CODE`.
    need: String,
    /// Language of the page.
    locale: String,
    /// Order of the lists.
    order: String,
    /// Rows of each list.
    rows: u32,
    /// What the server drew.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    Effect::new(move || wake(root, &need, &locale, &order, rows));
    view! { <div class="studio" node_ref=root>{children()}</div> }
}

#[cfg(feature = "studio")]
fn wake(root: NodeRef<Div>, need: &str, locale: &str, order: &str, rows: u32) {
    if let Some(root) = root.get() {
        hands::take_hold(root.into(), need, locale, order, rows);
    }
}

#[cfg(not(feature = "studio"))]
fn wake(root: NodeRef<Div>, _need: &str, _locale: &str, _order: &str, _rows: u32) {
    // Effects do not run on the server.
    drop(root.get());
}
