//! A button that puts a text into the clipboard. Hidden until it can do so.

use leptos::prelude::*;

/// Copies `text`; says `done` for a while after it did.
#[island]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// The label before, translated.
    label: String,
    /// The label after, translated.
    done: String,
) -> impl IntoView {
    let awake = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move || awake.set(true));
    view! {
        <button
            type="button"
            class="copy"
            class:asleep=move || !awake.get()
            on:click=move |_| copy(&text, copied)
        >
            <span aria-live="polite">{move || if copied.get() { done.clone() } else { label.clone() }}</span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, copied: RwSignal<bool>) {
    let _ = window().navigator().clipboard().write_text(text);
    copied.set(true);
    set_timeout(move || copied.set(false), std::time::Duration::from_secs(3));
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str, copied: RwSignal<bool>) {
    // The server only draws the button; nobody can press it there.
    copied.set(false);
}
