//! The few icons, as line drawings on a 16 by 16 grid in the colour of the text.

use leptos::prelude::*;

/// An icon; always accompanied by a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Icon {
    Check,
    Warning,
    Cross,
    Busy,
    Dash,
    Question,
    Info,
    Search,
    Arrow,
}

impl Icon {
    /// The inside of the drawing.
    fn path(self) -> &'static str {
        match self {
            Icon::Check => r#"<circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.1 2.1L11 6"/>"#,
            Icon::Warning => r#"<path d="M8 1.8l6.6 12H1.4z"/><path d="M8 6.4v3.4M8 11.8v.1"/>"#,
            Icon::Cross => {
                r#"<path d="M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2z"/><path d="M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"/>"#
            }
            Icon::Busy => r#"<path d="M14.5 8A6.5 6.5 0 1 1 8 1.5"/><path d="M8 4.5V8l2.4 1.6"/>"#,
            Icon::Dash => r#"<circle cx="8" cy="8" r="6.5"/><path d="M5 8h6"/>"#,
            Icon::Question => {
                r#"<circle cx="8" cy="8" r="6.5"/><path d="M6.2 6.3a1.9 1.9 0 1 1 2.7 1.8c-.6.3-.9.6-.9 1.2M8 11.4v.1"/>"#
            }
            Icon::Info => r#"<circle cx="8" cy="8" r="6.5"/><path d="M8 7.4v3.8M8 4.9V5"/>"#,
            Icon::Search => r#"<circle cx="7" cy="7" r="4.8"/><path d="M10.6 10.6L14.4 14.4"/>"#,
            Icon::Arrow => r#"<path d="M2.5 8h11M9 3.5L13.5 8 9 12.5"/>"#,
        }
    }
}

/// Draws an icon, hidden from those who cannot see it: the word beside it says the same.
pub fn icon(which: Icon) -> AnyView {
    let svg = format!(
        r#"<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">{}</svg>"#,
        which.path()
    );
    view! { <span class="icon" aria-hidden="true" inner_html=svg></span> }.into_any()
}
