//! Ways between pages: tabs that are links, trails, and older and newer parts of a list.

use leptos::prelude::*;

use crate::words::Words;

/// One tab; its page is its own address.
#[derive(Debug, Clone)]
pub struct Tab {
    /// What stands on it.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether this is the page shown.
    pub current: bool,
}

/// Links that switch between views of the same thing.
pub fn tabs(label: impl Into<String>, tabs: Vec<Tab>) -> AnyView {
    let items: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            let current = tab.current.then_some("page");
            view! { <li><a href=tab.href aria-current=current>{tab.label}</a></li> }
        })
        .collect();
    view! { <nav class="tabs" aria-label=label.into()><ul>{items}</ul></nav> }.into_any()
}

/// The way up: label and address of each page above this one.
pub fn breadcrumbs(words: Words, trail: Vec<(String, String)>) -> AnyView {
    let items: Vec<_> = trail
        .into_iter()
        .map(|(label, href)| view! { <li><a href=href>{label}</a></li> })
        .collect();
    view! { <nav class="trail" aria-label=words.common_navigation_trail()><ol>{items}</ol></nav> }
        .into_any()
}

/// Links to the part before and after, as far as there are any. Both are whole addresses with their cursor.
pub fn pagination(words: Words, previous: Option<String>, next: Option<String>) -> AnyView {
    if previous.is_none() && next.is_none() {
        return ().into_any();
    }
    let previous = previous.map(|href| view! { <a class="button" rel="prev" href=href>{words.common_navigation_previous()}</a> });
    let next = next.map(|href| view! { <a class="button" rel="next" href=href>{words.common_navigation_next()}</a> });
    view! { <nav class="pagination" aria-label=words.common_navigation_pages()>{previous}{next}</nav> }.into_any()
}
