//! Keeps what is typed into the form around it on the server, a moment after the last stroke. Says when it
//! did; without script a button of the form does the same.

use leptos::prelude::*;

/// A line that tells when the form was last kept.
#[island]
pub fn KeepCopy(
    /// Where the fields are sent; the answer is what is said then, translated.
    address: String,
    /// What is said where there was no answer, translated.
    failed: String,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let line = NodeRef::<leptos::html::P>::new();
    Effect::new(move || {
        if let Some(line) = line.get() {
            watch(&line, &address, &failed, said);
        }
    });
    view! { <p class="kept hint" role="status" node_ref=line>{move || said.get()}</p> }
}

#[cfg(feature = "hydrate")]
fn watch(line: &web_sys::HtmlElement, address: &str, failed: &str, said: RwSignal<String>) {
    use std::time::Duration;
    use wasm_bindgen::{JsCast, closure::Closure};

    /// After the last stroke.
    const PAUSE: Duration = Duration::from_millis(1500);

    let Some(form) = line.closest("form").ok().flatten() else { return };
    let Ok(form) = form.dyn_into::<web_sys::HtmlFormElement>() else { return };
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let (target, address, failed) = (form.clone(), address.to_owned(), failed.to_owned());
    let typed = Closure::<dyn FnMut()>::new(move || {
        if let Some(earlier) = waiting.get_value() {
            earlier.clear();
        }
        let (form, address, failed) = (form.clone(), address.clone(), failed.clone());
        let later = set_timeout_with_handle(move || send(&form, &address, failed, said), PAUSE);
        waiting.set_value(later.ok());
    });
    let callback = typed.as_ref().unchecked_ref();
    let _ = target.add_event_listener_with_callback("input", callback);
    // It listens for as long as the page lives.
    typed.forget();
}

#[cfg(feature = "hydrate")]
fn send(form: &web_sys::HtmlFormElement, address: &str, failed: String, said: RwSignal<String>) {
    use wasm_bindgen::{JsCast, closure::Closure};

    let fields = || {
        let data = web_sys::FormData::new_with_form(form).ok()?;
        // A file is not typed, and is chosen again.
        data.delete("file");
        let fields = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
        Some(String::from(fields.to_string()))
    };
    let (Some(fields), Ok(request)) = (fields(), web_sys::XmlHttpRequest::new()) else { return };
    if request.open_with_async("POST", address, true).is_err() {
        return;
    }
    let kind = "application/x-www-form-urlencoded";
    let _ = request.set_request_header("content-type", kind);
    let answered = request.clone();
    let done = Closure::once_into_js(move || {
        let kept = answered.status() == Ok(200);
        let text = answered.response_text().ok().flatten().filter(|_| kept);
        said.set(text.unwrap_or(failed));
    });
    request.set_onloadend(Some(done.unchecked_ref()));
    let _ = request.send_with_opt_str(Some(&fields));
}

#[cfg(not(feature = "hydrate"))]
fn watch<T>(_line: &T, _address: &str, _failed: &str, said: RwSignal<String>) {
    // The server only draws the line; nobody types there.
    said.set(String::new());
}
