//! The few things the studio does to a page, each in one line for its callers.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, convert::FromWasmAbi};
use web_sys::{
    Element, EventTarget, FormData, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlSelectElement, UrlSearchParams, XmlHttpRequest,
};

/// The first element below `root` that fits.
pub fn find(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// Every element below `root` that fits.
pub fn each(root: &Element, selector: &str, mut act: impl FnMut(&Element)) {
    let Ok(list) = root.query_selector_all(selector) else { return };
    for index in 0..list.length() {
        if let Some(element) = list.get(index).and_then(|node| node.dyn_into().ok()) {
            act(&element);
        }
    }
}

/// Draws a part of the page anew and leaves the focus where it was, or, where that is gone, at what
/// came next: whoever works by keyboard does not begin at the top again.
pub fn redraw(place: &Element, html: &str) {
    let mut stops = Vec::new();
    let mut at = None;
    let focused = find(place, ":focus");
    each(place, "input, select, textarea, summary, button, a[href]", |stop| {
        if Some(stop) == focused.as_ref() {
            at = Some(stops.len());
        }
        stops.push(name(stop));
    });
    place.set_inner_html(html);
    let Some(at) = at else { return };
    let (before, after) = stops.split_at(at);
    let mut nearest = after.iter().chain(before.iter().rev()).flatten();
    let Some(stop) = nearest.find_map(|selector| find(place, selector)) else { return };
    if let Ok(stop) = stop.dyn_into::<HtmlElement>() {
        let _ = stop.focus();
    }
}

/// What finds a stop again after it was drawn anew.
fn name(stop: &Element) -> Option<String> {
    if !stop.id().is_empty() {
        return Some(format!("[id=\"{}\"]", stop.id()));
    }
    stop.get_attribute("data-remove").map(|key| format!("[data-remove=\"{key}\"]"))
}

/// Shows or hides.
pub fn show(root: &Element, selector: &str, shown: bool) {
    each(root, selector, |element| {
        let _ = element.toggle_attribute_with_force("hidden", !shown);
    });
}

/// Replaces the text of the first element that fits.
pub fn say(root: &Element, selector: &str, text: &str) {
    if let Some(element) = find(root, selector)
        && element.text_content().as_deref() != Some(text)
    {
        element.set_text_content(Some(text));
    }
}

/// Sets an attribute of the first element that fits.
pub fn put(root: &Element, selector: &str, name: &str, value: &str) {
    if let Some(element) = find(root, selector) {
        set(&element, name, value);
    }
}

/// Sets an attribute.
pub fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// An attribute as a number.
pub fn number(element: &Element, name: &str) -> Option<usize> {
    element.get_attribute(name)?.parse().ok()
}

/// The nearest element around the event's target, itself included, that fits.
pub fn around(target: Option<EventTarget>, selector: &str) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// What a field holds.
pub fn value(element: &Element) -> String {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.value()
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        select.value()
    } else {
        String::new()
    }
}

/// Puts a value into a field.
pub fn fill(element: &Element, value: &str) {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.set_value(value);
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        select.set_value(value);
    }
}

/// Listens for as long as the page lives.
pub fn on<E: FromWasmAbi + 'static>(
    target: &EventTarget,
    name: &str,
    act: impl FnMut(E) + 'static,
) {
    let closure = Closure::<dyn FnMut(E)>::new(act);
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Fetches a text, or sends fields and fetches what comes back; `done` gets the status, 0 where there
/// was no answer, and the text.
pub fn fetch(address: &str, fields: Option<&str>, done: impl FnOnce(u16, String) + 'static) {
    let Ok(request) = XmlHttpRequest::new() else { return };
    let method = if fields.is_some() { "POST" } else { "GET" };
    if request.open_with_async(method, address, true).is_err() {
        return;
    }
    let answered = request.clone();
    let loaded = Closure::once_into_js(move || {
        let status = answered.status().unwrap_or(0);
        let text = answered.response_text().ok().flatten().unwrap_or_default();
        done(status, text);
    });
    request.set_onloadend(Some(loaded.unchecked_ref()));
    let _ = match fields {
        Some(fields) => {
            let kind = "application/x-www-form-urlencoded";
            let _ = request.set_request_header("content-type", kind);
            request.send_with_opt_str(Some(fields))
        }
        None => request.send(),
    };
}

/// The fields of a form as a browser sends them, and one more.
pub fn fields(form: &Element, name: &str, value: &str) -> Option<String> {
    let form = form.dyn_ref::<HtmlFormElement>()?;
    let data = FormData::new_with_form(form).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    fields.append(name, value);
    Some(fields.to_string().into())
}

/// Changes the address without loading anything.
pub fn readdress(address: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}
