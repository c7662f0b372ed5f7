//! How far work is that goes on beside the page, asked for again and again where there is script; the page loads
//! itself once when it is over.

use leptos::prelude::*;

/// A bar with a line about it.
#[island]
pub fn FollowProgress(
    /// Where it is asked for: the percent and the line, on two lines; an empty answer when it is over.
    address: String,
    /// How much is done, in percent; `None`: nobody knows.
    percent: Option<u8>,
    /// What is said about it, translated.
    text: String,
    /// The name of the bar, translated.
    label: String,
) -> impl IntoView {
    let (shown, said) = (RwSignal::new(percent), RwSignal::new(text));
    Effect::new(move || follow(&address, shown, said));
    view! {
        <progress max="100" value=move || shown.get().map(|percent| percent.to_string()) aria-label=label></progress>
        <p role="status">{move || said.get()}</p>
    }
}

/// Reads an answer; `None`: it is over.
#[must_use]
pub fn read_progress(answer: &str) -> Option<(Option<u8>, String)> {
    let (percent, text) = answer.split_once('\n')?;
    Some((percent.parse().ok(), text.trim_end().to_owned()))
}

#[cfg(feature = "hydrate")]
fn follow(address: &str, shown: RwSignal<Option<u8>>, said: RwSignal<String>) {
    use std::time::Duration;

    /// Between two questions.
    const PAUSE: Duration = Duration::from_millis(700);

    let address = address.to_owned();
    set_timeout(move || ask(address, shown, said), PAUSE);
}

#[cfg(feature = "hydrate")]
fn ask(address: String, shown: RwSignal<Option<u8>>, said: RwSignal<String>) {
    use wasm_bindgen::{JsCast, closure::Closure};

    let Ok(request) = web_sys::XmlHttpRequest::new() else { return };
    if request.open_with_async("GET", &address, true).is_err() {
        return;
    }
    let answered = request.clone();
    let done = Closure::once_into_js(move || {
        let text = answered.response_text().ok().flatten().unwrap_or_default();
        match (answered.status(), read_progress(&text)) {
            (Ok(200), Some((percent, text))) => {
                shown.set(percent);
                said.set(text);
                follow(&address, shown, said);
            }
            (Ok(200), None) => {
                let _ = window().location().reload();
            }
            // The market does not answer at the moment.
            _ => follow(&address, shown, said),
        }
    });
    request.set_onloadend(Some(done.unchecked_ref()));
    let _ = request.send();
}

#[cfg(not(feature = "hydrate"))]
fn follow<T, U>(_address: &str, _shown: T, _said: U) {}

#[cfg(test)]
mod tests {
    use super::read_progress;

    #[test]
    fn an_answer_is_a_percent_and_a_line_or_says_that_it_is_over() {
        assert_eq!(read_progress("42\nhalf\n"), Some((Some(42), "half".to_owned())));
        assert_eq!(read_progress("\nwaits"), Some((None, "waits".to_owned())));
        assert_eq!(read_progress(""), None);
    }
}
